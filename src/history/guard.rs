//! Drivers panic in places. A panic must not end the thread that called one.

use super::store::{StoreError, StoreErrorKind, StoreResult};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Works with a driver. A panic counts as a lost connection: nobody knows in
/// what state it left the driver.
pub fn guarded<T>(work: impl FnOnce() -> StoreResult<T>) -> StoreResult<T> {
    guarded_as(StoreErrorKind::Away, work)
}

/// The same for a commit: it may have been made before the panic.
pub fn guarded_commit<T>(work: impl FnOnce() -> StoreResult<T>) -> StoreResult<T> {
    guarded_as(StoreErrorKind::InDoubt, work)
}

fn guarded_as<T>(kind: StoreErrorKind, work: impl FnOnce() -> StoreResult<T>) -> StoreResult<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(StoreError::new(kind, "the database driver panicked")))
}
