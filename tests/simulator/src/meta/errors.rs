//! Meta's errors: the body, and HTTP status and text of each code as published.

use serde_json::{Value, json};

use crate::exchange::Answer;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub http: u16,
    pub code: u32,
    pub subcode: Option<u32>,
    /// Where it is not the code's usual text.
    pub message: Option<String>,
    pub details: Option<String>,
}

pub type Checked<T = ()> = Result<T, Refusal>;

impl Refusal {
    /// The code with its published HTTP status.
    pub fn of(code: u32) -> Self {
        Self { http: entry(code).map_or(400, |e| e.1), code, subcode: None, message: None, details: None }
    }

    pub fn because(code: u32, details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..Self::of(code) }
    }

    /// Code 100 with that text: a parameter that is missing or cannot be read.
    pub fn parameter(message: impl Into<String>) -> Self {
        Self::of(100).message(message)
    }

    /// The object is not there, or not for this token.
    pub fn no_object(method: &str, id: &str) -> Self {
        let method = method.to_lowercase();
        Self::parameter(format!(
            "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api"
        ))
        .subcode(33)
    }

    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// `error_data.details`
    pub fn details(mut self, details: String) -> Self {
        self.details = Some(details);
        self
    }

    pub fn subcode(mut self, subcode: u32) -> Self {
        self.subcode = Some(subcode);
        self
    }

    pub fn http(mut self, http: u16) -> Self {
        self.http = http;
        self
    }

    pub fn answer(&self) -> Answer {
        let Self { code, .. } = self;
        let text = self.message.clone().unwrap_or_else(|| text(*code).to_owned());
        let bare = matches!(code, 0 | 1 | 2 | 102 | 104 | 190) || self.subcode == Some(33);
        let mut error = json!({
            "message": if bare { text } else { format!("(#{code}) {text}") },
            "type": kind(self),
            "code": code,
            "fbtrace_id": trace(),
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if let Some(details) = &self.details {
            error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
        }
        if *code == 2 || *code == 131_016 {
            error["is_transient"] = true.into();
        }
        super::json(self.http, &json!({ "error": error }))
    }
}

fn kind(refusal: &Refusal) -> &'static str {
    match refusal.code {
        100 if refusal.subcode == Some(33) => "GraphMethodException",
        _ => "OAuthException",
    }
}

/// An entry of `errors[]` in a status webhook.
pub fn in_webhook(code: u32) -> Value {
    json!({
        "code": code,
        "title": text(code),
        "message": text(code),
        "error_data": { "details": text(code) },
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    })
}

/// `A` and 22 characters, as Meta's trace ids look.
pub fn trace() -> String {
    use base64::Engine as _;
    let random = fastrand::u128(..).to_be_bytes();
    format!("A{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random))
}

/// The code Meta gives with an HTTP status, where a fault names none.
pub fn usual_code(status: u16) -> u32 {
    match status {
        401 => 190,
        403 => 10,
        404 => 803,
        429 => 130_429,
        500 => 131_000,
        503 => 2,
        501 | 502 | 504..=599 => 131_016,
        _ => 100,
    }
}

fn entry(code: u32) -> Option<&'static (u32, u16, &'static str)> {
    CODES.iter().find(|(c, _, _)| *c == code)
}

pub fn text(code: u32) -> &'static str {
    entry(code).map_or("An unknown error has occurred.", |e| e.2)
}

