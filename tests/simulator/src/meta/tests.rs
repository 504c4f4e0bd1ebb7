//! Tables of messages: what is taken, and with which code the rest is refused.

use bytes::Bytes;
use serde_json::{Value, json};

use super::content::{Context, check};
use super::media::{Medium, Shelf};
use super::shape::Node;
use super::templates::Templates;
use super::{ids, is_path, parts};

mod templates;

fn shelf() -> Shelf {
    let mut shelf = Shelf::default();
    for (id, mime, number) in [
        ("1000000000000001", "image/jpeg", ids::NUMBER),
        ("1000000000000002", "video/mp4", ids::NUMBER),
        ("1000000000000003", "image/jpeg", ids::TEST_NUMBER),
        ("1000000000000004", "image/webp", ids::NUMBER),
    ] {
        shelf.add(Medium {
            id: id.to_owned(),
            number_id: number.to_owned(),
            mime: mime.to_owned(),
            sha256: String::new(),
            bytes: Bytes::new(),
            expires: if id.ends_with('4') { 5 } else { 100 },
        });
    }
    shelf
}

/// 0 if it is taken, the code otherwise.
fn code(kind: &str, content: &Value) -> u32 {
    let (media, templates) = (shelf(), Templates::seeded());
    let context = Context {
        number_id: ids::NUMBER,
        media: &media,
        templates: &templates,
        now: 10,
        unix_ms: 1_800_000_000_000,
    };
    let whole = json!({ kind: content });
    check(&context, kind, &Node::new("", &whole)).err().map_or(0, |r| r.code)
}

fn table(kind: &str, cases: &[(Value, u32)]) {
    for (content, expected) in cases {
        assert_eq!(code(kind, content), *expected, "{kind}: {content}");
    }
}

fn long(n: usize) -> String {
    "é".repeat(n)
}

#[test]
fn which_paths_are_metas() {
    for path in ["/v25.0/1/messages", "/200000000000001/messages", "/me", "/debug_token", "/v25.0/upload:MTx"]
    {
        assert!(is_path(path), "{path}");
    }
    for path in ["/2010-04-01/Accounts/AC1/Messages.json", "/v1/Content", "/", "/_control/stats"] {
        assert!(!is_path(path), "{path}");
    }
    assert_eq!(parts("/v25.0/1/messages/"), ["1", "messages"]);
}

#[test]
fn texts_and_unknown_kinds() {
    table(
        "text",
        &[
            (json!({"body": "hello", "preview_url": true, "colour": "red"}), 0),
            (json!({"body": long(4096)}), 0),
            (json!({"body": long(4097)}), 100),
            (json!({"body": ""}), 131_008),
            (json!({}), 131_008),
            (json!({"body": 5}), 100),
            (json!("hello"), 100),
            (json!({"body": "x", "preview_url": "yes"}), 100),
        ],
    );
    assert_eq!(code("sound", &json!({})), 100);
}

#[test]
fn media() {
    table(
        "image",
        &[
            (json!({"id": "1000000000000001", "caption": long(1024)}), 0),
            (json!({"link": "https://example.com/a.jpg"}), 0),
            (json!({"link": "https://example.com/a.jpg", "caption": long(1025)}), 131_009),
            (json!({"id": "1000000000000001", "link": "https://example.com/a.jpg"}), 131_009),
            (json!({"caption": "x"}), 131_008),
            (json!({"link": "example.com/a.jpg"}), 131_009),
            (json!({"id": 5}), 100),
            (json!({"id": "9"}), 131_009),
            (json!({"id": "1000000000000002"}), 131_053), // a video
            (json!({"id": "1000000000000003"}), 131_009), // of the other number
        ],
    );
    table("sticker", &[(json!({"id": "1000000000000004"}), 131_009)]); // expired
    table(
        "audio",
        &[
            (json!({"link": "https://e.com/a.ogg", "voice": true}), 0),
            (json!({"link": "https://e.com/a.ogg", "caption": "x"}), 100),
        ],
    );
    table("document", &[(json!({"link": "https://e.com/a.pdf", "filename": "a.pdf", "caption": "x"}), 0)]);
}

