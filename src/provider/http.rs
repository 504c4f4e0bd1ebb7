//! How the providers are reached: one HTTP client per connector.
//!
//! What is sent here may cost money, so nothing is ever sent again by itself,
//! and an error tells whether anything can have been written.

mod departure;
mod guard;
mod stream;

pub use departure::TOO_LATE;
use departure::{Departing, is_too_late};
pub use guard::{LEADS_INSIDE, is_public};
pub use stream::{Incoming, Outgoing, Sending, Source};

use crate::message::catalogue::clipped;
use crate::message::{Error, Result, Status};
use crate::provider::settings;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Idle connections are dropped before the providers drop them: a request on
/// one that the server has just closed ends unknown.
const IDLE: Duration = Duration::from_secs(15);
/// The longest wait for a connection.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
/// The most that is read of an answer.
pub const MOST_BODY: usize = 1024 * 1024;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The text of a message's request.
#[derive(Debug)]
pub enum Text {
    /// Keys and values, encoded as forms are.
    Form(String),
    /// JSON.
    Json(String),
}

/// A client for one connector's providers.
///
/// Nothing is resent. What hyper still does is to take a request that it never
/// began to write to another connection, when an idle one proves closed.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
    /// How long an answer, and any part of a long one, may take.
    patience: Duration,
    /// Looks names up where a proxy would, so that its way is guarded too.
    proxied: Option<Arc<guard::Guard>>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as far as it came, `MOST_BODY` at most.
    pub body: Vec<u8>,
    /// Why the body is not whole, if it is not.
    pub cut: Option<String>,
}

/// A request without an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// There was no connection, so nothing was written.
    NotWritten {
        /// What happened.
        why: String,
        /// The server's certificate cannot be verified: trying again does not
        /// help.
        certificate: bool,
    },
    /// It could not leave before its time was over, so nothing was written.
    HeldBack,
    /// The request may have arrived.
    Ambiguous(String),
}

/// The longest wait for a connection, where an answer may take `timeout`.
pub fn longest_connect(timeout: Duration) -> Duration {
    LONGEST_CONNECT.min(timeout * 3 / 4)
}

impl Http {
    /// Makes the client. `https` says that an https address will be used:
    /// only then certificate authorities are needed.
    ///
    /// The environment's proxy variables are not read, because a library must
    /// not send its host's credentials by a way that its settings do not name.
    /// The settings' proxy gets https requests only, through a tunnel: plain
    /// http is for this machine.
    pub fn new(settings: &settings::Http, https: bool) -> Result<Http> {
        Http::make(settings, https, None)
    }

    /// The same, for a provider whose answers name addresses to fetch from:
    /// of other hosts than `trusted`, only public addresses are connected to.
    pub fn guarded(settings: &settings::Http, https: bool, trusted: &[&str]) -> Result<Http> {
        let mut trusted: Vec<String> = trusted.iter().map(|host| (*host).to_owned()).collect();
        // The way to the proxy is the settings' own.
        if let Some(host) = settings.proxy.as_ref().and_then(|proxy| proxy_host(proxy.expose())) {
            trusted.push(host);
        }
        Http::make(settings, https, Some(Arc::new(guard::Guard::new(trusted))))
    }

