//! Reading the history.

use super::boundary::{Given, call, optional_text, refuse_in_callback};
use super::export::export;
use super::types::{WaClient, WaText, WaTextOut};
use crate::client::table;
use crate::message::Status;
use macro_rules_attribute::apply;

/// Reads a page of the history.
///
/// `query_json`: filters, `limit`, `cursor`, `order`, `timeout_ms`; see
/// `schema/query.v1.schema.json`; null asks for the newest messages.
/// `page_json_out`: receives `{"messages":[..],"next":..}`, the caller's to
/// free; `next` goes into `cursor` for the next page and is null at the end.
/// Every message that was there at the first page comes exactly once.
///
/// Blocks at most `timeout_ms` of the query (default 60000). Thread-safe.
/// Refused from inside a callback.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_history(
    client: WaClient,
    query_json: WaText<'_>,
    page_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_history", page_json_out, || {
        refuse_in_callback("wa_history")?;
        let client = table::find(client)?;
        let page = client.history(optional_text("query_json", &query_json)?)?;
        Ok(Given::json(Status::Ok, &page))
    })
}
