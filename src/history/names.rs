//! Names of the tables: a schema, a prefix, quoted.

/// The tables' names as statements use them.
#[derive(Debug, Clone)]
pub struct Names {
    schema: Option<String>,
    prefix: String,
    /// Version and identity of the schema: one row.
    pub schema_version: String,
    /// Living clients.
    pub workers: String,
    /// Every message.
    pub messages: String,
    /// Every attempt.
    pub attempts: String,
    /// What is still to be done.
    pub queue: String,
    /// What hosts are told.
    pub events: String,
    /// How far each consumer of events has come.
    pub consumers: String,
    /// The hosts' own keys.
    pub refs: String,
    /// What providers gave ids to.
    pub remembered: String,
    /// What reports read: a view.
    pub history: String,
    /// How far journals have been replayed.
    pub replayed: String,
    /// What providers reported.
    pub statuses: String,
    /// What came already.
    pub notices: String,
    /// What could not be stored.
    pub dead_letters: String,
    /// Other names of people.
    pub aliases: String,
}

impl Names {
    /// The names under a schema and with a prefix. Both were checked to be
    /// letters, digits and underscores, so quoting them is safe.
    pub fn new(schema: Option<&str>, prefix: &str) -> Names {
        let name = |table: &str| qualified(schema, prefix, table);
        Names {
            schema: schema.map(str::to_owned),
            prefix: prefix.to_owned(),
            schema_version: name("schema"),
            workers: name("workers"),
            messages: name("messages"),
            attempts: name("attempts"),
            queue: name("queue"),
            events: name("events"),
            consumers: name("consumers"),
            refs: name("refs"),
            remembered: name("remembered"),
            history: name("history"),
            replayed: name("replayed"),
            statuses: name("statuses"),
            notices: name("notices"),
            dead_letters: name("dead_letters"),
            aliases: name("aliases"),
        }
    }

    /// The name of a table.
    pub fn table(&self, table: &str) -> String {
        qualified(self.schema(), &self.prefix, table)
    }

    /// The database schema, if the settings name one.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The name of an index, unquoted inside of the schema of its table.
    pub fn index(&self, name: &str) -> String {
        format!("\"{}{name}\"", self.prefix)
    }

    /// What the tables' names begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

fn qualified(schema: Option<&str>, prefix: &str, table: &str) -> String {
    match schema {
        Some(schema) => format!("\"{schema}\".\"{prefix}{table}\""),
        None => format!("\"{prefix}{table}\""),
    }
}
