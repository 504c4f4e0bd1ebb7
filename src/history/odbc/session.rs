//! One connection and its prepared statements.

use super::classify::{Rules, Scrub, store_error};
use super::fields::{RowFields, parameter};
use super::process_end;
use crate::history::select::Value;
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use crate::threads;
use odbc_api::handles::StatementConnection;
use odbc_api::parameter::{InputParameter, VarWCharSlice, WithDataType};
use odbc_api::{Connection, Cursor, DataType, Error, ParameterCollectionRef, Prepared, SharedConnection};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// How a server's transactions are begun and ended by statements, where the
/// driver's own way will not do.
pub struct Transactions {
    pub begin: &'static str,
    /// Answers with a row, which proves that the server got to it.
    pub commit: &'static str,
    /// Does no harm where the server has ended the transaction already.
    pub roll_back: &'static str,
}

/// The most statements that are kept prepared.
const MOST_PREPARED: usize = 64;

type Statement = Prepared<StatementConnection<SharedConnection<'static>>>;

/// A connection that is used by one thread. The statements own a share of the
/// connection, which is why it is behind a lock that nobody ever waits for.
pub struct Session {
    /// Each with the timeout that it was given, in seconds.
    statements: HashMap<String, (Statement, usize)>,
    connection: Option<SharedConnection<'static>>,
    buffer: Vec<u16>,
    rules: Rules,
    scrub: Scrub,
    statement_timeout: Duration,
    /// How long the statements that come next may take by the driver's clock.
    limit: Duration,
    /// None: the driver begins and ends transactions.
    transactions: Option<&'static Transactions>,
    /// Texts up to this length are parameters of the type of this length.
    longest_word: Option<NonZeroUsize>,
}

impl Session {
    /// `statement_timeout` is the longest that a statement may take. The same
    /// for all of them: the driver tells the server only when it changes.
    pub fn new(
        connection: Connection<'static>,
        rules: Rules,
        scrub: Scrub,
        statement_timeout: Duration,
    ) -> Session {
        Session {
            statements: HashMap::new(),
            connection: Some(Arc::new(Mutex::new(connection))),
            buffer: Vec::new(),
            rules,
            scrub,
            statement_timeout,
            limit: statement_timeout,
            transactions: None,
            longest_word: None,
        }
    }

    /// From now on these statements begin and end transactions.
    pub fn use_transactions(&mut self, transactions: &'static Transactions) {
        self.transactions = Some(transactions);
    }

    /// From now on texts up to this length, in units of UTF-16, are parameters
    /// of a type that can be compared with a column.
    pub fn use_words(&mut self, longest: NonZeroUsize) {
        self.longest_word = Some(longest);
    }

    /// Has the driver end statements that take longer, from the next one on. It
    /// counts whole seconds.
    pub fn limit_statements(&mut self, longest: Duration) {
        self.limit = longest;
    }

    /// The longest that a statement may take.
    pub fn statement_timeout(&self) -> Duration {
        self.statement_timeout
    }

    fn timeout_seconds(&self) -> usize {
        let seconds = self.limit.as_millis().div_ceil(1000);
        usize::try_from(seconds).unwrap_or(usize::MAX).max(1)
    }

    /// What the server calls itself.
    pub fn server(&self) -> StoreResult<String> {
        let _inside = process_end::enter()?;
        let name = self.connection()?.database_management_system_name();
        name.map_err(|error| self.failed(&error))
    }

    /// Begins a transaction. It reaches the server with the first statement.
    pub fn begin(&self) -> StoreResult<()> {
        if let Some(transactions) = self.transactions {
            return self.execute(transactions.begin);
        }
        let _inside = process_end::enter()?;
        let begun = self.connection()?.set_autocommit(false);
        begun.map_err(|error| self.failed(&error))
    }

    /// Ends a transaction in which no statement failed. Its success counts
    /// only if the connection is alive after it: drivers say that a COMMIT on
    /// a lost connection went well.
    pub fn commit(&self) -> StoreResult<()> {
        let _inside = process_end::enter()?;
        let committed = match self.transactions {
            None => self.connection()?.commit().map(|()| true),
            Some(transactions) => self.answers(transactions.commit),
        };
        let answered = committed.map_err(|error| {
            let error = self.failed(&error);
            // Whatever the reason: it may be committed.
            StoreError::new(StoreErrorKind::InDoubt, error.message)
        })?;
        if !answered {
            return Err(StoreError::new(StoreErrorKind::InDoubt, "the server did not answer the COMMIT"));
        }
        if self.dead() {
            return Err(StoreError::new(
                StoreErrorKind::InDoubt,
                "the connection was lost during COMMIT; whether it is committed is not known",
            ));
        }
        if self.transactions.is_some() {
            return Ok(());
        }
        let ended = self.connection()?.set_autocommit(true);
        ended.map_err(|error| StoreError::new(StoreErrorKind::InDoubt, self.failed(&error).message))
    }

    /// Whether a statement gives a row.
    fn answers(&self, sql: &str) -> Result<bool, Error> {
        let connection = self.connection().map_err(|_| CLOSED)?;
        let Some(mut cursor) = connection.execute(sql, (), Some(self.timeout_seconds()))? else {
            return Ok(false);
        };
        Ok(cursor.next_row()?.is_some())
    }

