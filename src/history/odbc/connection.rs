//! A connection to a server: the work that is the same for all of them, with
//! the statements of its dialect.

use super::claims::{self, LostClaims};
use super::dialect::{Dialect, Statements};
use super::json::Json;
use super::session::Session;
use super::{commit, migrate, replay, rewound};
use crate::history::fields::Fields;
use crate::history::finding::{Condition, Finding};
use crate::history::marks::Marks;
use crate::history::names::Names;
use crate::history::pages;
use crate::history::plain::{Each, Plain, PlainRow};
use crate::history::query::{EventPage, EventQuery, Query, Row};
use crate::history::record::{AttemptRow, Claimed, MessageRow, Write, Written};
use crate::history::replay::{Part, Replayed};
use crate::history::select::{Questions, Syntax, Value};
use crate::history::store::{
    Connection, Memorandum, Migrate, StoreError, StoreErrorKind, StoreResult, Work, Worker,
};
use crate::history::tables::{VERSION, read_attempt, read_message};
use crate::message::clock::Millis;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// An open connection.
pub struct Open {
    session: Session,
    dialect: &'static dyn Dialect,
    names: Names,
    statements: Statements,
    questions: Questions,
    /// Room for the parameter of a batch.
    json: Json,
    lost_claims: Arc<LostClaims>,
    /// Who said on this connection that it lives.
    worker: Option<Uuid>,
    deadline: Option<Instant>,
}

impl Open {
    /// Takes a session that was just opened.
    pub fn new(
        mut session: Session,
        dialect: &'static dyn Dialect,
        names: Names,
        lost_claims: Arc<LostClaims>,
    ) -> StoreResult<Open> {
        dialect.set_up(&mut session)?;
        let statements = dialect.statements(&names);
        let questions = Questions::new(&names, dialect.syntax());
        Ok(Open {
            session,
            dialect,
            names,
            statements,
            questions,
            json: Json::default(),
            lost_claims,
            worker: None,
            deadline: None,
        })
    }

    /// Runs a statement of which no rows are wanted.
    fn run(&mut self, sql: fn(&Statements) -> &str, values: &[Value]) -> StoreResult<()> {
        self.session.rows(sql(&self.statements), values, |_| Ok(())).map(drop)
    }

    /// Asks something that may take long, of which nobody wants the answer
    /// after the deadline: the server ends it then.
    fn within_deadline<T>(&mut self, ask: impl FnOnce(&mut Self) -> StoreResult<T>) -> StoreResult<T> {
        let Some(deadline) = self.deadline else { return ask(self) };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(StoreError::late());
        }
        let longest = self.session.statement_timeout();
        if left >= longest {
            // The session's own limit is the nearer one.
            return ask(self);
        }
        self.dialect.limit_statements(&mut self.session, left)?;
        let answer = ask(self).map_err(|error| {
            let late = deadline <= Instant::now() + CLOCKS_DIFFER && !self.session.dead();
            if late { StoreError::late() } else { error }
        });
        if !matches!(&answer, Err(error) if error.kind == StoreErrorKind::Away) {
            self.dialect.limit_statements(&mut self.session, longest)?;
        }
        answer
    }

    fn with_attempts(&mut self, messages: Vec<MessageRow>) -> StoreResult<Vec<Row>> {
        let mut attempts: HashMap<Uuid, Vec<AttemptRow>> = HashMap::new();
        if !messages.is_empty() {
            let mut ids = Json::default();
            ids.begin();
            for message in &messages {
                ids.element(&message.id.to_string());
            }
            let found =
                self.session.rows_of_batch(&self.statements.attempts, ids.end(), |row| read_attempt(row))?;
            for (id, attempt) in found {
                attempts.entry(id).or_default().push(attempt);
            }
        }
        Ok(Row::all(messages, attempts))
    }
}

/// So often what dead workers left is looked for at each call. What is still
/// to be done then is done by the next ones.
const MOST_RUNS: usize = 8;

/// The server may end a statement so much before its deadline by our clock.
const CLOCKS_DIFFER: Duration = Duration::from_millis(20);

