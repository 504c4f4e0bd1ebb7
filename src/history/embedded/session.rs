//! What all work on the file shares: transactions, errors, values and rows.

use crate::history::fields::{Cell, Fields};
use crate::history::select::Value;
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, ToSql};

/// SQLite's error, by what can be done about it.
pub fn store_error(error: rusqlite::Error) -> StoreError {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreErrorKind::Retry,
        // It took longer than the settings allow.
        Some(ErrorCode::OperationInterrupted) => StoreErrorKind::Away,
        Some(ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed | ErrorCode::DiskFull) => {
            StoreErrorKind::Away
        }
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
            StoreErrorKind::Data
        }
        _ => StoreErrorKind::Configuration,
    };
    StoreError::new(kind, error.to_string())
}

/// SQLite's error at COMMIT. Where reading or writing the file failed, what is
/// in it by then may be the whole transaction. A full disk took it back.
pub fn commit_error(error: rusqlite::Error) -> StoreError {
    let failed_to_write = error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure);
    let error = store_error(error);
    if failed_to_write { StoreError::new(StoreErrorKind::InDoubt, error.message) } else { error }
}

/// Begins a transaction that will write: a deferred one could not be retried.
pub fn begin(connection: &mut rusqlite::Connection) -> StoreResult<rusqlite::Transaction<'_>> {
    connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(store_error)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Value::Text(text) => text.to_sql(),
            Value::Integer(number) => number.to_sql(),
        }
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Cell::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Cell::Integer(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Cell::Id(id) => ToSqlOutput::Owned(id.to_string().into()),
        })
    }
}

/// A row that is read from left to right.
pub struct RowFields<'a, 's> {
    row: &'a rusqlite::Row<'s>,
    at: usize,
}

impl<'a, 's> RowFields<'a, 's> {
    pub fn new(row: &'a rusqlite::Row<'s>) -> RowFields<'a, 's> {
        RowFields { row, at: 0 }
    }

    fn column<T: rusqlite::types::FromSql>(&mut self) -> rusqlite::Result<T> {
        let value = self.row.get(self.at);
        self.at += 1;
        value
    }
}

impl Fields for RowFields<'_, '_> {
    type Error = rusqlite::Error;

    fn text_or_null(&mut self) -> rusqlite::Result<Option<String>> {
        self.column()
    }

    fn number_or_null(&mut self) -> rusqlite::Result<Option<i64>> {
        self.column()
    }
}