    /// Takes a transaction back after `error`, and gives what is to be said.
    pub fn roll_back(&self, error: StoreError) -> StoreError {
        if error.kind == StoreErrorKind::Away {
            // The connection is given up: the server rolls back.
            return error;
        }
        let Ok(_inside) = process_end::enter() else {
            return StoreError::new(StoreErrorKind::Away, error.message);
        };
        let done = self.connection().and_then(|connection| {
            let taken_back = match self.transactions {
                None => connection.rollback().and_then(|()| connection.set_autocommit(true)),
                Some(sql) => connection.execute(sql.roll_back, (), Some(self.timeout_seconds())).map(|_| ()),
            };
            taken_back.map_err(|error| StoreError::new(StoreErrorKind::Away, error.to_string()))
        });
        if done.is_err() || self.dead() {
            return StoreError::new(StoreErrorKind::Away, error.message);
        }
        error
    }

    /// Runs a statement and reads its rows.
    pub fn rows<T>(
        &mut self,
        sql: &str,
        values: &[Value],
        read: impl FnMut(&mut RowFields<'_, '_>) -> Result<T, Error>,
    ) -> StoreResult<Vec<T>> {
        let word = self.longest_word;
        let parameters: Vec<Box<dyn InputParameter>> =
            values.iter().map(|value| parameter(value, word)).collect();
        self.run(sql, parameters.as_slice(), read)
    }

    /// The same with one text as the only parameter: a batch.
    pub fn rows_of_batch<T>(
        &mut self,
        sql: &str,
        batch: &[u16],
        read: impl FnMut(&mut RowFields<'_, '_>) -> Result<T, Error>,
    ) -> StoreResult<Vec<T>> {
        // One type for all lengths: another type would prepare anew.
        let length = NonZeroUsize::new(batch.len().max(1));
        let value = WithDataType::new(VarWCharSlice::new(batch), DataType::WLongVarchar { length });
        self.run(sql, &value, read)
    }

    /// Runs a statement of which no rows are wanted, without keeping it.
    pub fn execute(&self, sql: &str) -> StoreResult<()> {
        let _inside = process_end::enter()?;
        let done = self.connection()?.execute(sql, (), Some(self.timeout_seconds())).map(|_| ());
        done.map_err(|error| self.failed(&error))
    }

    fn run<T>(
        &mut self,
        sql: &str,
        parameters: impl ParameterCollectionRef,
        read: impl FnMut(&mut RowFields<'_, '_>) -> Result<T, Error>,
    ) -> StoreResult<Vec<T>> {
        let _inside = process_end::enter()?;
        let mut buffer = std::mem::take(&mut self.buffer);
        let rows = self.prepare(sql).and_then(|statement| fetch(statement, parameters, &mut buffer, read));
        buffer.shrink_to(1 << 20);
        self.buffer = buffer;
        rows.map_err(|error| self.failed(&error))
    }

    fn prepare(&mut self, sql: &str) -> Result<&mut Statement, Error> {
        debug_assert!(sql.is_ascii(), "drivers mangle other letters in a statement: {sql}");
        if !self.statements.contains_key(sql) {
            if self.statements.len() >= MOST_PREPARED {
                self.statements.clear();
            }
            let connection = self.connection.as_ref().ok_or(CLOSED)?;
            let statement = prepare(connection, sql)?;
            self.statements.insert(sql.to_owned(), (statement, 0));
        }
        let seconds = self.timeout_seconds();
        let (statement, timeout) = self.statements.get_mut(sql).ok_or(CLOSED)?;
        if *timeout != seconds {
            statement.set_query_timeout_sec(seconds)?;
            *timeout = seconds;
        }
        Ok(statement)
    }

    fn connection(&self) -> StoreResult<MutexGuard<'_, Connection<'static>>> {
        let connection = self.connection.as_ref();
        let connection =
            connection.ok_or_else(|| StoreError::new(StoreErrorKind::Away, "the connection is closed"))?;
        Ok(threads::lock(connection))
    }

    /// Whether the connection is lost. Known only after a call has failed.
    pub fn dead(&self) -> bool {
        self.connection().map_or(true, |connection| connection.is_dead().unwrap_or(true))
    }

    fn failed(&self, error: &Error) -> StoreError {
        store_error(error, self.dead(), self.rules, &self.scrub)
    }
}

const CLOSED: Error = Error::NoDiagnostics { function: "the connection is closed" };

fn prepare(connection: &SharedConnection<'static>, sql: &str) -> Result<Statement, Error> {
    use odbc_api::ConnectionTransitions;
    Arc::clone(connection).into_prepared(sql)
}

fn fetch<T>(
    statement: &mut Statement,
    parameters: impl ParameterCollectionRef,
    buffer: &mut Vec<u16>,
    mut read: impl FnMut(&mut RowFields<'_, '_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let Some(mut cursor) = statement.execute(parameters)? else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    while let Some(mut row) = cursor.next_row()? {
        rows.push(read(&mut RowFields::new(&mut row, buffer))?);
    }
    Ok(rows)
}

impl Drop for Session {
    /// Closing a lost connection panics in places, and who drops a session
    /// may be unwinding already.
    fn drop(&mut self) {
        let statements = std::mem::take(&mut self.statements);
        let connection = self.connection.take();
        let Ok(_inside) = process_end::enter_to_close() else {
            // The driver may be gone already; the end of the process closes the rest.
            std::mem::forget((statements, connection));
            return;
        };
        let _ = catch_unwind(AssertUnwindSafe(|| drop(statements)));
        let _ = catch_unwind(AssertUnwindSafe(|| drop(connection)));
    }
}
