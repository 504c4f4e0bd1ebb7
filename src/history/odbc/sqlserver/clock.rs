//! The clock of SQL Server, by which it judges who lives and what is due.

/// The database's clock, in milliseconds since 1970, when the statement begins.
pub const CLOCK: &str =
    "DATEDIFF_BIG(MILLISECOND, CAST('1970-01-01T00:00:00' AS datetime2(3)), SYSUTCDATETIME())";

/// A time of a table for who reads the table: none where it is no time of the
/// years 1970 to 9999, so that reading a row never fails.
pub fn for_people(column: &str) -> String {
    format!(
        "CASE WHEN {column} BETWEEN 0 AND 253402300799999 THEN DATEADD(MILLISECOND, CAST({column} % 86400000 AS int), \
         DATEADD(DAY, CAST({column} / 86400000 AS int), CAST('1970-01-01T00:00:00' AS datetime2(3)))) END"
    )
}
