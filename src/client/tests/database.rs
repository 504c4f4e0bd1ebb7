//! What is wrong with the way to a database is told by `wa_configure`, each
//! fault in its own words, and nothing of what is secret.

use super::*;
use crate::history::Store;
use crate::history::tests::bed::{Sql, odbc, postgres_connection_string};
use crate::history::tests::proxy::replaced;
use std::collections::BTreeSet;

const SECRET: &str = "p{canary};='x\"}";

fn configure(connection_string: &str, schema: &str) -> crate::message::Result<Arc<Client>> {
    let settings = json!({
        "twilio": {
            "account_sid": "AC00000000000000000000000000000001",
            "auth_token": "0123456789abcdef0123456789abcdef",
            "from": "+14155551234",
            "base_url": "http://127.0.0.1:9",
        },
        "history": {"connection_string": connection_string, "schema": schema, "login_timeout_seconds": 5},
    });
    Client::configure(&settings.to_string())
}

/// A user of the tests' PostgreSQL, who may work in one schema.
struct User {
    sql: Sql,
    name: String,
    schema: String,
    /// How .NET's library names server and database.
    of_npgsql: String,
}

impl User {
    fn make() -> Option<User> {
        let good = postgres_connection_string()?;
        // The store finds the driver manager.
        drop(odbc(&good, "none").connect().unwrap());
        let sql = Sql::connect(&good);
        let may =
            sql.sql("SELECT 1 FROM pg_roles WHERE rolname = current_user AND (rolcreaterole OR rolsuper)");
        if may.is_empty() {
            eprintln!(
                "SKIPPED: users of PostgreSQL: the user of WA_TEST_PG may make none (ALTER ROLE .. CREATEROLE)"
            );
            return None;
        }
        let name = format!("wa_user_{}", &Uuid::new_v4().simple().to_string()[..12]);
        let schema = format!("test_{}", Uuid::new_v4().simple());
        sql.sql(&format!("CREATE ROLE {name} LOGIN"));
        sql.sql(&format!("GRANT {name} TO CURRENT_USER"));
        sql.sql(&format!("CREATE SCHEMA {schema}"));
        sql.sql(&format!("GRANT USAGE, CREATE ON SCHEMA {schema} TO {name}"));
        let of = |key: &str| value_of(&good, key);
        let of_npgsql = format!(
            "Pooling=True;Host={};Port={};Database={};Username={name};Timeout=500;CommandTimeout=400;MaxPoolSize=1024;",
            of("Server"),
            of("Port"),
            of("Database")
        );
        Some(User { sql, name, schema, of_npgsql })
    }

    fn set_password(&self, password: &str) {
        self.sql.sql(&format!("ALTER ROLE {} PASSWORD '{}'", self.name, password.replace('\'', "''")));
    }

    fn with_password(&self, quoted: &str) -> String {
        format!("{}Password={quoted}", self.of_npgsql)
    }
}

impl Drop for User {
    fn drop(&mut self) {
        self.sql.sql(&format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema));
        self.sql.sql(&format!("DROP OWNED BY {}", self.name));
        self.sql.sql(&format!("DROP ROLE {}", self.name));
    }
}

/// The driver itself takes the passwords that the translation writes.
#[test]
fn a_string_of_npgsql_logs_in_whatever_the_password_is() {
    let Some(user) = User::make() else { return };
    for password in [
        "plain",
        "a;b",
        "a=b",
        "a}b",
        "}}",
        "{a}",
        "a{b",
        "a};Database=x;{",
        "it's",
        "say \"x\"",
        "50%41+1",
        " a ",
        "\\back",
        SECRET,
    ] {
        user.set_password(password);
        let quoted = format!("\"{}\"", password.replace('"', "\"\""));
        let client = configure(&user.with_password(&quoted), &user.schema)
            .unwrap_or_else(|error| panic!("{password}: {error} {:?}", error.hint));
        assert!(client.close(LONG));
    }
}

/// The forms in which a secret could be repeated.
fn holds_the_secret(text: &str) -> bool {
    let percent: String = SECRET.bytes().map(|byte| format!("%{byte:02X}")).collect();
    text.contains("canary")
        || text.to_uppercase().contains(&percent)
        || in_base64().iter().any(|core| text.contains(core))
}

