//! The rule of who goes next, instant by instant.

mod bed;
mod overload;
mod property;

use super::*;
use crate::message::Priority::{High, Low, Normal};
use bed::{Bed, ms, sender};

#[test]
fn messages_go_at_the_pace_in_the_order_of_their_age() {
    let mut bed = Bed::new(ms(100), None, 64);
    // A message that was put back joins last, and is the oldest.
    let ids: Vec<u64> = [5, 6, 7, 1].into_iter().map(|age| bed.enter("a", Normal, age)).collect();
    let other = bed.enter("b", Normal, 9);
    bed.advance(1_000);
    // The first was alone when its slot began.
    assert_eq!(bed.log(), [(0, ids[0]), (0, other), (100, ids[3]), (200, ids[1]), (300, ids[2])]);
}

#[test]
fn high_goes_before_low() {
    let mut bed = Bed::new(ms(100), None, 64);
    let low: Vec<u64> = (0..600).map(|age| bed.enter("a", Low, age)).collect();
    bed.advance(250);
    let normal = bed.enter("a", Normal, 700);
    let high = bed.enter("a", High, 800);
    bed.advance(400);
    assert_eq!(
        bed.log(),
        [(0, low[0]), (100, low[1]), (200, low[2]), (300, high), (400, normal), (500, low[3]), (600, low[4])]
    );
}

#[test]
fn who_gives_up_frees_its_place() {
    let mut bed = Bed::new(ms(100), None, 64);
    let ids: Vec<u64> = (0..549).map(|age| bed.enter("a", Normal, age)).collect();
    for id in &ids[1..] {
        assert!(bed.leave(*id));
        assert!(!bed.leave(*id), "it has left already");
    }
    let next = bed.enter("a", Normal, 600);
    bed.advance(1_000);
    assert_eq!(bed.log(), [(0, ids[0]), (100, next)]);
}

#[test]
fn a_new_pace_holds_from_the_next_slot() {
    let mut bed = Bed::new(ms(1_000_000), None, 64);
    for age in 0..4 {
        bed.enter("a", Normal, age);
    }
    bed.advance(1_000);
    bed.change(ms(100));
    bed.advance(150);
    bed.change(ms(2_000));
    bed.advance(5_000);
    assert_eq!(bed.times(), [0, 1_000, 1_100, 3_100]);
}

#[test]
fn a_stall_saves_no_slots_up() {
    let mut bed = Bed::new(ms(100), None, 16);
    for age in 0..200 {
        bed.enter("a", Normal, age);
    }
    // Sixteen requests, none of which ends for eight seconds.
    bed.advance(9_500);
    assert_eq!(bed.times().len(), 16);
    bed.end_all();
    bed.advance(1_000);
    let after: Vec<u64> = bed.times().into_iter().filter(|at| *at > 2_000).collect();
    assert_eq!(after, [9_500, 9_600, 9_700, 9_800, 9_900, 10_000, 10_100, 10_200, 10_300, 10_400, 10_500]);
}

#[test]
fn a_recipient_that_must_wait_does_not_stand_in_the_way() {
    let pair = Limit { interval: ms(6_000), burst: 45 };
    let mut bed = Bed::new(ms(10), Some(pair), 1_000);
    for age in 0..100 {
        bed.enter_to("a", "one", Normal, age);
    }
    let other = bed.enter_to("a", "another", Low, 200);
    let from_another = bed.enter_to("b", "one", Normal, 300);
    bed.advance(1_000);
    assert!(bed.log().contains(&(450, other)), "{:?}", bed.log());
    assert!(bed.log().contains(&(0, from_another)), "a pair is of one sender");
    assert_eq!(bed.times().len(), 45 + 2);
    bed.advance(400_000);
    let to_one: Vec<u64> = bed.times().into_iter().skip(47).collect();
    let paid_off: Vec<u64> = (1..=55).map(|n| n * 6_000).collect();
    assert_eq!(to_one, paid_off);
}

#[test]
fn of_one_pair_too_the_highest_goes_first() {
    let mut bed = Bed::new(ms(0), Some(Limit { interval: ms(6_000), burst: 1 }), 1_000);
    let first = bed.enter_to("a", "one", Low, 1);
    let low = bed.enter_to("a", "one", Low, 2);
    let high = bed.enter_to("a", "one", High, 3);
    let gone = bed.enter_to("a", "one", High, 2);
    bed.advance(3_000);
    bed.leave(gone);
    bed.advance(20_000);
    assert_eq!(bed.log(), [(0, first), (6_000, high), (12_000, low)]);
}

