//! Whether what fills a template fits it: what Meta would refuse with 132000,
//! 132001, 132012 or 132015, refused with the name of the key.

use super::stored_template::{Header, Parts, StoredButton, StoredTemplate};
use crate::message::catalogue::clipped;
use crate::message::clock::Millis;
use crate::message::content::{self, ButtonFill, TemplateButton, TemplateCard, TemplateHeader};
use crate::message::variables::{Variable, render, variables_of};
use crate::message::{Error, Result, Status, Variables};

/// The most characters of a header with its variable filled in.
const LONGEST_HEADER: usize = 60;
/// The most characters of a text beside other parts, and alone.
const LONGEST_BODY: usize = 1024;
const LONGEST_BODY_ALONE: usize = 32_768;
/// Stands for a code in what the history shows.
const HIDDEN: &str = "******";

/// A template that a message fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// What the recipient reads, where that is known.
    pub text: Option<String>,
    /// The template's language, as the request must name it.
    pub language: String,
}

fn refused(path: &str, message: impl Into<String>) -> Box<Error> {
    Error::about(Status::Template, path, message)
}

/// Checks one template against what fills it.
pub fn fit(stored: &StoredTemplate, template: &content::Template) -> Result<Fit> {
    approved(stored)?;
    let given = Given {
        at: "",
        header: template.header.as_ref(),
        variables: &template.variables,
        buttons: &template.buttons,
    };
    let parts = &stored.parts;
    let text = if stored.category == "AUTHENTICATION" {
        code(stored, template)?;
        let code = Variables([("1".to_owned(), Variable::Text(HIDDEN.to_owned()))].into());
        parts.body.as_deref().map(|body| render(body, &code))
    } else if template.code.is_some() {
        return Err(refused("code", "code goes with an authentication template only.").hint(format!(
            "The template {:?} has the category {}.",
            stored.name,
            stored.category.to_ascii_lowercase()
        )));
    } else {
        Some(given.fit(parts, stored)?).filter(|_| !parts.unread)
    };
    offer(parts, template)?;
    cards(stored, &template.cards)?;
    Ok(Fit { text: text.filter(|text| !text.is_empty()), language: stored.language.clone() })
}

/// Only what WhatsApp approved can be sent.
fn approved(stored: &StoredTemplate) -> Result<()> {
    let hint = match stored.status.as_str() {
        "APPROVED" => return Ok(()),
        "PENDING" | "IN_APPEAL" => {
            "WhatsApp has not decided yet; that takes minutes, at most a day. wa_template_get with refresh shows how far it is."
        }
        "REJECTED" => "wa_template_get shows why; change it with wa_template_edit.",
        "PAUSED" => {
            "Recipients blocked or reported it too often. WhatsApp takes it up again after some hours, unless its quality stays low."
        }
        "DISABLED" => "Its quality stayed low, or it broke WhatsApp's rules. Make another template.",
        "PENDING_DELETION" | "DELETED" => "It was deleted. Use another template, or make it anew.",
        "LIMIT_EXCEEDED" => {
            "The account has more templates than WhatsApp allows. Delete some that are not used."
        }
        _ => "Look at it in the WhatsApp Manager.",
    };
    let status = stored.status.to_ascii_lowercase().replace('_', " ");
    let status = if status.is_empty() { "unknown" } else { &status };
    Err(refused(
        "template",
        format!(
            "The template {:?} ({}) cannot be sent: its status is {status}.",
            clipped(&stored.name),
            stored.language
        ),
    )
    .hint(hint))
}

/// An authentication template is filled by its code alone.
fn code(stored: &StoredTemplate, template: &content::Template) -> Result<()> {
    if template.code.is_some() {
        return Ok(());
    }
    Err(refused("code", format!("code is needed: {:?} is an authentication template.", clipped(&stored.name)))
        .hint("Send it with wa_send_message as {\"type\":\"template\",\"template\":\"..\",\"code\":\"..\"}, without variables."))
}

/// What fills a template, or one card of it.
struct Given<'a> {
    /// The path of the card, with its dot; empty for the template itself.
    at: &'a str,
    header: Option<&'a TemplateHeader>,
    variables: &'a Variables,
    buttons: &'a [TemplateButton],
}

