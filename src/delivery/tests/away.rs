//! The database goes away, and comes back.

use super::bed::{Bed, Fault, PATIENCE, ended, recorded, timeout, wait};
use super::fake::Step::{Busy, HoldTaken};
use crate::delivery::{GiveUp, Phase, WaitFor, Waited};
use crate::message::clock::Millis;
use crate::message::{SendOptions, State, Status};
use std::time::{Duration, Instant};

const TO: &str = "+12024560001";

fn in_ms(milliseconds: u64) -> SendOptions {
    SendOptions { not_before: Some(Millis::now().plus(milliseconds)), ..SendOptions::default() }
}

#[test]
fn what_is_not_recorded_is_not_sent() {
    let bed = Bed::new();
    let road = bed.road();
    road.switch.set(Fault::Away);
    let ticket = road.submit(TO, "away");
    match ticket.wait(WaitFor::Progress, Instant::now() + PATIENCE) {
        Waited::Refused(error) => assert_eq!(error.status, Status::DatabaseAway),
        other => panic!("{other:?}"),
    }
    road.switch.set(Fault::None);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(bed.fake.sent(), []);
    assert!(bed.row(ticket.id).is_none());
    wait("it is back", || {
        matches!(road.submit(TO, "back").wait(WaitFor::Progress, Instant::now() + PATIENCE), Waited::Ended(_))
    });
}

#[test]
fn a_commit_that_failed_is_not_believed() {
    let bed = Bed::new();
    let road = bed.road();
    road.switch.set(Fault::LosesCommit);
    let ticket = road.submit(TO, "lost commit");
    let waited = ticket.wait(WaitFor::Progress, Instant::now() + Duration::from_millis(500));
    assert!(matches!(waited, Waited::Deadline(_, Phase::New)), "{waited:?}");
    assert_eq!(bed.fake.sent(), [], "sent without a record");
    assert!(bed.row(ticket.id).is_none());
}

#[test]
fn a_commit_whose_answer_is_lost_is_found_again() {
    let bed = Bed::new();
    let road = bed.road();
    road.switch.set(Fault::LosesAnswer);
    let ticket = road.submit(TO, "lost answer");
    wait("the fault has struck", || road.switch.struck());
    // Back before anybody was told: the repetition finds what it wrote.
    road.switch.set(Fault::None);
    match ticket.wait(WaitFor::Progress, Instant::now() + PATIENCE) {
        Waited::Ended(outcome) => {
            assert_eq!(outcome.status, State::Accepted);
            assert_eq!(bed.fake.sent_to(TO), 1);
            assert_eq!(bed.state(ticket.id), State::Accepted);
        }
        other => panic!("{other:?}"),
    }
    wait("the queue is empty", || bed.queued() == 0);
}

/// Its caller cannot be told that it was not recorded, nor that it was: it is
/// told when that is known.
#[test]
fn a_record_in_doubt_is_not_refused_and_ends_when_it_is_back() {
    for fault in [Fault::LosesAnswer, Fault::LosesCommit] {
        let bed = Bed::new();
        let road = bed.road();
        let reference = || SendOptions { reference: Some("r".into()), ..SendOptions::default() };
        road.switch.set(fault);
        let ticket = road.try_submit(TO, "in doubt", reference()).unwrap();
        let waited = ticket.wait(WaitFor::Record, Instant::now() + Duration::from_millis(500));
        assert!(matches!(waited, Waited::Deadline(_, Phase::New)), "{fault:?}: {waited:?}");
        assert_eq!(bed.fake.sent(), [], "{fault:?}");
        road.switch.set(Fault::None);
        assert_eq!(ended(&ticket), State::Accepted, "{fault:?}");
        // The reference is not burnt: the repetition is the first message.
        let again = road.try_submit(TO, "in doubt", reference()).unwrap();
        assert_eq!(ended(&again), State::Accepted, "{fault:?}");
        assert_eq!(again.look().0.id, ticket.id.to_string());
        assert_eq!((bed.fake.sent_to(TO), bed.queued()), (1, 0), "{fault:?}");
        assert_eq!(bed.told(ticket.id), ["accepted"], "{fault:?}");
    }
}

