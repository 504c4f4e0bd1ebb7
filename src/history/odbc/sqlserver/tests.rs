//! Every statement that SQL Server gets, as text: no server is needed to see
//! that it is nobody else's language.

use super::*;
use crate::history::batches::Field;
use crate::history::odbc::rows;
use crate::history::query::{EventQuery, Order, Query};
use crate::history::record::Direction;
use crate::history::select::{self, Questions};
use crate::history::tables::{Kind, VERSION, steps_after};
use crate::message::State;
use crate::message::clock::Millis;

/// Every statement by a name, for a schema of its own and for none.
fn every_statement() -> Vec<(String, String)> {
    let mut all = vec![
        ("set-up".to_owned(), set_up(Duration::from_secs(30))),
        ("begin".to_owned(), TRANSACTIONS.begin.to_owned()),
        ("commit".to_owned(), TRANSACTIONS.commit.to_owned()),
        ("roll-back".to_owned(), TRANSACTIONS.roll_back.to_owned()),
        ("check-settings".to_owned(), check::SETTINGS.to_owned()),
        ("check-server".to_owned(), schema::SERVER.to_owned()),
        ("check-openjson".to_owned(), schema::PROBE.to_owned()),
        ("schema-there".to_owned(), schema::SCHEMA_THERE.to_owned()),
        ("lock-tables".to_owned(), schema::LOCK_TABLES.to_owned()),
    ];
    for (kind, names) in [("", Names::new(Some("whatsapp"), "wa_")), ("-no-schema", Names::new(None, "wa_"))]
    {
        let mut add = |name: &str, sql: String| all.push((format!("{name}{kind}"), sql));
        for (number, changes) in steps_after(0) {
            let statements = changes.iter().flat_map(|change| schema::change(&names, number, change));
            for (place, statement) in statements.enumerate() {
                add(&format!("step-{number}-{place:02}"), statement);
            }
        }
        add("step-made", schema::step_made(&names));
        add("tables-there", schema::is_there(&names));
        add("version", schema::newest_version(&names));
        let Statements {
            record,
            intent,
            settle,
            withdraw,
            event,
            renew,
            release,
            claim,
            take_over,
            claimed,
            acknowledge,
            remember,
            hide,
            attempts,
            owned,
            age,
            usual: _,
            adopt: _,
            hold_worker: _,
        } = SqlServer.statements(&names);
        let Questions { find, others_open, acknowledged, recall } = Questions::new(&names, &SYNTAX);
        for (name, sql) in [
            ("record", record),
            ("intent", intent),
            ("settle", settle),
            ("withdraw", withdraw),
            ("event", event),
            ("renew", renew),
            ("release", release),
            ("claim", claim),
            ("take-over", take_over),
            ("claimed", claimed),
            ("acknowledge", acknowledge),
            ("remember", remember),
            ("hide", hide),
            ("check-rights", rights::lacking(&names)),
            ("reports", select::reports(&names, &SYNTAX)),
            ("by-ids", select::by_ids(&names, &SYNTAX)),
            ("script", script::script(&names, 0)),
            ("script-upgrade", script::script(&names, 1)),
            ("script-upgrade-of-the-last", script::script(&names, VERSION - 1)),
            ("rights-to-run", rights::to_run(&names, "wa_app")),
            ("rights-to-migrate", rights::to_migrate(&names, "wa_owner")),
            ("attempts", attempts),
            ("owned", owned),
            ("age", age),
            ("find", find),
            ("others-open", others_open),
            ("acknowledged", acknowledged),
            ("recall", recall),
            ("events-newest", events::newest_settled(&names)),
            ("events-as-far-as", events::as_far_as(&names)),
        ] {
            add(name, sql);
        }
        for (name, sql) in of_arrivals(&names) {
            add(name, sql);
        }
        for (name, query) in every_query() {
            add(&format!("page-{name}"), select::page(&names, &SYNTAX, &query).0);
        }
        let of_kinds = EventQuery {
            account_key: "a".into(),
            after: None,
            include: vec!["message".into(), "warning".into()],
            exclude: vec!["mark".into()],
            most: 100,
        };
        let kinds = select::event_kinds(&of_kinds).0;
        add("events-page", events::page(&names, 100, ""));
        add("events-page-of-kinds", events::page(&names, 100, &kinds));
    }
    all
}

/// The statements that write many rows at once, as they are for arrivals.
fn of_arrivals(names: &Names) -> Vec<(&'static str, String)> {
    let key: &[Field] =
        &[("account_key", Kind::Word), ("provider_message_id", Kind::Word), ("state", Kind::Small)];
    let more: &[Field] = &[("message_id", Kind::Id), ("body", Kind::Prose), ("orphan", Kind::Small)];
    let batches = &SYNTAX.batches;
    let messages: Vec<Field> = rows::message_fields();
    let ids = format!("m.id IN ({})", SYNTAX.ids);
    vec![
        ("arrivals-new", (batches.insert_new)(&names.statuses, &[key, more].concat(), key)),
        ("arrivals-joined", (batches.update)(&names.statuses, key, more)),
        ("arrivals-messages", (batches.insert)(&names.messages, &messages, &["recorded_at"])),
        ("arrivals-locked", (batches.locked)("m.id, '' AS body", &names.messages, &ids, "id")),
    ]
}

