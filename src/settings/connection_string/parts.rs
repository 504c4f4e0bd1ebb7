//! The keywords and values of a connection string of ADO.NET.
//!
//! A value may stand in quotes of either sort, which are doubled inside of
//! them; `==` is an equals sign in a keyword; of repeated keywords the last
//! counts. So .NET reads them.

use super::fault;
use crate::ground::connection_string::in_braces;
use crate::message::{Error, Result};

/// A keyword and its value.
struct Part {
    /// As it is written, in small letters.
    written: String,
    /// The same without blanks and underscores.
    key: String,
    value: String,
    /// It follows a password: it may be what stands behind a `;` of it.
    may_be_secret: bool,
}

impl Part {
    fn refused(&self, hint: &str) -> Box<Error> {
        fault(&format!("has the keyword {}, which cannot be translated", self.written)).hint(hint)
    }
}

/// The keywords and values, in their order.
pub struct Parts(Vec<Part>);

/// What a keyword means.
pub enum Meaning<T> {
    /// It names something of the database or of the way to it.
    Is(T),
    /// It is about what .NET does with connections; nothing of it is needed here.
    Idle,
    /// It asks for what cannot be done here.
    Refused,
    /// The same; what to do instead.
    Instead(&'static str),
}

impl Parts {
    /// Takes a string apart.
    pub fn read(text: &str) -> Result<Parts> {
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = text.trim_start_matches(is_between);
        while !rest.is_empty() {
            let may_be_secret = parts.last().is_some_and(|part| is_password(&part.key));
            let Some((written, after)) = keyword(rest) else {
                return Err(match may_be_secret {
                    true => behind_a_password(),
                    false => fault("has a part without an equals sign")
                        .hint("Write Keyword=value, with a ; between them; a value with a ; in it stands in quotes."),
                });
            };
            let (value, after) = value(after)?;
            let key = written.chars().filter(|c| !c.is_whitespace() && *c != '_').collect();
            parts.push(Part { written, key, value, may_be_secret });
            rest = after.trim_start_matches(is_between);
        }
        Ok(Parts(parts))
    }

    /// Whether it has a keyword of these: either as it is written there, or
    /// without its blanks.
    pub fn is_for(&self, keys: &[&str]) -> bool {
        self.0.iter().any(|part| keys.contains(&part.written.as_str()))
    }

