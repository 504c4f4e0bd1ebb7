//! The limits of what fills a template, as far as they hold for every template.

use super::super::{Error, Result, Status};
use super::check::{count, length, location, refused, template_value, template_values, unique};
use super::check_interactive::products;
use super::{ButtonFill, Template, TemplateButton, TemplateHeader};

const LONGEST_NAME: usize = 512;
/// Beside other parts, and where there is a body only.
const LONGEST_VALUE: usize = 1024;
const LONGEST_VALUE_ALONE: usize = 32_768;
const LONGEST_HEADER: usize = 60;
const LONGEST_PAYLOAD: usize = 256;
const LONGEST_COUPON: usize = 20;
const LONGEST_CODE: usize = 15;
const LONGEST_URL_END: usize = 2000;
const MOST_BUTTONS: usize = 10;
const MOST_CARDS: usize = 10;

impl Template {
    /// Checks what fills it as WhatsApp would.
    pub(super) fn check(&self) -> Result<()> {
        let refused = |path: &str, message: String| Err(Error::about(Status::Template, path, message));
        if self.template.trim().is_empty() {
            return refused("template", "template is empty; give a template's name or its id.".into());
        }
        if self.template.chars().count() > LONGEST_NAME {
            return refused("template", format!("template is longer than {LONGEST_NAME} characters."));
        }
        let longest = if self.is_plain() { LONGEST_VALUE_ALONE } else { LONGEST_VALUE };
        template_values("variables", &self.variables, longest)?;
        if let Some(header) = &self.header {
            check_header("header", header)?;
        }
        buttons("buttons", &self.buttons)?;
        if let Some(code) = &self.code {
            template_value("code", code, LONGEST_CODE)?;
            let others = !self.variables.0.is_empty() || self.header.is_some() || !self.buttons.is_empty();
            if others || !self.cards.is_empty() {
                return refused(
                    "code",
                    "code fills a whole authentication template; leave variables, header, buttons and cards out.".into(),
                );
            }
        }
        if self.cards.is_empty() {
            return Ok(());
        }
        count("cards", self.cards.len(), 2, MOST_CARDS)?;
        for (at, card) in self.cards.iter().enumerate() {
            if let Some(header) = &card.header {
                check_header(&format!("cards[{at}].header"), header)?;
            }
            template_values(&format!("cards[{at}].variables"), &card.variables, LONGEST_VALUE)?;
            buttons(&format!("cards[{at}].buttons"), &card.buttons)?;
        }
        Ok(())
    }
}

fn check_header(path: &str, header: &TemplateHeader) -> Result<()> {
    let media = [&header.image, &header.video, &header.document].into_iter().flatten().count();
    let others = [header.text.is_some(), header.location.is_some(), header.product.is_some()];
    if media + others.into_iter().filter(|given| *given).count() != 1 {
        return Err(refused(
            path,
            format!("{path}: give exactly one of text, image, video, document, location and product."),
        ));
    }
    if header.name.is_some() && header.text.is_none() {
        return Err(refused(&format!("{path}.name"), format!("{path}.name goes with text only.")));
    }
    if let Some(text) = &header.text {
        template_value(&format!("{path}.text"), text, LONGEST_HEADER)?;
    }
    if let Some(place) = &header.location {
        location(&format!("{path}.location"), place)?;
    }
    if let Some(product) = &header.product {
        length(&format!("{path}.product.catalog_id"), &product.catalog_id, LONGEST_NAME)?;
        length(&format!("{path}.product.product_retailer_id"), &product.product_retailer_id, LONGEST_NAME)?;
    }
    Ok(())
}

fn buttons(path: &str, buttons: &[TemplateButton]) -> Result<()> {
    if buttons.len() > MOST_BUTTONS {
        return Err(refused(
            path,
            format!("{path} has {} entries; {MOST_BUTTONS} are the most.", buttons.len()),
        ));
    }
    let numbers: Vec<String> = buttons.iter().map(|button| button.index.to_string()).collect();
    unique(numbers.iter().enumerate().map(|(at, number)| (format!("{path}[{at}].index"), number.as_str())))?;
    for (at, button) in buttons.iter().enumerate() {
        let key = |key: &str| format!("{path}[{at}].{key}");
        if usize::from(button.index) >= MOST_BUTTONS {
            return Err(refused(&key("index"), format!("{} is 0 to {}.", key("index"), MOST_BUTTONS - 1)));
        }
        match &button.fill {
            ButtonFill::QuickReply { payload } => length(&key("payload"), payload, LONGEST_PAYLOAD)?,
            ButtonFill::Url { text } => template_value(&key("text"), text, LONGEST_URL_END)?,
            ButtonFill::CopyCode { code } => length(&key("code"), code, LONGEST_COUPON)?,
            ButtonFill::MultiProduct { sections, .. } => products(&key("sections"), sections)?,
            ButtonFill::Flow { .. } | ButtonFill::Catalog { .. } => {}
        }
    }
    Ok(())
}
