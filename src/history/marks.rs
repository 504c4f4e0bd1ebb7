//! By what it is noticed that a database went back in time.

/// What a database counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// How often the worker renewed its lease; none where its row is missing.
    pub renewals: Option<i64>,
    /// The last decision of an operator.
    pub decision: i64,
}
