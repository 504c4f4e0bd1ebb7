//! The rules of a template message: its parameters against the template.

use std::collections::HashSet;

use serde_json::Value;

use super::content::{Context, location, media};
use super::errors::{Checked, Refusal};
use super::interactive::products;
use super::media_types::Kind;
use super::shape::Node;
use super::template_rules::{is, text_of, variables};

/// The text of the body with its variables filled in.
pub fn check(context: &Context, node: &Node) -> Checked<String> {
    let name = node.need_text("name", 1, 512)?;
    let language = node.need("language")?;
    let code = language.need_text("code", 1, 20)?;
    if language.child("policy").is_some() {
        language.one_of("policy", &["deterministic"])?;
    }
    let Some(template) = context.templates.find(name, code) else {
        return Err(Refusal::because(132_001, format!("template name ({name}) does not exist in {code}")));
    };
    match template.status(context.now) {
        "APPROVED" | "PENDING_DELETION" => {}
        "PAUSED" => return Err(Refusal::because(132_015, format!("template name ({name}) is paused"))),
        "DISABLED" => return Err(Refusal::because(132_016, format!("template name ({name}) is disabled"))),
        other => {
            return Err(Refusal::because(
                132_001,
                format!("template name ({name}) is {other}, not approved"),
            ));
        }
    }
    let given = match node.child("components") {
        None => Vec::new(),
        Some(list) => list.list()?,
    };
    let shape = Shape {
        named: template.named,
        code: template.category == "AUTHENTICATION",
        all: &template.components,
    };
    shape.check(context, node, &given)
}

/// What a template, or one card of it, wants to be filled in.
struct Shape<'a> {
    named: bool,
    /// An authentication template: body and button carry the code.
    code: bool,
    all: &'a [Value],
}

