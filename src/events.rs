//! What the host is told: a durable queue to poll, one dispatcher thread for
//! callbacks, log records.

mod dispatcher;
mod event;
pub mod log;
mod next;
mod progress;
mod signal;
mod start;

pub use dispatcher::{Callback, Dispatcher};
pub use event::{Event, KIND_DATABASE, KIND_LOG, KIND_PROGRESS, KIND_WARNING, KINDS, MEMORY_KINDS};
pub use log::{Log, LogRecord, masked};
pub use next::{EventFilter, NextOptions, Position, Stream};
pub use progress::{ProgressRecord, Throttle};
pub use signal::Signal;
pub use start::Start;

pub use crate::ground::Level;
