//! What every provider can do: request out, answer in.

pub mod action;
mod answer_cache;
mod definition_limits;
mod fault;
#[cfg(feature = "fuzzing")]
pub mod fuzz_support;
pub mod http;
mod links;
mod memory;
pub mod meta;
mod paging;
mod request;
pub mod settings;
mod settings_template;
mod single_flight;
pub mod states;
mod template_rules;
#[cfg(test)]
pub mod test_server;
pub mod twilio;
pub mod webhook_keys;
pub mod window;

use crate::ground::Secret;
use crate::message::age::Age;
use crate::message::clock::Millis;
use crate::message::{Class, Content, Error, ProviderName, Recipient, Result, State, Status};
use action::{Done, Order};
use futures_util::future::BoxFuture;
pub use memory::Memory;
#[cfg(test)]
pub use memory::NoMemory;
use meta::settings::MetaSettings;
pub use request::{Prepared, Request};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::time::Duration;
use twilio::settings::{TwilioLogin, TwilioSettings};
use uuid::Uuid;

/// Which provider sends.
#[derive(Debug, Clone)]
pub enum ProviderSettings {
    /// Twilio.
    Twilio(TwilioSettings),
    /// Meta's WhatsApp Business Cloud API.
    Meta(MetaSettings),
}

impl ProviderSettings {
    /// Names the account without telling it.
    pub fn account_key(&self) -> String {
        match self {
            ProviderSettings::Twilio(twilio) => account_key(ProviderName::Twilio, &twilio.account_sid),
            ProviderSettings::Meta(meta) => account_key(ProviderName::Meta, &meta.business_account_id),
        }
    }

    /// Whether this is the provider itself, not a simulator or a gateway.
    pub fn is_real(&self) -> bool {
        match self {
            ProviderSettings::Twilio(twilio) => twilio.base_url.is_none(),
            ProviderSettings::Meta(meta) => meta.base_url.is_none(),
        }
    }
}

/// What a provider logs in with from now on.
#[derive(Debug)]
pub enum NewLogin {
    /// Twilio's user and password.
    Twilio(TwilioLogin),
    /// Meta's token.
    Meta(Secret),
}

/// A provider of WhatsApp messages, with one account's credentials.
pub trait Provider: Send + Sync + 'static {
    /// Which provider it is.
    fn name(&self) -> ProviderName;

    /// Names the account without telling it: rows carry it, and a client
    /// works only on rows of its own account.
    fn account_key(&self) -> &str;

    /// The address that a message leaves from: the one asked for, or the
    /// default. `None` where the provider picks one.
    fn sender(&self, argument: &str, wanted: Option<&str>) -> Result<Option<String>>;

    /// The recipient as this provider writes it.
    fn recipient(&self, argument: &str, recipient: &Recipient) -> Result<String>;

    /// Whether its answers report the id by which WhatsApp knows a recipient.
    fn reports_ids(&self) -> bool {
        false
    }

    /// Checks the limits of the provider and the channel, and that a template
    /// of the settings has its variables. No network.
    fn check(&self, content: &Content) -> Result<()>;

    /// What is to be sent, if that is known without asking the provider.
    fn prepared(&self, content: &Content) -> Option<Prepared>;

    /// Finds out what is to be sent: looks a template up, checks its
    /// variables. Asks only, so it may be repeated.
    fn prepare<'a>(
        &'a self,
        content: &'a Content,
        sender: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Prepared, Refusal>>;

    /// Makes one attempt. Never resends by itself.
    fn send<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Exchange>;

    /// How fast one sender may write to one recipient, where that is limited.
    fn pair_limit(&self) -> Option<PairLimit> {
        None
    }

    /// Whether `look_for` can tell anything.
    fn can_look(&self) -> bool;

    /// Lists what the provider took for this recipient around the time of an
    /// attempt whose end is unknown.
    fn look_for<'a>(&'a self, lost: &'a LostAttempt) -> BoxFuture<'a, Result<Look, Refusal>>;

    /// What the provider's list says of such a message, if that is known and is
    /// not the text of the history.
    fn listed_text(&self, _content: &Content) -> Option<String> {
        None
    }

    /// Refuses an upload by its type and its size, before its bytes are
    /// copied. Where there are no uploads, `act` says so.
    fn check_upload(&self, _mime_type: &str, _bytes: u64) -> Result<()> {
        Ok(())
    }

    /// Does what is not a message. Never repeated by itself.
    fn act<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Done>>;

    /// Logs in with something else from the next request on.
    fn replace_login(&self, login: &NewLogin) -> Result<()>;
}

