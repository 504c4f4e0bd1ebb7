//! Several processes on the same tables.

use super::bed::{Bed, patient, recorded, retry, timeout, wait};
use super::fake::Step::{Busy, Drop, Hang, HoldBusy, HoldTaken, Lose, Take};
use crate::delivery::ROOM;
use crate::message::clock::Millis;
use crate::message::{SendOptions, State};
use crate::settings::Retry;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const TO: &str = "+12024560001";

#[test]
fn a_dead_workers_messages_are_taken_over() {
    // What the dead one had sent, and what the next one makes of it.
    for (name, first, next, end, taken) in [
        ("answer lost", HoldTaken, Take, State::Accepted, 1),
        ("request lost", Hang, Take, State::Accepted, 1),
        ("request lost, busy", Hang, Busy, State::Accepted, 1),
    ] {
        let bed = Bed::new();
        let mut dead = bed.road();
        bed.fake.script(TO, &[first, next]);
        let id = dead.submit(TO, name).id;
        wait("it is sent", || bed.fake.sent_to(TO) == 1);
        dead.dies();
        let heir = bed.heir();
        heir.look_for_work();
        assert_eq!(
            bed.holder(),
            dead.delivery.context.worker.id.to_string(),
            "{name}: taken from a living worker"
        );
        bed.time_passes(&dead);
        heir.brings(id, end);
        assert_eq!(bed.fake.taken(TO), taken, "{name}");
        wait("the queue is empty", || bed.queued() == 0);
        let row = bed.row(id).unwrap();
        assert_eq!(row.attempts.len(), row.message.attempts as usize, "{name}");
        assert_eq!(bed.told(id).first().map(String::as_str), Some("unknown"), "{name}");
        assert_eq!(bed.told(id).last().map(String::as_str), Some(end.name()), "{name}");
    }
}

#[test]
fn a_panic_while_taking_over_leaves_the_message_to_the_next_look() {
    let bed = Bed::new();
    let mut dead = bed.road();
    bed.fake.script(TO, &[HoldTaken]);
    let id = dead.submit(TO, "taken").id;
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    dead.dies();
    let heir = bed.heir();
    bed.time_passes(&dead);
    bed.fake.panic_at_the_next_look();
    heir.look_for_work();
    let nobodys = "SELECT count(*) FROM wa_queue WHERE state = 20 AND worker IS NULL";
    wait("it is left", || bed.sql().query_row(nobodys, [], |row| row.get::<_, i64>(0)).unwrap() == 1);
    wait("it is found", || {
        heir.look_for_work();
        bed.state(id) == State::Accepted
    });
    assert_eq!((bed.fake.sent_to(TO), bed.fake.taken(TO)), (1, 1));
}

#[test]
fn an_attempt_is_left_alone_while_its_answer_may_come() {
    let bed = Bed::new();
    let mut dead = bed.road();
    bed.fake.script(TO, &[Hang]);
    let id = dead.submit(TO, "young").id;
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    dead.dies();
    // Its lease is over, and its attempt is young.
    let worker = dead.delivery.context.worker.id.to_string();
    bed.sql().execute("UPDATE wa_workers SET alive_until = 0 WHERE worker = ?1", [&worker]).unwrap();
    let heir = bed.heir();
    heir.look_for_work();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!((bed.state(id), bed.fake.looks()), (State::Sending, 0));
}

