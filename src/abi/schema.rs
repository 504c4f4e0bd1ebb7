//! The tables as SQL, for who may not let the library make them.

use super::boundary::{Given, call, optional_text};
use super::export::export;
use super::types::{WaText, WaTextOut};
use crate::client;
use crate::message::Status;
use macro_rules_attribute::apply;

/// Gives the history's tables, and the rights on them, as SQL for a DBA. Needs
/// no client and no database: nothing is connected to.
///
/// `settings_json`: settings of `wa_configure`, of which only `history` is
/// read, or null for the defaults. `options_json`:
/// `{"database","from_version","run_role","migrate_role"}` or null; see
/// `schema/schema_options.v1.schema.json`. `database` is `sqlite`,
/// `postgresql` or `sqlserver`, by default what the settings name;
/// `from_version` is the version that the tables have (default 0: there are none); `run_role`
/// (`wa_app`) and `migrate_role` (`wa_owner`) are who gets the rights.
///
/// `schema_json_out`: receives
/// `{"database","from_version","version","tables","rights_to_run","rights_to_migrate"}`;
/// see `schema/schema_script.v1.schema.json`. The caller's to free. `tables` is
/// one script that leaves what the library itself would make: a client with
/// `history.migrate` `check` accepts it. It fails, and changes nothing, where
/// the tables have another version. `rights_to_run` and `rights_to_migrate`
/// are null for a file.
///
/// Does not block. Thread-safe. Fails with `WA_STATUS_SETTINGS`,
/// `WA_STATUS_JSON`, `WA_STATUS_ARGUMENT`, `WA_STATUS_UTF8`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_schema(
    settings_json: WaText<'_>,
    options_json: WaText<'_>,
    schema_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_schema", schema_json_out, || {
        let settings = optional_text("settings_json", &settings_json)?;
        let options = optional_text("options_json", &options_json)?;
        Ok(Given::json(Status::Ok, &client::schema(settings, options)?))
    })
}
