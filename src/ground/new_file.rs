//! A file that is written whole or not at all. Until it is whole it has a name
//! of its own beside the one that it is to have.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A new file that does not have its name yet. Dropped before that, it is gone.
pub struct NewFile {
    file: Option<File>,
    temporary: PathBuf,
    target: PathBuf,
    overwrite: bool,
}

impl NewFile {
    /// Begins a file in the target's folder. One that is there is replaced only
    /// with `overwrite`.
    pub fn create(target: &Path, overwrite: bool) -> io::Result<NewFile> {
        let folder = target.parent().unwrap_or(Path::new(""));
        // The name is nobody's, and never a link: it is made new.
        let temporary = folder.join(format!(".wa-{}.part", Uuid::new_v4().simple()));
        let file = Some(create(&temporary)?);
        Ok(NewFile { file, temporary, target: target.to_owned(), overwrite })
    }

    /// Writes more.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.write_all(bytes))
    }

    /// All is written: waits until it is on the disk.
    pub fn finish(&mut self) -> io::Result<()> {
        self.file.take().map_or(Ok(()), |file| file.sync_all())
    }

    /// Gives the file its name. A name that is a link is replaced, never
    /// followed. `AlreadyExists` says that the name is taken.
    pub fn keep(mut self) -> io::Result<()> {
        self.finish()?;
        if !self.overwrite {
            match fs::hard_link(&self.temporary, &self.target) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
                // Some file systems have no second names: the name is taken
                // first, then replaced.
                Err(_) => drop(create(&self.target)?),
            }
        }
        fs::rename(&self.temporary, &self.target).inspect_err(|_| {
            if !self.overwrite {
                let _ = fs::remove_file(&self.target);
            }
        })
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Windows deletes no file that is open.
        self.file = None;
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Makes an empty file that only the program's user may read, if none is there.
pub fn make_private(path: &Path) -> io::Result<()> {
    match create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A new file that only the program's user may read.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.csv");
        let mut given_up = NewFile::create(&target, false).unwrap();
        given_up.write(b"half").unwrap();
        assert!(!target.exists());
        drop(given_up);
        assert!(names(folder.path()).is_empty());
        for (overwrite, words) in [(false, "one"), (true, "two")] {
            let mut file = NewFile::create(&target, overwrite).unwrap();
            file.write(words.as_bytes()).unwrap();
            file.keep().unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), words);
        }
        let mut late = NewFile::create(&target, false).unwrap();
        late.write(b"three").unwrap();
        assert_eq!(late.keep().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&target).unwrap(), "two");
        assert_eq!(names(folder.path()), ["a.csv"]);
    }
}