    fn make(settings: &settings::Http, https: bool, guard: Option<Arc<guard::Guard>>) -> Result<Http> {
        // An error means that another library of this process was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Less than the whole time, so that a connect that hangs is known to
        // have written nothing.
        let connect = longest_connect(settings.timeout);
        let proxy = settings.proxy.as_ref().map(|proxy| proxy_of(proxy.expose())).transpose()?;
        let authorities = match &settings.ca_pem {
            Some(pem) => authorities_of(pem)?,
            None => Vec::new(),
        };
        let client = |with_the_systems: bool| {
            let mut builder = reqwest::Client::builder()
                .user_agent(concat!("wa-connector/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .http1_only()
                .tcp_nodelay(true)
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(settings.max_in_flight)
                .connect_timeout(connect)
                .timeout(settings.timeout)
                .https_only(https)
                .no_proxy();
            if let Some(proxy) = &proxy {
                builder = builder.proxy(proxy.clone());
            }
            if let Some(guard) = &guard {
                builder = builder.dns_resolver(Arc::clone(guard));
            }
            let authorities = authorities.clone();
            if with_the_systems {
                builder.tls_certs_merge(authorities)
            } else {
                builder.tls_certs_only(authorities)
            }
            .build()
        };
        // What a local gateway names may be https, without its own being so.
        let mut made = client(https || guard.is_some());
        if made.is_err() && (!https || cfg!(windows) && !authorities.is_empty()) {
            // Wine cannot add authorities to the system's. Fewer are trusted then, never more.
            made = client(false);
        }
        let client = made.map_err(|error| {
            // Told when the client is made, not at the first send: it will not get better by itself.
            Error::about(
                Status::Tls,
                "settings_json.http.ca_file",
                format!("HTTPS cannot be used: {}.", causes(&error)),
            )
            .hint("Install the system's certificate authorities (package ca-certificates), or give http.ca_file.")
        })?;
        Ok(Http { client, patience: settings.timeout, proxied: guard.filter(|_| proxy.is_some()) })
    }

    /// The header of a login with a user and a password. It is marked, so that
    /// nothing that prints headers shows it.
    pub fn basic_authorization(&self, user: &str, password: &str) -> Result<HeaderValue> {
        // Taken off a request that is never sent: reqwest writes it rightly.
        let request = self.client.get("https://localhost/").basic_auth(user, Some(password)).build();
        request
            .ok()
            .and_then(|mut request| request.headers_mut().remove(AUTHORIZATION))
            .ok_or_else(|| Error::internal("The login cannot be written as a header."))
    }

    /// Posts a message, if it can leave before `leaves_before`, a time of
    /// `uptime`; after that nothing of it that counts is written.
    pub async fn post_message(
        &self,
        url: Url,
        authorization: HeaderValue,
        message: Text,
        leaves_before: Duration,
    ) -> Result<Reply, Fault> {
        let (kind, text) = match message {
            Text::Form(text) => (FORM, text),
            Text::Json(text) => (JSON, text),
        };
        let body = reqwest::Body::wrap(Departing::new(text, leaves_before));
        exchange(self.client.post(url).header(CONTENT_TYPE, kind).body(body), authorization).await
    }

    /// Any other request, with a body of JSON or none.
    pub async fn request(
        &self,
        method: Method,
        url: Url,
        authorization: HeaderValue,
        json: Option<String>,
    ) -> Result<Reply, Fault> {
        let mut request = self.client.request(method, url);
        if let Some(json) = json {
            request = request.header(CONTENT_TYPE, JSON).body(json);
        }
        exchange(request, authorization).await
    }

    /// Gets a resource.
    pub async fn get(&self, url: Url, authorization: HeaderValue) -> Result<Reply, Fault> {
        exchange(self.client.get(url), authorization).await
    }
}

async fn exchange(request: reqwest::RequestBuilder, authorization: HeaderValue) -> Result<Reply, Fault> {
    let response = request.header(AUTHORIZATION, authorization).send().await.map_err(fault)?;
    Ok(whole(response).await)
}

/// Reads the body of an answer.
async fn whole(mut response: reqwest::Response) -> Reply {
    let mut reply = Reply {
        status: response.status().as_u16(),
        headers: std::mem::take(response.headers_mut()),
        body: Vec::new(),
        cut: None,
    };
    loop {
        match response.chunk().await {
            Ok(None) => return reply,
            Ok(Some(part)) => {
                let room = MOST_BODY - reply.body.len();
                reply.body.extend_from_slice(part.get(..room).unwrap_or(&part));
                if part.len() > room {
                    reply.cut = Some(format!("the answer is longer than {MOST_BODY} bytes"));
                    return reply;
                }
            }
            Err(error) => {
                reply.cut = Some(causes(&error.without_url()));
                return reply;
            }
        }
    }
}

/// Tells whether anything can have been written. Only what went wrong before
/// there was a connection counts as nothing, and what was held back itself.
fn fault(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let why = causes(&error);
    if is_too_late(&error) {
        return Fault::HeldBack;
    }
    if error.is_connect() || error.is_builder() {
        return Fault::NotWritten { why, certificate: is_about_certificate(&error) };
    }
    if error.is_timeout() {
        return Fault::Ambiguous("no answer in time".to_owned());
    }
    Fault::Ambiguous(why)
}

/// An error and what caused it, without what repeats.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        next = cause.source();
    }
    clipped(&text)
}

fn is_about_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if matches!(
            cause.downcast_ref::<rustls::Error>(),
            Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)
        ) {
            return true;
        }
        // `source` of an io::Error skips the error that it wraps.
        next = match cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => cause.source(),
        };
    }
    false
}

/// The host of the settings' proxy.
fn proxy_host(text: &str) -> Option<String> {
    let text = text.trim();
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    Url::parse(&text).ok()?.host_str().map(str::to_owned)
}

/// The proxy's address may hold a password: no error repeats it.
pub(crate) fn proxy_of(text: &str) -> Result<reqwest::Proxy> {
    let refused = || {
        Error::about(
            Status::Settings,
            "settings_json.http.proxy",
            "http.proxy is not the address of a proxy.",
        )
        .hint("Write it as http://user:password@host:port; the user and the password may be left out.")
    };
    let text = text.trim();
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&text).map_err(|_| refused())?;
    if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none_or(str::is_empty) {
        return Err(refused());
    }
    reqwest::Proxy::https(url).map_err(|_| refused())
}

pub(crate) fn authorities_of(pem: &[u8]) -> Result<Vec<reqwest::Certificate>> {
    let refused = |why: String| {
        Error::about(Status::Settings, "settings_json.http.ca_file", format!("http.ca_file {why}."))
            .hint("Give a file with certificates between BEGIN CERTIFICATE and END CERTIFICATE.")
    };
    let mut store = rustls::RootCertStore::empty();
    let mut authorities = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| refused(format!("is not PEM: {error}")))?;
        authorities.push(
            reqwest::Certificate::from_der(&certificate)
                .map_err(|error| refused(format!("holds no certificate: {}", causes(&error))))?,
        );
        store
            .add(certificate)
            .map_err(|error| refused(format!("holds a certificate that cannot be used: {error}")))?;
    }
    if authorities.is_empty() {
        return Err(refused("holds no certificate".to_owned()));
    }
    Ok(authorities)
}

#[cfg(test)]
mod tests;
