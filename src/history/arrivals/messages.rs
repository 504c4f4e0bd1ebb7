//! Messages from people: rows of the history like those that we sent.

use super::context::Telling;
use super::{Arrival, What, contact, rest};
use crate::history::batches::{Field, Rows};
use crate::history::plain::{self, Plain};
use crate::history::record::Direction;
use crate::history::select::Value;
use crate::history::store::StoreResult;
use crate::history::tables::{MESSAGES, message_cells};
use std::collections::HashSet;

/// Stores the messages among what arrived that are new.
pub fn apply(
    plain: &mut dyn Plain,
    telling: &Telling,
    arrivals: &[Arrival],
    fresh: &HashSet<usize>,
) -> StoreResult<()> {
    let mut rows = Rows::default();
    let mut events = Vec::new();
    for (_, arrival) in arrivals.iter().enumerate().filter(|(place, _)| fresh.contains(place)) {
        let What::Message(new) = &arrival.what else { continue };
        let mut message = new.message.clone();
        // Of what the business wrote on its own telephone, the person is who gets it.
        let is_echo = message.direction == Direction::Outbound;
        let told =
            if is_echo { message.recipient.clone() } else { message.sender.take().unwrap_or_default() };
        let known = contact::of(plain, telling, &new.aliases, &told)?;
        let at = message.provider_at.unwrap_or(arrival.received_at);
        contact::remember(plain, telling, &new.aliases, &known.address, at)?;
        if is_echo {
            message.recipient = known.address;
        } else {
            message.sender = Some(known.address);
        }
        message.contact_id = message.contact_id.or(known.contact_id);
        telling.kept.hide(&mut message);
        rows.begin();
        message_cells(&message, |column, cell| rows.cell(column.name, cell));
        rows.end();
        events.extend(new.event.as_deref().cloned());
    }
    if rows.count() == 0 {
        return Ok(());
    }
    let fields: Vec<Field> = MESSAGES
        .columns
        .iter()
        .filter(|column| column.is_brought())
        .map(|column| (column.name, column.kind))
        .collect();
    let clocks: Vec<&str> =
        MESSAGES.columns.iter().filter(|column| column.is_clock()).map(|column| column.name).collect();
    let sql = (plain.syntax().batches.insert)(&plain.names().messages, &fields, &clocks);
    plain::run(plain, &sql, &[Value::Text(rows.text())])?;
    rest::tell(plain, &events)
}
