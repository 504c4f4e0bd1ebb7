//! What is uploaded: a file that is read twice, first for its size, type and
//! SHA-256, then while it is sent, when it must be the same; or bytes of the
//! host.

use super::types::{self, Chosen};
use crate::ground::hex;
use crate::message::content::MediaKind;
use crate::message::{Error, Result, Status};
use crate::provider::action::Input;
use crate::provider::http;
use crate::threads::lock;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tokio::sync::mpsc;

/// A file is read in parts of this size.
const PART: usize = 64 * 1024;
/// The most characters of a name that Meta is told.
pub const LONGEST_NAME: usize = 240;
/// So many parts wait for the connection.
const AHEAD: usize = 4;

/// Media that was looked at and may be sent.
pub struct Medium {
    held: Held,
    /// Its type.
    pub chosen: Chosen,
    /// The name that it has.
    pub name: String,
    /// What it holds.
    pub facts: Arc<Facts>,
    /// The argument or key that gave it.
    argument: String,
}

/// Nothing is open while it waits: there may be many.
enum Held {
    File(PathBuf),
    Bytes(Arc<[u8]>),
}

/// What reading has shown.
pub struct Facts {
    /// How many bytes there are.
    pub bytes: u64,
    /// When the file was changed last.
    pub modified: Option<SystemTime>,
    /// SHA-256 of all.
    pub sha256: [u8; 32],
    /// The first bytes.
    head: Vec<u8>,
}

impl Facts {
    /// SHA-256 in hexadecimal digits.
    pub fn sha256_text(&self) -> String {
        hex(&self.sha256)
    }
}

/// What is to be looked at.
pub struct Wanted {
    /// Where it comes from.
    pub input: Input,
    /// The type that the host gives.
    pub mime_type: Option<String>,
    /// The name that the host gives.
    pub filename: Option<String>,
    /// What it is to be in a message.
    pub kind: Option<MediaKind>,
    /// The argument or key that gives it, for errors.
    pub argument: String,
    /// The argument or key that gives its type.
    pub type_argument: String,
}

impl Wanted {
    /// Opens and reads it, on a thread that may wait.
    pub async fn look(self) -> Result<Medium> {
        let looked = tokio::task::spawn_blocking(move || self.looked()).await;
        looked.unwrap_or_else(|error| Err(Error::internal(format!("Reading a file broke off: {error}."))))
    }

    /// The same of a file whose facts are known: nothing is read.
    pub fn with_facts(self, facts: Arc<Facts>) -> Result<Medium> {
        let (name, chosen) = self.chosen()?;
        self.medium(name, chosen, facts)
    }

    fn looked(self) -> Result<Medium> {
        let (name, chosen) = self.chosen()?;
        let facts = match &self.input {
            Input::Bytes(bytes) => {
                let length = bytes.len() as u64;
                chosen.media_type.check_size(&self.argument, length)?;
                let head = bytes.get(..bytes.len().min(types::HEAD)).unwrap_or_default().to_vec();
                Facts { bytes: length, modified: None, sha256: Sha256::digest(bytes).into(), head }
            }
            Input::File(path) => {
                let refused = |error: io::Error| cannot_be_read(&self.argument, path, &error);
                let mut file = open(&self.argument, path)?;
                let found = file.metadata().map_err(refused)?;
                let bytes = found.len();
                chosen.media_type.check_size(&self.argument, bytes)?;
                let Some((head, sha256)) = read_through(&mut file, bytes).map_err(refused)? else {
                    return Err(changed(&self.argument, path, "has another size than a moment ago"));
                };
                Facts { bytes, modified: found.modified().ok(), sha256, head }
            }
        };
        self.medium(name, chosen, Arc::new(facts))
    }

    /// The name and the type that it has without being looked at.
    fn chosen(&self) -> Result<(String, Chosen)> {
        let name = match (&self.filename, &self.input) {
            (Some(name), _) => name.clone(),
            (None, Input::File(path)) => name_of(path),
            (None, Input::Bytes(_)) => String::new(),
        };
        let chosen = types::choose(self.about(), self.mime_type.as_deref(), &name, self.kind)?;
        Ok((name, chosen))
    }

