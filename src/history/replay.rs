//! A part of a journal on its way into the database: all of it in one
//! transaction, together with the note how far the journal has been replayed.

use super::record::{Write, Written};
use uuid::Uuid;

/// The next writes of a journal.
#[derive(Debug, Clone)]
pub struct Part {
    /// Whose they are.
    pub journal: Uuid,
    /// The number of the write before the first of them, or less.
    pub after: i64,
    /// The number of the last of them.
    pub upto: i64,
    /// The writes in their order, in groups of which none meets a message or a
    /// reference twice.
    pub groups: Vec<Vec<Write>>,
}

/// What came of giving a part to the database.
#[derive(Debug, Clone, PartialEq)]
pub enum Replayed {
    /// It is committed.
    Done,
    /// The journal had been replayed further, up to this number: nothing was
    /// written.
    Further(i64),
    /// New messages whose reference or id another message has: nothing was
    /// written.
    Unusual(Vec<(Uuid, Written)>),
}

impl Replayed {
    /// Of what a group of writes did: the new messages that another one stands
    /// in the way of.
    pub fn unusual(writes: &[Write], written: Vec<Written>) -> Vec<(Uuid, Written)> {
        let met = |written: &Written| matches!(written, Written::IdTaken | Written::Referenced { .. });
        writes
            .iter()
            .zip(written)
            .filter(|(_, written)| met(written))
            .filter_map(|(write, written)| Some((write.message()?, written)))
            .collect()
    }
}
