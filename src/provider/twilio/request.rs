//! The request of one attempt.

use crate::message::Result;
use crate::provider::Attempt;
use url::Url;
use url::form_urlencoded::Serializer;

/// What every address on this channel begins with.
pub const CHANNEL: &str = "whatsapp:";

/// What is the same in every request of an account.
#[derive(Debug)]
pub struct Fixed {
    /// `MG..`
    pub messaging_service_sid: Option<String>,
    /// The status callback up to our key.
    callback: Option<Callback>,
}

/// The address of status reports, around our key.
#[derive(Debug)]
struct Callback {
    before: String,
    after: String,
}

impl Fixed {
    /// Prepares what does not change.
    pub fn new(messaging_service_sid: Option<String>, status_callback: Option<&Url>) -> Fixed {
        Fixed { messaging_service_sid, callback: status_callback.map(Callback::new) }
    }

    /// The form of an attempt.
    pub fn form(&self, attempt: &Attempt) -> Result<String> {
        let fields = attempt.prepared.request.form()?;
        let length: usize = fields.iter().map(|(_, value)| value.len()).sum();
        let mut form = Serializer::new(String::with_capacity(512 + length * 3 / 2));
        form.append_pair("To", &attempt.recipient);
        if let Some(sender) = &attempt.sender {
            form.append_pair("From", sender);
        }
        if let Some(service) = &self.messaging_service_sid {
            form.append_pair("MessagingServiceSid", service);
        }
        for (name, value) in fields {
            form.append_pair(name, value);
        }
        if let Some(callback) = &self.callback {
            form.append_pair("StatusCallback", &callback.with(&attempt.key()));
        }
        Ok(form.finish())
    }
}

impl Callback {
    fn new(url: &Url) -> Callback {
        // Twilio repeats a report that it could not deliver only when told to.
        let fragment = url.fragment().unwrap_or("rc=5&rp=all").to_owned();
        let mut bare = url.clone();
        bare.set_fragment(None);
        let joint = match url.query() {
            None => "?",
            Some("") => "",
            Some(_) => "&",
        };
        Callback { before: format!("{bare}{joint}wa="), after: format!("#{fragment}") }
    }

    fn with(&self, key: &str) -> String {
        [&self.before, key, &self.after].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Prepared, Request};
    use uuid::Uuid;

    const KEY: &str = "0198c0de-0000-7000-8000-000000000001.2";

    fn attempt(fields: Vec<(&'static str, String)>, sender: Option<&str>) -> Attempt {
        Attempt {
            message_id: Uuid::parse_str("0198c0de-0000-7000-8000-000000000001").unwrap(),
            number: 2,
            sender: sender.map(str::to_owned),
            recipient: "whatsapp:+15005550006".to_owned(),
            prepared: Prepared { request: Request::Form(fields), text: None },
            leaves_before: std::time::Duration::MAX,
        }
    }

    #[test]
    fn fields_are_encoded_as_forms_are() {
        let service = Some("MG00000000000000000000000000000001".to_owned());
        let body = || vec![("Body", "a b+c&d=é😀\n%".to_owned())];
        let encoded = "Body=a+b%2Bc%26d%3D%C3%A9%F0%9F%98%80%0A%25";
        for (service, sender, form) in [
            (
                None,
                Some("whatsapp:+14155238886"),
                format!("To=whatsapp%3A%2B15005550006&From=whatsapp%3A%2B14155238886&{encoded}"),
            ),
            (
                service.clone(),
                None,
                format!(
                    "To=whatsapp%3A%2B15005550006&MessagingServiceSid=MG00000000000000000000000000000001&{encoded}"
                ),
            ),
            (
                service,
                Some("whatsapp:+14155238886"),
                format!(
                    "To=whatsapp%3A%2B15005550006&From=whatsapp%3A%2B14155238886&MessagingServiceSid=MG00000000000000000000000000000001&{encoded}"
                ),
            ),
        ] {
            assert_eq!(Fixed::new(service, None).form(&attempt(body(), sender)).unwrap(), form);
        }
    }

    #[test]
    fn our_key_travels_in_the_status_callback() {
        for (url, callback) in [
            ("https://example.com", format!("https://example.com/?wa={KEY}#rc=5&rp=all")),
            ("https://example.com/hook?", format!("https://example.com/hook?wa={KEY}#rc=5&rp=all")),
            (
                "https://example.com/hook?a=b%20c",
                format!("https://example.com/hook?a=b%20c&wa={KEY}#rc=5&rp=all"),
            ),
            ("https://example.com/hook?a#rc=2", format!("https://example.com/hook?a&wa={KEY}#rc=2")),
            (
                "https://user:pass@example.com:8443/h",
                format!("https://user:pass@example.com:8443/h?wa={KEY}#rc=5&rp=all"),
            ),
        ] {
            let url = Url::parse(url).unwrap();
            let form = Fixed::new(None, Some(&url)).form(&attempt(Vec::new(), None)).unwrap();
            let fields: Vec<(String, String)> =
                url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
            assert_eq!(fields.last(), Some(&("StatusCallback".to_owned(), callback)), "{url}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_comes_back(text in proptest::prelude::any::<String>()) {
            let form = Fixed::new(None, None).form(&attempt(vec![("Body", text.clone())], None)).unwrap();
            let body = url::form_urlencoded::parse(form.as_bytes()).find(|(name, _)| name == "Body");
            proptest::prop_assert_eq!(body.map(|(_, value)| value.into_owned()), Some(text));
        }
    }
}
