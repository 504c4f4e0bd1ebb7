//! This machine's clock is set by an hour at every phase of a message. The
//! clock is the whole process's, so this runs in a process of its own.

use super::bed::{Bed, PATIENCE, Road, patient, wait};
use super::fake::Moment::{Answer, Arrival, Look};
use super::fake::Step::{Drop, HoldTaken, Lose};
use super::fake::{Moment, Step};
use crate::message::State;
use crate::message::clock::SET_BY;
use crate::settings::Retry;
use std::process::Command;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

const TO: &str = "+12024560001";
const ALONE: &str = "WA_TEST_CLOCK_IS_SET";
const HOUR: i64 = 3_600_000;

/// When the clock is set.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Never,
    Record,
    At(Moment),
    /// While no process has the message; without it none dies.
    Restart,
}

fn set_by(millis: i64) {
    SET_BY.fetch_add(millis, SeqCst);
}

/// Sends one message. Whatever the clock says, the provider may take it once.
fn send(phase: Phase, by: i64, step: Step, restarts: bool) -> (usize, usize, State) {
    SET_BY.store(0, SeqCst);
    let what = format!("{phase:?} by {by}, {step:?}, restarts: {restarts}");
    let bed = Bed::new();
    bed.fake.script(TO, &[step]);
    // The list lags, as long as a look is too early.
    bed.fake.hide(true);
    let retry = Retry { unknown_look: Duration::from_millis(1200), ..patient() };
    if let Phase::At(moment) = phase {
        bed.fake.at(moment, move || set_by(by));
    }
    if phase == Phase::Record {
        set_by(by);
    }
    let mut road = bed.road_with(retry.clone(), None);
    let id = road.submit(TO, "once").id;
    wait(&format!("{what}: it is sent"), || bed.fake.sent_to(TO) == 1);
    if step != HoldTaken {
        bed.wait_for(id, State::Unknown);
    }
    let heir: Option<Road> = restarts.then(|| {
        road.dies();
        if phase == Phase::Restart {
            set_by(by);
        }
        let heir = bed.road_with(retry.clone(), None);
        bed.sql()
            .execute(
                "UPDATE wa_workers SET alive_until = 0 WHERE alive_until > 0 AND worker = ?1",
                [road.delivery.context.worker.id.to_string()],
            )
            .unwrap();
        bed.sql().execute("UPDATE wa_queue SET intent_at = intent_at - 10000", []).unwrap();
        bed.sql().execute("UPDATE wa_messages SET recorded_at = recorded_at - 10000", []).unwrap();
        heir.look_for_work();
        heir
    });
    // A look that came by now came too early, and found nothing.
    std::thread::sleep(Duration::from_millis(800));
    bed.fake.hide(false);
    let patience = if phase == Phase::Never { PATIENCE } else { Duration::from_millis(1300) };
    let late = Instant::now() + patience;
    // What rests in the database is brought back by a look for work.
    let lives = heir.as_ref().unwrap_or(&road);
    while Instant::now() < late && !bed.state(id).ends_the_send() {
        lives.look_for_work();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(bed.fake.taken(TO) <= 1, "{what}: taken twice");
    let end = (bed.fake.taken(TO), bed.fake.sent_to(TO), bed.state(id));
    std::mem::drop(heir);
    end
}

/// What is taken is never sent again; what is not is, where no clock was set
/// and the proof is there.
fn every_phase() {
    let phases = [
        Phase::Record,
        Phase::At(Arrival),
        Phase::At(Answer),
        Phase::Restart,
        Phase::At(Look(1)),
        Phase::At(Look(2)),
    ];
    for restarts in [false, true] {
        assert_eq!(send(Phase::Never, 0, Lose, restarts), (1, 1, State::Accepted));
        assert_eq!(send(Phase::Never, 0, Drop, restarts), (1, 2, State::Accepted));
        for phase in phases.into_iter().filter(|phase| restarts || *phase != Phase::Restart) {
            for by in [HOUR, -HOUR] {
                // What was taken stays so, and is sent once.
                let (taken, sent, _) = send(phase, by, Lose, restarts);
                assert_eq!((taken, sent), (1, 1), "{phase:?} by {by}, restarts: {restarts}");
            }
        }
    }
    for by in [HOUR, -HOUR] {
        // A look that finds nothing, and a clock that was set: no proof.
        assert_eq!(send(Phase::At(Look(1)), by, Drop, false), (0, 1, State::Unknown), "by {by}");
        // The process dies before the answer.
        assert_eq!(send(Phase::Restart, by, HoldTaken, true).1, 1, "by {by}");
    }
}

#[test]
fn a_clock_that_is_set_sends_nothing_twice() {
    if std::env::var_os(ALONE).is_some() {
        return every_phase();
    }
    let own = std::env::current_exe().unwrap();
    let name = "delivery::tests::steps::a_clock_that_is_set_sends_nothing_twice";
    let run = Command::new(own).args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}
