//! The settings as hosts write them: one JSON object, every key listed here.

use crate::ground::Secret;
use crate::message::json::integer_or_null;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `settings_json` of `wa_configure`.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    /// `twilio` (default) or `meta`.
    pub provider: Option<String>,
    /// Two letters: completes numbers that are written without a country.
    pub default_country: Option<String>,
    /// Twilio's account and senders.
    pub twilio: TwilioInput,
    /// Meta's account and sender.
    pub meta: MetaInput,
    /// When and how often a failed attempt is made again.
    pub retry: RetryInput,
    /// Where the history is kept.
    pub history: HistoryInput,
    /// How fast messages go out.
    pub pacing: PacingInput,
    /// How the providers are reached.
    pub http: HttpInput,
    /// How webhooks are checked.
    pub webhook: WebhookInput,
    /// Whether the 24-hour window is checked here: `off`, `warn` or `enforce`.
    pub window: Option<String>,
    /// Whether an opt-out is honoured here.
    pub consent: ConsentInput,
    /// Templates that are rendered here, by name.
    pub templates: BTreeMap<String, TemplateSetting>,
    /// What is logged.
    pub log: LogInput,
    /// How long `wa_configure` may take, in milliseconds (default 60000).
    #[serde(deserialize_with = "integer_or_null")]
    pub timeout_ms: Option<u32>,
    /// Allows `http:` base addresses that are not on this machine.
    pub allow_insecure_base_url: bool,

    /// The connector's system setting: Twilio's account SID.
    #[serde(rename = "PsgTwilioAccountSId")]
    pub psg_account_sid: Option<String>,
    /// The connector's system setting: Twilio's auth token.
    #[serde(rename = "PsgTwilioAuthToken")]
    pub psg_auth_token: Option<Secret>,
    /// The connector's system setting: the sender's number.
    #[serde(rename = "PsgTwilioPhoneNumber")]
    pub psg_phone_number: Option<String>,
    /// The connector's system setting: attempts after the first one.
    #[serde(rename = "PsgWhatsAppMaxRetry", deserialize_with = "integer_or_null")]
    pub psg_max_retry: Option<u32>,
    /// The connector's system setting: seconds between attempts.
    #[serde(rename = "PsgWhatsAppSessionTimeout", deserialize_with = "integer_or_null")]
    pub psg_session_timeout: Option<u32>,
}

/// `twilio`.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TwilioInput {
    /// `AC` and 32 hexadecimal digits.
    pub account_sid: Option<String>,
    /// The account's token; also checks webhooks.
    pub auth_token: Option<Secret>,
    /// `SK` and 32 hexadecimal digits, to use an API key instead of the token.
    pub api_key_sid: Option<String>,
    /// The API key's secret.
    pub api_key_secret: Option<Secret>,
    /// The sender, if a send names none.
    pub from: Option<String>,
    /// Further senders that a send may name.
    pub senders: Vec<String>,
    /// `MG` and 32 hexadecimal digits: the service that picks the sender.
    pub messaging_service_sid: Option<String>,
    /// Address to which Twilio reports what became of a message.
    pub status_callback: Option<String>,
    /// Twilio's region that holds the account's data, such as `ie1`. The token
    /// or key must be of that region.
    pub region: Option<String>,
    /// Where Twilio's network is entered, such as `dublin`.
    pub edge: Option<String>,
    /// Another address of the API: a simulator or a gateway.
    pub base_url: Option<String>,
    /// Further tokens that webhooks may be signed with: the one before a
    /// change, and the account's where an API key logs in.
    pub webhook_tokens: Vec<Secret>,
    /// Shared keys that webhooks may be signed with, by their ids.
    pub webhook_keys: BTreeMap<String, Secret>,
}

