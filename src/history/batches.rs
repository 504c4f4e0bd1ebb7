//! Statements that write many rows at once, out of one JSON array: what the
//! databases write differently in them.

use super::fields::Cell;
use super::names::Names;
use super::tables::Kind;

/// A field of a row of the array: its name, which is the column's, and what it
/// holds.
pub type Field = (&'static str, Kind);

/// How a dialect writes them. The only value of each is the array.
pub struct Batches {
    /// Stores rows; `clocks` are columns that get the database's time.
    pub insert: fn(table: &str, fields: &[Field], clocks: &[&str]) -> String,
    /// Stores the rows whose key is not there yet, and answers with the keys of
    /// those that it stored. Whoever stores the same key at this moment is
    /// waited for.
    pub insert_new: fn(table: &str, fields: &[Field], key: &[Field]) -> String,
    /// Changes the rows that have these keys.
    pub update: fn(table: &str, key: &[Field], fields: &[Field]) -> String,
    /// Rows of a table `m`, in the order of a column, which nobody else changes
    /// before the transaction ends.
    pub locked: fn(columns: &str, table: &str, condition: &str, order: &str) -> String,
    /// What a transaction begins with that stores events after other work:
    /// readers of events must see from its beginning that it may.
    pub tells: Option<fn(&Names) -> String>,
}

/// The names of fields, each with a prefix.
pub fn names(fields: &[Field], prefix: &str) -> String {
    fields.iter().map(|(name, _)| format!("{prefix}{name}")).collect::<Vec<_>>().join(", ")
}

/// The array that is the value of such a statement, while it is being written.
#[derive(Default)]
pub struct Rows {
    text: String,
    count: usize,
    first: bool,
}

impl Rows {
    /// Adds a row; what is empty is left out.
    pub fn add<'a>(&mut self, cells: impl IntoIterator<Item = (&'static str, Cell<'a>)>) {
        self.begin();
        cells.into_iter().for_each(|(name, cell)| self.cell(name, cell));
        self.end();
    }

    /// Begins a row, to which cells are added one by one.
    pub fn begin(&mut self) {
        self.text.push(if self.count == 0 { '[' } else { ',' });
        self.text.push('{');
        self.count += 1;
        self.first = true;
    }

    /// Adds a cell to the row that was begun.
    pub fn cell(&mut self, name: &str, cell: Cell<'_>) {
        let value = match cell {
            Cell::Null => return,
            Cell::Integer(number) => number.to_string(),
            Cell::Text(text) => quoted(text),
            Cell::Id(id) => quoted(&id.to_string()),
        };
        let comma = if std::mem::take(&mut self.first) { "" } else { "," };
        self.text.push_str(&format!("{comma}\"{name}\":{value}"));
    }

    /// Ends the row.
    pub fn end(&mut self) {
        self.text.push('}');
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The whole.
    pub fn text(self) -> String {
        if self.count == 0 { "[]".to_owned() } else { self.text + "]" }
    }
}

/// A text in JSON. Databases cut a text at U+0000, or refuse it.
fn quoted(text: &str) -> String {
    // Serialising a text cannot fail.
    let json = |text: &str| serde_json::to_string(text).unwrap_or_default();
    if text.contains('\0') { json(&text.replace('\0', "\u{FFFD}")) } else { json(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_array_is_written() {
        assert_eq!(Rows::default().text(), "[]");
        let mut rows = Rows::default();
        rows.add([("a", Cell::Null), ("b", Cell::Text("x\0\"ä")), ("c", Cell::Integer(-1))]);
        rows.add([("a", Cell::Id(Uuid::nil()))]);
        assert_eq!(rows.count(), 2);
        let expected =
            "[{\"b\":\"x\u{FFFD}\\\"ä\",\"c\":-1},{\"a\":\"00000000-0000-0000-0000-000000000000\"}]";
        assert_eq!(rows.text(), expected);
    }
}
