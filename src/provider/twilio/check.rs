//! Whether the account is fit to send: the login, the account, the senders
//! and the messaging service; each in words for people.

use super::answer;
use super::{CHANNEL, Login, NOT_FOUND, Twilio, under};
use crate::message::Result;
use crate::message::catalogue::clipped;
use crate::provider::Refusal;
use crate::provider::action::{CheckItem, CheckReport, Done, Verdict, meaning};
use serde_json::Value;
use url::Url;

/// The number that everybody's sandbox shares.
const SANDBOX: &str = "whatsapp:+14155238886";
/// Twilio's senders in a page, and the most pages that are read.
const PAGE_SIZE: &str = "100";
const MOST_PAGES: usize = 10;

/// A question that was not answered.
struct Unanswered {
    refusal: Refusal,
    /// Twilio's code.
    code: Option<u32>,
}

impl Twilio {
    pub(super) async fn check_account(&self) -> Result<Done> {
        let login = self.login();
        let (mut items, usable) = self.check_login(&login).await;
        if usable {
            let (senders, service) = tokio::join!(self.check_senders(&login), self.check_service(&login));
            items.extend(senders);
            items.extend(service);
        } else {
            let text = "The senders were not looked at: the login has to work first.";
            items.push(CheckItem::new("sender", Verdict::NotChecked, text));
        }
        Ok(Done::Check(CheckReport::of(items)))
    }

    async fn question(&self, url: Url, login: &Login) -> Result<Value, Unanswered> {
        let reply = match self.ask(url, login).await {
            Ok(reply) => reply,
            Err(refusal) => return Err(Unanswered { refusal, code: None }),
        };
        answer::of_question(&reply, &|text| login.is_harmless(text))
            .map_err(|refusal| Unanswered { refusal, code: answer::code_of(&reply) })
    }

    /// The items, and whether the login is good for more questions.
    async fn check_login(&self, login: &Login) -> (Vec<CheckItem>, bool) {
        let refused = match self.question(self.account.clone(), login).await {
            Ok(account) => return (account_items(&account, login), true),
            Err(unanswered) => unanswered.refusal.error,
        };
        let forbidden = matches!(refused.http_status, Some(401 | 403));
        if forbidden && login.is_api_key() {
            // A standard key may not read the account, and may send.
            let mut url = self.messages.clone();
            url.query_pairs_mut().append_pair("PageSize", "1");
            return match self.question(url, login).await {
                Ok(_) => (
                    vec![
                        CheckItem::new("credentials", Verdict::Ok, "Twilio accepts the API key."),
                        CheckItem::new(
                            "account",
                            Verdict::NotChecked,
                            "The account's state was not looked at: an API key of the standard kind may not read it.",
                        ),
                    ],
                    true,
                ),
                Err(unanswered) => (vec![CheckItem::failed("credentials", &unanswered.refusal.error)], false),
            };
        }
        (vec![CheckItem::failed("credentials", &refused)], false)
    }

    /// Each sender of the settings, as Twilio knows it.
    async fn check_senders(&self, login: &Login) -> Vec<CheckItem> {
        let sandbox = self.senders.iter().any(|sender| sender == SANDBOX);
        let mut items = Vec::new();
        if sandbox {
            items.push(
                CheckItem::new(
                    "sender",
                    Verdict::Warning,
                    format!("{} is Twilio's sandbox: it writes only to who joined it in the last three days, one message in three seconds.", bare(SANDBOX)),
                )
                .hint("Send the sandbox's join words from the phone that is to receive; use a sender of your own for more."),
            );
        }
        let own: Vec<&str> =
            self.senders.iter().map(String::as_str).filter(|sender| *sender != SANDBOX).collect();
        if own.is_empty() {
            if !sandbox {
                items.push(CheckItem::new("sender", Verdict::Ok, "The messaging service picks the sender."));
            }
            return items;
        }
        match self.list_senders(login).await {
            Ok((known, whole)) => {
                items.extend(own.into_iter().map(|sender| sender_item(sender, &known, whole)));
            }
            Err(unanswered) => items.push(
                CheckItem::new(
                    "sender",
                    Verdict::NotChecked,
                    format!(
                        "Whether the senders are online was not found out. {}",
                        meaning(&unanswered.refusal.error)
                    ),
                )
                .hint("Twilio's console shows them under Messaging, Senders, WhatsApp senders."),
            ),
        }
        items
    }

    /// The account's WhatsApp senders, and whether these are all of them.
    async fn list_senders(&self, login: &Login) -> Result<(Vec<Value>, bool), Unanswered> {
        let base = under(&self.messaging, "v2/Channels/Senders");
        let mut known = Vec::new();
        let mut url = base.clone();
        url.query_pairs_mut().append_pair("Channel", "whatsapp").append_pair("PageSize", PAGE_SIZE);
        for _ in 0..MOST_PAGES {
            let mut page = self.question(url, login).await?;
            if let Some(Value::Array(senders)) = page.get_mut("senders").map(Value::take) {
                known.extend(senders);
            }
            let next = page.pointer("/meta/next_page_url").and_then(Value::as_str);
            match next.and_then(|next| super::list::next_page(&base, next)) {
                Some(next) => url = next,
                None => return Ok((known, next.is_none())),
            }
        }
        Ok((known, false))
    }

