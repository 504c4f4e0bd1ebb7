//! What Twilio asks of a message before it takes it.

use serde_json::Value;

use super::{content, errors, is_sid, location};
use crate::clock::{Clock, parse_query_date};
use crate::exchange::{Answer, Form, Request};
use crate::sim::Sim;

/// A refusal: HTTP status, code and, where it is not the code's usual one, the text.
#[derive(Debug, PartialEq)]
pub struct Refusal(pub u16, pub u32, pub Option<String>);

impl Refusal {
    pub fn answer(&self) -> Answer {
        errors::answer(self.0, self.1, self.2.as_deref())
    }
}

fn no<T>(code: u32) -> Result<T, Refusal> {
    Err(Refusal(400, code, None))
}

fn no_because<T>(code: u32, why: String) -> Result<T, Refusal> {
    Err(Refusal(400, code, Some(why)))
}

/// A message that may be taken.
#[derive(Debug)]
pub struct Wanted {
    pub to: String,
    /// The sender, chosen from the service if none was named.
    pub from: String,
    pub service: Option<String>,
    /// The rendered text.
    pub body: String,
    pub media: Vec<String>,
    /// `geo:..`
    pub place: Option<String>,
    pub content_sid: Option<String>,
    pub content_variables: Option<String>,
    pub status_callback: Option<String>,
    /// Microseconds since the start.
    pub send_at: Option<u64>,
    /// How it will fail, if it is already plain.
    pub doomed: Option<u32>,
}

pub fn check(sim: &Sim, request: &Request) -> Result<Wanted, Refusal> {
    check_form(
        &request.form(),
        &Context {
            senders: &sim.twilio.senders,
            service_sid: &sim.twilio.service_sid,
            contents: &sim.twilio.contents,
            clock: &sim.clock,
        },
    )
}

pub struct Context<'a> {
    pub senders: &'a [String],
    pub service_sid: &'a str,
    pub contents: &'a content::Contents,
    pub clock: &'a Clock,
}

pub fn check_form(form: &Form, context: &Context) -> Result<Wanted, Refusal> {
    let Some(to) = form.filled("To") else {
        return no(21604);
    };
    let (from, service) = sender(form, context, to)?;
    match to.strip_prefix("whatsapp:") {
        Some(number) if !is_e164(number) => {
            return no_because(21211, format!("The 'To' number {to} is not a valid phone number."));
        }
        _ => {}
    }
    if to == from {
        return no(63031);
    }
    let body = form.get("Body");
    let media: Vec<String> = form.all("MediaUrl").into_iter().filter(|m| !m.is_empty()).collect();
    let content_sid = form.filled("ContentSid");
    let variables = form.filled("ContentVariables");
    if variables.is_some() && body.is_some_and(|b| !b.is_empty()) {
        return no(35127);
    }
    if variables.is_some() && content_sid.is_none() {
        return no(21654);
    }
    let mut doomed = None;
    let text = match content_sid {
        Some(sid) => {
            if !is_sid(sid, &["HX"]) {
                return no(21655);
            }
            let Some(template) = context.contents.get(sid) else {
                return no(21655);
            };
            let values = variables.map_or_else(|| Ok(Vec::new()), self::variables)?;
            doomed = template
                .doom(context.clock.now())
                .or_else(|| values.iter().any(|(_, v)| has_bad_space(v)).then_some(63013));
            template.render(&values)
        }
        None => {
            if body.unwrap_or("").is_empty() && media.is_empty() {
                return no(if body.is_some() { 21602 } else { 21619 });
            }
            body.unwrap_or("").to_owned()
        }
    };
    if text.chars().count() > 1600 {
        return no(21617);
    }
    if media.len() > 10 {
        return no(21623);
    }
    if media.len() > 1 {
        doomed = doomed.or(Some(63030));
    }
    if let Some(bad) = media.iter().find(|m| !is_web_url(m)) {
        return no_because(21620, format!("Invalid media URL: {bad}"));
    }
    let places: Vec<String> = form.all("PersistentAction").into_iter().filter(|p| !p.is_empty()).collect();
    if let Some(bad) = places.iter().find(|p| !location::is_place(p)) {
        return no_because(20422, format!("Invalid PersistentAction: {bad}"));
    }
    if !places.is_empty() && text.is_empty() {
        return no(21602);
    }
    let status_callback = form.filled("StatusCallback");
    if let Some(url) = status_callback
        && (url.len() > 4000 || !is_web_url(url))
    {
        return no_because(21609, format!("The 'StatusCallback' URL {url} is not a valid URL."));
    }
    if let Some(period) = form.filled("ValidityPeriod")
        && !period.parse::<u32>().is_ok_and(|p| (1..=36_000).contains(&p))
    {
        return no(21624);
    }
    Ok(Wanted {
        to: to.to_owned(),
        from,
        body: text,
        media,
        place: places.into_iter().next(),
        content_sid: content_sid.map(str::to_owned),
        content_variables: variables.map(str::to_owned),
        status_callback: status_callback.map(str::to_owned),
        send_at: schedule(form, context.clock, service.is_some())?,
        service,
        doomed,
    })
}

