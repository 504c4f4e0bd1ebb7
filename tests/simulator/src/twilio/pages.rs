//! Lists, a page at a time.

use serde_json::{Value, json};

use super::rules::is_e164;
use super::store::Message;
use super::{API_VERSION, errors};
use crate::chance::locked;
use crate::clock::parse_query_date;
use crate::exchange::{Answer, Form, Request};
use crate::sim::Sim;

const DEFAULT_PAGE: usize = 50;
const LARGEST_PAGE: usize = 1000;

struct Page {
    number: usize,
    size: usize,
    token: Option<String>,
}

fn page(query: &Form, usual_size: usize) -> Result<Page, Answer> {
    let number = |name: &str, usual: usize| match query.filled(name) {
        None => Ok(usual),
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| errors::answer(400, 20422, Some(&format!("Invalid {name}: {text}")))),
    };
    let size = number("PageSize", usual_size)?;
    if size == 0 {
        return Err(errors::answer(400, 20422, Some("Invalid PageSize: 0")));
    }
    Ok(Page {
        number: number("Page", 0)?,
        size: size.min(LARGEST_PAGE),
        token: query.filled("PageToken").map(str::to_owned),
    })
}

struct Filter {
    from: Option<String>,
    /// Microseconds since the start; both ends included.
    since: Option<i128>,
    until: Option<i128>,
}

impl Filter {
    fn read(sim: &Sim, query: &Form) -> Result<Self, Answer> {
        let mut filter = Self { from: query.filled("From").map(plus), since: None, until: None };
        for (name, value) in &query.0 {
            if !matches!(name.as_str(), "DateSent" | "DateSent<" | "DateSent>") || value.is_empty() {
                continue;
            }
            let Some((moment, day)) = parse_query_date(value) else {
                return Err(errors::answer(400, 20422, Some(&format!("Invalid {name}: {value}"))));
            };
            let at = sim.clock.since_start(moment);
            if name != "DateSent<" {
                filter.since = Some(at);
            }
            if name == "DateSent" {
                // a day (Twilio's clients write it as its midnight), or one second
                let day = day || moment.time() == time::Time::MIDNIGHT;
                filter.until = Some(at + if day { 86_400_000_000 } else { 1_000_000 } - 1);
            } else if name == "DateSent<" {
                filter.until = Some(at);
            }
        }
        Ok(filter)
    }

    fn fits(&self, message: &Message, now: u64) -> bool {
        if message.deleted
            || message.listed_from > now
            || self.from.as_ref().is_some_and(|f| *f != message.from)
        {
            return false;
        }
        if self.since.is_none() && self.until.is_none() {
            return true;
        }
        // what is still queued has no date, and a filter by date hides it
        message.sent(now).is_some_and(|at| {
            let at = i128::from(at);
            self.since.is_none_or(|s| at >= s) && self.until.is_none_or(|u| at <= u)
        })
    }
}

/// A `+` sent bare in a query arrives as a blank.
fn plus(address: &str) -> String {
    let bare = address.replace(' ', "+");
    if is_e164(bare.trim_start_matches("whatsapp:")) { bare } else { address.to_owned() }
}

pub fn messages(sim: &Sim, request: &Request) -> Answer {
    let query = request.query();
    let (page, filter) =
        match page(&query, DEFAULT_PAGE).and_then(|p| Filter::read(sim, &query).map(|f| (p, f))) {
            Ok(both) => both,
            Err(answer) => return answer,
        };
    let now = sim.clock.now();
    let store = locked(&sim.twilio.store);
    let all = store.all();
    // places in the order of creation
    let every: Vec<usize>;
    let places = match query.filled("To") {
        Some(to) => store.to(&plus(to)),
        None => {
            every = (0..all.len()).collect();
            &every
        }
    };
    let shown = |place: &usize| all.get(*place).filter(|m| filter.fits(m, now));
    let mut chosen: Vec<&Message>;
    let more;
    match page.token.as_deref().map(|t| t.split_at_checked(2)) {
        None => {
            let skip = page.number.saturating_mul(page.size);
            chosen = places.iter().rev().filter_map(shown).skip(skip).take(page.size + 1).collect();
            more = chosen.len() > page.size;
            chosen.truncate(page.size);
        }
        Some(token) => {
            let Some((kind @ ("PA" | "PB"), Some(mark))) = token.map(|(kind, sid)| (kind, store.place(sid)))
            else {
                return errors::answer(400, 20422, Some("Invalid PageToken"));
            };
            if kind == "PA" {
                let end = places.partition_point(|p| *p < mark);
                chosen = places[..end].iter().rev().filter_map(shown).take(page.size + 1).collect();
                more = chosen.len() > page.size;
                chosen.truncate(page.size);
            } else {
                let start = places.partition_point(|p| *p <= mark);
                chosen = places[start..].iter().filter_map(shown).take(page.size).collect();
                chosen.reverse();
                more = true;
            }
        }
    }
    let list: Vec<Value> = chosen.iter().map(|m| m.to_json(sim, now)).collect();
    let path = format!("/{API_VERSION}/Accounts/{}/Messages.json", sim.twilio.account.sid);
    let link = |number: usize, token: Option<String>| page_link(&path, &query, page.size, number, token);
    let next = chosen.last().filter(|_| more).map(|m| link(page.number + 1, Some(format!("PA{}", m.sid))));
    let previous = chosen.first().filter(|_| page.number > 0).map(|m| {
        link(page.number - 1, (page.number > 1 || page.token.is_some()).then(|| format!("PB{}", m.sid)))
    });
    let start = page.number.saturating_mul(page.size);
    Answer::json(
        200,
        &json!({
            "messages": list,
            "page": page.number,
            "page_size": page.size,
            "start": start,
            "end": (start + list.len()).saturating_sub(1).max(start),
            "uri": if request.query.is_empty() { path.clone() } else { format!("{path}?{}", request.query) },
            "first_page_uri": link(0, None),
            "next_page_uri": next,
            "previous_page_uri": previous,
        }),
    )
}

