use super::*;
use crate::message::{Class, Status};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::json;

const WAMID: &str = "wamid.HBgLMTU1NTEyMzAwMDEVAgASGBQzQUYzMjEzNDM2RTZGQ0MzMDJBRgA=";

fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply { status, headers: HeaderMap::new(), body: body.into(), cut: None }
}

fn error(code: u32) -> String {
    error_with(json!({"code": code}))
}

/// Meta's error with some members set.
fn error_with(more: Value) -> String {
    let mut error =
        json!({"message": "(#1) m", "type": "OAuthException", "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam"});
    for (key, value) in more.as_object().unwrap() {
        error[key] = value.clone();
    }
    json!({"error": error}).to_string()
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
            assert!(is_message_id(&provider_message_id));
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

fn sent(message: Value) -> String {
    json!({"messaging_product": "whatsapp", "contacts": [{"input": "+16505551234", "wa_id": "16505551234"}], "messages": [message]})
        .to_string()
}

#[test]
fn what_an_answer_to_a_send_means() {
    use Want::{Accepted, Refused, Unknown};
    let taken = sent(json!({"id": WAMID}));
    let html = "<html><body>Bad gateway</body></html>".to_owned();
    let deep = format!(
        "{}{}1{}}}",
        taken.strip_suffix('}').unwrap(),
        ",\"x\":".to_owned() + &"[".repeat(100_000),
        "]".repeat(100_000)
    );
    let huge = format!("{{\"x\":\"{}\",\"messages\":[{{\"id\":\"{WAMID}\"", "a".repeat(1 << 20));
    let gateway = |code: u16| {
        json!({"error": {"code": code, "message": "gateway", "status": "UNAVAILABLE"}}).to_string()
    };
    for (status, body, want) in [
        (200, taken.clone(), Accepted),
        (201, taken.clone(), Accepted),
        (200, format!(" \r\n{taken}\n"), Accepted),
        (200, json!({"messages": [{"id": WAMID}]}).to_string(), Accepted),
        (200, json!({"contacts": {"a": 1}, "messages": [{"id": WAMID}]}).to_string(), Accepted),
        (200, sent(json!({"id": WAMID, "message_status": "accepted"})), Accepted),
        (200, sent(json!({"id": WAMID, "message_status": "held_for_quality_assessment"})), Accepted),
        (200, sent(json!({"id": WAMID, "message_status": 7})), Accepted),
        (200, sent(json!({"id": WAMID, "message_status": "paused"})), Refused(Class::Template, false)),
        (200, sent(json!({"id": WAMID.replace("wamid", "gmid")})), Unknown),
        (200, sent(json!({"id": "wamid."})), Unknown),
        (200, sent(json!({"id": "wamid.a b"})), Unknown),
        (200, sent(json!({"id": "wamid.<x>"})), Unknown),
        (200, sent(json!({"id": format!("wamid.{}", "a".repeat(513))})), Unknown),
        (200, sent(json!({"id": 7})), Unknown),
        (200, sent(json!({"id": null})), Unknown),
        (200, sent(json!({})), Unknown),
        (200, sent(json!({"message_status": "paused"})), Unknown),
        (200, json!({"messages": []}).to_string(), Unknown),
        (200, json!({"messages": {"id": WAMID}}).to_string(), Unknown),
        (200, json!({"message": [{"id": WAMID}]}).to_string(), Unknown),
        (200, format!("[{taken}]"), Unknown),
        (200, format!("{taken}x"), Unknown),
        (200, taken.replace('}', ""), Unknown),
        (200, json!({"success": true}).to_string(), Unknown),
        (200, error(131_000), Unknown),
        (200, "{}".into(), Unknown),
        (200, String::new(), Unknown),
        (204, String::new(), Unknown),
        (200, html.clone(), Unknown),
        (200, deep.clone(), Accepted),
        (200, deep[..deep.len() - 1].into(), Unknown),
        (400, deep, Unknown),
        (200, huge, Unknown),
        (301, String::new(), Refused(Class::Permanent, false)),
        (302, taken.clone(), Refused(Class::Permanent, false)),
        (307, error(131_000), Refused(Class::Permanent, false)),
        (400, error(100), Refused(Class::Permanent, false)),
        (400, error_with(json!({"code": 100, "error_subcode": 33})), Refused(Class::Sender, false)),
        (400, error_with(json!({"code": 100, "error_subcode": 2_388_012})), Refused(Class::Permanent, false)),
        (401, error(190), Refused(Class::Credentials, false)),
        (400, error_with(json!({"code": 190, "error_subcode": 463})), Refused(Class::Credentials, false)),
        (403, error(10), Refused(Class::Credentials, false)),
        (403, error(200), Refused(Class::Credentials, false)),
        (403, error(299), Refused(Class::Credentials, false)),
        (403, error(131_005), Refused(Class::Credentials, false)),
        (403, error(368), Refused(Class::Account, false)),
        (400, error(130_429), Refused(Class::Temporary, true)),
        (429, error(131_056), Refused(Class::Limit, true)),
        (400, error(80_007), Refused(Class::Limit, true)),
        (400, error(131_048), Refused(Class::Limit, false)),
        (400, error(131_049), Refused(Class::Limit, false)),
        (400, error(131_026), Refused(Class::Recipient, false)),
        (400, error(131_030), Refused(Class::Recipient, false)),
        (400, error(131_047), Refused(Class::Window, false)),
        (404, error(132_001), Refused(Class::Template, false)),
        (400, error(132_015), Refused(Class::Template, false)),
        (400, error(133_010), Refused(Class::Sender, false)),
        (400, error(131_042), Refused(Class::Account, false)),
        (400, error_with(json!({"code": "131047"})), Unknown),
        (400, error_with(json!({"code": -1})), Unknown),
        (
            400,
            error_with(
                json!({"code": 131_047, "message": {"a": []}, "error_data": "text", "error_subcode": "x"}),
            ),
            Refused(Class::Window, false),
        ),
        (
            400,
            error_with(json!({"code": 131_047, "error_data": [1], "is_transient": true})),
            Refused(Class::Window, false),
        ),
        (400, error(777_777), Refused(Class::Permanent, false)),
        (400, error_with(json!({"code": 777_777, "is_transient": true})), Refused(Class::Temporary, true)),
        (403, error_with(json!({"code": 777_777, "is_transient": true})), Refused(Class::Temporary, true)),
        (400, error_with(json!({"code": 777_777, "is_transient": "true"})), Refused(Class::Permanent, false)),
        (401, error(777_777), Refused(Class::Credentials, false)),
        (429, error(777_777), Refused(Class::Temporary, true)),
        (500, error(777_777), Refused(Class::Temporary, true)),
        (400, error(131_047).replace('}', ""), Unknown),
        (400, json!({"error": "text"}).to_string(), Unknown),
        (400, json!({"error": [190]}).to_string(), Unknown),
        (400, html.clone(), Unknown),
        (400, String::new(), Unknown),
        (401, html.clone(), Unknown),
        (403, gateway(403), Unknown),
        (404, html.clone(), Unknown),
        (408, String::new(), Unknown),
        (408, html.clone(), Unknown),
        (429, html.clone(), Unknown),
        (500, error(131_000), Refused(Class::Temporary, true)),
        (500, json!({"error": {"code": 131_000}}).to_string(), Refused(Class::Temporary, true)),
        (500, error(3), Refused(Class::Credentials, false)),
        (500, error(131_045), Refused(Class::Sender, false)),
        (503, error(2), Refused(Class::Temporary, true)),
        (503, error(131_016), Refused(Class::Temporary, true)),
        (500, gateway(500), Unknown),
        (503, gateway(503), Unknown),
        (500, html.clone(), Unknown),
        (500, String::new(), Unknown),
        (500, taken.clone(), Unknown),
        (502, error(2), Unknown),
        (502, html, Unknown),
        (504, error(2), Unknown),
        (599, "{".into(), Unknown),
        (100, taken.clone(), Unknown),
        (0, taken.clone(), Unknown),
        (600, taken.clone(), Unknown),
        (999, error(190), Unknown),
    ] {
        let shown: String = body.chars().take(160).collect();
        assert_eq!(verdict(&reply(status, body), 1), want, "{status} {shown}");
    }
    // An id that came whole counts, even where the body did not end rightly.
    let mut cut = reply(200, taken);
    cut.cut = Some("connection reset".into());
    assert_eq!(verdict(&cut, 1), Accepted);
}

#[test]
fn who_the_recipient_is_and_how_it_stands_are_kept() {
    let contact = |contact: Value| json!({"contacts": [contact], "messages": [{"id": WAMID}]}).to_string();
    let held = "held_for_quality_assessment";
    for (body, recipient, status) in [
        (contact(json!({"input": "+1", "wa_id": "16505551234"})), Some("16505551234"), None),
        (contact(json!({"input": "US.1", "user_id": "US.1"})), Some("US.1"), None),
        (contact(json!({"wa_id": "1", "user_id": "US.1"})), Some("1"), None),
        (contact(json!({"wa_id": "", "user_id": "US.1"})), Some("US.1"), None),
        (contact(json!({"wa_id": "a b"})), None, None),
        (contact(json!({"wa_id": 7})), None, None),
        (contact(json!([])), None, None),
        (contact(json!({"wa_id": "canary"})), None, None),
        (sent(json!({"id": WAMID, "message_status": held})), Some("16505551234"), Some(held)),
        (sent(json!({"id": WAMID, "message_status": "accepted"})), Some("16505551234"), None),
        (sent(json!({"id": WAMID, "message_status": "x".repeat(200)})), Some("16505551234"), None),
    ] {
        let answer = of_send(&reply(200, body.clone()), 1, &|text| text != "canary");
        let Answer::Accepted { provider_message_id, recipient_id, provider_status } = answer else {
            panic!("{body}: {answer:?}")
        };
        assert_eq!(provider_message_id, WAMID);
        assert_eq!((recipient_id.as_deref(), provider_status.as_deref()), (recipient, status), "{body}");
    }
}

#[test]
fn a_paused_template_is_told_as_one() {
    let body = sent(json!({"id": WAMID, "message_status": "paused"}));
    let Answer::Refused(refusal) = of_send(&reply(200, body), 1, &|_| true) else { panic!("taken") };
    assert_eq!((refusal.error.status, refusal.retry), (Status::Template, false));
    assert!(refusal.error.message.contains("paused"), "{}", refusal.error.message);
    assert_eq!(refusal.error.provider_code, None, "the answer had none");
}

#[test]
fn waits_are_the_providers_or_metas_documents() {
    let of = |code: u32, attempt: i32, headers: &[(&'static str, &str)]| {
        let mut reply = reply(400, error(code));
        for (name, value) in headers {
            reply.headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let Answer::Refused(refusal) = of_send(&reply, attempt, &|_| true) else { panic!("{code}") };
        refusal.retry_after.map(|wait| wait.as_secs())
    };
    for (code, attempt, wait) in [
        (131_056, 1, Some(1)),
        (131_056, 2, Some(4)),
        (131_056, 3, Some(16)),
        (131_056, 4, Some(64)),
        (131_056, 9, Some(65_536)),
        (131_056, 10, Some(86_400)),
        (131_056, i32::MAX, Some(86_400)),
        (133_015, 1, Some(300)),
        (131_057, 2, Some(60)),
        (134_101, 1, Some(180)),
        (130_429, 1, None),
        (131_047, 1, None),
        (777_777, 1, None),
    ] {
        assert_eq!(of(code, attempt, &[]), wait, "{code} {attempt}");
    }
    let date = ("date", "Thu, 26 Nov 2026 10:00:00 GMT");
    for (headers, wait) in [
        (vec![("retry-after", "7")], Some(7)),
        (vec![("retry-after", " 7 ")], Some(7)),
        (vec![("retry-after", "0")], Some(0)),
        (vec![("retry-after", "99999999999999999999999")], Some(86_400)),
        (vec![("retry-after", "Thu, 26 Nov 2026 10:01:30 GMT"), date], Some(90)),
        (vec![("retry-after", "Thu, 26 Nov 2026 09:00:00 GMT"), date], Some(0)),
        (vec![("retry-after", "soon")], Some(1)),
        (vec![("retry-after", "-5")], Some(1)),
        (vec![("retry-after", "")], Some(1)),
    ] {
        assert_eq!(of(131_056, 1, &headers), wait, "{headers:?}");
    }
}

#[test]
fn the_trace_id_comes_from_the_body_or_a_header() {
    let of = |status: u16, body: String, headers: &[(&'static str, &'static str)]| {
        let mut reply = reply(status, body);
        for (name, value) in headers {
            reply.headers.append(*name, HeaderValue::from_static(value));
        }
        trace_id(&reply)
    };
    let taken = sent(json!({"id": WAMID}));
    let header = [("x-fb-request-id", "R"), ("x-fb-trace-id", "T")];
    assert_eq!(of(400, error(100), &header).as_deref(), Some("Az8or2yhqkZfEZ-_4Qn_Bam"));
    assert_eq!(of(400, String::new(), &header).as_deref(), Some("T"));
    assert_eq!(of(200, taken.clone(), &header).as_deref(), Some("T"));
    assert_eq!(of(200, taken.clone(), &header[..1]).as_deref(), Some("R"));
    assert_eq!(of(200, taken, &[]), None);
    for id in [json!(""), json!("a b"), json!("a\nb"), json!("x".repeat(129)), json!(7)] {
        assert_eq!(of(500, error_with(json!({"code": 1, "fbtrace_id": id})), &[]), None, "{id}");
    }
}

#[test]
fn metas_words_are_shown_only_where_they_help_and_are_harmless() {
    for (code, harmless, shown) in [
        (777_777, true, true),
        (777_777, false, false),
        (100, true, true),
        (100, false, false),
        (131_009, true, true),
        (132_000, true, true),
        (131_047, true, false),
        (190, true, false),
        (133_005, true, false),
    ] {
        let body = error_with(json!({"code": code, "error_data": {"details": "canary"}}));
        let Answer::Refused(refusal) = of_send(&reply(400, body), 1, &|text| text == "canary" && harmless)
        else {
            panic!("refused")
        };
        assert_eq!(refusal.error.message.contains("canary"), shown, "{code}: {}", refusal.error.message);
        assert_eq!(refusal.error.provider_code, Some(code.to_string()));
    }
    // The details say more than the message, and a text may stand for both.
    for (data, words) in
        [(json!({"details": "d"}), "d"), (json!("d"), "d"), (json!({"details": " "}), "m"), (json!(7), "m")]
    {
        let body = error_with(json!({"code": 777_777, "message": "m", "error_data": data}));
        let Answer::Refused(refusal) = of_send(&reply(400, body), 1, &|_| true) else { panic!("refused") };
        assert!(refusal.error.message.ends_with(&format!("\"{words}\"")), "{}", refusal.error.message);
    }
}

#[test]
fn a_question_may_be_asked_again() {
    let ask = |status: u16, body: &str| of_question::<Value>(&reply(status, body), &|_| true);
    assert_eq!(ask(200, r#"{"id":"1"}"#).unwrap()["id"], "1");
    for (status, body, class, retry) in [
        (200, "[]", Class::Temporary, true),
        (200, "<html>", Class::Temporary, true),
        (200, "", Class::Temporary, true),
        (99, "{}", Class::Temporary, true),
        (302, "{}", Class::Permanent, false),
        (502, "", Class::Temporary, true),
        (500, "", Class::Temporary, true),
        (400, &*error(100), Class::Permanent, false),
        (401, &*error(190), Class::Credentials, false),
        (400, &*error(80_008), Class::Limit, true),
    ] {
        let refusal = ask(status, body).unwrap_err();
        assert_eq!((refusal.class, refusal.retry), (class, retry), "{status} {body}");
        assert_eq!(refusal.error.http_status, Some(status));
    }
}

proptest::proptest! {
    #[test]
    fn any_answer_is_taken_only_with_an_id(
        status in 0..1000_u16, body in proptest::prelude::any::<Vec<u8>>(), attempt in proptest::prelude::any::<i32>(),
    ) {
        let reply = reply(status, body);
        let answer = of_send(&reply, attempt, &|_| true);
        proptest::prop_assert!(!matches!(answer, Answer::Accepted { .. }), "{:?}", answer);
        let _ = trace_id(&reply);
    }

    /// The right keys, with any values.
    #[test]
    fn any_json_is_taken_only_with_an_id(
        status in proptest::sample::select(vec![200_u16, 201, 400, 401, 429, 500, 503]),
        values in proptest::collection::vec(value(), 10),
        attempt in 0..5_i32,
    ) {
        let [a, b, c, d, e, f, g, h, i, j] = <[Value; 10]>::try_from(values).unwrap();
        let body = json!({
            "messages": [{"id": a, "message_status": b}, c], "contacts": [{"wa_id": d, "user_id": e}],
            "error": {"code": f, "error_subcode": g, "error_data": {"details": h}, "fbtrace_id": i, "is_transient": j},
        });
        let reply = reply(status, body.to_string());
        let _ = trace_id(&reply);
        let answer = of_send(&reply, attempt, &|_| true);
        let id = body["messages"][0]["id"].as_str().filter(|id| is_message_id(id));
        match answer {
            Answer::Accepted { provider_message_id, .. } => {
                proptest::prop_assert!(status < 300);
                proptest::prop_assert_eq!(Some(provider_message_id.as_str()), id);
            }
            Answer::Refused(refusal) => proptest::prop_assert!(!refusal.retry || refusal.class.retried()),
            Answer::HeldBack => panic!("what was answered was not held back"),
            Answer::Unknown { .. } => {}
        }
    }
}

/// Any small JSON, and what Meta writes in such places.
fn value() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    prop_oneof![
        Just(json!(WAMID)),
        Just(json!("paused")),
        Just(json!(131_056)),
        Just(json!(463)),
        any::<u64>().prop_map(|number| json!(number)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        any::<bool>().prop_map(|flag| json!(flag)),
        ".{0,20}".prop_map(|text: String| json!(text)),
        Just(Value::Null),
        Just(json!([])),
        Just(json!({"details": ["x"]})),
    ]
}
