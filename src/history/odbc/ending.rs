//! The end of the process, as far as drivers are concerned.
//!
//! A driver's TLS is OpenSSL, which takes itself apart in a handler of `exit`
//! while the threads of the process run on: a connection that is being opened
//! then crashes the host. So a handler of ours comes first: it waits until no
//! thread is inside the driver, and lets none in any more.

use super::super::store::{StoreError, StoreErrorKind, StoreResult};
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

/// Lets the thread in, unless the process is ending.
pub fn enter() -> StoreResult<Inside> {
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
#[allow(unsafe_code)]
mod handler {
    use nix::libc;
    use std::ffi::{CStr, c_int};
    use std::sync::Once;

    extern "C" fn at_exit() {
        // In a forked child there is nobody to wait for, and the lock may be held for ever.
        if crate::process::Alive::here() {
            let _ = std::panic::catch_unwind(super::close);
        }
    }

    type Start = extern "C" fn(u64, *const libc::c_void) -> c_int;

    /// The function with which OpenSSL begins; it gives 0 once the library has
    /// taken itself apart.
    fn openssl(name: &CStr) -> Option<Start> {
        // Never closed: the handler of OpenSSL would run in the middle of the process' life.
        let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if library.is_null() {
            return None;
        }
        let start = unsafe { libc::dlsym(library, c"OPENSSL_init_crypto".as_ptr()) };
        // The signature since OpenSSL 1.1.0.
        (!start.is_null()).then(|| unsafe { std::mem::transmute::<*mut libc::c_void, Start>(start) })
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
            let versions = [openssl(c"libcrypto.so.3"), openssl(c"libcrypto.so.1.1")];
            let starts = |start: &Start| start(LOAD_SSL_STRINGS, std::ptr::null()) == 1;
            // One that does not start now never did: it has nothing to take apart.
            let started: Vec<Start> = versions.into_iter().flatten().filter(starts).collect();
            unsafe { libc::atexit(at_exit) };
            // The end may have begun meanwhile, and gone past this handler.
            if !started.iter().all(starts) {
                super::close();
            }
        });
    }
}
