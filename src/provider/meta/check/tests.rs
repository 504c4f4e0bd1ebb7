use super::*;
use crate::provider::action::Action;
use crate::provider::meta::tests::bed::{ACCOUNT, NUMBER, TOKEN, act, meta_at, meta_of, meta_with, serve};
use crate::provider::test_server::Server;
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

/// What each question is answered with: status and body.
#[derive(Clone)]
struct World {
    debug: (u16, Value),
    me: (u16, Value),
    account: (u16, Value),
    number: (u16, Value),
}

fn refusal(code: u32, subcode: Option<u32>) -> Value {
    let mut body = json!({"error": {"message": "m", "type": "OAuthException", "code": code}});
    if let Some(subcode) = subcode {
        body["error"]["error_subcode"] = subcode.into();
    }
    body
}

fn token(expires_at: i64, scopes: &[&str]) -> Value {
    json!({"data": {"app_id": "300000000000001", "application": "Shop", "type": "SYSTEM_USER", "is_valid": true,
        "expires_at": expires_at, "scopes": scopes}})
}

const BOTH: &[&str] = &["whatsapp_business_messaging", "whatsapp_business_management", "public_profile"];

/// Everything as it should be.
fn fine() -> World {
    World {
        debug: (200, token(0, BOTH)),
        me: (200, json!({"id": "1", "name": "System"})),
        account: (200, json!({"id": ACCOUNT, "name": "Shop", "account_review_status": "APPROVED"})),
        number: (
            200,
            json!({"id": NUMBER, "display_phone_number": "+1 415-523-8886", "verified_name": "Shop",
                "quality_rating": "GREEN", "code_verification_status": "VERIFIED", "name_status": "APPROVED",
                "platform_type": "CLOUD_API", "status": "CONNECTED", "throughput": {"level": "STANDARD"},
                "account_mode": "LIVE", "whatsapp_business_manager_messaging_limit": "TIER_2K"}),
        ),
    }
}

impl World {
    fn serve(self) -> Server {
        serve(move |text| {
            let path = text.split(' ').nth(1).unwrap().split('?').next().unwrap();
            let (status, body) = match path.rsplit('/').next().unwrap() {
                "debug_token" => &self.debug,
                "me" => &self.me,
                ACCOUNT => &self.account,
                _ => &self.number,
            };
            (*status, "", body.to_string())
        })
    }

    fn check(self) -> CheckReport {
        let server = self.serve();
        report_of(&meta_at(server.port))
    }

    /// A world whose number is another.
    fn with_number(change: Value) -> World {
        let mut world = fine();
        for (key, value) in change.as_object().unwrap() {
            world.number.1[key] = value.clone();
        }
        world
    }
}

fn report_of(meta: &Meta) -> CheckReport {
    let Done::Check(report) = act(meta, Action::Check).unwrap() else { panic!("no report") };
    // No item of trouble goes without a word about what to do, and none tells the token.
    for item in &report.items {
        assert!(!format!("{item:?}").contains(TOKEN), "{item:?}");
        assert!(
            !matches!(item.verdict, Verdict::Warning | Verdict::Error) || item.hint.is_some(),
            "{item:?}"
        );
        assert!(item.text.ends_with(['.', '"']), "{item:?}");
    }
    report
}

/// The items that are not as they should be.
fn trouble(report: &CheckReport) -> Vec<(&'static str, Verdict)> {
    report
        .items
        .iter()
        .map(|item| (item.item, item.verdict))
        .filter(|(_, verdict)| *verdict != Verdict::Ok)
        .collect()
}

fn text(report: &CheckReport, item: &str) -> String {
    report
        .items
        .iter()
        .filter(|found| found.item == item)
        .map(|item| format!("{} {}\n", item.text, item.hint.as_deref().unwrap_or("")))
        .collect()
}

