//! Messages that lost their id: another one had it when the journal came into
//! the database. Who asks this client for such an id means its own message.

use crate::threads::lock;
use std::collections::HashMap;
use std::sync::Mutex;
use uuid::Uuid;

/// So many are remembered. They are rare: hosts choose ids that nobody else has.
const MOST: usize = 10_000;

/// Under which ids messages are recorded that were given others.
#[derive(Default)]
pub struct Renamed(Mutex<HashMap<Uuid, Uuid>>);

impl Renamed {
    /// The id under which a message of this client is recorded.
    pub fn recorded_as(&self, id: Uuid) -> Uuid {
        lock(&self.0).get(&id).copied().unwrap_or(id)
    }

    pub(super) fn remember(&self, id: Uuid, new: Uuid) {
        let mut renamed = lock(&self.0);
        if renamed.len() < MOST {
            renamed.insert(id, new);
        }
    }
}
