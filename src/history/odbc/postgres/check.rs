//! A look at the database for people: may the user work with its tables, are
//! its commits durable.

use super::rights;
use crate::history::fields::Fields;
use crate::history::finding::Finding;
use crate::history::names::Names;
use crate::history::odbc::session::Session;
use crate::history::store::{StoreErrorKind, StoreResult};

/// What the server says of its durability.
struct Durability {
    synchronous_commit: String,
    fsync: String,
    full_page_writes: String,
    /// The standbys that a commit waits for.
    waits_for: String,
    /// How many standbys follow, where that may be seen.
    standbys: i64,
}

pub fn check(session: &mut Session, names: &Names, found: Option<i64>) -> StoreResult<Vec<Finding>> {
    let mut findings = Vec::new();
    if found.is_some() {
        findings.extend(Finding::of_rights(&rights::missing(session, names)?));
    }
    let sql = "SELECT current_setting('synchronous_commit'), current_setting('fsync'), \
         current_setting('full_page_writes'), current_setting('synchronous_standby_names')";
    let found = session.rows(sql, &[], |row| Ok((row.text()?, row.text()?, row.text()?, row.text()?)))?;
    // Not everybody may look: who may not is told nothing of standbys.
    let standbys = session.rows("SELECT count(*) FROM pg_stat_replication", &[], |row| row.number());
    if let Err(error) = &standbys
        && error.kind == StoreErrorKind::Away
    {
        return Err(error.clone());
    }
    let standbys = standbys.ok().and_then(|rows| rows.into_iter().next()).unwrap_or_default();
    findings.extend(found.into_iter().next().map(
        |(synchronous_commit, fsync, full_page_writes, waits_for)| {
            durability(&Durability { synchronous_commit, fsync, full_page_writes, waits_for, standbys })
        },
    ));
    Ok(findings)
}

fn durability(found: &Durability) -> Finding {
    let mut weak = Vec::new();
    if found.fsync != "on" {
        weak.push((
            "fsync is off, so the server does not wait for the disk",
            "Set fsync = on in postgresql.conf.",
        ));
    }
    if found.full_page_writes != "on" {
        weak.push((
            "full_page_writes is off, so a page that was half written stays so",
            "Set full_page_writes = on in postgresql.conf, unless the file system itself writes whole pages.",
        ));
    }
    // This library raises it for its own sessions: somebody in between lowered it.
    if ["off", "local"].contains(&found.synchronous_commit.as_str()) {
        weak.push((
            "synchronous_commit is not on, so a commit is confirmed before it is written",
            "Find what sets synchronous_commit between this machine and the server: a pooler, or a rule of the role.",
        ));
    }
    if found.standbys > 0 && found.waits_for.is_empty() {
        weak.push((
            "a standby follows and no commit waits for it, so a failover may lose the last ones",
            "Set synchronous_standby_names, if the standby is to take over.",
        ));
    }
    let settings = format!(
        "synchronous_commit={}, fsync={}, full_page_writes={}",
        found.synchronous_commit, found.fsync, found.full_page_writes
    );
    Finding::of_durability(&settings, &weak)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::finding::Condition;

    #[test]
    fn what_weakens_a_commit_is_named() {
        for (synchronous_commit, fsync, full_page_writes, waits_for, standbys, words) in [
            ("on", "on", "on", "", 0, None),
            ("remote_apply", "on", "on", "*", 2, None),
            ("on", "off", "on", "", 0, Some("fsync is off")),
            ("on", "on", "off", "", 0, Some("full_page_writes is off")),
            ("off", "on", "on", "", 0, Some("synchronous_commit is not on")),
            ("local", "on", "on", "*", 1, Some("synchronous_commit is not on")),
            ("on", "on", "on", "", 1, Some("failover")),
        ] {
            let finding = durability(&Durability {
                synchronous_commit: synchronous_commit.into(),
                fsync: fsync.into(),
                full_page_writes: full_page_writes.into(),
                waits_for: waits_for.into(),
                standbys,
            });
            let expected = if words.is_some() { Condition::Doubtful } else { Condition::Good };
            assert_eq!(finding.condition, expected, "{finding:?}");
            assert!(finding.text.contains(words.unwrap_or("durable")), "{finding:?}");
        }
    }
}
