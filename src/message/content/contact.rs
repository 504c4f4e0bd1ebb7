//! Contacts of an address book, as WhatsApp shows them.

use serde::{Deserialize, Serialize};

/// A contact.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Contact {
    /// Its name.
    pub name: Name,
    /// Its telephones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<Telephone>,
    /// Its mail addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<Email>,
    /// Its addresses in the web.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<WebAddress>,
    /// Its postal addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    /// Where the person works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<Organization>,
    /// `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
}

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident $(as $key:literal)?,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$field_doc])*
            #[serde(skip_serializing_if = "Option::is_none" $(, rename = $key)?)]
            pub $field: Option<String>,)*
        }
    )*};
}

parts! {
    /// A telephone.
    Telephone {
        /// The number.
        phone,
        /// `CELL`, `HOME`, `WORK`, ..
        kind as "type",
        /// WhatsApp's id; without it the reader sees an invitation.
        wa_id,
    }
    /// A mail address.
    Email {
        /// The address.
        email,
        /// `HOME` or `WORK`.
        kind as "type",
    }
    /// An address in the web.
    WebAddress {
        /// The address.
        url,
        /// `HOME` or `WORK`.
        kind as "type",
    }
    /// A postal address.
    Address {
        /// Street and number.
        street,
        /// City.
        city,
        /// State or province.
        state,
        /// Postal code.
        zip,
        /// Country.
        country,
        /// Two letters of the country.
        country_code,
        /// `HOME` or `WORK`.
        kind as "type",
    }
    /// Where a person works.
    Organization {
        /// Company.
        company,
        /// Department.
        department,
        /// Title.
        title,
    }
}

/// A person's name. WhatsApp needs one part beside the whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Name {
    /// The whole name, as it is shown.
    pub formatted_name: String,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Middle name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// Such as `Jr.`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// Such as `Dr.`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}
