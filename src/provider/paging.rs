//! Pages of lists: how many entries one has, and where it begins.

use crate::message::{Error, Result, Status};

const LONGEST_CURSOR: usize = 4000;
/// The most entries of a page, for every list.
pub const LONGEST_PAGE: u32 = 1000;

/// How many entries a page is to have: what is wanted, or less where the
/// provider takes less.
pub fn limit(argument: &str, wanted: u32, most: u32) -> Result<u32> {
    if (1..=LONGEST_PAGE).contains(&wanted) {
        return Ok(wanted.min(most));
    }
    let message = format!("{argument} is {wanted}; 1 to {LONGEST_PAGE} are allowed.");
    Err(Error::about(Status::Argument, argument, message))
}

/// Where a page begins, as a page before gave it.
pub fn cursor(cursor: Option<&str>) -> Result<Option<&str>> {
    match cursor {
        Some(text)
            if text.is_empty()
                || text.len() > LONGEST_CURSOR
                || !text.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            Err(Error::about(
                Status::Argument,
                "query_json.cursor",
                "query_json.cursor is not what a list gave as next.",
            ))
        }
        cursor => Ok(cursor),
    }
}