#[test]
fn who_waits_for_a_slow_sender_holds_no_request() {
    let mut bed = Bed::new(ms(10_000), None, 2);
    for age in 0..50 {
        bed.enter("slow", Normal, age);
    }
    let other = bed.enter("b", Normal, 100);
    assert_eq!(bed.log(), [(0, 1), (0, other)]);
}

#[test]
fn free_requests_go_to_the_highest_and_then_to_who_waited_longest() {
    let mut bed = Bed::new(ms(100), None, 1);
    let first = bed.enter("a", Normal, 0);
    let low = bed.enter("b", Low, 0);
    bed.advance(50);
    let late = bed.enter("c", Normal, 0);
    bed.advance(10);
    let later = bed.enter("d", Normal, 0);
    let high = bed.enter("e", High, 0);
    for _ in 0..5 {
        bed.advance(1);
        bed.end_all();
    }
    let order: Vec<u64> = bed.log().into_iter().map(|(_, id)| id).collect();
    assert_eq!(order, [first, high, late, later, low]);
}

#[test]
fn look_ups_leave_most_requests_to_messages() {
    let mut bed = Bed::new(ms(0), None, 64);
    for age in 0..1_447 {
        bed.enter_lane(Lane::LookUps, None, Normal, age, None);
    }
    bed.advance(60_000);
    assert_eq!(bed.times(), [0, 100, 200, 300, 400, 500, 600, 700], "an eighth of 64");
    bed.enter("a", Normal, 0);
    assert_eq!(bed.times().len(), 9);
    bed.end_all();
    bed.advance(500);
    assert_eq!(bed.times()[9..], [60_000, 60_100, 60_200, 60_300, 60_400, 60_500]);
}

#[test]
fn what_can_go_at_once_goes_at_once() {
    let mut bed = Bed::new(ms(100), Some(Limit { interval: ms(6_000), burst: 1 }), 3);
    assert!(bed.take_now("a", "one"));
    assert!(!bed.take_now("a", "two"), "its slot is used");
    assert!(bed.take_now("b", "one"), "another sender");
    bed.advance(100);
    assert!(!bed.take_now("a", "one"), "the pair must wait");
    let waits = bed.enter_to("a", "one", Normal, 0);
    assert!(bed.take_now("a", "two"), "who waits could not have the slot");
    assert!(!bed.take_now("c", "one"), "no request is free");
    bed.end_all();
    bed.advance(100);
    let queued = bed.enter_to("a", "three", Normal, 0);
    bed.enter_to("a", "four", Normal, 0);
    assert_eq!(bed.log(), [(200, queued)]);
    bed.advance(99);
    assert!(!bed.take_now("a", "five"), "others wait");
    bed.advance(10_000);
    assert!(bed.log().contains(&(6_000, waits)));
}

#[test]
fn too_late_is_not_sent_on() {
    let mut bed = Bed::new(ms(100), None, 64);
    let first = bed.enter("a", Normal, 0);
    let late = bed.enter_lane(sender("a"), None, Normal, 1, Some(50));
    let last = bed.enter("a", Normal, 2);
    bed.advance(300);
    assert_eq!(bed.log(), [(0, first), (100, last)], "its slot goes to the next one");
    assert!(bed.was_sent_away(late));
}

#[test]
fn what_is_idle_is_forgotten() {
    let mut bed = Bed::new(ms(0), Some(Limit { interval: ms(6_000), burst: 45 }), usize::MAX);
    for number in 0..20_000 {
        assert!(bed.take_now("a", &format!("person {number}")));
        assert!(bed.take_now(&format!("sender {number}"), "one"));
        bed.end_all();
        bed.advance(10);
    }
    // What the last six seconds used, and as many again between two clearings.
    assert!(bed.schedule.lanes.len() <= 2 * 700, "{}", bed.schedule.lanes.len());
    let pairs = bed.schedule.lanes.get(&sender("a")).map(|state| state.queue.pairs_known());
    assert!(pairs.is_some_and(|pairs| pairs <= 2_048), "{pairs:?}");
}

#[test]
fn all_who_wait_go() {
    let mut bed = Bed::new(ms(1), Some(Limit { interval: ms(6_000), burst: 45 }), 64);
    for number in 0..2_000 {
        bed.enter_to("a", &format!("person {}", number % 100), Normal, number);
    }
    for _ in 0..4_000 {
        bed.advance(1);
        bed.end_all();
    }
    assert_eq!(bed.times().len(), 2_000);
}
