use super::*;
use crate::ground::Secret;
use crate::message::Content;
use crate::message::content::Kind;
use crate::provider::action::{
    Action, DeleteTemplate, Done, Order, Template, TemplateDefinition, TemplateList, TemplateQuery,
};
use crate::provider::test_server::{Server, answer as write, request};
use crate::provider::{NoMemory, Provider};
use crate::settings::{NewLogin, ProviderSettings, Settings};
use serde_json::{Value, json};
use std::sync::Arc;

pub const TOKEN: &str = "EAAcanary+/";

pub fn meta_at(port: u16) -> Meta {
    let text = format!(
        r#"{{"provider":"meta","meta":{{"access_token":"{TOKEN}","phone_number_id":"200","business_account_id":"100","base_url":"http://127.0.0.1:{port}"}},
            "history":{{"file":"/tmp/h.db"}},"http":{{"timeout_seconds":2}}}}"#
    );
    let settings = Settings::read(&text).unwrap();
    let ProviderSettings::Meta(meta) = &settings.provider else { panic!("no Meta") };
    Meta::new(meta, &settings.http, &settings.templates, Arc::new(NoMemory)).unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Serves each request with a status and a body.
pub fn serve(reply: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> Server {
    Server::start(move |mut stream, _, requests| {
        while let Some(text) = request(&mut stream) {
            requests.lock().unwrap().push(text.clone());
            let (status, body) = reply(&text);
            let length = body.len();
            write(&mut stream, &format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}"));
        }
    })
}

/// Method and path of a request.
pub fn line(text: &str) -> &str {
    text.split(" HTTP/1.1").next().unwrap_or_default()
}

pub fn body_of(text: &str) -> Value {
    text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()).unwrap_or_default()
}

fn written(id: u32, name: &str, language: &str, status: &str, text: &str) -> Value {
    json!({
        "id": id.to_string(), "name": name, "language": language, "status": status, "category": "UTILITY",
        "components": [{"type": "BODY", "text": text}], "rejected_reason": "NONE",
    })
}

fn template(name: &str, language: Option<&str>, variables: Value) -> content::Template {
    let text = json!({"type": "template", "template": name, "language": language, "variables": variables});
    let content = Content::read("message_json", &text.to_string()).unwrap();
    let Kind::Template(template) = content.kind else { panic!("no template") };
    template
}

pub fn act(meta: &Meta, action: Action) -> Result<Done> {
    run(meta.act(&Order { action, sender: None, progress: Arc::new(|_, _| {}) }))
}

fn get(name: &str, language: Option<&str>, refresh: bool) -> Action {
    Action::GetTemplate { name: name.to_owned(), language: language.map(str::to_owned), refresh }
}

pub fn the_template(done: Result<Done>) -> Template {
    match done.unwrap() {
        Done::Template(template) => *template,
        other => panic!("{other:?}"),
    }
}

fn the_list(done: Result<Done>) -> TemplateList {
    match done.unwrap() {
        Done::Templates(list) => list,
        other => panic!("{other:?}"),
    }
}

pub const REFUSED: &str =
    r#"{"error":{"message":"(#10) no","type":"OAuthException","code":10,"fbtrace_id":"A"}}"#;

