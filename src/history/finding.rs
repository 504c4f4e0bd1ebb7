//! What a look at a database finds: is it there, do its tables fit, are its
//! commits durable.

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `database`, `schema` or `durability`.
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
    /// It works, and records may be lost.
    Doubtful,
    /// Nothing can be recorded.
    Broken,
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
