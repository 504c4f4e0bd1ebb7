//! Telephone numbers: what hosts write, as E.164.

use super::{Class, Error, Result, Status, catalogue};
use phonenumber::country::Id as Country;
use phonenumber::metadata::DATABASE;

/// A number in E.164: a plus and digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

/// How many digits a number has, with its country code.
const LENGTHS: std::ops::RangeInclusive<usize> = 7..=15;

impl Phone {
    /// Reads a number in any of the forms that people write.
    ///
    /// `+` or `00` and a country code; digits that are a valid international
    /// number; a national form only where a default country is set. Nothing is
    /// guessed: what fits none of them is refused, naming `argument`.
    pub fn read(argument: &str, text: &str, default_country: Option<Country>) -> Result<Phone> {
        let bare = text.trim();
        let bare = bare.strip_prefix("whatsapp:").unwrap_or(bare).trim();
        let no_number = |why: &str| {
            Error::about(
                Status::Recipient,
                argument,
                catalogue::response(Class::Recipient, &format!("{argument} {why}.")),
            )
        };
        if bare.is_empty() {
            return Err(no_number("is empty"));
        }
        if bare.len() > 64 {
            return Err(no_number("is too long to be a number"));
        }
        if let Some(letter) = bare.chars().find(|c| !"+0123456789 ().-/\u{a0}".contains(*c)) {
            return Err(no_number(&format!("has the character {letter:?} in it")));
        }
        if bare.chars().skip(1).any(|c| c == '+') {
            return Err(no_number("has a plus in the middle"));
        }
        let digits: String = bare.chars().filter(char::is_ascii_digit).collect();
        let international =
            if bare.starts_with('+') { Some(digits.as_str()) } else { digits.strip_prefix("00") };
        if let Some(digits) = international {
            return Self::from_international(digits)
                .ok_or_else(|| no_number("is not a number of any country"));
        }
        if let Some(phone) = Self::from_international(&digits) {
            return Ok(phone);
        }
        let Some(country) = default_country else {
            return Err(no_number(
                "is no international number, and there is no default_country to complete it with",
            )
            .hint("Write the number with + and its country code, or set default_country."));
        };
        phonenumber::parse(Some(country), bare).ok().and_then(|number| Self::valid(&number)).ok_or_else(
            || {
                no_number(&format!(
                    "is neither an international number nor one of default_country {}",
                    country.as_ref()
                ))
            },
        )
    }

    /// Reads the digits of a number with its country code.
    fn from_international(digits: &str) -> Option<Phone> {
        // No country code begins with 0.
        if !LENGTHS.contains(&digits.len()) || digits.starts_with('0') {
            return None;
        }
        let e164 = format!("+{digits}");
        if is_number_of_its_country(digits) {
            return Some(Phone(e164));
        }
        // People also write the national prefix behind the country code.
        let number = phonenumber::parse(None, &e164).ok()?;
        Self::valid(&number)
    }

    /// A number as E.164. The shortest ones of a country, such as a network's
    /// own services, are refused here as well as with a plus.
    fn valid(number: &phonenumber::PhoneNumber) -> Option<Phone> {
        let e164 = number.format().mode(phonenumber::Mode::E164).to_string();
        (phonenumber::is_valid(number) && LENGTHS.contains(&(e164.len() - 1))).then_some(Phone(e164))
    }

    /// The number with its plus.
    pub fn e164(&self) -> &str {
        &self.0
    }
}

/// The country that numbers without a country code are completed with.
pub type DefaultCountry = Option<Country>;

/// Whether the digits are a country code and a number of that country: the
/// library's own definition, asked for the commonest kinds first, which is
/// several times quicker than its general answer.
fn is_number_of_its_country(digits: &str) -> bool {
    (1..=3).any(|length| {
        let (Ok(code), national) = (digits[..length].parse::<u16>(), &digits[length..]) else { return false };
        let countries = DATABASE.by_code(&code).unwrap_or_default();
        countries.iter().any(|country| {
            let kinds = country.descriptors();
            kinds.general().is_match(national)
                && [
                    kinds.mobile(),
                    kinds.fixed_line(),
                    kinds.voip(),
                    kinds.personal_number(),
                    kinds.uan(),
                    kinds.toll_free(),
                    kinds.shared_cost(),
                    kinds.premium_rate(),
                    kinds.pager(),
                    kinds.voicemail(),
                ]
                .into_iter()
                .flatten()
                .any(|kind| kind.is_match(national))
        })
    })
}

/// Reads a country as ISO 3166 writes it: two letters.
pub fn country(argument: &str, text: &str) -> Result<Country> {
    text.to_ascii_uppercase().parse().map_err(|_| {
        Error::about(
            Status::Settings,
            argument,
            format!("{argument}: {text:?} is not a country's two letters, such as DE."),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_people_write() {
        let germany = country("default_country", "de").ok();
        for (text, country, e164) in [
            ("+14155238886", None, "+14155238886"),
            ("whatsapp:+1 (415) 523-8886", None, "+14155238886"),
            ("0014155238886", None, "+14155238886"),
            ("14155238886", None, "+14155238886"),
            ("+1 500 555 0006", None, "+15005550006"),
            ("0151 23456789", germany, "+4915123456789"),
            ("4915123456789", germany, "+4915123456789"),
            ("+55 11 96123-4567", None, "+5511961234567"),
            ("+49 (0)151 23456789", None, "+4915123456789"),
            ("+39 06 698 12345", None, "+390669812345"),
            ("+1 202 555 0101", None, "+12025550101"),
        ] {
            let phone = Phone::read("to", text, country).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(phone.e164(), e164, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            " ",
            "+",
            "abc",
            "+1",
            "123",
            "0151 23456789",
            "+999999999999",
            "+1415523888x",
            "1+4155238886",
            "😀",
            "+٤٩١٥١٢٣٤٥٦٧٨٩",
            "+1415523888612345678",
        ] {
            let error = Phone::read("to", text, None).unwrap_err();
            assert_eq!(error.status, Status::Recipient, "{text}");
            assert_eq!(error.argument.as_deref(), Some("to"));
        }
        // +491645: a number of Germany, and too short to be anybody's.
        assert!(Phone::read("to", "01645", country("default_country", "de").ok()).is_err());
        let error = Phone::read("to", "0151 23456789", None).unwrap_err();
        assert!(error.message.contains("default_country"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            if let Ok(phone) = Phone::read("to", &text, country("c", "US").ok()) {
                proptest::prop_assert!(phone.e164().starts_with('+'));
                proptest::prop_assert!(phone.e164()[1..].bytes().all(|b| b.is_ascii_digit()));
            }
        }
    }
}
