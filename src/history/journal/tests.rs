//! Replaying into every database, and what a process that is killed leaves.

use super::file::File;
use super::part::next_part;
use super::{Fate, Identity, Journal, JournalSettings, WhileAway, folder};
use crate::history::kept::{Kept, NO_TEXT};
use crate::history::record::*;
use crate::history::replay::{Part, Replayed};
use crate::history::tests::bed::*;
use crate::message::State;
use crate::message::clock::Millis;
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
pub(super) fn client(folder: &std::path::Path, while_away: WhileAway) -> (Journal, Uuid) {
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
        kept: Kept::None,
        say: Box::new(|_| {}),
    });
    (journal.unwrap(), id)
}

pub(super) fn takes(journal: &mut Journal, write: Write) -> Fate {
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

/// After a restored backup it goes on when it is decided what becomes of that.
#[test]
fn what_may_not_begin_now_waits_for_its_turn() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, worker) = client(folder.path(), WhileAway::Send);
    let record = queued(message(), Some(worker));
    let begin = Write::Intent(intent(record.message.id, worker, 1));
    takes(&mut journal, write_record(record));
    assert_eq!(journal.take(&[(&begin, false)], true), [Some(Fate::Keep)]);
    assert_eq!(takes(&mut journal, begin), Fate::Written(Written::Journalled));
}

#[test]
fn a_cancelled_messages_text_goes_when_it_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, worker) = client(folder.path(), WhileAway::Send);
    let record = queued(message(), Some(worker));
    let id = record.message.id;
    takes(&mut journal, write_record(record));
    takes(&mut journal, write_withdrawal(Withdrawal { hides: true, ..withdrawal(id) }));
    let part = journal.next_part().unwrap();
    assert_eq!(crate::history::record::hidden_by(part.groups.iter().flatten()), [id]);
}

#[test]
fn a_failure_counts_after_the_message_was_taken_from_its_dead_worker() {
    for bed in beds() {
        let mut connection = bed.connect();
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, dead) = client(folder.path(), WhileAway::Send);
        let record = sending(message(), dead);
        let id = record.message.id;
        takes(&mut journal, write_record(record));
        let failed = Settlement { owner: Some(dead), state: State::Failed, ..accepted(id) };
        takes(&mut journal, write_settlement(failed));
        journal.most = 1;
        for _ in 0..2 {
            let part = journal.next_part().unwrap();
            let replayed = connection.replay(&part).unwrap();
            journal.replayed(&part, replayed);
            journal.most = 1;
        }
        // As a closed client, or one whose lease has ended, leaves it.
        connection.release(dead).unwrap();
        bed.change("queue", "worker = NULL");
        let part = journal.next_part().unwrap();
        assert_eq!(connection.replay(&part).unwrap(), Replayed::Done);
        assert_eq!(connection.find(id).unwrap().unwrap().message.state, State::Failed);
    }
}

/// A journal may be replayed long after the deadline of what it holds.
#[test]
fn replaying_gives_no_new_time_to_live() {
    for bed in beds() {
        let mut connection = bed.connect();
        let mut record = queued(message(), None);
        record.message.created_at = Millis(Millis::now().0 - 7_200_000);
        record.message.expires_at = Some(Millis(record.message.created_at.0 + 60_000));
        let late = part(Uuid::new_v4(), 0, vec![vec![write_record(record)]]);
        assert_eq!(connection.replay(&late).unwrap(), Replayed::Done);
        let now = Millis::now().0;
        assert_eq!(bed.count_where("queue", &format!("expires_at < {now}")), 1);
    }
}

