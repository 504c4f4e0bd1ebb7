use super::*;
use crate::message::{Class, Status};
use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

const SID: &str = "SM0123456789abcdefABCDEF0123456789";

fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply { status, headers: HeaderMap::new(), body: body.into(), cut: None }
}

fn error(code: u32) -> String {
    format!(
        r#"{{"code":{code},"message":"m","more_info":"https://www.twilio.com/docs/errors/{code}","status":400}}"#
    )
}

#[derive(Debug, PartialEq)]
enum Want {
    Accepted,
    Unknown,
    Refused(Class, bool),
}

fn verdict(reply: &Reply, attempt: i32) -> Want {
    match of_send(reply, attempt, &|_| true) {
        Answer::Accepted { provider_message_id, .. } => {
            assert!(is_message_sid(&provider_message_id));
            Want::Accepted
        }
        Answer::HeldBack => panic!("what was answered was not held back"),
        Answer::Unknown { why } => {
            assert!(why.contains(&reply.status.to_string()) && why.len() < 200, "{why}");
            Want::Unknown
        }
        Answer::Refused(refusal) => {
            assert_eq!(refusal.error.http_status, Some(reply.status));
            assert_eq!(refusal.error.class, Some(refusal.class));
            Want::Refused(refusal.class, refusal.retry)
        }
    }
}