impl Connection for Open {
    fn until(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    fn migrate(&mut self, how: Migrate) -> StoreResult<()> {
        migrate::migrate(&mut self.session, self.dialect, &self.names, how)
    }

    fn commit(&mut self, writes: &[Write]) -> StoreResult<Vec<Written>> {
        commit::commit(&mut self.session, &self.statements, &mut self.json, self.worker, writes)
    }

    fn identity(&mut self) -> StoreResult<Uuid> {
        replay::identity(&mut self.session, &self.names)
    }

    fn replay(&mut self, part: &Part) -> StoreResult<Replayed> {
        let syntax = self.dialect.syntax();
        replay::replay(&mut self.session, &self.names, syntax, &self.statements, &mut self.json, part)
    }

    fn marks(&mut self, worker: Uuid) -> StoreResult<Marks> {
        rewound::marks(&mut self.session, &self.names, self.dialect.syntax(), worker)
    }

    fn mark(&mut self, worker: Uuid) -> StoreResult<Marks> {
        rewound::mark(&mut self.session, &self.names, self.dialect.syntax(), worker)
    }

    fn decide(&mut self, decision: i64) -> StoreResult<()> {
        rewound::decide(&mut self.session, &self.names, self.dialect.syntax(), decision)
    }

    fn renew(&mut self, worker: &Worker) -> StoreResult<()> {
        let values = [id(worker.id), text(&worker.account_key), text(&worker.host), millis(worker.lease)];
        match &self.statements.hold_worker {
            None => self.run(|sql| &sql.renew, &values)?,
            Some(hold) => commit::in_one_transaction(&mut self.session, |session| {
                session.rows(hold, &values[..1], |_| Ok(()))?;
                session.rows(&self.statements.renew, &values, |_| Ok(())).map(drop)
            })?,
        }
        self.worker = Some(worker.id);
        Ok(())
    }

    fn release(&mut self, worker: Uuid) -> StoreResult<()> {
        self.run(|sql| &sql.release, &[id(worker), id(worker)])
    }

    fn claim(&mut self, worker: &Worker, most: usize) -> StoreResult<Vec<Claimed>> {
        let values = vec![text(&worker.account_key), count(most)];
        let sql = &self.statements;
        claims::claim(&mut self.session, sql, &self.lost_claims, worker, &sql.claim, values)
    }

    fn take_over(&mut self, worker: &Worker, grace: Duration, most: usize) -> StoreResult<Vec<Claimed>> {
        if let Some(adopt) = &self.statements.adopt {
            let account = [text(&worker.account_key)];
            let mut runs = 0..MOST_RUNS;
            while runs.next().is_some()
                && self
                    .session
                    .rows(adopt, &account, |row| row.number())?
                    .first()
                    .is_some_and(|more| *more > 0)
            {}
        }
        let values = vec![text(&worker.account_key), millis(grace), count(most)];
        let sql = &self.statements;
        claims::claim(&mut self.session, sql, &self.lost_claims, worker, &sql.take_over, values)
    }

    fn find(&mut self, id: Uuid) -> StoreResult<Option<Row>> {
        let values = [Value::Text(id.to_string())];
        let messages = self.session.rows(&self.questions.find, &values, |row| read_message(row))?;
        Ok(self.with_attempts(messages)?.into_iter().next())
    }

    fn page(&mut self, query: &Query) -> StoreResult<Vec<Row>> {
        self.within_deadline(|open| pages::page(open, query))
    }

    fn plain(&mut self, work: Work) -> StoreResult<()> {
        self.within_deadline(|open| work(open))
    }

    fn owned(&mut self, ids: &[String]) -> StoreResult<HashSet<String>> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let mut list = Json::default();
        list.begin();
        for id in ids {
            list.element(id);
        }
        let owned = self.session.rows_of_batch(&self.statements.owned, list.end(), |row| row.text())?;
        Ok(owned.into_iter().collect())
    }

