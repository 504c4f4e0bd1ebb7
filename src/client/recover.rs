//! `wa_recover`: what becomes of the messages in a database that went back in
//! time.

use super::Client;
use crate::history::rewound::{Policy, Recovered};
use crate::message::options::DEFAULT_TIMEOUT_MS;
use crate::message::{Error, Result, Status, json};
use serde::{Deserialize, Serialize};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// `options_json` of `wa_recover`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RecoverOptions {
    /// What becomes of the messages that the database holds as queued or
    /// sending.
    policy: RecoverPolicy,
    /// How long the call may take, in milliseconds (default 60000).
    #[serde(deserialize_with = "json::integer_or_null")]
    timeout_ms: Option<u32>,
}

/// What becomes of messages that may have been sent since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecoverPolicy {
    /// They end as unknown: nobody knows whether they were sent.
    #[default]
    Unknown,
    /// They are sent, also if they were sent before.
    Send,
}

/// `report_json` of `wa_recover`.
#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RecoveryReport {
    /// Whether this client had found that the database went back in time.
    /// Where it had not, nothing was done.
    pub rewound: bool,
    /// What was decided.
    pub policy: RecoverPolicy,
    /// How many messages ended as unknown.
    pub unknown: u64,
}

impl Client {
    /// Decides, and waits until that is done.
    pub fn recover(&self, options: Option<&str>) -> Result<RecoveryReport> {
        let options: RecoverOptions = match options {
            Some(text) => json::read("options_json", text)?,
            None => RecoverOptions::default(),
        };
        self.refuse_if_closing()?;
        let policy = match options.policy {
            RecoverPolicy::Unknown => Policy::Unknown,
            RecoverPolicy::Send => Policy::Send,
        };
        let (reply, answer) = sync_channel(1);
        self.context.writer.recover(
            policy,
            Box::new(move |result| {
                let _ = reply.send(result);
            }),
        );
        let timeout = Duration::from_millis(options.timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS).into());
        match answer.recv_timeout(timeout) {
            Ok(Ok(Recovered { rewound, unknown })) => {
                Ok(RecoveryReport { rewound, policy: options.policy, unknown })
            }
            Ok(Err(error)) => Err(error.to_error()),
            Err(_) => Err(Error::new(Status::Timeout, "The recovery has not ended before the deadline.")
                .hint("It goes on as soon as the database answers. Call wa_recover again to learn how it ended.")),
        }
    }
}
