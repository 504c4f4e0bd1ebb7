//! What Twilio and WhatsApp refuse, refused before anything is recorded.
//! Every error names the field and the limit.

use crate::message::{Error, Result, Status, Variables};
use url::{Host, Url};

/// The most characters of a text.
pub const LONGEST_BODY: usize = 1600;
/// The most characters of a link.
const LONGEST_LINK: usize = 4000;
/// The most characters of a template's name or SID.
const LONGEST_NAME: usize = 512;
/// WhatsApp refuses more blanks in a row in a template's value.
const MOST_BLANKS: usize = 4;

fn refused(argument: &str, message: String) -> Box<Error> {
    Error::about(Status::Message, argument, message)
}

/// Checks a text that travels as it is.
pub fn text(argument: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(refused(argument, format!("{argument} is empty, or has nothing but blanks in it.")));
    }
    // Never more characters than bytes: long texts only are counted.
    if text.len() > LONGEST_BODY {
        let length = text.chars().count();
        if length > LONGEST_BODY {
            let message = format!("{argument} has {length} characters; {LONGEST_BODY} are the most.");
            return Err(refused(argument, message).hint("Shorten the text, or send it in parts."));
        }
    }
    Ok(())
}

/// Checks the links of a message. `private` allows addresses that only this
/// network knows: a simulator or a gateway may fetch them, Twilio cannot.
pub fn media(links: &[String], private: bool) -> Result<()> {
    match links {
        [] => Err(refused("media", "media is empty; give one link.".to_owned())),
        [one] => link("media[0]", one, private),
        _ => Err(refused(
            "media",
            format!("media has {} links; 1 is the most in a WhatsApp message.", links.len()),
        )
        .hint("Send one message for each link.")),
    }
}

/// Checks one link.
pub fn link(argument: &str, text: &str, private: bool) -> Result<()> {
    if text.len() > LONGEST_LINK {
        return Err(refused(argument, format!("{argument} is longer than {LONGEST_LINK} characters.")));
    }
    // A parser of URLs would drop some of these without a word.
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(refused(argument, format!("{argument} has a blank or a control character in it.")));
    }
    let url = Url::parse(text)
        .map_err(|error| refused(argument, format!("{argument} is not an address: {error}.")))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(refused(argument, format!("{argument} must be an http or https address.")));
    }
    let reachable = match url.host() {
        None => false,
        Some(Host::Domain(name)) => name != "localhost" && name.trim_end_matches('.').contains('.'),
        Some(Host::Ipv4(ip)) => {
            !(ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified())
        }
        Some(Host::Ipv6(ip)) => {
            !(ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local())
        }
    };
    if !private && !reachable {
        return Err(refused(
            argument,
            format!("{argument} leads to this machine or its network; Twilio fetches from the internet."),
        )
        .hint("Give an address that is public."));
    }
    Ok(())
}

/// Checks a template's name or SID.
pub fn template_name(argument: &str, name: &str) -> Result<()> {
    let refused = |message: String| Error::about(Status::Template, argument, message);
    if name.trim().is_empty() {
        return Err(refused(format!("{argument} is empty; give a template's name or its HX.. SID.")));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(refused(format!("{argument} is longer than {LONGEST_NAME} characters.")));
    }
    Ok(())
}

/// Checks the values that go into a template at the provider: WhatsApp refuses
/// these, and says so only after Twilio accepted the message.
pub fn values(argument: &str, variables: &Variables) -> Result<()> {
    for (key, value) in &variables.0 {
        let value = value.as_text();
        let why = if value.chars().any(|c| matches!(c, '\n' | '\r' | '\t')) {
            "has a line break or a tab in it, which WhatsApp does not take in a template".to_owned()
        } else if value.contains(&" ".repeat(MOST_BLANKS + 1)) {
            format!("has more than {MOST_BLANKS} blanks in a row")
        } else if !balanced(value) {
            "has {{ or }} without its counterpart".to_owned()
        } else {
            continue;
        };
        let path = format!("{argument}.{key}");
        let message = format!("{path} {why}.");
        return Err(Error::about(Status::Template, path, message));
    }
    Ok(())
}