/// One that was put back is not sent either: its reference is another's.
#[test]
fn a_duplicate_that_was_put_back_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, worker) = client(folder.path(), WhileAway::Queue);
    let record = referenced(queued(message(), Some(worker)), "r", "p");
    let id = record.message.id;
    let place = record.queue.clone();
    let back = Settlement { version: 2, ..Settlement::of(&record.message, place) };
    let alone = referenced(queued(message(), Some(worker)), "s", "p");
    let alone_id = alone.message.id;
    takes(&mut journal, write_record(record));
    takes(&mut journal, write_settlement(back));
    takes(&mut journal, write_record(alone));
    let part = journal.next_part().unwrap();
    let first = |id| (id, Written::Referenced { message_id: Uuid::now_v7(), same_payload: true });
    journal.replayed(&part, Replayed::Unusual(vec![first(id), first(alone_id)]));
    for id in [id, alone_id] {
        assert_eq!(journal.find(id).unwrap().message.state, State::Cancelled);
    }
    assert_eq!(journal.find(alone_id).unwrap().message.body, NO_TEXT);
    let part = journal.next_part().unwrap();
    assert_eq!(crate::history::record::hidden_by(part.groups.iter().flatten()), [id]);
}

#[test]
fn what_only_moves_a_message_takes_no_room_of_the_ends() {
    use super::policy::{Room, room_for};
    let record = queued(message(), None);
    let moved = Settlement::of(&record.message, record.queue.clone());
    assert_eq!(room_for(&write_settlement(moved)), Room::Waits);
    assert_eq!(room_for(&write_settlement(accepted(record.message.id))), Room::Held);
    assert_eq!(room_for(&write_record(record)), Room::None);
}

/// What the database has counts no more here, also where the disk has no room
/// to delete it.
#[test]
fn what_cannot_be_deleted_is_not_abandoned() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, worker) = client(folder.path(), WhileAway::Send);
    let record = queued(message(), Some(worker));
    let id = record.message.id;
    takes(&mut journal, write_record(record));
    let part = journal.next_part().unwrap();
    let only_read = |journal: &Journal, how| {
        let file = journal.own.file.as_ref().unwrap();
        file.connection.execute_batch(&format!("PRAGMA query_only={how}")).unwrap();
    };
    only_read(&journal, "ON");
    journal.replayed(&part, Replayed::Done);
    only_read(&journal, "OFF");
    assert!(journal.find(id).is_none() && !journal.is_used());
    let next = queued(message(), Some(worker));
    let next_id = next.message.id;
    takes(&mut journal, write_record(next));
    let part = journal.next_part().unwrap();
    assert_eq!(part.groups.iter().flatten().map(Write::message).collect::<Vec<_>>(), [Some(next_id)]);
    journal.replayed(&part, Replayed::Done);
    assert!(journal.own.file.as_ref().unwrap().is_empty());
}

/// A worker died after three attempts from its journal. Between two parts of
/// it another worker takes the message over: no attempt is made under a number
/// that was used, and no answer that is known is forgotten.
#[test]
fn attempts_of_a_dead_workers_journal_are_counted_by_who_takes_over() {
    for bed in beds() {
        let name = bed.store.name();
        let mut connection = bed.connect();
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, dead) = client(folder.path(), WhileAway::Send);
        let record = sending(message(), dead);
        let id = record.message.id;
        let place = record.queue.clone().unwrap();
        takes(&mut journal, write_record(record));
        for number in 1..=3 {
            if number > 1 {
                takes(&mut journal, Write::Intent(intent(id, dead, number)));
            }
            let again = Settlement {
                owner: Some(dead),
                version: number + 1,
                state: State::Queued,
                attempts: number,
                provider_message_id: None,
                attempt: Some(attempt(number, None)),
                queue: Some(QueueRow { state: State::Queued, attempt: number, ..place.clone() }),
                event: None,
                ..accepted(id)
            };
            takes(&mut journal, write_settlement(again));
        }
        // The record, the first attempt and its answer.
        journal.most = 3;
        let first = journal.next_part().unwrap();
        journal.replayed(&first, connection.replay(&first).unwrap());
        let heir = crate::history::Worker {
            id: Uuid::new_v4(),
            account_key: ACCOUNT.into(),
            lease: std::time::Duration::from_secs(30),
            host: String::new(),
        };
        connection.renew(&heir).unwrap();
        let taken = connection.take_over(&heir, std::time::Duration::ZERO, 10).unwrap().remove(0);
        let mut row = taken.message;
        row.attempts = row.attempts.max(taken.queue.attempt);
        assert_eq!(row.attempts, 2, "{name}: the second one may have begun");
        let moved = |row: &MessageRow, state, known| Settlement {
            owner: Some(heir.id),
            attempt: Some(AttemptRow { state: known, ..attempt(row.attempts, None) }),
            ..Settlement::of(
                row,
                Some(QueueRow { state, worker: Some(heir.id), attempt: row.attempts, not_before: Millis(0) }),
            )
        };
        row.version += 1;
        row.state = State::Unknown;
        let orphan = moved(&row, State::Unknown, State::Unknown);
        assert_eq!(one(connection.as_mut(), write_settlement(orphan)), Written::Done, "{name}");
        let rest = journal.next_part().unwrap();
        assert_eq!(connection.replay(&rest).unwrap(), Replayed::Done, "{name}");
        // It looks, and finds that the message was not taken.
        row.version += 1;
        row.state = State::Queued;
        let mut back = moved(&row, State::Queued, State::Failed);
        back.queue.as_mut().unwrap().worker = None;
        assert_eq!(one(connection.as_mut(), write_settlement(back)), Written::Done, "{name}");
        let claimed = connection.claim(&heir, 10).unwrap().remove(0);
        assert_eq!(
            claimed.message.attempts.max(claimed.queue.attempt),
            3,
            "{name}: the next one is the fourth"
        );
        let attempts = connection.find(id).unwrap().unwrap().attempts;
        let told: Vec<(i32, State)> = attempts.iter().map(|one| (one.number, one.state)).collect();
        assert_eq!(told, [(1, State::Failed), (2, State::Failed), (3, State::Failed)], "{name}");
    }
}