#[test]
fn a_name_and_a_language_pick_a_template_page_by_page() {
    let server = serve(|text| {
        let page = if line(text).contains("after=C1") {
            json!({"data": [written(3, "welcome", "de", "APPROVED", "Hallo {{1}}.")],
                "paging": {"cursors": {"after": "C2"}}})
        } else {
            json!({"data": [written(1, "welcome", "en_US", "APPROVED", "Hello {{1}}."), {"id": 7},
                    written(2, "welcome_back", "en_US", "APPROVED", "Again."),
                    written(4, "alone", "pt_BR", "APPROVED", "Sim."), written(5, "paused_one", "en", "PAUSED", "x")],
                "paging": {"cursors": {"after": "C1"}, "next": "https://evil.example/?access_token=x&after=C9"}})
        };
        (200, page.to_string())
    });
    let meta = meta_at(server.port);
    for (name, language, variables, wanted) in [
        ("welcome", Some("en_us"), json!(["Ann"]), Ok((Some("Hello Ann."), "en_US"))),
        ("welcome", Some("DE"), json!(["Ann"]), Ok((Some("Hallo Ann."), "de"))),
        ("welcome", None, json!(["Ann"]), Err("language")),
        ("welcome", Some("fr"), json!(["Ann"]), Err("language")),
        ("welcome", Some("de"), json!([]), Err("variables.1")),
        ("alone", None, json!([]), Ok((Some("Sim."), "pt_BR"))),
        ("alone", Some("pt-br"), json!([]), Ok((Some("Sim."), "pt_BR"))),
        ("paused_one", None, json!([]), Err("template")),
        ("welcom", None, json!([]), Err("template")),
    ] {
        let asked = template(name, language, variables);
        match (run(meta.fits_template(&asked)), wanted) {
            (Ok(fit), Ok((text, language))) => {
                assert_eq!((fit.text.as_deref(), fit.language.as_str()), (text, language), "{name}");
                assert_eq!(meta.fits_known_template(&asked).unwrap().unwrap(), fit, "known from now on");
            }
            (Err(refusal), Err(argument)) => {
                assert_eq!(refusal.error.argument.as_deref(), Some(argument), "{name}: {refusal:?}");
                assert_eq!((refusal.class, refusal.retry), (crate::message::Class::Template, false));
            }
            (got, _) => panic!("{name}: {got:?}"),
        }
    }
    let several = run(meta.fits_template(&template("welcome", None, json!(["x"])))).unwrap_err().error;
    assert!(several.message.contains("de, en_US"), "{several}");
    let requests = server.requests();
    assert_eq!(
        line(&requests[0]),
        "GET /v25.0/100/message_templates?fields=id%2Cname%2Clanguage%2Cstatus%2Ccategory%2Crejected_reason%2Ccomponents&limit=100&name=welcome"
    );
    assert!(line(&requests[1]).ends_with("&name=welcome&after=C1"), "the cursor, at our own address");
    assert_eq!(requests.iter().filter(|text| line(text).contains("name=alone")).count(), 2, "asked for once");
    assert!(requests.iter().all(|text| text.contains(&format!("authorization: Bearer {TOKEN}"))));
    assert!(!requests.iter().any(|text| line(text).contains("EAA")), "no token in an address");
}

#[test]
fn a_template_that_changes_is_seen() {
    let status = Arc::new(std::sync::Mutex::new("APPROVED"));
    let now = status.clone();
    let server = serve(move |text| {
        if line(text).starts_with("GET") {
            let page = json!({"data": [written(1, "welcome", "en", &now.lock().unwrap(), "Hello.")]});
            return (200, page.to_string());
        }
        (200, json!({"success": true}).to_string())
    });
    let meta = meta_at(server.port);
    let asked = template("welcome", None, json!([]));
    assert!(run(meta.fits_template(&asked)).is_ok());
    *status.lock().unwrap() = "PAUSED";
    assert!(run(meta.fits_template(&asked)).is_ok(), "believed for some minutes");
    meta.forget_template("welcome");
    assert!(meta.fits_known_template(&asked).is_none());
    assert!(run(meta.fits_template(&asked)).is_err(), "a send proved it wrong");
    *status.lock().unwrap() = "APPROVED";
    assert_eq!(the_template(act(&meta, get("welcome", None, false))).status, "paused");
    assert_eq!(the_template(act(&meta, get("welcome", None, true))).status, "approved");
    assert!(meta.fits_known_template(&asked).unwrap().is_ok());
    for action in [
        Action::DeleteTemplate(DeleteTemplate { name: "welcome".into(), id: None }),
        Action::EditTemplate {
            id: "1".into(),
            definition: TemplateDefinition { category: Some("utility".into()), ..Default::default() },
        },
        Action::ListTemplates(TemplateQuery { refresh: true, ..Default::default() }),
    ] {
        run(meta.fits_template(&asked)).unwrap();
        act(&meta, action).unwrap();
        assert!(meta.fits_known_template(&asked).is_none());
    }
    run(meta.fits_template(&asked)).unwrap();
    let login = NewLogin::Meta(Secret::new("EAAother".into()));
    meta.replace_login(&login).unwrap();
    assert!(meta.fits_known_template(&asked).is_none(), "another token may see other things");
}

