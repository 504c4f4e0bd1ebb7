using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace WaConnector
{
    /// <summary>A task of SendAsync that has not ended.</summary>
    internal sealed class PendingSend : ICancellable
    {
        private readonly TaskCompletionSource<WaOutcome> source =
            new TaskCompletionSource<WaOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);

        private readonly PendingSends home;
        private readonly CancellationToken token;

        internal PendingSend(PendingSends home, string id, long deadline, bool cancelsAtDeadline, CancellationToken token)
        {
            this.home = home;
            Id = id;
            Deadline = deadline;
            CancelsAtDeadline = cancelsAtDeadline;
            NextLook = Clock.Now + Clock.FirstLook;
            this.token = token;
        }

        /// <summary>The message; changes where a reference leads to an earlier one.</summary>
        public string Id { get; internal set; }

        /// <inheritdoc/>
        public bool IsOver
        {
            get { return source.Task.IsCompleted; }
        }

        /// <inheritdoc/>
        public bool MayBegin
        {
            get { return false; }
        }

        /// <summary>When the task ends, by <see cref="Clock"/>.</summary>
        internal long Deadline { get; }

        /// <summary>Whether the message ends with the task, if nothing was attempted.</summary>
        internal bool CancelsAtDeadline { get; }

        /// <summary>When the library is asked for the message, beside its events.</summary>
        internal long NextLook { get; set; }

        /// <summary>How long until the look after the next one.</summary>
        internal long LookAfter { get; set; } = Clock.FirstLook;

        /// <summary>Whether the library said that it is recorded.</summary>
        internal volatile bool Recorded;

        /// <summary>Whether the token asked for the end.</summary>
        internal volatile bool CancelAsked;

        /// <summary>The last that is known of the message.</summary>
        internal volatile WaOutcome Last;

        internal Task<WaOutcome> Task
        {
            get { return source.Task; }
        }

        /// <summary>Ends the task as the answer of a call says; only the first end counts.</summary>
        internal void End(Reply reply)
        {
            if (reply.Code == WaStatus.Ok || reply.Code == WaStatus.Pending)
            {
                source.TrySetResult(reply.Outcome ?? Last);
            }
            else if (reply.Code == WaStatus.Cancelled && CancelAsked)
            {
                source.TrySetCanceled(token);
            }
            else
            {
                source.TrySetException(WaException.From(reply.Code, reply.Json));
            }
        }

        /// <inheritdoc/>
        public void Cancelled(Reply reply)
        {
            if (home.Take(this))
            {
                End(new Reply(WaStatus.Cancelled, reply.Json));
            }
        }

        internal void Fail(Exception why)
        {
            source.TrySetException(why);
        }
    }

    /// <summary>
    /// The tasks that have not ended, by message. Whoever takes one out ends it:
    /// so each ends exactly once, whatever comes first.
    /// </summary>
    internal sealed class PendingSends
    {
        private readonly object gate = new object();
        private readonly Dictionary<string, List<PendingSend>> byId =
            new Dictionary<string, List<PendingSend>>(StringComparer.Ordinal);

        private bool closed;

        internal int Count
        {
            get
            {
                lock (gate)
                {
                    int count = 0;
                    foreach (List<PendingSend> list in byId.Values)
                    {
                        count += list.Count;
                    }
                    return count;
                }
            }
        }

        /// <summary>Enters a task; false once all were given up.</summary>
        internal bool Enter(PendingSend pending)
        {
            lock (gate)
            {
                if (closed)
                {
                    return false;
                }
                if (!byId.TryGetValue(pending.Id, out List<PendingSend> list))
                {
                    byId.Add(pending.Id, list = new List<PendingSend>(1));
                }
                list.Add(pending);
                return true;
            }
        }

        /// <summary>Takes a task out; false if somebody else has.</summary>
        internal bool Take(PendingSend pending)
        {
            lock (gate)
            {
                return Remove(pending);
            }
        }

        /// <summary>
        /// The library said that it is recorded: as this message, or as an earlier
        /// one of the same reference, whose end is then this one's. Under the same
        /// lock as <see cref="AskToCancel"/> and <see cref="CloseAll"/>: each of
        /// them sees it before or after, and somebody always acts.
        /// </summary>
        /// <returns>False: all were given up meanwhile, and the caller ends the task.</returns>
        internal bool Record(PendingSend pending, WaOutcome outcome, out bool cancels)
        {
            lock (gate)
            {
                pending.Last = outcome;
                pending.Recorded = true;
                cancels = pending.CancelAsked;
                bool moves = !string.Equals(outcome.Id, pending.Id, StringComparison.OrdinalIgnoreCase);
                if ((!closed && !moves) || !Remove(pending))
                {
                    // It waits where it is; or its event was faster, and the task has ended.
                    return true;
                }
                if (closed)
                {
                    return false;
                }
                pending.Id = outcome.Id;
                pending.NextLook = Clock.Now;
                return Enter(pending);
            }
        }

        /// <summary>The token asks for the end. False: not recorded yet; <see cref="Record"/> tells of it then.</summary>
        internal bool AskToCancel(PendingSend pending)
        {
            lock (gate)
            {
                pending.CancelAsked = true;
                return pending.Recorded;
            }
        }

        /// <summary>Takes out all tasks of a message, or null.</summary>
        internal List<PendingSend> TakeAll(string id)
        {
            lock (gate)
            {
                if (id == null || !byId.TryGetValue(id, out List<PendingSend> list))
                {
                    return null;
                }
                byId.Remove(id);
                return list;
            }
        }

        /// <summary>Takes out all that is recorded, and lets nothing in any more.</summary>
        internal List<PendingSend> CloseAll()
        {
            lock (gate)
            {
                closed = true;
                List<PendingSend> all = new List<PendingSend>();
                foreach (List<PendingSend> list in byId.Values)
                {
                    all.AddRange(list.FindAll(pending => pending.Recorded));
                }
                foreach (PendingSend pending in all)
                {
                    Remove(pending);
                }
                return all;
            }
        }

        /// <summary>The tasks that are to be looked after now, and when the next one is.</summary>
        internal List<PendingSend> Due(long now, out long next)
        {
            next = long.MaxValue;
            List<PendingSend> due = null;
            lock (gate)
            {
                foreach (List<PendingSend> list in byId.Values)
                {
                    foreach (PendingSend pending in list)
                    {
                        long at = Math.Min(pending.Deadline, pending.NextLook);
                        if (at <= now)
                        {
                            (due ?? (due = new List<PendingSend>())).Add(pending);
                        }
                        next = Math.Min(next, at);
                    }
                }
            }
            return due;
        }

        private bool Remove(PendingSend pending)
        {
            if (!byId.TryGetValue(pending.Id, out List<PendingSend> list) || !list.Remove(pending))
            {
                return false;
            }
            if (list.Count == 0)
            {
                byId.Remove(pending.Id);
            }
            return true;
        }
    }

    /// <summary>Milliseconds that no change of the machine's time moves.</summary>
    internal static class Clock
    {
        internal const long FirstLook = 5000;
        internal const long LongestLook = 30000;

        /// <summary>How long a message that is given up may take to say so.</summary>
        internal const long GivingUp = 5000;

        internal static long Now
        {
            get { return (long)(Stopwatch.GetTimestamp() * (1000.0 / Stopwatch.Frequency)); }
        }
    }
}
