//! Reading and checking of `meta`.

use super::address::base_url;
use super::fault::{check_secret, refused};
use super::input::MetaInput;
use crate::message::Result;
use crate::message::content::Limits;
use crate::provider::meta::settings::MetaSettings;

/// Checks `meta`.
pub(super) fn read(input: MetaInput, allow_insecure: bool) -> Result<MetaSettings> {
    let needed =
        |path: &str, value: Option<String>| value.ok_or_else(|| refused(path, format!("{path} is missing.")));
    let token = input.access_token.ok_or_else(|| {
        refused("meta.access_token", "meta.access_token is missing.")
            .hint("Give the token of a system user, which does not expire.")
    })?;
    let number = needed("meta.phone_number_id", input.phone_number_id)?;
    let business_account_id = needed("meta.business_account_id", input.business_account_id)?;
    check_id("meta.business_account_id", &business_account_id)?;
    let mut senders = Vec::new();
    let listed = input.senders.into_iter().enumerate().map(|(at, id)| (format!("meta.senders[{at}]"), id));
    for (path, id) in std::iter::once(("meta.phone_number_id".to_owned(), number)).chain(listed) {
        check_id(&path, &id)?;
        if !senders.contains(&id) {
            senders.push(id);
        }
    }
    if let Some(id) = &input.app_id {
        check_id("meta.app_id", id)?;
    }
    let api_version = input.api_version.unwrap_or_else(|| "v25.0".to_owned());
    let number = api_version.strip_prefix('v').and_then(|rest| rest.split_once('.'));
    let digits = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !number.is_some_and(|(major, minor)| digits(major) && digits(minor)) {
        return Err(refused("meta.api_version", "meta.api_version is written as v25.0."));
    }
    let choice = |path: &str, value: Option<u32>, wide: u32, narrow: u32| match value {
        None => Ok(wide as usize),
        Some(value) if value == wide || value == narrow => Ok(value as usize),
        Some(_) => Err(refused(path, format!("{path} is {wide} or {narrow}."))),
    };
    let base_url = match input.base_url {
        Some(text) => Some(base_url("meta.base_url", &text, allow_insecure)?),
        None => None,
    };
    Ok(MetaSettings {
        access_token: check_secret("meta.access_token", token)?,
        senders,
        business_account_id,
        app_id: input.app_id,
        api_version,
        limits: Limits {
            list_body: choice("meta.list_body_characters", input.list_body_characters, 4096, 1024)?,
            contacts: choice("meta.contacts_per_message", input.contacts_per_message, 257, 5)?,
            flow_cta: choice("meta.flow_cta_characters", input.flow_cta_characters, 30, 20)?,
            private_links: base_url.is_some(),
            ..Limits::default()
        },
        description: choice("meta.description_characters", input.description_characters, 512, 256)?,
        base_url,
    })
}

/// Meta's ids are decimal digits.
fn check_id(path: &str, id: &str) -> Result<()> {
    if (1..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(refused(path, format!("{path} must be an id of Meta: digits only.")))
}