    /// The argument or key that tells its type.
    fn about(&self) -> &str {
        if self.mime_type.is_some() { &self.type_argument } else { &self.argument }
    }

    /// Compares what it is to be with what it holds.
    fn medium(self, name: String, chosen: Chosen, facts: Arc<Facts>) -> Result<Medium> {
        let media_type = chosen.media_type;
        media_type.check_size(&self.argument, facts.bytes)?;
        media_type.check_head(self.about(), &facts.head)?;
        if self.kind != Some(MediaKind::Document) {
            media_type.check_still(&self.argument, &facts.head, facts.bytes)?;
        }
        let name = media_type.fitting_name(name, LONGEST_NAME);
        let held = match self.input {
            Input::File(path) => Held::File(path),
            Input::Bytes(bytes) => Held::Bytes(bytes),
        };
        Ok(Medium { held, chosen, name, facts, argument: self.argument })
    }
}

/// Opens a file.
fn open(argument: &str, path: &Path) -> Result<File> {
    let refused = |error: io::Error| cannot_be_read(argument, path, &error);
    // Before opening: opening a pipe would wait for its writer.
    if !fs::metadata(path).map_err(refused)?.is_file() {
        let message = format!("{argument}: {} is not a file.", path.display());
        return Err(Error::about(Status::Argument, argument, message));
    }
    File::open(path).map_err(refused)
}

/// The last part of a path.
pub fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The first bytes and the SHA-256 of a file; `None` where it is not as long
/// as it said.
fn read_through(file: &mut File, length: u64) -> io::Result<Option<(Vec<u8>, [u8; 32])>> {
    let (mut head, mut digest, mut found) = (Vec::new(), Sha256::new(), 0);
    let mut part = vec![0; PART];
    loop {
        let read = file.read(&mut part)?;
        let read = part.get(..read).unwrap_or_default();
        if read.is_empty() {
            return Ok((found == length).then(|| (head, digest.finalize().into())));
        }
        found += read.len() as u64;
        if found > length {
            return Ok(None);
        }
        let room = types::HEAD.saturating_sub(head.len());
        head.extend_from_slice(read.get(..room).unwrap_or(read));
        digest.update(read);
    }
}

fn cannot_be_read(argument: &str, path: &Path, error: &io::Error) -> Box<Error> {
    let message = format!("{argument}: {} cannot be read: {error}.", path.display());
    Error::about(Status::Argument, argument, message)
        .hint("The path is one of the machine on which this program runs, with the rights of its user.")
}

fn changed(argument: &str, path: &Path, how: &str) -> Box<Error> {
    let message = format!("{argument}: {} {how}; the upload was broken off.", path.display());
    Error::about(Status::Argument, argument, message)
        .hint("Send a file only when whoever writes it has finished.")
}

/// Where a reader says why it broke off.
pub type Fault = Arc<Mutex<Option<Box<Error>>>>;

impl Medium {
    /// What a request is made of, and where the reading says why it broke off.
    pub fn into_source(self) -> (http::Source, Fault) {
        let fault = Fault::default();
        let source = match self.held {
            Held::Bytes(bytes) => http::Source::Bytes(Bytes::from_owner(bytes)),
            Held::File(path) => {
                let (sender, receiver) = mpsc::channel(AHEAD);
                let told = Arc::clone(&fault);
                let (facts, argument) = (self.facts, self.argument);
                tokio::task::spawn_blocking(move || {
                    if let Err(error) = feed(&path, &facts, &argument, &sender) {
                        *lock(&told) = Some(error);
                    }
                    // Dropping the sender without `None` breaks the request off.
                });
                http::Source::Reader(receiver)
            }
        };
        (source, fault)
    }
}

