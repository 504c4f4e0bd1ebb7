//! Waiting for a file that another process writes to.
//!
//! SQLite's own wait sleeps longer and longer, up to a tenth of a second,
//! while whoever has the file takes it again at once if there is more to
//! write: of ten busy processes one then waits for five seconds. So here all
//! who wait try again after a few milliseconds, and a writer that had to wait
//! lets the others try before it takes the file the next time. So does one that
//! has had the file to itself for a while: it cannot know that nobody waits.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(5);
/// How long a writer leaves the file to others: a little longer than they
/// sleep between two tries.
const TURN: Duration = Duration::from_millis(7);
/// How long a writer that never had to wait goes on without a pause.
const LONGEST_TURN: Duration = Duration::from_millis(250);

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
    /// When the writes began that followed each other without a pause, and
    /// when the last of them ended.
    turn: Option<(Instant, Instant)>,
    /// Others were at work when this one came.
    had_to_wait: bool,
}

impl Turns {
    /// Writes, when it is this one's turn.
    pub fn take<T>(&mut self, write: impl FnOnce() -> T) -> T {
        let mut began = Instant::now();
        if let Some((first, ended)) = self.turn {
            let pause = ended.elapsed();
            if pause < TURN {
                if self.had_to_wait || first.elapsed() >= LONGEST_TURN {
                    std::thread::sleep(TURN - pause);
                    began = Instant::now();
                } else {
                    began = first;
                }
            }
        }
        let before = TIMES.get();
        let written = write();
        self.had_to_wait = TIMES.get() != before;
        self.turn = Some((began, Instant::now()));
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::{Connection, TransactionBehavior};
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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

    /// One who wants to write now and then is not kept waiting by those who
    /// always do: few of them write before it, however slow the machine is.
    #[test]
    fn everybody_has_a_turn() {
        for others in [1, 3] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("wa.db");
            let (ended, written) = (AtomicBool::new(false), AtomicUsize::new(0));
            // Keeps the file for a while, as the disk does, and takes it again at once.
            let write = |connection: &mut Connection, turns: &mut Turns| {
                wait_at_most(Duration::from_secs(60));
                turns.take(|| {
                    let transaction =
                        connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
                    std::thread::sleep(Duration::from_millis(10));
                    transaction.commit().unwrap();
                });
                written.fetch_add(1, Ordering::SeqCst)
            };
            let mut own = open(&path);
            std::thread::scope(|scope| {
                for mut other in (0..others).map(|_| open(&path)) {
                    let (ended, write) = (&ended, &write);
                    scope.spawn(move || {
                        let mut turns = Turns::default();
                        while !ended.load(Ordering::SeqCst) {
                            write(&mut other, &mut turns);
                        }
                    });
                }
                let mut turns = Turns::default();
                let before: Vec<usize> = (0..15)
                    .map(|_| {
                        std::thread::sleep(Duration::from_millis(5));
                        let asked = written.load(Ordering::SeqCst);
                        write(&mut own, &mut turns) - asked
                    })
                    .collect();
                ended.store(true, Ordering::SeqCst);
                assert!(before.iter().all(|writes| *writes < 80), "{others} others: {before:?}");
            });
        }
    }
}
