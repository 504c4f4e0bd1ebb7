//! Whatever happens: the pace, the order and the number of requests hold.

use super::bed::{Bed, ms};
use crate::delivery::pacing::gate::Limit;
use crate::message::Priority;
use proptest::prelude::*;
use std::collections::HashMap;

#[derive(Debug, Clone)]
enum Step {
    Enter { sender: u8, person: u8, priority: Priority, age: i64 },
    Leave(u64),
    Pass(u64),
    End,
    TakeNow { sender: u8, person: u8 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let priority = prop_oneof![Just(Priority::High), Just(Priority::Normal), Just(Priority::Low)];
    let step = prop_oneof![
        8 => (0..3u8, 0..4u8, priority, 0..50i64)
            .prop_map(|(sender, person, priority, age)| Step::Enter { sender, person, priority, age }),
        2 => (0..200u64).prop_map(Step::Leave),
        4 => (1..900u64).prop_map(Step::Pass),
        2 => Just(Step::End),
        1 => (0..3u8, 0..4u8).prop_map(|(sender, person)| Step::TakeNow { sender, person }),
    ];
    prop::collection::vec(step, 1..200)
}

struct Message {
    sender: u8,
    person: u8,
    rank: (i16, i64, u64),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pace_order_and_number_of_requests_hold(steps in steps()) {
        const MOST: usize = 5;
        let (interval, pair) = (100, Limit { interval: ms(1_000), burst: 3 });
        let mut bed = Bed::new(ms(interval), Some(pair), MOST);
        let mut messages: HashMap<u64, Message> = HashMap::new();
        let mut left = 0;
        let mut went: Vec<(u64, u8, u8)> = Vec::new();
        for step in steps {
            match step {
                Step::Enter { sender, person, priority, age } => {
                    let id = bed.enter_to(&sender.to_string(), &person.to_string(), priority, age);
                    messages.insert(id, Message { sender, person, rank: (priority as i16, age, id) });
                }
                Step::Leave(id) => left += usize::from(bed.leave(id)),
                Step::Pass(millis) => bed.advance(millis),
                Step::End => bed.end_all(),
                Step::TakeNow { sender, person } => {
                    if bed.take_now(&sender.to_string(), &person.to_string()) {
                        went.push((bed.time(), sender, person));
                    }
                }
            }
            prop_assert!(bed.under_way() <= MOST);
            // Of one pair, nobody waits who comes before one that went in this
            // very moment and joined later.
            for (_, id) in bed.log().into_iter().filter(|(at, _)| *at == bed.time()) {
                let one = &messages[&id];
                for (other, waits) in &messages {
                    let same = waits.sender == one.sender && waits.person == one.person;
                    if same && *other < id && bed.is_waiting(*other) {
                        prop_assert!(waits.rank > one.rank, "{other} waits behind {id}");
                    }
                }
            }
        }
        // All who did not leave go in the end.
        for _ in 0..1_000 {
            bed.advance(100);
            bed.end_all();
        }
        prop_assert_eq!(bed.log().len() + left, messages.len());
        went.extend(bed.log().into_iter().map(|(at, id)| (at, messages[&id].sender, messages[&id].person)));
        went.sort_unstable();
        for sender in 0..3 {
            let times: Vec<u64> = went.iter().filter(|w| w.1 == sender).map(|w| w.0).collect();
            prop_assert!(times.windows(2).all(|w| w[1] - w[0] + 20 >= interval), "{times:?}");
            for person in 0..4 {
                let of_pair = went.iter().filter(|w| w.1 == sender && w.2 == person);
                let times: Vec<u64> = of_pair.map(|w| w.0).collect();
                prop_assert!(times.windows(4).all(|w| w[3] - w[0] + 20 >= 1_000), "{times:?}");
            }
        }
    }
}
