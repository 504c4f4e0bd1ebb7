//! `wa_check`: is the account fit to send, and the database fit to record.
//! Both are looked at side by side, and what does not answer is said.

use super::Client;
use super::actions::Aftermath;
use crate::history::{Condition, Finding, Readers};
use crate::message::Result;
use crate::provider::Provider;
use crate::provider::action::options::Common;
use crate::provider::action::{Action, CheckItem, CheckReport, Done, Order, Verdict};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How much longer than its deadline a check may take to say so.
const SAYING_SO: Duration = Duration::from_secs(1);

impl Client {
    /// Looks at the provider and at the database, until the deadline. What
    /// does not answer by then is an item of the report.
    pub(super) fn check(&self, common: Common) -> Result<Done> {
        let (provider, readers) = (Arc::clone(&self.delivery.provider), Arc::clone(&self.delivery.readers));
        let timeout = common.timeout;
        let work = async move { Ok(Done::Check(look(provider.as_ref(), &readers, timeout).await)) };
        let id = common.id.unwrap_or_else(Uuid::now_v7);
        let aftermath = Aftermath::of(&Action::Check);
        self.run("wa_check", id, timeout.saturating_add(SAYING_SO), &aftermath, Box::pin(work))
    }
}

/// Looks at both side by side.
async fn look(provider: &dyn Provider, readers: &Readers, timeout: Duration) -> CheckReport {
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
