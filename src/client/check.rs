//! `wa_check`: is the account fit to send, and the database fit to record.
//! Both are looked at side by side, and what does not answer is said.

use super::Client;
use crate::history::{Condition, Finding, Readers};
use crate::message::{Error, Result, Status};
use crate::provider::Provider;
use crate::provider::action::{Action, CheckItem, CheckReport, Done, Order, Verdict};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// How much longer than its deadline a check may take to say so.
const SAYING_SO: Duration = Duration::from_secs(5);

impl Client {
    /// Looks at the provider and at the database, until the deadline.
    pub fn check(&self, timeout: Duration) -> Result<CheckReport> {
        self.refuse_if_closing()?;
        let (provider, readers) = (Arc::clone(&self.delivery.provider), Arc::clone(&self.delivery.readers));
        let (reply, answer) = sync_channel(1);
        self.handle.spawn(async move {
            let _ = reply.send(look(provider.as_ref(), &readers, timeout).await);
        });
        match answer.recv_timeout(timeout.saturating_add(SAYING_SO)) {
            Ok(report) => Ok(report),
            Err(RecvTimeoutError::Disconnected) => {
                // The runtime goes with the client.
                self.refuse_if_closing()?;
                Err(Error::internal("The check broke off."))
            }
            Err(RecvTimeoutError::Timeout) => self.unless_closed(Err(Error::new(
                Status::Timeout,
                "The check did not end before the deadline.",
            ))),
        }
    }
}

/// What `Client::check` does, for who runs it on the client's runtime.
pub(super) async fn look(provider: &dyn Provider, readers: &Readers, timeout: Duration) -> CheckReport {
    let (mut items, database) =
        tokio::join!(look_at_provider(provider, timeout), look_at_database(readers, timeout));
    items.extend(database);
    CheckReport::of(items).concluded()
}

async fn look_at_provider(provider: &dyn Provider, timeout: Duration) -> Vec<CheckItem> {
    let order = Order { action: Action::Check, sender: None, progress: Arc::new(|_, _| {}) };
    match tokio::time::timeout(timeout, provider.act(&order)).await {
        Ok(Ok(Done::Check(report))) => report.items,
        Ok(Ok(_)) => Vec::new(),
        Ok(Err(error)) => vec![CheckItem::failed("provider", &error)],
        Err(_) => vec![late("provider", "The provider").hint(
            "Give the call more time with timeout_ms; look at the network and http.proxy if that does not help.",
        )],
    }
}

async fn look_at_database(readers: &Readers, timeout: Duration) -> Vec<CheckItem> {
    match tokio::time::timeout(timeout, readers.asked(|connection| connection.check())).await {
        Ok(Ok(findings)) => findings.into_iter().map(item_of).collect(),
        Ok(Err(error)) => vec![CheckItem::failed("database", &error.to_error())],
        Err(_) => vec![late("database", "The history's database").hint(
            "Give the call more time with timeout_ms; look at the database's server and at the network to it.",
        )],
    }
}

/// What does not answer in time would not take a message either.
fn late(item: &'static str, who: &str) -> CheckItem {
    CheckItem::new(item, Verdict::Error, format!("{who} did not answer before the deadline."))
}

fn item_of(finding: Finding) -> CheckItem {
    let verdict = match finding.condition {
        Condition::Good => Verdict::Ok,
        Condition::Doubtful => Verdict::Warning,
        Condition::Broken => Verdict::Error,
    };
    CheckItem { item: finding.item, verdict, text: finding.text, hint: finding.hint.map(str::to_owned) }
}

#[cfg(test)]
mod tests;
