//! Tables that a dump brought into another cluster.
//!
//! Events are ordered by the numbers of the transactions that stored them. A
//! fresh cluster counts its transactions from the beginning, so the rows that
//! the dump brought are ahead of all that it stores: consumers would wait until
//! it has caught up. So those rows are numbered anew, once, below whatever this
//! cluster begins from now on, and so is how far each consumer has come.

use super::clock::CLOCK;
use crate::history::fields::Fields;
use crate::history::names::Names;
use crate::history::odbc::session::Session;
use crate::history::query::EventCursor;
use crate::history::select::Value;
use crate::history::store::StoreResult;

/// The first transaction that the cluster has not begun yet.
pub const NOT_BEGUN: &str = "txid_snapshot_xmax(txid_current_snapshot())";
/// Of a consumer that was so far behind that its place is no longer exact: how
/// many events it is told again, of which it knows the ids.
const TOLD_AGAIN: i64 = 1000;

/// Whether there are events of transactions that this cluster has not begun.
pub fn is_moved(session: &mut Session, names: &Names) -> StoreResult<bool> {
    let sql = format!("SELECT CASE WHEN max(tx) >= {NOT_BEGUN} THEN 1 ELSE 0 END FROM {}", names.events);
    Ok(session.rows(&sql, &[], |row| row.number())?.first() == Some(&1))
}

/// In a transaction that holds the lock of the tables: numbers the rows anew.
pub fn number_anew(session: &mut Session, names: &Names) -> StoreResult<()> {
    // Nobody stores events meanwhile; who waited for us finds it done.
    session.execute(&format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", names.events))?;
    if !is_moved(session, names)? {
        return Ok(());
    }
    let by =
        format!("SELECT max(tx) - txid_snapshot_xmin(txid_current_snapshot()) + 1 FROM {}", names.events);
    let by = session.rows(&by, &[], |row| row.number())?.into_iter().next().unwrap_or_default();
    session.execute(&format!("UPDATE {} SET tx = greatest(tx - {by}, 0)", names.events))?;
    let place = |part: u8| format!("CAST(split_part(position, '.', {part}) AS bigint)");
    let (transaction, seq) = (place(1), place(2));
    session.execute(&format!(
        "UPDATE {} SET updated_at = {CLOCK}, position = CASE WHEN {transaction} > {by} \
         THEN concat({transaction} - {by}, '.', {seq}) ELSE concat('0.', greatest({seq} - {TOLD_AGAIN}, 0)) END \
         WHERE position LIKE '%.%'",
        names.consumers
    ))
}

/// A cursor that a host had before the rows were numbered anew, as it is now.
pub fn cursor_now(session: &mut Session, names: &Names, cursor: EventCursor) -> StoreResult<EventCursor> {
    let events = &names.events;
    let sql = format!(
        "SELECT tx, seq FROM {events} WHERE CAST(? AS bigint) >= {NOT_BEGUN} AND seq <= CAST(? AS bigint) \
         AND NOT EXISTS (SELECT 1 FROM {events} WHERE tx >= {NOT_BEGUN}) ORDER BY seq DESC LIMIT 1"
    );
    let values = [cursor.transaction, cursor.seq].map(Value::Integer);
    let now = session
        .rows(&sql, &values, |row| Ok(EventCursor { transaction: row.number()?, seq: row.number()? }))?;
    Ok(now.into_iter().next().unwrap_or(cursor))
}
