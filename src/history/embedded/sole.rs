//! One SQLite library for a file and process.
//!
//! The locks that POSIX knows belong to the process: of two SQLite libraries
//! in it neither sees the other's locks, and whichever closes the file first
//! takes them all away. That destroys the file. Two processes, and several
//! clients of one library, are fine.

use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
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
    /// Makes the file, if need be, and refuses it if somebody else in this
    /// process has it open. Under one lock: the file that `make` has open for
    /// a moment is not to be taken for somebody else's.
    pub fn enter(path: &Path, make: impl FnOnce(&Path) -> StoreResult<()>) -> StoreResult<Sole> {
        let mut open = lock(&OPEN);
        make(path)?;
        let file = file(path).ok_or_else(|| {
            StoreError::new(StoreErrorKind::Away, format!("history.file {} is gone", path.display()))
        })?;
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

    fn there(_: &Path) -> StoreResult<()> {
        Ok(())
    }

    #[test]
    fn many_threads_make_one_new_file() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..50 {
            let path = folder.path().join(format!("{round}.db"));
            std::thread::scope(|scope| {
                let all: Vec<_> = (0..8)
                    .map(|_| scope.spawn(|| Sole::enter(&path, crate::history::embedded::file::make_private)))
                    .collect();
                for one in all {
                    one.join().unwrap().unwrap_or_else(|e| panic!("{}", e.message));
                }
            });
        }
    }

    #[test]
    fn a_file_that_is_open_elsewhere_in_the_process_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = Sole::enter(file.path(), there).err().unwrap();
        assert_eq!(refused.kind, StoreErrorKind::Configuration);
        let path = file.into_temp_path();
        let first = Sole::enter(&path, there).unwrap();
        let other = std::fs::File::open(&path).unwrap();
        let second = Sole::enter(&path, there).unwrap(); // the first one's own, it must be supposed
        drop(first);
        drop(second);
        assert!(Sole::enter(&path, there).is_err());
        drop(other);
        assert!(Sole::enter(&path, there).is_ok());
    }
}
