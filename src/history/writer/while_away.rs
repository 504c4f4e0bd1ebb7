//! The policy for the time without a database: what becomes of each kind of
//! write. A journal, which records on this machine meanwhile, is another
//! answer to the same question.

use crate::history::record::{Record, Settlement, Write};
use crate::message::State;
use crate::message::clock::Millis;

/// What becomes of a write that finds no database.
#[derive(Debug)]
pub enum Fate {
    /// It is refused at once; nothing of it is in the database or ever will be.
    Refuse,
    /// It waits until the database is back.
    Keep,
    /// It is refused at once. Part of it may be in the database already, so
    /// this is written in its place when the database is back.
    RefuseAndUndo(Write),
}

/// Decides about one write. `ambiguous`: it was in a transaction that may or
/// may not have been committed before the database went away.
///
/// Whatever would begin something new is refused: nothing may be sent that is
/// not recorded. Whatever tells how something ended is kept: an end is never
/// lost for lack of a database.
pub fn fate(write: &Write, ambiguous: bool) -> Fate {
    match write {
        // Its row may say that it is to be sent. The caller is told that it is
        // not, so the row must say the same.
        Write::Record(record) if ambiguous => {
            Fate::RefuseAndUndo(Write::Settle(Box::new(never_sent(record))))
        }
        Write::Record(_) | Write::Intent(_) => Fate::Refuse,
        // Nothing was given up yet: whoever asked for it may ask again.
        Write::Withdraw(_) if !ambiguous => Fate::Refuse,
        Write::Withdraw(_) | Write::Settle(_) | Write::Event(_) => Fate::Keep,
    }
}

/// Ends a message whose record was refused, in case it was stored after all.
fn never_sent(record: &Record) -> Settlement {
    let message = &record.message;
    Settlement {
        id: message.id,
        owner: record.queue.as_ref().and_then(|queue| queue.worker),
        // The version that the record itself has, not the next one. It fits
        // only a row that is still as this record made it. If the id belongs
        // to an earlier message, that row has a higher version by now, and
        // stays as it is.
        version: message.version,
        state: State::Cancelled,
        attempts: 0,
        provider_message_id: None,
        recipient_id: None,
        provider_status: None,
        body: None,
        response: Some("Not sent: the database was away when the message was recorded.".into()),
        error: None,
        at: Millis::now(),
        attempt: None,
        queue: None,
        event: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::tests::bed::{
        accepted, event, intent, message, queued, write_record, write_settlement,
    };
    use crate::history::{QueueRow, Withdrawal};
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
        }))
    }

    #[test]
    fn beginnings_are_refused_and_ends_are_kept() {
        let (id, worker) = (Uuid::now_v7(), Uuid::new_v4());
        let name = |fate| match fate {
            Fate::Refuse => "refuse",
            Fate::Keep => "keep",
            Fate::RefuseAndUndo(_) => "refuse and undo",
        };
        for (write, sure, ambiguous) in [
            (write_record(queued(message(), None)), "refuse", "refuse and undo"),
            (Write::Intent(intent(id, worker, 1)), "refuse", "refuse"),
            (write_settlement(accepted(id)), "keep", "keep"),
            (withdrawal(id), "refuse", "keep"),
            (Write::Event(Box::new(event("warning", None, "x"))), "keep", "keep"),
        ] {
            assert_eq!(name(fate(&write, false)), sure, "{write:?}");
            assert_eq!(name(fate(&write, true)), ambiguous, "{write:?}, ambiguous");
        }
    }

    #[test]
    fn a_record_is_undone_only_in_the_row_that_it_made() {
        let worker = Uuid::new_v4();
        let record = queued(message(), Some(worker));
        let (id, version) = (record.message.id, record.message.version);
        let Fate::RefuseAndUndo(Write::Settle(end)) = fate(&write_record(record), true) else {
            panic!("it is not undone");
        };
        assert_eq!((end.id, end.owner, end.version), (id, Some(worker), version));
        assert_eq!((end.state, end.queue), (State::Cancelled, None::<QueueRow>));
    }
}