/// What a dead worker's journal tells takes no message from a worker that has
/// it by now: both would send.
#[test]
fn a_dead_workers_journal_takes_no_message_from_the_living() {
    for bed in beds() {
        let name = bed.store.name();
        let mut connection = bed.connect();
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, dead) = client(folder.path(), WhileAway::Send);
        let record = queued(message(), Some(dead));
        let id = record.message.id;
        let place = record.queue.clone().unwrap();
        takes(&mut journal, write_record(record));
        takes(&mut journal, Write::Intent(intent(id, dead, 1)));
        let again = Settlement {
            owner: Some(dead),
            version: 9,
            state: State::Queued,
            provider_message_id: None,
            attempt: Some(attempt(1, None)),
            queue: Some(QueueRow { state: State::Queued, attempt: 1, ..place }),
            event: None,
            ..accepted(id)
        };
        takes(&mut journal, write_settlement(again));
        takes(&mut journal, Write::Intent(intent(id, dead, 2)));
        let refused = Settlement {
            owner: Some(dead),
            version: 10,
            state: State::Failed,
            attempts: 2,
            provider_message_id: None,
            attempt: Some(attempt(2, None)),
            ..accepted(id)
        };
        takes(&mut journal, write_settlement(refused));
        journal.most = 2;
        let first = journal.next_part().unwrap();
        journal.replayed(&first, connection.replay(&first).unwrap());
        let heir = crate::history::Worker {
            id: Uuid::new_v4(),
            account_key: ACCOUNT.into(),
            lease: std::time::Duration::from_secs(30),
            host: String::new(),
        };
        connection.renew(&heir).unwrap();
        let taken = connection.take_over(&heir, std::time::Duration::ZERO, 10).unwrap().remove(0);
        journal.most = 2;
        let second = journal.next_part().unwrap();
        journal.replayed(&second, connection.replay(&second).unwrap());
        assert_eq!(bed.count_where("queue", &format!("worker = '{}'", heir.id)), 1, "{name}: it has it");
        // The heir sends it, and the provider takes it.
        let sent = Settlement {
            owner: Some(heir.id),
            version: taken.message.version + 1,
            attempts: 3,
            attempt: Some(attempt(3, Some("SM3"))),
            ..accepted(id)
        };
        assert_eq!(one(connection.as_mut(), write_settlement(sent)), Written::Done, "{name}");
        let last = journal.next_part().unwrap();
        assert_eq!(connection.replay(&last).unwrap(), Replayed::Done, "{name}");
        let row = connection.find(id).unwrap().unwrap().message;
        assert_eq!((row.state, row.attempts), (State::Accepted, 3), "{name}");
    }
}
