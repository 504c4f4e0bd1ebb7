//! The picture: what is sent, and where a cut upload goes on.

use super::super::media::tests::{NUMBER, TOKEN, json, meta_at, run, serve, silent};
use super::*;
use crate::provider::Provider;
use crate::provider::action::{Action, Order};
use crate::provider::test_server::{Server, answer};
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

fn picture(folder: &Path, length: usize) -> PathBuf {
    let path = folder.join("me & you.jpg");
    let mut bytes = b"\xff\xd8\xff\xe0".to_vec();
    bytes.extend((4..length).map(|at| b'a' + u8::try_from(at % 26).unwrap()));
    std::fs::write(&path, bytes).unwrap();
    path
}

fn set(port: u16, path: PathBuf) -> Result<Done> {
    let order = Order { action: Action::SetPicture(path), sender: None, progress: silent() };
    run(meta_at(port).act(&order))
}

const SESSION: &str = "upload:MTphdHRhY2htZW50OmI=?sig=ARZ_x";

#[test]
fn a_picture_takes_three_calls() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(|_, number| match number {
        1 => json(200, &format!(r#"{{"id":"{SESSION}"}}"#)),
        2 => json(200, r#"{"h":"4::aW:ARb"}"#),
        _ => json(200, r#"{"success":true}"#),
    });
    set(server.port, picture(folder.path(), 30)).unwrap();
    let requests = server.requests();
    assert!(
        requests[0].starts_with(
            "POST /v25.0/app/uploads?file_name=me+%26+you.jpg&file_length=30&file_type=image%2Fjpeg HTTP/1.1\r\n"
        ),
        "{}",
        requests[0]
    );
    assert!(requests[0].contains(&format!("authorization: Bearer {TOKEN}\r\n")));
    assert!(requests[1].starts_with(&format!("POST /v25.0/{SESSION} HTTP/1.1\r\n")), "{}", requests[1]);
    assert!(requests[1].contains(&format!("authorization: OAuth {TOKEN}\r\n")), "{}", requests[1]);
    assert!(requests[1].contains("file_offset: 0\r\n") && requests[1].contains("content-length: 30\r\n"));
    assert!(requests[1].ends_with("efghijklmnopqrstuvwxyzabcd"), "{}", requests[1]);
    assert!(requests[2].starts_with(&format!("POST /v25.0/{NUMBER}/whatsapp_business_profile ")));
    assert!(
        requests[2].ends_with(r#"{"messaging_product":"whatsapp","profile_picture_handle":"4::aW:ARb"}"#)
    );
    assert_eq!(requests.len(), 3);
}

/// A server that cuts each upload after so many bytes, and knows what it has.
fn cutting(length: usize, cuts: Vec<usize>, got: Arc<Mutex<Vec<u8>>>) -> Server {
    let cuts = Mutex::new(cuts);
    Server::start(move |mut stream, _, requests| {
        loop {
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read(&mut byte) {
                    Ok(1) => head.push(byte[0]),
                    _ => return,
                }
            }
            let head = String::from_utf8(head).unwrap();
            requests.lock().unwrap().push(head.clone());
            let number = |name: &str| -> Option<usize> {
                head.split(&format!("{name}: ")).nth(1)?.split("\r\n").next()?.parse().ok()
            };
            let body = if head.starts_with("GET /v25.0/upload:") {
                format!(r#"{{"id":"{SESSION}","file_offset":{}}}"#, got.lock().unwrap().len())
            } else if head.starts_with("POST /v25.0/upload:") {
                let mut got = got.lock().unwrap();
                let from = number("file_offset").unwrap();
                assert_eq!(from, got.len(), "it goes on where it was cut");
                let cut = cuts.lock().unwrap().pop();
                let mut part = vec![0; cut.unwrap_or(usize::MAX).min(length - from)];
                if stream.read_exact(&mut part).is_err() {
                    return;
                }
                got.extend(part);
                if cut.is_some() {
                    return;
                }
                r#"{"h":"4:x"}"#.to_owned()
            } else {
                let mut body = vec![0; number("content-length").unwrap_or_default()];
                stream.read_exact(&mut body).unwrap();
                format!(r#"{{"id":"{SESSION}","success":true}}"#)
            };
            answer(&mut stream, &format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
        }
    })
}

#[test]
fn a_cut_upload_goes_on_where_meta_has_it() {
    const LENGTH: usize = 300_000;
    for cuts in
        [vec![0], vec![1], vec![100_000], vec![LENGTH - 1], vec![LENGTH], vec![50_000, 1, 0, 70_000, 65_536]]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = picture(folder.path(), LENGTH);
        let got = Arc::new(Mutex::new(Vec::new()));
        let server = cutting(LENGTH, cuts.clone(), got.clone());
        set(server.port, path.clone()).unwrap();
        assert!(*got.lock().unwrap() == std::fs::read(path).unwrap(), "{cuts:?}: all of it, once");
        let asked = server.requests().iter().filter(|text| text.starts_with("GET ")).count();
        assert!(asked >= cuts.len(), "{cuts:?}: {asked}");
        assert!(server.requests().iter().all(|text| text.contains("authorization: ")));
    }
}

#[test]
fn after_five_cuts_it_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = cutting(1000, vec![1; 20], Arc::default());
    let error = set(server.port, picture(folder.path(), 1000)).unwrap_err();
    assert!(error.retryable, "{error}");
    let requests = server.requests();
    let uploads = requests.iter().filter(|text| text.starts_with("POST /v25.0/upload:")).count();
    assert_eq!(uploads, 6);
    assert!(!requests.iter().any(|text| text.contains("profile")), "the profile stays as it is");
}

#[test]
fn what_is_refused_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    for (at, status, body, found, requests) in [
        (1, 400, r#"{"error":{"code":100,"message":"x"}}"#, Status::Rejected, 1),
        (1, 200, r#"{"id":"200000000000001/messages"}"#, Status::Temporary, 1),
        (1, 200, r#"{"id":"upload:../../me?x=1"}"#, Status::Temporary, 1),
        (1, 200, "{}", Status::Temporary, 1),
        (
            2,
            401,
            r#"{"error":{"code":190,"message":"EAAcanary0000000000000000000000"}}"#,
            Status::Credentials,
            2,
        ),
        (3, 400, r#"{"error":{"code":100,"message":"x"}}"#, Status::Rejected, 3),
        (3, 200, r#"{"success":false}"#, Status::Rejected, 3),
        (3, 500, "", Status::Temporary, 3),
    ] {
        let server = serve(move |_, number| match number {
            number if number == at => json(status, body),
            1 => json(200, &format!(r#"{{"id":"{SESSION}"}}"#)),
            2 => json(200, r#"{"h":"4:x"}"#),
            _ => json(200, r#"{"success":true}"#),
        });
        let error = set(server.port, picture(folder.path(), 30)).unwrap_err();
        assert_eq!(
            (error.status, server.requests().len()),
            (found, requests),
            "{at} {status} {body}: {error}"
        );
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[test]
fn only_a_picture_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        folder.path().join(name)
    };
    let big = file("big.jpg", b"\xff\xd8\xff");
    std::fs::File::options().write(true).open(&big).unwrap().set_len((5 << 20) + 1).unwrap();
    for (path, says) in [
        (file("a.pdf", b"%PDF-"), "image/jpeg"),
        (file("a.webp", b"RIFF    WEBP"), "image/png"),
        (file("page.jpg", b"<html>"), "HTML"),
        (file("empty.png", b""), "empty"),
        (big, "5 MB"),
        (folder.path().join("none.png"), "cannot be read"),
    ] {
        // Port 1: nothing may be sent.
        let error = set(1, path).unwrap_err();
        assert!(error.message.contains(says), "{says}: {error}");
        assert_eq!(error.argument.as_deref(), Some("file"));
    }
}
