//! Twilio's API: one request for each attempt.

mod answer;
mod approval;
mod check;
mod content_management;
mod content_template;
mod content_types;
#[cfg(feature = "fuzzing")]
pub mod fuzz;
mod interactive;
mod interactive_contents;
mod likeness;
mod limits;
mod list;
mod message_fields;
mod read;
mod request;
pub mod settings;

use super::action::{Action, Done, Order};
use super::answer_cache::AnswerCache;
use super::http::{Http, Reply, Text};
use super::{Answer, Attempt, Exchange, Look, LostAttempt, Memory, Prepared, Provider, Refusal, account_key};
use crate::ground::secret::can_be_searched;
use crate::message::age::millis;
use crate::message::clock::Millis;
use crate::message::content::Kind;
use crate::message::phone::{self, DefaultCountry, Phone};
use crate::message::{Content, Error, ProviderName, Recipient, Result, Status, catalogue};
use crate::provider::NewLogin;
use crate::provider::fault;
use crate::provider::settings::{Http as HttpSettings, LocalTemplates};
use crate::provider::window::Window;
use crate::threads;
pub use answer::NAME;
use approval::Approval;
use content_template::ContentTemplate;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use interactive_contents::InteractiveContents;
use request::{CHANNEL, Fixed};
use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde_json::Value;
use settings::{TwilioLogin, TwilioSettings};
use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};
use std::time::Instant;
use url::Url;

/// The templates of a page, and the most pages that are read.
const CONTENT_PAGE_SIZE: &str = "100";
const MOST_CONTENT_PAGES: usize = 100;

/// Twilio's code for what it does not have.
const NOT_FOUND: u32 = 20404;

/// One account at Twilio.
pub struct Twilio {
    http: Http,
    login: RwLock<Arc<Login>>,
    account_key: String,
    /// The account itself.
    account: Url,
    messages: Url,
    /// Where senders and messaging services are.
    messaging: Url,
    contents: Url,
    /// Contents by a pattern of their names.
    search: Url,
    fixed: Fixed,
    /// As Twilio writes them; the first is the default.
    senders: Vec<String>,
    country: DefaultCountry,
    templates: LocalTemplates,
    /// Templates by their name or SID, and approvals by the SID.
    templates_by_name: AnswerCache<Vec<ContentTemplate>>,
    approvals: AnswerCache<Approval>,
    interactive_contents: InteractiveContents,
    /// A gateway or a simulator may fetch media from this network.
    private: bool,
    memory: Arc<dyn Memory>,
}

/// Who logs in, and the header that says so.
struct Login {
    header: HeaderValue,
    login: TwilioLogin,
}

impl Login {
    fn new(http: &Http, login: TwilioLogin) -> Result<Arc<Login>> {
        let header = http.basic_authorization(&login.user, login.password.expose())?;
        Ok(Arc::new(Login { header, login }))
    }

    /// Whether a text of the provider can be shown: it could repeat our
    /// credentials to us, in the forms in which they were sent.
    fn is_harmless(&self, text: &str) -> bool {
        let password = self.login.password.expose();
        let encoded: String = url::form_urlencoded::byte_serialize(password.as_bytes()).collect();
        let header = self.header.to_str().unwrap_or_default();
        let token = header.strip_prefix("Basic ").unwrap_or(header);
        ![password, &encoded, token].iter().any(|secret| can_be_searched(secret) && text.contains(secret))
    }
}

impl Twilio {
    /// Prepares one account. Nothing is sent.
    pub fn new(
        twilio: &TwilioSettings,
        http: &HttpSettings,
        country: DefaultCountry,
        templates: &LocalTemplates,
        memory: Arc<dyn Memory>,
    ) -> Result<Twilio> {
        let (api, contents, messaging) =
            (twilio.address("api")?, twilio.address("content")?, twilio.address("messaging")?);
        let http = Http::new(http, api.scheme() == "https")?;
        let login = Login::new(&http, twilio.login.clone())?;
        Ok(Twilio {
            login: RwLock::new(login),
            account_key: account_key(NAME, &twilio.account_sid),
            account: under(&api, &format!("2010-04-01/Accounts/{}.json", twilio.account_sid)),
            messaging,
            messages: under(&api, &format!("2010-04-01/Accounts/{}/Messages.json", twilio.account_sid)),
            contents: under(&contents, "v1/Content"),
            search: under(&contents, "v2/Content"),
            fixed: Fixed::new(twilio.messaging_service_sid.clone(), twilio.status_callback.as_ref()),
            senders: twilio.senders.iter().map(|number| format!("{CHANNEL}{number}")).collect(),
            country,
            templates: templates.clone(),
            templates_by_name: AnswerCache::default(),
            approvals: AnswerCache::default(),
            interactive_contents: InteractiveContents::default(),
            private: twilio.base_url.is_some(),
            memory,
            http,
        })
    }

