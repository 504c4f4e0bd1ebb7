//! The place in the stream of events at which a client began.

use super::Position;
use crate::history::{Connection, EventQuery, StoreResult};
use std::sync::OnceLock;

/// Known from the first connection on, for that one may come long after
/// `wa_configure`: the database may be away then.
pub struct Start {
    account_key: String,
    place: OnceLock<Position>,
}

impl Start {
    /// Of a client of this account.
    pub fn new(account_key: String) -> Start {
        Start { account_key, place: OnceLock::new() }
    }

    /// The place, once the database has been asked.
    pub fn known(&self) -> Option<Position> {
        self.place.get().copied()
    }

    /// The place; the database is asked once, and its first answer stays. The
    /// writer asks before it writes anything: what this client writes comes after.
    pub fn look(&self, connection: &mut dyn Connection) -> StoreResult<Position> {
        if let Some(place) = self.known() {
            return Ok(place);
        }
        let page = connection.events(&EventQuery {
            account_key: self.account_key.clone(),
            after: None,
            include: Vec::new(),
            exclude: Vec::new(),
            most: 0,
        })?;
        let newest = Position { event: page.last.unwrap_or_default(), ..Position::default() };
        Ok(*self.place.get_or_init(|| newest))
    }
}
