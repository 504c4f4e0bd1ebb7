//! Verifying a number by code, registering it with a PIN, and what stops a guesser.

use serde_json::Value;

use super::errors::{Checked, Refusal};
use super::shape::Node;
use crate::chance::locked;
use crate::exchange::{Answer, Request};
use crate::sim::Sim;

/// Every verification code is this.
pub const CODE: &str = "123456";
const HOURS_72: u64 = 72 * 3600 * 1_000_000;

#[derive(Clone, Default)]
pub struct State {
    /// A code was asked for and not used yet.
    requested: bool,
    wrong_pins: u64,
    /// Microseconds since the start.
    last_wrong: u64,
    /// When it was registered and deregistered.
    calls: Vec<u64>,
}

impl State {
    pub fn code(&self) -> Option<&'static str> {
        self.requested.then_some(CODE)
    }

    pub fn forget_guesses(&mut self) {
        self.wrong_pins = 0;
        self.last_wrong = 0;
    }

    /// Too many calls in 72 hours?
    fn count(&mut self, now: u64, most: u64) -> Checked {
        self.calls.retain(|at| at + HOURS_72 > now);
        if most > 0 && self.calls.len() as u64 >= most {
            return Err(Refusal::because(
                133_016,
                format!("{most} register and deregister calls in 72 hours are allowed"),
            ));
        }
        self.calls.push(now);
        Ok(())
    }

    /// May another PIN be tried?
    fn may_guess(&self, now: u64, guesses: u64, pause: u64) -> Checked {
        if guesses > 0 && self.wrong_pins >= guesses {
            return Err(Refusal::because(133_008, "Too many guesses. Try again in 12 hours"));
        }
        if self.wrong_pins > 0 && now < self.last_wrong + pause {
            return Err(Refusal::because(
                133_009,
                "The PIN was entered too fast. Try again in a few seconds",
            ));
        }
        Ok(())
    }
}

/// Six digits, as a string (a number is taken too).
pub fn pin(node: &Node) -> Checked<String> {
    let text = match node.value {
        Value::Number(n) => n.to_string(),
        _ => node.text()?.to_owned(),
    };
    if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(text)
    } else {
        Err(node.wrong("must be a 6-digit string."))
    }
}

/// A parameter of the body or, as one library sends it, of the query.
fn either(request: &Request, body: &Value, key: &str) -> Checked<String> {
    let found = match body.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(n)) => Some(n.to_string()),
        Some(_) => return Err(Refusal::parameter(format!("Param {key} must be a string."))),
        None => request.query().filled(key).map(str::to_owned),
    };
    found
        .filter(|f| !f.is_empty())
        .ok_or_else(|| Refusal::parameter(format!("The parameter {key} is required.")))
}

fn unverified(details: &str) -> Refusal {
    Refusal::because(136_025, details)
}

/// `POST /{number}/request_code`
pub fn request_code(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let body = super::body_or_form(request)?;
    let method = either(request, &body, "code_method")?;
    if !["SMS", "VOICE"].contains(&method.as_str()) {
        return Err(Refusal::parameter("Param code_method must be one of {SMS, VOICE}."));
    }
    let language = either(request, &body, "language")?;
    if !(2..=8).contains(&language.len()) {
        return Err(Refusal::parameter("Param language must be a language code."));
    }
    let mut numbers = locked(&sim.meta.numbers);
    let number = numbers.get_mut(id).ok_or_else(|| Refusal::no_object("POST", id))?;
    if number.verified {
        return Err(unverified("The phone number is already verified"));
    }
    number.registration.requested = true;
    Ok(super::success())
}

/// `POST /{number}/verify_code`
pub fn verify_code(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let body = super::body_or_form(request)?;
    let code = either(request, &body, "code")?;
    let mut numbers = locked(&sim.meta.numbers);
    let number = numbers.get_mut(id).ok_or_else(|| Refusal::no_object("POST", id))?;
    if !number.registration.requested {
        return Err(unverified("No code was requested for this phone number"));
    }
    if code != CODE {
        return Err(unverified("The code you entered is incorrect"));
    }
    number.registration.requested = false;
    number.verified = true;
    Ok(super::success())
}

/// `POST /{number}/register`
pub fn register(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let body = super::body(request)?;
    let whole = Node::new("", &body);
    super::product(&whole)?;
    let given =
        pin(&whole.child("pin").ok_or_else(|| Refusal::parameter("The parameter pin is required."))?)?;
    if let Some(region) = whole.may_text("data_localization_region", 20)?
        && !(region.len() == 2 && region.bytes().all(|b| b.is_ascii_uppercase()))
    {
        return Err(Refusal::parameter("Param data_localization_region must be a country code."));
    }
    let kindness = sim.kindness();
    let now = sim.clock.now();
    let mut numbers = locked(&sim.meta.numbers);
    let number = numbers.get_mut(id).ok_or_else(|| Refusal::no_object("POST", id))?;
    if !number.verified {
        return Err(Refusal::because(133_006, "The phone number needs to be verified before registering"));
    }
    number.registration.may_guess(now, kindness.pin_guesses, 1000 * kindness.pin_pause_ms)?;
    number.registration.count(now, kindness.register_limit)?;
    if number.pin.as_ref().is_some_and(|p| *p != given) {
        number.registration.wrong_pins += 1;
        number.registration.last_wrong = now;
        return Err(Refusal::because(133_005, "The two-step verification PIN is incorrect"));
    }
    number.pin = Some(given);
    number.registered = true;
    number.registration.forget_guesses();
    Ok(super::success())
}

/// `POST /{number}/deregister`
pub fn deregister(sim: &Sim, id: &str) -> Checked<Answer> {
    let most = sim.kindness().register_limit;
    let now = sim.clock.now();
    let mut numbers = locked(&sim.meta.numbers);
    let number = numbers.get_mut(id).ok_or_else(|| Refusal::no_object("POST", id))?;
    if !number.registered {
        return Err(Refusal::because(133_010, "The phone number is not registered"));
    }
    number.registration.count(now, most)?;
    number.registered = false;
    Ok(super::success())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pin_is_six_digits() {
        for (value, ok) in [
            (json!("654321"), true),
            (json!(654_321), true),
            (json!("65432"), false),
            (json!("65432a"), false),
            (json!(null), false),
            (json!("٦٥٤٣٢١"), false),
        ] {
            assert_eq!(pin(&Node::new("pin", &value)).is_ok(), ok, "{value}");
        }
    }

    #[test]
    fn guessing_is_slowed_and_stopped() {
        let mut state = State { wrong_pins: 1, last_wrong: 1_000, ..State::default() };
        assert_eq!(state.may_guess(2_000, 5, 3_000).unwrap_err().code, 133_009);
        assert!(state.may_guess(4_000, 5, 3_000).is_ok());
        state.wrong_pins = 5;
        assert_eq!(state.may_guess(9_000_000, 5, 0).unwrap_err().code, 133_008);
        state.forget_guesses();
        assert!(state.may_guess(0, 5, 3_000).is_ok());
    }

    #[test]
    fn ten_calls_in_72_hours() {
        let mut state = State::default();
        for n in 0..10 {
            assert!(state.count(n, 10).is_ok());
        }
        assert_eq!(state.count(10, 10).unwrap_err().code, 133_016);
        assert!(state.count(10, 0).is_ok() && state.count(HOURS_72 + 20, 10).is_ok());
    }
}
