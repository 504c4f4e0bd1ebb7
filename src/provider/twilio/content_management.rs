//! Content templates for hosts: list, get, make, change, delete, and WhatsApp's
//! approval.

use super::answer::is_content_sid;
use super::approval::{Approval, UNKNOWN, UNSUBMITTED};
use super::content_template::{self, ContentTemplate};
use super::interactive_contents::is_interactive_content;
use super::{NOT_FOUND, Twilio, answer, content_types, under};
use crate::message::catalogue::clipped;
use crate::message::{Error, Result, Status};
use crate::provider::Refusal;
use crate::provider::action::{
    DeleteTemplate, Done, SubmitTemplate, Template, TemplateDefinition, TemplateList, TemplateQuery,
};
use crate::provider::answer_cache::{FRESH, FRESH_FAILURE};
use crate::provider::http::{Fault, Reply};
use crate::provider::paging;
use crate::provider::template_rules::{self, needed, same_language};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

/// The most templates of a page.
const PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 500;
/// The most pages that are read for one page of what is wanted: Twilio filters
/// nothing.
const MOST_PAGES: usize = 20;

#[derive(Deserialize)]
struct Page {
    contents: Vec<Value>,
    #[serde(default)]
    meta: Value,
}

impl Page {
    /// The templates with their approvals, where the list has them; and the
    /// cursor of the next page: what its address asks, without the address.
    fn read(self) -> (Vec<(ContentTemplate, Option<Approval>)>, Option<String>) {
        let next = self.meta.get("next_page_url").and_then(Value::as_str);
        let next = next.and_then(|next| next.split_once('?')).map(|(_, query)| query);
        let next = paging::cursor(next).ok().flatten().map(str::to_owned);
        let templates = self.contents.into_iter().filter_map(|value| {
            let approval = value.get("approval_requests").and_then(Approval::read);
            Some((ContentTemplate::read(value)?, approval))
        });
        (templates.collect(), next)
    }
}

impl Twilio {
    pub(super) async fn list_templates(&self, query: &TemplateQuery) -> Result<Done> {
        let limit = paging::limit("query_json.limit", query.limit.unwrap_or(PAGE), LARGEST_PAGE)?;
        let mut cursor = paging::cursor(query.cursor.as_deref())?.map(str::to_owned);
        if let Some(category) = &query.category {
            template_rules::category("query_json.category", category)?;
        }
        if query.refresh {
            self.templates_by_name.forget_all();
            self.approvals.forget_all();
        }
        let mut templates = Vec::new();
        for _ in 0..MOST_PAGES {
            let (read, next) = self.page(limit, cursor.as_deref()).await?;
            for (stored, approval) in
                read.into_iter().filter(|(stored, _)| !is_interactive_content(&stored.name))
            {
                let template = self.with_approval(&stored, approval);
                if fits(&template, query) {
                    templates.push(template);
                }
            }
            let is_the_last = next.is_none() || next == cursor;
            cursor = next;
            if is_the_last {
                cursor = None;
                break;
            }
            if !templates.is_empty() {
                break;
            }
        }
        Ok(Done::Templates(TemplateList { templates, next: cursor }))
    }

    /// The template as it is shown, and its approval remembered.
    fn with_approval(&self, stored: &ContentTemplate, approval: Option<Approval>) -> Template {
        let mut template = content_types::shown(stored);
        match approval {
            Some(approval) => {
                approval.put_into(&mut template);
                self.approvals.put(&stored.sid, approval);
            }
            None => template.status = UNKNOWN.to_owned(),
        }
        template
    }