/// What was claimed waits for its place in memory longer than the lease.
#[test]
fn a_worker_lives_on_while_what_it_claimed_waits_for_room() {
    let bed = Bed::new();
    let mut dead = bed.road();
    let options = SendOptions { not_before: Some(Millis::now().plus(100)), ..SendOptions::default() };
    let id = recorded(&dead.try_submit(TO, "waits for room", options).unwrap());
    dead.dies();
    bed.time_passes(&dead);
    let lease = Duration::from_secs(3);
    let heir = bed.road_leased(bed.store(), retry(), None, lease);
    let (room, held) = (Arc::clone(&heir.delivery.room), Arc::new(Mutex::new(None)));
    let (filled, all) = (Arc::clone(&held), ROOM as u32);
    heir.switch.after_the_next_claim(move || {
        *filled.lock().unwrap() = Some(room.try_acquire_many_owned(all).unwrap());
    });
    let runtime = heir.runtime.as_ref().unwrap();
    runtime.spawn(Arc::clone(&heir.delivery).look_after_the_queue(runtime.handle().clone()));
    wait("it is claimed", || held.lock().unwrap().is_some());
    let ends = std::time::Instant::now() + lease * 2;
    while std::time::Instant::now() < ends {
        let alive_until: i64 = bed
            .sql()
            .query_row(
                "SELECT alive_until FROM wa_workers WHERE worker = ?1",
                [heir.delivery.context.worker.id.to_string()],
                |row| row.get(0),
            )
            .unwrap();
        assert!(alive_until > Millis::now().0, "its lease has ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(bed.fake.sent_to(TO), 0);
    drop(held.lock().unwrap().take());
    bed.wait_for(id, State::Accepted);
    assert_eq!(bed.fake.sent_to(TO), 1);
    heir.stop(crate::delivery::Stop::Drain);
}

#[test]
fn a_dead_workers_waiting_messages_are_sent_once() {
    let bed = Bed::new();
    let mut dead = bed.road();
    let options = SendOptions { not_before: Some(Millis::now().plus(50_000)), ..SendOptions::default() };
    let ids: Vec<_> = (0..40)
        .map(|number| {
            recorded(&dead.try_submit(&format!("+1202456{number:04}"), "waits", options.clone()).unwrap())
        })
        .collect();
    dead.dies();
    bed.time_passes(&dead);
    let heirs = [bed.heir(), bed.heir(), bed.heir()];
    // None was due while the dead one lived, however slow the machine is.
    bed.sql().execute("UPDATE wa_queue SET not_before = ?1", [Millis::now().0]).unwrap();
    std::thread::scope(|scope| {
        for heir in &heirs {
            scope.spawn(|| heir.look_for_work());
        }
    });
    for id in &ids {
        bed.wait_for(*id, State::Accepted);
    }
    assert_eq!((bed.fake.sent().len(), bed.queued()), (ids.len(), 0));
}

#[test]
fn a_call_that_died_is_not_sent_late() {
    let bed = Bed::new();
    // The provider's pace keeps the second one waiting.
    let mut dead = bed.road_with(retry(), Some(0.05));
    dead.submit("+12024560009", "takes the slot");
    let waiting = recorded(&dead.send(TO, "one-time code", timeout(1_500)));
    dead.dies();
    std::thread::sleep(Duration::from_millis(1_600));
    bed.time_passes(&dead);
    let heir = bed.heir();
    heir.look_for_work();
    bed.wait_for(waiting, State::Expired);
    assert_eq!(bed.fake.sent_to(TO), 0);
    assert_eq!(bed.told(waiting), ["expired"]);
}

#[test]
fn a_call_that_died_in_its_attempt_is_not_sent_again() {
    let bed = Bed::new();
    let mut dead = bed.road();
    bed.fake.script(TO, &[Hang]);
    let id = dead.send(TO, "one-time code", timeout(60_000)).id;
    wait("it is sent", || bed.fake.sent_to(TO) == 1);
    dead.dies();
    bed.time_of_calls_passes();
    bed.time_passes(&dead);
    let heir = bed.heir();
    heir.brings(id, State::Failed);
    assert_eq!(bed.fake.sent_to(TO), 1);
}

/// A worker that was frozen for longer than its lease, and wakes up with an
/// answer after another one has taken its message over.
#[test]
fn a_late_answer_sends_nothing() {
    for (name, first, list_hidden) in [
        ("taken, and the list shows it", HoldTaken, false),
        ("taken, and the list hides it", HoldTaken, true),
        ("refused for now", HoldBusy, false),
    ] {
        let bed = Bed::new();
        let frozen = bed.road();
        bed.fake.script(TO, &[first, Take]);
        bed.fake.hide(list_hidden);
        let ticket = frozen.submit(TO, name);
        wait("it is sent", || bed.fake.sent_to(TO) == 1);
        bed.time_passes(&frozen);
        let heir = bed.road_with(Retry { unknown_look: Duration::from_millis(10_700), ..patient() }, None);
        heir.look_for_work();
        bed.wait_for(ticket.id, State::Unknown);
        // The answer comes while the heir waits for its look.
        bed.fake.open_gate();
        wait("the frozen one lets go", || frozen.delivery.live.count() == 0);
        heir.brings(ticket.id, State::Accepted);
        assert_eq!(bed.fake.taken(TO), 1, "{name}: taken twice");
        assert_eq!(bed.queued(), 0, "{name}");
        let row = bed.row(ticket.id).unwrap();
        assert!(row.message.provider_message_id.is_some(), "{name}");
        assert_eq!(row.attempts.len(), row.message.attempts as usize, "{name}");
    }
}

/// The same, but it wakes up before it has sent anything: its intent is too
/// old, and it must not take its message back from the other one.
#[test]
fn a_late_intent_takes_nothing_back() {
    let bed = Bed::new();
    let frozen = bed.road();
    let mut holder = bed.sql();
    let lock = holder.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let id = frozen.submit(TO, "late").id;
    std::thread::sleep(Duration::from_millis(2300));
    // In the moment in which its record is committed, another one takes it.
    drop(lock);
    wait("it is recorded", || bed.row(id).is_some());
    let heir = uuid::Uuid::new_v4().to_string();
    let mut sql = bed.sql();
    let taken = sql.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let moved = taken
        .execute(
            "INSERT INTO wa_queue (message_id, account_key, priority, not_before, state, attempt, worker, epoch) \
             SELECT id, account_key, priority, 0, 20, 1, ?1, 1 FROM wa_messages WHERE worker IS NOT NULL",
            [&heir],
        )
        .unwrap();
    taken.execute("UPDATE wa_messages SET worker = NULL", []).unwrap();
    if moved == 0 {
        // It is back in the queue already.
        taken.execute("UPDATE wa_queue SET worker = ?1, state = 20", [&heir]).unwrap();
    }
    taken.commit().unwrap();
    std::thread::sleep(Duration::from_millis(2500));
    let (worker, state): (String, i64) = bed
        .sql()
        .query_row("SELECT worker, state FROM wa_queue", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    if worker == heir {
        assert_eq!(state, 20);
        assert_eq!(bed.fake.sent_to(TO), 0);
    } else {
        // The frozen one was quicker and had it back before; then it is its own.
        assert_eq!(bed.fake.sent_to(TO), 1);
    }
}

/// Two roads, many messages, one of them dies in the middle.
#[test]
fn two_workers_never_send_the_same() {
    let bed = Bed::new();
    let (mut one, other) = (bed.road(), bed.heir());
    let steps = [[Take, Take], [Lose, Take], [Drop, Take], [Busy, Take]];
    let mut ids = Vec::new();
    for number in 0..120 {
        let to = format!("+1202456{number:04}");
        bed.fake.script(&to, &steps[number % steps.len()]);
        let road = if number % 2 == 0 { &one } else { &other };
        ids.push((to.clone(), road.submit(&to, &format!("text {number}"))));
    }
    for (_, ticket) in &ids {
        recorded(ticket);
    }
    one.dies();
    bed.time_passes(&one);
    wait("the queue is empty", || {
        other.look_for_work();
        std::thread::sleep(Duration::from_millis(50));
        bed.queued() == 0
    });
    for (to, ticket) in &ids {
        assert_eq!(bed.state(ticket.id), State::Accepted, "{to}");
        assert_eq!(bed.fake.taken(to), 1, "{to}");
    }
}

/// A newer version on the same database writes kinds of messages that this one
/// does not know: it leaves them to whoever can read them, but not for ever.
#[test]
fn a_message_that_cannot_be_read_is_left_to_others_and_expires() {
    let bed = Bed::new();
    let road = bed.road();
    let options = SendOptions {
        not_before: Some(Millis::now().plus(120_000)),
        expires_at: Some(Millis::now().plus(600_000)),
        ..SendOptions::default()
    };
    let [lasting, expiring] = [None, options.expires_at].map(|expires_at| {
        recorded(&road.try_submit(TO, "far", SendOptions { expires_at, ..options.clone() }).unwrap())
    });
    let sql = bed.sql();
    sql.execute("UPDATE wa_messages SET content = '{\"type\":\"hologram\"}'", []).unwrap();
    sql.execute("UPDATE wa_queue SET not_before = 0", []).unwrap();
    road.look_for_work();
    let free = "SELECT count(*) FROM wa_queue WHERE worker IS NULL AND state = 0 AND not_before > 0";
    wait("both are left", || sql.query_row(free, [], |row| row.get::<_, i64>(0)).unwrap() == 2);
    // It is not taken again and again.
    let due = "SELECT min(not_before) FROM wa_queue WHERE message_id = ?1";
    let due: i64 = sql.query_row(due, [lasting.to_string()], |row| row.get(0)).unwrap();
    assert!(due > Millis::now().0 + 5_000, "it is due at once");
    // As if its time were over.
    let id = [expiring.to_string()];
    sql.execute("UPDATE wa_messages SET expires_at = 1 WHERE id = ?1", id.clone()).unwrap();
    sql.execute("UPDATE wa_queue SET expires_at = 1, not_before = 0 WHERE message_id = ?1", id.clone())
        .unwrap();
    wait("it has expired", || {
        road.look_for_work();
        bed.state(expiring) == State::Expired
    });
    assert_eq!(bed.told(expiring), ["expired"]);
    assert_eq!((bed.state(lasting), bed.told(lasting).len()), (State::Queued, 0));
    // Whoever can read it sends it.
    sql.execute("UPDATE wa_messages SET content = '{\"type\":\"text\",\"text\":\"x\"}'", []).unwrap();
    wait("it is sent", || {
        sql.execute("UPDATE wa_queue SET not_before = 0 WHERE worker IS NULL", []).unwrap();
        road.look_for_work();
        bed.state(lasting) == State::Accepted
    });
}
