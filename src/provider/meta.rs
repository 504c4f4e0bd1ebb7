//! Meta's WhatsApp Business Cloud API: one request for each attempt.

mod answer;
mod call;
mod check;
#[cfg(feature = "fuzzing")]
pub mod fuzz;
mod graph;
mod interactive;
mod media;
mod message_parts;
mod numbers;
mod picture;
mod profile;
mod read;
mod recipients;
mod request;
mod resumable;
pub mod settings;
mod stand_ins;
mod template_components;
mod templates;

use super::action::{Action, Done, Order};
use super::answer_cache::AnswerCache;
use super::http::Http;
use super::{
    Answer, Attempt, Exchange, Look, LostAttempt, Memory, Prepared, Provider, Refusal, Request, account_key,
    not_supported,
};
use crate::ground::secret::can_be_searched;
use crate::message::content::{Kind, Limits};
use crate::message::{Class, Content, Error, ProviderName, Recipient, Result, Status, catalogue};
use crate::provider::fault;
use crate::provider::settings::{Http as HttpSettings, LocalTemplates};
use crate::provider::{NewLogin, PairLimit};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use graph::Graph;
use settings::MetaSettings;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

/// The provider's name in tables and texts.
const NAME: ProviderName = ProviderName::Meta;

/// What to do where Meta does not find the account.
const WRONG_ACCOUNT: &str = "Compare meta.business_account_id with the account's id in WhatsApp Manager (it is neither the number's nor the app's), and give the token's system user the account among its assets.";

/// One WhatsApp Business account at Meta.
pub struct Meta {
    graph: Graph,
    account_key: String,
    /// Ids of the sending numbers; the first is the default.
    senders: Vec<String>,
    business_account: String,
    /// Id of the app; `app` stands for the token's own.
    app: String,
    limits: Limits,
    /// The most characters of the profile's description.
    description: usize,
    templates: LocalTemplates,
    templates_by_name: AnswerCache<templates::TemplatesOfName>,
    memory: Arc<dyn Memory>,
    /// Files of messages on their way to ids.
    files: media::MessageFiles,
}

impl Meta {
    /// Prepares one account. Nothing is sent.
    pub fn new(
        meta: &MetaSettings,
        http: &HttpSettings,
        templates: &LocalTemplates,
        memory: Arc<dyn Memory>,
    ) -> Result<Meta> {
        let https = meta.base_url.as_ref().is_none_or(|url| url.scheme() == "https");
        let own = meta.base_url.as_ref().and_then(Url::host_str).unwrap_or(graph::HOST);
        let http = Http::guarded(http, https, &[own])?;
        Ok(Meta {
            graph: Graph::new(http, meta.base_url.as_ref(), &meta.api_version, meta.access_token.clone())?,
            account_key: account_key(NAME, &meta.business_account_id),
            senders: meta.senders.clone(),
            business_account: meta.business_account_id.clone(),
            app: meta.app_id.clone().unwrap_or_else(|| "app".to_owned()),
            limits: meta.limits.clone(),
            description: meta.description,
            templates: templates.clone(),
            templates_by_name: AnswerCache::default(),
            memory,
            files: media::MessageFiles::default(),
        })
    }

    /// The number that a call is about: any id, for a number may be newer
    /// than the settings.
    fn number<'a>(&'a self, order: &'a Order) -> Result<&'a str> {
        let Some(wanted) = order.sender.as_deref() else {
            return self
                .senders
                .first()
                .map(String::as_str)
                .ok_or_else(|| Error::internal("There is no sender."));
        };
        if (1..=32).contains(&wanted.len()) && wanted.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(wanted);
        }
        let argument = "options_json.sender";
        Err(Error::about(
            Status::Sender,
            argument,
            format!("{argument} must be the id of a number: digits only."),
        )
        .hint("wa_number_list shows the ids."))
    }
}

impl Meta {
    /// Says that the account of the settings is wrong, where Meta does not
    /// find it: a refusal of a request whose path names the account alone.
    fn name_the_account(&self, error: &mut Error, code: Option<u64>, subcode: Option<u64>) {
        if (code, subcode) != (Some(100), Some(33)) {
            return;
        }
        let meaning = format!(
            "meta.business_account_id is {}: Meta has no such WhatsApp Business account, or does not show it to this access token.",
            self.business_account
        );
        error.message = catalogue::response(Class::Sender, &meaning);
        error.hint = Some(WRONG_ACCOUNT.to_owned());
    }

