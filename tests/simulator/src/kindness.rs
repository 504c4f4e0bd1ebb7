//! How unkind the provider is.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kindness {
    /// A list shows a message only after a random 0..this.
    pub list_lag_max_ms: u64,
    /// The text of a content message appears only after a random 0..this.
    pub body_lag_max_ms: u64,
    /// A status follows the one before after a random 0..this.
    pub status_step_max_ms: u64,
    /// `date_sent` is null while a message is queued.
    pub date_sent_null: bool,
    /// How many of the delivered messages are read.
    pub read_probability: f64,
    /// How many status callbacks come before the answer, twice, in another order.
    pub callback_early: f64,
    pub callback_repeat: f64,
    pub callback_reorder: f64,
    /// How long the review of a template takes.
    pub template_review_ms: u64,
    /// Meta: messages in a row to one recipient (0: no limit), then one every `pair_interval_ms`.
    pub pair_burst: u64,
    pub pair_interval_ms: u64,
    /// Meta: messages a second of one number (0: no limit).
    pub messages_per_second: u64,
    /// Meta: after a wrong PIN the next within this time is too fast.
    pub pin_pause_ms: u64,
    /// Meta: wrong PINs before the number is locked.
    pub pin_guesses: u64,
    /// Meta: register and deregister calls of a number in 72 hours (0: no limit).
    pub register_limit: u64,
    /// Meta: how long the address of a medium is good.
    pub media_url_ms: u64,
}

impl Default for Kindness {
    fn default() -> Self {
        Self {
            list_lag_max_ms: 30_000,
            body_lag_max_ms: 5_000,
            status_step_max_ms: 2_000,
            date_sent_null: true,
            read_probability: 0.5,
            callback_early: 0.1,
            callback_repeat: 0.1,
            callback_reorder: 0.1,
            template_review_ms: 3_000,
            pair_burst: 45,
            pair_interval_ms: 6_000,
            messages_per_second: 80,
            pin_pause_ms: 3_000,
            pin_guesses: 5,
            register_limit: 10,
            media_url_ms: 300_000,
        }
    }
}

impl Kindness {
    pub fn ideal() -> Self {
        Self {
            list_lag_max_ms: 0,
            body_lag_max_ms: 0,
            status_step_max_ms: 100,
            date_sent_null: false,
            read_probability: 1.0,
            callback_early: 0.0,
            callback_repeat: 0.0,
            callback_reorder: 0.0,
            template_review_ms: 0,
            pair_burst: 0,
            messages_per_second: 0,
            pin_pause_ms: 0,
            ..Self::default()
        }
    }

    pub fn describe(&self) -> String {
        format!(
            "lists lag up to {} ms, texts of templates {} ms, statuses {} ms a step; callbacks early {}, repeated {}, reordered {}",
            self.list_lag_max_ms,
            self.body_lag_max_ms,
            self.status_step_max_ms,
            self.callback_early,
            self.callback_repeat,
            self.callback_reorder
        )
    }
}