#[test]
fn places_contacts_reactions() {
    table(
        "location",
        &[
            (json!({"latitude": 52.5, "longitude": 13.4, "name": "Berlin", "address": "Alexanderplatz"}), 0),
            (json!({"latitude": "52.5", "longitude": "-13.4"}), 0),
            (json!({"latitude": 91, "longitude": 0}), 131_009),
            (json!({"latitude": 0, "longitude": -181}), 131_009),
            (json!({"latitude": 0}), 131_008),
            (json!({"latitude": true, "longitude": 0}), 100),
        ],
    );
    let name = json!({"formatted_name": "Ann Lee", "first_name": "Ann"});
    let many = |n: usize| Value::Array(vec![json!({ "name": name }); n]);
    table(
        "contacts",
        &[
            (
                json!([{"name": name, "phones": [{"phone": "+1555", "type": "WORK", "wa_id": "1555"}], "birthday": "1990-02-28",
                "emails": [{"email": "a@b.c"}], "urls": [{"url": "https://e.com"}], "org": {"company": "Shop"},
                "addresses": [{"street": "Main", "city": "X"}]}]),
                0,
            ),
            (many(257), 0),
            (many(258), 131_009),
            (json!([]), 131_009),
            (json!({}), 100),
            (json!([{}]), 131_008),
            (json!([{"name": {"first_name": "Ann"}}]), 131_008),
            (json!([{"name": {"formatted_name": "Ann"}}]), 131_009),
            (json!([{"name": name, "birthday": "28.02.1990"}]), 131_009),
            (json!([{"name": name, "phones": {}}]), 100),
        ],
    );
    table(
        "reaction",
        &[
            (json!({"message_id": "wamid.x", "emoji": "👍"}), 0),
            (json!({"message_id": "wamid.x", "emoji": ""}), 0),
            (json!({"message_id": "wamid.x"}), 131_008),
            (json!({"emoji": "👍"}), 131_008),
            (json!({"message_id": "x", "emoji": "👍"}), 131_009),
        ],
    );
}

fn button(n: usize) -> Value {
    json!({"type": "reply", "reply": {"id": format!("b{n}"), "title": format!("Button {n}")}})
}

#[test]
fn reply_buttons() {
    let of = |list: Value| json!({"type": "button", "body": {"text": "x"}, "action": {"buttons": list}});
    let one = |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
    let mut cases = vec![
        (of(json!([button(1), button(2), button(3)])), 0),
        (of(json!([button(1), button(2), button(3), button(4)])), 131_009),
        (of(json!([])), 131_009),
        (of(json!([button(1), one("b1", "Other")])), 131_009),
        (of(json!([button(1), one("b2", "Button 1")])), 131_009),
        (of(json!([one(&long(256), &long(20))])), 0),
        (of(json!([one(&long(257), "x")])), 131_009),
        (of(json!([one("x", &long(21))])), 131_009),
        (of(json!([one("x", "")])), 131_009),
        (of(json!([{"type": "url"}])), 131_009),
        (json!({"type": "button", "action": {"buttons": [button(1)]}}), 131_008),
        (json!({"type": "button", "body": {"text": "x"}}), 131_008),
        (json!({"type": "butter", "body": {"text": "x"}}), 131_009),
    ];
    for (key, value, code) in [
        ("header", json!({"type": "text", "text": long(60)}), 0),
        ("header", json!({"type": "text", "text": long(61)}), 131_009),
        ("header", json!({"type": "image", "image": {"id": "1000000000000001"}}), 0),
        ("header", json!({"type": "image", "image": {"link": "x"}}), 131_009),
        ("header", json!({"type": "sticker"}), 131_009),
        ("body", json!({"text": long(1024)}), 0),
        ("body", json!({"text": long(1025)}), 131_009),
        ("body", json!({"text": ""}), 131_009),
        ("footer", json!({"text": long(60)}), 0),
        ("footer", json!({"text": long(61)}), 131_009),
    ] {
        let mut case = of(json!([button(1)]));
        case[key] = value;
        cases.push((case, code));
    }
    table("interactive", &cases);
}

#[test]
fn lists() {
    let of = |sections: Value| json!({"type": "list", "body": {"text": "x"}, "action": {"button": "Menu", "sections": sections}});
    let rows = |from: usize, n: usize| {
        (from..from + n).map(|i| json!({"id": format!("r{i}"), "title": "Row"})).collect::<Value>()
    };
    let row = |key: &str, n: usize| {
        let mut row = json!({"id": "r", "title": "Row"});
        row[key] = long(n).into();
        of(json!([{ "rows": [row] }]))
    };
    let mut wide = of(json!([{"rows": rows(0, 1)}]));
    wide["body"]["text"] = long(4096).into();
    let mut header = of(json!([{"rows": rows(0, 1)}]));
    header["header"] = json!({"type": "image", "image": {"link": "https://e.com/a.jpg"}});
    let mut menu = of(json!([{"rows": rows(0, 1)}]));
    menu["action"]["button"] = long(21).into();
    table(
        "interactive",
        &[
            (of(json!([{"rows": rows(0, 10)}])), 0),
            (of(json!([{"title": "A", "rows": rows(0, 5)}, {"title": "B", "rows": rows(5, 5)}])), 0),
            (of(json!([{"title": "A", "rows": rows(0, 6)}, {"title": "B", "rows": rows(6, 5)}])), 131_009),
            (of(json!([{"rows": rows(0, 1)}, {"title": "B", "rows": rows(1, 1)}])), 131_008),
            (of(json!([{"title": "A", "rows": rows(0, 1)}, {"title": "B", "rows": rows(0, 1)}])), 131_009),
            (of(json!([])), 131_009),
            (of(json!([{"rows": []}])), 131_009),
            (row("id", 201), 131_009),
            (row("title", 25), 131_009),
            (row("description", 72), 0),
            (row("description", 73), 131_009),
            (wide, 0),
            (header, 131_009),
            (menu, 131_009),
        ],
    );
}

