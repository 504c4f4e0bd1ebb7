//! Text that needs no client: the last error, names, versions; and the freeing of what was given away.

use super::boundary::{last_error, status_text};
use super::export::export;
use super::types::WaOwnedText;
use macro_rules_attribute::apply;
use safer_ffi::prelude::*;
use std::ffi::c_char;

/// Version of the ABI that this header describes. It grows by one with every
/// release that adds something. A host needs a library whose
/// `wa_abi_version()` is not lower than the `WA_ABI_VERSION` it was built with.
#[ffi_export]
pub const WA_ABI_VERSION: u32 = 1;

/// JSON about this thread's last failing call, an object with `status`,
/// `message`, `hint`, `retryable`, `class`, `provider_code`, `http_status`,
/// `argument` as far as known; `{}` after a call that succeeded, and before the first. Never null.
/// Valid until the thread's next call of a function that returns a status; not
/// the caller's to free (in P/Invoke: declare it as a pointer, never as
/// `string`).
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_last_error() -> *const c_char {
    last_error()
}

/// The name of a status, such as `recipient`; `unrecognised` for a number that
/// is none. Static: never freed.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_status_text(status: i32) -> *const c_char {
    status_text(status).as_ptr()
}

/// The version of the library, such as `0.1.0`. Static: never freed.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The version of the ABI that this library speaks; see `WA_ABI_VERSION`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_abi_version() -> u32 {
    WA_ABI_VERSION
}

/// Frees a string that the library gave away; null is fine. Every other string
/// of the library is not the caller's to free.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_string_free(text: WaOwnedText) {
    drop(text);
}
