//! Ids that hosts choose: of two messages with one id, one is sent.

use super::bed::{Bed, PATIENCE, Road, retry};
use super::fake::Fake;
use crate::delivery::{WaitFor, Waited};
use crate::history::tests::bed::{Bed as Tables, odbc};
use crate::history::{Store, in_file};
use crate::message::clock::Millis;
use crate::message::{SendOptions, Status};
use std::process::{Command, Stdio};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use uuid::Uuid;

const IDS: usize = 200;

/// Gives both roads the same id and recipient at the same moment, again and
/// again. Returns what is wrong.
fn race(roads: &[Road; 2], fake: &Fake) -> Vec<String> {
    let start = Barrier::new(2);
    let ids: Vec<Uuid> = (0..IDS).map(|_| Uuid::new_v4()).collect();
    let run = |road: &Road, own: usize| -> Vec<Waited> {
        let mut waited = Vec::with_capacity(IDS);
        for (number, id) in ids.iter().enumerate() {
            // Of every second pair the texts differ.
            let words = if number % 2 == 0 { "the same".to_owned() } else { format!("by {own}") };
            let options = SendOptions { id: Some(*id), ..SendOptions::default() };
            start.wait();
            let ticket = road.try_submit(&to(number), &words, options).unwrap();
            waited.push(ticket.wait(WaitFor::Progress, Instant::now() + PATIENCE));
        }
        waited
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let other = scope.spawn(|| run(&roads[1], 1));
        first = run(&roads[0], 0);
        second = other.join().unwrap();
    });
    let mut wrong = Vec::new();
    for (number, pair) in first.iter().zip(&second).enumerate() {
        let refused = |waited: &Waited| match waited {
            Waited::Refused(error) => error.status == Status::Argument,
            _ => false,
        };
        let sent = fake.sent_to(&to(number));
        if sent != 1 || refused(pair.0) == refused(pair.1) {
            wrong.push(format!("{number}: sent {sent} times, {pair:?}"));
        }
    }
    wrong
}

fn to(number: usize) -> String {
    format!("+1202456{number:04}")
}

#[test]
fn of_equal_ids_one_is_sent() {
    let bed = Bed::new();
    let wrong = race(&[bed.road(), bed.road()], &bed.fake);
    assert_eq!(wrong.len(), 0, "{}", wrong[0]);
}

#[test]
fn of_equal_ids_one_is_sent_with_postgres() {
    let Some(tables) = Tables::postgres() else { return };
    let bed = Bed::new();
    let road = || bed.road_over(tables.store.clone(), retry(), None);
    let wrong = race(&[road(), road()], &bed.fake);
    assert_eq!(wrong.len(), 0, "{}", wrong[0]);
}

/// How many ids two processes are given.
const MANY: usize = 2000;
/// The tables that a process of the test works on.
const TABLES: &str = "WA_TEST_IDS_TABLES";
/// When it begins, in milliseconds since 1970.
const START: &str = "WA_TEST_IDS_START";

/// Not a test of its own: one of the two processes. It is given each id at the
/// same moment as the other, and says which of them it sent.
#[test]
fn one_of_two_processes() {
    let Ok(tables) = std::env::var(TABLES) else { return };
    let start: i64 = std::env::var(START).unwrap().parse().unwrap();
    let bed = Bed::new();
    let store: Arc<dyn Store> = match tables.split_once('\n') {
        Some((schema, connection_string)) => Arc::new(odbc(connection_string, schema)),
        None => in_file(tables.into(), "wa_", Duration::from_secs(30)),
    };
    let road = bed.road_over(store, retry(), None);
    let mut tickets = Vec::with_capacity(MANY);
    for number in 0..MANY {
        let at = Millis(start + 2 * number as i64);
        while Millis::now() < at {
            std::thread::sleep(Duration::from_micros(100));
        }
        let id = Uuid::from_u128((start as u128) << 64 | number as u128);
        let options = SendOptions { id: Some(id), ..SendOptions::default() };
        tickets.push(road.try_submit(&to(number), "the same", options).unwrap());
    }
    for (number, ticket) in tickets.iter().enumerate() {
        ticket.wait(WaitFor::Progress, Instant::now() + PATIENCE);
        println!("ID {number} {}", bed.fake.sent_to(&to(number)));
    }
}

/// How often each id was sent, by both processes together.
fn sent_by_two_processes(tables: &str) -> Vec<usize> {
    let start = Millis::now().0 + 1500;
    let processes: Vec<_> = (0..2)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "delivery::tests::ids::one_of_two_processes", "--nocapture"])
                .env(TABLES, tables)
                .env(START, start.to_string())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut sent = vec![0; MANY];
    for process in processes {
        let output = process.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        let mut told = 0;
        for line in text.lines().filter_map(|line| line.split_once("ID ")) {
            let (number, times) = line.1.split_once(' ').unwrap();
            sent[number.parse::<usize>().unwrap()] += times.parse::<usize>().unwrap();
            told += 1;
        }
        assert_eq!(told, MANY);
    }
    sent
}

#[test]
fn of_ids_given_to_two_processes_one_is_sent() {
    let bed = Bed::new();
    drop(bed.road());
    let sent = sent_by_two_processes(bed.path().to_str().unwrap());
    let wrong: Vec<_> = sent.iter().enumerate().filter(|(_, times)| **times != 1).collect();
    assert!(wrong.is_empty(), "{} of {MANY}: {:?}", wrong.len(), wrong[0]);
    let rows: i64 = bed
        .sql()
        .query_row("SELECT count(*) FROM wa_messages WHERE state = 30", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, MANY as i64);
}

#[test]
fn of_ids_given_to_two_processes_one_is_sent_with_postgres() {
    let Some(tables) = Tables::postgres() else { return };
    drop(tables.connect());
    let server = tables.server();
    let sent = sent_by_two_processes(&format!("{}\n{}", server.schema, server.connection_string));
    let wrong: Vec<_> = sent.iter().enumerate().filter(|(_, times)| **times != 1).collect();
    assert!(wrong.is_empty(), "{} of {MANY}: {:?}", wrong.len(), wrong[0]);
    assert_eq!(server.count("messages"), MANY);
}
