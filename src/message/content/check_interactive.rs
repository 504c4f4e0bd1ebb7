//! The limits of messages with something to tap on.

use super::super::Result;
use super::check::{Limits, at_most, count, length, link, refused, unique};
use super::{Flow, FlowAction, Header, Interactive, List, ProductSection};

const LONGEST_BODY: usize = 1024;
const LONGEST_LINE: usize = 60;
const LONGEST_BUTTON: usize = 20;
const LONGEST_BUTTON_ID: usize = 256;
const LONGEST_SECTION_TITLE: usize = 24;
const LONGEST_ROW_ID: usize = 200;
const LONGEST_ROW_TITLE: usize = 24;
const LONGEST_ROW_DESCRIPTION: usize = 72;
const LONGEST_CARD_BODY: usize = 160;
const LONGEST_PRODUCT_ID: usize = 512;
const MOST_BUTTONS: usize = 3;
const MOST_SECTIONS: usize = 10;
const MOST_ROWS: usize = 10;
const MOST_PRODUCTS: usize = 30;
const MOST_CARDS: usize = 10;

/// What may stand above a text.
#[derive(Clone, Copy, PartialEq)]
enum Above {
    Nothing,
    Text,
    TextOrMedia,
}

impl Interactive {
    /// Checks it as WhatsApp would.
    pub(super) fn check(&self, limits: &Limits) -> Result<()> {
        let (header, body, footer) = self.frame();
        let above = match self {
            Interactive::ReplyButtons(_) | Interactive::CtaUrl(_) | Interactive::Flow(_) => {
                Above::TextOrMedia
            }
            Interactive::List(_) | Interactive::ProductList(_) => Above::Text,
            Interactive::LocationRequest(_)
            | Interactive::Product(_)
            | Interactive::Catalog(_)
            | Interactive::Carousel(_) => Above::Nothing,
        };
        check_header("header", header, above, self.name())?;
        if matches!(self, Interactive::ProductList(_)) && header.is_none() {
            return Err(refused("header", "header: a product_list needs one, of text."));
        }
        let longest = if matches!(self, Interactive::List(_)) { limits.list_body } else { LONGEST_BODY };
        match self {
            Interactive::Product(_) => at_most("body", body, longest)?,
            _ => length("body", body, longest)?,
        }
        if let Some(footer) = footer {
            if matches!(self, Interactive::LocationRequest(_) | Interactive::Carousel(_)) {
                return Err(refused("footer", format!("footer: a {} has none.", self.name())));
            }
            length("footer", footer, LONGEST_LINE)?;
        }
        match self {
            Interactive::ReplyButtons(it) => {
                count("buttons", it.buttons.len(), 1, MOST_BUTTONS)?;
                for (at, button) in it.buttons.iter().enumerate() {
                    length(&format!("buttons[{at}].id"), &button.id, LONGEST_BUTTON_ID)?;
                    length(&format!("buttons[{at}].title"), &button.title, LONGEST_BUTTON)?;
                }
                let each = || it.buttons.iter().enumerate();
                unique(each().map(|(at, button)| (format!("buttons[{at}].id"), button.id.as_str())))?;
                unique(each().map(|(at, button)| (format!("buttons[{at}].title"), button.title.as_str())))
            }
            Interactive::List(it) => list(it),
            Interactive::CtaUrl(it) => {
                length("display_text", &it.display_text, LONGEST_BUTTON)?;
                link("url", &it.url, true)
            }
            Interactive::LocationRequest(_) => Ok(()),
            Interactive::Product(it) => {
                length("catalog_id", &it.catalog_id, LONGEST_PRODUCT_ID)?;
                length("product_retailer_id", &it.product_retailer_id, LONGEST_PRODUCT_ID)
            }
            Interactive::ProductList(it) => {
                length("catalog_id", &it.catalog_id, LONGEST_PRODUCT_ID)?;
                products("sections", &it.sections)
            }
            Interactive::Catalog(it) => match &it.thumbnail_product_retailer_id {
                Some(id) => length("thumbnail_product_retailer_id", id, LONGEST_PRODUCT_ID),
                None => Ok(()),
            },
            Interactive::Flow(it) => flow(it, limits.flow_cta),
            Interactive::Carousel(it) => {
                count("cards", it.cards.len(), 2, MOST_CARDS)?;
                for (at, card) in it.cards.iter().enumerate() {
                    let path = |key: &str| format!("cards[{at}].{key}");
                    check_header(&path("header"), Some(&card.header), Above::TextOrMedia, "card")?;
                    if card.header.image.is_none() && card.header.video.is_none() {
                        return Err(refused(
                            &path("header"),
                            format!("{} needs an image or a video.", path("header")),
                        ));
                    }
                    if let Some(body) = &card.body {
                        length(&path("body"), body, LONGEST_CARD_BODY)?;
                    }
                    length(&path("display_text"), &card.display_text, LONGEST_BUTTON)?;
                    link(&path("url"), &card.url, true)?;
                }
                Ok(())
            }
        }
    }
}