    async fn check_service(&self, login: &Login) -> Vec<CheckItem> {
        let Some(sid) = self.fixed.messaging_service_sid.as_deref() else { return Vec::new() };
        let url = under(&self.messaging, &format!("v1/Services/{sid}"));
        vec![match self.question(url, login).await {
            Ok(service) => {
                let name = service
                    .get("friendly_name")
                    .and_then(Value::as_str)
                    .filter(|name| login.is_harmless(name));
                let name = name.map_or_else(String::new, |name| format!(" {:?}", clipped(name)));
                CheckItem::new(
                    "messaging_service",
                    Verdict::Ok,
                    format!("The messaging service{name} ({sid}) is there."),
                )
            }
            // A gateway or a simulator need not have this API.
            Err(unanswered) if unanswered.code == Some(NOT_FOUND) && !self.private => CheckItem::new(
                "messaging_service",
                Verdict::Error,
                format!("There is no messaging service {sid} in this account."),
            )
            .hint("Compare twilio.messaging_service_sid with Twilio's console, under Messaging, Services."),
            Err(unanswered) => CheckItem::new(
                "messaging_service",
                Verdict::NotChecked,
                format!(
                    "The messaging service {sid} was not looked at. {}",
                    meaning(&unanswered.refusal.error)
                ),
            ),
        }]
    }
}

impl Login {
    fn is_api_key(&self) -> bool {
        self.login.user.starts_with("SK")
    }
}

/// Nothing but what is asked for is taken out of it: Twilio puts the token
/// into its description of the account.
fn account_items(account: &Value, login: &Login) -> Vec<CheckItem> {
    let text = |key: &str| account.get(key).and_then(Value::as_str).filter(|text| login.is_harmless(text));
    let name = text("friendly_name").map_or_else(String::new, |name| format!(" {:?}", clipped(name)));
    let mut items = vec![CheckItem::new("credentials", Verdict::Ok, "Twilio accepts the login.")];
    items.push(match text("status") {
        Some("active") | None => {
            CheckItem::new("account", Verdict::Ok, format!("The account{name} is active."))
        }
        Some("suspended") => CheckItem::new(
            "account",
            Verdict::Error,
            format!("The account{name} is suspended: nothing is sent."),
        )
        .hint("Twilio's console says why: mostly the balance."),
        Some("closed") => CheckItem::new("account", Verdict::Error, format!("The account{name} is closed."))
            .hint("Use another account, or ask Twilio to open it again."),
        Some(other) => {
            let text = format!("Twilio says of the account{name}: {}.", clipped(other));
            CheckItem::new("account", Verdict::Warning, text).hint("Look at the account in Twilio's console.")
        }
    });
    if text("type") == Some("Trial") {
        items.push(
            CheckItem::new("account", Verdict::Warning, "This is a trial account: it writes only to numbers that were verified in the console, and for what its trial credit pays.")
                .hint("Upgrade it in Twilio's console, under Billing."),
        );
    }
    items
}

fn sender_item(sender: &str, known: &[Value], whole: bool) -> CheckItem {
    let number = bare(sender);
    let found = known.iter().find(|known| known.get("sender_id").and_then(Value::as_str) == Some(sender));
    let Some(found) = found else {
        return match whole {
            true => CheckItem::new(
                "sender",
                Verdict::Error,
                format!("{number} is not a WhatsApp sender of this account."),
            )
            .hint("Twilio's console shows them under Messaging, Senders, WhatsApp senders."),
            false => CheckItem::new(
                "sender",
                Verdict::NotChecked,
                format!("{number} is not among the first senders of this account; there are more."),
            ),
        };
    };
    let status = found.get("status").and_then(Value::as_str).map(clipped).unwrap_or_default();
    let quality = found.pointer("/properties/quality_rating").and_then(Value::as_str);
    let limit = found.pointer("/properties/messaging_limit").and_then(Value::as_str);
    let name = found.pointer("/profile/name").and_then(Value::as_str);
    let more = [name, quality.map(|_| "quality"), quality, limit];
    let more: Vec<String> = more.into_iter().flatten().map(clipped).collect();
    let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join(" ")) };
    match status.as_str() {
        "ONLINE" | "ONLINE:UPDATING" => {
            CheckItem::new("sender", Verdict::Ok, format!("The sender {number}{more} is online."))
        }
        "CREATING" | "DRAFT" | "PENDING_VERIFICATION" | "VERIFYING" | "TWILIO_REVIEW" | "STUBBED" => {
            CheckItem::new(
                "sender",
                Verdict::Error,
                format!("The sender {number} is not ready yet: {status}."),
            )
            .hint("Twilio's console shows what is missing, under Messaging, Senders, WhatsApp senders.")
        }
        "OFFLINE" => {
            let why = found.pointer("/offline_reasons/0/message").and_then(Value::as_str);
            let why = why.map_or_else(String::new, |why| format!(" Twilio says: {:?}", clipped(why)));
            CheckItem::new("sender", Verdict::Error, format!("The sender {number} is offline.{why}"))
                .hint("Register it again in Twilio's console, under Messaging, Senders, WhatsApp senders.")
        }
        _ => CheckItem::new(
            "sender",
            Verdict::Warning,
            format!("Twilio says of the sender {number}: {status}."),
        )
        .hint("Look at it in Twilio's console."),
    }
}

fn bare(sender: &str) -> &str {
    sender.strip_prefix(CHANNEL).unwrap_or(sender)
}

#[cfg(test)]
mod tests;
