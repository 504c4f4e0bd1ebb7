//! Uploads: what is sent, what is refused before, what breaks off.

use super::super::tests::{NUMBER, TOKEN, json, meta_at, run, serve, silent};
use crate::message::{Error, Status};
use crate::provider::Provider;
use crate::provider::action::{Action, Done, Input, MediaInfo, Order, Progress, Upload};
use crate::provider::test_server::{Server, answer};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nthe rest";

fn upload(port: u16, upload: Upload, progress: Progress) -> Result<MediaInfo, Box<Error>> {
    let order = Order { action: Action::UploadMedia(upload), sender: None, progress };
    match run(meta_at(port).act(&order))? {
        Done::Media(info) => Ok(info),
        done => panic!("{done:?}"),
    }
}

fn of_file(path: PathBuf) -> Upload {
    Upload { input: Input::File(path), mime_type: None, filename: None }
}

#[test]
fn a_file_and_bytes_arrive_as_meta_expects_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a \"b\".png");
    fs::write(&path, PNG).unwrap();
    let bytes = Input::Bytes(PNG.into());
    for (input, mime_type, filename, shown) in [
        (Input::File(path.clone()), None, None, "a %22b%22.png"),
        (Input::File(path), None, Some("c.png"), "c.png"),
        (bytes.clone(), Some("image/png"), None, "file.png"),
        (bytes.clone(), Some("image/png"), Some("x\r\ny\u{1}é.png"), "x%0D%0Ay_é.png"),
        (bytes, None, Some("d.png"), "d.png"),
    ] {
        let server = serve(|_, _| json(200, r#"{"id":"4711"}"#));
        let wanted =
            Upload { input, mime_type: mime_type.map(str::to_owned), filename: filename.map(str::to_owned) };
        let told = Arc::new(Mutex::new(Vec::new()));
        let all = told.clone();
        let progress: Progress = Arc::new(move |done, total| all.lock().unwrap().push((done, total)));
        let info = upload(server.port, wanted, progress).unwrap();
        assert_eq!((info.id.as_str(), info.bytes), ("4711", Some(PNG.len() as u64)));
        assert_eq!(info.sha256, Some(crate::ground::hex(&Sha256::digest(PNG))));
        assert!(info.expires_at.is_some());
        assert_eq!(told.lock().unwrap().last(), Some(&(PNG.len() as u64, Some(PNG.len() as u64))));
        let text = server.requests().remove(0);
        let boundary = text.split("boundary=").nth(1).unwrap().split("\r\n").next().unwrap().to_owned();
        assert!(text.starts_with(&format!("POST /v25.0/{NUMBER}/media HTTP/1.1\r\n")), "{text}");
        assert!(text.contains(&format!("authorization: Bearer {TOKEN}\r\n")), "{text}");
        assert!(!text.contains("transfer-encoding"), "{text}");
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nimage/png\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{shown}\"\r\nContent-Type: image/png\r\n\r\n\
             {}\r\n--{boundary}--\r\n",
            String::from_utf8_lossy(PNG)
        );
        assert_eq!(text.split_once("\r\n\r\n").unwrap().1, body);
    }
}

