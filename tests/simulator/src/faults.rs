//! Scripted faults: which request they meet, how often, and what happens to it.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::chance::{Chance, locked};
use crate::exchange::How;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// An error in the provider's own form.
    Status {
        http: u16,
        code: Option<u32>,
        message: Option<String>,
        retry_after: Option<u64>,
        #[serde(default)]
        taken: bool,
    },
    /// What a proxy answers.
    Html {
        #[serde(default = "bad_gateway")]
        http: u16,
        #[serde(default)]
        taken: bool,
    },
    Empty {
        #[serde(default = "internal")]
        http: u16,
        #[serde(default)]
        taken: bool,
    },
    /// No answer; closed after `ms`, or never.
    Hang {
        ms: Option<u64>,
        #[serde(default)]
        taken: bool,
    },
    /// The connection ends before the message is taken; with `after_body_bytes` in the middle of the body.
    CutBefore {
        #[serde(default)]
        how: How,
        after_body_bytes: Option<u64>,
    },
    /// The message is taken, then the connection ends without an answer.
    CutAfter {
        #[serde(default = "reset")]
        how: How,
    },
    /// The answer comes late; with `before` the message is taken late as well.
    Slow {
        ms: u64,
        #[serde(default)]
        before: bool,
    },
    Redirect {
        #[serde(default = "temporary_redirect")]
        http: u16,
        location: String,
    },
    /// Success with a body that tells nothing.
    #[serde(rename = "garbage_2xx")]
    Garbage {
        #[serde(default = "created")]
        http: u16,
        #[serde(default)]
        body: Garbage,
        #[serde(default = "yes")]
        taken: bool,
    },
    /// An ordinary answer, cut so many bytes into its body: a download that breaks off.
    CutAnswer {
        after_body_bytes: u64,
        #[serde(default)]
        how: How,
    },
    /// An ordinary answer with other values in its JSON (null takes one out), or another content type.
    Patch {
        #[serde(default)]
        json: Map<String, Value>,
        content_type: Option<String>,
    },
    /// After an ordinary answer the idle connection is closed, unannounced.
    CloseIdle { ms: u64 },
    /// An ordinary answer; later the message ends in this status.
    Fate { status: String, error_code: Option<u32> },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Garbage {
    #[default]
    EmptyObject,
    HalfJson,
    Text,
    Json(serde_json::Value),
}

fn bad_gateway() -> u16 {
    502
}
fn internal() -> u16 {
    500
}
fn temporary_redirect() -> u16 {
    307
}
fn created() -> u16 {
    201
}
fn yes() -> bool {
    true
}
fn reset() -> How {
    How::Rst
}

impl Fault {
    /// Whether the provider still sees the request.
    pub fn lets_through(&self) -> bool {
        match self {
            Self::Status { taken, .. }
            | Self::Html { taken, .. }
            | Self::Empty { taken, .. }
            | Self::Hang { taken, .. }
            | Self::Garbage { taken, .. } => *taken,
            Self::CutBefore { .. } | Self::Redirect { .. } => false,
            Self::CutAfter { .. }
            | Self::CutAnswer { .. }
            | Self::Patch { .. }
            | Self::Slow { .. }
            | Self::CloseIdle { .. }
            | Self::Fate { .. } => true,
        }
    }

    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    fn wrong(&self) -> Option<&'static str> {
        let valid = match self {
            Self::Status { http, .. } => (400..=599).contains(http),
            Self::Html { http, .. } | Self::Empty { http, .. } => (200..=599).contains(http),
            Self::Redirect { http, .. } => (300..=399).contains(http),
            Self::Garbage { http, .. } => (200..=299).contains(http),
            _ => true,
        };
        (!valid).then_some("this kind of fault cannot have that http status")
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// Every request to a provider (the other keys still narrow it).
    pub any: bool,
    /// The connection itself, before a byte is read.
    pub connect: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A part of path and query as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_contains: Option<String>,
    /// The recipient of a message that is to be sent, with or without `whatsapp:`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// A part of the message's text, or of the raw body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_contains: Option<String>,
}

/// What rules look at.
pub struct Seen<'a> {
    pub method: &'a str,
    pub target: &'a str,
    /// None while only the head has been read.
    pub whole: Option<Whole<'a>>,
}

pub struct Whole<'a> {
    pub to: Option<&'a str>,
    pub from: Option<&'a str>,
    pub text: Option<&'a str>,
    pub raw: &'a [u8],
}

impl Match {
    fn needs_body(&self) -> bool {
        self.to.is_some() || self.from.is_some() || self.body_contains.is_some()
    }

