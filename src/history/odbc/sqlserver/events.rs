//! Events from SQL Server, in an order in which none comes late.
//!
//! Every event has a `rowversion`: the database counts with it each row that
//! is inserted into a table with such a column. Rows whose transaction is still
//! open hold theirs back, and `MIN_ACTIVE_ROWVERSION()` is below all of those:
//! nothing can come before what is older. The number is the database's own and
//! goes with it into a backup.

use crate::history::fields::Fields;
use crate::history::names::Names;
use crate::history::odbc::fields::RowFields;
use crate::history::odbc::session::Session;
use crate::history::query::{EventCursor, EventPage, EventQuery};
use crate::history::select::{self, Value};
use crate::history::store::StoreResult;
use odbc_api::Error;

/// The newest event that nothing can come before any more, and the last number
/// that the database has given.
pub fn newest_settled(names: &Names) -> String {
    format!(
        "SET NOCOUNT ON; DECLARE @open binary(8) = MIN_ACTIVE_ROWVERSION(), @given bigint = CAST(@@DBTS AS bigint); \
         SELECT TOP (1) CAST(tx AS bigint), seq, @given FROM {} WHERE tx < @open ORDER BY tx DESC, seq DESC",
        names.events
    )
}

/// The event that is as far as a cursor of another database. Value: the place
/// of the event that the cursor names.
pub fn as_far_as(names: &Names) -> String {
    format!("SELECT TOP (1) CAST(tx AS bigint), seq FROM {} WHERE seq <= ? ORDER BY seq DESC", names.events)
}

/// A page of events. Values: number and place of the event that it begins
/// after, the number of the last one, account, those of `kinds`. Copied rows may
/// share a number, so the place counts too.
pub fn page(names: &Names, most: usize, kinds: &str) -> String {
    format!(
        "SET NOCOUNT ON; DECLARE @after binary(8) = CAST(? AS binary(8)), @place bigint = ?, \
         @until binary(8) = CAST(? AS binary(8)); \
         SELECT TOP ({most}) CAST(tx AS bigint), seq, body FROM {} WHERE tx >= @after AND tx <= @until \
         AND (tx > @after OR seq > @place) AND account_key = ?{kinds} ORDER BY tx, seq",
        names.events
    )
}

pub fn events(session: &mut Session, names: &Names, query: &EventQuery) -> StoreResult<EventPage> {
    let mut after = query.after.unwrap_or_default();
    let settled = session.rows(&newest_settled(names), &[], |row| Ok((cursor(row)?, row.number()?)))?;
    let Some((newest, given)) = settled.into_iter().next() else { return Ok(EventPage::default()) };
    if after.transaction > given {
        // The rows were copied into this database, which counts anew.
        let found = session.rows(&as_far_as(names), &[Value::Integer(after.seq)], cursor)?;
        after = found.into_iter().next().unwrap_or_default();
    }
    // What is not wanted is skipped by the cursor too, so that a consumer of
    // few kinds does not read the rest again and again.
    if newest <= after {
        return Ok(EventPage::default());
    }
    let (kinds, kind_values) = select::event_kinds(query);
    let mut values: Vec<Value> =
        [after.transaction, after.seq, newest.transaction].map(Value::Integer).into();
    values.push(Value::Text(query.account_key.clone()));
    values.extend(kind_values);
    let sql = page(names, query.most, &kinds);
    let found = session.rows(&sql, &values, |row| Ok((cursor(row)?, row.text()?)))?;
    let last = if found.len() == query.most { found.last().map_or(newest, |(at, _)| *at) } else { newest };
    Ok(EventPage { bodies: found.into_iter().map(|(_, body)| body).collect(), last: Some(last) })
}

fn cursor(row: &mut RowFields<'_, '_>) -> Result<EventCursor, Error> {
    Ok(EventCursor { transaction: row.number()?, seq: row.number()? })
}
