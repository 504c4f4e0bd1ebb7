//! What is generated out of the source is what is committed.
//!
//! `WA_BLESS=1 cargo test --lib generated` writes it anew: the header by
//! cbindgen, the C# layer by safer-ffi, the JSON schemas by schemars, the
//! ledger, whose lines are only ever added, and the table of providers' codes.
//! What people wrote about it is checked to be whole: settings, functions,
//! statuses.

use crate::client::{
    EraseOptions, EraseReport, EventsPage, ExportOptions, ExportReport, PurgeOptions, PurgeReport,
    SchemaOptions, SchemaScript, TakeOptions, TakenPage,
};
use crate::events::{EventFilter, KINDS, LogRecord, NextOptions};
use crate::history::Page;
use crate::message::catalogue::{self, Entry, ResponseText, RetryRule};
use crate::message::content::{
    Attachment, Carousel, Catalog, Contacts, CtaUrl, Flow, List, Location, LocationRequest, Media, Product,
    ProductList, Reaction, ReplyButtons, TemplateInput, Text,
};
use crate::message::{Outcome, ProviderName, SendOptions, Status};
use crate::provider::action::{self, options};
use crate::settings::{Input, UpdateInput};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What the header is made of, in its order.
const SOURCES: &[&str] = &[
    "src/message/status.rs",
    "src/abi/types.rs",
    "src/abi/configure.rs",
    "src/abi/send.rs",
    "src/abi/history.rs",
    "src/abi/events.rs",
    "src/abi/close.rs",
    "src/abi/text.rs",
    "src/abi/media.rs",
    "src/abi/templates.rs",
    "src/abi/numbers.rs",
    "src/abi/profile.rs",
    "src/abi/account.rs",
    "src/abi/schema.rs",
    "src/abi/webhook.rs",
];
const HEADER: &str = "include/wa_connector.h";
const CSHARP: &str = "bindings/dotnet/Native.g.cs";
const LEDGER: &str = "include/wa_connector.abi";
const ERRORS: &str = "docs/errors.md";
const README: &str = "README.md";
const REFERENCE: &str = "docs/reference.md";

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
    SOURCES
        .iter()
        .fold(cbindgen::Builder::new(), |builder, source| builder.with_src(root().join(source)))
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
        .with_banner("// Written by safer-ffi out of src/abi; do not edit.\n")
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
        .filter(|statement| {
            statement.starts_with("WA_API")
                || (statement.starts_with("typedef") && !statement.contains("enum wa_status"))
        })
        .map(|statement| statement.trim_start_matches("WA_API ").replace(" ,", ",").replace("* ", "*"))
        .collect();
    lines.extend(
        Status::ALL
            .iter()
            .map(|status| format!("WA_STATUS_{} = {}", status.name().to_uppercase(), *status as i32)),
    );
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
        "wa_status wa_webhook(wa_client client, const char *request_json, const uint8_t *body, size_t body_length, char **response_json_out)",
        "wa_status wa_close(wa_client client, uint32_t timeout_ms)",
        "const char *wa_last_error(void)",
        "const char *wa_version(void)",
        "uint32_t wa_abi_version(void)",
        "void wa_string_free(char *text)",
        "typedef uint64_t wa_client",
    ] {
        let squeeze =
            |text: &str| text.replace([' ', '*'], "").to_owned() + &"*".repeat(text.matches('*').count());
        assert!(now.iter().any(|line| squeeze(line) == squeeze(fixed)), "{fixed}\nis not in {now:#?}");
    }
}

/// Whether another attempt follows, in a word for people.
fn retried(rule: RetryRule) -> &'static str {
    match rule {
        RetryRule::Never => "no",
        RetryRule::Soon => "yes",
        RetryRule::Once => "once",
        RetryRule::Later => "later",
    }
}

