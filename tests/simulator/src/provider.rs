//! The providers, side by side: which one a request is for, and what each must be able to do.

use serde_json::Value;

use crate::exchange::{Answer, Request};
use crate::faults::Fault;
use crate::route::Outcome;
use crate::sim::Sim;
use crate::{meta, twilio};

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Provider {
    Twilio,
    Meta,
}

/// What the log and the faults want to know of a request before the provider sees it.
#[derive(Default)]
pub struct Details {
    /// It asks for a message to be sent.
    pub creates: bool,
    pub to: Option<String>,
    pub from: Option<String>,
    pub text: Option<String>,
    /// The parameters, for the log.
    pub form: Option<Value>,
    /// A body of JSON, for the log.
    pub json: Option<Value>,
    /// What came as files: names, sizes and hashes, for the log.
    pub files: Option<Value>,
    /// Our users' own key inside the message.
    pub key: Option<String>,
    /// What kind of credentials it carries; never the credentials.
    pub credentials: &'static str,
}

impl Provider {
    pub fn of(path: &str) -> Self {
        if meta::is_path(path) { Self::Meta } else { Self::Twilio }
    }

    /// In bytes.
    pub fn largest_body(self, path: &str) -> usize {
        match self {
            Self::Twilio => 4 << 20,
            Self::Meta => meta::largest_body(path),
        }
    }

    /// A request of which only a part came.
    pub fn broken_off(self, sim: &Sim, part: &Request) {
        match self {
            Self::Twilio => {}
            Self::Meta => meta::uploads::broken_off(sim, part),
        }
    }

    pub fn details(self, sim: &Sim, request: &Request) -> Details {
        match self {
            Self::Twilio => twilio::details(sim, request),
            Self::Meta => meta::details(sim, request),
        }
    }

    /// What a special recipient does to this attempt.
    pub fn special(self, sim: &Sim, request: &Request, details: &Details) -> Option<Fault> {
        match self {
            Self::Twilio => twilio::special(sim, request, details),
            Self::Meta => meta::special(sim, request, details),
        }
    }

    pub fn answer(self, sim: &Sim, request: &Request, fault: Option<&Fault>) -> Outcome {
        match self {
            Self::Twilio => twilio::answer(sim, request, fault),
            Self::Meta => meta::answer(sim, request, fault),
        }
    }

    /// An error in the provider's own form; without a code the one it gives with that HTTP status.
    pub fn error(
        self,
        sim: &Sim,
        request: &Request,
        status: u16,
        code: Option<u32>,
        message: Option<&str>,
    ) -> Answer {
        match self {
            Self::Twilio => {
                let code = code.unwrap_or_else(|| twilio::errors::usual_code(status));
                twilio::with_headers(sim, request, twilio::errors::answer(status, code, message))
            }
            Self::Meta => meta::fault_answer(status, code, message),
        }
    }
}
