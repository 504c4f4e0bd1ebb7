//! `wa_webhook`: what a provider tells, from the request to its commit.

use super::Client;
use super::answer::timeout;
use crate::events::KIND_REFUSED;
use crate::ground::Level;
pub use crate::inbound::answer::WebhookResponse;
use crate::inbound::door::{self, Visit};
use crate::inbound::refusals::Reason;
pub use crate::inbound::request::WebhookRequest;
use crate::inbound::signature::Doubt;
use crate::message::clock::Millis;
use crate::message::{Error, Result, Status};
use crate::provider::webhook_keys::WebhookKeys;
use crate::settings::NewWebhookKeys;
use crate::threads::lock;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// How much longer than its deadline a call waits for the answer.
const GRACE: Duration = Duration::from_millis(200);

/// The status of a call of `wa_webhook`, and what it gives.
pub struct Webhook {
    /// OK where the request was dealt with, also where it was refused.
    pub status: Status,
    /// What the host is to answer.
    pub response: WebhookResponse,
}

impl Webhook {
    /// The call failed.
    pub fn failed(error: Error) -> Webhook {
        Webhook { status: error.status, response: WebhookResponse::failed(error) }
    }

    /// A body of which nothing is read.
    pub fn is_too_long(length: usize) -> bool {
        length > door::LONGEST_BODY
    }

    /// Such a body came.
    pub fn too_long() -> Webhook {
        Webhook::answered(door::too_long())
    }

    fn answered(response: WebhookResponse) -> Webhook {
        Webhook { status: Status::Ok, response }
    }
}

impl Client {
    /// Checks a request, applies what it tells, and says what to answer.
    pub fn webhook(&self, request: &str, body: &[u8]) -> Webhook {
        let begun = Instant::now();
        self.answer_to(request, body, begun).unwrap_or_else(|error| Webhook::failed(*error))
    }

    fn answer_to(&self, request: &str, body: &[u8], begun: Instant) -> Result<Webhook> {
        self.refuse_if_closing()?;
        let request = WebhookRequest::read(request)?;
        let deadline = begun + Duration::from_millis(request.timeout_ms().into());
        let keys = Arc::clone(&lock(&self.webhook_keys));
        match door::enter(&keys, &request, body) {
            Visit::Answered(response) => Ok(Webhook::answered(response)),
            Visit::Doubtful(response, Doubt::Refused(why)) => {
                self.tell_of_refusal(Reason::NotSigned, &why);
                Ok(Webhook::answered(response))
            }
            Visit::Doubtful(_, Doubt::NoSecret(setting)) => Err(no_secret(setting)),
            Visit::Signed => {
                self.apply(&keys, &request, body, deadline)?;
                Ok(Webhook::answered(door::taken(&keys)))
            }
        }
    }

    /// Commits all that a signed request tells of our account.
    fn apply(
        &self,
        keys: &WebhookKeys,
        request: &WebhookRequest,
        body: &[u8],
        deadline: Instant,
    ) -> Result<()> {
        let now = Millis::now();
        let mut notices = door::notices(keys, request, body, now);
        let all = notices.len();
        notices.retain(|notice| self.account.has(notice));
        if notices.len() < all {
            self.tell_of_refusal(
                Reason::AnotherAccount,
                "it is about another account than the one of the settings, and is not applied: each account, and \
                 each subaccount of Twilio, needs a client of its own",
            );
        }
        if notices.is_empty() {
            return Ok(());
        }
        let (reply, answer) = sync_channel(1);
        let applier = Arc::clone(&self.applier);
        let arrivals = applier.arrivals(notices, now);
        self.handle.spawn(async move {
            let _ = reply.send(applier.apply(arrivals, deadline).await);
        });
        // A little longer than the applier waits, which says better what was late.
        let patience = deadline.saturating_duration_since(Instant::now()) + GRACE;
        match answer.recv_timeout(patience) {
            Ok(applied) => self.unless_closed(applied.map(drop)),
            Err(_) => self.unless_closed(Err(timeout())),
        }
    }

    /// Tells hosts of a request that was refused, unless many were for this reason.
    fn tell_of_refusal(&self, reason: Reason, why: &str) {
        if let Some(text) = self.refusals.tell(reason, why) {
            self.context.tell(KIND_REFUSED, &text);
            self.context.log.write(Level::Warn, "webhook", text);
        }
    }

    /// Changes what webhooks are checked with from the next one on.
    pub(super) fn replace_webhook_keys(&self, new: &NewWebhookKeys) {
        let mut keys = lock(&self.webhook_keys);
        let mut changed = WebhookKeys::clone(&keys);
        new.apply(&mut changed);
        *keys = Arc::new(changed);
    }
}

/// Without a secret nobody can be believed.
fn no_secret(setting: &str) -> Box<Error> {
    let path = format!("settings_json.{setting}");
    let message = format!("{path} is missing: without it no webhook can be checked, and none is taken.");
    Error::about(Status::Settings, path, message)
        .hint("Give it to wa_configure. The setting is described in docs/webhooks.md.")
}
