//! Where fetched media goes: one new file in one folder, whole or not at all.

use super::types::ending_for;
use crate::ground::NewFile;
use crate::message::{Error, Result, Status};
use crate::provider::action::Download;
use bytes::Bytes;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};

/// Parts that wait for the disk.
const AHEAD: usize = 8;
/// The most bytes of a file's name: what file systems have.
const LONGEST_NAME: usize = 255;
/// Names that Windows keeps for devices, with any ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// A folder and a name in it, both looked at.
#[derive(Debug, Clone)]
pub struct Place {
    target: PathBuf,
    overwrite: bool,
}

impl Place {
    /// Looks at the folder, on a thread that may wait.
    pub async fn look(download: &Download, mime_type: Option<&str>) -> Result<Place> {
        let name = match &download.filename {
            Some(name) => name.clone(),
            None => format!("{}.{}", download.id, ending_for(mime_type)),
        };
        let argument = if download.filename.is_some() { "options_json.filename" } else { "media_id" };
        bare_name(argument, &name)?;
        let (folder, overwrite) = (download.folder.clone(), download.overwrite);
        let looked = tokio::task::spawn_blocking(move || looked(&folder, &name, overwrite)).await;
        looked
            .unwrap_or_else(|error| Err(Error::internal(format!("Looking at a folder broke off: {error}."))))
    }

    /// The file that is to be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// A new file in the folder, under a name of its own.
    pub fn begin(&self) -> Writing {
        let (parts, received) = mpsc::channel(AHEAD);
        let (ended, end) = oneshot::channel();
        let abandoned = Arc::<AtomicBool>::default();
        let (place, watched) = (self.clone(), Arc::clone(&abandoned));
        tokio::task::spawn_blocking(move || {
            let _ = ended.send(place.write(received, &watched));
        });
        Writing { parts: Some(parts), end, abandoned }
    }

    fn write(&self, mut received: mpsc::Receiver<Part>, abandoned: &AtomicBool) -> Result<()> {
        let failed = |error: io::Error| self.failed(&error);
        let broken_off = || Error::new(Status::Cancelled, "The download was broken off.");
        let mut file = NewFile::create(&self.target, self.overwrite).map_err(failed)?;
        loop {
            match received.blocking_recv() {
                Some(Part::Bytes(bytes)) => file.write(&bytes).map_err(failed)?,
                Some(Part::Keep) => break,
                // Whoever fetched has given up: the temporary file goes.
                None => return Err(broken_off()),
            }
        }
        file.finish().map_err(failed)?;
        // It may have been given up after the last part, while the disk wrote.
        if abandoned.load(Ordering::Acquire) {
            return Err(broken_off());
        }
        file.keep().map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => is_there(&self.target),
            _ => failed(error),
        })
    }

    fn failed(&self, error: &io::Error) -> Box<Error> {
        let message = format!("folder: {} cannot be written: {error}.", self.target.display());
        Error::about(Status::Argument, "folder", message)
            .hint("Give a folder that the program's user may write to, with room in it.")
    }
}

enum Part {
    Bytes(Bytes),
    Keep,
}

/// A file that is being written.
pub struct Writing {
    parts: Option<mpsc::Sender<Part>>,
    end: oneshot::Receiver<Result<()>>,
    /// Nobody wants it any more.
    abandoned: Arc<AtomicBool>,
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Release);
    }
}

impl Writing {
    /// Writes more.
    pub async fn part(&mut self, bytes: Bytes) -> Result<()> {
        self.give(Part::Bytes(bytes)).await
    }

    /// Keeps it under its name.
    pub async fn keep(mut self) -> Result<()> {
        self.give(Part::Keep).await?;
        self.end().await
    }

    /// Removes it, and waits until it is gone.
    pub async fn discard(mut self) {
        self.parts = None;
        let _ = self.end().await;
    }

    async fn give(&mut self, part: Part) -> Result<()> {
        let given = match &self.parts {
            Some(parts) => parts.send(part).await.is_ok(),
            None => false,
        };
        if given {
            return Ok(());
        }
        // The writer has ended before its time, and says why.
        self.parts = None;
        self.end().await.and(Err(Error::internal("A file was ended before its end.")))
    }

    async fn end(&mut self) -> Result<()> {
        (&mut self.end).await.unwrap_or_else(|_| Err(Error::internal("Whoever wrote a file is gone.")))
    }
}

fn looked(folder: &Path, name: &str, overwrite: bool) -> Result<Place> {
    let refused = |message: String| Err(Error::about(Status::Argument, "folder", message));
    // A host may change its working directory meanwhile.
    let folder = match std::path::absolute(folder) {
        Ok(folder) => folder,
        Err(error) => return refused(format!("folder: {} is not a folder: {error}.", folder.display())),
    };
    match fs::metadata(&folder) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => return refused(format!("folder: {} is not a folder.", folder.display())),
        Err(error) => return refused(format!("folder: {} cannot be used: {error}.", folder.display())),
    }
    let target = folder.join(name);
    match fs::symlink_metadata(&target) {
        Ok(found) if found.is_dir() => refused(format!("folder: {} is a folder.", target.display())),
        Ok(_) if !overwrite => Err(is_there(&target)),
        _ => Ok(Place { target, overwrite }),
    }
}

fn is_there(target: &Path) -> Box<Error> {
    let message = format!("folder: {} is there already; it was left as it is.", target.display());
    Error::about(Status::Argument, "folder", message)
        .hint("Give another filename, or overwrite:true in options_json.")
}

/// Refuses a name that could lead elsewhere, here or on Windows.
pub fn bare_name(argument: &str, name: &str) -> Result<()> {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let port = ["com", "lpt"].iter().any(|port| {
        stem.strip_prefix(port).is_some_and(|number| {
            number.chars().count() == 1 && number.chars().all(|c| c.is_ascii_digit() || "¹²³".contains(c))
        })
    });
    let why = if name.trim().is_empty() {
        "is empty"
    } else if name.chars().all(|c| c == '.') {
        "is not the name of a file"
    } else if name.chars().any(|c| matches!(c, '/' | '\\' | ':')) {
        "holds a folder or a drive; folders come from folder only"
    } else if name.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '"' | '|' | '?' | '*')) {
        "has a character in it that files' names cannot have everywhere"
    } else if name.ends_with(['.', ' ']) {
        "ends with a dot or a blank, which Windows drops"
    } else if port || DEVICES.contains(&stem.as_str()) {
        "is the name of a device on Windows"
    } else if name.len() > LONGEST_NAME {
        "is longer than 255 bytes"
    } else {
        return Ok(());
    };
    Err(Error::about(Status::Argument, argument, format!("{argument} {why}."))
        .hint("Give a bare name such as picture.jpg."))
}

#[cfg(test)]
mod tests;
