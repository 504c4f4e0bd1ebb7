//! A stand-in for SQL Server, for faults that a real one shows seldom: it
//! speaks TDS 7.4 well enough for FreeTDS, knows no SQL, and answers what a
//! test told it to.
//!
//! What a client says is looked through for a text of the test's: a statement,
//! or the name of a kind of request such as `COMMIT`. What nobody asked about
//! is answered "done".

use std::collections::HashMap;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the stand-in does when it is asked.
#[derive(Debug, Clone)]
pub enum Does {
    /// Rows of texts.
    Rows(Vec<Vec<Option<String>>>),
    /// An error with its number and class, such as 1205 and 13. Class 20 and
    /// above end the connection, as on a real server.
    Error(i32, u8, &'static str),
    /// Closes the connection.
    HangUp,
    /// Says nothing any more.
    Mute,
}

/// The moments before a client has a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// It is let in.
    Welcome,
    /// A wrong password.
    Refused,
    /// The server hangs up at once.
    HangUpAtOnce,
    /// The same once it has the password.
    HangUpAtPassword,
    /// Takes the connection and says nothing.
    Mute,
}

/// One answer: what is looked for, how often it is still given, and the answer.
struct Rule {
    text: String,
    left: usize,
    does: Does,
}

#[derive(Default)]
struct State {
    rules: Mutex<Vec<Rule>>,
    asked: Mutex<Vec<String>>,
    login: Mutex<Option<Login>>,
}

/// The stand-in. It ends with the test's process.
pub struct StandIn {
    port: u16,
    state: Arc<State>,
}

impl StandIn {
    pub fn start() -> StandIn {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || {
                    let _ = stream.set_nodelay(true);
                    // An error is the end of the connection, whoever ended it.
                    let _ = Talk::new(&stream, &state).and_then(|mut talk| talk.go_on());
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        });
        StandIn { port, state }
    }

    /// The connection string for FreeTDS.
    pub fn connection_string(&self, password: &str) -> String {
        format!("Driver=FreeTDS;Server=127.0.0.1;Port={};Database=wa;UID=wa;PWD={password};", self.port)
    }

    /// How clients are received from now on.
    pub fn login(&self, login: Login) {
        *self.state.login.lock().unwrap() = Some(login);
    }

    /// What is done with every request that has this text in it. What is said
    /// later is looked at first.
    pub fn always(&self, text: &str, does: Does) {
        self.times(usize::MAX, text, does);
    }

    /// The same for the next such request alone.
    pub fn once(&self, text: &str, does: Does) {
        self.times(1, text, does);
    }

    fn times(&self, left: usize, text: &str, does: Does) {
        let rule = Rule { text: text.to_owned(), left, does };
        self.state.rules.lock().unwrap().insert(0, rule);
    }

    /// How often it was asked for what has this text in it.
    pub fn asked(&self, text: &str) -> usize {
        self.state.asked.lock().unwrap().iter().filter(|asked| asked.contains(text)).count()
    }

    /// All that it was asked.
    pub fn all_asked(&self) -> Vec<String> {
        self.state.asked.lock().unwrap().clone()
    }
}

/// One row of one text.
pub fn text(text: &str) -> Does {
    Does::Rows(vec![vec![Some(text.to_owned())]])
}

// Kinds of packet.
const SQL: u8 = 1;
const CALL: u8 = 3;
const ANSWER: u8 = 4;
const ATTENTION: u8 = 6;
const TRANSACTION: u8 = 14;
const LOGIN: u8 = 16;
const BEFORE_LOGIN: u8 = 18;

// Kinds of DONE.
const DONE: u8 = 0xFD;
const DONE_PROCEDURE: u8 = 0xFE;
const DONE_IN_PROCEDURE: u8 = 0xFF;

// What DONE says.
const MORE: u16 = 0x01;
const FAILED: u16 = 0x02;
const COUNTED: u16 = 0x10;
const ATTENDED: u16 = 0x20;

/// A connection.
struct Talk<'a> {
    stream: &'a TcpStream,
    state: &'a State,
    /// What each handle was prepared for.
    prepared: HashMap<i32, String>,
    in_transaction: bool,
}

