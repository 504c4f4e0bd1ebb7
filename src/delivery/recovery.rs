//! What a crash left, and what waits in the database: leases, claims,
//! taking over.

use super::attempt::attempt_without_answer;
use super::decide::Past;
use super::expiry::Expiry;
use super::pause::DATABASE_PAUSE;
use super::rows::{self, change, settlement};
use super::tickets::{Phase, Ticket};
use super::{Delivery, Stop, texts};
use crate::ground::Level;
use crate::history::{Claimed, MessageRow, QueueRow, StoreResult, Write, outcome_of};
use crate::message::age::{Age, millis};
use crate::message::clock::{Millis, uptime};
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
/// Added to `http_timeout`: an attempt of a dead worker is taken over only when
/// both have passed since its lease ended, and no answer can come any more.
const GRACE: Duration = Duration::from_secs(5);
/// How long a message rests that this version cannot read.
const UNREAD_REST: Duration = Duration::from_secs(10);

impl Delivery {
    /// Says that this worker lives. Done once before the first message, so
    /// that nobody takes its rows for orphans.
    pub async fn renew(&self) -> StoreResult<()> {
        let worker = self.context.worker.clone();
        self.context.writer.renew(worker).await
    }

    /// Renews the lease and looks for work until the client is closed.
    pub async fn look_after_the_queue(self: Arc<Self>, handle: Handle) {
        let renew_every = self.context.worker.lease / 3;
        let renews = async {
            loop {
                tokio::time::sleep(renew_every).await;
                let _ = self.renew().await;
                self.context.writer.adopt_journals();
            }
        };
        // What was claimed may have to wait long for room: the lease does not
        // wait with it, and what still waits at the end is free for others.
        let looks = async {
            loop {
                tokio::time::sleep(LOOK.min(renew_every)).await;
                let _ = self.look_for_work(&handle).await;
            }
        };
        tokio::select! {
            biased;
            () = self.until_stopped(Stop::Drain) => {}
            () = renews => {}
            () = looks => {}
        }
    }

