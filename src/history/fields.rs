//! What a column holds, on its way into a statement and out of an answer: the
//! same for SQLite and for databases behind ODBC.

use super::record::Direction;
use crate::message::clock::Millis;
use crate::message::{Priority, State};
use uuid::Uuid;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    Id(Uuid),
}

/// A row of an answer that is read from left to right: each call reads the
/// next column.
pub trait Fields {
    /// What the driver says where it cannot read.
    type Error;

    /// Text or null.
    fn text_or_null(&mut self) -> Result<Option<String>, Self::Error>;

    /// A number or null.
    fn number_or_null(&mut self) -> Result<Option<i64>, Self::Error>;

    /// Text.
    fn text(&mut self) -> Result<String, Self::Error> {
        Ok(self.text_or_null()?.unwrap_or_default())
    }

    /// A number.
    fn number(&mut self) -> Result<i64, Self::Error> {
        Ok(self.number_or_null()?.unwrap_or_default())
    }

    /// A number that our own statements keep small.
    fn small<T: TryFrom<i64> + Default>(&mut self) -> Result<T, Self::Error> {
        Ok(T::try_from(self.number()?).unwrap_or_default())
    }

    /// An id or null.
    fn id_or_null(&mut self) -> Result<Option<Uuid>, Self::Error> {
        Ok(self.text_or_null()?.and_then(|text| text.parse().ok()))
    }

    /// The next columns, by the type of what they are for.
    fn next<T: Field>(&mut self) -> Result<T, Self::Error> {
        T::read(self)
    }
}

/// A field of a row, which is one column of a table.
pub trait Field: Sized {
    /// What the column holds.
    fn cell(&self) -> Cell<'_>;

    /// Reads the next column.
    fn read<F: Fields + ?Sized>(fields: &mut F) -> Result<Self, F::Error>;
}

macro_rules! fields {
    ($($type:ty: |$value:ident| $cell:expr, |$fields:ident| $read:expr;)*) => {
        $(impl Field for $type {
            fn cell(&self) -> Cell<'_> {
                let $value = self;
                $cell
            }

            fn read<F: Fields + ?Sized>($fields: &mut F) -> Result<Self, F::Error> {
                Ok($read)
            }
        })*
    };
}

fields! {
    String: |text| Cell::Text(text), |fields| fields.text()?;
    Option<String>: |text| text.as_deref().map_or(Cell::Null, Cell::Text), |fields| fields.text_or_null()?;
    i64: |number| Cell::Integer(*number), |fields| fields.number()?;
    i32: |number| Cell::Integer((*number).into()), |fields| fields.small()?;
    Option<i64>: |number| number.map_or(Cell::Null, Cell::Integer), |fields| fields.number_or_null()?;
    Option<i32>: |number| number.map_or(Cell::Null, |number| Cell::Integer(number.into())),
        |fields| fields.number_or_null()?.and_then(|number| i32::try_from(number).ok());
    Option<i16>: |number| number.map_or(Cell::Null, |number| Cell::Integer(number.into())),
        |fields| fields.number_or_null()?.and_then(|number| i16::try_from(number).ok());
    Millis: |at| Cell::Integer(at.0), |fields| Millis(fields.number()?);
    Option<Millis>: |at| at.map_or(Cell::Null, |at| Cell::Integer(at.0)),
        |fields| fields.number_or_null()?.map(Millis);
    Uuid: |id| Cell::Id(*id), |fields| fields.id_or_null()?.unwrap_or_default();
    Option<Uuid>: |id| id.map_or(Cell::Null, Cell::Id), |fields| fields.id_or_null()?;
    State: |state| Cell::Integer(*state as i64),
        |fields| State::from_number(fields.small()?).unwrap_or(State::Unknown);
    Direction: |direction| Cell::Integer(*direction as i64), |fields| Direction::from_number(fields.small()?);
    Priority: |priority| Cell::Integer(*priority as i64), |fields| Priority::from_number(fields.small()?);
}
