//! The calls on the history as a whole, through a client on a file.

use super::super::Client;
use crate::history::tests::bed::{accepted, message, queued, sending};
use crate::history::{Kept, MessageRow, Record, Settlement, Write, outcome_of};
use crate::message::{State, Status};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use uuid::Uuid;

const LONG: Duration = Duration::from_secs(60);

fn client(folder: &Path, more: &[(&str, &str)]) -> Arc<Client> {
    let mut settings = json!({
        "twilio": {
            "account_sid": "AC00000000000000000000000000000001",
            "auth_token": "0123456789abcdef0123456789abcdef",
            "from": "+14155238886",
            "base_url": "http://127.0.0.1:1",
        },
        "history": {"file": folder.join("wa.db")},
    });
    for (key, value) in more {
        settings["history"][*key] = (*value).into();
    }
    Client::configure(&settings.to_string()).unwrap()
}

fn write(client: &Client, write: Write) {
    let (reply, answer) = sync_channel(1);
    client.context.writer.write(write, Box::new(move |result| reply.send(result).unwrap()));
    answer.recv_timeout(LONG).unwrap().unwrap();
}

/// A message of this client's account that was accepted.
fn told(client: &Client, body: &str) -> Uuid {
    let mut row = message();
    row.account_key = client.context.worker.account_key.clone();
    row.body = body.to_owned();
    tell(client, row)
}

fn tell(client: &Client, row: MessageRow) -> Uuid {
    let id = row.id;
    let mut after = row.clone();
    after.state = State::Accepted;
    let event =
        crate::events::Event::about_message(&row.account_key, id, 2, outcome_of(&after), row.updated_at);
    let record = Record { queue: None, ..sending(row, Uuid::now_v7()) };
    write(client, Write::Record(Box::new(record)));
    write(client, Write::Settle(Box::new(Settlement { event: Some(event), ..accepted(id) })));
    id
}

fn ids(messages: &[crate::history::HistoryMessage]) -> Vec<String> {
    messages.iter().map(|message| message.outcome.id.clone()).collect()
}

