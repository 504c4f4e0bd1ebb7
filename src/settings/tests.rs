use super::*;
use crate::message::Status;
use crate::provider::meta::settings::MetaSettings;
use serde_json::json;

const SID: &str = "AC00000000000000000000000000000001";

fn settings(more: &str) -> String {
    format!(
        r#"{{"twilio":{{"account_sid":"{SID}","auth_token":"t","from":"+14155238886"}},"history":{{"file":"/tmp/h.db"}}{more}}}"#
    )
}

#[test]
fn the_connectors_five_codes_are_enough() {
    let text = format!(
        r#"{{"PsgTwilioAccountSId":"{SID}","PsgTwilioAuthToken":"secret","PsgTwilioPhoneNumber":"whatsapp:+14155238886",
            "PsgWhatsAppMaxRetry":"4","PsgWhatsAppSessionTimeout":7,"history":{{"file":"/tmp/h.db"}}}}"#
    );
    let settings = Settings::read(&text).unwrap();
    let ProviderSettings::Twilio(twilio) = settings.provider else { panic!("no Twilio") };
    assert_eq!(twilio.senders, ["+14155238886"]);
    assert_eq!(twilio.login.user, SID);
    assert_eq!(settings.retry.max_retries, 4);
    assert_eq!(settings.retry.wait.as_secs(), 7);
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
}

