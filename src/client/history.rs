//! Reading the history, and what is done with it as a whole.

mod long;
pub mod options;
pub mod take;
#[cfg(test)]
mod tests;

use super::Client;
use crate::history::count::{self, Counts};
use crate::history::query::Row;
use crate::history::{Asker, Page, Query};
use crate::message::Result;
use std::time::Instant;
use uuid::Uuid;

impl Client {
    /// Whose messages are seen, and how numbers are read.
    pub(super) fn asker(&self) -> Asker<'_> {
        Asker { country: self.settings.default_country, account: self.seen_account() }
    }

    /// The account whose rows this client sees; none where it sees all.
    pub(super) fn seen_account(&self) -> Option<&str> {
        (!self.settings.history.all_accounts).then_some(self.context.worker.account_key.as_str())
    }

    /// A message by its id, if this client sees it.
    pub(super) fn seen_row(&self, id: Uuid, deadline: Instant) -> Result<Option<Row>> {
        let row = self.ask(deadline, move |connection| connection.find(id))?;
        let seen = |row: &Row| self.seen_account().is_none_or(|account| account == row.message.account_key);
        Ok(row.filter(seen))
    }

    /// A page of the history.
    pub fn history(&self, query: Option<&str>) -> Result<Page> {
        self.refuse_if_closing()?;
        let began = Instant::now();
        let whom = |id: &str, timeout| self.whom(id, began + timeout);
        let (query, timeout) = Query::read(query, &self.asker(), whom)?;
        let asked = query.clone();
        let rows = self.ask_for_host(began + timeout, move |connection| connection.page(&asked))?;
        Ok(Page::new(rows, &query))
    }

    /// How many messages there are, by state and by day.
    pub fn history_count(&self, query: Option<&str>) -> Result<Counts> {
        self.refuse_if_closing()?;
        let began = Instant::now();
        let whom = |id: &str, timeout| self.whom(id, began + timeout);
        let (query, timeout) = Query::read_whole(query, &self.asker(), None, whom)?;
        let counted = self.ask_for_host(began + timeout, move |connection| {
            let query = query.clone();
            connection.shared(move |plain| count::count(plain, &query))
        })?;
        Ok(Counts::new(&counted))
    }
}
