//! The calls that are no messages: each runs as a task, with a deadline, and
//! can be cancelled from another thread.
//!
//! Nothing of them is recorded: a call that is broken off says what may have
//! happened, and whoever called decides.

use super::aftermath::Aftermath;
use super::answer::id_in_use;
use super::calls::{Call, End, GONE, Running, wait};
use super::{Client, check};
use crate::events::{ProgressRecord, Throttle};
use crate::message::{Error, Result, Status};
use crate::provider::action::{Action, Done, Order, Progress, without_response};
use futures_util::FutureExt;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};
use uuid::Uuid;

impl Client {
    /// Asks the provider for something that is not a message, and waits for
    /// it.
    pub fn act(&self, call: Call) -> Result<Done> {
        let Call { action, sender, common } = call;
        let function = action.function();
        let aftermath = Aftermath::of(&action);
        let id = common.id.unwrap_or_else(Uuid::now_v7);
        let provider = Arc::clone(&self.delivery.provider);
        let order = Order { action, sender, progress: self.progress(id) };
        let (context, timeout) = (Arc::clone(&self.context), common.timeout);
        let work = async move {
            match order.action {
                // The database has its part in it.
                Action::Check => Ok(Done::Check(check::look(provider.as_ref(), &context, timeout).await)),
                _ => provider.act(&order).await,
            }
        };
        // The history's words for messages that were not sent have no place here.
        self.run(function, id, timeout, &aftermath, Box::pin(work)).map_err(without_response)
    }

    /// Refuses an upload by its type and its size, before its bytes are
    /// copied.
    pub fn check_upload(&self, mime_type: &str, bytes: u64) -> Result<()> {
        self.delivery.provider.check_upload(mime_type, bytes)
    }

    /// Runs work on the client's runtime until it is done, its deadline, its
    /// cancelling, or the client's end.
    pub(super) fn run<T: Send + 'static>(
        &self,
        function: &str,
        id: Uuid,
        timeout: Duration,
        aftermath: &Aftermath,
        work: BoxFuture<'static, Result<T>>,
    ) -> Result<T> {
        self.refuse_if_closing()?;
        let deadline = Instant::now() + timeout;
        if self.delivery.live.find(id).is_some() {
            return Err(id_in_use());
        }
        let (bell, end) = sync_channel(1);
        let (task, registration) = AbortHandle::new_pair();
        let running = Running::new(bell, task);
        let _entered = self.calls.enter(id, running.clone())?;
        // Dropped with the task, whether that ends, panics or is aborted; then
        // `gone` is told.
        let (alive, gone) = sync_channel::<()>(0);
        let (give, given) = sync_channel(1);
        let (name, here) = (function.to_owned(), running.clone());
        let task = async move {
            let _alive = alive;
            let result = match AssertUnwindSafe(work).catch_unwind().await {
                Ok(result) => result,
                Err(_) => Err(Error::internal(format!("{name} panicked."))),
            };
            // There is room for it.
            let _ = give.try_send(result);
            here.end(End::Done);
        };
        self.handle.spawn(Abortable::new(task, registration).map(|_| ()));
        let why = match wait(&running, &end, deadline) {
            End::Done => {
                let lost = || Error::internal(format!("What {function} gave is lost."));
                return given.try_recv().unwrap_or_else(|_| Err(lost()));
            }
            why => why,
        };
        // Waits a moment for the task to be gone, so that the files and the
        // requests that it has open are closed when the call returns.
        let _ = gone.recv_timeout(GONE);
        Err(aftermath.error(function, &why))
    }

    /// Breaks a call off that runs under this id. `None`: there is none.
    pub fn cancel_call(&self, id: Uuid) -> Option<Result<()>> {
        self.calls.cancel(id).map(|cancelled| {
            if cancelled {
                return Ok(());
            }
            Err(Error::about(Status::TooLate, "id", "The call can no longer be cancelled: it has ended."))
        })
    }

    /// Tells how far a call has come, now and then.
    pub(super) fn progress(&self, id: Uuid) -> Progress {
        let (log, throttle) = (Arc::clone(&self.context.log), Throttle::default());
        Arc::new(move |done, total| {
            if throttle.lets_through(done, total) {
                log.step(ProgressRecord { id: id.to_string(), done, total });
            }
        })
    }
}

#[cfg(test)]
mod tests;
