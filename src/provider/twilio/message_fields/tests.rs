use super::*;
use crate::message::content::Media;
use crate::message::{Status, Variables};
use serde_json::{Value, json};

const SID: &str = "HX00000000000000000000000000000001";

fn template(name: &str, language: Option<&str>, variables: Value) -> Template {
    Template {
        template: name.to_owned(),
        language: language.map(str::to_owned),
        variables: Variables::from_value("variables", variables).unwrap(),
        ..Template::default()
    }
}

fn local() -> LocalTemplates {
    let template = |text: &str, media: &[&str]| LocalTemplate {
        text: text.to_owned(),
        media: media.iter().map(|link| (*link).to_owned()).collect(),
    };
    LocalTemplates::from([
        ("welcome".to_owned(), template("Hello {{name}}, see https://example.com/{{name}}", &[])),
        ("plain".to_owned(), template("Hello", &[])),
        ("photo".to_owned(), template("For {{1}}", &["https://example.com/{{2}}.png"])),
        ("only".to_owned(), template("", &["https://example.com/a.png"])),
        ("film".to_owned(), template("See {{1}}", &["https://example.com/film.mp4"])),
        ("blank".to_owned(), template("{{1}}", &[])),
        (SID.to_owned(), template("Ours", &[])),
    ])
}

#[test]
fn what_is_known_here_becomes_fields() {
    let text = |text: &str| Content::text(text);
    let media = |link: &str, text: Option<&str>| {
        Content::from(Kind::Media(Media { media: vec![link.to_owned()], text: text.map(str::to_owned) }))
    };
    let of = |name: &str, variables: Value| Content::from(Kind::Template(template(name, None, variables)));
    let link = "https://example.com/a.png";
    for (content, fields, shown) in [
        (text("Hello"), vec![("Body", "Hello")], "Hello"),
        (
            text("see https://example.com/a.png"),
            vec![("Body", "see https://example.com/a.png")],
            "see https://example.com/a.png",
        ),
        (media(link, None), vec![("MediaUrl", link)], link),
        (media(link, Some("")), vec![("MediaUrl", link)], link),
        (
            media(link, Some("Look")),
            vec![("Body", "Look"), ("MediaUrl", link)],
            "Look\nhttps://example.com/a.png",
        ),
        (
            of("welcome", json!({"name": "Ann"})),
            vec![("Body", "Hello Ann, see https://example.com/Ann")],
            "Hello Ann, see https://example.com/Ann",
        ),
        (of("plain", json!({})), vec![("Body", "Hello")], "Hello"),
        (
            of("photo", json!(["Ann", "cat"])),
            vec![("Body", "For Ann"), ("MediaUrl", "https://example.com/cat.png")],
            "For Ann\nhttps://example.com/cat.png",
        ),
        (of("only", json!({})), vec![("MediaUrl", link)], link),
        (of(SID, json!({})), vec![("Body", "Ours")], "Ours"),
    ] {
        let prepared = known_here(&content, &local(), false).unwrap().unwrap();
        let got: Vec<(&str, &str)> =
            prepared.request.form().unwrap().iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(got, fields);
        assert_eq!(prepared.text.as_deref(), Some(shown));
    }
    for name in ["order_update", "HX00000000000000000000000000000002"] {
        assert_eq!(known_here(&of(name, json!({"1": "x"})), &local(), false), Ok(None), "{name}");
    }
}

#[test]
fn faults_name_the_field() {
    let list = |body: String| {
        let rows = json!([{"rows": [{"id": "1", "title": "One"}]}]);
        let list = json!({"type": "interactive", "interactive": "list", "body": body, "button": "Open", "sections": rows});
        Content::read("message_json", &list.to_string()).unwrap()
    };
    assert_eq!(known_here(&list("a".repeat(1024)), &local(), false), Ok(None));
    let of = |name: &str, variables: Value| Content::from(Kind::Template(template(name, None, variables)));
    for (content, argument, status) in [
        (Content::text("a".repeat(1601)), "text", Status::Message),
        (Content::text(" "), "text", Status::Message),
        (Content::from(Kind::Media(Media { media: vec![], text: None })), "media", Status::Message),
        (
            Content::from(Kind::Media(Media { media: vec!["x".into()], text: None })),
            "media[0]",
            Status::Message,
        ),
        (
            Content::from(Kind::Media(Media {
                media: vec!["https://example.com".into()],
                text: Some("é".repeat(1601)),
            })),
            "text",
            Status::Message,
        ),
        (of("welcome", json!({})), "variables.name", Status::Template),
        (of("welcome", json!({"name": "x", "more": "y"})), "variables.more", Status::Template),
        (of("welcome", json!({"name": "x".repeat(1000)})), "variables", Status::Message),
        (of("photo", json!(["Ann", "a b"])), "variables", Status::Message),
        (of("photo", json!(["Ann"])), "variables.2", Status::Template),
        (of("film", json!(["it"])), "template", Status::NotSupported),
        (of("blank", json!([" "])), "variables", Status::Message),
        (list("a".repeat(1025)), "body", Status::Message),
        (of("", json!({})), "template", Status::Template),
        (of("held", json!({"1": "a\nb"})), "variables.1", Status::Template),
        (
            Content::from(Kind::Template(template("plain", Some("de"), json!({})))),
            "language",
            Status::Template,
        ),
    ] {
        let error = known_here(&content, &local(), false).unwrap_err();
        assert_eq!((error.argument.as_deref(), error.status), (Some(argument), status), "{error}");
    }
}
