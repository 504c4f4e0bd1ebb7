//! From a call to the rows of a message. Nothing here waits, locks or writes,
//! so that it can be done for a million messages of a campaign as for one.

use super::rows::change;
use crate::ground::hex;
use crate::history::{Direction, MessageRow, Reference};
use crate::message::catalogue::{self, ResponseText};
use crate::message::clock::Millis;
use crate::message::phone;
use crate::message::{
    Class, Content, Error, OnTimeout, Recipient, ReferenceScope, Result, SendOptions, State, Status,
};
use crate::provider::{Prepared, Provider};
use crate::settings::DefaultCountry;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The longest text of a refused message that the history keeps.
const KEPT_CHARS: usize = 4096;

/// A message as a call hands it over.
pub struct Submission<'a> {
    /// The argument `to`.
    pub to: &'a str,
    /// What it says.
    pub content: Content,
    /// How.
    pub options: SendOptions,
    /// A call waits for its end: the message must not outlive the call unless
    /// the options say so.
    pub waits: bool,
    /// Completes numbers.
    pub country: DefaultCountry,
}

/// A message as the history and the road need it.
pub struct Composed {
    /// Its row.
    pub message: MessageRow,
    /// What it says.
    pub content: Content,
    /// What is sent, where that is known without asking the provider.
    pub prepared: Option<Prepared>,
    /// The host's own key. A refused message has none: it does not use the
    /// key up, so that the corrected message may carry it.
    pub reference: Option<Reference>,
    /// It ends with the deadline of the call that waits for it.
    pub bound: bool,
    /// It failed the check, and its row says so: it is recorded, so that who
    /// looks for it finds it with the reason, but never sent.
    pub refused: bool,
}

/// Composes a message. An error means that the call itself is wrong and there
/// is nothing to record; a message that cannot be sent is composed as refused.
pub fn compose(provider: &dyn Provider, submission: Submission<'_>, now: Millis) -> Result<Composed> {
    let Submission { to, content, options, waits, country } = submission;
    if let Some(wanted) = options.provider.as_deref()
        && wanted != provider.name().as_str()
    {
        return Err(Error::about(
            Status::Argument,
            "options_json.provider",
            format!("This client sends through {}, not {wanted}.", provider.name()),
        ));
    }
    let bound = waits && options.on_timeout == OnTimeout::Cancel;
    let expires_at = match bound {
        true => Some(end_of_call(&options, now)?),
        false => options.expires_at,
    };
    let mut message = row(provider, to, &content, &options, now, expires_at);
    let checked = check(provider, to, &content, &options, country, &mut message);
    let prepared = checked.as_ref().ok().and_then(|()| provider.prepared(&content));
    message.body = match prepared.as_ref().and_then(|prepared| prepared.text.clone()) {
        Some(text) => text,
        None => content.as_text(),
    };
    if let Err(error) = checked {
        refuse(&mut message, &error, now);
        return Ok(Composed {
            message,
            content,
            prepared: None,
            reference: None,
            bound: false,
            refused: true,
        });
    }
    message.content = serde_json::to_string(&content).unwrap_or_default();
    let reference = options.reference.as_deref().map(|reference| Reference {
        scope: String::new(),
        hash: hex(&Sha256::digest(reference)),
        payload_hash: payload_hash(&message.recipient, &content),
        on_this_machine: options.reference_scope == ReferenceScope::Machine,
    });
    Ok(Composed { message, content, prepared, reference, bound, refused: false })
}

/// When a message expires whose call cancels it at the call's deadline.
fn end_of_call(options: &SendOptions, now: Millis) -> Result<Millis> {
    let deadline = now.plus(options.timeout().as_millis() as u64);
    if options.not_before.is_some_and(|at| at >= deadline) {
        return Err(Error::about(
            Status::Argument,
            "options_json.not_before",
            "not_before lies beyond the deadline of the call, which would cancel the message.",
        )
        .hint("Use wa_submit, or on_timeout continue."));
    }
    Ok(options.expires_at.map_or(deadline, |at| at.min(deadline)))
}