    fn names_nothing(&self) -> bool {
        !self.any
            && !self.connect
            && !self.needs_body()
            && self.method.is_none()
            && self.path_contains.is_none()
    }

    fn fits(&self, seen: &Seen) -> bool {
        let bare = |a: &str| a.strip_prefix("whatsapp:").unwrap_or(a).to_owned();
        let same = |wanted: &Option<String>, got: Option<&str>| match wanted {
            None => true,
            Some(w) => got.is_some_and(|g| bare(g) == bare(w)),
        };
        if !self.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(seen.method))
            || !self.path_contains.as_ref().is_none_or(|p| seen.target.contains(p.as_str()))
        {
            return false;
        }
        if !self.needs_body() {
            return true;
        }
        let Some(whole) = &seen.whole else {
            return false;
        };
        same(&self.to, whole.to)
            && same(&self.from, whole.from)
            && self.body_contains.as_ref().is_none_or(|part| {
                whole.text.is_some_and(|t| t.contains(part.as_str()))
                    || whole.raw.windows(part.len().max(1)).any(|w| w == part.as_bytes())
            })
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    #[serde(rename = "match")]
    pub matches: Match,
    pub fault: Fault,
    /// How often it strikes; null or absent: for ever.
    #[serde(default)]
    pub times: Option<u64>,
    /// How many fitting requests are let through first.
    #[serde(default)]
    pub after: u64,
    #[serde(default = "always")]
    pub probability: f64,
    /// How often it has struck.
    #[serde(default, skip_deserializing)]
    pub struck: u64,
}

fn always() -> f64 {
    1.0
}

impl Rule {
    fn check(&self) -> Result<(), String> {
        if self.matches.names_nothing() {
            return Err("a rule's match names nothing; for every request say {\"any\":true}".to_owned());
        }
        if !(0.0..=1.0).contains(&self.probability) {
            return Err("probability is 0 to 1".to_owned());
        }
        if let Fault::CutBefore { after_body_bytes: Some(_), .. } = self.fault
            && self.matches.needs_body()
        {
            return Err(
                "after_body_bytes strikes before the body is known: match by method, path_contains or any"
                    .to_owned(),
            );
        }
        if self.matches.connect
            && (!matches!(
                self.fault,
                Fault::CutBefore { after_body_bytes: None, .. } | Fault::Hang { taken: false, .. }
            ) || self.matches.needs_body()
                || self.matches.method.is_some()
                || self.matches.path_contains.is_some())
        {
            return Err("connect goes alone, with the faults cut_before and hang".to_owned());
        }
        self.fault.wrong().map_or(Ok(()), |w| Err(w.to_owned()))
    }
}

/// When a rule may strike.
#[derive(Clone, Copy, PartialEq)]
pub enum Moment {
    Connect,
    Head,
    Whole,
}

#[derive(Default)]
pub struct Faults(Mutex<Vec<Rule>>);

impl Faults {
    pub fn add(&self, rules: Vec<Rule>) -> Result<usize, String> {
        for (n, rule) in rules.iter().enumerate() {
            rule.check().map_err(|e| format!("rule {n}: {e}"))?;
        }
        let mut all = locked(&self.0);
        all.extend(rules);
        Ok(all.len())
    }

    pub fn clear(&self) {
        locked(&self.0).clear();
    }

    pub fn to_json(&self) -> Value {
        json!({ "rules": *locked(&self.0) })
    }

