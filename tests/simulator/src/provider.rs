//! The providers, side by side: which one a request is for, and what each must be able to do.

use serde_json::Value;

use crate::exchange::{Answer, Request};
use crate::faults::Fault;
use crate::route::Outcome;
use crate::sim::Sim;
use crate::twilio;

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Provider {
    Twilio,
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
    /// Our users' own key inside the message.
    pub key: Option<String>,
    /// What kind of credentials it carries; never the credentials.
    pub credentials: &'static str,
}

impl Provider {
    pub fn of(_path: &str) -> Self {
        Self::Twilio
    }

    pub fn details(self, sim: &Sim, request: &Request) -> Details {
        match self {
            Self::Twilio => twilio::details(sim, request),
        }
    }

    /// What a special recipient does to this attempt.
    pub fn special(self, sim: &Sim, request: &Request, details: &Details) -> Option<Fault> {
        match self {
            Self::Twilio => twilio::special(sim, request, details),
        }
    }

    pub fn answer(self, sim: &Sim, request: &Request, fault: Option<&Fault>) -> Outcome {
        match self {
            Self::Twilio => twilio::answer(sim, request, fault),
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
        }
    }
}
