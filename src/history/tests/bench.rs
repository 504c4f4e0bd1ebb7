//! How fast the stores write; run by hand, in release:
//! `cargo test --release --lib history::tests::bench -- --ignored --nocapture`.

use super::bed::*;
use super::bed_questions::worker;
use crate::events::Event;
use crate::history::outcome_of;
use crate::history::record::*;
use crate::history::store::Connection;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What one thread of this process has used of a processor.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0);
    Duration::from_nanos(nanos)
}

fn run(connection: &mut dyn Connection, batch: usize, time: Duration) -> (usize, Duration, Duration) {
    let own = Uuid::now_v7();
    connection.renew(&worker(own)).unwrap();
    let (begun, processor) = (Instant::now(), processor_time());
    let mut messages = 0;
    while begun.elapsed() < time {
        let records: Vec<Record> = (0..batch).map(|_| sending(usual(), own)).collect();
        let ends: Vec<Write> = records.iter().map(|record| write_settlement(end_of(record, own))).collect();
        let records: Vec<Write> = records.into_iter().map(write_record).collect();
        for writes in [records, ends] {
            let written = connection.commit(&writes).unwrap();
            assert!(written.iter().all(|written| *written == Written::Done));
        }
        messages += batch;
    }
    (messages, begun.elapsed(), processor_time().saturating_sub(processor))
}

/// A message as the library makes them: its content is its text.
fn usual() -> MessageRow {
    let row = message();
    MessageRow { content: format!(r#"{{"type":"text","text":"{}"}}"#, row.body), ..row }
}

/// The end of a message as the library writes it: with the event that it makes.
fn end_of(record: &Record, own: Uuid) -> Settlement {
    let end = Settlement { owner: Some(own), at_once: true, ..accepted(record.message.id) };
    let row = MessageRow {
        state: end.state,
        version: end.version,
        provider_message_id: end.provider_message_id.clone(),
        response: end.response.clone(),
        ..record.message.clone()
    };
    let event = Event::about_message(&row.account_key, row.id, row.version, outcome_of(&row), end.at);
    Settlement { event: Some(event), ..end }
}

/// How far the server's log has come.
fn log_place(bed: &Bed) -> i64 {
    let sql = "SELECT CAST(pg_current_wal_lsn() - '0/0' AS bigint)";
    bed.server.as_ref().map_or(0, |server| server.sql(sql)[0][0].as_deref().unwrap().parse().unwrap())
}

/// What all processes of the server have used of a processor.
fn server_time(bed: &Bed) -> Duration {
    let Some(server) = &bed.server else { return Duration::ZERO };
    let pids = server.sql("SELECT pid FROM pg_stat_activity");
    let nanos = |pid: &String| -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
        stat.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0)
    };
    Duration::from_nanos(pids.iter().flatten().flatten().map(nanos).sum())
}

fn report(bed: &Bed) {
    let seconds = std::env::var("WA_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let mut connection = bed.connect();
    println!("{}", connection.describe().unwrap());
    for batch in [1, 32, 64, 500] {
        run(connection.as_mut(), batch, Duration::from_millis(300));
        let (place, of_server) = (log_place(bed), server_time(bed));
        let (messages, took, processor) = run(connection.as_mut(), batch, Duration::from_secs(seconds));
        let of_server = server_time(bed).saturating_sub(of_server);
        println!(
            "{} batch {batch}: {:.0} messages/s recorded and settled, {:.1} us of this thread's processor time each, \
             {:.1} of the server's, {:.0} bytes of its log",
            bed.store.name(),
            messages as f64 / took.as_secs_f64(),
            processor.as_secs_f64() * 1e6 / messages as f64,
            of_server.as_secs_f64() * 1e6 / messages as f64,
            (log_place(bed) - place) as f64 / messages as f64,
        );
    }
    if let Some(server) = &bed.server {
        let sql = format!(
            "SELECT relname, n_tup_ins, n_tup_upd, n_tup_hot_upd, n_tup_del, pg_size_pretty(pg_total_relation_size(relid)) \
             FROM pg_stat_user_tables WHERE schemaname = '{}' AND n_tup_ins > 0 ORDER BY 1",
            server.schema
        );
        // The server gathers its figures with a delay.
        drop(connection);
        std::thread::sleep(Duration::from_secs(2));
        for row in server.sql(&sql) {
            let row: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
            println!(
                "  {} inserted {} updated {} (hot {}) deleted {} size {}",
                row[0], row[1], row[2], row[3], row[4], row[5]
            );
        }
    }
}

#[test]
#[ignore = "a measurement, run by hand"]
fn sqlite() {
    report(&Bed::sqlite());
}

#[test]
#[ignore = "a measurement, run by hand"]
fn postgres() {
    if let Some(bed) = Bed::postgres() {
        report(&bed);
    }
}
