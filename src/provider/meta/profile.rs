//! The business profile.

use super::Meta;
use super::call::Change;
use crate::message::{Error, Result, Status};
use crate::provider::action::{Done, Profile, ProfileUpdate};
use reqwest::Method;
use serde_json::Value;
use url::Url;

const FIELDS: &str = "about,address,description,email,profile_picture_url,websites,vertical";
const LONGEST_ABOUT: usize = 139;
const LONGEST_ADDRESS: usize = 256;
const LONGEST_EMAIL: usize = 128;
const LONGEST_WEBSITE: usize = 256;
const MOST_WEBSITES: usize = 2;
/// What Meta takes; it says `UNDEFINED` and `NOT_A_BIZ` too, and takes neither.
const VERTICALS: &[&str] = &[
    "OTHER",
    "AUTO",
    "BEAUTY",
    "APPAREL",
    "EDU",
    "ENTERTAIN",
    "EVENT_PLAN",
    "FINANCE",
    "GROCERY",
    "GOVT",
    "HOTEL",
    "HEALTH",
    "NONPROFIT",
    "PROF_SERVICES",
    "RETAIL",
    "TRAVEL",
    "RESTAURANT",
    "ALCOHOL",
    "ONLINE_GAMBLING",
    "PHYSICAL_GAMBLING",
    "OTC_DRUGS",
    "MATRIMONY_SERVICE",
];

impl Meta {
    pub(super) async fn get_profile(&self, number: &str) -> Result<Done> {
        let path = format!("{number}/whatsapp_business_profile");
        // Without `fields` only an id comes back.
        let answered = match self.graph.question(&path, &[("fields", FIELDS)]).await {
            Ok(answered) => answered,
            Err(refused) => return Err(super::numbers::explained(refused, None)),
        };
        Ok(Done::Profile(Box::new(read(&answered))))
    }

    pub(super) async fn update_profile(&self, number: &str, update: &ProfileUpdate) -> Result<Done> {
        check(update, self.description)?;
        let mut body = serde_json::to_value(update)
            .map_err(|error| Error::internal(format!("A profile cannot be written: {error}.")))?;
        body["messaging_product"] = "whatsapp".into();
        let change = Change {
            method: Method::POST,
            path: &format!("{number}/whatsapp_business_profile"),
            query: &[],
            body: Some(body),
            secret: None,
            look: "Look with wa_profile_get, or update it again: that does no harm.",
            repeatable: true,
        };
        match self.graph.change_and_see(&change).await {
            Ok(()) => Ok(Done::SUCCESS),
            Err(refused) => Err(super::numbers::explained(refused, None)),
        }
    }
}

/// Reads a profile: flat, as Meta answers, or in an object of its own, as its
/// description of the API says.
fn read(answered: &Value) -> Profile {
    let data = answered.get("data").unwrap_or(answered);
    let first = data.get(0).unwrap_or(data);
    let nested = first.get("business_profile").unwrap_or(&Value::Null);
    let value = |key: &str| first.get(key).or_else(|| nested.get(key));
    let text =
        |key: &str| value(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let websites = match value("websites") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    };
    Profile {
        about: text("about"),
        address: text("address"),
        description: text("description"),
        email: text("email"),
        websites,
        vertical: text("vertical"),
        profile_picture_url: text("profile_picture_url"),
    }
}

fn refused(key: &str, why: &str) -> Box<Error> {
    let path = format!("profile_json.{key}");
    let message = format!("{path} {why}.");
    Error::about(Status::Argument, path, message)
}

fn check(update: &ProfileUpdate, longest_description: usize) -> Result<()> {
    if *update == ProfileUpdate::default() {
        let argument = "profile_json";
        return Err(Error::about(Status::Argument, argument, format!("{argument} changes nothing."))
            .hint("Give at least one of about, address, description, email, websites and vertical."));
    }
    let lengths = [
        ("about", &update.about, LONGEST_ABOUT),
        ("address", &update.address, LONGEST_ADDRESS),
        ("description", &update.description, longest_description),
        ("email", &update.email, LONGEST_EMAIL),
    ];
    for (key, text, longest) in lengths {
        if let Some(text) = text {
            length(key, text, longest)?;
        }
    }
    if update.about.as_deref().is_some_and(|about| about.trim().is_empty()) {
        return Err(refused("about", "is empty").hint(format!(
            "WhatsApp takes 1 to {LONGEST_ABOUT} characters; leave it out to keep what is there."
        )));
    }
    if let Some(email) = update.email.as_deref()
        && !email.is_empty()
        && !looks_like_mail(email)
    {
        return Err(refused("email", "is not a mail address").hint("Write it as name@example.com."));
    }
    for (number, website) in update.websites.iter().flatten().enumerate() {
        let key = format!("websites[{number}]");
        if number >= MOST_WEBSITES {
            return Err(refused("websites", &format!("holds more than {MOST_WEBSITES} addresses")));
        }
        length(&key, website, LONGEST_WEBSITE)?;
        let web = Url::parse(website)
            .is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.host_str().is_some());
        if !web || website.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(refused(&key, "is not the address of a website")
                .hint("Write it with http:// or https:// before it."));
        }
    }
    if let Some(vertical) = update.vertical.as_deref()
        && !VERTICALS.contains(&vertical)
    {
        let why = format!("is {:?}, which Meta does not know", crate::message::catalogue::clipped(vertical));
        return Err(refused("vertical", &why).hint(format!("One of {}.", VERTICALS.join(", "))));
    }
    Ok(())
}

fn length(key: &str, text: &str, longest: usize) -> Result<()> {
    let found = text.chars().count();
    if found > longest {
        return Err(refused(key, &format!("has {found} characters; {longest} are the most")));
    }
    Ok(())
}

/// What WhatsApp's own check is, nobody says: only what cannot be one is
/// refused here.
fn looks_like_mail(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    !name.is_empty()
        && !name.contains('@')
        && host.split('.').count() > 1
        && host.split('.').all(|part| !part.is_empty())
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests;