/// The page about providers' codes.
fn errors_page() -> String {
    let mut page = include_str!("errors_introduction.md").to_owned();
    page.push_str("\n## Without a code\n\n");
    page.push_str("| HTTP status | Class | Status of the call | Retried | What it means | What to do |\n|---|---|---|---|---|---|\n");
    let statuses: &[(&str, u16)] = &[
        ("300 to 399", 300),
        ("401", 401),
        ("403", 403),
        ("404", 404),
        ("429", 429),
        ("other 4xx", 400),
        ("5xx with a code that is not below", 500),
    ];
    for (name, status) in statuses {
        let Entry { class, retry, meaning, hint, .. } = catalogue::by_http_status(*status);
        page.push_str(&format!(
            "| {name} | {} | `{}` | {} | {meaning} | {hint} |\n",
            class.name(),
            class.status().name(),
            retried(retry)
        ));
    }
    for provider in ProviderName::ALL {
        let name = provider.title();
        page.push_str(&format!("\n## {name}\n"));
        for text in [
            ResponseText::BadCredentials,
            ResponseText::BadRecipient,
            ResponseText::NonRetryable,
            ResponseText::SendFailedRetriesExhausted,
        ] {
            let text = text.text_of(provider);
            page.push_str(&format!("\n### {name}: {text}\n\n"));
            page.push_str("| Code | Class | Status of the call | Retried | What it means | What to do |\n|---|---|---|---|---|---|\n");
            for row in catalogue::rows().filter(|row| row.provider == provider && row.response == text) {
                let (class, retry) = (row.class.name(), retried(row.retry));
                page.push_str(&format!(
                    "| {} | {class} | `{}` | {retry} | {} | {} |\n",
                    row.code, row.status, row.meaning, row.hint
                ));
            }
        }
    }
    page
}

#[test]
fn the_table_of_codes_is_current() {
    check(ERRORS, &errors_page());
}

/// The paths of all keys of a schema; `<name>` stands for a key of the host's.
fn keys_of(schema: &serde_json::Value, at: &serde_json::Value, path: &str, keys: &mut BTreeSet<String>) {
    let at = match at["$ref"].as_str() {
        Some(reference) => schema.pointer(reference.trim_start_matches('#')).unwrap(),
        None => at,
    };
    let mut inner = Vec::new();
    for (key, value) in at["properties"].as_object().into_iter().flatten() {
        inner.push((key.clone(), value));
    }
    if at["additionalProperties"].is_object() {
        inner.push(("<name>".to_owned(), &at["additionalProperties"]));
    }
    if inner.is_empty() {
        keys.insert(path.to_owned());
    }
    for (key, value) in inner {
        let path = if path.is_empty() { key } else { format!("{path}.{key}") };
        keys_of(schema, value, &path, keys);
    }
}

#[test]
fn the_readme_names_every_setting() {
    let mut schema = schemars::schema_for!(Input);
    let schema = serde_json::to_value(schema.ensure_object()).unwrap();
    let mut keys = BTreeSet::new();
    keys_of(&schema, &schema, "", &mut keys);
    let readme = fs::read_to_string(root().join(README)).unwrap().replace("\r\n", "\n");
    let (_, table) = readme.split_once("\n## Settings\n").expect("README.md has no section Settings");
    let table = table.split("\n## ").next().unwrap_or_default();
    let named: BTreeSet<String> = table
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned()))
        .collect();
    assert_eq!(named, keys, "README.md's table of settings and the schema differ");
}

