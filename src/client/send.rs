//! `wa_send` and `wa_submit`: from the call to the message's task, and what
//! the call waits for.

use super::answer::{Answer, closed, done, ended, id_in_use, not_recorded_yet, of_wait, pending};
use super::{Client, GIVING_UP};
use crate::delivery::{GiveUp, Phase, Submission, WaitFor, Waited};
use crate::message::{Content, Outcome, Recipient, Result, SendOptions, Status};
use std::time::Instant;
use uuid::Uuid;

impl Client {
    /// Sends and waits for the end, or only records.
    pub fn send(&self, to: &str, content: Content, options: SendOptions, waits: bool) -> Result<Answer> {
        self.refuse_if_closing()?;
        let deadline = Instant::now() + options.timeout();
        if options.id.is_some_and(|id| self.calls.has(id)) {
            return Err(id_in_use());
        }
        let country = self.settings.default_country;
        // Reading a number costs more than all else that happens on this thread.
        let known = match self.delivery.provider.reports_ids() {
            true => Recipient::reported(to, country, |id| self.whom(id, deadline))?,
            false => None,
        };
        let to = known.as_deref().unwrap_or(to);
        let ticket =
            self.delivery.submit(&self.handle, Submission { to, content, options, waits, country })?;
        let what = if waits { WaitFor::Progress } else { WaitFor::Record };
        match ticket.wait(what, deadline) {
            // The first message of this reference is still under way: wait for that one.
            Waited::Ended(outcome) if waits && !outcome.r#final => {
                let first = outcome.id.parse().unwrap_or(ticket.id);
                self.wait_for_recorded(first, outcome, deadline)
            }
            Waited::Ended(outcome) if outcome.r#final => Ok(ended(outcome)),
            Waited::Ended(outcome) => Ok(done(outcome)),
            Waited::Deadline(outcome, Phase::New) => {
                if ticket.bound {
                    // The database is slow: whatever it does, nothing is to be sent any more.
                    ticket.ask_to_give_up(GiveUp::Deadline);
                }
                Ok(not_recorded_yet(outcome))
            }
            Waited::Deadline(_, Phase::Waiting) if ticket.bound => {
                // The message's time ended with the call's: its task is about
                // to give it up.
                let waited = ticket.wait(WaitFor::End, deadline + GIVING_UP);
                of_wait(waited)
            }
            // Another worker decides about it now. It is recorded; its row tells the rest.
            Waited::Closed(outcome) if !waits && !self.closing.begun() => Ok(done(outcome)),
            Waited::Closed(outcome) if !self.closing.begun() => {
                self.wait_for_recorded(ticket.id, outcome, deadline)
            }
            other => of_wait(other),
        }
    }

    /// Waits for the end of a message that is known to be recorded: an error of
    /// the history is none of the message, and the host must not send it again.
    fn wait_for_recorded(&self, id: Uuid, last: Outcome, deadline: Instant) -> Result<Answer> {
        let waited = self.wait(id, deadline.saturating_duration_since(Instant::now()));
        Ok(waited.unwrap_or_else(|error| match error.status {
            Status::Closed => closed(last),
            _ => pending(last),
        }))
    }
}
