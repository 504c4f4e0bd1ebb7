//! Who a message goes to.

use super::phone::{self, Phone};
use super::{Error, Result, Status};
use phonenumber::country::Id as Country;

/// Who a message goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A telephone.
    Phone(Phone),
    /// Somebody whose number the business does not know: Meta's
    /// business-scoped user id, such as `US.13491208655302741918`.
    User(String),
}

/// The most characters of a business-scoped user id.
const LONGEST_USER: usize = 128;

impl Recipient {
    /// Reads the argument `to`.
    pub fn read(argument: &str, text: &str, default_country: Option<Country>) -> Result<Recipient> {
        if is_user_id(text.trim()) {
            return Ok(Recipient::User(text.trim().to_owned()));
        }
        Phone::read(argument, text, default_country).map(Recipient::Phone)
    }

    /// The address for which WhatsApp itself reported an id, where the text may
    /// be such an id and reads as anything else. `whom` looks for it.
    pub fn reported(
        text: &str,
        default_country: Option<Country>,
        whom: impl FnOnce(&str) -> Result<Option<String>>,
    ) -> Result<Option<String>> {
        let read = Phone::read("to", text, default_country).ok();
        match phone::doubtful_id(text, read.as_ref()) {
            Some(id) => whom(&id),
            None => Ok(None),
        }
    }

    /// The telephone, for a provider that knows nothing else.
    pub fn phone(&self, argument: &str, provider: &str) -> Result<&Phone> {
        match self {
            Recipient::Phone(phone) => Ok(phone),
            Recipient::User(_) => Err(Error::about(
                Status::NotSupported,
                argument,
                format!("{argument} is a business-scoped user id, which {provider} does not support."),
            )
            .hint("Give the telephone number.")),
        }
    }
}

/// Under which key the address is remembered that WhatsApp reported an id for.
pub fn reported_key(id: &str) -> String {
    format!("recipient:{id}")
}

/// Two letters of a country, perhaps `ENT`, and letters and digits.
fn is_user_id(text: &str) -> bool {
    let Some((country, id)) = text.split_once('.') else { return false };
    let id = id.strip_prefix("ENT.").unwrap_or(id);
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=LONGEST_USER).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_user_ids_are_told_apart() {
        for (text, user) in [
            ("US.13491208655302741918", true),
            ("US.ENT.11815799212886844830", true),
            (" DE.abc1 ", true),
            ("+1.415.523.8886", false),
            ("+14155238886", false),
        ] {
            let recipient = Recipient::read("to", text, None).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(matches!(recipient, Recipient::User(_)), user, "{text}");
        }
        for text in
            ["us.1", "USA.1", "US.", "US.ENT.", "US.1 2", "US.1.2", &format!("US.{}", "1".repeat(200))]
        {
            assert!(Recipient::read("to", text, None).is_err(), "{text}");
        }
    }

    #[test]
    fn an_id_that_whatsapp_reported_is_that_person() {
        let us = phone::country("default_country", "US").ok();
        let known = |id: &str| {
            Ok(match id {
                "4795234567" => Some("+4795234567".to_owned()),
                "120295550113" => Some("+12025550113".to_owned()),
                "120295550114" => Some("US.1".to_owned()),
                _ => None,
            })
        };
        for (text, whom) in [
            ("4795234567", Some("+4795234567")),
            ("120295550113", Some("+12025550113")),
            ("+120295550113", Some("+12025550113")),
            ("120295550114", Some("US.1")),
            ("4795234568", None),
            // Written as in America.
            ("(479) 523-4567", None),
        ] {
            let found = Recipient::reported(text, us, known).unwrap();
            assert_eq!(found.as_deref(), whom, "{text}");
        }
        // What reads as itself needs no look.
        for text in ["+4795234567", "4915123456789", "US.1"] {
            let found = Recipient::reported(text, us, |_| panic!("{text} was looked for"));
            assert_eq!(found.unwrap(), None);
        }
        let away = Recipient::reported("4795234567", us, |_| Err(Error::new(Status::DatabaseAway, "away")));
        assert_eq!(away.unwrap_err().status, Status::DatabaseAway);
    }
}
