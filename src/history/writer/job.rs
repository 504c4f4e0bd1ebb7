//! What is handed to the writer's thread.

use crate::history::journal::Journal;
use crate::history::record::{Write, Written};
use crate::history::store::{Connection, StoreErrorKind, StoreResult};
use std::time::Instant;

/// Is told what a write did.
pub type Reply = Box<dyn FnOnce(StoreResult<Written>) + Send>;
/// Work on the writer's connection between two transactions.
pub type Call = Box<dyn FnOnce(StoreResult<&mut dyn Connection>) -> Result<(), StoreErrorKind> + Send>;

/// A look at the journal, where there is one.
pub type Look = Box<dyn FnOnce(Option<&mut Journal>) + Send>;

pub enum Job {
    /// To be written in a transaction with others.
    Write(Write, Reply),
    /// To be run between two transactions.
    Call(Call),
    /// To look at the journal, if there is one.
    Journal(Look),
    /// To end when nothing waits any more, and at this time at the latest.
    Stop(Instant),
}

/// A write that is not committed yet.
pub struct Waiting {
    pub write: Write,
    pub reply: Reply,
    /// It was in a transaction that failed in a way that leaves open whether
    /// it was committed.
    pub ambiguous: bool,
}
