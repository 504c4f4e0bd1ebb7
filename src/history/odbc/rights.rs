//! What a running client must be allowed to do: the same on every server.

/// What a running client does with a table.
pub struct Use {
    /// The table, without its prefix.
    pub table: &'static str,
    /// What it does there, as all servers name it.
    pub rights: &'static [&'static str],
    /// Without it nothing can be recorded.
    pub needed_to_send: bool,
}

const READ: &[&str] = &["SELECT"];
const APPEND: &[&str] = &["SELECT", "INSERT"];
const WRITE: &[&str] = &["SELECT", "INSERT", "UPDATE"];
const ALL: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE"];
const REMOVE: &[&str] = &["DELETE"];
const REWRITE_AND_REMOVE: &[&str] = &["UPDATE", "DELETE"];
const APPEND_AND_REMOVE: &[&str] = &["SELECT", "INSERT", "DELETE"];

/// What a running client does, table by table. Checks, scripts and pages of
/// every server follow this list.
pub const USES: &[Use] = &[
    Use { table: "schema", rights: READ, needed_to_send: true },
    Use { table: "messages", rights: WRITE, needed_to_send: true },
    Use { table: "attempts", rights: WRITE, needed_to_send: true },
    Use { table: "workers", rights: WRITE, needed_to_send: true },
    Use { table: "refs", rights: WRITE, needed_to_send: true },
    Use { table: "queue", rights: ALL, needed_to_send: true },
    Use { table: "events", rights: APPEND, needed_to_send: true },
    Use { table: "consumers", rights: WRITE, needed_to_send: false },
    Use { table: "remembered", rights: ALL, needed_to_send: false },
    // Without it a journal is not replayed.
    Use { table: "replayed", rights: WRITE, needed_to_send: false },
    // For the purge of old messages, and the erasure of a contact's.
    Use { table: "messages", rights: REMOVE, needed_to_send: false },
    Use { table: "attempts", rights: REMOVE, needed_to_send: false },
    Use { table: "refs", rights: REMOVE, needed_to_send: false },
    Use { table: "events", rights: REWRITE_AND_REMOVE, needed_to_send: false },
    // For what providers tell us.
    Use { table: "statuses", rights: ALL, needed_to_send: false },
    Use { table: "notices", rights: APPEND_AND_REMOVE, needed_to_send: false },
    Use { table: "dead_letters", rights: APPEND_AND_REMOVE, needed_to_send: false },
    Use { table: "aliases", rights: WRITE, needed_to_send: false },
];

/// A role as statements name it.
pub fn quoted(role: &str) -> String {
    format!("\"{}\"", role.replace('"', "\"\""))
}
