//! Message templates: what is kept, its review, list, show, create, edit, delete.

use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::{Checked, Refusal};
use super::{ids, pages, template_rules, template_seeds};
use crate::chance::locked;
use crate::exchange::{Answer, Request};
use crate::sim::Sim;

pub const STATUSES: [&str; 8] = [
    "APPROVED",
    "PENDING",
    "REJECTED",
    "PAUSED",
    "DISABLED",
    "IN_APPEAL",
    "PENDING_DELETION",
    "LIMIT_EXCEEDED",
];

#[derive(Clone)]
pub struct Template {
    pub id: String,
    pub name: String,
    pub language: String,
    pub category: String,
    pub components: Vec<Value>,
    /// Its variables have names, not numbers.
    pub named: bool,
    pub(super) status: String,
    /// What the review will say, and when (microseconds since the start).
    pub(super) review: Option<(u64, String)>,
}

impl Template {
    pub fn new(name: &str, language: &str, category: &str, components: Vec<Value>, status: &str) -> Self {
        let named = template_rules::has_names(&components);
        Self {
            id: ids::fresh(),
            name: name.to_owned(),
            language: language.to_owned(),
            category: category.to_owned(),
            components,
            named,
            status: status.to_owned(),
            review: None,
        }
    }

    pub fn status(&self, now: u64) -> &str {
        match &self.review {
            Some((at, verdict)) if *at <= now => verdict,
            _ => &self.status,
        }
    }

    fn set_status(&mut self, status: &str) {
        self.status = status.to_owned();
        self.review = None;
    }

    /// Pending now; names that contain `reject` or `pause` end so, all others are approved.
    fn submit(&mut self, at: u64) {
        let verdict = if self.name.contains("reject") {
            "REJECTED"
        } else if self.name.contains("pause") {
            "PAUSED"
        } else {
            "APPROVED"
        };
        self.status = "PENDING".to_owned();
        self.review = Some((at, verdict.to_owned()));
    }

    fn to_json(&self, now: u64, fields: Option<&[&str]>) -> Checked<Value> {
        let status = self.status(now);
        let all = json!({
            "id": self.id, "name": self.name, "language": self.language, "status": status, "category": self.category,
            "components": self.components,
            "parameter_format": if self.named { "NAMED" } else { "POSITIONAL" },
            "quality_score": { "score": "UNKNOWN", "date": 0 },
            "rejected_reason": if status == "REJECTED" { "INVALID_FORMAT" } else { "NONE" },
            "sub_category": "CUSTOM", "previous_category": null, "library_template_name": "",
            "correct_category": self.category, "cta_url_link_tracking_opted_out": false,
            "message_send_ttl_seconds": 0, "degrees_of_freedom_spec": null, "creative_sourcing_spec": null,
            "is_primary_device_delivery_only": null, "rejection_info": null, "bid_spec": null, "archived": null,
        });
        let usual =
            ["name", "parameter_format", "components", "language", "status", "category", "sub_category"];
        pages::pick(&all, fields.unwrap_or(&usual), "WhatsAppMessageTemplate")
    }
}

pub struct Templates(Vec<Template>);

impl Templates {
    pub fn seeded() -> Self {
        Self(template_seeds::all())
    }

    pub fn find(&self, name: &str, language: &str) -> Option<&Template> {
        self.0.iter().find(|t| t.name == name && t.language == language)
    }

    pub fn has_id(&self, id: &str) -> bool {
        self.0.iter().any(|t| t.id == id)
    }
}

/// `GET /{WABA}/message_templates`
pub fn list(sim: &Sim, request: &Request) -> Checked<Answer> {
    let query = request.query();
    let now = sim.clock.now();
    let fields = query.filled("fields").map(|f| pages::fields(f));
    let same = |name: &str, value: &str| query.filled(name).is_none_or(|v| v.eq_ignore_ascii_case(value));
    let templates = locked(&sim.meta.templates);
    let rows = templates
        .0
        .iter()
        // as Graph does: a part of the name is enough
        .filter(|t| query.filled("name").is_none_or(|n| t.name.contains(n)))
        .filter(|t| {
            same("language", &t.language) && same("category", &t.category) && same("status", t.status(now))
        })
        .map(|t| Ok((t.id.clone(), t.to_json(now, fields.as_deref())?)))
        .collect::<Checked<Vec<_>>>()?;
    let mut page = pages::page(request, &rows, 25)?;
    if query.filled("summary").is_some() {
        page["summary"] = json!({
            "total_count": rows.len(), "message_template_count": templates.0.len(), "message_template_limit": 6000,
            "are_translations_complete": true,
        });
    }
    Ok(super::json(200, &page))
}