#[test]
fn an_account_that_is_fit() {
    let server = fine().serve();
    let report = report_of(&meta_at(server.port));
    assert!(report.ok);
    assert_eq!(trouble(&report), []);
    let items: Vec<&str> = report.items.iter().map(|item| item.item).collect();
    assert_eq!(
        items,
        ["token", "permissions", "permissions", "account", "sender", "quality", "name", "limits"]
    );
    assert!(text(&report, "token").contains("permanent"));
    assert!(text(&report, "sender").contains("+1 415-523-8886 (Shop) is registered"));
    assert!(text(&report, "limits").contains("80 messages a second"));
    assert!(text(&report, "limits").contains("2,000 people"));
    let requests = server.requests();
    assert!(
        requests[0].starts_with(&format!("GET /base/v25.0/debug_token?input_token={TOKEN} HTTP/1.1\r\n"))
    );
    assert!(requests[0].contains(&format!("authorization: Bearer {TOKEN}")));
}

#[test]
fn tokens_are_told_apart() {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let valid = |at| (200, token(at, BOTH));
    let void = |subcode| {
        (
            200,
            json!({"data": {"is_valid": false, "expires_at": 7, "error": {"code": 190, "subcode": subcode}}}),
        )
    };
    for (debug, verdict, words) in [
        (valid(0), Verdict::Ok, "permanent"),
        (valid(now + 3 * 3600 + 12 * 60 + 30), Verdict::Warning, "expires in 3 h 12 min"),
        (valid(now + 90), Verdict::Warning, "expires in 1 min"),
        (valid(now + 60 * 86_400 + 60), Verdict::Warning, "expires in 60 days"),
        (void(463), Verdict::Error, "has expired"),
        ((401, refusal(190, Some(463))), Verdict::Error, "has expired"),
        ((400, refusal(190, Some(463))), Verdict::Error, "has expired"),
        ((401, refusal(190, Some(460))), Verdict::Error, "password was changed"),
        ((401, refusal(190, Some(467))), Verdict::Error, "revoked"),
        ((401, refusal(190, None)), Verdict::Error, "does not accept"),
        ((503, json!({})), Verdict::Error, ""),
        // It may not ask about itself, and works.
        ((400, refusal(100, None)), Verdict::Ok, "does not tell this token when it expires"),
        ((403, refusal(10, None)), Verdict::Ok, "does not tell"),
        ((200, json!({"data": {}})), Verdict::Ok, "does not tell"),
    ] {
        let report = World { debug: debug.clone(), ..fine() }.check();
        let item = &report.items[0];
        assert_eq!((item.item, item.verdict), ("token", verdict), "{debug:?} {report:?}");
        assert!(item.text.contains(words), "{debug:?} {item:?}");
        assert_eq!(report.ok, verdict != Verdict::Error, "{debug:?}");
        if words.contains("expire") && verdict != Verdict::Ok {
            assert!(item.hint.as_deref().unwrap().contains("System users"), "{item:?}");
        }
    }
    assert!(void(1).1["data"]["is_valid"] == false);
    let report = World { debug: void(460), ..fine() }.check();
    assert_eq!(
        trouble(&report),
        [("token", Verdict::Error), ("account", Verdict::NotChecked), ("sender", Verdict::NotChecked)]
    );
}

#[test]
fn a_token_that_neither_question_explains() {
    let refused = (400, refusal(100, None));
    let report = World { debug: refused.clone(), me: (401, refusal(190, Some(463))), ..fine() }.check();
    assert_eq!((report.items[0].verdict, report.ok), (Verdict::Error, false));
    // A gateway that has neither.
    let report = World { debug: (404, json!({})), me: (404, json!({})), ..fine() }.check();
    assert_eq!(trouble(&report), [("token", Verdict::NotChecked)]);
}

