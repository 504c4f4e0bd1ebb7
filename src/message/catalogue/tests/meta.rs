use super::super::meta::{META, META_RANGES, META_SUBCODES};
use super::super::*;
use crate::message::Status;

/// Every code of Meta's documentation and of the libraries that meet it, in
/// ranges.
const DOCUMENTED: &[(u32, u32)] = &[
    (0, 4),
    (10, 10),
    (17, 17),
    (33, 33),
    (100, 100),
    (102, 102),
    (104, 104),
    (190, 190),
    (200, 299),
    (341, 341),
    (368, 368),
    (506, 506),
    (613, 613),
    (803, 803),
    (80007, 80008),
    (130_429, 130_429),
    (130_472, 130_472),
    (130_497, 130_497),
    (131_000, 131_002),
    (131_005, 131_006),
    (131_008, 131_009),
    (131_016, 131_016),
    (131_020, 131_021),
    (131_026, 131_026),
    (131_030, 131_031),
    (131_037, 131_037),
    (131_041, 131_045),
    (131_047, 131_053),
    (131_055, 131_057),
    (131_059, 131_059),
    (131_062, 131_064),
    (131_201, 131_215),
    (132_000, 132_001),
    (132_005, 132_005),
    (132_007, 132_008),
    (132_012, 132_012),
    (132_015, 132_016),
    (132_018, 132_018),
    (132_068, 132_069),
    (133_000, 133_010),
    (133_015, 133_016),
    (134_011, 134_011),
    (134_100, 134_102),
    (135_000, 135_000),
    (136_025, 136_025),
    (137_000, 137_000),
    (138_000, 138_018),
    (139_000, 139_004),
    (139_100, 139_103),
    (147_001, 147_005),
    (1_752_041, 1_752_041),
    (2_388_000, 2_388_999),
    (2_494_100, 2_494_100),
    (2_593_000, 2_593_999),
];

#[test]
fn every_documented_code_of_meta_is_there_once() {
    let codes: Vec<u32> = META.iter().map(|entry| entry.code).collect();
    assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "ascending, none twice");
    let ranges: Vec<(u32, u32)> = META_RANGES.iter().map(|(entry, last)| (entry.code, *last)).collect();
    for (first, last) in &ranges {
        assert!(
            first < last && !codes.iter().any(|code| (first..=last).contains(&code)),
            "{first} to {last}"
        );
    }
    let known: std::collections::BTreeSet<u32> =
        codes.into_iter().chain(ranges.into_iter().flat_map(|(first, last)| first..=last)).collect();
    let documented: std::collections::BTreeSet<u32> =
        DOCUMENTED.iter().flat_map(|(first, last)| *first..=*last).collect();
    // 1330xx has a hole at 133011 to 133014, and nothing else.
    assert_eq!(known.symmetric_difference(&documented).collect::<Vec<_>>(), Vec::<&u32>::new());
    for code in documented {
        assert!(lookup(ProviderName::Meta, code, None).is_some(), "{code}");
        assert!(
            lookup(ProviderName::Meta, code, Some(u32::MAX)).is_some(),
            "an unknown subcode says nothing: {code}"
        );
    }
    for code in [5, 199, 300, 131_003, 131_216, 133_011, 2_387_999, 2_389_000, u32::MAX] {
        assert!(lookup(ProviderName::Meta, code, None).is_none(), "{code}");
    }
}

#[test]
fn every_entry_of_meta_says_what_happened_and_what_to_do() {
    let ranges = META_RANGES.iter().chain(META_SUBCODES).map(|(entry, _)| entry);
    for entry in META.iter().chain(ranges) {
        assert!(entry.meaning.ends_with('.') && entry.meaning.len() > 10, "{entry:?}");
        assert!(entry.hint.ends_with('.') && entry.hint.len() > 10, "{entry:?}");
        assert!(!entry.hint.contains("Twilio") && !entry.meaning.contains("Twilio"), "{entry:?}");
        assert!(!entry.hint.contains('|') && !entry.meaning.contains('|'), "a cell of a table: {entry:?}");
        let retried = entry.retry != RetryRule::Never;
        assert!(!retried || entry.class.retried(), "only what can succeed later is tried again: {entry:?}");
        assert!(entry.retry != RetryRule::Later || entry.class == Class::Limit, "{entry:?}");
        assert!(entry.class != Class::Temporary || retried, "{entry:?}");
    }
    let rows = rows().filter(|row| row.provider == ProviderName::Meta).count();
    assert_eq!(rows, META.len() + META_RANGES.len() + META_SUBCODES.len());
}

