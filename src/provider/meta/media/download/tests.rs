//! Downloads: who gets the token, what is compared, and that no half file stays.

use super::super::tests::{NUMBER, Remembers, TOKEN, json, meta_at, meta_with, run, serve, silent};
use super::*;
use crate::provider::Provider;
use crate::provider::action::{Action, Done, Order};
use crate::provider::test_server::{Server, answer, request, tls_server_that};
use std::fs;
use std::path::Path;
use std::sync::Arc;

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 a picture";

fn wanted(folder: &Path, max_bytes: u64) -> Download {
    Download { id: "77".to_owned(), folder: folder.to_owned(), filename: None, max_bytes, overwrite: false }
}

fn fetch(meta: &super::super::super::Meta, wanted: Download) -> Result<MediaFile> {
    let order = Order { action: Action::DownloadMedia(wanted), sender: None, progress: silent() };
    match run(meta.act(&order))? {
        Done::File(file) => Ok(file),
        done => panic!("{done:?}"),
    }
}

fn info(url: &str, size: &str, sha256: &str) -> (u16, String, Vec<u8>) {
    json(
        200,
        &format!(
            r#"{{"url":"{url}","mime_type":"image/jpeg","sha256":"{sha256}","file_size":{size},"id":"77"}}"#
        ),
    )
}

fn here(text: &str) -> String {
    let host = text.split("host: ").nth(1).unwrap().split("\r\n").next().unwrap();
    format!("http://{host}/media/x?token=1")
}

