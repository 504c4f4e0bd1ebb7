//! What a crash left, and what waits in the database: leases, claims,
//! taking over.

use super::attempt::attempt_without_answer;
use super::live::{Phase, Ticket};
use super::rows::{self, change, settlement};
use super::{Delivery, Stop, texts};
use crate::ground::Level;
use crate::history::{Claimed, MessageRow, QueueRow, StoreResult, Write, Written, outcome_of};
use crate::message::clock::Millis;
use crate::message::{Content, State};
use crate::provider::Prepared;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

/// How often due messages are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How many messages are taken at once.
const MOST: usize = 200;
/// Beside the time an answer may take: an attempt of a dead worker is left
/// alone until its answer cannot come any more.
const GRACE: Duration = Duration::from_secs(5);
/// How long a message rests that this version cannot read.
const UNREAD_REST: Duration = Duration::from_secs(10);

impl Delivery {
    /// Says that this worker lives. Done once before the first message, so
    /// that nobody takes its rows for orphans.
    pub async fn renew(&self) -> StoreResult<()> {
        let worker = self.context.worker.clone();
        self.context.writer.called(move |connection| connection.renew(&worker)).await
    }

    /// Renews the lease and looks for work until the client is closed.
    pub async fn look_after_the_queue(self: Arc<Self>, handle: Handle) {
        let renew_every = self.context.worker.lease / 3;
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
        let (worker, grace) = (self.context.worker.clone(), self.http_timeout + GRACE);
        let (claimed, asked_at) = self
            .context
            .writer
            .called(move |connection| {
                // Before the question is asked. The ages in the answer count
                // from then: were the time taken after a slow answer, attempts
                // would seem younger than they are.
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
            // There was room when the rows were claimed. If others have taken
            // it since, the claimed rows wait here for theirs.
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
            Err(error) => self.leave_unread(&ticket, message, &error).await,
        }
    }

    /// The content of a message cannot be read here: a newer version wrote it,
    /// on the same database. It is left to whoever can read it, and tried again
    /// after a pause; when its time is over it expires here as elsewhere.
    async fn leave_unread(&self, ticket: &Ticket, mut message: MessageRow, error: &serde_json::Error) {
        let now = Millis::now();
        if message.expires_at.is_some_and(|at| at <= now)
            && self.withdraw(ticket, &mut message, State::Expired, None).await
        {
            return;
        }
        self.say(Level::Warn, &message, || {
            format!("Its content cannot be read by this version, and is left to others: {error}")
        });
        let again = now.plus(UNREAD_REST.as_millis() as u64);
        let again = message.expires_at.map_or(again, |at| at.min(again));
        message.state = State::Queued;
        let attempt = message.attempts;
        let place = QueueRow { state: State::Queued, worker: None, attempt, not_before: again };
        let left = settlement(self.context.worker.id, &message, Some(place));
        let _ = self.context.writer.written(Write::Settle(Box::new(left))).await;
        // Whoever waits for it looks at its row from now on.
        ticket.tell(Phase::Closed, None);
    }

    /// What the recipient reads may not be in the row yet: a template's text
    /// is known only once it was looked up.
    async fn read_again(&self, message: &mut MessageRow) {
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
    async fn settle_orphan(&self, ticket: &Ticket, message: &mut MessageRow, began_at: Millis) -> bool {
        let why = "the process that sent it ended before the answer was recorded";
        let error = texts::unknown(self.provider.name(), why);
        change(message, State::Unknown, Some(error.message.clone()), Some(&error), Millis::now());
        let place = self.place_of_unknown(message.attempts, began_at);
        let look = place.not_before;
        let mut orphan = settlement(self.context.worker.id, message, Some(place));
        orphan.attempt = Some(attempt_without_answer(message.attempts, began_at, State::Unknown, why));
        orphan.event = Some(rows::event(message));
        let written = self.context.writer.written(Write::Settle(Box::new(orphan))).await;
        crate::points::reach("orphan_settled");
        ticket.tell(Phase::Resting(look), Some(outcome_of(message)));
        matches!(written, Ok(Written::Done))
    }
}

/// The time that lies `age` before `at`.
fn before(at: Millis, age: Duration) -> Millis {
    Millis(at.0.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)))
}