/// `meta`.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct MetaInput {
    /// The system user's token.
    pub access_token: Option<Secret>,
    /// Id of the sending number.
    pub phone_number_id: Option<String>,
    /// Id of the WhatsApp Business account.
    pub business_account_id: Option<String>,
    /// Id of the app.
    pub app_id: Option<String>,
    /// The app's secret; checks webhooks.
    pub app_secret: Option<Secret>,
    /// Version of the Graph API (default `v25.0`).
    pub api_version: Option<String>,
    /// Another address of the API: a simulator or a gateway.
    pub base_url: Option<String>,
    /// Ids of further sending numbers that a send may name.
    pub senders: Vec<String>,
    /// The most characters of a list's text: 4096 (default) or 1024, for the
    /// sources disagree.
    #[serde(deserialize_with = "integer_or_null")]
    pub list_body_characters: Option<u32>,
    /// The most contacts in a message: 257 (default) or 5.
    #[serde(deserialize_with = "integer_or_null")]
    pub contacts_per_message: Option<u32>,
    /// The most characters on a flow's button: 30 (default) or 20.
    #[serde(deserialize_with = "integer_or_null")]
    pub flow_cta_characters: Option<u32>,
    /// The most characters of the profile's description: 512 (default) or 256.
    #[serde(deserialize_with = "integer_or_null")]
    pub description_characters: Option<u32>,
}

/// `retry`.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RetryInput {
    /// Attempts after the first one (default 3; at most 5 is advised).
    #[serde(deserialize_with = "integer_or_null")]
    pub max_retries: Option<u32>,
    /// Seconds before the next attempt (default 5; at most 10 is advised).
    #[serde(deserialize_with = "integer_or_null")]
    pub wait_seconds: Option<u32>,
    /// Sends again what may have been sent: the one way to send twice
    /// (default false).
    pub resend_unknown: Option<bool>,
    /// Seconds after an attempt of unknown end before the provider's list is
    /// believed (default 300, which is the least for a real provider).
    #[serde(deserialize_with = "integer_or_null")]
    pub unknown_look_seconds: Option<u32>,
    /// Seconds after which an unknown end stays unknown (default 15000 with
    /// Twilio, 604800 with Meta).
    #[serde(deserialize_with = "integer_or_null")]
    pub unknown_deadline_seconds: Option<u32>,
    /// Hours after its first attempt in which a message waits for a limit of
    /// the provider to pass, unless it expires earlier; such answers use up no
    /// retries (1 to 720, default 24).
    #[serde(deserialize_with = "integer_or_null")]
    pub limit_hours: Option<u32>,
}

/// `history`.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HistoryInput {
    /// Connection string of PostgreSQL, for ODBC or as .NET has it. Without it
    /// the history is the SQLite file `file`.
    pub connection_string: Option<Secret>,
    /// The SQLite file (default: one for each account, in the user's or
    /// machine's state directory).
    pub file: Option<String>,
    /// The database schema that holds the tables.
    pub schema: Option<String>,
    /// What the tables' names begin with (default `wa_`).
    pub table_prefix: Option<String>,
    /// `auto` makes and upgrades the tables, `check` only looks, `off` does
    /// neither.
    pub migrate: Option<String>,
    /// Folder on a disk of this machine that takes records while the database
    /// is away (default: none, and messages are refused then).
    pub journal: Option<String>,
    /// What becomes of new messages while the database is away and there is a
    /// journal: `queue` (default) records them there and sends them when the
    /// database is back, `send` also sends them from there, `refuse` refuses them.
    pub while_away: Option<String>,
    /// Which texts are kept once a message has ended: `full`, `masked` (default:
    /// all but those of the category `authentication`) or `none`.
    pub content: Option<String>,
    /// Whose messages are seen: `own` (default: those of this account) or `all`
    /// that share the tables.
    pub accounts: Option<String>,
    /// How large the journal of one client may become, in megabytes (default
    /// 1024).
    #[serde(deserialize_with = "integer_or_null")]
    pub journal_megabytes: Option<u32>,
    /// How long logging in to the database may take (default 10).
    #[serde(deserialize_with = "integer_or_null")]
    pub login_timeout_seconds: Option<u32>,
    /// How long one statement may take before its connection is given up
    /// (default 30, at least 2).
    #[serde(deserialize_with = "integer_or_null")]
    pub statement_timeout_seconds: Option<u32>,
    /// How long a worker that stopped renewing its lease keeps its messages
    /// (default 15, at least 3).
    #[serde(deserialize_with = "integer_or_null")]
    pub lease_seconds: Option<u32>,
}

