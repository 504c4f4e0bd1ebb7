//! What the tests of Meta's calls share.

use super::super::Meta;
use crate::message::Result;
use crate::provider::action::{Action, Done, Order};
use crate::provider::test_server::{Server, answer, request};
use crate::provider::{NoMemory, Provider};
use crate::settings::{ProviderSettings, Settings};
use serde_json::Value;
use std::sync::Arc;

pub const ACCOUNT: &str = "100000000000001";
pub const NUMBER: &str = "200000000000001";
pub const TOKEN: &str = "EAAcanary0123456789";

pub fn meta_at(port: u16) -> Meta {
    meta_with(port, "")
}

/// `more` are further keys of the settings' `meta`.
pub fn meta_with(port: u16, more: &str) -> Meta {
    made(&format!("http://127.0.0.1:{port}/base/"), more)
}

/// At any address.
pub fn meta_of(base_url: &str) -> Meta {
    made(base_url, "")
}

fn made(base_url: &str, more: &str) -> Meta {
    let text = format!(
        r#"{{"provider":"meta","meta":{{"access_token":"{TOKEN}","phone_number_id":"{NUMBER}","business_account_id":"{ACCOUNT}",
            "base_url":"{base_url}"{more}}},"allow_insecure_base_url":true,
            "history":{{"file":"/tmp/h.db"}},"http":{{"timeout_seconds":2}}}}"#
    );
    let settings = Settings::read(&text).unwrap();
    let ProviderSettings::Meta(meta) = &settings.provider else { panic!("no Meta") };
    Meta::new(meta, &settings.http, &settings.templates, Arc::new(NoMemory)).unwrap()
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub fn act(provider: &dyn Provider, action: Action) -> Result<Done> {
    run(provider.act(&Order { action, sender: None, progress: Arc::new(|_, _| {}) }))
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

/// The JSON of a request; null where there is none.
pub fn body_of(request: &str) -> Value {
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() }
}