/// A person who mixed the ids up must read which setting is wrong.
#[test]
fn a_wrong_account_is_named() {
    let said = json!({"error": {"code": 100, "error_subcode": 33, "message": "Unsupported get request", "type": "GraphMethodException"}});
    let server = serve(move |_| (400, said.to_string()));
    let meta = meta_at(server.port);
    for action in [
        Action::ListTemplates(TemplateQuery::default()),
        Action::GetTemplate { name: "welcome".to_owned(), language: None, refresh: true },
        Action::DeleteTemplate(crate::provider::action::DeleteTemplate {
            name: "welcome".to_owned(),
            id: None,
        }),
        Action::ListNumbers { limit: None, cursor: None },
    ] {
        let function = action.function();
        let error = act(&meta, action).unwrap_err();
        assert!(error.message.contains("meta.business_account_id"), "{function}: {error}");
        assert!(error.hint.unwrap().contains("WhatsApp Manager"), "{function}");
    }
    let sent = run(meta.fits_template(&template("welcome", None, json!(["Ann"])))).unwrap_err();
    assert!(sent.error.hint.unwrap().contains("meta.business_account_id"));
}

#[test]
fn a_token_that_may_not_look_sends_unchecked() {
    let error =
        |code: u32, subcode: u32| json!({"error": {"code": code, "error_subcode": subcode, "message": "no"}});
    for (status, body, unchecked) in [
        (400, error(100, 33), true),
        (500, error(3, 0), true),
        (403, error(10, 0), true),
        (403, error(200, 0), true),
        (403, error(299, 0), true),
        (400, error(100, 0), false),
        (401, error(190, 463), false),
        (401, error(0, 0), false),
        (503, error(2, 0), false),
        (503, json!("<html>"), false),
        (200, json!([]), false),
        (200, json!({"data": 7}), false),
    ] {
        let said = body.to_string();
        let server = serve(move |_| (status, said.clone()));
        let meta = meta_at(server.port);
        let got = run(meta.fits_template(&template("welcome", Some("pt-br"), json!(["Ann"]))));
        assert_eq!(
            got.as_ref().ok(),
            unchecked.then(|| Fit { text: None, language: "pt_BR".into() }).as_ref(),
            "{body}"
        );
        if unchecked {
            let refusal = run(meta.fits_template(&template("welcome", None, json!(["Ann"])))).unwrap_err();
            assert_eq!(refusal.error.argument.as_deref(), Some("language"));
            run(meta.fits_template(&template("welcome", Some("de"), json!([])))).unwrap();
            let asked = server.requests().len();
            assert!(asked <= 2, "remembered too, {asked}");
            assert!(act(&meta, get("welcome", None, false)).is_err(), "to look is what it may not");
        }
    }
}

