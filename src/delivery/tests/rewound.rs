//! A database that goes back in time: a copy of an earlier day is put in its
//! place.

use super::bed::{Bed, Fault, Journals, PATIENCE, Road, ended, recorded, wait};
use crate::delivery::{WaitFor, Waited};
use crate::history::WhileAway::{Queue, Send};
use crate::history::rewound::{Policy, Recovered};
use crate::message::clock::Millis;
use crate::message::{SendOptions, State, Status};
use std::sync::mpsc::sync_channel;
use std::time::Instant;
use uuid::Uuid;

const TO: &str = "+12024560001";

impl Bed {
    /// A copy of the file as it is now.
    fn backup(&self) -> Vec<u8> {
        let copy = self.path().with_extension("backup");
        let _ = std::fs::remove_file(&copy);
        self.sql().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
        std::fs::read(copy).unwrap()
    }

    /// Puts the copy in the file's place. Whoever has the old one open keeps
    /// that: SQLite knows files by more than their names.
    fn restore(&self, backup: &[u8]) {
        for ending in ["db-wal", "db-shm"] {
            let _ = std::fs::remove_file(self.path().with_extension(ending));
        }
        let copy = self.path().with_extension("restored");
        std::fs::write(&copy, backup).unwrap();
        std::fs::rename(copy, self.path()).unwrap();
    }
}

impl Road {
    /// Another renewal, as the client makes every few seconds.
    fn renew(&self) -> Result<(), Status> {
        let renewed = self.runtime.as_ref().unwrap().block_on(self.delivery.renew());
        renewed.map_err(|error| error.to_error().status)
    }

    /// All its connections to the database are closed, and it is away.
    fn goes_away(&self) {
        self.switch.set(Fault::Away);
        wait("it is noticed", || self.renew().is_err());
        // The readers let go of theirs with their next question.
        for _ in 0..8 {
            let question = self.delivery.context.readers.asked(|connection| connection.identity());
            assert!(self.runtime.as_ref().unwrap().block_on(question).is_err());
        }
    }

    fn is_refused(&self, words: &str) -> Status {
        match self.submit(TO, words).wait(WaitFor::Progress, Instant::now() + PATIENCE) {
            Waited::Refused(error) => error.status,
            other => panic!("not refused: {other:?}"),
        }
    }

    fn recovers(&self, policy: Policy) -> Recovered {
        let (reply, answer) = sync_channel(1);
        self.delivery.context.writer.recover(policy, Box::new(move |done| reply.send(done).unwrap()));
        answer.recv_timeout(PATIENCE).unwrap().unwrap()
    }
}

/// A message that waits, and a copy of the database in which it does; then the
/// message is sent.
fn sent_since(bed: &Bed, road: &Road) -> (Uuid, Vec<u8>) {
    // Far enough away for the copy to be made before it goes.
    let soon = SendOptions { not_before: Some(Millis::now().plus(3_000)), ..SendOptions::default() };
    let ticket = road.try_submit(TO, "sent since", soon).unwrap();
    recorded(&ticket);
    let backup = bed.backup();
    assert_eq!(ended(&ticket), State::Accepted);
    road.renew().unwrap();
    road.renew().unwrap();
    (ticket.id, backup)
}

#[test]
fn nothing_is_sent_from_an_older_copy_before_an_operator_decides() {
    for policy in [Policy::Unknown, Policy::Send] {
        let bed = Bed::new();
        let road = bed.road();
        let (id, backup) = sent_since(&bed, &road);
        road.goes_away();
        bed.restore(&backup);
        road.switch.set(Fault::None);
        wait("it is noticed", || road.is_refused("refused") == Status::DatabaseRewound);
        road.look_for_work();
        assert_eq!(road.renew(), Err(Status::DatabaseRewound));
        assert_eq!((bed.state(id), bed.fake.sent_to(TO)), (State::Queued, 1));
        let unknown = if policy == Policy::Unknown { 1 } else { 0 };
        assert_eq!(road.recovers(policy), Recovered { rewound: true, unknown });
        wait("it is there again", || road.renew().is_ok());
        if policy == Policy::Unknown {
            let row = bed.row(id).unwrap().message;
            assert_eq!((row.state, bed.told(id)), (State::Unknown, vec!["unknown".into()]));
            assert!(crate::history::outcome_of(&row).r#final);
            road.look_for_work();
            assert_eq!((bed.fake.sent_to(TO), bed.queued()), (1, 0));
        } else {
            // Its worker is gone as far as the copy tells; as the operator wanted, it is sent again.
            bed.time_passes(&road);
            let heir = bed.heir();
            heir.brings(id, State::Accepted);
            assert_eq!(bed.fake.sent_to(TO), 2);
        }
        assert_eq!(ended(&road.submit("+12024560002", "goes on")), State::Accepted);
        assert_eq!(road.recovers(Policy::Unknown), Recovered { rewound: false, unknown: 0 });
    }
}

#[test]
fn the_next_process_notices_by_the_folder_of_its_journal() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let road = bed.road_with_journal(&journals, Queue, Fault::None);
    let (id, backup) = sent_since(&bed, &road);
    drop(road);
    std::thread::sleep(std::time::Duration::from_millis(200));
    bed.restore(&backup);
    let next = bed.road_with_journal(&journals, Send, Fault::Away);
    next.switch.set(Fault::None);
    wait("it is noticed", || next.renew() == Err(Status::DatabaseRewound));
    // Also not by way of the journal.
    assert_eq!(next.is_refused("refused"), Status::DatabaseRewound);
    next.look_for_work();
    assert_eq!(bed.fake.sent_to(TO), 1);
    assert_eq!(next.recovers(Policy::Unknown), Recovered { rewound: true, unknown: 1 });
    wait("it is there again", || next.renew().is_ok());
    assert_eq!((bed.state(id), bed.fake.sent_to(TO)), (State::Unknown, 1));
}

#[test]
fn what_one_decided_the_others_know() {
    let bed = Bed::new();
    let roads = [bed.road(), bed.road()];
    let (id, backup) = sent_since(&bed, &roads[0]);
    roads[1].renew().unwrap();
    roads.iter().for_each(Road::goes_away);
    bed.restore(&backup);
    roads[0].switch.set(Fault::None);
    wait("it is noticed", || roads[0].renew() == Err(Status::DatabaseRewound));
    assert_eq!(roads[0].recovers(Policy::Unknown), Recovered { rewound: true, unknown: 1 });
    wait("it is there again", || roads[0].renew().is_ok());
    let later = SendOptions { not_before: Some(Millis::now().plus(30_000)), ..SendOptions::default() };
    let new = recorded(&roads[0].try_submit(TO, "new", later).unwrap());
    roads[1].switch.set(Fault::None);
    wait("the other goes on", || roads[1].renew().is_ok());
    assert_eq!((bed.state(id), bed.state(new)), (State::Unknown, State::Queued));
}