/// Code, HTTP status, text.
const CODES: &[(u32, u16, &str)] = &[
    (0, 401, "AuthException"),
    (1, 400, "An unknown error has occurred."),
    (2, 503, "Service temporarily unavailable"),
    (3, 500, "Application does not have the capability to make this API call."),
    (4, 429, "Application request limit reached"),
    (10, 403, "Application does not have permission for this action"),
    (33, 400, "Parameter value is not valid"),
    (100, 400, "Invalid parameter"),
    (104, 401, "An access token is required to request this resource."),
    (190, 401, "Invalid OAuth access token - Cannot parse access token"),
    (
        200,
        403,
        "You do not have the necessary permissions required to send messages on behalf of this WhatsApp Business Account",
    ),
    (368, 403, "Temporarily blocked for policies violations"),
    (613, 429, "Calls to this api have exceeded the rate limit."),
    (803, 404, "Some of the aliases you requested do not exist"),
    (2500, 400, "Unknown path components"),
    (80007, 400, "There have been too many calls to this WhatsApp Business account."),
    (130_429, 400, "Rate limit hit"),
    (130_472, 400, "User's number is part of an experiment"),
    (130_497, 403, "Business account is restricted from messaging users in this country."),
    (131_000, 500, "Something went wrong"),
    (131_005, 403, "Access denied"),
    (131_008, 400, "Required parameter is missing"),
    (131_009, 400, "Parameter value is not valid"),
    (131_016, 503, "Service unavailable"),
    (131_021, 400, "Recipient cannot be sender"),
    (131_026, 400, "Message undeliverable"),
    (131_030, 400, "Recipient phone number not in allowed list"),
    (131_031, 403, "Account has been locked"),
    (131_037, 400, "The WhatsApp provided number needs display name approval before message can be sent."),
    (131_042, 400, "Business eligibility payment issue"),
    (131_045, 500, "Incorrect certificate"),
    (131_047, 400, "Re-engagement message"),
    (131_048, 400, "Spam rate limit hit"),
    (131_049, 400, "This message was not delivered to maintain healthy ecosystem engagement."),
    (131_050, 400, "User has stopped marketing messages from this business"),
    (131_051, 400, "Unsupported message type"),
    (131_052, 400, "Media download error"),
    (131_053, 400, "Media upload error"),
    (131_056, 400, "(Business Account, Consumer Account) pair rate limit hit"),
    (131_057, 500, "Account in maintenance mode"),
    (131_062, 400, "Business-scoped user ID recipients are not supported for this message."),
    (132_000, 400, "Number of parameters does not match the expected number of params"),
    (132_001, 404, "Template name does not exist in the translation"),
    (132_005, 400, "Translated text too long"),
    (132_007, 400, "Template format character policy violated"),
    (132_008, 400, "Template parameter value is not valid"),
    (132_012, 400, "Parameter format does not match format in the created template"),
    (132_015, 400, "Template is paused"),
    (132_016, 400, "Template is disabled"),
    (132_018, 400, "There was a problem with the template's parameters"),
    (132_068, 400, "Flow is in blocked state"),
    (132_069, 400, "Flow is in throttled state"),
    (133_000, 500, "Incomplete deregistration"),
    (133_004, 503, "Server temporarily unavailable"),
    (133_005, 400, "Two step verification PIN mismatch"),
    (133_006, 400, "Phone number re-verification needed"),
    (133_008, 400, "Too many two step verification PIN guesses"),
    (133_009, 400, "Two step verification PIN guessed too fast"),
    (133_010, 400, "Phone number not registered"),
    (133_015, 400, "Please wait a few minutes before attempting to register this phone number"),
    (133_016, 400, "Account register/deregister rate limit exceeded"),
    (135_000, 400, "Generic user error"),
    (136_025, 400, "The code could not be requested or verified"),
    (137_000, 400, "The identity key hash does not match"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(refusal: &Refusal) -> Value {
        serde_json::from_slice(&refusal.answer().body).unwrap()
    }

    #[test]
    fn an_error_has_the_published_form() {
        let error = of(&Refusal::because(131_056, "wait"));
        let e = &error["error"];
        assert_eq!(e["message"], "(#131056) (Business Account, Consumer Account) pair rate limit hit");
        assert_eq!((&e["type"], &e["code"]), (&json!("OAuthException"), &json!(131_056)));
        assert_eq!(e["error_data"], json!({"messaging_product": "whatsapp", "details": "wait"}));
        assert_eq!(e["fbtrace_id"].as_str().map(str::len), Some(23));
        let gone = of(&Refusal::no_object("GET", "17"));
        assert_eq!((&gone["error"]["code"], &gone["error"]["error_subcode"]), (&json!(100), &json!(33)));
        assert!(gone["error"]["message"].as_str().unwrap().starts_with("Unsupported get request"));
    }

    #[test]
    fn codes_are_in_order_and_each_is_there_once() {
        assert!(CODES.windows(2).all(|w| w[0].0 < w[1].0 || w[0].0 == 2500), "the table is not sorted");
        for (code, http) in [(190, 401), (131_000, 500), (132_001, 404), (133_005, 400), (2, 503)] {
            assert_eq!(Refusal::of(code).http, http, "{code}");
        }
    }
}
