//! The client is closed while messages are under way.

use super::bed::{Bed, PATIENCE, recorded, wait};
use super::fake::Step::{Hang, HoldTaken};
use crate::delivery::{Stop, WaitFor, Waited};
use crate::message::clock::Millis;
use crate::message::{SendOptions, State};
use std::time::Instant;

const TO: &str = "+12024560001";

#[test]
fn what_is_under_way_may_end() {
    let bed = Bed::new();
    let road = bed.road();
    bed.fake.script(TO, &[HoldTaken]);
    let ticket = road.submit(TO, "held");
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    road.stop(Stop::Drain);
    bed.fake.open_gate();
    bed.wait_for(ticket.id, State::Accepted);
    wait("nothing is left", || road.delivery.live.count() == 0);
}

#[test]
fn what_does_not_end_is_unknown() {
    let bed = Bed::new();
    let road = bed.road();
    bed.fake.script(TO, &[Hang]);
    let ticket = road.submit(TO, "hangs");
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    road.stop(Stop::Drain);
    road.stop(Stop::Now);
    bed.wait_for(ticket.id, State::Unknown);
    wait("nothing is left", || road.delivery.live.count() == 0);
    assert_eq!(bed.queued(), 1, "the next one looks after it");
}

#[test]
fn what_waits_is_left_to_the_next() {
    let bed = Bed::new();
    let first = bed.road();
    let options = SendOptions { not_before: Some(Millis::now().plus(300)), ..SendOptions::default() };
    let ticket = first.try_submit(TO, "waits", options).unwrap();
    let id = recorded(&ticket);
    first.stop(Stop::Drain);
    wait("it is let go", || {
        matches!(ticket.wait(WaitFor::Progress, Instant::now() + PATIENCE), Waited::Closed(_))
    });
    let worker = first.delivery.context.worker.id;
    bed.connection().release(worker).unwrap();
    assert_eq!(bed.state(id), State::Queued);
    let second = bed.road();
    wait("it is sent", || {
        second.look_for_work();
        bed.fake.sent_to(TO) == 1
    });
    bed.wait_for(id, State::Accepted);
}

#[test]
fn no_attempt_begins_while_it_closes() {
    let bed = Bed::new();
    let road = bed.road();
    road.stop(Stop::Drain);
    let ticket = road.submit(TO, "late");
    recorded(&ticket);
    wait("it is let go", || ticket.is_over());
    assert_eq!(bed.fake.sent_to(TO), 0);
    assert_eq!(bed.state(ticket.id), State::Queued);
}
