//! `/_control/`: what a test says to the simulator itself.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::chance::locked;
use crate::exchange::{Answer, Form};
use crate::faults::Rule;
use crate::kindness::Kindness;
use crate::sim::Sim;
use crate::webhook::loopback;
use crate::{meta, twilio};

pub fn refused(why: &str) -> Answer {
    Answer::json(400, &json!({ "error": why }))
}

fn done() -> Answer {
    Answer::json(200, &json!({ "ok": true }))
}

pub async fn answer(sim: &Arc<Sim>, method: &str, path: &str, query: &str, body: &[u8]) -> Answer {
    let query = Form::parse(query.as_bytes());
    let number = |name: &str| query.get(name).and_then(|v| v.parse::<u64>().ok());
    match (method, path) {
        ("POST", "/faults") => match rules(body).and_then(|r| sim.faults.add(r)) {
            Ok(_) => Answer::json(200, &sim.faults.to_json()),
            Err(why) => refused(&why),
        },
        ("GET", "/faults") => Answer::json(200, &sim.faults.to_json()),
        ("DELETE", "/faults") => {
            sim.faults.clear();
            done()
        }
        ("GET", "/requests") => {
            let limit = number("limit").and_then(|n| usize::try_from(n).ok()).unwrap_or(1000);
            Answer::of(200, "application/json", sim.log.recent(number("since").unwrap_or(0), limit))
        }
        ("GET", "/messages") => {
            let limit = number("limit").and_then(|n| usize::try_from(n).ok()).unwrap_or(1000);
            Answer::json(200, &messages(sim, query.get("to"), limit))
        }
        ("GET", "/stats") => Answer::json(200, &sim.stats.to_json()),
        ("GET", "/settings") => shown(sim),
        ("POST", "/settings") => settings(sim, body),
        ("POST", "/reset") => {
            sim.reset();
            done()
        }
        ("POST", "/templates") => match serde_json::from_slice(body) {
            Ok(wanted) => twilio::content::add(sim, wanted),
            Err(e) => refused(&e.to_string()),
        },
        ("POST", "/inbound") => match serde_json::from_slice(body) {
            Ok(wanted) => twilio::callbacks::inbound(sim, wanted).await,
            Err(e) => refused(&e.to_string()),
        },
        ("POST", "/meta/inbound") => match serde_json::from_slice(body) {
            Ok(wanted) => meta::inbound::inbound(sim, wanted).await,
            Err(e) => refused(&e.to_string()),
        },
        (_, path) if path.starts_with("/meta/") => of_meta(sim, method, path, &query, body),
        _ => Answer::json(404, &json!({ "error": format!("no control call {method} /_control{path}") })),
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8], then: impl FnOnce(T) -> Answer) -> Answer {
    match serde_json::from_slice(body) {
        Ok(wanted) => then(wanted),
        Err(e) => refused(&e.to_string()),
    }
}

fn of_meta(sim: &Sim, method: &str, path: &str, query: &Form, body: &[u8]) -> Answer {
    let limit = query.get("limit").and_then(|v| v.parse().ok()).unwrap_or(1000);
    match (method, path) {
        ("GET", "/meta/messages") => Answer::json(200, &meta::store::taken(sim, query.get("to"), limit)),
        ("GET", "/meta/media") => Answer::json(200, &meta::media::shown(sim)),
        ("POST", "/meta/media") => read(body, |wanted| meta::media::control(sim, &wanted)),
        ("GET", "/meta/numbers") => Answer::json(200, &meta::numbers::shown(sim)),
        ("POST", "/meta/templates") => read(body, |wanted| meta::templates::control(sim, wanted)),
        _ => Answer::json(404, &json!({ "error": format!("no control call {method} /_control{path}") })),
    }
}

/// Of both providers, in the order of their taking.
fn messages(sim: &Sim, to: Option<&str>, limit: usize) -> Value {
    let lists = [twilio::taken(sim, to, limit), meta::store::taken(sim, to, limit)];
    let count: u64 = lists.iter().filter_map(|l| l["count"].as_u64()).sum();
    let mut all: Vec<&Value> = lists.iter().filter_map(|l| l["messages"].as_array()).flatten().collect();
    all.sort_by_key(|m| m["created_us"].as_u64());
    let newest = all.split_off(all.len().saturating_sub(limit));
    json!({ "count": count, "messages": newest })
}

fn shown(sim: &Sim) -> Answer {
    let mut all = json!(sim.kindness());
    all["meta_webhook"] = locked(&sim.meta.webhook).clone().into();
    Answer::json(200, &all)
}

fn rules(body: &[u8]) -> Result<Vec<Rule>, String> {
    let value: Value = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let list = match value {
        Value::Array(list) => list,
        one => vec![one],
    };
    list.into_iter()
        .enumerate()
        .map(|(n, rule)| serde_json::from_value(rule).map_err(|e| format!("rule {n}: {e}")))
        .collect()
}

/// `{"ideal":true}`, `{"ideal":false}` (the defaults), or single knobs of `Kindness`.
fn settings(sim: &Sim, body: &[u8]) -> Answer {
    let Ok(Value::Object(mut wanted)) = serde_json::from_slice(body) else {
        return refused("settings are a JSON object");
    };
    let base = match wanted.remove("ideal") {
        None => sim.kindness(),
        Some(Value::Bool(true)) => Kindness::ideal(),
        Some(Value::Bool(false)) => Kindness::default(),
        Some(_) => return refused("ideal is true or false"),
    };
    let webhook = match wanted.remove("meta_webhook") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(Value::String(url)) if loopback(&url).is_some() => Some(Some(url)),
        Some(_) => return refused("meta_webhook is an address of plain http on loopback, or null"),
    };
    let Value::Object(mut all) = json!(base) else {
        return refused("settings");
    };
    all.append(&mut wanted);
    match serde_json::from_value::<Kindness>(Value::Object(all)) {
        Ok(kindness) => {
            sim.set_kindness(kindness);
            if let Some(webhook) = webhook {
                *locked(&sim.meta.webhook) = webhook;
            }
            shown(sim)
        }
        Err(e) => refused(&e.to_string()),
    }
}
