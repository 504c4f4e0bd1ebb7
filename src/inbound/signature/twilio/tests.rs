//! The vectors of Twilio's own libraries, and what may be between Twilio and
//! us.

use super::*;
use crate::inbound::request::WebhookRequest;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";
/// `CallSid=..` and so on of the vectors.
const CALL: &str =
    "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
const Q: &str = "/myapp.php?foo=1&bar=2";
/// Of `https://mycompany.com` and Q, with CALL.
const PLAIN: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
const PORT_443: &str = "kvajT1Ptam85bY51eRf/AJRuM3w=";

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn keys() -> TwilioKeys {
    TwilioKeys { auth_token: Some(secret("12345")), ..TwilioKeys::default() }
}

/// A request, changed by what is in `more`.
fn request(url: &str, signature: &str, more: Value) -> WebhookRequest {
    let mut all = json!({"method": "POST", "url": url,
        "headers": {"Content-Type": FORM, "X-Twilio-Signature": signature}});
    for (key, value) in more.as_object().unwrap() {
        match key.as_str() {
            "headers" => all["headers"].as_object_mut().unwrap().extend(value.as_object().unwrap().clone()),
            _ => all[key] = value.clone(),
        }
    }
    WebhookRequest::read(&all.to_string()).unwrap()
}

fn plain(url: &str, signature: &str, body: &str) -> Result<(), Doubt> {
    check(&keys(), &request(url, signature, json!({})), body.as_bytes())
}

fn with(keys: &TwilioKeys, url: &str, signature: &str, more: Value) -> bool {
    match check(keys, &request(url, signature, more), CALL.as_bytes()) {
        Ok(()) => true,
        Err(doubt) => {
            assert!(matches!(doubt, Doubt::Refused(_)), "{doubt:?}");
            false
        }
    }
}

