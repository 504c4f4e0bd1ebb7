//! Claims whose answer was lost.
//!
//! A claim is one statement that commits itself. Where the connection goes
//! before its answer comes, it is not known what it took: that belongs to a
//! living worker that knows nothing of it, so nobody else would ever take it.
//! Each claim leaves a mark in the rows that it takes, and the worker's next
//! claim reads what the lost one marked.

use super::dialect::Statements;
use super::session::Session;
use crate::history::record::Claimed;
use crate::history::select::Value;
use crate::history::store::{StoreErrorKind, StoreResult, Worker};
use crate::history::tables::read_claimed;
use crate::message::clock::Millis;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// The marks of claims whose answer was lost, for whichever connection comes
/// next.
#[derive(Default)]
pub struct LostClaims(Mutex<Vec<(Uuid, i64)>>);

impl LostClaims {
    fn add(&self, worker: Uuid, mark: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((worker, mark));
    }

    fn take(&self, worker: Uuid) -> Vec<i64> {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (own, others) = marks.drain(..).partition(|(of, _)| *of == worker);
        *marks = others;
        let own: Vec<(Uuid, i64)> = own;
        own.into_iter().map(|(_, mark)| mark).collect()
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
    for mark in lost.take(worker.id) {
        let values = [id.clone(), Value::Integer(mark)];
        match session.rows(&statements.claimed, &values, |row| read_claimed(row, Millis::now())) {
            Ok(found) => claimed.extend(found),
            Err(error) => {
                lost.add(worker.id, mark);
                return Err(error);
            }
        }
    }
    if !claimed.is_empty() {
        return Ok(claimed);
    }
    // Random, so that it is this claim's alone.
    let mark = (Uuid::new_v4().as_u128() & (i64::MAX as u128)) as i64;
    values.extend([id, Value::Integer(mark)]);
    let taken = session.rows(sql, &values, |row| read_claimed(row, Millis::now()));
    if matches!(&taken, Err(error) if error.kind == StoreErrorKind::Away) {
        lost.add(worker.id, mark);
    }
    taken
}
