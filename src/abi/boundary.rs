//! What every function does at the boundary: the panic guard, reading text,
//! giving text away, the last error.

use super::types::{WaOwnedText, WaText, WaTextOut};
use crate::events::Dispatcher;
use crate::message::{Error, Result, Status};
use crate::process::Alive;
use safer_ffi::prelude::*;
use std::cell::RefCell;
use std::ffi::{CStr, CString};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

thread_local! {
    static LAST_ERROR: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// JSON of this thread's last failing call.
pub fn last_error() -> *const std::ffi::c_char {
    // Thread-local storage is gone while a thread ends: then there is no error to tell.
    LAST_ERROR
        .try_with(|error| match error.try_borrow() {
            Ok(error) => error.as_ref().map_or(c"{}".as_ptr(), |error| error.as_ptr()),
            Err(_) => c"{}".as_ptr(),
        })
        .unwrap_or(c"{}".as_ptr())
}

fn remember(error: &str) {
    let text = CString::new(error).unwrap_or_default();
    let _ = LAST_ERROR.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Some(text);
        }
    });
}

/// What a body gives back: a status, and JSON to give away.
pub struct Given {
    /// The status.
    pub status: Status,
    /// The JSON; with an `error` member where the status is not OK.
    pub json: Option<String>,
}

impl Given {
    /// OK, and nothing to give.
    pub fn ok() -> Given {
        Given { status: Status::Ok, json: None }
    }

    /// A status with a value as JSON.
    pub fn json(status: Status, value: &impl serde::Serialize) -> Given {
        Given { status, json: serde_json::to_string(value).ok() }
    }
}

#[derive(serde::Serialize)]
struct WithError<'a> {
    error: &'a Error,
}

/// Runs the body of an ABI function: nulls the output, refuses in a forked
/// child before anything can wait for a lock, turns a panic into a status,
/// stores the error for `wa_last_error` and gives the JSON away.
pub fn call(name: &str, mut out: WaTextOut<'_>, body: impl FnOnce() -> Result<Given>) -> Status {
    if let Some(out) = out.as_deref_mut() {
        // Written, not assigned: what is there before is the caller's, perhaps
        // never set, and not ours to free.
        unsafe { std::ptr::write(out, None) };
    }
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _alive = Alive::enter()?;
        panic_if_asked(name);
        body()
    }));
    let (status, json) = match result {
        Ok(Ok(Given { status: Status::Ok, json })) => {
            remember("{}");
            (Status::Ok, json)
        }
        Ok(Ok(Given { status, json })) => {
            remember(json.as_deref().map(error_member).as_deref().unwrap_or("{}"));
            (status, json)
        }
        Ok(Err(error)) => failed(&error),
        Err(panic) => {
            let what = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            // A panic's payload may panic when it is dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(panic)));
            failed(&Error::internal(format!("{name} panicked: {what}")))
        }
    };
    if let Some(out) = out {
        *out = json.and_then(give);
    }
    status
}

fn failed(error: &Error) -> (Status, Option<String>) {
    remember(&serde_json::to_string(error).unwrap_or_default());
    (error.status, serde_json::to_string(&WithError { error }).ok())
}

/// The `error` member of an answer, as `wa_last_error` gives it.
fn error_member(json: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Member<'a> {
        #[serde(borrow)]
        error: Option<&'a serde_json::value::RawValue>,
    }
    serde_json::from_str::<Member>(json)
        .ok()
        .and_then(|member| member.error.map(|error| error.get().to_owned()))
        .filter(|error| error != "null")
        .unwrap_or_else(|| "{}".to_owned())
}

/// Text for the caller to keep. U+0000 cannot be in it: JSON escapes it.
fn give(text: String) -> WaOwnedText {
    char_p::Box::try_from(text).ok()
}

/// The text of an argument that must be there.
///
/// Not `char_p::Ref::to_str`: that one takes UTF-8 for granted, and what a C
/// caller sends need not be.
pub fn text<'a>(argument: &str, value: &'a WaText<'_>) -> Result<&'a str> {
    optional_text(argument, value)?
        .ok_or_else(|| Error::about(Status::Argument, argument, format!("{argument} is null.")))
}

