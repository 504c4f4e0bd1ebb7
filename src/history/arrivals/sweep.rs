//! The sweeper: joins reports with messages that were not there when the
//! reports came (see `arrivals`).

use super::NewReport;
use super::context::Telling;
use super::reports::{Come, Found, joined};
use super::stored::{again, begin};
use crate::history::fields::Fields;
use crate::history::plain::{self, Plain};
use crate::history::select::Value;
use crate::history::store::{Connection, StoreResult};
use crate::message::clock::Millis;
use uuid::Uuid;

/// How many orphans are looked at in one transaction.
const ROWS: usize = 500;

/// Where the sweeper is. It goes through all orphans of the account, some at a
/// time, and begins again: there may be many that nobody ever joins, such as
/// reports of messages that another program sent.
#[derive(Debug, Clone, Default)]
pub struct Sweeper {
    after: Place,
}

/// A place among orphans, which are in the order of their coming.
type Place = (i64, String, i16);

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Orphans that were looked at.
    pub looked: usize,
    /// Those that found their message.
    pub joined: usize,
    /// There are more behind them.
    pub more: bool,
}

impl Sweeper {
    /// Begins with those that came at this time.
    pub fn since(at: Millis) -> Sweeper {
        Sweeper { after: (at.0.saturating_sub(1), String::new(), i16::MAX) }
    }

    /// Looks at the next orphans; after the last ones it is at the first again.
    pub fn sweep(&mut self, connection: &mut dyn Connection, telling: &Telling) -> StoreResult<Swept> {
        let (swept, next) = again(|| {
            let (telling, after) = (telling.clone(), self.after.clone());
            connection.shared(move |plain| run(plain, &telling, &after))
        })?;
        self.after = next.unwrap_or_default();
        Ok(swept)
    }
}

fn run(plain: &mut dyn Plain, telling: &Telling, after: &Place) -> StoreResult<(Swept, Option<Place>)> {
    // A look without locks first: most of the time there is nothing.
    let orphans = orphans(plain, telling, after, ROWS)?;
    let next = orphans.last().filter(|_| orphans.len() == ROWS).map(Orphan::place);
    let mut swept = Swept { looked: orphans.len(), joined: 0, more: next.is_some() };
    if !orphans.is_empty() {
        swept.joined = plain::in_transaction(plain, |plain| join(plain, telling, &orphans))?;
    }
    Ok((swept, next))
}

/// A report that has no message yet.
struct Orphan {
    report: NewReport,
    received_at: Millis,
}

impl Orphan {
    fn place(&self) -> Place {
        (self.received_at.0, self.report.provider_message_id.clone(), self.report.state as i16)
    }
}

fn orphans(plain: &mut dyn Plain, telling: &Telling, after: &Place, most: usize) -> StoreResult<Vec<Orphan>> {
    let syntax = plain.syntax();
    let place = [Value::Integer(after.0), Value::Text(after.1.clone()), Value::Integer(after.2.into())];
    let order = ["received_at", "provider_message_id", "state"];
    let (beyond, values) = (syntax.beyond)(&order, &place);
    let sql = format!(
        "SELECT provider_message_id, state, message_id, attempt, provider_status, reported_at, received_at, \
         provider_code, recipient_id, error FROM {} WHERE orphan IS NOT NULL AND account_key = ? \
         AND received_at >= {} AND {beyond} ORDER BY {}",
        plain.names().statuses,
        syntax.number,
        order.join(", ")
    );
    let values: Vec<Value> = [Value::Text(telling.account_key.clone()), Value::Integer(after.0)]
        .into_iter()
        .chain(values)
        .collect();
    plain::rows(plain, &(syntax.first)(&sql, most), &values, |row| {
        let (provider_message_id, state) = (row.next()?, row.next()?);
        let (message, attempt): (Option<Uuid>, Option<i32>) = (row.next()?, row.next()?);
        let provider_status = row.next()?;
        let (reported_at, received_at) = (row.next()?, row.next()?);
        let report = NewReport {
            attempt: message.zip(attempt),
            provider_message_id,
            state,
            provider_status,
            reported_at,
            provider_code: row.next()?,
            recipient_id: row.next()?,
            error: row.next()?,
        };
        Ok(Orphan { report, received_at })
    })
}

/// Joins those whose message is there.
fn join(plain: &mut dyn Plain, telling: &Telling, orphans: &[Orphan]) -> StoreResult<usize> {
    begin(plain)?;
    let mut found = Found::look(plain, telling, orphans.iter().map(|orphan| &orphan.report))?;
    let placed: Vec<_> =
        orphans.iter().filter_map(|orphan| Some((found.place(&orphan.report)?, orphan))).collect();
    if placed.is_empty() {
        return Ok(0);
    }
    let reports: Vec<_> = placed.iter().map(|(place, orphan)| (*place, &orphan.report)).collect();
    joined(plain, telling, &reports)?;
    let come = placed
        .iter()
        .map(|(place, orphan)| (*place, Come { report: &orphan.report, received_at: orphan.received_at }));
    found.apply(plain, telling, come.collect())?;
    Ok(reports.len())
}
