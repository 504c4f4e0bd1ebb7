using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using WaConnector;

internal static class AsyncTests
{
    internal static void Add()
    {
        Runner.Add("threads", "async: 500 sends at once with a pool of 8 threads", FiveHundred);
        Runner.Add("road", "async: every task ends once, whatever the provider does", EveryTaskOnce);
        Runner.Add("cancel", "async: cancelled before: nothing is recorded", CancelledBefore);
        Runner.Add("cancel", "async: cancelled before an attempt: nothing is sent", CancelledInTime);
        Runner.Add("cancel", "async: cancelled too late: the task ends as if it had not been", CancelledTooLate);
        Runner.Add("cancel", "async: tokens cancelled at random moments", CancelledAtRandom);
        Runner.Add("road", "async: the deadline before any attempt", DeadlineUntouched);
        Runner.Add("road", "async: the deadline during an attempt, and an end nobody knows", DeadlineTouched);
        Runner.Add("road", "async: an end that nobody will know is an end: to the task, in events, in the history", UnknownForGood);
        Runner.Add("road", "async: equal references at once share one message", SharedReference);
        Runner.Add("road", "async: a synchronisation context is not needed", NoContext);
        Runner.Add("events", "events: handlers see each once; one that throws hurts nobody", Handlers);
    }

    private static void FiveHundred()
    {
        ThreadPool.GetMaxThreads(out int workers, out int ports);
        Check.True(ThreadPool.SetMaxThreads(8, 8), "the pool is capped");
        try
        {
            using (WaClient client = Simulator.NewClient())
            {
                string to = Simulator.NewNumber();
                // No thread may wait for a send: with 200 ms each, and 64 requests at once.
                Simulator.Fault(to, "{\"kind\":\"slow\",\"ms\":200,\"before\":false}", null);
                long before = Machine.AllThreads;
                ConcurrentBag<int> continued = new ConcurrentBag<int>();
                Task<WaOutcome>[] tasks = Enumerable.Range(0, 500).Select(i => One(client, to, i, continued)).ToArray();
                long during = Machine.AllThreads;
                Check.True(Task.WaitAll(tasks, 60000), "ended: " + tasks.Count(t => t.IsCompleted));
                Check.True(during - before <= 12, "threads grew from " + before + " to " + during);
                Check.True(tasks.All(t => t.Result.Status == "accepted"), "all accepted");
                Check.Equal(500, tasks.Select(t => t.Result.Id).Distinct().Count());
                Check.Equal(500, Simulator.Taken(to).Distinct().Count());
                Check.Equal(500, continued.Distinct().Count());
                Check.True(!Thread.CurrentThread.IsThreadPoolThread, "the test's own thread");
                Simulator.NoFaults();
            }
        }
        finally
        {
            ThreadPool.SetMaxThreads(workers, ports);
        }
    }

    private static async Task<WaOutcome> One(WaClient client, string to, int number, ConcurrentBag<int> continued)
    {
        WaOutcome outcome = await client.SendAsync(to, "number " + number).ConfigureAwait(false);
        Check.True(Thread.CurrentThread.Name != "wa-events", "host code runs on the events' thread");
        continued.Add(number);
        return outcome;
    }

