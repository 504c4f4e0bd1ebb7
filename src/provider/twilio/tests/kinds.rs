//! What Twilio can do of every kind of message, and what it says of the rest.

use super::super::*;
use super::{run, serve, twilio_at};
use crate::provider::Request;
use crate::provider::test_server::Server;
use serde_json::json;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

const FROM: &str = r#","from":"+14155238886""#;

fn content(message: Value) -> Content {
    Content::read("message_json", &message.to_string()).unwrap()
}

fn buttons(body: &str) -> Content {
    content(json!({"type":"interactive","interactive":"reply_buttons","body":body,
        "buttons":[{"id":"1","title":"Yes"},{"id":"2","title":"No"}]}))
}

#[test]
fn media_and_places_become_fields() {
    let (link, picture) = ("https://example.com/a.pdf", "https://example.com/a.png");
    let twilio = twilio_at(1, FROM);
    for (message, fields, text) in [
        (
            json!({"type":"image","link":picture,"caption":"c"}),
            vec![("Body", "c"), ("MediaUrl", picture)],
            "c\nhttps://example.com/a.png",
        ),
        (json!({"type":"audio","link":link}), vec![("MediaUrl", link)], link),
        (json!({"type":"sticker","link":link}), vec![("MediaUrl", link)], link),
        (json!({"type":"document","link":link}), vec![("MediaUrl", link)], link),
        (
            json!({"type":"location","latitude":52.5,"longitude":-13,"name":"Here","address":"A street"}),
            vec![("Body", "Here"), ("PersistentAction", "geo:52.5,-13|A street")],
            "Here\nA street",
        ),
        (
            json!({"type":"location","latitude":1,"longitude":2}),
            vec![("Body", "1, 2"), ("PersistentAction", "geo:1,2")],
            "1, 2",
        ),
    ] {
        let content = content(message);
        let prepared = twilio.prepared(&content).unwrap();
        let got: Vec<(&str, &str)> =
            prepared.request.form().unwrap().iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!((got, prepared.text.as_deref()), (fields, Some(text)));
    }
}

/// Twilio shows a text beside an image, and drops it beside all else.
#[test]
fn a_text_that_would_not_be_shown_is_refused() {
    let twilio = twilio_at(1, FROM);
    let link = |name: &str| format!("https://example.com/{name}");
    for (message, argument) in [
        (json!({"type":"document","link":link("a.pdf"),"caption":"c"}), "caption"),
        (json!({"type":"video","link":link("a"),"caption":"c"}), "caption"),
        (json!({"type":"image","link":link("a.mp4"),"caption":"c"}), "caption"),
        (json!({"type":"media","media":[link("a.pdf?x=1")],"text":"c"}), "text"),
        (json!({"type":"media","media":[link("A.MP4")],"text":"c"}), "text"),
        (json!({"type":"media","media":[link("a.ogg")],"text":"c"}), "text"),
        (json!({"type":"media","media":[link("a.vcf")],"text":"c"}), "text"),
    ] {
        let error = twilio.check(&content(message.clone())).unwrap_err();
        assert_eq!(
            (error.status, error.argument.as_deref()),
            (Status::NotSupported, Some(argument)),
            "{message}: {error}"
        );
        assert!(error.message.contains("not supported by twilio"), "{error}");
        assert!(error.hint.unwrap().contains("a message of its own"));
    }
    for message in [
        json!({"type":"document","link":link("a.pdf")}),
        json!({"type":"image","link":link("a.jpg"),"caption":"c"}),
        json!({"type":"image","link":link("show?id=7"),"caption":"c"}),
        json!({"type":"media","media":[link("a.png")],"text":"c"}),
        json!({"type":"media","media":[link("a.pdf")]}),
        json!({"type":"media","media":[link("a.pdf")],"text":""}),
        json!({"type":"media","media":[link("show?id=7")],"text":"c"}),
    ] {
        assert_eq!(twilio.check(&content(message.clone())), Ok(()), "{message}");
    }
}

