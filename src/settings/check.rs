//! From what hosts write to what the rest works with.

use super::input::{HttpInput, Input, PacingInput, RetryInput, UpdateInput};
use super::{
    DefaultCountry, History, Http, LocalTemplate, LocalTemplates, NewLogin, ProviderSettings, Retry, history,
    meta, twilio,
};
use crate::events::Level;
use crate::message::phone;
use crate::message::variables::variables_of;
use crate::message::{Error, ProviderName, Result, Status, json};
use std::time::Duration;
use url::Url;

/// Settings that are complete and checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The provider that sends.
    pub provider: ProviderSettings,
    /// Completes numbers without a country.
    pub default_country: DefaultCountry,
    /// When and how often a failed attempt is made again.
    pub retry: Retry,
    /// Where the history is kept.
    pub history: History,
    /// Messages per second and sender; `None` is no limit.
    pub messages_per_second: Option<f64>,
    /// How the providers are reached.
    pub http: Http,
    /// Templates that are rendered here.
    pub templates: LocalTemplates,
    /// What is logged.
    pub log_level: Level,
    /// How long `wa_configure` may take.
    pub timeout: Duration,
    /// What is accepted but not advised; told in the log.
    pub warnings: Vec<String>,
}

/// What `wa_update` changes.
#[derive(Debug, Default)]
pub struct Update {
    /// What the provider logs in with from now on.
    pub login: Option<NewLogin>,
    /// New retry settings.
    pub retry: Option<RetryInput>,
    /// A new pace: `Some(None)` takes the limit away.
    pub messages_per_second: Option<Option<f64>>,
    /// A new log level.
    pub log_level: Option<Level>,
    /// What is accepted but not advised.
    pub warnings: Vec<String>,
}

const ARGUMENT: &str = "settings_json";

pub(super) fn refused(path: &str, message: impl Into<String>) -> Box<Error> {
    Error::about(Status::Settings, format!("{ARGUMENT}.{path}"), message)
}

impl Settings {
    /// Reads and checks `settings_json`.
    pub fn read(text: &str) -> Result<Settings> {
        let mut input: Input = json::read_sections(ARGUMENT, text)?;
        let mut warnings = Vec::new();
        take_over_connector_settings(&mut input)?;

        let default_country = match &input.default_country {
            Some(country) => Some(phone::country("default_country", country).map_err(|e| e.under(ARGUMENT))?),
            None => None,
        };
        let named = input.provider.as_deref().map_or(Some(ProviderName::Twilio), ProviderName::from_text);
        let provider = match named {
            Some(ProviderName::Twilio) => ProviderSettings::Twilio(twilio::read(
                input.twilio,
                default_country,
                input.allow_insecure_base_url,
            )?),
            Some(ProviderName::Meta) => {
                ProviderSettings::Meta(meta::read(input.meta, input.allow_insecure_base_url)?)
            }
            None => {
                let other = input.provider.unwrap_or_default();
                return Err(refused(
                    "provider",
                    format!("There is no provider {other:?}; there are twilio and meta."),
                ));
            }
        };
        if let Some(window) = input.window.as_deref()
            && !["off", "warn", "enforce"].contains(&window)
        {
            return Err(refused("window", "window is one of off, warn and enforce."));
        }
        if input.window.as_deref().is_some_and(|w| w != "off") {
            warnings.push("window is accepted, and has no effect in this version.".into());
        }
        if input.webhook.public_url.is_some()
            || input.webhook.verify_token.is_some()
            || input.webhook.trust_forwarded
        {
            warnings.push("webhook is accepted, and has no effect in this version.".into());
        }
        let retry = retry(&input.retry, &provider, &mut warnings)?;
        let history = history::read(input.history, &mut warnings)?;
        Ok(Settings {
            provider,
            default_country,
            retry,
            history,
            messages_per_second: pace(&input.pacing)?,
            http: http(input.http)?,
            templates: templates(input.templates)?,
            log_level: level(input.log.level.as_deref())?,
            timeout: Duration::from_millis(input.timeout_ms.unwrap_or(60_000).into()),
            warnings,
        })
    }
}

