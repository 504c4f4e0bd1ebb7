//! The host's own keys.

use super::bed::{Bed, PATIENCE, ended};
use super::fake::Step::Refuse;
use crate::delivery::{WaitFor, Waited};
use crate::message::{SendOptions, State, Status};
use std::sync::{Arc, Barrier};
use std::time::Instant;

const TO: &str = "+12024560001";

fn reference(name: &str) -> SendOptions {
    SendOptions { reference: Some(name.into()), ..SendOptions::default() }
}

#[test]
fn of_a_race_one_is_sent() {
    let bed = Bed::new();
    let roads = [Arc::new(bed.road()), Arc::new(bed.road())];
    for round in 0..10 {
        let to = format!("+1202456{round:04}");
        let start = Arc::new(Barrier::new(8));
        let racers: Vec<_> = (0..8)
            .map(|number| {
                let (road, start, to) = (Arc::clone(&roads[number % 2]), Arc::clone(&start), to.clone());
                std::thread::spawn(move || {
                    start.wait();
                    let ticket = road.try_submit(&to, "once", reference(&to)).unwrap();
                    // The losers get the first message, wherever it is by then.
                    match ticket.wait(WaitFor::Record, Instant::now() + PATIENCE) {
                        Waited::Ended(outcome) | Waited::Deadline(outcome, _) => outcome.id,
                        other => panic!("{other:?}"),
                    }
                })
            })
            .collect();
        let ids: Vec<String> = racers.into_iter().map(|racer| racer.join().unwrap()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        bed.wait_for(ids[0].parse().unwrap(), State::Accepted);
        assert_eq!(bed.fake.sent_to(&to), 1);
        let sql = bed.sql();
        let rows: i64 = sql
            .query_row("SELECT count(*) FROM wa_messages WHERE reference = ?1", [&to], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 1);
    }
}

#[test]
fn another_payload_is_a_conflict() {
    let bed = Bed::new();
    let road = bed.road();
    assert_eq!(ended(&road.try_submit(TO, "first", reference("r")).unwrap()), State::Accepted);
    for (to, words) in [(TO, "second"), ("+12024560002", "first")] {
        match road
            .try_submit(to, words, reference("r"))
            .unwrap()
            .wait(WaitFor::Progress, Instant::now() + PATIENCE)
        {
            Waited::Refused(error) => assert_eq!(error.status, Status::ReferenceConflict),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(bed.fake.sent().len(), 1);
}

#[test]
fn a_repetition_gets_the_first_message_whatever_became_of_it() {
    let bed = Bed::new();
    let road = bed.road();
    bed.fake.script(TO, &[Refuse]);
    let first = road.try_submit(TO, "once", reference("r")).unwrap();
    assert_eq!(ended(&first), State::Failed);
    let second = road.try_submit(TO, "once", reference("r")).unwrap();
    assert_eq!(ended(&second), State::Failed);
    assert_eq!(second.look().0.id, first.id.to_string());
    assert_eq!(bed.fake.sent().len(), 1);
}
