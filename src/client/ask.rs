//! Asking the history on a caller's behalf.

use super::Client;
use super::answer::timeout;
use crate::history::{Connection, StoreResult, reported};
use crate::message::{Result, Status};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Instant;

impl Client {
    /// Looks something up, and waits until a deadline.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnMut(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = sync_channel(1);
        self.context.readers.ask(deadline, work, move |result| {
            let _ = reply.send(result);
        });
        self.answered(deadline, &answer)
    }

    /// Reads what the host wants to see, and waits until a deadline.
    pub(super) fn ask_for_host<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnMut(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = sync_channel(1);
        self.context.readers.ask_for_host(deadline, work, move |result| {
            let _ = reply.send(result);
        });
        self.answered(deadline, &answer)
    }

    fn answered<T>(&self, deadline: Instant, answer: &Receiver<StoreResult<T>>) -> Result<T> {
        match answer.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(result) => self.unless_closed(result.map_err(|error| error.to_error())),
            Err(RecvTimeoutError::Timeout) => Err(timeout()),
            Err(RecvTimeoutError::Disconnected) => self.unless_closed(Err(timeout())),
        }
    }

    /// Whom WhatsApp reported an id for. Asked only for what could be an id
    /// and reads as something else, or as nothing.
    pub(super) fn whom(&self, id: &str, deadline: Instant) -> Result<Option<String>> {
        if !self.delivery.provider.reports_ids() {
            return Ok(None);
        }
        let (account_key, id) = (self.context.worker.account_key.clone(), id.to_owned());
        let known = self.ask(deadline, move |connection| reported::whom(connection, &account_key, &id));
        match known {
            // What is recorded in the journal is recorded as it was written.
            Err(error) if error.status == Status::DatabaseAway && self.settings.history.journal.is_some() => {
                Ok(None)
            }
            known => known,
        }
    }

    /// While the client is being closed, its history stops answering. Then the
    /// caller is told of the closing, not of a database that is away.
    pub(super) fn unless_closed<T>(&self, result: Result<T>) -> Result<T> {
        match result {
            Err(error) if error.status == Status::DatabaseAway || error.status == Status::Timeout => {
                self.refuse_if_closing()?;
                Err(error)
            }
            other => other,
        }
    }
}
