//! Whether two texts are the same, though they are written otherwise.
//!
//! A provider's list may give a text with other line ends, blanks, quotes or
//! forms of letters than it was sent with, or hide a part of it. Nothing here
//! says of the same text that it is surely another; in doubt it is neither.

/// What is known of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// They say the same, but for blanks and line ends.
    Same,
    /// One may be another way to write the other.
    Doubtful,
    /// They are surely two.
    Other,
}

/// Compares the text of a provider's list with ours.
pub fn compare(listed: &str, ours: &str) -> Words {
    let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    if visible(listed) == visible(ours) {
        return Words::Same;
    }
    let (listed, ours) = (skeleton(listed), skeleton(ours));
    // A normal form may turn one letter into several, and what is hidden or
    // cut off is missing: then one of the two is within the other.
    if listed == "redacted" || is_within(&listed, &ours) || is_within(&ours, &listed) {
        return Words::Doubtful;
    }
    Words::Other
}

/// What every form of a text has in common: its letters and digits of ASCII,
/// in one case. A letter with an accent may be written as one character or as
/// two, so the letter goes with its accent. Links go, as they may be shortened.
fn skeleton(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for word in text.split_whitespace().filter(|word| !word.contains("://")) {
        let mut letters = word.chars().peekable();
        while let Some(letter) = letters.next() {
            let accented = letters.next_if(|c| is_mark(*c)).is_some();
            while letters.next_if(|c| is_mark(*c)).is_some() {}
            if letter.is_ascii_alphanumeric() && !accented {
                kept.push(letter.to_ascii_lowercase());
            }
        }
    }
    kept
}

/// Marks that join the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}')
}

/// Whether the letters of `small` are in `large`, in their order.
fn is_within(small: &str, large: &str) -> bool {
    let mut rest = large.chars();
    small.chars().all(|letter| rest.any(|other| other == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_never_surely_another() {
        for (listed, ours) in
            [("one\ntwo", "one\r\ntwo"), ("one two  \n", "one two"), ("one  two", "one\u{a0}two")]
        {
            assert_eq!(compare(listed, ours), Words::Same, "{listed:?} {ours:?}");
        }
        for (listed, ours) in [
            ("caf\u{e9} cr\u{e8}me at 12", "cafe\u{301} cre\u{300}me at 12"),
            ("Vi\u{1ec7}t Nam", "Vie\u{323}\u{302}t Nam"),
            ("\u{212b}ngstr\u{f6}m", "\u{c5}ngstro\u{308}m"),
            ("\u{d55c}\u{ae00}", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
            ("\u{439}", "\u{438}\u{306}"),
            ("o\u{fb03}ce \u{bd} \u{2122}", "office 1\u{2044}2 TM"),
            ("\"It's\" - ...", "\u{201c}It\u{2019}s\u{201d} \u{2013} \u{2026}"),
            ("1\u{20e3} first", "1\u{fe0f}\u{20e3} first"),
            ("Tom &amp; Jerry", "Tom & Jerry"),
            ("Your code is ******", "Your code is 123456"),
            ("HELLO WORLD", "hello world"),
            ("a very long te", "a very long text"),
            ("see https://short.example/x now", "see https://host.example/a/long/way now"),
            ("[redacted]", "Your code is 123456"),
            ("***", "Your code is 123456"),
            ("", "Your code is 123456"),
        ] {
            assert_eq!(compare(listed, ours), Words::Doubtful, "{listed:?} {ours:?}");
            assert_ne!(compare(ours, listed), Words::Same, "{listed:?} {ours:?}");
        }
    }

    #[test]
    fn other_words_are_another_text() {
        for (listed, ours) in [
            ("something else", "these words"),
            ("Your code is 123456", "Your code is 654321"),
            ("\u{43a}\u{43e}\u{434} 1234", "\u{43a}\u{43e}\u{434} 9876"),
        ] {
            assert_eq!(compare(listed, ours), Words::Other, "{listed:?} {ours:?}");
            assert_eq!(compare(ours, listed), Words::Other, "{listed:?} {ours:?}");
        }
    }
}
