//! PostgreSQL, through psqlODBC.

mod batches;
mod check;
mod clock;
mod errors;
mod events;
mod moved;
mod rights;
mod schema;
mod script;
mod usual;
mod work;
mod writes;

use super::classify::Rules;
use super::dialect::{Dialect, Statements};
use super::session::Session;
use crate::history::fields::Fields;
use crate::history::finding::Finding;
use crate::history::names::Names;
use crate::history::query::{EventPage, EventQuery};
use crate::history::select::{self, Syntax, Value};
use crate::history::store::StoreResult;
use crate::history::tables::Change;
use std::time::Duration;

/// PostgreSQL.
pub struct Postgres;

/// What psqlODBC must be told, unless the connection string says otherwise.
const ATTRIBUTES: &[(&str, &str)] = &[
    // No savepoint around every statement: we take the whole back ourselves.
    ("Protocol", "7.4-0"),
    // On Windows the driver would turn every LF into CRLF.
    ("LFConversion", "0"),
    // A server that vanished without a word is noticed, also in mid-statement.
    ("pqopt", "{keepalives_idle=15 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=20000}"),
];

/// Session settings, in one round trip.
///
/// * Commits are durable: a weaker setting is raised, a stronger one stays.
/// * Nobody waits without end, for locks, statements, or a client that sleeps
///   in mid-transaction: it holds back locks and everybody's events. All of
///   these end before the client gives the connection up: a transaction that
///   its client has given up is not to be committed later, by a COMMIT that
///   was on its way for long or a server that goes on after a stop.
/// * All our statements look up rows by their keys. Plans are made once, when
///   the tables may be empty, so the ways that would read whole tables are
///   switched off rather than left to an estimate.
fn set_up(statement_timeout: Duration) -> String {
    let all = statement_timeout.as_millis();
    let (lock, idle) = (all.min(5_000), all.min(10_000));
    format!(
        "SELECT set_config('application_name', 'wa-connector', false), \
         set_config('synchronous_commit', \
         CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN 'on' \
         ELSE current_setting('synchronous_commit') END, false), \
         set_config('default_transaction_isolation', 'read committed', false), \
         set_config('lock_timeout', '{lock}', false), set_config('statement_timeout', '{all}', false), \
         set_config('idle_in_transaction_session_timeout', '{idle}', false), \
         set_config('plan_cache_mode', 'force_generic_plan', false), set_config('jit', 'off', false), \
         set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false), \
         set_config('enable_mergejoin', 'off', false)"
    )
}

const LIMIT_STATEMENTS: &str = "SELECT set_config('statement_timeout', ?, false)";

const SYNTAX: Syntax = Syntax {
    // In the collation "C" nothing but letters of ASCII has a case.
    may_hold: Some("lower(body COLLATE \"C\") LIKE ? ESCAPE '!'"),
    ids: "SELECT CAST(i.id AS uuid) FROM jsonb_array_elements_text(CAST(? AS jsonb)) i(id)",
    words: "SELECT i.word COLLATE \"C\" FROM jsonb_array_elements_text(CAST(? AS jsonb)) i(word)",
    clock: clock::CLOCK,
    event_key: &["tx", "seq"],
    beyond: select::row_is_beyond,
    id: "CAST(? AS uuid)",
    number: "CAST(? AS bigint)",
    first,
    exactly: None,
    batches: batches::BATCHES,
};

fn first(select: &str, rows: usize) -> String {
    format!("{select} LIMIT {rows}")
}

impl Dialect for Postgres {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn known_by(&self) -> &'static [&'static str] {
        &["postgres"]
    }

    fn attributes(&self, _driver: &str) -> &'static [(&'static str, &'static str)] {
        ATTRIBUTES
    }

    fn rules(&self) -> Rules {
        errors::kind_of
    }

    fn set_up(&self, session: &mut Session) -> StoreResult<()> {
        let sql = set_up(session.statement_timeout());
        session.rows(&sql, &[], |_| Ok(())).map(drop)
    }

    fn limit_statements(&self, session: &mut Session, longest: Duration) -> StoreResult<()> {
        // 0 would be no limit.
        let millis = longest.as_millis().max(1).to_string();
        session.rows(LIMIT_STATEMENTS, &[Value::Text(millis)], |_| Ok(())).map(drop)
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
            usual: Some(usual::usual(names)),
            hold_worker: Some(work::hold_worker(names)),
            renew: work::renew(names),
            release: work::release(names),
            claim: work::claim(names),
            adopt: Some(work::adopt(names)),
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
        let sql = "SELECT concat('PostgreSQL ', current_setting('server_version'), ', fsync=', current_setting('fsync'), \
             ', full_page_writes=', current_setting('full_page_writes'), \
             ', synchronous_commit=', current_setting('synchronous_commit'), \
             ', synchronous_standby_names=', coalesce(nullif(current_setting('synchronous_standby_names'), ''), 'none'))";
        let rows = session.rows(sql, &[], |row| row.text())?;
        Ok(rows.into_iter().next().unwrap_or_default())
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

    fn is_moved(&self, session: &mut Session, names: &Names) -> StoreResult<bool> {
        moved::is_moved(session, names)
    }

    fn settle_in(&self, session: &mut Session, names: &Names) -> StoreResult<()> {
        moved::number_anew(session, names)
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

    fn rights_to_migrate(&self, names: &Names, role: &str, from: i64) -> String {
        rights::to_migrate(names, role, from)
    }
}
