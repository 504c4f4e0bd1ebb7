//! Files of messages: once up, many times sent.

use super::super::tests::{NUMBER, Remembers, json, meta_with, run, serve};
use super::*;
use crate::message::Status;
use crate::provider::test_server::Server;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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
    let mut stage = stage(0);
    let (now, uploads) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&uploads);
    stage.server = serve(move |_, number| {
        counted.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(20));
        now.fetch_sub(1, Ordering::SeqCst);
        json(200, &format!(r#"{{"id":"{number}"}}"#))
    });
    stage.meta = meta_with(&format!("http://127.0.0.1:{}", stage.server.port), "", stage.memory.clone());
    let path = stage.folder.path().canonicalize().unwrap();
    let contents: Vec<Content> = (0..60)
        .map(|at| {
            let name = format!("{at}.png");
            // Large enough to be open for a moment.
            let filler = [7; 200_000];
            fs::write(path.join(&name), [PNG, name.as_bytes(), &filler].concat()).unwrap();
            stage.content(&format!(r#"{{"type":"image","file":"DIR/{name}"}}"#))
        })
        .collect();
    // Counted on a thread of its own: all files of the process are gone through
    // each time, and the uploads have deadlines.
    let counts = AtomicBool::new(true);
    let most = std::thread::scope(|scope| {
        let counter = scope.spawn(|| {
            let mut most = 0;
            while counts.load(Ordering::SeqCst) {
                most = most.max(open_files(&path));
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            most
        });
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            run(futures_util::future::join_all(
                contents.iter().map(|content| stage.meta.with_uploaded_files(content, None)),
            ))
        }));
        counts.store(false, Ordering::SeqCst);
        ended.unwrap().into_iter().for_each(|ready| drop(ready.unwrap()));
        counter.join().unwrap()
    });
    assert_eq!(stage.server.requests().len(), 60);
    // A thread may close its file a moment after its upload has ended.
    assert!(most <= 2 * AT_ONCE, "{most}");
    assert!((1..=AT_ONCE).contains(&uploads.load(Ordering::SeqCst)), "{uploads:?}");
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
    assert!(stage.meta.files.is_idle(), "nobody waits, nothing is kept");
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
    assert!(stage.meta.files.is_idle());
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
        run(stage.meta.forget_media_of(Doubt::Sure, &request, None, Uuid::from_u128(1)));
        stage.ready(IMAGE, None).unwrap();
    }
    assert_eq!(stage.server.requests().len(), 3);
    // Ids of other things are no media.
    let Value::Object(request) = serde_json::json!({"button":{"reply":{"id":"7002"}}}) else {
        unreachable!()
    };
    run(stage.meta.forget_media_of(Doubt::Sure, &request, None, Uuid::from_u128(1)));
    stage.ready(IMAGE, None).unwrap();
    assert_eq!(stage.server.requests().len(), 3);
}

fn sends(meta: &Meta, content: &Content, message: u128, number: i32) -> crate::provider::Answer {
    use crate::provider::{Attempt, Provider};
    run(async {
        let prepared = meta.prepare(content, None).await.unwrap();
        let attempt = Attempt {
            message_id: Uuid::from_u128(message),
            number,
            sender: None,
            recipient: "+15005550006".to_owned(),
            prepared,
            leaves_before: std::time::Duration::MAX,
        };
        meta.send(&attempt).await.answer
    })
}

