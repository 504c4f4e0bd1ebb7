//! The journal: what is recorded on this machine while the database is away,
//! and what becomes of it.

use super::bed::{Bed, Fault, Journals, PATIENCE, Road, ended, recorded, wait};
use super::fake::Step::{Busy, HoldRefused, HoldTaken, Lose};
use crate::delivery::{GiveUp, WaitFor, Waited};
use crate::history::Kept;
use crate::history::WhileAway::{Queue, Refuse, Send};
use crate::message::clock::Millis;
use crate::message::{ReferenceScope, SendOptions, State, Status};
use std::time::{Duration, Instant};
use uuid::Uuid;

const TO: &str = "+12024560001";

fn reference(name: &str, reference_scope: ReferenceScope) -> SendOptions {
    SendOptions { reference: Some(name.into()), reference_scope, ..SendOptions::default() }
}

fn refused(waited: Waited) -> Status {
    match waited {
        Waited::Refused(error) => error.status,
        other => panic!("not refused: {other:?}"),
    }
}

impl Road {
    /// The database is back, and all that is journalled comes there.
    #[track_caller]
    fn comes_back(&self) {
        self.switch.set(Fault::None);
        let writer = &self.delivery.context.writer;
        let back = async {
            tokio::time::timeout(PATIENCE, async {
                // Not before the writer has found out.
                while writer.called(|connection| connection.describe()).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                writer.until_nothing_is_journalled().await;
            })
            .await
        };
        self.runtime.as_ref().unwrap().block_on(back).expect("the journal is replayed");
    }

    /// Whether the journal has the message, by its state there.
    fn journalled(&self, id: Uuid) -> Option<State> {
        let row = self.delivery.context.writer.journalled(id);
        self.runtime.as_ref().unwrap().block_on(row).map(|row| row.message.state)
    }

