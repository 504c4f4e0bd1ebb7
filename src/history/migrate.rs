//! Whether the tables are made, upgraded or only looked at: the same question
//! for every dialect.

use super::store::{Migrate, StoreError, StoreErrorKind, StoreResult};
use super::tables::VERSION;

/// Whether tables of the version that was found are to be upgraded; none are
/// there where none was found.
pub fn is_upgrade_due(how: Migrate, found: Option<i64>) -> StoreResult<bool> {
    match (how, found) {
        (Migrate::Off, _) | (_, Some(VERSION)) => Ok(false),
        (_, Some(newer)) if newer > VERSION => Err(too_new(newer)),
        (Migrate::Check, found) => Err(StoreError::new(
            StoreErrorKind::Schema,
            format!("they have version {}; {VERSION} is needed", found.unwrap_or(0)),
        )),
        (Migrate::Auto, _) => Ok(true),
    }
}

/// The tables were made by a newer library.
fn too_new(version: i64) -> StoreError {
    StoreError::new(
        StoreErrorKind::Schema,
        format!("they have version {version}; this library knows up to {VERSION}"),
    )
}

/// Before tables are changed: clients of an earlier version would read rows
/// that this one writes in another way, and events would be lost to them.
pub fn nobody_is_left(living: i64) -> StoreResult<()> {
    if living == 0 {
        return Ok(());
    }
    Err(StoreError::new(
        StoreErrorKind::Away,
        "clients of an earlier version are still at work on these tables; they are upgraded when those have ended",
    ))
}
