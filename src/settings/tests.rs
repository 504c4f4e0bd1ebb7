use super::*;
use crate::message::Status;

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
    assert_eq!(update.twilio_login.as_ref().unwrap().password.expose(), "new");
    let retry = update.retry_after(&now.retry, &now.provider).unwrap();
    assert_eq!((retry.max_retries, retry.wait), (1, now.retry.wait));
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
