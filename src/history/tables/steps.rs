//! The numbered steps that made the tables what they are.

use super::{
    ALIASES, ATTEMPTS, CONSUMERS, Column, DEAD_LETTERS, EVENTS, Index, MESSAGES, NOTICES, QUEUE, REFS,
    REMEMBERED, REPLAYED, Rows, STATUSES, Table, VERSIONS, WORKERS,
};

/// What a step does.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// Makes a table, with the columns that it has at this step.
    Make(&'static Table),
    /// Adds the columns to a table that it has since this step, and the
    /// indexes that need them.
    Extend(&'static Table),
    /// Makes the view that reports read (`view.rs`). It stands behind all changes of its tables: a database keeps a
    /// column as it is while a view reads it.
    Show,
}

impl Change {
    /// The columns that the step makes.
    pub fn columns(&self, step: i64) -> impl Iterator<Item = &'static Column> {
        let (columns, since): (&[Column], i64) = match self {
            Change::Make(table) => (table.columns, 1),
            Change::Extend(table) => (table.columns, step),
            Change::Show => (&[], step),
        };
        columns.iter().filter(move |column| (since..=step).contains(&column.since))
    }

    /// The indexes that the step makes: the newest column of each came with it.
    pub fn indexes(&self, step: i64) -> impl Iterator<Item = &'static Index> {
        let table: Option<&'static Table> = match self {
            Change::Make(table) | Change::Extend(table) => Some(table),
            Change::Show => None,
        };
        let since = if matches!(self, Change::Make(_)) { 1 } else { step };
        let indexes =
            table.into_iter().flat_map(|table| table.indexes.iter().map(move |index| (table, index)));
        indexes
            .filter(move |(table, index)| (since..=step).contains(&age(table, index)))
            .map(|(_, index)| index)
    }
}

/// The step that made the newest column of an index.
fn age(table: &Table, index: &Index) -> i64 {
    let condition = match index.of {
        Rows::With(column) => Some(column),
        Rows::All | Rows::In(_) => None,
    };
    let in_index = |column: &&Column| index.columns.contains(&column.name) || condition == Some(column.name);
    table.columns.iter().filter(in_index).map(|column| column.since).max().unwrap_or(1)
}

/// How a new database gets its tables.
const NEW: &[Change] = &[
    Change::Make(&VERSIONS),
    Change::Make(&WORKERS),
    Change::Make(&MESSAGES),
    Change::Make(&ATTEMPTS),
    Change::Make(&QUEUE),
    Change::Make(&EVENTS),
    Change::Make(&CONSUMERS),
    Change::Make(&REFS),
    Change::Make(&STATUSES),
    Change::Make(&REMEMBERED),
    Change::Make(&REPLAYED),
    Change::Make(&NOTICES),
    Change::Make(&DEAD_LETTERS),
    Change::Make(&ALIASES),
    Change::Show,
];

/// The steps, by their numbers from 1 on. One that was released stays as it
/// is for ever: there are tables that it made.
const STEPS: &[&[Change]] = &[
    // Made the first tables. Nothing makes them so any more.
    &[],
    // Whom the provider took a recipient for, and what it said beside its yes;
    // and what it gave ids to.
    &[Change::Extend(&MESSAGES), Change::Make(&REMEMBERED)],
    // By what a repeated write knows its own row.
    &[Change::Extend(&MESSAGES)],
    // Less is written for each message: what an event tells stands in the
    // message's row, and so does the place of a message that goes at once.
    // Only columns are added, which touches no row: rewriting the tables for a
    // better order of their columns would lock them for minutes, and take away
    // the rights, views and triggers that a DBA gave them.
    // And how far journals have been replayed, and what reports read.
    &[
        Change::Extend(&MESSAGES),
        Change::Extend(&EVENTS),
        Change::Extend(&WORKERS),
        Change::Make(&REPLAYED),
        Change::Show,
    ],
    // What providers tell us: messages from people, and reports that came
    // before their message was known.
    &[
        Change::Extend(&MESSAGES),
        Change::Extend(&STATUSES),
        Change::Make(&NOTICES),
        Change::Make(&DEAD_LETTERS),
        Change::Make(&ALIASES),
    ],
];

/// The version that this library reads and writes: the number of the last step.
pub const VERSION: i64 = STEPS.len() as i64;

/// The steps from a version to this one, with their numbers. From 0, where
/// there are no tables, it is one step.
pub fn steps_after(version: i64) -> impl Iterator<Item = (i64, &'static [Change])> {
    let new = (version == 0).then_some((VERSION, NEW));
    let steps = (1..).zip(STEPS.iter().copied());
    new.into_iter().chain(steps.filter(move |(number, _)| 0 < version && version < *number))
}

/// What made the tables and the view that there are in a version.
pub fn what_there_is(version: i64) -> impl Iterator<Item = &'static Change> {
    NEW.iter().filter(move |change| match change {
        Change::Make(table) | Change::Extend(table) => {
            table.columns.iter().any(|column| column.since <= version)
        }
        Change::Show => version >= SHOWN_SINCE,
    })
}

/// The step that made the view.
const SHOWN_SINCE: i64 = 4;
