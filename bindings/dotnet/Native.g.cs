// Written by safer-ffi out of src/abi; do not edit.

#pragma warning disable IDE0044, IDE0049, IDE0055, IDE1006,
#pragma warning disable SA1004, SA1008, SA1023, SA1028,
#pragma warning disable SA1121, SA1134,
#pragma warning disable SA1201,
#pragma warning disable SA1300, SA1306, SA1307, SA1310, SA1313,
#pragma warning disable SA1500, SA1505, SA1507,
#pragma warning disable SA1600, SA1601, SA1604, SA1605, SA1611, SA1615, SA1649,

namespace WaConnector {
using System;
using System.Runtime.InteropServices;

internal static unsafe partial class Native {
    /// <summary>
    /// Version of the ABI that this header describes. It grows by one with every
    /// release that adds something. A host needs a library whose
    /// <c>wa_abi_version()</c> is not lower than the <c>WA_ABI_VERSION</c> it was built with.
    /// </summary>
    public const UInt32 WA_ABI_VERSION = 1;
}

internal static unsafe partial class Native {
    /// <summary>
    /// The version of the ABI that this library speaks; see <c>WA_ABI_VERSION</c>.
    /// </summary>
    public static Signature.wa_abi_version wa_abi_version;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    UInt32 wa_abi_version ();
    }
}

