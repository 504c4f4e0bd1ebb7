//! Messages: taking, showing, redacting, cancelling, deleting.

use super::callbacks;
use super::rules::{self, Wanted};
use super::store::{Message, Status, Step};
use super::{errors, key_of};
use crate::chance::{fresh_sid, locked};
use crate::course::Plan;
use crate::exchange::{Answer, Request};
use crate::faults::Fault;
use crate::kindness::Kindness;
use crate::route::Outcome;
use crate::sim::Sim;

pub fn create(sim: &Sim, request: &Request, fault: Option<&Fault>) -> Outcome {
    let wanted = match rules::check(sim, request) {
        Ok(wanted) => wanted,
        Err(refusal) => return refusal.answer().into(),
    };
    let kindness = sim.kindness();
    let now = sim.clock.now();
    let fate = match fault {
        Some(Fault::Fate { status, error_code }) => Status::parse(status).map(|s| (s, *error_code)),
        _ => wanted
            .doomed
            .map(|code| (if code == 63013 { Status::Undelivered } else { Status::Failed }, Some(code))),
    };
    let mut steps = course(sim, &kindness, &wanted, now, fate);
    let plan = wanted.status_callback.is_some().then(|| Plan::new(sim, &kindness, &mut steps));
    let sid = fresh_sid(if wanted.media.is_empty() { "SM" } else { "MM" });
    let key = wanted.status_callback.as_deref().and_then(key_of);
    let message = Message {
        sid: sid.clone(),
        created: now,
        to: wanted.to,
        from: wanted.from,
        service: wanted.service,
        body: wanted.body,
        body_from: if wanted.content_sid.is_some() {
            now + 1 + 1000 * sim.chance.up_to(kindness.body_lag_max_ms)
        } else {
            0
        },
        media: wanted.media,
        place: wanted.place,
        content_sid: wanted.content_sid,
        content_variables: wanted.content_variables,
        status_callback: wanted.status_callback,
        key: key.clone(),
        listed_from: now + 1000 * sim.chance.up_to(kindness.list_lag_max_ms),
        date_sent_at_once: !kindness.date_sent_null,
        steps,
        deleted: false,
    };
    // the moment of its making, whatever an early callback has done to its course
    let mut shown = message.to_json(sim, now);
    if let Some(first) = message.steps.first() {
        shown["status"] = first.status.name().into();
    }
    let afterwards = plan.and_then(|plan| callbacks::start(sim, &message, plan));
    locked(&sim.twilio.store).add(message);
    Outcome { answer: Answer::json(201, &shown), taken: Some(sid), key, afterwards }
}

/// What will become of it, and when.
fn course(
    sim: &Sim,
    kindness: &Kindness,
    wanted: &Wanted,
    now: u64,
    fate: Option<(Status, Option<u32>)>,
) -> Vec<Step> {
    let mut names = Vec::new();
    if wanted.send_at.is_some() {
        names.push(Status::Scheduled);
    }
    if wanted.service.is_some() {
        names.push(Status::Accepted);
    }
    names.push(Status::Queued);
    match fate {
        None => {
            names.extend([Status::Sent, Status::Delivered]);
            if sim.chance.happens(kindness.read_probability) {
                names.push(Status::Read);
            }
        }
        Some((Status::Failed, _)) => names.push(Status::Failed),
        Some((Status::Undelivered, _)) => names.extend([Status::Sent, Status::Undelivered]),
        Some((last, _)) => {
            names.extend([Status::Sent, Status::Delivered, Status::Read].into_iter().filter(|s| *s <= last))
        }
    }
    let mut at = now;
    let mut steps = Vec::with_capacity(names.len());
    for (n, status) in names.iter().enumerate() {
        if n > 0 {
            at += 1000 * (10 + sim.chance.up_to(kindness.status_step_max_ms));
        }
        if n == 1
            && let Some(send_at) = wanted.send_at
        {
            at = at.max(send_at);
        }
        let error = match fate {
            Some((last, code)) if last == *status => code,
            _ => None,
        };
        steps.push(Step { at, status: *status, error });
    }
    steps
}

pub fn fetch(sim: &Sim, request: &Request, sid: &str) -> Answer {
    match locked(&sim.twilio.store).get(sid) {
        Some(message) => Answer::json(200, &message.to_json(sim, sim.clock.now())),
        None => errors::not_found(request),
    }
}

pub fn update(sim: &Sim, request: &Request, sid: &str) -> Answer {
    let form = request.form();
    let now = sim.clock.now();
    let mut store = locked(&sim.twilio.store);
    let Some(message) = store.get_mut(sid) else {
        return errors::not_found(request);
    };
    match (form.get("Status"), form.get("Body")) {
        (Some("canceled"), _) => {
            if message.step(now).status != Status::Scheduled {
                return errors::answer(400, 30409, None);
            }
            message.steps.retain(|s| s.at <= now);
            message.steps.push(Step { at: now, status: Status::Canceled, error: None });
        }
        (Some(_), _) | (None, None) => return errors::answer(400, 20422, None),
        (None, Some("")) => message.body.clear(),
        // only redaction, no rewriting
        (None, Some(_)) => {
            return errors::answer(400, 20422, Some("Body can only be updated to an empty string"));
        }
    }
    Answer::json(200, &message.to_json(sim, now))
}

pub fn delete(sim: &Sim, request: &Request, sid: &str) -> Answer {
    match locked(&sim.twilio.store).get_mut(sid) {
        Some(message) => {
            message.deleted = true;
            Answer::empty(204)
        }
        None => errors::not_found(request),
    }
}