    private static void EveryTaskOnce()
    {
        using (WaClient client = Simulator.NewClient(Impatient))
        {
            string[] faults =
            {
                "{\"kind\":\"status\",\"http\":503,\"code\":20503}", "{\"kind\":\"status\",\"http\":429,\"code\":20429}",
                "{\"kind\":\"html\"}", "{\"kind\":\"empty\"}", "{\"kind\":\"cut_before\",\"how\":\"rst\"}",
                "{\"kind\":\"cut_after\",\"how\":\"rst\"}", "{\"kind\":\"cut_after\",\"how\":\"fin\"}", "{\"kind\":\"slow\",\"ms\":700}",
                "{\"kind\":\"garbage_2xx\",\"body\":\"half_json\"}", "{\"kind\":\"close_idle\",\"ms\":5}",
                "{\"kind\":\"status\",\"http\":400,\"code\":21211}", "{\"kind\":\"hang\",\"ms\":1500}",
            };
            List<Task<WaOutcome>> tasks = new List<Task<WaOutcome>>();
            List<string> numbers = new List<string>();
            int ends = 0;
            for (int i = 0; i < 120; i++)
            {
                string to = Simulator.NewNumber();
                numbers.Add(to);
                if (i % 2 == 0)
                {
                    Simulator.Fault(to, faults[(i / 2) % faults.Length]);
                }
                Task<WaOutcome> task = client.SendAsync(to, "fault " + i, new SendOptions { TimeoutMs = 8000 });
                task.ContinueWith(_ => Interlocked.Increment(ref ends), TaskContinuationOptions.ExecuteSynchronously);
                tasks.Add(task);
            }
            try
            {
                Check.True(Task.WaitAll(tasks.ToArray(), 30000), "ended: " + tasks.Count(t => t.IsCompleted));
            }
            catch (AggregateException)
            {
            }
            Check.True(Machine.Until(() => ends == 120, 5000), "ends " + ends);
            for (int i = 0; i < tasks.Count; i++)
            {
                List<string> taken = Simulator.Taken(numbers[i]);
                Check.True(taken.Count <= 1, "sent twice: " + faults[(i / 2) % faults.Length]);
                if (tasks[i].Status == TaskStatus.RanToCompletion && !tasks[i].Result.IsPending)
                {
                    Check.Equal(1, taken.Count, "accepted and not taken: " + i);
                }
                else if (tasks[i].IsFaulted)
                {
                    WaException e = (WaException)tasks[i].Exception.GetBaseException();
                    Check.True(e.Outcome != null && e.Error != null, e.ToString());
                    Check.True(e.Code == WaStatus.Unknown || taken.Count == 0, "failed and taken: " + e);
                }
            }
            Check.True(tasks.Count(t => t.Status == TaskStatus.RanToCompletion) >= 100, "most succeed");
            Simulator.NoFaults();
        }
    }

    private static void Impatient(Dictionary<string, object> settings)
    {
        settings["http"] = new Dictionary<string, object> { ["timeout_seconds"] = 1 };
        settings["retry"] = new Dictionary<string, object> { ["wait_seconds"] = 1, ["max_retries"] = 2 };
    }

    private static void CancelledBefore()
    {
        using (WaClient client = Simulator.NewClient())
        {
            Task<WaOutcome> task = client.SendAsync(Simulator.NewNumber(), "x", null, new CancellationToken(true));
            Check.True(task.IsCanceled, "cancelled");
            Check.Equal(0, client.History().Messages.Count);
        }
    }