    /// Logs in with something else from the next request on.
    fn log_in_with(&self, login: TwilioLogin) -> Result<()> {
        let login = Login::new(&self.http, login)?;
        *threads::write(&self.login) = login;
        Ok(())
    }

    fn login(&self) -> Arc<Login> {
        threads::read(&self.login).clone()
    }

    /// Asks one of our own addresses.
    async fn ask(&self, url: Url, login: &Login) -> Result<Reply, Refusal> {
        self.http.get(url, login.header.clone()).await.map_err(answer::of_fault)
    }

    /// The templates of a name, or the one of a SID.
    async fn find(&self, name: &str) -> Result<Vec<ContentTemplate>, Refusal> {
        if answer::is_content_sid(name) {
            return Ok(vec![self.fetch(name).await?]);
        }
        self.list_contents(name).await
    }

    async fn fetch(&self, sid: &str) -> Result<ContentTemplate, Refusal> {
        let missing = || {
            fault::refusal(
                Error::about(
                    Status::Template,
                    "template",
                    format!("There is no template {sid} in this Twilio account."),
                )
                .hint("Look the template's SID up in Twilio's console, under Content Template Builder."),
            )
        };
        let login = self.login();
        let reply = self.ask(under(&self.contents, sid), &login).await?;
        if answer::code_of(&reply) == Some(NOT_FOUND) {
            return Err(missing());
        }
        let value: Value = answer::of_question(&reply, &|text| login.is_harmless(text))?;
        ContentTemplate::read(value).filter(|stored| stored.sid == sid).ok_or_else(missing)
    }

    /// The templates with this name, in all languages: no page of the list is
    /// known to be the last that has one, for it is not sorted by names. So
    /// Twilio's search is asked first; what it does not find, or cannot, is
    /// looked for in the whole list.
    async fn list_contents(&self, name: &str) -> Result<Vec<ContentTemplate>, Refusal> {
        let mut search = self.search.clone();
        search
            .query_pairs_mut()
            .append_pair("PageSize", CONTENT_PAGE_SIZE)
            .append_pair("ContentName", &content_template::literal(name));
        if let Ok(found) = self.walk(search, name).await
            && !found.is_empty()
        {
            return Ok(found);
        }
        let mut all = self.contents.clone();
        all.query_pairs_mut().append_pair("PageSize", CONTENT_PAGE_SIZE);
        self.walk(all, name).await
    }

    /// The templates with this name in a list, page by page.
    async fn walk(&self, first: Url, name: &str) -> Result<Vec<ContentTemplate>, Refusal> {
        #[derive(Deserialize)]
        struct Page {
            contents: Vec<Value>,
            #[serde(default)]
            meta: Meta,
        }
        #[derive(Deserialize, Default)]
        struct Meta {
            #[serde(default)]
            next_page_url: Option<String>,
        }
        let login = self.login();
        let mut url = first.clone();
        let mut found = Vec::new();
        for _ in 0..MOST_CONTENT_PAGES {
            let reply = self.ask(url, &login).await?;
            let page: Page = answer::of_question(&reply, &|text| login.is_harmless(text))?;
            found.extend(
                page.contents
                    .into_iter()
                    .filter_map(ContentTemplate::read)
                    .filter(|stored| stored.name == name),
            );
            let next = page.meta.next_page_url.and_then(|next| list::next_page(&first, &next));
            match next {
                Some(next) => url = next,
                None => return Ok(found),
            }
        }
        // Names that were found stand; one that was not may be further down.
        if found.is_empty() {
            return Err(fault::refusal(
                Error::about(Status::Template, "template", format!("The template {name:?} is not among the first {MOST_CONTENT_PAGES} pages of Twilio's templates."))
                    .hint("Give the template's HX.. SID instead of its name."),
            ));
        }
        Ok(found)
    }

