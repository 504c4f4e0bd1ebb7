//! Messages with something to tap on.

use super::super::{Error, Result, Status, json};
use super::media::{Attachment, MediaKind};
use super::{is_false, lines};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A message with something to tap on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "interactive", rename_all = "snake_case")]
pub enum Interactive {
    /// Up to three buttons whose titles come back.
    ReplyButtons(ReplyButtons),
    /// A list that opens.
    List(List),
    /// A button that opens an address.
    CtaUrl(CtaUrl),
    /// Asks where the recipient is.
    LocationRequest(LocationRequest),
    /// One product of a catalog.
    Product(Product),
    /// Several products of a catalog.
    ProductList(ProductList),
    /// The whole catalog.
    Catalog(Catalog),
    /// A form.
    Flow(Flow),
    /// Cards side by side.
    Carousel(Carousel),
}

/// Above the text: exactly one of these.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Header {
    /// Text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// An image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Attachment>,
    /// A video.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<Attachment>,
    /// A document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Attachment>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Above the text.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub header: Option<Header>,
            /// The text.
            #[serde(default, skip_serializing_if = "String::is_empty")]
            pub body: String,
            /// Below the text.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub footer: Option<String>,
            $($(#[$field_doc])* pub $field: $type,)*
        }
    )*};
}

kinds! {
    /// Up to three buttons whose titles come back.
    ReplyButtons {
        /// The buttons.
        buttons: Vec<Button>,
    }
    /// A list that opens.
    List {
        /// What the button says that opens it.
        button: String,
        /// Its sections.
        sections: Vec<Section>,
    }
    /// A button that opens an address.
    CtaUrl {
        /// What the button says.
        display_text: String,
        /// What it opens.
        url: String,
    }
    /// Asks where the recipient is.
    LocationRequest {}
    /// One product of a catalog.
    Product {
        /// Id of the catalog.
        catalog_id: String,
        /// The product's id in the catalog.
        product_retailer_id: String,
    }
    /// Several products of a catalog.
    ProductList {
        /// Id of the catalog.
        catalog_id: String,
        /// The products.
        sections: Vec<ProductSection>,
    }
    /// The whole catalog.
    Catalog {
        /// The product whose picture is shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thumbnail_product_retailer_id: Option<String>,
    }
    /// A form.
    Flow {
        /// Id of the flow; or give its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flow_id: Option<String>,
        /// Name of the flow.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flow_name: Option<String>,
        /// What the button says.
        flow_cta: String,
        /// The host's own mark of this form; comes back with the answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flow_token: Option<String>,
        /// Where the form begins.
        #[serde(default)]
        flow_action: FlowAction,
        /// The first screen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        screen: Option<String>,
        /// What the first screen is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<Map<String, Value>>,
        /// The flow is not published yet.
        #[serde(default, skip_serializing_if = "is_false")]
        draft: bool,
    }
    /// Cards side by side.
    Carousel {
        /// The cards.
        cards: Vec<Card>,
    }
}

/// Where a form begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FlowAction {
    /// At `screen`.
    #[default]
    Navigate,
    /// Where the flow's own server says.
    DataExchange,
}

/// A button whose title comes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Button {
    /// Comes back with the answer.
    pub id: String,
    /// What it says.
    pub title: String,
}

/// A section of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its title; needed where there are several sections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Comes back with the answer.
    pub id: String,
    /// What it says.
    pub title: String,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A section of products.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProductSection {
    /// Its title.
    pub title: String,
    /// The products' ids in the catalog.
    pub products: Vec<String>,
}

/// A card of a carousel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Its image or video.
    pub header: Header,
    /// Its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What its button says.
    pub display_text: String,
    /// What the button opens.
    pub url: String,
}

/// The kinds, as an error lists them.
const KINDS: &str = "reply_buttons, list, cta_url, location_request, product, product_list, catalog, flow \
                     and carousel";

