//! The provider's memory of what it uploaded, kept in the history's database.

use crate::context::Context;
use crate::history::Memorandum;
use crate::message::clock::Millis;
use crate::provider::Memory;
use futures_util::future::BoxFuture;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long a database may take to remember: what it does not know in time is
/// uploaded again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The memory of one client. It is given to the provider before the database
/// is opened, and bound after it.
#[derive(Default)]
pub struct ClientMemory {
    context: OnceLock<Arc<Context>>,
}

impl ClientMemory {
    /// From now on the database is asked.
    pub fn bind(&self, context: Arc<Context>) {
        let _ = self.context.set(context);
    }

    async fn write(&self, key: &str, value: &str, expires_at: Millis) {
        let Some(context) = self.context.get() else { return };
        let memory = Memorandum { key: key.to_owned(), value: value.to_owned(), expires_at };
        let account_key = context.worker.account_key.clone();
        let written = context.writer.called(move |connection| connection.remember(&account_key, &memory));
        let _ = tokio::time::timeout(PATIENCE, written).await;
    }
}

impl Memory for ClientMemory {
    fn recall<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<String>> {
        Box::pin(async move {
            let context = self.context.get()?;
            let (account_key, key) = (context.worker.account_key.clone(), key.to_owned());
            let asked =
                context.readers.asked(move |connection| connection.recall(&account_key, &key, Millis::now()));
            tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?
        })
    }

    fn remember<'a>(&'a self, key: &'a str, value: &'a str, until: Millis) -> BoxFuture<'a, ()> {
        Box::pin(self.write(key, value, until))
    }

    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(self.write(key, "", Millis(0)))
    }
}
