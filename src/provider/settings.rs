//! What the settings say to every provider: how it is reached, and the
//! templates that are rendered here.

use crate::ground::Secret;
use crate::message::Variables;
use crate::message::variables::render;
use std::collections::BTreeMap;
use std::time::Duration;

/// How the providers are reached.
#[derive(Debug, Clone)]
pub struct Http {
    /// How long an answer may take.
    pub timeout: Duration,
    /// Requests under way at once.
    pub max_in_flight: usize,
    /// A proxy.
    pub proxy: Option<Secret>,
    /// Certificate authorities, in PEM, to trust besides the system's.
    pub ca_pem: Option<Vec<u8>>,
}

/// A template that is rendered here.
#[derive(Debug, Clone)]
pub struct LocalTemplate {
    /// Its text.
    pub text: String,
    /// Links to one image or video.
    pub media: Vec<String>,
}

impl LocalTemplate {
    /// The text with its variables' values.
    pub fn render(&self, variables: &Variables) -> String {
        render(&self.text, variables)
    }
}

/// The templates of the settings by name.
pub type LocalTemplates = BTreeMap<String, LocalTemplate>;
