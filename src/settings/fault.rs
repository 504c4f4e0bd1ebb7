//! How a setting that does not fit is refused.

use crate::ground::Secret;
use crate::message::{Error, Result, Status};

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

/// Refuses a secret that no provider gives: it was copied with something
/// around it, and the provider would only say that it does not fit.
pub fn check_secret(path: &str, secret: Secret) -> Result<Secret> {
    let text = secret.expose();
    if text.trim().is_empty() {
        return Err(refused(path, format!("{path} is empty.")));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message =
            format!("{path} has a blank, a line break, or another character in it that no secret has.");
        return Err(refused(path, message)
            .hint("Copy it again without what stands around it; a file's last line break is one, too."));
    }
    Ok(secret)
}
