//! The numbers that a business sends from.

use super::asked::{asked, filled};
use super::boundary::{call, text};
use super::export::export;
use super::types::{WaClient, WaText, WaTextOut};
use crate::ground::Secret;
use crate::message::phone::Phone;
use crate::message::{Error, Result, Status};
use crate::provider::action::options::{
    CodeOptions, NumberAddOptions, NumberListOptions, NumberOptions, RegisterOptions,
};
use crate::provider::action::{Action, AddNumber, Pin, Register, RequestCode};
use macro_rules_attribute::apply;

/// Lists the account's numbers, a page at a time.
///
/// `options_json`: `{"limit","cursor","id","timeout_ms"}` or null.
/// `page_json_out`: receives `{"numbers":[..],"next":..}`, the caller's to
/// free; `next` goes into `cursor` for the next page and is null at the end.
/// The `id` of a number is what `sender` means.
///
/// Blocks at most `timeout_ms` (default 60000). Thread-safe. Refused from
/// inside a callback. Source: Meta, "Phone numbers". Twilio:
/// `WA_STATUS_NOT_SUPPORTED`, as all functions about numbers.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_number_list(
    client: WaClient,
    options_json: WaText<'_>,
    page_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_number_list", page_json_out, || {
        let asked = asked::<NumberListOptions>("wa_number_list", client, "options_json", &options_json)?;
        let NumberListOptions { limit, cursor, .. } = asked.options.clone();
        asked.act(&[], "options_json", None, Action::ListNumbers { limit, cursor })
    })
}

/// Reads one number: its name, quality, throughput, limit, registration.
///
/// `options_json`: `{"sender","id","timeout_ms"}` or null; `sender` is the
/// number's id, the settings' unless it is given. `result_json_out`: receives
/// the number; see `schema/number.v1.schema.json`. The caller's to free.
///
/// The rest is as with `wa_number_list`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_number_get(
    client: WaClient,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_number_get", result_json_out, || {
        let asked = asked::<NumberOptions>("wa_number_get", client, "options_json", &options_json)?;
        let sender = asked.options.sender.clone();
        asked.act(&[], "options_json", sender, Action::GetNumber)
    })
}

/// Adds a number to the account. It still has to be verified
/// (`wa_number_request_code`, `wa_number_verify_code`) and registered
/// (`wa_number_register`).
///
/// `number`: with `+` and country code, or what `default_country` completes.
/// `options_json`: `{"verified_name","id","timeout_ms"}`; `verified_name`, the
/// name that recipients see, must be there. `result_json_out`: receives the
/// number with its `id`, the caller's to free.
///
/// Never repeated by itself. A call that reaches its deadline may have added
/// it: look with `wa_number_list`. The rest is as with `wa_number_list`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_number_add(
    client: WaClient,
    number: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_number_add", result_json_out, || {
        let asked = asked::<NumberAddOptions>("wa_number_add", client, "options_json", &options_json)?;
        let number = text("number", &number)?;
        // Recipients have a sentence of their own; this is none.
        let number = Phone::read("number", number, asked.client.default_country()).map_err(|error| {
            let message = "number is not a telephone number that can be read.";
            let new = Error::about(Status::Argument, "number", message);
            new.hint(error.hint.clone().unwrap_or_else(|| "Write it with + and its country code.".into()))
        })?;
        let Some(verified_name) = asked.options.verified_name.clone() else {
            let path = "options_json.verified_name";
            return Err(Error::about(Status::Argument, path, format!("{path} is missing."))
                .hint("Give the name that recipients are to see."));
        };
        let action = Action::AddNumber(AddNumber { number, verified_name });
        asked.act(&["number"], "options_json", None, action)
    })
}

