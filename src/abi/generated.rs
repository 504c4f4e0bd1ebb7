//! What is generated out of the source is what is committed.
//!
//! `WA_BLESS=1 cargo test --lib generated` writes it anew: the header by
//! cbindgen, the C# layer by safer-ffi, the JSON schemas by schemars, and the
//! ledger, whose lines are only ever added.

use crate::client::EventsPage;
use crate::events::{EventFilter, KINDS, LogRecord, NextOptions};
use crate::history::Page;
use crate::message::content::{Media, TemplateInput, Text};
use crate::message::{Outcome, SendOptions, Status};
use crate::settings::{Input, UpdateInput};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const HEADER: &str = "include/wa_connector.h";
const CSHARP: &str = "bindings/dotnet/Native.g.cs";
const LEDGER: &str = "include/wa_connector.abi";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// Fails when `path` does not hold `wanted`; writes it when blessing.
fn check(path: &str, wanted: &str) {
    let file = root().join(path);
    if std::env::var_os("WA_BLESS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, wanted).unwrap();
        return;
    }
    let found = fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    let at = found.lines().zip(wanted.lines()).position(|(a, b)| a != b);
    assert!(
        found == wanted,
        "{path} is not what the source says (first difference in line {:?}); \
         run `WA_BLESS=1 cargo test --lib generated` and look at the diff",
        at.map(|n| n + 1)
    );
}

/// The C header, by cbindgen out of the tokens of the source.
fn c_header() -> String {
    let mut config = cbindgen::Config::from_file(root().join("cbindgen.toml")).unwrap();
    config.after_includes = Some(include_str!("header_introduction.h").trim_end().to_owned());
    let mut text = Vec::new();
    cbindgen::Builder::new()
        .with_src(root().join("src/message/status.rs"))
        .with_src(root().join("src/abi/functions.rs"))
        .with_config(config)
        .generate()
        .unwrap()
        .write(&mut text);
    String::from_utf8(text).unwrap()
}

/// The P/Invoke declarations, by safer-ffi out of the types that rustc saw.
fn csharp() -> String {
    let mut text = Vec::new();
    safer_ffi::headers::builder()
        .with_language(safer_ffi::headers::Language::CSharp)
        .with_banner("// Written by safer-ffi out of src/abi/functions.rs; do not edit.\n")
        .to_writer(&mut text)
        .generate()
        .unwrap();
    // What safer-ffi has no setting for:
    let text = String::from_utf8(text)
        .unwrap()
        // The raw layer is not for hosts; bindings/dotnet/*.cs wraps it.
        .replace("public unsafe partial class Ffi", "internal static unsafe partial class Native")
        .replace("public unsafe struct", "internal unsafe struct")
        .replace("public struct", "internal struct")
        .replace("public enum Status_t", "internal enum NativeStatus")
        .replace("Status_t ", "NativeStatus ")
        .replace("public unsafe /* static */ delegate", "internal unsafe delegate")
        // cdecl is what `extern "C"` is; Winapi is stdcall on 32-bit Windows.
        .replace("CallingConvention.Winapi", "CallingConvention.Cdecl");
    by_address(&text)
}

/// Turns each `DllImport` into a delegate that is bound to an address.
///
/// A `DllImport` finds its library by name: on Linux not where the host put
/// it, and on Windows whichever version another application of the same
/// process loaded first. Addresses come from the one module that the loader
/// opened by its path.
fn by_address(text: &str) -> String {
    const IMPORT: &str = "[DllImport(RustLib, ExactSpelling = true)] public static unsafe extern\n";
    const NAMES: &str = "internal static unsafe partial class Native {\n#if IOS\n";
    let mut text = text.to_owned();
    // The names of the library are the loader's business.
    if let Some(from) = text.find(NAMES) {
        let to = from + text[from..].find("\n}\n").expect("the class of the names ends") + 4;
        text.replace_range(from..to, "");
    }
    let mut bound = Vec::new();
    while let Some(from) = text.find(IMPORT) {
        let rest = &text[from + IMPORT.len()..];
        let end = rest.find(';').expect("a declaration ends");
        let declaration = &rest[..end];
        let name = declaration[..declaration.find(" (").expect("a function has parameters")]
            .rsplit(' ')
            .next()
            .expect("a function has a name")
            .to_owned();
        let field = format!(
            "public static Signature.{name} {name};\n\n    internal static partial class Signature {{\n    \
             [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate\n{declaration};\n    }}"
        );
        text = format!("{}{field}{}", &text[..from], &rest[end + 1..]);
        bound.push(name);
    }
    let binds: String = bound
        .iter()
        .map(|name| {
            format!("        {name} = Marshal.GetDelegateForFunctionPointer<Signature.{name}>(find(\"{name}\"));\n")
        })
        .collect();
    let bind = format!(
        "internal static unsafe partial class Native {{\n    /// <summary>\n    /// Binds every function to its \
         address.\n    /// </summary>\n    public static void Bind(Func<string, IntPtr> find) {{\n{binds}    }}\n}}\n\n\n"
    );
    let end = text.rfind("} /* WaConnector */").expect("the namespace ends");
    text.insert_str(end, &bind);
    text
}