#[test]
fn what_twilio_cannot_do_is_said_before_anything_is_sent() {
    let twilio = twilio_at(1, FROM);
    let wamid = "wamid.HBg";
    for (message, argument) in [
        (json!({"type":"image","id":"1"}), "id"),
        (json!({"type":"image","file":"a.jpg"}), "file"),
        (json!({"type":"document","link":"https://example.com/a","filename":"a"}), "filename"),
        (json!({"type":"audio","link":"https://example.com/a","voice":true}), "voice"),
        (json!({"type":"contacts","contacts":[{"name":{"formatted_name":"A B","first_name":"A"}}]}), "type"),
        (json!({"type":"reaction","message_id":wamid,"emoji":"👍"}), "type"),
        (json!({"type":"text","text":"x","reply_to":wamid}), "reply_to"),
        (json!({"type":"interactive","interactive":"location_request","body":"b"}), "interactive"),
        (json!({"type":"interactive","interactive":"catalog","body":"b"}), "interactive"),
        (
            json!({"type":"interactive","interactive":"reply_buttons","body":"b","footer":"f","buttons":[{"id":"1","title":"t"}]}),
            "footer",
        ),
        (
            json!({"type":"interactive","interactive":"list","body":"b","button":"o","sections":[{"title":"s","rows":[{"id":"1","title":"t"}]}]}),
            "sections",
        ),
        (
            json!({"type":"interactive","interactive":"reply_buttons","body":"{{1}}","buttons":[{"id":"1","title":"t"}]}),
            "body",
        ),
        (
            json!({"type":"interactive","interactive":"reply_buttons","body":"b","buttons":[{"id":"1","title":"t"},{"id":"2","title":"{{1}}"}]}),
            "buttons[1].title",
        ),
        (
            json!({"type":"interactive","interactive":"reply_buttons","body":"b","buttons":[{"id":"{{1}}","title":"t"}]}),
            "buttons[0].id",
        ),
        (
            json!({"type":"interactive","interactive":"list","body":"b","button":"{{1}}","sections":[{"rows":[{"id":"1","title":"t"}]}]}),
            "button",
        ),
        (
            json!({"type":"interactive","interactive":"list","body":"b","button":"o","sections":[{"rows":[{"id":"1","title":"t"},{"id":"2","title":"{{"}]}]}),
            "sections[0].rows[1].title",
        ),
        (
            json!({"type":"interactive","interactive":"list","body":"b","button":"o","sections":[{"rows":[{"id":"{{1}}","title":"t"}]}]}),
            "sections[0].rows[0].id",
        ),
        (
            json!({"type":"interactive","interactive":"list","body":"b","button":"o","sections":[{"rows":[{"id":"1","title":"t","description":"{{x}}"}]}]}),
            "sections[0].rows[0].description",
        ),
        (
            json!({"type":"interactive","interactive":"cta_url","body":"b","display_text":"{{1}}","url":"https://example.com"}),
            "display_text",
        ),
        (
            json!({"type":"interactive","interactive":"cta_url","body":"b","display_text":"d","url":"https://example.com/?a={{1}}"}),
            "url",
        ),
        (json!({"type":"template","template":"t","code":"123"}), "template"),
    ] {
        let error = twilio.check(&content(message.clone())).unwrap_err();
        assert_eq!(
            (error.status, error.argument.as_deref()),
            (Status::NotSupported, Some(argument)),
            "{message}"
        );
        assert!(
            error.message.to_lowercase().contains("twilio")
                && (error.hint.is_some() || error.message.contains("{{")),
            "{error:?}"
        );
    }
}

/// Makes contents, and counts them.
fn contents(status: u16) -> (Server, Arc<AtomicU32>) {
    let made = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&made);
    let server = serve(move |request| {
        if request.starts_with("POST /base/v1/Content ") {
            let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
            assert!(request.contains("content-type: application/json"), "{request}");
            return match status {
                201 => (201, "", json!({"sid": format!("HX{number:032x}")}).to_string()),
                status => (status, "", json!({"code": 20429, "message": "busy"}).to_string()),
            };
        }
        (400, "", json!({"code": 21655, "message": "The ContentSid is invalid"}).to_string())
    });
    (server, made)
}

#[test]
fn what_is_tapped_on_is_made_once() {
    let (server, made) = contents(201);
    let twilio = twilio_at(server.port, FROM);
    let (one, other) = (buttons("Coffee?"), buttons("Tea?"));
    assert!(twilio.check(&one).is_ok());
    assert_eq!(twilio.prepared(&one), None);
    let first = run(twilio.prepare(&one, None)).unwrap();
    assert_eq!(first.request.form().unwrap(), [("ContentSid", format!("HX{:032x}", 1))]);
    assert_eq!(first.text.as_deref(), Some("Coffee?\nYes | No"));
    assert_eq!(twilio.prepared(&one), Some(first.clone()));
    assert_eq!(run(twilio.prepare(&one, None)).unwrap(), first);
    assert_ne!(run(twilio.prepare(&other, None)).unwrap(), first);
    assert_eq!(made.load(Ordering::SeqCst), 2);
    let body = server.requests()[0].split("\r\n\r\n").nth(1).map(str::to_owned).unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        body["types"]["twilio/quick-reply"],
        json!({"body":"Coffee?","actions":[{"title":"Yes","id":"1"},{"title":"No","id":"2"}]})
    );

    // Somebody deleted it at Twilio: it is made anew, for every message that
    // was on its way with it.
    let attempt = super::attempt(first);
    for _ in 0..2 {
        let Answer::Refused(refusal) = run(twilio.send(&attempt)).answer else { panic!("no refusal") };
        assert!(refusal.retry, "{refusal:?}");
    }
    let other = format!("HX{:032x}", 99);
    let foreign = Prepared { request: Request::Form(vec![("ContentSid", other)]), text: None };
    let Answer::Refused(refusal) = run(twilio.send(&super::attempt(foreign))).answer else {
        panic!("no refusal")
    };
    assert!(!refusal.retry, "a content of the host's is not made anew: {refusal:?}");
    assert_eq!(twilio.prepared(&one), None);
    run(twilio.prepare(&one, None)).unwrap();
    assert_eq!(made.load(Ordering::SeqCst), 3);
}

