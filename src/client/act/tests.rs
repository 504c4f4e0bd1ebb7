//! How calls end: each by one of its ends, and all of them in time.

use super::*;
use crate::client::calls::MOST;
use crate::provider::action::options::Common;
use std::sync::mpsc::SyncSender;
use std::thread;

/// A client whose provider nobody reaches: the work is the tests' own.
fn client(folder: &tempfile::TempDir) -> Arc<Client> {
    let settings = serde_json::json!({
        "twilio": {
            "account_sid": "AC00000000000000000000000000000001",
            "auth_token": "0123456789abcdef0123456789abcdef",
            "from": "+14155238886",
            "base_url": "http://127.0.0.1:1",
        },
        "history": {"file": folder.path().join("history.db")},
    });
    Client::configure(&settings.to_string()).unwrap()
}

const LONG: Duration = Duration::from_secs(600);

fn ready() -> BoxFuture<'static, Result<Done>> {
    Box::pin(std::future::ready(Ok(Done::SUCCESS)))
}

/// Work that never ends, and rings when it is dropped.
fn endless(dropped: &SyncSender<()>) -> BoxFuture<'static, Result<Done>> {
    struct Bell(SyncSender<()>);
    impl Drop for Bell {
        fn drop(&mut self) {
            let _ = self.0.try_send(());
        }
    }
    let bell = Bell(dropped.clone());
    Box::pin(async move {
        let _bell = bell;
        std::future::pending().await
    })
}

fn aftermath() -> Aftermath {
    Aftermath::of(&Action::Deregister)
}

/// Waits until a call runs under this id.
fn until_runs(client: &Client, id: Uuid) {
    while !client.calls.has(id) {
        thread::yield_now();
    }
}

#[test]
fn a_call_gives_what_came_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder);
    let id = Uuid::now_v7();
    assert!(client.run("wa_x", id, LONG, &aftermath(), ready()).is_ok());
    // And its id is free again.
    assert!(client.run("wa_x", id, LONG, &aftermath(), ready()).is_ok());
    assert!(client.cancel_call(id).is_none());
    let panics = Box::pin(async { panic!("with a secret") });
    let error = client.run::<Done>("wa_x", id, LONG, &aftermath(), panics).unwrap_err();
    assert_eq!((error.status, error.message.as_str()), (Status::Internal, "wa_x panicked."));
    client.close(LONG);
    let error = client.run("wa_x", id, LONG, &aftermath(), ready()).unwrap_err();
    assert_eq!(error.status, Status::Closed);
}

/// Nothing was sent, so no error speaks of sending: of either provider, and
/// of every call that asks it.
#[test]
fn an_error_of_a_call_speaks_of_no_message() {
    let twilio = tempfile::tempdir().unwrap();
    let meta = tempfile::tempdir().unwrap();
    let settings = serde_json::json!({
        "provider": "meta",
        "meta": {
            "access_token": "EAAcanary", "phone_number_id": "200", "business_account_id": "100",
            "base_url": "http://127.0.0.1:1",
        },
        "history": {"file": meta.path().join("history.db")},
    });
    for (client, name) in
        [(client(&twilio), "Twilio"), (Client::configure(&settings.to_string()).unwrap(), "Meta")]
    {
        let get = Action::GetTemplate { name: "order".to_owned(), language: None, refresh: false };
        for action in [Action::ListTemplates(Default::default()), get] {
            let common = Common { id: None, timeout: LONG };
            let error = client.act(Call { action, sender: None, common }).unwrap_err();
            assert!(error.message.starts_with(&format!("{name} could not be reached")), "{error}");
        }
        client.close(LONG);
    }
}

#[test]
fn the_deadline_ends_the_task_too() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder);
    let (dropped, gone) = sync_channel(1);
    let work = endless(&dropped);
    let error = client.run("wa_x", Uuid::now_v7(), Duration::from_millis(1), &aftermath(), work).unwrap_err();
    assert_eq!((error.status, error.retryable), (Status::Timeout, false));
    assert!(error.message.contains("not known"), "{error}");
    // Gone already when the call returns.
    assert!(gone.try_recv().is_ok());
    let reads = Aftermath::of(&Action::GetNumber);
    let error = client.run("wa_x", Uuid::now_v7(), Duration::ZERO, &reads, endless(&dropped)).unwrap_err();
    assert!(error.retryable && error.message.contains("Nothing was changed"), "{error}");
    client.close(LONG);
}

#[test]
fn another_thread_cancels() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder);
    let (dropped, gone) = sync_channel(1);
    let (id, here, work) = (Uuid::now_v7(), Arc::clone(&client), endless(&dropped));
    let caller = thread::spawn(move || here.run("wa_x", id, LONG, &aftermath(), work));
    until_runs(&client, id);
    // One id at a time, for sends too.
    let error = client.run("wa_x", id, LONG, &aftermath(), ready()).unwrap_err();
    assert_eq!(error.argument.as_deref(), Some("options_json.id"));
    let options = crate::message::SendOptions { id: Some(id), ..Default::default() };
    let sent = client.send("+12025550199", crate::message::Content::text("x"), options, true);
    assert_eq!(sent.map(|_| ()).unwrap_err().argument.as_deref(), Some("options_json.id"));
    assert!(matches!(client.cancel_call(id), Some(Ok(()))));
    let error = caller.join().unwrap().unwrap_err();
    assert_eq!(error.status, Status::Cancelled);
    assert!(gone.try_recv().is_ok());
    assert!(client.cancel_call(id).is_none());
    client.close(LONG);
}

#[test]
fn the_end_of_the_client_ends_calls() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder);
    let (dropped, _gone) = sync_channel(1);
    let callers: Vec<_> = (0..3)
        .map(|_| {
            let (id, here, work) = (Uuid::now_v7(), Arc::clone(&client), endless(&dropped));
            let caller = thread::spawn(move || here.run("wa_x", id, LONG, &aftermath(), work));
            until_runs(&client, id);
            caller
        })
        .collect();
    assert!(client.close(LONG));
    for caller in callers {
        assert_eq!(caller.join().unwrap().unwrap_err().status, Status::Closed);
    }
}

#[test]
fn no_more_than_so_many_run_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder);
    let (dropped, _gone) = sync_channel(1);
    let callers: Vec<_> = (0..MOST)
        .map(|_| {
            let (id, here, work) = (Uuid::now_v7(), Arc::clone(&client), endless(&dropped));
            let caller = thread::spawn(move || here.run("wa_x", id, LONG, &aftermath(), work));
            until_runs(&client, id);
            caller
        })
        .collect();
    let error = client.run("wa_x", Uuid::now_v7(), LONG, &aftermath(), ready()).unwrap_err();
    assert_eq!((error.status, error.retryable), (Status::QueueFull, true));
    client.close(LONG);
    for caller in callers {
        caller.join().unwrap().unwrap_err();
    }
}

#[test]
fn progress_is_an_event_for_who_asks() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder);
    let id = Uuid::now_v7();
    client.progress(id)(7, Some(7));
    let events = |options: &str| {
        let page = client.next_event(Some(options), Duration::ZERO).unwrap();
        page.events
            .iter()
            .map(|event| serde_json::from_str(event.get()).unwrap())
            .collect::<Vec<serde_json::Value>>()
    };
    let found = events(r#"{"include":["progress"]}"#);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["kind"], "progress");
    assert_eq!(found[0]["progress"], serde_json::json!({"id": id.to_string(), "done": 7, "total": 7}));
    assert!(events("{}").iter().all(|event| event["kind"] != "progress"));
    client.close(LONG);
}
