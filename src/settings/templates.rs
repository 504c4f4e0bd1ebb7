//! `templates`: those that are rendered here.

use super::fault::refused;
use super::input::TemplateSetting;
use crate::message::Result;
use crate::message::variables::variables_of;
use crate::provider::settings::{LocalTemplate, LocalTemplates};
use std::collections::BTreeMap;
use url::Url;

/// What a template of the settings may hold: it travels as the body of a
/// text, which Twilio limits to this.
const LONGEST_TEMPLATE: usize = 1600;

/// Checks `templates`.
pub fn read(input: BTreeMap<String, TemplateSetting>) -> Result<LocalTemplates> {
    let mut templates = LocalTemplates::new();
    for (name, template) in input {
        let path = format!("templates.{name}");
        if name.is_empty() || name.chars().count() > 512 {
            return Err(refused("templates", "A template's name has 1 to 512 characters."));
        }
        let length = template.text.chars().count();
        if length > LONGEST_TEMPLATE {
            return Err(refused(
                &format!("{path}.text"),
                format!("{path}.text has {length} characters; {LONGEST_TEMPLATE} are the most."),
            ));
        }
        if template.text.trim().is_empty() && template.media.is_empty() {
            return Err(refused(&format!("{path}.text"), format!("{path} has neither text nor media.")));
        }
        if template.media.len() > 1 {
            return Err(refused(
                &format!("{path}.media"),
                format!("{path}.media: a WhatsApp message carries one image or video."),
            ));
        }
        for (at, link) in template.media.iter().enumerate() {
            let link_path = format!("{path}.media[{at}]");
            let with_variables = !variables_of(link).is_empty();
            if !with_variables && !Url::parse(link).is_ok_and(|url| ["http", "https"].contains(&url.scheme()))
            {
                return Err(refused(
                    &link_path,
                    format!("{link_path} must be the http or https address of an image or a video."),
                ));
            }
        }
        templates.insert(name, LocalTemplate { text: template.text, media: template.media });
    }
    Ok(templates)
}