fn page_link(path: &str, query: &Form, size: usize, number: usize, token: Option<String>) -> String {
    let kept =
        query.0.iter().filter(|(n, _)| !matches!(n.as_str(), "PageSize" | "Page" | "PageToken")).cloned();
    let mut form = Form(kept.collect());
    form.0.push(("PageSize".to_owned(), size.to_string()));
    form.0.push(("Page".to_owned(), number.to_string()));
    form.0.extend(token.map(|t| ("PageToken".to_owned(), t)));
    format!("{path}?{}", form.encode())
}

/// What a list of the newer kind shows: its name, and the SIDs with what they stand for.
pub struct Listed {
    pub key: &'static str,
    pub usual_size: usize,
    pub items: Vec<(String, Value)>,
}

/// `GET /v1/Content`
pub fn contents(sim: &Sim, request: &Request) -> Answer {
    let base = request.base();
    let all = sim.twilio.contents.all();
    let items = all.iter().map(|c| (c.sid.clone(), c.to_json(sim, &base))).collect();
    list(request, Listed { key: "contents", usual_size: DEFAULT_PAGE, items })
}

/// `GET /v2/Content`: those whose name holds `ContentName`, a pattern of which
/// only plain text is understood here.
pub fn search_contents(sim: &Sim, request: &Request) -> Answer {
    let base = request.base();
    let query = request.query();
    let wanted = plain(query.filled("ContentName").unwrap_or_default());
    let all = sim.twilio.contents.all();
    let found = all.iter().filter(|c| c.friendly_name.contains(&wanted));
    let items = found.map(|c| (c.sid.clone(), c.to_json(sim, &base))).collect();
    list(request, Listed { key: "contents", usual_size: DEFAULT_PAGE, items })
}

/// The text that a pattern of plain text stands for.
fn plain(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        text.extend(if c == '\\' { rest.next() } else { Some(c) });
    }
    text
}

/// `GET /v1/ContentAndApprovals`
pub fn contents_and_approvals(sim: &Sim, request: &Request) -> Answer {
    let all = sim.twilio.contents.all();
    let items = all.iter().map(|c| (c.sid.clone(), c.with_approval(sim))).collect();
    list(request, Listed { key: "contents", usual_size: DEFAULT_PAGE, items })
}

/// A page of a list with `meta`.
pub fn list(request: &Request, listed: Listed) -> Answer {
    let query = request.query();
    let page = match page(&query, listed.usual_size) {
        Ok(page) => page,
        Err(answer) => return answer,
    };
    let all = listed.items;
    let start = match page.token.as_deref() {
        None => page.number.saturating_mul(page.size),
        Some(token) => {
            match token.strip_prefix("PA").and_then(|sid| all.iter().position(|(s, _)| s == sid)) {
                Some(place) => place + 1,
                None => return errors::answer(400, 20422, Some("Invalid PageToken")),
            }
        }
    };
    let shown: Vec<&(String, Value)> = all.iter().skip(start).take(page.size).collect();
    let path = format!("{}{}", request.base(), request.path);
    let next = shown
        .last()
        .filter(|_| start + shown.len() < all.len())
        .map(|(sid, _)| page_link(&path, &query, page.size, page.number + 1, Some(format!("PA{sid}"))));
    let previous = (page.number > 0).then(|| page_link(&path, &query, page.size, page.number - 1, None));
    Answer::json(
        200,
        &json!({
            listed.key: shown.iter().map(|(_, value)| value).collect::<Vec<_>>(),
            "meta": {
                "page": page.number,
                "page_size": page.size,
                "first_page_url": page_link(&path, &query, page.size, 0, None),
                "previous_page_url": previous,
                "url": page_link(&path, &query, page.size, page.number, page.token),
                "next_page_url": next,
                "key": listed.key,
            },
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_plain_text_is_that_text() {
        for (pattern, text) in [("order_update", "order_update"), (r"a\.b\\", r"a.b\"), ("", "")] {
            assert_eq!(plain(pattern), text);
        }
    }
}
