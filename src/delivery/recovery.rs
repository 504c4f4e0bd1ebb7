//! What a crash left, and what waits in the database: leases, claims,
//! taking over.

use super::live::Phase;
use super::settle::unknown_error;
use super::{Delivery, Stop, Ticket, change, settlement};
use crate::events::Level;
use crate::history::{AttemptRow, Claimed, QueueRow, StoreResult, Write, Written, outcome_of};
use crate::message::clock::Millis;
use crate::message::{Content, Error, State, Status};
use crate::provider::Prepared;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

/// How often due messages are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How many messages are taken at once.
const MOST: usize = 200;
/// Beside the time an answer may take: an attempt of a dead worker is left
/// alone until its answer cannot come any more.
const GRACE: Duration = Duration::from_secs(5);

impl Delivery {
    /// Says that this worker lives. Done once before the first message, so
    /// that nobody takes its rows for orphans.
    pub async fn renew(&self) -> StoreResult<()> {
        let worker = self.worker.clone();
        self.writer.called(move |connection| connection.renew(&worker)).await
    }

    /// Renews the lease and looks for work until the client is closed.
    pub async fn look_after_the_queue(self: Arc<Self>, handle: Handle) {
        let renew_every = self.worker.lease / 3;
        let mut renewed = std::time::Instant::now();
        loop {
            tokio::select! {
                biased;
                () = self.until_stopped(Stop::Drain) => return,
                () = tokio::time::sleep(LOOK.min(renew_every)) => {}
            }
            if renewed.elapsed() >= renew_every {
                renewed = std::time::Instant::now();
                let _ = self.renew().await;
            }
            let _ = self.look_for_work(&handle).await;
        }
    }

    /// Takes what is due and what dead workers left.
    pub async fn look_for_work(self: &Arc<Self>, handle: &Handle) -> StoreResult<()> {
        let free = self.room.available_permits().min(MOST);
        if free == 0 {
            return Ok(());
        }
        let (worker, grace) = (self.worker.clone(), self.http_timeout + GRACE);
        let (claimed, asked_at) = self
            .writer
            .called(move |connection| {
                // Before the question: were the answer slow, an attempt would
                // seem younger than it is, and its message too old for a look.
                let asked_at = Millis::now();
                let mut claimed = connection.claim(&worker, free)?;
                if !claimed.is_empty() {
                    crate::points::reach("claimed");
                }
                let left = connection.take_over(&worker, grace, free)?;
                if !left.is_empty() {
                    crate::points::reach("taken_over");
                }
                claimed.extend(left);
                Ok((claimed, asked_at))
            })
            .await?;
        for one in claimed {
            // More than fits waits for the next look: its rows are ours, and live.
            let room = Arc::clone(&self.room).acquire_owned().await;
            let Ok(room) = room else { return Ok(()) };
            self.take_up(handle, one, asked_at, room);
        }
        Ok(())
    }

    fn take_up(
        self: &Arc<Self>,
        handle: &Handle,
        claimed: Claimed,
        asked_at: Millis,
        room: OwnedSemaphorePermit,
    ) {
        let Some(ticket) = self.live.enter(claimed.message.id, outcome_of(&claimed.message), false) else {
            return;
        };
        let delivery = Arc::clone(self);
        handle.spawn(async move {
            let (id, attempts, version) = (ticket.id, claimed.queue.attempt, claimed.message.version);
            let road = Arc::clone(&delivery).go_on(Arc::clone(&ticket), claimed, asked_at);
            if AssertUnwindSafe(road).catch_unwind().await.is_err() {
                delivery.panicked(&ticket, attempts, version).await;
            }
            delivery.live.leave(id);
            drop(room);
        });
    }