fn sender(form: &Form, context: &Context, to: &str) -> Result<(String, Option<String>), Refusal> {
    let service = form.filled("MessagingServiceSid");
    if service.is_some_and(|s| s != context.service_sid) {
        return no(21701);
    }
    let from = match (form.filled("From"), service) {
        (None, None) => return no(21603),
        (Some(from), _) => from.to_owned(),
        (None, Some(_)) => format!("whatsapp:{}", context.senders.first().map_or("", String::as_str)),
    };
    match (to.starts_with("whatsapp:"), from.strip_prefix("whatsapp:")) {
        (true, Some(number)) if context.senders.iter().any(|s| s == number) => {
            Ok((from, service.map(str::to_owned)))
        }
        (true, Some(_)) => no(63007),
        (false, None) if !is_e164(to) => {
            no_because(21211, format!("The 'To' number {to} is not a valid phone number."))
        }
        // the account has no numbers for plain text messages
        (false, None) => no(if is_e164(&from) { 21606 } else { 21212 }),
        _ => no(21910),
    }
}

/// The moment to send at, if it is scheduled.
fn schedule(form: &Form, clock: &Clock, service: bool) -> Result<Option<u64>, Refusal> {
    match (form.filled("ScheduleType"), form.filled("SendAt")) {
        (None, None) => Ok(None),
        (Some(kind), _) if kind != "fixed" => no(35126),
        _ if !service => no(35118),
        (_, None) => no(35111),
        (_, Some(text)) => {
            let Some((moment, false)) = parse_query_date(text) else {
                return no(35114);
            };
            let at = clock.since_start(moment);
            let ahead = at - i128::from(clock.now());
            if (15 * 60 * 1_000_000..=35 * 86_400 * 1_000_000).contains(&ahead) {
                Ok(u64::try_from(at).ok())
            } else {
                no(35114)
            }
        }
    }
}

/// A JSON object of strings that are neither empty nor full of braces.
fn variables(text: &str) -> Result<Vec<(String, String)>, Refusal> {
    let Ok(Value::Object(map)) = serde_json::from_str(text) else {
        return no(21656);
    };
    map.into_iter()
        .map(|(name, value)| match value {
            Value::String(value)
                if !value.is_empty() && value.matches("{{").count() == value.matches("}}").count() =>
            {
                Ok((name, value))
            }
            _ => no(21656),
        })
        .collect()
}

fn has_bad_space(value: &str) -> bool {
    value.contains(['\n', '\r', '\t']) || value.contains("     ")
}

