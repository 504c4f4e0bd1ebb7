//! By what it is noticed that a database went back in time.

use super::merge::number;
use super::names::Names;
use crate::message::State;

/// What a database counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// How often the worker renewed its lease; none where its row is missing.
    pub renewals: Option<i64>,
    /// The last decision of an operator.
    pub decision: i64,
}

/// Frees the unknown ends of an earlier day: the worker that looked after one
/// then may live and have nothing to do with it any more, so that nobody would
/// ever take it over. The same for all databases.
pub fn free_unknown(names: &Names) -> String {
    format!(
        "UPDATE {} SET worker = NULL WHERE state = {} AND worker IS NOT NULL",
        names.queue,
        number(State::Unknown)
    )
}
