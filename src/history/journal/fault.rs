//! Why a journal file could not be used.

use rusqlite::ErrorCode;

/// Why a journal file could not be used.
#[derive(Debug)]
pub enum Fault {
    /// Another client has it.
    Held,
    /// There is no room: on the disk, or within the limit of the settings.
    Full,
    /// It is not what was written.
    Damaged(String),
    /// It is of another database, or of another version of this library.
    Foreign(String),
    /// Reading or writing it failed.
    Failed(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Held,
            Some(ErrorCode::DiskFull) => Fault::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Fault::Damaged(error.to_string()),
            _ => Fault::Failed(error.to_string()),
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Fault::Held => f.write_str("another client has it open"),
            Fault::Full => f.write_str("there is no room for more"),
            Fault::Damaged(why) => write!(f, "it is damaged: {why}"),
            Fault::Foreign(why) | Fault::Failed(why) => f.write_str(why),
        }
    }
}
