//! What PostgreSQL's errors mean.

use crate::history::store::StoreErrorKind;

/// By the SQLSTATE, and the words where it says too little.
pub fn kind_of(state: &str, _number: i32, text: &str) -> StoreErrorKind {
    match state {
        // psqlODBC gives one SQLSTATE for all that goes wrong at the login.
        "08001" => kind_of_login(text),
        // Deadlock, lost race, lock timeout.
        "40001" | "40P01" | "55P03" => StoreErrorKind::Retry,
        // Terminated, shut down, starting up, timed out, out of memory or of
        // connections: a new connection at another moment may fare better.
        "57014" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P02" | "25P03" => StoreErrorKind::Away,
        // A full disk or memory, too many connections: mended while we run.
        _ if state.starts_with("53") => StoreErrorKind::Away,
        "HYT00" | "HYT01" | "HY008" => StoreErrorKind::Away,
        // It takes no writes: after a failover this is the standby, or will
        // be the server again in a moment.
        "25006" => StoreErrorKind::Away,
        // Another process changed the tables: statements are prepared anew.
        "0A000" if text.contains("cached plan") => StoreErrorKind::Away,
        // A table, column or schema that is not there.
        "42P01" | "42703" | "3F000" | "42S02" | "42S22" => StoreErrorKind::Schema,
        // Too long for an index, or for the server.
        "54000" => StoreErrorKind::Data,
        _ if state.starts_with("08") => StoreErrorKind::Away,
        _ if state.starts_with("22") || state.starts_with("23") => StoreErrorKind::Data,
        _ => StoreErrorKind::Configuration,
    }
}

/// The words are all there is: the server's after FATAL, or the client
/// library's own.
fn kind_of_login(text: &str) -> StoreErrorKind {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&[
        "starting up",
        "shutting down",
        "recovery mode",
        "too many clients",
        "too many connections",
        "connection slots",
        "terminating connection",
        "not yet accepting",
    ]) {
        return StoreErrorKind::Away;
    }
    // Whoever gets an answer from the server has reached it.
    if has(&[
        "FATAL",
        "no password supplied",
        "authentication",
        "SSL",
        "certificate",
        "invalid connection option",
    ]) {
        return StoreErrorKind::Configuration;
    }
    StoreErrorKind::Away
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_away() {
        for state in ["53100", "53200", "53300", "57P03", "57014", "08006", "25006"] {
            assert_eq!(kind_of(state, 1, ""), StoreErrorKind::Away, "{state}");
        }
    }

    #[test]
    fn logins_are_told_apart_by_their_words() {
        for (text, kind) in [
            (
                r#"connection to server at "127.0.0.1", port 1 failed: Connection refused"#,
                StoreErrorKind::Away,
            ),
            (r#"FATAL:  password authentication failed for user "wa""#, StoreErrorKind::Configuration),
            (r#"FATAL:  database "x" does not exist"#, StoreErrorKind::Configuration),
            ("FATAL:  the database system is starting up", StoreErrorKind::Away),
            ("FATAL:  sorry, too many clients already", StoreErrorKind::Away),
            ("server does not support SSL, but SSL was required", StoreErrorKind::Configuration),
            ("timeout expired", StoreErrorKind::Away),
        ] {
            assert_eq!(kind_of("08001", 101, text), kind, "{text}");
        }
    }
}
