//! The end of the process, as far as drivers are concerned.
//!
//! A driver's TLS is OpenSSL, which takes itself apart in a handler of `exit`
//! while the threads of the process run on: a connection that is being opened
//! then crashes the host. So a handler of ours comes first: it waits until no
//! thread is inside the driver, and lets none in any more.

use super::super::store::{StoreError, StoreErrorKind, StoreResult};
use crate::threads::lock;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

struct Gate {
    inside: usize,
    closed: bool,
}

static GATE: Mutex<Gate> = Mutex::new(Gate { inside: 0, closed: false });
static LEFT: Condvar = Condvar::new();

/// How long the end of the process waits for a driver that does not come
/// back. Then the host goes on ending, as without this.
const PATIENCE: Duration = Duration::from_secs(2);

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
    use std::ffi::c_int;
    use std::sync::Once;

    extern "C" fn at_exit() {
        // In a forked child there is nobody to wait for, and the lock may be held for ever.
        if crate::process::Alive::here() {
            let _ = std::panic::catch_unwind(super::close);
        }
    }

    /// Handlers run from the last to the first, so OpenSSL must have entered
    /// its own before. It does so when it is first used, in the middle of the
    /// first connection; so it is asked to do it now, whichever version is
    /// there for drivers to use.
    pub fn prepare() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            for name in [c"libcrypto.so.3", c"libcrypto.so.1.1"] {
                // The function's signature is that of OpenSSL 1.1.0 and later.
                // 0 asks for nothing but the start of the library.
                unsafe {
                    let library = libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
                    if library.is_null() {
                        continue;
                    }
                    let start = libc::dlsym(library, c"OPENSSL_init_crypto".as_ptr());
                    if !start.is_null() {
                        type Start = extern "C" fn(u64, *const libc::c_void) -> c_int;
                        std::mem::transmute::<*mut libc::c_void, Start>(start)(0, std::ptr::null());
                    }
                }
            }
            unsafe { libc::atexit(at_exit) };
        });
    }
}
