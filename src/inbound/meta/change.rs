//! The first stage within a change: its lists, and the items in them.

use super::item::{self, Around, Said};
use super::people::Contacts;
use super::{Entry, account, call, consent, contact, history, member, message, status, template};
use crate::inbound::field;
use crate::inbound::foreign::{self, Members};
use crate::inbound::notice::{Notice, What};
use serde_json::{Map, Value};

/// Reads one item of a list.
type Reader = fn(&Around, &Value, &Contacts, alone: &Value) -> (item::Read, Option<Value>);

/// The lists of a field, and who reads their items.
fn lists_of(field: &str) -> &'static [(&'static str, Reader)] {
    match field {
        "messages" => &[
            ("messages", of_message),
            ("statuses", of_status),
            ("user_actions", of_other),
            // Meta's faults that belong to no message.
            ("errors", of_other),
        ],
        "calls" => &[("calls", of_call), ("statuses", of_call_status)],
        "user_preferences" => &[("user_preferences", of_preference)],
        "smb_message_echoes" | "message_echoes" => {
            &[("message_echoes", of_echo), ("smb_message_echoes", of_echo)]
        }
        "smb_app_state_sync" => &[("state_sync", of_other)],
        // What was written before the number came to the API is no message
        // that comes in now.
        "history" => &[("messages", of_past), ("history", of_other)],
        "group_lifecycle_update"
        | "group_participants_update"
        | "group_settings_update"
        | "group_status_update" => &[("groups", of_other)],
        _ => &[],
    }
}

/// What a change tells.
pub fn notices(entry: &Entry, json: &str, found: &mut Vec<Notice>) {
    let Some(change) = foreign::members(json) else {
        let why = "The change is not a JSON object.".to_owned();
        return found.push(item::unreadable(entry, "changes", foreign::kept(json), why));
    };
    let Some(name) = member(&change, "field") else {
        let why = "The change does not say of which field it is.".to_owned();
        return found.push(item::unreadable(entry, "changes", foreign::kept(json), why));
    };
    let name = format!("{}{name}", entry.product);
    let value = change.get("value").map_or("null", |value| value.get());
    match foreign::members(value) {
        Some(members) if members.keys().any(|key| lists_of(&name).iter().any(|(list, _)| list == key)) => {
            of_lists(entry, &name, members, found);
        }
        _ => found.push(whole(entry, &name, value)),
    }
}

/// A change whose value holds lists: each item is a notice.
fn of_lists(entry: &Entry, name: &str, mut value: Members, found: &mut Vec<Notice>) {
    let contacts = value.remove("contacts").map(|list| Contacts::read(list.get())).unwrap_or_default();
    let metadata = value.remove("metadata").map_or(Value::Null, |raw| foreign::kept(raw.get()));
    // Only as much of it as every item can repeat.
    let metadata = if metadata.to_string().len() > LONGEST_METADATA { Value::Null } else { metadata };
    let mut lists = Vec::new();
    for (list, read) in lists_of(name) {
        let Some(raw) = value.remove(*list) else { continue };
        match foreign::items(raw.get()) {
            Some(items) => lists.push((*list, *read, raw, items)),
            None if raw.get() == "null" => {}
            None => {
                let why = format!("`{list}` is not a list.");
                found.push(item::unreadable(entry, name, foreign::kept(raw.get()), why));
            }
        }
    }
    let others = lists.iter().filter(|(list, ..)| *list != "errors");
    let count = others.map(|(.., items)| items.len()).sum::<usize>();
    // A fault beside a single item tells why that item has no content.
    let mut alone = Value::Null;
    if count == 1
        && let Some(at) = lists.iter().position(|(list, ..)| *list == "errors")
    {
        let (list, _, raw, errors) = lists.remove(at);
        alone = errors.first().map_or(Value::Null, |error| foreign::kept(error.get()));
        value.insert(list.to_owned(), raw);
    }
    let mut around: Map<String, Value> = Map::new();
    if let Some(product) = member(&value, "messaging_product") {
        value.remove("messaging_product");
        around.insert("messaging_product".to_owned(), product.into());
    }
    // What this version does not know goes with a single item, and stands for
    // itself beside several.
    if count == 1 {
        around.extend(value.iter().map(|(key, raw)| (key.clone(), foreign::kept(raw.get()))));
    }
    for (list, read, _, items) in lists {
        let here = Around { entry, field: name, list, members: &around, metadata: &metadata };
        for raw in items {
            let parts = if list == "history" { history::threads(raw.get()) } else { vec![raw.get().into()] };
            for part in parts {
                match foreign::value(&part) {
                    Ok(item) => {
                        let (said, contact) = read(&here, &item, &contacts, &alone);
                        found.push(here.notice(item, contact, said));
                    }
                    Err((text, why)) => found.push(here.notice(text, None, Err(why))),
                }
            }
        }
    }
    if count != 1 && !value.is_empty() {
        let left: Map<_, _> =
            value.iter().map(|(key, raw)| (key.clone(), foreign::kept(raw.get()))).collect();
        let left = Value::Object(left);
        let here = Around { entry, field: name, list: "", members: &around, metadata: &metadata };
        let what = What::Other { field: name.to_owned() };
        found.push(here.whole(what, item::hash("webhook", entry, name, &left), entry.at, left));
    }
}

