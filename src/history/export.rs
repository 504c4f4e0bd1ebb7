//! Messages of the history as the lines of a file: CSV for people and their
//! spreadsheets, JSON Lines for programs.

use super::page::HistoryMessage;
use super::query::Row;
use crate::message::clock::Millis;
use serde::{Deserialize, Serialize};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A table with a line of headings, as RFC 4180 has it.
    #[default]
    Csv,
    /// A JSON object a line: the messages as `wa_history` gives them.
    Jsonl,
}

/// What a file looks like.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// Its format.
    pub format: Format,
    /// Whether it begins with U+FEFF, by which Excel knows UTF-8.
    pub bom: bool,
    /// What stands between the cells of a CSV.
    pub separator: char,
}

const HEADINGS: &[&str] = &[
    "id",
    "created_at",
    "updated_at",
    "direction",
    "kind",
    "status",
    "sender",
    "recipient",
    "contact_id",
    "text",
    "template",
    "response",
    "error_class",
    "provider_code",
    "attempts",
    "provider",
    "provider_message_id",
    "provider_status",
    "recipient_id",
    "reference",
    "campaign_id",
    "category",
    "correlation_id",
    "not_before",
    "expires_at",
    "text_removed",
];

/// What a formula begins with; also in full width.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

impl Layout {
    /// What the file begins with.
    pub fn beginning(&self) -> String {
        let mut text = String::new();
        if self.bom {
            text.push('\u{FEFF}');
        }
        if self.format == Format::Csv {
            self.line(&mut text, HEADINGS.iter().map(|heading| (*heading).to_owned()));
        }
        text
    }

    /// The lines of some messages.
    pub fn lines(&self, rows: Vec<Row>) -> String {
        let mut text = String::new();
        for row in rows {
            let message = HistoryMessage::new(row);
            match self.format {
                Format::Csv => self.line(&mut text, cells(message).into_iter()),
                Format::Jsonl => {
                    // Serialising plain data into text cannot fail.
                    text.push_str(&serde_json::to_string(&message).unwrap_or_default());
                    text.push('\n');
                }
            }
        }
        text
    }

    fn line(&self, text: &mut String, cells: impl Iterator<Item = String>) {
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                text.push(self.separator);
            }
            self.cell(text, &cell);
        }
        text.push_str("\r\n");
    }

    /// A cell that a spreadsheet would run as a formula gets an apostrophe in
    /// front: what is in it came from strangers. So does what inside of it
    /// becomes a cell where a spreadsheet takes another separator for its own.
    fn cell(&self, text: &mut String, cell: &str) {
        let formula = cell.starts_with(FORMULA) || cell.starts_with(['\t', '\r', '\n']);
        let inner = self.without_inner_formulas(cell);
        let quoted = formula
            || inner != cell
            || cell.contains(['"', '\r', '\n', '\t', self.separator])
            || cell.starts_with(char::is_whitespace)
            || cell.ends_with(char::is_whitespace);
        if !quoted {
            text.push_str(cell);
            return;
        }
        text.push('"');
        if formula {
            text.push('\'');
        }
        text.push_str(&inner.replace('"', "\"\""));
        text.push('"');
    }

    /// Blanks and quotes between a separator and the formula change nothing
    /// for a spreadsheet.
    fn without_inner_formulas(&self, cell: &str) -> String {
        let mut text = String::with_capacity(cell.len());
        let mut begins = false;
        for letter in cell.chars() {
            if begins && FORMULA.contains(&letter) {
                text.push('\'');
            }
            let separates = [';', ',', '\t', '\r', '\n', self.separator].contains(&letter);
            begins = separates || (begins && (letter == '"' || letter.is_whitespace()));
            text.push(letter);
        }
        text
    }
}

