//! Retention: what is older than the host wants to keep goes, in steps that
//! each are a short transaction of their own.
//!
//! Only what is over goes: a message that is queued or on its way stays, and
//! so does one whose end is looked for. References outlive their messages: the
//! same again must not be sent because its message is gone.
//!
//! All ages are by the database's own clock.

use super::fields::Fields;
use super::merge::numbers;
use super::pages;
use super::plain::{self, Plain};
use super::query::EventCursor;
use super::select::{self, OPEN, Value};
use super::store_error::StoreResult;
use uuid::Uuid;

/// How many rows a step looks at, which is the most that it deletes of a
/// table: locks and log stay small, and nobody waits for long.
pub const ROWS: usize = 1000;

/// What is to go.
#[derive(Debug, Clone)]
pub struct Purge {
    /// The account whose rows go; none means all.
    pub account: Option<String>,
    /// Messages and events from before this time, by the database's clock.
    pub before: i64,
    /// References from before this time that have no message any more.
    pub references_before: i64,
}

/// Where a purge goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PurgePlace {
    /// After this message.
    Messages(i64),
    /// After this event.
    Events(EventCursor),
    /// After this reference: its scope and hash.
    References(String, String),
    /// Reports that never found a message.
    Orphans,
    /// Dead letters.
    Letters,
    /// After this key of a notice: its account and itself.
    Notices(String, String),
}

impl Default for PurgePlace {
    fn default() -> PurgePlace {
        PurgePlace::Messages(0)
    }
}

/// What a step did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purged {
    /// Messages that went, with their attempts and reports.
    pub messages: usize,
    /// Old messages that stayed, because they are not over.
    pub open: usize,
    /// Events that went.
    pub events: usize,
    /// References that went.
    pub references: usize,
    /// Reports without a message, dead letters and keys of notices that went.
    pub others: usize,
    /// Where to go on; none at the end.
    pub next: Option<PurgePlace>,
}

/// What the database's clock says.
pub fn clock(connection: &mut dyn Plain) -> StoreResult<i64> {
    let sql = format!("SELECT {}", connection.syntax().clock);
    Ok(plain::rows(connection, &sql, &[], |row| row.number())?.pop().unwrap_or_default())
}

/// One step, in one transaction.
pub fn step(connection: &mut dyn Plain, purge: &Purge, place: &PurgePlace) -> StoreResult<Purged> {
    plain::still_wanted(connection)?;
    plain::in_transaction(connection, |connection| match place {
        PurgePlace::Messages(after) => messages(connection, purge, *after),
        PurgePlace::Events(after) => events(connection, purge, *after),
        PurgePlace::References(scope, hash) => references(connection, purge, scope, hash),
        PurgePlace::Orphans => oldest(connection, purge, &ORPHANS, place, &PurgePlace::Letters),
        PurgePlace::Letters => oldest(connection, purge, &LETTERS, place, &NOTICES),
        PurgePlace::Notices(account, key) => notices(connection, purge, account, key),
    })
}

/// A row that a step looks at.
struct Looked {
    seq: i64,
    id: Uuid,
    old: bool,
    /// Nothing has become of it since either.
    at_rest: bool,
    ours: bool,
    over: bool,
}

fn messages(connection: &mut dyn Plain, purge: &Purge, after: i64) -> StoreResult<Purged> {
    let syntax = connection.syntax();
    let (messages, queue) = (connection.names().messages.clone(), connection.names().queue.clone());
    let (ours, account) = ours(purge);
    let sql = format!(
        "SELECT m.seq, m.id, m.recorded_at, m.updated_at, {ours}, \
         CASE WHEN m.state IN ({open}) OR EXISTS (SELECT 1 FROM {queue} q WHERE q.message_id = m.id) \
         THEN 0 ELSE 1 END FROM {messages} m WHERE m.seq > {number} ORDER BY m.seq",
        number = syntax.number,
        open = numbers(&OPEN),
    );
    let values: Vec<Value> = account.into_iter().chain([Value::Integer(after)]).collect();
    let looked = plain::rows(connection, &(syntax.first)(&sql, ROWS), &values, |row| {
        Ok(Looked {
            seq: row.next()?,
            id: row.next()?,
            old: row.number()? < purge.before,
            at_rest: row.number()? < purge.before,
            ours: row.number()? == 1,
            over: row.number()? == 1,
        })
    })?;
    // Rows stand in the order in which they were recorded, but for those that
    // were recorded at once, or around a step of the clock.
    let ends = looked.len() < ROWS || !looked.iter().any(|row| row.old);
    let next = match looked.last() {
        Some(last) if !ends => PurgePlace::Messages(last.seq),
        _ => PurgePlace::Events(EventCursor::default()),
    };
    let old = || looked.iter().filter(|row| row.old && row.ours);
    // A message that was sent long after it was recorded has a young event,
    // which only its row can tell.
    let gone: Vec<Uuid> = old().filter(|row| row.over && row.at_rest).map(|row| row.id).collect();
    if !gone.is_empty() {
        delete(connection, &gone)?;
    }
    let open = old().filter(|row| !row.over).count();
    Ok(Purged { messages: gone.len(), open, next: Some(next), ..Purged::default() })
}

