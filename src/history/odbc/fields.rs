//! Values in and out of statements.

use crate::history::fields::Fields;
use crate::history::plain::Columns;
use crate::history::select::Value;
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use odbc_api::parameter::{InputParameter, VarWCharBox, WithDataType};
use odbc_api::{CursorRow, DataType, Error, Nullable};
use std::num::NonZeroUsize;

/// The parameter for a value: wide text, so that no locale has a say in it. A
/// text that is no longer than `word` gets the type of that length: there are
/// servers that compare no column with a long text.
pub fn parameter(value: &Value, word: Option<NonZeroUsize>) -> Box<dyn InputParameter> {
    match value {
        Value::Integer(number) => Box::new(*number),
        Value::Text(text) => {
            let units: Vec<u16> =
                text.encode_utf16().map(|unit| if unit == 0 { 0xFFFD } else { unit }).collect();
            // One type for all lengths: another type would prepare anew.
            let length = NonZeroUsize::new(units.len().max(1));
            let kind = match word.filter(|longest| units.len() <= longest.get()) {
                Some(longest) => DataType::WVarchar { length: Some(longest) },
                None => DataType::WLongVarchar { length },
            };
            Box::new(WithDataType::new(VarWCharBox::from_vec(units), kind))
        }
    }
}

/// A row that is read from left to right.
pub struct RowFields<'a, 'c> {
    row: &'a mut CursorRow<'c>,
    buffer: &'a mut Vec<u16>,
    column: u16,
}

impl<'a, 'c> RowFields<'a, 'c> {
    pub fn new(row: &'a mut CursorRow<'c>, buffer: &'a mut Vec<u16>) -> RowFields<'a, 'c> {
        RowFields { row, buffer, column: 0 }
    }
}

impl Fields for RowFields<'_, '_> {
    type Error = Error;

    fn text_or_null(&mut self) -> Result<Option<String>, Error> {
        self.column += 1;
        let there = self.row.get_wide_text(self.column, self.buffer)?;
        Ok(there.then(|| String::from_utf16_lossy(self.buffer)))
    }

    fn number_or_null(&mut self) -> Result<Option<i64>, Error> {
        self.column += 1;
        let mut number = Nullable::<i64>::null();
        self.row.get_data(self.column, &mut number)?;
        Ok(number.into_opt())
    }
}

impl Columns for RowFields<'_, '_> {
    fn text_or_null(&mut self) -> StoreResult<Option<String>> {
        Fields::text_or_null(self).map_err(unread)
    }

    fn number_or_null(&mut self) -> StoreResult<Option<i64>> {
        Fields::number_or_null(self).map_err(unread)
    }
}

/// A row that cannot be read: the connection is lost, or of no use any more.
/// The driver's words are left out: they may repeat what is in the row.
fn unread(error: Error) -> StoreError {
    let state = match &error {
        Error::Diagnostics { record, .. } => format!(" ({})", record.state.as_str()),
        _ => String::new(),
    };
    StoreError::new(StoreErrorKind::Away, format!("a row of the database could not be read{state}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_cannot_be_read_says_nothing_of_its_values() {
        let record = odbc_api::handles::Record {
            state: odbc_api::handles::State(*b"22003"),
            native_error: 0,
            message: "canary is out of range".encode_utf16().collect(),
        };
        let error = unread(Error::Diagnostics { record, function: "SQLGetData" });
        assert_eq!(error.kind, StoreErrorKind::Away);
        assert_eq!(error.message, "a row of the database could not be read (22003)");
        let error = unread(Error::NoDiagnostics { function: "SQLGetData" });
        assert_eq!(error.message, "a row of the database could not be read");
    }
}
