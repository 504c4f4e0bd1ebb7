//! Sending: what goes over the wire, and what is known before.

pub mod bed;

use super::*;
use crate::ground::Secret;
use crate::message::content::Template;
use crate::provider::NoMemory;
use crate::provider::test_server::{Server, answer as reply_with, request, tls_server};
use crate::settings::{ProviderSettings, Settings};
use serde_json::{Value, json};
use uuid::Uuid;

const WAMID: &str = "wamid.HBgLMTU1NTEyMzAwMDEVAgASGBQzQUYzMjEzNDM2RTZGQ0MzMDJBRgA=";
const NUMBER: &str = "200000000000001";

fn meta_at(base_url: &str) -> Meta {
    let text = json!({
        "provider": "meta", "history": {"file": "/tmp/h.db"}, "http": {"timeout_seconds": 2},
        "meta": {"access_token": "canary+/%", "phone_number_id": NUMBER, "senders": ["200000000000002"],
            "business_account_id": "100000000000001", "base_url": base_url},
        "templates": {"welcome": {"text": "Hello {{1}}"}, "photo": {"text": "", "media": ["https://example.com/{{1}}.png"]}},
    });
    let settings = Settings::read(&text.to_string()).unwrap();
    let ProviderSettings::Meta(meta) = &settings.provider else { panic!("no Meta") };
    Meta::new(meta, &settings.http, &settings.templates, Arc::new(NoMemory)).unwrap()
}

fn meta(port: u16) -> Meta {
    meta_at(&format!("http://127.0.0.1:{port}/base/"))
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Serves each request with what `reply` says: status, headers and body.
fn serve(reply: impl Fn(&str) -> (u16, &'static str, String) + Send + Sync + 'static) -> Server {
    Server::start(move |mut stream, _, requests| {
        while let Some(text) = request(&mut stream) {
            requests.lock().unwrap().push(text.clone());
            let (status, headers, body) = reply(&text);
            let length = body.len();
            reply_with(
                &mut stream,
                &format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n{body}"),
            );
        }
    })
}

fn content(message: &Value) -> Content {
    Content::read("message_json", &message.to_string()).unwrap()
}

fn attempt(prepared: Prepared) -> Attempt {
    Attempt {
        message_id: Uuid::from_u128(7),
        number: 1,
        sender: Some(NUMBER.to_owned()),
        recipient: "+15005550006".to_owned(),
        prepared,
        leaves_before: std::time::Duration::MAX,
    }
}

fn hello(meta: &Meta) -> Attempt {
    attempt(meta.prepared(&Content::text("Hello")).unwrap())
}

fn refusal_of(exchange: &Exchange) -> &Refusal {
    let Answer::Refused(refusal) = &exchange.answer else { panic!("{exchange:?}") };
    refusal
}

#[test]
fn an_attempt_is_one_request() {
    let body = json!({"messaging_product": "whatsapp", "contacts": [{"input": "+15005550006", "wa_id": "15005550006"}],
        "messages": [{"id": WAMID, "message_status": "held_for_quality_assessment"}]});
    let server = serve(move |_| (200, "x-fb-trace-id: T1\r\n", body.to_string()));
    let meta = meta(server.port);
    for (sender, path) in [
        (Some("200000000000002"), "200000000000002"),
        // The default of the settings, where the row has none.
        (None, NUMBER),
    ] {
        let attempt = Attempt { sender: sender.map(str::to_owned), ..hello(&meta) };
        let exchange = run(meta.send(&attempt));
        let Answer::Accepted { provider_message_id, recipient_id, provider_status } = exchange.answer else {
            panic!("{exchange:?}")
        };
        assert_eq!(provider_message_id, WAMID);
        assert_eq!(recipient_id.as_deref(), Some("15005550006"));
        assert_eq!(provider_status.as_deref(), Some("held_for_quality_assessment"));
        assert_eq!((exchange.http_status, exchange.trace_id.as_deref()), (Some(200), Some("T1")));
        let requests = server.requests();
        let (head, sent) = requests.last().unwrap().split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("POST /base/v25.0/{path}/messages HTTP/1.1\r\n")), "{head}");
        assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
        assert!(head.contains("\r\nauthorization: Bearer canary+/%\r\n"), "{head}");
        assert_eq!(
            serde_json::from_str::<Value>(sent).unwrap(),
            json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": "+15005550006", "type": "text",
                "text": {"body": "Hello"}, "biz_opaque_callback_data": "wa1:00000000-0000-0000-0000-000000000007.1"})
        );
    }
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_token_can_be_replaced_while_running() {
    let server = serve(|_| {
        let error = json!({"error": {"message": "expired", "type": "OAuthException", "code": 190, "error_subcode": 463, "fbtrace_id": "A1"}});
        (401, "", error.to_string())
    });
    let meta = meta(server.port);
    let exchange = run(meta.send(&hello(&meta)));
    let refusal = refusal_of(&exchange);
    assert_eq!((refusal.class, refusal.retry), (Class::Credentials, false));
    assert!(
        refusal.error.message.starts_with("Please enter valid WhatsApp Business credentials."),
        "{refusal:?}"
    );
    assert!(refusal.error.message.contains("has expired"), "{refusal:?}");
    assert_eq!(exchange.trace_id.as_deref(), Some("A1"));
    meta.replace_login(&NewLogin::Meta(Secret::new("new".into()))).unwrap();
    run(meta.send(&hello(&meta)));
    let tokens: Vec<String> = server
        .requests()
        .iter()
        .filter_map(|text| {
            text.lines().find_map(|line| line.strip_prefix("authorization: ").map(str::to_owned))
        })
        .collect();
    assert_eq!(tokens, ["Bearer canary+/%", "Bearer new"]);
}

