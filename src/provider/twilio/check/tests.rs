use super::super::tests::{ACCOUNT, FROM, run, serve, twilio_at};
use super::*;
use crate::ground::Secret;
use crate::provider::Provider;
use crate::provider::action::{Action, Order};
use crate::provider::test_server::Server;
use crate::provider::twilio::settings::TwilioLogin;
use serde_json::json;
use std::sync::Arc;

const OWN: &str = r#","from":"+14155551234""#;

fn report_of(twilio: &Twilio) -> CheckReport {
    let order = Order { action: Action::Check, sender: None, progress: Arc::new(|_, _| {}) };
    let Done::Check(report) = run(twilio.act(&order)).unwrap() else { panic!("no report") };
    for item in &report.items {
        assert!(!format!("{item:?}").contains("canary"), "{item:?}");
        assert!(
            !matches!(item.verdict, Verdict::Warning | Verdict::Error) || item.hint.is_some(),
            "{item:?}"
        );
    }
    report
}

fn trouble(report: &CheckReport) -> Vec<(&'static str, Verdict)> {
    report
        .items
        .iter()
        .map(|item| (item.item, item.verdict))
        .filter(|(_, verdict)| *verdict != Verdict::Ok)
        .collect()
}

/// Twilio with this account, these senders and this answer about a service.
fn world(account: (u16, Value), senders: (u16, Value), service: (u16, Value)) -> Server {
    serve(move |text| {
        let (status, body) = if text.contains("/v2/Channels/Senders") {
            &senders
        } else if text.contains("/v1/Services/") {
            &service
        } else if text.contains("/Messages.json") {
            &(200, json!({"messages": []}))
        } else {
            &account
        };
        (*status, "", body.to_string())
    })
}

fn account(status: &str, kind: &str) -> (u16, Value) {
    // Twilio shows the token to whoever knows it.
    (
        200,
        json!({"sid": ACCOUNT, "friendly_name": "Shop", "status": status, "type": kind, "auth_token": "canary+/%"}),
    )
}

fn senders(status: &str) -> (u16, Value) {
    let more = json!({"sender_id": "whatsapp:+14155551234", "status": status, "profile": {"name": "Shop"},
        "properties": {"quality_rating": "HIGH", "messaging_limit": "10K Customers/24hr"},
        "offline_reasons": [{"code": "63112", "message": "disabled by Meta"}]});
    (
        200,
        json!({"senders": [{"sender_id": "whatsapp:+1", "status": "ONLINE"}, more], "meta": {"next_page_url": null}}),
    )
}

fn none() -> (u16, Value) {
    (404, json!({"code": 20404, "message": "not found", "status": 404}))
}

#[test]
fn an_account_that_is_fit() {
    let server = world(account("active", "Full"), senders("ONLINE"), none());
    let report = report_of(&twilio_at(server.port, OWN));
    assert_eq!((trouble(&report), report.ok), (vec![], true));
    let items: Vec<&str> = report.items.iter().map(|item| item.item).collect();
    assert_eq!(items, ["credentials", "account", "sender"]);
    assert!(
        report.items[2].text.contains("+14155551234 (Shop quality HIGH 10K Customers/24hr) is online"),
        "{report:?}"
    );
    let requests = server.requests();
    assert!(requests[0].starts_with(&format!("GET /base/2010-04-01/Accounts/{ACCOUNT}.json HTTP/1.1\r\n")));
    assert!(
        requests[1].starts_with("GET /base/v2/Channels/Senders?Channel=whatsapp&PageSize=100 HTTP/1.1\r\n")
    );
}

#[test]
fn accounts_and_senders_are_told_apart() {
    let error = |item| vec![(item, Verdict::Error)];
    let warning = |item| vec![(item, Verdict::Warning)];
    let active = || account("active", "Full");
    for (account, senders, expected) in [
        (account("suspended", "Full"), senders("ONLINE"), error("account")),
        (account("closed", "Full"), senders("ONLINE"), error("account")),
        (account("new_word", "Full"), senders("ONLINE"), warning("account")),
        (account("active", "Trial"), senders("ONLINE"), warning("account")),
        (active(), senders("OFFLINE"), error("sender")),
        (active(), senders("TWILIO_REVIEW"), error("sender")),
        (active(), senders("ONLINE:UPDATING"), vec![]),
        (active(), senders("NEW_WORD"), warning("sender")),
        (active(), (200, json!({"senders": [], "meta": {}})), error("sender")),
        (active(), (200, json!({"senders": 7})), error("sender")),
        (active(), none(), vec![("sender", Verdict::NotChecked)]),
        (active(), (403, json!({"code": 20403})), vec![("sender", Verdict::NotChecked)]),
        (
            (401, json!({"code": 20003, "message": "canary+/%"})),
            senders("ONLINE"),
            vec![("credentials", Verdict::Error), ("sender", Verdict::NotChecked)],
        ),
        (
            (503, json!({})),
            senders("ONLINE"),
            vec![("credentials", Verdict::Error), ("sender", Verdict::NotChecked)],
        ),
    ] {
        let shown = format!("{account:?} {senders:?}");
        let server = world(account, senders, none());
        let report = report_of(&twilio_at(server.port, OWN));
        assert_eq!(trouble(&report), expected, "{shown}");
        assert_eq!(report.ok, !expected.iter().any(|(_, verdict)| *verdict == Verdict::Error), "{shown}");
    }
}

