//! Media in and out of the provider's store.

use serde::Serialize;
use std::path::PathBuf;

/// Media that is to be uploaded.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Where it comes from.
    pub input: Input,
    /// Its type, where the name of the file does not tell it.
    pub mime_type: Option<String>,
    /// The name that the provider is told.
    pub filename: Option<String>,
}

/// Where media comes from.
#[derive(Debug, Clone)]
pub enum Input {
    /// A file of this machine.
    File(PathBuf),
    /// Bytes of the host.
    Bytes(std::sync::Arc<[u8]>),
}

/// Media that is to be fetched.
#[derive(Debug, Clone)]
pub struct Download {
    /// The provider's id.
    pub id: String,
    /// The folder that receives it; nothing is written elsewhere.
    pub folder: PathBuf,
    /// Name of the file, without any folder; made of the id and the type where
    /// it is missing.
    pub filename: Option<String>,
    /// The most bytes that are taken.
    pub max_bytes: u64,
    /// Replaces a file that is there.
    pub overwrite: bool,
}

/// Media at the provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MediaInfo {
    /// The provider's id.
    pub id: String,
    /// Its type, such as `image/jpeg`.
    pub mime_type: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// SHA-256 in hexadecimal digits.
    pub sha256: Option<String>,
    /// Where it can be fetched from for some minutes, with the access token.
    pub url: Option<String>,
    /// When the provider deletes it.
    pub expires_at: Option<crate::message::clock::Millis>,
}

/// Media that was fetched.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MediaFile {
    /// The provider's id.
    pub id: String,
    /// The file.
    pub file: String,
    /// Its type, such as `image/jpeg`.
    pub mime_type: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// The provider told the same SHA-256; false where it told none.
    pub checked: bool,
}