#[test]
fn what_whatsapp_does_not_take_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let sparse = |name: &str, head: &[u8], length: u64| {
        let mut file = File::create(at(name)).unwrap();
        file.write_all(head).unwrap();
        file.set_len(length).unwrap();
        at(name)
    };
    let server = serve(|_, _| json(200, r#"{"id":"1"}"#));
    for (path, status, says) in [
        (sparse("empty.png", b"", 0), Status::Argument, "empty"),
        (sparse("big.pdf", b"%PDF-", 101 << 20), Status::Argument, "100 MB"),
        (sparse("big.png", PNG, (5 << 20) + 1), Status::Argument, "5 MB"),
        (sparse("big.mp4", b"\0\0\0\x20ftypisom", (16 << 20) + 1), Status::Argument, "16 MB"),
        (sparse("big.webp", b"RIFF    WEBP", (500 << 10) + 1), Status::Argument, "500 KB"),
        (
            sparse("still.webp", b"RIFF    WEBPVP8X\x0a\0\0\0\x10", (100 << 10) + 1),
            Status::Argument,
            "100 KB",
        ),
        (sparse("page.png", b"<html></html>", 13), Status::Argument, "HTML"),
        (sparse("a.exe", b"MZ", 2), Status::Argument, ".exe"),
        (sparse("noending", PNG, 20), Status::Argument, "mime_type"),
        (at("missing.png"), Status::Argument, "cannot be read"),
        (folder.path().join("folder.png"), Status::Argument, "cannot be read"),
    ] {
        let error = upload(server.port, of_file(path), silent()).unwrap_err();
        assert!(error.status == status && error.message.contains(says), "{says}: {error}");
        assert_eq!(error.argument.as_deref(), Some("file"));
    }
    fs::create_dir(at("folder.png")).unwrap();
    let error = upload(server.port, of_file(at("folder.png")), silent()).unwrap_err();
    assert!(error.message.contains("not a file"), "{error}");
    for (input, mime_type, argument) in [
        (Input::Bytes(PNG.into()), None, "bytes"),
        (Input::Bytes([].into()), Some("image/png"), "bytes"),
        (Input::Bytes(PNG.into()), Some("image/jpeg"), "options_json.mime_type"),
        (Input::Bytes(PNG.into()), Some("image/gif"), "options_json.mime_type"),
    ] {
        let wanted = Upload { input, mime_type: mime_type.map(str::to_owned), filename: None };
        let error = upload(server.port, wanted, silent()).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some(argument), "{error}");
    }
    assert_eq!(server.connections(), 0, "nothing was sent");
}

#[test]
fn bytes_are_refused_before_they_are_copied() {
    let meta = meta_at(1);
    for (mime_type, bytes, argument) in [
        ("image/png", 5 << 20, None),
        ("image/png", (5 << 20) + 1, Some("bytes")),
        ("image/gif", 10, Some("options_json.mime_type")),
        ("", 10, Some("options_json.mime_type")),
    ] {
        let error = meta.check_upload(mime_type, bytes).err();
        assert_eq!(error.as_ref().and_then(|error| error.argument.as_deref()), argument, "{error:?}");
        assert!(error.is_none_or(|error| error.status == Status::Argument), "{mime_type} {bytes}");
    }
}

#[test]
#[cfg(unix)]
fn a_pipe_is_no_file_and_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe.png");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let error = upload(1, of_file(path), silent()).unwrap_err();
    assert!(error.message.contains("not a file"), "{error}");
}

/// Reads up to the first byte of the request's body, and then calls: by now
/// the file is open.
fn after_the_head(mut stream: TcpStream, then: impl Fn()) -> (usize, usize) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).unwrap() == 0 {
            return (0, 0);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length =
        head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
    let mut found = stream.read(&mut byte).unwrap();
    then();
    let mut part = vec![0; 65536];
    while found < length {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => break,
            Ok(read) => found += read,
        }
    }
    if found == length {
        answer(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"id\":\"1\"}");
    }
    (found, length)
}

