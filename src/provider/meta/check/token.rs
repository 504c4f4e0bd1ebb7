//! The access token: does it work, how long, and what is it allowed.

use super::super::Meta;
use super::super::call::Refused;
use super::is_out_of_reach;
use crate::message::Status;
use crate::message::catalogue::clipped;
use crate::message::clock::Millis;
use crate::provider::action::{CheckItem, Verdict};
use serde_json::Value;

const PERMANENT: &str = "Make a permanent token: Meta Business Suite, Settings, Users, System users, the user, Generate new token, with the expiration Never and the permissions whatsapp_business_messaging and whatsapp_business_management. Put it into meta.access_token, or give it to wa_update.";
const NO_TOKEN: &str = "Put a token that works into meta.access_token, or give it to wa_update.";

/// The two permissions, and what goes without.
const MESSAGING: &str = "whatsapp_business_messaging";
const MANAGEMENT: &str = "whatsapp_business_management";

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitness {
    /// Nothing more can be asked with it.
    Unfit,
    /// It may not read the account and its numbers.
    Sends,
    /// As far as is known it may.
    Manages,
}

impl Meta {
    /// The items, and what the token is good for.
    pub(super) async fn check_token(&self) -> (Vec<CheckItem>, Fitness) {
        let asks = self.graph.takes_token_in_address();
        if asks {
            let token = self.graph.token();
            let query = [("input_token", token.secret().expose())];
            match self.graph.question("debug_token", &query).await {
                Ok(answered) => {
                    return self.token_items(answered.get("data").unwrap_or(&Value::Null), Millis::now());
                }
                Err(refused) if is_about_token(&refused) => return (vec![invalid(&refused)], Fitness::Unfit),
                Err(refused) if is_out_of_reach(&refused) => {
                    return (vec![CheckItem::failed("token", &refused.error)], Fitness::Unfit);
                }
                Err(_) => {}
            }
        }
        // Not every token may ask about itself.
        match self.graph.question("me", &[("fields", "id,name")]).await {
            Ok(me) => (unexplained(&me, asks), Fitness::Manages),
            Err(refused) if is_about_token(&refused) => (vec![invalid(&refused)], Fitness::Unfit),
            Err(refused) if is_out_of_reach(&refused) => {
                (vec![CheckItem::failed("token", &refused.error)], Fitness::Unfit)
            }
            // A gateway that has neither.
            Err(_) => {
                let text = "Nothing tells here whether the access token works, and for how long.";
                (vec![CheckItem::new("token", Verdict::NotChecked, text)], Fitness::Manages)
            }
        }
    }

    fn token_items(&self, data: &Value, now: Millis) -> (Vec<CheckItem>, Fitness) {
        match data.get("is_valid").and_then(Value::as_bool) {
            Some(true) => {}
            Some(false) => return (vec![found_invalid(data, now)], Fitness::Unfit),
            None => return (unexplained(&Value::Null, true), Fitness::Manages),
        }
        let mut items = vec![lifetime(data, now)];
        items.extend(permissions(data, &self.business_account));
        let app = data.get("app_id").and_then(super::super::numbers::id);
        if let Some(app) = app
            && self.app != "app"
            && self.app != app
        {
            items.push(
                CheckItem::new(
                    "app",
                    Verdict::Warning,
                    format!(
                        "The token belongs to the app {}, and meta.app_id is {}.",
                        clipped(&app),
                        self.app
                    ),
                )
                .hint("Give the id and the secret of the token's app: uploads and webhooks go by the app."),
            );
        }
        let lacks = |item: &CheckItem| {
            item.item == "permissions" && item.text.contains(MANAGEMENT) && item.verdict != Verdict::Ok
        };
        let fitness = if items.iter().any(lacks) { Fitness::Sends } else { Fitness::Manages };
        (items, fitness)
    }
}

/// Whether Meta refused the token, not the question.
fn is_about_token(refused: &Refused) -> bool {
    match refused.code() {
        Some(code) => matches!(code, 0 | 102 | 104 | 190),
        None => refused.error.status == Status::Credentials,
    }
}

fn invalid(refused: &Refused) -> CheckItem {
    let mut item = CheckItem::failed("token", &refused.error);
    item.text = match refused.subcode {
        Some(463) => "The access token has expired.".to_owned(),
        Some(460) => "The access token is void: the user's password was changed.".to_owned(),
        Some(458 | 467) => "The access token was revoked.".to_owned(),
        _ => format!("Meta does not accept the access token. {}", item.text),
    };
    item.hint = Some(match refused.subcode {
        Some(463) => PERMANENT.to_owned(),
        _ => NO_TOKEN.to_owned(),
    });
    item
}