#[test]
fn what_cannot_be_made_now_is_tried_again_later() {
    let (server, _) = contents(429);
    let twilio = twilio_at(server.port, FROM);
    let refusal = run(twilio.prepare(&buttons("Coffee?"), None)).unwrap_err();
    assert!(refusal.retry, "{refusal:?}");
}

/// A content whose making hangs holds up no other.
#[test]
fn one_that_hangs_holds_up_few_others() {
    let (came, comes) = std::sync::mpsc::channel();
    let comes = std::sync::Mutex::new(comes);
    let server = serve(move |request| {
        if !request.contains("Hang") {
            came.send(()).unwrap();
        } else if comes.lock().unwrap().recv_timeout(std::time::Duration::from_secs(20)).is_err() {
            return (500, "", String::new());
        }
        (201, "", json!({"sid": format!("HX{:032x}", 1)}).to_string())
    });
    let twilio = twilio_at(server.port, FROM);
    let (hangs, other) = (buttons("Hang?"), buttons("Tea?"));
    let both = futures_util::future::join(twilio.prepare(&hangs, None), twilio.prepare(&other, None));
    let (hung, other) = run(both);
    assert!(hung.is_ok() && other.is_ok(), "the one was answered only because the other came");
}

#[test]
fn many_at_once_make_one() {
    let (server, made) = contents(201);
    let twilio = twilio_at(server.port, FROM);
    let content = buttons("Coffee?");
    let all = futures_util::future::join_all((0..20).map(|_| twilio.prepare(&content, None)));
    assert!(run(all).into_iter().all(|prepared| prepared.is_ok()));
    assert_eq!(made.load(Ordering::SeqCst), 1);
}

#[test]
fn many_different_ones_are_made_a_few_at_once() {
    let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (here, peak) = (Arc::clone(&under_way), Arc::clone(&most));
    let server = serve(move |_| {
        peak.fetch_max(here.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(20));
        here.fetch_sub(1, Ordering::SeqCst);
        (201, "", json!({"sid": format!("HX{:032x}", 1)}).to_string())
    });
    let twilio = twilio_at(server.port, FROM);
    let different: Vec<Content> = (0..100).map(|number| buttons(&format!("Tea {number}?"))).collect();
    let all = futures_util::future::join_all(different.iter().map(|content| twilio.prepare(content, None)));
    assert!(run(all).into_iter().all(|prepared| prepared.is_ok()));
    let most = most.load(Ordering::SeqCst);
    assert!((2..=16).contains(&most), "{most} at once");
}

/// A text goes with up to 1600 characters; approved, as a template, with 1024.
#[test]
fn an_approved_text_that_is_too_long_is_refused() {
    const SID: &str = "HX00000000000000000000000000000001";
    for (status, fits) in [("approved", false), ("unsubmitted", true)] {
        let server = serve(move |request| {
            let said = match request.contains("/ApprovalRequests") {
                true => json!({"sid": SID, "whatsapp": {"status": status}}),
                false => json!({"sid": SID, "friendly_name": "t", "language": "en",
                    "variables": {"1": "Ann"}, "types": {"twilio/text": {"body": "Hi {{1}}"}}}),
            };
            (200, "", said.to_string())
        });
        let twilio = twilio_at(server.port, FROM);
        let long = content(json!({"type": "template", "template": SID, "variables": ["x".repeat(1022)]}));
        let prepared = run(twilio.prepare(&long, None));
        assert_eq!(prepared.is_ok(), fits, "{status}: {prepared:?}");
        if let Err(refusal) = prepared {
            assert_eq!(
                (refusal.error.status, refusal.error.argument.as_deref()),
                (Status::Template, Some("variables"))
            );
        }
        // The second time nothing is asked.
        assert_eq!(twilio.prepared(&long).is_some(), fits, "{status}");
    }
}