/// The time of a call that waits is over before it is known: it is not sent,
/// and there is an event that says so.
#[test]
fn a_record_in_doubt_whose_call_is_over_is_cancelled_with_its_event() {
    for fault in [Fault::LosesAnswer, Fault::LosesCommit] {
        let bed = Bed::new();
        let road = bed.road();
        road.switch.set(fault);
        let ticket = road.send(TO, "call", timeout(400));
        let waited = ticket.wait(WaitFor::Progress, Instant::now() + Duration::from_millis(500));
        assert!(matches!(waited, Waited::Deadline(_, Phase::New)), "{fault:?}: {waited:?}");
        ticket.ask_to_give_up(GiveUp::Deadline);
        road.switch.set(Fault::None);
        bed.wait_for(ticket.id, State::Cancelled);
        wait("the queue is empty", || bed.queued() == 0);
        assert_eq!(bed.fake.sent(), [], "{fault:?}");
        assert_eq!(bed.told(ticket.id), ["cancelled"], "{fault:?}");
    }
}

#[test]
fn the_end_of_an_attempt_is_kept_until_it_is_back() {
    for fault in [Fault::Away, Fault::LosesAnswer, Fault::LosesCommit] {
        let bed = Bed::new();
        let road = bed.road();
        bed.fake.script(TO, &[HoldTaken]);
        let ticket = road.submit(TO, "held");
        wait("it is sent", || bed.fake.sent_to(TO) == 1);
        road.switch.set(fault);
        bed.fake.open_gate();
        wait("the fault has struck", || road.switch.struck());
        std::thread::sleep(Duration::from_millis(300));
        assert!(!ticket.is_over(), "{fault:?}: told before it was stored");
        road.switch.set(Fault::None);
        assert_eq!(ended(&ticket), State::Accepted, "{fault:?}");
        assert_eq!((bed.state(ticket.id), bed.queued()), (State::Accepted, 0), "{fault:?}");
        assert_eq!(bed.fake.sent_to(TO), 1, "{fault:?}");
        assert!(!bed.told(ticket.id).is_empty(), "{fault:?}");
    }
}

#[test]
fn an_intent_waits_until_it_is_back() {
    for fault in [Fault::Away, Fault::LosesAnswer, Fault::LosesCommit] {
        let bed = Bed::new();
        let road = bed.road();
        let ticket = road.try_submit(TO, "waits", in_ms(300)).unwrap();
        recorded(&ticket);
        road.switch.set(fault);
        wait("the fault has struck", || road.switch.struck());
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(bed.fake.sent_to(TO), 0, "{fault:?}: sent without an intent");
        road.switch.set(Fault::None);
        assert_eq!(ended(&ticket), State::Accepted, "{fault:?}");
        assert_eq!((bed.fake.sent_to(TO), bed.queued()), (1, 0), "{fault:?}");
        assert_eq!(bed.row(ticket.id).unwrap().message.attempts, 1, "{fault:?}");
    }
}

/// Whatever happens while it is away, a message ends once it is back, though
/// its process lives on and no other takes its messages over.
#[test]
fn nothing_is_left_behind_when_it_is_back() {
    for fault in [Fault::Away, Fault::LosesAnswer, Fault::LosesCommit] {
        // Its time passes.
        let bed = Bed::new();
        let road = bed.road();
        let options = SendOptions { expires_at: Some(Millis::now().plus(600)), ..in_ms(300) };
        let expiring = recorded(&road.try_submit(TO, "expires", options).unwrap());
        // It is cancelled.
        let cancelled = road.try_submit("+12024560002", "cancelled", in_ms(60_000)).unwrap();
        recorded(&cancelled);
        // Its attempt was refused for now.
        bed.fake.script("+12024560003", &[Busy, Busy]);
        let busy = recorded(&road.try_submit("+12024560003", "busy", in_ms(250)).unwrap());
        // Its call's deadline passes.
        let call = road.send(
            "+12024560004",
            "call",
            SendOptions { not_before: in_ms(300).not_before, ..timeout(700) },
        );
        recorded(&call);
        road.switch.set(fault);
        cancelled.ask_to_give_up(GiveUp::Cancelled);
        wait("the fault has struck", || road.switch.struck());
        std::thread::sleep(Duration::from_millis(1200));
        road.switch.set(Fault::None);
        wait(&format!("{fault:?}: the queue is empty"), || {
            road.look_for_work();
            bed.queued() == 0
        });
        assert_eq!(bed.state(expiring), State::Expired, "{fault:?}");
        assert_eq!(bed.state(cancelled.id), State::Cancelled, "{fault:?}");
        assert_eq!(bed.state(busy), State::Accepted, "{fault:?}");
        assert!(matches!(bed.state(call.id), State::Cancelled | State::Expired), "{fault:?}");
        assert_eq!((bed.fake.sent_to(TO), bed.fake.sent_to("+12024560004")), (0, 0), "{fault:?}");
    }
}
