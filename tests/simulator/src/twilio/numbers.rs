//! Special recipients, which misbehave without a script. The table in the README is this one.

use crate::exchange::How;
use crate::faults::Fault;

const DEMO: &str = "+1202555010";
const MAGIC: [&str; 5] = ["+15005550001", "+15005550002", "+15005550003", "+15005550004", "+15005550009"];

pub fn is_special(to: &str) -> bool {
    (to.len() == 12 && to.starts_with(DEMO)) || MAGIC.contains(&to)
}

/// What happens to the `attempt`-th (from 1) request for this number.
pub fn fault(to: &str, attempt: u32, template: bool) -> Option<Fault> {
    let error = |http, code| {
        Some(Fault::Status { http, code: Some(code), message: None, retry_after: None, taken: false })
    };
    let fate = |status: &str, code| Some(Fault::Fate { status: status.to_owned(), error_code: code });
    match to.strip_prefix(DEMO) {
        // every third attempt succeeds
        Some("1") if !attempt.is_multiple_of(3) => error(503, 20503),
        // every second attempt succeeds
        Some("2") if !attempt.is_multiple_of(2) => error(429, 20429),
        Some("3") => error(400, 21211),
        Some("4") => fate("failed", Some(63015)),
        Some("5") if !template => fate("undelivered", Some(63016)),
        Some("6") => fate("undelivered", Some(63024)),
        Some("7") if !attempt.is_multiple_of(2) => Some(Fault::CutAfter { how: How::Rst }),
        Some("8") if !attempt.is_multiple_of(2) => {
            Some(Fault::CutBefore { how: How::FinRst, after_body_bytes: None })
        }
        Some("9") => fate("sent", None),
        _ => match to {
            "+15005550001" => error(400, 21211),
            "+15005550002" => error(400, 21612),
            "+15005550003" => error(400, 21408),
            "+15005550004" => error(400, 21610),
            "+15005550009" => error(400, 21614),
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
        for n in (1..=9).map(|n| format!("{DEMO}{n}")).chain(MAGIC.map(str::to_owned)) {
            assert!(is_special(&n) && fault(&n, 1, false).is_some(), "{n} does nothing");
            assert!(readme.contains(&n), "{n} is not in the README");
        }
        assert!(fault("+12025550101", 2, false).is_some() && fault("+12025550101", 3, false).is_none());
        assert!(fault("+12025550105", 1, true).is_none());
        assert!(!is_special("+12025550110") && !is_special("+120255501"));
    }
}
