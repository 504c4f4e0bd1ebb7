//! `wa_history`.

use super::Client;
use crate::history::{Page, Query};
use crate::message::Result;
use std::time::Instant;

impl Client {
    /// A page of the history.
    pub fn history(&self, query: Option<&str>) -> Result<Page> {
        self.refuse_if_closing()?;
        let began = Instant::now();
        let whom = |id: &str, timeout| self.whom(id, began + timeout);
        let (query, timeout) = Query::read(query, self.settings.default_country, whom)?;
        let asked = query.clone();
        let rows = self.ask_for_host(began + timeout, move |connection| connection.page(&asked))?;
        Ok(Page::new(rows, &query))
    }
}