    /// Closes as a client does, and takes nothing with it.
    fn closes(self) {
        drop(self);
        // Its threads let go of the files a moment later.
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn what_is_queued_there_is_sent_when_the_database_is_back() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let road = bed.road_with_journal(&journals, Queue, Fault::None);
    road.switch.set(Fault::Away);
    let tickets: Vec<_> = (0..20).map(|_| road.submit(TO, "queued")).collect();
    for ticket in &tickets {
        match ticket.wait(WaitFor::Record, Instant::now() + PATIENCE) {
            Waited::Ended(outcome) => {
                assert_eq!((outcome.status, outcome.durability), (State::Queued, "local"), "{outcome:?}");
                assert_eq!((outcome.attempts, outcome.r#final), (0, false), "{outcome:?}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(road.journalled(ticket.id), Some(State::Queued));
    }
    assert_eq!(bed.fake.sent(), []);
    road.comes_back();
    for ticket in &tickets {
        road.brings(ticket.id, State::Accepted);
        assert_eq!(bed.told(ticket.id), ["accepted"]);
        assert_eq!(road.journalled(ticket.id), None);
    }
    assert_eq!((bed.fake.sent_to(TO), bed.queued()), (20, 0));
}

#[test]
fn what_is_born_there_is_sent_from_there() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let road = bed.road_with_journal(&journals, Send, Fault::None);
    road.switch.set(Fault::Away);
    bed.fake.script("+12024560002", &[Busy, Busy]);
    let tickets = [road.submit(TO, "at once"), road.submit("+12024560002", "twice busy")];
    for (ticket, attempts) in tickets.iter().zip([1, 3]) {
        match ticket.wait(WaitFor::End, Instant::now() + PATIENCE) {
            Waited::Ended(outcome) => {
                assert_eq!((outcome.status, outcome.durability), (State::Accepted, "local"), "{outcome:?}");
                assert_eq!(outcome.attempts, attempts);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(road.journalled(ticket.id), Some(State::Accepted));
        assert!(bed.row(ticket.id).is_none());
    }
    road.comes_back();
    for (ticket, attempts) in tickets.iter().zip([1, 3]) {
        let row = bed.row(ticket.id).unwrap();
        assert_eq!((row.message.state, row.message.attempts), (State::Accepted, attempts));
        assert_eq!(row.attempts.len(), attempts as usize);
        assert!(row.message.provider_message_id.is_some());
        assert_eq!(bed.told(ticket.id), ["accepted"]);
    }
    assert_eq!((bed.fake.sent().len(), bed.queued()), (4, 0));
}

#[test]
fn a_client_that_begins_without_a_database_records_and_sends() {
    for (policy, sent) in [(Queue, 0), (Send, 1)] {
        let (bed, journals) = (Bed::new(), Journals::new());
        let road = bed.road_with_journal(&journals, policy, Fault::Away);
        let ticket = road.submit(TO, "first");
        recorded(&ticket);
        wait("what goes is gone", || bed.fake.sent_to(TO) == sent);
        road.comes_back();
        road.brings(ticket.id, State::Accepted);
        assert_eq!((bed.fake.sent_to(TO), bed.queued()), (1, 0), "{policy:?}");
    }
}

#[test]
fn only_outcomes_are_recorded_where_new_messages_are_refused() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let road = bed.road_with_journal(&journals, Refuse, Fault::None);
    bed.fake.script(TO, &[HoldTaken]);
    let held = road.submit(TO, "held");
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    road.switch.set(Fault::Away);
    let new = road.submit("+12024560002", "new");
    assert_eq!(refused(new.wait(WaitFor::Progress, Instant::now() + PATIENCE)), Status::DatabaseAway);
    bed.fake.open_gate();
    match held.wait(WaitFor::End, Instant::now() + PATIENCE) {
        Waited::Ended(outcome) => {
            assert_eq!((outcome.status, outcome.durability), (State::Accepted, "local"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(bed.state(held.id), State::Sending);
    road.comes_back();
    assert_eq!((bed.state(held.id), bed.queued()), (State::Accepted, 0));
    assert_eq!(bed.told(held.id), ["accepted"]);
}

/// Rows of the database need it for their intent.
#[test]
fn what_is_in_the_database_waits_for_it() {
    for policy in [Queue, Send, Refuse] {
        let (bed, journals) = (Bed::new(), Journals::new());
        let road = bed.road_with_journal(&journals, policy, Fault::None);
        let soon = SendOptions { not_before: Some(Millis::now().plus(2_000)), ..SendOptions::default() };
        let ticket = road.try_submit(TO, "waits", soon).unwrap();
        recorded(&ticket);
        road.switch.set(Fault::Away);
        // The writer finds out by its next write.
        let _ = road.submit("+12024560002", "another").wait(WaitFor::Record, Instant::now() + PATIENCE);
        std::thread::sleep(Duration::from_millis(2_300));
        assert_eq!(bed.fake.sent_to(TO), 0, "{policy:?}");
        road.comes_back();
        assert_eq!(ended(&ticket), State::Accepted, "{policy:?}");
        assert_eq!(bed.fake.sent_to(TO), 1, "{policy:?}");
    }
}

/// Its record comes into the database as one whose attempt is under way, and
/// its end follows there.
#[test]
fn an_attempt_that_is_under_way_when_the_database_is_back_ends_there() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let road = bed.road_with_journal(&journals, Send, Fault::Away);
    bed.fake.script(TO, &[HoldTaken]);
    let ticket = road.submit(TO, "held");
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    road.comes_back();
    assert_eq!((bed.state(ticket.id), bed.row(ticket.id).unwrap().message.attempts), (State::Sending, 1));
    road.look_for_work();
    bed.fake.open_gate();
    assert_eq!(ended(&ticket), State::Accepted);
    assert_eq!((bed.state(ticket.id), bed.queued(), bed.fake.sent_to(TO)), (State::Accepted, 0, 1));
}

#[test]
fn the_next_process_goes_on_with_what_an_ended_one_left() {
    for (policy, step, end) in
        [(Queue, None, State::Accepted), (Send, None, State::Accepted), (Send, Some(Lose), State::Unknown)]
    {
        let (bed, journals) = (Bed::new(), Journals::new());
        let mut road = bed.road_with_journal(&journals, policy, Fault::Away);
        if let Some(step) = step {
            bed.fake.script(TO, &[step]);
        }
        let id = recorded(&road.submit(TO, "left"));
        if policy == Send {
            wait("it is sent", || bed.fake.sent_to(TO) == 1);
            wait("it is settled", || road.journalled(id) == Some(end));
        }
        road.dies();
        // Its database is away until the end.
        road.delivery.context.writer.stop(Instant::now());
        road.switch.set(Fault::Away);
        wait("its file is let go", || road.delivery.context.writer.ended());
        assert!(bed.queued_or_none().is_none_or(|queued| queued == 0));
        let heir = bed.road_with_journal(&journals, Refuse, Fault::None);
        wait("it is replayed", || bed.row(id).is_some());
        if end == State::Accepted {
            heir.brings(id, State::Accepted);
            assert_eq!(bed.told(id), ["accepted"], "{policy:?}");
        } else {
            assert_eq!(bed.state(id), State::Unknown);
        }
        assert_eq!(bed.fake.sent_to(TO), 1, "{policy:?}");
        wait("its file is gone", || journals.files().len() == 1);
        assert!(journals.was_told("An ended process left"), "{:?}", journals.told);
        heir.closes();
        wait("its own file is gone", || journals.files().is_empty());
    }
}

/// Nobody can tell what became of an attempt whose process died.
#[test]
fn an_attempt_of_an_ended_process_is_not_made_again() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let mut road = bed.road_with_journal(&journals, Send, Fault::Away);
    bed.fake.script(TO, &[HoldTaken]);
    let id = road.submit(TO, "under way").id;
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    road.dies();
    road.delivery.context.writer.stop(Instant::now());
    wait("its file is let go", || road.delivery.context.writer.ended());
    let heir = bed.road_with_journal(&journals, Refuse, Fault::None);
    wait("it is replayed", || bed.row(id).is_some());
    assert_eq!(bed.state(id), State::Sending);
    heir.look_for_work();
    assert_eq!(bed.fake.sent_to(TO), 1);
    bed.time_passes(&road);
    // The list tells at once that it was taken: its row may say so before it was looked at here.
    wait("it is unknown", || {
        heir.look_for_work();
        bed.told(id).iter().any(|state| state == "unknown")
    });
    assert_eq!(bed.fake.sent_to(TO), 1);
    drop(road);
}

#[test]
fn two_clients_on_one_folder_have_a_file_each() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let first = bed.road_with_journal(&journals, Queue, Fault::Away);
    let second = bed.road_with_journal(&journals, Send, Fault::Away);
    let queued: Vec<_> = (0..10).map(|_| recorded(&first.submit(TO, "first"))).collect();
    let sent: Vec<_> = (0..10).map(|_| recorded(&second.submit("+12024560002", "second"))).collect();
    assert_eq!(journals.files().len(), 2);
    wait("they are sent", || bed.fake.sent_to("+12024560002") == 10);
    // A third one finds both held.
    let third = bed.road_with_journal(&journals, Queue, Fault::None);
    third.look_for_work();
    assert_eq!(third.delivery.live.count(), 0);
    second.comes_back();
    first.comes_back();
    for id in queued {
        third.brings(id, State::Accepted);
    }
    for id in sent {
        bed.wait_for(id, State::Accepted);
    }
    assert_eq!((bed.fake.sent().len(), bed.queued()), (20, 0));
}

#[test]
fn a_commit_of_the_replay_whose_answer_is_lost_is_not_made_twice() {
    for fault in [Fault::LosesAnswer, Fault::LosesCommit] {
        let (bed, journals) = (Bed::new(), Journals::new());
        let road = bed.road_with_journal(&journals, Send, Fault::Away);
        let ids: Vec<_> = (0..10).map(|_| recorded(&road.submit(TO, "once"))).collect();
        wait("they are sent", || bed.fake.sent_to(TO) == 10);
        wait("they are settled", || ids.iter().all(|id| road.journalled(*id) == Some(State::Accepted)));
        road.switch.set(fault);
        wait("the fault has struck", || road.switch.struck());
        road.comes_back();
        for id in ids {
            assert_eq!(
                (bed.state(id), bed.told(id)),
                (State::Accepted, vec!["accepted".into()]),
                "{fault:?}"
            );
        }
        assert_eq!((bed.fake.sent_to(TO), bed.queued()), (10, 0), "{fault:?}");
    }
}

#[test]
fn a_reference_needs_the_database_unless_the_host_says_otherwise() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let road = bed.road_with_journal(&journals, Send, Fault::Away);
    let wide = road.try_submit(TO, "r", reference("r", ReferenceScope::Database)).unwrap();
    assert_eq!(refused(wide.wait(WaitFor::Progress, Instant::now() + PATIENCE)), Status::DatabaseAway);
    let first = road.try_submit(TO, "r", reference("r", ReferenceScope::Machine)).unwrap();
    assert_eq!(ended(&first), State::Accepted);
    let again = road.try_submit(TO, "r", reference("r", ReferenceScope::Machine)).unwrap();
    assert_eq!(ended(&again), State::Accepted);
    assert_eq!(again.look().0.id, first.id.to_string());
    let other = road.try_submit(TO, "other", reference("r", ReferenceScope::Machine)).unwrap();
    assert_eq!(refused(other.wait(WaitFor::Progress, Instant::now() + PATIENCE)), Status::ReferenceConflict);
    road.comes_back();
    // The reference is in the database now.
    let late = road.try_submit(TO, "r", reference("r", ReferenceScope::Database)).unwrap();
    assert_eq!(ended(&late), State::Accepted);
    assert_eq!((late.look().0.id, bed.fake.sent_to(TO)), (first.id.to_string(), 1));
}

#[test]
fn of_two_with_a_reference_the_second_is_not_sent_or_shown() {
    for policy in [Queue, Send] {
        let (bed, journals) = (Bed::new(), Journals::new());
        let away = bed.road_with_journal(&journals, policy, Fault::Away);
        let second = away.try_submit(TO, "r", reference("r", ReferenceScope::Machine)).unwrap();
        recorded(&second);
        if policy == Send {
            assert_eq!(ended(&second), State::Accepted);
        }
        let there = bed.road();
        let first = there.try_submit(TO, "r", reference("r", ReferenceScope::Database)).unwrap();
        assert_eq!(ended(&first), State::Accepted);
        away.comes_back();
        let row = bed.row(second.id).unwrap().message;
        let response = row.response.unwrap_or_default();
        assert!(response.contains("duplicate_of that message"), "{response}");
        assert!(response.contains(&first.id.to_string()), "{response}");
        let (state, sent) = if policy == Queue { (State::Cancelled, 1) } else { (State::Accepted, 2) };
        assert_eq!((row.state, bed.fake.sent_to(TO), bed.queued()), (state, sent, 0), "{policy:?}");
        assert_eq!(bed.told(second.id), [state.name()]);
        assert!(journals.was_told("duplicate_of"));
    }
}

#[test]
fn an_id_that_another_message_has_is_given_up_for_a_new_one() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let away = bed.road_with_journal(&journals, Send, Fault::Away);
    let id = Uuid::now_v7();
    let own = || SendOptions { id: Some(id), ..SendOptions::default() };
    assert_eq!(ended(&away.try_submit(TO, "away", own()).unwrap()), State::Accepted);
    let there = bed.road();
    bed.fake.script("+12024560002", &[super::fake::Step::Refuse]);
    assert_eq!(ended(&there.try_submit("+12024560002", "there", own()).unwrap()), State::Failed);
    away.comes_back();
    let kept = bed.row(id).unwrap();
    assert_eq!((kept.message.state, kept.message.body.as_str()), (State::Failed, "there"));
    assert_eq!(kept.attempts.len(), 1);
    let sql = bed.sql();
    let other: String =
        sql.query_row("SELECT id FROM wa_messages WHERE body = 'away'", [], |row| row.get(0)).unwrap();
    let other: Uuid = other.parse().unwrap();
    assert_ne!(other, id);
    assert_eq!((bed.state(other), bed.told(other)), (State::Accepted, vec!["accepted".into()]));
    assert!(journals.was_told(&other.to_string()));
}

#[test]
fn what_waits_there_can_be_cancelled() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let road = bed.road_with_journal(&journals, Queue, Fault::Away);
    let id = recorded(&road.submit(TO, "cancelled"));
    wait("its task is over", || road.delivery.live.count() == 0);
    let row = road.runtime.as_ref().unwrap().block_on(road.delivery.context.writer.journalled(id)).unwrap();
    let (withdrawal, _) = crate::delivery::cancellation(row.message, Kept::Full);
    let write = crate::history::Write::Withdraw(Box::new(withdrawal));
    let written = road.delivery.context.writer.written(write);
    assert!(road.runtime.as_ref().unwrap().block_on(written).unwrap().is_done());
    assert_eq!(road.journalled(id), Some(State::Cancelled));
    road.comes_back();
    road.look_for_work();
    assert_eq!((bed.state(id), bed.told(id), bed.queued()), (State::Cancelled, vec!["cancelled".into()], 0));
    assert_eq!(bed.fake.sent(), []);
    // One that is on its road here ends likewise.
    let road = bed.road_with_journal(&journals, Send, Fault::Away);
    let soon = SendOptions { not_before: Some(Millis::now().plus(5_000)), ..SendOptions::default() };
    let ticket = road.try_submit(TO, "on its road", soon).unwrap();
    recorded(&ticket);
    ticket.ask_to_give_up(GiveUp::Cancelled);
    assert_eq!(ended(&ticket), State::Cancelled);
    road.comes_back();
    assert_eq!((bed.state(ticket.id), bed.fake.sent_to(TO)), (State::Cancelled, 0));
}

#[test]
fn a_full_journal_refuses_messages_and_takes_every_outcome() {
    let (bed, mut journals) = (Bed::new(), Journals::new());
    journals.most_bytes = 1 << 20;
    let road = bed.road_with_journal(&journals, Send, Fault::None);
    let held: Vec<_> = (0..30)
        .map(|at| {
            let to = format!("+1202457{at:04}");
            bed.fake.script(&to, &[HoldTaken]);
            road.submit(&to, "held")
        })
        .collect();
    wait("they are sent", || bed.fake.sent().len() == 30);
    road.switch.set(Fault::Away);
    let long = "x".repeat(20_000);
    let mut taken = Vec::new();
    let full = loop {
        let soon = SendOptions { not_before: Some(Millis::now().plus(30_000)), ..SendOptions::default() };
        let ticket = road.try_submit(TO, &long, soon).unwrap();
        match ticket.wait(WaitFor::Record, Instant::now() + PATIENCE) {
            Waited::Refused(error) => break error,
            _ => taken.push(ticket.id),
        }
        assert!(taken.len() < 200, "it is never full");
    };
    assert_eq!(full.status, Status::JournalFull, "{full}");
    assert!(taken.len() > 5);
    assert!(journals.was_told("is full"));
    bed.fake.open_gate();
    for ticket in &held {
        assert_eq!(ended(ticket), State::Accepted);
        assert_eq!(ticket.look().0.durability, "local");
    }
    assert_eq!(
        refused(road.submit(TO, "still full").wait(WaitFor::Progress, Instant::now() + PATIENCE)),
        Status::JournalFull
    );
    road.comes_back();
    for ticket in &held {
        assert_eq!(bed.state(ticket.id), State::Accepted);
    }
    for id in taken {
        assert_eq!(bed.state(id), State::Queued);
    }
    assert_eq!(ended(&road.submit(TO, "room again")), State::Accepted);
}

#[test]
fn a_damaged_file_is_set_aside_and_told() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let mut road = bed.road_with_journal(&journals, Queue, Fault::Away);
    for _ in 0..50 {
        recorded(&road.submit(TO, "lost to the disk"));
    }
    road.dies();
    road.delivery.context.writer.stop(Instant::now());
    wait("its file is let go", || road.delivery.context.writer.ended());
    let file = journals.files().pop().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    assert!(bytes.len() > 20_000, "all of it is in the file: {}", bytes.len());
    bytes[8192..20_000].fill(0x5a);
    std::fs::write(&file, bytes).unwrap();
    let heir = bed.road_with_journal(&journals, Queue, Fault::None);
    wait("it is told", || journals.was_told("is damaged"));
    let aside = format!("{}.damaged", file.display());
    assert!(journals.was_told(&aside), "{:?}", journals.told);
    assert!(std::path::Path::new(&aside).exists() && !file.exists());
    // The heir works on.
    assert_eq!(ended(&heir.submit(TO, "goes on")), State::Accepted);
}

#[test]
fn records_of_another_database_are_left_alone() {
    let (bed, mut journals) = (Bed::new(), Journals::new());
    let mut road = bed.road_with_journal(&journals, Queue, Fault::None);
    recorded(&road.submit(TO, "the database is known"));
    road.switch.set(Fault::Away);
    let id = recorded(&road.submit(TO, "for its own database"));
    road.dies();
    road.delivery.context.writer.stop(Instant::now());
    wait("its file is let go", || road.delivery.context.writer.ended());
    let other = Bed::new();
    let heir = other.road_with_journal(&journals, Queue, Fault::None);
    wait("it is told", || journals.was_told("another database"));
    assert!(other.row(id).is_none());
    assert_eq!(journals.files().len(), 2);
    heir.closes();
    // Nor one that was never told which database it is for, but another place.
    journals.place = "there";
    let mut road = other.road_with_journal(&journals, Queue, Fault::Away);
    let second = recorded(&road.submit(TO, "for another place"));
    road.dies();
    road.delivery.context.writer.stop(Instant::now());
    wait("its file is let go", || road.delivery.context.writer.ended());
    journals.place = "here";
    let heir = bed.road_with_journal(&journals, Queue, Fault::None);
    heir.brings(id, State::Accepted);
    assert!(bed.row(second).is_none());
    assert_eq!(journals.files().len(), 2);
}

/// The client's own records wait for their own database too.
#[test]
fn a_client_whose_database_became_another_one_goes_on_recording() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let road = bed.road_with_journal(&journals, Queue, Fault::None);
    recorded(&road.submit(TO, "the database is known"));
    road.switch.set(Fault::Away);
    let id = recorded(&road.submit(TO, "for its own database"));
    bed.sql().execute("UPDATE wa_schema SET database_id = ?1", [Uuid::new_v4().to_string()]).unwrap();
    road.switch.set(Fault::None);
    std::thread::sleep(Duration::from_millis(500));
    assert!(bed.row(id).is_none());
    assert_eq!(road.journalled(recorded(&road.submit(TO, "and another"))), Some(State::Queued));
}

/// While the database is away for one client, another one takes its message
/// over, finds that it was not taken, and sends it. So nobody is told before
/// the database knows it that a refusal was the end.
#[test]
fn a_refusal_is_no_end_before_the_database_knows_it() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let road = bed.road_with_journal(&journals, Queue, Fault::None);
    bed.fake.script(TO, &[HoldRefused]);
    let ticket = road.submit(TO, "refused");
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    road.switch.set(Fault::Away);
    bed.fake.open_gate();
    match ticket.wait(WaitFor::End, Instant::now() + Duration::from_millis(500)) {
        Waited::Deadline(outcome, _) => assert!(!outcome.r#final, "{outcome:?}"),
        other => panic!("{other:?}"),
    }
    let heir = bed.heir();
    bed.time_passes(&road);
    heir.brings(ticket.id, State::Accepted);
    assert_eq!(bed.fake.sent_to(TO), 2);
    road.comes_back();
    assert_eq!(ended(&ticket), State::Accepted);
    assert_eq!((bed.state(ticket.id), bed.queued()), (State::Accepted, 0));
    assert_eq!(bed.told(ticket.id).last().map(String::as_str), Some("accepted"));
    assert!(!bed.told(ticket.id).contains(&"failed".to_owned()));
}

#[test]
fn a_refusal_that_nobody_contradicts_is_told_when_the_database_is_back() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let road = bed.road_with_journal(&journals, Refuse, Fault::None);
    bed.fake.script(TO, &[HoldRefused]);
    let ticket = road.submit(TO, "refused");
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    road.switch.set(Fault::Away);
    bed.fake.open_gate();
    std::thread::sleep(Duration::from_millis(200));
    road.comes_back();
    assert_eq!(ended(&ticket), State::Failed);
    assert_eq!((bed.state(ticket.id), bed.told(ticket.id)), (State::Failed, vec!["failed".into()]));
    assert_eq!((bed.queued(), bed.fake.sent_to(TO)), (0, 1));
}

