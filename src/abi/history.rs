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

/// Decides what becomes of the messages in a database that went back in time:
/// a backup was restored, or a failover lost commits.
///
/// A client that notices it claims, records and sends nothing, says
/// `WA_STATUS_DATABASE_REWOUND`, and tells it as an event and in the log. What
/// the database holds as queued or sending may have been sent since.
///
/// `options_json`: `{"policy","timeout_ms"}` or null. `policy` `unknown`
/// (default): these messages end as `unknown`, each with its event; `send`: they
/// are sent, also if they were sent before. `report_json_out`: receives
/// `{"rewound":..,"policy":..,"unknown":..}`; see
/// `schema/recovery_report.v1.schema.json`. The caller's to free.
///
/// Once for each restored database: other clients that share it notice that it
/// was decided, and go on. Where this client has not found that the database
/// went back in time, nothing is done and `rewound` is false.
///
/// Blocks at most `timeout_ms` (default 60000). Thread-safe. Refused from
/// inside a callback.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_recover(
    client: WaClient,
    options_json: WaText<'_>,
    report_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_recover", report_json_out, || {
        refuse_in_callback("wa_recover")?;
        let client = table::find(client)?;
        let report = client.recover(optional_text("options_json", &options_json)?)?;
        Ok(Given::json(Status::Ok, &report))
    })
}