#[test]
fn a_cursor_belongs_to_its_question() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(folder.path(), &[]);
    let there: Vec<Uuid> = (0..5).map(|at| told(&client, &format!("text {at}"))).collect();
    let first = client.history(Some(r#"{"contact_id":"contact-1","limit":2}"#)).unwrap();
    assert_eq!(first.messages.len(), 2);
    let cursor = first.next.unwrap();
    let again = format!(r#"{{"contact_id":"contact-1","limit":3,"timeout_ms":5000,"cursor":"{cursor}"}}"#);
    let second = client.history(Some(&again)).unwrap();
    assert_eq!(ids(&second.messages), there[..3].iter().rev().map(Uuid::to_string).collect::<Vec<_>>());
    let mut forged = cursor.clone();
    forged.replace_range(2..3, "9");
    for query in [
        json!({"cursor": cursor}),
        json!({"contact_id": "contact-1", "cursor": cursor, "order": "oldest"}),
        json!({"contact_id": "contact-1", "cursor": cursor, "status": ["failed"]}),
        json!({"contact_id": "contact-1", "cursor": forged}),
        json!({"contact_id": "contact-1", "cursor": "1234"}),
        json!({"contact_id": "contact-1", "cursor": "2-1"}),
        json!({"contact_id": "contact-1", "cursor": ""}),
        json!({"contact_id": "contact-1", "cursor": "' OR 1=1"}),
    ] {
        let error = client.history(Some(&query.to_string())).unwrap_err();
        assert_eq!((error.status, error.argument.as_deref()), (Status::Argument, Some("query_json.cursor")));
        assert!(error.hint.is_some(), "{query}: {error}");
    }
    client.close(LONG);
}

#[test]
fn the_settings_say_whose_messages_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    for (key, value) in [("accounts", "mine"), ("content", "some")] {
        let settings = json!({
            "twilio": {"account_sid": "AC00000000000000000000000000000001", "auth_token": "token", "from": "+14155238886"},
            "history": {"file": folder.path().join("wa.db"), key: value},
        });
        let error = Client::configure(&settings.to_string()).err().unwrap();
        assert_eq!(error.argument, Some(format!("settings_json.history.{key}")));
    }
    let own = client(folder.path(), &[]);
    let mut foreign = message();
    foreign.account_key = "another".into();
    let (here, there) = (told(&own, "own"), tell(&own, foreign));
    let all = client(folder.path(), &[("accounts", "all")]);
    assert_eq!(ids(&own.history(None).unwrap().messages), [here.to_string()]);
    assert_eq!(ids(&all.history(None).unwrap().messages), [there.to_string(), here.to_string()]);
    assert_eq!(own.history_count(None).unwrap().total, 1);
    assert_eq!(all.history_count(None).unwrap().total, 2);
    let error = own.wait(there, Duration::ZERO).err().unwrap();
    assert_eq!(error.status, Status::NotFound);
    assert_eq!(own.cancel(there).err().unwrap().status, Status::NotFound);
    assert!(all.wait(there, Duration::ZERO).is_ok());
    own.close(LONG);
    all.close(LONG);
}

#[test]
fn messages_are_written_into_a_file_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(folder.path(), &[]);
    for at in 0..250 {
        told(&client, &format!("={at} \"x\", é"));
    }
    for (format, order) in [("csv", "newest"), ("csv", "oldest"), ("jsonl", "oldest")] {
        let file = folder.path().join(format!("{order}.{format}"));
        let id = Uuid::now_v7();
        let options = json!({"file": file, "format": format, "id": id}).to_string();
        let query = json!({"order": order, "contact_id": "contact-1"}).to_string();
        let report = client.history_export(Some(&query), Some(&options)).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!((report.messages, report.bytes), (250, text.len() as u64));
        let marked = text.starts_with('\u{FEFF}');
        assert_eq!(marked, format == "csv");
        let place = |at: usize| match format {
            "csv" => text.find(&format!("\"'={at} \"\"x\"\", é\"")),
            _ => text.find(&format!("\"text\":\"={at} \\\"x\\\", é\"")),
        };
        assert!((0..250).all(|at| place(at).is_some()));
        assert_eq!(place(0) < place(249), order == "oldest");
        let progress = client.next_event(Some(r#"{"include":["progress"]}"#), Duration::ZERO).unwrap();
        let steps: Vec<Value> =
            progress.events.iter().map(|event| serde_json::from_str(event.get()).unwrap()).collect();
        let last = steps.iter().rev().find(|step| step["progress"]["id"] == id.to_string()).unwrap();
        assert_eq!((&last["progress"]["done"], &last["progress"]["total"]), (&json!(250), &json!(250)));
        let there = client.history_export(None, Some(&options)).unwrap_err();
        assert!(there.message.contains("is there already"), "{there}");
        let over = json!({"file": file, "overwrite": true}).to_string();
        assert_eq!(client.history_export(None, Some(&over)).unwrap().messages, 250);
    }
    for (query, options, argument) in [
        ("{}", json!({}), "options_json.file"),
        ("{}", json!({"file": folder.path()}), "options_json.file"),
        ("{}", json!({"file": folder.path().join("missing/a.csv")}), "options_json.file"),
        ("{}", json!({"file": "/a.csv", "format": "xlsx"}), "options_json.format"),
        ("{}", json!({"file": "/a.csv", "separator": "|"}), "options_json.separator"),
        (r#"{"limit":5}"#, json!({"file": "/a.csv"}), "query_json.limit"),
        (r#"{"timeout_ms":5}"#, json!({"file": "/a.csv"}), "query_json.timeout_ms"),
    ] {
        let error = client.history_export(Some(query), Some(&options.to_string())).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some(argument), "{error}");
    }
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().ends_with(".part")), "{names:?}");
    client.close(LONG);
}

#[test]
fn a_cancelled_export_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(folder.path(), &[]);
    for at in 0..600 {
        told(&client, &format!("text {at}"));
    }
    let file = folder.path().join("a.csv");
    // Each of the times at which it may be cancelled, and one at which it is not.
    for wait in (0..12).cycle().take(60) {
        let id = Uuid::now_v7();
        let options = json!({"file": file, "id": id, "overwrite": true}).to_string();
        let (here, asked) = (Arc::clone(&client), options.clone());
        let call = std::thread::spawn(move || here.history_export(None, Some(&asked)));
        std::thread::sleep(Duration::from_millis(wait));
        let _ = client.cancel_call(id);
        match call.join().unwrap() {
            Ok(report) => assert_eq!(report.messages, 600),
            Err(error) => assert_eq!(error.status, Status::Cancelled, "{error}"),
        }
        let names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!names.iter().any(|name| name.to_string_lossy().ends_with(".part")), "{names:?}");
        if file.exists() {
            assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 601);
        }
    }
    client.close(LONG);
}

