//! The status numbers of every call.
#![allow(unsafe_code)] // derive_ReprC proves the layout with unsafe impls; nothing here is written by hand.

use safer_ffi::prelude::*;

/// Result of a call.
///
/// Zero is success. Values are only ever added, in decades by topic; a host
/// must take a value that it does not know as a failure. Two are neither
/// success nor failure: `WA_STATUS_PENDING` and `WA_STATUS_CLOSE_PENDING`.
#[derive_ReprC]
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// The call did what it says.
    Ok = 0,

    /// The message is recorded and its end is not known yet. Do not send it
    /// again: wait for it with `wa_wait`, or for its event.
    Pending = 10,
    /// The deadline of `wa_close` passed; no new callback will start. Call
    /// `wa_close` again to go on waiting.
    ClosePending = 11,

    /// An argument is null where a value is needed, empty, or out of range.
    Argument = 20,
    /// An argument is not UTF-8.
    Utf8 = 21,
    /// An argument is not the JSON that is expected: broken, an unknown or
    /// repeated key, a wrong type.
    Json = 22,
    /// The settings are incomplete, contradict each other, or hold a value
    /// that cannot be used.
    Settings = 23,
    /// The message breaks a limit of the provider or of the channel; nothing
    /// was sent.
    Message = 24,
    /// The provider cannot do this; nothing was sent.
    NotSupported = 25,
    /// There is no message with this id, and no call under way that has it.
    NotFound = 26,
    /// The reference was used before, for another payload.
    ReferenceConflict = 27,
    /// The query would have to read the whole table; narrow it.
    QueryTooWide = 28,
    /// The message or call can no longer be cancelled: an attempt has begun,
    /// or it has ended.
    TooLate = 29,

    /// The client number is zero, forged, or was closed.
    NoClient = 30,
    /// The client is being closed.
    Closed = 31,
    /// A call that can wait was made from inside a callback.
    WouldDeadlock = 32,
    /// The process was forked while a client lived or a call was under way;
    /// the child has none of the library's threads.
    Forked = 33,
    /// Too much is waiting or under way; nothing was recorded or done. Try
    /// again later.
    QueueFull = 34,
    /// The call's deadline passed before it had an answer. Nothing was recorded
    /// or sent by it; a call that changes something at the provider says in
    /// `message` what may have happened.
    Timeout = 35,

    /// The provider refused the credentials.
    Credentials = 40,
    /// The provider's account is suspended, unpaid or otherwise unusable.
    Account = 41,
    /// The sender is not one that this account may use.
    Sender = 42,
    /// The recipient is no number that WhatsApp can reach, or opted out.
    Recipient = 43,
    /// Free text outside the 24-hour window; send a template first.
    Window = 44,
    /// The template is missing, not approved, or its variables do not fit.
    Template = 45,
    /// A limit of the provider was reached; wait longer before trying again.
    Limit = 46,
    /// The provider failed for now, and all attempts were used.
    Temporary = 47,
    /// The provider refused the message for good.
    Rejected = 48,
    /// It cannot be known whether the provider took the message.
    Unknown = 49,
    /// The message was cancelled before it was sent; or the call was broken
    /// off with `wa_cancel`, and says in `message` what may have happened.
    Cancelled = 50,
    /// The message expired before it was sent.
    Expired = 51,

    /// The provider could not be reached.
    Network = 60,
    /// The provider's certificate could not be verified, or no certificate
    /// authorities are installed.
    Tls = 61,

    /// The database refused: driver, password, database name, right, schema.
    Database = 70,
    /// The database cannot be reached now; nothing was recorded or sent.
    DatabaseAway = 71,
    /// The tables are missing or older than this library needs.
    DatabaseSchema = 72,
    /// The database went back in time; nothing is sent until an operator
    /// decides.
    DatabaseRewound = 73,
    /// The database is away and the journal has no room for another message;
    /// nothing was recorded or sent.
    JournalFull = 74,

    /// A fault of the library itself.
    Internal = 90,
}

impl Status {
    /// All statuses, for tables and tests.
    pub const ALL: &'static [Status] = &[
        Status::Ok,
        Status::Pending,
        Status::ClosePending,
        Status::Argument,
        Status::Utf8,
        Status::Json,
        Status::Settings,
        Status::Message,
        Status::NotSupported,
        Status::NotFound,
        Status::ReferenceConflict,
        Status::QueryTooWide,
        Status::TooLate,
        Status::NoClient,
        Status::Closed,
        Status::WouldDeadlock,
        Status::Forked,
        Status::QueueFull,
        Status::Timeout,
        Status::Credentials,
        Status::Account,
        Status::Sender,
        Status::Recipient,
        Status::Window,
        Status::Template,
        Status::Limit,
        Status::Temporary,
        Status::Rejected,
        Status::Unknown,
        Status::Cancelled,
        Status::Expired,
        Status::Network,
        Status::Tls,
        Status::Database,
        Status::DatabaseAway,
        Status::DatabaseSchema,
        Status::DatabaseRewound,
        Status::JournalFull,
        Status::Internal,
    ];

    /// The status with this number.
    pub fn from_number(number: i32) -> Option<Status> {
        Self::ALL.iter().copied().find(|s| *s as i32 == number)
    }

    /// The stable name, as JSON and `wa_status_text` give it.
    pub fn name(self) -> &'static str {
        self.text_with_nul().to_str().unwrap_or("")
    }

    /// The name as a C string with static lifetime.
    pub fn text_with_nul(self) -> &'static std::ffi::CStr {
        match self {
            Status::Ok => c"ok",
            Status::Pending => c"pending",
            Status::ClosePending => c"close_pending",
            Status::Argument => c"argument",
            Status::Utf8 => c"utf8",
            Status::Json => c"json",
            Status::Settings => c"settings",
            Status::Message => c"message",
            Status::NotSupported => c"not_supported",
            Status::NotFound => c"not_found",
            Status::ReferenceConflict => c"reference_conflict",
            Status::QueryTooWide => c"query_too_wide",
            Status::TooLate => c"too_late",
            Status::NoClient => c"no_client",
            Status::Closed => c"closed",
            Status::WouldDeadlock => c"would_deadlock",
            Status::Forked => c"forked",
            Status::QueueFull => c"queue_full",
            Status::Timeout => c"timeout",
            Status::Credentials => c"credentials",
            Status::Account => c"account",
            Status::Sender => c"sender",
            Status::Recipient => c"recipient",
            Status::Window => c"window",
            Status::Template => c"template",
            Status::Limit => c"limit",
            Status::Temporary => c"temporary",
            Status::Rejected => c"rejected",
            Status::Unknown => c"unknown",
            Status::Cancelled => c"cancelled",
            Status::Expired => c"expired",
            Status::Network => c"network",
            Status::Tls => c"tls",
            Status::Database => c"database",
            Status::DatabaseAway => c"database_away",
            Status::DatabaseSchema => c"database_schema",
            Status::DatabaseRewound => c"database_rewound",
            Status::JournalFull => c"journal_full",
            Status::Internal => c"internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_unique() {
        let numbers: std::collections::BTreeSet<i32> = Status::ALL.iter().map(|s| *s as i32).collect();
        let names: std::collections::BTreeSet<&str> = Status::ALL.iter().map(|s| s.name()).collect();
        assert_eq!(numbers.len(), Status::ALL.len());
        assert_eq!(names.len(), Status::ALL.len());
        assert_eq!(Status::from_number(43), Some(Status::Recipient));
        assert_eq!(Status::from_number(1), None);
    }
}
