//! The message model that both providers share. Knows nothing of the rest.

pub mod age;
pub mod catalogue;
pub mod changes;
mod class;
pub mod clock;
pub mod contact_id;
pub mod content;
mod error;
pub mod inbound;
pub mod json;
pub mod options;
mod outcome;
pub mod phone;
mod provider_name;
mod recipient;
mod state;
mod status;
pub mod variables;

pub use class::Class;
pub use content::Content;
pub use error::{Error, Result};
pub use options::{OnTimeout, Priority, ReferenceScope, SendOptions};
pub use outcome::Outcome;
pub use provider_name::ProviderName;
pub use recipient::{Recipient, reported_key};
pub use state::State;
pub use status::Status;
pub use variables::Variables;
