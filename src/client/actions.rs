//! The calls that are no messages: each runs as a task, with a deadline, and
//! can be cancelled from another thread.
//!
//! Nothing of them is recorded: a call that is broken off says what may have
//! happened, and whoever called decides.

use super::{Client, check, closed_error};
use crate::events::{ProgressRecord, Throttle};
use crate::message::{Error, Result, Status};
use crate::provider::action::options::Common;
use crate::provider::action::{Action, Done, Order, Progress, without_response};
use crate::threads::lock;
use futures_util::FutureExt;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How many calls may run at once.
const MOST: usize = 64;
/// How long a task that was broken off may take to be gone.
const GONE: Duration = Duration::from_secs(1);

/// The calls that run.
#[derive(Default)]
pub struct Actions {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    closed: bool,
    running: HashMap<Uuid, Running>,
}

/// A call that runs. Whoever claims it first decides how it ends.
#[derive(Clone)]
struct Running {
    claimed: Arc<AtomicBool>,
    bell: SyncSender<End>,
    task: AbortHandle,
}

/// How a call ends.
enum End {
    Done(Result<Done>),
    Cancelled,
    Closed,
    Deadline,
}

impl Running {
    fn claim(&self) -> bool {
        !self.claimed.swap(true, Ordering::AcqRel)
    }

    /// Ends it so, unless it has ended.
    fn end(&self, end: End) -> bool {
        let first = self.claim();
        if first {
            // There is room for one, and only one is ever sent.
            let _ = self.bell.try_send(end);
        }
        first
    }

    /// Breaks it off, unless it has ended.
    fn break_off(&self, end: End) -> bool {
        let first = self.end(end);
        if first {
            self.task.abort();
        }
        first
    }
}

impl Actions {
    fn enter(&self, id: Uuid, running: Running) -> Result<Entered<'_>> {
        let mut table = lock(&self.table);
        if table.closed {
            return Err(closed_error());
        }
        if table.running.len() >= MOST {
            return Err(Error::new(
                Status::QueueFull,
                format!("{MOST} calls to the provider are under way, which is the most; nothing was done."),
            )
            .hint("Try again when some have ended."));
        }
        if table.running.contains_key(&id) {
            return Err(in_use());
        }
        table.running.insert(id, running);
        Ok(Entered { actions: self, id })
    }

    /// Whether a call with this id runs.
    pub fn has(&self, id: Uuid) -> bool {
        lock(&self.table).running.contains_key(&id)
    }

    /// Breaks a call off. `None`: none of this id runs; false: it is over.
    pub fn cancel(&self, id: Uuid) -> Option<bool> {
        let running = lock(&self.table).running.get(&id).cloned()?;
        Some(running.break_off(End::Cancelled))
    }

    /// Breaks all off, and takes no more.
    pub fn close(&self) {
        let mut table = lock(&self.table);
        table.closed = true;
        for running in table.running.values() {
            running.break_off(End::Closed);
        }
    }
}

/// Takes the call out of the table, however it ends.
struct Entered<'a> {
    actions: &'a Actions,
    id: Uuid,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        lock(&self.actions.table).running.remove(&self.id);
    }
}

/// Another call or message has this id.
pub fn in_use() -> Box<Error> {
    Error::about(
        Status::Argument,
        "options_json.id",
        "A call or a message with this id is under way already.",
    )
    .hint("Give every call an id of its own.")
}

