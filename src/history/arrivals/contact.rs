//! Who wrote: the person's address in the history, whatever the provider calls
//! them this time.

use super::context::Telling;
use crate::history::batches::{Field, Rows};
use crate::history::fields::{Cell, Field as _, Fields};
use crate::history::plain::{self, Plain};
use crate::history::record::Direction;
use crate::history::select::Value;
use crate::history::store::StoreResult;
use crate::history::tables::Kind;
use crate::message::clock::Millis;
use crate::message::{phone, reported_key};
use std::collections::HashMap;

/// A person of the history.
pub struct Known {
    /// Under which the history has them.
    pub address: String,
    /// The host's id of the contact.
    pub contact_id: Option<String>,
}

/// Looks for a person by their names, and by the forms in which their number
/// is written. Without any trace of them it is the address that was told.
pub fn of(plain: &mut dyn Plain, telling: &Telling, aliases: &[String], told: &str) -> StoreResult<Known> {
    let known = addresses(plain, telling, aliases)?;
    let mut candidates: Vec<String> =
        aliases.iter().filter_map(|alias| known.get(alias).map(|(address, _)| address.clone())).collect();
    candidates.extend(phone::addresses(told));
    for alias in aliases {
        candidates.extend(remembered(plain, telling, alias)?);
    }
    let mut seen = std::collections::HashSet::new();
    candidates.retain(|address| seen.insert(address.clone()));
    for address in &candidates {
        if let Some(contact_id) = written_to(plain, telling, address)? {
            return Ok(Known { address: address.clone(), contact_id });
        }
    }
    // The first one is an address that is known, or the one that was told.
    let address = candidates.into_iter().next().unwrap_or_else(|| told.to_owned());
    Ok(Known { address, contact_id: None })
}

/// The addresses that names stand for, and since when.
fn addresses(
    plain: &mut dyn Plain,
    telling: &Telling,
    aliases: &[String],
) -> StoreResult<HashMap<String, (String, Millis)>> {
    if aliases.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT alias, address, seen_at FROM {} WHERE account_key = ? AND alias IN ({})",
        plain.names().aliases,
        plain.syntax().words
    );
    let values = [Value::Text(telling.account_key.clone()), plain::array(aliases)];
    let found = plain::rows(plain, &sql, &values, |row| Ok((row.next()?, (row.next()?, row.next()?))))?;
    Ok(found.into_iter().collect())
}

/// Whether anything was sent to this address; the host's id of the contact with
/// the newest message that has one.
fn written_to(
    plain: &mut dyn Plain,
    telling: &Telling,
    address: &str,
) -> StoreResult<Option<Option<String>>> {
    let messages = &plain.names().messages;
    let newest = |condition: &str| {
        let sql = format!(
            "SELECT contact_id FROM {messages} WHERE recipient = ? AND account_key = ? AND direction = {} \
             {condition}ORDER BY seq DESC",
            Direction::Outbound as i16
        );
        (plain.syntax().first)(&sql, 1)
    };
    let questions = [newest("AND contact_id IS NOT NULL "), newest("")];
    let values = [Value::Text(address.to_owned()), Value::Text(telling.account_key.clone())];
    for sql in questions {
        if let Some(found) = plain::rows(plain, &sql, &values, |row| row.text_or_null())?.pop() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The address to which the account wrote when WhatsApp reported this id.
fn remembered(plain: &mut dyn Plain, telling: &Telling, id: &str) -> StoreResult<Option<String>> {
    let sql = format!(
        "SELECT value FROM {} WHERE account_key = ? AND memory_key = ? AND expires_at > {}",
        plain.names().remembered,
        plain.syntax().number
    );
    let values = [
        Value::Text(telling.account_key.clone()),
        Value::Text(reported_key(id)),
        Value::Integer(Millis::now().0),
    ];
    Ok(plain::rows(plain, &sql, &values, |row| row.text())?.pop())
}

/// Remembers that these names are those of who has this address. What was told
/// later, by the provider's clock, holds.
pub fn remember(
    plain: &mut dyn Plain,
    telling: &Telling,
    aliases: &[String],
    address: &str,
    at: Millis,
) -> StoreResult<()> {
    const KEY: &[Field] = &[("account_key", Kind::Word), ("alias", Kind::Word)];
    const FIELDS: &[Field] = &[("address", Kind::Word), ("seen_at", Kind::Long)];
    let known = addresses(plain, telling, aliases)?;
    let (mut new, mut changed) = (Rows::default(), Rows::default());
    let mut seen = std::collections::HashSet::new();
    for alias in aliases.iter().filter(|alias| !alias.is_empty() && seen.insert(alias.as_str())) {
        let rows = match known.get(alias) {
            None => &mut new,
            Some((before, since)) if before != address && *since < at => &mut changed,
            Some(_) => continue,
        };
        rows.add([
            ("account_key", Cell::Text(&telling.account_key)),
            ("alias", Cell::Text(alias)),
            ("address", Cell::Text(address)),
            ("seen_at", at.cell()),
        ]);
    }
    let (batches, table) = (&plain.syntax().batches, plain.names().aliases.clone());
    let statements = [
        (new, (batches.insert_new)(&table, &[KEY, FIELDS].concat(), KEY)),
        (changed, (batches.update)(&table, KEY, FIELDS)),
    ];
    for (rows, sql) in statements.into_iter().filter(|(rows, _)| rows.count() > 0) {
        plain::run(plain, &sql, &[Value::Text(rows.text())])?;
    }
    Ok(())
}
