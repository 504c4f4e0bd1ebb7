//! Text in any case of letters: one way for all databases.
//!
//! Each database has its own idea of it: SQLite's LIKE knows ASCII only,
//! PostgreSQL's ILIKE goes by the collation, in which Turkish tells I from i,
//! and SQL Server's by another. So it is decided here, by Unicode's simple case
//! folding. A database only sorts out rows that surely do not match.

/// A letter in the one form that stands for all its cases. No letter becomes
/// two: a search for `ss` does not find the German sharp s. The Turkish letters
/// without and with a dot stand for themselves.
pub fn fold(c: char) -> char {
    match c {
        // Databases behind ODBC keep it so.
        '\0' => '\u{FFFD}',
        _ if c.is_ascii() => c.to_ascii_lowercase(),
        '\u{131}' => c,
        _ => {
            let upper = alone(c.to_uppercase()).unwrap_or(c);
            alone(upper.to_lowercase()).unwrap_or(upper)
        }
    }
}

fn alone(mut letters: impl Iterator<Item = char>) -> Option<char> {
    let first = letters.next();
    if letters.next().is_some() { None } else { first }
}

/// Text that is looked for in other texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle {
    folded: String,
}

impl Needle {
    pub fn new(text: &str) -> Needle {
        Needle { folded: text.chars().map(fold).collect() }
    }

    /// Whether it is in a text.
    pub fn is_in(&self, text: &str) -> bool {
        text.chars().map(fold).collect::<String>().contains(&self.folded)
    }

    /// A pattern for LIKE with `!` as its escape, that every text matches which
    /// has this in it, once its letters of ASCII are small: some others may
    /// match too. Letters of which a database may have another opinion are any.
    pub fn pattern(&self) -> String {
        let mut pattern = String::from("%");
        for c in self.folded.chars() {
            if !is_the_only_one(c) {
                if !pattern.ends_with('%') || pattern.ends_with("!%") {
                    pattern.push('%');
                }
                continue;
            }
            if matches!(c, '%' | '_' | '!' | '[') {
                pattern.push('!');
            }
            pattern.push(c);
        }
        pattern.push('%');
        pattern
    }
}

/// Whether no letter folds to this one but itself and its capital in ASCII.
fn is_the_only_one(c: char) -> bool {
    match c {
        // The sign for Kelvin folds to k, the long s to s.
        'k' | 's' | '\u{FFFD}' => false,
        _ if c.is_ascii() => true,
        _ => alone(c.to_uppercase()) == Some(c) && alone(c.to_lowercase()) == Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_found_in_every_case() {
        for (needle, text) in [
            ("hello", "Say HELLO"),
            ("ÄRGER", "viel ärger"),
            ("ΟΔΌΣ", "η οδός"),
            ("привет", "ПРИВЕТ"),
            ("\u{212A}elvin", "kelvin"),
            ("MA\u{DF}", "ma\u{1E9E}"),
            ("100%_\\['", "only 100%_\\[' off"),
            ("مرحبا", "قل مرحبا"),
            ("😀", "a 😀"),
            ("a\0b", "A\u{FFFD}B"),
            ("i", "I"),
        ] {
            assert!(Needle::new(needle).is_in(text), "{needle} in {text}");
        }
        for (needle, text) in [
            ("%", "100"),
            ("_", "a"),
            ("a_c", "abc"),
            ("\\", "a"),
            ("ss", "\u{DF}"),
            ("\u{131}", "I"),
            ("\u{130}", "i"),
            ("é", "e"),
        ] {
            assert!(!Needle::new(needle).is_in(text), "{needle} in {text}");
        }
    }

    /// Else the database would sort out rows that match.
    #[test]
    fn what_a_pattern_is_sure_of_no_other_letter_becomes() {
        for c in '\0'..=char::MAX {
            let folded = fold(c);
            assert_eq!(fold(folded), folded, "{c:?}");
            if is_the_only_one(folded) {
                assert_eq!(c.to_ascii_lowercase(), folded, "{c:?}");
            }
        }
    }

    #[test]
    fn what_means_something_to_like_is_escaped() {
        assert_eq!(Needle::new("A%_![\\'").pattern(), "%a!%!_!!![\\'%");
        assert_eq!(Needle::new("Ask ä").pattern(), "%a% %%");
        assert_eq!(Needle::new("%ä").pattern(), "%!%%%");
    }
}
