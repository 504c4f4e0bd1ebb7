//! What a look at a database finds: is it there, do its tables fit, may they be
//! used, are its commits durable.

const RIGHTS: &str = "rights";

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `database`, `schema`, `rights`, `durability` or `journal`.
    pub item: &'static str,
    /// How it is.
    pub condition: Condition,
    /// How it is, in plain words.
    pub text: String,
    /// What to do about it.
    pub hint: Option<&'static str>,
}

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// As it should be.
    Good,
    /// It works, and records may be lost or something does less than it could.
    Doubtful,
    /// Nothing can be recorded.
    Broken,
}

/// Rights on one table that the user does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRight {
    /// Such as `SELECT, INSERT on wa_events`.
    pub right: String,
    /// Without it nothing can be recorded.
    pub needed_to_send: bool,
}

impl Finding {
    /// The database answers.
    pub fn answers(description: &str) -> Finding {
        Finding {
            item: "database",
            condition: Condition::Good,
            text: format!("The history's database answers: {description}."),
            hint: None,
        }
    }

    /// The tables' version, beside the one that this library reads and writes.
    pub fn of_schema(found: Option<i64>, needed: i64) -> Finding {
        let (condition, text, hint) = match found {
            Some(found) if found == needed => {
                (Condition::Good, format!("The history's tables are there, in version {found}."), None)
            }
            Some(newer) if newer > needed => (
                Condition::Broken,
                format!("The history's tables have version {newer}; this library knows up to {needed}."),
                Some("Use the library that made them, or a newer one."),
            ),
            older => (
                Condition::Broken,
                match older {
                    Some(older) => {
                        format!("The history's tables have version {older}; {needed} is needed.")
                    }
                    None => "The history's tables are missing.".to_owned(),
                },
                Some("Set history.migrate to auto once, with a user who may make tables."),
            ),
        };
        Finding { item: "schema", condition, text, hint }
    }

    /// Whether the user lacks a right without which nothing can be recorded.
    /// Tables that do not fit are the migration's to refuse.
    pub fn stops_recording(&self) -> bool {
        self.item == RIGHTS && self.condition == Condition::Broken
    }

    /// What the user may not do; nothing where nothing is missing.
    pub fn of_rights(missing: &[MissingRight]) -> Option<Finding> {
        let rights: Vec<&str> = missing.iter().map(|missing| missing.right.as_str()).collect();
        let broken = missing.iter().any(|missing| missing.needed_to_send);
        let (condition, follows) = if broken {
            (Condition::Broken, "Messages cannot be recorded.")
        } else {
            (
                Condition::Doubtful,
                "Messages are sent, but not all is done: files are uploaded again for each message, events cannot be acknowledged, or old messages cannot be removed.",
            )
        };
        (!rights.is_empty()).then(|| Finding {
            item: RIGHTS,
            condition,
            text: format!("The database's user lacks rights: {}. {follows}", rights.join("; ")),
            hint: Some(
                "Have the tables' owner run what wa_schema gives in rights_to_run; docs/database-postgresql.md and docs/database-sqlserver.md list it under Rights.",
            ),
        })
    }

    /// Whether a commit that was confirmed outlives a power cut: by each
    /// setting that weakens it.
    pub fn of_durability(settings: &str, weak: &[(&str, &'static str)]) -> Finding {
        let Some((_, hint)) = weak.first() else {
            return Finding {
                item: "durability",
                condition: Condition::Good,
                text: format!("Commits are durable: {settings}."),
                hint: None,
            };
        };
        let why: Vec<&str> = weak.iter().map(|(why, _)| *why).collect();
        Finding {
            item: "durability",
            condition: Condition::Doubtful,
            text: format!(
                "Commits that were confirmed may be lost: {} ({settings}). A message could be sent and not be in the history.",
                why.join("; ")
            ),
            hint: Some(hint),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_rights_weigh_as_much_as_what_they_stop() {
        let missing = |table: &str, needed_to_send| MissingRight {
            right: format!("INSERT on {table}"),
            needed_to_send,
        };
        assert_eq!(Finding::of_rights(&[]), None);
        let finding = Finding::of_rights(&[missing("wa_remembered", false)]).unwrap();
        assert_eq!(finding.condition, Condition::Doubtful, "{finding:?}");
        let finding =
            Finding::of_rights(&[missing("wa_remembered", false), missing("wa_queue", true)]).unwrap();
        assert_eq!(finding.condition, Condition::Broken, "{finding:?}");
        assert!(finding.text.contains("wa_remembered; INSERT on wa_queue."), "{finding:?}");
    }

    #[test]
    fn versions_of_the_tables() {
        for (found, condition, words) in [
            (Some(2), Condition::Good, "version 2"),
            (Some(3), Condition::Broken, "up to 2"),
            (Some(1), Condition::Broken, "2 is needed"),
            (None, Condition::Broken, "missing"),
        ] {
            let finding = Finding::of_schema(found, 2);
            assert_eq!(finding.condition, condition, "{finding:?}");
            assert!(finding.text.contains(words), "{finding:?}");
            assert_eq!(finding.hint.is_some(), condition == Condition::Broken);
        }
    }
}