/// How fast one sender may write to one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairLimit {
    /// The time for each message.
    pub interval: Duration,
    /// How many may go in a row after a pause.
    pub burst: u32,
}

/// Names an account without telling it.
pub fn account_key(provider: ProviderName, account: &str) -> String {
    let digest = Sha256::digest(format!("{provider}:{account}"));
    digest.iter().take(8).fold(String::with_capacity(16), |mut key, byte| {
        let _ = write!(key, "{byte:02x}");
        key
    })
}

/// What a provider says to an action that it does not have.
pub fn not_supported(provider: ProviderName, what: &str) -> Box<Error> {
    Error::new(Status::NotSupported, format!("{what} is not supported by {provider}; nothing was sent."))
}

/// One attempt of one message.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The message.
    pub message_id: Uuid,
    /// 1 for the first attempt.
    pub number: i32,
    /// Where it leaves from.
    pub sender: Option<String>,
    /// Where it goes, as `recipient` gave it.
    pub recipient: String,
    /// What it says.
    pub prepared: Prepared,
    /// When it must have left, as `uptime` counts: after that, another worker
    /// may have it, or its time is over.
    pub leaves_before: Duration,
}

impl Attempt {
    /// Our own key of this attempt, which travels with it to the provider.
    pub fn key(&self) -> String {
        format!("{}.{}", self.message_id, self.number)
    }
}

/// An attempt and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What is known of it.
    pub answer: Answer,
    /// HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// The provider's id of the request.
    pub trace_id: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// The provider's clock when the attempt began, by the date of its answer.
    pub provider_clock: Option<Millis>,
}

impl Exchange {
    /// An attempt that could not begin: nothing was sent.
    fn refused(error: Box<Error>, took: Duration) -> Exchange {
        Exchange::unanswered(Answer::Refused(fault::refusal(error)), took)
    }

    /// An attempt to which no answer came.
    pub fn unanswered(answer: Answer, took: Duration) -> Exchange {
        Exchange { answer, http_status: None, trace_id: None, took, provider_clock: None }
    }
}

/// What is known after an attempt.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The provider took the message, under this id.
    Accepted {
        /// The provider's id of the message.
        provider_message_id: String,
        /// Whom the provider took the recipient for: WhatsApp's own id of
        /// them, where it says so.
        recipient_id: Option<String>,
        /// What the provider says beside it, such as
        /// `held_for_quality_assessment`.
        provider_status: Option<String>,
    },
    /// The provider did not take it: it said so, or nothing was written.
    Refused(Refusal),
    /// Its time was over before it could leave: nothing was written.
    HeldBack,
    /// It cannot be known.
    Unknown {
        /// Why not, in a few words for the log and the attempt's row.
        why: String,
    },
}

/// Why a provider did not take a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What it means for the road.
    pub class: Class,
    /// Whether another attempt may follow, by the catalogue.
    pub retry: bool,
    /// The error for the host: the user's text, the hint, the codes.
    pub error: Box<Error>,
    /// How long the provider asked to wait.
    pub retry_after: Option<Duration>,
}

/// An attempt whose end is unknown.
#[derive(Debug, Clone)]
pub struct LostAttempt {
    /// Where it left from.
    pub sender: Option<String>,
    /// Where it went, as `recipient` gave it.
    pub recipient: String,
    /// How long ago it began.
    pub age: Age,
}

/// What the provider's list has that may be of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Whatever may be of it.
    pub candidates: Vec<Candidate>,
    /// The provider's clock and ours went on alike since the attempt. If not,
    /// an empty list proves nothing.
    pub clocks_agree: bool,
}

/// An entry of the provider's list that may be of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The provider's id; empty where the list gives none that can be read.
    pub provider_message_id: String,
    /// When the provider took it, by its clock.
    pub created: Option<Millis>,
    /// Whether something of it could not be read, is written otherwise than
    /// we write it, or is of a time that may not be the attempt's: neither
    /// surely this message nor surely another one.
    pub doubtful: bool,
    /// The text, where the provider gives it.
    pub body: String,
    /// Where it is by now.
    pub state: State,
    /// Why it failed, if it did.
    pub code: Option<u32>,
}
