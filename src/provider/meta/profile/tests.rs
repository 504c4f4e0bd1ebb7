use super::*;
use crate::provider::action::Action;
use crate::provider::meta::tests::bed::{NUMBER, act, body_of, meta_at, meta_with, serve};
use serde_json::json;

fn update(value: Value) -> Action {
    Action::UpdateProfile(serde_json::from_value(value).unwrap())
}

#[test]
fn flat_and_nested_profiles_are_read() {
    let flat = json!({"about": "Open", "address": "1 Main St", "description": "", "email": "a@b.example",
        "profile_picture_url": "https://p.example/1", "websites": ["https://a.example"], "vertical": "RETAIL",
        "messaging_product": "whatsapp"});
    let expected = Profile {
        about: Some("Open".into()),
        address: Some("1 Main St".into()),
        description: None,
        email: Some("a@b.example".into()),
        websites: vec!["https://a.example".into()],
        vertical: Some("RETAIL".into()),
        profile_picture_url: Some("https://p.example/1".into()),
    };
    for answer in [
        json!({"data": [flat.clone()]}),
        json!({"data": flat.clone()}),
        json!({"data": [{"business_profile": flat.clone()}]}),
        flat.clone(),
    ] {
        assert_eq!(read(&answer), expected, "{answer}");
    }
    // Where both are there, the flat one is Meta's.
    let both = json!({"data": [{"about": "flat", "business_profile": {"about": "nested", "address": "x"}}]});
    let profile = read(&both);
    assert_eq!((profile.about.as_deref(), profile.address.as_deref()), (Some("flat"), Some("x")));
    for odd in
        [json!({"data": []}), json!({}), json!({"data": [[]]}), json!({"data": [{"websites": [1, null]}]})]
    {
        assert_eq!(read(&odd), Profile::default(), "{odd}");
    }
}

#[test]
fn only_what_is_given_is_sent() {
    let server = serve(|_| (200, "", r#"{"success":true}"#.to_owned()));
    let meta = meta_at(server.port);
    for given in [
        json!({"about": "A"}),
        json!({"about": "é".repeat(139), "address": "", "email": "", "description": "d".repeat(512)}),
        json!({"websites": []}),
        json!({"websites": ["http://a.example", "https://b.example/x?y=1"], "vertical": "RETAIL",
            "email": "name@shop.example", "address": "a".repeat(256)}),
    ] {
        act(&meta, update(given.clone())).unwrap();
        let requests = server.requests();
        let request = requests.last().unwrap();
        assert!(
            request.starts_with(&format!("POST /base/v25.0/{NUMBER}/whatsapp_business_profile HTTP/1.1\r\n"))
        );
        let mut expected = given;
        expected["messaging_product"] = "whatsapp".into();
        assert_eq!(body_of(request), expected);
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let server = serve(|_| (200, "", r#"{"success":true}"#.to_owned()));
    let meta = meta_at(server.port);
    for (given, argument) in [
        (json!({}), "profile_json"),
        (json!({"about": ""}), "profile_json.about"),
        (json!({"about": " "}), "profile_json.about"),
        (json!({"about": "a".repeat(140)}), "profile_json.about"),
        (json!({"address": "a".repeat(257)}), "profile_json.address"),
        (json!({"description": "a".repeat(513)}), "profile_json.description"),
        (json!({"email": format!("{}@b.example", "a".repeat(128))}), "profile_json.email"),
        (json!({"email": "shop"}), "profile_json.email"),
        (json!({"email": "a@b"}), "profile_json.email"),
        (json!({"email": "@b.example"}), "profile_json.email"),
        (json!({"email": "a b@c.example"}), "profile_json.email"),
        (json!({"email": "a@b..example"}), "profile_json.email"),
        (
            json!({"websites": ["https://a.example", "https://b.example", "https://c.example"]}),
            "profile_json.websites",
        ),
        (json!({"websites": ["shop.example"]}), "profile_json.websites[0]"),
        (json!({"websites": ["https://a.example", "ftp://a.example"]}), "profile_json.websites[1]"),
        (json!({"websites": [format!("https://a.example/{}", "a".repeat(256))]}), "profile_json.websites[0]"),
        (json!({"websites": ["https://a.example/\nb"]}), "profile_json.websites[0]"),
        (json!({"vertical": "SHOES"}), "profile_json.vertical"),
        (json!({"vertical": "UNDEFINED"}), "profile_json.vertical"),
        (json!({"vertical": ""}), "profile_json.vertical"),
    ] {
        let error = act(&meta, update(given)).unwrap_err();
        assert_eq!(
            (error.status, error.argument.as_deref()),
            (Status::Argument, Some(argument)),
            "{error:?}"
        );
    }
    let error = act(&meta, update(json!({"vertical": "SHOES"}))).unwrap_err();
    assert!(error.hint.unwrap().contains("RETAIL"));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn the_description_is_as_long_as_the_setting_says() {
    let server = serve(|_| (200, "", r#"{"success":true}"#.to_owned()));
    let long = || update(json!({"description": "a".repeat(257)}));
    act(&meta_at(server.port), long()).unwrap();
    let narrow = meta_with(server.port, r#","description_characters":256"#);
    assert_eq!(act(&narrow, long()).unwrap_err().argument.as_deref(), Some("profile_json.description"));
}

#[test]
fn the_fields_are_asked_for() {
    let server = serve(|_| (200, "", r#"{"data":[{"about":"A"}]}"#.to_owned()));
    let Done::Profile(profile) = act(&meta_at(server.port), Action::GetProfile).unwrap() else { panic!() };
    assert_eq!(profile.about.as_deref(), Some("A"));
    assert!(server.requests()[0].contains("?fields=about%2Caddress"), "{:?}", server.requests());
}

#[test]
fn messages_are_marked_as_read() {
    let server = serve(|_| (200, "", r#"{"success":true}"#.to_owned()));
    let meta = meta_at(server.port);
    let read = |id: &str, typing| act(&meta, Action::MarkRead { message_id: id.to_owned(), typing });
    read("wamid.A", false).unwrap();
    read("wamid.A", true).unwrap();
    let bodies: Vec<Value> = server.requests().iter().map(|request| body_of(request)).collect();
    let plain = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.A"});
    let mut typing = plain.clone();
    typing["typing_indicator"] = json!({"type": "text"});
    assert_eq!(bodies, [plain, typing]);
    for id in ["", "a b", "a\nb", &"a".repeat(513)] {
        let error = read(id, false).unwrap_err();
        assert_eq!((error.status, error.argument.as_deref()), (Status::Argument, Some("message_id")));
    }
    assert_eq!(server.requests().len(), 2);
}
