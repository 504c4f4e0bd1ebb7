//! Reads the JSON of a request; says by the name of the parameter what is wrong with its shape.

use serde_json::{Map, Value};

use super::errors::{Checked, Refusal};

/// A value and where it stands: `interactive['action']['buttons'][0]`.
#[derive(Clone)]
pub struct Node<'a> {
    pub path: String,
    pub value: &'a Value,
}

impl<'a> Node<'a> {
    pub fn new(path: &str, value: &'a Value) -> Self {
        Self { path: path.to_owned(), value }
    }

    fn inner(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}['{key}']", self.path) }
    }

    /// null counts as absent.
    pub fn child(&self, key: &str) -> Option<Node<'a>> {
        let value = self.value.get(key).filter(|v| !v.is_null())?;
        Some(Self { path: self.inner(key), value })
    }

    pub fn need(&self, key: &str) -> Checked<Node<'a>> {
        self.object()?;
        self.child(key).ok_or_else(|| {
            Refusal::because(131_008, format!("Required parameter {} is missing", self.inner(key)))
        })
    }

    pub fn object(&self) -> Checked<&'a Map<String, Value>> {
        self.value.as_object().ok_or_else(|| self.wrong("must be a JSON object."))
    }

    pub fn list(&self) -> Checked<Vec<Node<'a>>> {
        let list = self.value.as_array().ok_or_else(|| self.wrong("must be an array."))?;
        let node = |(n, value)| Node { path: format!("{}[{n}]", self.path), value };
        Ok(list.iter().enumerate().map(node).collect())
    }

    /// A list of `least` to `most` elements.
    pub fn list_of(&self, least: usize, most: usize) -> Checked<Vec<Node<'a>>> {
        let list = self.list()?;
        if (least..=most).contains(&list.len()) {
            Ok(list)
        } else {
            Err(self.invalid(&format!("count {} is not {least} to {most}", list.len())))
        }
    }

    pub fn text(&self) -> Checked<&'a str> {
        self.value.as_str().ok_or_else(|| self.wrong("must be a string."))
    }

    /// Code 100: it cannot be read as what it should be.
    pub fn wrong(&self, how: &str) -> Refusal {
        Refusal::parameter(format!("Param {} {how}", self.path))
    }

    /// Code 131009: it can be read, but may not be that.
    pub fn invalid(&self, how: &str) -> Refusal {
        Refusal::because(131_009, format!("{}: {how}", self.path))
    }

    /// A text of `least` to `most` characters; too short or too long is 131009.
    pub fn need_text(&self, key: &str, least: usize, most: usize) -> Checked<&'a str> {
        let node = self.need(key)?;
        let text = node.text()?;
        let length = text.chars().count();
        if length < least || length > most {
            return Err(node.invalid(&format!("length invalid. Min length: {least}, Max length: {most}")));
        }
        Ok(text)
    }

    pub fn may_text(&self, key: &str, most: usize) -> Checked<Option<&'a str>> {
        match self.child(key) {
            None => Ok(None),
            Some(_) => self.need_text(key, 0, most).map(Some),
        }
    }

    pub fn may_bool(&self, key: &str) -> Checked<Option<bool>> {
        self.child(key).map(|n| n.value.as_bool().ok_or_else(|| n.wrong("must be a boolean."))).transpose()
    }

    pub fn one_of(&self, key: &str, words: &[&str]) -> Checked<&'a str> {
        let node = self.need(key)?;
        let text = node.text()?;
        if words.contains(&text) { Ok(text) } else { Err(node.wrong(&format!("must be one of {words:?}."))) }
    }

    /// A number or a string of one (both are accepted), between `least` and `most`.
    pub fn need_degrees(&self, key: &str, least: f64, most: f64) -> Checked<f64> {
        let node = self.need(key)?;
        let number = node.value.as_f64().or_else(|| node.value.as_str()?.trim().parse().ok());
        match number {
            Some(n) if (least..=most).contains(&n) => Ok(n),
            Some(_) => Err(node.invalid(&format!("is not between {least} and {most}"))),
            None => Err(node.wrong("must be a number.")),
        }
    }
}

pub fn is_web_url(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    !host.is_empty() && !text.contains(char::is_whitespace) && text.len() <= 2000
}

/// Decimal digits, as all ids of objects are.
pub fn is_id(text: &str) -> bool {
    (5..=25).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let body = json!({"text": {"body": 5, "list": [1], "none": null}});
        let text = Node::new("", &body).need("text").unwrap();
        assert_eq!(
            text.need("body").unwrap().text().unwrap_err().message.unwrap(),
            "Param text['body'] must be a string."
        );
        assert_eq!(text.need("none").map(|_| ()).unwrap_err().code, 131_008);
        assert_eq!(text.need("list").unwrap().list_of(2, 3).map(|_| ()).unwrap_err().code, 131_009);
        assert_eq!(text.need("list").unwrap().list().unwrap()[0].path, "text['list'][0]");
    }

    #[test]
    fn degrees_may_be_strings() {
        let place = json!({"a": 5.5, "b": "-7.25", "c": "north", "d": 91});
        let node = Node::new("location", &place);
        assert!(node.need_degrees("a", -90.0, 90.0).is_ok() && node.need_degrees("b", -90.0, 90.0).is_ok());
        assert_eq!(node.need_degrees("c", -90.0, 90.0).unwrap_err().code, 100);
        assert_eq!(node.need_degrees("d", -90.0, 90.0).unwrap_err().code, 131_009);
    }

    #[test]
    fn addresses_of_the_web() {
        for url in ["https://example.com/a.jpg", "http://127.0.0.1:8089/x?y", "HTTPS://e.com"] {
            assert!(is_web_url(url), "{url}");
        }
        for url in ["ftp://e.com/", "e.com", "https://", "https://a b/", ""] {
            assert!(!is_web_url(url), "{url}");
        }
    }
}