    /// The first rule that strikes, in the order of their making.
    pub fn strike(&self, moment: Moment, seen: &Seen, chance: &Chance) -> Option<Fault> {
        let mut rules = locked(&self.0);
        for rule in rules.iter_mut() {
            let due = match (&rule.fault, rule.matches.connect) {
                (_, true) => Moment::Connect,
                (Fault::CutBefore { after_body_bytes: Some(_), .. }, _) => Moment::Head,
                _ => Moment::Whole,
            };
            if due != moment
                || rule.times == Some(0)
                || !rule.matches.fits(seen)
                || !chance.happens(rule.probability)
            {
                continue;
            }
            if rule.after > 0 {
                rule.after -= 1;
                continue;
            }
            if let Some(times) = &mut rule.times {
                *times -= 1;
            }
            rule.struck += 1;
            return Some(rule.fault.clone());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Result<Faults, String> {
        let faults = Faults::default();
        faults.add(serde_json::from_str(text).map_err(|e| e.to_string())?)?;
        Ok(faults)
    }

    fn post<'a>(to: &'a str, text: &'a str) -> Seen<'a> {
        let whole = Whole { to: Some(to), from: None, text: Some(text), raw: b"raw" };
        Seen { method: "POST", target: "/2010-04-01/Messages.json?x=1", whole: Some(whole) }
    }

    #[test]
    fn a_rule_strikes_as_often_as_it_says_and_only_where_it_fits() {
        let f =
            rules(r#"[{"match":{"to":"+15551"},"times":2,"fault":{"kind":"status","http":503}}]"#).unwrap();
        let c = Chance::new(1);
        assert!(f.strike(Moment::Whole, &post("whatsapp:+15552", ""), &c).is_none());
        for _ in 0..2 {
            assert!(f.strike(Moment::Whole, &post("whatsapp:+15551", ""), &c).is_some());
        }
        assert!(f.strike(Moment::Whole, &post("whatsapp:+15551", ""), &c).is_none());
    }

    #[test]
    fn after_lets_some_through_and_order_decides() {
        let f = rules(
            r#"[{"match":{"body_contains":"x"},"after":1,"times":1,"fault":{"kind":"cut_after"}},
                {"match":{"any":true},"fault":{"kind":"slow","ms":1}}]"#,
        )
        .unwrap();
        let c = Chance::new(1);
        assert_eq!(f.strike(Moment::Whole, &post("", "axb"), &c), Some(Fault::Slow { ms: 1, before: false }));
        assert_eq!(f.strike(Moment::Whole, &post("", "axb"), &c), Some(Fault::CutAfter { how: How::Rst }));
        assert_eq!(f.strike(Moment::Whole, &post("", "axb"), &c), Some(Fault::Slow { ms: 1, before: false }));
        assert_eq!(f.to_json()["rules"][0]["struck"], 1);
    }

    #[test]
    fn every_documented_kind_is_read() {
        for fault in [
            r#"{"kind":"status","http":429,"code":20429,"retry_after":1}"#,
            r#"{"kind":"html","http":502}"#,
            r#"{"kind":"empty","http":500,"taken":true}"#,
            r#"{"kind":"hang","ms":null,"taken":true}"#,
            r#"{"kind":"cut_before","how":"fin_rst","after_body_bytes":10}"#,
            r#"{"kind":"cut_after","how":"fin"}"#,
            r#"{"kind":"slow","ms":5}"#,
            r#"{"kind":"redirect","http":301,"location":"http://127.0.0.1:1/"}"#,
            r#"{"kind":"garbage_2xx","body":"half_json","taken":false}"#,
            r#"{"kind":"garbage_2xx","http":202,"body":{"json":{"sid":5}}}"#,
            r#"{"kind":"cut_answer","after_body_bytes":10,"how":"rst"}"#,
            r#"{"kind":"patch","json":{"sha256":"00","file_size":null},"content_type":"text/html"}"#,
            r#"{"kind":"close_idle","ms":5}"#,
            r#"{"kind":"fate","status":"failed","error_code":63015}"#,
        ] {
            rules(&format!(r#"[{{"match":{{"any":true}},"times":null,"probability":0.5,"fault":{fault}}}]"#))
                .unwrap();
        }
    }

    #[test]
    fn senseless_rules_are_refused() {
        for rule in [
            r#"{"match":{},"fault":{"kind":"slow","ms":1}}"#,
            r#"{"match":{"any":true},"probability":2,"fault":{"kind":"slow","ms":1}}"#,
            r#"{"match":{"to":"1"},"fault":{"kind":"cut_before","after_body_bytes":1}}"#,
            r#"{"match":{"connect":true},"fault":{"kind":"slow","ms":1}}"#,
            r#"{"match":{"any":true},"fault":{"kind":"status","http":200}}"#,
            r#"{"match":{"any":true},"fault":{"kind":"explode"}}"#,
            r#"{"match":{"anyone":true},"fault":{"kind":"slow","ms":1}}"#,
            r#"{"match":{"any":true},"fault":{"kind":"slow","ms":1,"second":1}}"#,
        ] {
            assert!(rules(&format!("[{rule}]")).is_err(), "{rule}");
        }
    }

    #[test]
    fn probability_is_about_right() {
        let f =
            rules(r#"[{"match":{"any":true},"probability":0.25,"fault":{"kind":"slow","ms":1}}]"#).unwrap();
        let c = Chance::new(3);
        let n = (0..4000).filter(|_| f.strike(Moment::Whole, &post("", ""), &c).is_some()).count();
        assert!((800..1200).contains(&n), "{n}");
    }
}