impl Interactive {
    /// Reads the keys of an interactive message.
    pub(super) fn read(argument: &str, mut body: Value) -> Result<Interactive> {
        let kind = body.as_object_mut().and_then(|body| body.remove("interactive"));
        Ok(match kind.as_ref().and_then(Value::as_str) {
            Some("reply_buttons") => Interactive::ReplyButtons(json::from_value(argument, body)?),
            Some("list") => Interactive::List(json::from_value(argument, body)?),
            Some("cta_url") => Interactive::CtaUrl(json::from_value(argument, body)?),
            Some("location_request") => Interactive::LocationRequest(json::from_value(argument, body)?),
            Some("product") => Interactive::Product(json::from_value(argument, body)?),
            Some("product_list") => Interactive::ProductList(json::from_value(argument, body)?),
            Some("catalog") => Interactive::Catalog(json::from_value(argument, body)?),
            Some("flow") => Interactive::Flow(json::from_value(argument, body)?),
            Some("carousel") => Interactive::Carousel(json::from_value(argument, body)?),
            other => {
                let path = format!("{argument}.interactive");
                let message = match other {
                    Some(kind) => format!("{path}: there is no interactive message {kind:?}."),
                    None => format!("{path} is missing."),
                };
                return Err(Error::about(Status::Json, path, message).hint(format!("They are {KINDS}.")));
            }
        })
    }

    /// The word for it in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Interactive::ReplyButtons(_) => "reply_buttons",
            Interactive::List(_) => "list",
            Interactive::CtaUrl(_) => "cta_url",
            Interactive::LocationRequest(_) => "location_request",
            Interactive::Product(_) => "product",
            Interactive::ProductList(_) => "product_list",
            Interactive::Catalog(_) => "catalog",
            Interactive::Flow(_) => "flow",
            Interactive::Carousel(_) => "carousel",
        }
    }

    /// What all kinds have: what stands above, the text, and what stands below.
    pub fn frame(&self) -> (Option<&Header>, &str, Option<&str>) {
        macro_rules! frame {
            ($($kind:ident)*) => {
                match self {
                    $(Interactive::$kind(it) => (it.header.as_ref(), it.body.as_str(), it.footer.as_deref()),)*
                }
            };
        }
        frame!(ReplyButtons List CtaUrl LocationRequest Product ProductList Catalog Flow Carousel)
    }

    /// What a person reads in the history.
    pub fn as_text(&self) -> String {
        let (header, body, footer) = self.frame();
        let mut choices: Vec<&str> = Vec::new();
        match self {
            Interactive::ReplyButtons(it) => choices.extend(it.buttons.iter().map(|b| b.title.as_str())),
            Interactive::List(it) => {
                choices
                    .extend(it.sections.iter().flat_map(|section| &section.rows).map(|r| r.title.as_str()));
            }
            Interactive::CtaUrl(it) => choices.extend([it.display_text.as_str(), it.url.as_str()]),
            Interactive::Flow(it) => choices.push(&it.flow_cta),
            Interactive::Carousel(it) => choices.extend(it.cards.iter().filter_map(|c| c.body.as_deref())),
            Interactive::Product(it) => choices.push(&it.product_retailer_id),
            Interactive::ProductList(it) => choices.extend(it.sections.iter().map(|s| s.title.as_str())),
            Interactive::Catalog(_) | Interactive::LocationRequest(_) => {}
        }
        let choices = choices.join(" | ");
        let header = header.and_then(|header| header.text.as_deref());
        lines(header, [body, footer.unwrap_or_default(), &choices])
    }
}

impl Header {
    /// The attachment that it holds, if any.
    pub(super) fn attachments<'a>(
        &'a self,
        path: &str,
        found: &mut Vec<(String, MediaKind, &'a Attachment)>,
    ) {
        for (kind, held) in [
            (MediaKind::Image, &self.image),
            (MediaKind::Video, &self.video),
            (MediaKind::Document, &self.document),
        ] {
            if let Some(attachment) = held {
                found.push((format!("{path}.{}", kind.name()), kind, attachment));
            }
        }
    }
}