    /// Goes on where the last one ended.
    async fn go_on(self: Arc<Self>, ticket: Arc<Ticket>, claimed: Claimed, asked_at: Millis) {
        ticket.tell(Phase::Waiting, None);
        let Claimed { mut message, queue, age } = claimed;
        // The queue knows the attempt; the message's row may lag behind.
        message.attempts = queue.attempt.max(message.attempts);
        let began_at = age.map_or(message.updated_at, |age| before(asked_at, age));
        if queue.state != State::Queued {
            self.read_again(&mut message).await;
        }
        let goes_on = match queue.state {
            State::Sending => {
                self.settle_orphan(&ticket, &mut message, began_at).await
                    && self.provider.can_look()
                    && self.resolve(&ticket, &mut message, began_at).await
            }
            State::Unknown => self.resolve(&ticket, &mut message, began_at).await,
            _ => {
                message.not_before = Some(queue.not_before);
                true
            }
        };
        if !goes_on {
            return;
        }
        match serde_json::from_str::<Content>(&message.content) {
            Ok(content) => self.travel(ticket, message, content, None).await,
            Err(error) => {
                let text = format!("Its content cannot be read: {error}");
                self.log.about(Level::Error, "delivery", Some(message.id), None, || text.clone());
                ticket.tell(Phase::Refused(Error::new(Status::Internal, text)), None);
            }
        }
    }

    /// What the recipient reads may not be in the row yet: a template's text
    /// is known only once it was looked up.
    async fn read_again(&self, message: &mut crate::history::MessageRow) {
        let Ok(content) = serde_json::from_str::<Content>(&message.content) else { return };
        if !self.provider.can_look() {
            return;
        }
        let sender = message.sender.clone();
        if let Ok(Prepared { text: Some(text), .. }) =
            self.provider.prepare(&content, sender.as_deref()).await
        {
            message.body = text;
        }
    }

    /// The process that made this attempt ended: nobody knows what came of it.
    async fn settle_orphan(
        &self,
        ticket: &Ticket,
        message: &mut crate::history::MessageRow,
        began_at: Millis,
    ) -> bool {
        let why = "the process that sent it ended before the answer was recorded";
        let error = unknown_error(self.provider.name(), why);
        change(message, State::Unknown, Some(error.message.clone()), Some(&error));
        let outcome = outcome_of(message);
        let look = self.next_look(began_at);
        let queue = QueueRow {
            state: State::Unknown,
            worker: self.stays_with(State::Unknown),
            attempt: message.attempts,
            not_before: look,
        };
        let mut orphan = settlement(self.worker.id, message, Some(queue));
        orphan.attempt = Some(AttemptRow {
            number: message.attempts,
            began_at,
            took_ms: 0,
            state: State::Unknown,
            http_status: None,
            provider_code: None,
            trace_id: None,
            class: None,
            provider_message_id: None,
            wait_ms: None,
            detail: Some(why.to_owned()),
        });
        orphan.event = Some(self.event(outcome.clone(), message, message.updated_at));
        let written = self.write(Write::Settle(Box::new(orphan))).await;
        crate::points::reach("orphan_settled");
        ticket.tell(Phase::Resting(look), Some(outcome));
        matches!(written, Ok(Written::Done))
    }

    /// The road of a message panicked: its row is left as unknown, for
    /// whoever looks next.
    pub(super) async fn panicked(&self, ticket: &Ticket, attempts: i32, version: i32) {
        self.log.about(Level::Error, "delivery", Some(ticket.id), None, || {
            "The road of a message panicked.".into()
        });
        self.leave_behind(ticket.id, attempts.max(1), version).await;
        // It is recorded: nobody may think that it was refused.
        ticket.tell(Phase::Closed, None);
    }

    async fn leave_behind(&self, id: Uuid, attempts: i32, version: i32) {
        let error = unknown_error(self.provider.name(), "the library panicked");
        let queue =
            QueueRow { state: State::Unknown, worker: None, attempt: attempts, not_before: Millis::now() };
        let left = crate::history::Settlement {
            id,
            owner: Some(self.worker.id),
            // Beyond any version that the panicked road may have written.
            version: version + 1000,
            state: State::Unknown,
            attempts,
            provider_message_id: None,
            recipient_id: None,
            provider_status: None,
            body: None,
            response: Some(error.message.clone()),
            error: serde_json::to_string(&error).ok(),
            at: Millis::now(),
            attempt: None,
            queue: Some(queue),
            event: None,
        };
        let _ = self.write(Write::Settle(Box::new(left))).await;
    }
}

/// A time so long before another.
fn before(at: Millis, age: Duration) -> Millis {
    Millis(at.0.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)))
}