/// Deletes messages and all that is known of them but their references.
fn delete(connection: &mut dyn Plain, ids: &[Uuid]) -> StoreResult<()> {
    let syntax = connection.syntax();
    let names = connection.names();
    let over = format!("state NOT IN ({})", numbers(&OPEN));
    let statements = [
        format!("DELETE FROM {} WHERE message_id IN ({})", names.attempts, syntax.ids),
        format!("DELETE FROM {} WHERE id IN ({}) AND {over}", names.messages, syntax.ids),
    ];
    // While attempts tell the provider's ids, by which reports are known.
    pages::on_reports(connection, ids, |table, condition| format!("DELETE FROM {table} WHERE {condition}"))?;
    let ids = [plain::array(ids)];
    statements.iter().try_for_each(|sql| plain::run(connection, sql, &ids))
}

fn events(connection: &mut dyn Plain, purge: &Purge, after: EventCursor) -> StoreResult<Purged> {
    let syntax = connection.syntax();
    let table = connection.names().events.clone();
    let keys = syntax.event_key.join(", ");
    let (ours, account) = ours(purge);
    let (beyond, values) = (syntax.beyond)(syntax.event_key, &select::event_place(syntax, after));
    let sql = format!("SELECT {keys}, created_at, {ours} FROM {table} m WHERE {beyond} ORDER BY {keys}");
    let values: Vec<Value> = account.clone().into_iter().chain(values).collect();
    let looked = plain::rows(connection, &(syntax.first)(&sql, ROWS), &values, |row| {
        let at = select::read_event_place(syntax, row)?;
        Ok((at, row.number()? < purge.before, row.number()? == 1))
    })?;
    // The newest stays: it says how far the numbers have come. Whether another
    // one follows the last of these, the next step sees.
    let Some((_, all_but_last)) = looked.split_last() else {
        return Ok(Purged { next: Some(REFERENCES), ..Purged::default() });
    };
    let goes = |(_, old, ours): &&(EventCursor, bool, bool)| *old && *ours;
    let gone: Vec<EventCursor> = all_but_last.iter().filter(goes).map(|(at, ..)| *at).collect();
    if let (Some(first), Some(end)) = (gone.first(), gone.last()) {
        // Between the first and the last of them, all that is as old.
        let before_first = EventCursor { seq: first.seq - 1, ..*first };
        let (from, from_values) =
            (syntax.beyond)(syntax.event_key, &select::event_place(syntax, before_first));
        let (rest, rest_values) = (syntax.beyond)(syntax.event_key, &select::event_place(syntax, *end));
        let only = if account.is_some() { " AND account_key = ?" } else { "" };
        let sql = format!(
            "DELETE FROM {table} WHERE {from} AND NOT ({rest}) AND created_at < {}{only}",
            syntax.number
        );
        let values: Vec<Value> = from_values
            .into_iter()
            .chain(rest_values)
            .chain([Value::Integer(purge.before)])
            .chain(account)
            .collect();
        plain::run(connection, &sql, &values)?;
    }
    let ends = looked.len() < ROWS || !looked.iter().any(|(_, old, _)| *old);
    let next = match all_but_last.last() {
        Some((at, ..)) if !ends => PurgePlace::Events(*at),
        _ => REFERENCES,
    };
    Ok(Purged { events: gone.len(), next: Some(next), ..Purged::default() })
}

const REFERENCES: PurgePlace = PurgePlace::References(String::new(), String::new());

/// References do not say whose they are: where another account has ever worked
/// on the tables, they go only with those of all accounts.
fn references(connection: &mut dyn Plain, purge: &Purge, scope: &str, hash: &str) -> StoreResult<Purged> {
    let syntax = connection.syntax();
    if let Some(account) = &purge.account {
        let sql = format!("SELECT 1 FROM {} WHERE account_key <> ?", connection.names().workers);
        let values = [Value::Text(account.clone())];
        if !plain::rows(connection, &(syntax.first)(&sql, 1), &values, |_| Ok(()))?.is_empty() {
            return Ok(Purged { next: Some(PurgePlace::Orphans), ..Purged::default() });
        }
    }
    let (refs, messages) = (connection.names().refs.clone(), connection.names().messages.clone());
    let place = [Value::Text(scope.to_owned()), Value::Text(hash.to_owned())];
    let (beyond, values) = (syntax.beyond)(&["scope", "ref_hash"], &place);
    let sql = format!(
        "SELECT r.scope, r.ref_hash, r.created_at, \
         CASE WHEN EXISTS (SELECT 1 FROM {messages} m WHERE m.id = r.message_id) THEN 1 ELSE 0 END \
         FROM {refs} r WHERE {beyond} ORDER BY r.scope, r.ref_hash"
    );
    let looked = plain::rows(connection, &(syntax.first)(&sql, ROWS), &values, |row| {
        let (scope, hash) = (row.text()?, row.text()?);
        Ok((scope, hash, row.number()? < purge.references_before && row.number()? == 0))
    })?;
    let gone: Vec<_> = looked.iter().filter(|(.., goes)| *goes).collect();
    let sql = format!("DELETE FROM {refs} WHERE scope = ? AND ref_hash IN ({})", syntax.words);
    for of_scope in gone.chunk_by(|a, b| a.0 == b.0) {
        let hashes = plain::array(of_scope.iter().map(|(_, hash, _)| hash));
        plain::run(connection, &sql, &[Value::Text(of_scope[0].0.clone()), hashes])?;
    }
    let references = gone.len();
    let next = (looked.len() == ROWS).then(|| looked.last()).flatten();
    let next = next.map(|(scope, hash, _)| PurgePlace::References(scope.clone(), hash.clone()));
    Ok(Purged { references, next: Some(next.unwrap_or(PurgePlace::Orphans)), ..Purged::default() })
}