/// <summary>
/// Result of a call.
///
/// Zero is success. Values are only ever added, in decades by topic; a host
/// must take a value that it does not know as a failure. Two are neither
/// success nor failure: <c>WA_STATUS_PENDING</c> and <c>WA_STATUS_CLOSE_PENDING</c>.
/// </summary>
internal enum NativeStatus : Int32 {
    /// <summary>
    /// The call did what it says.
    /// </summary>
    Ok = 0,
    /// <summary>
    /// The message is recorded and its end is not known yet. Do not send it
    /// again: wait for it with <c>wa_wait</c>, or for its event.
    /// </summary>
    Pending = 10,
    /// <summary>
    /// The deadline of <c>wa_close</c> passed; no new callback will start. Call
    /// <c>wa_close</c> again to go on waiting.
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
    /// There is no message with this id, and no call under way that has it.
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
    /// The message or call can no longer be cancelled: an attempt has begun,
    /// or it has ended.
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
    /// The process was forked while a client lived or a call was under way;
    /// the child has none of the library's threads.
    /// </summary>
    Forked = 33,
    /// <summary>
    /// Too much is waiting or under way; nothing was recorded or done. Try
    /// again later.
    /// </summary>
    QueueFull = 34,
    /// <summary>
    /// The call's deadline passed before it had an answer. Nothing was recorded
    /// or sent by it; a call that changes something at the provider says in
    /// <c>message</c> what may have happened.
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
    /// The message was cancelled before it was sent; or the call was broken
    /// off with <c>wa_cancel</c>, and says in <c>message</c> what may have happened.
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

internal static unsafe partial class Native {
    /// <summary>
    /// Gives a message up. Works until an attempt has begun, and between two
    /// attempts. Or breaks another call of this client off, such as an upload.
    ///
    /// <c>id</c>: the message's <c>id</c>; a thread may cancel a send that another thread
    /// waits for, if the options of that send chose the id. For a call that is no
    /// message, the <c>id</c> of its options: that call ends with
    /// <c>WA_STATUS_CANCELLED</c> and says what may have happened. <c>outcome_json_out</c>:
    /// receives the outcome, or for a call that is no message
    /// <c>{"success":true}</c>; the caller's to free.
    ///
    /// OK means that it is cancelled and will not be sent;
    /// <c>WA_STATUS_TOO_LATE</c> that it was, or may have been. Blocks for one commit,
    /// at most 5 seconds. Thread-safe; allowed from inside a callback.
    /// </summary>
    public static Signature.wa_cancel wa_cancel;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_cancel (
        UInt64 client,
        byte /*const*/ * id,
        byte * * outcome_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Looks whether the account and the database are fit to send, and says it in
    /// plain words. Nothing is sent or changed.
    ///
    /// <c>options_json</c>: <c>{"id","timeout_ms"}</c> or null. <c>report_json_out</c>: receives
    /// <c>{"ok":..,"items":[{"item","verdict","text","hint"}]}</c>; see
    /// <c>schema/check_report.v1.schema.json</c>. The caller's to free.
    ///
    /// OK means that the check was made, not that it found all well: that is <c>ok</c>.
    /// Blocks at most <c>timeout_ms</c> (default 60000). Thread-safe. Refused from
    /// inside a callback.
    /// </summary>
    public static Signature.wa_check wa_check;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_check (
        UInt64 client,
        byte /*const*/ * options_json,
        byte * * report_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Ends a client.
    ///
    /// <c>timeout_ms</c>: how long to wait; 0 does not wait, UINT32_MAX waits without
    /// limit. Calls that wait are woken at once with <c>WA_STATUS_CLOSED</c>; attempts
    /// under way may end within the time; what is queued stays in the database for
    /// the next client.
    ///
    /// OK: everything has ended, threads are joined, the number is no client any
    /// more. <c>WA_STATUS_CLOSE_PENDING</c>: the time is up; no new callback will start,
    /// but one is still running, or a thread is still inside a driver, the reading
    /// of a file or the look-up of a name; call again.
    /// <c>user_data</c> of callbacks must live until OK. Thread-safe: several threads
    /// may close, and wait together. Refused from inside a callback. A process may
    /// end without closing: the next client recovers what it left.
    /// </summary>
    public static Signature.wa_close wa_close;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_close (
        UInt64 client,
        UInt32 timeout_ms);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Starts a client.
    ///
    /// <c>settings_json</c>: the settings, a JSON object; see the table in README.md
    /// and <c>schema/settings.v1.schema.json</c>. <c>client_out</c>: receives the number of
    /// the client, or 0 on failure; must not be null.
    ///
    /// Blocks until the settings are checked and the database has answered once,
    /// at most <c>timeout_ms</c> of the settings (default 60000). A database that
    /// cannot be reached is no failure: the client starts, refuses messages with
    /// <c>WA_STATUS_DATABASE_AWAY</c>, and says in an event when it is back. A wrong
    /// driver, password, database name, right or schema is a failure.
    ///
    /// Thread-safe. Several clients may live side by side.
    ///
    /// Fails with <c>WA_STATUS_SETTINGS</c>, <c>WA_STATUS_JSON</c>, <c>WA_STATUS_UTF8</c>,
    /// <c>WA_STATUS_ARGUMENT</c>, <c>WA_STATUS_NOT_SUPPORTED</c>, <c>WA_STATUS_DATABASE</c>,
    /// <c>WA_STATUS_DATABASE_SCHEMA</c>, <c>WA_STATUS_TLS</c>, <c>WA_STATUS_WOULD_DEADLOCK</c>.
    /// </summary>
    public static Signature.wa_configure wa_configure;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_configure (
        byte /*const*/ * settings_json,
        UInt64 * client_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Reads a page of the history.
    ///
    /// <c>query_json</c>: filters, <c>limit</c>, <c>cursor</c>, <c>order</c>, <c>reports</c>, <c>timeout_ms</c>;
    /// see <c>schema/query.v1.schema.json</c>; null asks for the newest messages.
    /// <c>page_json_out</c>: receives <c>{"messages":[..],"next":..}</c>, the caller's to
    /// free; <c>next</c> goes into <c>cursor</c> for the next page and is null at the end.
    /// Every message that was there at the first page comes exactly once. A cursor
    /// of another question is refused.
    ///
    /// Each client sees the messages of its own account, unless
    /// <c>history.accounts</c> of the settings is <c>all</c>.
    ///
    /// Blocks at most <c>timeout_ms</c> of the query (default 60000). Thread-safe.
    /// Refused from inside a callback.
    /// </summary>
    public static Signature.wa_history wa_history;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_history (
        UInt64 client,
        byte /*const*/ * query_json,
        byte * * page_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Counts messages of the history, by state and by day.
    ///
    /// <c>query_json</c>: the filters and the <c>timeout_ms</c> of <c>wa_history</c>, without
    /// <c>limit</c> and <c>cursor</c>; null counts all. <c>report_json_out</c>: receives
    /// <c>{"total","by_state":{..},"by_day":[{"day","total","by_state"}]}</c>, the
    /// caller's to free; days are those on which messages were handed over, in UTC.
    ///
    /// Without <c>contact_id</c>, <c>recipient</c>, <c>campaign_id</c> or <c>reference</c> every
    /// message is looked at. Blocks at most <c>timeout_ms</c> of the query (default
    /// 60000). Thread-safe. Refused from inside a callback.
    /// </summary>
    public static Signature.wa_history_count wa_history_count;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_history_count (
        UInt64 client,
        byte /*const*/ * query_json,
        byte * * report_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Erases what was said to one contact. That there were messages, when, to
    /// which number, and what became of them stays.
    ///
    /// <c>options_json</c>: <c>{"contact_id","recipient","id","timeout_ms"}</c> with
    /// <c>contact_id</c>, <c>recipient</c> or both; of both, the messages go that have one of
    /// them. <c>report_json_out</c>: receives <c>{"messages","open"}</c>, the caller's to
    /// free; <c>open</c> counts messages that were left as they are because they are not
    /// over: cancel them, or call again later.
    ///
    /// Gone are the text and content of each message, the words of its errors, of
    /// its events, of its attempts and of the provider's reports; states, times,
    /// classes and codes stay. At most 500 messages are changed in one transaction.
    /// Blocks at most <c>timeout_ms</c> of the options (default 600000), with cancelling
    /// and progress as with <c>wa_history_export</c>. Thread-safe. Refused from inside a
    /// callback.
    /// </summary>
    public static Signature.wa_history_erase wa_history_erase;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_history_erase (
        UInt64 client,
        byte /*const*/ * options_json,
        byte * * report_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Writes messages of the history into a file.
    ///
    /// <c>query_json</c>: the filters, <c>order</c> and <c>reports</c> of <c>wa_history</c>; null means
    /// all messages. <c>options_json</c>:
    /// <c>{"file","format","overwrite","bom","separator","id","timeout_ms"}</c>; <c>file</c>
    /// must be there, <c>format</c> is <c>csv</c> (default) or <c>jsonl</c>. <c>report_json_out</c>:
    /// receives <c>{"file","format","messages","bytes"}</c>, the caller's to free.
    ///
    /// The file appears under its name once it is whole; one that is there is
    /// replaced only with <c>overwrite</c>. In a CSV a cell that a spreadsheet would run
    /// has an apostrophe in front. Messages that were there at the beginning come
    /// exactly once, in short transactions, so that nobody waits for the export.
    ///
    /// Blocks at most <c>timeout_ms</c> of the options (default 600000); <c>wa_cancel</c>
    /// with the options' <c>id</c> ends it. Progress comes as events of kind <c>progress</c>
    /// that count messages, to who asks for that kind. Thread-safe. Refused from
    /// inside a callback.
    /// </summary>
    public static Signature.wa_history_export wa_history_export;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_history_export (
        UInt64 client,
        byte /*const*/ * query_json,
        byte /*const*/ * options_json,
        byte * * report_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Deletes what is older than the host wants to keep: messages with their
    /// attempts and reports, events, and later references.
    ///
    /// <c>options_json</c>: <c>{"older_than_days","keep_references_days","id","timeout_ms"}</c>;
    /// <c>older_than_days</c> must be there and is at least 1, by the database's clock
    /// and since the message was recorded; references are kept 400 days unless
    /// <c>keep_references_days</c> says otherwise, and never shorter than their message.
    /// <c>report_json_out</c>: receives <c>{"messages","open","events","references"}</c>, the
    /// caller's to free; <c>open</c> counts messages as old that stayed because they are
    /// not over.
    ///
    /// At most 1,000 rows go in one transaction. Events go whether or not every
    /// consumer has read them. Blocks at most <c>timeout_ms</c> of the options (default
    /// 600000), with cancelling and progress as with <c>wa_history_export</c>; what is
    /// gone by then stays gone. Thread-safe. Refused from inside a callback.
    /// </summary>
    public static Signature.wa_history_purge wa_history_purge;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_history_purge (
        UInt64 client,
        byte /*const*/ * options_json,
        byte * * report_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Hands over messages whose end became known, or of which more was told since,
    /// for hosts that keep the history in tables of their own.
    ///
    /// <c>options_json</c>: <c>{"consumer","after","max"}</c>; <c>consumer</c> must be there: the
    /// library remembers under this name, over restarts, what was acknowledged. The
    /// first call begins with the oldest event. <c>timeout_ms</c>: how long to wait for
    /// the first message; 0 does not wait. <c>page_json_out</c>: receives
    /// <c>{"messages":[..],"cursor":".."}</c>, the caller's to free; the messages are
    /// whole, as <c>wa_history</c> gives them, and as they are now.
    ///
    /// Giving <c>cursor</c> back as <c>after</c> acknowledges the messages up to it. Until
    /// then they come again when the program is started again: each change is
    /// handed over at least once, so save a message by its <c>id</c>.
    ///
    /// Blocks at most <c>timeout_ms</c> and 5 seconds, which the database may take to
    /// answer. Thread-safe. Inside a callback refused.
    /// </summary>
    public static Signature.wa_history_take wa_history_take;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_history_take (
        UInt64 client,
        byte /*const*/ * options_json,
        UInt32 timeout_ms,
        byte * * page_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// JSON about this thread's last failing call, an object with <c>status</c>,
    /// <c>message</c>, <c>hint</c>, <c>retryable</c>, <c>class</c>, <c>provider_code</c>, <c>http_status</c>,
    /// <c>argument</c> as far as known; <c>{}</c> after a call that succeeded, and before the first. Never null.
    /// Valid until the thread's next call of a function that returns a status; not
    /// the caller's to free (in P/Invoke: declare it as a pointer, never as
    /// <c>string</c>).
    /// </summary>
    public static Signature.wa_last_error wa_last_error;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    sbyte /*const*/ * wa_last_error ();
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Marks a message that somebody sent to the business, and those before it, as
    /// read.
    ///
    /// <c>message_id</c>: the provider's id of the inbound message (Meta: <c>wamid...</c>,
    /// Twilio: <c>SM...</c> or <c>MM...</c>). <c>options_json</c>:
    /// <c>{"sender","typing","id","timeout_ms"}</c> or null; <c>typing</c> true also shows
    /// for at most 25 seconds that an answer is being written. Twilio knows both
    /// together only: without <c>typing</c> it is <c>WA_STATUS_NOT_SUPPORTED</c> there.
    /// <c>result_json_out</c>: receives <c>{"success":true}</c>, the caller's to free; null
    /// means not wanted.
    ///
    /// Blocks at most <c>timeout_ms</c> of the options (default 60000). Thread-safe.
    /// Refused from inside a callback. Source: Meta, "Mark messages as read" and
    /// "Typing indicators"; Twilio, "Typing indicators".
    /// </summary>
    public static Signature.wa_mark_read wa_mark_read;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_mark_read (
        UInt64 client,
        byte /*const*/ * message_id,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Deletes media from the provider's store.
    ///
    /// The arguments are those of <c>wa_media_url</c>; the result is <c>{"success":true}</c>.
    /// Messages that were sent keep the media.
    /// </summary>
    public static Signature.wa_media_delete wa_media_delete;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_media_delete (
        UInt64 client,
        byte /*const*/ * media_id,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Fetches media into a folder of this machine.
    ///
    /// <c>media_id</c>: the provider's id of the media, as an upload or an inbound
    /// message gave it. <c>folder</c>: the folder that receives it, which must be there;
    /// nothing is written elsewhere. <c>options_json</c>:
    /// <c>{"sender","filename","max_bytes","overwrite","id","timeout_ms"}</c> or null;
    /// <c>filename</c> is a name without any folder. <c>result_json_out</c>: receives the
    /// file; see <c>schema/media_file.v1.schema.json</c>. The caller's to free.
    ///
    /// The file appears under its name once it is whole and its SHA-256 fits. A
    /// file that is there is replaced only with <c>overwrite</c>. Blocks at most
    /// <c>timeout_ms</c> (default 600000), with progress as with <c>wa_media_upload</c>.
    /// Thread-safe. Refused from inside a callback. Source: Meta, "Media": the
    /// media of inbound messages can be fetched for 7 days. Twilio:
    /// <c>WA_STATUS_NOT_SUPPORTED</c>.
    /// </summary>
    public static Signature.wa_media_download wa_media_download;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_media_download (
        UInt64 client,
        byte /*const*/ * media_id,
        byte /*const*/ * folder,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Uploads a file of this machine into the provider's store.
    ///
    /// <c>file</c>: its path. <c>options_json</c>:
    /// <c>{"sender","mime_type","filename","id","timeout_ms"}</c> or null; the type is
    /// told by the file's name unless <c>mime_type</c> does. <c>result_json_out</c>: receives
    /// the media with its <c>id</c>, for messages; see
    /// <c>schema/media_info.v1.schema.json</c>. The caller's to free.
    ///
    /// The file is read while it travels and must not change meanwhile. Blocks at
    /// most <c>timeout_ms</c> (default 600000). Progress comes as events of kind
    /// <c>progress</c>, to who asks for that kind. Thread-safe. Refused from inside a
    /// callback. Source: Meta, "Media": an id lives 30 days; image 5 MB, audio and
    /// video 16 MB, document 100 MB, sticker 500 KB, 100 KB if it does not move. Twilio:
    /// <c>WA_STATUS_NOT_SUPPORTED</c>.
    /// </summary>
    public static Signature.wa_media_upload wa_media_upload;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_media_upload (
        UInt64 client,
        byte /*const*/ * file,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Uploads bytes into the provider's store.
    ///
    /// <c>bytes</c>, <c>length</c>: the media, at most 104857600 bytes; copied before the
    /// call waits, and the caller's. <c>options_json</c>: as with <c>wa_media_upload</c>;
    /// <c>mime_type</c> must be there. The rest is as with <c>wa_media_upload</c>.
    /// </summary>
    public static Signature.wa_media_upload_bytes wa_media_upload_bytes;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_media_upload_bytes (
        UInt64 client,
        byte /*const*/ * bytes,
        UIntPtr length,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Tells where media can be fetched from, and what it is.
    ///
    /// <c>media_id</c>: the provider's id. <c>options_json</c>:
    /// <c>{"sender","id","timeout_ms"}</c> or null. <c>result_json_out</c>: receives the
    /// media with its <c>url</c>, which lives 5 minutes and wants the access token; the
    /// caller's to free.
    ///
    /// Blocks at most <c>timeout_ms</c> (default 60000). Thread-safe. Refused from
    /// inside a callback. Source: Meta, "Media". Twilio: <c>WA_STATUS_NOT_SUPPORTED</c>.
    /// </summary>
    public static Signature.wa_media_url wa_media_url;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_media_url (
        UInt64 client,
        byte /*const*/ * media_id,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Reads the next events: ends of messages, and what the host should know. Of
    /// kind <c>log</c> and <c>progress</c> only where <c>include</c> names them: these live in
    /// memory only, the last 1,000 and 256.
    ///
    /// <c>options_json</c>: <c>{"consumer","after","include","exclude","max"}</c>; null means
    /// the events since this client was configured. <c>timeout_ms</c>: how long to wait
    /// for the first event; 0 does not wait. <c>events_json_out</c>: receives
    /// <c>{"events":[..],"cursor":".."}</c>, the caller's to free; no event in time is
    /// OK with an empty list.
    ///
    /// Giving <c>cursor</c> back as <c>after</c> acknowledges the events up to it. With a
    /// <c>consumer</c> the library remembers what was acknowledged, over restarts. An
    /// event comes at least once; its <c>id</c> stays the same.
    ///
    /// Thread-safe. Inside a callback only with <c>timeout_ms</c> 0.
    /// </summary>
    public static Signature.wa_next_event wa_next_event;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_next_event (
        UInt64 client,
        byte /*const*/ * options_json,
        UInt32 timeout_ms,
        byte * * events_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Adds a number to the account. It still has to be verified
    /// (<c>wa_number_request_code</c>, <c>wa_number_verify_code</c>) and registered
    /// (<c>wa_number_register</c>).
    ///
    /// <c>number</c>: with <c>+</c> and country code, or what <c>default_country</c> completes.
    /// <c>options_json</c>: <c>{"verified_name","id","timeout_ms"}</c>; <c>verified_name</c>, the
    /// name that recipients see, must be there. <c>result_json_out</c>: receives the
    /// number with its <c>id</c>, the caller's to free.
    ///
    /// Never repeated by itself. A call that reaches its deadline may have added
    /// it: look with <c>wa_number_list</c>. The rest is as with <c>wa_number_list</c>.
    /// </summary>
    public static Signature.wa_number_add wa_number_add;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_number_add (
        UInt64 client,
        byte /*const*/ * number,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Takes the registration of a number back: nothing can be sent from it until
    /// it is registered again.
    ///
    /// <c>options_json</c>: <c>{"sender","id","timeout_ms"}</c> or null. <c>result_json_out</c>:
    /// receives <c>{"success":true}</c>, the caller's to free. The rest is as with
    /// <c>wa_number_register</c>.
    /// </summary>
    public static Signature.wa_number_deregister wa_number_deregister;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_number_deregister (
        UInt64 client,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Reads one number: its name, quality, throughput, limit, registration.
    ///
    /// <c>options_json</c>: <c>{"sender","id","timeout_ms"}</c> or null; <c>sender</c> is the
    /// number's id, the settings' unless it is given. <c>result_json_out</c>: receives
    /// the number; see <c>schema/number.v1.schema.json</c>. The caller's to free.
    ///
    /// The rest is as with <c>wa_number_list</c>.
    /// </summary>
    public static Signature.wa_number_get wa_number_get;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_number_get (
        UInt64 client,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Lists the account's numbers, a page at a time.
    ///
    /// <c>options_json</c>: <c>{"limit","cursor","id","timeout_ms"}</c> or null.
    /// <c>page_json_out</c>: receives <c>{"numbers":[..],"next":..}</c>, the caller's to
    /// free; <c>next</c> goes into <c>cursor</c> for the next page and is null at the end.
    /// The <c>id</c> of a number is what <c>sender</c> means.
    ///
    /// Blocks at most <c>timeout_ms</c> (default 60000). Thread-safe. Refused from
    /// inside a callback. Source: Meta, "Phone numbers". Twilio:
    /// <c>WA_STATUS_NOT_SUPPORTED</c>, as all functions about numbers.
    /// </summary>
    public static Signature.wa_number_list wa_number_list;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_number_list (
        UInt64 client,
        byte /*const*/ * options_json,
        byte * * page_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Registers a number for sending.
    ///
    /// <c>pin</c>: the six digits of its two-step verification; they are set where there
    /// are none. Never logged, kept or repeated in an error. <c>options_json</c>:
    /// <c>{"sender","data_localization_region","id","timeout_ms"}</c> or null; the
    /// region is two letters of a country. <c>result_json_out</c>: receives
    /// <c>{"success":true}</c>, the caller's to free.
    ///
    /// Never repeated by itself: wrong PINs lock the number. The rest is as with
    /// <c>wa_number_list</c>. Source: Meta, "Registration": 10 registrations in 72
    /// hours.
    /// </summary>
    public static Signature.wa_number_register wa_number_register;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_number_register (
        UInt64 client,
        byte /*const*/ * pin,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Has a verification code sent to a number.
    ///
    /// <c>options_json</c>: <c>{"sender","method","language","id","timeout_ms"}</c> or null;
    /// <c>method</c> is <c>sms</c> or <c>voice</c>, <c>language</c> such as <c>en_US</c>. <c>result_json_out</c>:
    /// receives <c>{"success":true}</c>, the caller's to free.
    ///
    /// Never repeated by itself: Meta sends few codes in a time. The rest is as
    /// with <c>wa_number_list</c>.
    /// </summary>
    public static Signature.wa_number_request_code wa_number_request_code;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_number_request_code (
        UInt64 client,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Sets the PIN of a number's two-step verification.
    ///
    /// <c>pin</c>: six digits, leading zeros too. Never logged, kept or repeated in an
    /// error. It cannot be taken away by Meta's API: an empty one is
    /// <c>WA_STATUS_NOT_SUPPORTED</c>. <c>options_json</c>: <c>{"sender","id","timeout_ms"}</c> or
    /// null. <c>result_json_out</c>: receives <c>{"success":true}</c>, the caller's to free.
    /// The rest is as with <c>wa_number_register</c>.
    /// </summary>
    public static Signature.wa_number_set_pin wa_number_set_pin;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_number_set_pin (
        UInt64 client,
        byte /*const*/ * pin,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Gives the verification code that came.
    ///
    /// <c>code</c>: six digits; a dash or blanks between them do not matter. It is never
    /// logged, kept or repeated in an error. <c>options_json</c>, result and the rest
    /// are as with <c>wa_number_request_code</c>, without <c>method</c> and <c>language</c>.
    /// </summary>
    public static Signature.wa_number_verify_code wa_number_verify_code;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_number_verify_code (
        UInt64 client,
        byte /*const*/ * code,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

[UnmanagedFunctionPointer(CallingConvention.Cdecl)]
internal unsafe delegate
    void
    void_void_ptr_int8_const_ptr_fptr (
        void * _0,
        sbyte /*const*/ * _1);

internal static unsafe partial class Native {
    /// <summary>
    /// Sets or unsets the function that is called with every event. Polling with
    /// <c>wa_next_event</c> is always enough, and better for hosts with a garbage
    /// collector.
    ///
    /// <c>filter_json</c>: <c>{"include":[..],"exclude":[..]}</c>; null means all events but
    /// <c>log</c> and <c>progress</c>. <c>callback</c>: null unsets. <c>user_data</c>: given to the callback; must
    /// live until the callback was unset, or <c>wa_close</c> returned OK.
    ///
    /// Unsetting waits for a call that is running, at most 5 seconds, and is then
    /// <c>WA_STATUS_TIMEOUT</c>: keep <c>user_data</c> until <c>wa_close</c> returns OK. Do not
    /// hold a lock that the callback takes. Thread-safe.
    /// </summary>
    public static Signature.wa_on_event wa_on_event;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_on_event (
        UInt64 client,
        byte /*const*/ * filter_json,
        [MarshalAs(UnmanagedType.FunctionPtr)]
        void_void_ptr_int8_const_ptr_fptr callback,
        void * user_data);
    }
}

[UnmanagedFunctionPointer(CallingConvention.Cdecl)]
internal unsafe delegate
    void
    void_void_ptr_int32_int8_const_ptr_fptr (
        void * _0,
        Int32 _1,
        sbyte /*const*/ * _2);

internal static unsafe partial class Native {
    /// <summary>
    /// Sets or unsets the function that is called with every log record of this
    /// client, up to a level. The last 1,000 records that were made before are
    /// handed over first.
    ///
    /// <c>level</c>: 1 error, 2 warn, 3 info, 4 debug, 5 trace; records above the
    /// settings' <c>log.level</c> are not made. <c>callback</c>, <c>user_data</c> and unsetting
    /// are as with <c>wa_on_event</c>.
    /// </summary>
    public static Signature.wa_on_log wa_on_log;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_on_log (
        UInt64 client,
        Int32 level,
        [MarshalAs(UnmanagedType.FunctionPtr)]
        void_void_ptr_int32_int8_const_ptr_fptr callback,
        void * user_data);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Reads the business profile of a number.
    ///
    /// <c>options_json</c>: <c>{"sender","id","timeout_ms"}</c> or null. <c>result_json_out</c>:
    /// receives the profile; see <c>schema/profile.v1.schema.json</c>. The caller's to
    /// free.
    ///
    /// Blocks at most <c>timeout_ms</c> (default 60000). Thread-safe. Refused from
    /// inside a callback. Source: Meta, "Business profiles". Twilio:
    /// <c>WA_STATUS_NOT_SUPPORTED</c>.
    /// </summary>
    public static Signature.wa_profile_get wa_profile_get;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_profile_get (
        UInt64 client,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Changes the picture of a number's business profile.
    ///
    /// <c>file</c>: path of a JPEG or PNG file, at most 5 MB. <c>options_json</c>: as with
    /// <c>wa_profile_get</c>. <c>result_json_out</c>: receives <c>{"success":true}</c>, the
    /// caller's to free.
    ///
    /// Blocks at most <c>timeout_ms</c> (default 600000), with progress as with
    /// <c>wa_media_upload</c>. An upload that breaks goes on where it was. The rest is
    /// as with <c>wa_profile_get</c>. Source: Meta, "Resumable upload".
    /// </summary>
    public static Signature.wa_profile_set_picture wa_profile_set_picture;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_profile_set_picture (
        UInt64 client,
        byte /*const*/ * file,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Changes the business profile of a number: what is given, and nothing else.
    ///
    /// <c>profile_json</c>: <c>about</c>, <c>address</c>, <c>description</c>, <c>email</c>, <c>websites</c>,
    /// <c>vertical</c>; see <c>schema/profile_update.v1.schema.json</c>. <c>result_json_out</c>:
    /// receives <c>{"success":true}</c>, the caller's to free. The rest is as with
    /// <c>wa_profile_get</c>.
    /// </summary>
    public static Signature.wa_profile_update wa_profile_update;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_profile_update (
        UInt64 client,
        byte /*const*/ * profile_json,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Decides what becomes of the messages in a database that went back in time:
    /// a backup was restored, or a failover lost commits.
    ///
    /// A client that notices it claims, records and sends nothing, says
    /// <c>WA_STATUS_DATABASE_REWOUND</c>, and tells it as an event and in the log. What
    /// the database holds as queued or sending may have been sent since.
    ///
    /// <c>options_json</c>: <c>{"policy","timeout_ms"}</c> or null. <c>policy</c> <c>unknown</c>
    /// (default): these messages end as <c>unknown</c>, each with its event; <c>send</c>: they
    /// are sent, also if they were sent before. <c>report_json_out</c>: receives
    /// <c>{"rewound":..,"policy":..,"unknown":..}</c>; see
    /// <c>schema/recovery_report.v1.schema.json</c>. The caller's to free.
    ///
    /// Once for each restored database: other clients that share it notice that it
    /// was decided, and go on. Where this client has not found that the database
    /// went back in time, nothing is done and <c>rewound</c> is false.
    ///
    /// Blocks at most <c>timeout_ms</c> (default 60000). Thread-safe. Refused from
    /// inside a callback.
    /// </summary>
    public static Signature.wa_recover wa_recover;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_recover (
        UInt64 client,
        byte /*const*/ * options_json,
        byte * * report_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Gives the history's tables, and the rights on them, as SQL for a DBA. Needs
    /// no client and no database: nothing is connected to.
    ///
    /// <c>settings_json</c>: settings of <c>wa_configure</c>, of which only <c>history</c> is
    /// read, or null for the defaults. <c>options_json</c>:
    /// <c>{"database","from_version","run_role","migrate_role"}</c> or null; see
    /// <c>schema/schema_options.v1.schema.json</c>. <c>database</c> is <c>sqlite</c>,
    /// <c>postgresql</c> or <c>sqlserver</c>, by default what the settings name;
    /// <c>from_version</c> is the version that the tables have (default 0: there are none); <c>run_role</c>
    /// (<c>wa_app</c>) and <c>migrate_role</c> (<c>wa_owner</c>) are who gets the rights.
    ///
    /// <c>schema_json_out</c>: receives
    /// <c>{"database","from_version","version","tables","rights_to_run","rights_to_migrate"}</c>;
    /// see <c>schema/schema_script.v1.schema.json</c>. The caller's to free. <c>tables</c> is
    /// one script that leaves what the library itself would make: a client with
    /// <c>history.migrate</c> <c>check</c> accepts it. It fails, and changes nothing, where
    /// the tables have another version. <c>rights_to_run</c> and <c>rights_to_migrate</c>
    /// are null for a file.
    ///
    /// Does not block. Thread-safe. Fails with <c>WA_STATUS_SETTINGS</c>,
    /// <c>WA_STATUS_JSON</c>, <c>WA_STATUS_ARGUMENT</c>, <c>WA_STATUS_UTF8</c>.
    /// </summary>
    public static Signature.wa_schema wa_schema;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_schema (
        byte /*const*/ * settings_json,
        byte /*const*/ * options_json,
        byte * * schema_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Sends text and waits for the end of the send.
    ///
    /// <c>to</c>: the recipient's number, <c>+</c> and country code, or what
    /// <c>default_country</c> completes. <c>text</c>: UTF-8; the provider's limit applies
    /// (Twilio: 1600 characters). <c>options_json</c>: see <c>schema/options.v1.schema.json</c>;
    /// null means the defaults. <c>outcome_json_out</c>: receives the outcome, the
    /// caller's to free with <c>wa_string_free</c> whatever the status; null means not
    /// wanted.
    ///
    /// Blocks at most <c>timeout_ms</c> of the options (default 60000). At the deadline
    /// a message that was not attempted is cancelled, unless <c>on_timeout</c> says
    /// <c>continue</c>; one that was is <c>WA_STATUS_PENDING</c>: do not send it again.
    ///
    /// OK means that the provider accepted it, not that it was delivered. Whatever
    /// the status: JSON with an <c>id</c> is a message that is recorded, and its
    /// <c>response</c> is the sentence for the user; JSON with an <c>error</c> alone is a
    /// call that recorded nothing.
    /// Thread-safe. Refused from inside a callback.
    /// </summary>
    public static Signature.wa_send wa_send;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_send (
        UInt64 client,
        byte /*const*/ * to,
        byte /*const*/ * text,
        byte /*const*/ * options_json,
        byte * * outcome_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Sends a message of any kind and waits for the end of the send.
    ///
    /// <c>message_json</c>: an object whose <c>type</c> is <c>text</c>, <c>media</c>, <c>image</c>, <c>video</c>,
    /// <c>audio</c>, <c>document</c>, <c>sticker</c>, <c>location</c>, <c>contacts</c>, <c>reaction</c>,
    /// <c>interactive</c> or <c>template</c>, with the keys of that type, such as
    /// <c>{"type":"image","link":"https://..","caption":".."}</c>; see
    /// <c>schema/message.v1.schema.json</c>. Not every provider sends every type:
    /// <c>WA_STATUS_NOT_SUPPORTED</c>. The rest is as with <c>wa_send</c>.
    /// </summary>
    public static Signature.wa_send_message wa_send_message;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_send_message (
        UInt64 client,
        byte /*const*/ * to,
        byte /*const*/ * message_json,
        byte /*const*/ * options_json,
        byte * * outcome_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Sends a template and waits for the end of the send.
    ///
    /// <c>template_name</c>: a template of the settings, or with Twilio the <c>HX...</c> SID
    /// or the name of a Content template. <c>variables_json</c>: the values, as
    /// <c>{"1":"Ann"}</c>, <c>{"name":"Ann"}</c> or <c>["Ann"]</c>; null where the template has
    /// none. All of its variables must be there, and no others. The rest is as
    /// with <c>wa_send</c>.
    ///
    /// A template of the settings is rendered here and travels as text: in
    /// WhatsApp's eyes it is free text, which reaches the recipient only within 24
    /// hours of their last message. A Content template that WhatsApp approved
    /// reaches them always (Twilio, "Send templates with the Content API").
    /// </summary>
    public static Signature.wa_send_template wa_send_template;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_send_template (
        UInt64 client,
        byte /*const*/ * to,
        byte /*const*/ * template_name,
        byte /*const*/ * variables_json,
        byte /*const*/ * options_json,
        byte * * outcome_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// The name of a status, such as <c>recipient</c>; <c>unrecognised</c> for a number that
    /// is none. Static: never freed.
    /// </summary>
    public static Signature.wa_status_text wa_status_text;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    sbyte /*const*/ * wa_status_text (
        Int32 status);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Frees a string that the library gave away; null is fine. Every other string
    /// of the library is not the caller's to free.
    /// </summary>
    public static Signature.wa_string_free wa_string_free;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    void wa_string_free (
        byte * text);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Records a message and returns; it is sent in the background, also after a
    /// restart of the process.
    ///
    /// The arguments are those of <c>wa_send_message</c>. <c>recorded_json_out</c>: receives
    /// the outcome so far, the caller's to free. OK means that the message is
    /// committed in the database; its end comes as an event, or by <c>wa_wait</c>.
    ///
    /// Blocks for one commit of the database, at most <c>timeout_ms</c> of the options.
    /// Thread-safe; allowed from inside a callback.
    /// </summary>
    public static Signature.wa_submit wa_submit;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_submit (
        UInt64 client,
        byte /*const*/ * to,
        byte /*const*/ * message_json,
        byte /*const*/ * options_json,
        byte * * recorded_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Creates a template. With Meta it goes to review at once; with Twilio
    /// <c>wa_template_submit</c> asks for it.
    ///
    /// <c>template_json</c>: <c>name</c>, <c>language</c>, <c>category</c>, <c>header</c>, <c>body</c>,
    /// <c>examples</c>, <c>footer</c>, <c>buttons</c>, or the provider's own description in
    /// <c>components</c> (Meta) or <c>types</c> (Twilio); see
    /// <c>schema/template_definition.v1.schema.json</c>. <c>options_json</c>:
    /// <c>{"id","timeout_ms"}</c> or null. <c>result_json_out</c>: receives the template, the
    /// caller's to free.
    ///
    /// Limits are checked before anything is sent, and named with their key. A call
    /// that reaches its deadline may have made the template: look with
    /// <c>wa_template_list</c>. The rest is as with <c>wa_template_list</c>.
    /// </summary>
    public static Signature.wa_template_create wa_template_create;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_template_create (
        UInt64 client,
        byte /*const*/ * template_json,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Deletes a template.
    ///
    /// <c>name</c>: its name, in all its languages; with Twilio its name or <c>HX...</c> SID.
    /// <c>options_json</c>: <c>{"template_id","id","timeout_ms"}</c> or null; <c>template_id</c>
    /// deletes only the one with this id of the provider. <c>result_json_out</c>:
    /// receives <c>{"success":true}</c>, the caller's to free.
    ///
    /// Source: Meta, "Template management": the name cannot be used again for 30
    /// days. The rest is as with <c>wa_template_list</c>.
    /// </summary>
    public static Signature.wa_template_delete wa_template_delete;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_template_delete (
        UInt64 client,
        byte /*const*/ * name,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Changes a template. Meta reviews it anew by itself. With Twilio the Content
    /// resource is replaced and no review is asked for: that is
    /// <c>wa_template_submit</c>.
    ///
    /// <c>id</c>: the provider's id of the template. <c>template_json</c>: what it is to
    /// be, as with <c>wa_template_create</c>; name and language cannot change with
    /// Meta, and may be left out with both. <c>options_json</c>: <c>{"id","timeout_ms"}</c>
    /// or null. <c>result_json_out</c>: receives <c>{"success":true}</c>, with Twilio the
    /// template, its <c>status</c> <c>unknown</c>; the caller's to free.
    ///
    /// What becomes of an approval that the template had, Twilio decides:
    /// <c>wa_template_get</c> with <c>refresh</c> shows it. The rest is as with
    /// <c>wa_template_create</c>. Source: Meta, "Template
    /// management": an approved template can be edited once a day and 10 times in
    /// 30 days.
    /// </summary>
    public static Signature.wa_template_edit wa_template_edit;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_template_edit (
        UInt64 client,
        byte /*const*/ * id,
        byte /*const*/ * template_json,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Reads one template.
    ///
    /// <c>name</c>: its name, or the provider's id of it (Twilio: <c>HX...</c>).
    /// <c>options_json</c>: <c>{"language","refresh","id","timeout_ms"}</c> or null;
    /// <c>language</c> where the name has several; <c>refresh</c> asks the provider whatever
    /// is remembered, which is at most 5 minutes old. <c>result_json_out</c>: receives
    /// the template; see <c>schema/template.v1.schema.json</c>. The caller's to free.
    ///
    /// <c>WA_STATUS_TEMPLATE</c> where there is none. The rest is as with
    /// <c>wa_template_list</c>.
    /// </summary>
    public static Signature.wa_template_get wa_template_get;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_template_get (
        UInt64 client,
        byte /*const*/ * name,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Lists the account's templates, a page at a time.
    ///
    /// <c>query_json</c>:
    /// <c>{"name","language","status","category","limit","cursor","id","timeout_ms"}</c>
    /// or null for all; see <c>schema/template_query.v1.schema.json</c>.
    /// <c>page_json_out</c>: receives <c>{"templates":[..],"next":..}</c>, the caller's to
    /// free; <c>next</c> goes into <c>cursor</c> for the next page and is null at the end.
    ///
    /// Blocks at most <c>timeout_ms</c> of the query (default 60000). Thread-safe.
    /// Refused from inside a callback. Source: Meta, "Template management"; Twilio,
    /// "Content API".
    /// </summary>
    public static Signature.wa_template_list wa_template_list;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_template_list (
        UInt64 client,
        byte /*const*/ * query_json,
        byte * * page_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Asks WhatsApp to approve a template.
    ///
    /// <c>id</c>: the provider's id of it (Twilio: <c>HX...</c>). <c>options_json</c>:
    /// <c>{"name","category","id","timeout_ms"}</c> or null; <c>name</c> and <c>category</c> are
    /// what WhatsApp knows it by. <c>result_json_out</c>: receives the template with its
    /// <c>status</c>, the caller's to free.
    ///
    /// Source: Twilio, "Content API: approval requests". Meta reviews what
    /// <c>wa_template_create</c> makes by itself: <c>WA_STATUS_NOT_SUPPORTED</c>. The rest is
    /// as with <c>wa_template_list</c>.
    /// </summary>
    public static Signature.wa_template_submit wa_template_submit;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_template_submit (
        UInt64 client,
        byte /*const*/ * id,
        byte /*const*/ * options_json,
        byte * * result_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Changes what may change while a client runs: secrets, <c>retry</c>, <c>pacing</c>,
    /// <c>log</c>. Attempts under way end with what was set before.
    ///
    /// <c>settings_json</c>: a JSON object with those keys only; what is not named
    /// stays. Does not block. Thread-safe.
    ///
    /// Fails with <c>WA_STATUS_SETTINGS</c>, <c>WA_STATUS_JSON</c>; then nothing is changed.
    /// </summary>
    public static Signature.wa_update wa_update;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_update (
        UInt64 client,
        byte /*const*/ * settings_json);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// The version of the library, such as <c>0.1.0</c>. Static: never freed.
    /// </summary>
    public static Signature.wa_version wa_version;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    sbyte /*const*/ * wa_version ();
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Waits for the end of a message, also of one that another process sends.
    ///
    /// <c>id</c>: the message's <c>id</c>. <c>timeout_ms</c>: how long to wait; 0 looks and does
    /// not wait. <c>outcome_json_out</c>: receives the outcome, the caller's to free.
    ///
    /// The statuses are those of <c>wa_send</c>; <c>WA_STATUS_PENDING</c> when the time is
    /// up, <c>WA_STATUS_NOT_FOUND</c> for an id that is in no row. Thread-safe. Refused
    /// from inside a callback.
    /// </summary>
    public static Signature.wa_wait wa_wait;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_wait (
        UInt64 client,
        byte /*const*/ * id,
        UInt32 timeout_ms,
        byte * * outcome_json_out);
    }
}

internal static unsafe partial class Native {
    /// <summary>
    /// Takes a request that a provider made to the host's HTTP server: checks its
    /// signature, records what it tells, and says what to answer.
    ///
    /// <c>request_json</c>: <c>{"method","url","headers","remote_address","timeout_ms"}</c>;
    /// <c>method</c> and <c>url</c> must be there, <c>url</c> as it was requested, with its query.
    /// <c>headers</c> is an object or a list of pairs of name and value. See
    /// <c>schema/webhook_request.v1.schema.json</c>. <c>body</c>, <c>body_length</c>: the bytes of
    /// the body as they came, never decoded or written anew: they are signed. Null
    /// where <c>body_length</c> is 0; the caller's, and read during the call only.
    /// <c>response_json_out</c>: receives <c>{"status","headers","body"}</c>, which the host
    /// sends back as it is; the caller's to free. It is there on every status; only
    /// where it has no <c>status</c> (after a fork, or a fault of the library) answer
    /// 500.
    ///
    /// Which provider it is from is told by the client's settings. 200 means that
    /// all it tells is committed; one that comes again changes nothing. A request
    /// that is not signed by the provider gets 403, changes nothing, and is told as
    /// an event of kind <c>refused</c>, one a minute at most: the call itself is OK.
    /// Where a secret is missing nothing is taken: <c>WA_STATUS_SETTINGS</c> and 500. 503
    /// means that the provider may try again. A body of more than 4194304 bytes is
    /// not read: 413.
    ///
    /// Blocks at most <c>timeout_ms</c> of the request (default 10000). Thread-safe: as
    /// many calls as the host likes. Refused from inside a callback. Source: Meta,
    /// "Webhooks"; Twilio, "Webhooks security".
    ///
    /// Fails with <c>WA_STATUS_JSON</c>, <c>WA_STATUS_UTF8</c>, <c>WA_STATUS_ARGUMENT</c>,
    /// <c>WA_STATUS_SETTINGS</c>, <c>WA_STATUS_NO_CLIENT</c>, <c>WA_STATUS_CLOSED</c>,
    /// <c>WA_STATUS_WOULD_DEADLOCK</c>, <c>WA_STATUS_TIMEOUT</c>, <c>WA_STATUS_DATABASE_AWAY</c>,
    /// <c>WA_STATUS_DATABASE</c>.
    /// </summary>
    public static Signature.wa_webhook wa_webhook;

    internal static partial class Signature {
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)] internal unsafe delegate
    NativeStatus wa_webhook (
        UInt64 client,
        byte /*const*/ * request_json,
        byte /*const*/ * body,
        UIntPtr body_length,
        byte * * response_json_out);
    }
}


internal static unsafe partial class Native {
    /// <summary>
    /// Binds every function to its address.
    /// </summary>
    public static void Bind(Func<string, IntPtr> find) {
        wa_abi_version = Marshal.GetDelegateForFunctionPointer<Signature.wa_abi_version>(find("wa_abi_version"));
        wa_cancel = Marshal.GetDelegateForFunctionPointer<Signature.wa_cancel>(find("wa_cancel"));
        wa_check = Marshal.GetDelegateForFunctionPointer<Signature.wa_check>(find("wa_check"));
        wa_close = Marshal.GetDelegateForFunctionPointer<Signature.wa_close>(find("wa_close"));
        wa_configure = Marshal.GetDelegateForFunctionPointer<Signature.wa_configure>(find("wa_configure"));
        wa_history = Marshal.GetDelegateForFunctionPointer<Signature.wa_history>(find("wa_history"));
        wa_history_count = Marshal.GetDelegateForFunctionPointer<Signature.wa_history_count>(find("wa_history_count"));
        wa_history_erase = Marshal.GetDelegateForFunctionPointer<Signature.wa_history_erase>(find("wa_history_erase"));
        wa_history_export = Marshal.GetDelegateForFunctionPointer<Signature.wa_history_export>(find("wa_history_export"));
        wa_history_purge = Marshal.GetDelegateForFunctionPointer<Signature.wa_history_purge>(find("wa_history_purge"));
        wa_history_take = Marshal.GetDelegateForFunctionPointer<Signature.wa_history_take>(find("wa_history_take"));
        wa_last_error = Marshal.GetDelegateForFunctionPointer<Signature.wa_last_error>(find("wa_last_error"));
        wa_mark_read = Marshal.GetDelegateForFunctionPointer<Signature.wa_mark_read>(find("wa_mark_read"));
        wa_media_delete = Marshal.GetDelegateForFunctionPointer<Signature.wa_media_delete>(find("wa_media_delete"));
        wa_media_download = Marshal.GetDelegateForFunctionPointer<Signature.wa_media_download>(find("wa_media_download"));
        wa_media_upload = Marshal.GetDelegateForFunctionPointer<Signature.wa_media_upload>(find("wa_media_upload"));
        wa_media_upload_bytes = Marshal.GetDelegateForFunctionPointer<Signature.wa_media_upload_bytes>(find("wa_media_upload_bytes"));
        wa_media_url = Marshal.GetDelegateForFunctionPointer<Signature.wa_media_url>(find("wa_media_url"));
        wa_next_event = Marshal.GetDelegateForFunctionPointer<Signature.wa_next_event>(find("wa_next_event"));
        wa_number_add = Marshal.GetDelegateForFunctionPointer<Signature.wa_number_add>(find("wa_number_add"));
        wa_number_deregister = Marshal.GetDelegateForFunctionPointer<Signature.wa_number_deregister>(find("wa_number_deregister"));
        wa_number_get = Marshal.GetDelegateForFunctionPointer<Signature.wa_number_get>(find("wa_number_get"));
        wa_number_list = Marshal.GetDelegateForFunctionPointer<Signature.wa_number_list>(find("wa_number_list"));
        wa_number_register = Marshal.GetDelegateForFunctionPointer<Signature.wa_number_register>(find("wa_number_register"));
        wa_number_request_code = Marshal.GetDelegateForFunctionPointer<Signature.wa_number_request_code>(find("wa_number_request_code"));
        wa_number_set_pin = Marshal.GetDelegateForFunctionPointer<Signature.wa_number_set_pin>(find("wa_number_set_pin"));
        wa_number_verify_code = Marshal.GetDelegateForFunctionPointer<Signature.wa_number_verify_code>(find("wa_number_verify_code"));
        wa_on_event = Marshal.GetDelegateForFunctionPointer<Signature.wa_on_event>(find("wa_on_event"));
        wa_on_log = Marshal.GetDelegateForFunctionPointer<Signature.wa_on_log>(find("wa_on_log"));
        wa_profile_get = Marshal.GetDelegateForFunctionPointer<Signature.wa_profile_get>(find("wa_profile_get"));
        wa_profile_set_picture = Marshal.GetDelegateForFunctionPointer<Signature.wa_profile_set_picture>(find("wa_profile_set_picture"));
        wa_profile_update = Marshal.GetDelegateForFunctionPointer<Signature.wa_profile_update>(find("wa_profile_update"));
        wa_recover = Marshal.GetDelegateForFunctionPointer<Signature.wa_recover>(find("wa_recover"));
        wa_schema = Marshal.GetDelegateForFunctionPointer<Signature.wa_schema>(find("wa_schema"));
        wa_send = Marshal.GetDelegateForFunctionPointer<Signature.wa_send>(find("wa_send"));
        wa_send_message = Marshal.GetDelegateForFunctionPointer<Signature.wa_send_message>(find("wa_send_message"));
        wa_send_template = Marshal.GetDelegateForFunctionPointer<Signature.wa_send_template>(find("wa_send_template"));
        wa_status_text = Marshal.GetDelegateForFunctionPointer<Signature.wa_status_text>(find("wa_status_text"));
        wa_string_free = Marshal.GetDelegateForFunctionPointer<Signature.wa_string_free>(find("wa_string_free"));
        wa_submit = Marshal.GetDelegateForFunctionPointer<Signature.wa_submit>(find("wa_submit"));
        wa_template_create = Marshal.GetDelegateForFunctionPointer<Signature.wa_template_create>(find("wa_template_create"));
        wa_template_delete = Marshal.GetDelegateForFunctionPointer<Signature.wa_template_delete>(find("wa_template_delete"));
        wa_template_edit = Marshal.GetDelegateForFunctionPointer<Signature.wa_template_edit>(find("wa_template_edit"));
        wa_template_get = Marshal.GetDelegateForFunctionPointer<Signature.wa_template_get>(find("wa_template_get"));
        wa_template_list = Marshal.GetDelegateForFunctionPointer<Signature.wa_template_list>(find("wa_template_list"));
        wa_template_submit = Marshal.GetDelegateForFunctionPointer<Signature.wa_template_submit>(find("wa_template_submit"));
        wa_update = Marshal.GetDelegateForFunctionPointer<Signature.wa_update>(find("wa_update"));
        wa_version = Marshal.GetDelegateForFunctionPointer<Signature.wa_version>(find("wa_version"));
        wa_wait = Marshal.GetDelegateForFunctionPointer<Signature.wa_wait>(find("wa_wait"));
        wa_webhook = Marshal.GetDelegateForFunctionPointer<Signature.wa_webhook>(find("wa_webhook"));
    }
}


} /* WaConnector */
