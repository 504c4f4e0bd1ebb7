//! X-Twilio-Signature.

use base64::Engine as _;
use ring::hmac;

/// The URL as it is requested: without the fragment, with a path.
pub fn requested(url: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let host = url.find("://").map_or(0, |n| n + 3);
    match url[host..].find(['/', '?']) {
        Some(n) if url[host + n..].starts_with('/') => url.to_owned(),
        Some(n) => format!("{}/{}", &url[..host + n], &url[host + n..]),
        None => format!("{url}/"),
    }
}

/// Over the URL as requested (no fragment) and the form's parameters: names sorted, values sorted and each once.
pub fn signature(token: &str, url: &str, parameters: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = parameters.iter().collect();
    sorted.sort();
    sorted.dedup();
    let mut text = url.to_owned();
    for (name, value) in sorted {
        text.push_str(name);
        text.push_str(value);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_requested_has_a_path_and_no_fragment() {
        for (url, wanted) in [
            ("http://h:1", "http://h:1/"),
            ("http://h?x=/#rc=1", "http://h/?x=/"),
            ("http://h/a?b#c", "http://h/a?b"),
        ] {
            assert_eq!(requested(url), wanted);
        }
    }

    // from the tests of Twilio's own libraries
    #[test]
    fn twilios_own_test_vectors() {
        let call = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ];
        let repeated = [
            ("Sid", "CA123"),
            ("SidAccount", "AC123"),
            ("Digits", "5678"),
            ("Digits", "1234"),
            ("Digits", "1234"),
        ];
        let q = "/myapp.php?foo=1&bar=2";
        for (url, parameters, expected) in [
            (format!("https://mycompany.com{q}"), &call[..], "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            (format!("http://mycompany.com:1234{q}"), &call, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
            (format!("https://user:pass@mycompany.com{q}"), &call, "CukzLTc1tT5dXEDIHm/tKBanW10="),
            (format!("https://MyCompany.com{q}"), &call, "g9IN/x4Cft2g517EjYvEvM/W7LU="),
            (format!("https://mycompany.com{q}"), &repeated, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        ] {
            let parameters: Vec<_> =
                parameters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            assert_eq!(signature("12345", &url, &parameters), expected, "{url}");
        }
    }
}
