//! What the errors of SQL Server's drivers mean.

use crate::history::store::StoreErrorKind;

/// One of several that block each other, or a lock or memory that is not to be
/// had for now: the transaction is tried again.
///
/// A key that is there already (2601, 2627) is among them: our statements look
/// before they insert, so another connection was faster by a moment, and the
/// next try finds what it stored.
const RETRY: &[i32] = &[1204, 1205, 1222, 2601, 2627, 3960, 3961, 701, 802, 8628, 8645, 8651];

/// The server ends the session, moves, starts up or is full: a new connection
/// at another moment may fare better.
const AWAY: &[i32] = &[
    // Killed, shut down, cut off by the network.
    233, 596, 921, 922, 923, 927, 952, 3998, 6002, 6005, 10053, 10054, 10060, 10061, 17142, 17148, 18401,
    // In mid-failover of an availability group.
    976, 978, 979, 982, 983, 3906, 41301, // Full: disk, log, tempdb. Or unreadable for now.
    823, 824, 825, 1101, 1105, 9002, // Azure: moved, throttled, out of sessions.
    10928, 10929, 40143, 40197, 40501, 40540, 40613, 49918, 49919, 49920,
    // A transaction that can only be taken back, or that is not there.
    3902, 3903, 3930, // FreeTDS: the server does not answer, or the connection is dead.
    20002, 20003, 20004, 20006, 20009, 20017, 20047, 20019,
];

/// A value that does not fit its column, an index or a row.
const DATA: &[i32] = &[220, 241, 242, 245, 511, 515, 547, 1946, 2628, 7105, 8114, 8115, 8152, 8169];

/// A database that is not there, a login or a user that is refused.
const CONFIGURATION: &[i32] = &[911, 916, 4060, 18452, 18456, 18470];

/// A table, column or schema that is not there.
const SCHEMA: &[i32] = &[207, 208, 213, 4902];

/// By the server's number, for its SQLSTATE is 42000 nearly always; by the
/// SQLSTATE where it says more.
pub fn kind_of(state: &str, number: i32, text: &str) -> StoreErrorKind {
    match number {
        _ if RETRY.contains(&number) => return StoreErrorKind::Retry,
        _ if AWAY.contains(&number) => return StoreErrorKind::Away,
        _ if DATA.contains(&number) => return StoreErrorKind::Data,
        _ if SCHEMA.contains(&number) => return StoreErrorKind::Schema,
        _ if CONFIGURATION.contains(&number) => return StoreErrorKind::Configuration,
        _ => {}
    }
    match state {
        // The server answered, and TLS or the name of the driver is to be mended.
        _ if state.starts_with("08") && is_about_trust(text) => StoreErrorKind::Configuration,
        // The connection of FreeTDS stays in this state for ever.
        "24000" | "25000" => StoreErrorKind::Away,
        "40001" => StoreErrorKind::Retry,
        "HYT00" | "HYT01" | "HY008" => StoreErrorKind::Away,
        "42S02" | "42S22" => StoreErrorKind::Schema,
        _ if state.starts_with("08") => StoreErrorKind::Away,
        _ if state.starts_with("22") || state.starts_with("23") => StoreErrorKind::Data,
        _ => StoreErrorKind::Configuration,
    }
}

fn is_about_trust(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["certificate", "self-signed", "self signed"].iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Microsoft's driver 18.6 and FreeTDS 1.3.17 gave them.
    #[test]
    fn errors_are_told_apart_by_their_numbers() {
        for (state, number, kind) in [
            ("40001", 1205, StoreErrorKind::Retry),
            ("42000", 1205, StoreErrorKind::Retry),
            ("42000", 1222, StoreErrorKind::Retry),
            ("42000", 3960, StoreErrorKind::Retry),
            ("42000", 701, StoreErrorKind::Retry),
            ("23000", 2627, StoreErrorKind::Retry),
            ("23000", 2601, StoreErrorKind::Retry),
            ("42000", 2628, StoreErrorKind::Data),
            ("22001", 8152, StoreErrorKind::Data),
            ("22018", 245, StoreErrorKind::Data),
            ("23000", 515, StoreErrorKind::Data),
            ("42000", 1946, StoreErrorKind::Data),
            ("42S02", 208, StoreErrorKind::Schema),
            ("42S22", 207, StoreErrorKind::Schema),
            ("42000", 229, StoreErrorKind::Configuration),
            ("42000", 102, StoreErrorKind::Configuration),
            ("28000", 18456, StoreErrorKind::Configuration),
            ("42000", 18456, StoreErrorKind::Configuration),
            ("08004", 911, StoreErrorKind::Configuration),
            ("42000", 4060, StoreErrorKind::Configuration),
            ("42000", 9002, StoreErrorKind::Away),
            ("42000", 40613, StoreErrorKind::Away),
            ("HY000", 40501, StoreErrorKind::Away),
            ("HY000", 596, StoreErrorKind::Away),
            ("08S01", 10054, StoreErrorKind::Away),
            ("HYT00", 0, StoreErrorKind::Away),
            ("42000", 3930, StoreErrorKind::Away),
        ] {
            assert_eq!(kind_of(state, number, ""), kind, "{state} {number}");
        }
    }

    #[test]
    fn a_certificate_is_not_a_server_that_is_away() {
        let text =
            "SSL Provider: [error:0A000086:SSL routines::certificate verify failed:self-signed certificate]";
        assert_eq!(kind_of("08001", -1, text), StoreErrorKind::Configuration);
        assert_eq!(kind_of("08001", 104, "TCP Provider: Error code 0x68"), StoreErrorKind::Away);
    }
}
