//! Messages with a text in them. The other keys of the question narrow the
//! rows that are looked at; which of these have the text is decided here, in
//! one way for all databases.

use super::fields::Fields;
use super::fold::Needle;
use super::plain::{self, Plain};
use super::query::Query;
use super::select::{self, Value};
use super::store_error::StoreResult;
use crate::message::State;
use crate::message::clock::Millis;
use uuid::Uuid;

/// How many rows are looked at with one statement.
const ROWS: usize = 500;

/// A message that has the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    pub seq: i64,
    pub id: Uuid,
    pub state: State,
    pub created_at: Millis,
}

/// Gives each message that a question with a text is about to `each`, in the
/// question's order, until that says that it is enough.
pub fn each(
    connection: &mut dyn Plain,
    query: &Query,
    text: &str,
    mut each: impl FnMut(Seen) -> bool,
) -> StoreResult<()> {
    let needle = Needle::new(text);
    let mut after = query.after;
    // The first page is all that most people look at.
    let mut most = query.limit.clamp(50, ROWS);
    loop {
        plain::still_wanted(connection)?;
        let (seen, last) = look(connection, query, &needle, after, most)?;
        for seen in seen {
            if !each(seen) {
                return Ok(());
            }
        }
        let Some(last) = last else { return Ok(()) };
        after = Some(last);
        most = ROWS;
    }
}

/// The messages with the text among the next rows, and the last of these rows;
/// none where there are no more. Bodies are let go one by one: they may be long.
fn look(
    connection: &mut dyn Plain,
    query: &Query,
    needle: &Needle,
    after: Option<i64>,
    most: usize,
) -> StoreResult<(Vec<Seen>, Option<i64>)> {
    let syntax = connection.syntax();
    let mut conditions = select::conditions(query, syntax);
    if let Some(may_hold) = syntax.may_hold {
        conditions.add(may_hold, [Value::Text(needle.pattern())]);
    }
    let order = select::beyond(&mut conditions, query.order, after);
    let (filter, values) = conditions.clause();
    let messages = &connection.names().messages;
    let sql = format!("SELECT seq, id, state, created_at, body FROM {messages} {filter}ORDER BY seq {order}");
    let sql = (syntax.first)(&sql, most);
    let (mut found, mut rows, mut last) = (Vec::new(), 0, None);
    connection.run(&sql, &values, &mut |row| {
        let seen = Seen { seq: row.next()?, id: row.next()?, state: row.next()?, created_at: row.next()? };
        rows += 1;
        last = Some(seen.seq);
        if needle.is_in(&row.text()?) {
            found.push(seen);
        }
        Ok(())
    })?;
    Ok((found, last.filter(|_| rows == most)))
}
