//! From the record to the end, in one process.

use super::bed::{Bed, PATIENCE, Road, ended, recorded, retry, text, timeout, wait};
use super::fake::Step::{self, Busy, Drop, HoldBack, HoldTaken, Lose, Panic, Refuse, Take};
use crate::delivery::attempt::attempt_of;
use crate::delivery::expiry::Expiry;
use crate::delivery::{GiveUp, Submission, Ticket, WaitFor};
use crate::message::clock::{Millis, uptime};
use crate::message::{OnTimeout, SendOptions, State};
use crate::provider::{Prepared, Request};
use crate::settings::Retry;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TO: &str = "+12024560001";

#[test]
fn answers_lead_to_their_end() {
    use State::{Accepted, Failed, Unknown};
    let never = Retry { max_retries: 0, ..retry() };
    let twice = Retry { resend_unknown: true, ..retry() };
    type Case<'a> = (&'a str, Retry, &'a [Step], State, &'a [State], usize);
    // What the provider does, where the message ends, its attempts' rows, how often it was taken.
    let cases: &[Case<'_>] = &[
        ("taken at once", retry(), &[Take], Accepted, &[Accepted], 1),
        ("held back once", retry(), &[HoldBack, Take], Accepted, &[Accepted], 1),
        ("busy twice", retry(), &[Busy, Busy, Take], Accepted, &[Failed, Failed, Accepted], 1),
        ("busy too often", retry(), &[Busy, Busy, Busy, Busy], Failed, &[Failed, Failed, Failed, Failed], 0),
        ("no retries", never.clone(), &[Busy], Failed, &[Failed], 0),
        ("refused", retry(), &[Refuse], Failed, &[Failed], 0),
        ("busy, then refused", retry(), &[Busy, Refuse], Failed, &[Failed, Failed], 0),
        ("answer lost", retry(), &[Lose], Accepted, &[Accepted], 1),
        ("request lost", retry(), &[Drop, Take], Accepted, &[Failed, Accepted], 1),
        ("request lost, no retries", never, &[Drop], Failed, &[Failed], 0),
        ("lost again and again", retry(), &[Drop, Busy, Lose], Accepted, &[Failed, Failed, Accepted], 1),
        ("a panic", retry(), &[Panic, Take], Accepted, &[Failed, Accepted], 1),
        ("resent as the settings say", twice, &[Lose, Take], Accepted, &[Unknown, Accepted], 2),
    ];
    for (name, retry, steps, end, attempts, taken) in cases {
        let bed = Bed::new();
        let road = bed.road_with(retry.clone(), None);
        bed.fake.script(TO, steps);
        let ticket = road.submit(TO, name);
        assert_eq!(road.ended(&ticket), *end, "{name}");
        let row = bed.row(ticket.id).unwrap();
        assert_eq!(row.message.state, *end, "{name}");
        let states: Vec<State> = row.attempts.iter().map(|attempt| attempt.state).collect();
        assert_eq!(states, *attempts, "{name}");
        assert_eq!(row.message.attempts as usize, attempts.len(), "{name}");
        assert_eq!(bed.fake.sent_to(TO), attempts.len(), "{name}");
        assert_eq!(bed.fake.taken(TO), *taken, "{name}");
        assert_eq!(bed.queued(), 0, "{name}");
        assert_eq!(bed.told(ticket.id).last().map(String::as_str), Some(end.name()), "{name}");
        assert_eq!(row.message.provider_message_id.is_some(), *end == Accepted, "{name}");
        let keys: Vec<String> = bed.fake.sent().into_iter().map(|sent| sent.key).collect();
        let expected: Vec<String> =
            (1..=attempts.len()).map(|number| format!("{}.{number}", ticket.id)).collect();
        assert_eq!(keys, expected, "{name}");
    }
}

