//! Parts that stand in messages of several kinds, as Meta writes them: media, a
//! place, sections of products.

use crate::message::content::{Attachment, Location, ProductSection};
use crate::message::{Error, Result};
use serde_json::{Map, Value, json};

/// Media by link or id, with what goes beside it.
pub(super) fn attachment(it: &Attachment) -> Result<Value> {
    let mut value = Map::new();
    match (&it.id, &it.link) {
        (Some(id), _) => value.insert("id".to_owned(), json!(id)),
        (None, Some(link)) => value.insert("link".to_owned(), json!(link)),
        (None, None) => return Err(Error::internal("A file was not uploaded.")),
    };
    for (key, text) in [("caption", &it.caption), ("filename", &it.filename)] {
        if let Some(text) = text {
            value.insert(key.to_owned(), json!(text));
        }
    }
    if it.voice {
        value.insert("voice".to_owned(), Value::Bool(true));
    }
    Ok(Value::Object(value))
}

/// A place.
pub(super) fn location(place: &Location) -> Value {
    let mut value = Map::from_iter([
        ("latitude".to_owned(), json!(place.latitude)),
        ("longitude".to_owned(), json!(place.longitude)),
    ]);
    for (key, text) in [("name", &place.name), ("address", &place.address)] {
        if let Some(text) = text {
            value.insert(key.to_owned(), json!(text));
        }
    }
    Value::Object(value)
}

/// Sections of products.
pub(super) fn products(sections: &[ProductSection]) -> Value {
    let section = |section: &ProductSection| {
        let items: Vec<Value> =
            section.products.iter().map(|id| json!({"product_retailer_id": id})).collect();
        json!({"title": section.title, "product_items": items})
    };
    sections.iter().map(section).collect()
}
