//! Since when this process has counted the age of attempts whose end is
//! unknown.
//!
//! Their messages rest in the database between two looks, and come back by a
//! claim. Only what was counted here proves an age, so the count must outlive
//! their absence.

use crate::ground::threads;
use crate::message::age::Age;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use uuid::Uuid;

/// The most attempts that are counted. Others begin anew at each claim, and
/// stay unknown for as long as there is no place for them.
const MOST: usize = 100_000;

/// Ages by message and attempt.
#[derive(Default)]
pub struct Ages(Mutex<HashMap<(Uuid, i32), Age>>);

impl Ages {
    /// The age that is counted already, else `age`, which is counted from now
    /// on. `longest` is how long an attempt is looked for at all.
    pub fn seen(&self, message: Uuid, attempt: i32, age: Age, longest: Duration) -> Age {
        let mut ages = threads::lock(&self.0);
        if let Some(counted) = ages.get(&(message, attempt)) {
            return *counted;
        }
        if ages.len() >= MOST {
            // What another process has found out is not taken away here.
            ages.retain(|_, age| age.told() <= longest);
        }
        if ages.len() < MOST {
            ages.insert((message, attempt), age);
        }
        age
    }

    /// Its end is known, or will never be.
    pub fn forget(&self, message: Uuid, attempt: i32) {
        threads::lock(&self.0).remove(&(message, attempt));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::clock::uptime;

    #[test]
    fn the_first_count_stays_until_it_is_forgotten() {
        let (ages, id, hour) = (Ages::default(), Uuid::now_v7(), Duration::from_secs(3600));
        let first = Age::of_own(uptime());
        assert_eq!(ages.seen(id, 1, first, hour), first);
        let later = Age::of_another(uptime(), hour);
        assert_eq!(ages.seen(id, 1, later, hour), first);
        assert_eq!(ages.seen(id, 2, later, hour), later, "another attempt");
        ages.forget(id, 1);
        assert_eq!(ages.seen(id, 1, later, hour), later);
    }

    #[test]
    fn what_is_looked_for_no_more_makes_room() {
        let (ages, hour) = (Ages::default(), Duration::from_secs(3600));
        let old = Age::of_another(uptime(), hour * 2);
        for _ in 0..=MOST {
            ages.seen(Uuid::now_v7(), 1, old, hour * 3);
        }
        assert_eq!(threads::lock(&ages.0).len(), MOST);
        ages.seen(Uuid::now_v7(), 1, Age::of_own(uptime()), hour);
        assert_eq!(threads::lock(&ages.0).len(), 1);
    }
}
