//! Making, changing and deleting templates.
//!
//! Nothing is ever sent again by itself: where the answer is lost, the error
//! says so and how to look.

use super::definition;
use super::held::{Held, is_id};
use crate::message::catalogue::clipped;
use crate::message::{Error, Result, Status};
use crate::provider::action::{DeleteTemplate, Done, TemplateDefinition};
use crate::provider::http::{Fault, Reply};
use crate::provider::meta::graph::{Body, Token};
use crate::provider::meta::{Meta, answer};
use crate::provider::template_check::needed;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Something that Meta did.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Answered {
    id: Value,
    status: Value,
    category: Value,
    success: Value,
}

impl Meta {
    pub(in super::super) async fn create_template(&self, definition: &TemplateDefinition) -> Result<Done> {
        let body = definition::new(definition)?;
        let path = format!("{}/message_templates", self.business_account);
        let name = body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let result = self.change_templates(Method::POST, &path, &[], Some(&body)).await;
        self.forget_template(&name);
        let answered = result?;
        // Read as a list would give it.
        let mut made = body;
        for (key, value) in
            [("id", answered.id), ("status", answered.status), ("category", answered.category)]
        {
            if !value.is_null() {
                made.insert(key.to_owned(), value);
            }
        }
        let held = Held::read(Value::Object(made)).ok_or_else(|| unclear("the answer holds no id"))?;
        Ok(Done::Template(Box::new(held.shown())))
    }

    pub(in super::super) async fn edit_template(
        &self,
        id: &str,
        definition: &TemplateDefinition,
    ) -> Result<Done> {
        if !is_id(id) {
            return Err(not_an_id("id"));
        }
        let body = definition::change(definition)?;
        let result = self.change_templates(Method::POST, id, &[], Some(&body)).await;
        // Its name is not known here.
        self.known_templates.forget_all();
        succeeded(&result?)
    }

    pub(in super::super) async fn delete_template(&self, template: &DeleteTemplate) -> Result<Done> {
        needed("name", Some(&template.name))?;
        let mut query = vec![("name", template.name.as_str())];
        if let Some(id) = &template.id {
            if !is_id(id) {
                return Err(not_an_id("options_json.template_id"));
            }
            query.push(("hsm_id", id));
        }
        let path = format!("{}/message_templates", self.business_account);
        let result = self.change_templates(Method::DELETE, &path, &query, None).await;
        self.forget_template(&template.name);
        succeeded(&result?)
    }

    async fn change_templates(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Map<String, Value>>,
    ) -> Result<Answered> {
        let url = self.graph.url(path, query)?;
        let token = self.graph.token();
        let value = body.map(|body| Value::Object(body.clone()));
        let body = value.as_ref().map_or(Body::Nothing, Body::Json);
        match self.graph.exchange(method, url, &token, body).await {
            Ok(reply) => answered(&reply, &token),
            Err(Fault::Ambiguous(why)) => Err(unclear(&why)),
            Err(fault) => Err(answer::of_fault(fault).error),
        }
    }
}

fn not_an_id(argument: &str) -> Box<Error> {
    let message = format!("{argument} must be the id of a template: digits only.");
    Error::about(Status::Argument, argument, message).hint("wa_template_list shows the ids.")
}

/// Whether it was done is not known.
fn unclear(why: &str) -> Box<Error> {
    Error::new(
        Status::Network,
        format!("It is not known whether Meta changed the template: {}.", clipped(why)),
    )
    .hint("wa_template_get with refresh shows it. Ask again only if it was not changed.")
}

fn answered(reply: &Reply, token: &Token) -> Result<Answered> {
    let harmless = |text: &str| token.is_harmless(text);
    match answer::of_question(reply, &harmless) {
        Ok(answered) => Ok(answered),
        Err(_) if (200..=299).contains(&reply.status) => {
            Err(unclear(reply.cut.as_deref().unwrap_or("the answer is not the JSON that is expected")))
        }
        Err(refusal) => Err(with_reason(refusal.error, reply, &harmless)),
    }
}

/// Why a template is not taken stands in words that Meta has written for
/// people: which part is at fault.
fn with_reason(mut error: Box<Error>, reply: &Reply, harmless: &dyn Fn(&str) -> bool) -> Box<Error> {
    #[derive(Deserialize)]
    struct Body {
        error: Value,
    }
    let Ok(Body { error: said }) = serde_json::from_slice(&reply.body) else { return error };
    let details = said.get("error_data").and_then(|data| data.get("details").or(Some(data)));
    let reason = [said.get("error_user_msg"), details]
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(clipped)
        .find(|text| !text.is_empty() && harmless(text));
    if let Some(reason) = reason
        && !error.message.contains(&reason)
    {
        error.message = format!("{} Meta says: \"{reason}\"", error.message);
    }
    error
}

fn succeeded(answered: &Answered) -> Result<Done> {
    if answered.success == true {
        return Ok(Done::SUCCESS);
    }
    Err(unclear("the answer does not say that it was done"))
}

/// Reads an answer to a change, as the calls do: for tests with bytes of any
/// kind.
#[cfg(any(test, feature = "fuzzing"))]
pub fn read_change(status: u16, body: &[u8]) -> Result<Done> {
    let token = Token::new(crate::settings::Secret::new("canary+4711/secret=".to_owned()))?;
    let reply = Reply { status, headers: reqwest::header::HeaderMap::new(), body: body.to_vec(), cut: None };
    succeeded(&answered(&reply, &token)?)
}

#[cfg(test)]
mod tests;