    async fn look(&self, lost: &LostAttempt) -> Result<Look, Refusal> {
        let login = self.login();
        // A messaging service may not have put its sender in yet.
        let fixed_sender = match self.fixed.messaging_service_sid {
            None => lost.sender.as_deref(),
            Some(_) => None,
        };
        let mut seen = BTreeSet::new();
        let mut look = Look { candidates: Vec::new(), clocks_agree: true };
        let mut pages = 0;
        // Twilio may list the message under another form of the number.
        for to in phone::addresses(&lost.recipient) {
            let mut next = Some(list::first_page(&self.messages, &to, fixed_sender));
            while let Some(url) = next {
                pages += 1;
                if pages > list::MOST_PAGES {
                    // What is not whole is no proof that a message is not there.
                    return Err(list_too_long());
                }
                let reply = self.ask(url, &login).await?;
                let window = Window::of(&lost.age, fault::server_time(&reply.headers));
                look.clocks_agree &= window.clocks_agree();
                let mut page: list::Page = answer::of_question(&reply, &|text| login.is_harmless(text))?;
                next = page.next_page_uri.take().and_then(|next| list::next_page(&self.messages, &next));
                let read = page.read(lost, &window);
                // The list moves on between two pages.
                look.candidates.extend(read.candidates.into_iter().filter(|candidate| {
                    candidate.provider_message_id.is_empty()
                        || seen.insert(candidate.provider_message_id.clone())
                }));
                next = next.filter(|_| !read.too_old);
            }
        }
        Ok(look)
    }
}

fn list_too_long() -> Refusal {
    fault::temporary(
        Status::Temporary,
        "Twilio's list of messages to this number is too long to be read.",
        "Nothing is to be done: the library looks again.",
    )
}

