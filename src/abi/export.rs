//! The one mark that an ABI function carries.

/// Exports a function under its own name.
///
/// A function is written as
///
/// ```text
/// /// Docs.
/// #[apply(export)]
/// #[unsafe(no_mangle)]
/// pub extern "C" fn wa_x(..) -> ..
/// ```
///
/// cbindgen, which does not expand macros, sees `no_mangle pub extern "C"` and
/// writes the function into the header. rustc, which does, has the attribute
/// replaced by safer-ffi's `#[ffi_export]`: that one exports the symbol, checks
/// that every type has a C layout, and gives the function to the writer of the
/// C# layer. Without the replacement the symbol would exist twice.
macro_rules! export {
    (
        $(#[doc = $doc:expr])*
        #[unsafe(no_mangle)]
        $($function:tt)*
    ) => {
        $(#[doc = $doc])*
        #[::safer_ffi::ffi_export]
        $($function)*
    };
}

pub(super) use export;
