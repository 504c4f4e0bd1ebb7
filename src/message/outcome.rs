//! What a host is told of a message.

use super::{Error, State};
use serde::Serialize;

/// Where a message is, and how it got there: the JSON of a send, of
/// `wa_wait` and of the events of kind `message`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Outcome {
    /// Id of the message.
    pub id: String,
    /// State of the message.
    pub status: State,
    /// The send is over. Reports of the provider may still come; an `unknown`
    /// that is final stays so.
    pub r#final: bool,
    /// The sentence for the user, as the history shows it.
    pub response: Option<String>,
    /// How many attempts were made.
    pub attempts: i32,
    /// `twilio` or `meta`.
    pub provider: String,
    /// The provider's id of the message.
    pub provider_message_id: Option<String>,
    /// Who sends it.
    pub sender: Option<String>,
    /// Who gets it.
    pub recipient: String,
    /// Whom the provider took the recipient for: WhatsApp's own id, which
    /// differs from the number in some countries.
    pub recipient_id: Option<String>,
    /// What the provider said beside its yes, such as
    /// `held_for_quality_assessment`.
    pub provider_status: Option<String>,
    /// The host's id of the contact.
    pub contact_id: Option<String>,
    /// The host's own key of the message.
    pub reference: Option<String>,
    /// `shared`: committed in the database before anything was sent. `local`:
    /// committed in the journal of this machine, while the database is away.
    pub durability: &'static str,
    /// What went wrong, if something did.
    pub error: Option<Error>,
}

impl Outcome {
    /// What it tells is committed on this machine, and not in the database yet.
    #[must_use]
    pub fn local(mut self) -> Outcome {
        self.durability = "local";
        self
    }
}
