//! The one thread that calls the host back.
//!
//! A slow host slows nothing down but itself: events wait in the history, log
//! records in their ring.

use super::kinds::Kinds;
use super::{LONGEST_LOOK, Log, Position, Stream};
use crate::ground::{Level, threads};
use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A function of the host, with its user data bound.
pub type Callback = Arc<dyn Fn(Level, &str) + Send + Sync>;

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Calls the host back, one call at a time.
pub struct Dispatcher {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    stream: Stream,
    state: Mutex<State>,
    idle: Condvar,
}

#[derive(Default)]
struct State {
    /// Without a place it begins where the client began.
    on_event: Option<(Callback, Kinds, Option<Position>)>,
    on_log: Option<(Callback, Level, u64)>,
    running: bool,
    stopping: bool,
}

impl Dispatcher {
    /// A dispatcher; its thread starts with the first callback.
    pub fn new(stream: Stream) -> Dispatcher {
        Dispatcher {
            shared: Arc::new(Shared { stream, state: Mutex::default(), idle: Condvar::new() }),
            thread: Mutex::new(None),
        }
    }

    /// Whether the calling thread is inside a callback.
    pub fn in_callback() -> bool {
        IN_CALLBACK.get()
    }

    /// Sets or unsets the callback for events. Returns when the one before is
    /// no longer running; false if the deadline passed first.
    pub fn on_event(&self, callback: Option<(Callback, Kinds)>, deadline: Instant) -> bool {
        self.change(deadline, callback.is_some(), |state| {
            state.on_event = callback.map(|(callback, kinds)| {
                // What lives in memory needs no database.
                let from = kinds.only_memory().then(Position::default);
                (callback, kinds, from)
            });
        })
    }

    /// Sets or unsets the callback for log records. The records kept so far
    /// are handed over first.
    pub fn on_log(&self, callback: Option<(Callback, Level)>, deadline: Instant) -> bool {
        let signal = &self.shared.stream.signal;
        let set = callback.is_some();
        let was_set = self.shared.lock().on_log.is_some();
        if set != was_set {
            signal.listen_to_log(set);
        }
        self.change(deadline, set, |state| {
            state.on_log = callback.map(|(callback, level)| (callback, level, 0));
        })
    }

    fn change(&self, deadline: Instant, start: bool, change: impl FnOnce(&mut State)) -> bool {
        let mut state = self.shared.lock();
        change(&mut state);
        while state.running && !Self::in_callback() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = threads::wait_for(&self.shared.idle, state, left);
        }
        drop(state);
        if start {
            self.start();
        }
        self.shared.stream.signal.ring();
        true
    }

    fn start(&self) {
        let mut thread = threads::lock(&self.thread);
        if thread.is_none() {
            let shared = Arc::clone(&self.shared);
            *thread = std::thread::Builder::new()
                .name("wa-dispatcher".into())
                .spawn(move || {
                    threads::prepare();
                    shared.run();
                })
                .ok();
        }
    }

    /// No new callback starts from here on.
    pub fn stop(&self) {
        self.shared.lock().stopping = true;
        self.shared.stream.signal.ring();
    }

    /// Whether the thread has ended; joins it if so. A callback may hang.
    pub fn ended(&self) -> bool {
        threads::ended(&self.thread)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        threads::lock(&self.state)
    }

    fn run(&self) {
        loop {
            let seen = self.stream.signal.rings();
            let (on_event, on_log) = {
                let state = self.lock();
                if state.stopping {
                    return;
                }
                (state.on_event.clone(), state.on_log.clone())
            };
            let mut busy = false;
            if let Some((callback, level, from)) = on_log {
                busy |= self.hand_over_log(&self.stream.log, &callback, level, from);
            }
            if let Some((callback, kinds, from)) = on_event {
                busy |= self.hand_over_events(&callback, &kinds, from);
            }
            if !busy {
                self.stream.signal.wait(seen, Instant::now() + Duration::from_millis(500));
            }
        }
    }

    fn hand_over_log(&self, log: &Log, callback: &Callback, level: Level, from: u64) -> bool {
        let (records, last) = log.after(from, level, 100);
        let any = last != from;
        for (weight, record) in records {
            let Ok(text) = serde_json::to_string(&record) else { continue };
            let still_set =
                |state: &State| state.on_log.as_ref().is_some_and(|now| Arc::ptr_eq(&now.0, callback));
            if !self.call(callback, weight, &text, still_set) {
                return true;
            }
        }
        if let Some(now) = &mut self.lock().on_log
            && Arc::ptr_eq(&now.0, callback)
        {
            now.2 = last;
        }
        any
    }

    fn hand_over_events(&self, callback: &Callback, kinds: &Kinds, from: Option<Position>) -> bool {
        // Until the writer has reached the database there is nothing to tell.
        let Some(from) = from.or_else(|| self.stream.start.known()) else { return false };
        let now = Instant::now();
        let Ok((bodies, position)) = self.stream.next(from, kinds, 100, now, now + LONGEST_LOOK) else {
            return false;
        };
        let any = !bodies.is_empty();
        for text in bodies {
            let still_set =
                |state: &State| state.on_event.as_ref().is_some_and(|now| Arc::ptr_eq(&now.0, callback));
            if !self.call(callback, Level::Info, &text, still_set) {
                return true;
            }
        }
        if let Some(now) = &mut self.lock().on_event
            && Arc::ptr_eq(&now.0, callback)
        {
            now.2 = Some(position);
        }
        any
    }

    /// Calls the host, under no lock, if the callback is still the one that is
    /// set.
    fn call(
        &self,
        callback: &Callback,
        level: Level,
        text: &str,
        still_set: impl Fn(&State) -> bool,
    ) -> bool {
        {
            let mut state = self.lock();
            if state.stopping || !still_set(&state) {
                return false;
            }
            state.running = true;
        }
        IN_CALLBACK.set(true);
        callback(level, text);
        IN_CALLBACK.set(false);
        self.lock().running = false;
        self.idle.notify_all();
        true
    }
}
