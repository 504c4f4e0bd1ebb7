//! Values in and out of statements.

use super::super::select::Value;
use odbc_api::parameter::{InputParameter, VarWCharBox, WithDataType};
use odbc_api::{CursorRow, DataType, Error, Nullable};
use std::num::NonZeroUsize;
use uuid::Uuid;

/// The parameter for a value: wide text, so that no locale has a say in it.
pub fn parameter(value: &Value) -> Box<dyn InputParameter> {
    match value {
        Value::Integer(number) => Box::new(*number),
        Value::Text(text) => {
            let units: Vec<u16> =
                text.encode_utf16().map(|unit| if unit == 0 { 0xFFFD } else { unit }).collect();
            // One type for all lengths: another type would prepare anew.
            let length = NonZeroUsize::new(units.len().max(1));
            let value = VarWCharBox::from_vec(units);
            Box::new(WithDataType::new(value, DataType::WLongVarchar { length }))
        }
    }
}

/// A row that is read from left to right.
pub struct Fields<'a, 'c> {
    row: &'a mut CursorRow<'c>,
    buffer: &'a mut Vec<u16>,
    column: u16,
}

impl<'a, 'c> Fields<'a, 'c> {
    pub fn new(row: &'a mut CursorRow<'c>, buffer: &'a mut Vec<u16>) -> Fields<'a, 'c> {
        Fields { row, buffer, column: 0 }
    }

    /// The next column: text or null.
    pub fn text_or_null(&mut self) -> Result<Option<String>, Error> {
        self.column += 1;
        let there = self.row.get_wide_text(self.column, self.buffer)?;
        Ok(there.then(|| String::from_utf16_lossy(self.buffer)))
    }

    /// The next column: text.
    pub fn text(&mut self) -> Result<String, Error> {
        Ok(self.text_or_null()?.unwrap_or_default())
    }

    /// The next column: a number or null.
    pub fn number_or_null(&mut self) -> Result<Option<i64>, Error> {
        self.column += 1;
        let mut number = Nullable::<i64>::null();
        self.row.get_data(self.column, &mut number)?;
        Ok(number.into_opt())
    }

    /// The next column: a number.
    pub fn number(&mut self) -> Result<i64, Error> {
        Ok(self.number_or_null()?.unwrap_or_default())
    }

    /// The next column: a number that our own statements keep small.
    pub fn small<T: TryFrom<i64> + Default>(&mut self) -> Result<T, Error> {
        Ok(T::try_from(self.number()?).unwrap_or_default())
    }

    /// The next column: an id or null.
    pub fn id_or_null(&mut self) -> Result<Option<Uuid>, Error> {
        Ok(self.text_or_null()?.and_then(|text| text.parse().ok()))
    }

    /// The next column: an id.
    pub fn id(&mut self) -> Result<Uuid, Error> {
        Ok(self.id_or_null()?.unwrap_or_default())
    }
}
