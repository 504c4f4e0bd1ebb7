namespace WaConnector
{
    /// <summary>
    /// Result of a call; the numbers are those of the C header. Values are only
    /// ever added: take one that you do not know as a failure.
    /// </summary>
    public enum WaStatus
    {
        /// <summary>
        /// The call did what it says.
        /// </summary>
        Ok = 0,

        /// <summary>
        /// The message is recorded and its end is not known yet. Do not send it
        /// again: wait for it with <see cref="WaClient.Wait"/>, or for its event.
        /// </summary>
        Pending = 10,

        /// <summary>
        /// The deadline of <see cref="WaClient.Close"/> passed; no new callback will start. Call
        /// <see cref="WaClient.Close"/> again to go on waiting.
        /// </summary>
        ClosePending = 11,

        /// <summary>
        /// An argument is null where a value is needed, empty, or out of range.
        /// </summary>
        Argument = 20,

        /// <summary>
        /// An argument is not UTF-8.
        /// </summary>
        Utf8 = 21,

        /// <summary>
        /// An argument is not the JSON that is expected: broken, an unknown or
        /// repeated key, a wrong type.
        /// </summary>
        Json = 22,

        /// <summary>
        /// The settings are incomplete, contradict each other, or hold a value
        /// that cannot be used.
        /// </summary>
        Settings = 23,

        /// <summary>
        /// The message breaks a limit of the provider or of the channel; nothing
        /// was sent.
        /// </summary>
        Message = 24,

        /// <summary>
        /// The provider cannot do this; nothing was sent.
        /// </summary>
        NotSupported = 25,

        /// <summary>
        /// There is no message with this id.
        /// </summary>
        NotFound = 26,

        /// <summary>
        /// The reference was used before, for another payload.
        /// </summary>
        ReferenceConflict = 27,

        /// <summary>
        /// The query would have to read the whole table; narrow it.
        /// </summary>
        QueryTooWide = 28,

        /// <summary>
        /// The message can no longer be cancelled: an attempt has begun, or it
        /// has ended.
        /// </summary>
        TooLate = 29,

        /// <summary>
        /// The client number is zero, forged, or was closed.
        /// </summary>
        NoClient = 30,

        /// <summary>
        /// The client is being closed.
        /// </summary>
        Closed = 31,

        /// <summary>
        /// A call that can wait was made from inside a callback.
        /// </summary>
        WouldDeadlock = 32,

        /// <summary>
        /// The process was forked after the client was made; the child has none of the
        /// library's threads.
        /// </summary>
        Forked = 33,

        /// <summary>
        /// Too much is waiting; nothing was recorded. Try again later.
        /// </summary>
        QueueFull = 34,

        /// <summary>
        /// The call's deadline passed before it had an answer; nothing was
        /// changed by it.
        /// </summary>
        Timeout = 35,

        /// <summary>
        /// The provider refused the credentials.
        /// </summary>
        Credentials = 40,

        /// <summary>
        /// The provider's account is suspended, unpaid or otherwise unusable.
        /// </summary>
        Account = 41,

        /// <summary>
        /// The sender is not one that this account may use.
        /// </summary>
        Sender = 42,

        /// <summary>
        /// The recipient is no number that WhatsApp can reach, or opted out.
        /// </summary>
        Recipient = 43,

        /// <summary>
        /// Free text outside the 24-hour window; send a template first.
        /// </summary>
        Window = 44,

        /// <summary>
        /// The template is missing, not approved, or its variables do not fit.
        /// </summary>
        Template = 45,

        /// <summary>
        /// A limit of the provider was reached; wait longer before trying again.
        /// </summary>
        Limit = 46,

        /// <summary>
        /// The provider failed for now, and all attempts were used.
        /// </summary>
        Temporary = 47,

        /// <summary>
        /// The provider refused the message for good.
        /// </summary>
        Rejected = 48,

        /// <summary>
        /// It cannot be known whether the provider took the message.
        /// </summary>
        Unknown = 49,

        /// <summary>
        /// The message was cancelled before it was sent.
        /// </summary>
        Cancelled = 50,

        /// <summary>
        /// The message expired before it was sent.
        /// </summary>
        Expired = 51,

        /// <summary>
        /// The provider could not be reached.
        /// </summary>
        Network = 60,

        /// <summary>
        /// The provider's certificate could not be verified, or no certificate
        /// authorities are installed.
        /// </summary>
        Tls = 61,

        /// <summary>
        /// The database refused: driver, password, database name, right, schema.
        /// </summary>
        Database = 70,

        /// <summary>
        /// The database cannot be reached now; nothing was recorded or sent.
        /// </summary>
        DatabaseAway = 71,

        /// <summary>
        /// The tables are missing or older than this library needs.
        /// </summary>
        DatabaseSchema = 72,

        /// <summary>
        /// The database went back in time; nothing is sent until an operator
        /// decides.
        /// </summary>
        DatabaseRewound = 73,

        /// <summary>
        /// The database is away and the journal has no room for another message;
        /// nothing was recorded or sent.
        /// </summary>
        JournalFull = 74,

        /// <summary>
        /// A fault of the library itself.
        /// </summary>
        Internal = 90,
    }

    /// <summary>The names that statuses have in JSON.</summary>
    internal static class WaStatusNames
    {
        internal static WaStatus Parse(string name)
        {
            switch (name)
            {
                case "ok":
                    return WaStatus.Ok;
                case "pending":
                    return WaStatus.Pending;
                case "close_pending":
                    return WaStatus.ClosePending;
                case "argument":
                    return WaStatus.Argument;
                case "utf8":
                    return WaStatus.Utf8;
                case "json":
                    return WaStatus.Json;
                case "settings":
                    return WaStatus.Settings;
                case "message":
                    return WaStatus.Message;
                case "not_supported":
                    return WaStatus.NotSupported;
                case "not_found":
                    return WaStatus.NotFound;
                case "reference_conflict":
                    return WaStatus.ReferenceConflict;
                case "query_too_wide":
                    return WaStatus.QueryTooWide;
                case "too_late":
                    return WaStatus.TooLate;
                case "no_client":
                    return WaStatus.NoClient;
                case "closed":
                    return WaStatus.Closed;
                case "would_deadlock":
                    return WaStatus.WouldDeadlock;
                case "forked":
                    return WaStatus.Forked;
                case "queue_full":
                    return WaStatus.QueueFull;
                case "timeout":
                    return WaStatus.Timeout;
                case "credentials":
                    return WaStatus.Credentials;
                case "account":
                    return WaStatus.Account;
                case "sender":
                    return WaStatus.Sender;
                case "recipient":
                    return WaStatus.Recipient;
                case "window":
                    return WaStatus.Window;
                case "template":
                    return WaStatus.Template;
                case "limit":
                    return WaStatus.Limit;
                case "temporary":
                    return WaStatus.Temporary;
                case "rejected":
                    return WaStatus.Rejected;
                case "unknown":
                    return WaStatus.Unknown;
                case "cancelled":
                    return WaStatus.Cancelled;
                case "expired":
                    return WaStatus.Expired;
                case "network":
                    return WaStatus.Network;
                case "tls":
                    return WaStatus.Tls;
                case "database":
                    return WaStatus.Database;
                case "database_away":
                    return WaStatus.DatabaseAway;
                case "database_schema":
                    return WaStatus.DatabaseSchema;
                case "database_rewound":
                    return WaStatus.DatabaseRewound;
                case "journal_full":
                    return WaStatus.JournalFull;
                case "internal":
                    return WaStatus.Internal;
                default:
                    return WaStatus.Internal;
            }
        }
    }
}