#[test]
fn a_file_that_changes_while_it_is_sent_breaks_the_upload_off() {
    const LENGTH: usize = 10 << 20;
    type Change = fn(&Path);
    let changes: [(&str, Option<Change>); 5] = [
        ("shrunk", Some(|path| File::options().write(true).open(path).unwrap().set_len(1000).unwrap())),
        ("grown", Some(|path| File::options().append(true).open(path).unwrap().write_all(b"x").unwrap())),
        ("vanished", Some(|path| fs::remove_file(path).unwrap())),
        (
            "changed",
            Some(|path| {
                use std::io::Seek;
                let mut file = File::options().write(true).open(path).unwrap();
                file.seek(std::io::SeekFrom::End(-10)).unwrap();
                file.write_all(b"another").unwrap();
            }),
        ),
        ("", None),
    ];
    for (says, change) in changes {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        let mut content = b"\0\0\0\x20ftypisom".to_vec();
        content.resize(LENGTH, 7);
        fs::write(&path, content).unwrap();
        let there = path.clone();
        let found = Arc::new(Mutex::new((0, 0)));
        let seen = found.clone();
        let server = Server::start(move |stream, _, _| {
            let read = after_the_head(stream, || {
                if let Some(change) = change {
                    change(&there);
                }
            });
            *seen.lock().unwrap() = read;
        });
        let uploaded = upload(server.port, of_file(path), silent());
        match uploaded {
            Ok(info) => assert_eq!((says, info.bytes), ("", Some(LENGTH as u64))),
            Err(error) => {
                assert!(!says.is_empty() && error.message.contains(says), "{says}: {error}");
                assert!(error.message.contains("broken off") && !error.retryable, "{error}");
                let late = std::time::Instant::now() + Duration::from_secs(20);
                while *found.lock().unwrap() == (0, 0) && std::time::Instant::now() < late {
                    std::thread::sleep(Duration::from_millis(5));
                }
                let (read, length) = *found.lock().unwrap();
                assert!(read < length, "{says}: the server never had a whole request");
            }
        }
    }
}

#[test]
fn answers_that_are_no_success_are_told_as_what_they_are() {
    for (status, body, found, says) in [
        (200, "{}", Status::Temporary, "no id"),
        (200, "<html>", Status::Temporary, "not the JSON"),
        (200, r#"{"id":""}"#, Status::Temporary, "the id in it is none"),
        (200, r#"{"id":["x"]}"#, Status::Temporary, "no id"),
        (500, "", Status::Temporary, ""),
        (503, r#"{"error":{"code":2}}"#, Status::Temporary, ""),
        (302, "", Status::Rejected, "redirects"),
        (
            401,
            r#"{"error":{"code":190,"message":"EAAcanary0000000000000000000000"}}"#,
            Status::Credentials,
            "",
        ),
    ] {
        let server = serve(move |_, _| json(status, body));
        let wanted =
            Upload { input: Input::Bytes(PNG.into()), mime_type: Some("image/png".into()), filename: None };
        let error = upload(server.port, wanted, silent()).unwrap_err();
        assert!(error.status == found && error.message.contains(says), "{status} {body}: {error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        let error = crate::provider::action::without_response(error);
        assert!(!error.message.contains("send message"), "{error:?}");
    }
}

#[test]
fn what_stalls_or_is_answered_too_early_ends() {
    let hangs = Server::start(|_stream, _, _| std::thread::sleep(Duration::from_secs(8)));
    let early = Server::start(|mut stream, _, _| {
        answer(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"id\":\"1\"}");
        std::thread::sleep(Duration::from_secs(8));
    });
    let closes = Server::start(|mut stream, _, _| {
        let _ = stream.read(&mut [0; 100]);
    });
    let mut content = b"\0\0\0\x20ftypisom".to_vec();
    content.resize(12 << 20, 7);
    let content: Arc<[u8]> = content.into();
    for (what, port) in [("hangs", hangs.port), ("early", early.port), ("closes", closes.port), ("nobody", 1)]
    {
        let wanted = Upload {
            input: Input::Bytes(content.clone()),
            mime_type: Some("video/mp4".into()),
            filename: None,
        };
        let began = Instant::now();
        let error = upload(port, wanted, silent()).unwrap_err();
        assert!(
            error.retryable && matches!(error.status, Status::Network | Status::Temporary),
            "{what}: {error}"
        );
        assert!(began.elapsed() < Duration::from_secs(7), "{what}: it does not wait for ever");
    }
}
