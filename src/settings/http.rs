//! `http`: how the providers are reached.

use super::fault::refused;
use super::input::HttpInput;
use crate::message::Result;
use crate::provider::settings::Http;
use std::time::Duration;

/// Checks `http`.
pub fn read(input: HttpInput) -> Result<Http> {
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
        return Err(failed(format!("it is not a file, or has more than {MOST_CA_BYTES} bytes")));
    }
    std::fs::read(file).map_err(|error| failed(error.to_string()))
}
