//! The database is back: what was recorded in journals is given to it, before
//! anything else of this client is written there.

use super::Thread;
use crate::history::guard::guarded_commit;
use crate::history::store::StoreErrorKind;
use std::time::Duration;

impl Thread {
    /// Gives a part of a journal to the database. True where nothing of this
    /// client's own is left to replay: then it may write there.
    pub(super) fn replay(&mut self) -> bool {
        if self.journal.as_ref().is_none_or(|journal| !journal.has_work()) {
            return self.nothing_is_journalled();
        }
        if self.journal.as_ref().is_some_and(|journal| journal.is_used()) {
            // What came meanwhile stands behind what is there.
            let error = self.last_error.clone();
            self.hold_or_refuse(&error);
        }
        let (Some(journal), Some(connection)) = (self.journal.as_mut(), self.connection.as_mut()) else {
            return false;
        };
        if let Some(part) = journal.next_part() {
            let doubted = journal.replays(&part);
            match guarded_commit(|| connection.replay(&part)) {
                Ok(replayed) => {
                    crate::points::reach("replayed");
                    journal.replayed(&part, replayed);
                    self.wrote();
                    (self.hooks.told)();
                }
                Err(error) if error.kind == StoreErrorKind::Data => journal.does_not_fit(&part, &error),
                Err(error) if error.kind == StoreErrorKind::Retry => {
                    journal.doubts(&part, doubted);
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(error) => {
                    self.write_failed(&error);
                    return false;
                }
            }
        }
        self.nothing_is_journalled()
    }

    /// Whether nothing of this client's own is left to replay; tells it.
    fn nothing_is_journalled(&mut self) -> bool {
        let done = self.journal.as_ref().is_none_or(|journal| !journal.is_used());
        if done && self.connection.is_some() {
            self.journals.send_if_modified(|journals| std::mem::replace(journals, false));
        }
        done
    }

    /// Whether there is something to replay, and a database to give it to.
    pub(super) fn replays(&self) -> bool {
        self.connection.is_some() && self.journal.as_ref().is_some_and(|journal| journal.has_work())
    }
}