    /// Takes what is due and what dead workers left.
    pub async fn look_for_work(self: &Arc<Self>, handle: &Handle) -> StoreResult<()> {
        // What is to be sent and what is to be looked up have room of their
        // own: many messages of unknown end must not keep others from going.
        let to_send = self.room.available_permits().min(MOST);
        let to_look_up = self.look_up_room.available_permits().min(MOST);
        let (worker, grace) = (self.context.worker.clone(), self.http_timeout + GRACE);
        let (claimed, asked_at) = self
            .context
            .writer
            .called(move |connection| {
                // Before the question is asked. The ages in the answer count
                // from then: were the time taken after a slow answer, attempts
                // would seem younger than they are.
                let asked_at = uptime();
                let mut claimed = Vec::new();
                if to_send > 0 {
                    claimed.extend(connection.claim(&worker, to_send)?);
                }
                if !claimed.is_empty() {
                    crate::points::reach("claimed");
                }
                let mut left = Vec::new();
                if to_look_up > 0 {
                    match connection.take_over(&worker, grace, to_look_up) {
                        Ok(rows) => left.extend(rows),
                        Err(error) if claimed.is_empty() => return Err(error),
                        // What was claimed is this worker's by now, and nobody else takes it.
                        Err(_) => {}
                    }
                }
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
            let room = match one.queue.state {
                State::Queued => &self.room,
                _ => &self.look_up_room,
            };
            let room = Arc::clone(room).acquire_owned().await;
            let Ok(room) = room else { return Ok(()) };
            self.take_up(handle, one, asked_at, room);
        }
        Ok(())
    }

    fn take_up(
        self: &Arc<Self>,
        handle: &Handle,
        claimed: Claimed,
        asked_at: Duration,
        room: OwnedSemaphorePermit,
    ) {
        let ticket = self.ticket_of(&claimed, asked_at);
        let delivery = Arc::clone(self);
        handle.spawn(async move {
            let ticket = match ticket {
                Some(ticket) => ticket,
                None => match delivery.ticket_soon(&claimed, asked_at).await {
                    Some(ticket) => ticket,
                    None => return,
                },
            };
            let (attempts, version) = (claimed.queue.attempt, claimed.message.version);
            let road = Arc::clone(&delivery).go_on(Arc::clone(&ticket), claimed, asked_at);
            if AssertUnwindSafe(road).catch_unwind().await.is_err() {
                delivery.panicked(&ticket, attempts, version).await;
            }
            delivery.live.leave(&ticket);
            drop(room);
        });
    }

    /// A ticket for a message that was claimed. None if it has one here.
    fn ticket_of(&self, claimed: &Claimed, asked_at: Duration) -> Option<Arc<Ticket>> {
        let expiry = Expiry::of_claimed(claimed.expires_in, asked_at);
        self.live.enter(claimed.message.id, outcome_of(&claimed.message), false, expiry)
    }

    /// The same, where the task that has left the message to the database may
    /// be about to end. None if it does not: then it still looks after it.
    async fn ticket_soon(&self, claimed: &Claimed, asked_at: Duration) -> Option<Arc<Ticket>> {
        const TRIES: u32 = 100;
        for _ in 0..TRIES {
            tokio::time::sleep(Duration::from_millis(10)).await;
            if let Some(ticket) = self.ticket_of(claimed, asked_at) {
                return Some(ticket);
            }
        }
        None
    }

    /// Goes on where the last one ended.
    async fn go_on(self: Arc<Self>, ticket: Arc<Ticket>, claimed: Claimed, asked_at: Duration) {
        ticket.tell(Phase::Waiting, None);
        let Claimed { mut message, queue, age, .. } = claimed;
        // The queue knows the attempt; the message's row may lag behind.
        message.attempts = queue.attempt.max(message.attempts);
        let age = age.unwrap_or_else(|| Claimed::age(Millis::now().0.saturating_sub(message.updated_at.0)));
        let now = uptime();
        let told = Age::of_another(now, age + now.saturating_sub(asked_at));
        match queue.state {
            State::Queued => {
                // The place says when it is due, by the database's clock; what
                // the message's row says is older, and another clock's.
                message.not_before = (queue.not_before > Millis::now()).then_some(queue.not_before);
                self.send_on(ticket, message).await;
            }
            State::Sending => {
                self.read_again(&mut message).await;
                let age = self.counted(&message, told);
                self.settle_orphan(&ticket, &mut message, age).await;
            }
            _ => {
                self.read_again(&mut message).await;
                let age = self.counted(&message, told);
                self.resolve(&ticket, &mut message, age, told.told()).await;
            }
        }
    }

    /// A message that waited in the database is on its road again.
    async fn send_on(self: Arc<Self>, ticket: Arc<Ticket>, message: MessageRow) {
        let Some(past) = self.past(&message).await else {
            ticket.tell(Phase::Closed, None);
            return;
        };
        match serde_json::from_str::<Content>(&message.content) {
            Ok(content) => self.travel(ticket, message, content, past, None).await,
            Err(error) => self.leave_unread(&ticket, message, &error).await,
        }
    }

    /// The content of a message cannot be read here: a newer version wrote it,
    /// on the same database. It is left to whoever can read it, and tried again
    /// after a pause; when its time is over it expires here as elsewhere.
    async fn leave_unread(&self, ticket: &Ticket, mut message: MessageRow, error: &serde_json::Error) {
        if ticket.expiry.is_over() && self.withdraw(ticket, &mut message, State::Expired, None).await {
            return;
        }
        self.say(Level::Warn, &message, || {
            format!("Its content cannot be read by this version, and is left to others: {error}")
        });
        let rest = ticket.expiry.left().map_or(UNREAD_REST, |left| left.min(UNREAD_REST));
        let again = Millis::now().plus(rest.as_millis() as u64);
        message.state = State::Queued;
        let attempt = message.attempts;
        let place = QueueRow { state: State::Queued, worker: None, attempt, not_before: again };
        let left = settlement(self.context.worker.id, &message, Some(place));
        let _ = self.context.writer.written(Write::Settle(Box::new(left))).await;
        // Whoever waits for it looks at its row from now on.
        ticket.tell(Phase::Closed, None);
    }

    /// What a message has behind it, as the history tells. None if the client
    /// is closed before the database answers.
    pub(super) async fn past(&self, message: &MessageRow) -> Option<Past> {
        if message.attempts == 0 {
            return Some(Past::default());
        }
        let id = message.id;
        loop {
            match self.context.readers.asked(move |connection| connection.find(id)).await {
                Ok(row) => {
                    let attempts = row.map(|row| row.attempts).unwrap_or_default();
                    return Some(Past::of(&attempts, message.error.as_deref()));
                }
                Err(_) if self.stopped(Stop::Drain) => return None,
                Err(_) => tokio::time::sleep(DATABASE_PAUSE).await,
            }
        }
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
    async fn settle_orphan(&self, ticket: &Ticket, message: &mut MessageRow, age: Age) {
        let why = "the process that sent it ended before the answer was recorded";
        let error = texts::unknown(self.provider.name(), why);
        change(message, State::Unknown, Some(error.message.clone()), Some(&error), Millis::now());
        let place = self.place_of_unknown(message.attempts, age);
        let began_at = Millis(Millis::now().0.saturating_sub(millis(age.told())));
        let look = place.not_before;
        let mut orphan = settlement(self.context.worker.id, message, Some(place));
        orphan.attempt = Some(attempt_without_answer(message.attempts, began_at, State::Unknown, why));
        orphan.event = Some(rows::event(message));
        let _ = self.context.writer.written(Write::Settle(Box::new(orphan))).await;
        crate::points::reach("orphan_settled");
        ticket.leave(look, Some(outcome_of(message)));
    }
}
