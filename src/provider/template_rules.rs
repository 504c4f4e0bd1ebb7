//! What holds for the templates of every provider: names, languages,
//! categories, variables.

use crate::message::catalogue::clipped;
use crate::message::{Error, Result, Status};
use std::collections::BTreeSet;

const LONGEST_NAME: usize = 512;
/// The categories, as our JSON writes them.
const CATEGORIES: [&str; 3] = ["utility", "marketing", "authentication"];

/// `pt_BR` and `pt-br` are one language.
pub fn same_language(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace('-', "_").to_ascii_lowercase();
    plain(one) == plain(other)
}

/// Whether this may be a language, such as `zh_Hant_TW`. Errors show it, so
/// whatever else an answer holds in its place is left out.
pub fn is_language(text: &str) -> bool {
    (2..=15).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// A language as the providers write it: `pt-br` is `pt_BR`.
pub fn written_language(path: &str, language: &str) -> Result<String> {
    if !is_language(language) {
        let message = format!("{path}: {:?} is not a language such as en_US.", clipped(language));
        return Err(Error::about(Status::Template, path, message));
    }
    let mut parts = language.split(['-', '_']);
    let mut written = parts.next().unwrap_or_default().to_ascii_lowercase();
    for part in parts {
        written.push('_');
        if part.len() == 2 {
            written.push_str(&part.to_ascii_uppercase());
        } else {
            written.push_str(part);
        }
    }
    Ok(written)
}

/// A category as our JSON writes it.
pub fn category(path: &str, category: &str) -> Result<&'static str> {
    CATEGORIES.into_iter().find(|known| known.eq_ignore_ascii_case(category)).ok_or_else(|| {
        let message = format!("{path}: there is no category {:?}.", clipped(category));
        Error::about(Status::Template, path, message)
            .hint(format!("The categories are {}.", CATEGORIES.join(", ")))
    })
}

/// A name under which WhatsApp takes a template.
pub fn name(path: &str, name: &str) -> Result<()> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(fits) {
        return Err(Error::about(
            Status::Template,
            path,
            format!(
                "{path}: {:?} cannot be a template's name: small letters a to z, digits and underscores, {LONGEST_NAME} at most.",
                clipped(name)
            ),
        ));
    }
    Ok(())
}

/// An error about a part of a template.
pub fn refused(path: &str, message: String) -> Box<Error> {
    Error::about(Status::Template, path, message)
}

/// A text that is not empty, and not too long.
pub fn length(path: &str, text: &str, longest: usize) -> Result<()> {
    if text.trim().is_empty() {
        return Err(refused(path, format!("{path} is empty.")));
    }
    let found = text.chars().count();
    if found > longest {
        return Err(refused(path, format!("{path} has {found} characters; {longest} are the most.")));
    }
    Ok(())
}

/// A part that must be there.
pub fn needed<'a>(path: &str, text: Option<&'a str>) -> Result<&'a str> {
    text.filter(|text| !text.trim().is_empty()).ok_or_else(|| refused(path, format!("{path} is missing.")))
}

/// The variables of a text: numbers from 1 on, or names.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Numbering {
    /// There are none.
    None,
    /// `{{1}}`, `{{2}}`
    Numbers,
    /// `{{first_name}}`
    Names,
}

/// How the variables of a text are called. They are numbers without a hole, or
/// names, never both.
pub fn numbering(path: &str, names: &[&str]) -> Result<Numbering> {
    let is_number = |name: &&str| name.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = names.iter().filter(|name| is_number(name)).count();
    if names.is_empty() {
        return Ok(Numbering::None);
    }
    if numbers == names.len() {
        let given: BTreeSet<&str> = names.iter().copied().collect();
        return match (1..=names.len()).find(|number| !given.contains(number.to_string().as_str())) {
            None => Ok(Numbering::Numbers),
            Some(hole) => Err(refused(
                path,
                format!(
                    "{path}: the variables are numbered from {{{{1}}}} on, but {{{{{hole}}}}} is missing."
                ),
            )),
        };
    }
    if numbers > 0 {
        return Err(refused(path, format!("{path}: the variables are numbers or names, not both.")));
    }
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    match names.iter().find(|name| !name.bytes().all(fits)) {
        None => Ok(Numbering::Names),
        Some(name) => Err(refused(
            path,
            format!("{path}: {{{{{name}}}}} cannot be a variable: small letters, digits and underscores."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_compared_and_written() {
        assert!(same_language("pt_BR", "pt-br") && !same_language("pt_BR", "pt"));
        for (given, written) in [
            ("en", "en"),
            ("pt-br", "pt_BR"),
            ("EN_us", "en_US"),
            ("fil", "fil"),
            ("zh_Hant_TW", "zh_Hant_TW"),
        ] {
            assert_eq!(written_language("l", given).unwrap(), written);
        }
        for wrong in ["", "e", "English (United States)", "en_US;", "é_é"] {
            assert_eq!(written_language("l", wrong).unwrap_err().argument.as_deref(), Some("l"), "{wrong}");
        }
        assert_eq!(category("c", "UTILITY").unwrap(), "utility");
        assert!(category("c", "news").is_err());
    }

    #[test]
    fn variables_are_numbers_without_a_hole_or_names() {
        for (names, numbering) in [
            (&[][..], Some(Numbering::None)),
            (&["1", "2"], Some(Numbering::Numbers)),
            (&["2", "1"], Some(Numbering::Numbers)),
            (&["first_name", "day2"], Some(Numbering::Names)),
            (&["1", "3"], None),
            (&["0", "1"], None),
            (&["01"], None),
            (&["1", "name"], None),
            (&["Name"], None),
        ] {
            assert_eq!(super::numbering("x", names).ok(), numbering, "{names:?}");
        }
    }

    #[test]
    fn names_are_small() {
        for (name, fits) in [("a_1", true), ("", false), ("A", false), ("a b", false), ("é", false)] {
            assert_eq!(super::name("n", name).is_ok(), fits, "{name}");
        }
        assert!(super::name("n", &"a".repeat(512)).is_ok() && super::name("n", &"a".repeat(513)).is_err());
    }
}
