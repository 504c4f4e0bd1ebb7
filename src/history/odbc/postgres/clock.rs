//! The clock of PostgreSQL, by which it judges who lives and what is due.

/// The database's clock, in milliseconds, at this very moment.
pub const CLOCK: &str = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)";
/// The same at the beginning of the statement: what an index can be asked for.
pub const STATEMENT_CLOCK: &str = "CAST(extract(epoch FROM statement_timestamp()) * 1000 AS bigint)";
