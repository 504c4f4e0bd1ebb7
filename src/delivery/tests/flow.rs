//! Pace and room: who goes when there is more than can go, and what takes up
//! no room while it waits.

use super::bed::{Bed, MOST_REQUESTS, PATIENCE, Road, ended, patient, recorded, retry, timeout, wait};
use super::fake::Step::{Drop, HoldTaken, Later, Limit, Lose, Take};
use crate::delivery::{GiveUp, Phase, ROOM, Ticket, WaitFor, Waited};
use crate::message::clock::Millis;
use crate::message::{Priority, SendOptions, State};
use crate::provider::PairLimit;
use crate::settings::Retry;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TO: &str = "+12024560001";

fn number(last: usize) -> String {
    format!("+1202456{last:04}")
}

fn with_priority(priority: Priority) -> SendOptions {
    SendOptions { priority, ..SendOptions::default() }
}

/// Calls that wait at most a second, one every so many milliseconds.
fn calls(road: &Road, count: usize, every: u64) -> Vec<Arc<Ticket>> {
    let began = Instant::now();
    (0..count)
        .map(|call| {
            let at = began + Duration::from_millis(every * call as u64);
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
            road.send(&number(call), "a code", timeout(1_000))
        })
        .collect()
}

/// Three seconds of twice the pace, then calls at the pace and at half of it.
/// A moment in which the machine stands still costs the calls of that moment:
/// then the whole is done once more. A pace that is wrong is so each time.
#[test]
fn an_overload_ends_when_it_is_over() {
    const ROUNDS: usize = 4;
    for every in [25, 50] {
        let mut seen = Vec::new();
        let went_well = (0..ROUNDS).any(|_| {
            let bed = Bed::new();
            let road = bed.road_with(retry(), Some(40.0));
            let overload = calls(&road, 240, 12);
            let after = calls(&road, 100, every);
            let accepted =
                |calls: &[Arc<Ticket>]| calls.iter().filter(|call| ended(call) == State::Accepted).count();
            let (during, after) = (accepted(&overload), accepted(&after));
            seen.push((during, after));
            during >= 90 && after >= 99
        });
        assert!(
            went_well,
            "of 240 in an overload of twice the pace, and of 100 after it, one every {every} ms: {seen:?}"
        );
    }
}

#[test]
fn who_is_cancelled_frees_its_place() {
    let bed = Bed::new();
    let road = bed.road_with(retry(), Some(1.0));
    let tickets: Vec<_> = (0..100).map(|n| road.submit(&number(n), "queued")).collect();
    for ticket in &tickets[1..] {
        recorded(ticket);
        ticket.ask_to_give_up(GiveUp::Cancelled);
    }
    for ticket in &tickets[1..] {
        assert_eq!(ended(ticket), State::Cancelled);
    }
    // Its slot is one of the next: it does not wait for a hundred others.
    assert_eq!(ended(&road.submit(TO, "the next")), State::Accepted);
    assert_eq!(bed.fake.sent().len(), 2);
}

#[test]
fn a_new_pace_helps_those_who_wait() {
    let bed = Bed::new();
    let road = bed.road_with(retry(), Some(0.001));
    let tickets: Vec<_> = (0..20).map(|n| road.submit(&number(n), "queued")).collect();
    for ticket in &tickets {
        recorded(ticket);
    }
    road.delivery.pacer.change(Some(1_000.0));
    for ticket in &tickets {
        assert_eq!(ended(ticket), State::Accepted);
    }
}

#[test]
fn high_goes_before_low() {
    let bed = Bed::new();
    let road = bed.road_with(retry(), Some(2.0));
    let first = road.submit(&number(0), "takes the slot");
    let low: Vec<_> =
        (1..60).map(|n| road.try_submit(&number(n), "low", with_priority(Priority::Low)).unwrap()).collect();
    for ticket in &low {
        recorded(ticket);
    }
    let high = road.try_submit(&number(60), "high", with_priority(Priority::High)).unwrap();
    assert_eq!((ended(&first), ended(&high)), (State::Accepted, State::Accepted));
    // Seconds long, the low ones could have gone.
    let before = bed.fake.sent().len();
    assert!(before <= 5, "{before} went before the high one");
}

#[test]
fn after_a_stall_the_pace_holds() {
    let bed = Bed::new();
    let road = bed.road_with(retry(), Some(40.0));
    for n in 0..160 {
        bed.fake.script(&number(n), &[HoldTaken]);
        road.submit(&number(n), "held");
    }
    // As many requests as may be under way, and none of them ends.
    wait("the stall", || bed.fake.sent().len() == MOST_REQUESTS);
    std::thread::sleep(Duration::from_millis(1_500));
    let began = Instant::now();
    bed.fake.open_gate();
    wait("more of them", || bed.fake.sent().len() >= MOST_REQUESTS + 20);
    let more = bed.fake.sent().len() - MOST_REQUESTS;
    let most = began.elapsed().as_secs_f64() * 40.0 + 3.0;
    assert!(more as f64 <= most, "{more} went, where the pace allows {most}");
}

#[test]
fn one_recipient_gets_no_more_than_its_pair_may() {
    let bed = Bed::new();
    bed.fake.limit_pairs(PairLimit { interval: Duration::from_millis(100), burst: 5 });
    let road = bed.road();
    let began = Instant::now();
    let tickets: Vec<_> = (0..15).map(|n| road.submit(TO, &format!("text {n}"))).collect();
    for ticket in &tickets {
        recorded(ticket);
    }
    let other = road.submit(&number(2), "another recipient");
    assert_eq!(ended(&other), State::Accepted);
    assert!(bed.fake.sent_to(TO) < 15, "it waited for them");
    for ticket in &tickets {
        assert_eq!(ended(ticket), State::Accepted);
    }
    assert!(began.elapsed() >= Duration::from_millis(950), "{:?}", began.elapsed());
    assert_eq!(bed.fake.sent_to(TO), 15);
}

