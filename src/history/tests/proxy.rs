//! A proxy before the tests' PostgreSQL that cuts connections at a chosen
//! moment of a transaction.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// What the client says never reaches the server.
    Before,
    /// It does, but its answer never comes.
    BeforeAnswer,
    /// The connection stays, and goes silent.
    Hold,
}

const COMMIT: &[u8] = b"COMMIT\0";

#[derive(Default)]
struct State {
    cut: Mutex<Option<(Cut, Vec<u8>)>>,
    cuts: AtomicUsize,
    refuse: AtomicBool,
    /// A cut is followed by refusals.
    then_refuse: AtomicBool,
    /// Only answers are held.
    deaf: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
    /// One for each connection: nothing goes on while it is set.
    holds: Mutex<Vec<Arc<AtomicBool>>>,
}

/// The proxy; it ends with the test's process.
pub struct Proxy {
    pub port: u16,
    state: Arc<State>,
}

impl Proxy {
    pub fn start(server_port: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.refuse.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", server_port)) else { continue };
                pump(client, server, &shared);
            }
        });
        Proxy { port, state }
    }

    /// Cuts the connection on which the next COMMIT goes.
    pub fn cut_commit(&self, cut: Cut) {
        *self.state.cut.lock().unwrap() = Some((cut, COMMIT.to_vec()));
    }

    /// The same, and refuses new connections from then on.
    pub fn cut_commit_and_refuse(&self, cut: Cut) {
        self.state.then_refuse.store(true, Ordering::SeqCst);
        self.cut_commit(cut);
    }

    /// Cuts the connection before the answer to the next message that holds
    /// this text.
    pub fn cut_answer_to(&self, text: &str) {
        *self.state.cut.lock().unwrap() = Some((Cut::BeforeAnswer, text.as_bytes().to_vec()));
    }

    /// Cuts the connection on which the next message goes that holds this text.
    pub fn cut_at(&self, cut: Cut, text: &str) {
        *self.state.cut.lock().unwrap() = Some((cut, text.as_bytes().to_vec()));
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::SeqCst)
    }

    /// The connections that are open now go silent, as those to a stopped
    /// server do, whose kernel goes on answering. New ones are not touched.
    pub fn hold(&self) {
        self.state.holds.lock().unwrap().iter().for_each(|hold| hold.store(true, Ordering::SeqCst));
    }

    /// The same for what the server says: it hears everything.
    pub fn hold_answers(&self) {
        self.state.deaf.store(true, Ordering::SeqCst);
        self.hold();
    }

    /// What was held goes on.
    pub fn let_go(&self) {
        self.state.deaf.store(false, Ordering::SeqCst);
        self.state.holds.lock().unwrap().iter().for_each(|hold| hold.store(false, Ordering::SeqCst));
    }

    /// Whether new connections are refused; those that are open are cut.
    pub fn refuse(&self, refuse: bool) {
        self.state.then_refuse.store(false, Ordering::SeqCst);
        self.state.refuse.store(refuse, Ordering::SeqCst);
        if refuse {
            for stream in self.state.open.lock().unwrap().drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

fn pump(client: TcpStream, server: TcpStream, state: &Arc<State>) {
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    state.open.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
    let hold = Arc::new(AtomicBool::new(false));
    state.holds.lock().unwrap().push(Arc::clone(&hold));
    // Set once the COMMIT went through whose answer must not.
    let silent = Arc::new(AtomicBool::new(false));
    for to_server in [true, false] {
        let (mut from, mut to) = if to_server {
            (client.try_clone().unwrap(), server.try_clone().unwrap())
        } else {
            (server.try_clone().unwrap(), client.try_clone().unwrap())
        };
        let (state, silent, hold) = (Arc::clone(state), Arc::clone(&silent), Arc::clone(&hold));
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(length) = from.read(&mut buffer) {
                if length == 0 {
                    break;
                }
                let chunk = &buffer[..length];
                while hold.load(Ordering::SeqCst) && !(to_server && state.deaf.load(Ordering::SeqCst)) {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                let mut cut = state.cut.lock().unwrap();
                let met = to_server
                    && cut
                        .as_ref()
                        .is_some_and(|(_, text)| chunk.windows(text.len()).any(|part| part == text));
                let met = if met { cut.take() } else { None };
                drop(cut);
                if met.is_some() && state.then_refuse.load(Ordering::SeqCst) {
                    state.refuse.store(true, Ordering::SeqCst);
                }
                match met {
                    Some((Cut::Before, _)) => {
                        state.cuts.fetch_add(1, Ordering::SeqCst);
                        break;
                    }
                    Some((Cut::Hold, _)) => {
                        state.cuts.fetch_add(1, Ordering::SeqCst);
                        hold.store(true, Ordering::SeqCst);
                        while hold.load(Ordering::SeqCst) {
                            std::thread::sleep(std::time::Duration::from_millis(5));
                        }
                    }
                    Some((Cut::BeforeAnswer, _)) => silent.store(true, Ordering::SeqCst),
                    None => {}
                }
                if !to_server && silent.load(Ordering::SeqCst) {
                    // The server has answered: it is done.
                    state.cuts.fetch_add(1, Ordering::SeqCst);
                    break;
                }
                if to.write_all(chunk).is_err() {
                    break;
                }
            }
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}

/// A connection string that goes through another port.
pub fn through(connection_string: &str, port: u16) -> String {
    replaced(connection_string, "Port", &port.to_string())
}

/// A connection string with another value for a key.
pub fn replaced(connection_string: &str, key: &str, value: &str) -> String {
    connection_string
        .split(';')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if name.eq_ignore_ascii_case(key) => format!("{name}={value}"),
            _ => pair.to_owned(),
        })
        .collect::<Vec<_>>()
        .join(";")
}

/// The value of a key.
pub fn value_of(connection_string: &str, key: &str) -> String {
    let pairs = connection_string.split(';').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).unwrap().1.to_owned()
}
