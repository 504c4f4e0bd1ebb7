//! Lists by cursor, and `fields`.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::errors::{Checked, Refusal};
use crate::exchange::{Form, Request};

/// `a,b{c},d` as names; what is in braces is not looked at.
pub fn fields(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let cut = |c: char| {
        depth += i32::from(c == '{' || c == '(') - i32::from(c == '}' || c == ')');
        c == ',' && depth == 0
    };
    text.split(cut)
        .map(|f| f.split(['{', '(', '.']).next().unwrap_or("").trim())
        .filter(|f| !f.is_empty())
        .collect()
}

/// Those fields and the id, as Graph gives them; a field that no such object has is refused.
pub fn pick(all: &Value, fields: &[&str], kind: &str) -> Checked<Value> {
    let mut chosen = Map::new();
    for name in fields.iter().chain(&["id"]) {
        match all.get(name) {
            // what is known but not set is left out
            Some(Value::Null) => {}
            Some(value) => {
                chosen.insert((*name).to_owned(), value.clone());
            }
            None => {
                return Err(Refusal::parameter(format!(
                    "Tried accessing nonexisting field ({name}) on node type ({kind})"
                )));
            }
        }
    }
    Ok(Value::Object(chosen))
}

/// One page of `rows` (id and object); cursors are the ids.
pub fn page(request: &Request, rows: &[(String, Value)], usual: usize) -> Checked<Value> {
    let query = request.query();
    let limit = match query.filled("limit") {
        None => usual,
        Some(text) => match text.parse::<usize>() {
            Ok(n) if n > 0 => n.min(1000),
            _ => return Err(Refusal::parameter("Param limit must be an integer greater than 0")),
        },
    };
    let place = |name: &str| -> Checked<Option<usize>> {
        let Some(cursor) = query.filled(name) else { return Ok(None) };
        let wrong = || Refusal::parameter(format!("Invalid cursor {name}"));
        let id = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
        rows.iter().position(|(i, _)| i.as_bytes() == id).map(Some).ok_or_else(wrong)
    };
    let (from, to) = match (place("after")?, place("before")?) {
        (Some(after), _) => (after + 1, rows.len().min(after + 1 + limit)),
        (None, Some(before)) => (before.saturating_sub(limit), before),
        (None, None) => (0, rows.len().min(limit)),
    };
    let chosen = rows.get(from..to).unwrap_or_default();
    let mut answer = json!({ "data": chosen.iter().map(|(_, v)| v).collect::<Vec<_>>() });
    if let (Some((first, _)), Some((last, _))) = (chosen.first(), chosen.last()) {
        let (before, after) = (cursor(first), cursor(last));
        let mut paging = json!({ "cursors": { "before": before, "after": after } });
        if to < rows.len() {
            paging["next"] = link(request, "after", &after).into();
        }
        if from > 0 {
            paging["previous"] = link(request, "before", &before).into();
        }
        answer["paging"] = paging;
    }
    Ok(answer)
}

fn cursor(id: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(id)
}

fn link(request: &Request, name: &str, cursor: &str) -> String {
    let mut form =
        Form(request.query().0.into_iter().filter(|(n, _)| n != "after" && n != "before").collect());
    form.0.push((name.to_owned(), cursor.to_owned()));
    format!("{}{}?{}", request.base(), request.path, form.encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_names_outside_braces() {
        assert_eq!(fields("id, name,throughput{level,x},a.limit(3)"), ["id", "name", "throughput", "a"]);
    }

    #[test]
    fn unknown_fields_are_refused() {
        let all = json!({"id": "1", "name": "x", "unset": null});
        assert_eq!(pick(&all, &["name", "unset"], "Thing").unwrap(), json!({"id": "1", "name": "x"}));
        assert_eq!(pick(&all, &["colour"], "Thing").unwrap_err().code, 100);
    }
}
