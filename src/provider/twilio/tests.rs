mod kinds;

use super::*;
use crate::ground::Secret;
use crate::message::age::Age;
use crate::message::clock::uptime;
use crate::message::content::{Media, Template};
use crate::message::{Class, Variables};
use crate::provider::test_server::{Server, answer, request, tls_server};
use crate::provider::{Answer, NoMemory};
use crate::settings::{ProviderSettings, Settings};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

pub(super) const ACCOUNT: &str = "AC00000000000000000000000000000001";
const SID: &str = "SM0123456789abcdef0123456789abcdef";
const TO: &str = "whatsapp:+15005550006";

pub fn twilio_at(port: u16, more: &str) -> Twilio {
    let text = format!(
        r#"{{"twilio":{{"account_sid":"{ACCOUNT}","auth_token":"canary+/%","base_url":"http://127.0.0.1:{port}/base/"{more}}},
            "history":{{"file":"/tmp/h.db"}},"http":{{"timeout_seconds":2}},
            "templates":{{"welcome":{{"text":"Hello {{{{1}}}}"}}}}}}"#
    );
    let settings = Settings::read(&text).unwrap();
    let ProviderSettings::Twilio(twilio) = &settings.provider else { panic!("no Twilio") };
    Twilio::new(twilio, &settings.http, settings.default_country, &settings.templates, Arc::new(NoMemory))
        .unwrap()
}

pub const FROM: &str = r#","from":"+14155238886","senders":["+14155238887"]"#;

pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Serves each request with what `reply` says: status, headers and body.
pub fn serve(reply: impl Fn(&str) -> (u16, &'static str, String) + Send + Sync + 'static) -> Server {
    Server::start(move |mut stream, _, requests| {
        while let Some(text) = request(&mut stream) {
            requests.lock().unwrap().push(text.clone());
            let (status, headers, body) = reply(&text);
            let length = body.len();
            answer(
                &mut stream,
                &format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n{body}"),
            );
        }
    })
}

pub fn attempt(prepared: Prepared) -> Attempt {
    Attempt {
        message_id: Uuid::from_u128(7),
        number: 1,
        sender: Some("whatsapp:+14155238886".to_owned()),
        recipient: TO.to_owned(),
        prepared,
        leaves_before: std::time::Duration::MAX,
    }
}

fn text(text: &str) -> Content {
    Content::text(text.to_owned())
}

pub fn template(name: &str, variables: Value) -> Content {
    Content::from(Kind::Template(Template {
        template: name.to_owned(),
        variables: Variables::from_value("variables", variables).unwrap(),
        ..Template::default()
    }))
}

#[test]
fn an_attempt_is_one_request() {
    let server = serve(|_| (201, "Twilio-Request-Id: RQ1\r\n", format!(r#"{{"sid":"{SID}"}}"#)));
    let twilio = twilio_at(server.port, &format!(r#"{FROM},"status_callback":"https://example.com/s""#));
    let exchange = run(twilio.send(&attempt(twilio.prepared(&text("Hello")).unwrap())));
    let Answer::Accepted { provider_message_id, .. } = exchange.answer else { panic!("{exchange:?}") };
    assert_eq!(provider_message_id, SID);
    assert_eq!((exchange.http_status, exchange.trace_id.as_deref()), (Some(201), Some("RQ1")));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0]
            .starts_with(&format!("POST /base/2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1\r\n")),
        "{requests:?}"
    );
    assert!(requests[0].ends_with(
        "\r\n\r\nTo=whatsapp%3A%2B15005550006&From=whatsapp%3A%2B14155238886&Body=Hello&StatusCallback=https%3A%2F%2Fexample.com%2Fs%3Fwa%3D00000000-0000-0000-0000-000000000007.1%23rc%3D5%26rp%3Dall"
    ), "{requests:?}");
}

#[test]
fn a_login_can_be_replaced_while_running() {
    let server = serve(|_| (401, "", r#"{"code":20003,"message":"Authenticate"}"#.to_owned()));
    let twilio = twilio_at(server.port, FROM);
    let send = || run(twilio.send(&attempt(twilio.prepared(&text("Hello")).unwrap())));
    let first = send();
    let Answer::Refused(refusal) = first.answer else { panic!("{first:?}") };
    assert_eq!((refusal.class, refusal.retry), (Class::Credentials, false));
    assert!(refusal.error.message.starts_with("Please enter valid Twilio credentials."));
    twilio.log_in_with(TwilioLogin { user: "SK1".into(), password: Secret::new("new".into()) }).unwrap();
    send();
    let logins: Vec<String> = server
        .requests()
        .iter()
        .filter_map(|text| {
            text.lines().find_map(|line| line.strip_prefix("authorization: Basic ").map(str::to_owned))
        })
        .collect();
    assert_eq!(logins.len(), 2);
    assert_eq!(logins[1], "U0sxOm5ldw==");
    assert_ne!(logins[0], logins[1]);
}

#[test]
fn no_answer_shows_our_credentials() {
    // A gateway that repeats to us what we sent, in each form.
    for form in
        ["canary+/%", "canary%2B%2F%25", "QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTpjYW5hcnkrLyU="]
    {
        let server =
            serve(move |_| (400, "", json!({"code": 77777, "message": format!("login {form}")}).to_string()));
        let twilio = twilio_at(server.port, FROM);
        let exchange = run(twilio.send(&attempt(twilio.prepared(&text("Hello")).unwrap())));
        let shown = format!("{exchange:?}");
        assert!(!shown.contains(form) && shown.contains("77777"), "{shown}");
    }
    let server = serve(|_| (400, "", json!({"code": 77777, "message": "a new kind"}).to_string()));
    let twilio = twilio_at(server.port, FROM);
    let exchange = run(twilio.send(&attempt(twilio.prepared(&text("Hello")).unwrap())));
    assert!(format!("{exchange:?}").contains("a new kind"));
    assert!(format!("{:?}", twilio.login().header) == "Sensitive");
}

#[test]
fn nobody_at_home_is_tried_again() {
    let twilio = twilio_at(1, FROM);
    let exchange = run(twilio.send(&attempt(twilio.prepared(&text("Hello")).unwrap())));
    let Answer::Refused(refusal) = exchange.answer else { panic!("{exchange:?}") };
    assert_eq!(
        (refusal.class, refusal.retry, refusal.error.status),
        (Class::Temporary, true, Status::Network)
    );
    assert_eq!(exchange.http_status, None);
    let server = Server::start(|mut stream, _, _| {
        request(&mut stream);
    });
    let twilio = twilio_at(server.port, FROM);
    let exchange = run(twilio.send(&attempt(twilio.prepared(&text("Hello")).unwrap())));
    assert!(matches!(exchange.answer, Answer::Unknown { .. }), "{exchange:?}");
}

#[test]
fn a_certificate_that_cannot_be_verified_is_not_tried_again() {
    let (server, _) = tls_server(&["localhost"]);
    let settings = Settings::read(&format!(
        r#"{{"twilio":{{"account_sid":"{ACCOUNT}","auth_token":"x","base_url":"https://localhost:{}"{FROM}}},"history":{{"file":"/tmp/h.db"}}}}"#,
        server.port
    ))
    .unwrap();
    let ProviderSettings::Twilio(twilio) = &settings.provider else { panic!("no Twilio") };
    let twilio = Twilio::new(
        twilio,
        &settings.http,
        settings.default_country,
        &settings.templates,
        Arc::new(NoMemory),
    )
    .unwrap();
    let exchange = run(twilio.send(&attempt(twilio.prepared(&text("Hello")).unwrap())));
    let Answer::Refused(refusal) = exchange.answer else { panic!("{exchange:?}") };
    assert_eq!((refusal.error.status, refusal.retry), (Status::Tls, false));
    assert!(refusal.error.hint.as_deref().is_some_and(|hint| hint.contains("http.ca_file")));
    assert!(server.requests().is_empty());
}

#[test]
fn the_sender_is_one_of_the_settings() {
    let service = r#","messaging_service_sid":"MG00000000000000000000000000000001""#;
    for (more, wanted, sender) in [
        (FROM.to_owned(), None, Some(Some("whatsapp:+14155238886"))),
        (FROM.to_owned(), Some("+14155238887"), Some(Some("whatsapp:+14155238887"))),
        (FROM.to_owned(), Some("whatsapp:+14155238887"), Some(Some("whatsapp:+14155238887"))),
        (FROM.to_owned(), Some("00 1 (415) 523-8887"), Some(Some("whatsapp:+14155238887"))),
        (FROM.to_owned(), Some("+14155238888"), None),
        (FROM.to_owned(), Some("me"), None),
        (service.to_owned(), None, Some(None)),
        (service.to_owned(), Some("+14155238887"), None),
        (format!("{FROM}{service}"), None, Some(Some("whatsapp:+14155238886"))),
    ] {
        let twilio = twilio_at(1, &more);
        match (twilio.sender("options_json.sender", wanted), sender) {
            (Ok(got), Some(sender)) => assert_eq!(got.as_deref(), sender, "{wanted:?}"),
            (Err(error), None) => {
                assert_eq!(
                    (error.status, error.argument.as_deref()),
                    (Status::Sender, Some("options_json.sender"))
                );
                assert!(error.message.contains(wanted.unwrap()), "{error}");
                let lists =
                    error.hint.as_deref().is_some_and(|hint| hint.contains("+14155238886, +14155238887"));
                assert_eq!(lists, more == FROM, "{error:?}");
            }
            (got, _) => panic!("{wanted:?}: {got:?}"),
        }
    }
}

#[test]
fn a_sender_is_known_by_its_digits() {
    let mut twilio = twilio_at(1, FROM);
    // In Germany it has the length of a number there.
    twilio.country = crate::message::phone::country("default_country", "DE").ok();
    let found = |wanted| twilio.sender("options_json.sender", Some(wanted)).ok().flatten();
    assert_eq!(found("14155238887").as_deref(), Some("whatsapp:+14155238887"));
    assert_eq!(found("14155238888"), None);
}

#[test]
fn an_account_is_named_without_telling_it() {
    let twilio = twilio_at(1, FROM);
    assert_eq!(twilio.account_key().len(), 16);
    assert_eq!(twilio.account_key(), account_key(NAME, ACCOUNT));
    assert_ne!(twilio.account_key(), account_key(NAME, "AC00000000000000000000000000000002"));
    let recipient = Recipient::read("to", "+15005550006", None).unwrap();
    assert_eq!(
        (twilio.name(), twilio.recipient("to", &recipient).unwrap().as_str()),
        (ProviderName::Twilio, TO)
    );
    let user = Recipient::read("to", "US.13491208655302741918", None).unwrap();
    assert_eq!(twilio.recipient("to", &user).unwrap_err().status, Status::NotSupported);
}

#[test]
fn what_is_known_needs_no_question() {
    let twilio = twilio_at(1, FROM);
    for (content, fields) in [
        (text("Hello"), Some(vec![("Body", "Hello".to_owned())])),
        (template("welcome", json!(["Ann"])), Some(vec![("Body", "Hello Ann".to_owned())])),
        (template("order", json!([])), None),
        (text(""), None),
    ] {
        assert_eq!(
            twilio.prepared(&content).map(|prepared| prepared.request.form().unwrap().to_vec()),
            fields
        );
        if fields.is_some() {
            assert_eq!(
                run(twilio.prepare(&content, None)).ok().map(|prepared| prepared
                    .request
                    .form()
                    .unwrap()
                    .to_vec()),
                fields
            );
        }
    }
    let link = Content::from(Kind::Media(Media { media: vec!["http://127.0.0.1/a".into()], text: None }));
    assert!(twilio.check(&link).is_ok(), "a simulator may fetch from this machine");
    let refusal = run(twilio.prepare(&text(" "), None)).unwrap_err();
    assert_eq!(
        (refusal.class, refusal.retry, refusal.error.argument.as_deref()),
        (Class::Permanent, false, Some("text"))
    );
    assert!(refusal.error.message.starts_with("text is empty"), "{}", refusal.error);
}

pub fn content(n: u8, name: &str, language: &str) -> Value {
    json!({
        "sid": format!("HX{n:032x}"), "friendly_name": name, "language": language, "variables": {"1": "sample"},
        "types": {"twilio/text": {"body": "Order {{1}}"}},
    })
}

#[test]
fn templates_are_looked_up_by_sid_and_by_name() {
    let server = serve(|text| {
        let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
        let json = match path.as_str() {
            "/base/v1/Content/HX00000000000000000000000000000001" => content(1, "order", "en"),
            "/base/v1/Content?PageSize=100" => json!({
                "contents": [content(1, "order", "en"), {"sid": 7}],
                "meta": {"next_page_url": "https://evil.example/v1/Content?PageSize=100&Page=1&PageToken=DNHX1"},
            }),
            "/base/v1/Content?PageSize=100&Page=1&PageToken=DNHX1" => json!({
                "contents": [content(2, "order", "de"), content(3, "bill", "en")], "meta": {"next_page_url": null},
            }),
            _ => return (404, "", r#"{"code":20404,"message":"not found","status":404}"#.to_owned()),
        };
        (200, "", json.to_string())
    });
    let twilio = twilio_at(server.port, FROM);
    let with_language = |language: &str| {
        let mut content = template("order", json!(["7"]));
        if let Kind::Template(template) = &mut content.kind {
            template.language = Some(language.to_owned());
        }
        content
    };
    for (content, sid, argument) in [
        (template("HX00000000000000000000000000000001", json!(["7"])), Some(1), ""),
        (template("HX00000000000000000000000000000001", json!([])), None, "variables.1"),
        (template("HX00000000000000000000000000000009", json!(["7"])), None, "template"),
        (template("bill", json!(["7"])), Some(3), ""),
        (template("order", json!(["7"])), None, "template"),
        (with_language("de"), Some(2), ""),
        (with_language("fr"), None, "language"),
        (template("nothing", json!([])), None, "template"),
    ] {
        let Kind::Template(asked) = &content.kind else { unreachable!() };
        assert!(twilio.check(&content).is_ok());
        match (run(twilio.prepare(&content, None)), sid) {
            (Ok(prepared), Some(sid)) => {
                assert_eq!(
                    prepared.request.form().unwrap(),
                    [
                        ("ContentSid", format!("HX{sid:032x}")),
                        ("ContentVariables", r#"{"1":"7"}"#.to_owned()),
                    ]
                );
                assert_eq!(prepared.text.as_deref(), Some("Order 7"));
                assert_eq!(twilio.prepared(&content), Some(prepared), "known from now on");
            }
            (Err(refusal), None) => {
                assert_eq!((refusal.class, refusal.retry), (Class::Template, false), "{refusal:?}");
                assert_eq!(refusal.error.argument.as_deref(), Some(argument), "{asked:?} {refusal:?}");
            }
            (got, _) => panic!("{asked:?}: {got:?}"),
        }
    }
    let asked = server.requests().len();
    let burst = template("HX00000000000000000000000000000001", json!(["8"]));
    run(async {
        for _ in 0..20 {
            twilio.prepare(&burst, None).await.unwrap();
        }
    });
    assert_eq!(server.requests().len(), asked, "kept for some minutes");
}

#[test]
fn a_name_is_searched_before_the_list_is_read() {
    let server = serve(|text| {
        let path = text.split(' ').nth(1).unwrap_or_default();
        let json = match path {
            // More than the name may fit a pattern.
            "/base/v2/Content?PageSize=100&ContentName=order" => json!({
                "contents": [content(4, "border", "en"), content(1, "order", "en")],
                "meta": {"next_page_url": "https://x/v2/Content?ContentName=order&Page=1&PageToken=T"},
            }),
            "/base/v2/Content?ContentName=order&Page=1&PageToken=T" => {
                json!({"contents": [content(2, "order", "de")], "meta": {"next_page_url": null}})
            }
            "/base/v2/Content?PageSize=100&ContentName=hidden%5C.one" => json!({"contents": []}),
            "/base/v1/Content?PageSize=100" => json!({"contents": [content(3, "hidden.one", "en")]}),
            _ => return (404, "", r#"{"code":20404,"message":"not found","status":404}"#.to_owned()),
        };
        (200, "", json.to_string())
    });
    let twilio = twilio_at(server.port, FROM);
    let found = |name: &str| -> Vec<String> {
        run(twilio.find(name)).unwrap().into_iter().map(|stored| stored.sid).collect()
    };
    assert_eq!(found("order"), [1, 2].map(|n| format!("HX{n:032x}")), "all languages");
    assert_eq!(server.requests().len(), 2, "the list is not read");
    assert_eq!(found("hidden.one"), [format!("HX{:032x}", 3)]);
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn a_template_that_cannot_be_looked_up_now_is_tried_again() {
    for (status, body, class, retry) in [
        (503, "", Class::Temporary, true),
        (500, r#"{"code":20500}"#, Class::Temporary, true),
        (200, "<html>", Class::Temporary, true),
        (429, "", Class::Temporary, true),
        (401, r#"{"code":20003}"#, Class::Credentials, false),
        (404, "<html>", Class::Sender, false),
    ] {
        let server = serve(move |_| (status, "", body.to_owned()));
        let twilio = twilio_at(server.port, FROM);
        for name in ["order", "HX00000000000000000000000000000001"] {
            let refusal = run(twilio.prepare(&template(name, json!([])), None)).unwrap_err();
            assert_eq!((refusal.class, refusal.retry), (class, retry), "{status} {name}");
        }
    }
}

#[test]
fn a_lost_message_is_looked_for_page_by_page() {
    // Twilio's clock alone counts, whatever it shows.
    let now = time::OffsetDateTime::from_unix_timestamp(1_795_309_200).unwrap();
    const DATE: &str = "Date: Sun, 22 Nov 2026 01:00:00 GMT\r\n";
    let at = move |seconds: i64| {
        (now + time::Duration::seconds(seconds))
            .format(&time::format_description::well_known::Rfc2822)
            .unwrap()
    };
    let message = move |n: u8, seconds: i64| json!({"sid": format!("SM{n:032x}"), "to": TO, "direction": "outbound-api", "body": "x", "date_created": at(seconds)});
    let server = serve(move |text| {
        let path = text.split(' ').nth(1).unwrap_or_default();
        let page = if path.ends_with("PageToken=1") {
            json!({"messages": [message(2, 0), message(3, -60), message(4, -1000)], "next_page_uri": "/x?PageToken=2"})
        } else if path.ends_with("PageToken=2") {
            json!({"messages": [message(5, -2000)], "next_page_uri": "/x?PageToken=3"})
        } else {
            assert!(
                path.ends_with("To=whatsapp%3A%2B15005550006&From=whatsapp%3A%2B14155238886&PageSize=100"),
                "{path}"
            );
            json!({"messages": [message(1, 30), message(2, 0)], "next_page_uri": "https://evil.example/?PageToken=1"})
        };
        (200, DATE, page.to_string())
    });
    let twilio = twilio_at(server.port, FROM);
    let lost = LostAttempt {
        sender: Some("whatsapp:+14155238886".to_owned()),
        recipient: TO.to_owned(),
        age: Age::of_own(uptime()),
    };
    let found = run(twilio.look_for(&lost)).unwrap();
    let sids: Vec<&str> = found.candidates.iter().map(|c| c.provider_message_id.as_str()).collect();
    assert_eq!(sids, [1, 2, 3].map(|n| format!("SM{n:032x}")));
    assert_eq!(server.requests().len(), 3, "and no further");

    let endless = serve(|_| (200, "", json!({"messages": [], "next_page_uri": "/x?Page=1"}).to_string()));
    let refusal = run(twilio_at(endless.port, FROM).look_for(&lost)).unwrap_err();
    assert!(refusal.retry, "a list that does not end is no proof");
    assert_eq!(endless.requests().len(), list::MOST_PAGES);

    let service = serve(|_| (200, "", json!({"messages": []}).to_string()));
    let twilio = twilio_at(
        service.port,
        &format!(r#"{FROM},"messaging_service_sid":"MG00000000000000000000000000000001""#),
    );
    assert_eq!(run(twilio.look_for(&lost)), Ok(Look { candidates: Vec::new(), clocks_agree: true }));
    assert!(!service.requests()[0].contains("From="), "a service may put its sender in later");
}

/// It may list what went to one form of a number under the other.
#[test]
fn a_person_is_looked_for_under_every_form_of_their_number() {
    for (sent_to, listed_as) in [
        ("whatsapp:+525512345678", "whatsapp:+5215512345678"),
        ("whatsapp:+5511961234567", "whatsapp:+551161234567"),
        ("whatsapp:+541123456789", "whatsapp:+5491123456789"),
    ] {
        let asked_for = listed_as.replace(':', "%3A").replace('+', "%2B");
        let server = serve(move |text| {
            let sid = format!("SM{:032x}", 1);
            let listed = json!([{"sid": sid, "to": listed_as, "body": "x"}]);
            let found = text.contains(&format!("To={asked_for}&"));
            (200, "", json!({"messages": if found { listed } else { json!([]) }}).to_string())
        });
        let lost = LostAttempt { sender: None, recipient: sent_to.to_owned(), age: Age::of_own(uptime()) };
        let found = run(twilio_at(server.port, FROM).look_for(&lost)).unwrap();
        assert_eq!(found.candidates.len(), 1, "{sent_to}");
    }
}

#[test]
fn twilios_own_addresses_are_https() {
    let settings = Settings::read(&format!(
        r#"{{"twilio":{{"account_sid":"{ACCOUNT}","auth_token":"x"{FROM}}},"history":{{"file":"/tmp/h.db"}}}}"#
    ))
    .unwrap();
    let ProviderSettings::Twilio(twilio) = &settings.provider else { panic!("no Twilio") };
    let twilio = Twilio::new(
        twilio,
        &settings.http,
        settings.default_country,
        &settings.templates,
        Arc::new(NoMemory),
    )
    .unwrap();
    assert_eq!(
        twilio.messages.as_str(),
        format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    );
    assert_eq!(twilio.contents.as_str(), "https://content.twilio.com/v1/Content");
    assert!(
        twilio
            .check(&Content::from(Kind::Media(Media {
                media: vec!["http://127.0.0.1/a".into()],
                text: None
            })))
            .is_err()
    );
}

/// Prints what a message costs apart from the network: `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn the_cost_of_a_message() {
    let twilio = twilio_at(1, &format!(r#"{FROM},"status_callback":"https://example.com/s""#));
    let content = template("welcome", json!(["Ann"]));
    let body = format!(r#"{{"sid":"{SID}","status":"queued","body":"Hello Ann","price":null,"uri":"/x"}}"#)
        .into_bytes();
    let rounds = 20_000_u32;
    let began = Instant::now();
    for _ in 0..rounds {
        twilio.check(&content).unwrap();
        let sender = twilio.sender("s", None).unwrap();
        let mut attempt = attempt(twilio.prepared(&content).unwrap());
        attempt.sender = sender;
        let form = twilio.fixed.form(&attempt).unwrap();
        let reply =
            Reply { status: 201, headers: reqwest::header::HeaderMap::new(), body: body.clone(), cut: None };
        assert!(form.len() > 100 && matches!(answer::of_send(&reply, 1, &|_| true), Answer::Accepted { .. }));
    }
    let each: Duration = began.elapsed() / rounds;
    println!("{each:?} a message");
}
