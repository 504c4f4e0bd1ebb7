//! Special recipients, the same numbers as Twilio's where there is a like fault. The table in the README is this one.

use crate::exchange::How;
use crate::faults::Fault;

const DEMO: &str = "+120255501";
const MAGIC: [&str; 5] = ["+15005550001", "+15005550002", "+15005550003", "+15005550004", "+15005550009"];

/// Taken, but the answer says that the template is paused.
pub const PAUSED: &str = "+12025550111";
/// Taken, but held for a look at its quality.
pub const HELD: &str = "+12025550112";
/// Its WhatsApp id is another number (digits only).
pub const OTHER_WA_ID: &str = "12025550113";

pub fn is_special(to: &str) -> bool {
    matches!(to.strip_prefix(DEMO), Some("01" | "02" | "03" | "04" | "05" | "06" | "07" | "08" | "09" | "10"))
        || MAGIC.contains(&to)
}

/// What happens to the `attempt`-th (from 1) request for this number.
pub fn fault(to: &str, attempt: u32, template: bool) -> Option<Fault> {
    let error = |http, code| {
        Some(Fault::Status { http, code: Some(code), message: None, retry_after: None, taken: false })
    };
    let fate = |status: &str, code| Some(Fault::Fate { status: status.to_owned(), error_code: code });
    match to.strip_prefix(DEMO) {
        // every third attempt succeeds
        Some("01") if !attempt.is_multiple_of(3) => error(503, 2),
        // every second attempt succeeds
        Some("02") if !attempt.is_multiple_of(2) => error(429, 130_429),
        Some("03") => error(400, 131_026),
        Some("04") => error(400, 131_030),
        Some("05") if !template => error(400, 131_047),
        Some("06") => fate("failed", Some(131_026)),
        Some("07") if !attempt.is_multiple_of(2) => Some(Fault::CutAfter { how: How::Rst }),
        Some("08") if !attempt.is_multiple_of(2) => {
            Some(Fault::CutBefore { how: How::FinRst, after_body_bytes: None })
        }
        Some("09") => fate("sent", None),
        Some("10") if !template => fate("failed", Some(131_047)),
        _ => match to {
            "+15005550001" => error(400, 131_009),
            "+15005550002" | "+15005550009" => error(400, 131_026),
            "+15005550003" => error(403, 130_497),
            "+15005550004" => error(400, 131_050),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_special_numbers_do_what_the_readme_says() {
        let readme = include_str!("../../README.md");
        for n in (1..=10).map(|n| format!("{DEMO}{n:02}")).chain(MAGIC.map(str::to_owned)) {
            assert!(is_special(&n) && fault(&n, 1, false).is_some(), "{n} does nothing");
            assert!(readme.contains(&n), "{n} is not in the README");
        }
        for n in [PAUSED, HELD, OTHER_WA_ID] {
            assert!(readme.contains(n), "{n} is not in the README");
        }
        assert!(fault("+12025550105", 1, true).is_none() && fault("+12025550110", 1, true).is_none());
        assert!(!is_special("+12025550111") && !is_special("+120255501"));
    }
}
