//! Linker settings of the shared library.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => linux()?,
        Ok("windows") => windows()?,
        _ => {}
    }
    Ok(())
}

fn linux() -> Result<(), Box<dyn std::error::Error>> {
    // Its threads and thread-locals outlive a dlclose: it is never unmapped.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libwa_connector.so.1");
    // odbc-sys asks the linker for libodbc. Where history::odbc::driver_manager has its functions and loads it when
    // it is needed, an empty one satisfies the linker, so that unixODBC need not be on the machine that builds.
    if matches!(std::env::var("CARGO_CFG_TARGET_ARCH").as_deref(), Ok("x86_64" | "aarch64")) {
        let folder = std::env::var("OUT_DIR")?;
        // An empty archive under both names: zig looks for the second only, and goes by what is in it.
        for name in ["libodbc.a", "libodbc.so"] {
            std::fs::write(std::path::Path::new(&folder).join(name), b"!<arch>\n")?;
        }
        println!("cargo:rustc-link-search=native={folder}");
    }
    Ok(())
}

/// What Windows shows of the DLL: Cargo's version and description.
fn windows() -> std::io::Result<()> {
    winresource::WindowsResource::new()
        .set("ProductName", "WhatsApp connector")
        .set("FileDescription", "WhatsApp connector (wa_connector)")
        .set("InternalName", "wa_connector")
        .set("OriginalFilename", "wa_connector.dll")
        .set("LegalCopyright", "MIT or Apache-2.0")
        .set_language(0x0409)
        .compile()
}