/// The text of an argument that may be null.
pub fn optional_text<'a>(argument: &str, value: &'a WaText<'_>) -> Result<Option<&'a str>> {
    let Some(value) = value else { return Ok(None) };
    let bytes = value.to_bytes();
    std::str::from_utf8(bytes).map(Some).map_err(|error| {
        let at = error.valid_up_to();
        Error::about(Status::Utf8, argument, format!("{argument} is not UTF-8, from byte {at} on."))
            .hint("Convert the text to UTF-8 before the call.")
    })
}

/// A copy of the caller's bytes, once `check` has passed.
pub fn bytes(
    at: *const u8,
    length: usize,
    most: usize,
    check: impl FnOnce() -> Result<()>,
) -> Result<Arc<[u8]>> {
    if at.is_null() {
        return Err(Error::about(Status::Argument, "bytes", "bytes is null."));
    }
    if length == 0 {
        return Err(Error::about(Status::Argument, "length", "length is 0: there is nothing to upload."));
    }
    if length > most {
        let message = format!("length is {length}; {most} bytes are the most.");
        return Err(Error::about(Status::Argument, "length", message));
    }
    check()?;
    // SAFETY: not null, and the caller says that so many bytes are there.
    Ok(unsafe { std::slice::from_raw_parts(at, length) }.into())
}

/// The caller's bytes, which stay where they are while the call runs.
pub fn borrowed<'a>(argument: &str, at: *const u8, length: usize) -> Result<&'a [u8]> {
    if length == 0 {
        return Ok(&[]);
    }
    if at.is_null() {
        let message = format!("{argument} is null, and its length is {length}.");
        return Err(Error::about(Status::Argument, argument, message));
    }
    // SAFETY: not null, and the caller says that so many bytes are there during the call.
    Ok(unsafe { std::slice::from_raw_parts(at, length) })
}

/// Refuses a call that can wait from inside a callback: it would wait for
/// itself.
pub fn refuse_in_callback(name: &str) -> Result<()> {
    if Dispatcher::in_callback() {
        return Err(Error::new(
            Status::WouldDeadlock,
            format!("{name} was called from inside a callback, where nothing may wait."),
        )
        .hint("Call it from another thread; wa_submit, wa_cancel and wa_next_event with no timeout may be called here."));
    }
    Ok(())
}

/// A C string made of text, for a callback.
pub fn c_text(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}

/// Test only: panics in the function that the environment names.
fn panic_if_asked(name: &str) {
    #[cfg(feature = "test-panic")]
    {
        if std::env::var("WA_TEST_PANIC").is_ok_and(|wanted| wanted == name) {
            panic!("asked to panic");
        }
    }
    #[cfg(not(feature = "test-panic"))]
    let _ = name;
}

/// The static text of a status, also for a number that is none.
pub fn status_text(number: i32) -> &'static CStr {
    Status::from_number(number).map_or(c"unrecognised", Status::text_with_nul)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_refused_are_not_touched() {
        // Nothing may be read there.
        let nowhere = std::ptr::NonNull::<u8>::dangling().as_ptr().cast_const();
        let refuse = || Err(Error::about(Status::Argument, "bytes", "x"));
        assert_eq!(bytes(nowhere, 10, 10, refuse).unwrap_err().argument.as_deref(), Some("bytes"));
        for (at, length, argument) in
            [(std::ptr::null(), 1, "bytes"), (nowhere, 0, "length"), (nowhere, 11, "length")]
        {
            let error = bytes(at, length, 10, || panic!("too early")).unwrap_err();
            assert_eq!(error.argument.as_deref(), Some(argument));
        }
        assert_eq!(&*bytes([1, 2].as_ptr(), 2, 10, || Ok(())).unwrap(), [1, 2]);
    }

    #[test]
    fn what_an_output_held_before_is_not_freed() {
        let mut first: WaOwnedText = None;
        call("test", Some(&mut first), || Ok(Given { status: Status::Ok, json: Some("1".into()) }));
        let mut out: WaOwnedText = first.take();
        let kept = out.as_ref().map(|text| text.to_str().as_ptr());
        call("test", Some(&mut out), || Ok(Given::ok()));
        assert!(out.is_none() && kept.is_some());
        // Still the caller's: freeing it now frees it once.
        let kept = kept.and_then(|at| std::ptr::NonNull::new(at.cast_mut()));
        assert_eq!(kept.map(|at| unsafe { *at.as_ref() }), Some(b'1'));
        drop(kept.map(|at| unsafe { CString::from_raw(at.as_ptr().cast()) }));
    }
}
