//! Drivers panic in places. A panic must not end the thread that called one.

use super::store::{StoreError, StoreErrorKind, StoreResult};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Works with a driver. A panic counts as a lost connection: nobody knows in
/// what state it left the driver.
pub fn guarded<T>(work: impl FnOnce() -> StoreResult<T>) -> StoreResult<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Away, "the database driver panicked")))
}
