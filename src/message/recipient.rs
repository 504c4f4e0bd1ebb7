//! Who a message goes to.

use super::phone::Phone;
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
}
