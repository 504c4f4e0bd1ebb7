//! Who is at the other end.

use crate::inbound::field::{self, at, word};
use crate::inbound::foreign;
use crate::message::inbound::Person;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// The list `contacts` of a change: who the people are that its items name.
/// It may lack any of them, and each may lack anything.
#[derive(Default)]
pub struct Contacts {
    all: Vec<Value>,
    by_id: HashMap<String, usize>,
}

impl Contacts {
    /// Reads the list; what is no list, and what is no contact, tells nothing.
    pub fn read(json: &str) -> Contacts {
        let mut contacts = Contacts::default();
        let short = |contact: &&RawValue| contact.get().len() <= LONGEST_CONTACT;
        for contact in foreign::items(json).unwrap_or_default().into_iter().filter(short) {
            let Ok(contact) = foreign::value(contact.get()) else { continue };
            for id in ["wa_id", "user_id"].iter().filter_map(|key| word(&contact, key)) {
                contacts.by_id.entry(id).or_insert(contacts.all.len());
            }
            contacts.all.push(contact);
        }
        contacts
    }

    /// The contact with one of these ids. Where nobody is named, the only one.
    pub fn of(&self, ids: &[&Option<String>]) -> Option<&Value> {
        let named: Vec<&String> = ids.iter().filter_map(|id| id.as_ref()).collect();
        if named.is_empty() {
            return self.all.first().filter(|_| self.all.len() == 1);
        }
        let place = named.iter().find_map(|id| self.by_id.get(id.as_str()))?;
        self.all.get(*place)
    }
}

/// The most characters of a contact: every item that names it repeats it.
const LONGEST_CONTACT: usize = 4000;

/// Somebody with these ids; none where there is no id at all. What the contact
/// knows is added.
pub fn person(
    wa_id: Option<String>,
    user_id: Option<String>,
    parent_user_id: Option<String>,
    contact: Option<&Value>,
) -> Option<Person> {
    let nobody = Value::Null;
    let contact = contact.unwrap_or(&nobody);
    let wa_id = wa_id.or_else(|| word(contact, "wa_id"));
    let user_id = user_id.or_else(|| word(contact, "user_id"));
    let parent_user_id = parent_user_id.or_else(|| word(contact, "parent_user_id"));
    let address = wa_id.as_deref().map(address_of).or_else(|| user_id.clone())?;
    let profile = at(contact, &["profile"]);
    Some(Person {
        address,
        wa_id,
        user_id,
        parent_user_id,
        name: name(profile, "name"),
        username: field::word(profile, "username").or_else(|| word(contact, "username")),
    })
}

/// A name is what somebody gave themselves: anything, on one line here.
fn name(profile: &Value, key: &str) -> Option<String> {
    let name: String = field::text(profile, key)?
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_NAME)
        .collect();
    field::as_word(&name).or_else(|| Some(name.trim().to_owned()).filter(|name| !name.is_empty()))
}

const LONGEST_NAME: usize = 256;

/// A number is written with its plus, as the history writes it. Anything else
/// stays what it is.
pub fn address_of(wa_id: &str) -> String {
    let digits = wa_id.strip_prefix('+').unwrap_or(wa_id);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("+{digits}")
    } else {
        wa_id.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_found_by_either_id_and_else_only_where_there_is_one() {
        let two = Contacts::read(
            r#"[{"wa_id":"1","profile":{"name":"One"}},7,{"user_id":"US.2","profile":{"name":"Two"}}]"#,
        );
        let (one, two_, none) = (Some("1".to_owned()), Some("US.2".to_owned()), None);
        let name = |contact: Option<&Value>| contact.map(|it| it["profile"]["name"].clone());
        assert_eq!(name(two.of(&[&one])), Some("One".into()));
        assert_eq!(name(two.of(&[&none, &two_])), Some("Two".into()));
        assert_eq!(name(two.of(&[&Some("3".to_owned())])), None);
        assert_eq!(name(two.of(&[&none])), None, "it could be any of them");
        let single = Contacts::read(r#"[{"wa_id":"1"}]"#);
        assert!(single.of(&[&none]).is_some() && single.of(&[&two_]).is_none());
        for odd in ["{}", "null", "[", "[[]]"] {
            assert!(Contacts::read(odd).of(&[&one]).is_none(), "{odd}");
        }
    }

    #[test]
    fn a_person_needs_one_id_of_any_kind() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(person(None, None, None, None), None);
        assert_eq!(person(None, None, some("US.ENT.1"), None), None);
        let by_number = person(some("16505551234"), some("US.1"), None, None).unwrap();
        assert_eq!(by_number.address, "+16505551234");
        let by_user = person(None, some("US.1"), some("US.ENT.1"), None).unwrap();
        assert_eq!((by_user.address.as_str(), by_user.wa_id), ("US.1", None));
        let contact = serde_json::json!({"wa_id": 16505551234_u64, "user_id": "US.1",
            "profile": {"name": " Ann\nLee ", "username": "ann"}});
        let told = person(None, None, None, Some(&contact)).unwrap();
        assert_eq!(told.address, "+16505551234");
        assert_eq!((told.name.as_deref(), told.username.as_deref()), (Some("Ann Lee"), Some("ann")));
    }
}
