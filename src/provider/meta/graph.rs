//! Requests to Meta's Graph API: where to, with which token, and what an
//! answer to a question means.

use super::answer;
use crate::ground::Secret;
use crate::ground::secret::can_be_searched;
use crate::message::{Error, Result, json};
use crate::provider::Refusal;
use crate::provider::fault;
use crate::provider::http::{Fault, Http, Reply, Text};
use crate::threads;
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use url::{Host, Url};

const API: &str = "https://graph.facebook.com";
/// Its host.
pub(super) const HOST: &str = "graph.facebook.com";

/// The Graph API with one token.
pub struct Graph {
    pub(super) http: Http,
    base: Url,
    version: String,
    token: RwLock<Arc<Token>>,
}

/// A token, and the header that carries it.
pub(super) struct Token {
    pub(super) header: HeaderValue,
    secret: Secret,
}

impl Token {
    pub(super) fn new(secret: Secret) -> Result<Arc<Token>> {
        let mut header = HeaderValue::from_str(&format!("Bearer {}", secret.expose()))
            .map_err(|_| Error::internal("The token cannot be written as a header."))?;
        header.set_sensitive(true);
        Ok(Arc::new(Token { header, secret }))
    }

    /// Whether a text of the provider can be shown: it could repeat our token.
    pub(super) fn is_harmless(&self, text: &str) -> bool {
        let secret = self.secret.expose();
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        ![secret, &encoded].iter().any(|secret| can_be_searched(secret) && text.contains(secret))
    }

    /// The token itself, for the one call that asks about it.
    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }
}

/// What a request carries.
pub(super) enum Body<'a> {
    Nothing,
    Json(&'a Value),
}

impl Graph {
    pub(super) fn new(http: Http, base_url: Option<&Url>, version: &str, token: Secret) -> Result<Graph> {
        let base = match base_url {
            Some(url) => url.clone(),
            None => address()?,
        };
        Ok(Graph { http, base, version: version.to_owned(), token: RwLock::new(Token::new(token)?) })
    }

    /// Where the settings say that the API is.
    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// Whether the token may stand in an address, where Meta wants it for one
    /// question: a gateway would write it into its log.
    pub(super) fn takes_token_in_address(&self) -> bool {
        match self.base.host() {
            Some(Host::Domain(name)) => name == HOST || name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    pub(super) fn token(&self) -> Arc<Token> {
        threads::read(&self.token).clone()
    }

    pub(super) fn replace_token(&self, secret: Secret) -> Result<()> {
        let token = Token::new(secret)?;
        *threads::write(&self.token) = token;
        Ok(())
    }

    /// The address of a node, such as `1234/messages`. The path is taken as it
    /// is: ids of uploads hold a query of their own.
    pub(super) fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url> {
        let text = format!("{}/{}/{path}", self.base.as_str().trim_end_matches('/'), self.version);
        let mut url =
            Url::parse(&text).map_err(|error| Error::internal(format!("An address is broken: {error}.")))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// One request. Never repeated by itself.
    pub(super) async fn exchange(
        &self,
        method: Method,
        url: Url,
        token: &Token,
        body: Body<'_>,
    ) -> Result<Reply, Fault> {
        let json = match body {
            Body::Nothing => None,
            Body::Json(value) => Some(value.to_string()),
        };
        self.http.request(method, url, token.header.clone(), json).await
    }

    /// The request of a message, which leaves before that or not at all.
    pub(super) async fn send(
        &self,
        url: Url,
        token: &Token,
        message: &Value,
        leaves_before: Duration,
    ) -> Result<Reply, Fault> {
        let message = Text::Json(json::written(message.to_string()));
        self.http.post_message(url, token.header.clone(), message, leaves_before).await
    }

    /// Asks something, or has something done that may be done twice; what is
    /// refused is told as an error for the host.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body<'_>,
    ) -> Result<T, Refusal> {
        let token = self.token();
        let url = self.url(path, query).map_err(fault::refusal)?;
        let reply = self.exchange(method, url, &token, body).await.map_err(answer::of_fault)?;
        answer::of_question(&reply, &|text| token.is_harmless(text))
    }
}

/// Meta's own address.
fn address() -> Result<Url> {
    Url::parse(API).map_err(|error| Error::internal(format!("{API}: {error}.")))
}