/// 0.0.0.0 leads to this machine, and looks like any other host.
#[test]
#[cfg(target_os = "linux")]
fn a_gateway_never_sees_the_token_in_an_address() {
    let server = fine().serve();
    let meta = meta_of(&format!("http://0.0.0.0:{}/base/", server.port));
    let report = report_of(&meta);
    assert!(report.ok);
    assert_eq!(trouble(&report), [("permissions", Verdict::NotChecked)]);
    for item in ["token", "permissions"] {
        assert!(text(&report, item).contains("meta.base_url"), "{report:?}");
    }
    assert!(text(&report, "token").contains("of \"System\" is accepted"), "{report:?}");
    for request in server.requests() {
        assert!(!request.lines().next().unwrap().contains(TOKEN), "{request}");
    }
}

#[test]
fn the_token_goes_into_an_address_of_meta_or_of_this_machine_only() {
    for (base, takes) in [
        ("https://graph.facebook.com", true),
        ("http://127.0.0.1:8080/base", true),
        ("http://localhost:8080", true),
        ("http://[::1]:8080", true),
        ("https://gateway.example", false),
        ("https://graph.facebook.com.gateway.example", false),
        ("https://gateway.example/graph.facebook.com", false),
        ("http://10.0.0.1", false),
    ] {
        assert_eq!(meta_of(base).graph.takes_token_in_address(), takes, "{base}");
    }
}

#[test]
fn permissions_are_each_told() {
    let lacking = |scopes: &[&str]| World { debug: (200, token(0, scopes)), ..fine() };
    let report = lacking(&["whatsapp_business_management"]).check();
    assert_eq!((trouble(&report), report.ok), (vec![("permissions", Verdict::Error)], false));
    assert!(text(&report, "permissions").contains("lacks the permission whatsapp_business_messaging"));
    // A token that only sends may not look at the account: that alone is no fault.
    for forbidden in [(403, refusal(200, None)), (400, refusal(100, Some(33)))] {
        let mut world = lacking(&["whatsapp_business_messaging"]);
        (world.account, world.number) = (forbidden.clone(), forbidden);
        let report = world.check();
        assert_eq!(
            trouble(&report),
            [
                ("permissions", Verdict::Warning),
                ("account", Verdict::NotChecked),
                ("sender", Verdict::NotChecked)
            ]
        );
        assert!(report.ok);
    }
    // Granted for the assets that are named only.
    for (targets, ok) in
        [(json!([ACCOUNT]), true), (json!(["1", ACCOUNT]), true), (json!(["1"]), false), (json!([]), true)]
    {
        let mut world = fine();
        world.debug.1["data"]["granular_scopes"] = json!([{"scope": "whatsapp_business_messaging", "target_ids": targets}, {"scope": "public_profile"}]);
        let report = world.check();
        assert_eq!(report.ok, ok, "{report:?}");
    }
}