impl Update {
    /// Reads and checks `settings_json` of `wa_update` against what runs now.
    pub fn read(text: &str, now: &Settings) -> Result<Update> {
        let mut input: UpdateInput = json::read_sections(ARGUMENT, text)?;
        if let Some(token) = input.psg_auth_token.take() {
            if input.twilio.auth_token.is_some() {
                return Err(twice("PsgTwilioAuthToken", "twilio.auth_token"));
            }
            input.twilio.auth_token = Some(token);
        }
        if input.psg_max_retry.is_some() || input.psg_session_timeout.is_some() {
            let retry = input.retry.get_or_insert_default();
            if retry.max_retries.is_some() && input.psg_max_retry.is_some() {
                return Err(twice("PsgWhatsAppMaxRetry", "retry.max_retries"));
            }
            if retry.wait_seconds.is_some() && input.psg_session_timeout.is_some() {
                return Err(twice("PsgWhatsAppSessionTimeout", "retry.wait_seconds"));
            }
            retry.max_retries = retry.max_retries.or(input.psg_max_retry);
            retry.wait_seconds = retry.wait_seconds.or(input.psg_session_timeout);
        }
        let login = match &now.provider {
            ProviderSettings::Twilio(running) => {
                must_be_of(
                    &["meta.access_token"],
                    ProviderName::Twilio,
                    [input.meta.access_token.is_some()],
                )?;
                let secrets = input.twilio;
                // Whatever logged in before: what is accepted is used from now on.
                let changes = secrets.auth_token.is_some()
                    || secrets.api_key_sid.is_some()
                    || secrets.api_key_secret.is_some();
                let new = || {
                    let (key, secret) = (secrets.api_key_sid, secrets.api_key_secret);
                    twilio::login(&running.account_sid, secrets.auth_token, key, secret)
                };
                if changes { Some(NewLogin::Twilio(new()?)) } else { None }
            }
            ProviderSettings::Meta(_) => {
                must_be_of(
                    &["twilio.auth_token", "twilio.api_key_sid", "twilio.api_key_secret"],
                    ProviderName::Meta,
                    [
                        input.twilio.auth_token.is_some(),
                        input.twilio.api_key_sid.is_some(),
                        input.twilio.api_key_secret.is_some(),
                    ],
                )?;
                let checked = |token| meta::check_secret("meta.access_token", token);
                input.meta.access_token.map(checked).transpose()?.map(NewLogin::Meta)
            }
        };
        let mut warnings = Vec::new();
        if let Some(new) = &input.retry {
            // Its least looks are checked where it is put together with what runs.
            retry(new, &now.provider, &mut warnings)?;
        }
        Ok(Update {
            login,
            retry: input.retry,
            // A section that names nothing changes nothing.
            messages_per_second: input
                .pacing
                .filter(|pacing| pacing.messages_per_second.is_some())
                .map(|pacing| pace(&pacing))
                .transpose()?,
            log_level: input.log.and_then(|log| log.level).map(|name| level(Some(&name))).transpose()?,
            warnings,
        })
    }

    /// The retry settings with what this update says of them.
    pub fn retry_after(&self, now: &Retry, provider: &ProviderSettings) -> Result<Retry> {
        let Some(input) = &self.retry else { return Ok(now.clone()) };
        let merged = RetryInput {
            max_retries: input.max_retries.or(Some(now.max_retries)),
            wait_seconds: input.wait_seconds.or(u32::try_from(now.wait.as_secs()).ok()),
            resend_unknown: input.resend_unknown.or(Some(now.resend_unknown)),
            unknown_look_seconds: input
                .unknown_look_seconds
                .or(u32::try_from(now.unknown_look.as_secs()).ok()),
            unknown_deadline_seconds: input
                .unknown_deadline_seconds
                .or(u32::try_from(now.unknown_deadline.as_secs()).ok()),
        };
        // Its warnings were read with the update; what ran before has told its own.
        retry(&merged, provider, &mut Vec::new())
    }
}

/// Refuses secrets of the provider that does not send.
fn must_be_of<const N: usize>(paths: &[&str; N], provider: ProviderName, given: [bool; N]) -> Result<()> {
    match paths.iter().zip(given).find(|(_, given)| *given) {
        None => Ok(()),
        Some((path, _)) => Err(refused(
            path,
            format!("This client sends through {provider}; the provider cannot change while it runs."),
        )),
    }
}

fn twice(one: &str, other: &str) -> Box<Error> {
    refused(one, format!("{one} and {other} are both given; give one of them."))
}

/// The five codes of the Creatio connector, under their places here.
fn take_over_connector_settings(input: &mut Input) -> Result<()> {
    fn fill<T>(from: &mut Option<T>, to: &mut Option<T>, one: &str, other: &str) -> Result<()> {
        match (from.take(), to.is_some()) {
            (Some(_), true) => Err(twice(one, other)),
            (Some(value), false) => {
                *to = Some(value);
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }
    let twilio = &mut input.twilio;
    fill(&mut input.psg_account_sid, &mut twilio.account_sid, "PsgTwilioAccountSId", "twilio.account_sid")?;
    fill(&mut input.psg_auth_token, &mut twilio.auth_token, "PsgTwilioAuthToken", "twilio.auth_token")?;
    // The connector's system setting may be left empty, where other keys name the sender.
    let mut number = input.psg_phone_number.take().filter(|n| !n.trim().is_empty());
    fill(&mut number, &mut twilio.from, "PsgTwilioPhoneNumber", "twilio.from")?;
    fill(&mut input.psg_max_retry, &mut input.retry.max_retries, "PsgWhatsAppMaxRetry", "retry.max_retries")?;
    fill(
        &mut input.psg_session_timeout,
        &mut input.retry.wait_seconds,
        "PsgWhatsAppSessionTimeout",
        "retry.wait_seconds",
    )
}

/// Checks the address of a simulator or a gateway.
pub(super) fn base_url(path: &str, text: &str, allow_insecure: bool) -> Result<Url> {
    let url =
        Url::parse(text).map_err(|error| refused(path, format!("{path} is not an address: {error}.")))?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback || allow_insecure => {}
        "http" => {
            return Err(refused(
                path,
                format!("{path}: credentials go over http to this machine only; use https."),
            )
            .hint("For a simulator elsewhere set allow_insecure_base_url to true."));
        }
        _ => return Err(refused(path, format!("{path} must be an http or https address."))),
    }
    if url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(refused(path, format!("{path} must have no user, query or fragment.")));
    }
    Ok(url)
}