impl Shape<'_> {
    fn part(&self, kind: &str) -> Option<&Value> {
        self.all.iter().find(|c| is(c, kind))
    }

    fn check(&self, context: &Context, at: &Node, given: &[Node]) -> Checked<String> {
        let mut once = HashSet::new();
        let (mut header, mut body, mut offer, mut cards) = (None, None, None, None);
        let mut buttons = Vec::new();
        for component in given {
            let kind = component.need_text("type", 1, 30)?.to_ascii_lowercase();
            match kind.as_str() {
                "header" => header = Some(component),
                "body" => body = Some(component),
                "button" => buttons.push(component),
                "limited_time_offer" => offer = Some(component),
                "carousel" => cards = Some(component),
                _ => {
                    return Err(component
                        .wrong("type must be one of {HEADER, BODY, BUTTON, CAROUSEL, LIMITED_TIME_OFFER}."));
                }
            }
            if kind != "button" && !once.insert(kind) {
                return Err(component.invalid("is there twice"));
            }
        }
        self.header(context, header)?;
        let text = self.body(body, given.len() > 1)?;
        self.buttons(at, &buttons)?;
        self.offer(context, offer)?;
        self.cards(context, cards)?;
        Ok(text)
    }

    fn header(&self, context: &Context, given: Option<&Node>) -> Checked {
        let parameters = parameters(given)?;
        let template = self.part("HEADER");
        let format = template.map_or("", |t| text_of(t, "format")).to_ascii_uppercase();
        match format.as_str() {
            "" | "TEXT" => {
                let text = template.map_or("", |t| text_of(t, "text"));
                let rendered = self.texts("header", text, &parameters, false)?;
                if rendered.chars().count() > 60 {
                    return Err(Refusal::because(132_005, "header: the text is longer than 60 characters"));
                }
                Ok(())
            }
            _ => {
                let [one] = parameters.as_slice() else {
                    let got = if parameters.is_empty() {
                        "UNKNOWN".to_owned()
                    } else {
                        parameters.len().to_string()
                    };
                    return Err(mismatch("header", &format, &got));
                };
                let kind = one.need_text("type", 1, 30)?;
                if !kind.eq_ignore_ascii_case(&format) {
                    return Err(mismatch("header", &format, &kind.to_ascii_uppercase()));
                }
                match (Kind::parse(kind), kind) {
                    (Some(kind), name) => media(context, kind, &one.need(name)?),
                    (None, "location") => location(&one.need("location")?).map(|_| ()),
                    (None, "product") => {
                        let product = one.need("product")?;
                        product.need_text("product_retailer_id", 1, 100)?;
                        product.may_text("catalog_id", 100).map(|_| ())
                    }
                    (None, name) => one.need(name)?.object().map(|_| ()),
                }
            }
        }
    }

    fn body(&self, given: Option<&Node>, more: bool) -> Checked<String> {
        let parameters = parameters(given)?;
        if self.code {
            return code(&parameters, "body");
        }
        let template = self.part("BODY").map_or("", |t| text_of(t, "text"));
        let rendered = self.texts("body", template, &parameters, true)?;
        let most = if more || self.all.len() > 1 { 1024 } else { 32_768 };
        if rendered.chars().count() > most {
            return Err(Refusal::because(
                132_005,
                format!("body: the text is longer than {most} characters"),
            ));
        }
        Ok(rendered)
    }

    /// Counts, kinds and names of the parameters of a text; gives the text filled in.
    fn texts(&self, place: &str, template: &str, parameters: &[Node], rich: bool) -> Checked<String> {
        let wanted = variables(template);
        if wanted.len() != parameters.len() {
            return Err(Refusal::because(
                132_000,
                format!(
                    "{place}: number of localizable_params ({}) does not match the expected number of params ({})",
                    parameters.len(),
                    wanted.len()
                ),
            ));
        }
        let mut text = template.to_owned();
        let mut used = HashSet::new();
        for (n, parameter) in parameters.iter().enumerate() {
            let value = value(parameter, place, rich)?;
            let name = parameter.may_text("parameter_name", 100)?;
            let name = match (self.named, name) {
                (true, Some(name)) if wanted.iter().any(|w| w == name) && used.insert(name) => {
                    name.to_owned()
                }
                (true, Some(name)) => {
                    return Err(Refusal::because(
                        132_012,
                        format!("{place}: {name} is not a parameter of the template"),
                    ));
                }
                (true, None) => {
                    return Err(Refusal::parameter("Invalid parameter")
                        .details(format!("{place}: Parameter name is missing or empty")));
                }
                (false, Some(_)) => {
                    return Err(Refusal::because(
                        132_012,
                        format!("{place}: the template's parameters have no names"),
                    ));
                }
                (false, None) => wanted.iter().find(|w| w.parse() == Ok(n + 1)).cloned().unwrap_or_default(),
            };
            text = text.replace(&format!("{{{{{name}}}}}"), value);
        }
        Ok(text)
    }

    fn buttons(&self, at: &Node, given: &[&Node]) -> Checked {
        let none = Vec::new();
        let list =
            self.part("BUTTONS").and_then(|b| b.get("buttons")).and_then(Value::as_array).unwrap_or(&none);
        let mut seen = HashSet::new();
        for component in given {
            let index = component.need("index")?;
            let number = index.value.as_u64().or_else(|| index.value.as_str()?.parse().ok());
            let Some(number) = number.and_then(|n| usize::try_from(n).ok()).filter(|n| *n < 10) else {
                return Err(index.wrong("must be an integer of 0 to 9."));
            };
            let Some(button) = list.get(number) else {
                return Err(Refusal::because(
                    132_018,
                    format!("buttons: there is no button at index {number}"),
                ));
            };
            if !seen.insert(number) {
                return Err(index.invalid("is there twice"));
            }
            let kind = component.need_text("sub_type", 1, 30)?.to_ascii_lowercase();
            if kind != sub_type(button) {
                return Err(mismatch(&format!("buttons[{number}]"), sub_type(button), &kind));
            }
            let parameters = parameters(Some(component))?;
            self.button(&kind, button, &parameters, number)?;
        }
        for (n, button) in list.iter().enumerate() {
            if needs_parameter(button) && !seen.contains(&n) {
                return Err(Refusal::because(
                    131_008,
                    format!(
                        "{}: Button at index {n} of type {} requires a parameter",
                        at.path,
                        text_of(button, "type")
                    ),
                ));
            }
        }
        Ok(())
    }

    fn button(&self, kind: &str, button: &Value, parameters: &[Node], number: usize) -> Checked {
        let place = format!("buttons[{number}]");
        let [one] = parameters else {
            // these may go without
            return if parameters.is_empty()
                && matches!(kind, "flow" | "catalog" | "voice_call" | "quick_reply")
            {
                Ok(())
            } else {
                Err(Refusal::because(132_000, format!("{place}: exactly one parameter is expected")))
            };
        };
        if self.code {
            return code(parameters, &place).map(|_| ());
        }
        let typed = |wanted: &str| {
            let got = one.need_text("type", 1, 30)?;
            if got.eq_ignore_ascii_case(wanted) { Ok(()) } else { Err(mismatch(&place, wanted, got)) }
        };
        match kind {
            "quick_reply" => {
                typed("payload")?;
                one.need_text("payload", 1, 1024)?;
            }
            "url" => {
                typed("text")?;
                one.need_text("text", 1, 2000)?;
                if variables(text_of(button, "url")).is_empty() {
                    return Err(Refusal::because(
                        132_000,
                        format!("{place}: the button's URL has no variable"),
                    ));
                }
            }
            "copy_code" => {
                typed("coupon_code")?;
                one.need_text("coupon_code", 1, 20)?;
            }
            "flow" | "catalog" => {
                typed("action")?;
                let action = one.need("action")?;
                action.object()?;
                action.may_text("flow_token", 4096)?;
                action.may_text("thumbnail_product_retailer_id", 100)?;
            }
            "mpm" => {
                typed("action")?;
                let action = one.need("action")?;
                action.need_text("thumbnail_product_retailer_id", 1, 100)?;
                products(&action)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn offer(&self, context: &Context, given: Option<&Node>) -> Checked {
        let template = self.part("LIMITED_TIME_OFFER");
        let expires = template.is_some_and(|t| t["limited_time_offer"]["has_expiration"] == true);
        let parameters = parameters(given)?;
        match (template, parameters.as_slice()) {
            (None, []) => Ok(()),
            (Some(_), []) if !expires => Ok(()),
            (Some(_), [one]) => {
                let offer = one.need("limited_time_offer")?;
                let moment = offer.need("expiration_time_ms")?;
                let Some(ms) = moment.value.as_i64() else { return Err(moment.wrong("must be an integer.")) };
                if i128::from(ms) <= context.unix_ms {
                    return Err(moment.invalid("is in the past"));
                }
                Ok(())
            }
            (Some(_), []) => {
                Err(Refusal::because(131_008, "limited_time_offer: expiration_time_ms is missing"))
            }
            _ => Err(Refusal::because(132_000, "limited_time_offer: the template does not expect that")),
        }
    }

    fn cards(&self, context: &Context, given: Option<&Node>) -> Checked {
        let none = Vec::new();
        let wanted =
            self.part("CAROUSEL").and_then(|c| c.get("cards")).and_then(Value::as_array).unwrap_or(&none);
        let cards = match given {
            None => Vec::new(),
            Some(node) => node.need("cards")?.list()?,
        };
        if cards.len() != wanted.len() {
            return Err(Refusal::because(
                132_000,
                format!("carousel: {} cards do not match the expected {}", cards.len(), wanted.len()),
            ));
        }
        for (n, (card, template)) in cards.iter().zip(wanted).enumerate() {
            let index = card.need("card_index")?;
            let number = index.value.as_u64().or_else(|| index.value.as_str()?.parse().ok());
            if number != Some(n as u64) {
                return Err(index.invalid("cards are numbered from 0 in their order"));
            }
            let all = template.get("components").and_then(Value::as_array).unwrap_or(&none);
            let shape = Shape { named: self.named, code: false, all };
            shape.check(context, card, &card.need("components")?.list()?)?;
        }
        Ok(())
    }
}

fn parameters<'a>(component: Option<&Node<'a>>) -> Checked<Vec<Node<'a>>> {
    match component.and_then(|c| c.child("parameters")) {
        None => Ok(Vec::new()),
        Some(list) => list.list(),
    }
}

