//! The numbers that a business sends from.

mod faults;
mod node;

pub(super) use faults::{explained, is_about_a_field};
pub(super) use node::id;

use super::Meta;
use super::call::{Change, Refused};
use crate::ground::Secret;
use crate::message::phone::Phone;
use crate::message::{Error, Result, Status};
use crate::provider::action::{AddNumber, CodeMethod, Done, Number, NumberList, Pin, Register, RequestCode};
use crate::provider::paging;
use reqwest::Method;
use serde_json::{Value, json};

/// What a PIN or a code goes into: the argument's name.
const PIN: &str = "pin";
const CODE: &str = "code";
const DIGITS: usize = 6;
/// The most of a page of numbers at Meta.
const LARGEST_PAGE: u32 = 100;
const LONGEST_CURSOR: usize = 2048;
/// The most characters of a name. WhatsApp's own rules are its reviewers'.
const LONGEST_NAME: usize = 512;
const LOOK_AT_NUMBER: &str = "Look with wa_number_get before you do it again.";

impl Meta {
    pub(super) async fn list_numbers(&self, limit: Option<u32>, cursor: Option<&str>) -> Result<Done> {
        check_cursor(cursor)?;
        let limit =
            limit.map(|limit| paging::limit("options_json.limit", limit, LARGEST_PAGE)).transpose()?;
        let limit = limit.map(|limit| limit.to_string());
        let mut query = Vec::new();
        query.extend(limit.as_deref().map(|limit| ("limit", limit)));
        // Cursors only: an address in an answer is never followed.
        query.extend(cursor.map(|cursor| ("after", cursor)));
        let path = format!("{}/phone_numbers", self.business_account);
        let answered = self.node(&path, &query).await.map_err(|refused| self.about_the_account(refused))?;
        let numbers = answered.get("data").and_then(Value::as_array);
        let paging = answered.get("paging").unwrap_or(&Value::Null);
        let next = match paging.get("next") {
            Some(Value::String(_)) => paging.pointer("/cursors/after").and_then(Value::as_str),
            _ => None,
        };
        Ok(Done::Numbers(NumberList {
            numbers: numbers.into_iter().flatten().filter_map(node::read).collect(),
            next: next.filter(|next| !next.is_empty()).map(str::to_owned),
        }))
    }

    pub(super) async fn get_number(&self, number: &str) -> Result<Done> {
        let found = self.number_now(number).await.map_err(|refused| explained(refused, None))?;
        Ok(Done::Number(Box::new(found)))
    }

    /// A number as it is now.
    pub(super) async fn number_now(&self, number: &str) -> Result<Number, Refused> {
        let answered = self.node(number, &[]).await?;
        let mut found = node::read(&answered).unwrap_or_default();
        number.clone_into(&mut found.id);
        Ok(found)
    }

