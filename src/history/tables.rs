//! The tables: their columns, their indexes, and (`steps`) the numbered steps
//! that made them what they are.
//!
//! Everything that names columns comes from here: the statements that make
//! and change tables, those that write and read messages, and the readers of
//! their rows. A dialect only says how a kind of column is written down.
//!
//! A new column of `messages` is a field of `MessageRow`, a line of `MESSAGES`
//! with the number of a new step, and that step at the end of `STEPS`.
//!
//! A new database gets every table as it is now. The steps are for databases
//! that an earlier version made: there a table keeps its columns in the order
//! in which they came, which is why every statement names its columns.

mod inbound;
mod steps;

pub use inbound::{ALIASES, DEAD_LETTERS, NOTICES, STATUSES};
pub use steps::{Change, VERSION, steps_after, what_there_is};

use super::fields::{Cell, Field, Fields};
use super::record::{AttemptRow, Claimed, MessageRow, QueueRow};
use super::{implied, merge};
use crate::message::State;
use crate::message::clock::Millis;
use uuid::Uuid;

/// What a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The place in the order of the table, which the database counts.
    Sequence,
    /// An id that we made.
    Id,
    /// Text that programs made: it compares by its bytes.
    Word,
    /// Text that people read: it compares as the database's language has it.
    Prose,
    /// A number of a few digits: a state, a priority.
    Small,
    /// A number.
    Number,
    /// A large number, or a time in milliseconds since 1970.
    Long,
    /// The time by the database's own clock at which the row was written.
    Clock,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be empty.
    pub optional: bool,
    /// The step that made it.
    pub since: i64,
    /// Whether it is a field of the row that readers get. The others are
    /// there for the database's sake.
    pub read: bool,
    /// Whether the statements that change rows fill it themselves: a new row
    /// does not bring it.
    pub is_kept: bool,
}

impl Column {
    /// Whether the row brings what is in it; the database fills the others.
    pub fn is_brought(&self) -> bool {
        !self.is_kept && !matches!(self.kind, Kind::Sequence | Kind::Clock)
    }

    /// Whether the database writes the time there.
    pub fn is_clock(&self) -> bool {
        self.kind == Kind::Clock
    }

    const fn required(name: &'static str, kind: Kind) -> Column {
        Column { name, kind, optional: false, since: 1, read: true, is_kept: false }
    }

    const fn optional(name: &'static str, kind: Kind) -> Column {
        Column { name, kind, optional: true, since: 1, read: true, is_kept: false }
    }

    const fn kept(name: &'static str, kind: Kind) -> Column {
        Column { is_kept: true, ..Column::optional(name, kind) }
    }
}

/// An index of a table.
#[derive(Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name, without the prefix.
    pub name: &'static str,
    /// Its columns, in their order.
    pub columns: &'static [&'static str],
    /// Whether no two rows are alike in them.
    pub unique: bool,
    /// Which rows are in it.
    pub of: Rows,
}

/// The rows that an index has.
#[derive(Debug, PartialEq, Eq)]
pub enum Rows {
    /// All of them.
    All,
    /// Those in which the column is not empty.
    With(&'static str),
    /// Those in this state.
    In(State),
}

impl Rows {
    /// The condition, for the end of the statement that makes the index.
    pub fn condition(&self) -> String {
        match self {
            Rows::All => String::new(),
            Rows::With(column) => format!(" WHERE {column} IS NOT NULL"),
            Rows::In(state) => format!(" WHERE state = {}", merge::number(*state)),
        }
    }
}

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name, without the prefix.
    pub name: &'static str,
    /// Its columns, in their order.
    pub columns: &'static [Column],
    /// The columns by which a row is known.
    pub key: &'static [&'static str],
    /// Its indexes beside the key's.
    pub indexes: &'static [Index],
}