fn with_id(id: Uuid) -> SendOptions {
    SendOptions { id: Some(id), ..SendOptions::default() }
}

impl Bed {
    /// The message that says this.
    fn by_words(&self, words: &str) -> (Uuid, crate::history::MessageRow) {
        let sql = "SELECT id FROM wa_messages WHERE body = ?1";
        let id: String = self.sql().query_row(sql, [words], |row| row.get(0)).unwrap();
        let id = id.parse().unwrap();
        (id, self.row(id).unwrap().message)
    }
}

/// The message that has the id is another one: what is learnt of ours is not
/// written into it, and it is sent as if ours had never been.
#[test]
fn an_attempt_under_way_ends_under_the_new_id() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let away = bed.road_with_journal(&journals, Send, Fault::Away);
    let id = Uuid::now_v7();
    bed.fake.script(TO, &[HoldTaken]);
    let ours = away.try_submit(TO, "away", with_id(id)).unwrap();
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    let there = bed.road();
    let later = SendOptions { not_before: Some(Millis::now().plus(120_000)), ..with_id(id) };
    recorded(&there.try_submit("+12024560002", "there", later).unwrap());
    away.switch.set(Fault::None);
    std::thread::sleep(Duration::from_millis(400));
    bed.fake.open_gate();
    assert_eq!(ended(&ours), State::Accepted);
    away.comes_back();
    let row = bed.row(id).unwrap().message;
    assert_eq!((row.state, row.body.as_str(), row.provider_message_id), (State::Queued, "there", None));
    let (new, row) = bed.by_words("away");
    assert_ne!(new, id);
    assert_eq!((row.state, bed.told(new), bed.queued()), (State::Accepted, vec!["accepted".into()], 1));
    assert!(row.response.unwrap().contains(&id.to_string()));
    assert!(journals.was_told(&new.to_string()));
}

