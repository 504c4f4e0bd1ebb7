//! Whose webhook it is. Meta tells everything to whoever is subscribed, so one
//! request may speak of several accounts.

use super::notice::{Notice, NoticeAccount};
use crate::provider::ProviderSettings;

/// What tells our account from others.
#[derive(Debug, Clone)]
pub enum OurAccount {
    /// Ids of the business account and of our numbers.
    Meta {
        /// The business account.
        business_account_id: String,
        /// Our numbers.
        phone_number_ids: Vec<String>,
    },
    /// `AC..`
    Twilio(String),
}

impl OurAccount {
    /// The account of the settings.
    pub fn of(settings: &ProviderSettings) -> OurAccount {
        match settings {
            ProviderSettings::Twilio(twilio) => OurAccount::Twilio(twilio.account_sid.clone()),
            ProviderSettings::Meta(meta) => OurAccount::Meta {
                business_account_id: meta.business_account_id.clone(),
                phone_number_ids: meta.senders.clone(),
            },
        }
    }

    /// Whether a notice is about it. One that names no account is: whoever
    /// signed it knows our secret.
    pub fn has(&self, notice: &Notice) -> bool {
        match (self, &notice.account) {
            (OurAccount::Twilio(ours), NoticeAccount::Twilio { account_sid, .. }) => {
                account_sid.as_ref().is_none_or(|told| told == ours)
            }
            (
                OurAccount::Meta { business_account_id: ours, phone_number_ids },
                NoticeAccount::Meta { business_account_id, phone_number_id, .. },
            ) => {
                // Some changes of an account come under the id of its portfolio.
                let inner = notice.rest.pointer("/value/waba_info/waba_id").and_then(|id| match id {
                    serde_json::Value::String(text) => Some(text.clone()),
                    serde_json::Value::Number(number) => Some(number.to_string()),
                    _ => None,
                });
                let account = inner.as_ref().or(business_account_id.as_ref());
                match (account, phone_number_id) {
                    (Some(told), _) if told == ours => true,
                    (_, Some(number)) => phone_number_ids.contains(number),
                    (None, None) => true,
                    (Some(_), None) => false,
                }
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::{meta, twilio};
    use crate::message::clock::Millis;
    use serde_json::json;

    #[test]
    fn a_webhook_of_another_account_is_not_ours() {
        let ours =
            OurAccount::Meta { business_account_id: "100".into(), phone_number_ids: vec!["200".into()] };
        let of = |entry: &str, field: &str, value: serde_json::Value| {
            let body = json!({"object": "whatsapp_business_account",
                "entry": [{"id": entry, "changes": [{"field": field, "value": value}]}]});
            let notices = meta::notices(body.to_string().as_bytes(), Millis::now()).unwrap();
            assert_eq!(notices.len(), 1);
            ours.has(&notices[0])
        };
        let status = |number: &str| json!({"metadata": {"phone_number_id": number}, "statuses": [{"id": "wamid.A", "status": "sent", "timestamp": "1750263773"}]});
        assert!(of("100", "messages", status("200")));
        assert!(of("100", "messages", status("201")), "another number of the account");
        assert!(of("999", "messages", status("200")), "our number, under another id");
        assert!(!of("101", "messages", status("201")));
        assert!(of("", "messages", status("200")), "our number, under no id");
        assert!(!of("", "messages", status("201")), "a foreign number, under no id");
        assert!(of("", "flows", json!({"event": "X"})), "whoever signed it means us");
        assert!(of("999", "account_update", json!({"event": "X", "waba_info": {"waba_id": "100"}})));
        assert!(!of("999", "account_update", json!({"event": "X", "waba_info": {"waba_id": "101"}})));

        let ours = OurAccount::Twilio("AC1".into());
        let of = |body: &str| ours.has(&twilio::notices("", body.as_bytes(), Millis::now()).unwrap()[0]);
        assert!(of("AccountSid=AC1&MessageSid=SM1&MessageStatus=sent&From=whatsapp%3A%2B14155238886"));
        assert!(!of("AccountSid=AC2&MessageSid=SM1&MessageStatus=sent&From=whatsapp%3A%2B14155238886"));
        assert!(of("MessageSid=SM1&MessageStatus=sent&From=whatsapp%3A%2B14155238886"));
    }
}