/// `canary` in base64, wherever it begins in what was encoded.
fn in_base64() -> [&'static str; 3] {
    ["Y2FuYXJ5", "NhbmFye", "jYW5hcn"]
}

#[test]
fn each_fault_has_its_own_words() {
    assert!(
        in_base64()
            .iter()
            .zip(["Y2FuYXJ5", "eGNhbmFyeQ", "eHhjYW5hcnk"])
            .all(|(core, whole)| whole.contains(core))
    );
    let Some(user) = User::make() else { return };
    let good = postgres_connection_string().unwrap();
    user.set_password("right");
    let secret = crate::ground::connection_string::braced(SECRET);
    let with_secret = replaced(&good, "Pwd", &secret);
    let quoted = format!("'{}'", SECRET.replace('\'', "''"));
    let cases = [
        (
            "wrong driver name",
            replaced(&with_secret, "Driver", "PostgreSQL Unikode"),
            "there is no ODBC driver \"PostgreSQL Unikode\"",
        ),
        (
            "missing driver",
            replaced(&with_secret, "Driver", "/nowhere/psqlodbcw.so"),
            "file \"/nowhere/psqlodbcw.so\" is not there",
        ),
        ("no such data source", format!("DSN=nowhere;Pwd={secret}"), "a data source that is not there"),
        ("wrong password", with_secret.clone(), "the user or the password is wrong"),
        ("wrong password, .NET", user.with_password(&quoted), "the user or the password is wrong"),
        ("missing database", replaced(&good, "Database", "nowhere"), "there is no such database"),
        ("TLS", format!("{good}SSLmode=verify-full;"), "cannot be encrypted as it is asked for"),
        ("keyword, .NET", format!("{};Colour={quoted}", user.of_npgsql), "the keyword \"colour\""),
        (
            "behind the password",
            format!("{};Colour=blue", user.with_password(&quoted)),
            "behind the password",
        ),
        (
            "no database, .NET",
            user.with_password(&quoted).replace(&format!("Database={};", value_of(&good, "Database")), ""),
            "names no database",
        ),
    ];
    let mut told = BTreeSet::new();
    for (what, connection_string, words) in &cases {
        let began = Instant::now();
        let error =
            configure(connection_string, &user.schema).err().unwrap_or_else(|| panic!("{what}: accepted"));
        assert!(began.elapsed() < Duration::from_secs(20), "{what}: {:?}", began.elapsed());
        assert!(error.message.contains(words), "{what}: {error}");
        let hint = error.hint.clone().unwrap_or_else(|| panic!("{what}: no hint: {error}"));
        let whole = serde_json::to_string(&error).unwrap();
        assert!(!holds_the_secret(&whole) && !holds_the_secret(&hint), "{what}: {whole}");
        told.insert((*words).to_owned());
    }
    assert_eq!(told.len(), cases.len() - 1, "but for the password, which is wrong in two of them");
    let installed = configure(&replaced(&good, "Driver", "x"), "x").err().unwrap();
    assert!(
        installed.message.contains("Installed are: ")
            && installed.message.contains(&value_of(&good, "Driver")),
        "{installed}"
    );
}

#[test]
fn a_right_that_is_missing_is_told_at_once() {
    let Some(user) = User::make() else { return };
    user.set_password("right");
    let good = user.with_password("right");
    let client = configure(&good, &user.schema).unwrap();
    assert!(client.close(LONG));
    // Its own tables: who owns them may take a right from himself.
    let revoke = |right: &str, table: &str| {
        user.sql.sql(&format!("REVOKE {right} ON {}.wa_{table} FROM {}", user.schema, user.name));
    };
    revoke("INSERT, UPDATE", "consumers");
    let client = configure(&good, &user.schema).unwrap();
    assert!(client.close(LONG), "events are read without it");
    revoke("DELETE", "queue");
    let error = configure(&good, &user.schema).err().unwrap();
    assert_eq!(error.status, Status::Database, "{error}");
    let table = format!("DELETE on {}.wa_queue", user.schema);
    assert!(
        error.message.contains(&table) && error.hint.as_ref().unwrap().contains("wa_schema"),
        "{error:?}"
    );
}
