//! SQL Server, through Microsoft's ODBC driver or FreeTDS.

mod batch;
mod batches;
mod check;
mod clock;
mod errors;
mod events;
mod rights;
mod schema;
mod script;
#[cfg(test)]
mod tests;
mod types;
mod work;
mod writes;

use super::classify::Rules;
use super::dialect::{Dialect, Statements};
use super::session::{Session, Transactions};
use crate::history::finding::Finding;
use crate::history::names::Names;
use crate::history::query::{EventPage, EventQuery};
use crate::history::select::{self, Syntax, Value};
use crate::history::store::StoreResult;
use crate::history::tables::Change;
use std::num::NonZeroUsize;
use std::time::Duration;

/// SQL Server.
pub struct SqlServer;

/// What Microsoft's driver must be told, unless the connection string says
/// otherwise.
const OF_MICROSOFT: &[(&str, &str)] = &[
    ("APP", "wa-connector"),
    // A connection that was lost is made anew by us, who know what was under
    // way on it, and never behind our back.
    ("ConnectRetryCount", "0"),
];

/// What FreeTDS must be told: older versions of the protocol have no long texts.
const OF_FREETDS: &[(&str, &str)] =
    &[("APP", "wa-connector"), ("TDS_Version", "7.4"), ("ClientCharset", "UTF-8")];

/// A data source does not tell its driver's name.
const OF_ANY: &[(&str, &str)] = &[("APP", "wa-connector")];

/// Session settings, in one round trip and outside of any statement that is
/// prepared: there they would end with it.
///
/// * An error takes the whole transaction back, whatever it was, so that no
///   half of a batch is left for a COMMIT.
/// * The seven that filtered indexes and computed columns ask for: without
///   them nobody can write these tables.
/// * Nobody waits for a lock without an end.
/// * Long texts come whole: FreeTDS cuts them at 64 KB unless told.
/// * Statements give no counts of rows: a driver takes them for an answer.
fn set_up(statement_timeout: Duration) -> String {
    format!(
        "{FOR_WRITERS}; SET IMPLICIT_TRANSACTIONS OFF; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; \
         SET TEXTSIZE 2147483647; SET NOCOUNT ON; {}",
        schema::lock_timeout(schema::longest_lock(statement_timeout))
    )
}

/// Without these nobody can write tables with filtered indexes and computed
/// columns; and an error takes the whole transaction back.
const FOR_WRITERS: &str = "SET XACT_ABORT ON; SET QUOTED_IDENTIFIER ON; SET ANSI_NULLS ON; SET ANSI_PADDING ON; \
     SET ANSI_WARNINGS ON; SET ARITHABORT ON; SET CONCAT_NULL_YIELDS_NULL ON; SET NUMERIC_ROUNDABORT OFF";

/// Begun and ended by statements. A driver's own way says that all went well
/// where the server has ended the transaction long before; `COMMIT` is an error
/// there, and the row behind it proves that it was reached. And FreeTDS cannot
/// take back what the server took back already.
static TRANSACTIONS: Transactions = Transactions {
    begin: "BEGIN TRANSACTION",
    commit: "COMMIT TRANSACTION; SELECT 1 AS committed",
    roll_back: "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION",
};

/// The longest text of a type that can be compared. Microsoft's driver makes
/// longer ones `ntext`.
const LONGEST_WORD: NonZeroUsize = NonZeroUsize::new(4000).unwrap();

const SYNTAX: Syntax = Syntax {
    // How a collation compares is not how the library does.
    may_hold: None,
    ids: IDS,
    words: "SELECT CAST(j.value AS nvarchar(600)) COLLATE Latin1_General_BIN2 FROM OPENJSON(CAST(? AS nvarchar(max))) j",
    clock: clock::CLOCK,
    event_key: &["seq"],
    beyond: row_is_beyond,
    id: "CAST(? AS uniqueidentifier)",
    number: "CAST(? AS bigint)",
    first,
    exactly: Some(exactly),
    batches: batches::BATCHES,
};

/// Ids out of a JSON array.
const IDS: &str = "SELECT CAST(j.value AS uniqueidentifier) FROM OPENJSON(CAST(? AS nvarchar(max))) j";

