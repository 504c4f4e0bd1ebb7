//! Changes of our numbers and of the account.

use crate::inbound::field::{self, at, first_word, list, text, word};
use crate::message::changes::{AccountChange, NumberChange, Restriction};
use serde_json::Value;

const NOT_AN_OBJECT: &str = "The change is not a JSON object.";

/// A change of a number, by its field; none for another field.
pub fn number(field: &str, value: &Value) -> Option<Result<NumberChange, String>> {
    let change = match field {
        // Limits were told here until 2026; now it is the throughput.
        "phone_number_quality_update" => NumberChange {
            event: word(value, "event"),
            previous: word(value, "old_limit"),
            current: first_word(value, &["max_daily_conversations_per_business", "current_limit"]),
            ..of("quality")
        },
        "phone_number_name_update" => NumberChange {
            event: word(value, "decision"),
            current: first_word(value, &["requested_verified_name", "verified_name"]),
            reason: text(value, "rejection_reason").filter(|reason| reason != "NONE"),
            ..of("name")
        },
        "security" => {
            NumberChange { event: word(value, "event"), reason: text(value, "requester"), ..of("security") }
        }
        "business_username_updates" | "business_username_update" => NumberChange {
            event: first_word(value, &["status", "event"]),
            current: word(value, "username"),
            ..of("username")
        },
        "account_settings_update" => {
            NumberChange { event: first_word(value, &["type", "event"]), ..of("settings") }
        }
        _ => return None,
    };
    if !value.is_object() {
        return Some(Err(NOT_AN_OBJECT.to_owned()));
    }
    let number = word(value, "display_phone_number")
        .or_else(|| word(at(value, &["metadata"]), "display_phone_number"));
    Some(Ok(NumberChange { number, ..change }))
}

fn of(what: &str) -> NumberChange {
    NumberChange { what: what.to_owned(), ..NumberChange::default() }
}

/// A change of the account, by its field; none for another field.
pub fn account(field: &str, value: &Value) -> Option<Result<AccountChange, String>> {
    let what = |what: &str| AccountChange { what: what.to_owned(), ..AccountChange::default() };
    let change = match field {
        "account_update" => AccountChange {
            event: word(value, "event"),
            account_id: word(at(value, &["waba_info"]), "waba_id"),
            restrictions: restrictions(value),
            current: word(at(value, &["ban_info"]), "waba_ban_state"),
            reason: text(at(value, &["violation_info"]), "violation_type")
                .or_else(|| text(at(value, &["disconnection_info"]), "reason")),
            ..what("account")
        },
        "account_review_update" => AccountChange { event: word(value, "decision"), ..what("review") },
        "account_alerts" => {
            // Older ones had these members beside each other.
            let info = at(value, &["alert_info"]);
            let info = if info.is_object() { info } else { value };
            AccountChange {
                event: word(info, "alert_type"),
                current: word(info, "alert_status"),
                severity: word(info, "alert_severity"),
                reason: text(info, "alert_description"),
                account_id: word(value, "entity_id")
                    .filter(|_| word(value, "entity_type").is_some_and(|kind| kind == "WABA")),
                ..what("alert")
            }
        }
        // As an integer, or as `TIER_10K`.
        "business_capability_update" => AccountChange {
            current: first_word(
                value,
                &["max_daily_conversations_per_business", "max_daily_conversation_per_phone"],
            ),
            ..what("capability")
        },
        _ => return None,
    };
    Some(if value.is_object() { Ok(change) } else { Err(NOT_AN_OBJECT.to_owned()) })
}

/// What is forbidden. One whose end cannot be read has none: it would else end
/// before its time.
fn restrictions(value: &Value) -> Vec<Restriction> {
    list(value, "restriction_info")
        .iter()
        .filter_map(|one| {
            let kind = word(one, "restriction_type")?;
            Some(Restriction { kind, until: field::time(one, "expiration") })
        })
        .collect()
}
