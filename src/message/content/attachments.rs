//! The attachments of a content, to be changed: files become ids.

use super::{Attachment, Content, Header, Interactive, Kind, MediaKind, TemplateHeader};

/// An attachment with where it stands and what it is.
type Found<'a> = Vec<(String, MediaKind, &'a mut Attachment)>;

impl Content {
    /// The same as `attachments`, in the same order.
    pub fn attachments_mut(&mut self) -> Found<'_> {
        let mut found = Vec::new();
        match &mut self.kind {
            Kind::Image(it) => found.push((String::new(), MediaKind::Image, it)),
            Kind::Video(it) => found.push((String::new(), MediaKind::Video, it)),
            Kind::Audio(it) => found.push((String::new(), MediaKind::Audio, it)),
            Kind::Document(it) => found.push((String::new(), MediaKind::Document, it)),
            Kind::Sticker(it) => found.push((String::new(), MediaKind::Sticker, it)),
            Kind::Interactive(interactive) => of_interactive(interactive, &mut found),
            Kind::Template(template) => {
                if let Some(header) = &mut template.header {
                    of_template_header(header, "header", &mut found);
                }
                for (at, card) in template.cards.iter_mut().enumerate() {
                    if let Some(header) = &mut card.header {
                        of_template_header(header, &format!("cards[{at}].header"), &mut found);
                    }
                }
            }
            Kind::Text(_) | Kind::Media(_) | Kind::Location(_) | Kind::Contacts(_) | Kind::Reaction(_) => {}
        }
        found
    }
}

fn of_interactive<'a>(interactive: &'a mut Interactive, found: &mut Found<'a>) {
    macro_rules! header {
        ($($kind:ident)*) => {
            match interactive {
                $(Interactive::$kind(it) => if let Some(header) = &mut it.header {
                    of_header(header, "header", found);
                },)*
                Interactive::Carousel(it) => {
                    if let Some(header) = &mut it.header {
                        of_header(header, "header", found);
                    }
                    for (at, card) in it.cards.iter_mut().enumerate() {
                        of_header(&mut card.header, &format!("cards[{at}].header"), found);
                    }
                }
            }
        };
    }
    header!(ReplyButtons List CtaUrl LocationRequest Product ProductList Catalog Flow);
}

macro_rules! of_header {
    ($name:ident, $header:ty) => {
        fn $name<'a>(header: &'a mut $header, path: &str, found: &mut Found<'a>) {
            for (kind, held) in [
                (MediaKind::Image, &mut header.image),
                (MediaKind::Video, &mut header.video),
                (MediaKind::Document, &mut header.document),
            ] {
                if let Some(attachment) = held {
                    found.push((format!("{path}.{}", kind.name()), kind, attachment));
                }
            }
        }
    };
}

of_header!(of_header, Header);
of_header!(of_template_header, TemplateHeader);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_is_what_is_seen() {
        for text in [
            r#"{"type":"image","file":"a.png"}"#,
            r#"{"type":"video","link":"https://example.com/a.mp4"}"#,
            r#"{"type":"audio","id":"1"}"#,
            r#"{"type":"document","file":"a.pdf"}"#,
            r#"{"type":"sticker","file":"a.webp"}"#,
            r#"{"type":"text","text":"x"}"#,
            r#"{"type":"interactive","interactive":"cta_url","body":"b","header":{"video":{"file":"a.mp4"}},"display_text":"d","url":"https://example.com"}"#,
            r#"{"type":"interactive","interactive":"reply_buttons","body":"b","header":{"document":{"file":"a.pdf"}},"buttons":[{"id":"1","title":"t"}]}"#,
            r#"{"type":"interactive","interactive":"carousel","body":"b","cards":[{"header":{"image":{"file":"a.png"}},"body":"b","display_text":"d","url":"https://example.com"},{"header":{"image":{"file":"b.png"}},"body":"b","display_text":"d","url":"https://example.com"}]}"#,
            r#"{"type":"template","template":"t","header":{"image":{"file":"a.png"}},"cards":[{"header":{"video":{"file":"a.mp4"}}},{},{"header":{"image":{"file":"b.png"}}}]}"#,
        ] {
            let content = Content::read("message_json", text).unwrap();
            let mut copy = content.clone();
            let seen: Vec<_> =
                content.attachments().into_iter().map(|(path, kind, it)| (path, kind, it.clone())).collect();
            let changed: Vec<_> =
                copy.attachments_mut().into_iter().map(|(path, kind, it)| (path, kind, it.clone())).collect();
            assert_eq!(seen, changed, "{text}");
        }
    }
}
