//! Access tokens, what each may do, and `debug_token`.

use hyper::header::AUTHORIZATION;
use ring::hmac;
use serde_json::{Value, json};

use super::errors::{Checked, Refusal};
use super::ids;
use crate::exchange::{Answer, Request};
use crate::multipart::hex;
use crate::sim::Sim;

pub const PERMANENT: &str = "EAA0000000000000000000000000permanent";
pub const TEMPORARY: &str = "EAA0000000000000000000000000temporary";
pub const EXPIRED: &str = "EAA00000000000000000000000000expired";
pub const MESSAGING: &str = "EAA00000000000000000000000messaging";
pub const MANAGEMENT: &str = "EAA0000000000000000000000management";
pub const APP_SECRET: &str = "5f4dcc3b5aa765d61d8327deb882cf99";

const SEND: &str = "whatsapp_business_messaging";
const MANAGE: &str = "whatsapp_business_management";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Right {
    /// Messages and media.
    Send,
    /// Templates, numbers, profile.
    Manage,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    text: &'static str,
    send: bool,
    manage: bool,
    expired: bool,
    temporary: bool,
}

const fn token(text: &'static str, send: bool, manage: bool) -> Token {
    Token { text, send, manage, expired: false, temporary: false }
}

const TOKENS: [Token; 5] = [
    token(PERMANENT, true, true),
    Token { temporary: true, ..token(TEMPORARY, true, true) },
    Token { expired: true, ..token(EXPIRED, true, true) },
    token(MESSAGING, true, false),
    token(MANAGEMENT, false, true),
];

impl Token {
    fn find(text: &str) -> Option<&'static Token> {
        TOKENS.iter().find(|t| t.text == text)
    }

    fn scopes(&self) -> Vec<&'static str> {
        [(self.manage, MANAGE), (self.send, SEND)]
            .into_iter()
            .filter(|(has, _)| *has)
            .map(|(_, s)| s)
            .collect()
    }

    pub fn may(&self, right: Right) -> Checked {
        match right {
            Right::Send if !self.send => Err(Refusal::of(10)),
            Right::Manage if !self.manage => {
                Err(Refusal::of(200).message(format!("Requires {MANAGE} permission")))
            }
            _ => Ok(()),
        }
    }
}

/// From the header (`Bearer`, for uploads `OAuth`), or the query, as Graph takes it too.
fn given(request: &Request) -> Option<String> {
    if let Some((scheme, token)) = request.header(&AUTHORIZATION).and_then(|v| v.split_once(' '))
        && (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth"))
    {
        return Some(token.trim().to_owned()).filter(|t| !t.is_empty());
    }
    request.query().filled("access_token").map(str::to_owned)
}

fn valid(text: &str) -> Checked<&'static Token> {
    match Token::find(text) {
        Some(t) if t.expired => Err(Refusal::of(190).subcode(463).message(
            "Error validating access token: Session has expired on Sunday, 01-Nov-26 00:00:00 PST.",
        )),
        Some(t) => Ok(t),
        None => Err(Refusal::of(190)),
    }
}

/// Who asks.
pub fn check(request: &Request) -> Checked<&'static Token> {
    let token = valid(&given(request).ok_or_else(|| Refusal::of(104))?)?;
    if let Some(proof) = request.query().filled("appsecret_proof") {
        let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
        if proof != hex(hmac::sign(&key, token.text.as_bytes()).as_ref()) {
            return Err(Refusal::parameter("Invalid appsecret_proof provided in the API argument"));
        }
    }
    Ok(token)
}

/// For the log; never the token.
pub fn kind(request: &Request) -> &'static str {
    match given(request).as_deref() {
        None => "none",
        Some(TEMPORARY) => "temporary_token",
        Some(EXPIRED) => "expired_token",
        Some(t) if Token::find(t).is_some() => "token",
        Some(_) => "wrong",
    }
}

/// `GET /debug_token?input_token=`, with any valid token or the app's own (`APP|SECRET`).
pub fn debug(sim: &Sim, request: &Request) -> Checked<Answer> {
    let asking = given(request).ok_or_else(|| Refusal::of(104))?;
    if asking != format!("{}|{APP_SECRET}", ids::APP) {
        valid(&asking)?;
    }
    let query = request.query();
    let Some(input) = query.filled("input_token") else {
        return Err(Refusal::parameter("The parameter input_token is required"));
    };
    let now = sim.clock.wall(0).unix_timestamp();
    let data = match (Token::find(input), valid(input)) {
        (Some(token), verdict) => {
            let targets = [ids::WABA];
            let granular: Vec<Value> =
                token.scopes().iter().map(|s| json!({ "scope": s, "target_ids": targets })).collect();
            let mut data = json!({
                "app_id": ids::APP, "type": "SYSTEM_USER", "application": "Simulated app",
                "data_access_expires_at": 0,
                "expires_at": if token.temporary { now + 3600 * 20 } else if token.expired { now - 3600 } else { 0 },
                "is_valid": verdict.is_ok(), "issued_at": now - 86_400,
                "scopes": token.scopes(), "granular_scopes": granular, "user_id": ids::USER,
            });
            if let Err(refusal) = verdict {
                data["error"] =
                    json!({ "code": 190, "subcode": refusal.subcode, "message": refusal.message });
            }
            data
        }
        (None, _) => json!({
            "error": { "code": 190, "message": "Invalid OAuth access token." }, "is_valid": false, "scopes": [],
        }),
    };
    Ok(super::json(200, &json!({ "data": data })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tokens_are_those_of_the_readme_and_have_their_rights() {
        let readme = include_str!("../../README.md");
        for token in TOKENS {
            assert!(readme.contains(token.text), "{} is not in the README", token.text);
        }
        assert!(readme.contains(APP_SECRET) && readme.contains(ids::APP) && readme.contains(ids::WABA));
        assert_eq!(Token::find(MESSAGING).unwrap().may(Right::Manage).unwrap_err().code, 200);
        assert_eq!(Token::find(MANAGEMENT).unwrap().may(Right::Send).unwrap_err().code, 10);
        assert!(Token::find(PERMANENT).unwrap().may(Right::Send).is_ok());
        assert_eq!(valid(EXPIRED).unwrap_err().subcode, Some(463));
        assert_eq!(valid("EAAx").unwrap_err().code, 190);
    }
}