/// Reads a file again and gives its parts. The end is told only if it is
/// still what was looked at.
fn feed(path: &Path, facts: &Facts, argument: &str, to: &mpsc::Sender<Option<Bytes>>) -> Result<()> {
    let unreadable = |error: io::Error| cannot_be_read(argument, path, &error);
    let vanished = || changed(argument, path, "has vanished while it was sent");
    let is_gone = || fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    // The request is under way already.
    let mut file = open(argument, path).map_err(|error| if is_gone() { vanished() } else { error })?;
    let bytes = facts.bytes;
    let (mut left, mut digest) = (bytes, Sha256::new());
    loop {
        let mut part = vec![0; PART];
        let read = file.read(&mut part).map_err(unreadable)?;
        part.truncate(read);
        if part.is_empty() {
            break;
        }
        let Some(rest) = left.checked_sub(read as u64) else {
            return Err(changed(argument, path, "has grown while it was sent"));
        };
        left = rest;
        digest.update(&part);
        if to.blocking_send(Some(part.into())).is_err() {
            return Ok(());
        }
        // An open file outlives its name; the host's file is gone all the same.
        match fs::metadata(path) {
            Ok(now) if now.len() == bytes => {}
            Ok(now) if now.len() < bytes => {
                return Err(changed(argument, path, "has shrunk while it was sent"));
            }
            Ok(_) => return Err(changed(argument, path, "has grown while it was sent")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(vanished()),
            Err(error) => return Err(unreadable(error)),
        }
    }
    if left > 0 {
        return Err(changed(argument, path, "has shrunk while it was sent"));
    }
    if <[u8; 32]>::from(digest.finalize()) != facts.sha256 {
        return Err(changed(argument, path, "has changed while it was sent"));
    }
    let _ = to.blocking_send(None);
    Ok(())
}

/// The largest file that is held in memory whole.
const MOST_HELD: u64 = 16 * 1024 * 1024;

/// A file that is small enough to be held in memory.
pub struct WholeFile {
    /// All of it.
    pub bytes: Bytes,
    /// Such as `image/jpeg`.
    pub mime_type: &'static str,
    /// Its name.
    pub name: String,
}

impl WholeFile {
    /// Reads a file of one of these types, on a thread that may wait.
    /// `argument` gave it.
    pub async fn read(
        argument: &str,
        path: &Path,
        kind: MediaKind,
        types: &'static [&'static str],
    ) -> Result<WholeFile> {
        let (argument, path) = (argument.to_owned(), path.to_owned());
        let wanted = Wanted {
            input: Input::File(path.clone()),
            mime_type: None,
            filename: None,
            kind: Some(kind),
            argument: argument.clone(),
            type_argument: argument.clone(),
        };
        let read = tokio::task::spawn_blocking(move || {
            let medium = wanted.looked()?;
            let mime_type = medium.chosen.media_type.mime;
            let refused =
                |why: String| Err(Error::about(Status::Message, &argument, format!("{argument}: {why}")));
            if !types.contains(&mime_type) {
                return refused(format!("{mime_type} is not taken here; {} can be.", types.join(", ")));
            }
            if medium.facts.bytes > MOST_HELD {
                let found = medium.facts.bytes;
                return refused(format!(
                    "the file has {found} bytes; 16 MB ({MOST_HELD} bytes) are the most."
                ));
            }
            let mut bytes = Vec::new();
            // One more than there are to be, so that growth is seen.
            open(&argument, &path)?
                .take(medium.facts.bytes + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| cannot_be_read(&argument, &path, &error))?;
            if <[u8; 32]>::from(Sha256::digest(&bytes)) != medium.facts.sha256 {
                return Err(changed(&argument, &path, "has changed while it was read"));
            }
            Ok(WholeFile {
                bytes: bytes.into(),
                mime_type,
                name: medium.name.chars().take(LONGEST_NAME).collect(),
            })
        });
        read.await.unwrap_or_else(|error| Err(Error::internal(format!("Reading a file broke off: {error}."))))
    }
}
