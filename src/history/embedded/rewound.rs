//! What SQLite counts so that it is noticed when it goes back in time.

use super::session::store_error;
use crate::history::marks::{Marks, free_unknown};
use crate::history::names::Names;
use crate::history::store::StoreResult;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

pub fn marks(connection: &Connection, names: &Names, worker: Uuid) -> StoreResult<Marks> {
    let sql = format!("SELECT epoch FROM {} WHERE worker = ?1", names.workers);
    let renewals = connection
        .prepare_cached(&sql)
        .and_then(|mut s| s.query_row([worker.to_string()], |row| row.get(0)).optional())
        .map_err(store_error)?;
    let sql = format!(
        "SELECT watermark FROM {0} WHERE version = (SELECT min(version) FROM {0})",
        names.schema_version
    );
    let decision = connection.query_row(&sql, [], |row| row.get(0)).map_err(store_error)?;
    Ok(Marks { renewals, decision })
}

pub fn mark(connection: &Connection, names: &Names, worker: Uuid) -> StoreResult<Marks> {
    let sql = format!("UPDATE {} SET epoch = epoch + 1 WHERE worker = ?1", names.workers);
    connection.prepare_cached(&sql).and_then(|mut s| s.execute([worker.to_string()])).map_err(store_error)?;
    marks(connection, names, worker)
}

pub fn decide(connection: &Connection, names: &Names, decision: i64) -> StoreResult<()> {
    connection.execute(&free_unknown(names), []).map_err(store_error)?;
    let sql = format!(
        "UPDATE {0} SET watermark = ?1 WHERE version = (SELECT min(version) FROM {0})",
        names.schema_version
    );
    connection.execute(&sql, [decision]).map(drop).map_err(store_error)
}
