//! Files of messages: once up, many times sent.

use super::super::tests::{NUMBER, Remembers, json, meta_with, run, serve};
use super::*;
use crate::message::Status;
use crate::provider::test_server::Server;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nthe rest";
const PDF: &[u8] = b"%PDF-1.7 the rest";
const MP4: &[u8] = b"\0\0\0\x20ftypisom the rest";

struct Stage {
    folder: tempfile::TempDir,
    server: Server,
    memory: Arc<Remembers>,
    meta: Meta,
}

/// Counts the open files of this process below a folder.
#[cfg(target_os = "linux")]
fn open_files(folder: &std::path::Path) -> usize {
    let all = fs::read_dir("/proc/self/fd").unwrap();
    all.filter(|fd| fs::read_link(fd.as_ref().unwrap().path()).is_ok_and(|to| to.starts_with(folder))).count()
}

#[test]
#[cfg(target_os = "linux")]
fn many_messages_do_not_open_many_files() {
    let stage = stage(0);
    let path = stage.folder.path().canonicalize().unwrap();
    let contents: Vec<Content> = (0..60)
        .map(|at| {
            let name = format!("{at}.png");
            fs::write(path.join(&name), [PNG, name.as_bytes()].concat()).unwrap();
            stage.content(&format!(r#"{{"type":"image","file":"DIR/{name}"}}"#))
        })
        .collect();
    let most = AtomicUsize::new(0);
    run(async {
        let all = contents.iter().map(|content| async {
            let ready = stage.meta.with_uploaded_files(content, None);
            let mut ready = std::pin::pin!(ready);
            loop {
                most.fetch_max(open_files(&path), Ordering::SeqCst);
                let moment = std::time::Duration::from_millis(10);
                if let Ok(ready) = tokio::time::timeout(moment, &mut ready).await {
                    return ready.unwrap();
                }
            }
        });
        futures_util::future::join_all(all).await;
    });
    assert_eq!(stage.server.requests().len(), 60);
    // A thread may close its file a moment after its upload has ended.
    assert!((1..=2 * AT_ONCE).contains(&most.load(Ordering::SeqCst)), "{most:?}");
}

/// Each upload gets the next id; the first `failing` answers are faults.
fn stage(failing: usize) -> Stage {
    let count = AtomicUsize::new(0);
    let server = serve(move |_, number| {
        if number <= failing {
            return json(503, "");
        }
        // Others come meanwhile.
        std::thread::sleep(std::time::Duration::from_millis(50));
        json(200, &format!(r#"{{"id":"{}"}}"#, 7000 + count.fetch_add(1, Ordering::SeqCst)))
    });
    let memory = Arc::new(Remembers::default());
    let meta = meta_with(&format!("http://127.0.0.1:{}", server.port), "", memory.clone());
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("a.png", PNG), ("copy.png", PNG), ("b.pdf", PDF), ("c.mp4", MP4)] {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    Stage { folder, server, memory, meta }
}

impl Stage {
    fn content(&self, text: &str) -> Content {
        let folder = self.folder.path().to_str().unwrap().replace('\\', "/");
        Content::read("message_json", &text.replace("DIR", &folder)).unwrap()
    }

    fn ready(&self, text: &str, sender: Option<&str>) -> Result<Content, Refusal> {
        run(self.meta.with_uploaded_files(&self.content(text), sender))
    }
}

const IMAGE: &str = r#"{"type":"image","file":"DIR/a.png","caption":"c"}"#;

#[test]
fn a_file_is_uploaded_once_for_a_number_and_a_type() {
    let stage = stage(0);
    let first = stage.ready(IMAGE, None).unwrap();
    assert_eq!(first, stage.content(r#"{"type":"image","id":"7000","caption":"c"}"#));
    // The content counts, not the name.
    for again in [IMAGE, r#"{"type":"image","file":"DIR/copy.png","caption":"c"}"#] {
        assert_eq!(stage.ready(again, Some(NUMBER)).unwrap(), first);
    }
    assert_eq!(stage.server.requests().len(), 1);
    let until = stage.memory.0.lock().unwrap().values().map(|(_, until)| until.0).min().unwrap();
    let days = (until - Millis::now().0) as f64 / 86_400_000.0;
    assert!((28.9..29.1).contains(&days), "{days}");
    // Another number has no right to the id.
    let other = stage.ready(IMAGE, Some("200000000000002")).unwrap();
    assert_eq!(other, stage.content(r#"{"type":"image","id":"7001","caption":"c"}"#));
    assert!(stage.server.requests()[1].starts_with("POST /v25.0/200000000000002/media "));
    let typed = r#"{"type":"document","file":"DIR/a.png","mime_type":"image/png; a=b","filename":"x"}"#;
    let typed = stage.ready(typed, None).unwrap();
    assert_eq!(typed, stage.content(r#"{"type":"document","id":"7002","filename":"x"}"#));
}

#[test]
fn a_document_keeps_its_name_and_what_has_no_file_stays_as_it_is() {
    let stage = stage(0);
    for (text, ready) in [
        (
            r#"{"type":"document","file":"DIR/b.pdf"}"#,
            r#"{"type":"document","id":"7000","filename":"b.pdf"}"#,
        ),
        (r#"{"type":"text","text":"x"}"#, r#"{"type":"text","text":"x"}"#),
        (r#"{"type":"image","id":"1"}"#, r#"{"type":"image","id":"1"}"#),
        (
            r#"{"type":"image","link":"https://example.com/a.png"}"#,
            r#"{"type":"image","link":"https://example.com/a.png"}"#,
        ),
    ] {
        assert_eq!(stage.ready(text, None).unwrap(), stage.content(ready), "{text}");
    }
    assert_eq!(stage.server.requests().len(), 1);
}

#[test]
fn files_of_headers_and_cards_are_uploaded_too() {
    let stage = stage(0);
    let card = |at: &str| {
        format!(r#"{{"header":{{"image":{at}}},"body":"b","display_text":"d","url":"https://example.com"}}"#)
    };
    let carousel = |one: &str, two: &str| {
        format!(
            r#"{{"type":"interactive","interactive":"carousel","body":"b","cards":[{},{}]}}"#,
            card(one),
            card(two)
        )
    };
    let ready =
        stage.ready(&carousel(r#"{"file":"DIR/a.png"}"#, r#"{"file":"DIR/copy.png"}"#), None).unwrap();
    assert_eq!(
        ready,
        stage.content(&carousel(r#"{"id":"7000"}"#, r#"{"id":"7000"}"#)),
        "one file, one upload"
    );
    let template = |header: &str, card: &str| {
        format!(
            r#"{{"type":"template","template":"t","header":{{"document":{header}}},"cards":[{{"header":{{"video":{card}}}}}]}}"#
        )
    };
    let ready = stage.ready(&template(r#"{"file":"DIR/b.pdf"}"#, r#"{"file":"DIR/c.mp4"}"#), None).unwrap();
    let expected = template(r#"{"id":"7001","filename":"b.pdf"}"#, r#"{"id":"7002"}"#);
    assert_eq!(ready, stage.content(&expected));
}

#[test]
fn sends_at_the_same_time_upload_a_file_once() {
    let stage = stage(0);
    let content = stage.content(IMAGE);
    let all =
        run(futures_util::future::join_all((0..50).map(|_| stage.meta.with_uploaded_files(&content, None))));
    for ready in all {
        assert_eq!(ready.unwrap(), stage.content(r#"{"type":"image","id":"7000","caption":"c"}"#));
    }
    assert_eq!(stage.server.requests().len(), 1);
    assert!(lock(&stage.meta.turns.all).is_empty(), "nobody waits, nothing is kept");
}

#[test]
fn without_a_memory_two_sends_at_the_same_time_still_share_one_upload() {
    let stage = stage(0);
    let base = format!("http://127.0.0.1:{}", stage.server.port);
    let meta = meta_with(&base, "", Arc::new(crate::provider::NoMemory));
    let content = stage.content(IMAGE);
    run(async {
        let (one, two) =
            tokio::join!(meta.with_uploaded_files(&content, None), meta.with_uploaded_files(&content, None));
        assert_eq!(one.unwrap(), two.unwrap());
    });
    assert_eq!(stage.server.requests().len(), 1);
}

#[test]
fn a_failed_upload_is_not_remembered_and_whoever_waits_tries_it() {
    let stage = stage(1);
    let content = stage.content(IMAGE);
    let all =
        run(futures_util::future::join_all((0..3).map(|_| stage.meta.with_uploaded_files(&content, None))));
    let failed: Vec<_> = all.into_iter().filter_map(Result::err).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].retry && failed[0].error.status == Status::Temporary, "{failed:?}");
    assert_eq!(stage.server.requests().len(), 2);
}

#[test]
fn a_send_that_gives_up_lets_the_next_one_upload() {
    let stage = stage(0);
    let content = stage.content(IMAGE);
    run(async {
        let given_up = tokio::time::timeout(
            std::time::Duration::from_millis(20),
            stage.meta.with_uploaded_files(&content, None),
        );
        let _ = given_up.await;
        assert!(stage.meta.with_uploaded_files(&content, None).await.is_ok());
    });
    assert!(lock(&stage.meta.turns.all).is_empty());
}

#[test]
fn a_file_that_does_not_fit_its_kind_is_refused_for_good() {
    let stage = stage(0);
    fs::write(stage.folder.path().join("lie.png"), PDF).unwrap();
    for (text, status, argument) in [
        (r#"{"type":"image","file":"DIR/b.pdf"}"#, Status::Message, "file"),
        (r#"{"type":"image","file":"DIR/a.png","mime_type":"image/webp"}"#, Status::Message, "mime_type"),
        (r#"{"type":"sticker","file":"DIR/a.png"}"#, Status::Message, "file"),
        (r#"{"type":"image","file":"DIR/lie.png"}"#, Status::Message, "file"),
        (r#"{"type":"video","file":"DIR/none.mp4"}"#, Status::Message, "file"),
        (
            r#"{"type":"template","template":"t","cards":[{"header":{"image":{"file":"DIR/c.mp4"}}}]}"#,
            Status::Message,
            "cards[0].header.image.file",
        ),
    ] {
        let refusal = stage.ready(text, None).unwrap_err();
        assert_eq!((refusal.error.status, refusal.retry), (status, false), "{text}: {refusal:?}");
        assert_eq!(refusal.error.argument.as_deref(), Some(argument), "{refusal:?}");
    }
    assert_eq!(stage.server.connections(), 0);
}

#[test]
fn what_meta_does_not_know_any_more_is_forgotten() {
    let stage = stage(0);
    stage.ready(IMAGE, None).unwrap();
    for request in [
        serde_json::json!({"type":"image","image":{"id":"7000"}}),
        serde_json::json!({"interactive":{"action":{"cards":[{"header":{"type":"image","image":{"id":"7001"}}}]}}}),
    ] {
        let Value::Object(request) = request else { unreachable!() };
        run(stage.meta.forget_media_of(&request));
        stage.ready(IMAGE, None).unwrap();
    }
    assert_eq!(stage.server.requests().len(), 3);
    // Ids of other things are no media.
    let Value::Object(request) = serde_json::json!({"button":{"reply":{"id":"7002"}}}) else {
        unreachable!()
    };
    run(stage.meta.forget_media_of(&request));
    stage.ready(IMAGE, None).unwrap();
    assert_eq!(stage.server.requests().len(), 3);
}

#[test]
fn a_send_that_is_refused_for_its_media_makes_the_next_one_upload_again() {
    use crate::provider::{Attempt, Provider};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    fs::write(&path, PNG).unwrap();
    let server = serve(|text, _| {
        if text.starts_with("POST /v25.0/200000000000001/media ") {
            return json(200, r#"{"id":"7000"}"#);
        }
        json(400, r##"{"error":{"code":131009,"message":"(#131009) Parameter value is not valid"}}"##)
    });
    let base = format!("http://127.0.0.1:{}", server.port);
    let meta = meta_with(&base, "", Arc::new(Remembers::default()));
    let text = serde_json::json!({"type": "image", "file": path}).to_string();
    let content = Content::read("message_json", &text).unwrap();
    run(async {
        for _ in 0..2 {
            let prepared = meta.prepare(&content, None).await.unwrap();
            let attempt = Attempt {
                message_id: uuid::Uuid::from_u128(7),
                number: 1,
                sender: None,
                recipient: "+15005550006".to_owned(),
                prepared,
            };
            meta.send(&attempt).await;
        }
    });
    let requests = server.requests();
    let uploads = requests.iter().filter(|text| text.contains("/media HTTP")).count();
    assert_eq!((uploads, requests.len()), (2, 4));
    assert!(requests[1].contains(r#""image":{"id":"7000"}"#), "{}", requests[1]);
}
