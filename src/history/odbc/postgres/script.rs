//! The steps as a script that a DBA runs with psql.

use super::schema;
use crate::history::names::Names;
use crate::history::tables::steps_after;

/// An identity that the server makes: a script that runs in two databases must
/// not give both the same. `gen_random_uuid` is younger than the servers there are.
const IDENTITY: &str = "CAST(md5(concat(random(), clock_timestamp(), pg_backend_pid())) AS uuid)";

/// One transaction: what fails in it changes nothing.
pub fn script(names: &Names, from: i64) -> String {
    let mut statements = vec![
        "BEGIN".to_owned(),
        "SET LOCAL lock_timeout = '25s'".to_owned(),
        // The library's own migrations wait for this one, and it for them.
        format!("SELECT pg_advisory_xact_lock(hashtextextended('{}', 0))", schema::lock_key(names)),
    ];
    if from == 0
        && let Some(schema) = names.schema()
    {
        statements.push(format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""));
    }
    statements.push(only_from(names, from));
    for (number, changes) in steps_after(from) {
        statements.extend(changes.iter().flat_map(|change| schema::change(names, number, change)));
        statements.push(schema::version_row(names, &number.to_string(), IDENTITY));
    }
    statements.push("COMMIT".to_owned());
    statements.iter().map(|statement| format!("{statement};\n")).collect()
}

/// Fails where the tables are not those that the script begins with.
fn only_from(names: &Names, from: i64) -> String {
    let table = &names.schema_version;
    let (find, otherwise) = match from {
        0 => (
            format!("SELECT 0 INTO found WHERE to_regclass('{table}') IS NULL"),
            "the tables are there already: ask for the steps after their version".to_owned(),
        ),
        from => (
            format!("SELECT max(version) INTO found FROM {table}"),
            format!("the tables do not have version {from}, after which this script begins"),
        ),
    };
    format!(
        "DO $wa$ DECLARE found integer; BEGIN {find}; \
         IF found IS DISTINCT FROM {from} THEN RAISE EXCEPTION '{otherwise}'; END IF; END $wa$"
    )
}
