//! Whether an account is fit to send.

use super::asked::asked;
use super::boundary::call;
use super::export::export;
use super::types::{WaClient, WaText, WaTextOut};
use crate::message::Status;
use crate::provider::action::Action;
use crate::provider::action::options::AccountOptions;
use macro_rules_attribute::apply;

/// Looks whether the account and the database are fit to send, and says it in
/// plain words. Nothing is sent or changed.
///
/// `options_json`: `{"id","timeout_ms"}` or null. `report_json_out`: receives
/// `{"ok":..,"items":[{"item","verdict","text","hint"}]}`; see
/// `schema/check_report.v1.schema.json`. The caller's to free.
///
/// OK means that the check was made, not that it found all well: that is `ok`.
/// Blocks at most `timeout_ms` (default 60000). Thread-safe. Refused from
/// inside a callback.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_check(
    client: WaClient,
    options_json: WaText<'_>,
    report_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_check", report_json_out, || {
        let asked = asked::<AccountOptions>("wa_check", client, "options_json", &options_json)?;
        asked.act(&[], "options_json", None, Action::Check)
    })
}