fn mismatch(place: &str, wanted: &str, got: &str) -> Refusal {
    Refusal::because(132_012, format!("{place}: Format mismatch, expected {wanted}, received {got}"))
}

/// The text a parameter puts in.
fn value<'a>(parameter: &Node<'a>, place: &str, rich: bool) -> Checked<&'a str> {
    let kind = parameter.need_text("type", 1, 30)?;
    match kind {
        "text" => {
            let text = parameter.need_text("text", 1, 32_768)?;
            if text.contains(['\n', '\r', '\t']) || text.contains("     ") {
                return Err(Refusal::because(
                    132_018,
                    format!(
                        "{place}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
                    ),
                ));
            }
            Ok(text)
        }
        "currency" if rich => {
            let currency = parameter.need("currency")?;
            let code = currency.need_text("code", 3, 3)?;
            if !code.bytes().all(|b| b.is_ascii_uppercase()) {
                return Err(currency.invalid("code is not a currency"));
            }
            let amount = currency.need("amount_1000")?;
            if amount.value.as_i64().is_none() {
                return Err(amount.wrong("must be an integer."));
            }
            currency.need_text("fallback_value", 1, 1024)
        }
        "date_time" if rich => parameter.need("date_time")?.need_text("fallback_value", 1, 1024),
        other => Err(mismatch(place, "TEXT", &other.to_ascii_uppercase())),
    }
}

/// The one parameter of an authentication template: up to 15 characters.
fn code(parameters: &[Node], place: &str) -> Checked<String> {
    let [one] = parameters else {
        return Err(Refusal::because(132_000, format!("{place}: the code is the one parameter")));
    };
    if one.need_text("type", 1, 30)? != "text" {
        return Err(mismatch(place, "TEXT", one.value["type"].as_str().unwrap_or("")));
    }
    one.need_text("text", 1, 15).map(str::to_owned)
}

/// How a button of the template is named in a message.
fn sub_type(button: &Value) -> &'static str {
    match text_of(button, "type").to_ascii_uppercase().as_str() {
        "QUICK_REPLY" => "quick_reply",
        "URL" | "OTP" => "url",
        "COPY_CODE" => "copy_code",
        "FLOW" => "flow",
        "CATALOG" => "catalog",
        "MPM" => "mpm",
        "VOICE_CALL" => "voice_call",
        "ORDER_DETAILS" => "order_details",
        _ => "phone_number",
    }
}

fn needs_parameter(button: &Value) -> bool {
    match sub_type(button) {
        "url" => is(button, "OTP") || !variables(text_of(button, "url")).is_empty(),
        "copy_code" | "mpm" => true,
        _ => false,
    }
}
