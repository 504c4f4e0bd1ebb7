//! The road of every request: arrival, scripted fault, provider, log, reaction.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use crate::control;
use crate::exchange::{Answer, Ending, How, Reaction, Request};
use crate::faults::{Fault, Garbage, Moment, Seen, Whole};
use crate::payload::Payload;
use crate::provider::Provider;
use crate::secrets;
use crate::server::Line;
use crate::sim::Sim;

/// Of a control call; a provider's own is the provider's business.
const LARGEST_BODY: usize = 4 << 20;
/// Of a body that a fault cuts off.
const LARGEST_PART: usize = 110 << 20;

/// What a provider made of a request.
pub struct Outcome {
    pub answer: Answer,
    /// The identifier of the message it took.
    pub taken: Option<String>,
    /// Our users' own key inside the message, if there is one.
    pub key: Option<String>,
    /// Called between the log and the answer (webhooks).
    pub afterwards: Option<Box<dyn FnOnce(Arc<Sim>) -> Afterwards + Send>>,
}

pub type Afterwards = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        Self { answer, taken: None, key: None, afterwards: None }
    }
}

/// Counts a request as in flight, and logs it if its client went away before it was whole.
struct Arrival {
    sim: Arc<Sim>,
    record: Option<Map<String, Value>>,
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.sim.stats.leave();
        if let Some(mut record) = self.record.take() {
            self.sim.stats.incomplete.fetch_add(1, Relaxed);
            record.insert("incomplete".to_owned(), true.into());
            record.insert("taken".to_owned(), false.into());
            self.sim.log.note(record);
        }
    }
}

pub fn log_connection(sim: &Sim, number: u64, fault: &Fault) {
    sim.stats.faults.fetch_add(1, Relaxed);
    let now = sim.clock.now();
    let mut record = Map::new();
    record.insert("arrived_us".to_owned(), now.into());
    record.insert("wall".to_owned(), sim.clock.rfc3339(now).into());
    record.insert("connection".to_owned(), number.into());
    record.insert("taken".to_owned(), false.into());
    record.insert("fault".to_owned(), fault.to_json());
    sim.log.note(record);
}