/// `pacing`.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PacingInput {
    /// Messages per second and sender (default 80; 0 is no limit).
    pub messages_per_second: Option<f64>,
}

/// `http`.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HttpInput {
    /// How long the provider may take to answer (default 30).
    #[serde(deserialize_with = "integer_or_null")]
    pub timeout_seconds: Option<u32>,
    /// Requests under way at once (default 64).
    #[serde(deserialize_with = "integer_or_null")]
    pub max_in_flight: Option<u32>,
    /// Address of a proxy; may hold a user and a password.
    pub proxy: Option<Secret>,
    /// PEM file with certificate authorities to trust besides the system's.
    pub ca_file: Option<String>,
}

/// `webhook`.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct WebhookInput {
    /// The address at which the provider reaches the webhook; may hold a user
    /// and a password.
    pub public_url: Option<Secret>,
    /// The token that Meta repeats when a webhook is set up.
    pub verify_token: Option<Secret>,
    /// Further app secrets that Meta may sign with: the one before a change,
    /// those of other apps.
    pub app_secrets: Vec<Secret>,
    /// Believes `X-Forwarded-*` headers of the proxies that `proxies` names.
    pub trust_forwarded: bool,
    /// Addresses or networks of proxies, such as `10.0.0.0/8`.
    pub proxies: Vec<String>,
}

/// `consent`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ConsentInput {
    /// Sends nothing to who opted out (default true).
    pub enforce: bool,
}

impl Default for ConsentInput {
    fn default() -> Self {
        ConsentInput { enforce: true }
    }
}

/// A template of the settings.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TemplateSetting {
    /// Text with `{{1}}` or `{{name}}` in it.
    pub text: String,
    /// Links to one image or video.
    #[serde(default)]
    pub media: Vec<String>,
}

/// `log`.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LogInput {
    /// `error`, `warn`, `info`, `debug` or `trace` (default `info`).
    pub level: Option<String>,
}

/// `settings_json` of `wa_update`: what may change while a client runs.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct UpdateInput {
    /// Twilio's secrets.
    pub twilio: TwilioSecrets,
    /// Meta's secrets.
    pub meta: MetaSecrets,
    /// What webhooks are checked with.
    pub webhook: WebhookSecrets,
    /// When and how often a failed attempt is made again.
    pub retry: Option<RetryInput>,
    /// How fast messages go out.
    pub pacing: Option<PacingInput>,
    /// What is logged.
    pub log: Option<LogInput>,
    /// The connector's system setting: Twilio's auth token.
    #[serde(rename = "PsgTwilioAuthToken")]
    pub psg_auth_token: Option<Secret>,
    /// The connector's system setting: attempts after the first one.
    #[serde(rename = "PsgWhatsAppMaxRetry", deserialize_with = "integer_or_null")]
    pub psg_max_retry: Option<u32>,
    /// The connector's system setting: seconds between attempts.
    #[serde(rename = "PsgWhatsAppSessionTimeout", deserialize_with = "integer_or_null")]
    pub psg_session_timeout: Option<u32>,
}

/// The part of `twilio` that may change while a client runs.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TwilioSecrets {
    /// The account's token.
    pub auth_token: Option<Secret>,
    /// The API key.
    pub api_key_sid: Option<String>,
    /// The API key's secret.
    pub api_key_secret: Option<Secret>,
    /// Further tokens that webhooks may be signed with, in the place of those
    /// before.
    pub webhook_tokens: Option<Vec<Secret>>,
    /// Shared keys that webhooks may be signed with, in the place of those
    /// before.
    pub webhook_keys: Option<BTreeMap<String, Secret>>,
}

/// The part of `meta` that may change while a client runs.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct MetaSecrets {
    /// The system user's token.
    pub access_token: Option<Secret>,
    /// The app's secret.
    pub app_secret: Option<Secret>,
}

/// The part of `webhook` that may change while a client runs.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct WebhookSecrets {
    /// The token that Meta repeats when a webhook is set up.
    pub verify_token: Option<Secret>,
    /// Further app secrets that Meta may sign with, in the place of those
    /// before.
    pub app_secrets: Option<Vec<Secret>>,
}
