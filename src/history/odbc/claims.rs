//! Claims whose answer was lost.
//!
//! A claim is one statement that commits itself. Where the connection goes
//! before its answer comes, it is not known what it took: that belongs to a
//! living worker that knows nothing of it, so nobody else would ever take it.
//! Each claim leaves a mark in the rows that it takes, and the worker's next
//! claim reads what the lost one marked. A mark is kept here from before the
//! claim until its answer is sure to arrive: the thread that makes the claim
//! may be given up at any moment between.

use super::dialect::Statements;
use super::session::Session;
use crate::history::record::Claimed;
use crate::history::select::Value;
use crate::history::store::{StoreErrorKind, StoreResult, Worker};
use crate::history::tables::read_claimed;
use crate::history::watch;
use crate::message::clock::Millis;
use crate::threads;
use std::sync::Mutex;
use uuid::Uuid;

/// The marks of claims whose answer was lost, for whichever connection comes
/// next.
#[derive(Default)]
pub struct LostClaims(Mutex<Vec<(Uuid, i64)>>);

impl LostClaims {
    fn add(&self, worker: Uuid, mark: i64) {
        threads::lock(&self.0).push((worker, mark));
    }

    fn of(&self, worker: Uuid) -> Vec<i64> {
        let marks = threads::lock(&self.0);
        marks.iter().filter(|(of, _)| *of == worker).map(|(_, mark)| *mark).collect()
    }

    /// Forgets marks, unless the answer that makes them useless is lost too.
    fn answered(&self, worker: Uuid, known: &[i64]) {
        if watch::answer_arrives() {
            let mut marks = threads::lock(&self.0);
            marks.retain(|(of, mark)| *of != worker || !known.contains(mark));
        }
    }
}

/// Runs a claim, whose last values are the worker and the mark.
pub fn claim(
    session: &mut Session,
    statements: &Statements,
    lost: &LostClaims,
    worker: &Worker,
    sql: &str,
    mut values: Vec<Value>,
) -> StoreResult<Vec<Claimed>> {
    let id = Value::Text(worker.id.to_string());
    let mut claimed = Vec::new();
    let marks = lost.of(worker.id);
    for mark in &marks {
        let values = [id.clone(), Value::Integer(*mark)];
        claimed.extend(session.rows(&statements.claimed, &values, |row| read_claimed(row, Millis::now()))?);
    }
    if !claimed.is_empty() {
        lost.answered(worker.id, &marks);
        return Ok(claimed);
    }
    // Random, so that it is this claim's alone.
    let mark = (Uuid::new_v4().as_u128() & (i64::MAX as u128)) as i64;
    values.extend([id, Value::Integer(mark)]);
    lost.add(worker.id, mark);
    let mut taken = session.rows(sql, &values, |row| read_claimed(row, Millis::now()));
    // Not every server gives in an order what it changes.
    if let Ok(taken) = &mut taken {
        taken.sort_by_key(|claimed| (claimed.message.priority as i16, claimed.queue.not_before));
    }
    if !matches!(&taken, Err(error) if error.kind == StoreErrorKind::Away) {
        lost.answered(worker.id, &[marks.as_slice(), &[mark]].concat());
    }
    taken
}