/// The columns of a table beside the fields of its row. Each line is a field,
/// its kind, and the step that made it; a column that is no field stands
/// behind the one that it follows in the table, with what it holds.
macro_rules! columns {
    (
        $name:ident of $row:ident, cells by $cells:ident, read by $read:ident:
        $($field:ident: $kind:ident $rule:ident $since:literal
          $(, and $beside:ident: $beside_kind:ident $beside_rule:ident $beside_since:literal = $value:expr)?;)*
    ) => {
        const $name: &[Column] = &[
            $(
                Column { since: $since, ..Column::$rule(stringify!($field), Kind::$kind) },
                $(Column {
                    since: $beside_since,
                    read: false,
                    ..Column::$beside_rule(stringify!($beside), Kind::$beside_kind)
                },)?
            )*
        ];

        /// What a row brings for each column that is not the database's to fill.
        fn $cells(row: &$row, mut each: impl FnMut(&'static Column, Cell<'_>)) {
            let mut columns = $name.iter();
            let mut next = |cell: Cell<'_>| {
                if let Some(column) = columns.next().filter(|column| column.is_brought()) {
                    each(column, cell);
                }
            };
            $(
                next(row.$field.cell());
                $({
                    let value: fn(&$row) -> Option<i16> = $value;
                    next(value(row).cell());
                })?
            )*
        }

        /// Reads a row, whose columns come in the order of the table.
        fn $read<F: Fields + ?Sized>(fields: &mut F) -> Result<$row, F::Error> {
            Ok($row { $($field: fields.next()?,)* })
        }
    };
}

// What the end of an attempt changes stands last: PostgreSQL writes a changed
// row into its log from the first column that changed on.
columns! {
    MESSAGE_COLUMNS of MessageRow, cells by cells_of, read by read_columns:
    seq: Sequence required 1;
    id: Id required 1, and recorded_at: Clock required 1 = |_| None;
    created_at: Long required 1;
    not_before: Long optional 1;
    expires_at: Long optional 1;
    provider_at: Long optional 5;
    direction: Small required 1;
    priority: Small required 1;
    account_key: Word required 1;
    provider: Word required 1;
    kind: Word required 1;
    nonce: Word optional 3;
    sender: Word optional 1;
    recipient: Word required 1;
    contact_id: Word optional 1;
    reference: Word optional 1;
    campaign_id: Word optional 1;
    correlation_id: Word optional 1;
    category: Word optional 1;
    template: Word optional 1;
    profile_name: Prose optional 5;
    content: Prose required 1;
    body: Prose required 1, and worker: Id kept 4 = |_| None;
    updated_at: Long required 1;
    version: Number required 1;
    attempts: Number required 1;
    state: Small required 1, and attention: Small optional 1 = |row| MessageRow::attention(row.state);
    provider_message_id: Word optional 1;
    recipient_id: Word optional 2;
    provider_status: Word optional 2;
    response: Prose optional 1;
    error: Prose optional 1;
}

/// What a message brings for each column that is not the database's to fill.
pub fn message_cells(row: &MessageRow, mut each: impl FnMut(&'static Column, Cell<'_>)) {
    cells_of(row, |column, cell| each(column, implied::stored(row, column.name, cell)));
}

/// Reads a message, whose columns come in the order of the table.
pub fn read_message<F: Fields + ?Sized>(fields: &mut F) -> Result<MessageRow, F::Error> {
    read_columns(fields).map(implied::complete)
}

/// Every message. No index holds a column that the end of an attempt changes
/// on the usual road.
pub const MESSAGES: Table = Table {
    name: "messages",
    columns: MESSAGE_COLUMNS,
    key: &["seq"],
    indexes: &[
        Index { name: "messages_id", columns: &["id"], unique: true, of: Rows::All },
        Index {
            name: "messages_contact",
            columns: &["contact_id", "seq"],
            unique: false,
            of: Rows::With("contact_id"),
        },
        Index { name: "messages_recipient", columns: &["recipient", "seq"], unique: false, of: Rows::All },
        Index {
            name: "messages_campaign",
            columns: &["campaign_id", "seq"],
            unique: false,
            of: Rows::With("campaign_id"),
        },
        Index {
            name: "messages_reference",
            columns: &["reference", "seq"],
            unique: false,
            of: Rows::With("reference"),
        },
        // Of messages from people: no other has the provider's time. An index
        // of those that are received would be no better, and PostgreSQL would
        // write each index anew for every change of a state.
        Index {
            name: "messages_from",
            columns: &["sender", "provider_at"],
            unique: false,
            of: Rows::With("provider_at"),
        },
        Index {
            name: "messages_attention",
            columns: &["attention", "seq"],
            unique: false,
            of: Rows::With("attention"),
        },
    ],
};