#[test]
fn no_answer_shows_a_secret() {
    // A gateway that repeats to us what we sent: token, and code of an authentication template.
    for form in ["canary+/%", "canary%2B%2F%25", "code 842197 is wrong"] {
        let error = json!({"error": {"type": "x", "code": 777_777, "message": form, "fbtrace_id": form.replace(' ', "_")}});
        let server = serve(move |_| (400, "", error.to_string()));
        let meta = meta(server.port);
        let it = Template { template: "verify".into(), code: Some("842197".into()), ..Template::default() };
        let prepared = of(&Kind::Template(it).into(), None, "en_US").unwrap();
        let shown = format!("{:?}", run(meta.send(&attempt(prepared))));
        assert!(
            !shown.contains("842197") && !shown.contains("canary") && shown.contains("777777"),
            "{shown}"
        );
    }
    let error = json!({"error": {"type": "OAuthException", "code": 777_777, "message": "a new kind"}});
    let server = serve(move |_| (400, "", error.to_string()));
    let meta = meta(server.port);
    assert!(format!("{:?}", run(meta.send(&hello(&meta)))).contains("a new kind"));
}

#[test]
fn nobody_at_home_is_tried_again_and_silence_is_unknown() {
    let nobody = meta(1);
    let exchange = run(nobody.send(&hello(&nobody)));
    let refusal = refusal_of(&exchange);
    assert_eq!(
        (refusal.class, refusal.retry, refusal.error.status),
        (Class::Temporary, true, Status::Network)
    );
    assert_eq!(exchange.http_status, None);
    let server = Server::start(|mut stream, _, _| {
        request(&mut stream);
    });
    let silent = meta(server.port);
    let exchange = run(silent.send(&hello(&silent)));
    assert!(matches!(exchange.answer, Answer::Unknown { .. }), "{exchange:?}");
    assert_eq!(server.connections(), 1, "sent once");
}

#[test]
fn a_redirect_is_not_followed() {
    let server = serve(|_| (307, "location: /elsewhere\r\n", String::new()));
    let meta = meta(server.port);
    let exchange = run(meta.send(&hello(&meta)));
    assert_eq!((refusal_of(&exchange).class, refusal_of(&exchange).retry), (Class::Permanent, false));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_certificate_that_cannot_be_verified_is_not_tried_again() {
    let (server, _) = tls_server(&["localhost"]);
    let meta = meta_at(&format!("https://localhost:{}", server.port));
    let exchange = run(meta.send(&hello(&meta)));
    assert_eq!((refusal_of(&exchange).error.status, refusal_of(&exchange).retry), (Status::Tls, false));
    assert!(server.requests().is_empty());
}

#[test]
fn what_needs_nothing_is_known_at_once() {
    let meta = meta(1);
    for (message, kind, text) in [
        (json!({"type": "text", "text": "Hello"}), "text", "Hello"),
        (json!({"type": "template", "template": "welcome", "variables": ["Ann"]}), "text", "Hello Ann"),
        (
            json!({"type": "template", "template": "photo", "variables": ["cat"]}),
            "image",
            "https://example.com/cat.png",
        ),
        (
            json!({"type": "media", "media": ["https://example.com/a.mp4"], "text": "Look"}),
            "video",
            "Look\nhttps://example.com/a.mp4",
        ),
        (json!({"type": "image", "id": "1", "caption": "Look"}), "image", "Look\n1"),
        (
            json!({"type": "interactive", "interactive": "location_request", "body": "Where?"}),
            "interactive",
            "Where?",
        ),
    ] {
        let content = content(&message);
        meta.check(&content).unwrap();
        let prepared = meta.prepared(&content).unwrap_or_else(|| panic!("{message}"));
        let Request::Json(members) = &prepared.request else { panic!("{message}") };
        assert_eq!(
            (members["type"].as_str(), prepared.text.as_deref()),
            (Some(kind), Some(text)),
            "{message}"
        );
        assert_eq!(run(meta.prepare(&content, None)).unwrap(), prepared, "the same when it is asked for");
    }
    for message in [
        json!({"type": "image", "file": "/tmp/a.png"}),
        json!({"type": "interactive", "interactive": "cta_url", "header": {"image": {"file": "/tmp/a.png"}}, "body": "x", "display_text": "x", "url": "https://example.com"}),
        json!({"type": "template", "template": "order"}),
    ] {
        assert_eq!(meta.prepared(&content(&message)), None, "{message}");
    }
}

#[test]
fn faults_are_told_before_anything_is_recorded() {
    let meta = meta(1);
    for (message, path) in [
        (json!({"type": "text", "text": "x".repeat(4097)}), "text"),
        (json!({"type": "media", "media": ["https://example.com/a"]}), "media[0]"),
        (json!({"type": "template", "template": "welcome"}), "variables.1"),
        (json!({"type": "template", "template": "order", "variables": {"2": "x"}}), "variables.1"),
        (json!({"type": "template", "template": "order", "variables": ["a\nb"]}), "variables.1"),
        (json!({"type": "text", "text": "x", "reply_to": "a b"}), "reply_to"),
    ] {
        let content = content(&message);
        let error = meta.check(&content).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some(path), "{message}: {error}");
        let refusal = run(meta.prepare(&content, None)).unwrap_err();
        assert_eq!((refusal.retry, refusal.error.argument.as_deref()), (false, Some(path)), "{message}");
        assert_eq!(refusal.error.message, error.message, "the user can mend it");
    }
}
