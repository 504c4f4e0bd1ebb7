//! How a setting that does not fit is refused.

use crate::message::{Error, Status};

/// The argument that holds the settings.
pub const ARGUMENT: &str = "settings_json";

/// A setting that is refused, named by its path.
pub fn refused(path: &str, message: impl Into<String>) -> Box<Error> {
    Error::about(Status::Settings, format!("{ARGUMENT}.{path}"), message)
}

/// Two keys for one setting.
pub fn twice(one: &str, other: &str) -> Box<Error> {
    refused(one, format!("{one} and {other} are both given; give one of them."))
}
