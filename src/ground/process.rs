//! Which process this is: threads and locks do not survive a fork.
//!
//! A forked child has none of the library's threads, and the locks that they
//! and the calls of other threads held stay locked in it, ours as those of
//! SQLite, the driver and its TLS. So whatever was alive at the fork makes
//! every call in the child `Forked`, before any lock is looked at.

use std::sync::atomic::{AtomicU64, Ordering};

/// The process in the upper half; in the lower, how many clients and calls
/// are alive in it. One number, so that a fork finds both as they belong
/// together.
static ALIVE: AtomicU64 = AtomicU64::new(0);

/// A client or a call that is alive in this process.
pub struct Alive(());

/// The process was forked while something was alive in it.
#[derive(Debug)]
pub struct Forked;

impl Alive {
    /// Refuses where something was alive in the process that forked this one.
    pub fn enter() -> Result<Alive, Forked> {
        let own = u64::from(std::process::id()) << 32;
        let entered = ALIVE.fetch_update(Ordering::AcqRel, Ordering::Acquire, |alive| {
            let (process, count) = (alive >> 32 << 32, alive & 0xffff_ffff);
            // Nothing was alive, so no lock is held: the child starts anew.
            (process == own || count == 0).then_some(own | (count + 1))
        });
        entered.map(|_| Alive(())).map_err(|_| Forked)
    }

    /// Whether the library was used in this process, and not only in one that
    /// forked it.
    #[cfg(unix)]
    pub fn here() -> bool {
        ALIVE.load(Ordering::Acquire) >> 32 == u64::from(std::process::id())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::AcqRel);
    }
}
