//! What the statements of a batch answer: few rows, which say how many writes
//! were done and which were not as expected.

use super::json::Json;
use super::session::Session;
use crate::history::fields::Fields;
use crate::history::record::Written;
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use std::collections::HashSet;
use uuid::Uuid;

/// One row of an answer: what it is about, and up to four texts.
pub struct Answer {
    pub what: i64,
    pub texts: [String; 4],
}

/// Done: how many there were, or the id of one of them.
pub const DONE: i64 = 0;
/// A message with this id is there already.
pub const KNOWN: i64 = 1;
/// The reference was used before.
pub const REFERENCED: i64 = 2;

impl Answer {
    /// The first text, as a count.
    pub fn count(&self) -> StoreResult<usize> {
        self.texts[0].parse().map_err(|_| unexpected("a count that is no number"))
    }

    /// The second text, as a count.
    pub fn second_count(&self) -> StoreResult<usize> {
        self.texts[1].parse().map_err(|_| unexpected("a count that is no number"))
    }

    /// The first text, as an id.
    pub fn id(&self) -> StoreResult<Uuid> {
        id(&self.texts[0])
    }
}

/// A text of an answer, as an id.
pub fn id(text: &str) -> StoreResult<Uuid> {
    text.parse().map_err(|_| unexpected("an id that is none"))
}

/// The ids of what was done.
pub fn ids(answers: &[Answer]) -> StoreResult<HashSet<Uuid>> {
    answers.iter().map(Answer::id).collect()
}

/// Runs a statement with a batch.
pub fn ask(session: &mut Session, sql: &str, json: &mut Json) -> StoreResult<Vec<Answer>> {
    answers(session, sql, json.end())
}

/// The same with a batch that is a text already.
pub fn answers(session: &mut Session, sql: &str, batch: &[u16]) -> StoreResult<Vec<Answer>> {
    session.rows_of_batch(sql, batch, |row| {
        Ok(Answer { what: row.number()?, texts: [row.text()?, row.text()?, row.text()?, row.text()?] })
    })
}

/// What became of each write of a batch, by its place in what was asked for. A
/// write without an answer must not be released.
pub struct Outcomes(Vec<Option<Written>>);

impl Outcomes {
    /// Of so many writes nothing is known yet.
    pub fn new(writes: usize) -> Outcomes {
        Outcomes(vec![None; writes])
    }

    /// What became of one write.
    pub fn set(&mut self, place: usize, written: Written) {
        if let Some(outcome) = self.0.get_mut(place) {
            *outcome = Some(written);
        }
    }

    /// What became of all of them.
    pub fn all(self) -> StoreResult<Vec<Written>> {
        let outcomes: Option<Vec<Written>> = self.0.into_iter().collect();
        outcomes.ok_or_else(|| unexpected("a write has no answer"))
    }
}

/// The statement said something that it cannot say: nothing is committed.
pub fn unexpected(what: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Away, format!("the database gave an unexpected answer: {what}"))
}
