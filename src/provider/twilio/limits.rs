//! What Twilio refuses beyond WhatsApp's own limits, refused before anything
//! is recorded. Every error names the field and the limit.

use super::answer::NAME;
use crate::message::content::{MediaKind, link, template_values};
use crate::message::{Error, Result, Status, Variables};
use crate::provider::{links, not_supported};

/// The most characters of a text, and of a template's value.
pub const LONGEST_BODY: usize = 1600;
/// The most characters of a list's text: fewer than Meta takes itself.
pub const LONGEST_LIST_BODY: usize = 1024;

/// Checks the links of a message. `private` allows addresses that only this
/// network knows: a simulator or a gateway may fetch them, Twilio cannot.
pub fn media(links: &[String], private: bool) -> Result<()> {
    let refused = |message: String| Error::about(Status::Message, "media", message);
    match links {
        [] => Err(refused("media is empty; give one link.".to_owned())),
        [one] => link("media[0]", one, private),
        _ => Err(refused(format!("media has {} links; 1 is the most in a WhatsApp message.", links.len()))
            .hint("Send one message for each link.")),
    }
}

/// Refuses a text beside media that is no image: the recipient would not see
/// it ("The body goes with an image only", Twilio's guide to media messages).
/// Without a `kind` the link's ending tells what the media is, and where it
/// tells nothing, it may be an image.
pub fn text_beside(argument: &str, kind: Option<MediaKind>, link: Option<&String>) -> Result<()> {
    let no_image = |kind: &MediaKind| !matches!(kind, MediaKind::Image | MediaKind::Sticker);
    let by_link = link.and_then(|link| links::ending(link)).map(|ending| ending.kind);
    match kind.filter(no_image).or(by_link.filter(no_image)) {
        None => Ok(()),
        Some(kind) => {
            let what = match kind {
                MediaKind::Document => "a document",
                MediaKind::Video => "a video",
                _ => "audio",
            };
            Err(refused(argument, &format!("Text beside {what}"))
                .hint("Send the text as a message of its own: beside an image only is it shown."))
        }
    }
}

/// Checks the values that go into a template at Twilio.
pub fn values(argument: &str, variables: &Variables) -> Result<()> {
    template_values(argument, variables, LONGEST_BODY)?;
    for (key, value) in &variables.0 {
        if !balanced(value.as_text()) {
            let path = format!("{argument}.{key}");
            let message = format!("{path} has {{{{ or }}}} without its counterpart.");
            return Err(Error::about(Status::Template, path, message));
        }
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

/// What Twilio does not do, and Meta does.
pub fn refused(argument: &str, what: &str) -> Box<Error> {
    let mut error = not_supported(NAME, what);
    error.message = format!("{argument}: {}", error.message);
    error.argument = Some(argument.to_owned());
    error.hint("Send it through meta.")
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
}
