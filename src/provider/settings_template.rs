//! A template of the settings: it travels as a text or as media, whichever
//! provider sends.

use crate::message::content::Template;
use crate::message::variables::{render, variables_of};
use crate::message::{Error, Result, Status};
use crate::provider::settings::LocalTemplate;

/// Where an error about what fills a template points to.
pub const VARIABLES: &str = "variables";

/// What a template of the settings says with its variables' values.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The text, where it has one. There is text, media, or both.
    pub text: Option<String>,
    /// The link to its media, not checked.
    pub link: Option<String>,
}

/// The most characters of a text: alone, and beside media.
#[derive(Debug, Clone, Copy)]
pub struct Longest {
    /// Alone.
    pub text: usize,
    /// Beside media.
    pub caption: usize,
}

/// Renders it. The variables must be exactly the template's.
pub fn rendered(template: &Template, local: &LocalTemplate, longest: Longest) -> Result<Rendered> {
    let name = &template.template;
    takes_variables_only(template)?;
    let wanted =
        variables_of(&local.text).into_iter().chain(local.media.iter().flat_map(|link| variables_of(link)));
    template.variables.check(VARIABLES)?;
    template.variables.check_keys(VARIABLES, name, wanted)?;
    let about = |message: String| Error::about(Status::Message, VARIABLES, message);
    let text = local.render(&template.variables);
    let link = local.media.first().map(|link| render(link, &template.variables));
    let most = if link.is_some() { longest.caption } else { longest.text };
    let length = text.chars().count();
    if length > most {
        return Err(about(format!(
            "The template {name:?} has {length} characters with these variables; {most} are the most."
        )));
    }
    let text = Some(text).filter(|text| !text.trim().is_empty());
    if text.is_none() && link.is_none() {
        return Err(about(format!("The template {name:?} is blank with these variables.")));
    }
    Ok(Rendered { text, link })
}

/// It has no languages, no header and no buttons.
fn takes_variables_only(template: &Template) -> Result<()> {
    let name = &template.template;
    let about = |key: &str, message: String| Err(Error::about(Status::Template, key, message));
    if template.language.is_some() {
        return about(
            "language",
            format!("The template {name:?} of the settings has no languages; leave language out."),
        );
    }
    let others = [
        ("header", template.header.is_some()),
        ("buttons", !template.buttons.is_empty()),
        ("code", template.code.is_some()),
        ("limited_time_offer", template.limited_time_offer.is_some()),
        ("cards", !template.cards.is_empty()),
    ];
    match others.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((key, _)) => about(
            key,
            format!("The template {name:?} of the settings has nothing but variables; leave {key} out."),
        ),
    }
}
