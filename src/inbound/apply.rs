//! Notices become what the history stores.

use super::notice::{self, Notice};
use super::told;
use crate::history::arrivals::{Arrival, NewMessage, NewReport, What};
use crate::history::{Direction, EventRow, MessageRow};
use crate::message::catalogue::{Report as Failure, judge};
use crate::message::clock::Millis;
use crate::message::inbound::{InboundMessage, Person, ProviderError};
use crate::message::{Priority, ProviderName, State};
use uuid::Uuid;

/// What is stored of a notice.
pub fn arrival(account_key: &str, notice: Notice, received_at: Millis) -> Arrival {
    let told = |message_id| told::event(account_key, &notice, message_id, received_at).map(Box::new);
    let what = match &notice.what {
        notice::What::Report(report) => match report.state {
            Some(state) => What::Report(new_report(notice.provider, notice.at, report, state)),
            // It says nothing of the message's way.
            None => What::News(told(None)),
        },
        notice::What::Message(message) => {
            let row = row(account_key, &notice, message, Direction::Inbound, received_at);
            let event = told(Some(row.id));
            What::Message(Box::new(NewMessage { message: row, aliases: aliases(&message.person), event }))
        }
        notice::What::Echo(message) => {
            let row = row(account_key, &notice, message, Direction::Outbound, received_at);
            let event = told(Some(row.id));
            What::Message(Box::new(NewMessage { message: row, aliases: aliases(&message.person), event }))
        }
        notice::What::Contact(change) => What::Names {
            before: aliases(&change.previous),
            address: change.previous.address.clone(),
            now: aliases(&change.current),
            at: notice.at,
            event: told(None),
        },
        notice::What::Unreadable { why } => What::Dead { why: why.clone(), event: told(None) },
        notice::What::Template(_)
        | notice::What::Number(_)
        | notice::What::Account(_)
        | notice::What::Consent(_)
        | notice::What::Call(_)
        | notice::What::Other { .. } => What::News(told(None)),
    };
    Arrival {
        provider: notice.provider.as_str(),
        received_at,
        what,
        raw: notice.rest.to_string(),
        key: notice.key,
    }
}

fn new_report(
    provider: ProviderName,
    at: Option<Millis>,
    report: &notice::Report,
    state: State,
) -> NewReport {
    let failed = matches!(state, State::Failed | State::Undelivered);
    NewReport {
        attempt: report.attempt.map(|key| (key.message_id, key.attempt)),
        provider_message_id: report.provider_message_id.clone(),
        state,
        provider_status: Some(report.provider_status.clone()),
        reported_at: at,
        provider_code: report.error.as_ref().and_then(|error| error.code.clone()),
        // In a group each of its people gets it, and reports it.
        recipient_id: report.person.as_ref().filter(|_| report.group_id.is_none()).and_then(reported_id),
        error: failed.then(|| error(provider, report.error.as_ref())),
    }
}

/// What hosts are told of a failure that was reported, as JSON.
fn error(provider: ProviderName, said: Option<&ProviderError>) -> String {
    let code = said.and_then(|error| error.code.as_deref());
    let known = Failure {
        code: code.and_then(|code| code.parse().ok()),
        said: said.and_then(|error| error.text.as_deref()),
        ..Failure::default()
    };
    let mut error = judge(provider, known).error;
    // Nothing is sent again for it.
    error.retryable = false;
    error.provider_code = error.provider_code.take().or_else(|| code.map(str::to_owned));
    // Serialising plain data into text cannot fail.
    serde_json::to_string(&error).unwrap_or_default()
}

fn row(
    account_key: &str,
    notice: &Notice,
    message: &InboundMessage,
    direction: Direction,
    received_at: Millis,
) -> MessageRow {
    let person = &message.person;
    let ours = message.sender.clone().unwrap_or_default();
    let (state, sender, recipient) = match direction {
        Direction::Inbound => (State::Received, Some(person.address.clone()), ours),
        // The business wrote it with its own telephone.
        Direction::Outbound => (State::Sent, message.sender.clone(), person.address.clone()),
    };
    MessageRow {
        id: Uuid::now_v7(),
        seq: 0,
        created_at: received_at,
        updated_at: received_at,
        account_key: account_key.to_owned(),
        provider: notice.provider.as_str().to_owned(),
        direction,
        kind: message.kind.clone(),
        state,
        version: 1,
        attempts: 0,
        priority: Priority::Normal,
        sender,
        recipient,
        contact_id: None,
        reference: None,
        campaign_id: None,
        correlation_id: None,
        category: None,
        template: None,
        body: message.text.clone().unwrap_or_default(),
        content: serde_json::to_string(message).unwrap_or_default(),
        provider_message_id: Some(message.provider_message_id.clone()),
        response: None,
        error: None,
        not_before: None,
        expires_at: None,
        // Of our own the index of who wrote needs none.
        provider_at: (direction == Direction::Inbound).then(|| notice.at.unwrap_or(received_at)),
        profile_name: person.name.clone(),
        recipient_id: reported_id(person),
        provider_status: None,
        nonce: None,
    }
}

/// By what the provider knows a person.
fn reported_id(person: &Person) -> Option<String> {
    person.wa_id.clone().or_else(|| person.user_id.clone())
}

/// All that a person is called by.
fn aliases(person: &Person) -> Vec<String> {
    let address = Some(&person.address).filter(|address| !address.is_empty());
    [person.wa_id.as_ref(), person.user_id.as_ref(), person.parent_user_id.as_ref(), address]
        .into_iter()
        .flatten()
        .cloned()
        .collect()
}

/// Tells of a letter that could not be stored where it belongs.
pub fn dead_letter(account_key: &str, provider: &str, why: &str) -> EventRow {
    use crate::events::{Event, KIND_DEAD_LETTER};
    Event::told(
        account_key,
        KIND_DEAD_LETTER,
        &format!("A part of a webhook of {provider} was put aside: {why}"),
    )
}
