//! The business account, the app, the token's user, and which app hears of the account.

use serde_json::{Value, json};

use super::errors::Checked;
use super::shape::Node;
use super::{ids, pages, statuses};
use crate::chance::locked;
use crate::exchange::{Answer, Request};
use crate::sim::Sim;

const LINK: &str = "https://www.facebook.com/games/?app_id=300000000000001";

/// Whether the app hears of the account, and where.
pub struct Subscription {
    pub on: bool,
    pub webhook: Option<String>,
}

impl Default for Subscription {
    fn default() -> Self {
        Self { on: true, webhook: None }
    }
}

/// `GET /{WABA}`
pub fn business(sim: &Sim, request: &Request) -> Checked<Answer> {
    let query = request.query();
    let all = json!({
        "id": ids::WABA, "name": "Simulated Business", "timezone_id": "1", "currency": "EUR", "country": "DE",
        "message_template_namespace": "0198c0de_0000_4000_8000_000000000001", "account_review_status": "APPROVED",
        "business_verification_status": "verified", "ownership_type": "SELF", "status": "ACTIVE",
        "on_behalf_of_business_info": null, "owner_business_info": null, "primary_business_location": null,
        "health_status": null, "is_enabled_for_insights": true, "marketing_messages_lite_api_status": null,
        "marketing_messages_onboarding_status": null, "is_shared_with_partners": false,
        "disable_marketing_messages_on_cloud_api": false,
        "subscribed_apps": { "data": apps(&locked(&sim.meta.subscription)) },
    });
    let usual = ["id", "name", "timezone_id", "message_template_namespace"];
    let fields = query.filled("fields").map(pages::fields);
    Ok(super::json(200, &pages::pick(&all, fields.as_deref().unwrap_or(&usual), "WhatsAppBusinessAccount")?))
}

/// `GET /app`, `GET /{app}`
pub fn app() -> Answer {
    super::json(
        200,
        &json!({ "category": "Business", "link": LINK,
            "name": "Simulated app", "id": ids::APP }),
    )
}

/// `GET /me`
pub fn user() -> Answer {
    super::json(200, &json!({ "name": "Simulated system user", "id": ids::USER }))
}

/// `/{WABA}/subscribed_apps`
pub fn subscriptions(sim: &Sim, request: &Request) -> Checked<Answer> {
    let mut subscription = locked(&sim.meta.subscription);
    match request.method.as_str() {
        "POST" => {
            let body = super::body_or_form(request)?;
            let url = Node::new("", &body).may_text("override_callback_uri", 2000)?.unwrap_or("").to_owned();
            *subscription = Subscription { on: true, webhook: statuses::address(&url)? };
            Ok(super::success())
        }
        "DELETE" => {
            *subscription = Subscription { on: false, webhook: None };
            Ok(super::success())
        }
        _ => Ok(super::json(200, &json!({ "data": apps(&subscription) }))),
    }
}

/// The apps that hear of the account: ours, if it does.
fn apps(subscription: &Subscription) -> Vec<Value> {
    let app = json!({ "link": LINK, "name": "Simulated app", "id": ids::APP });
    let mut row = json!({ "whatsapp_business_api_data": app });
    if let Some(url) = &subscription.webhook {
        row["override_callback_uri"] = url.clone().into();
    }
    if subscription.on { vec![row] } else { vec![] }
}