#[test]
fn nothing_is_sent_before_its_intent_is_committed() {
    let bed = Bed::new();
    let road = bed.road();
    // Somebody holds the file: nothing can be committed.
    let mut holder = bed.sql();
    let lock = holder.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let first = road.submit(TO, "first");
    let busy = road.try_submit("+12024560002", "later", in_ms(30)).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(bed.fake.sent(), [], "sent without a record");
    drop(lock);
    assert_eq!(ended(&first), State::Accepted);
    recorded(&busy);
    assert_eq!(ended(&busy), State::Accepted);
    // The same for the intent of a later attempt. On a slow machine its turn may come before the lock: then a later one.
    for (to, ms) in [("+12024560003", 600), ("+12024560004", 8_000)] {
        bed.fake.script(to, &[HoldTaken]);
        let due = Instant::now() + Duration::from_millis(ms);
        let waiting = road.try_submit(to, "second", in_ms(ms)).unwrap();
        recorded(&waiting);
        let lock = holder.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
        if Instant::now() >= due {
            drop(lock);
            continue;
        }
        std::thread::sleep(due - Instant::now() + Duration::from_millis(400));
        assert_eq!(bed.fake.sent_to(to), 0, "sent without an intent");
        drop(lock);
        wait("it is sent", || bed.fake.sent_to(to) == 1);
        assert_eq!(bed.state(waiting.id), State::Sending);
        bed.fake.open_gate();
        assert_eq!(ended(&waiting), State::Accepted);
        return;
    }
    panic!("its turn always comes first");
}

#[test]
fn an_intent_that_is_too_old_is_taken_back() {
    let bed = Bed::new();
    let road = bed.road();
    let mut holder = bed.sql();
    let lock = holder.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let ticket = road.submit(TO, "late");
    // Longer than an intent lives, shorter than the database's patience.
    std::thread::sleep(Duration::from_millis(2500));
    drop(lock);
    // Taken back: it waits for a while, and nothing of it is on the wire.
    bed.wait_for(ticket.id, State::Queued);
    assert_eq!(bed.fake.sent_to(TO), 0);
    assert_eq!(ended(&ticket), State::Accepted);
    assert_eq!(bed.fake.sent_to(TO), 1);
    assert_eq!(bed.row(ticket.id).unwrap().message.attempts, 1);
}

#[test]
fn an_attempt_leaves_before_another_takes_it_over_and_before_its_time_is_over() {
    let bed = Bed::new();
    let road = bed.road();
    let ticket = road.submit(TO, "hello");
    assert_eq!(ended(&ticket), State::Accepted);
    let message = bed.row(ticket.id).unwrap().message;
    let ours = Duration::from_secs(5);
    for (expires_in, most) in [(None, 5_000), (Some(3_600_000), 5_000), (Some(1_000), 1_000), (Some(0), 0)] {
        let expiry = Expiry::of_claimed(expires_in.map(Duration::from_millis), uptime());
        let prepared = Prepared { request: Request::Form(Vec::new()), text: None };
        let attempt = attempt_of(&message, 1, prepared, uptime() + ours, expiry);
        assert!(attempt.leaves_before <= uptime() + Duration::from_millis(most), "{expires_in:?}");
    }
}

#[test]
fn what_is_held_back_until_its_deadline_is_cancelled() {
    let bed = Bed::new();
    let road = bed.road();
    bed.fake.script(TO, &[HoldBack; 20]);
    let ticket = road.send(TO, "a slow connection", timeout(1500));
    assert_eq!(ended(&ticket), State::Cancelled);
    let row = bed.row(ticket.id).unwrap();
    assert_eq!((row.message.state, row.message.attempts), (State::Cancelled, 0));
    assert_eq!((row.attempts.len(), bed.fake.sent_to(TO), bed.queued()), (0, 0, 0));
}

