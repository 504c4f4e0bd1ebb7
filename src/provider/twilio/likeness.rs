//! Whether two addresses are of the same person, as far as their digits tell.

/// What is known of two addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// They are written alike.
    Same,
    /// They may be two ways to write the same.
    Doubtful,
    /// They are surely two.
    Other,
}

/// The last digits of a number, which no other way to write it changes: what
/// is left out or put in (a trunk zero, Mexico's 1, Brazil's and Argentina's 9)
/// stands before them.
const LAST_DIGITS: usize = 7;

/// Compares an address of Twilio's list with one of ours.
pub fn likeness(listed: &str, ours: &str) -> Likeness {
    if listed == ours {
        return Likeness::Same;
    }
    match (last_digits(listed), last_digits(ours)) {
        (Some(listed), Some(ours)) if listed != ours => Likeness::Other,
        _ => Likeness::Doubtful,
    }
}

/// `None` for what is no whole number, such as one of which a part is hidden.
fn last_digits(address: &str) -> Option<String> {
    let lower = address.to_ascii_lowercase();
    let number = lower.trim().strip_prefix("whatsapp:").unwrap_or(lower.trim());
    let mut digits = String::new();
    for c in number.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' | '-' | '.' | '(' | ')' => {}
            c if c.is_whitespace() => {}
            _ => return None,
        }
    }
    let last = digits.len().checked_sub(LAST_DIGITS)?;
    Some(digits.split_off(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_other_digits_are_surely_another() {
        for (listed, ours, likeness_of_both) in [
            ("whatsapp:+15005550006", "whatsapp:+15005550006", Likeness::Same),
            ("+15005550006", "whatsapp:+15005550006", Likeness::Doubtful),
            ("WhatsApp:+1 (500) 555-0006", "whatsapp:+15005550006", Likeness::Doubtful),
            ("whatsapp:+5215512345678", "whatsapp:+525512345678", Likeness::Doubtful),
            ("whatsapp:+551187654321", "whatsapp:+5511987654321", Likeness::Doubtful),
            ("whatsapp:+541123456789", "whatsapp:+5491123456789", Likeness::Doubtful),
            ("whatsapp:+1500555XXXX", "whatsapp:+15005550006", Likeness::Doubtful),
            ("", "whatsapp:+15005550006", Likeness::Doubtful),
            ("whatsapp:+1", "whatsapp:+15005550006", Likeness::Doubtful),
            ("whatsapp:US.1234567890", "whatsapp:+15005550006", Likeness::Doubtful),
            ("whatsapp:+15005550007", "whatsapp:+15005550006", Likeness::Other),
            ("+15005550007", "whatsapp:+15005550006", Likeness::Other),
        ] {
            assert_eq!(likeness(listed, ours), likeness_of_both, "{listed:?} {ours:?}");
        }
    }
}
