//! Committing a batch, and what follows when that fails.

use super::Thread;
use super::batch::next_batch;
use super::job::{Reply, Waiting};
use crate::history::guard::guarded_commit;
use crate::history::record::{Write, Written};
use crate::history::store::{StoreError, StoreErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a transaction is tried that the database refuses for now, as it
/// does with one of two that block each other.
const MOST_TRIES: u32 = 10;
/// No try begins later than this after the first one: each may have waited
/// for seconds.
const LONGEST_TRIES: Duration = Duration::from_secs(20);

impl Thread {
    /// Commits what waits, batch by batch, while there is a connection.
    pub(super) fn commit_waiting(&mut self) {
        while !self.waiting.is_empty() && self.connection.is_some() {
            let batch = next_batch(&mut self.waiting);
            self.commit(batch);
        }
    }

    fn commit(&mut self, batch: Vec<Waiting>) {
        let Some(connection) = self.connection.as_mut() else {
            self.waiting.extend(batch);
            return;
        };
        let (writes, rest): (Vec<Write>, Vec<(Reply, bool)>) =
            batch.into_iter().map(|w| (w.write, (w.reply, w.ambiguous))).unzip();
        let writes = Arc::new(writes);
        crate::points::reach("before_commit");
        let mut result = guarded_commit(|| connection.commit_shared(&writes));
        let (mut tries, begun) = (1, Instant::now());
        while let Err(error) = &result
            && error.kind == StoreErrorKind::Retry
            && tries < MOST_TRIES
            && begun.elapsed() < LONGEST_TRIES
        {
            std::thread::sleep(Duration::from_millis(5 << tries.min(6)));
            tries += 1;
            result = guarded_commit(|| connection.commit_shared(&writes));
        }
        // A copy only where a thread that was given up still has them.
        let writes = Arc::unwrap_or_clone(writes);
        match result {
            Ok(written) => self.committed(&writes, rest, written),
            Err(error) if error.kind == StoreErrorKind::Data && writes.len() > 1 => {
                // One row does not fit: halve until it stands alone.
                let mut halves: Vec<Waiting> = writes
                    .into_iter()
                    .zip(rest)
                    .map(|(write, (reply, ambiguous))| Waiting { write, reply, ambiguous })
                    .collect();
                let second = halves.split_off(halves.len() / 2);
                self.commit(halves);
                self.commit(second);
            }
            Err(error) if error.kind == StoreErrorKind::Data => {
                // How something ended must always be stored: what the
                // provider said of it may be written otherwise, or left out.
                if let [Write::Settle(end)] = writes.as_slice() {
                    for simpler in [end.plain(), end.bare()] {
                        let end = Write::Settle(Box::new(simpler));
                        match guarded_commit(|| connection.commit(std::slice::from_ref(&end))) {
                            Ok(written) => return self.committed(&[end], rest, written),
                            Err(lost) if lost.kind.is_lost() => return self.repeat(vec![end], rest, &lost),
                            Err(_) => {}
                        }
                    }
                }
                for (reply, _) in rest {
                    reply(Err(error.clone()));
                }
            }
            Err(error) => self.repeat(writes, rest, &error),
        }
    }

    /// The writes are in the database: whoever waits for them goes on.
    fn committed(&mut self, writes: &[Write], rest: Vec<(Reply, bool)>, written: Vec<Written>) {
        match writes.iter().all(|write| matches!(write, Write::Event(_))) {
            true => self.wrote_events(),
            false => self.wrote(),
        }
        crate::points::reach("committed");
        for ((reply, _), written) in rest.into_iter().zip(written) {
            reply(Ok(written));
        }
        if writes.iter().any(has_event) {
            (self.hooks.told)();
        }
    }

    /// The writes are repeated on the next connection. Where nobody knows
    /// whether they were committed, the store recognises what it has.
    fn repeat(&mut self, writes: Vec<Write>, rest: Vec<(Reply, bool)>, error: &StoreError) {
        let in_doubt = error.kind == StoreErrorKind::InDoubt;
        for (write, (reply, ambiguous)) in writes.into_iter().zip(rest).rev() {
            self.waiting.push_front(Waiting { write, reply, ambiguous: ambiguous || in_doubt });
        }
        self.write_failed(error);
    }
}

/// Whether hosts are told something by this write.
fn has_event(write: &Write) -> bool {
    match write {
        Write::Record(record) => record.event.is_some(),
        Write::Settle(settlement) => settlement.event.is_some(),
        Write::Withdraw(withdrawal) => withdrawal.event.is_some(),
        Write::Event(_) => true,
        Write::Intent(_) => false,
    }
}