/// Has a verification code sent to a number.
///
/// `options_json`: `{"sender","method","language","id","timeout_ms"}` or null;
/// `method` is `sms` or `voice`, `language` such as `en_US`. `result_json_out`:
/// receives `{"success":true}`, the caller's to free.
///
/// Never repeated by itself: Meta sends few codes in a time. The rest is as
/// with `wa_number_list`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_number_request_code(
    client: WaClient,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_number_request_code", result_json_out, || {
        let asked = asked::<CodeOptions>("wa_number_request_code", client, "options_json", &options_json)?;
        let CodeOptions { sender, method, language, .. } = asked.options.clone();
        let language = language.unwrap_or_else(|| "en_US".to_owned());
        let action = Action::RequestCode(RequestCode { method, language });
        asked.act(&[], "options_json", sender, action)
    })
}

/// Gives the verification code that came.
///
/// `code`: six digits; a dash or blanks between them do not matter. It is never
/// logged, kept or repeated in an error. `options_json`, result and the rest
/// are as with `wa_number_request_code`, without `method` and `language`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_number_verify_code(
    client: WaClient,
    code: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_number_verify_code", result_json_out, || {
        let code = Pin(Secret::new(filled("code", &code)?.to_owned()));
        let asked = asked::<NumberOptions>("wa_number_verify_code", client, "options_json", &options_json)?;
        let sender = asked.options.sender.clone();
        asked.act(&["code"], "options_json", sender, Action::VerifyCode(code))
    })
}

/// Registers a number for sending.
///
/// `pin`: the six digits of its two-step verification; they are set where there
/// are none. Never logged, kept or repeated in an error. `options_json`:
/// `{"sender","data_localization_region","id","timeout_ms"}` or null; the
/// region is two letters of a country. `result_json_out`: receives
/// `{"success":true}`, the caller's to free.
///
/// Never repeated by itself: wrong PINs lock the number. The rest is as with
/// `wa_number_list`. Source: Meta, "Registration": 10 registrations in 72
/// hours.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_number_register(
    client: WaClient,
    pin: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_number_register", result_json_out, || {
        let pin = secret("pin", &pin)?;
        let asked = asked::<RegisterOptions>("wa_number_register", client, "options_json", &options_json)?;
        let RegisterOptions { sender, data_localization_region, .. } = asked.options.clone();
        let action = Action::Register(Register { pin, data_localization_region });
        asked.act(&["pin"], "options_json", sender, action)
    })
}

/// Takes the registration of a number back: nothing can be sent from it until
/// it is registered again.
///
/// `options_json`: `{"sender","id","timeout_ms"}` or null. `result_json_out`:
/// receives `{"success":true}`, the caller's to free. The rest is as with
/// `wa_number_register`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_number_deregister(
    client: WaClient,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_number_deregister", result_json_out, || {
        let asked = asked::<NumberOptions>("wa_number_deregister", client, "options_json", &options_json)?;
        let sender = asked.options.sender.clone();
        asked.act(&[], "options_json", sender, Action::Deregister)
    })
}

/// Sets the PIN of a number's two-step verification.
///
/// `pin`: six digits, leading zeros too. Never logged, kept or repeated in an
/// error. It cannot be taken away by Meta's API: an empty one is
/// `WA_STATUS_NOT_SUPPORTED`. `options_json`: `{"sender","id","timeout_ms"}` or
/// null. `result_json_out`: receives `{"success":true}`, the caller's to free.
/// The rest is as with `wa_number_register`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_number_set_pin(
    client: WaClient,
    pin: WaText<'_>,
    options_json: WaText<'_>,
    result_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_number_set_pin", result_json_out, || {
        let pin = secret("pin", &pin)?;
        let asked = asked::<NumberOptions>("wa_number_set_pin", client, "options_json", &options_json)?;
        let sender = asked.options.sender.clone();
        asked.act(&["pin"], "options_json", sender, Action::SetPin(pin))
    })
}

/// A PIN, out of the host's text at once. The provider's part says what it must
/// look like.
fn secret(argument: &str, value: &WaText<'_>) -> Result<Pin> {
    Ok(Pin(Secret::new(text(argument, value)?.to_owned())))
}
