//! A batch of rows as one JSON text, written as the driver wants it: UTF-16.
//!
//! It is written by hand because every row passes here: no tree, no second
//! copy, and what is null is left out.

use crate::history::fields::Cell;
use uuid::Uuid;

/// More than a batch needs; what a single long text made of it is given back.
const KEPT: usize = 4 << 20;

/// An array of objects that is being written, or an object of such arrays.
#[derive(Default)]
pub struct Json {
    text: Vec<u16>,
    first_key: bool,
    first_object: bool,
}

impl Json {
    /// Begins an array.
    pub fn begin(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEPT);
        self.unit(b'[');
        self.first_object = true;
    }

    /// Begins an object of arrays.
    pub fn begin_lists(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEPT);
        self.unit(b'{');
        self.first_key = true;
    }

    /// Begins the next array of it.
    pub fn list(&mut self, key: &str) {
        self.key(key);
        self.unit(b'[');
        self.first_object = true;
    }

    /// Ends the array.
    pub fn end_list(&mut self) {
        self.unit(b']');
        self.first_key = false;
    }

    /// Ends the object of arrays and gives the whole.
    pub fn end_lists(&mut self) -> &[u16] {
        self.unit(b'}');
        &self.text
    }

    /// Begins the next object.
    pub fn object(&mut self) {
        if !std::mem::take(&mut self.first_object) {
            self.unit(b',');
        }
        self.unit(b'{');
        self.first_key = true;
    }

    /// Ends the object.
    pub fn end_object(&mut self) {
        self.unit(b'}');
    }

    /// Ends the array and gives the whole.
    pub fn end(&mut self) -> &[u16] {
        self.unit(b']');
        &self.text
    }

    /// The next element of an array of texts.
    pub fn element(&mut self, text: &str) {
        if self.text.len() > 1 {
            self.unit(b',');
        }
        self.quoted(text);
    }

    /// What a column holds, by the column's name.
    pub fn cell(&mut self, key: &str, cell: Cell<'_>) {
        match cell {
            Cell::Null => {}
            Cell::Integer(number) => self.number(key, number),
            Cell::Text(text) => self.text(key, text),
            Cell::Id(id) => self.id(key, id),
        }
    }

    pub fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        self.quoted(text);
    }

    pub fn text_if(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    pub fn number(&mut self, key: &str, number: impl Into<i64>) {
        self.key(key);
        let number: i64 = number.into();
        let mut digits = [0_u8; 20];
        let mut at = digits.len();
        let mut rest = number.unsigned_abs();
        while rest > 0 || at == digits.len() {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        if number < 0 {
            self.unit(b'-');
        }
        self.ascii(&digits[at..]);
    }

    pub fn number_if(&mut self, key: &str, number: Option<impl Into<i64>>) {
        if let Some(number) = number {
            self.number(key, number);
        }
    }

    pub fn id(&mut self, key: &str, id: Uuid) {
        self.key(key);
        let mut buffer = Uuid::encode_buffer();
        let text = id.as_hyphenated().encode_lower(&mut buffer);
        self.unit(b'"');
        self.ascii(text.as_bytes());
        self.unit(b'"');
    }

    pub fn id_if(&mut self, key: &str, id: Option<Uuid>) {
        if let Some(id) = id {
            self.id(key, id);
        }
    }

    fn key(&mut self, key: &str) {
        if !std::mem::take(&mut self.first_key) {
            self.unit(b',');
        }
        self.unit(b'"');
        self.ascii(key.as_bytes());
        self.unit(b'"');
        self.unit(b':');
    }

    fn unit(&mut self, ascii: u8) {
        self.text.push(ascii.into());
    }

    fn ascii(&mut self, bytes: &[u8]) {
        self.text.extend(bytes.iter().map(|byte| u16::from(*byte)));
    }

    fn quoted(&mut self, text: &str) {
        self.unit(b'"');
        self.text.reserve(text.len());
        for unit in text.encode_utf16() {
            match unit {
                // Databases cut a text at U+0000, or refuse it.
                0 => self.text.push(0xFFFD),
                0x22 | 0x5C => {
                    self.unit(b'\\');
                    self.text.push(unit);
                }
                0x0A => self.ascii(b"\\n"),
                1..0x20 => {
                    let hex = b"0123456789abcdef";
                    self.ascii(b"\\u00");
                    self.unit(hex[usize::from(unit >> 4)]);
                    self.unit(hex[usize::from(unit & 15)]);
                }
                _ => self.text.push(unit),
            }
        }
        self.unit(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let all: String =
            (1..0x250_u32).chain([0x2028, 0xFFFD, 0x1F600, 0x10FFFF]).filter_map(char::from_u32).collect();
        let mut json = Json::default();
        for _ in 0..2 {
            json.begin();
            json.object();
            json.text("a", &all);
            json.number("b", i64::MIN);
            json.number("c", 0_i16);
            json.number("d", 1_234_567_890_123_i64);
            json.text_if("e", None);
            json.id_if("f", Some(Uuid::nil()));
            json.end_object();
            json.object();
            json.text("g", "x\0y");
            json.end_object();
            let text = String::from_utf16(json.end()).unwrap();
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            json.begin_lists();
            json.list("one");
            for number in 0..2 {
                json.object();
                json.number("a", number);
                json.end_object();
            }
            json.end_list();
            json.list("none");
            json.end_list();
            let lists = String::from_utf16(json.end_lists()).unwrap();
            assert_eq!(lists, r#"{"one":[{"a":0},{"a":1}],"none":[]}"#);
            let expected = serde_json::json!([
                {"a": all, "b": i64::MIN, "c": 0, "d": 1_234_567_890_123_i64, "f": Uuid::nil().to_string()},
                {"g": "x\u{FFFD}y"}
            ]);
            assert_eq!(read, expected);
        }
    }
}
