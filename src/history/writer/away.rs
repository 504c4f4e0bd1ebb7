//! While the database is away: what waits is kept, refused or put into the
//! journal, and whether the database is back is found out beside that.

use super::Thread;
use super::job::Waiting;
use super::while_away::{Fate, fate};
use crate::history::guard::guarded;
use crate::history::journal;
use crate::history::record::Write;
use crate::history::store::{StoreError, StoreErrorKind};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often it is looked whether the probe has ended.
const LOOK: Duration = Duration::from_millis(50);

impl Thread {
    /// There is no database: what waits is kept or refused, as `while_away`
    /// says, or the journal takes it.
    pub(super) fn hold_or_refuse(&mut self, error: &StoreError) {
        let mut waiting = std::mem::take(&mut self.waiting);
        match self.journal.is_some() {
            true => self.journal_what_waits(&mut waiting, error),
            false => waiting = without_journal(waiting, error),
        }
        self.waiting = waiting;
    }

    fn journal_what_waits(&mut self, waiting: &mut VecDeque<Waiting>, error: &StoreError) {
        let Some(journal) = self.journal.as_mut() else { return };
        // From now on: nothing of this client goes before what is in there.
        self.journals.send_if_modified(|journals| !std::mem::replace(journals, true));
        if waiting.is_empty() {
            return;
        }
        let writes: Vec<(&Write, bool)> = waiting.iter().map(|w| (&w.write, w.ambiguous)).collect();
        let rewound = error.kind == StoreErrorKind::Rewound;
        let fates = journal.take(&writes, rewound);
        let mut told = false;
        let mut kept = VecDeque::new();
        for (waiting, fate) in waiting.drain(..).zip(fates) {
            match fate {
                Some(journal::Fate::Keep) => kept.push_back(waiting),
                Some(journal::Fate::Written(written)) => {
                    told = true;
                    (waiting.reply)(Ok(written));
                }
                Some(journal::Fate::Refuse) => (waiting.reply)(Err(error.clone())),
                Some(journal::Fate::RefuseReference) => {
                    let text = format!(
                        "{}; and only the database can tell whether the reference was used (options_json.reference_scope \
                         \"machine\" sends all the same)",
                        error.message
                    );
                    (waiting.reply)(Err(StoreError::new(StoreErrorKind::Away, text)));
                }
                None => (waiting.reply)(Err(StoreError::new(StoreErrorKind::JournalFull, &error.message))),
            }
        }
        *waiting = kept;
        if told {
            crate::points::reach("journal_told");
        }
    }

    /// Why the database is not to be connected to now. Where a journal takes
    /// its place, a thread of its own finds out whether it is back: to log in
    /// may take long, and records must not wait for that.
    pub(super) fn not_there(&mut self) -> Option<StoreError> {
        if self.journal.is_none() || self.healthy {
            return None;
        }
        let Some(probe) = self.probe.take_if(|probe| probe.is_finished()) else {
            self.next_try = Instant::now() + LOOK;
            if self.probe.is_none() {
                self.probe = self.look();
            }
            return Some(self.last_error.clone());
        };
        match probe.join() {
            Ok(Ok(())) => None,
            Ok(Err(error)) => {
                self.pause_before_the_next_try();
                Some(error)
            }
            Err(_) => Some(self.last_error.clone()),
        }
    }

    fn look(&self) -> Option<std::thread::JoinHandle<crate::history::store::StoreResult<()>>> {
        let store = Arc::clone(&self.store);
        let look = move || {
            crate::threads::prepare();
            guarded(|| store.connect().map(drop))
        };
        std::thread::Builder::new().name("wa-history-look".into()).spawn(look).ok()
    }
}

/// Without a journal.
fn without_journal(waiting: VecDeque<Waiting>, error: &StoreError) -> VecDeque<Waiting> {
    let mut kept = VecDeque::new();
    for waiting in waiting {
        match fate(&waiting.write, waiting.ambiguous) {
            Fate::Keep => kept.push_back(waiting),
            Fate::Refuse => (waiting.reply)(Err(error.clone())),
        }
    }
    kept
}