fn sha() -> String {
    hex(&Sha256::digest(JPEG))
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

fn has_token(text: &str) -> bool {
    text.contains(TOKEN) || text.to_ascii_lowercase().contains("authorization")
}

#[test]
fn media_becomes_a_file_that_was_compared() {
    let base64 = base64(&Sha256::digest(JPEG));
    for (size, sha256, checked) in [
        (JPEG.len().to_string(), sha(), true),
        (format!("\"{}\"", JPEG.len()), sha().to_uppercase(), true),
        ("null".to_owned(), base64, true),
        ("null".to_owned(), String::new(), false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(move |text, number| match number {
            1 => info(&here(text), &size, &sha256),
            _ => (200, "content-type: image/jpeg\r\n".to_owned(), JPEG.to_vec()),
        });
        let file = fetch(&meta_at(server.port), wanted(folder.path(), 1000)).unwrap();
        assert_eq!((file.bytes, file.checked, file.sha256), (JPEG.len() as u64, checked, sha()));
        assert_eq!(file.mime_type.as_deref(), Some("image/jpeg"));
        assert_eq!(Path::new(&file.file), folder.path().join("77.jpg"));
        assert_eq!(fs::read(&file.file).unwrap(), JPEG);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is there");
        let requests = server.requests();
        assert!(requests[0].starts_with(&format!("GET /v25.0/77?phone_number_id={NUMBER} ")));
        assert!(requests[1].starts_with("GET /media/x?token=1 ") && has_token(&requests[1]), "{requests:?}");
    }
}

#[test]
fn a_sha256_of_another_file_or_no_form_at_all_leaves_no_file() {
    for told in ["00", "x", &"0".repeat(64), &base64(&[0; 32]), &sha()[1..]] {
        let folder = tempfile::tempdir().unwrap();
        let told = told.to_owned();
        let server = serve(move |text, number| match number {
            1 => info(&here(text), "null", &told),
            _ => (200, String::new(), JPEG.to_vec()),
        });
        let error = fetch(&meta_at(server.port), wanted(folder.path(), 1000)).unwrap_err();
        assert!(error.message.contains("SHA-256"), "{error}");
        assert!(is_empty(folder.path()));
    }
}

#[test]
fn base64_is_as_others_write_it() {
    for (bytes, text) in
        [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"foob", "Zm9vYg==")]
    {
        assert_eq!(base64(bytes), text);
    }
}

#[test]
fn the_token_goes_to_meta_and_to_the_settings_server_only() {
    let base = |text: &str| Url::parse(text).unwrap();
    let real = base("https://graph.facebook.com");
    let local = base("http://127.0.0.1:8080/x");
    for (base, url, token, fetched) in [
        (&real, "https://graph.facebook.com/x", true, true),
        (&real, "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", true, true),
        (&real, "https://LOOKASIDE.fbsbx.com/x", true, true),
        (&real, "http://lookaside.fbsbx.com/x", false, false),
        (&real, "https://lookaside.fbsbx.com:8443/x", false, true),
        (&real, "https://scontent.fbsbx.com/x", false, true),
        (&real, "https://scontent.xx.fbcdn.net/x", false, true),
        (&real, "https://mmg.whatsapp.net/x", false, true),
        (&real, "https://lookaside.fbsbx.com.evil.example/x", false, true),
        (&real, "https://evil.example/lookaside.fbsbx.com", false, true),
        (&real, "https://lookaside.fbsbx.com@evil.example/x", false, false),
        (&real, "https://user:p@lookaside.fbsbx.com/x", true, false),
        (&real, "https://127.0.0.1/x", false, false),
        (&real, "https://2130706433/x", false, false),
        (&real, "https://0x7f.1/x", false, false),
        (&real, "https://10.0.0.1/x", false, false),
        (&real, "https://169.254.169.254/latest", false, false),
        (&real, "https://[::1]/x", false, false),
        (&real, "https://[::ffff:127.0.0.1]/x", false, false),
        (&real, "https://[fd00::1]/x", false, false),
        (&real, "https://157.240.1.1/x", false, true),
        (&real, "ftp://lookaside.fbsbx.com/x", false, false),
        (&real, "file:///etc/passwd", false, false),
        (&real, "data:text/plain,x", false, false),
        (&local, "http://127.0.0.1:8080/y", true, true),
        (&local, "http://127.0.0.1:8081/y", false, false),
        (&local, "https://127.0.0.1:8080/y", false, false),
        (&local, "http://localhost:8080/y", false, false),
        (&local, "https://lookaside.fbsbx.com/x", true, true),
    ] {
        let url = Url::parse(url).unwrap();
        assert_eq!(has_the_token(base, &url), token, "token {base} {url}");
        assert_eq!(may_be_fetched(base, &url).is_ok(), fetched, "fetched {base} {url}");
    }
}

#[test]
fn a_redirect_to_another_host_is_followed_without_the_token() {
    let (other, authority) = tls_server_that(&["media.public.test"], |text| {
        // Back to where the token would be known again.
        if text.starts_with("GET /back") {
            let to = text.split("to=").nth(1).unwrap().split(' ').next().unwrap();
            return format!("HTTP/1.1 307 X\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
        }
        let body = String::from_utf8_lossy(b"a picture").into_owned();
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    });
    let port = other.port;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, authority).unwrap();
    for back in [false, true] {
        let server = serve(move |text, number| match number {
            1 => info(&here(text), "null", ""),
            2 if back => {
                let to = format!("https://media.public.test:{port}/back?to={}", here(text));
                (302, format!("location: {to}\r\n"), Vec::new())
            }
            2 => (302, format!("location: https://media.public.test:{port}/x\r\n"), Vec::new()),
            _ => (200, String::new(), b"a picture".to_vec()),
        });
        let to = tempfile::tempdir().unwrap();
        let ca = format!(r#","ca_file":"{}""#, ca.to_str().unwrap().replace('\\', "/"));
        let meta =
            meta_with(&format!("http://127.0.0.1:{}", server.port), &ca, Arc::new(Remembers::default()));
        let file = fetch(&meta, wanted(to.path(), 1000)).unwrap();
        assert_eq!(fs::read(&file.file).unwrap(), b"a picture");
        let requests = server.requests();
        assert!(has_token(&requests[1]), "the settings' server gets it");
        let seen = other.requests();
        assert!(!seen.is_empty() && !seen.iter().any(|text| has_token(text)), "{seen:?}");
        if back {
            assert!(!has_token(&requests[2]), "once away, it stays away: {}", requests[2]);
        }
    }
}

#[test]
fn addresses_of_this_network_and_ways_without_end_are_refused() {
    let inside = Server::start(|mut stream, _, requests| {
        requests.lock().unwrap().extend(request(&mut stream));
    });
    let port = inside.port;
    for (to, says) in [
        (format!("https://127.0.0.1:{port}/"), LEADS_INSIDE),
        (format!("https://[::1]:{port}/"), LEADS_INSIDE),
        // A name that leads here, as only looking it up tells.
        (format!("https://localhost:{port}/"), LEADS_INSIDE),
        (format!("http://localhost:{port}/"), "not https"),
        ("https://169.254.169.254/latest/meta-data".to_owned(), LEADS_INSIDE),
        (format!("http://127.0.0.1:{port}/"), "not https"),
        ("https://u:p@example.com/".to_owned(), "login"),
        ("/media/x".to_owned(), "more than 5 times"),
        ("http://[".to_owned(), "nowhere"),
    ] {
        let server = serve(move |text, number| match number {
            1 => info(&here(text), "null", ""),
            _ => (302, format!("location: {to}\r\n"), Vec::new()),
        });
        let folder = tempfile::tempdir().unwrap();
        let error = fetch(&meta_at(server.port), wanted(folder.path(), 1000)).unwrap_err();
        assert!(error.message.contains(says) && !error.retryable, "{says}: {error}");
        assert!(is_empty(folder.path()), "{says}");
        assert!(server.requests().len() <= 7);
    }
    assert_eq!(inside.connections(), 0, "nobody was asked");
}

#[test]
fn what_is_not_the_media_leaves_no_file() {
    type Answer = fn() -> (u16, String, Vec<u8>);
    let typed =
        |status: u16, kind: &str, body: &[u8]| (status, format!("content-type: {kind}\r\n"), body.to_vec());
    let _ = typed;
    let answers: [(&str, Answer, Status); 10] = [
        (
            "a page",
            || (200, "content-type: text/html; charset=utf-8\r\n".into(), b"x".to_vec()),
            Status::Temporary,
        ),
        (
            "a page",
            || (200, "content-type: image/jpeg\r\n".into(), b"\n<!DOCTYPE html>".to_vec()),
            Status::Temporary,
        ),
        ("a page", || json(200, r#"{"error":{}}"#), Status::Temporary),
        ("nothing came", || (200, String::new(), Vec::new()), Status::Temporary),
        ("told", || (200, String::new(), JPEG[1..].to_vec()), Status::Temporary),
        ("SHA-256", || (200, String::new(), [b"\0", &JPEG[1..]].concat()), Status::Temporary),
        ("max_bytes", || (200, String::new(), vec![7; 2000]), Status::Argument),
        ("204", || (204, String::new(), Vec::new()), Status::Temporary),
        ("", || (500, String::new(), Vec::new()), Status::Temporary),
        ("", || json(401, r#"{"error":{"code":190,"message":"EAAcanary"}}"#), Status::Credentials),
    ];
    for (says, reply, status) in answers {
        let server = serve(move |text, number| match number {
            1 => info(&here(text), &JPEG.len().to_string(), &sha()),
            _ => reply(),
        });
        let folder = tempfile::tempdir().unwrap();
        let error = fetch(&meta_at(server.port), wanted(folder.path(), 1000)).unwrap_err();
        assert!(error.status == status && error.message.contains(says), "{says}: {error}");
        assert!(is_empty(folder.path()), "{says}");
    }
}

#[test]
fn what_is_cut_endless_or_stalls_leaves_no_file() {
    for (what, head, endless, says) in [
        ("cut", "content-length: 100\r\n", false, "only in part"),
        ("cut in parts", "transfer-encoding: chunked\r\n", false, "only in part"),
        ("no length, no end", "", true, "max_bytes"),
        ("said too long", "content-length: 5000\r\n", false, "max_bytes"),
    ] {
        let server = Server::start(move |mut stream, _, _| {
            while let Some(text) = request(&mut stream) {
                if text.starts_with("GET /v25.0/") {
                    let (_, headers, body) = info(&here(&text), "null", "");
                    let body = String::from_utf8(body).unwrap();
                    let length = body.len();
                    answer(
                        &mut stream,
                        &format!("HTTP/1.1 200 OK\r\n{headers}content-length: {length}\r\n\r\n{body}"),
                    );
                    continue;
                }
                answer(&mut stream, &format!("HTTP/1.1 200 OK\r\n{head}\r\n"));
                answer(&mut stream, "5\r\nhello\r\n");
                while endless && std::io::Write::write_all(&mut stream, &[7; 1000]).is_ok() {}
                return;
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let error = fetch(&meta_at(server.port), wanted(folder.path(), 1000)).unwrap_err();
        assert!(error.message.contains(says), "{what}: {error}");
        assert!(is_empty(folder.path()), "{what}");
    }
    let stalls = Server::start(|mut stream, _, _| {
        while let Some(text) = request(&mut stream) {
            let (_, headers, body) = info(&here(&text), "null", "");
            let body = String::from_utf8(body).unwrap();
            if text.starts_with("GET /v25.0/") {
                let length = body.len();
                answer(
                    &mut stream,
                    &format!("HTTP/1.1 200 OK\r\n{headers}content-length: {length}\r\n\r\n{body}"),
                );
            } else {
                answer(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx");
                std::thread::sleep(std::time::Duration::from_secs(6));
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let error = fetch(&meta_at(stalls.port), wanted(folder.path(), 1000)).unwrap_err();
    assert!(error.retryable && error.message.contains("only in part"), "{error}");
    assert!(is_empty(folder.path()));
}

#[test]
fn an_address_that_is_over_is_asked_for_once_more() {
    for (again, found) in [(200, true), (404, false)] {
        let server = serve(move |text, number| match number {
            1 | 3 => info(&here(text), "null", &sha()),
            2 => (404, String::new(), Vec::new()),
            _ => (again, String::new(), JPEG.to_vec()),
        });
        let folder = tempfile::tempdir().unwrap();
        let file = fetch(&meta_at(server.port), wanted(folder.path(), 1000));
        assert_eq!(file.is_ok(), found, "{file:?}");
        assert_eq!(server.requests().len(), 4);
        assert_eq!(is_empty(folder.path()), !found);
    }
}

#[test]
fn what_cannot_be_kept_is_told_before_it_is_fetched() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("there.jpg"), "mine").unwrap();
    for (filename, max_bytes, argument, requests) in [
        (Some("../x"), 1000, "options_json.filename", 0),
        (Some("there.jpg"), 1000, "folder", 1),
        (None, 3, "options_json.max_bytes", 1),
    ] {
        let server = serve(|text, _| info(&here(text), &JPEG.len().to_string(), ""));
        let wanted = Download { filename: filename.map(str::to_owned), ..wanted(folder.path(), max_bytes) };
        let error = fetch(&meta_at(server.port), wanted).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some(argument), "{error}");
        assert_eq!(server.requests().len(), requests, "{argument}");
    }
    assert_eq!(fs::read(folder.path().join("there.jpg")).unwrap(), b"mine");
    let server = serve(|_, _| json(400, r#"{"error":{"code":100,"error_subcode":33}}"#));
    let error = fetch(&meta_at(server.port), wanted(folder.path(), 1000)).unwrap_err();
    assert_eq!(error.status, Status::NotFound, "{error}");
}

#[test]
fn a_download_that_is_given_up_leaves_no_file() {
    let server = Server::start(|mut stream, _, _| {
        while let Some(text) = request(&mut stream) {
            let (_, headers, body) = info(&here(&text), "null", "");
            if text.starts_with("GET /v25.0/") {
                let (length, body) = (body.len(), String::from_utf8(body).unwrap());
                answer(
                    &mut stream,
                    &format!("HTTP/1.1 200 OK\r\n{headers}content-length: {length}\r\n\r\n{body}"),
                );
            } else {
                answer(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx");
                std::thread::sleep(std::time::Duration::from_secs(3));
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let meta = meta_at(server.port);
    let order = Order {
        action: Action::DownloadMedia(wanted(folder.path(), 1000)),
        sender: None,
        progress: silent(),
    };
    run(async {
        let mut fetching = meta.act(&order);
        while is_empty(folder.path()) {
            let moment = std::time::Duration::from_millis(10);
            assert!(tokio::time::timeout(moment, &mut fetching).await.is_err(), "it is not over");
        }
        drop(fetching);
        while !is_empty(folder.path()) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
}
