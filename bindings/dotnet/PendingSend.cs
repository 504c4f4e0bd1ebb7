using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace WaConnector
{
    /// <summary>A task of SendAsync that has not ended.</summary>
    internal sealed class PendingSend
    {
        private readonly TaskCompletionSource<WaOutcome> source =
            new TaskCompletionSource<WaOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);

        private readonly CancellationToken token;

        internal PendingSend(string id, long deadline, bool cancelsAtDeadline, CancellationToken token)
        {
            Id = id;
            Deadline = deadline;
            CancelsAtDeadline = cancelsAtDeadline;
            NextLook = Clock.Now + Clock.FirstLook;
            this.token = token;
        }

        /// <summary>The message; changes where a reference leads to an earlier one.</summary>
        internal string Id { get; set; }

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

        /// <summary>The message is another one. False if the task has ended, or ends with the client.</summary>
        internal bool Move(PendingSend pending, string id)
        {
            lock (gate)
            {
                if (closed || !Remove(pending))
                {
                    return false;
                }
                pending.Id = id;
                pending.NextLook = Clock.Now;
                return Enter(pending);
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

        /// <summary>Takes out everything, for ever.</summary>
        internal List<PendingSend> CloseAll()
        {
            lock (gate)
            {
                closed = true;
                List<PendingSend> all = new List<PendingSend>();
                foreach (List<PendingSend> list in byId.Values)
                {
                    all.AddRange(list);
                }
                byId.Clear();
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