#[test]
fn limits_use_up_no_retries() {
    let bed = Bed::new();
    let road = bed.road();
    bed.fake.script(TO, &[Limit, Limit, Limit, Limit, Limit, Limit, Take]);
    let ticket = road.submit(TO, "limited");
    assert_eq!(ended(&ticket), State::Accepted);
    assert_eq!(bed.row(ticket.id).unwrap().attempts.len(), 7);
}

#[test]
fn a_limit_ends_with_the_time_of_the_message() {
    let bed = Bed::new();
    let steps = [Limit; 200];
    let soon = || SendOptions { expires_at: Some(Millis::now().plus(300)), ..SendOptions::default() };
    let road = bed.road_with(Retry { limit: Duration::from_millis(400), ..retry() }, None);
    bed.fake.script(&number(1), &steps);
    bed.fake.script(&number(2), &steps);
    let expires = road.try_submit(&number(1), "limited", soon()).unwrap();
    let has_no_time = road.submit(&number(2), "limited");
    for (ticket, to) in [(expires, number(1)), (has_no_time, number(2))] {
        assert_eq!(ended(&ticket), State::Failed);
        assert!(bed.fake.sent_to(&to) < 40, "it went on");
        assert_eq!(bed.queued(), bed.queued().min(1));
    }
}

#[test]
fn a_long_wait_is_spent_in_the_database() {
    let bed = Bed::new();
    let road = bed.road();
    bed.fake.script(TO, &[Later, Limit, Later, Limit, Take]);
    let ticket = road.submit(TO, "later");
    wait("it leaves", || matches!(ticket.look().1, Phase::Left(_)) && road.delivery.live.count() == 0);
    assert_eq!(road.delivery.room.available_permits(), ROOM);
    let row = "SELECT worker IS NULL AND not_before > ?1 FROM wa_queue";
    let is_nobodys =
        |at: Millis| bed.sql().query_row(row, [at.0], |row| row.get::<_, bool>(0)).unwrap_or_default();
    assert!(is_nobodys(Millis::now().plus(50_000)));
    road.look_for_work();
    assert_eq!((road.delivery.live.count(), bed.fake.sent_to(TO)), (0, 1), "before its time");
    // Any worker takes it when it is due; two of its attempts used up a retry.
    let heir = bed.heir();
    for _ in 0..2 {
        bed.sql().execute("UPDATE wa_queue SET not_before = 0", []).unwrap();
        heir.look_for_work();
        wait("its next attempts", || heir.delivery.live.count() == 0);
    }
    assert_eq!(bed.state(ticket.id), State::Accepted);
    let row = bed.row(ticket.id).unwrap();
    assert_eq!((row.attempts.len(), row.message.attempts, bed.queued()), (5, 5, 0));
    // Who waits is sent to the row.
    let waited = ticket.wait(WaitFor::End, Instant::now() + PATIENCE);
    assert!(matches!(waited, Waited::Closed(_)), "{waited:?}");
}

#[test]
fn a_call_keeps_its_message_at_hand() {
    let bed = Bed::new();
    let road = bed.road_with(Retry { wait: Duration::from_secs(11), ..retry() }, None);
    bed.fake.script(TO, &[super::fake::Step::Busy]);
    let ticket = road.send(TO, "a code", timeout(15_000));
    wait("its first attempt", || bed.row(ticket.id).is_some_and(|row| row.attempts.len() == 1));
    wait("its rest", || matches!(ticket.look().1, Phase::Resting(_)));
    ticket.ask_to_give_up(GiveUp::Cancelled);
    assert_eq!(ended(&ticket), State::Cancelled);
}

#[test]
fn many_unknown_ends_take_up_no_room() {
    let bed = Bed::new();
    let long = Retry { unknown_look: Duration::from_secs(300), ..patient() };
    let road = bed.road_with(long, None);
    for n in 0..500 {
        bed.fake.script(&number(n), &[if n % 2 == 0 { Drop } else { Lose }]);
        road.submit(&number(n), "lost");
    }
    wait("all are unknown", || road.delivery.live.count() == 0);
    assert_eq!(bed.queued(), 500);
    road.look_for_work();
    assert_eq!(road.delivery.room.available_permits(), ROOM);
    assert_eq!(ended(&road.send(&number(600), "a code", timeout(5_000))), State::Accepted);
    assert_eq!(bed.fake.looks(), 0);
}

#[test]
fn look_ups_do_not_come_all_at_once() {
    let bed = Bed::new();
    let road = bed.heir();
    let tickets: Vec<_> = (0..40)
        .map(|n| {
            bed.fake.script(&number(n), &[Lose]);
            road.submit(&number(n), "lost")
        })
        .collect();
    wait("all are unknown", || road.delivery.live.count() == 0);
    std::thread::sleep(Duration::from_millis(60));
    road.look_for_work();
    // They are looked after, and yet a call goes before them.
    assert_eq!(road.delivery.room.available_permits(), ROOM);
    assert_eq!(ended(&road.send(&number(600), "a code", timeout(5_000))), State::Accepted);
    for ticket in &tickets {
        assert_eq!(road.ended(ticket), State::Accepted);
    }
    assert_eq!(bed.fake.looks(), 40);
    let most = bed.fake.most_looking();
    assert!(most <= MOST_REQUESTS / 8, "{most} at once");
}