#[test]
fn more_than_is_advised_is_a_warning() {
    let read = Settings::read(&settings(r#","retry":{"max_retries":6,"wait_seconds":11}"#)).unwrap();
    assert_eq!(read.warnings.len(), 2, "{:?}", read.warnings);
}

#[test]
fn faults_name_the_key() {
    for (text, path) in [
        ("{}".to_owned(), "twilio.account_sid"),
        (settings(r#","surprise":1"#), "surprise"),
        (settings(r#","twilio":{}"#), "twilio"),
        (settings(r#","retry":{"max_retries":101}"#), "retry.max_retries"),
        (settings(r#","retry":{"unknown_look_seconds":5}"#), "retry.unknown_look_seconds"),
        (settings(r#","retry":{"limit_hours":0}"#), "retry.limit_hours"),
        (settings(r#","retry":{"limit_hours":721}"#), "retry.limit_hours"),
        (settings(r#","pacing":{"messages_per_second":-1}"#), "pacing.messages_per_second"),
        (settings(r#","http":{"ca_file":"/does/not/exist"}"#), "http.ca_file"),
        // A device that never ends; on Windows there is none.
        (settings(r#","http":{"ca_file":"/dev/zero"}"#), "http.ca_file"),
        (settings(r#","http":{"timeout_seconds":0}"#), "http.timeout_seconds"),
        (settings(r#","log":{"level":"loud"}"#), "log.level"),
        (settings(r#","default_country":"Germany""#), "default_country"),
        (settings(r#","provider":"pigeon""#), "provider"),
        (settings(r#","window":"shut""#), "window"),
        (settings(r#","templates":{"t":{"text":""}}"#), "templates.t.text"),
        (settings(r#","templates":{"t":{"text":"x","media":["ftp://a/b"]}}"#), "templates.t.media[0]"),
        (
            settings(r#","templates":{"t":{"text":"x","media":["https://a/b","https://a/c"]}}"#),
            "templates.t.media",
        ),
        (settings(r#","PsgTwilioAuthToken":"x""#), "PsgTwilioAuthToken"),
        (settings("").replace("/tmp/h.db", "h.db"), "history.file"),
        (settings("").replace("\"file\"", "\"connection_string\":\"x\",\"file\""), "history.file"),
        (settings("").replace("\"file\"", "\"table_prefix\":\"a b\",\"file\""), "history.table_prefix"),
        (settings("").replace("AC0", "XX0"), "twilio.account_sid"),
        (settings("").replace("\"auth_token\":\"t\",", ""), "twilio.auth_token"),
        (settings("").replace("\"from\":\"+14155238886\"", "\"from\":\"12\""), "twilio.from"),
        (
            settings("")
                .replace("\"from\"", "\"api_key_sid\":\"SK00000000000000000000000000000001\",\"from\""),
            "twilio.api_key_secret",
        ),
        (settings("").replace("\"from\"", "\"base_url\":\"http://example.com\",\"from\""), "twilio.base_url"),
        (
            settings("").replace("\"from\"", "\"status_callback\":\"https://a_b.example\",\"from\""),
            "twilio.status_callback",
        ),
    ] {
        let error = Settings::read(&text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        assert!(matches!(error.status, Status::Settings | Status::Json), "{text}: {error}");
        assert_eq!(error.argument.as_deref(), Some(&*format!("settings_json.{path}")), "{text}: {error}");
    }
}

/// Twilio's own rule: a region and an edge stand between product and domain.
#[test]
fn a_region_and_an_edge_are_read() {
    let with = |more: &str| settings("").replace("\"from\"", &format!("{more},\"from\""));
    for (more, argument) in [
        (r#""region":"ie1""#, None),
        (r#""region":"ie1","edge":"dublin""#, None),
        (r#""edge":"sydney""#, None),
        (r#""region":"ie1.evil""#, Some("region")),
        (r#""region":"""#, Some("region")),
        (r#""region":"IE 1""#, Some("region")),
        (r#""edge":"dublin/""#, Some("edge")),
        (r#""edge":"-a""#, Some("edge")),
        (r#""region":"ie1","base_url":"https://gateway.example""#, Some("region")),
        (r#""edge":"dublin","base_url":"https://gateway.example""#, Some("edge")),
    ] {
        let error = Settings::read(&with(more)).err();
        let found = error.as_ref().and_then(|error| error.argument.clone());
        assert_eq!(found, argument.map(|key| format!("settings_json.twilio.{key}")), "{more}: {error:?}");
    }
}

/// What was copied with a blank or a line break is no secret of the provider.
#[test]
fn secrets_with_blanks_or_line_breaks_are_refused() {
    for wrong in [" canary", "canary ", "can ary", "canary\\n", "canary\\r\\n", "can\\tary", "can\u{a0}ary"] {
        let key = format!(r#""api_key_sid":"SK00000000000000000000000000000001","api_key_secret":"{wrong}""#);
        for (text, path) in [
            (settings("").replace("\"t\"", &format!("\"{wrong}\"")), "twilio.auth_token"),
            (settings("").replace("\"from\"", &format!("{key},\"from\"")), "twilio.api_key_secret"),
            (of_meta("").replace(TOKEN, wrong), "meta.access_token"),
            (of_meta(&format!(r#","app_secret":"{wrong}""#)), "meta.app_secret"),
        ] {
            let error = Settings::read(&text).err().unwrap_or_else(|| panic!("accepted: {text}"));
            assert_eq!(error.argument.as_deref(), Some(&*format!("settings_json.{path}")), "{text}: {error}");
            assert!(!format!("{error:?}").contains("ary"), "{error:?}");
        }
    }
}

#[test]
fn a_service_as_a_sender_is_told_its_place() {
    let service = "MG00000000000000000000000000000001";
    for text in [
        settings("").replace("+14155238886", service),
        settings("").replace("\"from\":\"+14155238886\"", &format!(r#""senders":["{service}"]"#)),
    ] {
        let error = Settings::read(&text).unwrap_err();
        assert!(format!("{error:?}").contains("messaging_service_sid"), "{error:?}");
    }
}

#[test]
fn no_error_repeats_a_secret() {
    let text = settings(r#","twilio.auth_token":"canary""#).replace("\"t\"", "[\"canary\"]");
    let error = Settings::read(&text).unwrap_err();
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}

#[test]
fn http_is_for_this_machine_unless_allowed() {
    for (url, more, fits) in [
        ("http://127.0.0.1:8080", "", true),
        ("http://[::1]:8080/x", "", true),
        ("http://localhost", "", true),
        ("http://10.0.0.1", "", false),
        ("http://10.0.0.1", r#","allow_insecure_base_url":true"#, true),
        ("https://gateway.example", "", true),
        ("https://user:pass@gateway.example", "", false),
        ("ftp://127.0.0.1", "", false),
    ] {
        let text = settings(more).replace("\"from\"", &format!("\"base_url\":\"{url}\",\"from\""));
        assert_eq!(Settings::read(&text).is_ok(), fits, "{url}{more}");
    }
}

#[test]
fn an_update_changes_what_may_change() {
    let now = Settings::read(&settings("")).unwrap();
    let update = Update::read(r#"{"twilio":{"auth_token":"new"},"retry":{"max_retries":1},"pacing":{"messages_per_second":0},"log":{"level":"debug"}}"#, &now).unwrap();
    let Some(NewLogin::Twilio(login)) = &update.login else { panic!("no login at Twilio") };
    assert_eq!(login.password.expose(), "new");
    let retry = update.retry_after(&now.retry, &now.provider).unwrap();
    assert_eq!((retry.max_retries, retry.wait), (1, now.retry.wait));
    assert_eq!((now.retry.limit.as_secs(), retry.limit), (24 * 3600, now.retry.limit));
    assert_eq!(update.messages_per_second, Some(None));
    for text in [
        r#"{"history":{}}"#,
        r#"{"provider":"meta"}"#,
        r#"{"meta":{"access_token":"x"}}"#,
        r#"{"twilio":{"account_sid":"x"}}"#,
    ] {
        assert!(Update::read(text, &now).is_err(), "{text}");
    }
}

#[test]
fn what_an_update_does_not_name_stays() {
    let now = Settings::read(&settings("")).unwrap();
    for text in [
        "{}",
        r#"{"pacing":{},"log":{},"retry":{},"twilio":{}}"#,
        r#"{"pacing":{"messages_per_second":null},"log":{"level":null}}"#,
    ] {
        let update = Update::read(text, &now).unwrap();
        assert_eq!((update.messages_per_second, update.log_level), (None, None), "{text}");
        assert!(update.login.is_none() && update.warnings.is_empty(), "{text}");
        let retry = update.retry_after(&now.retry, &now.provider).unwrap();
        assert_eq!((retry.max_retries, retry.wait), (now.retry.max_retries, now.retry.wait), "{text}");
    }
}

#[test]
fn an_update_warns_of_what_it_names() {
    let now = Settings::read(&settings(r#","retry":{"max_retries":6}"#)).unwrap();
    for (text, warnings) in [
        (r#"{"retry":{"resend_unknown":true}}"#, 1),
        (r#"{"retry":{"resend_unknown":true,"wait_seconds":11}}"#, 2),
        (r#"{"PsgWhatsAppMaxRetry":7}"#, 1),
        // Told when it was set.
        (r#"{"retry":{"wait_seconds":1}}"#, 0),
    ] {
        assert_eq!(Update::read(text, &now).unwrap().warnings.len(), warnings, "{text}");
    }
}

/// A key may be compromised: a token that is accepted is used at once.
#[test]
fn a_new_token_logs_in_whatever_did_before() {
    const KEY: &str = "SK00000000000000000000000000000001";
    let key = format!(r#""api_key_sid":"{KEY}","api_key_secret":"s""#);
    let by_key = settings("").replace("\"from\"", &format!("{key},\"from\""));
    for running in [settings(""), by_key] {
        let now = Settings::read(&running).unwrap();
        for (text, user, password) in [
            (r#"{"twilio":{"auth_token":"new"}}"#.to_owned(), SID, "new"),
            (r#"{"PsgTwilioAuthToken":"new"}"#.to_owned(), SID, "new"),
            (format!(r#"{{"twilio":{{{key}}}}}"#), KEY, "s"),
            // As with wa_configure the key logs in.
            (format!(r#"{{"twilio":{{{key},"auth_token":"new"}}}}"#), KEY, "s"),
        ] {
            let login = Update::read(&text, &now).unwrap().login;
            let Some(NewLogin::Twilio(login)) = login else { panic!("no login at Twilio") };
            assert_eq!((login.user.as_str(), login.password.expose()), (user, password), "{text}");
        }
    }
}

const TOKEN: &str = "EAA0000000000000000000000000permanent";

fn of_meta(more: &str) -> String {
    format!(
        r#"{{"provider":"meta","meta":{{"access_token":"{TOKEN}","phone_number_id":"200000000000001","business_account_id":"100000000000001"{more}}},"history":{{"file":"/tmp/h.db"}}}}"#
    )
}

fn meta(text: &str) -> MetaSettings {
    let settings = Settings::read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let ProviderSettings::Meta(meta) = settings.provider else { panic!("no Meta") };
    meta
}

#[test]
fn metas_settings_have_defaults() {
    let plain = meta(&of_meta(""));
    assert_eq!(plain.access_token.expose(), TOKEN);
    assert_eq!(plain.senders, ["200000000000001"]);
    assert_eq!(
        (plain.business_account_id.as_str(), plain.api_version.as_str()),
        ("100000000000001", "v25.0")
    );
    assert!(plain.app_id.is_none() && plain.base_url.is_none());
    let limits = &plain.limits;
    assert_eq!((limits.list_body, limits.contacts, limits.flow_cta, plain.description), (4096, 257, 30, 512));
    assert!(!limits.private_links);
    // Meta reports what became of a message for seven days.
    let settings = Settings::read(&of_meta("")).unwrap();
    assert_eq!(settings.retry.unknown_deadline.as_secs(), 7 * 24 * 3600);
    assert!(settings.provider.is_real());
}

#[test]
fn metas_settings_are_read() {
    let all = meta(&of_meta(
        r#","senders":["200000000000002","200000000000001"],"app_id":"300000000000001","app_secret":"s",
            "api_version":"v23.0","base_url":"http://127.0.0.1:8080/","list_body_characters":1024,
            "contacts_per_message":5,"flow_cta_characters":20,"description_characters":256"#,
    ));
    assert_eq!(all.senders, ["200000000000001", "200000000000002"], "the default first, each once");
    assert_eq!((all.app_id.as_deref(), all.api_version.as_str()), (Some("300000000000001"), "v23.0"));
    assert_eq!(all.base_url.unwrap().as_str(), "http://127.0.0.1:8080/");
    let limits = &all.limits;
    assert_eq!((limits.list_body, limits.contacts, limits.flow_cta, all.description), (1024, 5, 20, 256));
    assert!(limits.private_links, "a simulator may fetch media from this network");
}

#[test]
fn faults_of_metas_settings_name_the_key() {
    let without = |key: &str| {
        let mut value: serde_json::Value = serde_json::from_str(&of_meta("")).unwrap();
        value["meta"].as_object_mut().unwrap().remove(key);
        value.to_string()
    };
    let other = |key: &str, given: serde_json::Value| {
        let mut value: serde_json::Value = serde_json::from_str(&of_meta("")).unwrap();
        value["meta"][key] = given;
        value.to_string()
    };
    let mut cases: Vec<(String, &str)> = vec![
        (without("access_token"), "access_token"),
        (without("phone_number_id"), "phone_number_id"),
        (without("business_account_id"), "business_account_id"),
        (other("senders", json!(["200000000000002", "+14155238886"])), "senders[1]"),
        (other("surprise", json!(1)), "surprise"),
    ];
    for (key, wrong) in [
        ("access_token", vec![json!(""), json!("a b"), json!("a\nb"), json!("\u{e9}"), json!(["canary"])]),
        ("app_secret", vec![json!(""), json!("a b"), json!(5)]),
        ("phone_number_id", vec![json!("+14155238886"), json!(""), json!("2".repeat(33)), json!(2)]),
        ("business_account_id", vec![json!("me"), json!("1/2"), json!(1)]),
        ("app_id", vec![json!("app"), json!(3)]),
        (
            "api_version",
            vec![json!("25"), json!("v25"), json!("25.0"), json!("v25.0/x"), json!("v.0"), json!(25)],
        ),
        (
            "base_url",
            vec![
                json!("http://example.com"),
                json!("x"),
                json!("https://u:p@example.com"),
                json!("https://example.com?x=1"),
            ],
        ),
        ("list_body_characters", vec![json!(2000), json!(-1), json!("wide")]),
        ("contacts_per_message", vec![json!(6), json!(0)]),
        ("flow_cta_characters", vec![json!(25)]),
        ("description_characters", vec![json!(139)]),
        ("senders", vec![json!("200000000000002")]),
    ] {
        cases.extend(wrong.into_iter().map(|wrong| (other(key, wrong), key)));
    }
    for (text, key) in cases {
        let error = Settings::read(&text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        assert!(matches!(error.status, Status::Settings | Status::Json), "{text}: {error}");
        assert_eq!(error.argument.as_deref(), Some(&*format!("settings_json.meta.{key}")), "{text}: {error}");
        assert!(
            !format!("{error:?}").contains("canary") && !format!("{error:?}").contains(TOKEN),
            "{error:?}"
        );
    }
}

#[test]
fn an_update_of_meta_changes_the_token_only() {
    let now = Settings::read(&of_meta("")).unwrap();
    let update = Update::read(r#"{"meta":{"access_token":"new"}}"#, &now).unwrap();
    let Some(NewLogin::Meta(token)) = &update.login else { panic!("no token") };
    assert_eq!(token.expose(), "new");
    assert!(Update::read("{}", &now).unwrap().login.is_none());
    for (text, path) in [
        (r#"{"meta":{"access_token":""}}"#, "meta.access_token"),
        (r#"{"meta":{"access_token":"a b"}}"#, "meta.access_token"),
        (r#"{"meta":{"phone_number_id":"1"}}"#, "meta.phone_number_id"),
        (r#"{"meta":{"app_secret":"a b"}}"#, "meta.app_secret"),
        (r#"{"twilio":{"auth_token":"x"}}"#, "twilio.auth_token"),
        (r#"{"twilio":{"api_key_sid":"x"}}"#, "twilio.api_key_sid"),
    ] {
        let error = Update::read(text, &now).err().unwrap_or_else(|| panic!("accepted: {text}"));
        assert_eq!(error.argument.as_deref(), Some(&*format!("settings_json.{path}")), "{text}: {error}");
    }
}