#[test]
fn a_list_has_filters_and_cursors() {
    let server = serve(|_| {
        let mut one = written(1, "a", "pt_BR", "REJECTED", "Hi {{1}}.");
        one["rejected_reason"] = json!("INVALID_FORMAT");
        one["components"] = json!([
            {"type": "HEADER", "format": "IMAGE"},
            {"type": "BODY", "text": "Hi {{1}}, {{2}}."},
            {"type": "FOOTER", "text": "Bye"},
            {"type": "BUTTONS", "buttons": [
                {"type": "URL", "text": "Go", "url": "https://example.com/{{1}}", "example": ["https://example.com/a"]},
                {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15551230000"},
                {"type": "MPM", "text": "View"},
            ]},
        ]);
        let page = json!({"data": [one], "paging": {"cursors": {"before": "B", "after": "A&="}, "next": "https://x/"}});
        (200, page.to_string())
    });
    let meta = meta_at(server.port);
    let query = TemplateQuery {
        name: Some("a b".into()),
        language: Some("pt-br".into()),
        status: Some("rejected".into()),
        category: Some("utility".into()),
        limit: Some(7),
        cursor: Some("C%1".into()),
        ..TemplateQuery::default()
    };
    let list = the_list(act(&meta, Action::ListTemplates(query)));
    assert_eq!(list.next.as_deref(), Some("A&="));
    let shown = serde_json::to_value(&list.templates[0]).unwrap();
    for (key, value) in [
        ("id", json!("1")),
        ("language", json!("pt_BR")),
        ("status", json!("rejected")),
        ("category", json!("utility")),
        ("rejection_reason", json!("INVALID_FORMAT")),
        ("header", json!({"format": "image"})),
        ("body", json!("Hi {{1}}, {{2}}.")),
        ("footer", json!("Bye")),
        ("variables", json!(["1", "2"])),
        (
            "buttons",
            json!([
                {"type": "url", "text": "Go", "url": "https://example.com/{{1}}", "example": "https://example.com/a"},
                {"type": "phone_number", "text": "Call", "phone_number": "+15551230000"},
                {"type": "multi_product", "text": "View"},
            ]),
        ),
    ] {
        assert_eq!(shown[key], value, "{key}");
    }
    assert_eq!(shown["definition"][0]["format"], "IMAGE");
    let requests = server.requests();
    assert!(
        line(&requests[0])
            .ends_with("&limit=7&name=a+b&language=pt_BR&status=REJECTED&category=UTILITY&after=C%251"),
        "{requests:?}"
    );
    for (query, argument) in [
        (TemplateQuery { limit: Some(0), ..Default::default() }, "query_json.limit"),
        (TemplateQuery { limit: Some(1001), ..Default::default() }, "query_json.limit"),
        (TemplateQuery { cursor: Some("a b".into()), ..Default::default() }, "query_json.cursor"),
        (TemplateQuery { cursor: Some("x".repeat(4001)), ..Default::default() }, "query_json.cursor"),
        (TemplateQuery { category: Some("news".into()), ..Default::default() }, "query_json.category"),
        (TemplateQuery { language: Some("??".into()), ..Default::default() }, "query_json.language"),
    ] {
        let error = act(&meta, Action::ListTemplates(query)).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some(argument));
    }
    assert_eq!(server.requests().len(), 1, "nothing was asked with a fault");
    let most = TemplateQuery { limit: Some(1000), ..Default::default() };
    the_list(act(&meta, Action::ListTemplates(most)));
    assert!(line(&server.requests()[1]).ends_with("&limit=500"), "lowered to what Meta takes");
}

#[test]
fn a_page_that_is_too_long_is_asked_for_in_parts() {
    let server = serve(|text| {
        if line(text).contains("limit=100&") {
            return (200, format!(r#"{{"data":["{}"]}}"#, "x".repeat(1024 * 1024)));
        }
        (200, json!({"data": [written(1, "big", "en", "APPROVED", "Hi.")]}).to_string())
    });
    assert!(run(meta_at(server.port).fits_template(&template("big", None, json!([])))).is_ok());
    assert!(line(&server.requests()[1]).contains("limit=25&"));
    let endless = serve(|_| {
        let page = json!({"data": [], "paging": {"cursors": {"after": "A"}, "next": "https://x/"}});
        (200, page.to_string())
    });
    assert!(run(meta_at(endless.port).fits_template(&template("big", None, json!([])))).is_err());
    assert!(endless.requests().len() <= 4, "a cursor that leads to itself");
}

#[test]
fn one_template_is_got_by_its_id_or_its_name() {
    let server = serve(|text| match line(text).split(['?', ' ']).nth(1) {
        Some("/v25.0/12") => (200, written(12, "a", "en", "APPROVED", "Hi.").to_string()),
        Some("/v25.0/13") => (400, json!({"error": {"code": 100, "error_subcode": 33}}).to_string()),
        Some("/v25.0/14") => (401, json!({"error": {"code": 190}}).to_string()),
        _ => (200, json!({"data": [written(15, "13", "en", "APPROVED", "Thirteen.")]}).to_string()),
    });
    let meta = meta_at(server.port);
    assert_eq!(the_template(act(&meta, get("12", None, false))).name, "a");
    assert_eq!(the_template(act(&meta, get("13", None, false))).id, "15", "a name of digits");
    assert_eq!(act(&meta, get("14", None, false)).unwrap_err().status, Status::Credentials);
    for (name, language, argument) in
        [("none", None, "name"), ("../x", None, "name"), ("13", Some("de"), "options_json.language")]
    {
        let error = act(&meta, get(name, language, false)).unwrap_err();
        assert_eq!((error.status, error.argument.as_deref()), (Status::Template, Some(argument)));
    }
}

/// JSON of any shape, with the keys that are read among others.
fn any_json() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    const KEYS: [&str; 18] = [
        "id",
        "name",
        "language",
        "status",
        "category",
        "components",
        "type",
        "format",
        "text",
        "buttons",
        "cards",
        "url",
        "example",
        "limited_time_offer",
        "data",
        "paging",
        "cursors",
        "after",
    ];
    let word = prop_oneof![
        Just("BODY"),
        Just("HEADER"),
        Just("BUTTONS"),
        Just("CAROUSEL"),
        Just("URL"),
        Just("en"),
        Just("7"),
        Just("{{1}} {{a}}"),
        Just(""),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((proptest::sample::select(KEYS.to_vec()), inner), 0..8).prop_map(
                |members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Value>()
            ),
        ]
    })
}

