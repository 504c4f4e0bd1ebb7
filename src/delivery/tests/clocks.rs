//! A history whose clock is another machine's, and wrong by minutes.

use super::bed::{Bed, Road, patient, wait};
use super::fake::Step::{Hang, HoldTaken};
use crate::history::tests::bed::Bed as History;
use crate::message::State;
use crate::settings::Retry;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const TO: &str = "+12024560001";

/// An attempt whose process died, as old as the time that is waited for its
/// answer, and a provider that may have taken it.
struct Left {
    bed: Bed,
    history: History,
    id: Uuid,
}

impl Left {
    fn new(history: History, taken: bool) -> Left {
        let bed = Bed::new();
        bed.fake.script(TO, &[if taken { HoldTaken } else { Hang }]);
        let mut dead = bed.road_over(Arc::clone(&history.store), patient(), None);
        let id = dead.submit(TO, "left").id;
        wait("it is sent", || bed.fake.sent_to(TO) == 1);
        dead.dies();
        history.change("workers", "alive_until = 0");
        history.change("queue", "intent_at = intent_at - 10000");
        Left { bed, history, id }
    }

    fn heir(&self, retry: Retry) -> Road {
        self.bed.road_over(Arc::clone(&self.history.store), retry, None)
    }

    fn version(&self) -> i32 {
        self.history.connect().find(self.id).unwrap().unwrap().message.version
    }

    #[track_caller]
    fn becomes(&self, name: &str, heir: &Road, state: State) {
        let mut connection = self.history.connect();
        wait(&format!("{name}: it is {}", state.name()), || {
            heir.look_for_work();
            connection.find(self.id).unwrap().unwrap().message.state == state
        });
    }
}

#[test]
fn what_was_taken_is_found_in_the_list() {
    for (name, history) in History::of_every_clock() {
        let left = Left::new(history, true);
        let heir = left.heir(patient());
        left.becomes(name, &heir, State::Accepted);
        assert_eq!((left.bed.fake.sent_to(TO), left.bed.fake.taken(TO)), (1, 1), "{name}: sent twice");
    }
}

#[test]
fn the_first_look_comes_long_after_the_attempt() {
    for (name, history) in History::of_every_clock() {
        let left = Left::new(history, false);
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let retry = Retry { unknown_look: minutes(5), unknown_deadline: minutes(8), ..patient() };
        let heir = left.heir(retry);
        left.becomes(name, &heir, State::Unknown);
        for _ in 0..3 {
            heir.look_for_work();
            std::thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(left.bed.fake.looks(), 0, "{name}: looked too early");
        wait("it leaves", || heir.delivery.live.count() == 0);
        let row = left.history.connect().find(left.id).unwrap().unwrap();
        assert!(!crate::history::outcome_of(&row.message).r#final, "{name}: given up too early");
    }
}

/// A provider without a list: nothing happens until the deadline, and then
/// once.
#[test]
fn what_rests_is_left_alone_until_its_deadline() {
    for (name, history) in History::of_every_clock() {
        let left = Left::new(history, false);
        left.bed.fake.has_no_list();
        let heir = left.heir(patient());
        left.becomes(name, &heir, State::Unknown);
        wait("it leaves", || heir.delivery.live.find(left.id).is_none());
        let version = left.version();
        for _ in 0..3 {
            heir.look_for_work();
            wait("nothing is under way", || heir.delivery.live.count() == 0);
        }
        assert_eq!(left.version(), version, "{name}: taken up before its deadline");
        // As if the deadline had come.
        left.history.change("queue", "intent_at = intent_at - 300000, not_before = not_before - 300000");
        heir.look_for_work();
        wait("it leaves", || heir.delivery.live.count() == 0);
        let row = left.history.connect().find(left.id).unwrap().unwrap();
        assert!(crate::history::outcome_of(&row.message).r#final, "{name}: it rests on");
        assert_eq!(left.bed.fake.sent_to(TO), 1, "{name}");
    }
}
