//! Notices through the writer into a file, as clients have them.

use super::*;
use crate::events::{Log, Signal};
use crate::ground::Level;
use crate::history::tests::bed;
use crate::history::{
    self, EventQuery, Migrate, Query, Readers, Record, Settlement, Store, Worker, Write, Writer,
};
use crate::inbound::notice::{AttemptKey, NoticeAccount, Report, What};
use crate::message::inbound::{InboundMessage, Person, ProviderError};
use crate::message::{ProviderName, State};
use serde_json::json;
use uuid::Uuid;

const ACCOUNT: &str = bed::ACCOUNT;

struct Rig {
    context: Arc<Context>,
    applier: Applier,
    runtime: tokio::runtime::Runtime,
    store: Arc<dyn Store>,
    _folder: tempfile::TempDir,
}

impl Rig {
    fn new() -> Rig {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = history::in_file(folder.path().join("wa.db"), "wa_", Duration::from_secs(30));
        let signal = Arc::new(Signal::default());
        let context = Arc::new(Context {
            writer: Writer::start(Arc::clone(&store), Migrate::Auto, Arc::new(|_| {})).unwrap(),
            readers: Arc::new(Readers::start(Arc::clone(&store)).unwrap()),
            worker: Worker {
                id: Uuid::new_v4(),
                account_key: ACCOUNT.into(),
                lease: Duration::from_secs(30),
                host: "test".into(),
            },
            log: Arc::new(Log::new(Level::Info, Arc::clone(&signal))),
            signal,
            kept: history::Kept::Masked,
        });
        let applier = Applier::start(&context, runtime.handle());
        Rig { context, applier, runtime, store, _folder: folder }
    }

    fn apply(&self, notices: Vec<Notice>) -> Result<Vec<Applied>> {
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        let arrivals = self.applier.arrivals(notices, Millis::now());
        self.runtime.block_on(self.applier.apply(arrivals, deadline))
    }

    fn write(&self, write: Write) {
        self.runtime.block_on(self.context.writer.written(write)).unwrap();
    }

    /// A message that is under way.
    fn sending(&self) -> Uuid {
        let record: Record = bed::sending(bed::message(), self.context.worker.id);
        let id = record.message.id;
        self.write(bed::write_record(record));
        id
    }

    fn state(&self, id: Uuid) -> State {
        self.store.connect().unwrap().find(id).unwrap().unwrap().message.state
    }

    fn told(&self) -> Vec<serde_json::Value> {
        let query = EventQuery {
            account_key: ACCOUNT.into(),
            after: None,
            include: vec![],
            exclude: vec![],
            most: 100,
        };
        let bodies = self.store.connect().unwrap().events(&query).unwrap().bodies;
        bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }
}

fn notice(what: What) -> Notice {
    Notice {
        provider: ProviderName::Twilio,
        account: NoticeAccount::Twilio { account_sid: Some("AC1".into()), number: None },
        at: None,
        key: Uuid::new_v4().to_string(),
        what,
        rest: json!({"came": "so"}),
    }
}

fn report(provider_message_id: &str, attempt: Option<(Uuid, i32)>, state: State) -> Notice {
    notice(What::Report(Box::new(Report {
        provider_message_id: provider_message_id.into(),
        attempt: attempt.map(|(message_id, attempt)| AttemptKey { message_id, attempt }),
        state: Some(state),
        provider_status: state.name().into(),
        person: None,
        group_id: None,
        sender: None,
        error: (state == State::Failed)
            .then(|| ProviderError { code: Some("63016".into()), text: Some("Outside.".into()) }),
    })))
}

#[test]
fn what_a_webhook_tells_is_stored_and_told() {
    let rig = Rig::new();
    let id = rig.sending();
    let message = InboundMessage {
        provider_message_id: "SMin".into(),
        person: Person {
            address: "+15005550006".into(),
            wa_id: Some("15005550006".into()),
            ..Person::default()
        },
        sender: Some("+14155238886".into()),
        kind: "text".into(),
        text: Some("Yes".into()),
        ..InboundMessage::default()
    };
    let all = vec![
        report("SMout", Some((id, 1)), State::Failed),
        notice(What::Message(Box::new(message))),
        notice(What::Other { field: "flows".into() }),
        notice(What::Unreadable { why: "It has no id.".into() }),
    ];
    let expected = [Applied::Done, Applied::Done, Applied::Done, Applied::Dead];
    assert_eq!(rig.apply(all.clone()).unwrap(), expected);
    assert_eq!(rig.apply(all).unwrap(), [Applied::Repeated; 4]);
    let row = rig.store.connect().unwrap().find(id).unwrap().unwrap().message;
    assert_eq!(row.state, State::Failed);
    let error: Error = serde_json::from_str(&row.error.unwrap()).unwrap();
    assert_eq!((error.provider_code.as_deref(), error.retryable), (Some("63016"), false));
    assert_eq!(row.response, Some(error.message));
    let query = Query { direction: Some(history::Direction::Inbound), ..Query::newest(10) };
    let inbound = rig.store.connect().unwrap().page(&query).unwrap().remove(0).message;
    assert_eq!((inbound.state, inbound.body.as_str()), (State::Received, "Yes"));
    assert_eq!(inbound.sender.as_deref(), Some("+15005550006"));
    assert_eq!(inbound.recipient, "+14155238886");
    let told = rig.told();
    let kinds: Vec<&str> = told.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["message", "received", "webhook", "dead_letter"]);
    assert_eq!(told[0]["outcome"]["status"], "failed");
    assert_eq!(told[1]["webhook"]["message_id"], inbound.id.to_string());
}

/// The report comes before the answer, without our key: it is joined soon after
/// the answer is there.
#[test]
fn a_report_that_comes_first_finds_its_message_soon() {
    let rig = Rig::new();
    let id = rig.sending();
    let sid = format!("SM{}", id.simple());
    assert_eq!(rig.apply(vec![report(&sid, None, State::Delivered)]).unwrap(), [Applied::Orphan]);
    rig.write(bed::write_settlement(Settlement { event: None, ..bed::accepted(id) }));
    let begun = std::time::Instant::now();
    while rig.state(id) != State::Delivered {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", rig.state(id));
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Many requests at once are few transactions, and each gets its own answer.
#[test]
fn requests_that_wait_together_get_their_own_answers() {
    let rig = Rig::new();
    let ids: Vec<Uuid> = (0..40).map(|_| rig.sending()).collect();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let applied = rig.runtime.block_on(async {
        let apply = |id: &Uuid| {
            let sid = format!("SM{}", id.simple());
            let twice =
                vec![report(&sid, Some((*id, 1)), State::Sent), report(&sid, Some((*id, 1)), State::Sent)];
            rig.applier.apply(rig.applier.arrivals(twice, Millis::now()), deadline)
        };
        futures_util::future::join_all(ids.iter().map(apply)).await
    });
    for done in applied {
        assert_eq!(done.unwrap(), [Applied::Done, Applied::Repeated]);
    }
    ids.iter().for_each(|id| assert_eq!(rig.state(*id), State::Sent));
}

#[test]
fn who_is_not_answered_in_time_is_told_so() {
    let rig = Rig::new();
    let deadline = std::time::Instant::now();
    let arrivals = rig.applier.arrivals(vec![report("SM1", None, State::Sent)], Millis::now());
    let late = rig.runtime.block_on(rig.applier.apply(arrivals, deadline));
    let error = late.unwrap_err();
    assert_eq!((error.status, error.retryable), (Status::Timeout, true));
}
