//! The file as work sees it that is the same for all databases.

use super::Open;
use super::session::{RowFields, store_error};
use super::statements::SYNTAX;
use crate::history::fields::Fields;
use crate::history::names::Names;
use crate::history::plain::{Columns, Each, Plain, PlainRow};
use crate::history::select::{Syntax, Value};
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use rusqlite::params_from_iter;
use std::time::Instant;

impl Plain for Open {
    fn names(&self) -> &Names {
        &self.names
    }

    fn syntax(&self) -> &'static Syntax {
        &SYNTAX
    }

    fn deadline(&self) -> Option<Instant> {
        self.limit.deadline()
    }

    fn run(&mut self, sql: &str, values: &[Value], each: Each<'_>) -> StoreResult<()> {
        self.limit.begin();
        let mut statement = self.connection.prepare_cached(sql).map_err(store_error)?;
        let mut rows = statement.query(params_from_iter(values)).map_err(store_error)?;
        while let Some(row) = rows.next().map_err(store_error)? {
            each(&mut PlainRow(&mut RowFields::new(row)))?;
        }
        Ok(())
    }

    fn begin(&mut self) -> StoreResult<()> {
        self.limit.begin();
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(store_error)
    }

    fn commit(&mut self) -> StoreResult<()> {
        self.connection.execute_batch("COMMIT").map_err(|error| {
            let error = super::session::commit_error(error);
            self.roll_back(error)
        })
    }

    fn roll_back(&mut self, error: StoreError) -> StoreError {
        // Some errors have taken the transaction back already.
        if !self.connection.is_autocommit() && self.connection.execute_batch("ROLLBACK").is_err() {
            return StoreError::new(StoreErrorKind::Away, error.message);
        }
        error
    }
}

impl Columns for RowFields<'_, '_> {
    fn text_or_null(&mut self) -> StoreResult<Option<String>> {
        Fields::text_or_null(self).map_err(store_error)
    }

    fn number_or_null(&mut self) -> StoreResult<Option<i64>> {
        Fields::number_or_null(self).map_err(store_error)
    }
}