    /// The same for a call.
    fn about_the_account(&self, mut refused: call::Refused) -> call::Refused {
        let code = refused.code().map(u64::from);
        self.name_the_account(&mut refused.error, code, refused.subcode);
        refused
    }

    fn in_metas_kinds<'a>(&self, content: &'a Content) -> Result<Cow<'a, Content>> {
        stand_ins::of_meta(content, &self.templates, &self.limits)
    }

    /// One request of a message.
    async fn attempt(&self, attempt: &Attempt) -> Exchange {
        let began = Instant::now();
        let token = self.graph.token();
        let code = request::code_of(&attempt.prepared.request);
        let harmless = |text: &str| {
            token.is_harmless(text) && code.is_none_or(|code| !can_be_searched(code) || !text.contains(code))
        };
        let sender = attempt.sender.as_deref().or(self.senders.first().map(String::as_str));
        let url = self.graph.url(&format!("{}/messages", sender.unwrap_or_default()), &[]);
        let body = request::body(attempt);
        let reply = match url.and_then(|url| Ok((url, body?))) {
            Ok((url, body)) => self.graph.send(url, &token, &body, attempt.leaves_before).await,
            Err(error) => return Exchange::refused(error, began.elapsed()),
        };
        let took = began.elapsed();
        match reply {
            Ok(reply) => {
                let mut answer = answer::of_send(&reply, attempt.number, &harmless);
                self.learn(attempt, &mut answer).await;
                let trace_id = answer::trace_id(&reply).filter(|id| harmless(id));
                // Meta has no list whose times would be compared with it.
                Exchange { answer, http_status: Some(reply.status), trace_id, took, provider_clock: None }
            }
            Err(fault) => Exchange::unanswered(answer::of_failed_send(fault), took),
        }
    }

    /// An answer may say by which id WhatsApp knows a recipient. What is
    /// remembered of a template, or of a file, is wrong where Meta refuses it. Where a file can be uploaded again, the message may try
    /// once more: Meta has not taken it.
    async fn learn(&self, attempt: &Attempt, answer: &mut Answer) {
        if let Answer::Accepted { recipient_id: Some(id), .. } = &*answer {
            self.remember_recipient(&attempt.recipient, id).await;
        }
        let Answer::Refused(refusal) = answer else { return };
        recipients::name_other_form(refusal, &attempt.recipient);
        if let Some(name) = request::template_of(&attempt.prepared.request)
            && refusal.class == Class::Template
        {
            self.forget_template(name);
        }
        if let Ok(request) = attempt.prepared.request.json()
            && let Some(doubt) = media::doubt_of(refusal)
            && self.forget_media_of(doubt, request, attempt.sender.as_deref(), attempt.message_id).await
        {
            refusal.retry = true;
        }
    }

    /// One action, by its kind.
    async fn done(&self, order: &Order) -> Result<Done> {
        let number = self.number(order)?;
        let progress = &order.progress;
        match &order.action {
            Action::MarkRead { message_id, typing } => self.mark_read(number, message_id, *typing).await,
            Action::UploadMedia(upload) => self.upload_media(upload, number, progress).await,
            Action::DownloadMedia(download) => self.download_media(download, number, progress).await,
            Action::MediaUrl(id) => self.media_url(id, number).await,
            Action::DeleteMedia(id) => self.delete_media(id, number).await,
            Action::ListTemplates(query) => self.list_templates(query).await,
            Action::GetTemplate { name, language, refresh } => {
                self.get_template(name, language.as_deref(), *refresh).await
            }
            Action::CreateTemplate(definition) => self.create_template(definition, progress).await,
            Action::EditTemplate { id, definition } => self.edit_template(id, definition, progress).await,
            Action::DeleteTemplate(template) => self.delete_template(template).await,
            Action::SubmitTemplate(_) => Err(not_supported(NAME, "wa_template_submit").hint(
                "Meta reviews every template as soon as wa_template_create or wa_template_edit made it.",
            )),
            Action::ListNumbers { limit, cursor } => self.list_numbers(*limit, cursor.as_deref()).await,
            Action::GetNumber => self.get_number(number).await,
            Action::AddNumber(add) => self.add_number(add).await,
            Action::RequestCode(wish) => self.request_code(number, wish).await,
            Action::VerifyCode(code) => self.verify_code(number, code).await,
            Action::Register(registration) => self.register(number, registration).await,
            Action::Deregister => self.deregister(number).await,
            Action::SetPin(pin) => self.set_pin(number, pin).await,
            Action::GetProfile => self.get_profile(number).await,
            Action::UpdateProfile(update) => self.update_profile(number, update).await,
            Action::SetPicture(file) => self.set_picture(number, file, progress).await,
            Action::Check => self.check_account(number).await,
        }
    }
}

