//! The end of the process, as far as drivers are concerned.
//!
//! A driver's TLS is OpenSSL, which takes itself apart in a handler of `exit`
//! while the threads of the process run on: a connection that is being opened
//! then crashes the host. So a handler of ours comes first: it waits until no
//! thread is inside the driver, and lets none in any more.

use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use crate::history::watch;
use crate::threads::lock;
use std::sync::{Condvar, Mutex};

struct Gate {
    inside: usize,
    closed: bool,
}

static GATE: Mutex<Gate> = Mutex::new(Gate { inside: 0, closed: false });
static LEFT: Condvar = Condvar::new();

/// How long the end of the process waits for a driver that does not come
/// back. Then the host goes on ending, as without this.
#[cfg(unix)]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// A thread's stay inside of the driver.
pub struct Inside(());

/// Lets the thread in, unless the process is ending or nobody waits for the
/// thread any more.
pub fn enter() -> StoreResult<Inside> {
    watch::step()?;
    enter_to_close()
}

/// The same for closing a connection, which whoever was given up must do too.
pub fn enter_to_close() -> StoreResult<Inside> {
    let mut gate = lock(&GATE);
    if gate.closed {
        return Err(StoreError::new(StoreErrorKind::Away, "the process is ending"));
    }
    gate.inside += 1;
    Ok(Inside(()))
}

impl Drop for Inside {
    fn drop(&mut self) {
        let mut gate = lock(&GATE);
        gate.inside -= 1;
        if gate.closed {
            LEFT.notify_all();
        }
    }
}

#[cfg(unix)]
fn close() {
    let mut gate = lock(&GATE);
    gate.closed = true;
    let _ = LEFT.wait_timeout_while(gate, PATIENCE, |gate| gate.inside > 0);
}

/// Before the first connection: has the gate closed when the process ends.
#[cfg(unix)]
pub use handler::prepare;

/// Windows ends a process' other threads before it tells anybody.
#[cfg(not(unix))]
pub fn prepare() {}

#[cfg(unix)]
#[allow(unsafe_code)] // a handler of `exit` is entered, and OpenSSL is asked to enter its own before
mod handler {
    use nix::libc::{atexit, c_int, c_void};
    use std::sync::Once;

    extern "C" fn at_exit() {
        // In a forked child there is nobody to wait for, and the lock may be held for ever.
        if crate::process::Alive::here() {
            let _ = std::panic::catch_unwind(super::close);
        }
    }

    type Start = extern "C" fn(u64, *const c_void) -> c_int;

    /// The function with which OpenSSL begins; it gives 0 once the library has
    /// taken itself apart.
    #[cfg(target_os = "linux")]
    fn openssl(name: &str) -> Option<Start> {
        use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
        // SAFETY: it is what the driver loads in the next moment. The signature is that since OpenSSL 1.1.0.
        unsafe {
            let library = Library::open(Some(name), RTLD_NOW | RTLD_LOCAL).ok()?;
            let start = library.get::<Start>(b"OPENSSL_init_crypto").ok().map(|start| *start);
            // Never closed: the handler of OpenSSL would run in the middle of the process' life.
            std::mem::forget(library);
            start
        }
    }
    #[cfg(not(target_os = "linux"))]
    fn openssl(_: &str) -> Option<Start> {
        None
    }

    /// Asks for nothing but the start: this flag is libssl's. Without any, the
    /// call does nothing at all.
    const LOAD_SSL_STRINGS: u64 = 0x0020_0000;

    /// Handlers run from the last to the first, so OpenSSL must have entered
    /// its own before. It does so when it is first used, in the middle of the
    /// first connection; so it is asked to do it now, whichever version is
    /// there for drivers to use.
    pub fn prepare() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let versions: Vec<Start> =
                ["libcrypto.so.3", "libcrypto.so.1.1"].into_iter().filter_map(openssl).collect();
            let start = |start: &Start| start(LOAD_SSL_STRINGS, std::ptr::null()) == 1;
            let started = versions.iter().all(start);
            // SAFETY: the handler is a function of this library, and does not unwind.
            unsafe { atexit(at_exit) };
            // One that does not start has taken itself apart, for somebody else in this process had started it; or
            // the end has begun meanwhile and gone past this handler.
            if !started || !versions.iter().all(start) {
                super::close();
            }
        });
    }
}
