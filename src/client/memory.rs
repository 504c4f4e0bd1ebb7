//! What a provider gave ids to, remembered in the history's database.

use crate::history::{Memorandum, Readers, Writer};
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
    store: OnceLock<Bound>,
}

struct Bound {
    readers: Arc<Readers>,
    writer: Arc<Writer>,
    account_key: String,
}

impl ClientMemory {
    /// From now on the database is asked.
    pub fn bind(&self, readers: Arc<Readers>, writer: Arc<Writer>, account_key: String) {
        let _ = self.store.set(Bound { readers, writer, account_key });
    }

    async fn write(&self, key: &str, value: &str, expires_at: Millis) {
        let Some(bound) = self.store.get() else { return };
        let memory = Memorandum { key: key.to_owned(), value: value.to_owned(), expires_at };
        let account_key = bound.account_key.clone();
        let written = bound.writer.called(move |connection| connection.remember(&account_key, &memory));
        let _ = tokio::time::timeout(PATIENCE, written).await;
    }
}

impl Memory for ClientMemory {
    fn recall<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<String>> {
        Box::pin(async move {
            let bound = self.store.get()?;
            let (account_key, key) = (bound.account_key.clone(), key.to_owned());
            let asked =
                bound.readers.asked(move |connection| connection.recall(&account_key, &key, Millis::now()));
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
