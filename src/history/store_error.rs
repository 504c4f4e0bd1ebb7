//! Why a store did not do something, and what can be done about it.

use super::finding::Finding;
use crate::message::{Error, Status};

/// The result of work on a store.
pub type StoreResult<T> = Result<T, StoreError>;

/// Why a store did not do something.
#[derive(Debug, Clone)]
pub struct StoreError {
    /// What can be done about it.
    pub kind: StoreErrorKind,
    /// What the driver said, without secrets.
    pub message: String,
    /// What to do about it, where that is known better than by the kind alone.
    pub hint: Option<&'static str>,
}

/// What can be done about a store's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The connection is lost: reconnect and repeat.
    Away,
    /// The connection was lost during COMMIT: nobody knows whether it is
    /// committed. Reconnect and repeat: the store recognises what it has.
    InDoubt,
    /// The answer would come too late for who asked.
    Late,
    /// The transaction failed for now: repeat on the same connection.
    Retry,
    /// One of the rows can never be stored.
    Data,
    /// A person must act: driver, password, right.
    Configuration,
    /// The tables are missing, older or newer.
    Schema,
}

impl StoreErrorKind {
    /// Whether the connection is lost.
    pub fn is_lost(self) -> bool {
        matches!(self, StoreErrorKind::Away | StoreErrorKind::InDoubt)
    }
}

impl StoreError {
    /// An error of a kind with the driver's words.
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> StoreError {
        StoreError { kind, message: message.into(), hint: None }
    }

    /// What was found as an error: a person must mend it.
    pub fn of(finding: &Finding) -> StoreError {
        let text = finding.text.trim_end_matches('.');
        StoreError { hint: finding.hint, ..StoreError::new(StoreErrorKind::Configuration, text) }
    }

    /// With what to do about it.
    pub fn with_hint(self, hint: &'static str) -> StoreError {
        StoreError { hint: Some(hint), ..self }
    }

    /// The answer would come too late for who asked.
    pub fn late() -> StoreError {
        StoreError::new(StoreErrorKind::Late, "the history did not answer before the deadline")
    }

    /// As the host is told whose message was refused by this.
    pub fn of_refused(&self) -> Box<Error> {
        let error = self.to_error();
        if error.status != Status::DatabaseAway {
            return error;
        }
        error.hint("Try again when the database is back. A message that was refused so was not sent.")
    }

    /// As hosts are told of it.
    pub fn to_error(&self) -> Box<Error> {
        let message = &self.message;
        match self.kind {
            StoreErrorKind::InDoubt => Error::new(
                Status::DatabaseAway,
                format!("The history's database was lost while it stored something: {message}"),
            )
            .hint("It is not known whether it is stored. Look there when the database is back."),
            StoreErrorKind::Away | StoreErrorKind::Retry => Error::new(
                Status::DatabaseAway,
                format!("The history's database cannot be reached: {message}"),
            )
            .hint("Try again when the database is back."),
            StoreErrorKind::Late => {
                Error::new(Status::Timeout, "The history did not answer before the deadline.")
            }
            StoreErrorKind::Data => Error::new(
                Status::Database,
                format!("The database cannot store this record: {message}"),
            )
            .hint("Nothing was recorded or sent. The driver's words name the column."),
            StoreErrorKind::Configuration => Error::new(
                Status::Database,
                format!("The history's database refused: {message}"),
            )
            .hint(self.hint.unwrap_or(
                "Check driver, server, database, user, password and rights in history.connection_string, or the folder of history.file.",
            )),
            StoreErrorKind::Schema => Error::new(
                Status::DatabaseSchema,
                format!("The history's tables do not fit: {message}"),
            )
            .hint("Set history.migrate to auto once, with a user who may make tables."),
        }
    }
}
