//! The ODBC driver manager, loaded when a connection string first needs it, so
//! that hosts without it can load this library and keep their history in a file.
//!
//! odbc-sys declares the functions of ODBC as symbols that the linker finds.
//! On Linux they are found here: one jump per function, through a slot that
//! `load` fills from unixODBC. Windows has its driver manager always, and
//! other systems are linked to theirs.

use crate::history::store::StoreResult;

/// Makes the functions of ODBC callable.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub fn load() -> StoreResult<()> {
    Ok(())
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub use on_linux::load;

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod on_linux {
    #![allow(unsafe_code)] // a library is loaded and its functions are jumped to, which is never safe

    use super::StoreResult;
    use crate::history::store::{StoreError, StoreErrorKind};
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW, Symbol};
    use once_cell::sync::OnceCell;
    use std::error::Error;
    use std::ffi::c_void;
    use std::mem::ManuallyDrop;
    use std::sync::atomic::{AtomicPtr, Ordering};

    /// What unixODBC is called: since 2.3.1, and before.
    const NAMES: [&str; 2] = ["libodbc.so.2", "libodbc.so.1"];

    /// A slot of one function.
    type Slot = AtomicPtr<c_void>;

    /// What the slots lead to until they are filled: SQL_ERROR.
    extern "C" fn not_loaded() -> i16 {
        -1
    }

    /// One jump and one slot for each function. The jumps are hidden: they
    /// satisfy this library's own calls and are no exports of it.
    macro_rules! functions {
        ($($name:ident)*) => {
            #[allow(non_upper_case_globals)]
            mod slots {
                $(pub static $name: super::Slot = super::Slot::new(super::not_loaded as *mut _);)*
            }

            /// Each function and its slot.
            static FUNCTIONS: &[(&str, &Slot)] = &[$((stringify!($name), &slots::$name)),*];

            $(
                #[cfg(target_arch = "x86_64")]
                jump!($name, "jmp *{slot}(%rip)", options(att_syntax));
                #[cfg(target_arch = "aarch64")]
                jump!($name, "adrp x16, {slot}\nldr x16, [x16, #:lo12:{slot}]\nbr x16");
            )*
        };
    }

    // SAFETY: each symbol is defined once in the process' view of this library, changes no register but those that
    // a call may change, and leaves the caller's arguments and stack as they are for the function in the slot.
    macro_rules! jump {
        ($name:ident, $instructions:literal $(, $options:tt($how:ident))?) => {
            std::arch::global_asm!(
                ".pushsection .text.wa_odbc,\"ax\",%progbits",
                ".p2align 4",
                concat!(".globl ", stringify!($name)),
                concat!(".hidden ", stringify!($name)),
                concat!(".type ", stringify!($name), ",%function"),
                concat!(stringify!($name), ":"),
                $instructions,
                concat!(".size ", stringify!($name), ", . - ", stringify!($name)),
                ".popsection",
                slot = sym slots::$name,
                $($options($how))?
            );
        };
    }

    // All that odbc-api refers to; one that is missing here is an undefined symbol of the library, which
    // tests/linux/run.sh looks for.
    functions! {
        SQLAllocHandle SQLBindCol SQLBindParameter SQLCloseCursor SQLColumnsW SQLConnectW SQLDataSourcesW
        SQLDisconnect SQLDriverConnectW SQLDriversW SQLEndTran SQLExecDirectW SQLExecute SQLFetch
        SQLForeignKeysW SQLFreeHandle SQLFreeStmt SQLGetConnectAttrW SQLGetData SQLGetDiagRecW SQLGetInfoW
        SQLGetStmtAttrW SQLNumResultCols SQLParamData SQLPrepareW SQLPrimaryKeysW SQLPutData
        SQLSetConnectAttrW SQLSetDescFieldW SQLSetEnvAttr SQLSetStmtAttrW SQLTablesW
    }

    /// Makes the functions of ODBC callable. The driver manager may be missing
    /// now and installed later, so a failure is not kept.
    pub fn load() -> StoreResult<()> {
        static LOADED: OnceCell<()> = OnceCell::new();
        LOADED.get_or_try_init(|| fill(NAMES)).map(|_| ())
    }

    fn fill(names: [&str; 2]) -> StoreResult<()> {
        // Never unloaded: the slots lead into it, and so do its drivers' threads.
        let library = ManuallyDrop::new(open(names).map_err(|error| unusable(&error))?);
        let mut found = Vec::with_capacity(FUNCTIONS.len());
        for (name, slot) in FUNCTIONS {
            // SAFETY: the symbol is only taken as an address here. It has the type that odbc-sys declares, as every
            // driver manager of ODBC 3 has it.
            let symbol: Symbol<*mut c_void> =
                unsafe { library.get(*name) }.map_err(|error| unusable(&error))?;
            found.push((slot, symbol.into_raw()));
        }
        for (slot, address) in found {
            slot.store(address, Ordering::Release);
        }
        Ok(())
    }

    /// By the first name that leads to one; the error is the first name's.
    fn open([name, other]: [&str; 2]) -> Result<Library, libloading::Error> {
        let flags = RTLD_NOW | RTLD_LOCAL;
        // SAFETY: what unixODBC does while it is loaded is to set up its own locks.
        unsafe {
            Library::open(Some(name), flags)
                .or_else(|error| Library::open(Some(other), flags).map_err(|_| error))
        }
    }

    fn unusable(error: &dyn Error) -> StoreError {
        // The system's own words are the cause of the error.
        let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        StoreError::new(
            StoreErrorKind::Configuration,
            format!(
                "history.connection_string needs the ODBC driver manager, which cannot be loaded; install unixODBC \
                 (Debian: libodbc2; Fedora: unixODBC), or leave history.connection_string away to keep the history \
                 in a file. The system says: {why}"
            ),
        )
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_cannot_be_loaded_is_an_error_with_what_to_do() {
            let error = fill(["libwa_there_is_none.so.7", "libwa_there_is_none.so.6"]).unwrap_err();
            assert_eq!(error.kind, StoreErrorKind::Configuration);
            assert!(error.message.contains("libodbc2"), "{}", error.message);
            assert!(error.message.contains("libwa_there_is_none.so.7"), "{}", error.message);
        }

        #[test]
        fn a_library_that_is_no_driver_manager_is_an_error() {
            let error = fill(["libc.so.6", "libc.so.6"]).unwrap_err();
            assert!(error.message.contains("SQLAllocHandle"), "{}", error.message);
        }
    }
}
