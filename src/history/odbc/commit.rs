//! Writing a batch. What is usual in it is one statement; for the rest there is
//! one for each kind of write, with all of its rows as one JSON parameter. All
//! of it is one transaction.
//!
//! The statement of what is usual gives up where anything is not as expected.
//! Then the whole batch takes the careful road: the statements that say of
//! each write what came of it.

use super::answer::{Answer, DONE, KNOWN, Outcomes, REFERENCED, ask, id, ids, unexpected};
use super::dialect::Statements;
use super::json::Json;
use super::rows;
use super::session::Session;
use super::usual::Usual;
use crate::history::kept::{NO_TEXT, Removed};
use crate::history::plain;
use crate::history::record::{EventRow, Intent, Record, Settlement, Withdrawal, Write, Written, hidden_by};
use crate::history::select::Value;
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use crate::history::watch;
use crate::message::clock::Millis;
use std::collections::HashMap;
use uuid::Uuid;

/// So many usual writes make a usual batch. Of a statement that commits itself
/// nobody knows whether it did where the connection was lost; one message
/// alone, whose connection may have died while it was idle, is not told so.
const LEAST_USUAL: usize = 2;

/// Writes all of them, or none. `json` is room for the parameter. `worker`: the
/// one that said on this connection that it lives. What an earlier connection
/// left in doubt comes before that, and so takes the careful road.
pub fn commit(
    session: &mut Session,
    statements: &Statements,
    json: &mut Json,
    worker: Option<Uuid>,
    writes: &[Write],
) -> StoreResult<Vec<Written>> {
    if writes.is_empty() {
        return Ok(Vec::new());
    }
    if let (Some(forms), Some(worker)) = (&statements.usual, worker) {
        let (usual, others) = Usual::of(writes, worker);
        if usual.count() >= LEAST_USUAL {
            let written = if others.is_empty() {
                usual.commit(session, forms, json).map(|()| vec![Written::Done; writes.len()])
            } else {
                in_one_transaction(session, |session| {
                    let mut outcomes = write_all(session, statements, json, &others, writes.len())?;
                    usual.write(session, forms, json)?;
                    usual.places().for_each(|place| outcomes.set(place, Written::Done));
                    outcomes.all()
                })
            };
            match written {
                // A thread that was given up meanwhile begins nothing any more.
                Err(error) if !error.kind.is_lost() && watch::step().is_ok() => {}
                written => return written,
            }
        }
    }
    let all: Vec<(usize, &Write)> = writes.iter().enumerate().collect();
    in_one_transaction(session, |session| write_all(session, statements, json, &all, writes.len())?.all())
}

/// All of it is committed, or nothing.
pub fn in_one_transaction<T>(
    session: &mut Session,
    write: impl FnOnce(&mut Session) -> StoreResult<T>,
) -> StoreResult<T> {
    session.begin()?;
    let written = write(session).map_err(|error| session.roll_back(error))?;
    session.commit()?;
    Ok(written)
}

/// Writes some of so many writes, on the careful road, in a transaction that
/// goes on.
pub fn write_all(
    session: &mut Session,
    statements: &Statements,
    json: &mut Json,
    writes: &[(usize, &Write)],
    count: usize,
) -> StoreResult<Outcomes> {
    let batch = Batch::sorted(writes);
    let mut outcomes = Outcomes::new(count);
    // Always in this order, so that two batches wait for each other's rows
    // rather than end in a deadlock.
    if !batch.records.is_empty() {
        records(session, &statements.record, json, &batch.records, &mut outcomes)?;
    }
    if !batch.intents.is_empty() {
        json.begin();
        batch.intents.iter().for_each(|(_, intent)| rows::intent(json, intent));
        let asked = batch.intents.iter().map(|(place, intent)| (*place, intent.id));
        those_done(&ask(session, &statements.intent, json)?, asked, &mut outcomes)?;
    }
    if !batch.settlements.is_empty() {
        json.begin();
        let now = Millis::now();
        batch.settlements.iter().for_each(|(_, settlement)| rows::settlement(json, settlement, now));
        let asked = batch.settlements.iter().map(|(place, settlement)| (*place, settlement.id));
        those_done(&ask(session, &statements.settle, json)?, asked, &mut outcomes)?;
    }
    if !batch.withdrawals.is_empty() {
        json.begin();
        batch.withdrawals.iter().for_each(|(_, withdrawal)| rows::withdrawal(json, withdrawal));
        let asked = batch.withdrawals.iter().map(|(place, withdrawal)| (*place, withdrawal.id));
        those_done(&ask(session, &statements.withdraw, json)?, asked, &mut outcomes)?;
    }
    let hidden = hidden_by(writes.iter().map(|(_, write)| *write));
    if !hidden.is_empty() {
        hide(session, &statements.hide, &hidden)?;
    }
    if !batch.events.is_empty() {
        events(session, &statements.event, json, &batch.events, &mut outcomes)?;
    }
    Ok(outcomes)
}

