//! `wa_wait`: for a message of this client, or of any other that shares the
//! history.

use super::answer::{Answer, closed, ended, not_found, of_wait, pending};
use super::{Client, LOOK};
use crate::delivery::{WaitFor, Waited};
use crate::history::outcome_of;
use crate::message::Result;
use std::time::{Duration, Instant};
use uuid::Uuid;

impl Client {
    /// Waits for the end of a message.
    pub fn wait(&self, id: Uuid, timeout: Duration) -> Result<Answer> {
        self.refuse_if_closing()?;
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(ticket) = self.delivery.live.find(id) {
                match ticket.wait(WaitFor::End, deadline) {
                    // It went to the database, or to another worker: look there.
                    Waited::Closed(_) if !self.closing.begun() => {}
                    other => return of_wait(other),
                }
            }
            let row = self.seen_row(id, deadline.max(Instant::now() + LOOK))?;
            let Some(row) = row else { return Err(not_found(id)) };
            let outcome = outcome_of(&row.message);
            if outcome.r#final {
                return Ok(ended(outcome));
            }
            if Instant::now() >= deadline {
                return Ok(pending(outcome));
            }
            if self.closing.begun() {
                return Ok(closed(outcome));
            }
            self.closing.sleep(LOOK.min(deadline.saturating_duration_since(Instant::now())));
        }
    }
}