#[test]
fn what_an_answer_to_a_send_means() {
    use Want::{Accepted, Refused, Unknown};
    let created = format!(r#"{{"sid":"{SID}","status":"queued","error_code":null,"price":null}}"#);
    let html = "<html><body>Bad gateway</body></html>".to_owned();
    let deep = format!("{{\"sid\":\"{SID}\",\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = format!("{{\"x\":\"{}\",\"sid\":\"{SID}\"", "a".repeat(1 << 20));
    for (status, body, want) in [
        (201, created.clone(), Accepted),
        (200, created.clone(), Accepted),
        (201, format!(" \r\n{created}\n"), Accepted),
        (201, created.replace("\"SM", "\"MM"), Accepted),
        (201, created.replace("\"SM", "\"SX"), Unknown),
        (201, created.replace("0123456789\"", "012345678\""), Unknown),
        (201, created.replace("0123456789\"", "012345678g\""), Unknown),
        (201, created.replace("0123456789\"", "0123456789 \""), Unknown),
        (201, format!("{created}x"), Unknown),
        (201, created.replace('}', ""), Unknown),
        (201, format!(r#"{{"sid":"{SID}","sid":"{SID}"}}"#), Unknown),
        (201, format!(r#"["{SID}"]"#), Unknown),
        (201, format!(r#"{{"message":{{"sid":"{SID}"}}}}"#), Unknown),
        (201, "{}".into(), Unknown),
        (201, "{\"sid\":null}".into(), Unknown),
        (201, "{\"sid\":7}".into(), Unknown),
        (201, String::new(), Unknown),
        (201, html.clone(), Unknown),
        (200, html.clone(), Unknown),
        (204, String::new(), Unknown),
        (201, deep.clone(), Accepted),
        (201, deep[..deep.len() - 1].into(), Unknown),
        (400, deep, Unknown),
        (201, huge, Unknown),
        (301, String::new(), Refused(Class::Permanent, false)),
        (307, created.clone(), Refused(Class::Permanent, false)),
        (308, error(20500), Refused(Class::Permanent, false)),
        (400, error(21211), Refused(Class::Recipient, false)),
        (400, error(63007), Refused(Class::Sender, false)),
        (400, error(63016), Refused(Class::Window, false)),
        (400, error(21655), Refused(Class::Template, false)),
        (400, error(77777), Refused(Class::Permanent, false)),
        (400, error(400), Unknown),
        (400, r#"{"code":"21211"}"#.into(), Unknown),
        (400, r#"{"code":21211,"message":{"a":[]},"details":[1]}"#.into(), Refused(Class::Recipient, false)),
        (
            400,
            r#"{"type":"x","title":"t","status":400,"code":21211,"detail":"d","errors":[]}"#.into(),
            Refused(Class::Recipient, false),
        ),
        (400, r#"{"code":-1}"#.into(), Unknown),
        (400, r#"{"code":21211"#.into(), Unknown),
        (400, html.clone(), Unknown),
        (400, String::new(), Unknown),
        (401, error(20003), Refused(Class::Credentials, false)),
        (401, html.clone(), Unknown),
        (403, String::new(), Unknown),
        (404, error(20404), Refused(Class::Sender, false)),
        (404, html.clone(), Unknown),
        (408, String::new(), Unknown),
        (408, html.clone(), Unknown),
        (409, error(20409), Refused(Class::Permanent, false)),
        (422, String::new(), Unknown),
        (429, error(20429), Refused(Class::Temporary, true)),
        (429, error(63018), Refused(Class::Limit, true)),
        (429, html.clone(), Unknown),
        (429, String::new(), Unknown),
        (500, error(20500), Unknown),
        (500, error(20504), Unknown),
        (503, error(20500), Unknown),
        (500, error(30500), Refused(Class::Temporary, true)),
        (500, error(77777), Refused(Class::Temporary, true)),
        (500, r#"{"code":500,"message":"gateway"}"#.into(), Unknown),
        (500, html.clone(), Unknown),
        (500, String::new(), Unknown),
        (502, error(20503), Unknown),
        (502, html.clone(), Unknown),
        (503, error(20503), Refused(Class::Temporary, true)),
        (503, html.clone(), Unknown),
        (504, error(20429), Unknown),
        (599, "{".into(), Unknown),
        (100, created.clone(), Unknown),
        (0, created.clone(), Unknown),
        (600, created.clone(), Unknown),
        (999, error(20003), Unknown),
    ] {
        let shown: String = body.chars().take(80).collect();
        assert_eq!(verdict(&reply(status, body), 1), want, "{status} {shown}");
    }
    // An id that came whole counts, even where the body did not end rightly.
    let mut cut = reply(201, created);
    cut.cut = Some("connection reset".into());
    assert_eq!(verdict(&cut, 1), Accepted);
}

#[test]
fn what_is_tried_again_once_goes_by_the_attempt() {
    for (attempt, retry) in [(1, true), (2, false), (3, false)] {
        let Want::Refused(_, again) = verdict(&reply(400, error(63023)), attempt) else { panic!("refused") };
        assert_eq!(again, retry, "{attempt}");
    }
}

#[test]
fn text_of_the_provider_is_shown_only_where_it_is_harmless() {
    for (code, harmless, shown) in [(77777, true, true), (77777, false, false), (21211, true, false)] {
        let body = format!(r#"{{"code":{code},"message":"canary"}}"#);
        let Answer::Refused(refusal) = of_send(&reply(400, body), 1, &|text| text == "canary" && harmless)
        else {
            panic!("refused")
        };
        assert_eq!(refusal.error.message.contains("canary"), shown, "{code}: {}", refusal.error.message);
    }
}

#[test]
fn the_wait_that_is_asked_for() {
    let hour = 3600;
    for (value, date, seconds) in [
        ("0", None, Some(0)),
        ("7", None, Some(7)),
        (" 7 ", None, Some(7)),
        ("86400", None, Some(24 * hour)),
        ("86401", None, Some(24 * hour)),
        ("99999999999999999999999999", None, Some(24 * hour)),
        ("-1", None, None),
        ("1.5", None, None),
        ("soon", None, None),
        ("", None, None),
        ("Sun, 22 Nov 2026 01:00:30 GMT", Some("Sun, 22 Nov 2026 01:00:00 GMT"), Some(30)),
        ("Sun, 22 Nov 2026 01:00:30 +0000", Some("Sun, 22 Nov 2026 01:00:00 GMT"), Some(30)),
        ("Sun, 22 Nov 2026 00:00:30 GMT", Some("Sun, 22 Nov 2026 01:00:00 GMT"), Some(0)),
        ("Sun, 22 Nov 2099 01:00:30 GMT", Some("Sun, 22 Nov 2026 01:00:00 GMT"), Some(24 * hour)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None, Some(0)),
    ] {
        let mut reply = reply(429, error(20429));
        reply.headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
        if let Some(date) = date {
            reply.headers.insert(DATE, HeaderValue::from_static(date));
        }
        let Answer::Refused(refusal) = of_send(&reply, 1, &|_| true) else { panic!("refused") };
        assert_eq!(refusal.retry_after.map(|wait| wait.as_secs()), seconds, "{value:?}");
    }
}

#[test]
fn the_trace_id_is_kept_if_it_is_one() {
    for (value, id) in [
        (&b"RQ0123456789abcdef0123456789abcdef"[..], Some("RQ0123456789abcdef0123456789abcdef")),
        (b"", None),
        (b"two words", None),
        (b"\xff", None),
        (&[b'x'; 65], None),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert("Twilio-Request-Id", HeaderValue::from_bytes(value).unwrap());
        assert_eq!(trace_id(&headers).as_deref(), id);
    }
    assert_eq!(trace_id(&HeaderMap::new()), None);
}

#[test]
fn faults_before_a_connection_are_refusals() {
    let not_written = |certificate| Fault::NotWritten { why: "w".into(), certificate };
    let Answer::Refused(away) = of_failed_send(not_written(false)) else { panic!("refused") };
    assert_eq!((away.class, away.retry, away.error.status), (Class::Temporary, true, Status::Network));
    assert!(away.error.message.starts_with("Failed to send message. Please try again later."));
    let Answer::Refused(tls) = of_failed_send(not_written(true)) else { panic!("refused") };
    assert_eq!((tls.class, tls.retry, tls.error.status), (Class::Permanent, false, Status::Tls));
    assert!(matches!(of_failed_send(Fault::Ambiguous("w".into())), Answer::Unknown { .. }));
    assert!(of_fault(Fault::Ambiguous("w".into())).retry, "a question may be asked again");
}

#[test]
fn what_an_answer_to_a_question_means() {
    for (status, body, class) in [
        (200, r#"{"a":1}"#, None),
        (200, "[]", Some(Class::Temporary)),
        (200, "", Some(Class::Temporary)),
        (401, "", Some(Class::Credentials)),
        (404, "", Some(Class::Sender)),
        (500, "", Some(Class::Temporary)),
        (504, "<html>", Some(Class::Temporary)),
        (700, "{}", Some(Class::Temporary)),
    ] {
        let reply = reply(status, body);
        let answer: Result<Value, Refusal> = of_question(&reply, &|_| true);
        assert_eq!(answer.err().map(|refusal| refusal.class), class, "{status} {body}");
    }
}

proptest::proptest! {
    #[test]
    fn any_answer_is_classified(
        status in 0_u16..1100,
        body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        wait in proptest::collection::vec(32_u8..=255, 0..40),
    ) {
        let mut reply = reply(status, body);
        for name in ["retry-after", "date", "twilio-request-id"] {
            if let Ok(value) = HeaderValue::from_bytes(&wait) {
                reply.headers.insert(name, value);
            }
        }
        let _ = (trace_id(&reply.headers), of_question::<Value>(&reply, &|_| true));
        let answer = of_send(&reply, 1, &|_| true);
        if let Answer::Accepted { .. } = answer {
            proptest::prop_assert!((200..300).contains(&status));
        }
    }

    #[test]
    fn any_json_is_classified(
        status in 200_u16..600,
        code in proptest::prelude::any::<i64>(),
        text in ".{0,400}",
        sid in "(SM|MM|XX)?[0-9a-g]{0,33}",
    ) {
        let body = serde_json::json!({"sid": sid, "code": code, "message": text}).to_string();
        let taken = matches!(of_send(&reply(status, body), 1, &|_| true), Answer::Accepted { .. });
        proptest::prop_assert_eq!(taken, status < 300 && is_message_sid(&sid));
    }
}
