//! A message that leaves before its time is over, or not at all.
//!
//! Between the last look at the clock and the first byte there may be a
//! connection to be made, or a process that is stopped (a paused machine) and
//! goes on when another one has taken the message over. So the clock is looked
//! at where the text is handed to the connection: in the same step it is
//! written. Without its text a request is none.

use crate::message::clock::uptime;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// What an error says of it.
pub const TOO_LATE: &str = "the time in which it may be sent was over before it could leave";

/// The text of a message, until it has left.
pub struct Departing {
    text: Option<Bytes>,
    before: Duration,
}

impl Departing {
    pub fn new(text: String, before: Duration) -> Departing {
        Departing { text: Some(Bytes::from(text)).filter(|text| !text.is_empty()), before }
    }
}

impl Body for Departing {
    type Data = Bytes;
    type Error = TooLate;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TooLate>>> {
        let departing = self.get_mut();
        if departing.text.is_some() && uptime() >= departing.before {
            return Poll::Ready(Some(Err(TooLate)));
        }
        Poll::Ready(departing.text.take().map(|text| Ok(Frame::data(text))))
    }

    fn is_end_stream(&self) -> bool {
        self.text.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.text.as_ref().map_or(0, |text| text.len() as u64))
    }
}

/// It did not leave.
#[derive(Debug)]
pub struct TooLate;

impl fmt::Display for TooLate {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(TOO_LATE)
    }
}

impl Error for TooLate {}

/// Whether a request failed because it was too late.
pub fn is_too_late(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<TooLate>() {
            return true;
        }
        next = cause.source();
    }
    false
}
