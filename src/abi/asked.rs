//! What the functions have in common that are no messages: options in, a task
//! of the client, its result out.

use super::boundary::{Given, optional_text, refuse_in_callback, text};
use super::types::{WaClient, WaText};
use crate::client::{Call, Client, table};
use crate::message::content::provider_id;
use crate::message::{Error, Result, Status};
use crate::provider::action::Action;
use crate::provider::action::options::{self, CallOptions};
use std::sync::Arc;

/// A call whose client and options are known.
pub struct Asked<T> {
    /// The client.
    pub client: Arc<Client>,
    /// Its options.
    pub options: T,
}

/// Begins a call: refused inside of a callback, without a client, or with
/// options that cannot be read.
pub fn asked<T: CallOptions>(
    function: &str,
    client: WaClient,
    argument: &str,
    options_json: &WaText<'_>,
) -> Result<Asked<T>> {
    refuse_in_callback(function)?;
    let client = table::find(client)?;
    let options = options::read(argument, optional_text(argument, options_json)?)?;
    Ok(Asked { client, options })
}

impl<T: CallOptions> Asked<T> {
    /// Does it, and waits. A fault of the action that names a key is put below
    /// `root`, unless it names one of the function's `arguments`.
    pub fn act(
        self,
        arguments: &[&str],
        root: &str,
        sender: Option<String>,
        action: Action,
    ) -> Result<Given> {
        let common = self.options.common();
        let call = Call { action, sender, common };
        match self.client.act(call) {
            Ok(done) => Ok(Given::json(Status::Ok, &done)),
            Err(mut error) => {
                if let Some(path) = error.argument.as_mut() {
                    *path = rooted(path, arguments, root);
                }
                Err(error)
            }
        }
    }
}

/// The path of a key from the call's argument on.
pub fn rooted(path: &str, arguments: &[&str], root: &str) -> String {
    let first = path.split(['.', '[']).next().unwrap_or_default();
    if arguments.contains(&first) || first == root {
        return path.to_owned();
    }
    if path.is_empty() { root.to_owned() } else { format!("{root}.{path}") }
}

/// An argument that must hold something.
pub fn filled<'a>(argument: &str, value: &'a WaText<'_>) -> Result<&'a str> {
    let text = text(argument, value)?;
    if text.trim().is_empty() {
        return Err(Error::about(Status::Argument, argument, format!("{argument} is empty.")));
    }
    Ok(text)
}

/// An argument that is an id of the provider.
pub fn id<'a>(argument: &str, value: &'a WaText<'_>) -> Result<&'a str> {
    let text = filled(argument, value)?;
    provider_id(argument, text).map_err(|mut error| {
        error.status = Status::Argument;
        error
    })?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_lead_from_the_argument() {
        let arguments = ["name", "options_json"];
        for (path, rooted_path) in [
            ("name", "name"),
            ("options_json.language", "options_json.language"),
            ("about", "template_json.about"),
            ("buttons[0].text", "template_json.buttons[0].text"),
            ("template_json.body", "template_json.body"),
            ("", "template_json"),
        ] {
            assert_eq!(rooted(path, &arguments, "template_json"), rooted_path);
        }
    }
}
