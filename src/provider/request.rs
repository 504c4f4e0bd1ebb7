//! What a provider was asked to send, in its own form.

use crate::message::{Error, Result};
use serde_json::{Map, Value};

/// What a provider's request says, apart from who sends it to whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// What the request holds.
    pub request: Request,
    /// What the recipient reads, where that is known: the history's text.
    pub text: Option<String>,
}

/// The fields of a form.
pub type Form = [(&'static str, String)];

/// What a request holds, in the form of the provider that made it. Each
/// provider sends only what it made itself; it takes its own form out with
/// `form` or `json`, which refuse the other one.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// The fields of a form.
    Form(Vec<(&'static str, String)>),
    /// The members of a JSON object.
    Json(Map<String, Value>),
}

impl Request {
    /// The fields, for a provider that sends forms.
    pub fn form(&self) -> Result<&Form> {
        match self {
            Request::Form(fields) => Ok(fields),
            Request::Json(_) => Err(of_another_provider()),
        }
    }

    /// The members, for a provider that sends JSON.
    pub fn json(&self) -> Result<&Map<String, Value>> {
        match self {
            Request::Json(members) => Ok(members),
            Request::Form(_) => Err(of_another_provider()),
        }
    }
}

fn of_another_provider() -> Box<Error> {
    Error::internal("A request was made for another provider; nothing was sent.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Status;

    #[test]
    fn a_request_is_taken_out_in_its_own_form_only() {
        let form = Request::Form(vec![("Body", "Hello".to_owned())]);
        let json = Request::Json(Map::from_iter([("type".to_owned(), Value::from("text"))]));
        assert_eq!(form.form().unwrap().len(), 1);
        assert_eq!(json.json().unwrap().len(), 1);
        assert_eq!(form.json().unwrap_err().status, Status::Internal);
        assert_eq!(json.form().unwrap_err().status, Status::Internal);
    }
}
