//! Keeps the library in the process: its threads and thread-locals outlive a
//! host's unloading. On Linux the linker's `-z nodelete` does it.

/// Pins the DLL, so that `FreeLibrary` never unmaps it. Without effect where
/// the system refuses, and from the second call on.
#[cfg(windows)]
pub fn stay_loaded() {
    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
    };
    let mut module = std::ptr::null_mut();
    let here: fn() = stay_loaded;
    // SAFETY: with FROM_ADDRESS the second argument is an address within this module, not text.
    unsafe {
        GetModuleHandleExW(
            GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
            here as *const u16,
            &mut module,
        );
    }
}

/// Nothing to do.
#[cfg(not(windows))]
pub fn stay_loaded() {}
