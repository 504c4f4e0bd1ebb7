//! Reports: each finds its message, and moves it as `merge` says.

use super::context::Telling;
use super::{Applied, Arrival, NewReport, What, rest};
use crate::history::batches::{Field, Rows};
use crate::history::fields::{Cell, Field as _, Fields};
use crate::history::implied::{stored_response, usual_response};
use crate::history::kept::{NO_TEXT, Removed};
use crate::history::merge;
use crate::history::pages;
use crate::history::plain::{self, Plain};
use crate::history::record::{AttemptRow, Direction, EventRow, MessageRow};
use crate::history::select::{self, OPEN, Value};
use crate::history::store::StoreResult;
use crate::history::tables::{Kind, MESSAGES, read_attempt, read_message};
use crate::message::clock::Millis;
use crate::message::{Error, ProviderName, State};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// The columns by which a report is known.
const KEY: &[Field] =
    &[("account_key", Kind::Word), ("provider_message_id", Kind::Word), ("state", Kind::Small)];

/// A report, and when it came.
pub(super) struct Come<'a> {
    pub report: &'a NewReport,
    pub received_at: Millis,
}

/// Stores the reports among what arrived, and applies those that are new.
pub fn apply(
    plain: &mut dyn Plain,
    telling: &Telling,
    arrivals: &[Arrival],
    applied: &mut [Applied],
) -> StoreResult<()> {
    let reports = arrivals.iter().enumerate().filter_map(|(place, arrival)| match &arrival.what {
        What::Report(report) => Some((place, arrival, report)),
        _ => None,
    });
    // One that is there twice is applied once.
    let mut seen = HashSet::new();
    let reports: Vec<(usize, &Arrival, &NewReport)> = reports
        .filter(|(_, _, report)| seen.insert((report.provider_message_id.as_str(), report.state as i16)))
        .collect();
    if reports.is_empty() {
        return Ok(());
    }
    let come: Vec<Come<'_>> = reports
        .iter()
        .map(|(_, arrival, report)| Come { report, received_at: arrival.received_at })
        .collect();
    let mut found = Found::look(plain, telling, come.iter().map(|come| come.report))?;
    let places: Vec<Option<Place>> = come.iter().map(|come| found.place(come.report)).collect();

    let fresh = insert(plain, telling, &reports, &places)?;
    let mut new = Vec::new();
    for (((at, _, report), come), place) in reports.iter().zip(come).zip(places) {
        if !fresh.contains(&(report.provider_message_id.clone(), report.state as i16)) {
            continue;
        }
        applied[*at] = if place.is_some() { Applied::Done } else { Applied::Orphan };
        new.extend(place.map(|place| (place, come)));
    }
    found.apply(plain, telling, new)
}

/// Stores the reports, and gives the ids and states of those that are new.
fn insert(
    plain: &mut dyn Plain,
    telling: &Telling,
    reports: &[(usize, &Arrival, &NewReport)],
    places: &[Option<Place>],
) -> StoreResult<HashSet<(String, i16)>> {
    const FIELDS: &[Field] = &[
        ("account_key", Kind::Word),
        ("provider_message_id", Kind::Word),
        ("state", Kind::Small),
        ("message_id", Kind::Id),
        ("attempt", Kind::Number),
        ("reported_at", Kind::Long),
        ("received_at", Kind::Long),
        ("provider_code", Kind::Word),
        ("body", Kind::Prose),
        ("provider_status", Kind::Word),
        ("recipient_id", Kind::Word),
        ("error", Kind::Prose),
        ("orphan", Kind::Small),
    ];
    let mut rows = Rows::default();
    for ((_, arrival, report), place) in reports.iter().zip(places) {
        let of = place.map(|place| (place.message, place.attempt)).or(report.attempt);
        rows.add([
            ("account_key", Cell::Text(&telling.account_key)),
            ("provider_message_id", Cell::Text(&report.provider_message_id)),
            ("state", report.state.cell()),
            ("message_id", of.map_or(Cell::Null, |(message, _)| Cell::Id(message))),
            ("attempt", of.map_or(Cell::Null, |(_, attempt)| Cell::Integer(attempt.into()))),
            ("reported_at", report.reported_at.cell()),
            ("received_at", arrival.received_at.cell()),
            ("provider_code", report.provider_code.cell()),
            ("body", Cell::Text(&arrival.raw)),
            ("provider_status", report.provider_status.cell()),
            ("recipient_id", report.recipient_id.cell()),
            ("error", report.error.cell()),
            ("orphan", if place.is_none() { Cell::Integer(1) } else { Cell::Null }),
        ]);
    }
    let sql = (plain.syntax().batches.insert_new)(&plain.names().statuses, FIELDS, KEY);
    let fresh = plain::rows(plain, &sql, &[Value::Text(rows.text())], |row| {
        let (_account, id): (String, String) = (row.next()?, row.next()?);
        Ok((id, row.small()?))
    })?;
    Ok(fresh.into_iter().collect())
}

