//! Gathering: the thread waits for something to do, and takes all that is
//! there.

use super::Thread;
use super::batch::MOST_WRITES;
use super::job::{Job, Waiting};
use crate::history::record::Write;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Instant;

impl Thread {
    /// Waits for something to do and takes all of it. False ends the thread.
    pub(super) fn gather(&mut self) -> bool {
        let idle = self.waiting.is_empty() && self.calls.is_empty();
        if let Some(stop_at) = self.stop_at
            && (idle || self.only_news_waits() || Instant::now() >= stop_at)
        {
            return false;
        }
        let pause = self.next_try.saturating_duration_since(Instant::now());
        let first = if idle && self.connection.is_some() {
            self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else if !pause.is_zero() {
            let limit =
                self.stop_at.map_or(pause, |at| pause.min(at.saturating_duration_since(Instant::now())));
            self.inbox.recv_timeout(limit)
        } else {
            Err(RecvTimeoutError::Timeout)
        };
        match first {
            Ok(job) => self.take(job),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        while self.waiting.len() < MOST_WRITES {
            match self.inbox.try_recv() {
                Ok(job) => self.take(job),
                Err(_) => break,
            }
        }
        true
    }

    /// While the database is away, nothing waits for it but events about no
    /// message, such as that it is away: they keep no closing waiting. Ends do.
    fn only_news_waits(&self) -> bool {
        let is_news = |waiting: &Waiting| matches!(waiting.write, Write::Event(_));
        !self.healthy && self.calls.is_empty() && self.waiting.iter().all(is_news)
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Write(write, reply) => self.waiting.push_back(Waiting { write, reply, ambiguous: false }),
            Job::Call(call) => self.calls.push_back(call),
            Job::Stop(at) => self.stop_at = Some(at),
        }
    }
}
