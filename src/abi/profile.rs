//! What recipients see of a business.

use super::asked::{asked, filled};
use super::boundary::{call, text};
use super::export::export;
use super::types::{WaClient, WaText, WaTextOut};
use crate::message::{Status, json};
use crate::provider::action::Action;
use crate::provider::action::options::{NumberOptions, PictureOptions};
use macro_rules_attribute::apply;

/// Reads the business profile of a number.
///
/// `options_json`: `{"sender","id","timeout_ms"}` or null. `result_json_out`:
/// receives the profile; see `schema/profile.v1.schema.json`. The caller's to
/// free.
///
/// Blocks at most `timeout_ms` (default 60000). Thread-safe. Refused from
/// inside a callback. Source: Meta, "Business profiles". Twilio:
/// `WA_STATUS_NOT_SUPPORTED`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_profile_get(
    client: WaClient,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_profile_get", result_json_out, || {
        let asked = asked::<NumberOptions>("wa_profile_get", client, "options_json", &options_json)?;
        let sender = asked.options.sender.clone();
        asked.act(&[], "options_json", sender, Action::GetProfile)
    })
}

/// Changes the business profile of a number: what is given, and nothing else.
///
/// `profile_json`: `about`, `address`, `description`, `email`, `websites`,
/// `vertical`; see `schema/profile_update.v1.schema.json`. `result_json_out`:
/// receives `{"success":true}`, the caller's to free. The rest is as with
/// `wa_profile_get`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_profile_update(
    client: WaClient,
    profile_json: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_profile_update", result_json_out, || {
        let asked = asked::<NumberOptions>("wa_profile_update", client, "options_json", &options_json)?;
        let update = json::read("profile_json", text("profile_json", &profile_json)?)?;
        let sender = asked.options.sender.clone();
        asked.act(&["options_json"], "profile_json", sender, Action::UpdateProfile(update))
    })
}

/// Changes the picture of a number's business profile.
///
/// `file`: path of a JPEG or PNG file, at most 5 MB. `options_json`: as with
/// `wa_profile_get`. `result_json_out`: receives `{"success":true}`, the
/// caller's to free.
///
/// Blocks at most `timeout_ms` (default 600000), with progress as with
/// `wa_media_upload`. An upload that breaks goes on where it was. The rest is
/// as with `wa_profile_get`. Source: Meta, "Resumable upload".
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_profile_set_picture(
    client: WaClient,
    file: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_profile_set_picture", result_json_out, || {
        let asked = asked::<PictureOptions>("wa_profile_set_picture", client, "options_json", &options_json)?;
        let action = Action::SetPicture(filled("file", &file)?.into());
        let sender = asked.options.sender.clone();
        asked.act(&["file"], "options_json", sender, action)
    })
}
