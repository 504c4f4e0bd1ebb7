//! Ids that came from memory: Meta may have lost their media. A message that
//! was refused with one of them may try again, once, with a new upload.

use super::bounded::Bounded;
use crate::threads::lock;
use std::sync::Mutex;
use uuid::Uuid;

/// So many ids and messages are known; more are refused for good.
const MOST: usize = 10_000;

/// Who may try again.
pub struct Recalled {
    ids: Mutex<Bounded<String, ()>>,
    /// Messages that have had their second attempt.
    tried: Mutex<Bounded<Uuid, ()>>,
}

impl Default for Recalled {
    fn default() -> Recalled {
        Recalled { ids: Mutex::new(Bounded::new(MOST)), tried: Mutex::new(Bounded::new(MOST)) }
    }
}

impl Recalled {
    /// An id came from memory.
    pub fn add(&self, id: &str) {
        lock(&self.ids).put(id.to_owned(), ());
    }

    /// Whether an id came from memory.
    pub fn has(&self, id: &str) -> bool {
        lock(&self.ids).get(id).is_some()
    }

    /// Whether this is a message's first time.
    pub fn first(&self, message: Uuid) -> bool {
        lock(&self.tried).put(message, ())
    }
}