/// A message that another worker has by the time its turn comes. On a slow
/// machine its turn may come first: then a later one is tried.
fn waits_with_another_worker(bed: &Bed, road: &Road, options: impl Fn(u64) -> SendOptions) -> Arc<Ticket> {
    let other = uuid::Uuid::new_v4().to_string();
    for ms in [400, 2_000, 8_000] {
        let ticket = road.try_submit(TO, "waits", options(ms)).unwrap();
        let id = recorded(&ticket).to_string();
        let change = "UPDATE wa_queue SET worker = ?1 WHERE message_id = ?2 AND state = 0";
        if bed.sql().execute(change, [&other, &id]).unwrap() == 1 {
            return ticket;
        }
        assert_eq!(ended(&ticket), State::Accepted);
        bed.fake.forget();
    }
    panic!("its turn always comes first");
}

#[test]
fn a_frozen_intent_does_not_send() {
    let bed = Bed::new();
    let road = bed.road();
    let ticket = waits_with_another_worker(&bed, &road, in_ms);
    let id = ticket.id;
    wait("it is let go", || ticket.is_over());
    assert_eq!(bed.fake.sent_to(TO), 0);
    assert_eq!(bed.state(id), State::Queued);
}

#[test]
fn a_message_that_another_worker_has_is_not_ended_here() {
    let bed = Bed::new();
    let road = bed.road();
    let expires = |ms| SendOptions { expires_at: Some(Millis::now().plus(60_000)), ..in_ms(ms) };
    let ticket = waits_with_another_worker(&bed, &road, expires);
    let id = ticket.id;
    wait("it is let go", || ticket.is_over());
    assert_eq!((bed.state(id), bed.queued(), bed.fake.sent_to(TO)), (State::Queued, 1, 0));
    assert_eq!(bed.told(id), Vec::<String>::new());
}

#[test]
fn a_waiting_message_can_be_cancelled() {
    let bed = Bed::new();
    let road = bed.road();
    let ticket = road.try_submit(TO, "waits", in_ms(60_000)).unwrap();
    let id = recorded(&ticket);
    ticket.ask_to_give_up(GiveUp::Cancelled);
    assert_eq!(ended(&ticket), State::Cancelled);
    assert_eq!((bed.state(id), bed.queued()), (State::Cancelled, 0));
    assert_eq!(bed.told(id), ["cancelled"]);
    assert_eq!(bed.fake.sent(), []);
}

#[test]
fn between_two_attempts_it_can_be_cancelled() {
    let bed = Bed::new();
    let road = bed.road_with(Retry { wait: Duration::from_secs(9), ..retry() }, None);
    bed.fake.script(TO, &[Busy]);
    let ticket = road.submit(TO, "busy");
    bed.wait_for(ticket.id, State::Queued);
    wait("the attempt is stored", || bed.row(ticket.id).unwrap().attempts.len() == 1);
    ticket.ask_to_give_up(GiveUp::Cancelled);
    assert_eq!(ended(&ticket), State::Cancelled);
    assert_eq!((bed.state(ticket.id), bed.queued(), bed.fake.sent_to(TO)), (State::Cancelled, 0, 1));
}

#[test]
fn under_way_it_cannot_be_cancelled() {
    let bed = Bed::new();
    let road = bed.road();
    bed.fake.script(TO, &[HoldTaken]);
    let ticket = road.submit(TO, "held");
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    ticket.ask_to_give_up(GiveUp::Cancelled);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(bed.state(ticket.id), State::Sending);
    bed.fake.open_gate();
    assert_eq!(ended(&ticket), State::Accepted);
    assert_eq!(bed.state(ticket.id), State::Accepted);
}

