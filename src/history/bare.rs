//! An end without the words that came with it: the last form in which it is
//! stored. That a message has ended, and that its host is told, must not fail
//! for a sentence, however odd the database is that refuses it.

use super::record::Settlement;
use serde_json::Value;

/// What stands in place of the words.
const WORDS_ARE_LOST: &str = "The database could not store the words that came with this.";
/// The longest word that is kept: ids, codes and times have fewer letters.
const LONGEST_WORD: usize = 128;

impl Settlement {
    /// The same with nothing but states, numbers, ids and codes.
    pub fn bare(&self) -> Settlement {
        let mut bare = self.clone();
        bare.body = None;
        bare.response = Some(WORDS_ARE_LOST.to_owned());
        bare.error = bare.error.map(|json| bare_json(&json));
        for word in [&mut bare.provider_message_id, &mut bare.recipient_id, &mut bare.provider_status] {
            *word = word.take().filter(|word| is_word(word));
        }
        if let Some(attempt) = &mut bare.attempt {
            attempt.detail = None;
            for word in [&mut attempt.provider_code, &mut attempt.trace_id, &mut attempt.provider_message_id]
            {
                *word = word.take().filter(|word| is_word(word));
            }
        }
        if let Some(event) = &mut bare.event {
            event.body = bare_json(&event.body);
        }
        bare
    }
}

/// What ids, codes and times are written with.
fn is_word(text: &str) -> bool {
    text.len() <= LONGEST_WORD && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// The same JSON without its sentences. Readers expect that there is a message.
fn bare_json(json: &str) -> String {
    let mut value: Value = serde_json::from_str(json).unwrap_or_default();
    without_sentences(&mut value);
    value.to_string()
}

fn without_sentences(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(text) if matches!(key.as_str(), "message" | "response") => {
                        *text = WORDS_ARE_LOST.to_owned();
                    }
                    other => without_sentences(other),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(without_sentences),
        Value::String(text) if !is_word(text) => *value = Value::Null,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_read_is_kept() {
        let event = r#"{"id":"0-1","at":"2026-11-22T03:04:05.678Z","outcome":{"status":"unknown","final":false,
            "response":"It is \u4e00 not known.","contact_id":"\u4e00","attempts":2,"recipient":"whatsapp:+1202",
            "error":{"status":103,"message":"It is not known.","hint":"Wait a while.","class":"temporary"}}}"#;
        let read: Value = serde_json::from_str(&bare_json(event)).unwrap();
        let expected = serde_json::json!({"id": "0-1", "at": "2026-11-22T03:04:05.678Z", "outcome": {
            "status": "unknown", "final": false, "response": WORDS_ARE_LOST, "contact_id": null, "attempts": 2,
            "recipient": "whatsapp:+1202", "error": {"status": 103, "message": WORDS_ARE_LOST, "hint": null,
            "class": "temporary"}}});
        assert_eq!(read, expected);
        assert_eq!(bare_json("no JSON"), "null");
    }
}