/// What is sent, once nothing more is to be asked. The language is a
/// template's.
fn of(content: &Content, text: Option<String>, language: &str) -> Result<Prepared> {
    Ok(Prepared { request: Request::Json(request::members(content, language)?), text })
}

impl Provider for Meta {
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
        let message =
            format!("{argument}: {:?} is not one of the settings' senders.", catalogue::clipped(wanted));
        Err(Error::about(Status::Sender, argument, message)
            .hint(format!("The ids of the senders are {}.", self.senders.join(", "))))
    }

    fn reports_ids(&self) -> bool {
        true
    }

    fn recipient(&self, _argument: &str, recipient: &Recipient) -> Result<String> {
        Ok(match recipient {
            Recipient::Phone(phone) => phone.e164().to_owned(),
            Recipient::User(id) => id.clone(),
        })
    }

    fn check(&self, content: &Content) -> Result<()> {
        let content = self.in_metas_kinds(content)?;
        self.limits.check(&content)?;
        match &content.kind {
            Kind::Template(it) => template_components::check_keys(it),
            _ => Ok(()),
        }
    }

    fn prepared(&self, content: &Content) -> Option<Prepared> {
        let content = self.in_metas_kinds(content).ok()?;
        if content.attachments().iter().any(|(_, _, attachment)| attachment.file.is_some()) {
            return None;
        }
        match &content.kind {
            Kind::Template(it) => {
                let fit = self.fits_known_template(it)?.ok()?;
                of(&content, fit.text, &fit.language).ok()
            }
            _ => of(&content, Some(content.as_text()), "").ok(),
        }
    }

    fn prepare<'a>(
        &'a self,
        content: &'a Content,
        sender: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Prepared, Refusal>> {
        async move {
            // The settings may have changed since it was recorded.
            self.check(content).map_err(fault::refusal)?;
            let content = self.in_metas_kinds(content).map_err(fault::refusal)?;
            let (text, language) = match &content.kind {
                Kind::Template(it) => {
                    let fit = self.fits_template(it).await?;
                    (fit.text, fit.language)
                }
                _ => (Some(content.as_text()), String::new()),
            };
            let content = self.with_uploaded_files(&content, sender).await?;
            of(&content, text, &language).map_err(fault::refusal)
        }
        .boxed()
    }

    fn send<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Exchange> {
        self.attempt(attempt).boxed()
    }

    /// One message in six seconds. A burst is paid off afterwards.
    fn pair_limit(&self) -> Option<PairLimit> {
        Some(PairLimit { interval: Duration::from_secs(6), burst: 45 })
    }

    fn can_look(&self) -> bool {
        false
    }

    fn look_for<'a>(&'a self, _lost: &'a LostAttempt) -> BoxFuture<'a, Result<Look, Refusal>> {
        std::future::ready(Ok(Look { candidates: Vec::new(), clocks_agree: true })).boxed()
    }

    fn check_upload(&self, mime_type: &str, bytes: u64) -> Result<()> {
        Meta::check_bytes(mime_type, bytes)
    }

    fn act<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Done>> {
        self.done(order).boxed()
    }

    fn replace_login(&self, login: &NewLogin) -> Result<()> {
        match login {
            NewLogin::Meta(token) => {
                self.graph.replace_token(token.clone())?;
                // Another token may look where this one could not.
                self.templates_by_name.forget_all();
                Ok(())
            }
            NewLogin::Twilio(_) => Err(Error::internal("Twilio's login does not log in at Meta.")),
        }
    }
}

#[cfg(test)]
mod tests;
