//! What the usual refusals of a database mean, and what to do about them: by
//! SQLSTATE and number, and by the words where drivers give one state for all.

/// What is wrong, and what to do.
pub struct Advice {
    /// In a few words, for the beginning of a sentence.
    pub what: &'static str,
    /// What to do about it.
    pub hint: &'static str,
}

/// An advice, and when it is given.
struct Case {
    states: &'static [&'static str],
    /// Numbers of SQL Server's errors.
    numbers: &'static [i32],
    words: &'static [&'static str],
    advice: Advice,
}

/// The first that fits counts: the more exact ones stand before.
const CASES: &[Case] = &[
    Case {
        states: &[],
        numbers: &[],
        words: &["no pg_hba.conf entry"],
        advice: Advice {
            what: "the server does not let this user in from this machine",
            hint: "Have a line added to the server's pg_hba.conf for user, database and this machine; where it wants TLS, \
                   add SSLmode=require to history.connection_string.",
        },
    },
    Case {
        states: &["3D000"],
        numbers: &[911, 4060],
        words: &["Cannot open database", "FATAL:  database \""],
        advice: Advice {
            what: "there is no such database, or the user may not open it",
            hint: "Check the database's name in history.connection_string; have the database made, or the user allowed to connect.",
        },
    },
    Case {
        states: &["28P01", "28000"],
        numbers: &[18456],
        words: &["password authentication failed", "no password supplied", "Login failed", "FATAL:  role \""],
        advice: Advice {
            what: "the user or the password is wrong",
            hint: "Check user and password in history.connection_string; a value with ; in it stands in braces, in a string of .NET in quotes.",
        },
    },
    Case {
        states: &["42501"],
        numbers: &[229, 230, 262, 297, 300, 916, 1088],
        words: &["permission denied"],
        advice: Advice {
            what: "the user lacks a right",
            hint: "Have the tables' owner run what wa_schema gives in rights_to_run (to make or change the tables: rights_to_migrate).",
        },
    },
    Case {
        states: &[],
        numbers: &[],
        words: &["certificate", "SSL", "TLS"],
        advice: Advice {
            what: "the connection cannot be encrypted as it is asked for",
            hint: "PostgreSQL: SSLmode of history.connection_string, and the authority's certificate on this machine. SQL Server: install the \
                   authority that signed the server's certificate, or set TrustServerCertificate=yes where the network is your own.",
        },
    },
    Case {
        states: &[],
        numbers: &[],
        words: &["invalid connection option", "invalid sslmode"],
        advice: Advice {
            what: "history.connection_string has what the driver does not know",
            hint: "Look for the keyword in the driver's documentation.",
        },
    },
];

/// What an error means, if it is one of the usual.
pub fn advice(state: &str, number: i32, text: &str) -> Option<&'static Advice> {
    CASES
        .iter()
        .find(|case| {
            case.states.contains(&state)
                || case.numbers.contains(&number)
                || case.words.iter().any(|words| text.contains(words))
        })
        .map(|case| &case.advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_refusal_has_a_text_of_its_own() {
        let texts: BTreeSet<&str> = [
            ("08001", 101, "FATAL:  password authentication failed for user \"wa\""),
            ("08001", 101, "FATAL:  database \"x\" does not exist"),
            ("08001", 101, "FATAL:  no pg_hba.conf entry for host \"10.0.0.1\", user \"wa\", database \"x\", no encryption"),
            ("08001", 101, "server does not support SSL, but SSL was required"),
            ("42501", 1, "ERROR: permission denied for table wa_queue"),
            ("08001", 101, "invalid connection option \"x\""),
        ]
        .into_iter()
        .map(|(state, number, text)| advice(state, number, text).unwrap_or_else(|| panic!("{text}")).what)
        .collect();
        assert_eq!(texts.len(), 6, "{texts:?}");
        for (state, number, what) in [
            ("28000", 18456, "password"),
            ("42000", 4060, "no such database"),
            ("42000", 229, "right"),
            ("08004", 911, "no such database"),
        ] {
            assert!(advice(state, number, "").unwrap().what.contains(what), "{number}");
        }
        assert!(advice("57P01", 0, "terminating connection").is_none());
    }
}