impl Given<'_> {
    fn path(&self, key: &str) -> String {
        format!("{}{key}", self.at)
    }

    /// Checks all of it; gives the text.
    fn fit(&self, parts: &Parts, stored: &StoredTemplate) -> Result<String> {
        let header = self.header(parts, stored)?;
        let body = self.body(parts, stored)?;
        self.buttons(parts)?;
        let lines = [header, body, parts.footer.clone()];
        Ok(lines.into_iter().flatten().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
    }

    /// Gives the header's text, if it is text.
    fn header(&self, parts: &Parts, stored: &StoredTemplate) -> Result<Option<String>> {
        let path = self.path("header");
        let format = match &parts.header {
            None if parts.unread => return Ok(None),
            None => return self.no_header(&path, "has nothing above its text").map(|()| None),
            Some(Header::Text(text)) => return self.header_text(&path, text).map(Some),
            Some(Header::Other(format)) => format.to_ascii_lowercase(),
        };
        let given = self.header;
        let is_given = match format.as_str() {
            "image" => given.is_some_and(|header| header.image.is_some()),
            "video" => given.is_some_and(|header| header.video.is_some()),
            "document" => given.is_some_and(|header| header.document.is_some()),
            "location" => given.is_some_and(|header| header.location.is_some()),
            "product" => given.is_some_and(|header| header.product.is_some()),
            other => {
                return Err(refused(
                    &path,
                    format!(
                        "The template {:?} has a header of the kind {other:?}, which cannot be filled here.",
                        clipped(&stored.name)
                    ),
                ));
            }
        };
        if is_given {
            return Ok(None);
        }
        let article = if format == "image" { "an" } else { "a" };
        let path = format!("{path}.{format}");
        Err(refused(&path, format!("{path} is needed: the template has {article} {format} above its text.")))
    }

    fn no_header(&self, path: &str, why: &str) -> Result<()> {
        match self.header {
            None => Ok(()),
            Some(_) => Err(refused(path, format!("{path}: the template {why}; leave header out."))),
        }
    }

    fn header_text(&self, path: &str, text: &str) -> Result<String> {
        let Some(variable) = variables_of(text).first().copied() else {
            self.no_header(path, "has a fixed text above its text")?;
            return Ok(text.to_owned());
        };
        let (value_path, name_path) = (format!("{path}.text"), format!("{path}.name"));
        let Some((header, value)) = self.header.and_then(|header| Some((header, header.text.as_deref()?)))
        else {
            let message =
                format!("{value_path} is needed: the text above the template's text has a variable.");
            return Err(refused(&value_path, message));
        };
        let is_number = variable.bytes().all(|byte| byte.is_ascii_digit());
        match header.name.as_deref() {
            None if is_number => {}
            Some(name) if !is_number && name == variable => {}
            Some(_) if is_number => {
                let message =
                    format!("{name_path}: the header's variable is {{{{{variable}}}}} and has no name.");
                return Err(refused(&name_path, message).hint("Leave name out."));
            }
            given => {
                let what = if given.is_none() { "is needed" } else { "is another" };
                let message = format!("{name_path} {what}: the header's variable is called {variable:?}.");
                return Err(refused(&name_path, message));
            }
        }
        let values = Variables([(variable.to_owned(), Variable::Text(value.to_owned()))].into());
        let rendered = render(text, &values);
        let length = rendered.chars().count();
        if length > LONGEST_HEADER {
            let message = format!(
                "{value_path}: the header has {length} characters with it; {LONGEST_HEADER} are the most."
            );
            return Err(refused(&value_path, message));
        }
        Ok(rendered)
    }

    /// Gives the text with its values.
    fn body(&self, parts: &Parts, stored: &StoredTemplate) -> Result<Option<String>> {
        let path = self.path("variables");
        // What is not known is not judged: Meta does.
        if parts.body.is_none() && parts.unread {
            return Ok(None);
        }
        values(&path, &parts.body_variables(), self.variables, &stored.name)?;
        let Some(body) = &parts.body else { return Ok(None) };
        let rendered = render(body, self.variables);
        let most = if parts.is_body_only() && self.at.is_empty() { LONGEST_BODY_ALONE } else { LONGEST_BODY };
        let length = rendered.chars().count();
        if length > most {
            return Err(refused(
                &path,
                format!("{path}: the text has {length} characters with these values; {most} are the most."),
            ));
        }
        Ok(Some(rendered))
    }

    fn buttons(&self, parts: &Parts) -> Result<()> {
        let stored = &parts.buttons;
        for (at, button) in self.buttons.iter().enumerate() {
            let key = |key: &str| self.path(&format!("buttons[{at}].{key}"));
            let index = usize::from(button.index);
            let Some(wanted) = stored.get(index) else {
                let found = match stored.len() {
                    0 => "no buttons".to_owned(),
                    1 => "one button, with the index 0".to_owned(),
                    more => format!("{more} buttons, with the indexes 0 to {}", more - 1),
                };
                let path = key("index");
                return Err(refused(&path, format!("{path} is {index}: the template has {found}.")));
            };
            let (kind, given) = (wanted.fill(), kind_of(&button.fill));
            if kind != Some(given) {
                let path = key("type");
                let message =
                    format!("{path} is {given}: the template's button {index} is {}.", wanted.called());
                let hint = match kind {
                    Some(kind) => format!("Give the type {kind}."),
                    None => "Nothing fills this button; leave it out.".to_owned(),
                };
                return Err(refused(&path, message).hint(hint));
            }
            if !wanted.takes_a_value() {
                let path = key("text");
                let message =
                    format!("{path}: the address of the template's button {index} has no variable.");
                return Err(refused(&path, message).hint("Leave this button out."));
            }
        }
        for (index, wanted) in stored.iter().enumerate() {
            let given = self.buttons.iter().any(|button| usize::from(button.index) == index);
            if let (false, Some(kind)) = (given, wanted.needs()) {
                let path = self.path("buttons");
                let message =
                    format!("{path}: the template's button {index}, {}, needs its value.", wanted.called());
                return Err(refused(&path, message)
                    .hint(format!("Add {{\"index\":{index},\"type\":\"{kind}\",..}}.")));
            }
        }
        Ok(())
    }
}

