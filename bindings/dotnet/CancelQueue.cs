using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace WaConnector
{
    /// <summary>What a token gives up: a message, or a call that is none.</summary>
    internal interface ICancellable
    {
        /// <summary>Its id at the library.</summary>
        string Id { get; }

        /// <summary>Whether it has ended: there is nothing left to cancel.</summary>
        bool IsOver { get; }

        /// <summary>Whether the library may not know it yet although it is on its way there.</summary>
        bool MayBegin { get; }

        /// <summary>The library has cancelled it.</summary>
        void Cancelled(Reply reply);
    }

    /// <summary>
    /// Asks the library to cancel what tokens give up: each waits for a commit of
    /// the database, and whoever cancels a token must not. A few threads do it, so
    /// that a database that hangs holds the others up little; they end when nothing
    /// is left. What is in here is under way, once: the library's bounds for that
    /// are its bounds.
    /// </summary>
    internal sealed class CancelQueue
    {
        /// <summary>While the database hangs, each holds one cancellation for up to five seconds.</summary>
        private const int MostThreads = 16;

        /// <summary>How long a history that did not answer is left alone.</summary>
        private const int AwayMs = 250;

        /// <summary>How long a call may need from its thread into the library.</summary>
        private const int BeginMs = 20;

        private readonly ulong client;
        private readonly object gate = new object();
        private readonly Queue<ICancellable> asked = new Queue<ICancellable>();
        private int running;
        private bool finishing;
        private bool closed;

        internal CancelQueue(ulong client)
        {
            this.client = client;
        }

        /// <summary>Takes one; never waits.</summary>
        internal void Ask(ICancellable one)
        {
            lock (gate)
            {
                if (closed)
                {
                    // The end of the client is its end.
                    return;
                }
                asked.Enqueue(one);
                Start();
            }
        }

        /// <summary>Starts a thread for what waits, where none could be had before.</summary>
        internal void Resume()
        {
            lock (gate)
            {
                Start();
            }
        }

        /// <summary>Has all asked for that came before the end of the client, once more at most; then takes nothing more.</summary>
        internal void Finish(int timeoutMs)
        {
            lock (gate)
            {
                finishing = true;
                Monitor.PulseAll(gate);
                Stopwatch watch = Stopwatch.StartNew();
                int left = timeoutMs;
                while ((running > 0 || asked.Count > 0) && left > 0)
                {
                    Start();
                    Monitor.Wait(gate, Math.Min(left, AwayMs));
                    left = (int)Math.Max(0, timeoutMs - watch.ElapsedMilliseconds);
                }
                closed = true;
                asked.Clear();
            }
        }

        /// <summary>Waits for the threads; false if the time was over first.</summary>
        internal bool Join(int timeoutMs)
        {
            lock (gate)
            {
                return Wait.Until(gate, () => running == 0, timeoutMs);
            }
        }

        private void Start()
        {
            if (asked.Count == 0 || running >= MostThreads)
            {
                return;
            }
            try
            {
                new Thread(Run, 512 * 1024) { IsBackground = true, Name = "wa-cancel" }.Start();
                running++;
            }
            catch (Exception e) when (!(e is ThreadAbortException))
            {
                // Whoever cancels a token is not to meet it. What is asked stays, for those that run or the next try.
                Trace.TraceWarning("wa_connector: no thread for a cancellation: {0}", e.Message);
            }
        }

        private void Run()
        {
            bool ended = false;
            try
            {
                while (Next(out ICancellable one))
                {
                    if (!one.IsOver)
                    {
                        Cancel(one);
                    }
                }
                ended = true;
            }
            finally
            {
                if (!ended)
                {
                    // The thread is aborted: the application domain goes.
                    lock (gate)
                    {
                        Ended();
                    }
                }
            }
        }

        private bool Next(out ICancellable one)
        {
            lock (gate)
            {
                if (asked.Count > 0)
                {
                    one = asked.Dequeue();
                    return true;
                }
                // In the same moment: who asks now starts the next thread.
                Ended();
                one = null;
                return false;
            }
        }

        private void Ended()
        {
            running--;
            Monitor.PulseAll(gate);
        }

        private void Cancel(ICancellable one)
        {
            try
            {
                Reply reply = Calls.Cancel(client, Utf8.Bytes(one.Id, "id"));
                switch (reply.Code)
                {
                    case WaStatus.Ok:
                        one.Cancelled(reply);
                        break;
                    case WaStatus.NotFound:
                        if (one.MayBegin)
                        {
                            Again(one, BeginMs);
                        }
                        break;
                    case WaStatus.Timeout:
                    case WaStatus.DatabaseAway:
                    case WaStatus.QueueFull:
                    case WaStatus.Internal:
                        Again(one, AwayMs);
                        break;
                    default:
                        // Too late, or the client is closed: the task ends as it would have.
                        break;
                }
            }
            catch (Exception e) when (!(e is ThreadAbortException))
            {
                Trace.TraceError("wa_connector: a cancellation met {0}", e);
                Again(one, AwayMs);
            }
        }

        private void Again(ICancellable one, int afterMs)
        {
            lock (gate)
            {
                if (closed || (finishing && !one.MayBegin))
                {
                    return;
                }
                // Back only afterwards: another thread would take it at once.
                Monitor.Wait(gate, afterMs);
                if (!closed)
                {
                    asked.Enqueue(one);
                }
            }
        }
    }

    /// <summary>Waits with a deadline for what others tell by <see cref="Monitor.PulseAll"/>.</summary>
    internal static class Wait
    {
        /// <summary>Waits, under the lock, until the claim holds; false if the time was over first. -1 is no limit.</summary>
        internal static bool Until(object gate, Func<bool> claim, int timeoutMs)
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (!claim())
            {
                int left = timeoutMs < 0 ? Timeout.Infinite : (int)Math.Max(0, timeoutMs - watch.ElapsedMilliseconds);
                if (left == 0)
                {
                    return false;
                }
                Monitor.Wait(gate, left);
            }
            return true;
        }
    }
}
