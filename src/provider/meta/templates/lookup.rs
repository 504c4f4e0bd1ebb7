//! Asking Meta for templates, page by page.

use super::pick;
use super::stored_template::{StoredTemplate, is_id};
use crate::message::Result;
use crate::provider::Refusal;
use crate::provider::action::{Done, TemplateList, TemplateQuery};
use crate::provider::answer_cache::FRESH;
use crate::provider::fault;
use crate::provider::http::{MOST_BODY, Reply};
use crate::provider::meta::graph::Body;
use crate::provider::meta::{Meta, answer};
use crate::provider::paging;
use crate::provider::template_rules::{self, written_language};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// What is read of a template. Fields that older versions of the API do not
/// have are not asked for.
const FIELDS: &str = "id,name,language,status,category,rejected_reason,components";
/// The templates of a page.
const PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 500;
/// The most pages that are read for one name.
const MOST_PAGES: usize = 20;
/// The longest cursor.
const LONGEST_CURSOR: usize = 4000;
/// Meta's codes for what is not there.
const MISSING: [u64; 2] = [100, 803];

/// What is known under a name.
#[derive(Debug)]
pub enum TemplatesOfName {
    /// The templates of this name, one for each language.
    Templates(Vec<StoredTemplate>),
    /// The token may not look.
    Forbidden(Refusal),
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Page {
    data: Vec<Value>,
    paging: Value,
}

impl Page {
    /// Where the next page begins. Meta gives a cursor on the last page too;
    /// the address beside it tells whether there is more, and is not followed:
    /// the token goes to our own address only.
    fn next(&self) -> Option<String> {
        self.paging.get("next").filter(|next| next.is_string())?;
        let cursor = self.paging.get("cursors")?.get("after")?.as_str()?;
        (1..=LONGEST_CURSOR).contains(&cursor.len()).then(|| cursor.to_owned())
    }
}

/// An answer that is no page.
enum NoPage {
    Forbidden(Refusal),
    Refused(Refusal),
}

impl Meta {
    /// The templates of a name.
    pub(super) async fn ask_for(&self, name: &str) -> Result<TemplatesOfName, Refusal> {
        let mut found = Vec::new();
        let mut after = None;
        for _ in 0..MOST_PAGES {
            let page = match self.page(&[("name", name)], PAGE, after.as_deref()).await {
                Ok(page) => page,
                Err(NoPage::Forbidden(refusal)) => return Ok(TemplatesOfName::Forbidden(refusal)),
                Err(NoPage::Refused(refusal)) => return Err(refusal),
            };
            let next = page.next();
            // Meta gives all whose names hold this one.
            found.extend(
                page.data.into_iter().filter_map(StoredTemplate::read).filter(|stored| stored.name == name),
            );
            match next {
                // A cursor that leads to itself would lead nowhere else.
                Some(next) if after.as_ref() != Some(&next) => after = Some(next),
                _ => return Ok(TemplatesOfName::Templates(found)),
            }
        }
        Ok(TemplatesOfName::Templates(found))
    }

    /// One page, of fewer templates where so many are more than is read.
    async fn page(&self, filters: &[(&str, &str)], limit: u32, after: Option<&str>) -> Result<Page, NoPage> {
        let path = format!("{}/message_templates", self.business_account);
        let mut limit = limit;
        loop {
            let size = limit.to_string();
            let mut query = vec![("fields", FIELDS), ("limit", size.as_str())];
            query.extend(filters);
            query.extend(after.map(|after| ("after", after)));
            let refused = |error| NoPage::Refused(fault::refusal(error));
            let url = self.graph.url(&path, &query).map_err(refused)?;
            let token = self.graph.token();
            let reply = self
                .graph
                .exchange(Method::GET, url, &token, Body::Nothing)
                .await
                .map_err(|fault| NoPage::Refused(answer::of_fault(fault)))?;
            if reply.body.len() >= MOST_BODY && limit > 1 {
                limit = (limit / 4).max(1);
                continue;
            }
            return answer::of_question(&reply, &|text| token.is_harmless(text)).map_err(|mut refusal| {
                if let Some((code, subcode)) = code_of(&reply) {
                    self.name_the_account(&mut refusal.error, Some(code), subcode);
                }
                if is_forbidden(&reply) { NoPage::Forbidden(refusal) } else { NoPage::Refused(refusal) }
            });
        }
    }

