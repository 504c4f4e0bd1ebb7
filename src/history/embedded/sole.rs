//! One SQLite library for a file and process.
//!
//! The locks that POSIX knows belong to the process: of two SQLite libraries
//! in it neither sees the other's locks, and whichever closes the file first
//! takes them all away. That destroys the file. Two processes, and several
//! clients of one library, are fine.

use super::super::store::{StoreError, StoreErrorKind, StoreResult};
use crate::threads::lock;
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{LazyLock, Mutex};

/// Device and inode.
type File = (u64, u64);

/// How many connections this library has on each file.
static OPEN: LazyLock<Mutex<HashMap<File, usize>>> = LazyLock::new(Mutex::default);

/// A connection of this library on a file; lives until after it is closed.
pub struct Sole(File);

impl Sole {
    /// Refuses a file that somebody else in this process has open.
    pub fn enter(path: &Path) -> StoreResult<Sole> {
        let file = file(path).ok_or_else(|| {
            StoreError::new(StoreErrorKind::Away, format!("history.file {} is gone", path.display()))
        })?;
        let mut open = lock(&OPEN);
        let connections = open.entry(file).or_default();
        if *connections == 0 && is_open(file) {
            open.remove(&file);
            return Err(StoreError::new(
                StoreErrorKind::Configuration,
                format!(
                    "history.file {} is open in this process already, by another copy of this library or of SQLite; \
                     two of them on one file destroy it",
                    path.display()
                ),
            ));
        }
        *connections += 1;
        Ok(Sole(file))
    }
}

impl Drop for Sole {
    fn drop(&mut self) {
        let mut open = lock(&OPEN);
        if let Some(connections) = open.get_mut(&self.0) {
            *connections -= 1;
            if *connections == 0 {
                open.remove(&self.0);
            }
        }
    }
}

fn file(path: &Path) -> Option<File> {
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// Whether this process has the file open. Looks at it by its name only:
/// opening and closing it would be the very thing that takes the locks away.
fn is_open(wanted: File) -> bool {
    let Ok(descriptors) = std::fs::read_dir("/proc/self/fd") else { return false };
    descriptors.flatten().any(|descriptor| file(&descriptor.path()) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_open_elsewhere_in_the_process_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = Sole::enter(file.path()).err().unwrap();
        assert_eq!(refused.kind, StoreErrorKind::Configuration);
        let path = file.into_temp_path();
        let first = Sole::enter(&path).unwrap();
        let other = std::fs::File::open(&path).unwrap();
        let second = Sole::enter(&path).unwrap(); // the first one's own, it must be supposed
        drop(first);
        drop(second);
        assert!(Sole::enter(&path).is_err());
        drop(other);
        assert!(Sole::enter(&path).is_ok());
    }
}
