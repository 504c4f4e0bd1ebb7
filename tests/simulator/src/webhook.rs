//! Webhooks: posting to the listener of the one under test, which must be on loopback.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::Semaphore;

pub struct Webhooks {
    client: Client<HttpConnector, Full<Bytes>>,
    at_once: Semaphore,
}

pub struct Hook<'a> {
    /// As the user gave it, without the fragment.
    pub url: &'a str,
    pub headers: &'a [(&'static str, String)],
    pub body: String,
    pub timeout: Duration,
}

#[derive(Debug, PartialEq)]
pub enum Failed {
    NotLoopback,
    Connect,
    Timeout,
    Other,
}

impl Webhooks {
    pub fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(Duration::from_secs(5)));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(2))
            .http1_title_case_headers(true)
            .build(connector);
        Self { client, at_once: Semaphore::new(256) }
    }

    /// The HTTP status of the listener's answer.
    pub async fn post(&self, hook: &Hook<'_>) -> Result<u16, Failed> {
        let uri = loopback(hook.url).ok_or(Failed::NotLoopback)?;
        let _turn = self.at_once.acquire().await.map_err(|_| Failed::Other)?;
        let mut request = Request::post(uri);
        for (name, value) in hook.headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::from(hook.body.clone()))).map_err(|_| Failed::Other)?;
        match tokio::time::timeout(hook.timeout, self.client.request(request)).await {
            Ok(Ok(answer)) => Ok(answer.status().as_u16()),
            Ok(Err(e)) => Err(if e.is_connect() { Failed::Connect } else { Failed::Other }),
            Err(_) => Err(Failed::Timeout),
        }
    }
}

/// The address, if it is plain HTTP to this machine.
pub fn loopback(url: &str) -> Option<Uri> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']);
    let local = host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    (local && uri.scheme_str() == Some("http")).then_some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_called() {
        for url in
            ["http://127.0.0.1:8080/x?y=1", "http://localhost/", "http://[::1]:9/", "http://u:p@127.9.9.9/"]
        {
            assert!(loopback(url).is_some(), "{url}");
        }
        for url in [
            "http://example.com/",
            "http://10.0.0.1/",
            "http://127.0.0.1.example.com/",
            "https://127.0.0.1/",
            "x",
        ] {
            assert!(loopback(url).is_none(), "{url}");
        }
    }
}
