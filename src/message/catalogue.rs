//! The error catalogue: what a provider's code means, what is done about it,
//! and what the user is told. One table, for synchronous answers and for
//! reports by webhook alike.

mod twilio;

pub use twilio::TWILIO;
