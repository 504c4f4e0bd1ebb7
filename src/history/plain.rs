//! A connection as work sees it that is the same for all databases: statements
//! with values, rows that are read from left to right, transactions. What
//! differs in their text is the dialect's `Syntax`.

use super::fields::Fields;
use super::names::Names;
use super::select::{Syntax, Value};
use super::store_error::{StoreError, StoreResult};
use std::time::Instant;

/// The columns of a row.
pub trait Columns {
    fn text_or_null(&mut self) -> StoreResult<Option<String>>;
    fn number_or_null(&mut self) -> StoreResult<Option<i64>>;
}

/// A row of any database.
pub struct PlainRow<'a>(pub &'a mut dyn Columns);

impl Fields for PlainRow<'_> {
    type Error = StoreError;

    fn text_or_null(&mut self) -> StoreResult<Option<String>> {
        self.0.text_or_null()
    }

    fn number_or_null(&mut self) -> StoreResult<Option<i64>> {
        self.0.number_or_null()
    }
}

/// What is done with each row.
pub type Each<'a> = &'a mut dyn FnMut(&mut PlainRow<'_>) -> StoreResult<()>;

/// A connection, whatever is behind it.
pub trait Plain {
    fn names(&self) -> &Names;
    fn syntax(&self) -> &'static Syntax;
    /// Nobody waits for an answer longer than this.
    fn deadline(&self) -> Option<Instant>;
    /// Runs a statement; `each` gets its rows.
    fn run(&mut self, sql: &str, values: &[Value], each: Each<'_>) -> StoreResult<()>;
    fn begin(&mut self) -> StoreResult<()>;
    fn commit(&mut self) -> StoreResult<()>;
    /// Takes a transaction back after an error, and gives what is to be said.
    fn roll_back(&mut self, error: StoreError) -> StoreError;
}

/// Runs a statement and reads its rows.
pub fn rows<T>(
    plain: &mut dyn Plain,
    sql: &str,
    values: &[Value],
    mut read: impl FnMut(&mut PlainRow<'_>) -> StoreResult<T>,
) -> StoreResult<Vec<T>> {
    let mut rows = Vec::new();
    plain.run(sql, values, &mut |row| {
        rows.push(read(row)?);
        Ok(())
    })?;
    Ok(rows)
}

/// Runs a statement of which no rows are wanted.
pub fn run(plain: &mut dyn Plain, sql: &str, values: &[Value]) -> StoreResult<()> {
    plain.run(sql, values, &mut |_| Ok(()))
}

/// Does all of it in one transaction, or nothing.
pub fn in_transaction<T>(
    plain: &mut dyn Plain,
    work: impl FnOnce(&mut dyn Plain) -> StoreResult<T>,
) -> StoreResult<T> {
    plain.begin()?;
    let done = match work(plain) {
        Ok(done) => done,
        Err(error) => return Err(plain.roll_back(error)),
    };
    plain.commit()?;
    Ok(done)
}

/// Between two statements of long work: whether anybody still waits for it.
pub fn still_wanted(plain: &dyn Plain) -> StoreResult<()> {
    match plain.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
        true => Err(StoreError::late()),
        false => Ok(()),
    }
}

/// A JSON array, for a statement that takes its rows from one.
pub fn array<T: serde::Serialize>(values: impl IntoIterator<Item = T>) -> Value {
    let values: Vec<T> = values.into_iter().collect();
    // Serialising plain data into text cannot fail.
    Value::Text(serde_json::to_string(&values).unwrap_or_default())
}