fn check_header(path: &str, header: Option<&Header>, above: Above, name: &str) -> Result<()> {
    let Some(header) = header else { return Ok(()) };
    let media = [&header.image, &header.video, &header.document].into_iter().flatten().count();
    if media + usize::from(header.text.is_some()) != 1 {
        return Err(refused(path, format!("{path}: give exactly one of text, image, video and document.")));
    }
    match above {
        Above::Nothing => return Err(refused(path, format!("{path}: a {name} has none."))),
        Above::Text if media > 0 => {
            return Err(refused(path, format!("{path}: that of a {name} can be text only.")));
        }
        Above::Text | Above::TextOrMedia => {}
    }
    match &header.text {
        Some(text) => length(&format!("{path}.text"), text, LONGEST_LINE),
        None => Ok(()),
    }
}

fn list(list: &List) -> Result<()> {
    length("button", &list.button, LONGEST_BUTTON)?;
    count("sections", list.sections.len(), 1, MOST_SECTIONS)?;
    let mut rows = 0;
    for (at, section) in list.sections.iter().enumerate() {
        let path = format!("sections[{at}].title");
        match &section.title {
            Some(title) => length(&path, title, LONGEST_SECTION_TITLE)?,
            None if list.sections.len() > 1 => {
                return Err(refused(&path, format!("{path} is missing; several sections need titles.")));
            }
            None => {}
        }
        count(&format!("sections[{at}].rows"), section.rows.len(), 1, MOST_ROWS)?;
        rows += section.rows.len();
        for (row_at, row) in section.rows.iter().enumerate() {
            let path = |key: &str| format!("sections[{at}].rows[{row_at}].{key}");
            length(&path("id"), &row.id, LONGEST_ROW_ID)?;
            length(&path("title"), &row.title, LONGEST_ROW_TITLE)?;
            if let Some(description) = &row.description {
                length(&path("description"), description, LONGEST_ROW_DESCRIPTION)?;
            }
        }
    }
    if rows > MOST_ROWS {
        return Err(refused(
            "sections",
            format!("sections have {rows} rows together; {MOST_ROWS} are the most."),
        ));
    }
    unique(list.sections.iter().enumerate().flat_map(|(at, section)| {
        let path = move |row: usize| format!("sections[{at}].rows[{row}].id");
        section.rows.iter().enumerate().map(move |(row_at, row)| (path(row_at), row.id.as_str()))
    }))
}

/// Checks sections of products.
pub(super) fn products(path: &str, sections: &[ProductSection]) -> Result<()> {
    count(path, sections.len(), 1, MOST_SECTIONS)?;
    let mut found = 0;
    for (at, section) in sections.iter().enumerate() {
        length(&format!("{path}[{at}].title"), &section.title, LONGEST_SECTION_TITLE)?;
        count(&format!("{path}[{at}].products"), section.products.len(), 1, MOST_PRODUCTS)?;
        found += section.products.len();
        for (product_at, id) in section.products.iter().enumerate() {
            length(&format!("{path}[{at}].products[{product_at}]"), id, LONGEST_PRODUCT_ID)?;
        }
    }
    if found > MOST_PRODUCTS {
        return Err(refused(
            path,
            format!("{path} have {found} products together; {MOST_PRODUCTS} are the most."),
        ));
    }
    Ok(())
}

fn flow(flow: &Flow, longest_cta: usize) -> Result<()> {
    match (&flow.flow_id, &flow.flow_name) {
        (Some(id), None) => length("flow_id", id, LONGEST_PRODUCT_ID)?,
        (None, Some(name)) => length("flow_name", name, LONGEST_PRODUCT_ID)?,
        _ => return Err(refused("flow_id", "flow_id: give exactly one of flow_id and flow_name.")),
    }
    length("flow_cta", &flow.flow_cta, longest_cta)?;
    // Emoji and signs like them.
    if flow.flow_cta.chars().any(|c| c >= '\u{1f000}' || ('\u{2190}'..='\u{2bff}').contains(&c)) {
        return Err(refused("flow_cta", "flow_cta may not have an emoji in it."));
    }
    if flow.flow_action == FlowAction::Navigate && flow.data.is_some() && flow.screen.is_none() {
        return Err(refused("data", "data goes to a screen; give screen too."));
    }
    if flow.data.as_ref().is_some_and(serde_json::Map::is_empty) {
        return Err(refused("data", "data is empty; leave it out."));
    }
    Ok(())
}