fn row(
    provider: &dyn Provider,
    to: &str,
    content: &Content,
    options: &SendOptions,
    now: Millis,
    expires_at: Option<Millis>,
) -> MessageRow {
    MessageRow {
        id: options.id.unwrap_or_else(Uuid::now_v7),
        seq: 0,
        created_at: now,
        updated_at: now,
        account_key: provider.account_key().to_owned(),
        provider: provider.name().as_str().to_owned(),
        direction: Direction::Outbound,
        kind: content.kind().to_owned(),
        state: State::Queued,
        version: 1,
        attempts: 0,
        priority: options.priority,
        sender: None,
        recipient: to.chars().take(64).collect(),
        contact_id: options.contact_id.clone(),
        reference: options.reference.clone(),
        campaign_id: None,
        correlation_id: options.correlation_id.clone(),
        category: options.category.clone(),
        template: content.template_name().map(|name| name.chars().take(128).collect()),
        body: String::new(),
        content: String::new(),
        provider_message_id: None,
        response: None,
        error: None,
        not_before: options.not_before,
        expires_at,
        provider_at: None,
        profile_name: None,
        recipient_id: None,
        provider_status: None,
        nonce: None,
    }
}

/// Checks sender, recipient and content; the row gets the first two as the
/// provider writes them.
fn check(
    provider: &dyn Provider,
    to: &str,
    content: &Content,
    options: &SendOptions,
    country: DefaultCountry,
    message: &mut MessageRow,
) -> Result<()> {
    message.sender = provider.sender("options_json.sender", options.sender.as_deref())?;
    message.recipient = provider.recipient("to", &Recipient::read("to", to, country)?)?;
    provider.check(content)
}

/// The row of a message that cannot be sent.
fn refuse(message: &mut MessageRow, error: &Error, now: Millis) {
    message.body = message.body.chars().take(KEPT_CHARS).collect();
    // Users know the connector's text about a number. Whatever else is wrong
    // they can mend themselves: the sentence stands for itself, and nobody is
    // sent to an administrator.
    let known = ResponseText::of(Class::Recipient).text().trim_end_matches('.');
    let response = match error.status {
        Status::Recipient if !error.message.starts_with(known) => {
            catalogue::response(Class::Recipient, &error.message)
        }
        _ => error.message.clone(),
    };
    change(message, State::Failed, Some(response), Some(error), now);
}