/// `GET /{template}`
pub fn fetch(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let query = request.query();
    let fields = query.filled("fields").map(|f| pages::fields(f));
    let templates = locked(&sim.meta.templates);
    let Some(template) = templates.0.iter().find(|t| t.id == id) else {
        return Err(Refusal::no_object("GET", id));
    };
    Ok(super::json(200, &template.to_json(sim.clock.now(), fields.as_deref())?))
}

/// `POST /{WABA}/message_templates`
pub fn create(sim: &Sim, request: &Request) -> Checked<Answer> {
    let body = super::body(request)?;
    let mut template = template_rules::check(&body)?;
    let now = sim.clock.now();
    template.submit(now + 1000 * sim.kindness().template_review_ms);
    let mut templates = locked(&sim.meta.templates);
    if templates.find(&template.name, &template.language).is_some() {
        return Err(Refusal::parameter("Invalid parameter").subcode(2_388_024).details(format!(
            "Content in this language already exists: there is already {} content for this template",
            template.language
        )));
    }
    let shown = json!({ "id": template.id, "status": "PENDING", "category": template.category });
    templates.0.push(template);
    Ok(super::json(200, &shown))
}

/// `POST /{template}`: other components or another category; it is reviewed again.
pub fn edit(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let body = super::body(request)?;
    let now = sim.clock.now();
    let review = now + 1000 * sim.kindness().template_review_ms;
    let mut templates = locked(&sim.meta.templates);
    let Some(template) = templates.0.iter_mut().find(|t| t.id == id) else {
        return Err(Refusal::no_object("POST", id));
    };
    if !["APPROVED", "REJECTED", "PAUSED"].contains(&template.status(now)) {
        return Err(Refusal::parameter("Invalid parameter")
            .subcode(2_388_025)
            .details("Only approved, rejected or paused templates can be edited".to_owned()));
    }
    if body.get("components").is_none() && body.get("category").is_none() {
        return Err(Refusal::parameter("The parameter components is required"));
    }
    let mut wanted = json!({
        "name": template.name, "language": template.language, "category": template.category,
        "components": template.components,
    });
    for key in ["category", "components"] {
        if let Some(value) = body.get(key) {
            wanted[key] = value.clone();
        }
    }
    let checked = template_rules::check(&wanted)?;
    *template = Template { id: template.id.clone(), ..checked };
    template.submit(review);
    Ok(super::json(
        200,
        &json!({ "success": true, "id": template.id, "name": template.name, "category": template.category }),
    ))
}

/// `DELETE /{WABA}/message_templates?name=[&hsm_id=]`: one of an id, or all languages of a name.
pub fn delete(sim: &Sim, request: &Request) -> Checked<Answer> {
    let query = request.query();
    let Some(name) = query.filled("name") else {
        return Err(Refusal::parameter("The parameter name is required"));
    };
    let id = query.filled("hsm_id");
    let mut templates = locked(&sim.meta.templates);
    let before = templates.0.len();
    templates.0.retain(|t| t.name != name || id.is_some_and(|i| i != t.id));
    if templates.0.len() == before {
        return Err(Refusal::parameter("Invalid parameter")
            .subcode(2_593_002)
            .details(format!("Message template wasn't found: {name}")));
    }
    Ok(super::success())
}

/// The body of `POST /_control/meta/templates`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    name: String,
    #[serde(default = "english")]
    language: String,
    status: Option<String>,
    /// Makes it, or replaces it.
    components: Option<Vec<Value>>,
    category: Option<String>,
}

fn english() -> String {
    "en_US".to_owned()
}

pub fn control(sim: &Sim, wanted: Control) -> Answer {
    if let Some(status) = &wanted.status
        && !STATUSES.contains(&status.as_str())
    {
        return crate::control::refused(&format!("status is one of {STATUSES:?}"));
    }
    let mut templates = locked(&sim.meta.templates);
    let place = templates.0.iter().position(|t| t.name == wanted.name && t.language == wanted.language);
    let place = match (place, wanted.components) {
        (Some(place), None) => place,
        (None, None) => {
            return crate::control::refused("there is no such template; with components it is made");
        }
        (place, Some(components)) => {
            let category = wanted.category.as_deref().unwrap_or("UTILITY");
            let new = Template::new(&wanted.name, &wanted.language, category, components, "APPROVED");
            let place = place.unwrap_or(templates.0.len());
            match templates.0.get_mut(place) {
                Some(old) => *old = Template { id: old.id.clone(), ..new },
                None => templates.0.push(new),
            }
            place
        }
    };
    let Some(template) = templates.0.get_mut(place) else {
        return crate::control::refused("there is no such template");
    };
    if let Some(status) = &wanted.status {
        template.set_status(status);
    }
    match template.to_json(sim.clock.now(), None) {
        Ok(shown) => Answer::json(200, &shown),
        Err(_) => crate::control::refused("it cannot be shown"),
    }
}
