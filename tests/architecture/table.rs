//! The table of rooms in docs/architecture.md.

/// A line of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Room {
    /// Its name, which is that of a module of the crate.
    pub name: String,
    /// The rooms that it may know of.
    pub knows: Vec<String>,
}

/// Reads the table whose head is `| Room | Holds | May know of |`.
pub fn read(document: &str) -> Vec<Room> {
    document
        .lines()
        .skip_while(|line| !line.replace(' ', "").starts_with("|Room|Holds|Mayknowof|"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            let name = quoted(cells.first()?).into_iter().next()?;
            Some(Room { name, knows: quoted(cells.last()?) })
        })
        .collect()
}

/// The words in backquotes.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
