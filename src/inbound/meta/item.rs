//! A notice out of one item of a change.

use super::{Entry, NAME};
use crate::inbound::field::word;
use crate::inbound::key;
use crate::inbound::notice::{Notice, NoticeAccount, What};
use crate::message::clock::Millis;
use serde_json::{Map, Value, json};

/// What an item says, or why it cannot be read.
pub type Read = Result<Said, String>;

/// What one item says.
pub struct Said {
    pub what: What,
    pub key: String,
    pub at: Option<Millis>,
}

/// What stands around an item.
pub struct Around<'a> {
    pub entry: &'a Entry,
    /// The field of the change.
    pub field: &'a str,
    /// The list that the item came in; empty for a whole change.
    pub list: &'a str,
    /// The members of the change's value that every item of it keeps.
    pub members: &'a Map<String, Value>,
    /// `metadata` of the change's value.
    pub metadata: &'a Value,
}

impl Around<'_> {
    /// The notice of an item. `contact` is who it names.
    pub fn notice(&self, item: Value, contact: Option<Value>, read: Read) -> Notice {
        let (what, key, at) = match read {
            Ok(said) => (said.what, said.key, said.at),
            Err(why) => (What::Unreadable { why }, hash("unreadable", self.entry, self.field, &item), None),
        };
        let mut value = self.members.clone();
        if !self.metadata.is_null() {
            value.insert("metadata".to_owned(), self.metadata.clone());
        }
        if let Some(contact) = contact {
            value.insert("contacts".to_owned(), Value::Array(vec![contact]));
        }
        value.insert(self.list.to_owned(), Value::Array(vec![item]));
        self.whole(what, key, at, Value::Object(value))
    }

    /// The notice of a change that has no lists.
    pub fn whole(&self, what: What, key: String, at: Option<Millis>, value: Value) -> Notice {
        Notice {
            provider: NAME,
            account: NoticeAccount::Meta {
                business_account_id: self.entry.id.clone(),
                phone_number_id: word(self.metadata, "phone_number_id"),
                display_number: word(self.metadata, "display_phone_number")
                    .or_else(|| word(&value, "display_phone_number")),
            },
            at,
            key,
            what,
            rest: json!({"field": self.field, "value": value}),
        }
    }

    /// Our side, as the history writes Meta's senders.
    pub fn sender(&self) -> Option<String> {
        word(self.metadata, "phone_number_id")
    }

    /// When the request came.
    pub fn now(&self) -> Millis {
        self.entry.now
    }
}

/// The key of something that has no id: what it says, and when.
pub fn hash(kind: &str, entry: &Entry, field: &str, value: &Value) -> String {
    let id = entry.id.as_deref().unwrap_or_default();
    key::hashed(kind, &[id, &entry.time, field, &value.to_string()])
}

/// A part of the envelope that is not what it should be.
pub fn unreadable(entry: &Entry, field: &str, part: Value, why: String) -> Notice {
    let nothing = Map::new();
    let around = Around { entry, field, list: "", members: &nothing, metadata: &Value::Null };
    let key = hash("unreadable", entry, field, &part);
    around.whole(What::Unreadable { why }, key, None, part)
}
