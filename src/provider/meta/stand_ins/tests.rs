use super::*;
use crate::provider::settings::LocalTemplate;
use serde_json::{Value, json};

fn local() -> LocalTemplates {
    let template = |text: &str, media: &[&str]| LocalTemplate {
        text: text.to_owned(),
        media: media.iter().map(|link| (*link).to_owned()).collect(),
    };
    LocalTemplates::from([
        ("welcome".to_owned(), template("Hello {{name}}\nsee https://example.com/{{name}}", &[])),
        ("photo".to_owned(), template("For {{1}}", &["https://example.com/{{2}}.png"])),
        ("film".to_owned(), template("", &["https://example.com/film.mp4"])),
        ("odd".to_owned(), template("For {{1}}", &["https://example.com/file"])),
        ("sound".to_owned(), template("Listen", &["https://example.com/a.mp3"])),
    ])
}

fn in_metas_kinds(message: &Value) -> Result<Content> {
    let content = Content::read("message_json", &message.to_string()).unwrap();
    of_meta(&content, &local(), &Limits::default()).map(Cow::into_owned)
}

#[test]
fn the_links_ending_tells_the_kind() {
    let link = |end: &str| format!("https://example.com/a/{end}");
    for (end, kind) in [
        ("x.jpg", "image"),
        ("x.JPEG?size=1", "image"),
        ("x.png#part", "image"),
        ("x.mp4", "video"),
        ("x.3gp", "video"),
        ("x.mp3", "audio"),
        ("x.ogg", "audio"),
        ("x.aac", "audio"),
        ("x.amr", "audio"),
        ("x.m4a", "audio"),
        ("x.tar.pdf", "document"),
        ("x.docx", "document"),
        ("x.xls", "document"),
        ("x.pptx", "document"),
        ("x.txt", "document"),
    ] {
        let content = in_metas_kinds(&json!({"type": "media", "media": [link(end)]})).unwrap();
        assert_eq!(content.kind(), kind, "{end}");
        let found = content.attachments();
        assert_eq!(found[0].2.link.as_deref(), Some(&*link(end)));
    }
    for end in ["", "x", "x.", ".png/", "x.webp", "x.exe", "x?y=.png", "png"] {
        let error = in_metas_kinds(&json!({"type": "media", "media": [link(end)]})).unwrap_err();
        assert_eq!((error.status, error.argument.as_deref()), (Status::Message, Some("media[0]")), "{end}");
        assert!(error.hint.unwrap().contains("type image"));
    }
}

#[test]
fn a_link_to_what_whatsapp_does_not_take_is_refused_as_the_file_is() {
    let link = |end: &str| format!("https://example.com/a/{end}");
    for (kind, end, fits) in [
        ("image", "x.webp", false),
        ("image", "x.gif", false),
        ("image", "x.HEIC?size=1", false),
        ("image", "x.pdf", false),
        ("image", "x.jpg", true),
        ("image", "x.png#part", true),
        ("image", "show.php?file=x.gif", true),
        ("image", "x", true),
        ("sticker", "x.png", false),
        ("sticker", "x.gif", false),
        ("sticker", "x.webp", true),
        ("video", "x.mov", false),
        ("video", "x.webm", false),
        ("video", "x.mp4", true),
        ("video", "x.3gp", true),
        ("audio", "x.wav", false),
        ("audio", "x.mp4", true),
        ("audio", "x.ogg", true),
        ("document", "x.gif", true),
        ("document", "x.zip", true),
    ] {
        let message = json!({"type": kind, "link": link(end)});
        let refused = in_metas_kinds(&message).err();
        assert_eq!(refused.is_none(), fits, "{message}: {refused:?}");
        if let Some(error) = refused {
            assert_eq!((error.status, error.argument.as_deref()), (Status::Message, Some("link")), "{error}");
            assert!(error.hint.is_some_and(|hint| hint.contains('/')));
        }
    }
    let header = json!({"type": "template", "template": "t", "header": {"image": {"link": link("x.webp")}}});
    assert_eq!(in_metas_kinds(&header).unwrap_err().argument.as_deref(), Some("header.image.link"));
}

/// As with the type `media`: without a name the reader sees a file without a title.
#[test]
fn a_document_by_link_has_the_name_of_its_link() {
    for (message, filename) in [
        (json!({"type": "document", "link": "https://example.com/bill.pdf?x=1"}), Some("bill.pdf")),
        (
            json!({"type": "document", "link": "https://example.com/b.pdf", "filename": "c.pdf"}),
            Some("c.pdf"),
        ),
        (json!({"type": "document", "link": "https://example.com/"}), None),
        (json!({"type": "document", "link": "https://example.com/b%20ll.pdf"}), None),
        (json!({"type": "document", "id": "7"}), None),
    ] {
        let content = in_metas_kinds(&message).unwrap();
        assert_eq!(content.attachments()[0].2.filename.as_deref(), filename, "{message}");
    }
    let header = json!({"type": "template", "template": "t",
        "header": {"document": {"link": "https://example.com/bill.pdf"}}});
    let content = in_metas_kinds(&header).unwrap();
    assert_eq!(content.attachments()[0].2.filename.as_deref(), Some("bill.pdf"));
}

