//! `wa_check`: is the account fit to send, and the database fit to record,
//! and what is in the journal. They are looked at side by side, and what does not answer is said.

use crate::context::Context;
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use crate::history::{Condition, Finding, Readers, Writer};
use crate::provider::Provider;
use crate::provider::action::{Action, CheckItem, CheckReport, Done, Order, Verdict};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Looks at the provider and at the database side by side. What does not
/// answer in time is told as that, a little before the call's own deadline.
pub(super) async fn look(provider: &dyn Provider, context: &Context, deadline: Duration) -> CheckReport {
    let timeout = deadline.mul_f64(0.9);
    let (mut items, database, journal) = tokio::join!(
        look_at_provider(provider, timeout),
        look_at_database(&context.readers, timeout),
        look_at_journal(&context.writer, timeout),
    );
    items.extend(database);
    items.extend(journal);
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
    match tokio::time::timeout(timeout, asked_until(readers, timeout)).await {
        Ok(Ok(findings)) => findings.into_iter().map(item_of).collect(),
        Ok(Err(error)) => vec![CheckItem::failed("database", &error.to_error())],
        Err(_) => vec![late("database", "The history's database").hint(
            "Give the call more time with timeout_ms; look at the database's server and at the network to it.",
        )],
    }
}

/// None where the settings name no journal.
async fn look_at_journal(writer: &Writer, timeout: Duration) -> Option<CheckItem> {
    match tokio::time::timeout(timeout, writer.look_at_journal()).await {
        Ok(finding) => finding.map(item_of),
        Err(_) => {
            let text = "The journal did not answer before the deadline: the database keeps it waiting.";
            Some(CheckItem::new("journal", Verdict::Warning, text))
        }
    }
}

/// A check may take long on a large history: it waits among what hosts read.
async fn asked_until(readers: &Readers, timeout: Duration) -> StoreResult<Vec<Finding>> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    readers.ask_for_host(
        Instant::now() + timeout,
        |connection| connection.check(),
        move |result| {
            let _ = sender.send(result);
        },
    );
    receiver.await.unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Away, "the client is closed")))
}

/// An error and no warning: what does not answer in time would not take a
/// message either.
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