    /// A page of templates for a host.
    pub(in super::super) async fn list_templates(&self, query: &TemplateQuery) -> Result<Done> {
        let limit = paging::limit("query_json.limit", query.limit.unwrap_or(PAGE), LARGEST_PAGE)?;
        let cursor = paging::cursor(query.cursor.as_deref())?;
        if query.refresh {
            self.templates_by_name.forget_all();
        }
        let status = query.status.as_ref().map(|status| status.to_ascii_uppercase());
        let category = match &query.category {
            Some(category) => {
                Some(template_rules::category("query_json.category", category)?.to_ascii_uppercase())
            }
            None => None,
        };
        let language = match &query.language {
            Some(language) => Some(written_language("query_json.language", language)?),
            None => None,
        };
        let filters: Vec<(&str, &str)> =
            [("name", &query.name), ("language", &language), ("status", &status), ("category", &category)]
                .into_iter()
                .filter_map(|(key, value)| Some((key, value.as_deref()?)))
                .collect();
        let page = self.page(&filters, limit, cursor).await.map_err(|no_page| match no_page {
            NoPage::Forbidden(refusal) | NoPage::Refused(refusal) => refusal.error,
        })?;
        let next = page.next();
        let templates =
            page.data.into_iter().filter_map(StoredTemplate::read).map(|stored| stored.shown()).collect();
        Ok(Done::Templates(TemplateList { templates, next }))
    }

    /// One template, by its name or its id.
    pub(in super::super) async fn get_template(
        &self,
        name: &str,
        language: Option<&str>,
        refresh: bool,
    ) -> Result<Done> {
        // A name may be all digits too.
        if is_id(name)
            && let Some(stored) = self.template_of_id(name).await?
        {
            return Ok(Done::Template(Box::new(stored.shown())));
        }
        let within = if refresh { Duration::ZERO } else { FRESH };
        let known = self.templates_by_name.get_or_ask(name, within, self.ask_for(name)).await;
        match &*known.map_err(|refusal| refusal.error)? {
            TemplatesOfName::Templates(stored) => {
                let stored = pick(stored, "name", name, language).map_err(|mut error| {
                    if error.argument.as_deref() == Some("language") {
                        error.argument = Some("options_json.language".to_owned());
                    }
                    error
                })?;
                Ok(Done::Template(Box::new(stored.shown())))
            }
            TemplatesOfName::Forbidden(refusal) => Err(refusal.error.clone()),
        }
    }

    /// The template with an id; `None` where Meta has none for us.
    async fn template_of_id(&self, id: &str) -> Result<Option<StoredTemplate>> {
        let url = self.graph.url(id, &[("fields", FIELDS)])?;
        let token = self.graph.token();
        let reply = self.graph.exchange(Method::GET, url, &token, Body::Nothing).await;
        let reply = reply.map_err(|fault| answer::of_fault(fault).error)?;
        if code_of(&reply).is_some_and(|(code, _)| MISSING.contains(&code)) {
            return Ok(None);
        }
        let value: Value = answer::of_question(&reply, &|text| token.is_harmless(text))
            .map_err(|refusal: Refusal| refusal.error)?;
        Ok(StoredTemplate::read(value).filter(|stored| stored.id == id))
    }
}

/// Meta's code in an answer, and the subcode.
fn code_of(reply: &Reply) -> Option<(u64, Option<u64>)> {
    #[derive(Deserialize)]
    struct Body {
        error: Value,
    }
    let Body { error } = serde_json::from_slice(&reply.body).ok()?;
    Some((error.get("code")?.as_u64()?, error.get("error_subcode").and_then(Value::as_u64)))
}

/// Whether the token lacks the permission to look at templates: one that may
/// only send.
fn is_forbidden(reply: &Reply) -> bool {
    // With the subcode 33 the account is not there, or not for this token.
    matches!(code_of(reply), Some((3 | 10 | 200..=299, _) | (100, Some(33))))
}

/// Reads an answer to a question about templates, as the calls do: for tests
/// with bytes of any kind. Gives the templates, and the cursor.
#[cfg(any(test, feature = "fuzzing"))]
pub fn read_page(body: &[u8]) -> Option<(Vec<StoredTemplate>, Option<String>)> {
    let reply =
        Reply { status: 200, headers: reqwest::header::HeaderMap::new(), body: body.to_vec(), cut: None };
    let _ = is_forbidden(&reply);
    let page: Page = answer::of_question(&reply, &|_| true).ok()?;
    let next = page.next();
    Some((page.data.into_iter().filter_map(StoredTemplate::read).collect(), next))
}
