//! What the library does to threads: its own, and only those.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

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
