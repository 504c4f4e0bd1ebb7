//! Messages: taking one, and marking one as read.

use serde_json::{Value, json};

use super::content::{self, Context, message_id};
use super::envelope::{self, Recipient};
use super::errors::{Checked, Refusal};
use super::numbers::TEST_RECIPIENTS;
use super::shape::Node;
use super::store::Message;
use super::{ids, special, statuses};
use crate::chance::locked;
use crate::course::{Plan, Status, Step};
use crate::exchange::Request;
use crate::faults::Fault;
use crate::kindness::Kindness;
use crate::route::Outcome;
use crate::sim::Sim;

/// `POST /{number}/messages`
pub fn post(sim: &Sim, request: &Request, number_id: &str, fault: Option<&Fault>) -> Checked<Outcome> {
    let body = super::body(request)?;
    let whole = Node::new("", &body);
    whole.object()?;
    let (registered, test, own) = {
        let numbers = locked(&sim.meta.numbers);
        let number = numbers.get(number_id).ok_or_else(|| Refusal::no_object("POST", number_id))?;
        (number.registered, number.test, number.number.clone())
    };
    if is_mark_read(&body) {
        return mark_read(&whole);
    }
    let envelope = envelope::read(&whole)?;
    let now = sim.clock.now();
    let text = {
        let (media, templates) = (locked(&sim.meta.media), locked(&sim.meta.templates));
        let unix_ms = sim.clock.wall(now).unix_timestamp_nanos() / 1_000_000;
        let context = Context { number_id, media: &media, templates: &templates, now, unix_ms };
        content::check(&context, &envelope.kind, &whole)?
    };
    if !registered {
        return Err(Refusal::because(133_010, "The business phone number is not registered"));
    }
    if envelope.to.text() == own {
        return Err(Refusal::of(131_021));
    }
    if test && matches!(&envelope.to, Recipient::Phone(to) if !TEST_RECIPIENTS.contains(&to.as_str())) {
        return Err(Refusal::because(
            131_030,
            "Recipient phone number not in allowed list: add it to the recipients of the test number",
        ));
    }
    let kindness = sim.kindness();
    locked(&sim.meta.limits).take(&kindness, number_id, envelope.to.text(), now)?;

    let message_status = (envelope.kind == "template").then_some("accepted");
    let message_status = match envelope.to.text() {
        special::PAUSED if sim.meta.special_numbers => Some("paused"),
        special::HELD if sim.meta.special_numbers => Some("held_for_quality_assessment"),
        _ => message_status,
    };
    let mut steps = course(sim, &kindness, now, fault, message_status);
    let plan = Plan::new(sim, &kindness, &mut steps);
    let wa_id = envelope.to.wa_id();
    let message = Message {
        id: ids::message(envelope.to.text()),
        created: now,
        wa_id: wa_id.clone(),
        number_id: number_id.to_owned(),
        kind: envelope.kind,
        text,
        opaque: envelope.opaque.clone(),
        body,
        message_status,
        steps,
        to: envelope.to,
    };
    let mut contact = json!({ "input": envelope.input });
    match (&message.to, wa_id) {
        (Recipient::User(user), _) => contact["user_id"] = user.clone().into(),
        (_, Some(wa_id)) => contact["wa_id"] = wa_id.into(),
        (_, None) => contact["wa_id"] = envelope.input.into(),
    }
    let mut sent = json!({ "id": message.id });
    if let Some(status) = message_status {
        sent["message_status"] = status.into();
    }
    let answer = json!({ "messaging_product": "whatsapp", "contacts": [contact], "messages": [sent] });
    let afterwards = statuses::start(sim, &message, plan);
    let id = message.id.clone();
    locked(&sim.meta.messages).push(message);
    Ok(Outcome { answer: super::json(200, &answer), taken: Some(id), key: envelope.opaque, afterwards })
}

/// A status, not a message.
pub fn is_mark_read(body: &Value) -> bool {
    body.get("status").is_some()
}

fn mark_read(whole: &Node) -> Checked<Outcome> {
    super::product(whole)?;
    whole.one_of("status", &["read"])?;
    let Some(id) = whole.child("message_id") else {
        return Err(Refusal::parameter("The parameter message_id is required."));
    };
    message_id(&id)?;
    if let Some(typing) = whole.child("typing_indicator") {
        typing.one_of("type", &["text"])?;
    }
    Ok(super::success().into())
}

/// What will become of it, and when.
fn course(
    sim: &Sim,
    kindness: &Kindness,
    now: u64,
    fault: Option<&Fault>,
    message_status: Option<&str>,
) -> Vec<Step> {
    let fate = match fault {
        Some(Fault::Fate { status, error_code }) => Status::parse(status).map(|s| (s, *error_code)),
        _ => None,
    };
    let mut names = vec![Status::Accepted];
    match fate {
        // a paused template waits, and nothing is heard of it
        None if message_status == Some("paused") => {}
        None => {
            names.extend([Status::Sent, Status::Delivered]);
            if sim.chance.happens(kindness.read_probability) {
                names.push(Status::Read);
            }
        }
        Some((Status::Failed | Status::Undelivered, _)) => names.push(Status::Failed),
        Some((last, _)) => {
            names.extend([Status::Sent, Status::Delivered, Status::Read].into_iter().filter(|s| *s <= last));
        }
    }
    let mut at = now;
    let mut steps = Vec::with_capacity(names.len());
    for (n, status) in names.into_iter().enumerate() {
        if n > 0 {
            at += 1000 * (10 + sim.chance.up_to(kindness.status_step_max_ms));
        }
        let error =
            if status == Status::Failed { fate.and_then(|(_, code)| code).or(Some(131_000)) } else { None };
        steps.push(Step { at, status, error });
    }
    steps
}
