//! ODBC connection strings: `Key=value;Key={value with ; in it};`.

use super::Secret;

/// A connection string, and the driver that must be installed for it. Several
/// of them, in the order of preference, name one database.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The driver as the driver manager lists it. None where the host chose
    /// driver or data source itself.
    pub driver: Option<&'static str>,
    /// The connection string.
    pub text: Secret,
}

impl Candidate {
    /// The driver that it names; empty if it names a data source.
    pub fn driver_name(&self) -> String {
        attributes(self.text.expose())
            .into_iter()
            .find(|(key, _)| key.eq_ignore_ascii_case("driver"))
            .map(|(_, value)| value)
            .unwrap_or_default()
    }
}

/// Key and value of each attribute; a value in braces may hold anything, with
/// `}}` for a brace.
pub fn attributes(text: &str) -> Vec<(String, String)> {
    let found = attributes_as_written(text).into_iter();
    found.map(|Attribute { key, value, .. }| (key, value)).collect()
}

/// One attribute of a connection string.
pub struct Attribute {
    pub key: String,
    pub value: String,
    /// The value stands in braces, so that it may hold anything.
    pub is_braced: bool,
}

/// The same, and whether each value stands in braces.
pub fn attributes_as_written(text: &str) -> Vec<Attribute> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((key, after)) = rest.split_once('=') {
        let mut value = String::new();
        let in_brace = after.trim_start().strip_prefix('{');
        if let Some(braced) = in_brace {
            let (unbraced, behind) = in_braces(braced);
            value = unbraced;
            rest = behind.unwrap_or_default().trim_start().trim_start_matches(';');
        } else {
            let (plain, next) = after.split_once(';').unwrap_or((after, ""));
            value.push_str(plain.trim());
            rest = next;
        }
        let key = key.trim_matches([' ', ';']).to_owned();
        found.push(Attribute { key, value, is_braced: in_brace.is_some() });
    }
    found
}

/// The value of which the opening brace was read, and what stands behind its
/// closing one; None if there is none.
pub fn in_braces(braced: &str) -> (String, Option<&str>) {
    let mut value = String::new();
    let mut chars = braced.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '}' {
            value.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == '}') {
            value.push('}');
            chars.next();
        } else {
            return (value, Some(&braced[at + 1..]));
        }
    }
    (value, None)
}

/// Whether a text may be a driver's name, or its file's path. Where a `;` or a
/// brace is forgotten, the "name" goes on into the password.
pub fn may_name_a_driver(name: &str) -> bool {
    let longest = if name.contains(['/', '\\']) { 260 } else { 64 };
    name.chars().count() <= longest && !name.contains(['=', ',', ';', '\n', '\r'])
}

/// A value that may hold anything.
pub fn braced(value: &str) -> String {
    format!("{{{}}}", value.replace('}', "}}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strings_are_taken_apart() {
        let read = attributes("Driver={PostgreSQL Unicode}; Server=a;Pwd={x;y}}=z} ;Database=wa");
        let read: Vec<(&str, &str)> = read.iter().map(|(key, value)| (&key[..], &value[..])).collect();
        assert_eq!(
            read,
            [("Driver", "PostgreSQL Unicode"), ("Server", "a"), ("Pwd", "x;y}=z"), ("Database", "wa")]
        );
        assert_eq!(attributes("nonsense"), []);
        assert_eq!(attributes("Pwd={never closed"), [("Pwd".to_owned(), "never closed".to_owned())]);
    }

    proptest! {
        #[test]
        fn what_is_put_into_braces_comes_out_of_them(
            values in prop::collection::vec("[a-c;{}=\"' %+\\\\é]{0,12}", 1..6),
        ) {
            let text: String =
                values.iter().enumerate().map(|(n, value)| format!("Key{n}={};", braced(value))).collect();
            let read: Vec<String> = attributes(&text).into_iter().map(|(_, value)| value).collect();
            prop_assert_eq!(read, values);
        }
    }
}