    /// Asks for numbers with their fields. A version that does not know a
    /// field refuses all of them, so it is asked for fewer then.
    async fn node(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Refused> {
        let mut asked = Err(None);
        for fields in node::FIELDS {
            let query: Vec<(&str, &str)> = query.iter().copied().chain([("fields", *fields)]).collect();
            match self.graph.question(path, &query).await {
                Ok(answered) => return Ok(answered),
                Err(refused) => {
                    let another = faults::is_about_a_field(&refused);
                    asked = Err(Some(refused));
                    if !another {
                        break;
                    }
                }
            }
        }
        asked.map_err(|refused| {
            refused.unwrap_or_else(|| Refused::here(Error::internal("No field of a number is asked for.")))
        })
    }

    pub(super) async fn add_number(&self, add: &AddNumber) -> Result<Done> {
        let name = add.verified_name.trim();
        check_name(name)?;
        let (country_code, national) = parts(&add.number)?;
        let change = Change {
            method: Method::POST,
            path: &format!("{}/phone_numbers", self.business_account),
            query: &[],
            body: Some(json!({"cc": country_code, "phone_number": national, "verified_name": name})),
            secret: None,
            look: "Look with wa_number_list before you do it again.",
            repeatable: false,
        };
        let answered = self.graph.change(&change).await.map_err(|refused| self.about_the_account(refused))?;
        let Some(id) = answered.get("id").and_then(node::id) else {
            return Err(change.open("the answer does not name the new number", None).error);
        };
        Ok(Done::Number(Box::new(Number {
            id,
            display_phone_number: Some(add.number.e164().to_owned()),
            verified_name: Some(name.to_owned()),
            ..Number::default()
        })))
    }

    pub(super) async fn request_code(&self, number: &str, wish: &RequestCode) -> Result<Done> {
        let method = match wish.method {
            CodeMethod::Sms => "SMS",
            CodeMethod::Voice => "VOICE",
        };
        let language = language(&wish.language)?;
        let body = json!({"code_method": method, "language": language});
        let look = "Wait some minutes for the code before you ask for another: WhatsApp counts them.";
        self.change_number(number, "request_code", Some(body), None, look).await
    }

    pub(super) async fn verify_code(&self, number: &str, code: &Pin) -> Result<Done> {
        let code = code_of(code)?;
        let body = json!({"code": code.expose()});
        self.change_number(number, "verify_code", Some(body), Some((CODE, &code)), LOOK_AT_NUMBER).await
    }

    pub(super) async fn register(&self, number: &str, registration: &Register) -> Result<Done> {
        let pin = pin_of(&registration.pin)?;
        let mut body = json!({"messaging_product": "whatsapp", "pin": pin.expose()});
        if let Some(region) = &registration.data_localization_region {
            body["data_localization_region"] = country(region)?.into();
        }
        self.change_number(number, "register", Some(body), Some((PIN, pin)), LOOK_AT_NUMBER).await
    }

    pub(super) async fn deregister(&self, number: &str) -> Result<Done> {
        self.change_number(number, "deregister", None, None, LOOK_AT_NUMBER).await
    }

    pub(super) async fn set_pin(&self, number: &str, pin: &Pin) -> Result<Done> {
        if pin.0.expose().trim().is_empty() {
            return Err(Error::about(
                Status::NotSupported,
                PIN,
                "The PIN of the two-step verification cannot be switched off by the API of Meta; nothing was changed.",
            )
            .hint("Switch it off in WhatsApp Manager: Phone numbers, the number's settings, Two-step verification. To change it, give six digits."));
        }
        let pin = pin_of(pin)?;
        let body = json!({"pin": pin.expose()});
        let look =
            "Set the PIN again: the old one is not asked for. WhatsApp counts attempts, so do it once.";
        self.change_number(number, "", Some(body), Some((PIN, pin)), look).await
    }

    async fn change_number(
        &self,
        number: &str,
        edge: &str,
        body: Option<Value>,
        secret: Option<(&'static str, &Secret)>,
        look: &str,
    ) -> Result<Done> {
        let path = format!("{number}/{edge}");
        let change = Change {
            method: Method::POST,
            path: path.trim_end_matches('/'),
            query: &[],
            body,
            secret: secret.map(|(_, secret)| secret),
            look,
            repeatable: false,
        };
        match self.graph.change_and_see(&change).await {
            Ok(()) => Ok(Done::SUCCESS),
            Err(refused) => Err(explained(refused, secret.map(|(argument, _)| argument))),
        }
    }
}

fn check_cursor(cursor: Option<&str>) -> Result<()> {
    if cursor.is_some_and(|cursor| cursor.is_empty() || cursor.len() > LONGEST_CURSOR) {
        let argument = "options_json.cursor";
        return Err(Error::about(Status::Argument, argument, format!("{argument} is not a cursor."))
            .hint("Give next of the page before, or leave it out."));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<()> {
    let argument = "options_json.verified_name";
    let why = if name.is_empty() {
        "is missing".to_owned()
    } else if name.chars().count() > LONGEST_NAME {
        format!("has more than {LONGEST_NAME} characters")
    } else if name.chars().any(char::is_control) {
        "has a control character in it".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::about(Status::Argument, argument, format!("{argument} {why}."))
        .hint("Give the name that recipients are to see; WhatsApp has to approve it."))
}

/// A number's country code and the rest of it. Zeros of the rest stay: some
/// countries have them.
fn parts(number: &Phone) -> Result<(String, &str)> {
    let no_parts = || Error::internal("A number has no country code.");
    let code = phonenumber::parse(None, number.e164()).map_err(|_| no_parts())?.code().value().to_string();
    let digits = number.e164().trim_start_matches('+');
    let national = digits.strip_prefix(&code).filter(|rest| !rest.is_empty()).ok_or_else(no_parts)?;
    Ok((code, national))
}

/// `en_US`; hyphens are taken for underscores.
fn language(text: &str) -> Result<String> {
    let text = text.trim().replace('-', "_");
    if (2..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Ok(text);
    }
    let argument = "options_json.language";
    Err(Error::about(Status::Argument, argument, format!("{argument} is not a language."))
        .hint("Write it as en_US or en."))
}

/// Not held against a list: Meta's grows.
fn country(text: &str) -> Result<String> {
    let text = text.trim();
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(text.to_ascii_uppercase());
    }
    let argument = "options_json.data_localization_region";
    Err(Error::about(Status::Argument, argument, format!("{argument} must be a country's two letters."))
        .hint("Such as DE, or leave it out: then Meta chooses."))
}

/// A PIN as it is: text, so that its zeros in front stay.
fn pin_of(pin: &Pin) -> Result<&Secret> {
    six_digits(PIN, pin.0.expose())?;
    Ok(&pin.0)
}

/// A code without the dash and the blanks that people type.
fn code_of(code: &Pin) -> Result<Secret> {
    let dashes = ['-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2212}'];
    let bare = |c: &char| !c.is_whitespace() && !dashes.contains(c);
    let digits: String = code.0.expose().chars().filter(bare).collect();
    six_digits(CODE, &digits)?;
    Ok(Secret::new(digits))
}

/// Says how many there are at most: never which.
fn six_digits(argument: &'static str, text: &str) -> Result<()> {
    if text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    let hint = match argument {
        PIN => "Give six digits as text, with the zeros in front; nothing was sent.",
        _ => "Give the six digits of the message or call, with or without a dash; nothing was sent.",
    };
    Err(Error::about(Status::Argument, argument, format!("{argument} must be exactly six digits."))
        .hint(hint))
}

#[cfg(test)]
mod tests;
