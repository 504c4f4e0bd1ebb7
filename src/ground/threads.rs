//! What the library does to threads: its own, and only those.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;
use std::time::Duration;

/// Blocks SIGPIPE, and only SIGPIPE, on the calling thread: writing to a cut
/// connection would otherwise end a C host. A wholesale block would stop the
/// signals with which Mono and CoreCLR suspend threads for their collector.
pub fn prepare() {
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigSet, Signal};
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGPIPE);
        let _ = signals.thread_block();
    }
}

/// Keeps the text of a caught panic off the host's stderr: it goes into the
/// error and the log. Rust's hook belongs to this library alone, the host's
/// own Rust code has another; tests keep it, to be read when they fail.
pub fn keep_panics_quiet() {
    #[cfg(not(test))]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    }
}

/// Locks, also after a thread panicked under the lock: what it guards here is
/// whole at every moment.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same, to read what others may read too.
pub fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// The same, to change what others read.
pub fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a bell, without the lock meanwhile.
pub fn wait<'a, T>(bell: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    bell.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// The same, for no longer than this.
pub fn wait_for<'a, T>(bell: &Condvar, guard: MutexGuard<'a, T>, longest: Duration) -> MutexGuard<'a, T> {
    bell.wait_timeout(guard, longest).unwrap_or_else(PoisonError::into_inner).0
}

/// Whether a thread has ended, or was never started; joins it if so. Does not
/// wait.
pub fn ended(thread: &Mutex<Option<JoinHandle<()>>>) -> bool {
    let mut thread = lock(thread);
    if thread.as_ref().is_some_and(|handle| !handle.is_finished()) {
        return false;
    }
    if let Some(handle) = thread.take() {
        let _ = handle.join();
    }
    true
}