/// Who waits for a message that lost its id is told so, and not how the other
/// message stands; giving ours up does not cancel that one.
#[test]
fn who_lost_an_id_is_told_of_its_own_message() {
    let (bed, journals) = (Bed::new(), Journals::new());
    let away = bed.road_with_journal(&journals, Send, Fault::Away);
    let id = Uuid::now_v7();
    bed.fake.script(TO, &[super::fake::Step::Later]);
    let ours = away.send(TO, "away", SendOptions { timeout_ms: Some(90_000), ..with_id(id) });
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    wait("it rests", || away.journalled(id) == Some(State::Queued));
    let there = bed.road();
    let later = SendOptions { not_before: Some(Millis::now().plus(120_000)), ..with_id(id) };
    recorded(&there.try_submit("+12024560002", "there", later).unwrap());
    away.comes_back();
    ours.ask_to_give_up(GiveUp::Deadline);
    match ours.wait(WaitFor::End, Instant::now() + PATIENCE) {
        Waited::Ended(outcome) => {
            assert_eq!(outcome.status, State::Cancelled, "{outcome:?}");
            assert_eq!(outcome.recipient, format!("whatsapp:{TO}"));
            let error = outcome.error.unwrap();
            assert_eq!(error.argument.as_deref(), Some("options_json.id"));
            assert!(error.message.contains(&id.to_string()), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let row = bed.row(id).unwrap().message;
    assert_eq!((row.state, row.body.as_str()), (State::Queued, "there"));
    assert_eq!((bed.by_words("there").0, bed.queued()), (id, 1));
}