#[test]
fn the_other_interactive_kinds() {
    let of = |kind: &str, action: Value| json!({"type": kind, "body": {"text": "x"}, "action": action});
    let url =
        |text: &str, url: &str| json!({"name": "cta_url", "parameters": {"display_text": text, "url": url}});
    let item = json!({"product_retailer_id": "sku"});
    let products = |n: usize| json!({"catalog_id": "1", "sections": [{"title": "A", "product_items": vec![item.clone(); n]}]});
    let listed = |action: Value| json!({"type": "product_list", "header": {"type": "text", "text": "h"}, "body": {"text": "x"}, "action": action});
    let flow = |more: Value| {
        let mut parameters =
            json!({"flow_message_version": "3", "flow_id": "1", "flow_cta": "Go", "flow_token": "t"});
        if let (Some(p), Value::Object(more)) = (parameters.as_object_mut(), more) {
            p.extend(more);
        }
        of("flow", json!({"name": "flow", "parameters": parameters}))
    };
    let card = |n: usize| {
        json!({"card_index": n, "type": "cta_url", "header": {"type": "image", "image": {"link": "https://e.com/a.jpg"}},
        "body": {"text": "x"}, "action": url("Go", "https://e.com")})
    };
    let cards = |n: usize| of("carousel", json!({ "cards": (0..n).map(card).collect::<Vec<_>>() }));
    let mut long_card = cards(2);
    long_card["action"]["cards"][1]["body"]["text"] = long(161).into();
    let mut mixed = cards(2);
    mixed["action"]["cards"][1]["header"] =
        json!({"type": "video", "video": {"link": "https://e.com/a.mp4"}});
    let mut footed = of("location_request_message", json!({"name": "send_location"}));
    footed["footer"] = json!({"text": "x"});
    table(
        "interactive",
        &[
            (of("cta_url", url(&long(20), "https://e.com")), 0),
            (of("cta_url", url(&long(21), "https://e.com")), 131_009),
            (of("cta_url", url("Go", "e.com")), 131_009),
            (of("cta_url", json!({"name": "flow", "parameters": {}})), 131_009),
            (of("location_request_message", json!({"name": "send_location"})), 0),
            (of("location_request_message", json!({"name": "location"})), 131_009),
            (footed, 131_009),
            (json!({"type": "product", "action": {"catalog_id": "1", "product_retailer_id": "sku"}}), 0),
            (json!({"type": "product", "action": {"catalog_id": "1"}}), 131_008),
            (
                json!({"type": "product", "header": {"type": "text", "text": "h"}, "action": {"catalog_id": "1", "product_retailer_id": "sku"}}),
                131_009,
            ),
            (listed(products(30)), 0),
            (listed(products(31)), 131_009),
            (of("product_list", products(1)), 131_008),
            (
                of(
                    "catalog_message",
                    json!({"name": "catalog_message", "parameters": {"thumbnail_product_retailer_id": "sku"}}),
                ),
                0,
            ),
            (of("catalog_message", json!({"name": "catalog_message"})), 0),
            (of("catalog_message", json!({"name": "x"})), 131_009),
            (
                flow(json!({"flow_cta": long(30), "flow_action_payload": {"screen": "A", "data": {"a": 1}}})),
                0,
            ),
            (flow(json!({"flow_cta": long(31)})), 131_009),
            (flow(json!({"flow_cta": "Go 🚀"})), 131_009),
            (flow(json!({"flow_name": "f"})), 131_009),
            (flow(json!({"flow_id": null})), 131_008),
            (flow(json!({"flow_action_payload": {"data": {"a": 1}}})), 131_008),
            (flow(json!({"flow_action_payload": {"screen": "A", "data": {}}})), 131_009),
            (flow(json!({"flow_action": "jump"})), 100),
            (flow(json!({"mode": "draft", "flow_action": "data_exchange"})), 0),
            (cards(2), 0),
            (cards(10), 0),
            (cards(1), 131_009),
            (cards(11), 131_009),
            (long_card, 131_009),
            (mixed, 131_009),
        ],
    );
}