impl<'a> Talk<'a> {
    fn new(stream: &'a TcpStream, state: &'a State) -> Result<Talk<'a>> {
        let mut talk = Talk { stream, state, prepared: HashMap::new(), in_transaction: false };
        let login = state.login.lock().unwrap().unwrap_or(Login::Welcome);
        match login {
            Login::HangUpAtOnce => return Err(ErrorKind::ConnectionAborted.into()),
            Login::Mute => talk.mute()?,
            _ => {}
        }
        let (BEFORE_LOGIN, _) = talk.hear()? else { return Err(ErrorKind::InvalidData.into()) };
        // Version 13 (SQL Server 2016), no encryption, one session a connection.
        talk.say(&[0, 0, 16, 0, 6, 1, 0, 22, 0, 1, 4, 0, 23, 0, 1, 0xFF, 13, 0, 0x10, 0, 0, 0, 2, 0])?;
        let (LOGIN, _) = talk.hear()? else { return Err(ErrorKind::InvalidData.into()) };
        match login {
            Login::HangUpAtPassword => return Err(ErrorKind::ConnectionAborted.into()),
            Login::Refused => {
                let mut answer = error(18456, 14, "Login failed for user 'wa'.");
                answer.extend(done(DONE, FAILED, 0));
                talk.say(&answer)?;
                return Err(ErrorKind::PermissionDenied.into());
            }
            _ => {}
        }
        let mut welcome = change(1, &short("wa"), &short("master"));
        let mut acknowledged = vec![1, 0x74, 0, 0, 4];
        acknowledged.extend(short("Microsoft SQL Server"));
        acknowledged.extend([13, 0, 0x10, 0]);
        welcome.extend(token(0xAD, &acknowledged));
        welcome.extend(change(4, &short("4096"), &short("4096")));
        welcome.extend(done(DONE, 0, 0));
        talk.say(&welcome)?;
        Ok(talk)
    }

    fn go_on(&mut self) -> Result<()> {
        loop {
            let (kind, body) = self.hear()?;
            let answer = match kind {
                SQL => self.statement(&wide(after_headers(&body))),
                CALL => self.call(after_headers(&body)),
                TRANSACTION => self.transaction(after_headers(&body)),
                ATTENTION => Ok(done(DONE, ATTENDED, 0)),
                _ => Err(ErrorKind::InvalidData.into()),
            }?;
            self.say(&answer)?;
        }
    }

    /// What the test wants done, if it wants anything.
    fn told(&self, asked: &str) -> Option<Does> {
        self.state.asked.lock().unwrap().push(asked.to_owned());
        let mut rules = self.state.rules.lock().unwrap();
        let rule = rules.iter_mut().find(|rule| rule.left > 0 && asked.contains(&rule.text))?;
        rule.left -= 1;
        Some(rule.does.clone())
    }

    fn statement(&mut self, sql: &str) -> Result<Vec<u8>> {
        let told = self.told(sql);
        let (mut answer, what) = self.answer(told)?;
        answer.extend(done(DONE, what, 1));
        Ok(answer)
    }

    /// The answer before the last DONE, and what that says.
    fn answer(&mut self, told: Option<Does>) -> Result<(Vec<u8>, u16)> {
        match told {
            None => Ok((Vec::new(), COUNTED)),
            Some(Does::Rows(rows)) => Ok((table(&rows), COUNTED)),
            Some(Does::Error(number, class, words)) => {
                let mut answer = Vec::new();
                if number == 1205 && std::mem::take(&mut self.in_transaction) {
                    // The victim of a deadlock is rolled back.
                    answer.extend(change(10, &[0], &descriptor()));
                }
                answer.extend(error(number, class, words));
                if class >= 20 {
                    answer.extend(done(DONE, FAILED, 0));
                    self.say(&answer)?;
                    return Err(ErrorKind::ConnectionAborted.into());
                }
                Ok((answer, FAILED))
            }
            Some(Does::HangUp) => Err(ErrorKind::ConnectionAborted.into()),
            Some(Does::Mute) => self.mute().map(|()| (Vec::new(), COUNTED)),
        }
    }

    /// A procedure by its number: those by which drivers prepare and execute.
    fn call(&mut self, body: &[u8]) -> Result<Vec<u8>> {
        const EXECUTE: u16 = 12;
        const PREPARE: [u16; 2] = [11, 13];
        let number = if body.starts_with(&[0xFF, 0xFF]) { u16::from_le_bytes([body[2], body[3]]) } else { 0 };
        // The whole request is looked through: the statement, and the values.
        let mut text = wide(body) + &wide(body.get(1..).unwrap_or_default());
        let handle = if number == EXECUTE {
            // Number, flags, then the handle: no name, no status, INTN(4).
            let at: Option<[u8; 4]> = body.get(11..15).and_then(|bytes| bytes.try_into().ok());
            let handle = i32::from_le_bytes(at.ok_or(ErrorKind::InvalidData)?);
            let prepared = self.prepared.get(&handle).ok_or(ErrorKind::InvalidData)?;
            text = format!("{prepared} {text}");
            None
        } else if PREPARE.contains(&number) {
            let handle = i32::try_from(self.prepared.len()).unwrap() + 1;
            self.prepared.insert(handle, text.clone());
            Some(handle)
        } else {
            None
        };
        let told = self.told(&text);
        let (mut answer, what) = self.answer(told)?;
        answer.extend(done(DONE_IN_PROCEDURE, what | MORE, 1));
        answer.push(0x79);
        answer.extend(0_i32.to_le_bytes());
        if let Some(handle) = handle {
            // The value that the procedure gives back: an INTN(4).
            answer.extend([0xAC, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x26, 4, 4]);
            answer.extend(handle.to_le_bytes());
        }
        answer.extend(done(DONE_PROCEDURE, what & FAILED, 0));
        Ok(answer)
    }

    fn transaction(&mut self, body: &[u8]) -> Result<Vec<u8>> {
        const BEGIN: u8 = 5;
        const COMMIT: u8 = 7;
        const ROLLBACK: u8 = 8;
        let (word, ended) = match body.first() {
            Some(&BEGIN) => ("BEGIN", None),
            Some(&COMMIT) => ("COMMIT", Some(9)),
            Some(&ROLLBACK) => ("ROLLBACK", Some(10)),
            _ => return Err(ErrorKind::InvalidData.into()),
        };
        let told = self.told(word);
        let (mut answer, what) = self.answer(told)?;
        if what == COUNTED {
            match ended {
                Some(_) if !self.in_transaction => {
                    answer.extend(error(3903, 16, "The request has no corresponding BEGIN TRANSACTION."));
                    answer.extend(done(DONE, FAILED, 0));
                    return Ok(answer);
                }
                Some(kind) => answer.extend(change(kind, &[0], &descriptor())),
                None => {}
            }
            // An end may ask for the next beginning.
            self.in_transaction = ended.is_none() || body.get(3).is_some_and(|flags| flags & 1 == 1);
            if self.in_transaction {
                answer.extend(change(8, &descriptor(), &[0]));
            }
        }
        answer.extend(done(DONE, what & FAILED, 0));
        Ok(answer)
    }

    /// Reads on without a word until the client gives up.
    fn mute(&mut self) -> Result<()> {
        self.stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        while self.stream.read(&mut [0; 512])? > 0 {}
        Err(ErrorKind::ConnectionAborted.into())
    }

    /// A message: its kind, and its packets' bodies together.
    fn hear(&mut self) -> Result<(u8, Vec<u8>)> {
        let mut body = Vec::new();
        loop {
            let mut header = [0; 8];
            self.stream.read_exact(&mut header)?;
            let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
            let begin = body.len();
            body.resize(begin + length.checked_sub(8).ok_or(ErrorKind::InvalidData)?, 0);
            self.stream.read_exact(&mut body[begin..])?;
            if header[1] & 1 == 1 {
                return Ok((header[0], body));
            }
        }
    }

    fn say(&mut self, body: &[u8]) -> Result<()> {
        let chunks: Vec<&[u8]> = body.chunks(4_000).collect();
        for (at, chunk) in chunks.iter().enumerate() {
            let length = u16::try_from(chunk.len() + 8).map_err(|_| Error::from(ErrorKind::InvalidData))?;
            let last = u8::from(at + 1 == chunks.len());
            let mut packet = vec![ANSWER, last];
            packet.extend(length.to_be_bytes());
            packet.extend([0, 0, 1, 0]);
            packet.extend(*chunk);
            self.stream.write_all(&packet)?;
        }
        Ok(())
    }
}