#[test]
fn the_reference_names_every_function_status_and_event() {
    let reference = fs::read_to_string(root().join(REFERENCE)).unwrap().replace("\r\n", "\n");
    let named: BTreeSet<String> =
        reference.lines().filter_map(|line| line.strip_prefix("## wa_")).map(|n| format!("wa_{n}")).collect();
    assert_eq!(named, functions(&c_header()), "sections of {REFERENCE} and functions of the header differ");
    let rows: BTreeSet<&str> = reference.lines().filter(|line| line.starts_with("| ")).collect();
    for status in Status::ALL {
        let row = format!("| {} | `WA_STATUS_{}` |", *status as i32, status.name().to_uppercase());
        assert!(rows.iter().any(|line| line.starts_with(&row)), "{REFERENCE} has no row {row}");
    }
    for kind in KINDS {
        assert!(
            rows.iter().any(|line| line.starts_with(&format!("| `{kind}` |"))),
            "{REFERENCE}: event {kind}"
        );
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
    write::<crate::history::count::Counts>("counts", "report_json of wa_history_count");
    write::<ExportOptions>("export_options", "options_json of wa_history_export");
    write::<ExportReport>("export_report", "report_json of wa_history_export");
    write::<PurgeOptions>("purge_options", "options_json of wa_history_purge");
    write::<PurgeReport>("purge_report", "report_json of wa_history_purge");
    write::<EraseOptions>("erase_options", "options_json of wa_history_erase");
    write::<EraseReport>("erase_report", "report_json of wa_history_erase");
    write::<TakeOptions>("take_options", "options_json of wa_history_take");
    write::<TakenPage>("taken_page", "page_json of wa_history_take");
    write::<crate::client::RecoverOptions>("recover_options", "options_json of wa_recover");
    write::<crate::client::RecoveryReport>("recovery_report", "report_json of wa_recover");
    write::<EventsPage>("events", "events_json of wa_next_event");
    write::<LogRecord>("log_record", "record_json of wa_log_fn");
    write::<action::TemplateQuery>("template_query", "query_json of wa_template_list");
    write::<action::TemplateDefinition>("template_definition", "template_json of wa_template_create");
    write::<action::ProfileUpdate>("profile_update", "profile_json of wa_profile_update");
    write::<options::AccountOptions>("account_options", "options_json of wa_check and other calls");
    write::<options::NumberOptions>("number_options", "options_json of calls about one number");
    write::<options::ReadOptions>("read_options", "options_json of wa_mark_read");
    write::<options::UploadOptions>("upload_options", "options_json of wa_media_upload");
    write::<options::DownloadOptions>("download_options", "options_json of wa_media_download");
    write::<options::PictureOptions>("picture_options", "options_json of wa_profile_set_picture");
    write::<options::TemplateGetOptions>("template_get_options", "options_json of wa_template_get");
    write::<options::TemplateDeleteOptions>("template_delete_options", "options_json of wa_template_delete");
    write::<options::TemplateSubmitOptions>("template_submit_options", "options_json of wa_template_submit");
    write::<options::NumberListOptions>("number_list_options", "options_json of wa_number_list");
    write::<options::NumberAddOptions>("number_add_options", "options_json of wa_number_add");
    write::<options::CodeOptions>("code_options", "options_json of wa_number_request_code");
    write::<options::RegisterOptions>("register_options", "options_json of wa_number_register");
    write::<Success>("success", "The result of calls that have nothing more to say");
    write::<action::MediaInfo>("media_info", "Media at the provider");
    write::<action::MediaFile>("media_file", "Media that was fetched");
    write::<action::TemplateList>("template_list", "page_json of wa_template_list");
    write::<action::Template>("template", "A template");
    write::<action::NumberList>("number_list", "page_json of wa_number_list");
    write::<action::Number>("number", "A number");
    write::<action::Profile>("profile", "A business profile");
    write::<action::CheckReport>("check_report", "report_json of wa_check");
    write::<SchemaOptions>("schema_options", "options_json of wa_schema");
    write::<SchemaScript>("schema_script", "schema_json of wa_schema");
    write::<crate::client::webhook::WebhookRequest>("webhook_request", "request_json of wa_webhook");
    write::<crate::client::webhook::WebhookResponse>("webhook_response", "response_json of wa_webhook");
}

/// `Done::SUCCESS`.
#[derive(schemars::JsonSchema)]
#[allow(dead_code)] // only its schema is used
struct Success {
    /// Always true.
    success: bool,
}

/// `message_json`, told apart by `type`.
#[derive(schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(dead_code)] // only its schema is used
enum MessageInput {
    /// Free text.
    Text(Text),
    /// Media by link, as Twilio has it.
    Media(Media),
    /// An image.
    Image(Attachment),
    /// A video.
    Video(Attachment),
    /// A sound, or a voice note.
    Audio(Attachment),
    /// A file.
    Document(Attachment),
    /// A sticker.
    Sticker(Attachment),
    /// A place.
    Location(Location),
    /// Contacts of an address book.
    Contacts(Contacts),
    /// A reaction to a message.
    Reaction(Reaction),
    /// Something to tap on.
    Interactive(InteractiveInput),
    /// A template.
    Template(TemplateInput),
}

/// Told apart by `interactive`.
#[derive(schemars::JsonSchema)]
#[serde(tag = "interactive", rename_all = "snake_case")]
#[allow(dead_code)] // only its schema is used
enum InteractiveInput {
    /// Up to three buttons whose titles come back.
    ReplyButtons(ReplyButtons),
    /// A list that opens.
    List(List),
    /// A button that opens an address.
    CtaUrl(CtaUrl),
    /// Asks where the recipient is.
    LocationRequest(LocationRequest),
    /// One product of a catalog.
    Product(Product),
    /// Several products of a catalog.
    ProductList(ProductList),
    /// The whole catalog.
    Catalog(Catalog),
    /// A form.
    Flow(Flow),
    /// Cards side by side.
    Carousel(Carousel),
}
