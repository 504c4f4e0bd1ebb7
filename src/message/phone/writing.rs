//! How people write numbers: what is left of a pasted text.

/// A number as it was written, without what has no meaning in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its digits, `0` to `9`.
    pub digits: String,
    /// A plus stands before them.
    pub plus: bool,
    /// Nothing stands between the digits: neither blank nor dash nor bracket.
    pub bare: bool,
}

/// Why a text is no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is in it.
    Empty,
    /// No number has so many characters.
    TooLong,
    /// This character has no place in a number.
    Character(char),
    /// A plus stands behind a digit, or twice.
    Plus,
}

/// More than any number needs, with everything that is pasted along.
const LONGEST: usize = 64;

/// Where the digits of other scripts begin, as telephones and spreadsheets of
/// those countries write them.
const ZEROS: [char; 8] = [
    '0',        // Latin
    '\u{660}',  // Arabic-Indic
    '\u{6f0}',  // Persian, Urdu
    '\u{966}',  // Devanagari
    '\u{9e6}',  // Bengali
    '\u{e50}',  // Thai
    '\u{1040}', // Burmese
    '\u{ff10}', // full-width
];

impl Written {
    /// Reads what a person wrote or pasted.
    pub fn read(text: &str) -> Result<Written, Fault> {
        if text.chars().count() > LONGEST {
            return Err(Fault::TooLong);
        }
        let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
        let visible = visible.trim();
        let visible = visible.strip_prefix("whatsapp:").unwrap_or(visible).trim();
        if visible.is_empty() {
            return Err(Fault::Empty);
        }
        let mut written = Written { digits: String::new(), plus: false, bare: true };
        for c in visible.chars() {
            if let Some(digit) = digit(c) {
                written.digits.push(digit);
            } else if matches!(c, '+' | '\u{fe62}' | '\u{ff0b}') {
                if written.plus || !written.digits.is_empty() {
                    return Err(Fault::Plus);
                }
                written.plus = true;
            } else if is_separator(c) {
                written.bare = false;
            } else {
                return Err(Fault::Character(c));
            }
        }
        Ok(written)
    }
}

fn digit(c: char) -> Option<char> {
    ZEROS.iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10)?;
        char::from_digit(value, 10)
    })
}

/// Marks for the direction of writing and the like, which come along when a
/// number is copied and cannot be seen.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// Blanks, dashes, brackets, dots and slashes of every script. No line break:
/// two lines are two numbers.
fn is_separator(c: char) -> bool {
    let line_break = matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    (c.is_whitespace() && !line_break)
        || is_dash(c)
        || matches!(c, '(' | ')' | '.' | '/' | '\u{ff08}' | '\u{ff09}' | '\u{ff0e}' | '\u{ff0f}')
}

/// The characters that Unicode calls dashes, and the long-vowel mark that
/// Japanese texts have for one.
fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{58a}' | '\u{5be}' | '\u{1400}' | '\u{1806}' | '\u{2010}'..='\u{2015}' | '\u{2043}'
            | '\u{2053}' | '\u{207b}' | '\u{208b}' | '\u{2212}' | '\u{2e17}' | '\u{2e1a}'
            | '\u{2e3a}'..='\u{2e3b}' | '\u{2e40}' | '\u{2e5d}' | '\u{301c}' | '\u{3030}' | '\u{30a0}'
            | '\u{30fc}' | '\u{fe31}'..='\u{fe32}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | '\u{10ead}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_numbers_are_read() {
        for (text, digits, plus, bare) in [
            ("+491512345678", "491512345678", true, true),
            (" whatsapp:+491512345678 ", "491512345678", true, true),
            ("(+49) 151 2345678", "491512345678", true, false),
            ("\u{ff0b}49 151 2345678", "491512345678", true, false),
            ("\u{202a}+491512345678\u{202c}", "491512345678", true, true),
            ("\u{feff}491512345678\u{200b}", "491512345678", false, true),
            ("+٤٩١٥١٢٣٤٥٦٧٨", "491512345678", true, true),
            ("+۴۹۱۵۱۲۳۴۵۶۷۸", "491512345678", true, true),
            ("+491512345678", "491512345678", true, true),
            ("0151/234.56-78", "01512345678", false, false),
        ] {
            let wanted = Written { digits: digits.into(), plus, bare };
            assert_eq!(Written::read(text), Ok(wanted), "{text:?}");
        }
    }

    #[test]
    fn every_mark_that_cannot_be_seen_is_left_out() {
        for range in [0x200b..=0x200f, 0x202a..=0x202e, 0x2066..=0x2069, 0xfeff..=0xfeff] {
            for mark in range.filter_map(char::from_u32) {
                let text = format!("{mark}+49{mark}151 2345678{mark}");
                let written = Written::read(&text).unwrap_or_else(|fault| panic!("{text:?}: {fault:?}"));
                assert_eq!((written.digits.as_str(), written.plus), ("491512345678", true), "{text:?}");
            }
        }
    }

    #[test]
    fn every_blank_and_dash_of_unicode_is_a_separator() {
        let blanks = (0..=0x3000).filter_map(char::from_u32).filter(|c| c.is_whitespace());
        let lines = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
        let dashes = "-\u{58a}\u{5be}\u{1400}\u{1806}‐‑‒–—―\u{2053}\u{207b}\u{208b}−\u{2e17}\u{2e3a}\u{2e3b}\
                      \u{301c}\u{3030}\u{30a0}\u{fe31}\u{fe32}\u{fe58}\u{fe63}\u{ff0d}";
        for c in blanks.chain(dashes.chars()).filter(|c| !lines.contains(c)) {
            let written = Written::read(&format!("+49{c}151"));
            assert_eq!(written, Ok(Written { digits: "49151".into(), plus: true, bare: false }), "{c:?}");
        }
        for c in lines {
            assert_eq!(Written::read(&format!("+49{c}151")), Err(Fault::Character(c)));
        }
    }

    #[test]
    fn what_is_no_number_says_why() {
        for (text, fault) in [
            ("", Fault::Empty),
            (" \u{200b} ", Fault::Empty),
            ("whatsapp:", Fault::Empty),
            ("+1415523888x", Fault::Character('x')),
            ("tel:+49", Fault::Character('t')),
            ("+49 ١٥١ ب", Fault::Character('ب')),
            ("1+415", Fault::Plus),
            ("++49", Fault::Plus),
            (&"1".repeat(65), Fault::TooLong),
        ] {
            assert_eq!(Written::read(text), Err(fault), "{text:?}");
        }
    }
}
