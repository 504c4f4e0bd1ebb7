//! The road of one message, from its record to its end, top to bottom:
//! recorded, then attempt by attempt its turn, its intent, the exchange with
//! the provider, and the end that is stored. Each step has a file of its own;
//! none of them leads back here.

use super::attempt::{INTENT_LIFE, Ready, attempt_of, ours_until};
use super::decide::{Next, Past, chance, decide};
use super::expiry::Expiry;
use super::intent::Begun;
use super::record::Recorded;
use super::settle::Settled;
use super::tickets::{Phase, Ticket};
use super::turn::Turn;
use super::{Delivery, Stop};
use crate::ground::Level;
use crate::history::{MessageRow, Record, Write, Written, outcome_of};
use crate::message::age::Age;
use crate::message::clock::{Millis, uptime};
use crate::message::{Content, State};
use crate::provider::http::TOO_LATE;
use crate::provider::{Answer, Exchange, Prepared};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Delivery {
    /// The whole road of a message that was born here. `start`: it can go at
    /// once, and its record says that its first attempt begins. `far`: it is
    /// due so late that it waits in the database.
    pub(super) async fn travel_from_record(
        self: Arc<Self>,
        ticket: Arc<Ticket>,
        record: Record,
        mut message: MessageRow,
        content: Content,
        mut start: Option<Ready>,
        far: bool,
    ) {
        let intended = uptime();
        match self.record(&ticket, record).await {
            Recorded::No => return,
            Recorded::There | Recorded::Here => {}
            // Whoever is free when it has come into the database takes it.
            Recorded::HereForLater => {
                start = None;
                (message.state, message.attempts) = (State::Queued, 0);
                if ticket.leave(message.not_before.unwrap_or_default(), Some(outcome_of(&message).local())) {
                    return;
                }
            }
        }
        // Whoever is free when it is due takes it.
        if far && ticket.leave(message.not_before.unwrap_or_default(), None) {
            return;
        }
        ticket.tell(Phase::Waiting, None);
        let start = start.map(|ready| (ready, intended));
        self.travel(ticket, message, content, Past::default(), start).await;
    }

    /// The road of a recorded message. `start`: the intent of its next attempt
    /// is committed; it was made at this `uptime`. A panic on the road ends
    /// the message's stay here; its row tells the rest.
    pub(super) async fn travel(
        self: Arc<Self>,
        ticket: Arc<Ticket>,
        message: MessageRow,
        content: Content,
        past: Past,
        start: Option<(Ready, Duration)>,
    ) {
        let (attempts, version) = (message.attempts, message.version);
        let road = self.attempts(&ticket, message, content, past, start);
        if AssertUnwindSafe(road).catch_unwind().await.is_err() {
            self.panicked(&ticket, attempts, version).await;
        }
    }

    async fn attempts(
        &self,
        ticket: &Ticket,
        mut message: MessageRow,
        content: Content,
        mut past: Past,
        mut start: Option<(Ready, Duration)>,
    ) {
        let mut failed_preparations = 0;
        loop {
            // Its turn, and its intent.
            let at_once = start.is_some();
            let (ready, intended) = match start.take() {
                Some(start) => start,
                None => {
                    let last = past.last_refusal.as_ref();
                    let ready =
                        match self.turn(ticket, &mut message, &content, last, &mut failed_preparations).await
                        {
                            Turn::Go(ready) => ready,
                            Turn::Again => continue,
                            Turn::Leave => return,
                        };
                    let intended = uptime();
                    match self.begin(ticket, &mut message, last).await {
                        Begun::Yes => (ready, intended),
                        Begun::No => continue,
                        Begun::Doubtful => {
                            drop(ready);
                            self.take_back(ticket, &mut message, "it is not known to be stored").await;
                            continue;
                        }
                        Begun::Leave => return,
                    }
                }
            };
            let Ready { prepared, permit } = ready;
            if uptime().saturating_sub(intended) > INTENT_LIFE
                || self.stopped(Stop::Drain)
                || ticket.given_up().is_some()
            {
                drop(permit);
                self.take_back(ticket, &mut message, "it was too old to be acted on").await;
                continue;
            }

            // The attempt.
            ticket.tell(Phase::Attempting, None);
            let number = message.attempts;
            crate::points::reach("intent_committed");
            let (began_at, began) = (Millis::now(), uptime());
            let exchange = self.exchange(&message, number, prepared.clone(), intended, ticket.expiry).await;
            drop(permit);
            if matches!(exchange.answer, Answer::HeldBack) {
                self.take_back(ticket, &mut message, TOO_LATE).await;
                continue;
            }
            crate::points::reach("answered");

            // Its end, and what follows from it.
            past.add(&exchange.answer, began_at);
            let decision = decide(
                &exchange.answer,
                number,
                &past,
                &self.retry(),
                Millis::now(),
                ticket.expiry.left(),
                chance(&message),
            );
            let text = prepared.text.filter(|text| *text != message.body);
            let bound = ticket.bound;
            let age = Age::of_own(began).with_provider_clock(exchange.provider_clock);
            if decision == Next::Unknown {
                self.counted(&message, age);
            }
            let mut settled = self.settled(&mut message, &exchange, (began_at, age), &decision, text, bound);
            settled.settlement.at_once = at_once;
            if !self.store(ticket, &message, settled).await || !matches!(decision, Next::Again(_)) {
                return;
            }
        }
    }

    /// One attempt, whose intent was made at `intended`. It ends when the
    /// answer is there, the time is up, or the client gives up what is under
    /// way; a panic is an end that is not known.
    async fn exchange(
        &self,
        message: &MessageRow,
        number: i32,
        prepared: Prepared,
        intended: Duration,
        expiry: Expiry,
    ) -> Exchange {
        let attempt = attempt_of(message, number, prepared, ours_until(intended, self.http_timeout), expiry);
        let began = Instant::now();
        let unknown = |why: &str| Exchange::unanswered(Answer::Unknown { why: why.into() }, began.elapsed());
        tokio::select! {
            biased;
            sent = AssertUnwindSafe(self.provider.send(&attempt)).catch_unwind() => {
                sent.unwrap_or_else(|_| unknown("the attempt panicked"))
            }
            () = self.until_stopped(Stop::Now) => unknown("the client was closed before the answer came"),
        }
    }

    /// Stores what came of an attempt, and tells who waits. False if the
    /// message is no longer ours, or rests in the database.
    async fn store(&self, ticket: &Ticket, message: &MessageRow, settled: Settled) -> bool {
        let Settled { settlement, phase, outcome } = settled;
        match self.context.writer.written(Write::Settle(Box::new(settlement))).await {
            Ok(written @ (Written::Done | Written::Journalled)) => {
                crate::points::reach("settled");
                let outcome = if written == Written::Done { outcome } else { outcome.local() };
                if let Phase::Left(until) = phase {
                    return !ticket.leave(until, Some(outcome));
                }
                ticket.tell(phase, Some(outcome));
                true
            }
            Ok(Written::JournalledUnconfirmed) => {
                self.tell_when_replayed(ticket).await;
                false
            }
            Ok(_) => {
                self.tell_what_the_row_says(ticket).await;
                false
            }
            Err(error) => {
                // The writer keeps ends until they are written, so this is
                // the closing: it could not wait for the database any longer.
                self.say(Level::Error, message, || format!("An outcome was not stored: {}", error.message));
                ticket.tell(Phase::Closed, Some(outcome));
                false
            }
        }
    }
}