/// The writes by their kind, each with its place in what was asked for.
#[derive(Default)]
struct Batch<'a> {
    records: Vec<(usize, &'a Record)>,
    intents: Vec<(usize, &'a Intent)>,
    settlements: Vec<(usize, &'a Settlement)>,
    withdrawals: Vec<(usize, &'a Withdrawal)>,
    events: Vec<(usize, &'a EventRow)>,
}

impl<'a> Batch<'a> {
    /// Rows are locked in the order of their keys. References are the keys
    /// that others wait for.
    fn sorted(writes: &[(usize, &'a Write)]) -> Batch<'a> {
        let mut batch = Batch::default();
        for (place, write) in writes {
            let place = *place;
            match write {
                Write::Record(record) => batch.records.push((place, record.as_ref())),
                Write::Intent(intent) => batch.intents.push((place, intent)),
                Write::Settle(settlement) => batch.settlements.push((place, settlement.as_ref())),
                Write::Withdraw(withdrawal) => batch.withdrawals.push((place, withdrawal.as_ref())),
                Write::Event(event) => batch.events.push((place, event.as_ref())),
            }
        }
        batch.records.sort_by(|(_, a), (_, b)| {
            let key = |record: &Record| record.reference.as_ref().map(|r| (r.scope.clone(), r.hash.clone()));
            match (&a.reference, &b.reference) {
                (None, None) => a.message.id.cmp(&b.message.id),
                _ => key(a).cmp(&key(b)),
            }
        });
        batch.intents.sort_by_key(|(_, intent)| intent.id);
        batch.settlements.sort_by_key(|(_, settlement)| settlement.id);
        batch.withdrawals.sort_by_key(|(_, withdrawal)| withdrawal.id);
        batch
    }
}

/// Of what was asked for, those whose ids were answered are done.
fn those_done(
    answers: &[Answer],
    asked: impl Iterator<Item = (usize, Uuid)>,
    outcomes: &mut Outcomes,
) -> StoreResult<()> {
    if answers.iter().any(|answer| answer.what == KNOWN) {
        return Err(StoreError::new(StoreErrorKind::Retry, "the place of a message was being moved"));
    }
    let done = ids(answers)?;
    for (place, id) in asked {
        outcomes.set(place, if done.contains(&id) { Written::Done } else { Written::NotThere });
    }
    Ok(())
}

fn records(
    session: &mut Session,
    sql: &str,
    json: &mut Json,
    records: &[(usize, &Record)],
    outcomes: &mut Outcomes,
) -> StoreResult<()> {
    json.begin();
    let now = Millis::now();
    records.iter().for_each(|(_, record)| rows::record(json, record, now));
    let (mut done, mut places) = (0, 0);
    let mut known = HashMap::new();
    let mut lost = HashMap::new();
    for answer in ask(session, sql, json)? {
        match answer.what {
            DONE => (done, places) = (answer.count()?, answer.second_count()?),
            KNOWN => {
                let [_, own, held, _] = &answer.texts;
                known.insert(answer.id()?, (own == "1", held == "1"));
            }
            REFERENCED => {
                let [scope, hash, first, payload_hash] = answer.texts;
                lost.insert((scope, hash), (id(&first)?, payload_hash));
            }
            _ => return Err(unexpected("a row of no kind")),
        }
    }
    let first_of = |record: &Record| {
        // Only a few are looked for: those that lost are rare.
        let reference = record.reference.as_ref().filter(|_| !lost.is_empty())?;
        lost.get(&(reference.scope.clone(), reference.hash.clone()))
    };
    let is_new = |record: &Record| !known.contains_key(&record.message.id) && first_of(record).is_none();
    let new: Vec<&Record> =
        records.iter().map(|(_, record)| *record).filter(|record| is_new(record)).collect();
    let waiting = new.iter().filter(|record| record.queue.is_some()).count();
    if (done, places) != (new.len(), waiting) {
        // Another connection recorded one of the ids at this moment; the next
        // try finds it.
        return Err(StoreError::new(StoreErrorKind::Retry, "an id was being recorded by another connection"));
    }
    for (place, record) in records {
        let written = if let Some((own, held)) = known.get(&record.message.id) {
            record.repeated(*own, *held)
        } else if let Some((first, payload_hash)) = first_of(record) {
            let same_payload = record.reference.as_ref().is_some_and(|own| own.payload_hash == *payload_hash);
            Written::Referenced { message_id: *first, same_payload }
        } else {
            Written::Done
        };
        outcomes.set(*place, written);
    }
    Ok(())
}

/// Takes the text out of messages that have ended.
fn hide(session: &mut Session, sql: &str, ids: &[Uuid]) -> StoreResult<()> {
    let values = [Value::Text(NO_TEXT.into()), Value::Text(Removed::Masked.content()), plain::array(ids)];
    session.rows(sql, &values, |_| Ok(())).map(drop)
}

fn events(
    session: &mut Session,
    sql: &str,
    json: &mut Json,
    events: &[(usize, &EventRow)],
    outcomes: &mut Outcomes,
) -> StoreResult<()> {
    json.begin();
    events.iter().for_each(|(_, event)| rows::event_alone(json, event));
    let answers = ask(session, sql, json)?;
    if answers.first().map(Answer::count).transpose()? != Some(events.len()) {
        return Err(unexpected("not every event was stored"));
    }
    for (place, _) in events {
        outcomes.set(*place, Written::Done);
    }
    Ok(())
}
