//! The folder of the journals: one file for each client, readable by this user
//! only.

use super::fault::Fault;
use crate::ground;
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// How a journal's name ends.
const ENDING: &str = "journal";
/// What is held back on the disk for the ends of attempts, in bytes: more than
/// all attempts that can be under way at once write of their ends.
const RESERVE: usize = 4 << 20;

/// Makes the folder, if it is not there, and refuses one that cannot keep a
/// journal.
pub fn prepare(folder: &Path) -> StoreResult<()> {
    let unfit = |why: String| {
        StoreError::new(StoreErrorKind::Configuration, format!("history.journal {}: {why}", folder.display()))
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| unfit(format!("the folder cannot be made: {error}")))?;
    let real = folder.canonicalize().map_err(|error| unfit(error.to_string()))?;
    if let Some(kind) = network(&real) {
        return Err(unfit(format!(
            "the folder is on another machine ({kind}), where its files cannot be locked; name one on a disk of this \
             machine"
        )));
    }
    Ok(())
}

/// What kind of network file system a path is on.
#[cfg(target_os = "linux")]
fn network(path: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    network_in(&mounts, path)
}

/// The same, by the text of `/proc/self/mountinfo`.
#[cfg(target_os = "linux")]
fn network_in(mounts: &str, path: &Path) -> Option<String> {
    const KINDS: [&str; 16] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "smb2",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "gpfs",
        "ocfs2",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.rclone",
    ];
    let mut found = (0, None);
    for line in mounts.lines() {
        let (Some((before, after)), Some(at)) = (line.split_once(" - "), line.split(' ').nth(4)) else {
            continue;
        };
        debug_assert!(before.contains(at));
        let at = at.replace("\\040", " ");
        // A later line lies over an earlier one.
        if path.starts_with(&at) && at.len() >= found.0 {
            found = (at.len(), after.split(' ').next());
        }
    }
    found.1.filter(|kind| KINDS.contains(kind)).map(str::to_owned)
}

/// Only a path that says so itself: what a drive's letter stands for is not
/// looked up.
#[cfg(not(target_os = "linux"))]
fn network(path: &Path) -> Option<String> {
    let text = path.to_string_lossy();
    let remote = text.starts_with(r"\\?\UNC\") || (text.starts_with(r"\\") && !text.starts_with(r"\\?\"));
    remote.then(|| "a network path".to_owned())
}

/// Whether a file can be made in the folder, and something written to it.
pub fn try_to_write(folder: &Path) -> std::io::Result<()> {
    let file = folder.join(format!("{}.check", Uuid::now_v7()));
    let written = std::fs::write(&file, [b'x'; 4096]);
    let _ = std::fs::remove_file(&file);
    written
}

/// A name for a new journal.
pub fn new_file(folder: &Path) -> PathBuf {
    folder.join(format!("wa-{}.{ENDING}", Uuid::now_v7()))
}

/// The journals in the folder, oldest first.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == ENDING))
        .collect();
    files.sort();
    files
}

/// Makes the file, if it is not there: readable by this user only.
pub fn make_private(path: &Path) -> StoreResult<()> {
    ground::make_private(path).map_err(|error| {
        StoreError::new(
            StoreErrorKind::Configuration,
            format!("history.journal: {} cannot be made: {error}", path.display()),
        )
    })
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(what);
    PathBuf::from(name)
}

/// Deletes a journal in which nothing is, and what belongs to it.
pub fn delete(path: &Path) {
    for file in [beside(path, "-wal"), beside(path, "-shm"), beside(path, ".reserve"), path.to_owned()] {
        let _ = std::fs::remove_file(file);
    }
}

/// Gives a damaged journal another name, so that nobody takes it for one and
/// nobody loses it. Tells the name.
pub fn set_aside(path: &Path) -> Result<PathBuf, Fault> {
    let aside = beside(path, ".damaged");
    let failed = |error: std::io::Error| Fault::Failed(error.to_string());
    if aside.exists() {
        return Err(Fault::Failed(format!("{} is there already", aside.display())));
    }
    std::fs::rename(path, &aside).map_err(failed)?;
    // What was not in the file itself yet: without it the rest is still there.
    let _ = std::fs::rename(beside(path, "-wal"), beside(&aside, "-wal"));
    Ok(aside)
}

/// Holds room back on the disk, if there is room. Whether it is held.
pub fn hold_reserve(path: &Path) -> bool {
    use std::io::Write;
    let file = beside(path, ".reserve");
    if std::fs::metadata(&file).is_ok_and(|found| found.len() >= RESERVE as u64) {
        return true;
    }
    let written = || -> std::io::Result<()> {
        make_private(&file).map_err(|error| std::io::Error::other(error.message))?;
        let mut file = std::fs::OpenOptions::new().write(true).truncate(true).open(&file)?;
        // Not zeros: some file systems keep no room for those.
        let block: Vec<u8> = (0..1 << 16).map(|at: u32| (at * 31 % 251) as u8).collect();
        for _ in 0..RESERVE / block.len() {
            file.write_all(&block)?;
        }
        file.sync_all()
    };
    let held = written().is_ok();
    if !held {
        let _ = std::fs::remove_file(&file);
    }
    held
}

/// Whether nobody has written to a file for so long that nobody is about to.
pub fn is_old(path: &Path) -> bool {
    const OLD: std::time::Duration = std::time::Duration::from_secs(600);
    let written = std::fs::metadata(path).and_then(|found| found.modified());
    written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD))
}

/// Gives up the room that was held back.
pub fn release_reserve(path: &Path) {
    let _ = std::fs::remove_file(beside(path, ".reserve"));
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_on_another_machine_is_told_by_its_mount() {
        let mounts = "22 1 254:0 / / rw,relatime - ext4 /dev/root rw\n\
             30 22 0:40 / /srv/share rw - nfs4 files:/share rw\n\
             31 30 254:1 / /srv/share/local rw - xfs /dev/vdb rw\n\
             32 22 0:41 / /mnt/with\\040blank rw - cifs //files/share rw\n";
        let of = |path: &str| network_in(mounts, Path::new(path));
        assert_eq!(of("/var/lib/wa"), None);
        assert_eq!(of("/srv/share/wa").as_deref(), Some("nfs4"));
        assert_eq!(of("/srv/share/local/wa"), None);
        assert_eq!(of("/srv/shared"), None);
        assert_eq!(of("/mnt/with blank/wa").as_deref(), Some("cifs"));
    }

    #[test]
    fn files_are_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        prepare(&inner).unwrap();
        let file = new_file(&inner);
        make_private(&file).unwrap();
        assert!(hold_reserve(&file));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&inner), 0o700);
        assert_eq!((mode(&file), mode(&beside(&file, ".reserve"))), (0o600, 0o600));
    }
}
