//! Replaying into every database, and what a process that is killed leaves.

use super::file::File;
use super::part::next_part;
use super::{Fate, Identity, Journal, JournalSettings, WhileAway, folder};
use crate::history::record::*;
use crate::history::replay::{Part, Replayed};
use crate::history::tests::bed::*;
use crate::message::State;
use uuid::Uuid;

fn beds() -> Vec<Bed> {
    std::iter::once(Bed::sqlite()).chain(Bed::postgres()).collect()
}

fn part(journal: Uuid, after: i64, groups: Vec<Vec<Write>>) -> Part {
    let count: usize = groups.iter().map(Vec::len).sum();
    Part { journal, after, upto: after + count as i64, groups }
}

#[test]
fn a_part_is_replayed_once() {
    for bed in beds() {
        let mut connection = bed.connect();
        let (journal, record) = (Uuid::new_v4(), queued(message(), None));
        let id = record.message.id;
        let one = part(journal, 0, vec![vec![write_record(record), event_write()]]);
        assert_eq!(connection.replay(&one).unwrap(), Replayed::Done);
        assert_eq!(connection.replay(&one).unwrap(), Replayed::Further(2));
        assert_eq!(connection.find(id).unwrap().unwrap().message.state, State::Queued);
        let next = part(journal, 2, vec![vec![write_record(queued(message(), None))]]);
        assert_eq!(connection.replay(&next).unwrap(), Replayed::Done);
        // Numbers that were set aside are missing.
        let later = part(journal, 7, vec![vec![write_record(queued(message(), None))]]);
        assert_eq!(connection.replay(&later).unwrap(), Replayed::Done);
        assert_eq!(connection.replay(&next).unwrap(), Replayed::Further(8));
    }
}

fn event_write() -> Write {
    Write::Event(Box::new(event("warning", None, "{}")))
}

#[test]
fn a_message_that_stands_in_the_way_takes_the_whole_part_back() {
    for bed in beds() {
        let mut connection = bed.connect();
        let first = referenced(queued(message(), None), "r", "p");
        let taken = first.message.id;
        one(connection.as_mut(), write_record(first));
        let (second, same_id) = (referenced(queued(message(), None), "r", "q"), queued(message(), None));
        let mut other = queued(message(), None);
        other.message.id = taken;
        let (good, bad) = (same_id.message.id, second.message.id);
        let journal = Uuid::new_v4();
        let all = vec![write_record(same_id), write_record(second), write_record(other)];
        let unusual = match connection.replay(&part(journal, 0, vec![all])).unwrap() {
            Replayed::Unusual(unusual) => unusual,
            other => panic!("{other:?}"),
        };
        assert_eq!(unusual.len(), 2, "{unusual:?}");
        assert!(unusual.contains(&(bad, Written::Referenced { message_id: taken, same_payload: false })));
        assert!(unusual.contains(&(taken, Written::IdTaken)));
        assert!(connection.find(good).unwrap().is_none(), "it was taken back");
        let retried = part(journal, 0, vec![vec![event_write()]]);
        assert_eq!(connection.replay(&retried).unwrap(), Replayed::Done);
    }
}

#[test]
fn of_two_that_replay_the_same_at_once_one_does() {
    for bed in beds() {
        bed.connect();
        let records: Vec<Record> = (0..20).map(|_| queued(message(), None)).collect();
        let ids: Vec<Uuid> = records.iter().map(|record| record.message.id).collect();
        let mut writes: Vec<Write> = records.into_iter().map(write_record).collect();
        writes.push(event_write());
        let part = part(Uuid::new_v4(), 0, vec![writes]);
        let did: Vec<Replayed> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut connection = bed.connect();
                        loop {
                            match connection.replay(&part) {
                                Ok(replayed) => return replayed,
                                Err(error) => assert!(
                                    matches!(error.kind, crate::history::StoreErrorKind::Retry),
                                    "{error:?}"
                                ),
                            }
                        }
                    })
                })
                .collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(did.iter().filter(|one| **one == Replayed::Done).count(), 1, "{did:?}");
        let mut connection = bed.connect();
        assert!(ids.iter().all(|id| connection.find(*id).unwrap().is_some()));
    }
}

