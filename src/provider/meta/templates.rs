//! Templates: what Meta holds, what is remembered of it, and whether a message fits.

use super::{Meta, NAME};
use crate::message::{Result, content};
use crate::provider::Refusal;
use crate::provider::action::{DeleteTemplate, Done, TemplateDefinition, TemplateQuery};
use crate::provider::not_supported;

/// A template that a message fits.
pub struct Fit {
    /// What the recipient reads, where that is known.
    pub text: Option<String>,
    /// The template's language, as the request must name it.
    pub language: String,
}

impl Meta {
    /// Looks whether the template is there, approved, and fits what fills it.
    /// Gives the text that the recipient reads, where it is known, and the
    /// language that the request must name. `None` where it is not known
    /// without asking.
    pub(super) fn fits_known_template(&self, _template: &content::Template) -> Option<Result<Fit>> {
        None
    }

    /// The same, asking Meta where nothing is remembered.
    pub(super) async fn fits_template(&self, template: &content::Template) -> Result<Fit, Refusal> {
        Ok(Fit { text: None, language: template.language.clone().unwrap_or_default() })
    }

    /// Forgets what is remembered of a template: a send proved it wrong.
    pub(super) fn forget_template(&self, _name: &str) {}

    pub(super) async fn list_templates(&self, _query: &TemplateQuery) -> Result<Done> {
        Err(not_supported(NAME, "list_templates"))
    }
    pub(super) async fn get_template(
        &self,
        _name: &str,
        _language: Option<&str>,
        _refresh: bool,
    ) -> Result<Done> {
        Err(not_supported(NAME, "get_template"))
    }
    pub(super) async fn create_template(&self, _definition: &TemplateDefinition) -> Result<Done> {
        Err(not_supported(NAME, "create_template"))
    }
    pub(super) async fn edit_template(&self, _id: &str, _definition: &TemplateDefinition) -> Result<Done> {
        Err(not_supported(NAME, "edit_template"))
    }
    pub(super) async fn delete_template(&self, _template: &DeleteTemplate) -> Result<Done> {
        Err(not_supported(NAME, "delete_template"))
    }
}