pub fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// An absolute http(s) URL; no underscore in the host.
fn is_web_url(text: &str) -> bool {
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let rest = if lower.starts_with("http://") {
        text.get(7..)
    } else if lower.starts_with("https://") {
        text.get(8..)
    } else {
        None
    };
    let Some(rest) = rest else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host = authority.rsplit('@').next().unwrap_or("");
    let (host, port) = match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
        Some((ip, port)) => (ip, port.strip_prefix(':')),
        None => host.split_once(':').map_or((host, None), |(h, p)| (h, Some(p))),
    };
    !host.is_empty()
        && !host.contains('_')
        && !text.contains(char::is_whitespace)
        && port.is_none_or(|p| p.parse::<u16>().is_ok())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b) || !b.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: (&str, &str) = ("To", "whatsapp:+15551230001");
    const FROM: (&str, &str) = ("From", "whatsapp:+14155238886");
    const TEXT: (&str, &str) = ("Body", "hello");
    const SERVICE: (&str, &str) = ("MessagingServiceSid", "MG00000000000000000000000000000001");
    const WELCOME: (&str, &str) = ("ContentSid", "HX00000000000000000000000000000001");

    fn ask(fields: &[(&str, &str)]) -> Result<Wanted, u32> {
        let form = Form(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
        let senders = ["+14155238886".to_owned()];
        check_form(
            &form,
            &Context {
                senders: &senders,
                service_sid: SERVICE.1,
                contents: &content::Contents::seeded(),
                clock: &Clock::new(),
            },
        )
        .map_err(|r| r.1)
    }

    fn refused(fields: &[(&str, &str)]) -> u32 {
        ask(fields).err().unwrap_or(0)
    }

    #[test]
    fn a_plain_text_a_picture_and_a_template_are_taken() {
        assert_eq!(ask(&[TO, FROM, TEXT]).unwrap().body, "hello");
        assert_eq!(ask(&[TO, FROM, ("MediaUrl", "https://example.com/a.jpg")]).unwrap().media.len(), 1);
        let t = ask(&[TO, SERVICE, WELCOME, ("ContentVariables", r#"{"1":"Bea"}"#)]).unwrap();
        assert_eq!(t.body, "Hello Bea, welcome aboard!");
        assert_eq!(t.from, FROM.1);
        assert!(t.service.is_some() && t.doomed.is_none());
    }

    #[test]
    fn unknown_parameters_are_ignored() {
        assert!(ask(&[TO, FROM, TEXT, ("Colour", "red"), ("body", "x")]).is_ok());
    }

    #[test]
    fn who_sends_to_whom() {
        assert_eq!(refused(&[FROM, TEXT]), 21604);
        assert_eq!(refused(&[("To", ""), FROM, TEXT]), 21604);
        assert_eq!(refused(&[TO, TEXT]), 21603);
        assert_eq!(refused(&[TO, ("From", "whatsapp:+15550000000"), TEXT]), 63007);
        assert_eq!(refused(&[TO, ("From", "+14155238886"), TEXT]), 21910);
        assert_eq!(refused(&[("To", "+15551230001"), FROM, TEXT]), 21910);
        assert_eq!(refused(&[("To", "+15551230001"), ("From", "+14155238886"), TEXT]), 21606);
        assert_eq!(refused(&[("To", FROM.1), FROM, TEXT]), 63031);
        assert_eq!(
            refused(&[TO, ("MessagingServiceSid", "MG00000000000000000000000000000009"), TEXT]),
            21701
        );
        for to in [
            "whatsapp:15551230001",
            "whatsapp:+0123456789",
            "whatsapp:+1555abc",
            "whatsapp:",
            "whatsapp:+123",
        ] {
            assert_eq!(refused(&[("To", to), FROM, TEXT]), 21211, "{to}");
        }
    }

    #[test]
    fn what_is_sent() {
        assert_eq!(refused(&[TO, FROM]), 21619);
        assert_eq!(refused(&[TO, FROM, ("Body", "")]), 21602);
        let long = "é".repeat(1600);
        assert!(ask(&[TO, FROM, ("Body", &long)]).is_ok());
        assert_eq!(refused(&[TO, FROM, ("Body", &format!("{long}x"))]), 21617);
        for url in
            ["ftp://example.com/a", "example.com/a.jpg", "https://", "https://my_host.com/a", "https://a b/"]
        {
            assert_eq!(refused(&[TO, FROM, ("MediaUrl", url)]), 21620, "{url}");
        }
        let mut many = vec![TO, FROM];
        many.resize(12, ("MediaUrl", "https://example.com/a.jpg"));
        assert_eq!(ask(&many).unwrap().doomed, Some(63030));
        many.push(many[5]);
        assert_eq!(refused(&many), 21623);
    }

    #[test]
    fn places() {
        let place = ("PersistentAction", "geo:39.7,-104.9|Town hall");
        assert_eq!(ask(&[TO, FROM, TEXT, place]).unwrap().place.as_deref(), Some(place.1));
        assert_eq!(ask(&[TO, FROM, TEXT]).unwrap().place, None);
        assert_eq!(refused(&[TO, FROM, TEXT, ("PersistentAction", "Town hall")]), 20422);
        // the text is the place's name
        assert_eq!(refused(&[TO, FROM, place]), 21619);
        let picture = ("MediaUrl", "https://example.com/a.jpg");
        assert_eq!(refused(&[TO, FROM, picture, place]), 21602);
    }

    #[test]
    fn templates() {
        let vars = |v| refused(&[TO, FROM, WELCOME, ("ContentVariables", v)]);
        for bad in [
            "Ann",
            "[]",
            r#"{"1":null}"#,
            r#"{"1":""}"#,
            r#"{"1":5}"#,
            r#"{"1":{"a":"b"}}"#,
            r#"{"1":"{{x"}"#,
            "{",
        ] {
            assert_eq!(vars(bad), 21656, "{bad}");
        }
        let ok = ("ContentVariables", r#"{"1":"Ann"}"#);
        assert_eq!(refused(&[TO, FROM, ok]), 21654);
        assert_eq!(refused(&[TO, FROM, ok, WELCOME, TEXT]), 35127);
        assert_eq!(refused(&[TO, FROM, ("ContentSid", "HX0000000000000000000000000000ffff")]), 21655);
        assert_eq!(refused(&[TO, FROM, ("ContentSid", "welcome")]), 21655);
        assert_eq!(ask(&[TO, FROM, WELCOME]).unwrap().body, "Hello Ann, welcome aboard!");
        let spaced = ("ContentVariables", r#"{"1":"a\nb"}"#);
        assert_eq!(ask(&[TO, FROM, WELCOME, spaced]).unwrap().doomed, Some(63013));
        let paused = ("ContentSid", "HX00000000000000000000000000000005");
        assert_eq!(ask(&[TO, FROM, paused]).unwrap().doomed, Some(63041));
    }

    #[test]
    fn callbacks_validity_and_schedule() {
        for url in ["/relative", "ftp://127.0.0.1/", "http://my_host/", "nonsense", "http://h:99999/"] {
            assert_eq!(refused(&[TO, FROM, TEXT, ("StatusCallback", url)]), 21609, "{url}");
        }
        let long = format!("http://h/{}", "a".repeat(4000));
        assert_eq!(refused(&[TO, FROM, TEXT, ("StatusCallback", &long)]), 21609);
        assert!(ask(&[TO, FROM, TEXT, ("StatusCallback", "http://u:p@[::1]:8080/x?wa=1#rc=5")]).is_ok());
        for period in ["0", "36001", "soon", "-1"] {
            assert_eq!(refused(&[TO, FROM, TEXT, ("ValidityPeriod", period)]), 21624, "{period}");
        }
        let fixed = ("ScheduleType", "fixed");
        assert_eq!(refused(&[TO, FROM, TEXT, fixed, ("SendAt", "2030-01-01T00:00:00Z")]), 35118);
        assert_eq!(refused(&[TO, SERVICE, TEXT, fixed]), 35111);
        assert_eq!(refused(&[TO, SERVICE, TEXT, fixed, ("SendAt", "2020-01-01T00:00:00Z")]), 35114);
        assert_eq!(refused(&[TO, SERVICE, TEXT, ("ScheduleType", "loose")]), 35126);
        let soon = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
        let soon = soon.format(&time::format_description::well_known::Rfc3339).unwrap();
        assert!(ask(&[TO, SERVICE, TEXT, fixed, ("SendAt", &soon)]).unwrap().send_at.is_some());
    }
}
