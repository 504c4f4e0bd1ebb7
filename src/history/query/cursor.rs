//! The cursor of a page: the row after which the next one begins, and a sum
//! over the question that it belongs to. So a cursor that was made up, cut
//! short or given to another question is refused, where it would silently skip
//! messages.

use super::{ARGUMENT, Query};
use crate::message::{Error, Result, Status};
use sha2::{Digest, Sha256};

/// How cursors begin that this version understands.
const VERSION: &str = "2";
/// How many digits of the sum are in a cursor.
const DIGITS: usize = 12;

pub fn write(seq: i64, query: &Query) -> String {
    format!("{VERSION}-{seq}-{}", sum(seq, query))
}

pub fn read(text: &str, query: &Query) -> Result<i64> {
    let refused = |what: &str, hint: &str| {
        let path = format!("{ARGUMENT}.cursor");
        let message = format!("{path} {what}.");
        Err(Error::about(Status::Argument, path, message).hint(hint))
    };
    let foreign = "is not a `next` that wa_history gave";
    let begin = "Begin again without a cursor.";
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return refused("was given by an earlier version of the library", begin);
    }
    let parts: Vec<&str> = text.split('-').collect();
    let [VERSION, digits, told] = parts[..] else { return refused(foreign, begin) };
    match digits.parse::<i64>() {
        Ok(seq) if told == sum(seq, query) => Ok(seq),
        Ok(_) => refused(
            "is not a `next` that wa_history gave for these filters, this order and this account",
            "Give all keys but limit and timeout_ms as they were for the page before, or begin without a cursor.",
        ),
        Err(_) => refused(foreign, begin),
    }
}

/// A sum over the row and all that decides which messages come, in which
/// order.
fn sum(seq: i64, query: &Query) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    };
    add("wa-connector page");
    add(&seq.to_string());
    add(query.account.as_deref().unwrap_or("*"));
    for (column, value) in &query.equal {
        add(column);
        add(value);
    }
    let mut states: Vec<&str> = query.states.iter().map(|state| state.name()).collect();
    states.sort_unstable();
    states.dedup();
    add(&states.join(","));
    add(&format!("{:?} {:?}", query.direction.map(|direction| direction as i16), query.order));
    add(&format!("{:?} {:?}", query.since.map(|at| at.0), query.until.map(|at| at.0)));
    add(query.text.as_deref().unwrap_or_default());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>()[..DIGITS].to_owned()
}
