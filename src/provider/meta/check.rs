//! Whether the account is fit to send: the token and its permissions, the
//! account, the numbers; each in words for people.

mod number;
mod token;

use super::Meta;
use super::call::Refused;
use crate::message::catalogue::clipped;
use crate::message::{Result, Status};
use crate::provider::action::{CheckItem, CheckReport, Done, Verdict};
use futures_util::future::join_all;
use serde_json::Value;
use token::Fitness;

/// The most numbers that are looked at.
const MOST_NUMBERS: usize = 10;
const ACCOUNT_FIELDS: &[&str] = &["id,name,account_review_status", "id,name"];

impl Meta {
    pub(super) async fn check_account(&self, number: &str) -> Result<Done> {
        let (mut items, fitness) = self.check_token().await;
        if fitness != Fitness::Unfit {
            let (account, numbers) =
                tokio::join!(self.check_business_account(fitness), self.check_numbers(number, fitness));
            items.extend(account);
            items.extend(numbers);
        } else {
            items.push(not_looked("account", "The account"));
            items.push(not_looked("sender", "The sender"));
        }
        Ok(Done::Check(CheckReport::of(items)))
    }

    async fn check_business_account(&self, fitness: Fitness) -> Vec<CheckItem> {
        let id = &self.business_account;
        let mut refused = None;
        for fields in ACCOUNT_FIELDS {
            match self.graph.question(id, &[("fields", *fields)]).await {
                Ok(account) => return account_items(id, &account),
                Err(why) => {
                    let another = super::numbers::is_about_a_field(&why);
                    refused = Some(why);
                    if !another {
                        break;
                    }
                }
            }
        }
        refused.into_iter().map(|refused| unreadable_account(id, &refused, fitness)).collect()
    }

    async fn check_numbers(&self, number: &str, fitness: Fitness) -> Vec<CheckItem> {
        let others = self.senders.iter().map(String::as_str).filter(|sender| *sender != number);
        let mut all: Vec<&str> = std::iter::once(number).chain(others).collect();
        let left = all.len().saturating_sub(MOST_NUMBERS);
        all.truncate(MOST_NUMBERS);
        let looked_at = all.iter().map(|number| async move {
            match self.number_now(number).await {
                Ok(found) => number::items(&found),
                Err(refused) if fitness == Fitness::Sends && is_forbidden(&refused) => {
                    vec![not_allowed("sender", &format!("The number {number}"))]
                }
                Err(refused) => vec![number::unreadable(number, refused)],
            }
        });
        let mut items: Vec<CheckItem> = join_all(looked_at).await.into_iter().flatten().collect();
        if left > 0 {
            let text = format!("{left} more senders of the settings were not looked at.");
            items.push(CheckItem::new("sender", Verdict::NotChecked, text));
        }
        items
    }
}

fn account_items(id: &str, account: &Value) -> Vec<CheckItem> {
    let text = |key: &str| account.get(key).and_then(Value::as_str).map(clipped);
    let name = text("name").map_or_else(String::new, |name| format!(" {name:?}"));
    let found = format!("The WhatsApp Business account{name} ({id}) can be read");
    let review = text("account_review_status").unwrap_or_default();
    vec![match review.as_str() {
        "" | "APPROVED" => CheckItem::new("account", Verdict::Ok, format!("{found}.")),
        "PENDING" => {
            CheckItem::new("account", Verdict::Warning, format!("{found}; WhatsApp still reviews it."))
                .hint("Wait for the review; WhatsApp Manager shows it.")
        }
        "REJECTED" => CheckItem::new("account", Verdict::Error, format!("{found}; WhatsApp rejected it."))
            .hint("Look in WhatsApp Manager, under Account quality, why, and ask for another review."),
        other => {
            let text = format!("{found}; Meta says of its review: {other}.");
            CheckItem::new("account", Verdict::Warning, text).hint("Look at the account in WhatsApp Manager.")
        }
    }]
}

fn unreadable_account(id: &str, refused: &Refused, fitness: Fitness) -> CheckItem {
    if !is_forbidden(refused) {
        return CheckItem::failed("account", &refused.error);
    }
    if fitness == Fitness::Sends {
        return not_allowed("account", &format!("The WhatsApp Business account {id}"));
    }
    let text = format!(
        "The WhatsApp Business account {id} cannot be read: there is none with this id, or the token may not."
    );
    CheckItem::new("account", Verdict::Error, text).hint(
        "Compare meta.business_account_id with the account's id in WhatsApp Manager, and give the system user the account among its assets and the permission whatsapp_business_management.",
    )
}

/// Whether something is not there, or not for this token: Meta says the same
/// of both.
fn is_forbidden(refused: &Refused) -> bool {
    match refused.code() {
        Some(100) => refused.subcode == Some(33),
        code => matches!(code, Some(3 | 10 | 33 | 200..=299 | 803)),
    }
}

/// A token that only sends may not look, and sends all the same.
fn not_allowed(item: &'static str, what: &str) -> CheckItem {
    let text = format!(
        "{what} could not be looked at: the token lacks the permission whatsapp_business_management."
    );
    CheckItem::new(item, Verdict::NotChecked, text)
}

fn not_looked(item: &'static str, what: &str) -> CheckItem {
    CheckItem::new(
        item,
        Verdict::NotChecked,
        format!("{what} was not looked at: the token has to work first."),
    )
}

/// Whether a call failed because Meta could not be reached, or not for long.
fn is_out_of_reach(refused: &Refused) -> bool {
    matches!(refused.error.status, Status::Network | Status::Tls | Status::Temporary | Status::Limit)
}

#[cfg(test)]
mod tests;
