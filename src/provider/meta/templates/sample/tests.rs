//! A file as the sample: what is sent, and what is refused before anything is.

use super::super::tests::{act, body_of, line, meta_at, serve, the_template};
use super::*;
use crate::provider::action::Action;
use serde_json::{Value, json};

const HEADS: [(&str, &str, &[u8], &str); 4] = [
    ("image", "a.jpg", b"\xff\xd8\xff\xe0rest", "image%2Fjpeg"),
    ("image", "a.png", b"\x89PNG\r\n\x1a\nrest", "image%2Fpng"),
    ("video", "a.mp4", b"\0\0\0\x18ftypmp42rest", "video%2Fmp4"),
    ("document", "a.pdf", b"%PDF-1.7 rest", "application%2Fpdf"),
];

fn definition(format: &str, example: &str, more: Value) -> TemplateDefinition {
    let mut whole = json!({"header": {"format": format, "example": example}, "body": "Look."});
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

fn name() -> Value {
    json!({"name": "a", "language": "en", "category": "utility"})
}

#[test]
fn a_file_is_uploaded_for_its_handle() {
    let folder = tempfile::tempdir().unwrap();
    for (format, file, bytes, mime_type) in HEADS {
        let path = folder.path().join(file);
        std::fs::write(&path, bytes).unwrap();
        let path = path.to_str().unwrap();
        let server = serve(|text| {
            let answered = match line(text) {
                asked if asked.contains("/uploads?") => json!({"id": "upload:x?sig=y"}),
                asked if asked.contains("/upload:x") => json!({"h": "4::aW:x"}),
                asked if asked.contains("/message_templates") => json!({"id": "99", "status": "PENDING"}),
                _ => json!({"success": true}),
            };
            (200, answered.to_string())
        });
        let meta = meta_at(server.port);
        let made = the_template(act(&meta, Action::CreateTemplate(definition(format, path, name()))));
        assert_eq!(made.id, "99");
        let edited = definition(format, path, json!({}));
        act(&meta, Action::EditTemplate { id: "99".into(), definition: edited }).unwrap();
        let requests = server.requests();
        assert_eq!(requests.len(), 6, "an upload of two calls, then the template; twice");
        for (calls, wanted) in requests.chunks(3).zip(["/v25.0/100/message_templates", "/v25.0/99"]) {
            let length = bytes.len();
            let begin =
                format!("/v25.0/app/uploads?file_name={file}&file_length={length}&file_type={mime_type}");
            assert_eq!(line(&calls[0]), format!("POST {begin}"));
            assert_eq!(line(&calls[1]), "POST /v25.0/upload:x?sig=y");
            assert!(calls[1].contains("authorization: OAuth "));
            assert_eq!(line(&calls[2]), format!("POST {wanted}"));
            let header = &body_of(&calls[2])["components"][0];
            assert_eq!(header["example"], json!({"header_handle": ["4::aW:x"]}), "{format}");
        }
    }
}

#[test]
fn what_can_be_no_sample_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let big = file("big.pdf", b"%PDF-1.7");
    std::fs::File::options().write(true).open(&big).unwrap().set_len((16 << 20) + 1).unwrap();
    let picture = file("a.png", HEADS[1].2);
    for (format, example, says) in [
        ("image", "https://example.com/a.png", "is a link"),
        ("image", "/nowhere/a.png", "cannot be read"),
        ("video", picture.as_str(), "image/png"),
        ("video", &file("a.3gp", b"\0\0\0\x18ftyp3gp4rest"), "video/mp4"),
        ("document", &file("a.txt", b"text"), "application/pdf"),
        ("document", &big, "16 MB"),
    ] {
        // Port 1: nothing may be sent.
        let create = Action::CreateTemplate(definition(format, example, name()));
        let error = act(&meta_at(1), create).unwrap_err();
        assert!(error.message.contains(says), "{format} {says}: {error}");
        assert_eq!(error.argument.as_deref(), Some(PATH), "{error}");
    }
    // A fault of the rest is told before the upload.
    let wrong = definition("image", &picture, json!({"name": "Wrong Name", "language": "en"}));
    let error = act(&meta_at(1), Action::CreateTemplate(wrong)).unwrap_err();
    assert_eq!(error.argument.as_deref(), Some("template_json.name"));
}

#[test]
fn an_upload_that_fails_makes_no_template() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    std::fs::write(&path, HEADS[1].2).unwrap();
    let server = serve(|_| (400, json!({"error": {"code": 100, "message": "no"}}).to_string()));
    let wanted = definition("image", path.to_str().unwrap(), name());
    let error = act(&meta_at(server.port), Action::CreateTemplate(wanted)).unwrap_err();
    assert_eq!((error.status, server.requests().len()), (Status::Rejected, 1), "{error}");
}

#[test]
fn a_handle_begins_with_a_digit_and_a_colon() {
    for (sample, handle) in [
        ("4:abc", true),
        ("4::aW:x", true),
        ("a.png", false),
        ("C:\\a.png", false),
        ("12.png", false),
        ("", false),
    ] {
        assert_eq!(is_handle(sample), handle, "{sample}");
    }
}
