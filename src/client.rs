//! One configured connector: owns the runtime, the store, the road and the
//! events; its start and its end.
//!
//! Every exported function about a client has its file here, under its own
//! name; `act` is the one for all calls to the provider that are no messages.

mod act;
mod aftermath;
mod answer;
mod ask;
mod calls;
mod cancel;
mod check;
mod close;
mod closing;
mod events;
mod find;
mod health;
mod history;
mod memory;
mod page;
mod recover;
mod schema;
mod send;
mod start;
pub mod table;
#[cfg(test)]
mod tests;
mod update;
mod wait;
pub mod webhook;

pub use answer::Answer;
pub use calls::Call;
#[cfg(test)]
pub use history::options::{
    EraseOptions, EraseReport, ExportOptions, ExportReport, PurgeOptions, PurgeReport,
};
#[cfg(test)]
pub use history::take::{TakeOptions, TakenPage};
#[cfg(test)]
pub use page::EventsPage;
#[cfg(test)]
pub use recover::{RecoverOptions, RecoveryReport};
pub use schema::schema;
#[cfg(test)]
pub use schema::{SchemaOptions, SchemaScript};

use crate::context::Context;
use crate::delivery::Delivery;
use crate::events::{Dispatcher, Stream};
use crate::inbound::accounts::OurAccount;
use crate::inbound::applier::Applier;
use crate::inbound::refusals::Refusals;
use crate::message::Result;
use crate::process::Alive;
use crate::provider::webhook_keys::WebhookKeys;
use crate::settings::{DefaultCountry, Settings};
use calls::Calls;
use closing::Closing;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};

/// A configured connector.
pub struct Client {
    settings: Settings,
    runtime: Mutex<Option<Runtime>>,
    handle: Handle,
    context: Arc<Context>,
    delivery: Arc<Delivery>,
    dispatcher: Dispatcher,
    stream: Stream,
    closing: Closing,
    calls: Calls,
    webhook_keys: Mutex<Arc<WebhookKeys>>,
    refusals: Refusals,
    account: OurAccount,
    applier: Arc<Applier>,
    /// The last field: the process counts this client as alive until all of it
    /// is gone.
    _alive: Alive,
}

/// How long a message that is being given up may take to say so.
const GIVING_UP: Duration = Duration::from_secs(5);
/// How often a message of another process is looked at.
const LOOK: Duration = Duration::from_secs(1);

impl Client {
    /// The country that completes numbers.
    pub fn default_country(&self) -> DefaultCountry {
        self.settings.default_country
    }

    fn refuse_if_closing(&self) -> Result<()> {
        if self.closing.begun() {
            return Err(answer::closed_error());
        }
        Ok(())
    }
}
