//! A look at the file for people: do its tables fit, are its commits durable.

use super::schema;
use super::session::store_error;
use crate::history::finding::Finding;
use crate::history::names::Names;
use crate::history::store::StoreResult;
use crate::history::tables::VERSION;

use rusqlite::Connection;

/// `PRAGMA synchronous`: from here on a commit waits for the disk.
const FULL: i64 = 2;

pub fn check(connection: &Connection, names: &Names, description: &str) -> StoreResult<Vec<Finding>> {
    let synchronous: i64 =
        connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).map_err(store_error)?;
    let journal: String =
        connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).map_err(store_error)?;
    Ok(vec![
        Finding::answers(description),
        Finding::of_schema(schema::version(connection, names)?, VERSION),
        durability(synchronous, &journal),
    ])
}

fn durability(synchronous: i64, journal: &str) -> Finding {
    let mut weak = Vec::new();
    if synchronous < FULL {
        weak.push((
            "synchronous is less than FULL, so a commit does not wait for the disk",
            "Nothing outside this library can set that: please report it.",
        ));
    }
    if ["off", "memory"].contains(&journal.to_ascii_lowercase().as_str()) {
        weak.push((
            "there is no journal on the disk, so a crash may destroy the file",
            "Put history.file on a local disk that can be written to.",
        ));
    }
    let name = match synchronous {
        0 => "OFF",
        1 => "NORMAL",
        FULL => "FULL",
        _ => "EXTRA",
    };
    Finding::of_durability(&format!("synchronous={name}, journal_mode={journal}"), &weak)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::finding::Condition;

    #[test]
    fn what_weakens_a_commit_is_named() {
        for (synchronous, journal, condition) in [
            (2, "wal", Condition::Good),
            (3, "delete", Condition::Good),
            (1, "wal", Condition::Doubtful),
            (0, "wal", Condition::Doubtful),
            (2, "memory", Condition::Doubtful),
            (2, "OFF", Condition::Doubtful),
        ] {
            assert_eq!(durability(synchronous, journal).condition, condition, "{synchronous} {journal}");
        }
    }
}
