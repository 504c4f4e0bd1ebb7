using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace WaConnector
{
    /// <summary>
    /// A configured connector: sends WhatsApp messages and keeps their history.
    /// </summary>
    /// <remarks>
    /// <para>Every member may be used from any thread, at once. Make one client
    /// per account when the application starts and keep it.</para>
    /// <para>Dispose it when the application ends. A web application that
    /// ASP.NET stops, an application domain that is unloaded, and a process that
    /// exits, close what is open by themselves: with at most 25, 10 and 1.5
    /// seconds. There is no finalizer. What was recorded and not sent is sent by
    /// the next client of the same history.</para>
    /// <para>Failures are a <see cref="WaException"/>; a text that cannot travel
    /// (half of a surrogate pair, U+0000) is an <see cref="ArgumentException"/>;
    /// a client that was closed is an <see cref="ObjectDisposedException"/>.</para>
    /// </remarks>
    public sealed partial class WaClient : IDisposable
    {
        /// <summary>How long <see cref="Dispose"/> waits, in milliseconds.</summary>
        public const int DisposeTimeoutMs = 5000;

        // A number with a generation, not a pointer: one that was closed is
        // refused by the library, whatever happens here.
        private readonly ulong number;
        private readonly EventPump pump;
        private readonly CancelQueue cancelling;
        private readonly CallThreads calls;
        private volatile bool closing;
        private EventHandler<WaEvent> eventReceived;
        private EventHandler<WaEvent> logReceived;

        /// <summary>Starts a client with settings as JSON.</summary>
        /// <param name="settingsJson">The settings; see the schema <c>settings</c>.</param>
        /// <exception cref="WaException">The settings, the database or the native library cannot be used.</exception>
        public WaClient(string settingsJson)
        {
            Require(settingsJson, nameof(settingsJson));
            byte[] settings = Utf8.Bytes(settingsJson, nameof(settingsJson));
            Loader.Load();
            try
            {
            }
            finally
            {
                // A thread that is aborted between these would leave a client that nobody can close.
                number = Calls.Configure(settings);
                cancelling = new CancelQueue(number);
                pump = new EventPump(this, number, cancelling);
                calls = new CallThreads();
                ProcessHooks.Enter(this);
            }
        }

        /// <summary>Starts a client with settings as nested dictionaries and lists.</summary>
        /// <param name="settings">The settings; see the schema <c>settings</c>.</param>
        /// <exception cref="WaException">The settings, the database or the native library cannot be used.</exception>
        public WaClient(IDictionary<string, object> settings)
            : this(SettingsJson(settings))
        {
        }

        /// <summary>
        /// An event arrived; all kinds but <c>log</c> and <c>progress</c>. Handlers added right after
        /// the client was made miss nothing; those added to a client whose
        /// events are read already see what comes from then on.
        /// </summary>
        /// <remarks>
        /// Handlers run on the client's one thread for events, one at a time. They
        /// must not wait for a task of this client: it is that thread which ends
        /// it. An exception of a handler is written to
        /// <see cref="Trace"/> and nothing else happens. For events that
        /// must not be lost when the process ends, use <see cref="NextEvents"/>
        /// with a consumer.
        /// </remarks>
        public event EventHandler<WaEvent> EventReceived
        {
            add
            {
                lock (pump)
                {
                    eventReceived += value;
                }
                pump.Start();
            }

            remove
            {
                lock (pump)
                {
                    eventReceived -= value;
                }
            }
        }

        /// <summary>
        /// A log record was written; <see cref="WaEvent.Log"/> has it. The last
        /// 1,000 records from before the first handler come first. The log needs no
        /// database: it comes also while the history is away, which it says. The rest
        /// is as with <see cref="EventReceived"/>.
        /// </summary>
        public event EventHandler<WaEvent> LogReceived
        {
            add
            {
                lock (pump)
                {
                    logReceived += value;
                }
                pump.Start();
            }

            remove
            {
                lock (pump)
                {
                    logReceived -= value;
                }
            }
        }

        /// <summary>
        /// The native library, or the folder that holds it. Null means the
        /// environment variable <c>WA_CONNECTOR_LIBRARY</c>, else beside this
        /// assembly, else where the system looks. Set it before the first client.
        /// </summary>
        public static string NativeLibraryPath
        {
            get { return Loader.Given; }
            set { Loader.Given = value; }
        }

        /// <summary>Where the native library was loaded from.</summary>
        public static string LoadedLibrary
        {
            get { return Loader.LoadedFrom; }
        }

        /// <summary>The version of the native library, such as <c>0.1.0</c>.</summary>
        public static unsafe string LibraryVersion
        {
            get
            {
                Loader.Load();
                return Utf8.Text((byte*)Native.wa_version());
            }
        }

        /// <summary>The version of the ABI that the native library speaks.</summary>
        public static int AbiVersion
        {
            get
            {
                Loader.Load();
                return (int)Native.wa_abi_version();
            }
        }

        internal bool WantsEvents
        {
            get { return eventReceived != null; }
        }

        internal bool WantsLog
        {
            get { return logReceived != null; }
        }

        /// <summary>Sends text and waits for the end of the send.</summary>
        /// <param name="to">The recipient's number, <c>+</c> and country code, or what <c>default_country</c> completes.</param>
        /// <param name="text">The text.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>
        /// The outcome: accepted by the provider, which is not yet delivered; or
        /// <see cref="WaOutcome.IsPending"/> when the time was over first. Pending
        /// is no exception, so that code which sends again after an exception
        /// does not send twice.
        /// </returns>
        /// <exception cref="WaException">
        /// The message ended without being accepted (then there is a
        /// <see cref="WaException.Outcome"/>), or was not recorded.
        /// </exception>
        public WaOutcome Send(string to, string text, SendOptions options = null)
        {
            Require(to, nameof(to));
            Require(text, nameof(text));
            return Sent(Calls.Send(Number, Utf8.Bytes(to, nameof(to)), Utf8.Bytes(text, nameof(text)), Bytes(options)));
        }

        /// <summary>Sends a template and waits for the end of the send.</summary>
        /// <param name="to">The recipient's number.</param>
        /// <param name="template">A template of the settings, or the provider's name or id of one.</param>
        /// <param name="variables">The values by name or number, or null where the template has none.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>The outcome; see <see cref="Send"/>.</returns>
        /// <exception cref="WaException">As with <see cref="Send"/>.</exception>
        public WaOutcome SendTemplate(
            string to, string template, IDictionary<string, string> variables = null, SendOptions options = null)
        {
            Require(to, nameof(to));
            Require(template, nameof(template));
            if (variables != null)
            {
                WaMessage.CheckVariables(variables);
            }
            string values = variables == null ? null : Json.Write(variables, nameof(variables));
            return Sent(
                Calls.SendTemplate(
                    Number,
                    Utf8.Bytes(to, nameof(to)),
                    Utf8.Bytes(template, nameof(template)),
                    Utf8.Bytes(values, nameof(variables)),
                    Bytes(options)));
        }

        /// <summary>Sends a message of any kind and waits for the end of the send.</summary>
        /// <param name="to">The recipient's number.</param>
        /// <param name="message">The message.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>The outcome; see <see cref="Send"/>.</returns>
        /// <exception cref="WaException">As with <see cref="Send"/>.</exception>
        public WaOutcome SendMessage(string to, WaMessage message, SendOptions options = null)
        {
            Require(to, nameof(to));
            Require(message, nameof(message));
            return Sent(
                Calls.SendMessage(
                    Number, Utf8.Bytes(to, nameof(to)), Utf8.Bytes(message.Json, nameof(message)), Bytes(options)));
        }

        /// <summary>
        /// Records a message and returns; it is sent in the background, also
        /// after a restart of the process. Its end comes as an event, or by
        /// <see cref="Wait"/>.
        /// </summary>
        /// <param name="to">The recipient's number.</param>
        /// <param name="message">The message.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>
        /// The outcome so far, committed in the database; with
        /// <see cref="WaOutcome.IsPending"/> the commit was not confirmed in time.
        /// The message may still be recorded, and is then sent: do not send it
        /// again, ask <see cref="Wait"/> for its id. No such message there means
        /// that it was not recorded.
        /// </returns>
        /// <exception cref="WaException">It was refused, or not recorded.</exception>
        public WaOutcome Submit(string to, WaMessage message, SendOptions options = null)
        {
            Require(to, nameof(to));
            Require(message, nameof(message));
            return Sent(
                Calls.Submit(
                    Number, Utf8.Bytes(to, nameof(to)), Utf8.Bytes(message.Json, nameof(message)), Bytes(options)));
        }

        /// <summary>Waits for the end of a message, also of one that another process sends.</summary>
        /// <param name="id">The message's id.</param>
        /// <param name="timeoutMs">How long to wait; 0 looks and does not wait.</param>
        /// <returns>The outcome; <see cref="WaOutcome.IsPending"/> when the time is up.</returns>
        /// <exception cref="WaException">As with <see cref="Send"/>, or there is no such message.</exception>
        public WaOutcome Wait(string id, int timeoutMs)
        {
            Require(id, nameof(id));
            return Sent(Calls.Wait(Number, Utf8.Bytes(id, nameof(id)), Milliseconds(timeoutMs)));
        }

        /// <summary>
        /// Gives a message up. Works until an attempt has begun, and between two
        /// attempts.
        /// </summary>
        /// <param name="id">The message's id.</param>
        /// <returns>
        /// True: it is cancelled and will not be sent. False: too late, it was
        /// sent or may have been.
        /// </returns>
        /// <exception cref="WaException">There is no such message, or the history does not answer.</exception>
        public bool Cancel(string id)
        {
            return Cancel(id, out _);
        }

        /// <summary>Gives a message up, and tells where it is; see <see cref="Cancel(string)"/>.</summary>
        /// <param name="id">The message's id.</param>
        /// <param name="outcome">Where it is.</param>
        /// <returns>True: it is cancelled and will not be sent. False: too late.</returns>
        /// <exception cref="WaException">There is no such message, or the history does not answer.</exception>
        public bool Cancel(string id, out WaOutcome outcome)
        {
            Require(id, nameof(id));
            Reply reply = Calls.Cancel(Number, Utf8.Bytes(id, nameof(id)));
            if (reply.Code != WaStatus.Ok && reply.Code != WaStatus.TooLate)
            {
                throw Failed(reply);
            }
            outcome = reply.Outcome;
            return reply.Code == WaStatus.Ok;
        }

        /// <summary>Reads a page of the history.</summary>
        /// <param name="query">Which messages; null asks for the newest.</param>
        /// <returns>The page.</returns>
        /// <exception cref="WaException">The query cannot be answered.</exception>
        public HistoryPage History(HistoryQuery query = null)
        {
            Reply reply = Calls.History(Number, Utf8.Bytes(query?.ToJson(nameof(query)), nameof(query)));
            return reply.Code == WaStatus.Ok ? new HistoryPage(JsonObject.Read(reply.Json)) : throw Failed(reply);
        }

        /// <summary>
        /// Reads the next events. Giving <see cref="EventPage.Cursor"/> back as
        /// <see cref="EventQuery.After"/> acknowledges them.
        /// </summary>
        /// <param name="query">Which; null means the first since this client was made.</param>
        /// <param name="timeoutMs">How long to wait for the first event; 0 does not wait.</param>
        /// <returns>The events; none if none came in time.</returns>
        /// <exception cref="WaException">The history does not answer.</exception>
        public EventPage NextEvents(EventQuery query, int timeoutMs)
        {
            Reply reply = Calls.NextEvent(
                Number, Utf8.Bytes(query?.ToJson(nameof(query)), nameof(query)), Milliseconds(timeoutMs));
            return reply.Code == WaStatus.Ok ? new EventPage(JsonObject.Read(reply.Json)) : throw Failed(reply);
        }

        /// <summary>
        /// Changes what may change while a client runs: secrets, <c>retry</c>,
        /// <c>pacing</c>, <c>log</c>. Attempts under way end with what was set before.
        /// </summary>
        /// <param name="settingsJson">Those settings, as JSON.</param>
        /// <exception cref="WaException">The settings cannot be used; nothing is changed.</exception>
        public void Update(string settingsJson)
        {
            Require(settingsJson, nameof(settingsJson));
            Reply reply = Calls.Update(Number, Utf8.Bytes(settingsJson, nameof(settingsJson)));
            if (reply.Code != WaStatus.Ok)
            {
                throw Failed(reply);
            }
        }

        /// <summary>Changes what may change while a client runs; see <see cref="Update(string)"/>.</summary>
        /// <param name="settings">Those settings, as nested dictionaries and lists.</param>
        /// <exception cref="WaException">The settings cannot be used; nothing is changed.</exception>
        public void Update(IDictionary<string, object> settings)
        {
            Update(SettingsJson(settings));
        }

        /// <summary>
        /// Ends the client. Calls that wait end at once with
        /// <see cref="WaStatus.Closed"/>, and so do the tasks; attempts under way may
        /// end within the time; what is queued stays in the database for the next
        /// client. What a token gave up before is cancelled first, for which at most
        /// half of the time is taken: with 0, or a database that does not answer, such a
        /// message may go on with the next client, and its task fails instead of being cancelled.
        /// </summary>
        /// <param name="timeoutMs">How long to wait; 0 does not wait, -1 waits without limit.</param>
        /// <returns>True once everything has ended; false when the time was over first: call again.</returns>
        public bool Close(int timeoutMs)
        {
            if (timeoutMs < -1)
            {
                throw new ArgumentOutOfRangeException(nameof(timeoutMs), "The time is negative.");
            }
            closing = true;
            Stopwatch watch = Stopwatch.StartNew();
            cancelling.Finish(timeoutMs < 0 ? DisposeTimeoutMs : timeoutMs / 2);
            Reply reply = Calls.Close(number, timeoutMs < 0 ? uint.MaxValue : (uint)Left(timeoutMs, watch));
            bool ended = reply.Code == WaStatus.Ok || reply.Code == WaStatus.NoClient;
            ended &= pump.Stop(Left(timeoutMs, watch));
            ended &= cancelling.Join(Left(timeoutMs, watch)) & calls.Join(Left(timeoutMs, watch));
            if (ended)
            {
                ProcessHooks.Leave(this);
            }
            else if (reply.Code != WaStatus.Ok && reply.Code != WaStatus.NoClient && reply.Code != WaStatus.ClosePending)
            {
                throw WaException.From(reply.Code, reply.Json);
            }
            return ended;
        }

        /// <summary>
        /// Ends the client within <see cref="DisposeTimeoutMs"/>; never throws. May
        /// be called twice, and while other threads use the client.
        /// </summary>
        public void Dispose()
        {
            try
            {
                Close(DisposeTimeoutMs);
            }
            catch (WaException e)
            {
                Trace.TraceWarning("wa_connector: a client could not be closed: {0}", e);
            }
        }

        /// <summary>What ends the tasks of a client that is closed, of messages that are recorded.</summary>
        internal static WaException ClosedBefore(WaOutcome last)
        {
            Dictionary<string, object> answer = (Dictionary<string, object>)Json.Read(last.Json);
            answer["error"] = new Dictionary<string, object>
            {
                ["status"] = "closed",
                ["message"] = "The client was closed before the message ended.",
                ["hint"] = "It is recorded: do not send it again. The next client of this account goes on with it.",
                ["retryable"] = false,
            };
            return WaException.From(WaStatus.Closed, Json.Write(answer, null));
        }

        /// <summary>Raises an event; an exception of a handler goes to the trace.</summary>
        internal void Raise(WaEvent one)
        {
            EventHandler<WaEvent> handlers = one.Kind == "log" ? logReceived : eventReceived;
            if (handlers == null)
            {
                return;
            }
            foreach (EventHandler<WaEvent> handler in handlers.GetInvocationList())
            {
                try
                {
                    handler(this, one);
                }
                catch (Exception e) when (!(e is ThreadAbortException))
                {
                    Trace.TraceError("wa_connector: a handler of events failed: {0}", e);
                }
            }
        }

        private ulong Number
        {
            get
            {
                if (closing)
                {
                    throw new ObjectDisposedException(nameof(WaClient), "The client was closed.");
                }
                return number;
            }
        }

        private static int Left(int timeoutMs, Stopwatch since)
        {
            return timeoutMs < 0 ? Timeout.Infinite : (int)Math.Max(0, timeoutMs - since.ElapsedMilliseconds);
        }

        private static void Require(object value, string parameter)
        {
            if (value == null)
            {
                throw new ArgumentNullException(parameter);
            }
        }

        private static string SettingsJson(IDictionary<string, object> settings)
        {
            Require(settings, nameof(settings));
            return Json.Write(settings, nameof(settings));
        }

        private static byte[] Bytes(SendOptions options)
        {
            return Utf8.Bytes(options?.ToJson(nameof(options)), nameof(options));
        }

        private static uint Milliseconds(int timeoutMs)
        {
            return timeoutMs >= 0
                ? (uint)timeoutMs
                : throw new ArgumentOutOfRangeException(nameof(timeoutMs), "The time is negative.");
        }

        private static WaOutcome Sent(Reply reply)
        {
            return reply.Code == WaStatus.Ok || reply.Code == WaStatus.Pending ? reply.Outcome : throw Failed(reply);
        }

        private static Exception Failed(Reply reply)
        {
            return reply.Code == WaStatus.NoClient
                ? (Exception)new ObjectDisposedException(nameof(WaClient), "The client was closed.")
                : WaException.From(reply.Code, reply.Json);
        }
    }
}
