//! What was seen of a database, kept on this machine beyond the process.
//!
//! Several databases may share a folder: each has a file of its own, named by
//! its identity and by the place at which it was reached. A copy has the
//! identity of the original, and goes on counting for itself.

use super::Marks;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use uuid::Uuid;

const ENDING: &str = "seen";
/// The one file that versions before had for all databases.
const OF_ALL: &str = "database.seen";

/// What a worker remembers of a database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seen {
    pub database: Uuid,
    pub worker: Uuid,
    pub renewals: i64,
    pub decision: i64,
}

impl Seen {
    /// Whether a database that counts so is of an earlier day.
    pub fn is_behind(&self, marks: Marks) -> bool {
        marks.decision <= self.decision && marks.renewals.is_none_or(|renewals| renewals < self.renewals)
    }
}

/// Where it is kept.
#[derive(Debug)]
pub struct LastSeen {
    folder: PathBuf,
    place: String,
}

impl LastSeen {
    /// `place`: what the settings say of where the database is.
    pub fn new(folder: PathBuf, place: &str) -> LastSeen {
        let hash = Sha256::digest(place);
        let place = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        LastSeen { folder, place }
    }

    fn file(&self, database: Uuid) -> PathBuf {
        self.folder.join(format!("database-{}-{}.{ENDING}", database.simple(), self.place))
    }

    /// What was seen of a database at this place. Where it was never seen here,
    /// what was seen of it last elsewhere: it may have been restored on another
    /// server, or this may be a copy.
    pub fn recall(&self, database: Uuid) -> Option<Seen> {
        if let Some(seen) = read(&self.file(database)) {
            return Some(seen);
        }
        let start = format!("database-{}-", database.simple());
        let all = std::fs::read_dir(&self.folder).ok()?;
        let of_it = all.flatten().filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name == OF_ALL || (name.starts_with(&start) && name.ends_with(&format!(".{ENDING}")))
        });
        of_it
            .filter_map(|entry| {
                let seen = read(&entry.path()).filter(|seen| seen.database == database)?;
                let written = entry.metadata().and_then(|found| found.modified());
                Some((written.unwrap_or(SystemTime::UNIX_EPOCH), seen))
            })
            .max_by_key(|(written, _)| *written)
            .map(|(_, seen)| seen)
    }

    /// Without it the next process does not notice; nothing else depends on it.
    pub fn keep(&self, seen: &Seen) {
        let file = self.file(seen.database);
        let new = file.with_extension(format!("{}.new", seen.worker.simple()));
        let written = serde_json::to_vec(seen).map_err(std::io::Error::other);
        let done =
            written.and_then(|bytes| std::fs::write(&new, bytes)).and_then(|()| std::fs::rename(&new, &file));
        if done.is_err() {
            let _ = std::fs::remove_file(&new);
        }
    }
}

fn read(file: &Path) -> Option<Seen> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}