proptest::proptest! {
    #[test]
    fn any_answer_is_read(value in any_json(), given in any_json()) {
        let whole = json!({"data": [value, {"id": "1", "name": "t", "language": "en", "status": "APPROVED", "components": value}]});
        if let Some((templates, _)) = lookup::read_page(whole.to_string().as_bytes()) {
            proptest::prop_assert!(!templates.is_empty());
        }
        for (first, value) in [(0, &value), (1, &value), (2, &value), (2, &whole)] {
            any_answer(&[&[first], value.to_string().as_bytes()].concat());
        }
        if let Some(stored) = StoredTemplate::read(json!({"id": "1", "name": "t", "language": "en", "status": "APPROVED", "components": value}))
            && let Ok(content) = Content::read("m", &json!({"type": "template", "template": "t", "header": given, "buttons": given}).to_string())
            && let Kind::Template(template) = content.kind
            && let Err(error) = fit::fit(&stored, &template)
        {
            proptest::prop_assert!(error.argument.is_some());
        }
    }
}

#[test]
fn deep_answers_are_no_templates_and_long_ones_have_no_text() {
    assert!(lookup::read_page("[".repeat(100_000).as_bytes()).is_none());
    let deep = format!(r#"{{"data":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert!(lookup::read_page(deep.as_bytes()).is_none());
    let long = json!({"data": [written(1, "a", "en", "APPROVED", &"{{1}}".repeat(10_000))]}).to_string();
    let (stored, _) = lookup::read_page(long.as_bytes()).unwrap();
    assert_eq!(stored[0].shown().body, None, "only its text is not known");
    let asked = template("a", None, json!(["x"]));
    let fit = fits(&TemplatesOfName::Templates(stored), &asked).unwrap();
    assert_eq!((fit.text, fit.language.as_str()), (None, "en"), "what is not known is not judged");
    for parts in [
        json!([{"type": "HEADER", "format": "TEXT", "text": "x".repeat(20_000)}, {"type": "BODY", "text": "Hi {{1}}."}]),
        json!([{"type": "BODY", "text": "Hi {{1}}."}, {"type": "FOOTER", "text": "x".repeat(20_000)}]),
    ] {
        let mut one = written(1, "a", "en", "APPROVED", "");
        one["components"] = parts;
        let stored = StoredTemplate::read(one).unwrap();
        assert_eq!(stored.shown().body.as_deref(), Some("Hi {{1}}."), "the rest is known");
        let known = TemplatesOfName::Templates(vec![stored]);
        assert_eq!(fits(&known, &asked).unwrap().text, None, "half of it is not what is read");
        let wrong = fits(&known, &template("a", None, json!([]))).unwrap_err();
        assert_eq!(wrong.argument.as_deref(), Some("variables.1"));
    }
    for wrong in
        [json!({"id": 7}), json!({"language": "<script>"}), json!({"name": ""}), json!({"id": "1/2"})]
    {
        let mut one = written(1, "a", "en", "APPROVED", "Hi.");
        one.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        assert_eq!(StoredTemplate::read(one), None, "{wrong}");
    }
}
