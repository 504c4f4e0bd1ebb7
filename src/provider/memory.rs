//! What providers remember between messages and between processes.

use crate::message::clock::Millis;
use futures_util::future::BoxFuture;

/// Remembers, in the history's database, what a provider gave an id to:
/// uploaded files, contents. A memory that is away forgets, which costs an
/// upload and nothing else.
pub trait Memory: Send + Sync {
    /// What was remembered under this key, unless it has expired.
    fn recall<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<String>>;

    /// Remembers until then.
    fn remember<'a>(&'a self, key: &'a str, value: &'a str, until: Millis) -> BoxFuture<'a, ()>;

    /// Forgets: the provider does not know it any more.
    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, ()>;
}

/// Remembers nothing.
#[cfg(test)]
pub struct NoMemory;

#[cfg(test)]
impl Memory for NoMemory {
    fn recall<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Option<String>> {
        Box::pin(std::future::ready(None))
    }
    fn remember<'a>(&'a self, _: &'a str, _: &'a str, _: Millis) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
    fn forget<'a>(&'a self, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}
