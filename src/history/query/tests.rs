//! What a query may ask for.

use super::*;

#[test]
fn text_alone_is_too_wide() {
    let error = read(r#"{"text":"x"}"#, "").unwrap_err();
    assert_eq!(error.status, Status::QueryTooWide);
    assert!(read(r#"{"text":"x","recipient":"+14155238886"}"#, "").is_ok());
}

#[test]
fn faults_name_the_key() {
    for (text, path) in [
        (r#"{"limit":0}"#, "query_json.limit"),
        (r#"{"limit":501}"#, "query_json.limit"),
        (r#"{"cursor":"x"}"#, "query_json.cursor"),
        (r#"{"status":["eaten"]}"#, "query_json.status[0]"),
        (r#"{"order":"random"}"#, "query_json.order"),
        (r#"{"colour":"red"}"#, "query_json.colour"),
        (r#"{"recipient":"nonsense"}"#, "query_json.recipient"),
        (r#"{"recipient":""}"#, "query_json.recipient"),
        (r#"{"recipient":"(202) 555-0199"}"#, "query_json.recipient"),
        (r#"{"sender":"nonsense"}"#, "query_json.sender"),
    ] {
        let error = read(text, "").unwrap_err();
        assert_eq!(error.argument.as_deref(), Some(path), "{text}: {error}");
    }
}

#[test]
fn people_are_asked_for_as_a_send_writes_them() {
    for (text, country, values) in [
        (
            r#"{"recipient":"(202) 555-0199"}"#,
            "US",
            &["recipient=whatsapp:+12025550199", "recipient=+12025550199"][..],
        ),
        (
            r#"{"recipient":"5215512345678"}"#,
            "",
            &[
                "recipient=whatsapp:+525512345678",
                "recipient=+525512345678",
                "recipient=whatsapp:+5215512345678",
                "recipient=+5215512345678",
            ],
        ),
        (r#"{"recipient":" US.1349 "}"#, "", &["recipient=US.1349"]),
        // Reported for another number.
        (
            r#"{"recipient":"120295550113"}"#,
            "US",
            &["recipient=whatsapp:+12025550113", "recipient=+12025550113"],
        ),
        (r#"{"sender":"202-555-0199"}"#, "US", &["sender=whatsapp:+12025550199", "sender=+12025550199"]),
        (r#"{"sender":"200000000000001"}"#, "US", &["sender=200000000000001"]),
        (
            r#"{"contact_id":"{6F9619FF-8B86-D011-B42D-00CF4FC964FF}"}"#,
            "",
            &[
                "contact_id=6f9619ff-8b86-d011-b42d-00cf4fc964ff",
                "contact_id=6F9619FF-8B86-D011-B42D-00CF4FC964FF",
                "contact_id={6f9619ff-8b86-d011-b42d-00cf4fc964ff}",
                "contact_id={6F9619FF-8B86-D011-B42D-00CF4FC964FF}",
            ],
        ),
        (
            r#"{"contact_id":"00000000-0000-0000-0000-000000000001"}"#,
            "",
            &[
                "contact_id=00000000-0000-0000-0000-000000000001",
                "contact_id={00000000-0000-0000-0000-000000000001}",
            ],
        ),
        (r#"{"contact_id":"Contact-1"}"#, "", &["contact_id=Contact-1"]),
        (
            r#"{"contact_id":"6f9619ff8b86d011b42d00cf4fc964ff"}"#,
            "",
            &["contact_id=6f9619ff8b86d011b42d00cf4fc964ff"],
        ),
    ] {
        let (query, _) = read(text, country).unwrap_or_else(|error| panic!("{text}: {error}"));
        let equal: Vec<_> = query.equal.iter().map(|(column, value)| format!("{column}={value}")).collect();
        assert_eq!(equal, values, "{text}");
    }
}

fn read(text: &str, country: &str) -> Result<(Query, Duration)> {
    let country = phone::country("default_country", country).ok();
    let asker = Asker { country, account: Some("account-1") };
    Query::read(Some(text), &asker, |id, _| Ok((id == "120295550113").then(|| "+12025550113".to_owned())))
}