/// Columns of a message, in the order in which `read_message` reads them.
pub fn message_columns(prefix: &str) -> String {
    list(MESSAGES.columns.iter().filter(|column| column.read), prefix)
}

/// Names of columns, each with a prefix, for a statement.
pub fn list<'a>(columns: impl Iterator<Item = &'a Column>, prefix: &str) -> String {
    columns.map(|column| format!("{prefix}{}", column.name)).collect::<Vec<_>>().join(", ")
}

/// Reads a message that was taken from the queue: its columns, then its
/// place's state, worker and attempt, how long it waits from `now` on until it
/// is due, the age of the attempt that the place is about, and how long it is
/// until the message expires. All three are by the store's clock.
pub fn read_claimed<F: Fields + ?Sized>(fields: &mut F, now: Millis) -> Result<Claimed, F::Error> {
    Ok(Claimed {
        message: read_message(fields)?,
        queue: QueueRow {
            state: fields.next()?,
            worker: fields.next()?,
            attempt: fields.next()?,
            not_before: Millis(now.0.saturating_add(fields.number()?)),
        },
        age: fields.number_or_null()?.map(Claimed::age),
        expires_in: fields.number_or_null()?.map(Claimed::age),
    })
}

/// Every attempt.
pub const ATTEMPTS: Table = Table {
    name: "attempts",
    columns: &[
        Column::required("message_id", Kind::Id),
        Column::required("attempt", Kind::Number),
        Column { read: false, ..Column::required("account_key", Kind::Word) },
        Column::required("began_at", Kind::Long),
        Column::required("took_ms", Kind::Long),
        Column::required("state", Kind::Small),
        Column::optional("http_status", Kind::Number),
        Column::optional("provider_code", Kind::Word),
        Column::optional("trace_id", Kind::Word),
        Column::optional("class", Kind::Word),
        Column::optional("provider_message_id", Kind::Word),
        Column::optional("wait_ms", Kind::Long),
        Column::optional("detail", Kind::Prose),
    ],
    key: &["message_id", "attempt"],
    indexes: &[Index {
        name: "attempts_provider",
        columns: &["provider_message_id"],
        unique: false,
        of: Rows::With("provider_message_id"),
    }],
};

/// Columns of an attempt, in the order in which `read_attempt` reads them.
pub fn attempt_columns() -> String {
    list(ATTEMPTS.columns.iter().filter(|column| column.read), "")
}

/// Reads an attempt and the message that it is of.
pub fn read_attempt<F: Fields + ?Sized>(fields: &mut F) -> Result<(Uuid, AttemptRow), F::Error> {
    let message = fields.next()?;
    let attempt = AttemptRow {
        number: fields.next()?,
        began_at: fields.next()?,
        took_ms: fields.next()?,
        state: fields.next()?,
        http_status: fields.next()?,
        provider_code: fields.next()?,
        trace_id: fields.next()?,
        class: fields.next()?,
        provider_message_id: fields.next()?,
        wait_ms: fields.next()?,
        detail: fields.next()?,
    };
    Ok((message, attempt))
}