pub async fn exchange(
    sim: Arc<Sim>,
    line: Arc<Line>,
    request: hyper::Request<Incoming>,
) -> Response<Payload> {
    let arrived = sim.clock.now();
    let (head, mut incoming) = request.into_parts();
    let path = head.uri.path().to_owned();
    let query = head.uri.query().unwrap_or("").to_owned();
    let method = head.method.as_str().to_owned();

    if let Some(what) = path.strip_prefix("/_control") {
        let body = match http_body_util::Limited::new(incoming, LARGEST_BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => return response(control::refused("the body could not be read"), &line),
        };
        return response(control::answer(&sim, &method, what, &query, &body).await, &line);
    }

    line.busy.fetch_add(1, Relaxed);
    sim.stats.requests.fetch_add(1, Relaxed);
    let in_flight = sim.stats.enter();
    let mut record = Map::new();
    record.insert("arrived_us".to_owned(), arrived.into());
    record.insert("wall".to_owned(), sim.clock.rfc3339(arrived).into());
    record.insert("connection".to_owned(), line.number.into());
    record.insert("method".to_owned(), method.clone().into());
    record.insert("path".to_owned(), path.clone().into());
    if !query.is_empty() {
        record.insert("query".to_owned(), secrets::query(&query).into());
    }
    let mut arrival = Arrival { sim: Arc::clone(&sim), record: Some(record) };

    let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
    let seen = Seen { method: &method, target: &target, whole: None };
    if let Some(fault) = sim.faults.strike(Moment::Head, &seen, &sim.chance)
        && let Fault::CutBefore { how, after_body_bytes } = &fault
    {
        let wanted = usize::try_from(after_body_bytes.unwrap_or(0)).unwrap_or(usize::MAX);
        let mut body = Vec::new();
        while body.len() < wanted.min(LARGEST_PART)
            && let Some(Ok(frame)) = incoming.frame().await
        {
            body.extend_from_slice(frame.data_ref().map_or(&[], |d| d));
        }
        body.truncate(wanted);
        let part = Request {
            arrived,
            method,
            path,
            query,
            headers: head.headers,
            body: body.into(),
            https: line.https,
            in_flight,
        };
        Provider::of(&part.path).broken_off(&sim, &part);
        sim.stats.faults.fetch_add(1, Relaxed);
        if let Some(mut record) = arrival.record.take() {
            record.insert("taken".to_owned(), false.into());
            record.insert("incomplete".to_owned(), true.into());
            record.insert("fault".to_owned(), fault.to_json());
            record.insert("answered".to_owned(), json!({ "cut": how }));
            sim.log.write(record).await;
        }
        line.cut(*how);
        return std::future::pending().await;
    }

    let largest = Provider::of(&path).largest_body(&path);
    let body = match http_body_util::Limited::new(incoming, largest).collect().await {
        Ok(body) => body.to_bytes(),
        Err(e) if e.is::<http_body_util::LengthLimitError>() => {
            if let Some(mut record) = arrival.record.take() {
                record.insert("taken".to_owned(), false.into());
                record.insert("answered".to_owned(), json!({ "status": 413, "code": null }));
                sim.log.write(record).await;
            }
            return response(Answer::empty(413), &line);
        }
        Err(_) => {
            line.cut(How::Rst);
            return std::future::pending().await;
        }
    };
    let request =
        Request { arrived, method, path, query, headers: head.headers, body, https: line.https, in_flight };
    let record = arrival.record.take().unwrap_or_default();
    // a task of its own: a client that goes away must not stop it between taking and logging
    let work = tokio::spawn(handle(Arc::clone(&sim), request, target, record));
    let Ok(reaction) = work.await else {
        line.cut(How::Rst);
        return std::future::pending().await;
    };
    if !reaction.delay.is_zero() {
        tokio::time::sleep(reaction.delay).await;
    }
    match reaction.ending {
        Ending::Answer(answer) => {
            line.busy.fetch_sub(1, Relaxed);
            if let Some(wait) = reaction.close_idle {
                let line = Arc::clone(&line);
                tokio::spawn(async move {
                    tokio::time::sleep(wait).await;
                    if line.busy.load(Relaxed) == 0 {
                        line.cut(How::FinRst);
                    }
                });
            }
            response(answer, &line)
        }
        Ending::Cut(how) => {
            line.cut(how);
            std::future::pending().await
        }
        Ending::Hang(time) => {
            let limit = async {
                match time {
                    Some(time) => tokio::time::sleep(time).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = limit => {}
                () = crate::stream::gone(&line.socket) => {}
            }
            line.cut(How::Fin);
            std::future::pending().await
        }
    }
}

async fn handle(sim: Arc<Sim>, request: Request, target: String, mut record: Map<String, Value>) -> Reaction {
    if let Some(file) = &sim.record {
        file.note(request.as_sent());
    }
    let provider = Provider::of(&request.path);
    let details = provider.details(&sim, &request);
    if details.creates {
        sim.stats.post_messages.fetch_add(1, Relaxed);
    }
    let fault = {
        let seen = Seen {
            method: &request.method,
            target: &target,
            whole: Some(Whole {
                to: details.to.as_deref(),
                from: details.from.as_deref(),
                text: details.text.as_deref(),
                raw: &request.body,
            }),
        };
        sim.faults.strike(Moment::Whole, &seen, &sim.chance)
    };
    let fault = fault.or_else(|| provider.special(&sim, &request, &details));
    if let Some(Fault::Slow { ms, before: true }) = fault {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
    let let_through = fault.as_ref().is_none_or(Fault::lets_through);
    let outcome = let_through.then(|| provider.answer(&sim, &request, fault.as_ref()));
    let (answer, taken, key, afterwards) = match outcome {
        Some(o) => (Some(o.answer), o.taken, o.key, o.afterwards),
        None => (None, None, None, None),
    };
    if taken.is_some() {
        sim.stats.taken.fetch_add(1, Relaxed);
    }
    let reaction = react(&sim, &request, fault.as_ref(), answer);

    record.insert("taken".to_owned(), taken.is_some().into());
    record.insert("sid".to_owned(), taken.into());
    record.insert("wa".to_owned(), key.or(details.key).into());
    record.insert("credentials".to_owned(), details.credentials.into());
    if let Some(form) = details.form {
        record.insert("form".to_owned(), form);
    }
    if let Some(json) = details.json {
        record.insert("json".to_owned(), json);
    }
    if let Some(files) = details.files {
        record.insert("files".to_owned(), files);
    }
    record.insert("body_bytes".to_owned(), request.body.len().into());
    if let Some(fault) = &fault {
        sim.stats.faults.fetch_add(1, Relaxed);
        record.insert("fault".to_owned(), fault.to_json());
    }
    let (answered, counted) = match &reaction.ending {
        Ending::Answer(a) => {
            let code = if a.status >= 400 { code_of(&a.body) } else { None };
            (json!({ "status": a.status, "code": code }), a.status.to_string())
        }
        Ending::Cut(how) => (json!({ "cut": how }), "cut".to_owned()),
        Ending::Hang(_) => (json!({ "hang": true }), "hang".to_owned()),
    };
    record.insert("answered".to_owned(), answered);
    sim.stats.answered(&counted);
    sim.log.write(record).await;
    if let Some(afterwards) = afterwards {
        afterwards(Arc::clone(&sim)).await;
    }
    reaction
}

/// The provider's code in an error: at the top, or inside `error`.
fn code_of(body: &[u8]) -> Option<Value> {
    let error: Value = serde_json::from_slice(body).ok()?;
    error.get("code").or_else(|| error.get("error")?.get("code")).cloned()
}

fn react(sim: &Sim, request: &Request, fault: Option<&Fault>, answer: Option<Answer>) -> Reaction {
    let ordinary = || answer.clone().unwrap_or_else(|| Answer::empty(500));
    let text =
        |status, content_type: &'static str, body: &str| Answer::of(status, content_type, body.to_owned());
    let ending = match fault {
        None | Some(Fault::Slow { .. } | Fault::CloseIdle { .. } | Fault::Fate { .. }) => {
            Ending::Answer(ordinary())
        }
        Some(Fault::Status { http, code, message, retry_after, .. }) => {
            let mut answer =
                Provider::of(&request.path).error(sim, request, *http, *code, message.as_deref());
            if let Some(seconds) = retry_after {
                answer = answer.with("retry-after", seconds.to_string());
            }
            Ending::Answer(answer)
        }
        Some(Fault::Html { http, .. }) => Ending::Answer(text(
            *http,
            "text/html",
            &format!(
                "<html>\r\n<head><title>{http}</title></head>\r\n<body><center><h1>{http}</h1></center></body>\r\n</html>\r\n"
            ),
        )),
        Some(Fault::Empty { http, .. }) => Ending::Answer(Answer::empty(*http)),
        Some(Fault::Redirect { http, location }) => {
            Ending::Answer(Answer::empty(*http).with("location", location.clone()))
        }
        Some(Fault::Garbage { http, body, .. }) => Ending::Answer(match body {
            Garbage::Json(value) => Answer::json(*http, value),
            Garbage::EmptyObject => text(*http, "application/json", "{}"),
            Garbage::Text => text(*http, "text/plain", "OK"),
            Garbage::HalfJson => {
                let whole = ordinary().body;
                let half = if whole.len() < 40 {
                    br#"{"account_sid":"AC00000"#
                } else {
                    whole.get(..whole.len() / 2).unwrap_or(b"{\"")
                };
                Answer::of(*http, "application/json", half.to_vec())
            }
        }),
        Some(Fault::Hang { ms, .. }) => Ending::Hang(ms.map(Duration::from_millis)),
        Some(Fault::CutBefore { how, .. } | Fault::CutAfter { how }) => Ending::Cut(*how),
        Some(Fault::CutAnswer { after_body_bytes, how }) => {
            Ending::Answer(Answer { cut_after: Some((*after_body_bytes, *how)), ..ordinary() })
        }
        Some(Fault::Patch { json, content_type }) => {
            Ending::Answer(patched(ordinary(), json, content_type.as_deref()))
        }
    };
    Reaction {
        delay: match fault {
            Some(Fault::Slow { ms, before: false }) => Duration::from_millis(*ms),
            _ => Duration::ZERO,
        },
        ending,
        close_idle: match fault {
            Some(Fault::CloseIdle { ms }) => Some(Duration::from_millis(*ms)),
            _ => None,
        },
    }
}

/// An ordinary answer with lies in it.
fn patched(mut answer: Answer, lies: &Map<String, Value>, content_type: Option<&str>) -> Answer {
    if let Ok(Value::Object(mut truth)) = serde_json::from_slice::<Value>(&answer.body) {
        for (name, lie) in lies {
            if lie.is_null() {
                truth.remove(name);
            } else {
                truth.insert(name.clone(), lie.clone());
            }
        }
        answer.body = Value::Object(truth).to_string().into();
    }
    if let Some(other) = content_type {
        answer.content_type = other.to_owned().into();
    }
    answer
}

fn response(answer: Answer, line: &Arc<Line>) -> Response<Payload> {
    let mut response = Response::new(match answer.cut_after {
        None => Payload::whole(answer.body),
        Some((bytes, how)) => Payload::broken(&answer.body, bytes, how, Arc::clone(line)),
    });
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).unwrap_or_default();
    let headers = response.headers_mut();
    if !answer.content_type.is_empty()
        && let Ok(value) = HeaderValue::from_str(&answer.content_type)
    {
        headers.insert(CONTENT_TYPE, value);
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
