//! What is no report: known by its key, told to the host, or put aside among
//! the dead letters.

use super::context::Telling;
use super::{Applied, Arrival, What, contact};
use crate::history::batches::{Field, Rows};
use crate::history::fields::{Cell, Field as _, Fields};
use crate::history::plain::{self, Plain};
use crate::history::record::EventRow;
use crate::history::select::Value;
use crate::history::store::StoreResult;
use crate::history::tables::Kind;
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// What is kept of a key: it may hold a telephone number, and lives long.
fn hash(arrival: &Arrival) -> String {
    let mut hash = Sha256::new();
    hash.update(arrival.provider.as_bytes());
    hash.update([0]);
    hash.update(arrival.key.as_bytes());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Stores the keys of what arrived and is no report; gives the places of what
/// is new.
pub fn fresh(plain: &mut dyn Plain, telling: &Telling, arrivals: &[Arrival]) -> StoreResult<HashSet<usize>> {
    const FIELDS: &[Field] =
        &[("account_key", Kind::Word), ("notice_key", Kind::Word), ("received_at", Kind::Long)];
    let mut seen = HashSet::new();
    let mut keys = Vec::new();
    let mut rows = Rows::default();
    for (place, arrival) in arrivals.iter().enumerate() {
        if matches!(arrival.what, What::Report(_)) {
            continue;
        }
        let key = hash(arrival);
        if !seen.insert(key.clone()) {
            continue;
        }
        rows.add([
            ("account_key", Cell::Text(&telling.account_key)),
            ("notice_key", Cell::Text(&key)),
            ("received_at", arrival.received_at.cell()),
        ]);
        keys.push((place, key));
    }
    if keys.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = (plain.syntax().batches.insert_new)(&plain.names().notices, FIELDS, &FIELDS[..2]);
    let stored: HashSet<String> = plain::rows(plain, &sql, &[Value::Text(rows.text())], |row| {
        let _account: String = row.next()?;
        row.text()
    })?
    .into_iter()
    .collect();
    Ok(keys.into_iter().filter(|(_, key)| stored.contains(key)).map(|(place, _)| place).collect())
}

/// Applies what is neither a report nor a message.
pub fn apply(
    plain: &mut dyn Plain,
    telling: &Telling,
    arrivals: &[Arrival],
    fresh: &HashSet<usize>,
    applied: &mut [Applied],
) -> StoreResult<()> {
    const LETTER: &[Field] = &[
        ("account_key", Kind::Word),
        ("received_at", Kind::Long),
        ("provider", Kind::Word),
        ("reason", Kind::Prose),
        ("body", Kind::Prose),
    ];
    let mut events = Vec::new();
    let mut letters = Rows::default();
    for (place, (arrival, applied)) in arrivals.iter().zip(applied).enumerate() {
        if !fresh.contains(&place) {
            continue;
        }
        *applied = Applied::Done;
        match &arrival.what {
            What::Report(_) | What::Message(_) => {}
            What::News(event) => events.extend(event.as_deref().cloned()),
            What::Names { before, address, now, at, event } => {
                let known = contact::of(plain, telling, before, address)?;
                let at = at.unwrap_or(arrival.received_at);
                contact::remember(plain, telling, now, &known.address, at)?;
                events.extend(event.as_deref().cloned());
            }
            What::Dead { why, event } => {
                *applied = Applied::Dead;
                letters.add([
                    ("account_key", Cell::Text(&telling.account_key)),
                    ("received_at", arrival.received_at.cell()),
                    ("provider", Cell::Text(arrival.provider)),
                    ("reason", Cell::Text(why)),
                    ("body", Cell::Text(&arrival.raw)),
                ]);
                let usual = || (telling.dead)(arrival.provider, why);
                events.push(event.as_deref().cloned().unwrap_or_else(usual));
            }
        }
    }
    if letters.count() > 0 {
        let sql = (plain.syntax().batches.insert)(&plain.names().dead_letters, LETTER, &[]);
        plain::run(plain, &sql, &[Value::Text(letters.text())])?;
    }
    tell(plain, &events)
}

/// Stores events.
pub fn tell(plain: &mut dyn Plain, events: &[EventRow]) -> StoreResult<()> {
    const FIELDS: &[Field] = &[
        ("event_id", Kind::Id),
        ("account_key", Kind::Word),
        ("kind", Kind::Word),
        ("message_id", Kind::Id),
        ("created_at", Kind::Long),
        ("body", Kind::Prose),
        ("version", Kind::Number),
        ("state", Kind::Small),
    ];
    if events.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::default();
    for event in events {
        rows.add([
            ("event_id", Cell::Id(event.id)),
            ("account_key", Cell::Text(&event.account_key)),
            ("kind", Cell::Text(event.kind)),
            ("message_id", event.message_id.cell()),
            ("created_at", event.at.cell()),
            ("body", Cell::Text(event.body.as_deref().unwrap_or_default())),
            ("version", event.version.cell()),
            ("state", event.state.map_or(Cell::Null, |state| Cell::Integer(state as i64))),
        ]);
    }
    let sql = (plain.syntax().batches.insert)(&plain.names().events, FIELDS, &[]);
    plain::run(plain, &sql, &[Value::Text(rows.text())])
}
