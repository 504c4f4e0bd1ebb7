//! This machine's clock is set by an hour at every phase of a message. The
//! clock is the whole process's, so this runs in a process of its own, one for
//! each database.

use super::bed::{Bed, PATIENCE, Road, patient, recorded, wait};
use super::fake::Moment::{Answer, Arrival, Look};
use super::fake::Step::{Drop, HoldTaken, Lose};
use super::fake::{Moment, Step};
use crate::history::tests::bed::{Bed as History, postgres_connection_string};
use crate::message::clock::{Millis, SET_BY};
use crate::message::{SendOptions, State};
use crate::settings::Retry;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

const TO: &str = "+12024560001";
const ALONE: &str = "WA_TEST_CLOCK_IS_SET";
pub const HOUR: i64 = 3_600_000;

/// Which database a test runs over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Database {
    /// Its clock is this machine's.
    Sqlite,
    /// Its clock is its own.
    Postgres,
}

impl Database {
    pub fn history(self) -> History {
        match self {
            Database::Sqlite => History::sqlite(),
            Database::Postgres => History::postgres().unwrap(),
        }
    }
}

/// When the clock is set.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Never,
    Record,
    /// Between the record and the intent.
    Recorded,
    At(Moment),
    /// While no process has the message; without it none dies.
    Restart,
    /// The database's own clock, while no process has the message.
    RestartOfServer,
}

pub fn set_by(millis: i64) {
    SET_BY.fetch_add(millis, SeqCst);
}

/// The worker of a road counts as dead, and its attempt as so much older.
pub fn died(history: &History, road: &Road, age: i64) {
    let worker = road.delivery.context.worker.id;
    history.change("workers", &format!("alive_until = 0 WHERE worker = '{worker}'"));
    history.change("queue", &format!("intent_at = intent_at - {age}"));
}

/// Sends one message. Whatever the clock says, the provider may take it once.
fn send(database: Database, phase: Phase, by: i64, step: Step, restarts: bool) -> (usize, usize, State) {
    SET_BY.store(0, SeqCst);
    let what = format!("{database:?}, {phase:?} by {by}, {step:?}, restarts: {restarts}");
    let (bed, history) = (Bed::new(), database.history());
    let mut connection = history.connect();
    let mut state = |id| connection.find(id).unwrap().unwrap().message.state;
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
    let mut road = bed.road_over(Arc::clone(&history.store), retry.clone(), None);
    let id = if phase == Phase::Recorded {
        let options = SendOptions { not_before: Some(Millis::now().plus(400)), ..SendOptions::default() };
        let id = recorded(&road.try_submit(TO, "once", options).unwrap());
        std::thread::sleep(Duration::from_millis(100));
        set_by(by);
        id
    } else {
        road.submit(TO, "once").id
    };
    wait(&format!("{what}: it is sent"), || bed.fake.sent_to(TO) == 1);
    if step != HoldTaken {
        wait(&format!("{what}: it is unknown"), || state(id) == State::Unknown);
    }
    let heir: Option<Road> = restarts.then(|| {
        road.dies();
        if phase == Phase::Restart {
            set_by(by);
        }
        let heir = bed.road_over(Arc::clone(&history.store), retry.clone(), None);
        died(&history, &road, 10_000 + if phase == Phase::RestartOfServer { by } else { 0 });
        heir.look_for_work();
        heir
    });
    // A look that came by now came too early, and found nothing.
    std::thread::sleep(Duration::from_millis(800));
    bed.fake.hide(false);
    let ends = phase == Phase::Never || (database == Database::Postgres && step == Drop);
    let patience = if ends { PATIENCE } else { Duration::from_millis(1300) };
    let late = Instant::now() + patience;
    // What rests in the database is brought back by a look for work.
    let lives = heir.as_ref().unwrap_or(&road);
    while Instant::now() < late && !state(id).ends_the_send() {
        lives.look_for_work();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(bed.fake.taken(TO) <= 1, "{what}: taken twice");
    let end = (bed.fake.taken(TO), bed.fake.sent_to(TO), state(id));
    std::mem::drop(heir);
    end
}

/// What is taken is never sent again; what is not is, where no clock was set
/// and the proof is there.
fn every_phase(database: Database) {
    let phases = [
        Phase::Record,
        Phase::Recorded,
        Phase::At(Arrival),
        Phase::At(Answer),
        Phase::Restart,
        Phase::RestartOfServer,
        Phase::At(Look(1)),
        Phase::At(Look(2)),
    ];
    let of_restart = |phase| matches!(phase, Phase::Restart | Phase::RestartOfServer);
    for restarts in [false, true] {
        assert_eq!(send(database, Phase::Never, 0, Lose, restarts), (1, 1, State::Accepted));
        assert_eq!(send(database, Phase::Never, 0, Drop, restarts), (1, 2, State::Accepted));
        for phase in phases.into_iter().filter(|phase| restarts || !of_restart(*phase)) {
            for by in [HOUR, -HOUR] {
                // What was taken stays so, and is sent once.
                let (taken, sent, _) = send(database, phase, by, Lose, restarts);
                assert_eq!((taken, sent), (1, 1), "{phase:?} by {by}, restarts: {restarts}");
            }
        }
    }
    for by in [HOUR, -HOUR] {
        // A look that finds nothing, and a clock that was set: no proof. Where
        // the database has a clock of its own, ours proves nothing either way.
        let (taken, sent, state) = send(database, Phase::At(Look(1)), by, Drop, false);
        match database {
            Database::Sqlite => assert_eq!((taken, sent, state), (0, 1, State::Unknown), "by {by}"),
            Database::Postgres => assert_eq!((taken, sent, state), (1, 2, State::Accepted), "by {by}"),
        }
        // The process dies before the answer.
        assert_eq!(send(database, Phase::Restart, by, HoldTaken, true).1, 1, "by {by}");
    }
}

/// Runs a test of this crate alone in a process, over this database. True in
/// that process.
pub fn is_alone(name: &str, database: Database) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    if database == Database::Postgres && postgres_connection_string().is_none() {
        return false;
    }
    let own = std::env::current_exe().unwrap();
    let run = Command::new(own).args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
    false
}

#[test]
fn a_clock_that_is_set_sends_nothing_twice() {
    if is_alone("delivery::tests::steps::a_clock_that_is_set_sends_nothing_twice", Database::Sqlite) {
        every_phase(Database::Sqlite);
    }
}

#[test]
fn a_clock_that_is_set_sends_nothing_twice_over_postgresql() {
    let name = "delivery::tests::steps::a_clock_that_is_set_sends_nothing_twice_over_postgresql";
    if is_alone(name, Database::Postgres) {
        every_phase(Database::Postgres);
    }
}
