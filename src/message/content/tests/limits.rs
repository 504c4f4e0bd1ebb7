//! Every limit of a message: what just fits, and what just does not.

use super::super::{Content, Limits};
use serde_json::{Value, json};

const WAMID: &str = "wamid.HBgLMTY1MDUwNzY1MjAVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA";

fn read(message: &Value) -> crate::message::Result<Content> {
    Content::read("message_json", &message.to_string())
}

/// Where a message is at fault, without the argument's name.
fn fault(message: &Value) -> Option<String> {
    let checked = read(message).and_then(|content| Limits::default().check(&content));
    checked.err().map(|error| {
        let path = error.argument.clone().unwrap_or_default();
        assert!(path.is_empty() || error.message.contains(&path), "{message}: {error}");
        path.trim_start_matches("message_json").trim_start_matches('.').to_owned()
    })
}

/// `base` with `value` under the path of a JSON pointer.
fn with(base: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = base.clone();
    match changed.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            changed.pointer_mut(parent).unwrap()[key] = value;
        }
    }
    changed
}

fn letters(count: usize) -> Value {
    // Characters, not bytes, are counted.
    Value::String("é".repeat(count))
}

/// One right message of each kind.
fn right() -> Vec<(&'static str, Value)> {
    let link = "https://example.com/a.jpg";
    vec![
        (
            "text",
            json!({"type":"text","text":"Hello https://example.com","preview_url":true,"reply_to":WAMID}),
        ),
        ("media", json!({"type":"media","media":[link],"text":"x"})),
        ("image", json!({"type":"image","link":link,"caption":"c"})),
        ("video", json!({"type":"video","id":"1234","caption":"c"})),
        ("audio", json!({"type":"audio","file":"C:\\sounds\\a.ogg","mime_type":"audio/ogg","voice":true})),
        ("document", json!({"type":"document","link":link,"caption":"c","filename":"a.pdf"})),
        ("sticker", json!({"type":"sticker","id":"1234"})),
        (
            "location",
            json!({"type":"location","latitude":52.5,"longitude":13,"name":"Here","address":"There"}),
        ),
        (
            "contacts",
            json!({"type":"contacts","contacts":[{"name":{"formatted_name":"Ann Lee","first_name":"Ann"},
            "phones":[{"phone":"+1","type":"CELL","wa_id":"1"}],"emails":[{"email":"a@b.example","type":"WORK"}],
            "urls":[{"url":"https://b.example","type":"WORK"}],"addresses":[{"street":"s","city":"c","state":"s","zip":"z",
            "country":"c","country_code":"de","type":"HOME"}],"org":{"company":"c","department":"d","title":"t"},
            "birthday":"2000-02-29"}]}),
        ),
        ("reaction", json!({"type":"reaction","message_id":WAMID,"emoji":"👍🏽"})),
        (
            "buttons",
            json!({"type":"interactive","interactive":"reply_buttons","body":"b","footer":"f","header":{"text":"h"},
            "buttons":[{"id":"1","title":"Yes"},{"id":"2","title":"No"}]}),
        ),
        (
            "list",
            json!({"type":"interactive","interactive":"list","body":"b","button":"Open",
            "sections":[{"title":"One","rows":[{"id":"1","title":"r","description":"d"}]},{"title":"Two","rows":[{"id":"2","title":"r"}]}]}),
        ),
        (
            "cta_url",
            json!({"type":"interactive","interactive":"cta_url","body":"b","header":{"image":{"link":link}},
            "display_text":"Open","url":"https://example.com"}),
        ),
        ("location_request", json!({"type":"interactive","interactive":"location_request","body":"Where?"})),
        (
            "product",
            json!({"type":"interactive","interactive":"product","catalog_id":"1","product_retailer_id":"2"}),
        ),
        (
            "product_list",
            json!({"type":"interactive","interactive":"product_list","header":{"text":"h"},"body":"b",
            "catalog_id":"1","sections":[{"title":"One","products":["a","b"]}]}),
        ),
        (
            "catalog",
            json!({"type":"interactive","interactive":"catalog","body":"b","thumbnail_product_retailer_id":"1"}),
        ),
        (
            "flow",
            json!({"type":"interactive","interactive":"flow","body":"b","flow_id":"1","flow_cta":"Book",
            "flow_token":"t","flow_action":"navigate","screen":"S","data":{"a":[1]},"draft":true}),
        ),
        (
            "carousel",
            json!({"type":"interactive","interactive":"carousel","body":"b","cards":[
            {"header":{"image":{"link":link}},"body":"one","display_text":"Open","url":"https://example.com/1"},
            {"header":{"image":{"id":"1"}},"body":"two","display_text":"Open","url":"https://example.com/2"}]}),
        ),
        (
            "template",
            json!({"type":"template","template":"t","language":"en_US",
            "variables":{"1":"Ann","2":{"currency":{"fallback_value":"$1","code":"USD","amount_1000":"1000"}},
            "3":{"date_time":{"fallback_value":"today"}}},"header":{"image":{"link":link}},
            "buttons":[{"index":0,"type":"quick_reply","payload":"p"},{"index":1,"type":"url","text":"u"},
            {"index":2,"type":"copy_code","code":"c"},{"index":3,"type":"flow","flow_token":"t","flow_action_data":{"a":1}},
            {"index":4,"type":"catalog"},{"index":5,"type":"multi_product","thumbnail_product_retailer_id":"1",
            "sections":[{"title":"t","products":["p"]}]}],"limited_time_offer":{"expires_at":"2030-01-01T00:00:00Z"}}),
        ),
        ("authentication", json!({"type":"template","template":"verify","code":"123456"})),
        (
            "cards",
            json!({"type":"template","template":"gallery","cards":[
            {"header":{"image":{"id":"1"}},"variables":["a"],"buttons":[{"index":0,"type":"quick_reply","payload":"p"}]},
            {"header":{"video":{"link":link}},"variables":{"1":"b"}}]}),
        ),
    ]
}

