//! Storing what arrived: one transaction, and what follows when it fails.

use super::context::Telling;
use super::{Applied, Arrival, What, messages, reports, rest};
use crate::history::plain::{self, Plain};
use crate::history::store::{Connection, StoreErrorKind, StoreResult};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most of one transaction. What is repeated because a later one failed is
/// known by what the earlier ones stored.
const MOST: usize = 1000;
/// How often a transaction is tried that the database refuses for now.
const MOST_TRIES: u32 = 8;
/// And for how long: messages that are sent wait for the writer meanwhile, and
/// the provider brings the webhook again.
const LONGEST_TRIES: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(10);
/// What people are told of a letter that not even its own words fit.
const UNREADABLE: &str = "The database could not store it, nor what came.";

/// Stores all of it, and answers in its order. What can never be stored goes to
/// the dead letters, and the rest is stored all the same.
pub fn store(
    connection: &mut dyn Connection,
    telling: &Telling,
    arrivals: &[Arrival],
) -> StoreResult<Vec<Applied>> {
    if arrivals.is_empty() {
        return Ok(Vec::new());
    }
    if arrivals.len() > MOST {
        let chunks = arrivals.chunks(MOST).map(|some| store(connection, telling, some));
        return Ok(chunks.collect::<StoreResult<Vec<_>>>()?.concat());
    }
    let failed = match tried(connection, telling, arrivals) {
        Err(error) if error.kind == StoreErrorKind::Data => error,
        done => return done,
    };
    if let [arrival] = arrivals {
        return dead(connection, telling, arrival, &failed.message).map(|done| vec![done]);
    }
    // One does not fit: halve until it stands alone.
    let (first, second) = arrivals.split_at(arrivals.len() / 2);
    let mut applied = store(connection, telling, first)?;
    applied.extend(store(connection, telling, second)?);
    Ok(applied)
}

/// Something that does not fit where it belongs, in letters that every database
/// takes.
fn dead(
    connection: &mut dyn Connection,
    telling: &Telling,
    arrival: &Arrival,
    why: &str,
) -> StoreResult<Applied> {
    let what = What::Dead { why: ascii(why), event: None };
    let mut letter = Arrival { what, raw: ascii(&arrival.raw), ..arrival.clone() };
    let mut done = tried(connection, telling, std::slice::from_ref(&letter));
    if matches!(&done, Err(error) if error.kind == StoreErrorKind::Data) {
        letter.what = What::Dead { why: UNREADABLE.to_owned(), event: None };
        letter.raw = String::new();
        done = tried(connection, telling, &[letter]);
    }
    Ok(done?.first().copied().unwrap_or(Applied::Dead))
}

fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() && !c.is_ascii_control() { c } else { '?' }).collect()
}

fn tried(
    connection: &mut dyn Connection,
    telling: &Telling,
    arrivals: &[Arrival],
) -> StoreResult<Vec<Applied>> {
    let arrivals: Arc<[Arrival]> = arrivals.into();
    again(|| {
        let (telling, arrivals) = (telling.clone(), Arc::clone(&arrivals));
        connection.shared(move |plain| plain::in_transaction(plain, |plain| all(plain, &telling, &arrivals)))
    })
}

/// Repeats a transaction that the database refuses for now, as it does with
/// one of two that block each other.
pub(super) fn again<T>(mut work: impl FnMut() -> StoreResult<T>) -> StoreResult<T> {
    let (mut tries, began) = (1, Instant::now());
    loop {
        match work() {
            Err(error)
                if error.kind == StoreErrorKind::Retry
                    && tries < MOST_TRIES
                    && began.elapsed() < LONGEST_TRIES =>
            {
                std::thread::sleep(PAUSE * tries);
                tries += 1;
            }
            done => return done,
        }
    }
}

/// All of it, in a transaction that goes on.
fn all(plain: &mut dyn Plain, telling: &Telling, arrivals: &[Arrival]) -> StoreResult<Vec<Applied>> {
    begin(plain)?;
    let mut applied = vec![Applied::Repeated; arrivals.len()];
    // Messages' rows are locked before anything is stored, so that two who
    // store the same wait for each other in the same order.
    reports::apply(plain, telling, arrivals, &mut applied)?;
    let fresh = rest::fresh(plain, telling, arrivals)?;
    messages::apply(plain, telling, arrivals, &fresh)?;
    rest::apply(plain, telling, arrivals, &fresh, &mut applied)?;
    Ok(applied)
}

/// Begins work that stores events at its end.
pub(super) fn begin(plain: &mut dyn Plain) -> StoreResult<()> {
    match plain.syntax().batches.tells {
        Some(tells) => {
            let sql = tells(plain.names());
            plain::run(plain, &sql, &[])
        }
        None => Ok(()),
    }
}