    private static void CancelledInTime()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            for (int i = 0; i < 10; i++)
            {
                using (CancellationTokenSource source = new CancellationTokenSource())
                {
                    SendOptions later = new SendOptions { NotBefore = DateTimeOffset.UtcNow.AddSeconds(30), TimeoutMs = 60000 };
                    Task<WaOutcome> task = client.SendAsync(to, "never", later, source.Token);
                    Check.True(!task.IsCompleted, "it waits");
                    source.Cancel();
                    OperationCanceledException e = Check.Throws<OperationCanceledException>(() => task.GetAwaiter().GetResult());
                    Check.Equal(source.Token, e.CancellationToken, "token");
                    Check.True(task.IsCanceled, "cancelled");
                }
            }
            Check.Equal(10, client.History(new HistoryQuery { Status = new[] { "cancelled" } }).Messages.Count);
            Check.Equal(0, Simulator.Taken(to).Count);
            // Cancelled by others, it is an error with an outcome, not a cancelled task.
            Guid id = Guid.NewGuid();
            Task<WaOutcome> other = client.SendAsync(to, "x", new SendOptions { Id = id, NotBefore = DateTimeOffset.UtcNow.AddSeconds(30) });
            Check.True(client.Cancel(id.ToString()), "cancelled");
            Check.Equal(WaStatus.Cancelled, SyncTests.Async(() => other).Code);
        }
    }

    private static void CancelledTooLate()
    {
        using (WaClient client = Simulator.NewClient())
        using (CancellationTokenSource source = new CancellationTokenSource())
        {
            string to = Simulator.NewNumber();
            Simulator.Fault(to, "{\"kind\":\"slow\",\"ms\":1500,\"before\":false}");
            Task<WaOutcome> task = client.SendAsync(to, "late", null, source.Token);
            Thread.Sleep(400);
            source.Cancel();
            Check.True(task.Wait(20000), "ends");
            Check.Equal("accepted", task.Result.Status);
            Simulator.NoFaults();
        }
    }

    private static void CancelledAtRandom()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            Random random = new Random(11);
            List<Task<WaOutcome>> tasks = new List<Task<WaOutcome>>();
            List<Thread> threads = new List<Thread>();
            for (int i = 0; i < 200; i++)
            {
                CancellationTokenSource source = new CancellationTokenSource();
                int wait = random.Next(0, 30);
                Thread thread = new Thread(() =>
                {
                    Thread.Sleep(wait);
                    source.Cancel();
                });
                thread.Start();
                threads.Add(thread);
                tasks.Add(client.SendAsync(to, "random " + i, null, source.Token));
            }
            threads.ForEach(thread => thread.Join());
            try
            {
                Check.True(Task.WaitAll(tasks.ToArray(), 30000), "all end");
            }
            catch (AggregateException)
            {
            }
            int sent = tasks.Count(t => t.Status == TaskStatus.RanToCompletion && t.Result.Status == "accepted");
            int cancelled = tasks.Count(t => t.IsCanceled);
            Check.Equal(200, sent + cancelled, "sent " + sent + ", cancelled " + cancelled + ", " + tasks.Count(t => t.IsFaulted) + " failed:");
            Check.Equal(sent, Simulator.Taken(to).Count, "taken");
        }
    }

    private static void DeadlineUntouched()
    {
        using (WaClient client = Simulator.NewClient(s => s["http"] = new Dictionary<string, object> { ["max_in_flight"] = 1 }))
        {
            string slow = Simulator.NewNumber(), to = Simulator.NewNumber();
            Simulator.Fault(slow, "{\"kind\":\"slow\",\"ms\":3000,\"before\":false}");
            Task<WaOutcome> first = client.SendAsync(slow, "holds the only request");
            DateTime begin = DateTime.UtcNow;
            WaException e = SyncTests.Async(() => client.SendAsync(to, "too late", new SendOptions { TimeoutMs = 700 }));
            Check.Equal(WaStatus.Expired, e.Code, e.ToString());
            Check.Equal("expired", e.Outcome.Status);
            Check.True((DateTime.UtcNow - begin).TotalMilliseconds < 2500, "in time");
            WaOutcome goesOn = client.SendAsync(to, "goes on", new SendOptions { TimeoutMs = 700, OnTimeout = WaOnTimeout.Continue }).Result;
            Check.True(goesOn.IsPending && goesOn.Status == "queued", goesOn.Json);
            Check.Equal("accepted", client.Wait(goesOn.Id, 20000).Status);
            Check.Equal("accepted", first.Result.Status);
            Check.Equal("goes on", string.Join("|", Simulator.Taken(to)));
            Simulator.NoFaults();
        }
    }

    private static void DeadlineTouched()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string slow = Simulator.NewNumber(), cut = Simulator.NewNumber();
            Simulator.Fault(slow, "{\"kind\":\"slow\",\"ms\":2500,\"before\":false}");
            Simulator.Fault(cut, "{\"kind\":\"cut_after\",\"how\":\"rst\"}");
            Task<WaOutcome> sending = client.SendAsync(slow, "under way", new SendOptions { TimeoutMs = 600 });
            Task<WaOutcome> unknown = client.SendAsync(cut, "lost answer", new SendOptions { TimeoutMs = 1500 });
            Check.True(sending.Wait(5000) && sending.Result.IsPending, "pending");
            Check.Equal("sending", sending.Result.Status);
            Check.True(unknown.Wait(5000) && unknown.Result.IsPending, "pending");
            Check.Equal("unknown", unknown.Result.Status);
            Check.Equal(WaStatus.Pending, unknown.Result.Error.Code);
            Check.Equal("accepted", client.Wait(sending.Result.Id, 20000).Status);
            Check.Equal(1, Simulator.Taken(cut).Count);
            Simulator.NoFaults();
        }
    }

    private static void UnknownForGood()
    {
        using (WaClient client = Simulator.NewClient(s => s["retry"] = new Dictionary<string, object> { ["unknown_deadline_seconds"] = 1 }))
        {
            string to = Simulator.NewNumber();
            Simulator.Fault(to, "{\"kind\":\"cut_after\",\"how\":\"rst\"}");
            WaException e = SyncTests.Async(() => client.SendAsync(to, "lost for ever"));
            Check.Equal(WaStatus.Unknown, e.Code, e.ToString());
            Check.True(e.Outcome.IsFinal && !e.Outcome.IsPending && e.Outcome.Status == "unknown", e.Outcome.Json);
            HistoryMessage message = client.History(new HistoryQuery { Recipient = to }).Messages.Single();
            Check.True(message.IsFinal && !message.IsPending, message.Json);
            Check.Equal(WaStatus.Unknown, message.Code);
            WaOutcome last = client.NextEvents(null, 5000).Events.Last(one => one.Outcome != null).Outcome;
            Check.True(last.IsFinal && last.Code == WaStatus.Unknown, last.Json);
            Check.True(client.Send(to, "known").IsFinal, "accepted is final");
            Check.Equal(1, Simulator.Taken(to).Count(body => body == "lost for ever"));
            Simulator.NoFaults();
        }
    }

    private static void SharedReference()
    {
        using (WaClient client = Simulator.NewClient())
        {
            for (int round = 0; round < 10; round++)
            {
                string to = Simulator.NewNumber();
                SendOptions options = new SendOptions { Reference = "shared " + round };
                Task<WaOutcome>[] tasks = Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
                    () => client.SendAsync(to, "once", options), TaskCreationOptions.LongRunning).Unwrap()).ToArray();
                Check.True(Task.WaitAll(tasks, 30000), "all end");
                Check.Equal(1, tasks.Select(t => t.Result.Id).Distinct().Count());
                Check.True(tasks.All(t => t.Result.Status == "accepted"), "accepted");
                Check.Equal(1, Simulator.Taken(to).Count);
            }
        }
    }

    private sealed class StuckContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback callback, object state)
        {
        }
    }

    private static void NoContext()
    {
        SynchronizationContext before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new StuckContext());
        try
        {
            using (WaClient client = Simulator.NewClient())
            {
                Check.True(client.SendAsync(Simulator.NewNumber(), "x").Wait(20000), "ends although the context runs nothing");
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private static void Handlers()
    {
        using (WaClient client = Simulator.NewClient())
        {
            ConcurrentBag<WaEvent> seen = new ConcurrentBag<WaEvent>();
            ConcurrentBag<WaEvent> log = new ConcurrentBag<WaEvent>();
            client.EventReceived += (sender, e) => throw new InvalidOperationException("a handler of the host fails");
            client.EventReceived += (sender, e) => seen.Add(e);
            client.LogReceived += (sender, e) => log.Add(e);
            string to = Simulator.NewNumber();
            bool inside = false;
            client.EventReceived += (sender, e) =>
            {
                if (!inside)
                {
                    inside = true;
                    ((WaClient)sender).Send(to, "from a handler");
                }
            };
            HashSet<string> sent = new HashSet<string>();
            for (int i = 0; i < 20; i++)
            {
                sent.Add(i % 2 == 0 ? client.Send(to, "handler " + i).Id : client.SendAsync(to, "handler " + i).Result.Id);
            }
            Check.True(Machine.Until(() => seen.Count(e => e.Kind == "message") >= 21, 10000), "seen " + seen.Count);
            Thread.Sleep(300);
            Check.Equal(21, seen.Count(e => e.Kind == "message"));
            Check.Equal(seen.Count, seen.Select(e => e.Id).Distinct().Count());
            Check.True(sent.IsSubsetOf(seen.Where(e => e.Outcome != null).Select(e => e.Outcome.Id)), "all");
            Check.True(log.Any(e => e.Kind == "log" && e.Log.Message.Length > 0), "log");
            Check.True(seen.All(e => e.Kind != "log" && e.Json.Contains(e.Id)), "kinds");
        }
    }
}
