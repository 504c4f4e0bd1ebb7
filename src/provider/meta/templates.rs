//! Templates: what Meta holds, what is remembered of it, and whether a message
//! fits.

mod admin;
mod definition;
mod fit;
mod lookup;
mod sample;
mod stored_template;

pub use fit::Fit;
pub use lookup::TemplatesOfName;

use super::Meta;
use crate::message::{Error, Result, Status, content};
use crate::provider::Refusal;
use crate::provider::fault;
use crate::provider::template_rules::{same_language, written_language};
use stored_template::StoredTemplate;

impl Meta {
    /// Looks whether the template is there, approved, and fits what fills it.
    /// Gives the text that the recipient reads, where it is known, and the
    /// language that the request must name. `None` where it is not known
    /// without asking.
    pub(super) fn fits_known_template(&self, template: &content::Template) -> Option<Result<Fit>> {
        self.templates_by_name.judged_now(&template.template, |of_name| fits(of_name, template))
    }

    /// The same, asking Meta where nothing is remembered.
    pub(super) async fn fits_template(&self, template: &content::Template) -> Result<Fit, Refusal> {
        let name = template.template.as_str();
        self.templates_by_name
            .judged(name, || self.ask_for(name), |of_name| fits(of_name, template), fault::refusal)
            .await
    }

    /// Forgets what is remembered of a template: a send proved it wrong.
    pub(super) fn forget_template(&self, name: &str) {
        self.templates_by_name.forget(name);
    }
}

fn fits(of_name: &TemplatesOfName, template: &content::Template) -> Result<Fit> {
    match of_name {
        TemplatesOfName::Templates(stored) => {
            let stored = pick(stored, "template", &template.template, template.language.as_deref())?;
            fit::fit(stored, template)
        }
        // Whoever may send but not look sends without a look.
        TemplatesOfName::Forbidden(refusal) => match &template.language {
            Some(language) => Ok(Fit { text: None, language: written_language("language", language)? }),
            None => Err(Error::about(
                Status::Template,
                "language",
                "language is missing, and the token may not look up in which languages the template exists.",
            )
            .hint(match &refusal.error.hint {
                Some(hint) => format!("Name the language; or: {hint}"),
                None => "Name the language.".to_owned(),
            })),
        },
    }
}

/// The template of this name in the language that is asked for, or in the only
/// one that there is.
fn pick<'a>(
    stored: &'a [StoredTemplate],
    argument: &str,
    name: &str,
    language: Option<&str>,
) -> Result<&'a StoredTemplate> {
    const MOST_LISTED: usize = 20;
    let mut languages: Vec<&str> = stored.iter().map(|one| one.language.as_str()).collect();
    languages.sort_unstable();
    languages.truncate(MOST_LISTED);
    let listed = languages.join(", ");
    match (stored, language) {
        ([], _) => Err(Error::about(
            Status::Template,
            argument,
            format!("There is no template {name:?} in the settings or at Meta."),
        )
        .hint("Give the name of a template of the settings or of the WhatsApp Business account; wa_template_list shows the latter.")),
        (_, Some(language)) => {
            stored.iter().find(|one| same_language(&one.language, language)).ok_or_else(|| {
                Error::about(
                    Status::Template,
                    "language",
                    format!("The template {name:?} does not exist in the language {language:?}."),
                )
                .hint(format!("Its languages are {listed}."))
            })
        }
        ([one], None) => Ok(one),
        (_, None) => Err(Error::about(
            Status::Template,
            "language",
            format!("The template {name:?} exists in several languages: {listed}."),
        )
        .hint("Name one of them in language.")),
    }
}

/// Tests only: an answer about templates of any bytes, read as the calls do.
/// The first byte tells what was asked. What was read can be shown, a message
/// is judged against it, and an error names its key.
#[cfg(any(test, feature = "fuzzing"))]
pub fn any_answer(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else { return };
    match first % 4 {
        0 => drop(admin::read_change(200, body)),
        1 => {
            let error = admin::read_change(400, body).expect_err("a refusal is one");
            assert!(!error.message.is_empty() && error.message.len() < 4000);
        }
        _ => {
            let Some((stored, cursor)) = lookup::read_page(body) else { return };
            assert!(cursor.is_none_or(|cursor| !cursor.is_empty()));
            for one in &stored {
                assert_eq!(one.shown().name, one.name);
                let template = content::Template::new(one.name.clone(), Default::default());
                if let Err(error) = fit::fit(one, &template) {
                    assert!(error.argument.is_some() && error.message.len() < 4000, "{error}");
                }
            }
            if let Some(one) = stored.first() {
                let _ = pick(&stored, "template", &one.name, None).map_err(|error| {
                    assert!(error.argument.is_some());
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
