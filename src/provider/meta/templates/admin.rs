//! Making, changing and deleting templates.
//!
//! Nothing is ever sent again by itself: where the answer is lost, the error
//! says so and how to look.

use super::definition;
use super::stored_template::{StoredTemplate, is_id};
use crate::message::{Error, Result, Status};
use crate::provider::action::{DeleteTemplate, Done, Progress, TemplateDefinition};
use crate::provider::meta::Meta;
use crate::provider::meta::call::{Change, Refused};
use crate::provider::template_rules::needed;
use reqwest::Method;
use serde_json::{Map, Value};

impl Meta {
    pub(in super::super) async fn create_template(
        &self,
        definition: &TemplateDefinition,
        progress: &Progress,
    ) -> Result<Done> {
        // Nothing is uploaded for what would be refused.
        definition::new(definition)?;
        let definition = self.with_uploaded_sample(definition, progress).await?;
        let body = definition::new(&definition)?;
        let path = format!("{}/message_templates", self.business_account);
        let name = body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let change = Change {
            look: "Make it again only if wa_template_list does not show it.",
            ..change_of(Method::POST, &path, &[], Some(body.clone()))
        };
        let result = self.graph.change(&change).await;
        self.forget_template(&name);
        let answered = result.map_err(|refused| self.about_the_account(refused)).map_err(with_reason)?;
        // Read as a list would give it.
        let mut made = body;
        for key in ["id", "status", "category"] {
            if let Some(value) = answered.get(key).filter(|value| !value.is_null()) {
                made.insert(key.to_owned(), value.clone());
            }
        }
        let stored = StoredTemplate::read(Value::Object(made))
            .ok_or_else(|| change.open("the answer holds no id", None));
        Ok(Done::Template(Box::new(stored?.shown())))
    }

    pub(in super::super) async fn edit_template(
        &self,
        id: &str,
        definition: &TemplateDefinition,
        progress: &Progress,
    ) -> Result<Done> {
        if !is_id(id) {
            return Err(not_an_id("id"));
        }
        definition::change(definition)?;
        let definition = self.with_uploaded_sample(definition, progress).await?;
        let body = definition::change(&definition)?;
        let change = change_of(Method::POST, id, &[], Some(body));
        let result = self.graph.change_and_see(&change).await;
        // Its name is not known here.
        self.templates_by_name.forget_all();
        result.map(|()| Done::SUCCESS).map_err(with_reason)
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
        let change = Change {
            look: "wa_template_list shows whether it is still there.",
            ..change_of(Method::DELETE, &path, &query, None)
        };
        let result = self.graph.change_and_see(&change).await;
        self.forget_template(&template.name);
        result.map(|()| Done::SUCCESS).map_err(|refused| self.about_the_account(refused)).map_err(with_reason)
    }
}

fn not_an_id(argument: &str) -> Box<Error> {
    let message = format!("{argument} must be the id of a template: digits only.");
    Error::about(Status::Argument, argument, message).hint("wa_template_list shows the ids.")
}

/// A change of a template. Nothing of it may be done twice unseen: a template
/// that is there already, or gone already, is refused.
fn change_of<'a>(
    method: Method,
    path: &'a str,
    query: &'a [(&'a str, &'a str)],
    body: Option<Map<String, Value>>,
) -> Change<'a> {
    Change {
        method,
        path,
        query,
        body: body.map(Value::Object),
        secret: None,
        look: "wa_template_get with refresh shows it. Ask again only if it was not changed.",
        repeatable: false,
    }
}

/// Why a template is not taken stands in words that Meta has written for
/// people: which part is at fault.
fn with_reason(refused: Refused) -> Box<Error> {
    let Refused { mut error, for_people: reason, .. } = refused;
    if let Some(reason) = reason
        && !error.message.contains(&reason)
    {
        error.message = format!("{} Meta says: \"{reason}\"", error.message);
    }
    error
}

/// Reads an answer to a change, as the calls do: for tests with bytes of any
/// kind.
#[cfg(any(test, feature = "fuzzing"))]
pub fn read_change(status: u16, body: &[u8]) -> Result<Done> {
    use crate::provider::http::Reply;
    use crate::provider::meta::graph::Token;
    let token = Token::new(crate::ground::Secret::new("canary+4711/secret=".to_owned()))?;
    let reply = Reply { status, headers: reqwest::header::HeaderMap::new(), body: body.to_vec(), cut: None };
    let change = change_of(Method::POST, "1", &[], None);
    let answered = change.read(&reply, &token).map_err(with_reason)?;
    change.see(&answered).map(|()| Done::SUCCESS).map_err(with_reason)
}

#[cfg(test)]
mod tests;
