use super::super::tests::{FROM, run, serve, twilio_at};
use super::*;
use crate::provider::Provider;
use crate::provider::action::{Action, Order};
use std::sync::Arc;

const SID: &str = "SM0123456789abcdef0123456789abcdef";

fn mark(port: u16, message_id: &str, typing: bool) -> Result<Done> {
    let action = Action::MarkRead { message_id: message_id.to_owned(), typing };
    run(twilio_at(port, FROM).act(&Order { action, sender: None, progress: Arc::new(|_, _| {}) }))
}

#[test]
fn a_message_becomes_read_with_the_typing_indicator() {
    let server = serve(|_| (200, "", r#"{"success":true}"#.to_owned()));
    assert!(matches!(mark(server.port, SID, true), Ok(Done::Success { success: true })));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("POST /base/v2/Indicators/Typing.json HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[0].ends_with(&format!("\r\n\r\nchannel=whatsapp&messageId={SID}")), "{requests:?}");
    for (id, typing, status, argument) in [
        (SID, false, Status::NotSupported, "options_json.typing"),
        ("wamid.HBg", true, Status::Argument, "message_id"),
        ("SM1&x=y", true, Status::Argument, "message_id"),
        ("", true, Status::Argument, "message_id"),
    ] {
        let error = mark(server.port, id, typing).unwrap_err();
        assert_eq!((error.status, error.argument.as_deref()), (status, Some(argument)), "{id}");
        assert!(error.hint.is_some(), "{error:?}");
    }
    assert_eq!(server.requests().len(), 1, "nothing was asked with a fault");
}

#[test]
fn what_twilio_says_is_told() {
    for (status, body, told) in [
        (200, r#"{"success":false}"#, Status::Rejected),
        (200, "<html>", Status::Temporary),
        (404, r#"{"code":20404,"message":"not found"}"#, Status::NotFound),
        (401, r#"{"code":20003,"message":"Authenticate"}"#, Status::Credentials),
        (429, r#"{"code":20429,"message":"busy"}"#, Status::Temporary),
        (503, "", Status::Temporary),
    ] {
        let server = serve(move |_| (status, "", body.to_owned()));
        let error = mark(server.port, SID, true).unwrap_err();
        assert_eq!(error.status, told, "{status} {body}: {error}");
        assert_eq!(server.requests().len(), 1, "never repeated by itself");
    }
    assert_eq!(mark(1, SID, true).unwrap_err().status, Status::Network);
}
