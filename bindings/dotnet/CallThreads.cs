using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace WaConnector
{
    /// <summary>A call that is no message, for a task; it begins once, or never.</summary>
    internal sealed class PendingCall : ICancellable
    {
        private readonly TaskCompletionSource<Reply> source =
            new TaskCompletionSource<Reply>(TaskCreationOptions.RunContinuationsAsynchronously);

        private Func<Reply> work;

        internal PendingCall(string id, Func<Reply> work)
        {
            Id = id;
            this.work = work;
        }

        /// <inheritdoc/>
        public string Id { get; }

        /// <inheritdoc/>
        public bool IsOver
        {
            get { return source.Task.IsCompleted; }
        }

        /// <inheritdoc/>
        public bool MayBegin
        {
            get { return true; }
        }

        internal Task<Reply> Task
        {
            get { return source.Task; }
        }

        /// <inheritdoc/>
        public void Cancelled(Reply reply)
        {
            // The call itself returns now, and says what may have happened.
        }

        /// <summary>Ends it before it begins; false if it has begun.</summary>
        internal bool Withdraw()
        {
            if (Interlocked.Exchange(ref work, null) == null)
            {
                return false;
            }
            source.TrySetResult(new Reply(WaStatus.Cancelled, null));
            return true;
        }

        /// <summary>Ends it before it begins: it cannot begin.</summary>
        internal void Fail(Exception why)
        {
            if (Interlocked.Exchange(ref work, null) != null)
            {
                source.TrySetException(why);
            }
        }

        /// <summary>Makes the call, unless it was withdrawn.</summary>
        internal void Run()
        {
            Func<Reply> call = Interlocked.Exchange(ref work, null);
            if (call == null)
            {
                return;
            }
            try
            {
                source.TrySetResult(call());
            }
            catch (Exception e)
            {
                source.TrySetException(e);
            }
        }
    }

    /// <summary>
    /// Threads for calls that wait for the provider, for up to ten minutes: the
    /// threads of the pool are the host's. A thread begins with a call and ends
    /// when no other waits. The calls that hosts make on their own threads are
    /// counted here, too: the library never finds one of ours too many, and what
    /// waits goes on when any of them ends.
    /// </summary>
    internal sealed class CallThreads
    {
        /// <summary>The library runs no more at once.</summary>
        private const int Most = 64;
        private const int MostWaiting = 10000;

        private readonly object gate = new object();
        private readonly Queue<PendingCall> waiting = new Queue<PendingCall>();
        private int running;
        private int here;

        /// <summary>Runs a call, or has it wait for a thread.</summary>
        internal void Run(PendingCall call)
        {
            lock (gate)
            {
                if (waiting.Count >= MostWaiting)
                {
                    throw Full(MostWaiting + " calls to the provider wait already");
                }
                waiting.Enqueue(call);
                Start();
            }
        }

        /// <summary>Makes a call on the caller's thread, or refuses it at once, in the library's words.</summary>
        internal Reply RunHere(Func<Reply> call)
        {
            bool entered = false;
            try
            {
                Enter(ref entered);
                return call();
            }
            finally
            {
                if (entered)
                {
                    Leave();
                }
            }
        }

        /// <summary>Waits for all threads; false if the time was over first.</summary>
        internal bool Join(int timeoutMs)
        {
            lock (gate)
            {
                return Wait.Until(gate, () => running == 0 && waiting.Count == 0, timeoutMs);
            }
        }

        private void Enter(ref bool entered)
        {
            lock (gate)
            {
                if (running + here >= Most)
                {
                    throw Full(Most + " calls to the provider are under way");
                }
                here++;
                entered = true;
            }
        }

        private void Leave()
        {
            lock (gate)
            {
                here--;
                Start();
            }
        }

        /// <summary>Starts a thread for what waits, if there is room.</summary>
        private void Start()
        {
            if (waiting.Count == 0 || running + here >= Most)
            {
                return;
            }
            try
            {
                new Thread(Work, 512 * 1024) { IsBackground = true, Name = "wa-call" }.Start();
                running++;
            }
            catch (Exception e) when (!(e is ThreadAbortException))
            {
                // Those that run take what waits, or try again when they end. Where none does, nobody would.
                while (running + here == 0 && waiting.Count > 0)
                {
                    waiting.Dequeue().Fail(e);
                }
                Monitor.PulseAll(gate);
            }
        }

        private void Work()
        {
            bool ended = false;
            try
            {
                while (Next(out PendingCall call))
                {
                    call.Run();
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

        private bool Next(out PendingCall call)
        {
            lock (gate)
            {
                if (waiting.Count > 0)
                {
                    call = waiting.Dequeue();
                    return true;
                }
                // In the same moment: a call that comes now starts the next thread.
                Ended();
                call = null;
                return false;
            }
        }

        private void Ended()
        {
            running--;
            Monitor.PulseAll(gate);
        }

        private static WaException Full(string what)
        {
            Dictionary<string, object> error = new Dictionary<string, object>
            {
                ["status"] = "queue_full",
                ["message"] = what + ", which is the most; nothing was done.",
                ["hint"] = "Try again when some have ended.",
                ["retryable"] = true,
            };
            return WaException.From(WaStatus.QueueFull, Json.Write(new Dictionary<string, object> { ["error"] = error }, null));
        }
    }
}
