//! The next part of a journal that is given to the database.

use super::fault::Fault;
use super::file::{File, Line};
use crate::history::record::{QueueRow, Settlement, Write};
use crate::history::replay::Part;
use crate::message::State;
use std::collections::HashMap;

/// The most writes of a journal that are given to the database at once, and
/// their most bytes.
pub const MOST_WRITES: usize = 500;
const MOST_BYTES: usize = 1 << 20;

/// The first writes of a file that are not replayed. None where there are none.
pub fn next_part(file: &File, most: usize) -> Result<Option<Part>, Fault> {
    let lines = file.first(most.min(MOST_WRITES), MOST_BYTES)?;
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Ok(None) };
    let mut part = Part { journal: file.id, after: first.seq - 1, upto: last.seq, groups: Vec::new() };
    let mut met = Met::default();
    for Line { seq, write } in lines {
        let goes_on = match write.message() {
            Some(id) => file.last_about(id)? > seq,
            None => false,
        };
        for write in if goes_on { held(write) } else { vec![write] } {
            let group = met.group_of(&write);
            if part.groups.len() <= group {
                part.groups.resize_with(group + 1, Vec::new);
            }
            part.groups[group].push(write);
        }
    }
    Ok(Some(part))
}

/// A write about a message of which the journal tells more. Until that is in
/// the database too, the message is nobody's to send, for what follows may be
/// an attempt: its place says that one is under way.
fn held(mut write: Write) -> Vec<Write> {
    // The next one: how the last one ended is told before.
    let sending =
        |place: &QueueRow| QueueRow { state: State::Sending, attempt: place.attempt + 1, ..place.clone() };
    match &mut write {
        Write::Record(record) => {
            let waits = record.queue.as_ref().map(sending).map(|place| {
                let held = Settlement::of(&record.message, Some(place));
                Write::Settle(Box::new(Settlement { state: State::Sending, ..held }))
            });
            std::iter::once(write).chain(waits).collect()
        }
        Write::Settle(settlement) => {
            if let Some(place) = settlement.queue.as_mut().filter(|place| place.state == State::Queued) {
                *place = sending(place);
                settlement.state = State::Sending;
            }
            vec![write]
        }
        _ => vec![write],
    }
}

/// In which group messages and references were met last.
#[derive(Default)]
struct Met(HashMap<String, usize>);

impl Met {
    fn group_of(&mut self, write: &Write) -> usize {
        let mut keys: Vec<String> = write.message().map(|id| id.to_string()).into_iter().collect();
        if let Write::Record(record) = write
            && let Some(reference) = &record.reference
        {
            keys.push(format!("{} {}", reference.scope, reference.hash));
        }
        let group = keys.iter().filter_map(|key| self.0.get(key)).max().map_or(0, |last| last + 1);
        for key in keys {
            self.0.insert(key, group);
        }
        group
    }
}
