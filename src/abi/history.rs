//! Reading the history, and what is done with it as a whole.

use super::boundary::{Given, call, optional_text, refuse_in_callback};
use super::export::export;
use super::types::{WaClient, WaText, WaTextOut};
use crate::client::table;
use crate::message::Status;
use macro_rules_attribute::apply;
use std::time::Duration;

/// Reads a page of the history.
///
/// `query_json`: filters, `limit`, `cursor`, `order`, `reports`, `timeout_ms`;
/// see `schema/query.v1.schema.json`; null asks for the newest messages.
/// `page_json_out`: receives `{"messages":[..],"next":..}`, the caller's to
/// free; `next` goes into `cursor` for the next page and is null at the end.
/// Every message that was there at the first page comes exactly once. A cursor
/// of another question is refused.
///
/// Each client sees the messages of its own account, unless
/// `history.accounts` of the settings is `all`.
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

/// Counts messages of the history, by state and by day.
///
/// `query_json`: the filters and the `timeout_ms` of `wa_history`, without
/// `limit` and `cursor`; null counts all. `report_json_out`: receives
/// `{"total","by_state":{..},"by_day":[{"day","total","by_state"}]}`, the
/// caller's to free; days are those on which messages were handed over, in UTC.
///
/// Without `contact_id`, `recipient`, `campaign_id` or `reference` every
/// message is looked at. Blocks at most `timeout_ms` of the query (default
/// 60000). Thread-safe. Refused from inside a callback.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_history_count(
    client: WaClient,
    query_json: WaText<'_>,
    report_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_history_count", report_json_out, || {
        refuse_in_callback("wa_history_count")?;
        let client = table::find(client)?;
        let counts = client.history_count(optional_text("query_json", &query_json)?)?;
        Ok(Given::json(Status::Ok, &counts))
    })
}

/// Writes messages of the history into a file.
///
/// `query_json`: the filters, `order` and `reports` of `wa_history`; null means
/// all messages. `options_json`:
/// `{"file","format","overwrite","bom","separator","id","timeout_ms"}`; `file`
/// must be there, `format` is `csv` (default) or `jsonl`. `report_json_out`:
/// receives `{"file","format","messages","bytes"}`, the caller's to free.
///
/// The file appears under its name once it is whole; one that is there is
/// replaced only with `overwrite`. In a CSV a cell that a spreadsheet would run
/// has an apostrophe in front. Messages that were there at the beginning come
/// exactly once, in short transactions, so that nobody waits for the export.
///
/// Blocks at most `timeout_ms` of the options (default 600000); `wa_cancel`
/// with the options' `id` ends it. Progress comes as events of kind `progress`
/// that count messages, to who asks for that kind. Thread-safe. Refused from
/// inside a callback.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_history_export(
    client: WaClient,
    query_json: WaText<'_>,
    options_json: WaText<'_>,
    report_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_history_export", report_json_out, || {
        refuse_in_callback("wa_history_export")?;
        let client = table::find(client)?;
        let query = optional_text("query_json", &query_json)?;
        let report = client.history_export(query, optional_text("options_json", &options_json)?)?;
        Ok(Given::json(Status::Ok, &report))
    })
}

/// Deletes what is older than the host wants to keep: messages with their
/// attempts and reports, events, and later references.
///
/// `options_json`: `{"older_than_days","keep_references_days","id","timeout_ms"}`;
/// `older_than_days` must be there and is at least 1, by the database's clock
/// and since the message was recorded; references are kept 400 days unless
/// `keep_references_days` says otherwise, and never shorter than their message.
/// `report_json_out`: receives `{"messages","open","events","references"}`, the
/// caller's to free; `open` counts messages as old that stayed because they are
/// not over.
///
/// At most 1,000 rows go in one transaction. Events go whether or not every
/// consumer has read them. Blocks at most `timeout_ms` of the options (default
/// 600000), with cancelling and progress as with `wa_history_export`; what is
/// gone by then stays gone. Thread-safe. Refused from inside a callback.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_history_purge(
    client: WaClient,
    options_json: WaText<'_>,
    report_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_history_purge", report_json_out, || {
        refuse_in_callback("wa_history_purge")?;
        let client = table::find(client)?;
        let report = client.history_purge(optional_text("options_json", &options_json)?)?;
        Ok(Given::json(Status::Ok, &report))
    })
}

/// Erases what was said to one contact. That there were messages, when, to
/// which number, and what became of them stays.
///
/// `options_json`: `{"contact_id","recipient","id","timeout_ms"}` with
/// `contact_id`, `recipient` or both; of both, the messages go that have one of
/// them. `report_json_out`: receives `{"messages","open"}`, the caller's to
/// free; `open` counts messages that were left as they are because they are not
/// over: cancel them, or call again later.
///
/// Gone are the text and content of each message, the words of its errors, of
/// its events, of its attempts and of the provider's reports; states, times,
/// classes and codes stay. At most 500 messages are changed in one transaction.
/// Blocks at most `timeout_ms` of the options (default 600000), with cancelling
/// and progress as with `wa_history_export`. Thread-safe. Refused from inside a
/// callback.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_history_erase(
    client: WaClient,
    options_json: WaText<'_>,
    report_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_history_erase", report_json_out, || {
        refuse_in_callback("wa_history_erase")?;
        let client = table::find(client)?;
        let report = client.history_erase(optional_text("options_json", &options_json)?)?;
        Ok(Given::json(Status::Ok, &report))
    })
}

/// Hands over messages whose end became known, or of which more was told since,
/// for hosts that keep the history in tables of their own.
///
/// `options_json`: `{"consumer","after","max"}`; `consumer` must be there: the
/// library remembers under this name, over restarts, what was acknowledged. The
/// first call begins with the oldest event. `timeout_ms`: how long to wait for
/// the first message; 0 does not wait. `page_json_out`: receives
/// `{"messages":[..],"cursor":".."}`, the caller's to free; the messages are
/// whole, as `wa_history` gives them, and as they are now.
///
/// Giving `cursor` back as `after` acknowledges the messages up to it. Until
/// then they come again when the program is started again: each change is
/// handed over at least once, so save a message by its `id`.
///
/// Blocks at most `timeout_ms` and 5 seconds, which the database may take to
/// answer. Thread-safe. Inside a callback refused.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_history_take(
    client: WaClient,
    options_json: WaText<'_>,
    timeout_ms: u32,
    page_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_history_take", page_json_out, || {
        refuse_in_callback("wa_history_take")?;
        let client = table::find(client)?;
        let options = optional_text("options_json", &options_json)?;
        let page = client.history_take(options, Duration::from_millis(timeout_ms.into()))?;
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
