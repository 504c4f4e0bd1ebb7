//! More than can go, and what comes after it.

use super::bed::{Bed, ms, sender};
use crate::message::Priority::Normal;
use std::collections::HashMap;

/// How long a call waits, in milliseconds.
const TIMEOUT: u64 = 3_000;
/// What an attempt needs before the call's deadline.
const NEEDED: u64 = 200;

/// Calls come with a deadline each; who is not sent by then has left.
struct Calls {
    bed: Bed,
    deadlines: HashMap<u64, u64>,
}

impl Calls {
    /// So many calls, one every so many milliseconds.
    fn come(&mut self, count: u64, every: u64) {
        for _ in 0..count {
            let age = i64::try_from(self.bed.time()).unwrap();
            let id = self.bed.enter_lane(sender("a"), None, Normal, age, Some(TIMEOUT - TIMEOUT / 4));
            self.deadlines.insert(id, self.bed.time() + TIMEOUT);
            self.pass(every);
        }
    }

    fn pass(&mut self, millis: u64) {
        for _ in 0..millis {
            self.bed.advance(1);
            let now = self.bed.time();
            let over: Vec<u64> =
                self.deadlines.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
            for id in over {
                self.bed.leave(id);
                self.deadlines.remove(&id);
            }
            self.bed.end_all();
        }
    }
}

/// How many of 300 calls go in time that come every so many milliseconds
/// right after twelve seconds of twice the pace.
fn accepted_after_overload(every: u64) -> usize {
    let mut calls = Calls { bed: Bed::new(ms(50), None, 64), deadlines: HashMap::new() };
    calls.come(480, 25);
    calls.come(300, every);
    calls.pass(TIMEOUT);
    let times = calls.bed.times();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 50 - 20), "never faster than the pace");
    let in_overload = times.iter().filter(|at| **at < 12_000).count();
    assert!(in_overload >= 238, "no slot of the overload was wasted: {in_overload}");
    let deadline = |id: u64| 12_000 + (id - 481) * every + TIMEOUT;
    calls.bed.log().into_iter().filter(|(at, id)| *id > 480 && at + NEEDED <= deadline(*id)).count()
}

#[test]
fn an_overload_ends_when_it_is_over() {
    for every in [50, 66, 100] {
        let accepted = accepted_after_overload(every);
        assert!(accepted >= 297, "{accepted} of 300, one every {every} ms");
    }
}