fn kind(name: &str) -> Value {
    right().into_iter().find(|(found, _)| *found == name).unwrap().1
}

#[test]
fn every_kind_is_read_checked_and_comes_back_from_the_table() {
    for (name, message) in right() {
        let content = read(&message).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(fault(&message), None, "{name}");
        assert!(!content.as_text().is_empty(), "{name}");
        let stored = serde_json::to_string(&content).unwrap();
        assert_eq!(serde_json::from_str::<Content>(&stored).unwrap(), content, "{name}: {stored}");
    }
}

#[test]
fn an_unknown_key_is_refused_wherever_it_stands() {
    for (name, message) in right() {
        let mut pointers = vec![String::new()];
        collect_objects(&message, "", &mut pointers);
        for pointer in pointers {
            // What the host names itself may have any name.
            if ["/data", "/flow_action_data", "/variables"].iter().any(|free| pointer.contains(free)) {
                continue;
            }
            let broken = with(&message, &format!("{pointer}/surprise"), json!(1));
            assert!(fault(&broken).is_some(), "{name} {pointer}");
        }
    }
}

fn collect_objects(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.push(path.to_owned());
            map.iter().for_each(|(key, value)| collect_objects(value, &format!("{path}/{key}"), found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(at, value)| collect_objects(value, &format!("{path}/{at}"), found));
        }
        _ => {}
    }
}

#[test]
fn a_value_of_the_wrong_type_is_refused_wherever_it_stands() {
    fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| leaves(value, &format!("{path}/{key}"), found))
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, value)| leaves(value, &format!("{path}/{at}"), found))
            }
            _ => found.push(path.to_owned()),
        }
    }
    for (name, message) in right() {
        let mut pointers = Vec::new();
        leaves(&message, "", &mut pointers);
        for pointer in pointers {
            if ["/data", "/flow_action_data"].iter().any(|free| pointer.contains(free)) {
                continue;
            }
            for wrong in [json!([[]]), json!({"x": {"y": 1}})] {
                assert!(fault(&with(&message, &pointer, wrong)).is_some(), "{name} {pointer}");
            }
        }
    }
}

