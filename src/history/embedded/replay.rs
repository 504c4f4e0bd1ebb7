//! Replaying a journal into SQLite.

use super::commit::write_all;
use super::session::{begin, commit_error, store_error};
use super::statements::Statements;
use crate::history::names::Names;
use crate::history::replay::{Part, Replayed};
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use crate::message::clock::Millis;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

/// The identity that the tables tell.
pub fn identity(connection: &Connection, names: &Names) -> StoreResult<Uuid> {
    let sql = format!("SELECT min(database_id) FROM {}", names.schema_version);
    let id: String = connection.query_row(&sql, [], |row| row.get(0)).map_err(store_error)?;
    id.parse().map_err(|_| StoreError::new(StoreErrorKind::Schema, "they tell no identity"))
}

/// The file's write lock keeps any other process from replaying at the same time.
pub fn replay(
    connection: &mut Connection,
    names: &Names,
    statements: &Statements,
    part: &Part,
) -> StoreResult<Replayed> {
    let table = &names.replayed;
    let journal = part.journal.to_string();
    let transaction = begin(connection)?;
    let last: Option<i64> = transaction
        .query_row(&format!("SELECT last_seq FROM {table} WHERE journal_id = ?1"), [&journal], |row| {
            row.get(0)
        })
        .optional()
        .map_err(store_error)?;
    if let Some(last) = last.filter(|last| *last > part.after) {
        return Ok(Replayed::Further(last));
    }
    let mut unusual = Vec::new();
    for writes in &part.groups {
        let written = write_all(&transaction, statements, writes)?;
        unusual.extend(Replayed::unusual(writes, written));
    }
    if !unusual.is_empty() {
        return Ok(Replayed::Unusual(unusual));
    }
    let sql = format!(
        "INSERT INTO {table} (journal_id, last_seq, began_at) VALUES (?1, ?2, ?3) \
         ON CONFLICT (journal_id) DO UPDATE SET last_seq = excluded.last_seq"
    );
    transaction.execute(&sql, params![journal, part.upto, Millis::now().0]).map_err(store_error)?;
    crate::points::reach("replaying");
    transaction.commit().map_err(commit_error)?;
    Ok(Replayed::Done)
}