    fn others_open(&mut self, recipient: &str, except: Uuid) -> StoreResult<i64> {
        let values = [text(recipient), id(except)];
        let rows = self.session.rows(&self.questions.others_open, &values, |row| row.number())?;
        Ok(rows.into_iter().next().unwrap_or_default())
    }

    fn age(&mut self, message: Uuid) -> StoreResult<Option<i64>> {
        let rows = self.session.rows(&self.statements.age, &[id(message)], |row| row.number_or_null())?;
        Ok(rows.into_iter().next().flatten())
    }

    fn events(&mut self, query: &EventQuery) -> StoreResult<EventPage> {
        self.dialect.events(&mut self.session, &self.names, query)
    }

    fn acknowledged(&mut self, account_key: &str, consumer: &str) -> StoreResult<Option<String>> {
        let values = [text(account_key), text(consumer)];
        let rows = self.session.rows(&self.questions.acknowledged, &values, |row| row.text())?;
        Ok(rows.into_iter().next())
    }

    fn acknowledge(&mut self, account_key: &str, consumer: &str, cursor: &str) -> StoreResult<()> {
        self.run(|sql| &sql.acknowledge, &[text(account_key), text(consumer), text(cursor)])
    }

    fn recall(&mut self, account_key: &str, key: &str, now: Millis) -> StoreResult<Option<String>> {
        let values = [text(account_key), text(key), Value::Integer(now.0)];
        let rows = self.session.rows(&self.questions.recall, &values, |row| row.text())?;
        Ok(rows.into_iter().next())
    }

    /// Expired rows go with every new one, so that the table stays small.
    fn remember(&mut self, account_key: &str, memory: &Memorandum) -> StoreResult<()> {
        let values = [
            text(account_key),
            Value::Integer(Millis::now().0),
            text(&memory.key),
            text(account_key),
            text(&memory.key),
            text(&memory.value),
            Value::Integer(memory.expires_at.0),
        ];
        self.run(|sql| &sql.remember, &values)
    }

    fn describe(&mut self) -> StoreResult<String> {
        self.dialect.describe(&mut self.session)
    }

    fn check(&mut self) -> StoreResult<Vec<Finding>> {
        let mut findings = vec![Finding::answers(&self.describe()?)];
        match self.dialect.check_server(&mut self.session) {
            Ok(()) => {}
            Err(error) if error.kind == StoreErrorKind::Configuration => findings.push(Finding {
                item: "database",
                condition: Condition::Broken,
                text: format!("The database cannot keep a history: {}.", error.message),
                hint: Some("Name another database in history.connection_string."),
            }),
            Err(error) => return Err(error),
        }
        let found = self.dialect.version(&mut self.session, &self.names)?;
        findings.push(Finding::of_schema(found, VERSION));
        findings.extend(self.dialect.check(&mut self.session, &self.names, found)?);
        Ok(findings)
    }
}

/// What work sees that is the same for all databases.
impl Plain for Open {
    fn names(&self) -> &Names {
        &self.names
    }

    fn syntax(&self) -> &'static Syntax {
        self.dialect.syntax()
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn run(&mut self, sql: &str, values: &[Value], each: Each<'_>) -> StoreResult<()> {
        // What `each` says of a row, where that is no error of the driver's.
        let mut refused = None;
        let done = self.session.rows(sql, values, |row| {
            if refused.is_none() {
                refused = each(&mut PlainRow(row)).err();
            }
            Ok(())
        });
        match refused {
            Some(error) => Err(error),
            None => done.map(drop),
        }
    }

    fn begin(&mut self) -> StoreResult<()> {
        self.session.begin()
    }

    fn commit(&mut self) -> StoreResult<()> {
        self.session.commit()
    }

    fn roll_back(&mut self, error: StoreError) -> StoreError {
        self.session.roll_back(error)
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn id(id: Uuid) -> Value {
    Value::Text(id.to_string())
}

fn count(most: usize) -> Value {
    Value::Integer(i64::try_from(most).unwrap_or(i64::MAX))
}

fn millis(time: Duration) -> Value {
    // Bounded, so that adding it to the clock cannot overflow.
    Value::Integer(i64::try_from(time.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 4))
}