#[test]
fn media_and_templates_of_the_settings_get_kinds_that_meta_has() {
    let template = |name: &str, variables: Value| json!({"type": "template", "template": name, "variables": variables, "reply_to": "wamid.1"});
    for (message, wanted, shown) in [
        (
            json!({"type": "media", "media": ["https://example.com/a.png"], "text": "Look"}),
            json!({"type": "image", "link": "https://example.com/a.png", "caption": "Look"}),
            "Look\nhttps://example.com/a.png",
        ),
        (
            json!({"type": "media", "media": ["https://example.com/a.png"], "text": ""}),
            json!({"type": "image", "link": "https://example.com/a.png"}),
            "https://example.com/a.png",
        ),
        (
            json!({"type": "media", "media": ["https://example.com/bill.pdf?x=1"]}),
            json!({"type": "document", "link": "https://example.com/bill.pdf?x=1", "filename": "bill.pdf"}),
            "bill.pdf",
        ),
        (
            json!({"type": "media", "media": ["https://example.com/b%20ll.pdf"]}),
            json!({"type": "document", "link": "https://example.com/b%20ll.pdf"}),
            "https://example.com/b%20ll.pdf",
        ),
        (
            template("welcome", json!({"name": "Ann"})),
            json!({"type": "text", "text": "Hello Ann\nsee https://example.com/Ann", "reply_to": "wamid.1"}),
            "Hello Ann\nsee https://example.com/Ann",
        ),
        // What WhatsApp refuses in its own templates is fine in a text.
        (
            template("welcome", json!({"name": "Ann     and\nBob"})),
            json!({"type": "text", "text": "Hello Ann     and\nBob\nsee https://example.com/Ann     and\nBob", "reply_to": "wamid.1"}),
            "Hello Ann     and\nBob\nsee https://example.com/Ann     and\nBob",
        ),
        (
            template("photo", json!(["Ann", "cat"])),
            json!({"type": "image", "link": "https://example.com/cat.png", "caption": "For Ann", "reply_to": "wamid.1"}),
            "For Ann\nhttps://example.com/cat.png",
        ),
        (
            template("film", json!({})),
            json!({"type": "video", "link": "https://example.com/film.mp4", "reply_to": "wamid.1"}),
            "https://example.com/film.mp4",
        ),
    ] {
        let content = in_metas_kinds(&message).unwrap_or_else(|error| panic!("{message}: {error}"));
        assert_eq!(content, Content::read("m", &wanted.to_string()).unwrap(), "{message}");
        assert_eq!(content.as_text(), shown);
    }
    for message in [json!({"type": "text", "text": "x"}), json!({"type": "template", "template": "order"})] {
        let content = Content::read("m", &message.to_string()).unwrap();
        assert_eq!(in_metas_kinds(&message).unwrap(), content, "what Meta has stays as it is");
    }
}

#[test]
fn faults_name_the_field() {
    let link = "https://example.com/a.png";
    let template = |name: &str, more: Value| {
        let mut message = more;
        message["type"] = json!("template");
        message["template"] = json!(name);
        message
    };
    for (message, path, status) in [
        (json!({"type": "media", "media": []}), "media", Status::Message),
        (json!({"type": "media", "media": [link, link]}), "media", Status::Message),
        (json!({"type": "media", "media": ["a.png"]}), "media[0]", Status::Message),
        (json!({"type": "media", "media": ["http://10.0.0.1/a.png"]}), "media[0]", Status::Message),
        (json!({"type": "media", "media": [link], "text": "é".repeat(1025)}), "text", Status::Message),
        (json!({"type": "media", "media": [link], "text": "  "}), "text", Status::Message),
        (
            json!({"type": "media", "media": ["https://example.com/a.mp3"], "text": "x"}),
            "text",
            Status::Message,
        ),
        (template("welcome", json!({})), "variables.name", Status::Template),
        (template("welcome", json!({"variables": {"name": "a", "b": "c"}})), "variables.b", Status::Template),
        (template("welcome", json!({"variables": {"name": "x".repeat(2100)}})), "variables", Status::Message),
        (template("photo", json!({"variables": ["x".repeat(1021), "cat"]})), "variables", Status::Message),
        (template("photo", json!({"variables": ["x", "a b"]})), "variables", Status::Message),
        (template("odd", json!({"variables": ["x"]})), "template", Status::Message),
        (template("sound", json!({})), "template", Status::Message),
        (template("film", json!({"language": "de"})), "language", Status::Template),
        (template("film", json!({"header": {"text": "x"}})), "header", Status::Template),
        (
            template("film", json!({"buttons": [{"index": 0, "type": "url", "text": "x"}]})),
            "buttons",
            Status::Template,
        ),
        (template("film", json!({"code": "1"})), "code", Status::Template),
        (template("film", json!({"cards": [{}, {}]})), "cards", Status::Template),
        (
            template("film", json!({"limited_time_offer": {"expires_at": "2030-01-01T00:00:00Z"}})),
            "limited_time_offer",
            Status::Template,
        ),
    ] {
        let error = in_metas_kinds(&message).err().unwrap_or_else(|| panic!("accepted: {message}"));
        assert_eq!((error.argument.as_deref(), error.status), (Some(path), status), "{message}: {error}");
    }
}