/// Whether every `{{` has its `}}`.
fn balanced(text: &str) -> bool {
    let mut open = 0_usize;
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("{{") {
            open += 1;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("}}") {
            let Some(fewer) = open.checked_sub(1) else { return false };
            open = fewer;
            rest = after;
        } else {
            rest = &rest[1..];
        }
    }
    open == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn argument_of(result: Result<()>) -> Option<String> {
        result.err().map(|error| {
            assert!(matches!(error.status, Status::Message | Status::Template), "{error}");
            let argument = error.argument.unwrap_or_default();
            assert!(error.message.contains(&argument), "{}", error.message);
            argument
        })
    }

    #[test]
    fn texts_have_1600_characters_at_most() {
        for (body, fits) in [
            ("Hello".to_owned(), true),
            ("a".repeat(1600), true),
            ("a".repeat(1601), false),
            ("😀".repeat(1600), true),
            ("é".repeat(1601), false),
            (String::new(), false),
            (" \n\t\u{a0}".to_owned(), false),
            (" x ".to_owned(), true),
        ] {
            let argument = argument_of(text("text", &body));
            assert_eq!(argument, (!fits).then(|| "text".to_owned()), "{} bytes", body.len());
        }
    }

    #[test]
    fn links_are_public_addresses() {
        for (link, public, private) in [
            ("https://example.com/a.png", true, true),
            ("http://example.com", true, true),
            ("https://user:pass@example.com/a%20b.png?x=1&y=2#z", true, true),
            ("https://93.184.216.34/a", true, true),
            ("https://bücher.example/ü.png", true, true),
            ("HTTPS://EXAMPLE.COM/A", true, true),
            ("http://127.0.0.1:8080/a.png", false, true),
            ("http://localhost/a.png", false, true),
            ("http://10.1.2.3/a.png", false, true),
            ("http://[::1]/a.png", false, true),
            ("http://[fd00::1]/a.png", false, true),
            ("http://intranet/a.png", false, true),
            ("ftp://example.com/a.png", false, false),
            ("data:image/png;base64,AAAA", false, false),
            ("example.com/a.png", false, false),
            ("https://", false, false),
            ("https://exa mple.com", false, false),
            ("https://example.com/a\nb", false, false),
            (" https://example.com", false, false),
            ("", false, false),
        ] {
            for (allowed, fits) in [(false, public), (true, private)] {
                let argument = argument_of(media(&[link.to_owned()], allowed));
                assert_eq!(argument, (!fits).then(|| "media[0]".to_owned()), "{link} {allowed}");
            }
        }
        let one = "https://example.com/a".to_owned();
        assert_eq!(argument_of(media(&[], false)).as_deref(), Some("media"));
        assert_eq!(argument_of(media(&[one.clone(), one.clone()], false)).as_deref(), Some("media"));
        assert_eq!(
            argument_of(media(&[format!("{one}{}", "a".repeat(4000))], false)).as_deref(),
            Some("media[0]")
        );
    }

    #[test]
    fn values_that_whatsapp_refuses_are_refused() {
        for (value, fits) in [
            ("Ann", true),
            ("a    b", true),
            ("a     b", false),
            ("a\nb", false),
            ("a\rb", false),
            ("a\tb", false),
            ("{{a}}", true),
            ("{{a", false),
            ("a}}", false),
            ("}}{{", false),
            ("{a}", true),
            ("{{{{a}}}}", true),
            ("😀{", true),
        ] {
            let variables = Variables(BTreeMap::from([("1".to_owned(), value.to_owned().into())]));
            let argument = argument_of(values("variables", &variables));
            assert_eq!(argument, (!fits).then(|| "variables.1".to_owned()), "{value:?}");
        }
    }

    #[test]
    fn a_template_has_a_name() {
        for (name, fits) in [("welcome", true), ("", false), (" ", false), (&*"x".repeat(513), false)] {
            assert_eq!(template_name("template", name).is_ok(), fits, "{name}");
        }
    }
}
