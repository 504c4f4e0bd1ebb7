//! What reading a file has shown, so that a file for many recipients is read
//! through once.

use super::bounded::Bounded;
use super::source::Facts;
use crate::threads::lock;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// So many files are known. The beginning of each is kept too.
const MOST: usize = 256;
/// A file that was just written may be written again under the same time: file
/// systems count it in steps, of up to two seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// Files by their paths.
pub struct FactsCache(Mutex<Bounded<PathBuf, Arc<Facts>>>);

impl Default for FactsCache {
    fn default() -> FactsCache {
        FactsCache(Mutex::new(Bounded::new(MOST)))
    }
}

impl FactsCache {
    /// What is known of a file that has kept its time and its size. Waits for
    /// the disk.
    pub fn get(&self, path: &Path) -> Option<Arc<Facts>> {
        // A host may change its working directory.
        let path = std::path::absolute(path).ok()?;
        let facts = Arc::clone(lock(&self.0).get(&path)?);
        let now = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
        (now.len() == facts.bytes && now.modified().ok() == facts.modified).then_some(facts)
    }

    /// Remembers what was read at that time.
    pub fn put(&self, path: &Path, facts: &Arc<Facts>, read_at: SystemTime) {
        let settled = |at| read_at.duration_since(at).is_ok_and(|age| age >= SETTLED);
        if facts.modified.is_some_and(settled)
            && let Ok(path) = std::path::absolute(path)
        {
            lock(&self.0).put(path, Arc::clone(facts));
        }
    }

    /// Forgets: the file was another one when it was read again.
    pub fn forget(&self, path: &Path) {
        if let Ok(path) = std::path::absolute(path) {
            lock(&self.0).remove(&path);
        }
    }
}
