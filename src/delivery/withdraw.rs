//! Giving a message up before it was sent.

use super::Delivery;
use super::pause::DATABASE_PAUSE;
use super::rows::{self, change};
use super::texts::given_up;
use super::tickets::{GiveUp, Phase, Ticket};
use crate::history::{MessageRow, Write, outcome_of};
use crate::message::State;
use crate::message::clock::Millis;
use crate::provider::Refusal;

impl Delivery {
    /// Gives a waiting message up, which works only while its row is still
    /// queued. False if the database is away: the message waits on, and it is
    /// to be tried again.
    pub(super) async fn withdraw(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        state: State,
        last: Option<&Refusal>,
    ) -> bool {
        if self.recorded_as(ticket) != ticket.id {
            // By this id another message would be given up. Ours has ended.
            self.tell_what_the_row_says(ticket).await;
            return true;
        }
        let cancelled = ticket.given_up() == Some(GiveUp::Cancelled);
        // A message whose last attempt failed has failed: that reason tells
        // more than that its time is over. Only the host's own wish wins.
        let (state, error) = match last {
            Some(refusal) if !cancelled => (State::Failed, refusal.error.clone()),
            _ => (state, given_up(state)),
        };
        let mut ended = message.clone();
        change(&mut ended, state, Some(error.message.clone()), Some(&error), Millis::now());
        let outcome = outcome_of(&ended);
        // Whoever looks after the message by now, it ends where the host or
        // its call wants that. For any other reason only its own worker ends it.
        let owner = ticket.given_up().is_none().then_some(self.context.worker.id);
        let mut withdrawal = rows::withdrawal(&ended, owner, Some(rows::event(&ended)));
        withdrawal.hides = self.context.kept.hides_now(&ended);
        match self.context.writer.written(Write::Withdraw(Box::new(withdrawal))).await {
            Ok(written) if written.is_done() => {
                *message = ended;
                ticket.tell(Phase::Ended, Some(outcome));
                true
            }
            Ok(_) => {
                self.tell_what_the_row_says(ticket).await;
                true
            }
            Err(_) => {
                // The database is away, and nobody else ends the message while
                // this worker lives: the wish stays, and is tried again.
                if ticket.given_up().is_some() {
                    ticket.give_up.notify_one();
                }
                tokio::time::sleep(DATABASE_PAUSE).await;
                false
            }
        }
    }
}

/// What a message becomes whose time is over: a call's deadline cancels it.
pub fn end_of_time(ticket: &Ticket) -> State {
    if ticket.bound { State::Cancelled } else { State::Expired }
}
