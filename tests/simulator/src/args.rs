//! The command line.

use std::path::PathBuf;

use crate::twilio::auth::{
    DEFAULT_ACCOUNT_SID, DEFAULT_API_KEY_SECRET, DEFAULT_API_KEY_SID, DEFAULT_AUTH_TOKEN,
};

pub const HELP: &str = "\
wa-simulator: Twilio's and Meta's WhatsApp APIs on loopback, unkind by default

  --port N                 port on 127.0.0.1; 0 = any free one (default)
  --port-file FILE         write the port there once it listens
  --log FILE               append every request received, one JSON object a line, on disk before the answer
  --no-fsync               do not force the log to the disk (faster, proves less)
  --record FILE            append every whole request as sent, credentials replaced, for tests/contract/run.sh --replay
  --keep-requests N        requests kept for GET /_control/requests (default 100000)
  --seed N                 of lags and chances (default: random, printed at the start)
  --ideal                  no unkindness: lists at once, texts at once, callbacks once and in order
  --list-lag-max-ms N      a list shows a message after a random 0..N ms (default 30000)
  --status-step-max-ms N   a status follows the one before after a random 0..N ms (default 2000)
  --no-special-numbers     all recipients behave alike
  --max-concurrent N       more requests in flight at once get 429/20429 (default 0 = no limit)
  --account-sid AC..       (default AC00000000000000000000000000000001)
  --auth-token TOKEN       (default 0123456789abcdef0123456789abcdef)
  --api-key-sid SK..       (default SK00000000000000000000000000000001)
  --api-key-secret SECRET  (default fedcba9876543210fedcba9876543210)
  --sender +NUMBER         a WhatsApp sender of the account, repeatable (default +14155238886 and +15005550006)
  --service-sid MG..       its messaging service (default MG00000000000000000000000000000001)
  --meta-webhook URL       status webhooks of Meta's messages go there: plain http on loopback (default: nowhere)
  --tls-cert FILE --tls-key FILE   serve HTTPS with this certificate chain and key (PEM)
  --help, --version
";

pub struct Options {
    pub port: u16,
    pub port_file: Option<PathBuf>,
    pub log: Option<PathBuf>,
    pub record: Option<PathBuf>,
    pub fsync: bool,
    pub keep_requests: usize,
    pub seed: u64,
    pub ideal: bool,
    pub list_lag_max_ms: Option<u64>,
    pub status_step_max_ms: Option<u64>,
    pub special_numbers: bool,
    pub max_concurrent: u64,
    pub account_sid: String,
    pub auth_token: String,
    pub api_key_sid: String,
    pub api_key_secret: String,
    pub senders: Vec<String>,
    pub service_sid: String,
    /// Where Meta's webhooks go.
    pub meta_webhook: Option<String>,
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            port_file: None,
            log: None,
            record: None,
            fsync: true,
            keep_requests: 100_000,
            seed: fastrand::u64(..),
            ideal: false,
            list_lag_max_ms: None,
            status_step_max_ms: None,
            special_numbers: true,
            max_concurrent: 0,
            account_sid: DEFAULT_ACCOUNT_SID.to_owned(),
            auth_token: DEFAULT_AUTH_TOKEN.to_owned(),
            api_key_sid: DEFAULT_API_KEY_SID.to_owned(),
            api_key_secret: DEFAULT_API_KEY_SECRET.to_owned(),
            senders: Vec::new(),
            service_sid: "MG00000000000000000000000000000001".to_owned(),
            meta_webhook: None,
            tls_cert: None,
            tls_key: None,
        }
    }
}

pub enum Wanted {
    Run(Box<Options>),
    Text(String),
}

pub fn parse() -> Result<Wanted, String> {
    read(lexopt::Parser::from_env()).map_err(|e| e.to_string())
}

