//! The clients of this process by number.
//!
//! A number is a place and a generation: a number that was closed or forged
//! finds nothing, and no memory is ever touched through it.

use super::Client;
use crate::message::{Error, Result, Status};
use crate::threads;
use once_cell::sync::Lazy;
use std::sync::{Arc, RwLock};
use uuid::Uuid;

struct Slot {
    generation: u32,
    client: Option<Arc<Client>>,
}

static SLOTS: Lazy<RwLock<Vec<Slot>>> = Lazy::new(RwLock::default);

/// Enters a client and gives its number.
pub fn enter(client: Arc<Client>) -> u64 {
    let mut slots = threads::write(&SLOTS);
    let place = match slots.iter().position(|slot| slot.client.is_none() && slot.generation < u32::MAX) {
        Some(place) => place,
        None => {
            slots.push(Slot { generation: first_generation(), client: None });
            slots.len() - 1
        }
    };
    let slot = &mut slots[place];
    slot.generation += 1;
    slot.client = Some(client);
    u64::from(slot.generation) << 32 | (place as u64 + 1)
}

/// The client with this number.
pub fn find(number: u64) -> Result<Arc<Client>> {
    let slots = threads::read(&SLOTS);
    let found = place(number)
        .and_then(|place| slots.get(place))
        .filter(|slot| u64::from(slot.generation) == number >> 32);
    match found.and_then(|slot| slot.client.as_ref()) {
        Some(client) => Ok(Arc::clone(client)),
        None => Err(Error::about(Status::NoClient, "client", "There is no client with this number.")
            .hint("It is zero, was never given, or was closed.")),
    }
}

/// Takes a client out: its number is no longer one.
pub fn leave(number: u64) {
    let mut slots = threads::write(&SLOTS);
    if let Some(slot) = place(number).and_then(|place| slots.get_mut(place))
        && u64::from(slot.generation) == number >> 32
    {
        slot.client = None;
    }
}

/// Not the same for two copies of the library in one process: a number of one
/// is none in the other.
fn first_generation() -> u32 {
    (Uuid::new_v4().as_u128() >> 98) as u32
}

fn place(number: u64) -> Option<usize> {
    usize::try_from((number & 0xffff_ffff).checked_sub(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forged_numbers_find_nothing() {
        for number in [0, 1, u64::MAX, 1 << 32, 0xffff_ffff, 0xdead_beef_dead_beef] {
            assert_eq!(find(number).err().map(|error| error.status), Some(Status::NoClient), "{number:#x}");
            leave(number);
        }
    }
}