/// A call, as the host made it.
pub struct Call {
    /// What is asked.
    pub action: Action,
    /// The sender that it is about.
    pub sender: Option<String>,
    /// Its id and its time.
    pub common: Common,
}

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
        let (readers, timeout) = (Arc::clone(&self.delivery.readers), common.timeout);
        let work = async move {
            match order.action {
                // The database has its part in it.
                Action::Check => Ok(Done::Check(check::look(provider.as_ref(), &readers, timeout).await)),
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
    fn run(
        &self,
        function: &str,
        id: Uuid,
        timeout: Duration,
        aftermath: &Aftermath,
        work: BoxFuture<'static, Result<Done>>,
    ) -> Result<Done> {
        self.refuse_if_closing()?;
        let deadline = Instant::now() + timeout;
        if self.delivery.live.find(id).is_some() {
            return Err(in_use());
        }
        let (bell, end) = sync_channel(1);
        let (task, registration) = AbortHandle::new_pair();
        let running = Running { claimed: Arc::default(), bell, task };
        let _entered = self.actions.enter(id, running.clone())?;
        // Dropped with the task, however that goes.
        let (alive, gone) = sync_channel::<()>(0);
        let (name, here) = (function.to_owned(), running.clone());
        let task = async move {
            let _alive = alive;
            let result = match AssertUnwindSafe(work).catch_unwind().await {
                Ok(result) => result,
                Err(_) => Err(Error::internal(format!("{name} panicked."))),
            };
            here.end(End::Done(result));
        };
        self.handle.spawn(Abortable::new(task, registration).map(|_| ()));
        let why = match wait(&running, &end, deadline) {
            End::Done(result) => return result,
            why => why,
        };
        // What a task has open is closed when it is gone: a file, a request.
        let _ = gone.recv_timeout(GONE);
        Err(aftermath.error(function, &why))
    }

    /// Breaks a call off that runs under this id. `None`: there is none.
    pub fn cancel_call(&self, id: Uuid) -> Option<Result<()>> {
        self.actions.cancel(id).map(|cancelled| {
            if cancelled {
                return Ok(());
            }
            Err(Error::about(Status::TooLate, "id", "The call can no longer be cancelled: it has ended."))
        })
    }

    /// Tells how far a call has come, now and then.
    fn progress(&self, id: Uuid) -> Progress {
        let (log, throttle) = (Arc::clone(&self.log), Throttle::default());
        Arc::new(move |done, total| {
            if throttle.lets_through(done, total) {
                log.step(ProgressRecord { id: id.to_string(), done, total });
            }
        })
    }
}

/// Waits for the end of a call; at the deadline that is it.
fn wait(running: &Running, end: &Receiver<End>, deadline: Instant) -> End {
    if let Ok(end) = end.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        return end;
    }
    if running.claim() {
        running.task.abort();
        return End::Deadline;
    }
    // Somebody claimed it in this moment, and says so in the next.
    end.recv_timeout(GONE).unwrap_or(End::Deadline)
}

/// What is to be said of a call that was broken off.
struct Aftermath {
    /// What may have happened.
    text: &'static str,
    /// What to do about it.
    hint: &'static str,
    /// The same call again does no harm.
    repeatable: bool,
}

impl Aftermath {
    fn of(action: &Action) -> Aftermath {
        let (text, hint, repeatable) = match action {
            Action::MediaUrl(_)
            | Action::ListTemplates(_)
            | Action::GetTemplate { .. }
            | Action::ListNumbers { .. }
            | Action::GetNumber
            | Action::GetProfile
            | Action::Check => ("Nothing was changed.", "Call it again, with a longer timeout_ms.", true),
            Action::DownloadMedia(_) => (
                "No file was left behind, unless it was just being given its name: then it is there, whole.",
                "Call it again, with a longer timeout_ms.",
                true,
            ),
            Action::UploadMedia(_) => (
                "The media may be at the provider; it deletes what nobody uses.",
                "Call it again, with a longer timeout_ms.",
                true,
            ),
            Action::MarkRead { .. } => {
                ("The message may be marked as read.", "Calling it again does no harm.", true)
            }
            Action::DeleteMedia(_) => ("The media may be deleted.", "Calling it again does no harm.", true),
            Action::UpdateProfile(_) | Action::SetPicture(_) => (
                "It is not known whether the profile was changed.",
                "wa_profile_get shows it; calling it again does no harm.",
                true,
            ),
            Action::CreateTemplate(_) => (
                "It is not known whether the template was made.",
                "Make it again only if wa_template_list does not show it.",
                false,
            ),
            Action::EditTemplate { .. } => (
                "It is not known whether the template was changed.",
                "wa_template_get with refresh shows it.",
                false,
            ),
            Action::DeleteTemplate(_) => {
                ("It is not known whether the template was deleted.", "wa_template_list shows it.", false)
            }
            Action::SubmitTemplate(_) => (
                "It is not known whether the template was submitted.",
                "wa_template_get with refresh shows it.",
                false,
            ),
            Action::AddNumber(_) => {
                ("It is not known whether the number was added.", "wa_number_list shows it.", false)
            }
            Action::RequestCode(_) => (
                "A code may be on its way.",
                "Wait for it before you ask for another: WhatsApp limits how many it sends.",
                false,
            ),
            Action::VerifyCode(_) => {
                ("It is not known whether the number was verified.", "wa_number_get shows it.", false)
            }
            Action::Register(_) | Action::Deregister => {
                ("It is not known whether the registration changed.", "wa_number_get shows it.", false)
            }
            Action::SetPin(_) => ("It is not known which PIN holds.", "Set it again.", false),
        };
        Aftermath { text, hint, repeatable }
    }

    fn error(&self, function: &str, why: &End) -> Box<Error> {
        let (status, what) = match why {
            End::Cancelled => (Status::Cancelled, "was cancelled"),
            End::Closed => (Status::Closed, "was broken off: the client is being closed"),
            End::Done(_) | End::Deadline => (Status::Timeout, "did not end before its deadline"),
        };
        let mut error = Error::new(status, format!("{function} {what}. {}", self.text)).hint(self.hint);
        error.retryable &= self.repeatable;
        error
    }
}

#[cfg(test)]
mod tests;
