//! The policy for the time without a database: what becomes of each kind of
//! write. A journal, which records on this machine meanwhile, is another
//! answer to the same question.

use crate::history::record::Write;

/// What becomes of a write that finds no database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is refused at once; nothing of it is in the database or ever will be.
    Refuse,
    /// It waits until the database is back.
    Keep,
}

/// Decides about one write. `ambiguous`: it was in a transaction that may or
/// may not have been committed before the database went away.
///
/// Whatever would begin something new is refused: nothing may be sent that is
/// not recorded. Whatever tells how something ended is kept: an end is never
/// lost for lack of a database.
pub fn fate(write: &Write, ambiguous: bool) -> Fate {
    match write {
        // Its row may be there and say that it is to be sent, so nobody can be
        // told that it was not recorded. It is written again when the database
        // is back: then it is known, and the message goes on from there, or
        // ends if its time is over.
        Write::Record(_) if ambiguous => Fate::Keep,
        Write::Record(_) | Write::Intent(_) => Fate::Refuse,
        // Nothing was given up yet: whoever asked for it may ask again.
        Write::Withdraw(_) if !ambiguous => Fate::Refuse,
        Write::Withdraw(_) | Write::Settle(_) | Write::Event(_) => Fate::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Withdrawal;
    use crate::history::tests::bed::{
        accepted, event, intent, message, queued, write_record, write_settlement,
    };
    use crate::message::State;
    use crate::message::clock::Millis;
    use uuid::Uuid;

    fn withdrawal(id: Uuid) -> Write {
        Write::Withdraw(Box::new(Withdrawal {
            id,
            owner: None,
            state: State::Cancelled,
            response: None,
            error: None,
            at: Millis::now(),
            event: None,
            hides: false,
        }))
    }

    #[test]
    fn beginnings_are_refused_and_ends_are_kept() {
        let (id, worker) = (Uuid::now_v7(), Uuid::new_v4());
        for (write, sure, ambiguous) in [
            (write_record(queued(message(), None)), Fate::Refuse, Fate::Keep),
            (Write::Intent(intent(id, worker, 1)), Fate::Refuse, Fate::Refuse),
            (write_settlement(accepted(id)), Fate::Keep, Fate::Keep),
            (withdrawal(id), Fate::Refuse, Fate::Keep),
            (Write::Event(Box::new(event("warning", None, "x"))), Fate::Keep, Fate::Keep),
        ] {
            assert_eq!(fate(&write, false), sure, "{write:?}");
            assert_eq!(fate(&write, true), ambiguous, "{write:?}, ambiguous");
        }
    }
}
