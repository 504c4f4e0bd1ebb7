//! `wa_history`.

use super::Client;
use crate::history::{Page, Query};
use crate::message::Result;
use std::time::Instant;

impl Client {
    /// A page of the history.
    pub fn history(&self, query: Option<&str>) -> Result<Page> {
        self.refuse_if_closing()?;
        let (query, timeout) = Query::read(query)?;
        let asked = query.clone();
        let rows = self.ask_for_host(Instant::now() + timeout, move |connection| connection.page(&asked))?;
        Ok(Page::new(rows, &query))
    }
}