#[test]
fn rows_are_taken_until_they_are_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(folder.path(), &[]);
    let there: Vec<String> = (0..3).map(|at| told(&client, &format!("text {at}")).to_string()).collect();
    let take = |options: Value, timeout: u64| {
        client.history_take(Some(&options.to_string()), Duration::from_millis(timeout)).unwrap()
    };
    let first = take(json!({"consumer": "host", "max": 2}), 1000);
    assert_eq!(ids(&first.messages), there[..2]);
    assert_eq!((first.messages[0].text.as_str(), first.messages[0].attempt_list.len()), ("text 0", 1));
    // Not acknowledged: again.
    assert_eq!(ids(&take(json!({"consumer": "host", "max": 2}), 1000).messages), there[..2]);
    let second = take(json!({"consumer": "host", "after": first.cursor}), 1000);
    assert_eq!(ids(&second.messages), there[2..]);
    let none = take(json!({"consumer": "host", "after": second.cursor}), 10);
    assert!(none.messages.is_empty());
    // A consumer of events of the same name is another one.
    let events = client.next_event(Some(r#"{"consumer":"host","include":["message"]}"#), LONG).unwrap();
    assert_eq!(events.events.len(), 3);
    // The acknowledgement is remembered, and a late one waits for its message.
    let (here, asked) = (Arc::clone(&client), json!({"consumer": "host"}).to_string());
    let waiting = std::thread::spawn(move || here.history_take(Some(&asked), LONG));
    std::thread::sleep(Duration::from_millis(50));
    let late = told(&client, "late").to_string();
    assert_eq!(ids(&waiting.join().unwrap().unwrap().messages), [late]);
    client.close(LONG);
}

#[test]
fn a_contact_is_erased_and_old_messages_are_purged() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(folder.path(), &[]);
    let id = told(&client, "private words");
    let mut waits = message();
    waits.account_key = client.context.worker.account_key.clone();
    waits.not_before = Some(waits.created_at.plus(3_600_000));
    let mut waiting = queued(waits, None);
    if let Some(place) = &mut waiting.queue {
        place.not_before = waiting.message.created_at.plus(3_600_000);
    }
    write(&client, Write::Record(Box::new(waiting)));
    let erased =
        client.history_erase(Some(r#"{"contact_id":"contact-1","recipient":"+15005550006"}"#)).unwrap();
    assert_eq!((erased.messages, erased.open), (1, 2), "open by either key");
    let page = client.history(Some(r#"{"status":["accepted"]}"#)).unwrap();
    let seen = serde_json::to_value(&page.messages[0]).unwrap();
    assert_eq!(
        (&seen["id"], &seen["text"], &seen["text_removed"]),
        (&json!(id), &json!("***"), &json!("erased"))
    );
    for (options, argument) in [
        ("{}", "options_json"),
        (r#"{"recipient":"nonsense"}"#, "options_json.recipient"),
        (r#"{"contact":"x"}"#, "options_json.contact"),
    ] {
        assert_eq!(client.history_erase(Some(options)).unwrap_err().argument.as_deref(), Some(argument));
    }
    let purged = client.history_purge(Some(r#"{"older_than_days":1}"#)).unwrap();
    assert_eq!(purged.messages, 0, "they are young");
    let sql = rusqlite::Connection::open(folder.path().join("wa.db")).unwrap();
    sql.busy_timeout(LONG).unwrap();
    sql.execute(
        "UPDATE wa_messages SET recorded_at = recorded_at - 172800000, updated_at = updated_at - 172800000",
        [],
    )
    .unwrap();
    let purged = client.history_purge(Some(r#"{"older_than_days":"1"}"#)).unwrap();
    assert_eq!((purged.messages, purged.open), (1, 1));
    for (options, argument) in [
        ("{}", "options_json.older_than_days"),
        (r#"{"older_than_days":0}"#, "options_json.older_than_days"),
        (r#"{"older_than_days":90,"keep_references_days":30}"#, "options_json.keep_references_days"),
    ] {
        assert_eq!(client.history_purge(Some(options)).unwrap_err().argument.as_deref(), Some(argument));
    }
    client.close(LONG);
}

/// Rows of older versions have the contact's id as the host wrote it.
#[test]
fn a_contact_is_erased_in_each_form_of_its_id() {
    const GUID: &str = "6f9619ff-8b86-d011-b42d-00cf4fc964ff";
    let folder = tempfile::tempdir().unwrap();
    let client = client(folder.path(), &[]);
    let capitals = GUID.to_ascii_uppercase();
    for form in [GUID.to_owned(), capitals.clone(), format!("{{{capitals}}}")] {
        let mut row = message();
        row.account_key = client.context.worker.account_key.clone();
        row.contact_id = Some(form);
        row.body = "private words".repeat(2000);
        tell(&client, row);
    }
    let erased = client.history_erase(Some(&json!({"contact_id": GUID}).to_string())).unwrap();
    assert_eq!(erased.messages, 3);
    client.close(LONG);
    drop(client);
    // Nor does the file hold them in a place that is free.
    let bytes = std::fs::read(folder.path().join("wa.db")).unwrap();
    assert!(!bytes.windows(13).any(|part| part == b"private words"));
}

#[test]
fn a_code_that_is_refused_or_cancelled_leaves_no_text() {
    let folder = tempfile::tempdir().unwrap();
    for (content, kept) in [("masked", Kept::Masked), ("full", Kept::Full)] {
        let client = client(folder.path(), &[("content", content)]);
        assert_eq!(client.context.kept, kept);
        let options = |more: &str| {
            let text = format!(r#"{{"category":"authentication"{more}}}"#);
            crate::message::SendOptions::read("options_json", Some(&text)).unwrap()
        };
        let words = || crate::message::Content::text("Your code is 314159");
        let refused = client.send("no number", words(), options(""), true).unwrap();
        let later = options(r#","not_before":"2099-01-01T00:00:00Z""#);
        let waits = client.send("+4915123456789", words(), later, false).unwrap();
        let waits: Uuid = waits.outcome.id.parse().unwrap();
        let text = |id: &str| {
            let page = client.history(None).unwrap();
            page.messages.into_iter().find(|message| message.outcome.id == id).unwrap().text
        };
        assert_eq!(text(&waits.to_string()), "Your code is 314159", "it is still to be sent");
        client.cancel(waits).unwrap();
        for id in [waits.to_string(), refused.outcome.id] {
            assert_eq!(text(&id) == "***", content == "masked", "{content}");
        }
        client.close(LONG);
    }
}

/// A page of one contact among a million rows beside the same typed into psql,
/// and the memory of this process while all of them are exported.
#[test]
#[ignore = "a measurement, run by hand"]
fn a_million_rows() {
    use crate::history::tests::bed::{Sql, postgres_connection_string};
    const ROWS: usize = 1_000_000;
    let Some(connection_string) = postgres_connection_string() else { return };
    let schema = format!("million_{}", Uuid::new_v4().simple());
    let client = Client::configure(
        &json!({
            "twilio": {
                "account_sid": "AC00000000000000000000000000000001",
                "auth_token": "0123456789abcdef0123456789abcdef",
                "from": "+14155238886",
                "base_url": "http://127.0.0.1:1",
            },
            "history": {"connection_string": connection_string, "schema": schema},
        })
        .to_string(),
    )
    .unwrap();
    let one = told(&client, "Hello, your appointment is on Friday at ten o'clock. Please answer YES or NO.");
    let sql = Sql::connect(&connection_string);
    let table = |name: &str| format!("\"{schema}\".\"wa_{name}\"");
    let columns = |name: &str, but: &[&str]| {
        let rows = sql.sql(&format!(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = '{schema}' \
             AND table_name = 'wa_{name}' ORDER BY ordinal_position"
        ));
        let names = rows.into_iter().map(|mut row| row.remove(0).unwrap());
        names.filter(|name| !but.contains(&name.as_str())).collect::<Vec<_>>()
    };
    // Copies of one row, of 20,000 contacts.
    let messages = columns("messages", &["seq", "id", "contact_id", "provider_message_id"]).join(", ");
    let attempts = columns("attempts", &["message_id", "provider_message_id"]).join(", ");
    let id = "CAST(md5(CAST(n AS text)) AS uuid)";
    sql.sql(&format!(
        "INSERT INTO {0} (id, contact_id, provider_message_id, {messages}) SELECT {id}, concat('c-', n % 20000), \
         concat('SM', md5(CAST(n AS text))), {messages} FROM {0} CROSS JOIN generate_series(1, {ROWS}) n WHERE id = '{one}'",
        table("messages")
    ));
    sql.sql(&format!(
        "INSERT INTO {0} (message_id, provider_message_id, {attempts}) SELECT {id}, \
         concat('SM', md5(CAST(n AS text))), {attempts} FROM {0} CROSS JOIN generate_series(1, {ROWS}) n \
         WHERE message_id = '{one}'",
        table("attempts")
    ));
    sql.sql(&format!("VACUUM ANALYZE {}", table("messages")));
    sql.sql(&format!("VACUUM ANALYZE {}", table("attempts")));
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let contact = |at: usize| format!("c-{}", at * 61 % 20000);
    // What the library asks, typed: a page, then its attempts.
    let account = &client.context.worker.account_key;
    let mut script = String::from("\\o /dev/null\n\\timing on\n");
    for at in 0..300 {
        let page = format!(
            "SELECT * FROM {} WHERE contact_id = '{}' AND account_key = '{account}' ORDER BY seq DESC LIMIT 50",
            table("messages"),
            contact(at)
        );
        let ids = page.replacen('*', "id", 1);
        script.push_str(&format!(
            "{page};\nSELECT * FROM {} WHERE message_id IN ({ids}) ORDER BY message_id, attempt;\n",
            table("attempts")
        ));
    }
    let part = |name: &str| {
        let (_, rest) = connection_string.split_once(&format!("{name}=")).unwrap();
        rest.split(';').next().unwrap().to_owned()
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), script).unwrap();
    let ours = || {
        (0..300)
            .map(|at| {
                let query = json!({"contact_id": contact(at), "limit": 50}).to_string();
                let begun = std::time::Instant::now();
                let page = serde_json::to_string(&client.history(Some(&query)).unwrap()).unwrap();
                assert!(page.len() > 20_000);
                begun.elapsed().as_secs_f64() * 1e3
            })
            .collect::<Vec<f64>>()
    };
    let typed = || {
        let psql = std::process::Command::new("psql")
            .args(["-X", "-h", &part("Server"), "-p", &part("Port"), "-U", &part("Uid")])
            .args(["-d", &part("Database"), "-f"])
            .arg(file.path())
            .env("PGPASSWORD", part("Pwd"))
            .output()
            .unwrap();
        let times: Vec<f64> = String::from_utf8_lossy(&psql.stdout)
            .lines()
            .filter_map(|line| line.strip_prefix("Time: ")?.split(' ').next()?.parse().ok())
            .collect();
        assert_eq!(times.len(), 600, "{}", String::from_utf8_lossy(&psql.stderr));
        median(times.chunks(2).map(|two| two[0] + two[1]).collect())
    };
    // The first round of both fetches the pages of the tables into memory.
    for _ in 0..3 {
        let (ours, typed) = (median(ours()), typed());
        println!(
            "a page of 50 of one contact: {ours:.2} ms; typed into psql: {typed:.2} ms; {:.2} times",
            ours / typed
        );
    }

    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    for format in ["csv", "jsonl"] {
        let before = peak();
        let file = folder.path().join(format!("all.{format}"));
        let options = json!({"file": file, "format": format, "timeout_ms": 3_600_000}).to_string();
        let begun = std::time::Instant::now();
        let report = client.history_export(None, Some(&options)).unwrap();
        println!(
            "{format}: {} messages, {} MB in {:.0} s; peak memory {} kB before, {} kB after",
            report.messages,
            report.bytes >> 20,
            begun.elapsed().as_secs_f64(),
            before,
            peak()
        );
        assert_eq!(report.messages, ROWS as u64 + 1);
    }
    client.close(LONG);
    sql.sql(&format!("DROP SCHEMA \"{schema}\" CASCADE"));
}