fn read(mut parser: lexopt::Parser) -> Result<Wanted, lexopt::Error> {
    use lexopt::prelude::*;
    let mut o = Options::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("port") => o.port = parser.value()?.parse()?,
            Long("port-file") => o.port_file = Some(parser.value()?.into()),
            Long("log") => o.log = Some(parser.value()?.into()),
            Long("record") => o.record = Some(parser.value()?.into()),
            Long("no-fsync") => o.fsync = false,
            Long("keep-requests") => o.keep_requests = parser.value()?.parse()?,
            Long("seed") => o.seed = parser.value()?.parse()?,
            Long("ideal") => o.ideal = true,
            Long("list-lag-max-ms") => o.list_lag_max_ms = Some(parser.value()?.parse()?),
            Long("status-step-max-ms") => o.status_step_max_ms = Some(parser.value()?.parse()?),
            Long("no-special-numbers") => o.special_numbers = false,
            Long("max-concurrent") => o.max_concurrent = parser.value()?.parse()?,
            Long("account-sid") => o.account_sid = sid(parser.value()?.string()?, "AC")?,
            Long("auth-token") => o.auth_token = parser.value()?.string()?,
            Long("api-key-sid") => o.api_key_sid = sid(parser.value()?.string()?, "SK")?,
            Long("api-key-secret") => o.api_key_secret = parser.value()?.string()?,
            Long("sender") => o.senders.push(parser.value()?.string()?),
            Long("service-sid") => o.service_sid = sid(parser.value()?.string()?, "MG")?,
            Long("meta-webhook") => o.meta_webhook = Some(webhook(parser.value()?.string()?)?),
            Long("tls-cert") => o.tls_cert = Some(parser.value()?.into()),
            Long("tls-key") => o.tls_key = Some(parser.value()?.into()),
            Long("help") | Short('h') => return Ok(Wanted::Text(HELP.to_owned())),
            Long("version") | Short('V') => {
                return Ok(Wanted::Text(format!("wa-simulator {}\n", env!("CARGO_PKG_VERSION"))));
            }
            other => return Err(other.unexpected()),
        }
    }
    if o.senders.is_empty() {
        o.senders = vec!["+14155238886".to_owned(), "+15005550006".to_owned()];
    }
    Ok(Wanted::Run(Box::new(o)))
}

fn webhook(value: String) -> Result<String, lexopt::Error> {
    if crate::webhook::loopback(&value).is_some() {
        Ok(value)
    } else {
        Err(lexopt::Error::Custom(format!("{value} is not plain http on loopback").into()))
    }
}

fn sid(value: String, prefix: &str) -> Result<String, lexopt::Error> {
    if crate::twilio::is_sid(&value, &[prefix]) {
        Ok(value)
    } else {
        Err(lexopt::Error::Custom(format!("{value} is not {prefix} and 32 hexadecimal digits").into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &[&str]) -> Result<Options, String> {
        match read(lexopt::Parser::from_args(args)) {
            Ok(Wanted::Run(o)) => Ok(*o),
            Ok(Wanted::Text(t)) => Err(t),
            Err(e) => Err(e.to_string()),
        }
    }

    #[test]
    fn defaults_are_the_documented_ones() {
        let o = run(&[]).unwrap();
        for value in [&o.account_sid, &o.auth_token, &o.api_key_sid, &o.api_key_secret, &o.service_sid] {
            assert!(HELP.contains(value.as_str()), "{value} is not in the help");
        }
        assert!(o.fsync && o.special_numbers && !o.ideal && o.port == 0);
    }

    #[test]
    fn a_sid_of_the_wrong_shape_and_an_unknown_option_are_refused() {
        assert!(run(&["--account-sid", "AC12"]).is_err());
        assert!(run(&["--lag", "3"]).is_err());
        assert!(run(&["--meta-webhook", "https://example.com/"]).is_err());
        assert!(
            run(&["--sender", "+15550001111", "--port", "8080"])
                .is_ok_and(|o| o.port == 8080 && o.senders.len() == 1)
        );
    }
}
