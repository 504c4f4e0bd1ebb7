//! The body of an answer: whole, or broken off in the middle with its connection.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::exchange::How;
use crate::server::Line;

pub struct Payload {
    rest: Option<Bytes>,
    /// The length the head promises.
    promised: u64,
    cut: Option<Cut>,
}

struct Cut {
    line: Arc<Line>,
    how: How,
    /// What was written must leave first; a cut at once would take it along.
    pause: Pin<Box<Sleep>>,
    done: bool,
}

impl Payload {
    pub fn whole(body: Bytes) -> Self {
        Self { promised: body.len() as u64, rest: Some(body), cut: None }
    }

    /// Promises all, gives the first `bytes`, then the connection is cut.
    pub fn broken(body: &Bytes, bytes: u64, how: How, line: Arc<Line>) -> Self {
        let given = usize::try_from(bytes).unwrap_or(usize::MAX).min(body.len());
        Self {
            promised: body.len() as u64,
            rest: Some(body.slice(..given)),
            cut: Some(Cut { line, how, pause: Box::pin(sleep(Duration::from_millis(100))), done: false }),
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(bytes) = self.rest.take()
            && !bytes.is_empty()
        {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let Some(cut) = &mut self.cut else { return Poll::Ready(None) };
        if !cut.done {
            ready!(cut.pause.as_mut().poll(cx));
            cut.done = true;
            cut.line.cut(cut.how);
        }
        // the connection's task ends it
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.cut.is_none() && self.rest.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        if self.cut.is_some() || self.rest.is_some() {
            SizeHint::with_exact(self.promised)
        } else {
            SizeHint::with_exact(0)
        }
    }
}
