//! What the provider's list proves, and what it does not.

use super::bed::{Bed, Road, ended, patient, retry, wait};
use super::fake::Step::{Drop, Lose, Take};
use crate::delivery::{WaitFor, Waited};
use crate::message::State;
use crate::settings::Retry;
use std::time::{Duration, Instant};

const TO: &str = "+12024560001";

fn look_after(milliseconds: u64) -> Retry {
    Retry { unknown_look: Duration::from_millis(milliseconds), ..retry() }
}

/// Waits beyond the deadline of unknown ends.
fn stays_unknown(bed: &Bed, road: &Road, ticket: &crate::delivery::Ticket) {
    assert_eq!(road.ended(ticket), State::Unknown);
    assert_eq!((bed.state(ticket.id), bed.queued()), (State::Unknown, 0));
    assert_eq!(bed.fake.sent_to(TO), 1, "resent though nobody knows");
    assert_eq!(bed.row(ticket.id).unwrap().attempts.len(), 1);
}

#[test]
fn a_list_that_lags_is_looked_at_twice() {
    let bed = Bed::new();
    let road = bed.road();
    bed.fake.script(TO, &[Lose]);
    bed.fake.hide(true);
    let ticket = road.submit(TO, "lags");
    wait("a first look", || {
        road.look_for_work();
        bed.fake.looks() == 1
    });
    bed.fake.hide(false);
    assert_eq!(road.ended(&ticket), State::Accepted);
    assert_eq!((bed.fake.sent_to(TO), bed.fake.taken(TO)), (1, 1));
}

