//! What every thread of the library does first.

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