/// The least age at which a real provider's list is proof that it did not
/// take a message: it lags.
const LEAST_LOOK_SECONDS: u32 = 300;

/// Twilio drops what it could not send within four hours; Meta reports for
/// seven days.
fn unknown_deadline(provider: &ProviderSettings) -> u32 {
    match provider {
        ProviderSettings::Twilio(_) => 15_000,
        ProviderSettings::Meta(_) => 7 * 24 * 3600,
    }
}

fn retry(input: &RetryInput, provider: &ProviderSettings, warnings: &mut Vec<String>) -> Result<Retry> {
    let max_retries = input.max_retries.unwrap_or(3);
    let wait = input.wait_seconds.unwrap_or(5);
    if max_retries > 100 {
        return Err(refused("retry.max_retries", "retry.max_retries is at most 100."));
    }
    if wait > 3600 {
        return Err(refused("retry.wait_seconds", "retry.wait_seconds is at most 3600."));
    }
    if max_retries > 5 {
        warnings.push(format!("retry.max_retries is {max_retries}; at most 5 is advised."));
    }
    if wait > 10 {
        warnings.push(format!("retry.wait_seconds is {wait}; at most 10 is advised."));
    }
    let resend_unknown = input.resend_unknown.unwrap_or(false);
    if resend_unknown {
        warnings.push("retry.resend_unknown is on: a message may be sent twice.".into());
    }
    let look = input.unknown_look_seconds.unwrap_or(LEAST_LOOK_SECONDS);
    if provider.is_real() && look < LEAST_LOOK_SECONDS {
        return Err(refused(
            "retry.unknown_look_seconds",
            format!("retry.unknown_look_seconds is at least {LEAST_LOOK_SECONDS}: the provider's list lags."),
        ));
    }
    Ok(Retry {
        max_retries,
        wait: Duration::from_secs(wait.into()),
        resend_unknown,
        unknown_look: Duration::from_secs(look.into()),
        unknown_deadline: Duration::from_secs(
            input.unknown_deadline_seconds.unwrap_or(unknown_deadline(provider)).into(),
        ),
    })
}

fn pace(input: &PacingInput) -> Result<Option<f64>> {
    match input.messages_per_second {
        None => Ok(Some(80.0)),
        Some(0.0) => Ok(None),
        Some(rate) if rate.is_finite() && (0.001..=100_000.0).contains(&rate) => Ok(Some(rate)),
        Some(_) => Err(refused(
            "pacing.messages_per_second",
            "pacing.messages_per_second is between 0.001 and 100000, or 0 for no limit.",
        )),
    }
}

fn http(input: HttpInput) -> Result<Http> {
    let timeout = input.timeout_seconds.unwrap_or(30);
    if !(1..=600).contains(&timeout) {
        return Err(refused("http.timeout_seconds", "http.timeout_seconds is between 1 and 600."));
    }
    let max_in_flight = input.max_in_flight.unwrap_or(64);
    if !(1..=4096).contains(&max_in_flight) {
        return Err(refused("http.max_in_flight", "http.max_in_flight is between 1 and 4096."));
    }
    let ca_pem = match input.ca_file {
        Some(file) => Some(authorities(&file)?),
        None => None,
    };
    Ok(Http {
        timeout: Duration::from_secs(timeout.into()),
        max_in_flight: max_in_flight as usize,
        proxy: input.proxy,
        ca_pem,
    })
}

/// More than all the authorities of a system.
const MOST_CA_BYTES: u64 = 16 * 1024 * 1024;

/// Reads the file of authorities. A pipe or a device might never end.
fn authorities(file: &str) -> Result<Vec<u8>> {
    let failed =
        |why: String| refused("http.ca_file", format!("http.ca_file cannot be read: {file}: {why}."));
    let about = std::fs::metadata(file).map_err(|error| failed(error.to_string()))?;
    if !about.is_file() || about.len() > MOST_CA_BYTES {
        return Err(failed(format!("it is no file of at most {MOST_CA_BYTES} bytes")));
    }
    std::fs::read(file).map_err(|error| failed(error.to_string()))
}

/// What a template of the settings may hold: it travels as the body of a
/// text, which Twilio limits to this.
const LONGEST_TEMPLATE: usize = 1600;

fn templates(input: std::collections::BTreeMap<String, super::TemplateSetting>) -> Result<LocalTemplates> {
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

fn level(name: Option<&str>) -> Result<Level> {
    match name {
        None => Ok(Level::Info),
        Some(name) => Level::from_name(name)
            .ok_or_else(|| refused("log.level", "log.level is one of error, warn, info, debug and trace.")),
    }
}
