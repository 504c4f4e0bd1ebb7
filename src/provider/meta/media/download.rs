//! One download: where the media is, then the media itself, compared with
//! what Meta says of it.

use super::super::answer;
use super::super::graph::Graph;
use super::place::{Place, Writing};
use super::types::is_html;
use super::{about_media, address_of};
use crate::ground::hex;
use crate::message::catalogue::clipped;
use crate::message::{Error, Result, Status};
use crate::provider::action::{Download, MediaFile, MediaInfo, Progress};
use crate::provider::http::{Fault, Incoming, LEADS_INSIDE, TOO_LATE, is_public};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, LOCATION};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};
use url::{Host, Url};

/// Where Meta keeps media: the token goes to these and to nobody else.
const PINNED: [&str; 2] = ["graph.facebook.com", "lookaside.fbsbx.com"];
/// The most times that an address may lead to another.
const MOST_HOPS: usize = 5;
/// Progress is told no more often.
const BETWEEN: Duration = Duration::from_millis(100);

/// Fetches media into a new file.
pub async fn download(
    graph: &Graph,
    download: &Download,
    number: &str,
    progress: &Progress,
) -> Result<MediaFile> {
    if let Some(name) = &download.filename {
        super::place::bare_name("options_json.filename", name)?;
    }
    let mut info = address_of(graph, &download.id, number).await?;
    let place = Place::look(download, info.mime_type.as_deref()).await?;
    let too_long = |bytes: u64| {
        Error::about(
            Status::Argument,
            "options_json.max_bytes",
            format!("The media has {bytes} bytes or more; max_bytes allows {}.", download.max_bytes),
        )
    };
    if let Some(bytes) = info.bytes.filter(|bytes| *bytes > download.max_bytes) {
        return Err(too_long(bytes));
    }
    let mut incoming = follow(graph, &info, download.max_bytes).await?;
    if incoming.status == 404 {
        // An address lives for five minutes only.
        info = address_of(graph, &download.id, number).await?;
        incoming = follow(graph, &info, download.max_bytes).await?;
    }
    if incoming.status != 200 {
        return Err(refused(graph, incoming).await);
    }
    let told = incoming.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut page = is_page(told.as_deref(), info.mime_type.as_deref());
    if let Some(bytes) = length(&incoming.headers).filter(|bytes| *bytes > download.max_bytes) {
        return Err(too_long(bytes));
    }
    let mut writing = place.begin();
    let (mut bytes, mut digest, mut last) = (0u64, Sha256::new(), None::<Instant>);
    let fetched: Result<()> = async {
        while let Some(part) = incoming.part().await.map_err(broken_off)? {
            page |= bytes == 0 && is_html(&part) && !is_text(info.mime_type.as_deref());
            if page {
                break;
            }
            bytes += part.len() as u64;
            if bytes > download.max_bytes {
                return Err(too_long(bytes));
            }
            digest.update(&part);
            writing.part(part).await?;
            if last.is_none_or(|last| last.elapsed() >= BETWEEN) {
                last = Some(Instant::now());
                progress(bytes, info.bytes);
            }
        }
        if page {
            return Err(not_the_media("what came is a page or an error's text, not the media"));
        }
        Ok(())
    }
    .await;
    let sha256 = digest.finalize();
    let compared = match fetched {
        Ok(()) => compare(&info, bytes, &sha256),
        Err(error) => Err(error),
    };
    let checked = match compared {
        Ok(checked) => checked,
        Err(error) => return Err(given_up(writing, error).await),
    };
    writing.keep().await?;
    progress(bytes, Some(bytes));
    Ok(MediaFile {
        id: download.id.clone(),
        file: place.target().to_string_lossy().into_owned(),
        mime_type: info.mime_type.or(told),
        bytes,
        sha256: hex(&sha256),
        checked,
    })
}

async fn given_up(writing: Writing, error: Box<Error>) -> Box<Error> {
    writing.discard().await;
    error
}

/// Opens an address and those that it leads to.
async fn follow(graph: &Graph, info: &MediaInfo, most: u64) -> Result<Incoming> {
    let text = info.url.as_deref().ok_or_else(|| not_the_media("Meta tells no address of it"))?;
    let mut url =
        Url::parse(text).map_err(|error| not_from_there(&format!("its address cannot be read: {error}")))?;
    // Once the way has left Meta, whoever it leads back to gets no token.
    let mut with_token = true;
    for _ in 0..=MOST_HOPS {
        may_be_fetched(graph.base(), &url)?;
        with_token &= has_the_token(graph.base(), &url);
        let token = with_token.then(|| graph.token().header.clone());
        let incoming = graph.http.open(url.clone(), token, most).await.map_err(|fault| match fault {
            Fault::NotWritten { why, .. } if why.contains(LEADS_INSIDE) => not_from_there(LEADS_INSIDE),
            fault => answer::of_fault(fault).error,
        })?;
        if !matches!(incoming.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(incoming);
        }
        let to = incoming.headers.get(LOCATION).and_then(|to| to.to_str().ok());
        url =
            to.and_then(|to| url.join(to).ok()).ok_or_else(|| not_from_there("its address leads nowhere"))?;
    }
    Err(not_from_there(&format!("its address leads on more than {MOST_HOPS} times")))
}