    /// What each keyword that says something means, the last ones last.
    pub fn meanings<T>(&self, meaning: impl Fn(&str) -> Option<Meaning<T>>) -> Result<Vec<(T, &str)>> {
        let mut known = Vec::new();
        for part in self.0.iter().filter(|part| !part.value.is_empty()) {
            match meaning(&part.key) {
                Some(Meaning::Is(what)) => known.push((what, part.value.as_str())),
                Some(Meaning::Idle) => {}
                Some(Meaning::Refused) => {
                    return Err(part.refused(
                        "Leave it out, or write the string for ODBC, with the driver's own keywords.",
                    ));
                }
                Some(Meaning::Instead(hint)) => return Err(part.refused(hint)),
                None if part.may_be_secret => return Err(behind_a_password()),
                None => return Err(unknown(&part.written)),
            }
        }
        Ok(known)
    }
}

fn unknown(written: &str) -> Box<Error> {
    // A word and not half a string that was pasted wrongly.
    let is_a_word =
        written.len() <= 40 && written.chars().all(|c| c.is_ascii_alphabetic() || " _".contains(c));
    let name = if is_a_word { format!("the keyword {written:?}") } else { "a keyword".to_owned() };
    fault(&format!("has {name}, which is not known"))
        .hint("Leave it out; or write the string for ODBC, with Driver= and the driver's own keywords.")
}

/// Nothing of it is shown: it may be the end of the password.
fn behind_a_password() -> Box<Error> {
    fault("has something behind the password that is no known keyword")
        .hint("If the password has a ; in it, put the password into quotes: Password=\"..;..\"")
}

fn is_password(key: &str) -> bool {
    ["password", "pwd", "psw"].contains(&key)
}

fn is_between(c: char) -> bool {
    c == ';' || c.is_whitespace()
}

/// Whether the string is one of ODBC: it names a driver or a data source, and
/// not in a value that .NET has in quotes, such as `Password="x;driver=y"`.
pub fn is_for_odbc(text: &str) -> bool {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('=') {
        let key = before.rsplit(';').next().unwrap_or_default().trim().to_lowercase();
        if ["driver", "dsn", "filedsn"].contains(&key.as_str()) {
            return true;
        }
        rest = match after.trim_start().strip_prefix('{') {
            Some(braced) => in_braces(braced).1.unwrap_or_default(),
            None => match value(after) {
                // For ODBC the value ends at its first `;`: the two would not agree.
                Ok((value, _)) if after.trim_start().starts_with(['"', '\'']) && value.contains(';') => {
                    return false;
                }
                Ok((_, behind)) => behind,
                Err(_) => return false,
            },
        };
    }
    false
}

/// Whether a value of a string of ODBC begins with a brace that is not closed.
pub fn has_open_brace(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('=') {
        rest = match after.trim_start().strip_prefix('{') {
            Some(braced) => match in_braces(braced).1 {
                Some(behind) => behind,
                None => return true,
            },
            None => after.split_once(';').map_or("", |(_, behind)| behind),
        };
    }
    false
}

/// The keyword, and what stands behind its equals sign.
fn keyword(text: &str) -> Option<(String, &str)> {
    let mut written = String::new();
    let mut rest = text;
    loop {
        let at = rest.find(['=', ';'])?;
        if rest[at..].starts_with(';') {
            return None;
        }
        written.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(after) = rest.strip_prefix('=') else { break };
        written.push('=');
        rest = after;
    }
    let written = written.trim().to_lowercase();
    (!written.is_empty()).then_some((written, rest))
}

/// The value, and what stands behind it.
fn value(text: &str) -> Result<(String, &str)> {
    let start = text.trim_start();
    let Some(quote) = start.chars().next().filter(|c| ['"', '\''].contains(c)) else {
        let (value, after) = text.split_once(';').unwrap_or((text, ""));
        return Ok((value.trim().to_owned(), after));
    };
    let mut value = String::new();
    let mut rest = &start[1..];
    loop {
        let Some((before, after)) = rest.split_once(quote) else {
            return Err(fault("has a value whose quote does not end")
                .hint("Inside of quotes the same quote is doubled."));
        };
        value.push_str(before);
        rest = after;
        match rest.strip_prefix(quote) {
            Some(after) => {
                value.push(quote);
                rest = after;
            }
            None => break,
        }
    }
    let after = rest.trim_start();
    if !after.is_empty() && !after.starts_with(';') {
        return Err(fault("has something between the end of a quoted value and the next ;")
            .hint("Inside of quotes the same quote is doubled."));
    }
    Ok((value, after))
}

/// A value that is yes or no.
pub fn yes_or_no(keyword: &str, value: &str) -> Result<bool> {
    match value.to_lowercase().as_str() {
        "true" | "yes" | "sspi" => Ok(true),
        "false" | "no" => Ok(false),
        _ => Err(fault(&format!("has a {keyword} that is neither true nor false"))),
    }
}

/// A value that names a thing, for a driver that cannot be given every letter
/// in it.
pub fn plain(what: &str, value: &str) -> Result<String> {
    if value.contains([';', '\n', '\r', '\0']) || value.starts_with(['{', ' ']) || value.ends_with(' ') {
        return Err(fault(&format!("has a ; or a brace in {what}, which the driver cannot be given"))
            .hint("Give the string for ODBC with a data source (DSN=..), or rename it."));
    }
    Ok(value.to_owned())
}
