//! Waiting for a file that another process writes to.
//!
//! SQLite's own wait sleeps longer and longer, up to a tenth of a second,
//! while whoever has the file takes it again at once if there is more to
//! write: of ten busy processes one then waits for five seconds. So here all
//! who wait try again after a few milliseconds, and a writer that had to wait
//! lets the others try before it takes the file the next time.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(5);
/// How long a writer leaves the file to others: a little longer than they
/// sleep between two tries.
const TURN: Duration = Duration::from_millis(7);

thread_local! {
    /// What the connections of this thread wait for at the most.
    static PATIENCE: Cell<Duration> = const { Cell::new(Duration::from_secs(5)) };
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
    /// How often this thread found a file in use.
    static TIMES: Cell<u64> = const { Cell::new(0) };
}

/// From now on this thread waits so long for each lock.
pub fn wait_at_most(patience: Duration) {
    PATIENCE.set(patience);
}

/// SQLite calls this while another process has the file, with the number of
/// tries so far. False gives up.
pub fn wait(tries: i32) -> bool {
    let now = Instant::now();
    let began = match BEGAN.get() {
        Some(began) if tries > 0 => began,
        _ => {
            TIMES.set(TIMES.get() + 1);
            BEGAN.set(Some(now));
            now
        }
    };
    if now.duration_since(began) >= PATIENCE.get() {
        return false;
    }
    let tries = u32::try_from(tries).unwrap_or(u32::MAX);
    std::thread::sleep(Duration::from_millis(1).saturating_mul(1 + tries / 8).min(LONGEST_PAUSE));
    true
}

/// Whose turn it is to write, of this connection and of other processes.
#[derive(Default)]
pub struct Turns {
    /// When this one ended its last transaction, if others were at work then.
    ended: Option<Instant>,
}

impl Turns {
    /// Writes, when it is this one's turn.
    pub fn take<T>(&mut self, write: impl FnOnce() -> T) -> T {
        if let Some(ended) = self.ended.take() {
            std::thread::sleep(TURN.saturating_sub(ended.elapsed()));
        }
        let before = TIMES.get();
        let written = write();
        self.ended = (TIMES.get() != before).then(Instant::now);
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::{Connection, TransactionBehavior};
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn open(path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.busy_handler(Some(wait)).unwrap();
        connection.execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS t (a)").unwrap();
        connection
    }

    #[test]
    fn patience_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wa.db");
        let (mut first, mut second) = (open(&path), open(&path));
        let lock = first.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        wait_at_most(Duration::from_millis(300));
        for _ in 0..2 {
            let began = Instant::now();
            assert!(second.transaction_with_behavior(TransactionBehavior::Immediate).is_err());
            assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
        }
        drop(lock);
        assert!(second.transaction_with_behavior(TransactionBehavior::Immediate).is_ok());
    }

    /// One who wants to write now and then is not kept waiting by one who
    /// always does.
    #[test]
    fn everybody_has_a_turn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wa.db");
        let ended = AtomicBool::new(false);
        // Keeps the file for a while, as the disk does, and takes it again at once.
        let write = |connection: &mut Connection, turns: &mut Turns| {
            turns.take(|| {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
                std::thread::sleep(Duration::from_millis(10));
                transaction.commit().unwrap();
            });
        };
        std::thread::scope(|scope| {
            let mut others: Vec<Connection> = (0..3).map(|_| open(&path)).collect();
            for mut other in others.drain(..) {
                let (ended, write) = (&ended, &write);
                scope.spawn(move || {
                    let mut turns = Turns::default();
                    while !ended.load(Ordering::SeqCst) {
                        write(&mut other, &mut turns);
                    }
                });
            }
            let (mut own, mut turns) = (open(&path), Turns::default());
            let mut longest = Duration::ZERO;
            for _ in 0..30 {
                std::thread::sleep(Duration::from_millis(5));
                let began = Instant::now();
                write(&mut own, &mut turns);
                longest = longest.max(began.elapsed());
            }
            ended.store(true, Ordering::SeqCst);
            assert!(longest < Duration::from_secs(2), "{longest:?}");
        });
    }
}
