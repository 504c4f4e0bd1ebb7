//! A client begins, and is changed while it runs.

use super::boundary::{Given, call, refuse_in_callback, text};
use super::export::export;
use super::types::{WaClient, WaText};
use crate::client::{Client, table};
use crate::message::{Error, Status};
use macro_rules_attribute::apply;

/// Starts a client.
///
/// `settings_json`: the settings, a JSON object; see the table in README.md
/// and `schema/settings.v1.schema.json`. `client_out`: receives the number of
/// the client, or 0 on failure; must not be null.
///
/// Blocks until the settings are checked and the database has answered once,
/// at most `timeout_ms` of the settings (default 60000). A database that
/// cannot be reached is no failure: the client starts, refuses messages with
/// `WA_STATUS_DATABASE_AWAY`, and says in an event when it is back. A wrong
/// driver, password, database name, right or schema is a failure.
///
/// Thread-safe. Several clients may live side by side.
///
/// Fails with `WA_STATUS_SETTINGS`, `WA_STATUS_JSON`, `WA_STATUS_UTF8`,
/// `WA_STATUS_ARGUMENT`, `WA_STATUS_NOT_SUPPORTED`, `WA_STATUS_DATABASE`,
/// `WA_STATUS_DATABASE_SCHEMA`, `WA_STATUS_TLS`, `WA_STATUS_WOULD_DEADLOCK`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_configure(settings_json: WaText<'_>, client_out: Option<&mut WaClient>) -> Status {
    let client_out = client_out.map(|client| {
        *client = 0;
        client
    });
    call("wa_configure", None, || {
        refuse_in_callback("wa_configure")?;
        let client_out =
            client_out.ok_or_else(|| Error::about(Status::Argument, "client_out", "client_out is null."))?;
        // Not when it is loaded: nothing happens then.
        super::pin::stay_loaded();
        let client = Client::configure(text("settings_json", &settings_json)?)?;
        *client_out = table::enter(client);
        Ok(Given::ok())
    })
}

/// Changes what may change while a client runs: secrets, `retry`, `pacing`,
/// `log`. Attempts under way end with what was set before.
///
/// `settings_json`: a JSON object with those keys only; what is not named
/// stays. Does not block. Thread-safe.
///
/// Fails with `WA_STATUS_SETTINGS`, `WA_STATUS_JSON`; then nothing is changed.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_update(client: WaClient, settings_json: WaText<'_>) -> Status {
    call("wa_update", None, || {
        table::find(client)?.update(text("settings_json", &settings_json)?)?;
        Ok(Given::ok())
    })
}
