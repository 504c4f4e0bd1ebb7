//! Changes of templates.

use crate::inbound::field::{at, first_word, text, word};
use crate::message::changes::TemplateChange;
use serde_json::Value;

/// A change of a template, by its field; none for another field.
pub fn read(field: &str, value: &Value) -> Option<Result<TemplateChange, String>> {
    let reason = || text(value, "reason").filter(|reason| reason != "NONE");
    let change = match field {
        "message_template_status_update" => TemplateChange {
            current: word(value, "event"),
            reason: text(at(value, &["rejection_info"]), "reason")
                .or_else(reason)
                .or_else(|| text(at(value, &["disable_info"]), "disable_date"))
                .or_else(|| text(at(value, &["other_info"]), "description")),
            ..of("status")
        },
        "message_template_quality_update" => TemplateChange {
            previous: word(value, "previous_quality_score"),
            current: word(value, "new_quality_score"),
            ..of("quality")
        },
        // Before a category changes, the one that it should have is announced:
        // `new_category` is then what the template still is.
        "template_category_update" | "template_correct_category_detection" => {
            let announced = word(value, "correct_category");
            let current = first_word(value, &["new_category", "category"]);
            TemplateChange {
                previous: word(value, "previous_category"),
                current,
                announced,
                reason: text(value, "reason"),
                ..of("category")
            }
        }
        "message_template_components_update" => of("components"),
        _ => return None,
    };
    let change = TemplateChange {
        template_id: word(value, "message_template_id"),
        name: word(value, "message_template_name"),
        // These webhooks write `en-US` where the rest of the API has `en_US`.
        language: word(value, "message_template_language").map(|language| language.replace('-', "_")),
        ..change
    };
    if change.template_id.is_none() && change.name.is_none() {
        return Some(Err("The change of a template does not say of which one.".to_owned()));
    }
    Some(Ok(change))
}

fn of(what: &str) -> TemplateChange {
    TemplateChange { what: what.to_owned(), ..TemplateChange::default() }
}