impl StoredButton {
    /// The type of what fills it, if anything does.
    fn fill(&self) -> Option<&'static str> {
        match self.kind.as_str() {
            "QUICK_REPLY" => Some("quick_reply"),
            "URL" => Some("url"),
            "COPY_CODE" => Some("copy_code"),
            "FLOW" => Some("flow"),
            "CATALOG" => Some("catalog"),
            "MPM" => Some("multi_product"),
            _ => None,
        }
    }

    fn takes_a_value(&self) -> bool {
        self.kind != "URL" || self.url.as_deref().is_some_and(|url| !variables_of(url).is_empty())
    }

    /// The type of what must fill it.
    fn needs(&self) -> Option<&'static str> {
        match self.kind.as_str() {
            "URL" if self.takes_a_value() => Some("url"),
            "COPY_CODE" => Some("copy_code"),
            "MPM" => Some("multi_product"),
            _ => None,
        }
    }

    /// The button for a person.
    fn called(&self) -> String {
        let kind = self.kind.to_ascii_lowercase();
        match &self.text {
            Some(text) => format!("{:?} of the type {kind}", clipped(text)),
            None => format!("one of the type {kind}"),
        }
    }
}

fn kind_of(fill: &ButtonFill) -> &'static str {
    match fill {
        ButtonFill::QuickReply { .. } => "quick_reply",
        ButtonFill::Url { .. } => "url",
        ButtonFill::CopyCode { .. } => "copy_code",
        ButtonFill::Flow { .. } => "flow",
        ButtonFill::Catalog { .. } => "catalog",
        ButtonFill::MultiProduct { .. } => "multi_product",
    }
}

/// The values of a text must be exactly its variables.
fn values(path: &str, wanted: &[&str], given: &Variables, name: &str) -> Result<()> {
    let hint = match wanted {
        [] => "The template has no variables; leave variables out.".to_owned(),
        wanted => format!("Its variables are {}.", wanted.join(", ")),
    };
    if let Some(missing) = wanted.iter().find(|key| !given.0.contains_key(**key)) {
        let path = format!("{path}.{missing}");
        return Err(refused(&path, format!("{path} is missing: the template {name:?} has this variable."))
            .hint(clipped(&hint)));
    }
    match given.0.keys().find(|key| !wanted.contains(&key.as_str())) {
        None => Ok(()),
        Some(extra) => {
            let path = format!("{path}.{extra}");
            Err(refused(&path, format!("{path}: the template {name:?} has no such variable."))
                .hint(clipped(&hint)))
        }
    }
}

/// An offer that shows its end needs one.
fn offer(parts: &Parts, template: &content::Template) -> Result<()> {
    const PATH: &str = "limited_time_offer";
    match (parts.offer, &template.limited_time_offer) {
        (None, Some(_)) => {
            Err(refused(PATH, format!("{PATH}: the template has no limited-time offer; leave it out.")))
        }
        (Some(true), None) => Err(refused(
            "limited_time_offer.expires_at",
            "limited_time_offer.expires_at is needed: the template shows when its offer ends.",
        )),
        (Some(_), Some(offer)) if offer.expires_at <= Millis::now() => Err(refused(
            "limited_time_offer.expires_at",
            format!("limited_time_offer.expires_at is in the past: {}.", offer.expires_at.to_text()),
        )),
        _ => Ok(()),
    }
}

/// A carousel needs all its cards.
fn cards(stored: &StoredTemplate, given: &[TemplateCard]) -> Result<()> {
    let wanted = &stored.parts.cards;
    if wanted.len() != given.len() {
        return Err(refused(
            "cards",
            format!(
                "cards has {} entries: the template {:?} has {} cards.",
                given.len(),
                clipped(&stored.name),
                wanted.len()
            ),
        ));
    }
    for (at, (card, parts)) in given.iter().zip(wanted).enumerate() {
        let given = Given {
            at: &format!("cards[{at}]."),
            header: card.header.as_ref(),
            variables: &card.variables,
            buttons: &card.buttons,
        };
        given.fit(parts, stored)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
