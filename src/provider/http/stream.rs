//! Long bodies: neither direction holds more than a few parts in memory, and
//! what counts is whether bytes still move, not how long the whole takes.

use super::{Fault, Http, LEADS_INSIDE, Reply, fault, whole};
use crate::threads;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use std::error::Error;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use url::{Host, Url};

/// Parts of bytes that are held here go out in this size.
const PART: usize = 64 * 1024;
/// Whatever moves more slowly than this (bytes in a second) is broken off in
/// the end: somebody keeps a place of those that are under way.
const SLOWEST: u64 = 16 * 1024;

/// Where the bytes of a request come from.
pub enum Source {
    /// From memory.
    Bytes(Bytes),
    /// From a reader. An error, or an end without `None`, breaks the request
    /// off.
    Reader(mpsc::Receiver<Option<Bytes>>),
}

/// A request's body: something before, what is sent, something after.
pub struct Outgoing {
    /// Sent first.
    pub before: Bytes,
    /// What is sent.
    pub source: Source,
    /// How long that is.
    pub length: u64,
    /// Sent last, once the source says that it is whole.
    pub after: Bytes,
    /// Told how many bytes of the source are out.
    pub progress: Box<dyn FnMut(u64) + Send + Sync>,
}

/// A request with a long body.
pub struct Sending {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// The login.
    pub authorization: HeaderValue,
    /// Other headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Outgoing,
}

/// What both sides know of a body on its way.
struct Watch {
    moved: Mutex<Instant>,
    whole: AtomicBool,
}

impl Watch {
    fn moved(&self) {
        *threads::lock(&self.moved) = Instant::now();
    }

    /// Ends when nothing has moved for so long.
    async fn stalled(&self, patience: Duration) {
        loop {
            let due = *threads::lock(&self.moved) + patience;
            if Instant::now() >= due {
                return;
            }
            tokio::time::sleep_until(due).await;
        }
    }
}

struct Flow {
    outgoing: Outgoing,
    /// Bytes of the source that are out.
    sent: u64,
    /// All bytes that are not out.
    left: u64,
    watch: Arc<Watch>,
}

impl Body for Flow {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let flow = self.get_mut();
        let out = |flow: &mut Flow, part: Bytes| {
            flow.left = flow.left.saturating_sub(part.len() as u64);
            flow.watch.moved();
            if flow.left == 0 {
                flow.watch.whole.store(true, Ordering::Release);
            }
            Poll::Ready(Some(Ok(Frame::data(part))))
        };
        let outgoing = &mut flow.outgoing;
        if !outgoing.before.is_empty() {
            let part = std::mem::take(&mut outgoing.before);
            return out(flow, part);
        }
        let part = match &mut outgoing.source {
            Source::Bytes(bytes) if bytes.is_empty() => None,
            Source::Bytes(bytes) => Some(bytes.split_to(bytes.len().min(PART))),
            Source::Reader(reader) => match ready!(reader.poll_recv(context)) {
                Some(part) => part,
                None if flow.sent == outgoing.length && flow.left == 0 => return Poll::Ready(None),
                None => return Poll::Ready(Some(Err("the source broke off".into()))),
            },
        };
        match part {
            Some(part) => {
                flow.sent += part.len() as u64;
                if flow.sent > outgoing.length {
                    return Poll::Ready(Some(Err("the source is longer than it said".into())));
                }
                (outgoing.progress)(flow.sent);
                out(flow, part)
            }
            None if flow.sent != outgoing.length => {
                Poll::Ready(Some(Err("the source is shorter than it said".into())))
            }
            None if outgoing.after.is_empty() => Poll::Ready(None),
            None => {
                let part = std::mem::take(&mut outgoing.after);
                out(flow, part)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// An answer whose body is taken part by part.
pub struct Incoming {
    /// HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    response: reqwest::Response,
    patience: Duration,
}

impl Incoming {
    /// The next part; `None` at the end.
    pub async fn part(&mut self) -> Result<Option<Bytes>, Fault> {
        match tokio::time::timeout(self.patience, self.response.chunk()).await {
            Ok(part) => part.map_err(fault),
            Err(_) => Err(stalled(self.patience)),
        }
    }

    /// The body as that of a short answer.
    pub async fn whole(self) -> Reply {
        let (status, headers) = (self.status, self.headers);
        match tokio::time::timeout(self.patience, whole(self.response)).await {
            Ok(reply) => Reply { headers, ..reply },
            Err(_) => Reply { status, headers, body: Vec::new(), cut: Some("no answer in time".to_owned()) },
        }
    }
}

fn stalled(patience: Duration) -> Fault {
    Fault::Ambiguous(format!("nothing moved for {} s", patience.as_secs_f32()))
}

impl Http {
    /// Sends a long body. Gives beside the answer whether all of it was
    /// written: an answer may come before that.
    pub async fn upload(&self, sending: Sending) -> Result<(Reply, bool), Fault> {
        let Sending { method, url, authorization, headers, body } = sending;
        let watch = Arc::new(Watch { moved: Mutex::new(Instant::now()), whole: AtomicBool::new(false) });
        let left = body.before.len() as u64 + body.length + body.after.len() as u64;
        let flow = Flow { outgoing: body, sent: 0, left, watch: Arc::clone(&watch) };
        let request = self
            .client
            .request(method, url)
            .headers(headers)
            .header(AUTHORIZATION, authorization)
            .timeout(self.longest(left))
            .body(if left == 0 { reqwest::Body::from(Bytes::new()) } else { reqwest::Body::wrap(flow) });
        let answered = async { Ok(whole(request.send().await.map_err(fault)?).await) };
        tokio::select! {
            reply = answered => Ok((reply?, left == 0 || watch.whole.load(Ordering::Acquire))),
            () = watch.stalled(self.patience) => Err(stalled(self.patience)),
        }
    }

    /// Gets something long, of `most` bytes or less.
    pub async fn open(
        &self,
        url: Url,
        authorization: Option<HeaderValue>,
        most: u64,
    ) -> Result<Incoming, Fault> {
        // A proxy looks names up by itself. What leads inside from here is not
        // asked of it; what this machine cannot look up is left to it.
        if let (Some(guard), Some(Host::Domain(name))) = (&self.proxied, url.host())
            && guard.leads_inside(name).await
        {
            return Err(Fault::NotWritten { why: LEADS_INSIDE.to_owned(), certificate: false });
        }
        let mut request = self.client.get(url).timeout(self.longest(most));
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        match tokio::time::timeout(self.patience, request.send()).await {
            Ok(response) => {
                let mut response = response.map_err(fault)?;
                Ok(Incoming {
                    status: response.status().as_u16(),
                    headers: std::mem::take(response.headers_mut()),
                    response,
                    patience: self.patience,
                })
            }
            Err(_) => Err(Fault::Ambiguous("no answer in time".to_owned())),
        }
    }

    fn longest(&self, bytes: u64) -> Duration {
        self.patience + Duration::from_secs(bytes / SLOWEST)
    }
}