#[test]
fn codes_of_meta_that_users_meet() {
    const CREDENTIALS: &str = "Please enter valid WhatsApp Business credentials.";
    const RECIPIENT: &str = "Please enter a valid WhatsApp enabled number.";
    const PERMANENT: &str = "Non-retryable error: Please contact your administrator.";
    const LATER: &str = "Failed to send message. Please try again later.";
    for (code, class, status, retry, text, hint) in [
        (0, Class::Credentials, Status::Credentials, false, CREDENTIALS, "system user"),
        (3, Class::Credentials, Status::Credentials, false, CREDENTIALS, "lacks the permission"),
        (10, Class::Credentials, Status::Credentials, false, CREDENTIALS, "whatsapp_business_messaging"),
        (200, Class::Credentials, Status::Credentials, false, CREDENTIALS, "lacks the permission"),
        (250, Class::Credentials, Status::Credentials, false, CREDENTIALS, "lacks the permission"),
        (131_005, Class::Credentials, Status::Credentials, false, CREDENTIALS, "lacks the permission"),
        (190, Class::Credentials, Status::Credentials, false, CREDENTIALS, "meta.access_token"),
        (4, Class::Limit, Status::Limit, true, LATER, "more slowly"),
        (130_429, Class::Temporary, Status::Temporary, true, LATER, "messages_per_second"),
        (131_000, Class::Temporary, Status::Temporary, true, LATER, "template first"),
        (131_000, Class::Temporary, Status::Temporary, true, LATER, "five numbers"),
        (131_026, Class::Recipient, Status::Recipient, false, RECIPIENT, "some time after"),
        (131_030, Class::Recipient, Status::Recipient, false, RECIPIENT, "API Setup"),
        (131_042, Class::Account, Status::Account, false, PERMANENT, "payment"),
        (131_047, Class::Window, Status::Window, false, PERMANENT, "Send a template first"),
        (131_047, Class::Window, Status::Window, false, PERMANENT, "after the message was accepted"),
        (131_048, Class::Limit, Status::Limit, false, LATER, "hours to days"),
        (131_049, Class::Limit, Status::Limit, false, LATER, "24 hours"),
        (131_050, Class::Recipient, Status::Recipient, false, RECIPIENT, "no more marketing"),
        (131_056, Class::Limit, Status::Limit, true, LATER, "six seconds"),
        (132_001, Class::Template, Status::Template, false, PERMANENT, "approved"),
        (132_015, Class::Template, Status::Template, false, PERMANENT, "another template"),
        (133_005, Class::Sender, Status::Sender, false, PERMANENT, "do not guess"),
        (133_008, Class::Sender, Status::Sender, false, PERMANENT, "later"),
        (133_009, Class::Sender, Status::Sender, false, PERMANENT, "some minutes"),
        (133_010, Class::Sender, Status::Sender, false, PERMANENT, "wa_number_register"),
    ] {
        let report = Report {
            code: Some(code),
            http_status: Some(400),
            said: Some("canary"),
            attempt: 1,
            ..Report::default()
        };
        let verdict = judge(ProviderName::Meta, report);
        assert_eq!((verdict.class, verdict.retry), (class, retry), "{code}");
        assert_eq!(verdict.error.status, status, "{code}");
        assert_eq!(verdict.error.provider_code, Some(code.to_string()));
        assert!(verdict.error.message.starts_with(text), "{code}: {}", verdict.error.message);
        assert_eq!(verdict.error.message.contains("canary"), code == 132_001, "{code}");
        assert!(verdict.error.hint.as_deref().unwrap().contains(hint), "{code}: {:?}", verdict.error.hint);
        let webhook = judge(ProviderName::Meta, Report { code: Some(code), ..Report::default() });
        assert!(!webhook.retry && webhook.class == class, "what a webhook reports is not sent again: {code}");
    }
    let pins: std::collections::BTreeSet<&str> = [133_005, 133_006, 133_008, 133_009]
        .iter()
        .map(|code| lookup(ProviderName::Meta, *code, None).unwrap().meaning)
        .collect();
    assert_eq!(pins.len(), 4, "told apart");
}

#[test]
fn subcodes_tell_more() {
    let meaning = |code, subcode| lookup(ProviderName::Meta, code, subcode).unwrap().meaning;
    for (code, subcode, words) in [
        (190, Some(458), "removed"),
        (190, Some(460), "password"),
        (190, Some(463), "has expired."),
        (190, Some(467), "invalidated"),
        (190, Some(466), "expired, or is not valid"),
        (190, None, "expired, or is not valid"),
        (100, Some(33), "does not exist"),
        (100, Some(34), "parameter"),
        (100, Some(2_388_023), "definition"),
        (100, Some(250), "parameter"),
        (200, Some(2_593_006), "set-up"),
        (131_047, Some(2_494_055), "24 hours"),
    ] {
        assert!(meaning(code, subcode).contains(words), "{code} {subcode:?}: {}", meaning(code, subcode));
    }
    let report = Report {
        code: Some(190),
        subcode: Some(463),
        http_status: Some(401),
        attempt: 1,
        ..Report::default()
    };
    let error = judge(ProviderName::Meta, report).error;
    assert_eq!(error.provider_code.as_deref(), Some("190"));
    assert!(error.message.contains("expired") && error.hint.unwrap().contains("never expires"));
}

#[test]
fn what_meta_calls_transient_is_tried_again_where_the_code_says_nothing() {
    for (code, class, retry) in
        [(777_777, Class::Temporary, true), (100, Class::Permanent, false), (190, Class::Credentials, false)]
    {
        let report = Report {
            code: Some(code),
            http_status: Some(400),
            transient: true,
            attempt: 1,
            ..Report::default()
        };
        let verdict = judge(ProviderName::Meta, report);
        assert_eq!((verdict.class, verdict.retry), (class, retry), "{code}");
    }
    let webhook = judge(ProviderName::Meta, Report { code: Some(777_777), ..Report::default() });
    assert_eq!((webhook.class, webhook.retry), (Class::Permanent, false));
}

#[test]
fn each_provider_has_its_own_words_for_bad_credentials() {
    for (provider, text) in [
        (ProviderName::Twilio, "Please enter valid Twilio credentials."),
        (ProviderName::Meta, "Please enter valid WhatsApp Business credentials."),
    ] {
        // By the code, and by the HTTP status alone.
        for code in [None, Some(if provider == ProviderName::Meta { 190 } else { 20003 })] {
            let report = Report { code, http_status: Some(401), attempt: 1, ..Report::default() };
            assert!(judge(provider, report).error.message.starts_with(text), "{provider} {code:?}");
        }
        assert_eq!(ResponseText::BadRecipient.text_of(provider), ResponseText::BadRecipient.text());
    }
}