/// Reports that were orphans are those of their messages now.
pub(super) fn joined(
    plain: &mut dyn Plain,
    telling: &Telling,
    reports: &[(Place, &NewReport)],
) -> StoreResult<()> {
    let mut rows = Rows::default();
    for (place, report) in reports {
        rows.add([
            ("account_key", Cell::Text(&telling.account_key)),
            ("provider_message_id", Cell::Text(&report.provider_message_id)),
            ("state", report.state.cell()),
            ("message_id", Cell::Id(place.message)),
            ("attempt", Cell::Integer(place.attempt.into())),
        ]);
    }
    // What is not in the row is null: it is no orphan any more.
    let fields: &[Field] = &[("message_id", Kind::Id), ("attempt", Kind::Number), ("orphan", Kind::Small)];
    let sql = (plain.syntax().batches.update)(&plain.names().statuses, KEY, fields);
    plain::run(plain, &sql, &[Value::Text(rows.text())])
}

/// The attempt that a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub message: Uuid,
    pub attempt: i32,
    /// The attempt has the provider's id already.
    is_known: bool,
}

/// A message that is locked.
struct Locked {
    row: MessageRow,
    /// Its place stands in its own row.
    is_in_row: bool,
    /// Its place stands in the queue.
    is_queued: bool,
}

/// The messages that reports are about, locked until the transaction ends.
pub(super) struct Found {
    messages: HashMap<Uuid, Locked>,
    /// By the provider's id.
    attempts: HashMap<String, (Uuid, i32)>,
}