#[test]
fn lengths_have_a_limit() {
    for (name, pointer, longest, path) in [
        ("text", "/text", 4096, "text"),
        ("image", "/caption", 1024, "caption"),
        ("document", "/caption", 1024, "caption"),
        ("document", "/filename", 240, "filename"),
        ("buttons", "/body", 1024, "body"),
        ("buttons", "/footer", 60, "footer"),
        ("buttons", "/header/text", 60, "header.text"),
        ("buttons", "/buttons/0/id", 256, "buttons[0].id"),
        ("buttons", "/buttons/1/title", 20, "buttons[1].title"),
        ("list", "/body", 4096, "body"),
        ("list", "/button", 20, "button"),
        ("list", "/sections/1/title", 24, "sections[1].title"),
        ("list", "/sections/0/rows/0/id", 200, "sections[0].rows[0].id"),
        ("list", "/sections/0/rows/0/title", 24, "sections[0].rows[0].title"),
        ("list", "/sections/0/rows/0/description", 72, "sections[0].rows[0].description"),
        ("cta_url", "/display_text", 20, "display_text"),
        ("flow", "/flow_cta", 30, "flow_cta"),
        ("carousel", "/cards/1/body", 160, "cards[1].body"),
        ("carousel", "/cards/0/display_text", 20, "cards[0].display_text"),
        ("authentication", "/code", 15, "code"),
        ("template", "/buttons/0/payload", 256, "buttons[0].payload"),
        ("template", "/buttons/2/code", 20, "buttons[2].code"),
        ("template", "/variables/1", 1024, "variables.1"),
        ("authentication", "/template", 512, "template"),
    ] {
        let base = kind(name);
        assert_eq!(fault(&with(&base, pointer, letters(longest))), None, "{name}{pointer}");
        for wrong in [letters(longest + 1), json!(" \t"), json!("")] {
            let found = fault(&with(&base, pointer, wrong.clone()));
            assert_eq!(found.as_deref(), Some(path), "{name}{pointer} {wrong:.20}");
        }
    }
}

#[test]
fn a_template_that_is_only_a_body_may_say_more() {
    let plain = |count| json!({"type":"template","template":"t","variables":{"1":letters(count)}});
    assert_eq!(fault(&plain(32_768)), None);
    assert_eq!(fault(&plain(32_769)).as_deref(), Some("variables.1"));
}