/// Rows cannot be compared as a whole: column by column, as far as they are
/// alike.
fn row_is_beyond(columns: &[&str], place: &[Value]) -> (String, Vec<Value>) {
    let mut values = Vec::new();
    let mut ways = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let mut conditions: Vec<String> = columns[..at].iter().map(|alike| format!("{alike} = ?")).collect();
        conditions.push(format!("{column} > ?"));
        ways.push(format!("({})", conditions.join(" AND ")));
        values.extend(place.iter().take(at + 1).cloned());
    }
    (format!("({})", ways.join(" OR ")), values)
}

fn first(select: &str, rows: usize) -> String {
    select.replacen("SELECT ", &format!("SELECT TOP ({rows}) "), 1)
}

/// With a point behind them, blanks at the end count.
fn exactly(column: &str, values: usize) -> String {
    format!("{column} + N'.' IN ({})", vec!["? + N'.'"; values].join(", "))
}

impl Dialect for SqlServer {
    fn name(&self) -> &'static str {
        "SQL Server"
    }

    fn known_by(&self) -> &'static [&'static str] {
        &["sql server", "msodbcsql", "freetds", "tdsodbc", "sqlncli"]
    }

    fn attributes(&self, driver: &str) -> &'static [(&'static str, &'static str)] {
        match driver {
            "" => OF_ANY,
            _ if driver.contains("tds") => OF_FREETDS,
            _ => OF_MICROSOFT,
        }
    }

    fn rules(&self) -> Rules {
        errors::kind_of
    }

    fn set_up(&self, session: &mut Session) -> StoreResult<()> {
        session.use_transactions(&TRANSACTIONS);
        session.use_words(LONGEST_WORD);
        session.execute(&set_up(session.statement_timeout()))
    }

    fn limit_statements(&self, session: &mut Session, longest: Duration) -> StoreResult<()> {
        // The server has no such setting: the driver asks it to stop.
        session.limit_statements(longest);
        Ok(())
    }

    fn syntax(&self) -> &'static Syntax {
        &SYNTAX
    }

    fn statements(&self, names: &Names) -> Statements {
        Statements {
            record: writes::record(names),
            intent: writes::intent(names),
            settle: writes::settle(names),
            withdraw: writes::withdraw(names),
            event: writes::event(names),
            // One statement that commits itself gains nothing where every text of several statements is one round trip.
            usual: None,
            adopt: None,
            hold_worker: None,
            renew: work::renew(names),
            release: work::release(names),
            claim: work::claim(names),
            take_over: work::take_over(names),
            claimed: work::claimed(names),
            acknowledge: work::acknowledge(names),
            remember: work::remember(names),
            hide: select::hide(names, &SYNTAX),
            attempts: work::attempts(names),
            owned: work::owned(names),
            age: work::age(names),
        }
    }

    fn events(&self, session: &mut Session, names: &Names, query: &EventQuery) -> StoreResult<EventPage> {
        events::events(session, names, query)
    }

    fn describe(&self, session: &mut Session) -> StoreResult<String> {
        check::describe(session)
    }

    fn check(&self, session: &mut Session, names: &Names, found: Option<i64>) -> StoreResult<Vec<Finding>> {
        check::check(session, names, found)
    }

    fn check_server(&self, session: &mut Session) -> StoreResult<()> {
        schema::check_server(session)
    }

    fn version(&self, session: &mut Session, names: &Names) -> StoreResult<Option<i64>> {
        schema::version(session, names)
    }

    fn lock_tables(&self, session: &mut Session, names: &Names) -> StoreResult<()> {
        schema::lock_tables(session, names)
    }

    fn make_schema(&self, session: &mut Session, names: &Names) -> StoreResult<()> {
        schema::make_schema(session, names)
    }

    /// The numbers by which events are ordered go with a backup.
    fn is_moved(&self, _session: &mut Session, _names: &Names) -> StoreResult<bool> {
        Ok(false)
    }

    fn settle_in(&self, _session: &mut Session, _names: &Names) -> StoreResult<()> {
        Ok(())
    }

    fn change(&self, names: &Names, step: i64, change: &Change) -> Vec<String> {
        schema::change(names, step, change)
    }

    fn step_made(&self, names: &Names) -> String {
        schema::step_made(names)
    }

    fn script(&self, names: &Names, from: i64) -> String {
        script::script(names, from)
    }

    fn rights_to_run(&self, names: &Names, role: &str) -> String {
        rights::to_run(names, role)
    }

    fn rights_to_migrate(&self, names: &Names, role: &str, _from: i64) -> String {
        rights::to_migrate(names, role)
    }
}
