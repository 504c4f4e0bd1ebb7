using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace WaConnector
{
    /// <summary>
    /// The one thread of a client: asks for events, ends the tasks that wait for
    /// them, raises them. It starts with the first task or the first handler;
    /// who only sends synchronously has no thread. The library never calls back
    /// into managed code.
    /// </summary>
    internal sealed class EventPump
    {
        private const uint LongestPoll = 250;
        private const uint ShortestPoll = 20;
        private const int MostEvents = 1000;
        private static readonly string[] OnlyLog = { "log" };

        private readonly WaClient client;
        private readonly ulong number;
        private readonly CancelQueue cancelling;
        private readonly PendingSends pending = new PendingSends();
        private readonly ManualResetEvent stop = new ManualResetEvent(false);
        private readonly ManualResetEvent ended = new ManualResetEvent(false);
        private readonly object gate = new object();
        private Thread thread;
        private bool stopping;

        // Where the thread is in the events, and in the log: two places, for each goes on without the other.
        private string eventCursor;
        private string logCursor;

        private enum Asked
        {
            Answered,
            NoAnswer,
            Closed,
        }

        internal EventPump(WaClient client, ulong number, CancelQueue cancelling)
        {
            this.client = client;
            this.number = number;
            this.cancelling = cancelling;
        }

        internal PendingSends Pending
        {
            get { return pending; }
        }

        internal bool IsCurrent
        {
            get { return Thread.CurrentThread == thread; }
        }

        internal void Start()
        {
            lock (gate)
            {
                if (thread != null || stopping)
                {
                    return;
                }
                thread = new Thread(Run, 512 * 1024) { IsBackground = true, Name = "wa-events" };
                try
                {
                    thread.Start();
                }
                catch
                {
                    // No end is to be awaited; the next task tries again.
                    thread = null;
                    throw;
                }
            }
        }

        /// <summary>
        /// Ends all tasks, and the thread: the library refuses the next question
        /// of a client that is being closed. False if the thread has not ended
        /// in time: a handler of the host is still running.
        /// </summary>
        internal bool Stop(int timeoutMs)
        {
            Thread running;
            lock (gate)
            {
                stopping = true;
                running = thread;
            }
            stop.Set();
            GiveUpAll();
            if (running == null)
            {
                ended.Set();
                return true;
            }
            return IsCurrent || ended.WaitOne(timeoutMs);
        }

        private void Run()
        {
            try
            {
                while (!stopping)
                {
                    if (!Turn())
                    {
                        break;
                    }
                }
            }
            finally
            {
                lock (gate)
                {
                    stopping = true;
                }
                GiveUpAll();
                ended.Set();
            }
        }

        /// <summary>One question for events, one for the log, and what follows; false once the client is closed.</summary>
        private bool Turn()
        {
            try
            {
                cancelling.Resume();
                long now = Clock.Now;
                pending.Due(now, out long next);
                uint wait = (uint)Math.Max(ShortestPoll, Math.Min(LongestPoll, next - now));
                // Until somebody wants events none is read: who comes later misses none.
                bool wantsEvents = eventCursor != null || client.WantsEvents || pending.Count > 0;
                Asked events = wantsEvents ? Ask(ref eventCursor, null, wait) : Asked.NoAnswer;
                // By itself, for the log lives in memory: it goes on while the history is away.
                Asked log = client.WantsLog && events != Asked.Closed ? Ask(ref logCursor, OnlyLog, wantsEvents ? 0 : wait) : Asked.NoAnswer;
                if (events == Asked.Closed || log == Asked.Closed)
                {
                    return false;
                }
                LookAfterTasks();
                if (events == Asked.NoAnswer && (wantsEvents || log == Asked.NoAnswer))
                {
                    // The history is away, and its return is worth a little patience; or there is nothing to ask.
                    Pause(wait - (Clock.Now - now));
                }
                return true;
            }
            catch (Exception e) when (!(e is ThreadAbortException))
            {
                Trace.TraceError("wa_connector: the events' thread met {0}", e);
                Pause(LongestPoll);
                return true;
            }
        }

        /// <summary>The next events of some kinds: ends their tasks, raises them.</summary>
        private Asked Ask(ref string cursor, IList<string> kinds, uint wait)
        {
            EventQuery query = new EventQuery { After = cursor, Max = MostEvents, Include = kinds };
            Reply reply = Calls.NextEvent(number, Utf8.Bytes(query.ToJson("options"), "options"), wait);
            if (reply.Code == WaStatus.Closed || reply.Code == WaStatus.NoClient || reply.Code == WaStatus.Forked)
            {
                return Asked.Closed;
            }
            if (reply.Code != WaStatus.Ok)
            {
                return Asked.NoAnswer;
            }
            EventPage page = new EventPage(JsonObject.Read(reply.Json));
            cursor = page.Cursor ?? cursor;
            // The tasks first: a handler of the host may take its time.
            foreach (WaEvent one in page.Events)
            {
                EndTasks(one.Outcome);
            }
            foreach (WaEvent one in page.Events)
            {
                client.Raise(one);
            }
            return Asked.Answered;
        }

        /// <summary>Ends early where the client does.</summary>
        private void Pause(long milliseconds)
        {
            stop.WaitOne((int)Math.Max(ShortestPoll, milliseconds));
        }

        private void EndTasks(WaOutcome outcome)
        {
            // An end that is not known yet is looked up, until the task's deadline.
            if (outcome == null || !outcome.IsFinal)
            {
                return;
            }
            List<PendingSend> tasks = pending.TakeAll(outcome.Id);
            if (tasks == null)
            {
                return;
            }
            foreach (PendingSend task in tasks)
            {
                task.Last = outcome;
                task.End(new Reply(outcome.Code, outcome.Code == WaStatus.Ok ? null : outcome.Json));
            }
        }

        /// <summary>
        /// Tasks whose time is up, and those whose event may have passed by: the
        /// event of another process' message, or one from before the first look.
        /// </summary>
        private void LookAfterTasks()
        {
            List<PendingSend> due = pending.Due(Clock.Now, out _);
            bool answers = true;
            for (int i = 0; due != null && i < due.Count && !stopping; i++)
            {
                PendingSend task = due[i];
                long now = Clock.Now;
                Reply reply = new Reply(WaStatus.Timeout, null);
                if (answers && task.Recorded)
                {
                    reply = Calls.Wait(number, Utf8.Bytes(task.Id, "id"), 0);
                    answers = reply.Code != WaStatus.Timeout && reply.Code != WaStatus.DatabaseAway;
                }
                bool late = now >= task.Deadline;
                switch (reply.Code)
                {
                    case WaStatus.Closed:
                    case WaStatus.NoClient:
                        return;
                    case WaStatus.Pending:
                        WaOutcome outcome = reply.Outcome;
                        task.Last = outcome;
                        // Its expiry has come and its row does not say so yet: a moment more.
                        bool expiring = task.CancelsAtDeadline && outcome.Status == WaMessageStatus.Queued;
                        if (late && !(expiring && now < task.Deadline + Clock.GivingUp) && pending.Take(task))
                        {
                            task.End(reply);
                        }
                        break;
                    case WaStatus.Timeout:
                    case WaStatus.DatabaseAway:
                    case WaStatus.QueueFull:
                    case WaStatus.NotFound:
                    case WaStatus.Internal:
                        // While its submit has not returned, the submit says what the end is.
                        if (late && task.Recorded && pending.Take(task))
                        {
                            task.End(new Reply(WaStatus.Pending, null));
                        }
                        break;
                    default:
                        if (pending.Take(task))
                        {
                            task.End(reply);
                        }
                        break;
                }
                task.NextLook = late ? long.MaxValue : now + task.LookAfter;
                task.LookAfter = Math.Min(Clock.LongestLook, 2 * task.LookAfter);
            }
        }

        private void GiveUpAll()
        {
            // What is not known to be recorded is not among them: its own submit, which the closing wakes, says what it is.
            foreach (PendingSend task in pending.CloseAll())
            {
                task.Fail(WaClient.ClosedBefore(task.Last));
            }
        }
    }
}
