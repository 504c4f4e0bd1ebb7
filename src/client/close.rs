//! The end of a client: the runtime ends by this path only.

use super::Client;
use crate::delivery::Stop;
use crate::ground::Level;
use crate::threads::{self, lock};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long attempts under way may take to end by themselves, at the most,
/// where the caller sets no limit.
const LONGEST_DRAIN: Duration = Duration::from_secs(600);
/// How long the last writes may take once nothing is under way any more. All of
/// it is spent only where the end of a message waits for a database that is
/// away: what is not stored by then is unknown to the next client, so it is
/// not less.
const LAST_WRITES: Duration = Duration::from_secs(3);

impl Client {
    /// Ends the client. True once everything has ended and all threads are
    /// joined; false when the deadline passed first: ask again.
    pub fn close(self: &Arc<Self>, timeout: Duration) -> bool {
        self.close_with(timeout, LAST_WRITES)
    }

    /// Ends a client that never began: nothing of it is worth waiting for.
    pub(super) fn abandon(self: &Arc<Self>) {
        self.close_with(LAST_WRITES, Duration::ZERO);
    }

    fn close_with(self: &Arc<Self>, timeout: Duration, last_writes: Duration) -> bool {
        let begin = Instant::now();
        let deadline = begin.checked_add(timeout);
        let mut closer = lock(&self.closing.closer);
        if self.closing.begin() {
            let client = Arc::clone(self);
            let drain = timeout.min(LONGEST_DRAIN);
            *closer = std::thread::Builder::new()
                .name("wa-close".into())
                .spawn(move || {
                    threads::prepare();
                    client.end(begin, drain, last_writes);
                })
                .ok();
            if closer.is_none() {
                // No thread can be had: end it here.
                self.end(begin, drain, last_writes);
            }
        }
        drop(closer);
        let ended = self.closing.wait(deadline);
        // Joined under the lock: whoever is told of the end finds this thread gone too.
        if ended {
            let mut closer = lock(&self.closing.closer);
            if let Some(closer) = closer.take() {
                let _ = closer.join();
            }
        }
        ended
    }

    fn end(self: &Arc<Self>, begin: Instant, drain: Duration, last_writes: Duration) {
        self.context.log.write(Level::Info, "client", "The client is being closed.");
        self.dispatcher.stop();
        self.delivery.stop.send_replace(Stop::Drain);
        // Who waits is told first; what is under way goes on meanwhile.
        self.delivery.live.close();
        self.context.signal.close();
        self.calls.close();
        let share = drain.saturating_sub(last_writes.min(drain / 2));
        while self.delivery.live.count() > 0 && begin.elapsed() < share {
            std::thread::sleep(Duration::from_millis(2));
        }
        self.delivery.stop.send_replace(Stop::Now);
        // Both together take less than what was set apart for them: the closing
        // is to be over before its deadline.
        let end = Instant::now() + last_writes * 5 / 6;
        let patience = end - last_writes / 3;
        while self.delivery.live.count() > 0 && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(2));
        }
        // What is still queued is free for the next client.
        let worker = self.context.worker.id;
        self.context.writer.call(move |connection| connection.release(worker), |_| {});
        self.context.writer.stop(end.max(Instant::now() + last_writes / 3));
        self.context.readers.stop();
        // A file, a name server, a driver or a callback may hang: these threads
        // are waited for without an end, and wa_close says meanwhile that it is
        // pending. Dropped, a runtime ends its tasks and joins all its threads.
        let runtime = lock(&self.runtime).take();
        drop(runtime);
        while !(self.context.writer.ended() && self.context.readers.ended() && self.dispatcher.ended()) {
            std::thread::sleep(Duration::from_millis(2));
        }
        self.closing.end();
    }
}
