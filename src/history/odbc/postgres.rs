//! PostgreSQL, through psqlODBC.

mod check;
mod commit;
mod events;
mod read;
mod schema;
mod work;

pub use work::DoubtfulClaims;

use super::super::finding::Finding;
use super::super::names::Names;
use super::super::query::{EventPage, EventQuery, Query, Row};
use super::super::record::{Claimed, Write, Written};
use super::super::store::{Connection, Memorandum, StoreErrorKind, StoreResult, Worker};
use super::session::Session;
use crate::message::clock::Millis;
use crate::settings::Migrate;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What psqlODBC must be told, unless the connection string says otherwise.
pub const ATTRIBUTES: &[(&str, &str)] = &[
    // No savepoint around every statement: we take the whole back ourselves.
    ("Protocol", "7.4-0"),
    // On Windows the driver would turn every LF into CRLF.
    ("LFConversion", "0"),
    // A server that vanished without a word is noticed, also in mid-statement.
    ("pqopt", "{keepalives_idle=15 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=20000}"),
];

/// The database's clock, in milliseconds, at this very moment.
const CLOCK: &str = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)";
/// The same at the beginning of the statement: what an index can be asked for.
const STATEMENT_CLOCK: &str = "CAST(extract(epoch FROM statement_timestamp()) * 1000 AS bigint)";

/// Session settings, in one round trip.
///
/// * Commits are durable: a weaker setting is raised, a stronger one stays.
/// * Nobody waits without end, for locks, statements, or a client that sleeps
///   in mid-transaction: it holds back locks and everybody's events.
/// * All our statements look up rows by their keys. Plans are made once, when
///   the tables may be empty, so the ways that would read whole tables are
///   switched off rather than left to an estimate.
const SET_UP: &str = "SELECT set_config('application_name', 'wa-connector', false), \
     set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN 'on' \
     ELSE current_setting('synchronous_commit') END, false), \
     set_config('default_transaction_isolation', 'read committed', false), \
     set_config('lock_timeout', '5s', false), set_config('statement_timeout', '30s', false), \
     set_config('idle_in_transaction_session_timeout', '10s', false), \
     set_config('plan_cache_mode', 'force_generic_plan', false), set_config('jit', 'off', false), \
     set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false), \
     set_config('enable_mergejoin', 'off', false)";

/// An open connection.
pub struct Open {
    session: Session,
    names: Names,
    statements: commit::Statements,
    doubtful_claims: Arc<DoubtfulClaims>,
}

impl Open {
    pub fn new(
        mut session: Session,
        names: Names,
        doubtful_claims: Arc<DoubtfulClaims>,
    ) -> StoreResult<Open> {
        session.rows(SET_UP, &[], |_| Ok(()))?;
        let statements = commit::Statements::new(&names);
        Ok(Open { session, names, statements, doubtful_claims })
    }
}

