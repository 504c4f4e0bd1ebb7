//! `options_json` of the calls that are not messages: closed keys, and in each
//! the operation's id and its time.

use super::CodeMethod;
use crate::message::{Error, Result, Status, json};
use crate::provider::paging::LONGEST_PAGE;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// What every call can be given.
#[derive(Debug, Clone)]
pub struct Common {
    /// Id of the operation, for `wa_cancel` and its progress.
    pub id: Option<Uuid>,
    /// How long the call may take.
    pub timeout: Duration,
}

/// The options of one function.
pub trait CallOptions: DeserializeOwned + Default {
    /// What every call can be given.
    fn common(&self) -> Common;
}

/// How long a call may take, and one that carries media, in milliseconds.
const TIMEOUT_MS: u32 = 60_000;
const MEDIA_TIMEOUT_MS: u32 = 600_000;

macro_rules! options {
    ($($(#[$doc:meta])* $name:ident, $timeout:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            /// Id of the operation, chosen by the caller: a UUID with which
            /// `wa_cancel` ends it.
            #[cfg_attr(test, schemars(with = "Option<String>"))]
            pub id: Option<Uuid>,
            /// How long the call may take, in milliseconds (default 60000;
            /// 600000 where media travels).
            #[serde(deserialize_with = "json::integer_or_null")]
            pub timeout_ms: Option<u32>,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl CallOptions for $name {
            fn common(&self) -> Common {
                Common { id: self.id, timeout: millis(self.timeout_ms.unwrap_or($timeout)) }
            }
        }
    )*};
}

options! {
    /// `options_json` of the calls about templates that have no other options,
    /// and of `wa_check`.
    AccountOptions, TIMEOUT_MS {}
    /// `options_json` of the calls about one number that have no other options.
    NumberOptions, TIMEOUT_MS {
        /// Id of the sending number (default: the settings').
        sender: Option<String>,
    }
    /// `options_json` of `wa_mark_read`.
    ReadOptions, TIMEOUT_MS {
        /// Id of the sending number (default: the settings').
        sender: Option<String>,
        /// Shows that an answer is being written.
        typing: bool,
    }
    /// `options_json` of `wa_media_upload` and `wa_media_upload_bytes`.
    UploadOptions, MEDIA_TIMEOUT_MS {
        /// Id of the sending number (default: the settings').
        sender: Option<String>,
        /// Its type, such as `image/jpeg`; needed for bytes, and where the
        /// file's name does not tell it.
        mime_type: Option<String>,
        /// The name that the provider is told (default: the file's).
        filename: Option<String>,
    }
    /// `options_json` of `wa_media_download`.
    DownloadOptions, MEDIA_TIMEOUT_MS {
        /// Id of the sending number (default: the settings').
        sender: Option<String>,
        /// Name of the file, without any folder (default: made of the id and
        /// the type).
        filename: Option<String>,
        /// The most bytes that are taken (default 104857600).
        #[serde(deserialize_with = "json::integer_or_null")]
        max_bytes: Option<u32>,
        /// Replaces a file that is there.
        overwrite: bool,
    }
    /// `options_json` of `wa_profile_set_picture`.
    PictureOptions, MEDIA_TIMEOUT_MS {
        /// Id of the sending number (default: the settings').
        sender: Option<String>,
    }
    /// `options_json` of `wa_template_get`.
    TemplateGetOptions, TIMEOUT_MS {
        /// Language, where the name has several.
        language: Option<String>,
        /// Asks the provider, whatever is remembered.
        refresh: bool,
    }
    /// `options_json` of `wa_template_delete`.
    TemplateDeleteOptions, TIMEOUT_MS {
        /// Deletes only the template with this id of the provider.
        template_id: Option<String>,
    }
    /// `options_json` of `wa_template_submit`.
    TemplateSubmitOptions, TIMEOUT_MS {
        /// The name under which WhatsApp knows it.
        name: Option<String>,
        /// `utility`, `marketing` or `authentication`.
        category: Option<String>,
    }
    /// `options_json` of `wa_number_list`.
    NumberListOptions, TIMEOUT_MS {
        /// The most of a page, 1 to 1000; where the provider takes less, it is
        /// lowered to that (Meta: 100).
        #[serde(deserialize_with = "json::integer_or_null")]
        limit: Option<u32>,
        /// `next` of the page before.
        cursor: Option<String>,
    }
    /// `options_json` of `wa_number_add`.
    NumberAddOptions, TIMEOUT_MS {
        /// The name that recipients see; WhatsApp has to approve it.
        verified_name: Option<String>,
    }
    /// `options_json` of `wa_number_request_code`.
    CodeOptions, TIMEOUT_MS {
        /// Id of the number (default: the settings').
        sender: Option<String>,
        /// How the code travels.
        method: CodeMethod,
        /// Language of the message or call (default `en_US`).
        language: Option<String>,
    }
    /// `options_json` of `wa_number_register`.
    RegisterOptions, TIMEOUT_MS {
        /// Id of the number (default: the settings').
        sender: Option<String>,
        /// Two letters of the country in which data at rest is kept.
        data_localization_region: Option<String>,
    }
}

impl CallOptions for super::TemplateQuery {
    fn common(&self) -> Common {
        Common { id: self.id, timeout: millis(self.timeout_ms.unwrap_or(TIMEOUT_MS)) }
    }
}

fn millis(millis: u32) -> Duration {
    Duration::from_millis(millis.into())
}

/// The most characters of a text among the options.
const LONGEST: usize = 1024;

/// Reads the options of a function; null means the defaults.
pub fn read<T: CallOptions>(argument: &str, text: Option<&str>) -> Result<T> {
    let Some(text) = text else { return Ok(T::default()) };
    let value = json::value(argument, text)?;
    let members: Vec<(String, Value)> = match &value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        _ => Vec::new(),
    };
    // Unknown keys and wrong types first: they are the coarser fault.
    let options: T = json::from_value(argument, value)?;
    for (key, value) in members {
        let path = format!("{argument}.{key}");
        let fault = match &value {
            Value::String(text) if text.trim().is_empty() => {
                format!("{path} is empty; leave it out or give a value.")
            }
            Value::String(text) if text.chars().count() > LONGEST => {
                format!("{path} is longer than {LONGEST} characters.")
            }
            Value::Number(limit)
                if key == "limit"
                    && !(1..=u64::from(LONGEST_PAGE)).contains(&limit.as_u64().unwrap_or(0)) =>
            {
                format!("{path} is between 1 and {LONGEST_PAGE}.")
            }
            _ => continue,
        };
        return Err(Error::about(Status::Argument, path, fault));
    }
    if options.common().id.is_some_and(|id| id.is_nil()) {
        return Err(Error::about(Status::Argument, format!("{argument}.id"), "The id is the nil UUID."));
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::action::TemplateQuery;

    fn fault<T: CallOptions>(text: &str) -> (Status, String) {
        let error = read::<T>("options_json", Some(text)).map(|_| ()).unwrap_err();
        (error.status, error.argument.clone().unwrap_or_default())
    }

    #[test]
    fn faults_name_the_key() {
        type Fault = fn(&str) -> (Status, String);
        let long = format!(r#"{{"sender":"{}"}}"#, "x".repeat(LONGEST + 1));
        let cases: &[(Fault, &str, Status, &str)] = &[
            (fault::<AccountOptions>, r#"{"sender":"1"}"#, Status::Json, "options_json.sender"),
            (fault::<NumberOptions>, r#"{"sender":""}"#, Status::Argument, "options_json.sender"),
            (fault::<NumberOptions>, &long, Status::Argument, "options_json.sender"),
            (fault::<NumberOptions>, r#"{"timeout_ms":-1}"#, Status::Json, "options_json.timeout_ms"),
            (fault::<NumberOptions>, r#"{"id":"x"}"#, Status::Json, "options_json.id"),
            (
                fault::<NumberOptions>,
                r#"{"id":"00000000-0000-0000-0000-000000000000"}"#,
                Status::Argument,
                "options_json.id",
            ),
            (fault::<ReadOptions>, r#"{"typing":1}"#, Status::Json, "options_json.typing"),
            (fault::<UploadOptions>, r#"{"mime":"x"}"#, Status::Json, "options_json.mime"),
            (fault::<DownloadOptions>, r#"{"max_bytes":"many"}"#, Status::Json, "options_json.max_bytes"),
            (fault::<CodeOptions>, r#"{"method":"pigeon"}"#, Status::Json, "options_json.method"),
            (fault::<NumberListOptions>, r#"{"limit":0}"#, Status::Argument, "options_json.limit"),
            (fault::<TemplateQuery>, r#"{"limit":1001}"#, Status::Argument, "options_json.limit"),
            (fault::<TemplateQuery>, "[]", Status::Json, "options_json"),
        ];
        for (fault, text, status, path) in cases {
            assert_eq!(fault(text), (*status, (*path).to_owned()), "{text}");
        }
    }

    #[test]
    fn media_has_more_time() {
        assert_eq!(read::<UploadOptions>("o", None).unwrap().common().timeout.as_secs(), 600);
        assert_eq!(read::<NumberOptions>("o", Some("{}")).unwrap().common().timeout.as_secs(), 60);
        let options: DownloadOptions = read("o", Some(r#"{"timeout_ms":"250","id":null}"#)).unwrap();
        assert_eq!((options.common().timeout.as_millis(), options.common().id), (250, None));
    }
}