/// Until all that the journal tells of a message is in the database, nobody
/// else may send it: it may have been sent from the journal.
#[test]
fn a_message_of_which_the_journal_tells_more_is_nobodys_to_send() {
    for bed in beds() {
        let mut connection = bed.connect();
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity { database: None, place: "here".into() };
        let mut file = File::make(&folder::new_file(folder.path()), &identity, 1000).unwrap();
        let worker = Uuid::now_v7();
        let message = message();
        let id = message.id;
        super::file::append(&file.connection, &write_record(queued(message, Some(worker)))).unwrap();
        let first = next_part(&file, 1).unwrap().unwrap();
        super::file::append(&file.connection, &write_settlement(accepted(id))).unwrap();
        file.backlog = 2;
        let held = next_part(&file, 1).unwrap().unwrap();
        assert_ne!(first.groups.len(), held.groups.len());
        assert_eq!(connection.replay(&held).unwrap(), Replayed::Done);
        file.forget(held.upto).unwrap();
        let everybody = crate::history::Worker {
            id: Uuid::new_v4(),
            account_key: ACCOUNT.into(),
            lease: std::time::Duration::from_secs(30),
            host: String::new(),
        };
        assert!(connection.claim(&everybody, 10).unwrap().is_empty());
        let row = connection.find(id).unwrap().unwrap().message;
        assert_eq!(row.state, State::Sending);
        let rest = next_part(&file, 100).unwrap().unwrap();
        assert_eq!(connection.replay(&rest).unwrap(), Replayed::Done);
        assert_eq!(connection.find(id).unwrap().unwrap().message.state, State::Accepted);
        file.forget(rest.upto).unwrap();
        assert!(file.is_empty());
    }
}

#[test]
fn the_databases_tell_one_identity_for_ever() {
    for bed in beds() {
        let first = bed.connect().identity().unwrap();
        assert_eq!(bed.connect().identity().unwrap(), first);
        assert!(!first.is_nil());
    }
}

fn told(message: &MessageRow) -> EventRow {
    event("message", Some(message.id), "{}")
}

/// A client's journal, and the client as a worker.
fn client(folder: &std::path::Path, while_away: WhileAway) -> (Journal, Uuid) {
    let worker = crate::history::Worker {
        id: Uuid::new_v4(),
        account_key: ACCOUNT.into(),
        lease: std::time::Duration::from_secs(30),
        host: String::new(),
    };
    let id = worker.id;
    let journal = Journal::open(JournalSettings {
        folder: folder.to_owned(),
        while_away,
        most_bytes: 1 << 20,
        place: "here".into(),
        worker,
        event_of: told,
        say: Box::new(|_| {}),
    });
    (journal.unwrap(), id)
}

fn takes(journal: &mut Journal, write: Write) -> Fate {
    journal.take(&[(&write, false)], false).remove(0).unwrap()
}

#[test]
fn what_may_be_in_the_database_is_neither_begun_nor_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, worker) = client(folder.path(), WhileAway::Send);
    let (lost, later) = (queued(message(), Some(worker)), queued(message(), Some(worker)));
    let (id, later_id) = (lost.message.id, later.message.id);
    takes(&mut journal, write_record(lost));
    let part = journal.next_part().unwrap();
    // The answer to its replay is lost.
    journal.replays(&part);
    takes(&mut journal, write_record(later));
    let begins = |id| Write::Intent(intent(id, worker, 1));
    assert_eq!(takes(&mut journal, begins(id)), Fate::Refuse);
    assert_eq!(takes(&mut journal, write_withdrawal(withdrawal(id))), Fate::Refuse);
    assert_eq!(takes(&mut journal, begins(later_id)), Fate::Written(Written::Journalled));
    // It was not there: the database said so.
    journal.doubts(&part, 0);
    assert_eq!(takes(&mut journal, begins(id)), Fate::Written(Written::Journalled));
}
