//! A look at the database for people: may the user work with its tables, are
//! its commits durable, do readers hold writers up.

use super::rights;
use crate::history::fields::Fields;
use crate::history::finding::{Condition, Finding};
use crate::history::names::Names;
use crate::history::odbc::session::Session;
use crate::history::store::StoreResult;

/// What the database says of itself.
struct Settings {
    version: String,
    edition: String,
    level: i64,
    collation: String,
    /// Readers see the state before rather than wait.
    snapshot: bool,
    delayed_durability: String,
    recovery_model: String,
}

pub const SETTINGS: &str = "SELECT CAST(SERVERPROPERTY(N'ProductVersion') AS nvarchar(128)), \
     CAST(SERVERPROPERTY(N'Edition') AS nvarchar(128)), CAST(compatibility_level AS bigint), collation_name, \
     CAST(is_read_committed_snapshot_on AS bigint), delayed_durability_desc, recovery_model_desc \
     FROM sys.databases WHERE database_id = DB_ID()";

fn settings(session: &mut Session) -> StoreResult<Option<Settings>> {
    let found = session.rows(SETTINGS, &[], |row| {
        Ok(Settings {
            version: row.text()?,
            edition: row.text()?,
            level: row.number()?,
            collation: row.text()?,
            snapshot: row.number()? != 0,
            delayed_durability: row.text()?,
            recovery_model: row.text()?,
        })
    })?;
    Ok(found.into_iter().next())
}

pub fn describe(session: &mut Session) -> StoreResult<String> {
    let Some(found) = settings(session)? else { return Ok("SQL Server".to_owned()) };
    Ok(format!(
        "SQL Server {} ({}), compatibility_level={}, collation={}, read_committed_snapshot={}, \
         delayed_durability={}, recovery_model={}",
        found.version,
        found.edition,
        found.level,
        found.collation,
        if found.snapshot { "on" } else { "off" },
        found.delayed_durability,
        found.recovery_model
    ))
}

pub fn check(session: &mut Session, names: &Names, found: Option<i64>) -> StoreResult<Vec<Finding>> {
    let mut findings = Vec::new();
    if found.is_some() {
        findings.extend(Finding::of_rights(&rights::missing(session, names)?));
    }
    if let Some(settings) = settings(session)? {
        findings.push(durability(&settings));
        findings.extend(waiting(&settings));
    }
    Ok(findings)
}

fn durability(found: &Settings) -> Finding {
    let mut weak = Vec::new();
    // ALLOWED weakens only what asks for it, and this library never does.
    if found.delayed_durability == "FORCED" {
        weak.push((
            "delayed durability is forced, so a commit is confirmed before it is written",
            "Have an owner run ALTER DATABASE CURRENT SET DELAYED_DURABILITY = DISABLED.",
        ));
    }
    let settings =
        format!("delayed_durability={}, recovery_model={}", found.delayed_durability, found.recovery_model);
    Finding::of_durability(&settings, &weak)
}

/// Readers that wait for writers, and writers that wait for readers.
fn waiting(found: &Settings) -> Option<Finding> {
    (!found.snapshot).then(|| Finding {
        item: "database",
        condition: Condition::Doubtful,
        text: "READ_COMMITTED_SNAPSHOT is off: a report that reads the history for long keeps messages waiting, \
               and after five seconds they are tried again."
            .to_owned(),
        hint: Some(
            "Have an owner run ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON while nobody is connected, \
             if the other programs of this database allow it.",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(delayed_durability: &str, snapshot: bool) -> Settings {
        Settings {
            version: "13.0.1601.5".into(),
            edition: "Express Edition (64-bit)".into(),
            level: 130,
            collation: "Turkish_CI_AS".into(),
            snapshot,
            delayed_durability: delayed_durability.into(),
            recovery_model: "SIMPLE".into(),
        }
    }

    #[test]
    fn what_weakens_a_commit_or_makes_it_wait_is_named() {
        for (delayed, condition) in
            [("DISABLED", Condition::Good), ("ALLOWED", Condition::Good), ("FORCED", Condition::Doubtful)]
        {
            let finding = durability(&found(delayed, true));
            assert_eq!(finding.condition, condition, "{finding:?}");
        }
        assert_eq!(waiting(&found("DISABLED", true)), None);
        let finding = waiting(&found("DISABLED", false)).unwrap();
        assert!(finding.condition == Condition::Doubtful && finding.hint.is_some(), "{finding:?}");
    }
}