/// The cells of a message, below the headings.
fn cells(message: HistoryMessage) -> [String; HEADINGS.len()] {
    /// The word of a value that JSON writes as one.
    fn word(value: &impl Serialize) -> String {
        match serde_json::to_value(value) {
            Ok(serde_json::Value::String(word)) => word,
            _ => String::new(),
        }
    }
    let time = |at: Option<Millis>| at.map(Millis::to_text).unwrap_or_default();
    let outcome = message.outcome;
    let error = outcome.error;
    [
        outcome.id,
        message.created_at.to_text(),
        message.updated_at.to_text(),
        word(&message.direction),
        message.kind,
        outcome.status.name().to_owned(),
        outcome.sender.unwrap_or_default(),
        outcome.recipient,
        outcome.contact_id.unwrap_or_default(),
        message.text,
        message.template.unwrap_or_default(),
        outcome.response.unwrap_or_default(),
        error.as_ref().and_then(|error| error.class).map(|class| class.name().to_owned()).unwrap_or_default(),
        error.and_then(|error| error.provider_code).unwrap_or_default(),
        outcome.attempts.to_string(),
        outcome.provider,
        outcome.provider_message_id.unwrap_or_default(),
        outcome.provider_status.unwrap_or_default(),
        outcome.recipient_id.unwrap_or_default(),
        outcome.reference.unwrap_or_default(),
        message.campaign_id.unwrap_or_default(),
        message.category.unwrap_or_default(),
        message.correlation_id.unwrap_or_default(),
        time(message.not_before),
        time(message.expires_at),
        message.text_removed.map(|why| word(&why)).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::tests::bed::message;

    const CSV: Layout = Layout { format: Format::Csv, bom: true, separator: ',' };

    fn row(body: &str) -> Row {
        let mut message = message();
        message.body = body.to_owned();
        Row { message, attempts: Vec::new(), reports: None }
    }

    #[test]
    fn cells_that_a_spreadsheet_would_run_are_only_text() {
        for (cell, written) in [
            ("plain", "plain"),
            ("=HYPERLINK(\"http://evil\")", "\"'=HYPERLINK(\"\"http://evil\"\")\""),
            ("+4915123456789", "\"'+4915123456789\""),
            ("-1", "\"'-1\""),
            ("@SUM(1)", "\"'@SUM(1)\""),
            ("\t=1", "\"'\t'=1\""),
            ("\r=1", "\"'\r'=1\""),
            ("x;=cmd|' /C calc'!A0;y", "\"x;'=cmd|' /C calc'!A0;y\""),
            ("a,+1\n- b\t@c", "\"a,'+1\n'- b\t'@c\""),
            ("a; \"=1", "\"a; \"\"'=1\""),
            ("a;＝1", "\"a;'＝1\""),
            ("a-b; c=d", "a-b; c=d"),
            ("＝1", "\"'＝1\""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            (" blank", "\" blank\""),
            ("", ""),
        ] {
            let mut text = String::new();
            CSV.cell(&mut text, cell);
            assert_eq!(text, written, "{cell:?}");
        }
    }

    #[test]
    fn a_line_has_a_cell_for_each_heading() {
        let begin = CSV.beginning();
        assert!(begin.starts_with("\u{FEFF}id,created_at,") && begin.ends_with("\r\n"));
        let lines = CSV.lines(vec![row("Hello")]);
        assert_eq!(lines.matches(',').count(), begin.matches(',').count(), "{lines}");
        assert!(lines.contains(",Hello,"), "{lines}");
        let other = Layout { bom: false, separator: ';', ..CSV };
        assert!(other.beginning().starts_with("id;created_at"));
    }

    #[test]
    fn json_lines_are_what_a_page_holds() {
        let jsonl = Layout { format: Format::Jsonl, bom: false, separator: ',' };
        assert_eq!(jsonl.beginning(), "");
        let lines = jsonl.lines(vec![row("one\ntwo"), row("=1")]);
        let texts: Vec<String> = lines
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].to_string())
            .collect();
        assert_eq!(texts, ["\"one\\ntwo\"", "\"=1\""]);
    }
}