/// The most characters of `metadata`, which holds two ids.
const LONGEST_METADATA: usize = 500;

/// A change without lists: one notice.
fn whole(entry: &Entry, name: &str, json: &str) -> Notice {
    let nothing = Map::new();
    let around = Around { entry, field: name, list: "", members: &nothing, metadata: &Value::Null };
    let value = match foreign::value(json) {
        Ok(value) => value,
        Err((text, why)) => return item::unreadable(entry, name, text, why),
    };
    let metadata = field::at(&value, &["metadata"]).clone();
    let around = Around { metadata: &metadata, ..around };
    let read = template::read(name, &value)
        .map(|change| change.map(|it| ("template", What::Template(Box::new(it)))))
        .or_else(|| Some(account::number(name, &value)?.map(|it| ("number", What::Number(Box::new(it))))))
        .or_else(|| Some(account::account(name, &value)?.map(|it| ("account", What::Account(Box::new(it))))));
    let (kind, what) = match read {
        Some(Ok(read)) => read,
        Some(Err(why)) => ("unreadable", What::Unreadable { why }),
        None => ("webhook", What::Other { field: name.to_owned() }),
    };
    let at = entry.at.or_else(|| field::happened(&value, "timestamp", entry.now));
    around.whole(what, item::hash(kind, entry, name, &value), at, value)
}

fn of_message(
    around: &Around,
    item: &Value,
    contacts: &Contacts,
    alone: &Value,
) -> (item::Read, Option<Value>) {
    if field::text(item, "type").as_deref() == Some("system") {
        return contact::read(around, item, contacts);
    }
    let (read, contact) = message::read(around, item, contacts, alone);
    (read.map(|(said, at, key)| Said { what: What::Message(Box::new(said)), key, at }), contact)
}

fn of_echo(around: &Around, item: &Value, contacts: &Contacts, _: &Value) -> (item::Read, Option<Value>) {
    let (read, contact) = message::read_echo(around, item, contacts);
    (read.map(|(said, at, key)| Said { what: What::Echo(Box::new(said)), key, at }), contact)
}

fn of_status(around: &Around, item: &Value, contacts: &Contacts, _: &Value) -> (item::Read, Option<Value>) {
    status::read(around, item, contacts)
}

fn of_call(around: &Around, item: &Value, contacts: &Contacts, _: &Value) -> (item::Read, Option<Value>) {
    call::read(around, item, contacts)
}

fn of_call_status(
    around: &Around,
    item: &Value,
    contacts: &Contacts,
    _: &Value,
) -> (item::Read, Option<Value>) {
    call::read_status(around, item, contacts)
}

fn of_preference(
    around: &Around,
    item: &Value,
    contacts: &Contacts,
    _: &Value,
) -> (item::Read, Option<Value>) {
    consent::read(around, item, contacts)
}

/// Something that is told as it came.
fn of_other(around: &Around, item: &Value, _: &Contacts, _: &Value) -> (item::Read, Option<Value>) {
    let at = field::happened(item, "timestamp", around.now())
        .or_else(|| field::happened(field::at(item, &["metadata"]), "timestamp", around.now()))
        .or(around.entry.at);
    let key = item::hash("webhook", around.entry, around.field, item);
    // The field `messages` holds what is no message, too.
    let called = if around.field == "messages" { around.list } else { around.field };
    let what = What::Other { field: called.to_owned() };
    (Ok(Said { what, key, at }), None)
}

/// A message of the past, with its file: it was told before without.
fn of_past(around: &Around, item: &Value, contacts: &Contacts, alone: &Value) -> (item::Read, Option<Value>) {
    let (read, _) = of_other(around, item, contacts, alone);
    let contact = contacts.of(&[&field::word(item, "from"), &field::word(item, "from_user_id")]);
    (read, contact.cloned())
}