/// Each filter alone, and all of them at once.
fn every_query() -> Vec<(String, Query)> {
    let columns = [
        "contact_id",
        "recipient",
        "recipient_id",
        "account_key",
        "sender",
        "kind",
        "campaign_id",
        "reference",
        "provider",
    ];
    let all = Query::newest(50);
    let mut queries: Vec<(String, Query)> = columns
        .iter()
        .map(|column| {
            let equal = vec![(*column, "value".to_owned())];
            ((*column).to_owned(), Query { equal, ..all.clone() })
        })
        .collect();
    let two = vec![("recipient", "a".to_owned()), ("recipient", "b".to_owned())];
    let full = Query {
        equal: [two.clone(), vec![("kind", "text".to_owned())]].concat(),
        states: vec![State::Accepted],
        direction: Some(Direction::Outbound),
        since: Some(Millis(1)),
        until: Some(Millis(2)),
        after: Some(7),
        order: Order::Oldest,
        ..all.clone()
    };
    queries.extend(
        [
            ("any-of-two", Query { equal: two, ..all.clone() }),
            ("attention", Query { states: vec![State::Failed, State::Queued], ..all.clone() }),
            ("newest", all),
            ("everything", full),
        ]
        .map(|(name, query)| (name.to_owned(), query)),
    );
    queries
}

/// Words that only other databases know.
const FOREIGN: [&str; 12] = [
    " LIMIT ",
    "ON CONFLICT",
    "RETURNING",
    "ILIKE",
    "FOR UPDATE",
    "SKIP LOCKED",
    "MATERIALIZED",
    "LATERAL",
    "jsonb",
    "::text",
    "greatest(",
    "TRUE",
];

#[test]
fn every_statement_is_ascii_and_of_no_other_language() {
    for (name, sql) in every_statement() {
        assert!(sql.is_ascii(), "{name}: {sql}");
        for foreign in FOREIGN {
            assert!(!sql.contains(foreign), "{name} has {foreign}: {sql}");
        }
    }
}

/// Drivers see only the first result of a text with several statements, so
/// that must be the answer, and the only one.
#[test]
fn texts_of_several_statements_answer_once_and_at_the_end() {
    for (name, sql) in every_statement() {
        let is_plain = ["step-", "page-", "set-up", "begin", "roll-back", "script", "rights-"]
            .iter()
            .any(|kind| name.starts_with(kind));
        let quiet =
            sql.starts_with("SET NOCOUNT ON;") || name.starts_with("commit") || name.starts_with("step-made");
        let statements: Vec<&str> = sql.split(';').map(str::trim).filter(|text| !text.is_empty()).collect();
        if is_plain || statements.len() == 1 {
            continue;
        }
        assert!(quiet, "{name}: {sql}");
        let answers = statements.iter().filter(|statement| statement.starts_with("SELECT ")).count();
        assert!(answers <= 1, "{name}: {sql}");
        if answers == 1 {
            assert!(statements.last().unwrap().starts_with("SELECT "), "{name}: {sql}");
        }
    }
}

/// Servers may tell `A` from `a` in the names of variables and columns.
#[test]
fn names_are_written_in_one_case() {
    for (name, sql) in every_statement() {
        let words = sql.split(|c: char| !(c.is_ascii_alphanumeric() || "@_.\"'".contains(c)));
        for word in words.filter(|word| word.contains(['@', '.', '_']) && !word.contains("'")) {
            let is_ours = word.starts_with('@') && !word.starts_with("@@") || word.contains('.');
            let of_the_server = ["@Resource", "@LockMode", "@LockOwner", "@LockTimeout"].contains(&word);
            if is_ours && !of_the_server {
                assert!(!word.contains(|c: char| c.is_ascii_uppercase()), "{name}: {word}");
            }
        }
    }
}

#[test]
fn placeholders_stand_in_the_order_of_the_values() {
    let names = Names::new(None, "wa_");
    let sql = SqlServer.statements(&names);
    for (text, places) in [
        (&sql.record, 1),
        (&sql.intent, 1),
        (&sql.settle, 1),
        (&sql.withdraw, 1),
        (&sql.event, 1),
        (&sql.renew, 4),
        (&sql.release, 2),
        (&sql.claim, 4),
        (&sql.take_over, 5),
        (&sql.claimed, 2),
        (&sql.acknowledge, 3),
        (&sql.remember, 7),
        (&sql.attempts, 1),
        (&sql.owned, 1),
        (&sql.age, 1),
    ] {
        assert_eq!(text.matches('?').count(), places, "{text}");
    }
    for (_, query) in every_query() {
        let (text, values) = select::page(&names, &SYNTAX, &query);
        assert_eq!(text.matches('?').count(), values.len(), "{text}");
    }
}

/// For Microsoft's own parser, which reads them in a test of its own: writes
/// each statement into the folder that `WA_SQL_OUT` names.
#[test]
fn every_statement_is_written_out() {
    let Some(folder) = std::env::var_os("WA_SQL_OUT").filter(|folder| !folder.is_empty()) else { return };
    std::fs::create_dir_all(&folder).unwrap();
    let page = include_str!("../../../../docs/database-sqlserver.md");
    let typed = page.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next());
    let typed = typed.enumerate().map(|(place, sql)| (format!("docs-{place}"), sql.to_owned()));
    for (name, sql) in every_statement().into_iter().chain(typed) {
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.sql")), sql).unwrap();
    }
}

#[test]
fn drivers_are_known_by_their_names() {
    for (driver, attribute) in [
        ("odbc driver 18 for sql server", "ConnectRetryCount"),
        ("/opt/libmsodbcsql-18.6.so.2.1", "ConnectRetryCount"),
        ("freetds", "TDS_Version"),
        ("/usr/lib/libtdsodbc.so", "TDS_Version"),
        ("", "APP"),
    ] {
        let known = SqlServer.known_by().iter().any(|name| driver.contains(name));
        assert_eq!(known, !driver.is_empty(), "{driver}");
        assert!(SqlServer.attributes(driver).iter().any(|(key, _)| *key == attribute), "{driver}");
    }
}