/// A server that knows no media whose ids are in `lost`, and a file.
fn losing(lost: &'static [&'static str]) -> (tempfile::TempDir, Server, Meta, Content) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    fs::write(&path, PNG).unwrap();
    let count = AtomicUsize::new(0);
    let server = serve(move |text, _| {
        if text.starts_with("POST /v25.0/200000000000001/media ") {
            return json(200, &format!(r#"{{"id":"{}"}}"#, 7000 + count.fetch_add(1, Ordering::SeqCst)));
        }
        if text.starts_with("GET ") {
            let asked = |id: &&str| text.contains(&format!("/v25.0/{id}?phone_number_id=200000000000001 "));
            return match lost.iter().any(asked) {
                true => json(400, r##"{"error":{"code":100,"error_subcode":33,"message":"(#100) none"}}"##),
                false => json(200, r#"{"url":"https://example.com/a"}"#),
            };
        }
        if lost.iter().any(|id| text.contains(&format!(r#""id":"{id}""#))) {
            return json(
                400,
                r##"{"error":{"code":131009,"message":"(#131009) Parameter value is not valid"}}"##,
            );
        }
        json(200, r#"{"messages":[{"id":"wamid.x"}]}"#)
    });
    let meta = meta_with(&format!("http://127.0.0.1:{}", server.port), "", Arc::new(Remembers::default()));
    let text = serde_json::json!({"type": "image", "file": path}).to_string();
    (folder, server, meta, Content::read("message_json", &text).unwrap())
}

fn may_retry(answer: &crate::provider::Answer) -> bool {
    let crate::provider::Answer::Refused(refusal) = answer else { panic!("{answer:?}") };
    refusal.retry
}

fn uploads(server: &Server) -> usize {
    server.requests().iter().filter(|text| text.contains("/media HTTP")).count()
}

#[test]
fn media_that_meta_has_lost_is_uploaded_anew_for_a_second_attempt() {
    let (_folder, server, meta, content) = losing(&["old"]);
    // Uploaded by an earlier run of the program.
    run(meta.with_uploaded_files(&content, None)).unwrap();
    let key = run(meta.memory.recall(&back("7000"))).unwrap();
    run(remember(&*meta.memory, &key, "old"));
    let [first, second] = [1, 2].map(|message| {
        // Both know the same id before Meta refuses it.
        run(meta.memory.forget(&key));
        run(remember(&*meta.memory, &key, "old"));
        sends(&meta, &content, message, 1)
    });
    assert!(may_retry(&first) && may_retry(&second));
    for message in [1, 2] {
        let answer = sends(&meta, &content, message, 2);
        assert!(matches!(answer, crate::provider::Answer::Accepted { .. }), "{answer:?}");
    }
    assert_eq!(uploads(&server), 2, "the first, and one for both second attempts");
    assert!(server.requests().last().unwrap().contains(r#""id":"7001""#));
}

#[test]
fn a_message_that_is_refused_for_something_else_costs_no_upload() {
    for (code, looked, status, kept) in [
        (100, true, 200, true),
        (131_009, true, 200, true),
        (131_009, true, 404, false),
        // Nobody can tell: an upload for nothing is dearer.
        (100, true, 503, true),
        (100, true, 401, true),
        // Meta itself names the media.
        (131_053, false, 200, false),
        (131_026, false, 200, true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        fs::write(&path, PNG).unwrap();
        let server = serve(move |text, _| {
            if text.starts_with("GET ") {
                return json(status, r#"{"url":"https://example.com/a"}"#);
            }
            if text.starts_with("POST /v25.0/200000000000001/media ") {
                return json(200, r#"{"id":"7000"}"#);
            }
            json(400, &serde_json::json!({"error": {"code": code, "message": "(#) no"}}).to_string())
        });
        let base = format!("http://127.0.0.1:{}", server.port);
        let meta = meta_with(&base, "", Arc::new(Remembers::default()));
        let text = serde_json::json!({"type": "image", "file": path}).to_string();
        let content = Content::read("message_json", &text).unwrap();
        run(meta.with_uploaded_files(&content, None)).unwrap();
        for message in 1..=5 {
            let retry = may_retry(&sends(&meta, &content, message, 1));
            if kept {
                assert!(!retry, "{code} {status}");
            } else {
                assert!(retry, "{code} {status}");
                break;
            }
        }
        let asked = server.requests().iter().filter(|text| text.starts_with("GET ")).count();
        assert_eq!(asked, usize::from(looked), "{code} {status}: a burst asks once");
        run(meta.with_uploaded_files(&content, None)).unwrap();
        assert_eq!(uploads(&server), if kept { 1 } else { 2 }, "{code} {status}");
    }
}

#[test]
fn a_second_attempt_that_is_refused_too_is_the_last() {
    let (_folder, server, meta, content) = losing(&["old", "7000", "7001", "7002", "7003"]);
    let request = serde_json::json!({"image": {"id": "old"}});
    let Value::Object(request) = request else { unreachable!() };
    // What this message itself has uploaded is not lost: it is refused for
    // something else. Nor is an id that the host gave.
    assert!(!may_retry(&sends(&meta, &content, 1, 1)));
    assert!(!run(meta.forget_media_of(Doubt::Sure, &request, None, Uuid::from_u128(1))));
    run(meta.with_uploaded_files(&content, None)).unwrap();
    assert!(may_retry(&sends(&meta, &content, 2, 1)));
    assert!(!may_retry(&sends(&meta, &content, 2, 2)));
    run(meta.with_uploaded_files(&content, None)).unwrap();
    assert!(!may_retry(&sends(&meta, &content, 2, 3)), "once for a message");
    assert_eq!(uploads(&server), 4);
}

#[test]
fn a_slow_file_does_not_stop_others() {
    let folder = tempfile::tempdir().unwrap();
    let (slow, fast) = (folder.path().join("slow.png"), folder.path().join("fast.png"));
    fs::write(&slow, PNG).unwrap();
    fs::write(&fast, [PNG, b"more"].concat()).unwrap();
    let over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let waits = Arc::clone(&over);
    let server = serve(move |text, _| {
        // The slow one ends only when the fast one has: no time is measured.
        while text.contains("slow.png") && !waits.load(Ordering::SeqCst) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        json(200, r#"{"id":"7000"}"#)
    });
    let meta = meta_with(&format!("http://127.0.0.1:{}", server.port), "", Arc::new(Remembers::default()));
    let content = |path: &Path| {
        Content::read("message_json", &serde_json::json!({"type": "image", "file": path}).to_string())
            .unwrap()
    };
    let (slow, fast) = (content(&slow), content(&fast));
    run(async {
        let many =
            futures_util::future::join_all((0..4 * AT_ONCE).map(|_| meta.with_uploaded_files(&slow, None)));
        let after = async {
            // All of them wait for the one upload.
            while server.requests().is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            let ready = meta.with_uploaded_files(&fast, None).await;
            over.store(true, Ordering::SeqCst);
            ready
        };
        let (many, fast) = tokio::join!(many, after);
        assert!(fast.is_ok(), "{fast:?}");
        assert!(many.iter().all(Result::is_ok));
    });
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_file_that_has_not_changed_is_not_read_again() {
    use std::time::Duration;
    let stage = stage(0);
    let path = stage.folder.path().join("a.png");
    let at = |seconds| {
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
    };
    let facts = &stage.meta.files.facts;
    // Just written: it may change under the same time.
    stage.ready(IMAGE, None).unwrap();
    assert!(facts.get(&path).is_none());
    at(60);
    let first = stage.ready(IMAGE, None).unwrap();
    assert!(facts.get(&path).is_some());
    // Nothing else tells that it is not read: the same time and size, and other bytes.
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let other = PNG.iter().rev().copied().collect::<Vec<u8>>();
    fs::write(&path, &other).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    assert_eq!(stage.ready(IMAGE, None).unwrap(), first);
    // Meta has none of it: what is uploaded is compared, and believed no more.
    stage.memory.0.lock().unwrap().clear();
    let refusal = stage.ready(IMAGE, None).unwrap_err();
    assert_eq!(refusal.error.status, Status::Message, "{refusal:?}");
    assert!(refusal.error.message.contains("has changed"), "{refusal:?}");
    assert!(facts.get(&path).is_none());
    // Another time, another size, another kind of thing.
    fs::write(&path, PNG).unwrap();
    at(60);
    stage.ready(IMAGE, None).unwrap();
    at(90);
    assert!(facts.get(&path).is_none());
    at(60);
    fs::write(&path, [PNG, b"x"].concat()).unwrap();
    assert!(facts.get(&path).is_none());
    fs::remove_file(&path).unwrap();
    assert!(facts.get(&path).is_none());
    assert!(stage.ready(IMAGE, None).is_err());
}

#[test]
fn a_known_file_is_compared_with_each_message() {
    let stage = stage(0);
    let path = stage.folder.path().join("a.png");
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::now() - std::time::Duration::from_secs(60)).unwrap();
    stage.ready(IMAGE, None).unwrap();
    assert!(stage.meta.files.facts.get(&path).is_some());
    for text in [
        r#"{"type":"image","file":"DIR/a.png","mime_type":"image/jpeg"}"#,
        r#"{"type":"sticker","file":"DIR/a.png"}"#,
    ] {
        assert!(stage.ready(text, None).is_err(), "{text}");
    }
}

#[test]
fn a_voice_note_is_ogg() {
    let stage = stage(0);
    fs::write(stage.folder.path().join("a.ogg"), b"OggS\0\x02 the rest").unwrap();
    fs::write(stage.folder.path().join("a.mp3"), b"ID3\x04 the rest").unwrap();
    let voice = |name: &str| format!(r#"{{"type":"audio","file":"DIR/{name}","voice":true}}"#);
    stage.ready(&voice("a.ogg"), None).unwrap();
    stage.ready(r#"{"type":"audio","file":"DIR/a.mp3"}"#, None).unwrap();
    let refusal = stage.ready(&voice("a.mp3"), None).unwrap_err();
    assert_eq!((refusal.error.status, refusal.retry), (Status::Message, false));
    assert_eq!(refusal.error.argument.as_deref(), Some("voice"), "{refusal:?}");
    assert_eq!(stage.server.requests().len(), 2);
}
