use super::*;
use crate::provider::action::Action;
use crate::provider::meta::tests::bed::{ACCOUNT, NUMBER, TOKEN, act, body_of, meta_at, run, serve};
use crate::provider::test_server::Server;
use std::time::Duration;

const SUCCESS: &str = r#"{"success":true}"#;

fn pin(text: &str) -> Pin {
    Pin(Secret::new(text.to_owned()))
}

fn register(text: &str, region: Option<&str>) -> Action {
    Action::Register(Register { pin: pin(text), data_localization_region: region.map(str::to_owned) })
}

fn code(method: CodeMethod, language: &str) -> Action {
    Action::RequestCode(RequestCode { method, language: language.to_owned() })
}

fn add(number: &str, name: &str) -> Action {
    let number = Phone::read("number", number, None).unwrap();
    Action::AddNumber(AddNumber { number, verified_name: name.to_owned() })
}

#[test]
fn each_call_is_one_request() {
    let server = serve(|text| {
        let body = if text.contains("phone_numbers") { r#"{"id":"987"}"# } else { SUCCESS };
        (200, "", body.to_owned())
    });
    let meta = meta_at(server.port);
    for (action, path, body) in [
        (register("012345", None), "register", json!({"messaging_product": "whatsapp", "pin": "012345"})),
        (
            register("012345", Some("de")),
            "register",
            json!({"messaging_product": "whatsapp", "pin": "012345", "data_localization_region": "DE"}),
        ),
        (Action::Deregister, "deregister", Value::Null),
        (Action::SetPin(pin("000000")), "", json!({"pin": "000000"})),
        (Action::VerifyCode(pin("012-345")), "verify_code", json!({"code": "012345"})),
        (Action::VerifyCode(pin(" 01 23\u{a0}45\n")), "verify_code", json!({"code": "012345"})),
        (Action::VerifyCode(pin("012\u{2013}345")), "verify_code", json!({"code": "012345"})),
        (code(CodeMethod::Sms, "en-US"), "request_code", json!({"code_method": "SMS", "language": "en_US"})),
        (code(CodeMethod::Voice, "de"), "request_code", json!({"code_method": "VOICE", "language": "de"})),
        (
            add("+16315551000", " Shop "),
            "phone_numbers",
            json!({"cc": "1", "phone_number": "6315551000", "verified_name": "Shop"}),
        ),
        (
            add("+390612345678", "Bottega"),
            "phone_numbers",
            json!({"cc": "39", "phone_number": "0612345678", "verified_name": "Bottega"}),
        ),
    ] {
        let before = server.requests().len();
        act(&meta, action).unwrap();
        let requests = server.requests();
        assert_eq!(requests.len(), before + 1);
        let request = requests.last().unwrap();
        let node = if path == "phone_numbers" { ACCOUNT } else { NUMBER };
        let line =
            format!("POST /base/v25.0/{node}/{path}").trim_end_matches('/').to_owned() + " HTTP/1.1\r\n";
        assert!(request.starts_with(&line), "{request}");
        assert!(request.contains(&format!("authorization: Bearer {TOKEN}")), "{request}");
        assert_eq!(body_of(request), body);
    }
}

#[test]
fn what_is_no_pin_and_no_code_is_refused_before_it_is_sent() {
    let server = serve(|_| (200, "", SUCCESS.to_owned()));
    let meta = meta_at(server.port);
    for text in ["12345", "1234567", "12345a", "123 456", "123-456", "١٢٣٤٥٦", " 123456"] {
        for action in [register(text, None), Action::SetPin(pin(text))] {
            let error = act(&meta, action).unwrap_err();
            assert_eq!((error.status, error.argument.as_deref()), (Status::Argument, Some("pin")), "{text}");
            assert!(!format!("{error:?}").contains(text), "{error:?}");
        }
    }
    for text in ["", "12345", "1234567", "123.456", "abcdef", "-"] {
        let error = act(&meta, Action::VerifyCode(pin(text))).unwrap_err();
        assert_eq!((error.status, error.argument.as_deref()), (Status::Argument, Some("code")), "{text}");
    }
    assert_eq!(act(&meta, register("", None)).unwrap_err().status, Status::Argument);
    assert_eq!(server.requests().len(), 0);
    assert!(!format!("{:?}", register("123456", None)).contains("123456"));
}

#[test]
fn a_pin_cannot_be_switched_off() {
    let server = serve(|_| (200, "", SUCCESS.to_owned()));
    let meta = meta_at(server.port);
    for text in ["", " "] {
        let error = act(&meta, Action::SetPin(pin(text))).unwrap_err();
        assert_eq!(error.status, Status::NotSupported);
        assert!(error.message.contains("cannot be switched off"), "{error:?}");
        assert!(error.hint.unwrap().contains("WhatsApp Manager"));
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn wrong_arguments_are_named() {
    let server = serve(|_| (200, "", SUCCESS.to_owned()));
    let meta = meta_at(server.port);
    let list = |limit, cursor: Option<&str>| Action::ListNumbers { limit, cursor: cursor.map(str::to_owned) };
    for (action, argument) in [
        (register("123456", Some("Germany")), "options_json.data_localization_region"),
        (register("123456", Some("")), "options_json.data_localization_region"),
        (code(CodeMethod::Sms, ""), "options_json.language"),
        (code(CodeMethod::Sms, "en US"), "options_json.language"),
        (add("+16315551000", " "), "options_json.verified_name"),
        (list(Some(0), None), "options_json.limit"),
        (list(Some(1001), None), "options_json.limit"),
        (list(None, Some("")), "options_json.cursor"),
    ] {
        let error = act(&meta, action).unwrap_err();
        assert_eq!((error.status, error.argument.as_deref()), (Status::Argument, Some(argument)));
    }
    assert_eq!(server.requests().len(), 0);
}

fn refusing(status: u16, code: u32, subcode: Option<u32>, details: &str) -> Server {
    let mut body = json!({"error": {"message": "(#1) m", "type": "OAuthException", "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details}, "fbtrace_id": "A1"}});
    if let Some(subcode) = subcode {
        body["error"]["error_subcode"] = subcode.into();
    }
    serve(move |_| (status, "", body.to_string()))
}

#[test]
fn faults_of_pins_and_codes_are_told_apart_and_not_tried_again() {
    let verify = || Action::VerifyCode(pin("123456"));
    for (action, code, subcode, details, status, argument, words) in [
        (register("123456", None), 133005, None, "", Status::Argument, Some("pin"), "not the one"),
        (Action::SetPin(pin("123456")), 133005, None, "", Status::Argument, Some("pin"), "not the one"),
        (
            register("123456", None),
            131031,
            None,
            "Two-step PIN mismatch",
            Status::Argument,
            Some("pin"),
            "PIN",
        ),
        (register("123456", None), 133008, None, "wait 7 hours", Status::Limit, None, "wait 7 hours"),
        (register("123456", None), 133009, None, "", Status::Limit, None, "too quickly"),
        (register("123456", None), 133006, None, "", Status::Sender, None, "must be verified"),
        (register("123456", None), 133000, None, "", Status::Sender, None, "deregistration"),
        (Action::SetPin(pin("123456")), 133010, None, "", Status::Sender, None, "not registered"),
        (Action::Deregister, 133010, None, "", Status::Sender, None, "not registered"),
        (register("123456", None), 133015, None, "", Status::Limit, None, "deleted"),
        (register("123456", None), 133016, None, "", Status::Limit, None, "too often"),
        (verify(), 136025, None, "code is wrong", Status::Argument, Some("code"), "code is wrong"),
        (code(CodeMethod::Sms, "en"), 136025, None, "", Status::Sender, None, "could not send"),
        (Action::Deregister, 100, Some(33), "", Status::Sender, Some("options_json.sender"), "no number"),
    ] {
        let server = refusing(400, code, subcode, details);
        let error = act(&meta_at(server.port), action).unwrap_err();
        assert_eq!((error.status, error.argument.as_deref()), (status, argument), "{code}: {error:?}");
        assert!(error.message.contains(words), "{error:?}");
        assert_eq!(error.provider_code, Some(code.to_string()));
        assert_eq!(error.http_status, Some(400));
        assert_eq!(error.retryable, code == 133015, "{error:?}");
        assert!(error.hint.is_some());
        assert_eq!(server.requests().len(), 1);
    }
    // The same code about an account that is locked.
    let server = refusing(403, 131031, None, "Business Account locked");
    let error = act(&meta_at(server.port), register("123456", None)).unwrap_err();
    assert_ne!(error.status, Status::Argument, "{error:?}");
}

#[test]
fn no_text_repeats_a_pin_a_code_or_the_token() {
    for details in ["PIN 123456 is wrong", "123-456?", "1 2 3 4 5 6", &format!("Bearer {TOKEN}")] {
        for code in [133005, 133008, 136025, 131031, 999_999] {
            for action in
                [register("123456", None), Action::SetPin(pin("123456")), Action::VerifyCode(pin("123-456"))]
            {
                let server = refusing(400, code, None, details);
                let error = act(&meta_at(server.port), action).unwrap_err();
                let shown = format!("{error:?}");
                assert!(!shown.contains(details), "{code}: {shown}");
            }
        }
    }
}

#[test]
fn a_lost_answer_leaves_it_open_and_says_how_to_look() {
    let actions = || {
        [
            register("123456", None),
            Action::Deregister,
            Action::SetPin(pin("123456")),
            Action::VerifyCode(pin("123456")),
            code(CodeMethod::Sms, "en"),
            add("+16315551000", "Shop"),
        ]
    };
    // Lost, a proxy's word, no JSON, and JSON that does not say it.
    let cut = Server::start(|mut stream, _, requests| {
        if let Some(text) = crate::provider::test_server::request(&mut stream) {
            requests.lock().unwrap().push(text);
        }
    });
    let gateway = serve(|_| (502, "", "<html>".to_owned()));
    let busy = serve(|_| (503, "", r#"{"error":{"code":503}}"#.to_owned()));
    let page = serve(|_| (200, "", "<html>".to_owned()));
    let silent = serve(|_| (200, "", "{}".to_owned()));
    for server in [cut, gateway, busy, page, silent] {
        for action in actions() {
            let before = server.requests().len();
            let error = act(&meta_at(server.port), action.clone()).unwrap_err();
            assert_eq!((error.status, error.retryable), (Status::Network, false), "{action:?}: {error:?}");
            assert!(error.message.contains("not known"), "{error:?}");
            assert!(error.hint.is_some());
            assert_eq!(server.requests().len(), before + 1);
        }
    }
    // Meta's own word that it failed is one.
    let server = serve(|_| (500, "", r#"{"error":{"code":131000,"message":"x"}}"#.to_owned()));
    let error = act(&meta_at(server.port), Action::Deregister).unwrap_err();
    assert!(!error.message.contains("not known"), "{error:?}");
    let server = serve(|_| (200, "", r#"{"success":false}"#.to_owned()));
    let error = act(&meta_at(server.port), Action::Deregister).unwrap_err();
    assert_eq!(error.status, Status::Rejected);
}

#[test]
fn a_request_that_was_never_written_says_so() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = act(&meta_at(port), Action::Deregister).unwrap_err();
    assert_eq!((error.status, error.retryable), (Status::Network, true));
    assert!(!error.message.contains("not known"), "{error:?}");
}

#[test]
fn a_number_is_read_in_every_version() {
    for (answer, limit, quality, throughput) in [
        (
            json!({"id": "1", "quality_rating": "GREEN", "throughput": {"level": "STANDARD"},
                "whatsapp_business_manager_messaging_limit": "TIER_2K", "messaging_limit_tier": "TIER_1K"}),
            Some("TIER_2K"),
            Some("GREEN"),
            Some("STANDARD"),
        ),
        (
            json!({"id": 1, "quality_score": {"score": "RED"}, "throughput": "HIGH", "messaging_limit_tier": "TIER_1K"}),
            Some("TIER_1K"),
            Some("RED"),
            Some("HIGH"),
        ),
        (json!({"id": "1", "throughput": 7, "verified_name": [], "quality_rating": ""}), None, None, None),
    ] {
        let number = node::read(&answer).unwrap();
        assert_eq!(number.id, "1");
        assert_eq!(number.messaging_limit.as_deref(), limit);
        assert_eq!(number.quality_rating.as_deref(), quality);
        assert_eq!(number.throughput_level.as_deref(), throughput);
    }
    assert_eq!(node::read(&json!({"verified_name": "x"})), None);
    assert_eq!(node::read(&json!([1])), None);
}

#[test]
fn a_version_that_lacks_a_field_is_asked_for_fewer() {
    let server = serve(|text| {
        if text.contains("whatsapp_business_manager_messaging_limit") {
            let body = r#"{"error":{"code":100,"message":"(#100) Tried accessing nonexisting field"}}"#;
            return (400, "", body.to_owned());
        }
        (200, "", r#"{"id":"5","messaging_limit_tier":"TIER_1K"}"#.to_owned())
    });
    let Done::Number(number) = act(&meta_at(server.port), Action::GetNumber).unwrap() else { panic!() };
    assert_eq!(number.messaging_limit.as_deref(), Some("TIER_1K"));
    assert_eq!(number.id, NUMBER);
    assert_eq!(server.requests().len(), 2);
    // A fault of another kind is not asked about again.
    let server = refusing(400, 100, Some(33), "");
    act(&meta_at(server.port), Action::GetNumber).unwrap_err();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn lists_go_on_by_cursors_only() {
    let server = serve(|text| {
        let body = if text.contains("after=two") {
            json!({"data": [{"id": "3"}, {"no": "id"}, 7], "paging": {"cursors": {"before": "b", "after": "three"}}})
        } else {
            json!({"data": [{"id": "1"}, {"id": "2"}],
                "paging": {"cursors": {"after": "two"}, "next": "https://elsewhere.example/?after=two"}})
        };
        (200, "", body.to_string())
    });
    let meta = meta_at(server.port);
    let list = |cursor: Option<String>| match act(&meta, Action::ListNumbers { limit: Some(2), cursor }) {
        Ok(Done::Numbers(list)) => list,
        other => panic!("{other:?}"),
    };
    let first = list(None);
    assert_eq!((first.numbers.len(), first.next.as_deref()), (2, Some("two")));
    let second = list(first.next);
    assert_eq!((second.numbers.len(), second.next), (1, None));
    let requests = server.requests();
    assert!(
        requests[1]
            .starts_with(&format!("GET /base/v25.0/{ACCOUNT}/phone_numbers?limit=2&after=two&fields="))
    );
    act(&meta, Action::ListNumbers { limit: Some(1000), cursor: None }).unwrap();
    let lowered = server.requests().pop().unwrap_or_default();
    assert!(lowered.contains("phone_numbers?limit=100&"), "{lowered}");
}

#[test]
fn answers_of_any_shape_are_errors_or_values() {
    let deep = "[".repeat(5000);
    let bodies =
        ["", "[]", "null", "{", "{\"data\":7}", "{\"data\":[[[]]]}", "{\"paging\":{\"next\":\"x\"}}", &deep];
    for body in bodies {
        let body = body.to_owned();
        let server = serve(move |_| (200, "", body.clone()));
        let meta = meta_at(server.port);
        let _ = act(&meta, Action::ListNumbers { limit: None, cursor: None });
        let _ = act(&meta, Action::GetNumber);
        let _ = act(&meta, Action::GetProfile);
        let _ = act(&meta, Action::Check);
    }
}

#[test]
fn a_token_in_an_answer_is_not_shown() {
    let server = serve(|_| (200, "", json!({"id": "1", "verified_name": TOKEN}).to_string()));
    let error = act(&meta_at(server.port), Action::GetNumber).unwrap_err();
    assert!(!format!("{error:?}").contains(TOKEN));
}

#[test]
fn a_slow_server_is_given_up() {
    let server = Server::start(|mut stream, _, _| {
        let _ = crate::provider::test_server::request(&mut stream);
        std::thread::sleep(Duration::from_secs(30));
    });
    let error = run(async { meta_at(server.port).set_pin(NUMBER, &pin("123456")).await }).unwrap_err();
    assert!(error.message.contains("not known"), "{error:?}");
}
