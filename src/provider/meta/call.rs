//! Calls that send no message: why one was refused, and what it means when
//! the answer of one that changes something is lost.

use super::NAME;
use super::answer;
use super::graph::{Body, Graph, Token};
use crate::ground::Secret;
use crate::ground::secret::can_be_searched;
use crate::message::catalogue::{self, clipped};
use crate::message::{Error, Result, Status};
use crate::provider::http::{Fault, Reply};
use reqwest::Method;
use serde_json::Value;

/// A request that changes something.
pub(super) struct Change<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) body: Option<Value>,
    /// Digits in the request that no text may repeat.
    pub(super) secret: Option<&'a Secret>,
    /// How one finds out whether a change was made whose answer was lost.
    pub(super) look: &'a str,
    /// Doing it twice is the same as doing it once.
    pub(super) repeatable: bool,
}

/// Why a call was refused.
pub(super) struct Refused {
    /// The error for the host.
    pub(super) error: Box<Error>,
    /// Tells apart what shares a code.
    pub(super) subcode: Option<u64>,
    /// Meta's own words, which may repeat a secret.
    pub(super) details: String,
    /// They do not.
    pub(super) harmless: bool,
    /// Words that Meta has written for people, where they may be shown.
    pub(super) for_people: Option<String>,
    /// It is Meta's own word, not a gateway's.
    own: bool,
}

impl Refused {
    /// The provider's code, where there is one.
    pub(super) fn code(&self) -> Option<u32> {
        self.error.provider_code.as_deref().and_then(|code| code.parse().ok())
    }

    /// Meta's own words, where they may be shown.
    pub(super) fn said(&self) -> Option<String> {
        Some(clipped(&self.details)).filter(|said| self.harmless && !said.is_empty())
    }

    /// Found here.
    pub(super) fn here(error: Box<Error>) -> Refused {
        Refused {
            error,
            subcode: None,
            details: String::new(),
            harmless: false,
            for_people: None,
            own: false,
        }
    }
}

impl From<Refused> for Box<Error> {
    fn from(refused: Refused) -> Box<Error> {
        refused.error
    }
}

impl Graph {
    /// Asks something. The answer is an object.
    pub(super) async fn question(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Refused> {
        let token = self.token();
        let url = self.url(path, query).map_err(Refused::here)?;
        let reply = self
            .exchange(Method::GET, url, &token, Body::Nothing)
            .await
            .map_err(|fault| Refused::here(answer::of_fault(fault).error))?;
        let answered: Value = read(&reply, &token, None)?;
        if !token.is_harmless(&String::from_utf8_lossy(&reply.body)) {
            let error =
                Error::new(Status::Temporary, "The answer repeats the access token; it is not shown.")
                    .hint("Look at base_url and the proxy: Meta itself does not answer so.");
            return Err(Refused::here(error));
        }
        Ok(answered)
    }

    /// Has something changed. The answer is an object.
    pub(super) async fn change(&self, change: &Change<'_>) -> Result<Value, Refused> {
        let token = self.token();
        let url = self.url(change.path, change.query).map_err(Refused::here)?;
        let body = change.body.as_ref().map_or(Body::Nothing, Body::Json);
        let reply = match self.exchange(change.method.clone(), url, &token, body).await {
            Ok(reply) => reply,
            Err(Fault::Ambiguous(why)) => return Err(change.open(&why, None)),
            Err(fault) => return Err(Refused::here(answer::of_fault(fault).error)),
        };
        change.read(&reply, &token)
    }

    /// Has something changed that is answered by `success`.
    pub(super) async fn change_and_see(&self, change: &Change<'_>) -> Result<(), Refused> {
        change.see(&self.change(change).await?)
    }
}

impl Change<'_> {
    /// What was answered; an answer that may not be Meta's leaves it open
    /// whether the change was made.
    pub(super) fn read(&self, reply: &Reply, token: &Token) -> Result<Value, Refused> {
        let status = Some(reply.status);
        read(reply, token, self.secret).map_err(|refused| match reply.status {
            200..=299 => self.open(reply.cut.as_deref().unwrap_or("the answer is not an answer"), status),
            502 | 504 => self.open("a gateway gave up waiting", status),
            // A proxy's word is no word of Meta, and it may have passed the request on.
            400.. if !refused.own => self.open(&format!("HTTP status {}", reply.status), status),
            _ => refused,
        })
    }

    /// Whether the answer says that it was done.
    pub(super) fn see(&self, answered: &Value) -> Result<(), Refused> {
        match answered.get("success") {
            Some(Value::Bool(true)) => Ok(()),
            Some(Value::Bool(false)) => {
                Err(Refused::here(Error::new(Status::Rejected, "Meta says that it was not done.")))
            }
            _ => Err(self.open("the answer does not say whether it was done", None)),
        }
    }

    /// It is not known whether the change was made.
    pub(super) fn open(&self, why: &str, status: Option<u16>) -> Refused {
        let mut error = Error::new(
            Status::Network,
            format!("Meta's answer was lost: {why}. It is not known whether the change was made."),
        )
        .hint(self.look);
        // A loop must not spend what WhatsApp counts: codes, PINs, registrations.
        error.retryable = self.repeatable;
        error.http_status = status;
        Refused::here(error)
    }
}

fn read(reply: &Reply, token: &Token, secret: Option<&Secret>) -> Result<Value, Refused> {
    let harmless = |text: &str| token.is_harmless(text) && secret.is_none_or(|secret| keeps(text, secret));
    let refusal = match answer::of_question::<Value>(reply, &harmless) {
        Ok(answered) => return Ok(answered),
        Err(refusal) => refusal,
    };
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let said = body.get("error").unwrap_or(&Value::Null);
    let data = said.get("error_data").unwrap_or(&Value::Null);
    let details = [data.get("details"), Some(data), said.get("message")]
        .into_iter()
        .flatten()
        .find_map(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let code = refusal.error.provider_code.as_deref().and_then(|code| code.parse().ok());
    Err(Refused {
        own: said.get("fbtrace_id").is_some_and(Value::is_string)
            || said.get("type").is_some_and(Value::is_string)
            || code.is_some_and(|code| catalogue::lookup(NAME, code, None).is_some()),
        error: refusal.error,
        subcode: said.get("error_subcode").and_then(Value::as_u64),
        for_people: [said.get("error_user_msg"), data.get("details"), Some(data)]
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(clipped)
            .find(|text| !text.is_empty() && harmless(text)),
        harmless: harmless(&details),
        details,
    })
}

/// Whether a text keeps digits to itself, however they are grouped.
fn keeps(text: &str, secret: &Secret) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let secret = digits(secret.expose());
    !can_be_searched(&secret) || !digits(text).contains(&secret)
}
