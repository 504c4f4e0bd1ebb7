//! What hosts are told.

use super::{as_meta_writes, now, webhooks_of_meta};
use crate::events::{EventFilter, KINDS};
use crate::inbound::notice::What;
use crate::inbound::{meta, told};
use crate::message::clock::Millis;
use std::collections::BTreeSet;
use uuid::Uuid;

#[test]
fn each_notice_but_a_report_has_an_event_of_a_kind_that_can_be_asked_for() {
    let mut kinds = BTreeSet::new();
    for (name, webhook) in webhooks_of_meta() {
        for notice in meta::notices(&as_meta_writes(&webhook), now()).unwrap() {
            let event = told::event("account", &notice, None, now());
            let is_known = matches!(&notice.what, What::Report(report) if report.state.is_some());
            assert_eq!(event.is_none(), is_known, "{name}");
            kinds.extend(event.map(|event| event.kind));
        }
    }
    let told: BTreeSet<&str> = [
        "received",
        "echo",
        "template",
        "number",
        "account",
        "consent",
        "contact",
        "call",
        "webhook",
        "dead_letter",
    ]
    .into();
    assert_eq!(kinds, told);
    assert!(told.iter().all(|kind| KINDS.contains(kind)));
    let filter = r#"{"include":["received","template"],"exclude":["webhook"]}"#;
    let wanted = EventFilter::read("filter_json", Some(filter)).unwrap();
    assert!(!wanted.only_memory());
}

/// The provider tells it again, another process reads it, the clock goes on:
/// the event is the same. Another account's is another.
#[test]
fn an_event_has_the_same_id_whenever_it_is_told() {
    let mut ids = BTreeSet::new();
    let mut count = 0;
    for (name, webhook) in webhooks_of_meta() {
        let body = as_meta_writes(&webhook);
        let first = meta::notices(&body, now()).unwrap();
        let later = meta::notices(&body, Millis(now().0 + 3_600_000)).unwrap();
        for (one, two) in first.iter().zip(&later) {
            let id = |account: &str, notice| told::event(account, notice, None, now()).map(|event| event.id);
            assert_eq!(id("account", one), id("account", two), "{name}");
            if let Some(id) = id("account", one) {
                assert_ne!(Some(id), told::event("another", one, None, now()).map(|event| event.id));
                count += 1;
                ids.insert((id, one.key.clone()));
            }
        }
    }
    let distinct: BTreeSet<&Uuid> = ids.iter().map(|(id, _)| id).collect();
    assert!(distinct.len() == ids.len() && count > 100, "{count}");
}

#[test]
fn the_row_of_a_message_is_named_in_its_event() {
    let (_, webhook) =
        webhooks_of_meta().into_iter().find(|(name, _)| name == "meta_messages: \"text\"").unwrap();
    let notice = &meta::notices(&as_meta_writes(&webhook), now()).unwrap()[0];
    let row = Uuid::from_u128(7);
    let event = told::event("account", notice, Some(row), now()).unwrap();
    let body: serde_json::Value = serde_json::from_str(event.body.as_deref().unwrap()).unwrap();
    assert_eq!(
        (event.message_id, body["webhook"]["message_id"].as_str()),
        (Some(row), Some(&*row.to_string()))
    );
    assert_eq!(body["id"].as_str(), Some(&*event.id.to_string()));
    assert_eq!(body["webhook"]["message"]["text"], "Is the blue one in stock?");
    assert_eq!(body["webhook"]["raw"]["value"]["messages"][0]["text"]["body"], "Is the blue one in stock?");
    assert_eq!(body["outcome"], serde_json::Value::Null);
}
