//! What the tests of media share, and the small calls.

use super::*;
use crate::message::clock::Millis;
use crate::provider::action::{Action, Order};
use crate::provider::test_server::{Server, answer, request};
use crate::provider::{Memory, Provider};
use crate::settings::{ProviderSettings, Settings};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

pub const NUMBER: &str = "200000000000001";
pub const TOKEN: &str = "EAAcanary0000000000000000000000";

/// Remembers for as long as the test runs.
#[derive(Default)]
pub struct Remembers(pub Mutex<HashMap<String, (String, Millis)>>);

impl Memory for Remembers {
    fn recall<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<String>> {
        async move { self.0.lock().unwrap().get(key).map(|(value, _)| value.clone()) }.boxed()
    }
    fn remember<'a>(&'a self, key: &'a str, value: &'a str, until: Millis) -> BoxFuture<'a, ()> {
        async move {
            self.0.lock().unwrap().insert(key.to_owned(), (value.to_owned(), until));
        }
        .boxed()
    }
    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, ()> {
        async move {
            self.0.lock().unwrap().remove(key);
        }
        .boxed()
    }
}

pub fn meta_with(base: &str, http: &str, memory: Arc<dyn Memory>) -> Meta {
    let text = format!(
        r#"{{"provider":"meta","meta":{{"access_token":"{TOKEN}","phone_number_id":"{NUMBER}","business_account_id":"100000000000001","base_url":"{base}"}},
            "history":{{"file":"/tmp/h.db"}},"http":{{"timeout_seconds":2{http}}}}}"#
    );
    let settings = Settings::read(&text).unwrap();
    let ProviderSettings::Meta(meta) = &settings.provider else { panic!("no Meta") };
    Meta::new(meta, &settings.http, &settings.templates, memory).unwrap()
}

pub fn meta_at(port: u16) -> Meta {
    meta_with(&format!("http://127.0.0.1:{port}"), "", Arc::new(Remembers::default()))
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

pub fn silent() -> Progress {
    Arc::new(|_, _| {})
}

/// Serves each request with what `reply` says: status, headers and body.
pub fn serve(reply: impl Fn(&str, usize) -> (u16, String, Vec<u8>) + Send + Sync + 'static) -> Server {
    Server::start(move |mut stream, _, requests| {
        while let Some(text) = request(&mut stream) {
            let number = {
                let mut requests = requests.lock().unwrap();
                requests.push(text.clone());
                requests.len()
            };
            let (status, headers, body) = reply(&text, number);
            let length = body.len();
            answer(&mut stream, &format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n"));
            let _ = std::io::Write::write_all(&mut stream, &body);
        }
    })
}

pub fn json(status: u16, body: &str) -> (u16, String, Vec<u8>) {
    (status, "content-type: application/json\r\n".to_owned(), body.as_bytes().to_vec())
}

fn act(meta: &Meta, action: Action) -> Result<Done> {
    run(meta.act(&Order { action, sender: None, progress: silent() }))
}

#[test]
fn an_address_is_asked_for_with_the_number_and_any_form_is_read() {
    for (size, bytes) in
        [("\"303833\"", Some(303_833)), ("303833", Some(303_833)), ("null", None), ("{}", None)]
    {
        let server = serve(move |_, _| {
            json(
                200,
                &format!(
                    r#"{{"messaging_product":"whatsapp","url":"https://lookaside.fbsbx.com/x","mime_type":"image/jpeg","sha256":"ab","file_size":{size},"id":"77"}}"#
                ),
            )
        });
        let done = act(&meta_at(server.port), Action::MediaUrl("77".to_owned())).unwrap();
        let Done::Media(info) = done else { panic!("{done:?}") };
        assert_eq!((info.bytes, info.mime_type.as_deref()), (bytes, Some("image/jpeg")));
        assert_eq!(info.url.as_deref(), Some("https://lookaside.fbsbx.com/x"));
        let text = server.requests().remove(0);
        assert!(text.starts_with(&format!("GET /v25.0/77?phone_number_id={NUMBER} HTTP/1.1\r\n")), "{text}");
        assert!(text.contains(&format!("authorization: Bearer {TOKEN}\r\n")), "{text}");
    }
}

#[test]
fn deleting_says_what_came_of_it_and_forgets_the_file() {
    for (status, body, found) in [
        (200, r#"{"success":true}"#, None),
        (200, r#"{"success":false}"#, Some(Status::Rejected)),
        (400, r#"{"error":{"code":100,"error_subcode":33,"message":"x"}}"#, Some(Status::NotFound)),
        (404, r#"{"error":{"code":100,"message":"x"}}"#, Some(Status::NotFound)),
        (
            401,
            r#"{"error":{"code":190,"message":"EAAcanary0000000000000000000000"}}"#,
            Some(Status::Credentials),
        ),
        (500, "", Some(Status::Temporary)),
    ] {
        let server = serve(move |_, _| json(status, body));
        let memory = Arc::new(Remembers::default());
        let meta = meta_with(&format!("http://127.0.0.1:{}", server.port), "", memory.clone());
        run(memory.remember("meta-media:77", "key", Millis(0)));
        run(memory.remember("key", "77", Millis(0)));
        let done = act(&meta, Action::DeleteMedia("77".to_owned()));
        assert_eq!(done.as_ref().err().map(|error| error.status), found, "{done:?}");
        assert!(!format!("{done:?}").contains("canary"), "{done:?}");
        assert!(server.requests()[0].starts_with("DELETE /v25.0/77?phone_number_id=2"), "{status}");
        assert_eq!(memory.0.lock().unwrap().is_empty(), status == 200);
    }
}

#[test]
fn an_id_cannot_lead_to_another_node() {
    let server = serve(|_, _| json(200, "{}"));
    let meta = meta_at(server.port);
    for id in ["", "..", "a/b", "1?fields=x", "1#", "%2e%2e", "1 2", "é", &"1".repeat(129)] {
        for action in [Action::MediaUrl(id.to_owned()), Action::DeleteMedia(id.to_owned())] {
            let error = act(&meta, action).unwrap_err();
            assert_eq!(error.argument.as_deref(), Some("media_id"), "{id}");
        }
    }
    assert_eq!(server.connections(), 0);
}