#[test]
fn time_that_is_over_ends_a_message() {
    let bed = Bed::new();
    let road = bed.road_with(retry(), Some(0.2));
    let soon = || SendOptions { expires_at: Some(Millis::now().plus(300)), ..SendOptions::default() };
    // The sender's slot is taken: these wait for seconds.
    road.submit("+12024560009", "takes the slot");
    let submitted = road.try_submit("+12024560002", "expires", soon()).unwrap();
    assert_eq!(ended(&submitted), State::Expired);
    let sent = road.send("+12024560003", "deadline", timeout(300));
    assert_eq!(ended(&sent), State::Cancelled);
    let goes_on = SendOptions { on_timeout: OnTimeout::Continue, ..timeout(300) };
    let goes_on = road.send("+12024560004", "goes on", goes_on);
    recorded(&goes_on);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(bed.state(goes_on.id), State::Queued);
    for (ticket, to) in [(&submitted, "+12024560002"), (&sent, "+12024560003")] {
        assert_eq!(bed.state(ticket.id), ticket.look().0.status);
        assert_eq!(bed.fake.sent_to(to), 0);
        assert_eq!(bed.told(ticket.id).len(), 1);
    }
}

#[test]
fn time_that_is_over_between_two_attempts_keeps_the_reason() {
    let bed = Bed::new();
    let road = bed.road_with(Retry { wait: Duration::from_secs(10), ..retry() }, None);
    bed.fake.script(TO, &[Busy]);
    let ticket = road.send(TO, "busy", timeout(400));
    assert_eq!(ended(&ticket), State::Failed);
    let row = bed.row(ticket.id).unwrap();
    assert_eq!((row.message.state, row.attempts.len()), (State::Failed, 1));
    assert_eq!(row.message.response.as_deref(), Some("The provider says no."));
}

#[test]
fn what_cannot_be_sent_is_recorded_with_its_reason() {
    let bed = Bed::new();
    let road = bed.road();
    let submission = Submission {
        to: "no number",
        content: text("x"),
        options: SendOptions::default(),
        waits: true,
        country: None,
    };
    let handle = road.runtime.as_ref().unwrap().handle().clone();
    let ticket = road.delivery.submit(&handle, submission).unwrap();
    assert_eq!(ended(&ticket), State::Failed);
    assert_eq!((bed.state(ticket.id), bed.queued()), (State::Failed, 0));
    assert_eq!(bed.told(ticket.id), ["failed"]);
}

#[test]
fn an_id_is_used_once() {
    let bed = Bed::new();
    let road = bed.road();
    let ticket = road.submit(TO, "first");
    assert_eq!(ended(&ticket), State::Accepted);
    wait("it has left", || road.delivery.live.count() == 0);
    let same = SendOptions { id: Some(ticket.id), ..SendOptions::default() };
    let again = road.try_submit("+12024560002", "second", same).unwrap();
    let waited = again.wait(WaitFor::Progress, Instant::now() + PATIENCE);
    assert!(matches!(waited, crate::delivery::Waited::Refused(_)), "{waited:?}");
    assert_eq!(bed.fake.sent().len(), 1);
}

#[test]
fn many_messages_end_once_each() {
    let bed = Bed::new();
    let road = bed.heir();
    let steps = [
        [Take, Take, Take],
        [Busy, Take, Take],
        [Lose, Take, Take],
        [Drop, Take, Take],
        [Refuse, Take, Take],
    ];
    let tickets: Vec<_> = (0..200)
        .map(|number| {
            let to = format!("+1202456{number:04}");
            bed.fake.script(&to, &steps[number % steps.len()]);
            (number, to.clone(), road.submit(&to, &format!("text {number}")))
        })
        .collect();
    for (number, to, ticket) in &tickets {
        let end = if number % steps.len() == 4 { State::Failed } else { State::Accepted };
        assert_eq!(road.ended(ticket), end, "{number}");
        assert_eq!(bed.fake.taken(to), usize::from(end == State::Accepted), "{number}");
        assert_eq!(bed.told(ticket.id).last().map(String::as_str), Some(end.name()), "{number}");
    }
    assert_eq!(bed.queued(), 0);
}

fn in_ms(milliseconds: u64) -> SendOptions {
    SendOptions { not_before: Some(Millis::now().plus(milliseconds)), ..SendOptions::default() }
}