/// A token that may ask, and is void all the same.
fn found_invalid(data: &Value, now: Millis) -> CheckItem {
    let ended = seconds(data, "expires_at").is_some_and(|at| at > 0 && at <= now.0 / 1000);
    match ended || data.pointer("/error/subcode").and_then(Value::as_u64) == Some(463) {
        true => CheckItem::new("token", Verdict::Error, "The access token has expired.").hint(PERMANENT),
        false => {
            CheckItem::new("token", Verdict::Error, "The access token is not valid any more.").hint(NO_TOKEN)
        }
    }
}

/// It works, and nothing more is known of it: Meta does not say, or was not
/// asked.
fn unexplained(me: &Value, asked: bool) -> Vec<CheckItem> {
    let who = me
        .get("name")
        .and_then(Value::as_str)
        .map_or_else(String::new, |name| format!(" of {:?}", clipped(name)));
    let (kind, rights) = match asked {
        true => (
            "Meta does not tell this token when it expires.",
            "Meta does not tell this token what it is allowed to do.",
        ),
        false => (
            "when it expires was not asked: the question carries the token in its address, which the gateway of meta.base_url could log.",
            "What the token is allowed to do was not asked, because of meta.base_url.",
        ),
    };
    vec![
        CheckItem::new("token", Verdict::Ok, format!("The access token{who} is accepted; {kind}")),
        CheckItem::new("permissions", Verdict::NotChecked, rights)
            .hint("The Access Token Debugger of developers.facebook.com shows it."),
    ]
}

fn seconds(data: &Value, key: &str) -> Option<i64> {
    data.get(key).and_then(Value::as_i64)
}

fn lifetime(data: &Value, now: Millis) -> CheckItem {
    let application = data.get("application").and_then(Value::as_str);
    let of = application.map_or_else(String::new, |name| format!(" of the app {:?}", clipped(name)));
    match seconds(data, "expires_at") {
        Some(0) => CheckItem::new(
            "token",
            Verdict::Ok,
            format!("The access token{of} is valid and permanent: it does not expire."),
        ),
        Some(at) => {
            let left = at.saturating_sub(now.0 / 1000);
            let text = format!("The access token{of} is temporary: it expires in {}.", duration(left));
            CheckItem::new("token", Verdict::Warning, text).hint(PERMANENT)
        }
        None => CheckItem::new(
            "token",
            Verdict::Ok,
            format!("The access token{of} is valid; Meta does not say when it expires."),
        ),
    }
}

/// `3 h 12 min`, or days where there are more than two.
fn duration(seconds: i64) -> String {
    let minutes = seconds.max(0) / 60;
    match minutes {
        0 => "less than a minute".to_owned(),
        1..60 => format!("{minutes} min"),
        60..2880 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => format!("{} days", minutes / 1440),
    }
}

fn permissions(data: &Value, account: &str) -> Vec<CheckItem> {
    let Some(scopes) = data.get("scopes").and_then(Value::as_array) else {
        return vec![CheckItem::new(
            "permissions",
            Verdict::NotChecked,
            "Meta does not say what the token is allowed to do.",
        )];
    };
    let mut items = Vec::new();
    for (permission, allowed, verdict, without) in [
        (MESSAGING, "send messages and move media", Verdict::Error, "no message can be sent"),
        (
            MANAGEMENT,
            "manage templates, numbers and the profile",
            Verdict::Warning,
            "templates, numbers and the profile cannot be managed, and templates are sent unchecked",
        ),
    ] {
        let hint = format!(
            "Make a new token for the system user with the permission {permission}, and give the user the WhatsApp account among its assets."
        );
        items.push(if !scopes.iter().any(|scope| scope.as_str() == Some(permission)) {
            let text = format!("The token lacks the permission {permission}: {without}.");
            CheckItem::new("permissions", verdict, text).hint(hint)
        } else if !covers(data, permission, account) {
            let text = format!(
                "The token has the permission {permission}, but not for the account {account}: {without}."
            );
            CheckItem::new("permissions", verdict, text).hint(hint)
        } else {
            CheckItem::new("permissions", Verdict::Ok, format!("The token may {allowed} ({permission})."))
        });
    }
    items
}

/// Whether a permission holds for the account: for all of them, where none is
/// named.
fn covers(data: &Value, permission: &str, account: &str) -> bool {
    let granular = data.get("granular_scopes").and_then(Value::as_array);
    let targets = granular
        .into_iter()
        .flatten()
        .find(|scope| scope.get("scope").and_then(Value::as_str) == Some(permission))
        .and_then(|scope| scope.get("target_ids"))
        .and_then(Value::as_array);
    targets.is_none_or(|targets| {
        targets.is_empty()
            || targets.iter().any(|id| super::super::numbers::id(id).as_deref() == Some(account))
    })
}
