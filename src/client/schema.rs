//! `wa_schema`: the tables and the rights as SQL, without a client.

use crate::ground::connection_string::Candidate;
use crate::history::{self, Roles, VERSION};
use crate::message::json::integer_or_null;
use crate::message::{Error, Result, Status, json};
use crate::settings::Tables;
use serde::{Deserialize, Serialize};

const OPTIONS: &str = "options_json";
/// Who runs and who migrates, where the options do not say it.
const RUN_ROLE: &str = "wa_app";
const MIGRATE_ROLE: &str = "wa_owner";

/// `options_json` of `wa_schema`.
#[derive(Debug, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SchemaOptions {
    /// `sqlite`, `postgresql` or `sqlserver` (default: what the settings name).
    pub database: Option<String>,
    /// The version that the tables have (default 0: there are none yet).
    #[serde(deserialize_with = "integer_or_null")]
    pub from_version: Option<u32>,
    /// The role of the running host (default `wa_app`).
    pub run_role: Option<String>,
    /// The role that makes and changes the tables (default `wa_owner`).
    pub migrate_role: Option<String>,
}

/// `schema_json` of `wa_schema`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SchemaScript {
    /// What the SQL is for: `sqlite`, `postgresql` or `sqlserver`.
    pub database: String,
    /// The version that the tables have before.
    pub from_version: i64,
    /// The version to which `tables` brings them: this library's own.
    pub version: i64,
    /// The steps, as one script that a DBA runs; empty where the tables have
    /// this version.
    pub tables: String,
    /// The rights of the running host's role; null for a file.
    pub rights_to_run: Option<String>,
    /// The rights of the role that makes and changes the tables; null for a
    /// file.
    pub rights_to_migrate: Option<String>,
}

/// Makes the SQL. Nothing is connected to.
pub fn schema(settings: Option<&str>, options: Option<&str>) -> Result<SchemaScript> {
    let tables = Tables::read(settings)?;
    let options: SchemaOptions =
        options.map_or(Ok(SchemaOptions::default()), |text| json::read(OPTIONS, text))?;
    let from = i64::from(options.from_version.unwrap_or(0));
    if from > VERSION {
        let message = format!("from_version is {from}; this library knows up to {VERSION}.");
        return Err(about("from_version", message));
    }
    let database = match options.database {
        Some(database) => database,
        None => database_of(tables.database.as_deref())?,
    };
    let roles = Roles {
        run: role("run_role", options.run_role.as_deref(), RUN_ROLE)?,
        migrate: role("migrate_role", options.migrate_role.as_deref(), MIGRATE_ROLE)?,
    };
    if database == history::SQLITE && tables.schema.is_some() {
        return Err(about("database", "history.schema names a schema, and a SQLite file has none.")
            .hint("Name the database, such as postgresql."));
    }
    let script = history::script(&database, tables.schema.as_deref(), &tables.table_prefix, from, &roles)
        .ok_or_else(|| {
            let message =
                format!("There is no database {database:?}; there are {}.", history::databases().join(", "));
            about("database", message)
        })?;
    Ok(SchemaScript {
        database: script.database,
        from_version: from,
        version: script.version,
        tables: script.tables,
        rights_to_run: script.rights_to_run,
        rights_to_migrate: script.rights_to_migrate,
    })
}

/// The database that the settings name.
fn database_of(candidates: Option<&[Candidate]>) -> Result<String> {
    let Some(candidates) = candidates else { return Ok(history::SQLITE.to_owned()) };
    history::database_of(candidates).ok_or_else(|| {
        about("database", "history.connection_string does not tell which database it leads to.")
            .hint("Name it in the option database, such as postgresql.")
    })
}

/// The name of a role, which the script has in quotes.
fn role<'a>(key: &str, given: Option<&'a str>, otherwise: &'a str) -> Result<&'a str> {
    let role = given.unwrap_or(otherwise);
    if role.is_empty() || role.chars().count() > 63 || role.chars().any(char::is_control) {
        return Err(about(
            key,
            format!("{key} is the name of a role: 1 to 63 characters, and no line breaks."),
        ));
    }
    Ok(role)
}

fn about(key: &str, message: impl Into<String>) -> Box<Error> {
    Error::about(Status::Argument, format!("{OPTIONS}.{key}"), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(settings: Option<&str>, options: Option<&str>) -> Result<SchemaScript> {
        schema(settings, options)
    }

    #[test]
    fn the_settings_name_the_database() {
        let file = sql(None, None).unwrap();
        assert_eq!((file.database.as_str(), file.from_version, file.version), ("sqlite", 0, VERSION));
        assert!(file.tables.contains("CREATE TABLE \"wa_messages\"") && file.rights_to_run.is_none());
        for connection_string in
            ["Driver=PostgreSQL Unicode;Server=nowhere", "Host=nowhere;Database=a;Username=b;Password=canary"]
        {
            let settings = format!(
                r#"{{"history":{{"connection_string":"{connection_string}","schema":"s","table_prefix":"crm_"}}}}"#
            );
            let server = sql(Some(&settings), Some(r#"{"run_role":"a\"b"}"#)).unwrap();
            assert_eq!(server.database, "postgresql");
            assert!(server.tables.contains(r#"CREATE VIEW "s"."crm_history""#), "{}", server.tables);
            assert!(server.rights_to_run.unwrap().contains(r#"TO "a""b";"#));
            assert!(server.rights_to_migrate.unwrap().contains(r#"TO "wa_owner";"#));
            assert!(!server.tables.contains("canary"));
        }
    }

    #[test]
    fn later_steps_come_alone() {
        let of = |from: i64| {
            let options = format!(r#"{{"database":"postgresql","from_version":"{from}"}}"#);
            sql(None, Some(&options)).unwrap()
        };
        let last = of(VERSION - 1).tables;
        assert!(last.contains("ALTER TABLE") && !last.contains("CREATE TABLE \"wa_messages\""), "{last}");
        assert_eq!(of(VERSION).tables, "");
        assert!(of(VERSION).rights_to_migrate.unwrap().contains("OWNER TO"));
        assert!(!of(0).rights_to_migrate.unwrap().contains("OWNER TO"));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (settings, options, argument) in [
            (None, Some(r#"{"database":"oracle"}"#), "options_json.database"),
            (None, Some(r#"{"from_version":99}"#), "options_json.from_version"),
            (None, Some(r#"{"run_role":""}"#), "options_json.run_role"),
            (None, Some(r#"{"migrate_role":"a\nb"}"#), "options_json.migrate_role"),
            (Some(r#"{"history":{"connection_string":"DSN=x"}}"#), None, "options_json.database"),
            (Some(r#"{"history":{"schema":"s"}}"#), None, "options_json.database"),
            (Some(r#"{"history":{"table_prefix":"a b"}}"#), None, "settings_json.history.table_prefix"),
        ] {
            let error = sql(settings, options).unwrap_err();
            assert_eq!(error.argument.as_deref(), Some(argument), "{error}");
        }
    }
}
