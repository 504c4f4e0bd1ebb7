//! Ids that came from memory: Meta may have lost their media. A message that
//! was refused with one of them may try again, once, with a new upload.

use super::bounded::Bounded;
use crate::threads::lock;
use std::sync::Mutex;
use uuid::Uuid;

/// So many ids and messages are known; more are refused for good.
const MOST: usize = 10_000;

/// Who may try again.
pub struct SecondAttempts {
    reused_ids: Mutex<Bounded<String, ()>>,
    /// Messages that have had their second attempt.
    messages: Mutex<Bounded<Uuid, ()>>,
}

impl Default for SecondAttempts {
    fn default() -> SecondAttempts {
        SecondAttempts {
            reused_ids: Mutex::new(Bounded::new(MOST)),
            messages: Mutex::new(Bounded::new(MOST)),
        }
    }
}

impl SecondAttempts {
    /// An id came from memory.
    pub fn reuses(&self, id: &str) {
        lock(&self.reused_ids).put(id.to_owned(), ());
    }

    /// Whether an id came from memory.
    pub fn is_reused(&self, id: &str) -> bool {
        lock(&self.reused_ids).get(id).is_some()
    }

    /// Begins a message's second attempt; false where it has had one.
    pub fn begin(&self, message: Uuid) -> bool {
        lock(&self.messages).put(message, ())
    }
}