/// What makes two messages the same for a reference: the same person, however
/// their number is written, and the same content.
fn payload_hash(recipient: &str, content: &Content) -> String {
    let mut hash = Sha256::new();
    hash.update(phone::addresses(recipient).into_iter().min().unwrap_or_default());
    hash.update([0]);
    hash.update(serde_json::to_vec(content).unwrap_or_default());
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::tests::bed::{ACCOUNT, text};
    use crate::delivery::tests::fake::Fake;

    const NOW: Millis = Millis(1_800_000_000_000);

    fn composed(to: &str, words: &str, options: &str, waits: bool) -> Result<Composed> {
        let options = SendOptions::read("options_json", Some(options)).unwrap();
        let submission = Submission { to, content: text(words), options, waits, country: None };
        compose(&Fake::new(), submission, NOW)
    }

    #[test]
    fn a_message_is_composed_without_a_client() {
        let options = r#"{"reference":"order-1","contact_id":"c","timeout_ms":1000}"#;
        let Composed { message, prepared, reference, bound, refused, .. } =
            composed("+12024560001", "Hello", options, true).unwrap();
        assert_eq!((message.state, message.version, message.attempts), (State::Queued, 1, 0));
        assert_eq!((message.created_at, message.expires_at), (NOW, Some(NOW.plus(1000))));
        assert_eq!((message.account_key.as_str(), message.body.as_str()), (ACCOUNT, "Hello"));
        assert_eq!(message.recipient, "whatsapp:+12024560001");
        assert!(prepared.is_some() && bound && !refused);
        // The same to the same recipient is the same payload, and nothing else is.
        let again = |to: &str, words: &str| {
            composed(to, words, options, false).unwrap().reference.unwrap().payload_hash
        };
        let payload = reference.unwrap().payload_hash;
        assert_eq!(again("+12024560001", "Hello"), payload);
        assert_ne!(again("+12024560001", "Hello!"), payload);
        assert_ne!(again("+12024560002", "Hello"), payload);
        // The same person, written otherwise.
        for (one, other) in [("+525512345678", "+5215512345678"), ("+5511961234567", "+551161234567")] {
            assert_eq!(again(one, "Hello"), again(other, "Hello"), "{one}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_composed_with_its_reason() {
        let Composed { message, prepared, reference, refused, .. } =
            composed("no number", "Hello", r#"{"reference":"order-1"}"#, true).unwrap();
        assert_eq!((message.state, message.version), (State::Failed, 2));
        assert!(refused && prepared.is_none() && reference.is_none());
        assert!(message.response.unwrap().starts_with("Please enter a valid WhatsApp"));
        let error: Error = serde_json::from_str(&message.error.unwrap()).unwrap();
        assert_eq!(error.status, Status::Recipient);
    }

    /// Twilio and Meta as settings make them, with the template `welcome`.
    fn both_providers() -> Vec<Box<dyn Provider>> {
        use crate::provider::{NoMemory, meta::Meta, twilio::Twilio};
        use crate::settings::{ProviderSettings, Settings};
        use std::sync::Arc;
        let of = |provider: &str| -> Box<dyn Provider> {
            let text = format!(
                r#"{{{provider},"history":{{"file":"/tmp/h.db"}},"templates":{{"welcome":{{"text":"Hello {{{{1}}}}"}}}}}}"#
            );
            let read = Settings::read(&text).unwrap();
            let (http, templates, memory) = (&read.http, &read.templates, Arc::new(NoMemory));
            match &read.provider {
                ProviderSettings::Twilio(twilio) => {
                    Box::new(Twilio::new(twilio, http, None, templates, memory).unwrap())
                }
                ProviderSettings::Meta(meta) => Box::new(Meta::new(meta, http, templates, memory).unwrap()),
            }
        };
        vec![
            of(
                r#""twilio":{"account_sid":"AC00000000000000000000000000000001","auth_token":"token","from":"+14155238886"}"#,
            ),
            of(
                r#""provider":"meta","meta":{"access_token":"token","phone_number_id":"1","business_account_id":"2"}"#,
            ),
        ]
    }

    /// A value that cannot be sent is a refusal, which the history keeps, for
    /// templates of the settings and for those of the provider.
    #[test]
    fn a_template_value_that_is_refused_has_its_row() {
        let long = format!(r#""{}""#, "x".repeat(40_000));
        for provider in both_providers() {
            for template in ["welcome", "held_by_the_provider"] {
                for value in [
                    r#""""#,
                    "null",
                    "[]",
                    "{}",
                    r#"{"currency":{"fallback_value":" ","code":"EUR","amount_1000":1}}"#,
                    &long,
                ] {
                    let message = format!(
                        r#"{{"type":"template","template":"{template}","variables":{{"1":{value}}}}}"#
                    );
                    let content = Content::read("message_json", &message).unwrap();
                    let options = SendOptions::read("options_json", None).unwrap();
                    let submission =
                        Submission { to: "+12024560001", content, options, waits: false, country: None };
                    let composed = compose(provider.as_ref(), submission, NOW).unwrap();
                    assert!(composed.refused, "{template} {value:.40}");
                    let error: Error =
                        serde_json::from_str(composed.message.error.as_deref().unwrap()).unwrap();
                    assert_eq!(
                        (error.status, error.argument.as_deref()),
                        (Status::Template, Some("variables.1")),
                        "{template} {value:.40}"
                    );
                    assert_eq!((composed.message.attempts, composed.message.state), (0, State::Failed));
                }
            }
        }
    }

    #[test]
    fn a_mistake_that_the_user_can_mend_sends_nobody_to_an_administrator() {
        for provider in both_providers() {
            for message in [
                r#"{"type":"text","text":""}"#,
                r#"{"type":"template","template":"welcome"}"#,
                r#"{"type":"media","media":[]}"#,
            ] {
                let content = Content::read("message_json", message).unwrap();
                let options = SendOptions::read("options_json", None).unwrap();
                let submission =
                    Submission { to: "+12024560001", content, options, waits: false, country: None };
                let row = compose(provider.as_ref(), submission, NOW).unwrap().message;
                let error: Error = serde_json::from_str(row.error.as_deref().unwrap()).unwrap();
                assert_eq!(row.response.as_deref(), Some(error.message.as_str()), "{message}");
                assert!(!error.message.contains("administrator"), "{error}");
            }
        }
    }

    #[test]
    fn a_call_that_is_wrong_leaves_nothing_to_record() {
        for (options, waits) in [
            (r#"{"provider":"meta"}"#, false),
            (r#"{"not_before":"2027-01-15T08:00:10Z","timeout_ms":1000}"#, true),
        ] {
            let error = composed("+12024560001", "Hello", options, waits).err().unwrap();
            assert_eq!(error.status, Status::Argument, "{options}");
        }
    }
}