#[test]
fn the_list_is_not_believed_too_early() {
    let bed = Bed::new();
    let road = bed.road_with(look_after(1500), None);
    bed.fake.script(TO, &[Lose]);
    bed.fake.hide(true);
    let ticket = road.submit(TO, "early");
    bed.wait_for(ticket.id, State::Unknown);
    for _ in 0..7 {
        road.look_for_work();
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(bed.fake.looks(), 0);
    assert_eq!(bed.state(ticket.id), State::Unknown);
    assert!(matches!(ticket.wait(WaitFor::Progress, Instant::now()), Waited::Deadline(..)));
    assert_eq!(bed.told(ticket.id), ["unknown"]);
}

#[test]
fn a_list_that_cannot_be_read_proves_nothing() {
    let bed = Bed::new();
    let road = bed.road();
    bed.fake.script(TO, &[Drop]);
    bed.fake.fail_list(true);
    let ticket = road.submit(TO, "no list");
    stays_unknown(&bed, &road, &ticket);
    assert!(bed.fake.looks() >= 2);
}

#[test]
fn without_a_list_nothing_is_looked_for_or_sent_again() {
    let bed = Bed::new();
    let road = bed.road();
    bed.fake.has_no_list();
    bed.fake.script(TO, &[Drop, Take]);
    let ticket = road.submit(TO, "no list at all");
    bed.wait_for(ticket.id, State::Unknown);
    // It takes up no room here, and is looked after again when its time is over.
    wait("its leaving", || road.delivery.live.find(ticket.id).is_none());
    assert_eq!(bed.queued(), 1);
    wait("its end", || {
        road.look_for_work();
        bed.queued() == 0
    });
    let row = bed.row(ticket.id).unwrap();
    assert_eq!((row.message.state, row.attempts.len()), (State::Unknown, 1));
    assert!(crate::history::outcome_of(&row.message).r#final);
    assert_eq!((bed.fake.looks(), bed.fake.sent_to(TO)), (0, 1));
}

/// Before the first look it may be over already.
#[test]
fn a_deadline_before_the_first_look_holds() {
    let bed = Bed::new();
    let (unknown_look, unknown_deadline) = (Duration::from_secs(300), Duration::from_millis(200));
    let road = bed.road_with(Retry { unknown_look, unknown_deadline, ..patient() }, None);
    bed.fake.script(TO, &[Lose]);
    let ticket = road.submit(TO, "lost for ever");
    assert_eq!(road.ended(&ticket), State::Unknown);
    assert_eq!((bed.fake.looks(), bed.fake.sent_to(TO)), (0, 1));
}

#[test]
fn two_candidates_prove_nothing() {
    let bed = Bed::new();
    let road = bed.road();
    bed.fake.script(TO, &[Lose]);
    bed.fake.plant(TO, "SM00000000000000000000000000000001", "twice");
    let ticket = road.submit(TO, "twice");
    stays_unknown(&bed, &road, &ticket);
}

#[test]
fn what_another_attempt_owns_is_no_proof() {
    let bed = Bed::new();
    let road = bed.road();
    // The same text to the same number, taken and known.
    let first = road.submit(TO, "the same");
    assert_eq!(ended(&first), State::Accepted);
    bed.fake.script(TO, &[Drop, Take]);
    let second = road.submit(TO, "the same");
    assert_eq!(road.ended(&second), State::Accepted);
    let (first, second) = (bed.row(first.id).unwrap(), bed.row(second.id).unwrap());
    assert_ne!(
        first.message.provider_message_id, second.message.provider_message_id,
        "one message twice in the list"
    );
    assert_eq!((second.message.attempts, bed.fake.taken(TO)), (2, 2));
}

#[test]
fn two_open_attempts_to_one_number_are_not_confused() {
    let bed = Bed::new();
    let road = bed.road();
    // One was taken and one was not, with the same words: the list has one
    // message, and whose it is cannot be known.
    bed.fake.script(TO, &[Lose, Drop]);
    let tickets = [road.submit(TO, "the same"), road.submit(TO, "the same")];
    for ticket in &tickets {
        let state = road.ended(ticket);
        assert_eq!(state, State::Unknown);
    }
    assert_eq!((bed.fake.sent_to(TO), bed.fake.taken(TO)), (2, 1));
}

#[test]
fn two_open_attempts_to_one_person_in_two_forms_are_not_confused() {
    let bed = Bed::new();
    let road = bed.road();
    let (one, other) = ("+525512345678", "+5215512345678");
    bed.fake.script(one, &[Lose]);
    bed.fake.script(other, &[Drop]);
    let tickets = [road.submit(one, "the same"), road.submit(other, "the same")];
    for ticket in &tickets {
        assert_eq!(road.ended(ticket), State::Unknown);
    }
    assert_eq!((bed.fake.taken(one), bed.fake.taken(other)), (1, 0));
    assert_eq!((bed.fake.sent_to(one), bed.fake.sent_to(other)), (1, 1));
}

#[test]
fn a_message_with_other_words_is_not_it() {
    let bed = Bed::new();
    let road = bed.road();
    bed.fake.script(TO, &[Drop, Take]);
    bed.fake.plant(TO, "SM00000000000000000000000000000001", "something else");
    let ticket = road.submit(TO, "these words");
    assert_eq!(road.ended(&ticket), State::Accepted);
    let row = bed.row(ticket.id).unwrap();
    assert_ne!(row.message.provider_message_id.as_deref(), Some("SM00000000000000000000000000000001"));
    assert_eq!(row.message.attempts, 2);
}

#[test]
fn a_host_that_waits_is_told_that_it_is_not_known() {
    let bed = Bed::new();
    let road = bed.road_with(look_after(60_000), None);
    bed.fake.script(TO, &[Lose]);
    let ticket = road.send(TO, "waits", super::bed::timeout(1_800));
    let began = Instant::now();
    let waited = ticket.wait(WaitFor::Progress, began + Duration::from_millis(1_800));
    // Nothing happens before the deadline: it is said at once.
    assert!(began.elapsed() < Duration::from_millis(1_700));
    assert!(
        matches!(&waited, Waited::Deadline(outcome, _) if outcome.status == State::Unknown),
        "{waited:?}"
    );
}
