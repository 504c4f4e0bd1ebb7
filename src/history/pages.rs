//! Pages of messages: the rows that a question is about, with their attempts
//! and what the provider reported.

use super::fields::Fields;
use super::plain::{self, Plain};
use super::query::{Query, Row};
use super::record::{AttemptRow, MessageRow, ReportRow};
use super::search;
use super::select::{self, Value};
use super::store_error::StoreResult;
use super::tables::{read_attempt, read_message};
use std::collections::HashMap;
use uuid::Uuid;

/// A page of messages.
pub fn page(connection: &mut dyn Plain, query: &Query) -> StoreResult<Vec<Row>> {
    let messages = match &query.text {
        None => {
            let (sql, values) = select::page(connection.names(), connection.syntax(), query);
            plain::rows(connection, &sql, &values, |row| read_message(row))?
        }
        Some(text) => with_text(connection, query, text)?,
    };
    complete(connection, messages, query.attempts, query.reports)
}

/// Messages by their ids, with their attempts, in the order of the ids. Ids of
/// which there is no message are left out.
pub fn by_ids(connection: &mut dyn Plain, ids: &[Uuid]) -> StoreResult<Vec<Row>> {
    let mut messages = messages_of(connection, ids)?;
    let found = ids.iter().filter_map(|id| messages.remove(id)).collect();
    complete(connection, found, true, false)
}

fn with_text(connection: &mut dyn Plain, query: &Query, text: &str) -> StoreResult<Vec<MessageRow>> {
    let mut query = query.clone();
    let mut page = Vec::new();
    loop {
        let wanted = query.limit - page.len();
        let mut found = Vec::new();
        search::each(connection, &query, text, |seen| {
            found.push((seen.id, seen.seq));
            found.len() < wanted
        })?;
        let ids: Vec<Uuid> = found.iter().map(|(id, _)| *id).collect();
        let mut messages = messages_of(connection, &ids)?;
        page.extend(ids.iter().filter_map(|id| messages.remove(id)));
        // One that is gone since was purged; a page is short only at the end.
        if found.len() < wanted || page.len() == query.limit {
            return Ok(page);
        }
        query.after = found.last().map(|(_, seq)| *seq);
    }
}

fn messages_of(connection: &mut dyn Plain, ids: &[Uuid]) -> StoreResult<HashMap<Uuid, MessageRow>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = select::by_ids(connection.names(), connection.syntax());
    let messages = plain::rows(connection, &sql, &[plain::array(ids)], |row| read_message(row))?;
    Ok(messages.into_iter().map(|message| (message.id, message)).collect())
}

/// Messages with what else is wanted of them.
fn complete(
    connection: &mut dyn Plain,
    messages: Vec<MessageRow>,
    attempts: bool,
    reports: bool,
) -> StoreResult<Vec<Row>> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let mut made: HashMap<Uuid, Vec<AttemptRow>> = HashMap::new();
    if attempts || reports {
        let sql = select::attempts(connection.names(), connection.syntax().ids);
        let ids = plain::array(messages.iter().map(|message| message.id));
        for (id, attempt) in plain::rows(connection, &sql, &[ids], |row| read_attempt(row))? {
            made.entry(id).or_default().push(attempt);
        }
    }
    let mut rows = Row::all(messages, made);
    if reports {
        add_reports(connection, &mut rows)?;
    }
    Ok(rows)
}

/// The values by which the reports of some messages are found, for each
/// account: it, and the provider's ids. The account is what the index begins
/// with.
fn places_of_reports(rows: &[Row]) -> Vec<(String, [Value; 2])> {
    let mut accounts: Vec<&str> = rows.iter().map(|row| row.message.account_key.as_str()).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let place = |account: &str| {
        let ids = rows.iter().filter(|row| row.message.account_key == account).flat_map(provider_ids);
        let values = [Value::Text(account.to_owned()), plain::array(ids.collect::<Vec<_>>())];
        (account.to_owned(), values)
    };
    accounts.into_iter().map(place).collect()
}

/// Runs a statement on all reports of some messages. `sql` makes it of the
/// table's name and the condition.
pub fn on_reports(
    connection: &mut dyn Plain,
    ids: &[Uuid],
    sql: impl Fn(&str, &str) -> String,
) -> StoreResult<()> {
    let table = connection.names().table("statuses");
    let any = (connection.syntax().first)(&format!("SELECT 1 FROM {table}"), 1);
    if plain::rows(connection, &any, &[], |_| Ok(()))?.is_empty() {
        return Ok(());
    }
    let sql = sql(&table, &select::of_reports(connection.syntax()));
    let rows = by_ids(connection, ids)?;
    places_of_reports(&rows).iter().try_for_each(|(_, values)| plain::run(connection, &sql, values))
}

/// What the provider reported is known by its id of the message, or of one of
/// its attempts.
fn add_reports(connection: &mut dyn Plain, rows: &mut [Row]) -> StoreResult<()> {
    let mut found: HashMap<(String, String), Vec<ReportRow>> = HashMap::new();
    let sql = select::reports(connection.names(), connection.syntax());
    for (account, values) in places_of_reports(rows) {
        for report in plain::rows(connection, &sql, &values, read_report)? {
            found.entry((account.clone(), report.provider_message_id.clone())).or_default().push(report);
        }
    }
    for row in rows {
        let mut ids: Vec<String> = provider_ids(row).map(str::to_owned).collect();
        ids.sort_unstable();
        ids.dedup();
        let account = &row.message.account_key;
        let mut reports: Vec<ReportRow> =
            ids.into_iter().filter_map(|id| found.remove(&(account.clone(), id))).flatten().collect();
        reports.sort_by_key(|report| (report.received_at, report.state as i16));
        row.reports = Some(reports);
    }
    Ok(())
}

fn provider_ids(row: &Row) -> impl Iterator<Item = &str> {
    let of_attempts = row.attempts.iter().filter_map(|attempt| attempt.provider_message_id.as_deref());
    row.message.provider_message_id.as_deref().into_iter().chain(of_attempts)
}

fn read_report(row: &mut plain::PlainRow<'_>) -> StoreResult<ReportRow> {
    Ok(ReportRow {
        provider_message_id: row.next()?,
        state: row.next()?,
        reported_at: row.next()?,
        received_at: row.next()?,
        provider_code: row.next()?,
    })
}