#[test]
fn counts_have_a_limit() {
    let many = |value: &Value, count: usize| Value::Array(vec![value.clone(); count]);
    let row = |at: usize| json!({"id": at.to_string(), "title": "r"});
    let rows = |count: usize| Value::Array((0..count).map(row).collect());
    let list = kind("list");
    for (message, path) in [
        (with(&kind("buttons"), "/buttons", json!([])), Some("buttons")),
        (
            with(
                &kind("buttons"),
                "/buttons",
                json!(
                    (0..4).map(|at| json!({"id":at.to_string(),"title":at.to_string()})).collect::<Vec<_>>()
                ),
            ),
            Some("buttons"),
        ),
        (with(&list, "/sections", json!([{"rows": rows(10)}])), None),
        (with(&list, "/sections", json!([{"rows": rows(11)}])), Some("sections[0].rows")),
        (with(&list, "/sections/1/rows", rows(10)), Some("sections")),
        (with(&list, "/sections", json!([])), Some("sections")),
        (with(&list, "/sections/0/rows", json!([])), Some("sections[0].rows")),
        (with(&list, "/sections", many(&list["sections"][0], 11)), Some("sections")),
        (with(&kind("product_list"), "/sections/0/products", many(&json!("p"), 30)), None),
        (
            with(&kind("product_list"), "/sections/0/products", many(&json!("p"), 31)),
            Some("sections[0].products"),
        ),
        (with(&kind("carousel"), "/cards", many(&kind("carousel")["cards"][0], 10)), None),
        (with(&kind("carousel"), "/cards", many(&kind("carousel")["cards"][0], 11)), Some("cards")),
        (with(&kind("carousel"), "/cards", many(&kind("carousel")["cards"][0], 1)), Some("cards")),
        (with(&kind("contacts"), "/contacts", many(&kind("contacts")["contacts"][0], 257)), None),
        (with(&kind("contacts"), "/contacts", many(&kind("contacts")["contacts"][0], 258)), Some("contacts")),
        (with(&kind("contacts"), "/contacts", json!([])), Some("contacts")),
        (with(&kind("cards"), "/cards", many(&kind("cards")["cards"][0], 11)), Some("cards")),
    ] {
        assert_eq!(fault(&message).as_deref(), path, "{message:.300}");
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    let buttons = kind("buttons");
    let file = json!({"type":"image","file":"a.jpg"});
    for (message, path) in [
        (json!({"type":"image"}), "link"),
        (json!({"type":"image","link":"https://example.com/a","id":"1"}), "id"),
        (json!({"type":"image","file":"a.jpg","id":"1"}), "file"),
        (json!({"type":"image","id":" "}), "id"),
        (with(&file, "/id", json!("1")), "file"),
        (json!({"type":"image","id":"1","mime_type":"image/png"}), "mime_type"),
        (json!({"type":"image","id":"1","filename":"a"}), "filename"),
        (json!({"type":"image","id":"1","voice":true}), "voice"),
        (json!({"type":"audio","id":"1","caption":"c"}), "caption"),
        (json!({"type":"sticker","id":"1","caption":"c"}), "caption"),
        (json!({"type":"image","link":"ftp://example.com/a"}), "link"),
        (json!({"type":"image","link":"http://10.0.0.1/a"}), "link"),
        (json!({"type":"location","latitude":90.1,"longitude":0}), "latitude"),
        (json!({"type":"location","latitude":0,"longitude":-180.5}), "longitude"),
        (json!({"type":"reaction","message_id":WAMID,"emoji":"yes"}), "emoji"),
        (json!({"type":"reaction","message_id":WAMID,"emoji":"12"}), "emoji"),
        (json!({"type":"reaction","message_id":WAMID,"emoji":"!!!"}), "emoji"),
        (json!({"type":"reaction","message_id":WAMID,"emoji":"👍 "}), "emoji"),
        (with(&kind("flow"), "/flow_cta", json!("Book 📅")), "flow_cta"),
        (with(&kind("contacts"), "/contacts/0/birthday", json!("2001-02-29")), "contacts[0].birthday"),
        (json!({"type":"reaction","message_id":"","emoji":""}), "message_id"),
        (json!({"type":"reaction","message_id":WAMID,"emoji":"👍","reply_to":WAMID}), "reply_to"),
        (json!({"type":"text","text":"x","reply_to":" "}), "reply_to"),
        (with(&kind("contacts"), "/contacts/0/name", json!({"formatted_name":"Ann"})), "contacts[0].name"),
        (
            with(&kind("contacts"), "/contacts/0/name/formatted_name", json!("")),
            "contacts[0].name.formatted_name",
        ),
        (with(&kind("contacts"), "/contacts/0/birthday", json!("29.2.2000")), "contacts[0].birthday"),
        (with(&buttons, "/buttons/1/id", json!("1")), "buttons[1].id"),
        (with(&buttons, "/buttons/1/title", json!("Yes")), "buttons[1].title"),
        (with(&buttons, "/header", json!({})), "header"),
        (with(&buttons, "/header", json!({"text":"h","image":{"id":"1"}})), "header"),
        (with(&buttons, "/header", json!({"image":{"id":"1","caption":"c"}})), "header.image.caption"),
        (with(&buttons, "/header", json!({"document":{}})), "header.document.link"),
        (with(&kind("list"), "/header", json!({"image":{"id":"1"}})), "header"),
        (with(&kind("list"), "/sections/1", json!({"rows":[{"id":"9","title":"r"}]})), "sections[1].title"),
        (with(&kind("list"), "/sections/1/rows/0/id", json!("1")), "sections[1].rows[0].id"),
        (with(&kind("product"), "/header", json!({"text":"h"})), "header"),
        (with(&kind("product_list"), "/header", Value::Null), "header"),
        (with(&kind("location_request"), "/footer", json!("f")), "footer"),
        (with(&kind("cta_url"), "/url", json!("example.com")), "url"),
        (with(&kind("flow"), "/flow_name", json!("n")), "flow_id"),
        (with(&kind("flow"), "/data", json!({})), "data"),
        (with(&kind("flow"), "/screen", Value::Null), "data"),
        (with(&kind("carousel"), "/cards/0/header", json!({"text":"h"})), "cards[0].header"),
        (with(&kind("template"), "/header", json!({})), "header"),
        (with(&kind("template"), "/header", json!({"name":"n","image":{"id":"1"}})), "header.name"),
        (with(&kind("template"), "/header", json!({"text":"a\nb"})), "header.text"),
        (
            with(&kind("template"), "/header", json!({"location":{"latitude":91,"longitude":0}})),
            "header.location.latitude",
        ),
        (with(&kind("template"), "/buttons/1/index", json!(0)), "buttons[1].index"),
        (with(&kind("template"), "/buttons/1/index", json!(10)), "buttons[1].index"),
        (with(&kind("template"), "/variables/1", json!("a\tb")), "variables.1"),
        (with(&kind("template"), "/variables/1", json!("a     b")), "variables.1"),
        (with(&kind("template"), "/variables/1", json!({"currency":{}})), "variables.1.currency"),
        (
            with(
                &kind("template"),
                "/variables/1",
                json!({"currency":{"fallback_value":"","code":"x","amount_1000":1}}),
            ),
            "variables.1",
        ),
        (with(&kind("template"), "/buttons/1/text", json!("a\nb")), "buttons[1].text"),
        (with(&kind("template"), "/buttons/1/text", json!("a     b")), "buttons[1].text"),
        (with(&kind("authentication"), "/variables", json!(["x"])), "code"),
        (with(&kind("authentication"), "/code", json!("12\t34")), "code"),
        (with(&kind("authentication"), "/code", json!("1     2")), "code"),
        (with(&kind("cards"), "/cards/1/variables/1", json!("a\nb")), "cards[1].variables.1"),
    ] {
        assert_eq!(fault(&message).as_deref(), Some(path), "{message}");
    }
}

#[test]
fn every_emoji_is_one() {
    for emoji in ["", "👍", "👍🏽", "❤️", "ℹ️", "🅰️", "Ⓜ️", "1️⃣", "#️⃣", "©️", "🇩🇪", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]
    {
        assert_eq!(fault(&json!({"type":"reaction","message_id":WAMID,"emoji":emoji})), None, "{emoji}");
    }
}

#[test]
fn what_sources_disagree_about_can_be_narrowed() {
    let narrow = Limits { list_body: 1024, contacts: 5, flow_cta: 20, ..Limits::default() };
    let contact = kind("contacts")["contacts"][0].clone();
    for (message, path) in [
        (with(&kind("list"), "/body", letters(1025)), "body"),
        (with(&kind("contacts"), "/contacts", json!(vec![contact; 6])), "contacts"),
        (with(&kind("flow"), "/flow_cta", letters(21)), "flow_cta"),
    ] {
        let content = read(&message).unwrap();
        assert!(Limits::default().check(&content).is_ok());
        assert_eq!(narrow.check(&content).unwrap_err().argument.as_deref(), Some(path));
    }
}
