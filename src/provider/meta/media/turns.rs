//! Who wants what is under way already waits for it: the reading of a file, or
//! its upload.

use crate::threads::lock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What one upload leaves for those who waited for it.
type Turn = Arc<tokio::sync::Mutex<Option<String>>>;

/// Work under way, by its keys. An entry lives no longer than somebody holds
/// it, so there are no more than messages that wait.
#[derive(Default)]
pub struct Turns(Mutex<HashMap<String, Held>>);

struct Held {
    turn: Turn,
    /// How many places there are in its queue.
    places: usize,
}

/// A place in the queue of one key.
pub struct Place<'a> {
    turns: &'a Turns,
    key: &'a str,
    /// To be locked by whoever does the work.
    pub turn: Turn,
}

impl Turns {
    /// Joins the queue of a key.
    pub fn place<'a>(&'a self, key: &'a str) -> Place<'a> {
        let mut all = lock(&self.0);
        let held = all.entry(key.to_owned()).or_insert_with(|| Held { turn: Turn::default(), places: 0 });
        held.places += 1;
        Place { turns: self, key, turn: Arc::clone(&held.turn) }
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }
}

impl Place<'_> {
    /// The work is done: those who wait take its result, and whoever comes
    /// from now on does not, for it may be forgotten by then.
    pub fn close(&self) {
        self.leave(|_| true);
    }

    fn leave(&self, ends: impl FnOnce(&mut Held) -> bool) {
        let mut all = lock(&self.turns.0);
        if let Some(held) = all.get_mut(self.key)
            && Arc::ptr_eq(&held.turn, &self.turn)
            && ends(held)
        {
            all.remove(self.key);
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.leave(|held| {
            held.places -= 1;
            held.places == 0
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_goes_with_the_last_who_holds_it() {
        let turns = Turns::default();
        let places: Vec<Place<'_>> = (0..8).map(|_| turns.place("key")).collect();
        // All at once: none may take another for one who stays.
        std::thread::scope(|scope| {
            for place in places {
                scope.spawn(move || drop(place));
            }
        });
        assert!(turns.is_empty());
    }

    #[test]
    fn a_result_is_for_those_who_waited() {
        let turns = Turns::default();
        let (first, second) = (turns.place("key"), turns.place("key"));
        *first.turn.try_lock().unwrap() = Some("7000".to_owned());
        first.close();
        drop(first);
        assert_eq!(second.turn.try_lock().unwrap().as_deref(), Some("7000"));
        let late = turns.place("key");
        assert_eq!(late.turn.try_lock().unwrap().as_deref(), None);
        // The entry of others is not touched.
        drop(second);
        assert!(!turns.is_empty());
        drop(late);
        assert!(turns.is_empty());
    }
}
