//! What goes into one transaction together.

use super::job::Waiting;
use crate::history::record::Write;
use std::collections::{HashSet, VecDeque};

/// The most writes of one transaction: larger ones gain nothing and make all
/// wait for the slowest.
pub const MOST_WRITES: usize = 500;
/// The most bytes of one transaction: a long text must not stall the others.
const MOST_BYTES: usize = 1 << 20;

/// Takes as much as goes into one transaction from the front of the queue:
/// one write a message and one a reference, so that no statement meets the
/// same row twice. What does not fit stays in the queue, in its order.
pub fn next_batch(queue: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let mut batch: Vec<Waiting> = Vec::with_capacity(queue.len().min(MOST_WRITES));
    let mut later = VecDeque::new();
    let mut messages = HashSet::new();
    let mut references = HashSet::new();
    let mut bytes = 0;
    while let Some(waiting) = queue.pop_front() {
        let (id, reference, size) = match &waiting.write {
            Write::Record(record) => (
                Some(record.message.id),
                record.reference.as_ref().map(|r| (r.scope.clone(), r.hash.clone())),
                record.message.body.len() + record.message.content.len(),
            ),
            Write::Intent(intent) => (Some(intent.id), None, 0),
            Write::Settle(settlement) => (Some(settlement.id), None, 0),
            Write::Withdraw(withdrawal) => (Some(withdrawal.id), None, 0),
            Write::Event(event) => (None, None, event.body.as_ref().map_or(0, String::len)),
        };
        let full = batch.len() >= MOST_WRITES || (!batch.is_empty() && bytes + size > MOST_BYTES);
        let met = id.is_some_and(|id| messages.contains(&id))
            || reference.as_ref().is_some_and(|reference| references.contains(reference));
        // Also those that are put off count as met: a later write of the same
        // message must not overtake them.
        messages.extend(id);
        if full || met {
            later.push_back(waiting);
            continue;
        }
        references.extend(reference);
        bytes += size;
        batch.push(waiting);
    }
    *queue = later;
    batch
}