/// Rows of a table that go by their age alone.
struct Aged {
    table: &'static str,
    condition: &'static str,
    /// What they are in the order of.
    order: &'static str,
}

const ORPHANS: Aged = Aged { table: "statuses", condition: "orphan IS NOT NULL AND ", order: "received_at" };
const LETTERS: Aged = Aged { table: "dead_letters", condition: "", order: "seq" };

/// Deletes the first rows that are old enough, and comes back until there are
/// none.
fn oldest(
    connection: &mut dyn Plain,
    purge: &Purge,
    of: &Aged,
    place: &PurgePlace,
    next: &PurgePlace,
) -> StoreResult<Purged> {
    let syntax = connection.syntax();
    let Aged { table, condition, order } = of;
    let table = connection.names().table(table);
    let only = if purge.account.is_some() { " AND account_key = ?" } else { "" };
    let old = format!("{condition}received_at < {}{only}", syntax.number);
    let values: Vec<Value> =
        [Value::Integer(purge.before)].into_iter().chain(purge.account.clone().map(Value::Text)).collect();
    let sql = format!("SELECT {order} FROM {table} WHERE {old} ORDER BY {order}");
    let looked = plain::rows(connection, &(syntax.first)(&sql, ROWS), &values, |row| row.number())?;
    let Some(last) = looked.last() else {
        return Ok(Purged { next: Some(next.clone()), ..Purged::default() });
    };
    let sql = format!("DELETE FROM {table} WHERE {old} AND {order} <= {}", syntax.number);
    let values: Vec<Value> = values.into_iter().chain([Value::Integer(*last)]).collect();
    plain::run(connection, &sql, &values)?;
    let next = if looked.len() < ROWS { next } else { place };
    Ok(Purged { others: looked.len(), next: Some(next.clone()), ..Purged::default() })
}

const NOTICES: PurgePlace = PurgePlace::Notices(String::new(), String::new());

/// Keys of notices stay as long as references: what is told again must not be
/// applied again because it was long ago.
fn notices(connection: &mut dyn Plain, purge: &Purge, account: &str, key: &str) -> StoreResult<Purged> {
    let syntax = connection.syntax();
    let table = connection.names().notices.clone();
    let place = [Value::Text(account.to_owned()), Value::Text(key.to_owned())];
    let (beyond, values) = (syntax.beyond)(&["account_key", "notice_key"], &place);
    let sql = format!(
        "SELECT account_key, notice_key, received_at FROM {table} WHERE {beyond} ORDER BY account_key, notice_key"
    );
    let looked = plain::rows(connection, &(syntax.first)(&sql, ROWS), &values, |row| {
        let (account, key) = (row.text()?, row.text()?);
        let ours = purge.account.as_ref().is_none_or(|own| *own == account);
        Ok((account, key, ours && row.number()? < purge.references_before))
    })?;
    let gone: Vec<_> = looked.iter().filter(|(.., goes)| *goes).collect();
    let sql = format!("DELETE FROM {table} WHERE account_key = ? AND notice_key IN ({})", syntax.words);
    for of_account in gone.chunk_by(|a, b| a.0 == b.0) {
        let keys = plain::array(of_account.iter().map(|(_, key, _)| key));
        plain::run(connection, &sql, &[Value::Text(of_account[0].0.clone()), keys])?;
    }
    let others = gone.len();
    let next = (looked.len() == ROWS).then(|| looked.last()).flatten();
    let next = next.map(|(account, key, _)| PurgePlace::Notices(account.clone(), key.clone()));
    Ok(Purged { others, next, ..Purged::default() })
}

/// Whether a row `m` may go as far as its account is concerned.
fn ours(purge: &Purge) -> (&'static str, Option<Value>) {
    match &purge.account {
        None => ("1", None),
        Some(account) => {
            ("CASE WHEN m.account_key = ? THEN 1 ELSE 0 END", Some(Value::Text(account.clone())))
        }
    }
}
