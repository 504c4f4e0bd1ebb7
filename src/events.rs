//! What the host is told: a durable queue to poll, one dispatcher thread for
//! callbacks, log records.

mod dispatcher;
mod event;
mod kinds;
pub mod log;
mod log_record;
mod next;
mod position;
mod progress;
mod signal;
mod start;
mod stream;
mod webhook_record;

pub use dispatcher::{Callback, Dispatcher};
pub use event::{
    Event, KIND_DATABASE, KIND_LOG, KIND_MESSAGE, KIND_PROGRESS, KIND_REFUSED, KIND_WARNING, KINDS,
    MEMORY_KINDS,
};
pub use event::{
    KIND_ACCOUNT, KIND_CALL, KIND_CONSENT, KIND_CONTACT, KIND_DEAD_LETTER, KIND_ECHO, KIND_NUMBER,
    KIND_RECEIVED, KIND_TEMPLATE, KIND_WEBHOOK,
};
pub use kinds::{EventFilter, Kinds};
pub use log::{Log, masked};
pub use log_record::LogRecord;
pub use next::{CONSUMER_OF_ROWS, Next, NextOptions};
pub use position::Position;
pub use progress::{ProgressRecord, Throttle};
pub use signal::Signal;
pub use start::Start;
pub use stream::{LONGEST_LOOK, Stream};
pub use webhook_record::WebhookRecord;