#[test]
fn another_app_is_told() {
    let server = fine().serve();
    let report = report_of(&meta_with(server.port, r#","app_id":"7""#));
    assert_eq!((trouble(&report), report.ok), (vec![("app", Verdict::Warning)], true));
    let report = report_of(&meta_with(server.port, r#","app_id":"300000000000001""#));
    assert_eq!(trouble(&report), []);
}

#[test]
fn accounts_are_told_apart() {
    for (status, body, verdict) in [
        (200, json!({"id": ACCOUNT}), Verdict::Ok),
        (200, json!({"account_review_status": "PENDING"}), Verdict::Warning),
        (200, json!({"account_review_status": "REJECTED"}), Verdict::Error),
        (200, json!({"account_review_status": "NEW_WORD"}), Verdict::Warning),
        (400, refusal(100, Some(33)), Verdict::Error),
        (403, refusal(200, None), Verdict::Error),
        (503, json!({}), Verdict::Error),
    ] {
        let report = World { account: (status, body.clone()), ..fine() }.check();
        let item = report.items.iter().find(|item| item.item == "account").unwrap();
        assert_eq!(item.verdict, verdict, "{body} {item:?}");
    }
    let text = text(&World { account: (400, refusal(100, Some(33))), ..fine() }.check(), "account");
    assert!(text.contains("business_account_id"), "{text}");
}

#[test]
fn numbers_are_told_apart() {
    for (change, expected, words) in [
        (json!({"status": "BANNED"}), vec![("sender", Verdict::Error)], "banned"),
        (json!({"status": "MIGRATED"}), vec![("sender", Verdict::Error)], "no longer"),
        (json!({"status": "DISCONNECTED"}), vec![("sender", Verdict::Error)], "wa_number_register"),
        (
            json!({"status": "PENDING", "platform_type": "NOT_APPLICABLE"}),
            vec![("sender", Verdict::Error)],
            "wa_number_register",
        ),
        (
            json!({"platform_type": "NOT_APPLICABLE", "code_verification_status": "NOT_VERIFIED"}),
            vec![("sender", Verdict::Error)],
            "wa_number_request_code",
        ),
        (json!({"status": "FLAGGED"}), vec![("sender", Verdict::Warning)], "restricts"),
        (
            json!({"status": null, "platform_type": null}),
            vec![("sender", Verdict::NotChecked)],
            "does not say",
        ),
        (json!({"status": null}), vec![], "registered"),
        (json!({"account_mode": "SANDBOX"}), vec![("test_number", Verdict::Warning)], "five recipients"),
        (json!({"verified_name": "Test Number"}), vec![("test_number", Verdict::Warning)], "five recipients"),
        (json!({"quality_rating": "RED"}), vec![("quality", Verdict::Warning)], "low"),
        (json!({"quality_rating": "YELLOW"}), vec![("quality", Verdict::Warning)], "medium"),
        (json!({"quality_rating": "UNKNOWN"}), vec![], "not rated"),
        (json!({"name_status": "DECLINED"}), vec![("name", Verdict::Warning)], "declined"),
        (json!({"name_status": "PENDING_REVIEW"}), vec![("name", Verdict::Warning)], "reviewed"),
        (json!({"name_status": "NONE"}), vec![("name", Verdict::Warning)], "not approved"),
        (json!({"whatsapp_business_manager_messaging_limit": "UNLIMITED"}), vec![], "any number of people"),
        (json!({"whatsapp_business_manager_messaging_limit": "TIER_250"}), vec![], "250 people"),
        (json!({"whatsapp_business_manager_messaging_limit": "TIER_NEW"}), vec![], "TIER_NEW"),
        (
            json!({"whatsapp_business_manager_messaging_limit": null, "messaging_limit_tier": "TIER_100K"}),
            vec![],
            "100,000 people",
        ),
        (json!({"throughput": {"level": "HIGH"}}), vec![], "1,000 messages a second"),
    ] {
        let report = World::with_number(change.clone()).check();
        assert_eq!(trouble(&report), expected, "{change}");
        let all: String = report.items.iter().map(|item| format!("{item:?}")).collect();
        assert!(all.contains(words), "{change} {all}");
    }
    let report = World { number: (400, refusal(100, Some(33))), ..fine() }.check();
    assert_eq!(trouble(&report), [("sender", Verdict::Error)]);
    assert!(text(&report, "sender").contains("wa_number_list"));
}

#[test]
fn all_senders_of_the_settings_are_looked_at() {
    let server = fine().serve();
    let senders: Vec<String> = (0..12).map(|number| format!("\"30000000000{number:04}\"")).collect();
    let report = report_of(&meta_with(server.port, &format!(r#","senders":[{}]"#, senders.join(","))));
    let looked =
        report.items.iter().filter(|item| item.item == "sender" && item.verdict == Verdict::Ok).count();
    assert_eq!(looked, MOST_NUMBERS);
    assert!(text(&report, "sender").contains("3 more senders"), "{report:?}");
    assert!(report.ok);
}

#[test]
fn out_of_reach_is_an_error() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let report = report_of(&meta_at(port));
    assert!(!report.ok);
    assert_eq!(trouble(&report)[0], ("token", Verdict::Error));
    assert!(text(&report, "token").contains("could not be reached"), "{report:?}");
}
