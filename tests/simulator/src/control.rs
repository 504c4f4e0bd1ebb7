//! `/_control/`: what a test says to the simulator itself.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::exchange::{Answer, Form};
use crate::faults::Rule;
use crate::kindness::Kindness;
use crate::sim::Sim;
use crate::twilio;

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
            Answer {
                status: 200,
                headers: vec![],
                content_type: "application/json",
                body: sim.log.recent(number("since").unwrap_or(0), limit),
            }
        }
        ("GET", "/messages") => {
            let limit = number("limit").and_then(|n| usize::try_from(n).ok()).unwrap_or(1000);
            Answer::json(200, &twilio::taken(sim, query.get("to"), limit))
        }
        ("GET", "/stats") => Answer::json(200, &sim.stats.to_json()),
        ("GET", "/settings") => Answer::json(200, &json!(sim.kindness())),
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
        _ => Answer::json(404, &json!({ "error": format!("no control call {method} /_control{path}") })),
    }
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
    let Value::Object(mut all) = json!(base) else {
        return refused("settings");
    };
    all.append(&mut wanted);
    match serde_json::from_value::<Kindness>(Value::Object(all)) {
        Ok(kindness) => {
            sim.set_kindness(kindness);
            Answer::json(200, &json!(sim.kindness()))
        }
        Err(e) => refused(&e.to_string()),
    }
}
