//! How many messages there are, by state and by day.

use super::fields::Fields;
use super::plain::{self, Plain};
use super::query::Query;
use super::search;
use super::select;
use super::store_error::StoreResult;
use crate::message::State;
use crate::message::clock::Millis;
use serde::Serialize;
use std::collections::BTreeMap;

/// A day in UTC, in milliseconds.
const DAY: i64 = 86_400_000;

/// Messages of one state that were handed over on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The state.
    pub state: State,
    /// Days since 1970-01-01.
    pub day: i64,
    /// How many.
    pub messages: u64,
}

/// Counts the messages that a question is about.
pub fn count(connection: &mut dyn Plain, query: &Query) -> StoreResult<Vec<Counted>> {
    if let Some(text) = &query.text {
        return count_with_text(connection, query, text);
    }
    let (filter, values) = select::conditions(query, connection.syntax()).clause();
    let sql = format!(
        "SELECT state, created_at / {DAY}, count(*) FROM {} {filter}GROUP BY state, created_at / {DAY}",
        connection.names().messages
    );
    plain::rows(connection, &sql, &values, |row| {
        Ok(Counted {
            state: row.next()?,
            day: row.number()?,
            messages: u64::try_from(row.number()?).unwrap_or_default(),
        })
    })
}

fn count_with_text(connection: &mut dyn Plain, query: &Query, text: &str) -> StoreResult<Vec<Counted>> {
    let mut found: BTreeMap<(i64, i16), u64> = BTreeMap::new();
    search::each(connection, query, text, |seen| {
        *found.entry((seen.created_at.0.div_euclid(DAY), seen.state as i16)).or_default() += 1;
        true
    })?;
    let counted =
        |((day, state), messages)| State::from_number(state).map(|state| Counted { state, day, messages });
    Ok(found.into_iter().filter_map(counted).collect())
}

/// `report_json` of `wa_history_count`.
#[derive(Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Counts {
    /// All messages that the query is about.
    pub total: u64,
    /// How many are in each state; states without messages are left out.
    pub by_state: BTreeMap<&'static str, u64>,
    /// The same for each day on which messages were handed over, oldest first.
    pub by_day: Vec<DayCounts>,
}

/// Messages of one day.
#[derive(Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DayCounts {
    /// The day in UTC, such as `2026-11-30`.
    pub day: String,
    /// All messages of the day.
    pub total: u64,
    /// How many are in each state.
    pub by_state: BTreeMap<&'static str, u64>,
}

impl Counts {
    /// The sums that hosts get.
    pub fn new(counted: &[Counted]) -> Counts {
        let mut counts = Counts { total: 0, by_state: BTreeMap::new(), by_day: Vec::new() };
        let mut days: BTreeMap<i64, BTreeMap<&'static str, u64>> = BTreeMap::new();
        for Counted { state, day, messages } in counted {
            counts.total += messages;
            *counts.by_state.entry(state.name()).or_default() += messages;
            *days.entry(*day).or_default().entry(state.name()).or_default() += messages;
        }
        counts.by_day = days
            .into_iter()
            .map(|(day, by_state)| {
                let day = Millis(day.saturating_mul(DAY)).to_text().chars().take(10).collect();
                DayCounts { day, total: by_state.values().sum(), by_state }
            })
            .collect();
        counts
    }
}
