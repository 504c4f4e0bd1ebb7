//! Names and files of downloads.

use super::super::tests::run;
use super::*;

#[test]
fn only_bare_names_are_taken() {
    for (name, fits) in [
        ("picture.jpg", true),
        ("Übersicht 2026.pdf", true),
        ("a.b.c", true),
        ("..a", true),
        (".hidden", true),
        ("console.txt", true),
        ("com10.txt", true),
        ("comma.txt", true),
        ("", false),
        (" ", false),
        (".", false),
        ("..", false),
        ("...", false),
        ("../a", false),
        ("a/../b", false),
        ("/etc/passwd", false),
        ("a/b", false),
        ("..\\a", false),
        ("a\\b", false),
        ("\\\\host\\share", false),
        ("C:a", false),
        ("C:\\a", false),
        ("a:stream", false),
        ("a\0b", false),
        ("a\nb", false),
        ("a?", false),
        ("a*", false),
        ("<a>", false),
        ("a|b", false),
        ("a\"b", false),
        ("a.", false),
        ("a ", false),
        ("CON", false),
        ("con.txt", false),
        ("Nul.tar.gz", false),
        ("aux .txt", false),
        ("COM1", false),
        ("lpt9.pdf", false),
        ("com¹.txt", false),
        ("CONIN$", false),
    ] {
        let found = bare_name("options_json.filename", name);
        assert_eq!(found.is_ok(), fits, "{name:?}");
        if let Err(error) = found {
            assert_eq!(error.argument.as_deref(), Some("options_json.filename"));
        }
    }
    assert!(bare_name("x", &"a".repeat(255)).is_ok() && bare_name("x", &"a".repeat(256)).is_err());
}

proptest::proptest! {
    #[test]
    fn what_is_taken_stays_in_its_folder(name in ".{0,30}") {
        if bare_name("x", &name).is_ok() {
            let target = Path::new("/folder").join(&name);
            assert_eq!(target.parent(), Some(Path::new("/folder")), "{name:?}");
            assert_eq!(target.file_name().and_then(|it| it.to_str()), Some(name.as_str()));
        }
    }
}

fn download(folder: &Path, name: &str, overwrite: bool) -> Download {
    Download {
        id: "7".to_owned(),
        folder: folder.to_owned(),
        filename: Some(name.to_owned()),
        max_bytes: 100,
        overwrite,
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

async fn write(wanted: &Download) -> Result<()> {
    let place = Place::look(wanted, None).await?;
    let mut writing = place.begin();
    writing.part(Bytes::from_static(b"new ")).await?;
    writing.part(Bytes::from_static(b"content")).await?;
    writing.keep().await
}

#[test]
fn a_file_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    run(async {
        write(&download(path, "a", false)).await.unwrap();
        assert_eq!(fs::read(path.join("a")).unwrap(), b"new content");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(path.join("a")).unwrap().permissions().mode() & 0o777, 0o600);
        }
        // What is there is replaced only when that is asked for.
        fs::write(path.join("a"), "old").unwrap();
        let error = write(&download(path, "a", false)).await.unwrap_err();
        assert!(error.message.contains("is there already"), "{error}");
        assert_eq!(fs::read(path.join("a")).unwrap(), b"old");
        write(&download(path, "a", true)).await.unwrap();
        assert_eq!(fs::read(path.join("a")).unwrap(), b"new content");
        // Also what came while it was fetched.
        let place = Place::look(&download(path, "b", false), None).await.unwrap();
        let mut writing = place.begin();
        writing.part(Bytes::from_static(b"x")).await.unwrap();
        fs::write(path.join("b"), "theirs").unwrap();
        assert!(writing.keep().await.unwrap_err().message.contains("is there already"));
        assert_eq!(fs::read(path.join("b")).unwrap(), b"theirs");
        // Given up, in words or by going away.
        for discard in [true, false] {
            let place = Place::look(&download(path, "c", false), None).await.unwrap();
            let mut writing = place.begin();
            writing.part(Bytes::from_static(b"x")).await.unwrap();
            if discard {
                writing.discard().await;
            } else {
                // The thread that writes tells its end here, when the file is gone.
                let end = std::mem::replace(&mut writing.end, oneshot::channel().1);
                drop(writing);
                assert!(end.await.unwrap().is_err());
            }
            assert_eq!(names(path), ["a", "b"]);
        }
    });
}

#[test]
fn a_file_that_is_given_up_after_its_last_part_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = download(folder.path(), "a", false);
    let place = run(Place::look(&wanted, None)).unwrap();
    for abandoned in [true, false] {
        let (parts, received) = mpsc::channel(AHEAD);
        parts.try_send(Part::Bytes(Bytes::from_static(b"x"))).unwrap();
        parts.try_send(Part::Keep).unwrap();
        let (_ended, end) = oneshot::channel();
        let writing = Writing { parts: Some(parts), end, abandoned: Arc::default() };
        let flag = Arc::clone(&writing.abandoned);
        // The call is broken off while both wait for the disk.
        let writing = (!abandoned).then_some(writing);
        let written = place.write(received, &flag);
        drop(writing);
        assert_eq!(written.is_err(), abandoned, "{written:?}");
        assert_eq!(names(folder.path()).is_empty(), abandoned);
    }
}

#[test]
fn folders_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    fs::create_dir(folder.path().join("taken")).unwrap();
    run(async {
        for (wanted, says) in [
            (download(&folder.path().join("none"), "a", false), "cannot be used"),
            (download(&folder.path().join("file"), "a", false), "not a folder"),
            (download(folder.path(), "taken", true), "is a folder"),
        ] {
            let error = Place::look(&wanted, None).await.unwrap_err();
            assert_eq!(error.argument.as_deref(), Some("folder"));
            assert!(error.message.contains(says), "{says}: {error}");
        }
    });
}

#[test]
#[cfg(unix)]
fn links_are_never_followed_out_of_the_folder() {
    use std::os::unix::fs::symlink;
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let victim = other.path().join("victim");
    fs::write(&victim, "theirs").unwrap();
    symlink(&victim, folder.path().join("a")).unwrap();
    symlink(other.path().join("new"), folder.path().join("dangling")).unwrap();
    // The folder itself may be a link.
    symlink(folder.path(), other.path().join("link")).unwrap();
    run(async {
        for name in ["a", "dangling"] {
            assert!(write(&download(folder.path(), name, false)).await.is_err(), "{name}");
            write(&download(folder.path(), name, true)).await.unwrap();
            assert!(!fs::symlink_metadata(folder.path().join(name)).unwrap().is_symlink());
        }
        assert_eq!(fs::read(&victim).unwrap(), b"theirs");
        assert!(!other.path().join("new").exists());
        write(&download(&other.path().join("link"), "b", false)).await.unwrap();
        assert_eq!(fs::read(folder.path().join("b")).unwrap(), b"new content");
    });
}
