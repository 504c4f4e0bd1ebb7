//! One line of a table of codes.

use super::{Class, Entry, RetryRule};

/// One code of a provider.
pub const fn entry(
    code: u32,
    class: Class,
    retry: RetryRule,
    meaning: &'static str,
    hint: &'static str,
) -> Entry {
    Entry { code, class, retry, meaning, hint }
}
