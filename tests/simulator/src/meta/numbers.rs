//! Phone numbers of the business account: list, info, adding; what is set on one (PIN, webhook).

use serde_json::{Map, Value, json};

use super::errors::{Checked, Refusal};
use super::shape::Node;
use super::{ids, pages, registration, statuses};
use crate::chance::locked;
use crate::exchange::{Answer, Request};
use crate::sim::Sim;

/// What the test number may send to.
pub const TEST_RECIPIENTS: [&str; 5] =
    ["+12025550121", "+12025550122", "+12025550123", "+12025550124", "+12025550125"];

#[derive(Clone)]
pub struct Number {
    pub id: String,
    /// `+` and digits.
    pub number: String,
    pub verified_name: String,
    pub verified: bool,
    pub registered: bool,
    /// A test number sends to five recipients only.
    pub test: bool,
    pub pin: Option<String>,
    pub registration: registration::State,
    pub profile: Map<String, Value>,
    pub webhook: Option<String>,
}

impl Number {
    fn new(id: &str, number: &str, verified_name: &str) -> Self {
        Self {
            id: id.to_owned(),
            number: number.to_owned(),
            verified_name: verified_name.to_owned(),
            verified: false,
            registered: false,
            test: false,
            pin: None,
            registration: registration::State::default(),
            profile: Map::new(),
            webhook: None,
        }
    }

    /// As Meta shows it: `+1 415-523-8886`, or the digits in one piece.
    pub fn display(&self) -> String {
        match self.number.strip_prefix("+1").filter(|n| n.len() == 10) {
            Some(n) => format!("+1 {}-{}-{}", &n[..3], &n[3..6], &n[6..]),
            None => self.number.clone(),
        }
    }

    pub fn digits(&self) -> &str {
        self.number.trim_start_matches('+')
    }

    fn to_json(&self, fields: Option<&[&str]>) -> Checked<Value> {
        let all = json!({
            "id": self.id, "display_phone_number": self.display(), "verified_name": self.verified_name,
            "quality_rating": if self.registered { "GREEN" } else { "UNKNOWN" },
            "code_verification_status": if self.verified { "VERIFIED" } else { "NOT_VERIFIED" },
            "name_status": if self.verified { "APPROVED" } else { "NONE" }, "new_name_status": "NONE",
            "platform_type": if self.registered { "CLOUD_API" } else { "NOT_APPLICABLE" },
            "status": if self.registered { "CONNECTED" } else if self.verified { "DISCONNECTED" } else { "PENDING" },
            "throughput": { "level": if self.registered { "STANDARD" } else { "NOT_APPLICABLE" } },
            "account_mode": if self.test { "SANDBOX" } else { "LIVE" },
            "webhook_configuration": self.webhook.as_ref().map(|w| json!({ "phone_number": w })),
            "whatsapp_business_manager_messaging_limit": "TIER_250", "messaging_limit_tier": "TIER_250",
            "is_official_business_account": false, "is_pin_enabled": self.pin.is_some(),
            "is_on_biz_app": false, "is_preverified_number": false, "host_platform": null,
            "last_onboarded_time": "2026-01-05T10:00:00+0000", "certificate": "", "conversational_automation": null,
            "search_visibility": "NON_VISIBLE", "health_status": null, "eligibility_for_api_business_global_search": null,
            "username": null, "new_certificate": null, "country_code": null, "country_dial_code": null,
            "quality_score": { "score": if self.registered { "GREEN" } else { "UNKNOWN" } },
        });
        let usual = [
            "verified_name",
            "code_verification_status",
            "display_phone_number",
            "quality_rating",
            "platform_type",
            "throughput",
            "webhook_configuration",
        ];
        pages::pick(&all, fields.unwrap_or(&usual), "WhatsAppBusinessPhoneNumber")
    }
}

pub struct Numbers(Vec<Number>);

impl Numbers {
    pub fn seeded() -> Self {
        let profile = |about: &str| {
            Map::from_iter([
                ("about".to_owned(), about.into()),
                ("vertical".to_owned(), "RETAIL".into()),
                ("messaging_product".to_owned(), "whatsapp".into()),
            ])
        };
        Self(vec![
            Number {
                verified: true,
                registered: true,
                pin: Some("654321".to_owned()),
                profile: profile("We answer from nine to five"),
                ..Number::new(ids::NUMBER, "+14155238886", "Simulated Shop")
            },
            Number {
                verified: true,
                registered: true,
                test: true,
                profile: profile("A test number"),
                ..Number::new(ids::TEST_NUMBER, "+15005550006", "Test Number")
            },
        ])
    }

