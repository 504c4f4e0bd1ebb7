//! serde's words about JSON, as they are told to a person of the host.

/// What serde says, without Rust's names of types and without the value that
/// it met: in the settings that may be a secret in the wrong place.
pub fn plain(what: &str) -> String {
    let kinds = ["invalid type: ", "invalid value: ", "invalid length "];
    if let Some(rest) = kinds.iter().find_map(|begin| what.strip_prefix(begin))
        && let Some((met, expected)) = rest.rsplit_once(", expected ")
    {
        return format!("{} is expected, not {}", wanted(expected), found(met));
    }
    if let Some(rest) = what.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return format!("the key {rest} is missing");
    }
    for (begin, none) in [("unknown field `", "there is no key"), ("unknown variant `", "there is no value")]
    {
        let Some((name, rest)) = what.strip_prefix(begin).and_then(|rest| rest.split_once('`')) else {
            continue;
        };
        let names: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        return match names.as_slice() {
            [] => format!("{none} {name}"),
            [one] => format!("{none} {name}; {one} is the only one"),
            several => format!("{none} {name}; there are {}", several.join(", ")),
        };
    }
    what.to_owned()
}

/// Rust's name of a type.
fn wanted(expected: &str) -> String {
    let first = expected.split(' ').next().unwrap_or_default();
    match first {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "struct" | "map" | "enum" | "internally" | "adjacently" | "variant" => "an object",
        "unit" => "null",
        _ => match expected {
            "a string" | "str" | "string" | "a character" => "text",
            "a boolean" | "bool" => "true or false",
            "a sequence" => "a list",
            "a map" => "an object",
            "an integer" => "a whole number",
            "an integer or null" => "a whole number or null",
            other => other,
        },
    }
    .to_owned()
}

/// What stands there.
fn found(met: &str) -> &'static str {
    let first = met.split([' ', '`']).next().unwrap_or_default();
    match first {
        "string" | "character" => "text",
        "integer" | "floating" => "this number",
        "boolean" => "true or false",
        "sequence" => "a list",
        "map" | "struct" | "newtype" | "enum" => "an object",
        "null" | "unit" | "Option" => "null",
        _ => "this",
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn no_word_of_rust_and_no_value_is_left() {
        for (what, told) in [
            (
                "invalid type: string \"canary, expected\", expected u8",
                "a whole number that is not negative is expected, not text",
            ),
            (
                "invalid value: integer `300`, expected u8",
                "a whole number that is not negative is expected, not this number",
            ),
            (
                "invalid type: floating point `1.5`, expected an integer",
                "a whole number is expected, not this number",
            ),
            ("invalid type: integer `7`, expected a string", "text is expected, not this number"),
            ("invalid type: null, expected a string", "text is expected, not null"),
            ("invalid type: map, expected a sequence", "a list is expected, not an object"),
            (
                "invalid type: boolean `true`, expected struct Contact",
                "an object is expected, not true or false",
            ),
            ("invalid type: sequence, expected f64", "a number is expected, not a list"),
            ("missing field `name`", "the key name is missing"),
            (
                "unknown field `bold`, expected `text` or `preview_url`",
                "there is no key bold; there are text, preview_url",
            ),
            ("unknown field `a`, expected one of `x`, `y`, `z`", "there is no key a; there are x, y, z"),
            ("unknown field `a`, expected `x`", "there is no key a; x is the only one"),
            ("unknown field `a`, there are no fields", "there is no key a"),
            ("unknown variant `a`, expected `x` or `y`", "there is no value a; there are x, y"),
            ("a secret must be text", "a secret must be text"),
        ] {
            assert_eq!(plain(what), told, "{what}");
        }
    }
}