impl Connection for Open {
    fn migrate(&mut self, how: Migrate) -> StoreResult<()> {
        schema::migrate(&mut self.session, &self.names, how)
    }
    fn commit(&mut self, writes: &[Write]) -> StoreResult<Vec<Written>> {
        commit::commit(&mut self.session, &mut self.statements, writes)
    }
    fn renew(&mut self, worker: &Worker) -> StoreResult<()> {
        work::renew(&mut self.session, &self.names, worker)
    }
    fn release(&mut self, worker: Uuid) -> StoreResult<()> {
        work::release(&mut self.session, &self.names, worker)
    }
    fn claim(&mut self, worker: &Worker, most: usize) -> StoreResult<Vec<Claimed>> {
        work::claim(&mut self.session, &self.names, &self.doubtful_claims, worker, most)
    }
    fn take_over(&mut self, worker: &Worker, grace: Duration, most: usize) -> StoreResult<Vec<Claimed>> {
        work::take_over(&mut self.session, &self.names, &self.doubtful_claims, worker, grace, most)
    }
    fn find(&mut self, id: Uuid) -> StoreResult<Option<Row>> {
        read::find(&mut self.session, &self.names, id)
    }
    fn page(&mut self, query: &Query) -> StoreResult<Vec<Row>> {
        read::page(&mut self.session, &self.names, query)
    }
    fn owned(&mut self, ids: &[String]) -> StoreResult<HashSet<String>> {
        read::owned(&mut self.session, &self.names, ids)
    }
    fn others_open(&mut self, recipient: &str, except: Uuid) -> StoreResult<i64> {
        read::others_open(&mut self.session, &self.names, recipient, except)
    }
    fn events(&mut self, query: &EventQuery) -> StoreResult<EventPage> {
        events::events(&mut self.session, &self.names, query)
    }
    fn acknowledged(&mut self, account_key: &str, consumer: &str) -> StoreResult<Option<String>> {
        read::acknowledged(&mut self.session, &self.names, account_key, consumer)
    }
    fn acknowledge(&mut self, account_key: &str, consumer: &str, cursor: &str) -> StoreResult<()> {
        work::acknowledge(&mut self.session, &self.names, account_key, consumer, cursor)
    }
    fn recall(&mut self, account_key: &str, key: &str, now: Millis) -> StoreResult<Option<String>> {
        read::recall(&mut self.session, &self.names, account_key, key, now)
    }
    fn remember(&mut self, account_key: &str, memory: &Memorandum) -> StoreResult<()> {
        work::remember(&mut self.session, &self.names, account_key, memory)
    }
    fn describe(&mut self) -> StoreResult<String> {
        let sql = "SELECT concat('PostgreSQL ', current_setting('server_version'), ', fsync=', current_setting('fsync'), \
             ', full_page_writes=', current_setting('full_page_writes'), \
             ', synchronous_commit=', current_setting('synchronous_commit'), \
             ', synchronous_standby_names=', coalesce(nullif(current_setting('synchronous_standby_names'), ''), 'none'))";
        let rows = self.session.rows(sql, &[], |row| row.text())?;
        Ok(rows.into_iter().next().unwrap_or_default())
    }
    fn check(&mut self) -> StoreResult<Vec<Finding>> {
        let description = self.describe()?;
        check::check(&mut self.session, &self.names, &description)
    }
}

/// What PostgreSQL's errors mean.
pub fn kind_of(state: &str, _number: i32, text: &str) -> StoreErrorKind {
    match state {
        // psqlODBC gives one SQLSTATE for all that goes wrong at the login.
        "08001" => kind_of_login(text),
        // Deadlock, lost race, lock timeout.
        "40001" | "40P01" | "55P03" => StoreErrorKind::Retry,
        // Terminated, shut down, starting up, timed out, out of memory or of
        // connections: a new connection at another moment may fare better.
        "57014" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P02" | "25P03" | "53000" | "53200"
        | "53300" => StoreErrorKind::Away,
        "HYT00" | "HYT01" | "HY008" => StoreErrorKind::Away,
        // Another process changed the tables: statements are prepared anew.
        "0A000" if text.contains("cached plan") => StoreErrorKind::Away,
        // A table, column or schema that is not there.
        "42P01" | "42703" | "3F000" | "42S02" | "42S22" => StoreErrorKind::Schema,
        // Too long for an index, or for the server.
        "54000" => StoreErrorKind::Data,
        _ if state.starts_with("08") => StoreErrorKind::Away,
        _ if state.starts_with("22") || state.starts_with("23") => StoreErrorKind::Data,
        _ => StoreErrorKind::Configuration,
    }
}

/// The words are all there is: the server's after FATAL, or the client
/// library's own.
fn kind_of_login(text: &str) -> StoreErrorKind {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&[
        "starting up",
        "shutting down",
        "recovery mode",
        "too many clients",
        "too many connections",
        "connection slots",
        "terminating connection",
        "not yet accepting",
    ]) {
        return StoreErrorKind::Away;
    }
    // Whoever gets an answer from the server has reached it.
    if has(&[
        "FATAL",
        "no password supplied",
        "authentication",
        "SSL",
        "certificate",
        "invalid connection option",
    ]) {
        return StoreErrorKind::Configuration;
    }
    StoreErrorKind::Away
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_told_apart_by_their_words() {
        for (text, kind) in [
            (
                r#"connection to server at "127.0.0.1", port 1 failed: Connection refused"#,
                StoreErrorKind::Away,
            ),
            (r#"FATAL:  password authentication failed for user "wa""#, StoreErrorKind::Configuration),
            (r#"FATAL:  database "x" does not exist"#, StoreErrorKind::Configuration),
            ("FATAL:  the database system is starting up", StoreErrorKind::Away),
            ("FATAL:  sorry, too many clients already", StoreErrorKind::Away),
            ("server does not support SSL, but SSL was required", StoreErrorKind::Configuration),
            ("timeout expired", StoreErrorKind::Away),
        ] {
            assert_eq!(kind_of("08001", 101, text), kind, "{text}");
        }
    }
}
