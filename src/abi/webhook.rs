//! What the providers tell, handed over by the host's HTTP server.

use super::boundary::{Given, borrowed, call, refuse_in_callback, text};
use super::export::export;
use super::types::{WaClient, WaText, WaTextOut};
use crate::client::table;
use crate::client::webhook::Webhook;
use crate::message::{Result, Status};
use macro_rules_attribute::apply;

/// Takes a request that a provider made to the host's HTTP server: checks its
/// signature, records what it tells, and says what to answer.
///
/// `request_json`: `{"method","url","headers","remote_address","timeout_ms"}`;
/// `method` and `url` must be there, `url` as it was requested, with its query.
/// `headers` is an object or a list of pairs of name and value. See
/// `schema/webhook_request.v1.schema.json`. `body`, `body_length`: the bytes of
/// the body as they came, never decoded or written anew: they are signed. Null
/// where `body_length` is 0; the caller's, and read during the call only.
/// `response_json_out`: receives `{"status","headers","body"}`, which the host
/// sends back as it is; the caller's to free. It is there on every status; only
/// where it has no `status` (after a fork, or a fault of the library) answer
/// 500.
///
/// Which provider it is from is told by the client's settings. 200 means that
/// all it tells is committed; one that comes again changes nothing. A request
/// that is not signed by the provider gets 403, changes nothing, and is told as
/// an event of kind `refused`, one a minute at most: the call itself is OK.
/// Where a secret is missing nothing is taken: `WA_STATUS_SETTINGS` and 500. 503
/// means that the provider may try again. A body of more than 4194304 bytes is
/// not read: 413.
///
/// Blocks at most `timeout_ms` of the request (default 10000). Thread-safe: as
/// many calls as the host likes. Refused from inside a callback. Source: Meta,
/// "Webhooks"; Twilio, "Webhooks security".
///
/// Fails with `WA_STATUS_JSON`, `WA_STATUS_UTF8`, `WA_STATUS_ARGUMENT`,
/// `WA_STATUS_SETTINGS`, `WA_STATUS_NO_CLIENT`, `WA_STATUS_CLOSED`,
/// `WA_STATUS_WOULD_DEADLOCK`, `WA_STATUS_TIMEOUT`, `WA_STATUS_DATABASE_AWAY`,
/// `WA_STATUS_DATABASE`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_webhook(
    client: WaClient,
    request_json: WaText<'_>,
    body: *const u8,
    body_length: usize,
    response_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_webhook", response_json_out, || {
        let answer = || -> Result<Webhook> {
            refuse_in_callback("wa_webhook")?;
            let client = table::find(client)?;
            let request = text("request_json", &request_json)?;
            if Webhook::is_too_long(body_length) {
                return Ok(Webhook::too_long());
            }
            Ok(client.webhook(request, borrowed("body", body, body_length)?))
        };
        let Webhook { status, response } = answer().unwrap_or_else(|error| Webhook::failed(*error));
        Ok(Given::json(status, &response))
    })
}