/// Whether an address is of the settings' own server.
fn is_own(base: &Url, url: &Url) -> bool {
    base.origin() == url.origin()
}

/// Whether the token goes there.
fn has_the_token(base: &Url, url: &Url) -> bool {
    let pinned = url.scheme() == "https"
        && url.port_or_known_default() == Some(443)
        && url.host_str().is_some_and(|host| PINNED.contains(&host));
    pinned || is_own(base, url)
}

/// Refuses addresses that are not of the internet. Names are looked at by the
/// connector, once it has looked them up.
fn may_be_fetched(base: &Url, url: &Url) -> Result<()> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(not_from_there("its address holds a login"));
    }
    if is_own(base, url) {
        return Ok(());
    }
    if url.scheme() != "https" {
        return Err(not_from_there("its address is not https"));
    }
    let public = match url.host() {
        Some(Host::Ipv4(ip)) => is_public(ip.into()),
        Some(Host::Ipv6(ip)) => is_public(ip.into()),
        // The settings' host is trusted by its name, and its other ports are not.
        Some(Host::Domain(name)) => Some(name) != base.host_str() || PINNED.contains(&name),
        None => false,
    };
    if public { Ok(()) } else { Err(not_from_there(LEADS_INSIDE)) }
}

/// Compares with what Meta said. Gives whether it told a SHA-256.
fn compare(info: &MediaInfo, bytes: u64, sha256: &[u8]) -> Result<bool> {
    if bytes == 0 {
        return Err(not_the_media("nothing came"));
    }
    if let Some(told) = info.bytes.filter(|told| *told != bytes) {
        return Err(not_the_media(&format!("{bytes} bytes came, and Meta told {told}")));
    }
    let Some(told) = info.sha256.as_deref() else { return Ok(false) };
    let fits = told.eq_ignore_ascii_case(&hex(sha256)) || told == base64(sha256);
    if fits { Ok(true) } else { Err(not_the_media("its SHA-256 is not the one that Meta told")) }
}

/// Bytes as base64, in which webhooks write a SHA-256.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| three.get(at).map_or(0, |byte| u32::from(*byte));
        let all = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit =
                DIGITS.get((all >> (18 - 6 * at)) as usize & 63).map_or('=', |digit| char::from(*digit));
            text.push(if at <= three.len() { digit } else { '=' });
        }
    }
    text
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

fn bare(mime_type: &str) -> String {
    mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_text(mime_type: Option<&str>) -> bool {
    mime_type.is_some_and(|mime_type| bare(mime_type).starts_with("text/"))
}

/// Whether the answer's own type says that it is no media.
fn is_page(told: Option<&str>, expected: Option<&str>) -> bool {
    let Some(told) = told.map(bare) else { return false };
    let page = ["text/html", "application/json", "application/xhtml+xml"].contains(&told.as_str());
    page && expected.map(bare).as_deref() != Some(&told)
}

/// What an answer without media means.
async fn refused(graph: &Graph, incoming: Incoming) -> Box<Error> {
    let token = graph.token();
    let status = incoming.status;
    let reply = incoming.whole().await;
    let harmless = |text: &str| token.is_harmless(text);
    if (200..=299).contains(&status) {
        return not_the_media(&format!("the answer has the HTTP status {status}"));
    }
    match answer::of_question::<serde_json::Value>(&reply, &harmless) {
        Ok(_) => not_the_media("the answer is not the media"),
        Err(refusal) => about_media(refusal),
    }
}

fn broken_off(fault: Fault) -> Box<Error> {
    let why = match fault {
        Fault::NotWritten { why, .. } | Fault::Ambiguous(why) => why,
        Fault::HeldBack => TOO_LATE.to_owned(),
    };
    Error::new(Status::Network, format!("The media came only in part: {}.", clipped(&why)))
        .hint("Try again; there is no file of it.")
}

/// Nothing is fetched from such an address, now or later.
fn not_from_there(why: &str) -> Box<Error> {
    Error::new(Status::Rejected, format!("The media was not fetched: {why}."))
        .hint("Look at base_url and the proxy: the address came with an answer.")
}

/// The media could not be had, and trying again may help.
fn not_the_media(why: &str) -> Box<Error> {
    Error::new(Status::Temporary, format!("The media was not fetched: {why}."))
        .hint("There is no file of it. Try again; look at base_url and the proxy if it stays.")
}

#[cfg(test)]
mod tests;
