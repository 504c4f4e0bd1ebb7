//! Whom WhatsApp reported an id for.

use super::query::Query;
use super::store::{Connection, StoreResult};
use crate::message::clock::Millis;
use crate::message::{phone, reported_key};

/// The address that an account wrote to when WhatsApp reported this id. A row
/// tells it where the id is a form of the number itself; any other was
/// remembered. Each question has an index.
pub fn whom(connection: &mut dyn Connection, account_key: &str, id: &str) -> StoreResult<Option<String>> {
    for form in phone::forms(id) {
        let equal = vec![
            ("recipient", format!("+{form}")),
            ("recipient_id", id.to_owned()),
            ("account_key", account_key.to_owned()),
        ];
        if let Some(row) = connection.page(&Query { equal, ..Query::newest(1) })?.pop() {
            return Ok(Some(row.message.recipient));
        }
    }
    connection.recall(account_key, &reported_key(id), Millis::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::tests::bed::{Bed, accepted, message, one, queued, write_record, write_settlement};
    use crate::history::{Memorandum, Settlement};

    #[test]
    fn a_row_or_a_memory_tells_whom_an_id_means() {
        for bed in Bed::every() {
            let mut connection = bed.connect();
            let record = queued(message(), None);
            let (id, account) = (record.message.id, record.message.account_key.clone());
            let mut row = record.clone();
            row.message.recipient = "+5511961234567".into();
            one(connection.as_mut(), write_record(row));
            let reported = Some("551161234567".to_owned());
            one(connection.as_mut(), write_settlement(Settlement { recipient_id: reported, ..accepted(id) }));
            let memory = Memorandum {
                key: reported_key("120295550113"),
                value: "+12025550113".into(),
                expires_at: Millis::now().plus(60_000),
            };
            connection.remember(&account, &memory).unwrap();
            for (account, id, address) in [
                (account.as_str(), "551161234567", Some("+5511961234567")),
                (account.as_str(), "120295550113", Some("+12025550113")),
                // It was written to, and reported under another id.
                (account.as_str(), "5511961234567", None),
                (account.as_str(), "14155238886", None),
                ("another", "551161234567", None),
                ("another", "120295550113", None),
            ] {
                let found = whom(connection.as_mut(), account, id).unwrap();
                assert_eq!(found.as_deref(), address, "{id} of {account}, {}", bed.store.name());
            }
        }
    }
}
