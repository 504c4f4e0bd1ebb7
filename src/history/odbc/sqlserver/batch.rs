//! The rows of a batch as a table variable, which the statements of a write
//! read again and again.

use super::types::{collated, type_of};
use crate::history::odbc::rows::{self, Field};
use crate::history::tables::Kind;

/// All joins look up rows by their keys, one after the other, in the order in
/// which they came: a batch is small, and whoever reads whole tables waits for
/// everybody's locks.
pub const BY_KEYS: &str = "OPTION (LOOP JOIN, FORCE ORDER)";

/// The statements that make a table `@input` of the parameter. Beside the
/// fields it has `place`, which is a row's place in the batch, and the columns
/// of `beside`.
///
/// The parameter may be of the old type `ntext`, so it is cast first. Texts
/// are read without a limit: one that is too long for its column is an error
/// of the INSERT rather than cut.
pub fn input(fields: &[Field], beside: &str) -> String {
    let columns: Vec<String> =
        fields.iter().map(|(name, kind)| format!("{name} {} NULL", collated(name, *kind))).collect();
    let read: Vec<String> =
        fields.iter().map(|(name, kind)| format!("{name} {}", read_as(name, *kind))).collect();
    let names = rows::names(fields, "");
    format!(
        "DECLARE @input TABLE (place int IDENTITY(1, 1) PRIMARY KEY, {}{beside}); \
         INSERT INTO @input ({names}) SELECT {names} FROM OPENJSON(CAST(? AS nvarchar(max))) WITH ({});",
        columns.join(", "),
        read.join(", ")
    )
}

fn read_as(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Word | Kind::Prose => "nvarchar(max)".to_owned(),
        _ => type_of(name, kind),
    }
}
