mod meta;

use super::*;
use crate::message::Status;

/// Every code of Twilio's documentation that can meet a WhatsApp message.
const DOCUMENTED: &[(u32, u32)] = &[
    (10001, 10001),
    (11200, 11220),
    (12300, 12300),
    (20001, 20001),
    (20003, 20003),
    (20005, 20006),
    (20008, 20008),
    (20010, 20010),
    (20023, 20023),
    (20101, 20107),
    (20151, 20160),
    (20403, 20404),
    (20409, 20409),
    (20413, 20413),
    (20422, 20422),
    (20429, 20429),
    (20500, 20500),
    (20503, 20504),
    (21211, 21212),
    (21401, 21401),
    (21408, 21408),
    (21421, 21421),
    (21601, 21606),
    (21608, 21612),
    (21614, 21614),
    (21617, 21620),
    (21623, 21624),
    (21626, 21626),
    (21635, 21635),
    (21654, 21656),
    (21658, 21661),
    (21701, 21705),
    (30001, 30008),
    (30036, 30037),
    (30409, 30410),
    (30450, 30450),
    (30453, 30454),
    (30485, 30485),
    (30500, 30500),
    (35111, 35127),
    (63001, 63003),
    (63005, 63038),
    (63040, 63047),
    (63049, 63049),
    (63051, 63052),
    (63062, 63062),
    (63100, 63112),
    (92001, 92009),
];

#[test]
fn every_documented_code_is_there_once() {
    let codes: Vec<u32> = TWILIO.iter().map(|entry| entry.code).collect();
    assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "ascending, none twice");
    let documented: Vec<u32> = DOCUMENTED.iter().flat_map(|(from, to)| *from..=*to).collect();
    assert_eq!(codes, documented);
    for code in codes {
        assert_eq!(lookup(ProviderName::Twilio, code, None).map(|entry| entry.code), Some(code));
    }
    assert!(
        lookup(ProviderName::Twilio, 0, None).is_none()
            && lookup(ProviderName::Twilio, u32::MAX, None).is_none()
    );
}

#[test]
fn every_entry_says_what_happened_and_what_to_do() {
    for entry in TWILIO {
        assert!(entry.meaning.ends_with('.') && entry.meaning.len() > 10, "{entry:?}");
        assert!(entry.hint.ends_with('.') && entry.hint.len() > 10, "{entry:?}");
        let retried = entry.retry != RetryRule::Never;
        assert!(!retried || entry.class.retried(), "only what can succeed later is tried again: {entry:?}");
        assert_eq!(entry.retry == RetryRule::Later, entry.class == Class::Limit, "{entry:?}");
    }
    assert_eq!(rows().filter(|row| row.provider == ProviderName::Twilio).count(), TWILIO.len());
}

#[test]
fn codes_that_users_meet() {
    const CREDENTIALS: &str = "Please enter valid Twilio credentials.";
    const RECIPIENT: &str = "Please enter a valid WhatsApp enabled number.";
    const PERMANENT: &str = "Non-retryable error: Please contact your administrator.";
    const LATER: &str = "Failed to send message. Please try again later.";
    for (code, class, status, retry, text, hint) in [
        (20003, Class::Credentials, Status::Credentials, false, CREDENTIALS, "auth token"),
        (20404, Class::Sender, Status::Sender, false, PERMANENT, "account_sid"),
        (20429, Class::Temporary, Status::Temporary, true, LATER, "max_in_flight"),
        (20503, Class::Temporary, Status::Temporary, true, LATER, "status.twilio.com"),
        (21211, Class::Recipient, Status::Recipient, false, RECIPIENT, "country code"),
        (21610, Class::Recipient, Status::Recipient, false, RECIPIENT, "Do not write"),
        (21611, Class::Limit, Status::Limit, true, LATER, "more slowly"),
        (21617, Class::Permanent, Status::Rejected, false, PERMANENT, "1600"),
        (21656, Class::Template, Status::Template, false, PERMANENT, "variables"),
        (30002, Class::Account, Status::Account, false, PERMANENT, "console"),
        (63007, Class::Sender, Status::Sender, false, PERMANENT, "sender"),
        (63015, Class::Recipient, Status::Recipient, false, RECIPIENT, "join the sandbox"),
        (63016, Class::Window, Status::Window, false, PERMANENT, "template"),
        (63018, Class::Limit, Status::Limit, true, LATER, "24 hours"),
        (63024, Class::Recipient, Status::Recipient, false, RECIPIENT, "number"),
        (63049, Class::Limit, Status::Limit, true, LATER, "24 hours"),
    ] {
        let report = Report {
            code: Some(code),
            http_status: Some(400),
            said: Some("canary"),
            attempt: 1,
            ..Report::default()
        };
        let verdict = judge(ProviderName::Twilio, report);
        assert_eq!((verdict.class, verdict.retry), (class, retry), "{code}");
        assert_eq!(verdict.error.status, status, "{code}");
        assert_eq!(verdict.error.class, Some(class));
        assert_eq!(verdict.error.provider_code, Some(code.to_string()));
        assert_eq!(verdict.error.http_status, Some(400));
        assert!(verdict.error.message.starts_with(text), "{code}: {}", verdict.error.message);
        assert!(verdict.error.message.len() > text.len() + 10, "{code}: {}", verdict.error.message);
        assert!(!verdict.error.message.contains("canary"));
        assert!(verdict.error.hint.as_deref().unwrap().contains(hint), "{code}: {:?}", verdict.error.hint);
        let webhook = judge(ProviderName::Twilio, Report { code: Some(code), ..Report::default() });
        assert!(!webhook.retry, "what a webhook reports is not sent again: {code}");
        assert_eq!(webhook.class, class);
    }
}

#[test]
fn what_is_tried_again_once_is_then_for_good() {
    for (attempt, class, retry) in [(1, Class::Temporary, true), (2, Class::Permanent, false)] {
        let verdict = judge(ProviderName::Twilio, Report { code: Some(63023), attempt, ..Report::default() });
        assert_eq!((verdict.class, verdict.retry), (class, retry), "{attempt}");
    }
}

#[test]
fn an_unknown_code_goes_by_the_http_status() {
    for (status, class, retry) in [
        (None, Class::Permanent, false),
        (Some(301), Class::Permanent, false),
        (Some(400), Class::Permanent, false),
        (Some(401), Class::Credentials, false),
        (Some(403), Class::Account, false),
        (Some(404), Class::Sender, false),
        (Some(408), Class::Temporary, true),
        (Some(418), Class::Permanent, false),
        (Some(422), Class::Permanent, false),
        (Some(429), Class::Temporary, true),
        (Some(500), Class::Temporary, true),
        (Some(503), Class::Temporary, true),
        (Some(999), Class::Temporary, true),
    ] {
        let report = Report {
            code: Some(77777),
            http_status: status,
            said: Some("new\r\nkind"),
            attempt: 1,
            ..Report::default()
        };
        let verdict = judge(ProviderName::Twilio, report);
        assert_eq!((verdict.class, verdict.retry), (class, retry), "{status:?}");
        assert!(verdict.error.message.ends_with("It says: \"new  kind\""), "{}", verdict.error.message);
    }
}

#[test]
fn what_a_provider_says_is_clipped() {
    for (text, clip) in [
        ("  short ", "short".to_owned()),
        ("", String::new()),
        (&*"é".repeat(300), "é".repeat(300)),
        (&*"é".repeat(301), format!("{}…", "é".repeat(300))),
        ("a\u{0}b\u{2028}c", "a b c".to_owned()),
    ] {
        assert_eq!(clipped(text), clip);
    }
}
