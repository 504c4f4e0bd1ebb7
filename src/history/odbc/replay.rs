//! Replaying a journal into a server: what all dialects do alike.

use super::commit::write_all;
use super::dialect::Statements;
use super::json::Json;
use super::session::Session;
use crate::history::fields::Fields;
use crate::history::names::Names;
use crate::history::replay::{Part, Replayed};
use crate::history::select::{Syntax, Value};
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use crate::message::clock::Millis;
use uuid::Uuid;

/// The identity that the tables tell.
pub fn identity(session: &mut Session, names: &Names) -> StoreResult<Uuid> {
    let sql = format!(
        "SELECT database_id FROM {0} WHERE version = (SELECT min(version) FROM {0})",
        names.schema_version
    );
    let found = session.rows(&sql, &[], |row| row.next())?;
    found.into_iter().next().ok_or_else(|| StoreError::new(StoreErrorKind::Schema, "they tell no identity"))
}

/// `json` is room for
/// the parameter of a batch.
pub fn replay(
    session: &mut Session,
    names: &Names,
    syntax: &Syntax,
    statements: &Statements,
    json: &mut Json,
    part: &Part,
) -> StoreResult<Replayed> {
    begin_row(session, names, syntax, part)?;
    session.begin()?;
    let replayed =
        write(session, names, syntax, statements, json, part).map_err(|error| session.roll_back(error))?;
    if replayed != Replayed::Done {
        // Whatever was written is taken back.
        let aborted = StoreError::new(StoreErrorKind::Retry, "the part of the journal is not to be written");
        let error = session.roll_back(aborted);
        return if error.kind == StoreErrorKind::Retry { Ok(replayed) } else { Err(error) };
    }
    crate::points::reach("replaying");
    session.commit()?;
    Ok(replayed)
}

/// Makes the row of a journal, if it is not there. It is there before the
/// transaction that replays, so that this one can lock it.
fn begin_row(session: &mut Session, names: &Names, syntax: &Syntax, part: &Part) -> StoreResult<()> {
    let (table, id) = (&names.replayed, syntax.id);
    let journal = Value::Text(part.journal.to_string());
    let there = session.rows(
        &format!("SELECT 1 FROM {table} WHERE journal_id = {id}"),
        std::slice::from_ref(&journal),
        |_| Ok(()),
    )?;
    if !there.is_empty() {
        return Ok(());
    }
    let sql =
        format!("INSERT INTO {table} (journal_id, last_seq, began_at) VALUES ({id}, 0, {})", syntax.number);
    match session.rows(&sql, &[journal, Value::Integer(Millis::now().0)], |_| Ok(())) {
        // Another process was faster: its row is as good.
        Err(error) if error.kind == StoreErrorKind::Data => {
            Err(StoreError { kind: StoreErrorKind::Retry, ..error })
        }
        made => made.map(drop),
    }
}

fn write(
    session: &mut Session,
    names: &Names,
    syntax: &Syntax,
    statements: &Statements,
    json: &mut Json,
    part: &Part,
) -> StoreResult<Replayed> {
    let (table, id) = (&names.replayed, syntax.id);
    let journal = Value::Text(part.journal.to_string());
    // Changes nothing, and keeps every other process away from the journal
    // until this transaction ends.
    let lock = format!("UPDATE {table} SET last_seq = last_seq WHERE journal_id = {id}");
    session.rows(&lock, std::slice::from_ref(&journal), |_| Ok(()))?;
    let sql = format!("SELECT last_seq FROM {table} WHERE journal_id = {id}");
    let last = session.rows(&sql, std::slice::from_ref(&journal), |row| row.number())?;
    match last.first() {
        Some(last) if *last > part.after => return Ok(Replayed::Further(*last)),
        Some(_) => {}
        None => return Err(StoreError::new(StoreErrorKind::Retry, "the journal's row is gone")),
    }
    let mut unusual = Vec::new();
    for writes in &part.groups {
        let all: Vec<_> = writes.iter().enumerate().collect();
        let written = write_all(session, statements, json, &all, writes.len())?.all()?;
        unusual.extend(Replayed::unusual(writes, written));
    }
    if !unusual.is_empty() {
        return Ok(Replayed::Unusual(unusual));
    }
    let sql = format!("UPDATE {table} SET last_seq = {} WHERE journal_id = {id}", syntax.number);
    session.rows(&sql, &[Value::Integer(part.upto), journal], |_| Ok(()))?;
    Ok(Replayed::Done)
}