/// What follows the headers that requests begin with, whose length they say.
fn after_headers(body: &[u8]) -> &[u8] {
    let length = body.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
    body.get(length..).unwrap_or_default()
}

fn wide(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A text with its length in one byte.
fn short(text: &str) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(text.encode_utf16().count()).unwrap()];
    bytes.extend(utf16(text));
    bytes
}

/// A text with its length in two bytes.
fn long(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes().to_vec();
    bytes.extend(utf16(text));
    bytes
}

/// A token whose length is said in two bytes.
fn token(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut token = vec![kind];
    token.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
    token.extend(body);
    token
}

/// The environment changed: database 1, packet size 4, transaction begun 8,
/// committed 9, rolled back 10.
fn change(what: u8, new: &[u8], old: &[u8]) -> Vec<u8> {
    token(0xE3, &[&[what], new, old].concat())
}

/// The transaction's name, with its length.
fn descriptor() -> Vec<u8> {
    vec![8, 1, 0, 0, 0, 1, 0, 0, 0]
}

fn error(number: i32, class: u8, words: &str) -> Vec<u8> {
    let mut body = number.to_le_bytes().to_vec();
    body.extend([1, class]);
    body.extend(long(words));
    body.extend(short("stand-in"));
    body.extend(short(""));
    body.extend(1_u32.to_le_bytes());
    token(0xAA, &body)
}

fn done(kind: u8, what: u16, rows: u64) -> Vec<u8> {
    let mut done = vec![kind];
    done.extend(what.to_le_bytes());
    done.extend(0_u16.to_le_bytes());
    done.extend(rows.to_le_bytes());
    done
}

/// Rows whose columns are all NVARCHAR(4000).
fn table(rows: &[Vec<Option<String>>]) -> Vec<u8> {
    let columns = rows.first().map_or(1, Vec::len);
    let mut table = vec![0x81];
    table.extend(u16::try_from(columns).unwrap().to_le_bytes());
    for _ in 0..columns {
        // No user type; may be null; 8,000 bytes; the collation of US English.
        table.extend([0, 0, 0, 0, 1, 0, 0xE7, 0x40, 0x1F, 0x09, 0x04, 0xD0, 0x00, 0x34]);
        table.extend(short("c"));
    }
    for row in rows {
        table.push(0xD1);
        for text in row {
            match text {
                None => table.extend([0xFF, 0xFF]),
                Some(text) => {
                    let bytes = utf16(text);
                    table.extend(u16::try_from(bytes.len()).unwrap().to_le_bytes());
                    table.extend(bytes);
                }
            }
        }
    }
    table
}