    /// One page of the list with approvals, or of the plain one where there is
    /// no other.
    async fn page(
        &self,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<(Vec<(ContentTemplate, Option<Approval>)>, Option<String>)> {
        let at = |mut url: Url| {
            match cursor {
                Some(cursor) => url.set_query(Some(cursor)),
                None => drop(url.query_pairs_mut().append_pair("PageSize", &limit.to_string())),
            }
            url
        };
        let login = self.login();
        let harmless = |text: &str| login.is_harmless(text);
        let with_approvals = self.beside_contents("ContentAndApprovals");
        let mut reply = self.ask(at(with_approvals), &login).await.map_err(error)?;
        if reply.status == 404 {
            reply = self.ask(at(self.contents.clone()), &login).await.map_err(error)?;
        }
        answer::of_question(&reply, &harmless).map(Page::read).map_err(error)
    }

    /// A neighbour of `/v1/Content`.
    fn beside_contents(&self, name: &str) -> Url {
        let mut url = self.contents.clone();
        let path = url.path().rsplit_once('/').map(|(parent, _)| format!("{parent}/{name}"));
        url.set_path(&path.unwrap_or_default());
        url
    }

    pub(super) async fn get_template(
        &self,
        name: &str,
        language: Option<&str>,
        refresh: bool,
    ) -> Result<Done> {
        let within = if refresh { Duration::ZERO } else { FRESH };
        let stored = self.the_one("name", name, language, within).await?;
        let approval =
            self.approvals.get_or_ask(&stored.sid, within, self.ask_for_approval(&stored.sid)).await;
        let mut template = content_types::shown(&stored);
        approval.map_err(error)?.put_into(&mut template);
        Ok(Done::Template(Box::new(template)))
    }

    /// The only template of a name, or the one of a SID.
    async fn the_one(
        &self,
        argument: &str,
        name: &str,
        language: Option<&str>,
        within: Duration,
    ) -> Result<ContentTemplate> {
        needed(argument, Some(name))?;
        let named = |mut error: Box<Error>| {
            error.argument = match error.argument.as_deref() {
                Some("language") => Some("options_json.language".to_owned()),
                _ => Some(argument.to_owned()),
            };
            error
        };
        let found =
            self.templates_by_name.get_or_ask(name, within, self.find(name)).await.map_err(|refusal| {
                let about_it = refusal.error.argument.is_some();
                if about_it { named(refusal.error) } else { refusal.error }
            })?;
        content_template::the_one(&found, name, language).cloned().map_err(named)
    }

    pub(super) async fn create_template(&self, definition: &TemplateDefinition) -> Result<Done> {
        let body = content_types::body(definition, false)?;
        let result = self.change_content(None, Method::POST, self.contents.clone(), Some(body.into())).await;
        if let Some(name) = &definition.name {
            self.templates_by_name.forget(name);
        }
        written(result?, UNSUBMITTED)
    }

    pub(super) async fn edit_template(&self, id: &str, definition: &TemplateDefinition) -> Result<Done> {
        if !is_content_sid(id) {
            return Err(not_a_sid("id"));
        }
        let body = content_types::body(definition, true)?;
        let url = under(&self.contents, id);
        let result = self.change_content(Some("id"), Method::PUT, url, Some(body.into())).await;
        // Its name may be remembered too.
        self.templates_by_name.forget_all();
        self.approvals.forget(id);
        written(result?, UNKNOWN)
    }

    pub(super) async fn delete_template(&self, template: &DeleteTemplate) -> Result<Done> {
        let argument = if template.id.is_some() { "options_json.template_id" } else { "name" };
        let sid = match &template.id {
            Some(id) if !is_content_sid(id) => return Err(not_a_sid(argument)),
            Some(id) => id.clone(),
            None if is_content_sid(&template.name) => template.name.clone(),
            None => self.the_one(argument, &template.name, None, FRESH_FAILURE).await?.sid,
        };
        let url = under(&self.contents, &sid);
        let result = self.change_content(Some(argument), Method::DELETE, url, None).await;
        self.templates_by_name.forget_all();
        self.approvals.forget(&sid);
        result.map(|_| Done::SUCCESS)
    }

    pub(super) async fn submit_template(&self, wish: &SubmitTemplate) -> Result<Done> {
        let category = needed("options_json.category", wish.category.as_deref())?;
        let category = template_rules::category("options_json.category", category)?;
        if let Some(name) = &wish.name {
            template_rules::name("options_json.name", name)?;
        }
        let stored = self.the_one("id", &wish.id, None, FRESH).await?;
        let name = match &wish.name {
            Some(name) => name,
            None => {
                template_rules::name("options_json.name", &stored.name).map_err(|error| {
                    error.hint("The template's own name at Twilio cannot be used at WhatsApp; give options_json.name.")
                })?;
                &stored.name
            }
        };
        let url = under(&self.contents, &format!("{}/ApprovalRequests/whatsapp", stored.sid));
        let body = json!({"name": name, "category": category.to_ascii_uppercase()});
        let result = self.change_content(Some("id"), Method::POST, url, Some(body)).await;
        self.approvals.forget(&stored.sid);
        let approval = Approval::read(&result?).ok_or_else(|| unclear("the answer holds no status", None))?;
        let mut template = content_types::shown(&stored);
        approval.put_into(&mut template);
        if template.category.is_none() {
            template.category = Some(category.to_owned());
        }
        Ok(Done::Template(Box::new(template)))
    }

    /// Has something changed. Never repeated by itself. `argument` names the
    /// template, where there is one already.
    async fn change_content(
        &self,
        argument: Option<&str>,
        method: Method,
        url: Url,
        body: Option<Value>,
    ) -> Result<Value> {
        let login = self.login();
        let json = body.map(|body| body.to_string());
        match self.http.request(method, url, login.header.clone(), json).await {
            Ok(reply) => changed(&reply, argument, &|text| login.is_harmless(text)),
            Err(Fault::Ambiguous(why)) => Err(unclear(&why, None)),
            Err(fault) => Err(answer::of_fault(fault).error),
        }
    }
}

/// The answer to a change; null where there is none to give.
fn changed(reply: &Reply, argument: Option<&str>, harmless: &dyn Fn(&str) -> bool) -> Result<Value> {
    if reply.status == 204 {
        return Ok(Value::Null);
    }
    if let Some(argument) = argument
        && answer::code_of(reply) == Some(NOT_FOUND)
    {
        return Err(Error::about(Status::Template, argument, "Twilio does not know this template.")
            .hint("wa_template_list shows the SIDs."));
    }
    match answer::of_question(reply, harmless) {
        Ok(value) => Ok(value),
        Err(refusal) => Err(match answer::open(reply) {
            Some(why) => unclear(&why, Some(reply.status)),
            None => with_reason(refusal.error, reply, harmless),
        }),
    }
}

/// Which part of a template Twilio does not take stands in its own words.
fn with_reason(mut error: Box<Error>, reply: &Reply, harmless: &dyn Fn(&str) -> bool) -> Box<Error> {
    let said = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default();
    let reason = clipped(said.get("message").and_then(Value::as_str).unwrap_or_default());
    if !reason.is_empty() && harmless(&reason) && !error.message.contains(&reason) {
        error.message = format!("{} Twilio says: \"{reason}\"", error.message);
    }
    error
}

/// A template that was just made, or changed.
fn written(value: Value, status: &str) -> Result<Done> {
    let stored = ContentTemplate::read(value).ok_or_else(|| unclear("the answer holds no SID", None))?;
    let mut template = content_types::shown(&stored);
    template.status = status.to_owned();
    Ok(Done::Template(Box::new(template)))
}

/// Whether it was done is not known.
fn unclear(why: &str, status: Option<u16>) -> Box<Error> {
    let mut error = Error::new(
        Status::Network,
        format!("It is not known whether Twilio changed the template: {}.", clipped(why)),
    )
    .hint("wa_template_get with refresh shows it. Ask again only if it was not changed.");
    // A loop would make a second one.
    error.retryable = false;
    error.http_status = status;
    error
}

fn not_a_sid(argument: &str) -> Box<Error> {
    let message = format!("{argument} must be the SID of a template: HX and 32 hexadecimal digits.");
    Error::about(Status::Argument, argument, message).hint("wa_template_list shows the SIDs.")
}

fn error(refusal: Refusal) -> Box<Error> {
    refusal.error
}

/// Twilio lists everything; what is wanted is picked here.
fn fits(template: &Template, query: &TemplateQuery) -> bool {
    let same = |wanted: &Option<String>, found: &str| {
        wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(found))
    };
    query.name.as_ref().is_none_or(|name| template.name.contains(name.as_str()))
        && query.language.as_ref().is_none_or(|language| same_language(&template.language, language))
        && same(&query.status, &template.status)
        && (query.category.is_none()
            || same(&query.category, template.category.as_deref().unwrap_or_default()))
}

/// Reads answers about templates as the calls do: for tests with bytes of any
/// kind. Gives the templates, and the cursor.
#[cfg(any(test, feature = "fuzzing"))]
pub fn read_page(body: &[u8]) -> Option<(Vec<Template>, Option<String>)> {
    let reply =
        |status| Reply { status, headers: reqwest::header::HeaderMap::new(), body: body.to_vec(), cut: None };
    for status in [200, 400] {
        if let Ok(value) = changed(&reply(status), Some("id"), &|_| true) {
            let _ = (Approval::read(&value), written(value, UNKNOWN));
        }
    }
    let page: Page = answer::of_question(&reply(200), &|_| true).ok()?;
    let (read, next) = page.read();
    let shown = read.iter().map(|(stored, approval)| {
        let mut template = content_types::shown(stored);
        if let Some(approval) = approval {
            approval.put_into(&mut template);
        }
        template
    });
    Some((shown.collect(), next))
}

#[cfg(test)]
mod tests;