    pub fn get(&self, id: &str) -> Option<&Number> {
        self.0.iter().find(|n| n.id == id)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut Number> {
        self.0.iter_mut().find(|n| n.id == id)
    }
}

fn missing(request: &Request, id: &str) -> Refusal {
    Refusal::no_object(&request.method, id)
}

/// `GET /{number}`
pub fn info(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let query = request.query();
    let fields = query.filled("fields").map(|f| pages::fields(f));
    let numbers = locked(&sim.meta.numbers);
    let number = numbers.get(id).ok_or_else(|| missing(request, id))?;
    Ok(super::json(200, &number.to_json(fields.as_deref())?))
}

/// `GET /{WABA}/phone_numbers`
pub fn list(sim: &Sim, request: &Request) -> Checked<Answer> {
    let query = request.query();
    let fields = query.filled("fields").map(|f| pages::fields(f));
    let numbers = locked(&sim.meta.numbers);
    let rows = numbers.0.iter().map(|n| Ok((n.id.clone(), n.to_json(fields.as_deref())?)));
    let rows = rows.collect::<Checked<Vec<_>>>()?;
    Ok(super::json(200, &pages::page(request, &rows, 25)?))
}

/// `POST /{WABA}/phone_numbers`
pub fn add(sim: &Sim, request: &Request) -> Checked<Answer> {
    let body = super::body(request)?;
    let whole = Node::new("", &body);
    let text = |key: &str| -> Checked<Option<String>> {
        whole
            .child(key)
            .map(|n| Ok(n.value.as_u64().map_or(n.text()?.to_owned(), |n| n.to_string())))
            .transpose()
    };
    // `cc` is documented, one library says `country_code`
    let cc = match text("cc")? {
        None => text("country_code")?,
        some => some,
    };
    let required = |what: Option<String>, key: &str| {
        what.filter(|w| !w.is_empty())
            .ok_or_else(|| Refusal::parameter(format!("The parameter {key} is required")))
    };
    let cc = required(cc, "cc")?;
    let number = required(text("phone_number")?, "phone_number")?;
    let name = required(text("verified_name")?, "verified_name")?;
    let digits = |t: &str| t.chars().filter(char::is_ascii_digit).collect::<String>();
    let (cc, number) = (digits(&cc), digits(&number));
    // with or without the country code in front
    let national =
        if number.len() > 10 { number.strip_prefix(cc.as_str()).unwrap_or(&number) } else { &number };
    let whole = format!("+{cc}{national}");
    if !(8..=16).contains(&whole.len()) || cc.is_empty() {
        return Err(Refusal::parameter("Param phone_number must be a valid phone number"));
    }
    let mut numbers = locked(&sim.meta.numbers);
    if numbers.0.iter().any(|n| n.number == whole) {
        return Err(Refusal::parameter("Invalid parameter").subcode(2_388_012).details(format!(
            "The phone number {whole} is already registered to a WhatsApp Business account"
        )));
    }
    let new = Number::new(&ids::fresh(), &whole, &name);
    let shown = json!({ "id": new.id });
    numbers.0.push(new);
    Ok(super::json(200, &shown))
}

/// `POST /{number}`: the two-step PIN, or another webhook for this number.
pub fn set(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let body = super::body(request)?;
    let whole = Node::new("", &body);
    let mut numbers = locked(&sim.meta.numbers);
    let number = numbers.get_mut(id).ok_or_else(|| missing(request, id))?;
    if let Some(pin) = whole.child("pin") {
        number.pin = Some(registration::pin(&pin)?);
        number.registration.forget_guesses();
        return Ok(super::success());
    }
    if let Some(webhook) = whole.child("webhook_configuration") {
        let url = webhook.may_text("override_callback_uri", 2000)?.unwrap_or("");
        number.webhook = statuses::address(url)?;
        return Ok(super::success());
    }
    Err(Refusal::parameter("The parameter pin is required."))
}

/// For `GET /_control/meta/numbers`, with what only the simulator knows.
pub fn shown(sim: &Sim) -> Value {
    let numbers = locked(&sim.meta.numbers);
    let rows = numbers.0.iter().map(|n| {
        json!({ "id": n.id, "number": n.number, "verified": n.verified, "registered": n.registered, "pin": n.pin,
            "verified_name": n.verified_name, "code": n.registration.code(), "test": n.test })
    });
    json!({ "numbers": rows.collect::<Vec<_>>() })
}
