// Written by safer-ffi out of src/abi/functions.rs; do not edit.

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
    /// The process was forked while a client lived or a call was under way;
    /// the child has none of the library's threads.
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
    /// A fault of the library itself.
    /// </summary>
    Internal = 90,
}

internal static unsafe partial class Native {
    /// <summary>
    /// Gives a message up. Works until an attempt has begun, and between two
    /// attempts.
    ///
    /// <c>id</c>: the message's <c>id</c>; a thread may cancel a send that another thread
    /// waits for, if the options of that send chose the id. <c>outcome_json_out</c>:
    /// receives the outcome, the caller's to free.
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
    /// Ends a client.
    ///
    /// <c>timeout_ms</c>: how long to wait; 0 does not wait, UINT32_MAX waits without
    /// limit. Calls that wait are woken at once with <c>WA_STATUS_CLOSED</c>; attempts
    /// under way may end within the time; what is queued stays in the database for
    /// the next client.
    ///
    /// OK: everything has ended, threads are joined, the number is no client any
    /// more. <c>WA_STATUS_CLOSE_PENDING</c>: the time is up; no new callback will start,
    /// but one is still running or a thread is still inside a driver; call again.
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
    /// <c>query_json</c>: filters, <c>limit</c>, <c>cursor</c>, <c>order</c>, <c>timeout_ms</c>; see
    /// <c>schema/query.v1.schema.json</c>; null asks for the newest messages.
    /// <c>page_json_out</c>: receives <c>{"messages":[..],"next":..}</c>, the caller's to
    /// free; <c>next</c> goes into <c>cursor</c> for the next page and is null at the end.
    /// Every message that was there at the first page comes exactly once.
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
    /// Reads the next events: ends of messages, and what the host should know.
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
    /// <c>log</c>. <c>callback</c>: null unsets. <c>user_data</c>: given to the callback; must
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
    /// <c>message_json</c>: <c>{"type":"text","text":".."}</c>,
    /// <c>{"type":"media","media":["https://.."],"text":".."}</c> or
    /// <c>{"type":"template","template":"..","variables":{..}}</c>; see
    /// <c>schema/message.v1.schema.json</c>. The rest is as with <c>wa_send</c>.
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
    /// Changes what may change while a client runs: secrets, <c>retry</c>, <c>pacing</c>,
    /// <c>log</c>. Attempts under way end with what was set before.
    ///
    /// <c>settings_json</c>: a JSON object with those keys only. Does not block.
    /// Thread-safe.
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
    /// Binds every function to its address.
    /// </summary>
    public static void Bind(Func<string, IntPtr> find) {
        wa_abi_version = Marshal.GetDelegateForFunctionPointer<Signature.wa_abi_version>(find("wa_abi_version"));
        wa_cancel = Marshal.GetDelegateForFunctionPointer<Signature.wa_cancel>(find("wa_cancel"));
        wa_close = Marshal.GetDelegateForFunctionPointer<Signature.wa_close>(find("wa_close"));
        wa_configure = Marshal.GetDelegateForFunctionPointer<Signature.wa_configure>(find("wa_configure"));
        wa_history = Marshal.GetDelegateForFunctionPointer<Signature.wa_history>(find("wa_history"));
        wa_last_error = Marshal.GetDelegateForFunctionPointer<Signature.wa_last_error>(find("wa_last_error"));
        wa_next_event = Marshal.GetDelegateForFunctionPointer<Signature.wa_next_event>(find("wa_next_event"));
        wa_on_event = Marshal.GetDelegateForFunctionPointer<Signature.wa_on_event>(find("wa_on_event"));
        wa_on_log = Marshal.GetDelegateForFunctionPointer<Signature.wa_on_log>(find("wa_on_log"));
        wa_send = Marshal.GetDelegateForFunctionPointer<Signature.wa_send>(find("wa_send"));
        wa_send_message = Marshal.GetDelegateForFunctionPointer<Signature.wa_send_message>(find("wa_send_message"));
        wa_send_template = Marshal.GetDelegateForFunctionPointer<Signature.wa_send_template>(find("wa_send_template"));
        wa_status_text = Marshal.GetDelegateForFunctionPointer<Signature.wa_status_text>(find("wa_status_text"));
        wa_string_free = Marshal.GetDelegateForFunctionPointer<Signature.wa_string_free>(find("wa_string_free"));
        wa_submit = Marshal.GetDelegateForFunctionPointer<Signature.wa_submit>(find("wa_submit"));
        wa_update = Marshal.GetDelegateForFunctionPointer<Signature.wa_update>(find("wa_update"));
        wa_version = Marshal.GetDelegateForFunctionPointer<Signature.wa_version>(find("wa_version"));
        wa_wait = Marshal.GetDelegateForFunctionPointer<Signature.wa_wait>(find("wa_wait"));
    }
}


} /* WaConnector */
