//! What was written before a number came to the API.

use crate::inbound::foreign;
use std::borrow::Cow;

/// A chunk of the history, by its threads: one chunk may hold thousands of
/// messages, and a thread is what was written with one person.
pub fn threads(chunk: &str) -> Vec<Cow<'_, str>> {
    let Some(mut members) = foreign::members(chunk) else { return vec![chunk.into()] };
    let threads = members.remove("threads").and_then(|threads| foreign::items(threads.get()));
    let Some(threads) = threads.filter(|threads| threads.len() > 1) else { return vec![chunk.into()] };
    // What is beside the threads goes with each of them, where it is short.
    let mut around = String::new();
    for (key, raw) in members.iter().filter(|(_, raw)| raw.get().len() <= LONGEST_AROUND) {
        around.push_str(&serde_json::Value::from(key.as_str()).to_string());
        around.push(':');
        around.push_str(raw.get());
        around.push(',');
    }
    if around.len() > LONGEST_AROUND {
        around.clear();
    }
    threads.iter().map(|thread| format!("{{{around}\"threads\":[{}]}}", thread.get()).into()).collect()
}

/// The most characters that are repeated with each thread: the numbers of the
/// chunk need 60.
const LONGEST_AROUND: usize = 500;
