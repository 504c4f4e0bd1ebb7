//! From what hosts write to what the rest works with.

use super::input::{
    HistoryInput, HttpInput, Input, MetaInput, PacingInput, RetryInput, TwilioInput, UpdateInput,
};
use super::{
    DefaultCountry, History, Http, LocalTemplate, LocalTemplates, Meta, Migrate, Place, ProviderSettings,
    Retry, Secret, Twilio, TwilioLogin,
};
use crate::events::Level;
use crate::message::content::Limits;
use crate::message::phone::{self, Phone};
use crate::message::template::variables_of;
use crate::message::{Error, Result, Status, json};
use std::path::PathBuf;
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
    /// A new login at Twilio.
    pub twilio_login: Option<TwilioLogin>,
    /// A new token of Meta.
    pub meta_token: Option<Secret>,
    /// New retry settings.
    pub retry: Option<RetryInput>,
    /// A new pace: `Some(None)` takes the limit away.
    pub messages_per_second: Option<Option<f64>>,
    /// A new log level.
    pub log_level: Option<Level>,
}

const ARGUMENT: &str = "settings_json";

fn refused(path: &str, message: impl Into<String>) -> Box<Error> {
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
        let provider = match input.provider.as_deref() {
            None | Some("twilio") => ProviderSettings::Twilio(twilio(
                input.twilio,
                default_country,
                input.allow_insecure_base_url,
            )?),
            Some("meta") => ProviderSettings::Meta(meta(input.meta, input.allow_insecure_base_url)?),
            Some(other) => {
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
        let history = history(input.history, &mut warnings)?;
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
        let (twilio_login, meta_token) = match &now.provider {
            ProviderSettings::Twilio(twilio) => {
                must_be_of(
                    &["meta.access_token", "meta.app_secret"],
                    "twilio",
                    [input.meta.access_token.is_some(), input.meta.app_secret.is_some()],
                )?;
                let secrets = input.twilio;
                // With an API key the token is not what logs in.
                let by_key = twilio.login.user != twilio.account_sid;
                let changes = (secrets.auth_token.is_some() && !by_key)
                    || secrets.api_key_sid.is_some()
                    || secrets.api_key_secret.is_some();
                let new = || {
                    let (key, secret) = (secrets.api_key_sid, secrets.api_key_secret);
                    login(&twilio.account_sid, secrets.auth_token, key, secret)
                };
                (if changes { Some(new()?) } else { None }, None)
            }
            ProviderSettings::Meta(_) => {
                must_be_of(
                    &["twilio.auth_token", "twilio.api_key_sid", "twilio.api_key_secret"],
                    "meta",
                    [
                        input.twilio.auth_token.is_some(),
                        input.twilio.api_key_sid.is_some(),
                        input.twilio.api_key_secret.is_some(),
                    ],
                )?;
                (
                    None,
                    input
                        .meta
                        .access_token
                        .map(|token| meta_secret("meta.access_token", token))
                        .transpose()?,
                )
            }
        };
        if let Some(new) = &input.retry {
            // Its least looks are checked where it is put together with what runs.
            retry(new, &now.provider, &mut Vec::new())?;
        }
        Ok(Update {
            twilio_login,
            meta_token,
            retry: input.retry,
            messages_per_second: match &input.pacing {
                Some(pacing) => Some(pace(pacing)?),
                None => None,
            },
            log_level: match input.log {
                Some(log) => Some(level(log.level.as_deref())?),
                None => None,
            },
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
        retry(&merged, provider, &mut Vec::new())
    }
}

/// Refuses secrets of the provider that does not send.
fn must_be_of<const N: usize>(paths: &[&str; N], provider: &str, given: [bool; N]) -> Result<()> {
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

fn twilio(input: TwilioInput, country: DefaultCountry, allow_insecure: bool) -> Result<Twilio> {
    let account_sid =
        input.account_sid.ok_or_else(|| refused("twilio.account_sid", "twilio.account_sid is missing."))?;
    check_sid("twilio.account_sid", &account_sid, "AC")?;
    let login = login(&account_sid, input.auth_token, input.api_key_sid, input.api_key_secret)?;
    let mut senders = Vec::new();
    let named = input.from.iter().map(|s| ("twilio.from".to_owned(), s));
    let listed = input.senders.iter().enumerate().map(|(at, s)| (format!("twilio.senders[{at}]"), s));
    for (path, sender) in named.chain(listed) {
        let phone = Phone::read(&path, sender, country)
            .map_err(|error| refused(&path, format!("{path} is not a number: {}", error.message)))?;
        let phone = phone.e164().to_owned();
        if !senders.contains(&phone) {
            senders.push(phone);
        }
    }
    if let Some(service) = &input.messaging_service_sid {
        check_sid("twilio.messaging_service_sid", service, "MG")?;
    } else if senders.is_empty() {
        return Err(refused(
            "twilio.from",
            "There is no sender: give twilio.from, twilio.senders or twilio.messaging_service_sid.",
        ));
    }
    let status_callback = match input.status_callback {
        Some(text) => Some(callback_url(&text)?),
        None => None,
    };
    let base_url = match input.base_url {
        Some(text) => Some(base_url("twilio.base_url", &text, allow_insecure)?),
        None => None,
    };
    Ok(Twilio {
        account_sid,
        login,
        senders,
        messaging_service_sid: input.messaging_service_sid,
        status_callback,
        base_url,
    })
}

fn meta(input: MetaInput, allow_insecure: bool) -> Result<Meta> {
    let needed =
        |path: &str, value: Option<String>| value.ok_or_else(|| refused(path, format!("{path} is missing.")));
    let token = input.access_token.ok_or_else(|| {
        refused("meta.access_token", "meta.access_token is missing.")
            .hint("Give the token of a system user, which does not expire.")
    })?;
    let number = needed("meta.phone_number_id", input.phone_number_id)?;
    let business_account_id = needed("meta.business_account_id", input.business_account_id)?;
    meta_id("meta.business_account_id", &business_account_id)?;
    let mut senders = Vec::new();
    let listed = input.senders.into_iter().enumerate().map(|(at, id)| (format!("meta.senders[{at}]"), id));
    for (path, id) in std::iter::once(("meta.phone_number_id".to_owned(), number)).chain(listed) {
        meta_id(&path, &id)?;
        if !senders.contains(&id) {
            senders.push(id);
        }
    }
    if let Some(id) = &input.app_id {
        meta_id("meta.app_id", id)?;
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
    Ok(Meta {
        access_token: meta_secret("meta.access_token", token)?,
        senders,
        business_account_id,
        app_id: input.app_id,
        app_secret: input.app_secret.map(|secret| meta_secret("meta.app_secret", secret)).transpose()?,
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
fn meta_id(path: &str, id: &str) -> Result<()> {
    if (1..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(refused(path, format!("{path} must be an id of Meta: digits only.")))
}

/// What travels in a header, or makes a signature.
fn meta_secret(path: &str, secret: Secret) -> Result<Secret> {
    let text = secret.expose();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(refused(path, format!("{path} is empty, or has a blank or a control character in it.")));
    }
    Ok(secret)
}

fn login(
    account_sid: &str,
    auth_token: Option<Secret>,
    api_key_sid: Option<String>,
    api_key_secret: Option<Secret>,
) -> Result<TwilioLogin> {
    let not_empty = |secret: Option<Secret>, path: &str| match secret {
        Some(secret) if secret.expose().trim().is_empty() => Err(refused(path, format!("{path} is empty."))),
        other => Ok(other),
    };
    let auth_token = not_empty(auth_token, "twilio.auth_token")?;
    let api_key_secret = not_empty(api_key_secret, "twilio.api_key_secret")?;
    match (api_key_sid, api_key_secret, auth_token) {
        (Some(user), Some(password), _) => {
            check_sid("twilio.api_key_sid", &user, "SK")?;
            Ok(TwilioLogin { user, password })
        }
        (Some(_), None, _) => Err(refused(
            "twilio.api_key_secret",
            "twilio.api_key_sid is given without twilio.api_key_secret.",
        )),
        (None, Some(_), _) => {
            Err(refused("twilio.api_key_sid", "twilio.api_key_secret is given without twilio.api_key_sid."))
        }
        (None, None, Some(password)) => Ok(TwilioLogin { user: account_sid.to_owned(), password }),
        (None, None, None) => Err(refused(
            "twilio.auth_token",
            "twilio.auth_token is missing; give it, or an API key with its secret.",
        )),
    }
}

fn check_sid(path: &str, sid: &str, prefix: &str) -> Result<()> {
    let digits = sid.strip_prefix(prefix).unwrap_or("");
    if digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(refused(path, format!("{path} must be {prefix} and 32 hexadecimal digits.")))
}

/// Twilio refuses longer ones, and hosts with an underscore in their name.
const LONGEST_CALLBACK: usize = 4000 - 100;

fn callback_url(text: &str) -> Result<Url> {
    let path = "twilio.status_callback";
    let url =
        Url::parse(text).map_err(|error| refused(path, format!("{path} is not an address: {error}.")))?;
    if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none() {
        return Err(refused(path, format!("{path} must be an http or https address.")));
    }
    if url.host_str().is_some_and(|host| host.contains('_')) {
        return Err(refused(path, format!("{path}: Twilio accepts no host with an underscore in its name.")));
    }
    if url.as_str().len() > LONGEST_CALLBACK {
        return Err(refused(path, format!("{path} is longer than {LONGEST_CALLBACK} characters.")));
    }
    if url.query_pairs().any(|(key, _)| key == "wa") {
        return Err(refused(path, format!("{path}: the query key `wa` is this library's own.")));
    }
    Ok(url)
}

fn base_url(path: &str, text: &str, allow_insecure: bool) -> Result<Url> {
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

fn history(input: HistoryInput, warnings: &mut Vec<String>) -> Result<History> {
    if input.connection_string.is_some() && input.file.is_some() {
        return Err(refused(
            "history.file",
            "history.file and history.connection_string are both given; give one of them.",
        ));
    }
    let place = match (input.connection_string, input.file) {
        (Some(text), _) if text.expose().trim().is_empty() => {
            return Err(refused("history.connection_string", "history.connection_string is empty."));
        }
        (Some(text), _) => Place::Odbc(text),
        (None, Some(file)) if file.trim().is_empty() => {
            return Err(refused("history.file", "history.file is empty."));
        }
        (None, Some(file)) => {
            let path = PathBuf::from(file);
            if !path.is_absolute() {
                return Err(refused(
                    "history.file",
                    "history.file must be an absolute path: the working directory belongs to the host.",
                ));
            }
            Place::File(path)
        }
        (None, None) => Place::File(default_file()?),
    };
    if let (Place::File(_), Some(_)) = (&place, &input.schema) {
        return Err(refused(
            "history.schema",
            "history.schema belongs to a database; a SQLite file has none.",
        ));
    }
    let table_prefix = input.table_prefix.unwrap_or_else(|| "wa_".into());
    check_identifier("history.table_prefix", &table_prefix, 32)?;
    if let Some(schema) = &input.schema {
        check_identifier("history.schema", schema, 63)?;
    }
    let migrate = match input.migrate.as_deref() {
        None | Some("auto") => Migrate::Auto,
        Some("check") => Migrate::Check,
        Some("off") => Migrate::Off,
        Some(_) => return Err(refused("history.migrate", "history.migrate is one of auto, check and off.")),
    };
    if input.while_away.as_deref().is_some_and(|w| !["queue", "send", "refuse"].contains(&w)) {
        return Err(refused("history.while_away", "history.while_away is one of queue, send and refuse."));
    }
    if input.journal.is_some() || input.while_away.as_deref().is_some_and(|w| w != "refuse") {
        warnings.push("history.journal and history.while_away have no effect in this version: while the database is away, messages are refused.".into());
    }
    let lease = input.lease_seconds.unwrap_or(15);
    if !(3..=3600).contains(&lease) {
        return Err(refused("history.lease_seconds", "history.lease_seconds is between 3 and 3600."));
    }
    let login = input.login_timeout_seconds.unwrap_or(10);
    if !(1..=300).contains(&login) {
        return Err(refused(
            "history.login_timeout_seconds",
            "history.login_timeout_seconds is between 1 and 300.",
        ));
    }
    Ok(History {
        place,
        schema: input.schema,
        table_prefix,
        migrate,
        login_timeout: Duration::from_secs(login.into()),
        lease: Duration::from_secs(lease.into()),
    })
}

/// Letters, digits and underscores: identifiers are quoted, and yet nothing
/// else is wanted in them.
fn check_identifier(path: &str, text: &str, longest: usize) -> Result<()> {
    let fits = !text.is_empty()
        && text.len() <= longest
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !text.as_bytes()[0].is_ascii_digit();
    if fits {
        return Ok(());
    }
    Err(refused(
        path,
        format!(
            "{path} is made of letters, digits and underscores, at most {longest}, and begins with no digit."
        ),
    ))
}

/// The state directory of the user, or of the machine: never the working
/// directory, which belongs to the host.
fn default_file() -> Result<PathBuf> {
    let folder = if cfg!(windows) {
        std::env::var_os("ProgramData").map(PathBuf::from)
    } else {
        std::env::var_os("XDG_STATE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state")))
    };
    folder
        .filter(|path| path.is_absolute())
        .map(|folder| folder.join("wa-connector").join("history.db"))
        .ok_or_else(|| {
            refused("history.file", "There is no state directory on this machine; give history.file.")
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
