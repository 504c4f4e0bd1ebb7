//! The end of a message's time goes by the database's clock, and by the
//! machine's uptime in between: this machine's clock is set by an hour, and no
//! message expires too early or goes too late.
//!
//! SQLite has no clock but this machine's: there a clock that is set forward
//! ends the time of what waits, as it does for all else on the machine.

use super::bed::{Bed, PATIENCE, Road, patient, recorded, retry, wait};
use super::fake::Moment::Answer;
use super::fake::Step::{Busy, Take};
use super::steps::{Database, HOUR, died, is_alone, set_by};
use crate::history::tests::bed::Bed as History;
use crate::message::clock::{Millis, SET_BY};
use crate::message::{SendOptions, State};
use crate::settings::Retry;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};
use uuid::Uuid;

const TO: &str = "+12024560001";

struct Case {
    bed: Bed,
    history: History,
}

impl Case {
    fn new(database: Database) -> Case {
        SET_BY.store(0, SeqCst);
        Case { bed: Bed::new(), history: database.history() }
    }

    fn road(&self, retry: Retry) -> Road {
        self.bed.road_over(Arc::clone(&self.history.store), retry, None)
    }

    /// Submits a message that is due and expires so many milliseconds from now.
    fn submit(&self, road: &Road, due: u64, expires: u64) -> Uuid {
        let now = Millis::now();
        let options = SendOptions {
            not_before: (due > 0).then(|| now.plus(due)),
            expires_at: Some(now.plus(expires)),
            ..SendOptions::default()
        };
        recorded(&road.try_submit(TO, "in time", options).unwrap())
    }

    /// How it ends, and how often it was sent.
    fn end(&self, road: &Road, id: Uuid) -> (State, usize) {
        let mut connection = self.history.connect();
        let ends = Instant::now() + PATIENCE;
        let mut state = State::Queued;
        while !state.ends_the_send() && Instant::now() < ends {
            road.look_for_work();
            std::thread::sleep(Duration::from_millis(20));
            state = connection.find(id).unwrap().unwrap().message.state;
        }
        (state, self.bed.fake.sent_to(TO))
    }
}

/// While it waits for its turn.
fn set_while_it_waits(database: Database, by: i64) -> (State, usize) {
    let case = Case::new(database);
    let road = case.road(retry());
    let id = case.submit(&road, 400, 10_000);
    std::thread::sleep(Duration::from_millis(100));
    set_by(by);
    case.end(&road, id)
}

/// Between two attempts, of which the second would begin `wait` later.
fn set_between_attempts(database: Database, by: i64, wait: u64, expires: u64) -> (State, usize) {
    let case = Case::new(database);
    case.bed.fake.script(TO, &[Busy, Take]);
    case.bed.fake.at(Answer, move || set_by(by));
    let road = case.road(Retry { wait: Duration::from_millis(wait), ..retry() });
    let id = case.submit(&road, 0, expires);
    case.end(&road, id)
}

/// While no process has it; the next one has it after `pause`.
fn set_at_a_restart(database: Database, by: i64, expires: u64, pause: u64) -> (State, usize) {
    let case = Case::new(database);
    let mut dead = case.road(retry());
    let id = case.submit(&dead, 300, expires);
    dead.dies();
    std::thread::sleep(Duration::from_millis(pause));
    set_by(by);
    let heir = case.road(patient());
    died(&case.history, &dead, 0);
    wait("it is due", || {
        heir.look_for_work();
        heir.delivery.live.count() > 0
            || case.history.connect().find(id).unwrap().unwrap().message.state != State::Queued
    });
    case.end(&heir, id)
}

fn neither_early_nor_late(database: Database) {
    for by in [0, -HOUR, HOUR] {
        if database == Database::Sqlite && by > 0 {
            continue;
        }
        let what = format!("{database:?}, by {by}");
        // Not too early.
        assert_eq!(set_while_it_waits(database, by), (State::Accepted, 1), "{what}, while it waits");
        assert_eq!(
            set_between_attempts(database, by, 200, 10_000),
            (State::Accepted, 2),
            "{what}, between attempts"
        );
        if database == Database::Postgres {
            assert_eq!(set_at_a_restart(database, by, 10_000, 400), (State::Accepted, 1), "{what}, restart");
        }
        // Not too late.
        assert_eq!(
            set_between_attempts(database, by, 1500, 800),
            (State::Failed, 1),
            "{what}, between attempts, too late"
        );
        if database == Database::Postgres {
            assert_eq!(
                set_at_a_restart(database, by, 400, 600),
                (State::Expired, 0),
                "{what}, restart, late"
            );
        }
    }
}

#[test]
fn a_clock_that_is_set_neither_ends_a_message_nor_lets_it_go_late() {
    let name = "delivery::tests::expiry::a_clock_that_is_set_neither_ends_a_message_nor_lets_it_go_late";
    if is_alone(name, Database::Sqlite) {
        neither_early_nor_late(Database::Sqlite);
    }
}

#[test]
fn a_clock_that_is_set_neither_ends_a_message_nor_lets_it_go_late_over_postgresql() {
    let name = "delivery::tests::expiry::a_clock_that_is_set_neither_ends_a_message_nor_lets_it_go_late_over_postgresql";
    if is_alone(name, Database::Postgres) {
        neither_early_nor_late(Database::Postgres);
    }
}