/// What is still to be done.
pub const QUEUE: Table = Table {
    name: "queue",
    columns: &[
        Column::required("message_id", Kind::Id),
        Column::required("account_key", Kind::Word),
        Column::required("priority", Kind::Small),
        Column::required("not_before", Kind::Long),
        Column::optional("expires_at", Kind::Long),
        Column::required("state", Kind::Small),
        Column::required("attempt", Kind::Number),
        Column::optional("worker", Kind::Id),
        Column::required("epoch", Kind::Long),
        Column::optional("intent_at", Kind::Long),
    ],
    key: &["message_id"],
    indexes: &[Index {
        name: "queue_due",
        columns: &["account_key", "priority", "not_before"],
        unique: false,
        of: Rows::In(State::Queued),
    }],
};

/// What hosts are told. How it is ordered is each dialect's own.
pub const EVENTS: Table = Table {
    name: "events",
    columns: &[
        Column::required("seq", Kind::Sequence),
        Column::required("event_id", Kind::Id),
        Column::required("account_key", Kind::Word),
        Column::required("kind", Kind::Word),
        Column::optional("message_id", Kind::Id),
        Column::required("created_at", Kind::Long),
        // Empty where the message's row tells the event.
        Column::required("body", Kind::Prose),
        Column { since: 4, ..Column::optional("version", Kind::Number) },
        Column { since: 4, ..Column::optional("state", Kind::Small) },
    ],
    key: &["seq"],
    indexes: &[],
};

/// Version and identity of the tables: one row for each step.
const VERSIONS: Table = Table {
    name: "schema",
    columns: &[
        Column::required("version", Kind::Number),
        Column::required("database_id", Kind::Id),
        Column::required("watermark", Kind::Long),
        Column::required("created_at", Kind::Long),
    ],
    key: &["version"],
    indexes: &[],
};

/// Living clients.
const WORKERS: Table = Table {
    name: "workers",
    columns: &[
        Column::required("worker", Kind::Id),
        Column::required("account_key", Kind::Word),
        Column::required("epoch", Kind::Long),
        Column::required("host", Kind::Prose),
        Column::required("started_at", Kind::Long),
        Column::required("alive_until", Kind::Long),
        // No message before this one has its place in its own row as this
        // worker's. Empty where it may have none so; negative (-1 for 0, and
        // so on) while those that it left are about to be moved.
        Column { since: 4, ..Column::optional("open_from", Kind::Long) },
    ],
    key: &["worker"],
    indexes: &[],
};

/// How far each consumer of events has come.
const CONSUMERS: Table = Table {
    name: "consumers",
    columns: &[
        Column::required("account_key", Kind::Word),
        Column::required("consumer", Kind::Word),
        Column::required("position", Kind::Word),
        Column::required("updated_at", Kind::Long),
    ],
    key: &["account_key", "consumer"],
    indexes: &[],
};

/// The hosts' own keys.
const REFS: Table = Table {
    name: "refs",
    columns: &[
        Column::required("scope", Kind::Word),
        Column::required("ref_hash", Kind::Word),
        Column::required("message_id", Kind::Id),
        Column::required("payload_hash", Kind::Word),
        Column::required("created_at", Kind::Long),
    ],
    key: &["scope", "ref_hash"],
    indexes: &[],
};

/// What providers gave ids to.
const REMEMBERED: Table = Table {
    name: "remembered",
    columns: &[
        Column { since: 2, ..Column::required("account_key", Kind::Word) },
        Column { since: 2, ..Column::required("memory_key", Kind::Word) },
        Column { since: 2, ..Column::required("value", Kind::Prose) },
        Column { since: 2, ..Column::required("expires_at", Kind::Long) },
    ],
    key: &["account_key", "memory_key"],
    indexes: &[],
};

/// How far journals have been replayed: written by the transaction that stores
/// what was in them.
const REPLAYED: Table = Table {
    name: "replayed",
    columns: &[
        Column { since: 4, ..Column::required("journal_id", Kind::Id) },
        Column { since: 4, ..Column::required("last_seq", Kind::Long) },
        Column { since: 4, ..Column::required("began_at", Kind::Long) },
    ],
    key: &["journal_id"],
    indexes: &[],
};