/// One normalised prototype, status number, event kind or macro a line.
fn ledger(header: &str) -> BTreeSet<String> {
    let mut code = String::new();
    let mut comment = false;
    for line in header.lines() {
        let line = line.trim();
        comment |= line.starts_with("/*");
        if !comment && !line.starts_with('#') {
            code.push_str(line.split("//").next().unwrap_or_default());
            code.push(' ');
        }
        if line.ends_with("*/") {
            comment = false;
        }
    }
    let squeezed = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines: BTreeSet<String> = squeezed
        .split(';')
        .map(|statement| statement.rsplit(['{', '}']).next().unwrap_or_default().trim())
        .filter(|statement| statement.starts_with("WA_API") || (statement.starts_with("typedef") && !statement.contains("enum wa_status")))
        .map(|statement| statement.trim_start_matches("WA_API ").replace(" ,", ",").replace("* ", "*"))
        .collect();
    lines.extend(Status::ALL.iter().map(|status| {
        format!("WA_STATUS_{} = {}", status.name().to_uppercase(), *status as i32)
    }));
    lines.extend(KINDS.iter().map(|kind| format!("event {kind}")));
    lines.insert("macro WA_ABI_VERSION".to_owned());
    lines
}

/// Names of the functions in a text.
fn functions(text: &str) -> BTreeSet<String> {
    let code: Vec<&str> =
        text.lines().filter(|line| !line.trim_start().starts_with(['*', '/', '#'])).collect();
    let code = code.join("\n");
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("wa_") {
        let rest = &code[at..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let starts_word = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if starts_word && rest[end..].trim_start().starts_with('(') {
            names.insert(rest[..end].to_owned());
        }
    }
    names
}

#[test]
fn the_header_is_current() {
    check(HEADER, &c_header());
}

#[test]
fn the_csharp_layer_is_current() {
    check(CSHARP, &csharp());
}

#[test]
fn the_ledger_only_grows() {
    let header = c_header();
    assert_eq!(functions(&header), functions(&csharp()), "the C header and the C# file differ");
    let now = ledger(&header);
    let given = fs::read_to_string(root().join(LEDGER)).unwrap_or_default();
    let gone: Vec<_> = given.lines().filter(|line| !now.contains(*line)).collect();
    assert!(gone.is_empty(), "what hosts may use is gone or changed: {gone:#?}");
    let lines: String = now.iter().map(|line| format!("{line}\n")).collect();
    check(LEDGER, &lines);
}

/// The prototypes of design and header: fixed for the sake of hosts.
#[test]
fn the_fixed_prototypes_stand_in_the_ledger() {
    let now = ledger(&c_header());
    for fixed in [
        "wa_status wa_configure(const char *settings_json, wa_client *client_out)",
        "wa_status wa_update(wa_client client, const char *settings_json)",
        "wa_status wa_send(wa_client client, const char *to, const char *text, const char *options_json, char **outcome_json_out)",
        "wa_status wa_send_template(wa_client client, const char *to, const char *template_name, const char *variables_json, const char *options_json, char **outcome_json_out)",
        "wa_status wa_send_message(wa_client client, const char *to, const char *message_json, const char *options_json, char **outcome_json_out)",
        "wa_status wa_submit(wa_client client, const char *to, const char *message_json, const char *options_json, char **recorded_json_out)",
        "wa_status wa_wait(wa_client client, const char *id, uint32_t timeout_ms, char **outcome_json_out)",
        "wa_status wa_cancel(wa_client client, const char *id, char **outcome_json_out)",
        "wa_status wa_history(wa_client client, const char *query_json, char **page_json_out)",
        "wa_status wa_next_event(wa_client client, const char *options_json, uint32_t timeout_ms, char **events_json_out)",
        "wa_status wa_on_event(wa_client client, const char *filter_json, wa_event_fn callback, void *user_data)",
        "wa_status wa_on_log(wa_client client, int32_t level, wa_log_fn callback, void *user_data)",
        "wa_status wa_close(wa_client client, uint32_t timeout_ms)",
        "const char *wa_last_error(void)",
        "const char *wa_version(void)",
        "uint32_t wa_abi_version(void)",
        "void wa_string_free(char *text)",
        "typedef uint64_t wa_client",
    ] {
        let squeeze = |text: &str| text.replace([' ', '*'], "").to_owned() + &"*".repeat(text.matches('*').count());
        assert!(now.iter().any(|line| squeeze(line) == squeeze(fixed)), "{fixed}\nis not in {now:#?}");
    }
}

#[test]
fn the_schemas_are_current() {
    fn write<T: schemars::JsonSchema>(name: &str, title: &str) {
        let mut schema = schemars::schema_for!(T);
        schema.insert("title".into(), title.into());
        schema.insert("$id".into(), format!("{name}.v1.schema.json").into());
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        check(&format!("include/schema/{name}.v1.schema.json"), &text);
    }
    write::<Input>("settings", "settings_json of wa_configure");
    write::<UpdateInput>("update", "settings_json of wa_update");
    write::<SendOptions>("options", "options_json of the functions that send");
    write::<MessageInput>("message", "message_json");
    write::<crate::history::query::QueryInput>("query", "query_json of wa_history");
    write::<NextOptions>("next_event_options", "options_json of wa_next_event");
    write::<EventFilter>("event_filter", "filter_json of wa_on_event");
    write::<Outcome>("outcome", "What hosts are told of a message");
    write::<crate::message::Error>("error", "wa_last_error, and the `error` member");
    write::<Page>("page", "page_json of wa_history");
    write::<EventsPage>("events", "events_json of wa_next_event");
    write::<LogRecord>("log_record", "record_json of wa_log_fn");
}

/// `message_json`, told apart by `type`.
#[derive(schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(dead_code)] // only its schema is used
enum MessageInput {
    /// Free text.
    Text(Text),
    /// Media by link.
    Media(Media),
    /// A template.
    Template(TemplateInput),
}