#[test]
fn twilios_own_vectors_are_accepted() {
    let q = |start: &str| format!("{start}{Q}");
    for (url, signature) in [
        (q("https://mycompany.com"), PLAIN),
        (q("https://mycompany.com"), PORT_443),
        (q("https://mycompany.com:443"), PORT_443),
        (q("https://mycompany.com:1234"), PLAIN),
        (q("http://mycompany.com"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (q("http://mycompany.com:80"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (q("http://mycompany.com:1234"), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (q("https://user:pass@mycompany.com"), "CukzLTc1tT5dXEDIHm/tKBanW10="),
        (q("https://user@mycompany.com"), "2YRLlVAflCqxaNicjMpJcSTgzSs="),
        (q("https://user:pass@mycompany.com"), "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
        (q("https://user:pass@mycompany.com:443"), "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
        (q("https://MyCompany.com"), "g9IN/x4Cft2g517EjYvEvM/W7LU="),
        (q("https://MyCompany.com:1234"), "PCqOZm8cnu/L6+u5i5fuEd+Iac4="),
        (q("http://MyCompany.com"), "XY7AlKOKL6im4yWyX84gldUrtis="),
        (q("http://username:password@MyCompany.com"), "PJ08CxXr7KLPjEQCTc8LkUSMwSM="),
        (q("HTTP://username:password@MyCompany.com"), "hy/l8pca+LFms4cvRdv8uiP6NGc="),
        (q("http://Username:Password@MyCompany.com"), "SkTSKyDJH9kUlhItI0slbgZ1UsI="),
    ] {
        assert_eq!(plain(&url, signature, CALL), Ok(()), "{url}");
    }
    // A quote in the query, as each side may write it.
    for (quote, signature) in [
        ("'", "TfZzewPq8wqrGlMfyAud8+/IvJ0="),
        ("%27", "TfZzewPq8wqrGlMfyAud8+/IvJ0="),
        ("'", "dsq4Ehbj6cs+KdTkpF5sSSplOWw="),
        ("%27", "dsq4Ehbj6cs+KdTkpF5sSSplOWw="),
    ] {
        let url = format!("https://mycompany.com{Q}&Body=It{quote}s+amazing");
        assert!(plain(&url, signature, CALL).is_ok(), "{url}");
    }
}

#[test]
fn repeated_keys_and_empty_fields_are_signed_each_once_and_in_order() {
    let url = format!("https://mycompany.com{Q}");
    let binding = "83O6e2vORAoJHUNzJjDWN1jz+BA=";
    for body in [
        "MessagingBinding.Address=%2B1325xxxxxxx&MessagingBinding.Address=%2B1415xxxxxxx",
        "MessagingBinding.Address=%2B1415xxxxxxx&MessagingBinding.Address=%2B1325xxxxxxx",
    ] {
        assert!(plain(&url, binding, body).is_ok(), "{body}");
    }
    let digits = "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234";
    assert!(plain(&url, "IK+Dwps556ElfBT0I3Rgjkr1wJU=", digits).is_ok());
    // Empty fields are signed by their names.
    let empty = "Body=&From=whatsapp%3A%2B15551230001&NumMedia=0";
    let ours = sign("12345", &format!("{url}BodyFromwhatsapp:+15551230001NumMedia0"));
    assert!(plain(&url, &ours, empty).is_ok());
    assert!(plain(&url, &ours, &empty.replace("Body=&", "")).is_err());
}

fn sign(key: &str, text: &str) -> String {
    use ring::hmac;
    let key = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

#[test]
fn a_body_of_json_is_signed_by_its_hash() {
    const B1: &str = r#"{"property": "value", "boolean": true}"#;
    const H1: &str = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    const H2: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let json = |url: &str, signature: &str, body: &str| {
        let more = json!({"headers": {"Content-Type": "application/json"}});
        check(&keys(), &request(url, signature, more), body.as_bytes())
    };
    let first = format!("https://mycompany.com{Q}&bodySHA256={H1}");
    let signature = "a9nBmqA0ju/hNViExpshrM61xv4=";
    assert_eq!(json(&first, signature, B1), Ok(()));
    let second = format!("https://mycompany.com/myapp.php?bodySHA256={H1}");
    assert_eq!(json(&second, "y77kIzt2vzLz71DgmJGsen2scGs=", B1), Ok(()));
    let third = format!("https://mycompany.com{Q}&bodySHA256={H2}");
    assert_eq!(json(&third, "Ldidvp12m26NI7eqEvxnEpkd9Hc=", "{}"), Ok(()));
    let refused = |result: Result<(), Doubt>, part: &str| {
        assert!(matches!(&result, Err(Doubt::Refused(why)) if why.contains(part)), "{result:?}");
    };
    refused(json(&first, signature, "{}"), "bodySHA256");
    refused(json(&format!("{first}&bodySHA256={H1}"), signature, B1), "repeated");
    refused(json(&format!("https://mycompany.com{Q}"), PLAIN, CALL), "no form");
    let twice = json!({"headers": {"Content-Type": [FORM, FORM]}});
    let url = format!("https://mycompany.com{Q}");
    refused(check(&keys(), &request(&url, PLAIN, twice), CALL.as_bytes()), "no form");
}

#[test]
fn a_get_is_signed_by_its_address() {
    let url = "https://mycompany.com/x?MessageSid=SM1&Body=a+b";
    let more = json!({"method": "GET"});
    assert_eq!(check(&keys(), &request(url, &sign("12345", url), more.clone()), b""), Ok(()));
    assert!(check(&keys(), &request(&format!("{url}c"), &sign("12345", url), more), b"").is_err());
}

#[test]
fn everything_else_is_refused() {
    let url = format!("https://mycompany.com{Q}");
    for (url, signature, body) in [
        (url.as_str(), PLAIN, CALL.replace("1234&", "1235&")),
        (&url, PLAIN, format!("{CALL}&More=1")),
        (&url, PLAIN, String::new()),
        (&url.replace("foo=1", "foo=2"), PLAIN, CALL.to_owned()),
        (&url.replace("https", "http"), PLAIN, CALL.to_owned()),
        (&url.replace("mycompany", "MyCompany"), PLAIN, CALL.to_owned()),
        (&url, "", CALL.to_owned()),
        (&url, &PLAIN.to_lowercase(), CALL.to_owned()),
        (&url, &PLAIN[..27], CALL.to_owned()),
        (&url, &format!("{PLAIN}{PLAIN}"), CALL.to_owned()),
    ] {
        let refused = plain(url, signature, &body);
        assert!(matches!(refused, Err(Doubt::Refused(_))), "{url} {signature} {body}: {refused:?}");
    }
    assert!(!with(&keys(), &url, PLAIN, json!({"headers": {"x-twilio-signature": PLAIN}})), "repeated");
    let large = "x".repeat(LONGEST_BODY + 1);
    assert!(matches!(plain(&url, PLAIN, &large), Err(Doubt::Refused(why)) if why.contains("bytes")));
    let many = "a=b&".repeat(MOST_PARAMETERS + 1);
    assert!(matches!(plain(&url, PLAIN, &many), Err(Doubt::Refused(why)) if why.contains("parameters")));
}

#[test]
fn every_token_of_the_settings_may_have_signed() {
    let url = format!("https://mycompany.com{Q}");
    let old = TwilioKeys {
        auth_token: Some(secret("new")),
        webhook_tokens: vec![secret("x"), secret("12345")],
        ..keys()
    };
    assert!(with(&old, &url, PLAIN, json!({})));
    let none = TwilioKeys { auth_token: None, ..keys() };
    let asked = check(&none, &request(&url, PLAIN, json!({})), CALL.as_bytes());
    assert_eq!(asked, Err(Doubt::NoSecret("twilio.auth_token")), "an API key signs nothing");
}

#[test]
fn a_shared_key_is_the_only_one_that_is_tried() {
    let url = format!("https://mycompany.com{Q}");
    let shared = TwilioKeys {
        shared_keys: BTreeMap::from([
            ("main".to_owned(), secret("shared")),
            ("token".to_owned(), secret("12345")),
        ]),
        ..keys()
    };
    let sign_256 = |key: &str| {
        let key = ring::hmac::Key::new(HMAC_SHA256, key.as_bytes());
        let text = format!(
            "{url}{}",
            as_signed(&parameters(&request(&url, "", json!({})), CALL.as_bytes()).unwrap())
        );
        STANDARD.encode(ring::hmac::sign(&key, text.as_bytes()))
    };
    let asks = |signature: &str, settings: Value| {
        with(&shared, &url, signature, json!({"headers": {"X-Twilio-Webhooks-Signature-Settings": settings}}))
    };
    let right = sign_256("shared");
    assert!(asks(&right, json!("key=main,algorithm=HMAC_SHA256")));
    assert!(asks(&right, json!("algorithm=HMAC_SHA256, key=main")));
    // The token's signature is none where the header names a key, whatever the key is.
    assert!(!asks(PLAIN, json!("key=main,algorithm=HMAC_SHA256")));
    assert!(!asks(PLAIN, json!("key=token,algorithm=HMAC_SHA1")));
    for settings in [
        json!("key=other,algorithm=HMAC_SHA256"),
        json!("key=main"),
        json!("algorithm=HMAC_SHA256"),
        json!("key=main,key=main,algorithm=HMAC_SHA256"),
        json!("key=main,algorithm=HMAC_SHA256,parts=url"),
        json!(""),
        json!(["key=main,algorithm=HMAC_SHA256", "key=main,algorithm=HMAC_SHA256"]),
    ] {
        assert!(!asks(&right, settings.clone()), "{settings}");
    }
    // Where the settings have nothing else, what names none is not missing a secret.
    let alone = TwilioKeys { auth_token: None, ..shared.clone() };
    assert!(!with(&alone, &url, PLAIN, json!({})));
    // Without the header the token signs, and a shared key does not.
    assert!(with(&shared, &url, PLAIN, json!({})));
    assert!(!with(&shared, &url, &right, json!({})));
}

#[test]
fn behind_a_proxy_the_settings_say_which_address_is_ours() {
    let inside = format!("http://10.0.0.7:8080{Q}");
    assert!(!with(&keys(), &inside, PLAIN, json!({})));
    let public = |url: &str| TwilioKeys { public_url: Some(secret(url)), ..keys() };
    assert!(with(&public("https://mycompany.com"), &inside, PLAIN, json!({})));
    assert!(with(&public("https://mycompany.com/"), &inside, PLAIN, json!({})));
    assert!(with(&public("https://mycompany.com:443/elsewhere"), &inside, PLAIN, json!({})));
    assert!(with(
        &public("https://mycompany.com/myapp.php"),
        "http://10.0.0.7/cut?foo=1&bar=2",
        PLAIN,
        json!({})
    ));
    assert!(
        with(&public("https://mycompany.com/myapp.php"), "/cut?foo=1&bar=2", PLAIN, json!({})),
        "from the path on"
    );
    assert!(with(
        &public("https://user:pass@mycompany.com"),
        &inside,
        "CukzLTc1tT5dXEDIHm/tKBanW10=",
        json!({})
    ));
    // What the request itself says of its host counts no more.
    assert!(!with(&public("https://example.com"), &format!("https://mycompany.com{Q}"), PLAIN, json!({})));
    // Twilio was told this one for reports.
    let callback = url::Url::parse("https://mycompany.com/myapp.php?foo=1#rc=5").ok();
    assert!(with(&TwilioKeys { status_callback: callback, ..keys() }, &inside, PLAIN, json!({})));
    let path_only = check(&keys(), &request(Q, PLAIN, json!({})), CALL.as_bytes());
    assert_eq!(path_only, Err(Doubt::NoSecret("webhook.public_url")));
}

#[test]
fn forwarded_headers_count_only_from_proxies_that_are_named() {
    let inside = format!("http://inside{Q}");
    let named =
        TwilioKeys { proxies: vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()], ..keys() };
    let from = |address: &str, headers: Value| json!({"remote_address": address, "headers": headers});
    let both = json!({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "mycompany.com"});
    assert!(with(&named, &inside, PLAIN, from("10.1.2.3:5000", both.clone())));
    assert!(with(&named, &inside, PLAIN, from("::ffff:10.1.2.3", both.clone())));
    assert!(with(&named, Q, PLAIN, from("::1", both.clone())));
    assert!(!with(&named, &inside, PLAIN, from("11.0.0.1", both.clone())));
    assert!(!with(&keys(), &inside, PLAIN, from("10.1.2.3", both.clone())));
    assert!(!with(&named, &inside, PLAIN, json!({"headers": both})), "nobody knows from whom");
    let proto = json!({"X-Forwarded-Proto": "https, http"});
    assert!(with(&named, &format!("http://mycompany.com{Q}"), PLAIN, from("10.0.0.1", proto)));
    let port =
        json!({"X-Forwarded-Proto": "http", "X-Forwarded-Host": "mycompany.com", "X-Forwarded-Port": "1234"});
    assert!(with(&named, &inside, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=", from("10.0.0.1", port)));
}

/// What stands in the query is not the address of the request.
#[test]
fn an_address_in_the_query_is_none_of_the_request() {
    let path = "/hook?next=https://a/b";
    let text = format!(
        "https://mycompany.com{path}{}",
        as_signed(&parameters(&request(path, "", json!({})), CALL.as_bytes()).unwrap())
    );
    let signature = sign("12345", &text);
    let named = TwilioKeys { proxies: vec!["10.0.0.0/8".parse().unwrap()], ..keys() };
    let headers = json!({"X-Forwarded-Proto": "https", "Host": "mycompany.com"});
    assert!(with(&named, path, &signature, json!({"remote_address": "10.0.0.1", "headers": headers})));
    let path_only = check(&keys(), &request(path, &signature, json!({})), CALL.as_bytes());
    assert_eq!(path_only, Err(Doubt::NoSecret("webhook.public_url")));
}