impl Found {
    /// Looks for the messages of reports, and locks them.
    pub fn look<'a>(
        plain: &mut dyn Plain,
        telling: &Telling,
        reports: impl Iterator<Item = &'a NewReport> + Clone,
    ) -> StoreResult<Found> {
        let attempts = attempts_by_provider_id(plain, telling, reports.clone())?;
        let by_key = reports.filter_map(|report| report.attempt.map(|(message, _)| message));
        let ids: HashSet<Uuid> = attempts.values().map(|(message, _)| *message).chain(by_key).collect();
        if ids.is_empty() {
            return Ok(Found { messages: HashMap::new(), attempts });
        }
        let ids = plain::array(ids);
        let syntax = plain.syntax();
        // Places before messages: in this order all who change both lock them.
        let sql = (syntax.batches.locked)(
            "m.message_id",
            &plain.names().queue,
            &format!("m.message_id IN ({})", syntax.ids),
            "message_id",
        );
        let queued: HashSet<Uuid> =
            plain::rows(plain, &sql, std::slice::from_ref(&ids), |row| row.next())?.into_iter().collect();
        let sql = (syntax.batches.locked)(
            &format!("{}, m.worker", columns_without_texts()),
            &plain.names().messages,
            &format!("m.id IN ({})", syntax.ids),
            "id",
        );
        let locked = plain::rows(plain, &sql, &[ids], |row| {
            let message = read_message(row)?;
            let is_in_row = row.id_or_null()?.is_some();
            let is_queued = queued.contains(&message.id);
            Ok(Locked { row: message, is_in_row, is_queued })
        })?;
        let ours = |locked: &Locked| {
            locked.row.account_key == telling.account_key && locked.row.direction == Direction::Outbound
        };
        let messages = locked.into_iter().filter(ours).map(|locked| (locked.row.id, locked)).collect();
        Ok(Found { messages, attempts })
    }

    /// The attempt that a report is about: by our key, else by the provider's
    /// id.
    pub fn place(&self, report: &NewReport) -> Option<Place> {
        let known = self.attempts.get(&report.provider_message_id).copied();
        let of = report.attempt.filter(|(message, _)| self.messages.contains_key(message)).or(known)?;
        let (message, attempt) = of;
        self.messages.contains_key(&message).then_some(Place {
            message,
            attempt,
            is_known: known == Some(of),
        })
    }

    /// Applies reports that are new, or that have found their message.
    pub fn apply(
        &mut self,
        plain: &mut dyn Plain,
        telling: &Telling,
        reports: Vec<(Place, Come<'_>)>,
    ) -> StoreResult<()> {
        let mut of: BTreeMap<Uuid, Vec<(Place, Come<'_>)>> = BTreeMap::new();
        for (place, come) in reports {
            of.entry(place.message).or_default().push((place, come));
        }
        let made = self.attempts_made(plain, &of)?;
        let now = Millis::now();
        let mut change = Change::default();
        for (id, mut reports) in of {
            let Some(locked) = self.messages.get_mut(&id) else { continue };
            // Of two that say the same, the first one counts.
            reports.sort_by_key(|(_, come)| come.report.reported_at.unwrap_or(come.received_at));
            let made = made.get(&id).map_or(&[][..], Vec::as_slice);
            change.message(telling, locked, made, &reports, now);
        }
        change.write(plain, telling)
    }

    /// The attempts of messages where they matter: of several attempts it
    /// counts which was taken, and one that our key named may not have its end
    /// yet.
    fn attempts_made(
        &self,
        plain: &mut dyn Plain,
        of: &BTreeMap<Uuid, Vec<(Place, Come<'_>)>>,
    ) -> StoreResult<HashMap<Uuid, Vec<AttemptRow>>> {
        let matters = |id: &&Uuid| {
            let several = self.messages.get(id).is_some_and(|locked| locked.row.attempts > 1);
            several || of.get(id).is_some_and(|reports| reports.iter().any(|(place, _)| !place.is_known))
        };
        let ids: Vec<Uuid> = of.keys().filter(matters).copied().collect();
        let mut made: HashMap<Uuid, Vec<AttemptRow>> = HashMap::new();
        if ids.is_empty() {
            return Ok(made);
        }
        let sql = select::attempts(plain.names(), plain.syntax().ids);
        for (id, attempt) in plain::rows(plain, &sql, &[plain::array(ids)], |row| read_attempt(row))? {
            made.entry(id).or_default().push(attempt);
        }
        Ok(made)
    }
}

fn attempts_by_provider_id<'a>(
    plain: &mut dyn Plain,
    telling: &Telling,
    reports: impl Iterator<Item = &'a NewReport>,
) -> StoreResult<HashMap<String, (Uuid, i32)>> {
    let ids: HashSet<&str> = reports.map(|report| report.provider_message_id.as_str()).collect();
    // That the column is not empty is said for the index, which has only those.
    let sql = format!(
        "SELECT a.provider_message_id, a.message_id, a.attempt FROM {} a WHERE a.account_key = ? \
         AND a.provider_message_id IN ({}) AND a.provider_message_id IS NOT NULL",
        plain.names().attempts,
        plain.syntax().words
    );
    let values = [Value::Text(telling.account_key.clone()), plain::array(ids)];
    let found = plain::rows(plain, &sql, &values, |row| Ok((row.next()?, (row.next()?, row.next()?))))?;
    Ok(found.into_iter().collect())
}

/// What a message says is not needed, and may be long.
fn columns_without_texts() -> String {
    let columns = MESSAGES.columns.iter().filter(|column| column.read).map(|column| match column.name {
        "body" | "content" => format!("'' AS {}", column.name),
        name => format!("m.{name}"),
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// What reports change.
#[derive(Default)]
struct Change {
    messages: Rows,
    events: Vec<EventRow>,
    /// Attempts that have a row, and those that have none yet.
    attempts: Rows,
    new_attempts: Rows,
    named: HashSet<(Uuid, i32)>,
    /// Messages whose place goes. Where a later attempt is under way there, its
    /// worker no longer holds the message: whatever it learns, it resends nothing.
    taken: Vec<Uuid>,
    /// Messages that were open until now.
    ended: Vec<Uuid>,
}

impl Change {
    fn message(
        &mut self,
        telling: &Telling,
        locked: &mut Locked,
        made: &[AttemptRow],
        reports: &[(Place, Come<'_>)],
        now: Millis,
    ) {
        let row = &mut locked.row;
        let newest_taken = |own: i32| {
            made.iter().filter(|made| made.state == State::Accepted).all(|made| made.number <= own)
        };
        let was_open = !row.state.ends_the_send() || locked.is_in_row || locked.is_queued;
        let (mut moved, mut leaves) = (false, false);
        for (place, come) in reports {
            let report = come.report;
            if !merge::proves_taken(report.state) {
                continue;
            }
            let newest = newest_taken(place.attempt);
            let has_id = row.provider_message_id.is_some();
            if merge::report_moves(row.state, has_id, report.state, newest) {
                moves(row, report);
                moved = true;
            }
            if newest && (!has_id || place.attempt >= row.attempts) {
                row.provider_message_id = Some(report.provider_message_id.clone());
            }
            // It is certain now that the provider took it: nothing is sent
            // again, and nobody looks for its end any more.
            if was_open {
                leaves = true;
                self.taken.push(row.id);
            }
            if !place.is_known {
                self.attempt(row, made, *place, report, come);
            }
        }
        let leaves = leaves && locked.is_in_row;
        if !moved && !leaves {
            return;
        }
        row.updated_at = now;
        self.messages.add([
            ("id", Cell::Id(row.id)),
            ("state", row.state.cell()),
            ("attention", MessageRow::attention(row.state).map_or(Cell::Null, |a| Cell::Integer(a.into()))),
            ("response", stored_response(row.state, row.response.as_deref()).map_or(Cell::Null, Cell::Text)),
            ("error", row.error.cell()),
            ("provider_message_id", row.provider_message_id.cell()),
            ("recipient_id", row.recipient_id.cell()),
            ("updated_at", row.updated_at.cell()),
        ]);
        if moved {
            if was_open {
                self.ended.push(row.id);
            }
            self.events.push((telling.moved)(row));
        }
    }

    /// The attempt was taken, whatever its end said, or was not there to say.
    fn attempt(
        &mut self,
        row: &MessageRow,
        made: &[AttemptRow],
        place: Place,
        report: &NewReport,
        come: &Come<'_>,
    ) {
        let id = Cell::Text(&report.provider_message_id);
        let named = [("message_id", Cell::Id(row.id)), ("attempt", Cell::Integer(place.attempt.into()))];
        let taken = [("state", State::Accepted.cell()), ("provider_message_id", id)];
        match made.iter().find(|made| made.number == place.attempt) {
            Some(made) if made.provider_message_id.is_some() && made.state == State::Accepted => {}
            Some(_) => self.attempts.add(named.into_iter().chain(taken)),
            // Its answer brings how long it took, if it still comes.
            None if !self.named.insert((row.id, place.attempt)) => {}
            None => self.new_attempts.add(named.into_iter().chain(taken).chain([
                ("account_key", Cell::Text(&row.account_key)),
                ("began_at", row.updated_at.min(come.received_at).cell()),
                ("took_ms", Cell::Integer(0)),
            ])),
        }
    }

    fn write(self, plain: &mut dyn Plain, telling: &Telling) -> StoreResult<()> {
        let batches = &plain.syntax().batches;
        let names = plain.names();
        let key: &[Field] = &[("message_id", Kind::Id), ("attempt", Kind::Number)];
        let taken: &[Field] = &[("state", Kind::Small), ("provider_message_id", Kind::Word)];
        let more: &[Field] =
            &[("account_key", Kind::Word), ("began_at", Kind::Long), ("took_ms", Kind::Long)];
        let id: &[Field] = &[("id", Kind::Id)];
        const MOVED: &[Field] = &[
            ("state", Kind::Small),
            ("attention", Kind::Small),
            ("response", Kind::Prose),
            ("error", Kind::Prose),
            ("provider_message_id", Kind::Word),
            ("recipient_id", Kind::Word),
            ("updated_at", Kind::Long),
        ];
        let mut statements = Vec::new();
        for (rows, sql) in [
            (self.messages, (batches.update)(&names.messages, id, MOVED)),
            (self.attempts, (batches.update)(&names.attempts, key, taken)),
            (self.new_attempts, (batches.insert_new)(&names.attempts, &[key, taken, more].concat(), key)),
        ] {
            if rows.count() > 0 {
                statements.push((sql, vec![Value::Text(rows.text())]));
            }
        }
        let ids = plain.syntax().ids;
        if !self.taken.is_empty() {
            let left = [
                format!("DELETE FROM {} WHERE message_id IN ({ids})", names.queue),
                format!(
                    "UPDATE {} SET worker = NULL WHERE id IN ({ids}) AND worker IS NOT NULL",
                    names.messages
                ),
            ];
            statements.extend(left.map(|sql| (sql, vec![plain::array(&self.taken)])));
        }
        for (sql, values) in statements {
            plain::run(plain, &sql, &values)?;
        }
        hide(plain, telling, &self.ended)?;
        rest::tell(plain, &self.events)
    }
}

/// A message is where a report says.
fn moves(row: &mut MessageRow, report: &NewReport) {
    row.state = report.state;
    if report.recipient_id.is_some() {
        row.recipient_id.clone_from(&report.recipient_id);
    }
    if matches!(report.state, State::Failed | State::Undelivered) {
        let error = report.error.as_deref().and_then(|text| serde_json::from_str::<Error>(text).ok());
        row.response = error.map(|error| error.message);
        row.error.clone_from(&report.error);
    } else {
        let provider = ProviderName::from_text(&row.provider);
        row.response = provider.and_then(|provider| usual_response(report.state, provider));
        row.error = None;
    }
}

/// Takes the texts out of messages that have ended now, where they go then.
fn hide(plain: &mut dyn Plain, telling: &Telling, ended: &[Uuid]) -> StoreResult<()> {
    if ended.is_empty() {
        return Ok(());
    }
    let rows = pages::by_ids(plain, ended)?;
    let gone: Vec<Uuid> = rows
        .iter()
        .filter(|row| !OPEN.contains(&row.message.state) && telling.kept.hides_now(&row.message))
        .map(|row| row.message.id)
        .collect();
    if gone.is_empty() {
        return Ok(());
    }
    let values = [Value::Text(NO_TEXT.into()), Value::Text(Removed::Masked.content()), plain::array(gone)];
    let sql = select::hide(plain.names(), plain.syntax());
    plain::run(plain, &sql, &values)
}
