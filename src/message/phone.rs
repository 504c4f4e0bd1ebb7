//! Telephone numbers: what hosts write, as E.164.

mod person;
mod plan;
mod writing;

pub use person::{addresses, forms, person};

use super::{Class, Error, Result, Status, catalogue};
use phonenumber::country::Id as Country;
use writing::{Fault, Written};

/// A number in E.164, or as WhatsApp writes it: a plus and digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads a number in any of the forms that people write; what fits none of
    /// them is refused, naming `argument`.
    ///
    /// `+` or `00` say that a country code follows. Without them a number is
    /// one of the default country, or refused where it could be a mistyped one
    /// of it: a private text must not reach a stranger abroad. Only digits that
    /// can be no number of the default country are a WhatsApp id, which begins
    /// with its country code.
    pub fn read(argument: &str, text: &str, default_country: Option<Country>) -> Result<Phone> {
        let written = Written::read(text).map_err(|fault| refused_text(argument, &fault))?;
        if let Some(digits) = international(&written) {
            return international_number(digits)
                .ok_or_else(|| no_number(argument, "is not a number of any country", WRITE_IT_WHOLE));
        }
        match default_country {
            Some(country) => Self::read_in(argument, &written, country),
            None if !written.bare => Err(no_number(argument, NO_COUNTRY_CODE, GIVE_COUNTRY)),
            None => whatsapp_id(&written.digits)
                .ok_or_else(|| no_number(argument, "is not a number with its country code", GIVE_COUNTRY)),
        }
    }

    /// Reads a number without a plus where there is a default country.
    fn read_in(argument: &str, written: &Written, country: Country) -> Result<Phone> {
        let digits = written.digits.as_str();
        let Some(own) = plan::of(country) else {
            return Err(no_number(argument, NO_COUNTRY_CODE, WRITE_IT_WHOLE));
        };
        let has_own_code = digits.starts_with(&own.country_code().to_string());
        if has_own_code && let Some(phone) = whatsapp_id(digits) {
            return Ok(phone);
        }
        if let Some(number) = plan::national(own, digits) {
            return Ok(Phone(format!("+{number}")));
        }
        if has_own_code && let Some(phone) = international_number(digits) {
            return Ok(phone);
        }
        let country = country.as_ref();
        if plan::is_possible_length(own, digits) {
            let why = format!("has the length of a number of default_country {country}, and is none");
            return Err(no_number(argument, &why, WRITE_ABROAD));
        }
        if written.bare
            && let Some(phone) = whatsapp_id(digits)
        {
            return Ok(phone);
        }
        let why = format!("is neither an international number nor one of default_country {country}");
        Err(no_number(argument, &why, WRITE_ABROAD))
    }

    /// The number with its plus.
    pub fn e164(&self) -> &str {
        &self.0
    }
}

/// The country that numbers without a country code are completed with.
pub type DefaultCountry = Option<Country>;

/// The digits of a text that could be a WhatsApp id as they stand, where
/// reading them gives anything else: only who knows the ids that WhatsApp
/// reported can say whom they mean.
pub fn doubtful_id(text: &str, read: Option<&Phone>) -> Option<String> {
    let written = Written::read(text).ok()?;
    let digits = match international(&written) {
        Some(digits) => digits,
        None if written.bare => written.digits.as_str(),
        None => return None,
    };
    let is_itself = read.is_some_and(|phone| phone.e164().strip_prefix('+') == Some(digits));
    (!is_itself && ID_LENGTHS.contains(&digits.len()) && !digits.starts_with('0')).then(|| digits.to_owned())
}

/// How many digits an id of WhatsApp has.
const ID_LENGTHS: std::ops::RangeInclusive<usize> = 7..=15;

/// The digits behind a plus or `00`.
fn international(written: &Written) -> Option<&str> {
    if written.plus { Some(&written.digits) } else { written.digits.strip_prefix("00") }
}

/// A number with its country code, as people write it: perhaps with the
/// national prefix behind the code.
fn international_number(digits: &str) -> Option<Phone> {
    whatsapp_id(digits).or_else(|| plan::without_prefix(digits).map(|number| Phone(format!("+{number}"))))
}

/// A whole number with its country code, in a form that WhatsApp reports.
fn whatsapp_id(digits: &str) -> Option<Phone> {
    let known = plan::is_whole(digits) || forms(digits).iter().any(|form| plan::is_whole(form));
    known.then(|| Phone(format!("+{digits}")))
}

const NO_COUNTRY_CODE: &str = "has no country code";
const WRITE_IT_WHOLE: &str = "Write the number with + and its country code.";
const GIVE_COUNTRY: &str = "Write the number with + and its country code, or set default_country.";
const WRITE_ABROAD: &str =
    "Check the number. If it is one of another country, write + and the country code before it.";

fn no_number(argument: &str, why: &str, hint: &str) -> Box<Error> {
    let subject = if argument == "to" { "The recipient's number" } else { argument };
    let meaning = format!("{subject} {why}.");
    Error::about(Status::Recipient, argument, catalogue::response(Class::Recipient, &meaning)).hint(hint)
}

fn refused_text(argument: &str, fault: &Fault) -> Box<Error> {
    let why = match fault {
        Fault::Empty => "is empty".to_owned(),
        Fault::TooLong => "is too long to be a number".to_owned(),
        Fault::Character(c) => format!("has the character {c:?} in it"),
        Fault::Plus => "has a plus in the middle".to_owned(),
    };
    no_number(argument, &why, WRITE_IT_WHOLE)
}

/// Reads a country as ISO 3166 writes it: two letters.
pub fn country(argument: &str, text: &str) -> Result<Country> {
    let country = text.to_ascii_uppercase().parse().ok().filter(|country| plan::of(*country).is_some());
    country.ok_or_else(|| {
        Error::about(
            Status::Settings,
            argument,
            format!("{argument}: {text:?} is not the two letters of a country with telephones, such as DE."),
        )
    })
}

#[cfg(test)]
mod tests;