#[test]
fn the_sandbox_is_noted() {
    let server = world(account("active", "Full"), none(), none());
    let report = report_of(&twilio_at(server.port, r#","from":"+14155238886""#));
    assert_eq!((trouble(&report), report.ok), (vec![("sender", Verdict::Warning)], true));
    // The other sender of the settings is looked for, and cannot be.
    let report = report_of(&twilio_at(server.port, FROM));
    assert_eq!(trouble(&report), [("sender", Verdict::Warning), ("sender", Verdict::NotChecked)]);
}

#[test]
fn a_standard_api_key_may_not_read_the_account() {
    for status in [401, 403] {
        let server = world((status, json!({"code": 20003})), senders("ONLINE"), none());
        let twilio = twilio_at(server.port, OWN);
        twilio
            .log_in_with(TwilioLogin { user: "SK1".into(), password: Secret::new("canary".into()) })
            .unwrap();
        let report = report_of(&twilio);
        assert_eq!((trouble(&report), report.ok), (vec![("account", Verdict::NotChecked)], true));
    }
}

#[test]
fn a_messaging_service_is_looked_up() {
    let service = r#","messaging_service_sid":"MG00000000000000000000000000000001""#;
    for (answer, expected) in [
        ((200, json!({"friendly_name": "Campaigns"})), vec![]),
        // At a gateway that has no such address nothing is known.
        (none(), vec![("messaging_service", Verdict::NotChecked)]),
        ((500, json!({})), vec![("messaging_service", Verdict::NotChecked)]),
    ] {
        let server = world(account("active", "Full"), senders("ONLINE"), answer);
        let report = report_of(&twilio_at(server.port, service));
        assert_eq!(trouble(&report), expected);
        assert!(report.ok);
    }
    // At Twilio itself the service is missing.
    let server = world(account("active", "Full"), senders("ONLINE"), none());
    let mut twilio = twilio_at(server.port, service);
    twilio.private = false;
    assert_eq!(trouble(&report_of(&twilio)), [("messaging_service", Verdict::Error)]);
}

#[test]
fn pages_of_senders_are_read_at_our_own_address() {
    let server = serve(|text| {
        if text.contains("/v2/Channels/Senders") {
            let body = if text.contains("Page=1") {
                json!({"senders": [{"sender_id": "whatsapp:+14155551234", "status": "ONLINE"}], "meta": {"next_page_url": null}})
            } else {
                json!({"senders": [], "meta": {"next_page_url": "https://elsewhere.example/v2/Channels/Senders?Page=1"}})
            };
            return (200, "", body.to_string());
        }
        (200, "", json!({"status": "active"}).to_string())
    });
    assert_eq!(trouble(&report_of(&twilio_at(server.port, OWN))), []);
    // A list without an end is given up, and nothing is claimed of it.
    let server = serve(|text| {
        let senders =
            json!({"senders": [], "meta": {"next_page_url": "https://x/?Page=2"}, "status": "active"});
        let _ = text;
        (200, "", senders.to_string())
    });
    let report = report_of(&twilio_at(server.port, OWN));
    assert_eq!(trouble(&report), [("sender", Verdict::NotChecked)]);
    assert!(server.requests().len() <= MOST_PAGES + 1);
}

#[test]
fn what_twilio_does_not_have_names_the_function() {
    let server = serve(|_| (200, "", "{}".to_owned()));
    let twilio = twilio_at(server.port, OWN);
    let act =
        |action| run(twilio.act(&Order { action, sender: None, progress: Arc::new(|_, _| {}) })).unwrap_err();
    let error = act(Action::GetProfile);
    assert_eq!(error.status, crate::message::Status::NotSupported);
    assert!(error.message.contains("wa_profile_get is not supported by twilio"), "{error:?}");
    assert!(act(Action::MediaUrl("1".into())).message.contains("wa_media_url"));
    assert_eq!(server.requests().len(), 0);
}
