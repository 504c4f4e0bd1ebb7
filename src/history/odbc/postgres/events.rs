//! Events from PostgreSQL, in an order in which none comes late.

use super::moved::{NOT_BEGUN, cursor_now};
use super::writes;
use crate::history::fields::Fields;
use crate::history::names::Names;
use crate::history::odbc::fields::RowFields;
use crate::history::odbc::session::Session;
use crate::history::query::{EventCursor, EventPage, EventQuery};
use crate::history::select::{self, Value};
use crate::history::store::StoreResult;
use crate::history::told;
use odbc_api::Error;

/// The oldest transaction of the whole server that is open.
const OLDEST_OPEN: &str = "txid_snapshot_xmin(txid_current_snapshot())";

pub fn events(session: &mut Session, names: &Names, query: &EventQuery) -> StoreResult<EventPage> {
    let mut after = query.after.unwrap_or_default();
    let Some((newest, settled)) = newest(session, names)? else { return Ok(EventPage::default()) };
    if after > newest {
        after = cursor_now(session, names, after)?;
    }
    // What is not wanted is skipped by the cursor too, so that a consumer of
    // few kinds does not read the rest again and again.
    let newest = match settled {
        true => Some(newest).filter(|newest| *newest > after),
        false if newest > after => newest_settled(session, names, after)?,
        false => None,
    };
    let Some(newest) = newest else { return Ok(EventPage::default()) };
    let (kinds, kind_values) = select::event_kinds(query);
    let page = format!(
        "SELECT * FROM {} WHERE (tx, seq) > (CAST(? AS bigint), CAST(? AS bigint)) \
         AND (tx, seq) <= (CAST(? AS bigint), CAST(? AS bigint)) AND account_key = ?{kinds} ORDER BY tx, seq LIMIT ?",
        names.events
    );
    let sql = format!("{} ORDER BY e.tx, e.seq", told::events(names, "e.tx, e.seq", &page));
    let mut values: Vec<Value> =
        [after.transaction, after.seq, newest.transaction, newest.seq].map(Value::Integer).into();
    values.push(Value::Text(query.account_key.clone()));
    values.extend(kind_values);
    values.push(Value::Integer(i64::try_from(query.most).unwrap_or(i64::MAX)));
    let found = session.rows(&sql, &values, |row| Ok((cursor(row)?, told::read_event(row)?)))?;
    let last = if found.len() == query.most { found.last().map_or(newest, |(at, _)| *at) } else { newest };
    Ok(EventPage { bodies: found.into_iter().filter_map(|(_, body)| body).collect(), last: Some(last) })
}

/// The newest event, and whether nothing can come before it any more.
fn newest(session: &mut Session, names: &Names) -> StoreResult<Option<(EventCursor, bool)>> {
    // What a transaction stored that this cluster has not begun yet came with a
    // dump: nothing can come before it any more.
    let sql = format!(
        "SELECT tx, seq, CASE WHEN tx < {OLDEST_OPEN} OR tx >= {NOT_BEGUN} THEN 1 ELSE 0 END FROM {} \
         ORDER BY tx DESC, seq DESC LIMIT 1",
        names.events
    );
    let newest = session.rows(&sql, &[], |row| Ok((cursor(row)?, row.number()? == 1)))?;
    Ok(newest.into_iter().next())
}

/// The newest event after `after` that no event can come before any more,
/// while transactions are open.
fn newest_settled(
    session: &mut Session,
    names: &Names,
    after: EventCursor,
) -> StoreResult<Option<EventCursor>> {
    let settled = newest_before(session, names, OLDEST_OPEN, &[])?.filter(|newest| *newest > after);
    if settled.is_some() {
        return Ok(settled);
    }
    // A statement of its own: its answer holds for those that begin after it.
    let floor = session.rows(&floor(names), &[], |row| row.number())?.into_iter().next().unwrap_or_default();
    let settled = newest_before(session, names, "CAST(? AS bigint)", &[Value::Integer(floor)])?;
    Ok(settled.filter(|newest| *newest > after))
}

fn newest_before(
    session: &mut Session,
    names: &Names,
    transaction: &str,
    values: &[Value],
) -> StoreResult<Option<EventCursor>> {
    let sql = format!(
        "SELECT tx, seq FROM {} WHERE tx < {transaction} ORDER BY tx DESC, seq DESC LIMIT 1",
        names.events
    );
    Ok(session.rows(&sql, values, cursor)?.into_iter().next())
}

/// Asks for a transaction before which none is open that may write events.
///
/// A writer of events locks one of our tables before it has a number, and
/// keeps the lock until others see what it wrote. So a transaction that is
/// open when this statement begins holds nothing back if its number is among
/// the locks and no lock on our tables is beside it: it is no writer, or has
/// ended. A number that is not among the locks counts as a writer's: a
/// transaction gets its number a moment before it is listed there.
fn floor(names: &Names) -> String {
    let tables = writes::written_by_all(names)
        .map(|table| format!("CAST('{}' AS regclass)", table.replace('\'', "''")))
        .join(", ");
    // Rows without a number are the locks on our tables. The view has the
    // lower 32 bits of the number, of which no two open ones share theirs.
    format!(
        "WITH locks AS MATERIALIZED (SELECT virtualtransaction AS holder, \
         CAST(CAST(transactionid AS text) AS bigint) AS number FROM pg_locks WHERE granted \
         AND ((locktype = 'transactionid' AND mode = 'ExclusiveLock') \
         OR (locktype = 'relation' AND mode = 'RowExclusiveLock' AND relation IN ({tables}) \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))) \
         SELECT coalesce(min(o.number), txid_snapshot_xmax(txid_current_snapshot())) \
         FROM txid_snapshot_xip(txid_current_snapshot()) o(number) \
         WHERE (o.number & 4294967295) NOT IN (SELECT number FROM locks WHERE number IS NOT NULL \
         AND holder NOT IN (SELECT holder FROM locks WHERE number IS NULL))"
    )
}

fn cursor(row: &mut RowFields<'_, '_>) -> Result<EventCursor, Error> {
    Ok(EventCursor { transaction: row.number()?, seq: row.number()? })
}