/// An address below another.
fn under(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

impl Twilio {
    /// One action, by its kind.
    async fn done(&self, order: &Order) -> Result<Done> {
        match &order.action {
            Action::ListTemplates(query) => self.list_templates(query).await,
            Action::GetTemplate { name, language, refresh } => {
                self.get_template(name, language.as_deref(), *refresh).await
            }
            Action::CreateTemplate(definition) => self.create_template(definition).await,
            Action::EditTemplate { id, definition } => self.edit_template(id, definition).await,
            Action::DeleteTemplate(template) => self.delete_template(template).await,
            Action::SubmitTemplate(wish) => self.submit_template(wish).await,
            Action::MarkRead { message_id, typing } => self.mark_read(message_id, *typing).await,
            Action::Check => self.check_account().await,
            other => Err(super::not_supported(NAME, other.function())),
        }
    }
}

impl Provider for Twilio {
    fn name(&self) -> ProviderName {
        NAME
    }

    fn account_key(&self) -> &str {
        &self.account_key
    }

    fn sender(&self, argument: &str, wanted: Option<&str>) -> Result<Option<String>> {
        let Some(wanted) = wanted else { return Ok(self.senders.first().cloned()) };
        if self.senders.iter().any(|sender| sender == wanted) {
            return Ok(Some(wanted.to_owned()));
        }
        let number = Phone::read(argument, wanted, self.country).ok();
        let listed = number.and_then(|number| {
            self.senders.iter().find(|sender| sender.strip_prefix(CHANNEL) == Some(number.e164()))
        });
        // A listed number is known without its plus as well.
        let listed = listed.or_else(|| {
            let digits = Some(wanted.trim());
            self.senders.iter().find(|sender| sender.trim_start_matches(CHANNEL).strip_prefix('+') == digits)
        });
        if let Some(sender) = listed {
            return Ok(Some(sender.clone()));
        }
        let wanted = catalogue::clipped(wanted);
        let message = format!("{argument}: {wanted:?} is not one of the settings' senders.");
        let hint = if wanted.starts_with("MG") {
            "A messaging service is not a number: give it as twilio.messaging_service_sid in the settings."
                .to_owned()
        } else if self.senders.is_empty() {
            "Leave it out: the messaging service picks the sender.".to_owned()
        } else {
            let listed: Vec<&str> =
                self.senders.iter().filter_map(|sender| sender.strip_prefix(CHANNEL)).collect();
            format!("The senders are {}.", listed.join(", "))
        };
        Err(Error::about(Status::Sender, argument, message).hint(hint))
    }

    fn recipient(&self, argument: &str, recipient: &Recipient) -> Result<String> {
        Ok(format!("{CHANNEL}{}", recipient.phone(argument, NAME.title())?.e164()))
    }

    fn check(&self, content: &Content) -> Result<()> {
        message_fields::known_here(content, &self.templates, self.private).map(drop)
    }

    fn prepared(&self, content: &Content) -> Option<Prepared> {
        if let Some(prepared) = message_fields::known_here(content, &self.templates, self.private).ok()? {
            return Some(prepared);
        }
        let template = match &content.kind {
            Kind::Template(template) => template,
            Kind::Interactive(interactive) => return self.known_interactive_content(interactive),
            _ => return None,
        };
        let (sid, prepared) = self
            .templates_by_name
            .judged_now(&template.template, |stored| content_template::fit(stored, template))?
            .ok()?;
        let fits = !self.is_approved(&sid)
            || content_template::check_approved(&template.template, &prepared).is_ok();
        (fits && self.may_be_sent(&sid)).then_some(prepared)
    }

    fn prepare<'a>(
        &'a self,
        content: &'a Content,
        _sender: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Prepared, Refusal>> {
        async move {
            let known =
                message_fields::known_here(content, &self.templates, self.private).map_err(fault::refusal)?;
            if let Some(prepared) = known {
                return Ok(prepared);
            }
            let template = match &content.kind {
                Kind::Template(template) => template,
                Kind::Interactive(interactive) => return self.interactive_content(interactive).await,
                _ => return Err(fault::refusal(Error::internal("Only a template is looked up."))),
            };
            let name = template.template.as_str();
            let judge = |stored: &Vec<ContentTemplate>| content_template::fit(stored, template);
            let (sid, prepared) =
                self.templates_by_name.judged(name, || self.find(name), judge, fault::refusal).await?;
            self.check_approval(&sid).await.map_err(fault::refusal)?;
            if self.is_approved(&sid) {
                content_template::check_approved(name, &prepared).map_err(fault::refusal)?;
            }
            Ok(prepared)
        }
        .boxed()
    }

    fn send<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Exchange> {
        async move {
            let login = self.login();
            let began = Instant::now();
            let form = match self.fixed.form(attempt) {
                Ok(form) => Text::Form(form),
                Err(error) => return Exchange::refused(error, began.elapsed()),
            };
            let reply = self
                .http
                .post_message(self.messages.clone(), login.header.clone(), form, attempt.leaves_before)
                .await;
            let took = began.elapsed();
            match reply {
                Ok(reply) => {
                    let mut answer = answer::of_send(&reply, attempt.number, &|text| login.is_harmless(text));
                    if let Answer::Refused(refusal) = &mut answer {
                        let code = refusal.error.provider_code.as_deref();
                        refusal.retry |=
                            self.forget_interactive_content(&attempt.prepared.request, code).await;
                    }
                    Exchange {
                        answer,
                        http_status: Some(reply.status),
                        trace_id: answer::trace_id(&reply.headers),
                        took,
                        provider_clock: fault::server_time(&reply.headers)
                            .map(|at| Millis(at.0.saturating_sub(millis(took)))),
                    }
                }
                Err(fault) => Exchange::unanswered(answer::of_failed_send(fault), took),
            }
        }
        .boxed()
    }

    fn can_look(&self) -> bool {
        true
    }

    fn listed_text(&self, content: &Content) -> Option<String> {
        let prepared = self.prepared(content)?;
        let fields = prepared.request.form().ok()?;
        fields.iter().find(|(key, _)| *key == "Body").map(|(_, text)| text.clone())
    }

    fn look_for<'a>(&'a self, lost: &'a LostAttempt) -> BoxFuture<'a, Result<Look, Refusal>> {
        self.look(lost).boxed()
    }

    fn act<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Done>> {
        self.done(order).boxed()
    }

    fn replace_login(&self, login: &NewLogin) -> Result<()> {
        match login {
            NewLogin::Twilio(login) => self.log_in_with(login.clone()),
            NewLogin::Meta(_) => Err(Error::internal("Meta's token does not log in at Twilio.")),
        }
    }
}

#[cfg(test)]
mod tests;
