using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using WaConnector;

internal static class LifetimeTests
{
    internal static void Add()
    {
        Runner.Add("close", "life: disposed twice, used after", DisposedTwice);
        Runner.Add("close", "life: disposed with sends under way; the next client sends the rest, each once", DisposedUnderWay);
        Runner.Add("close", "life: what a token gave up before is cancelled, not sent by the next client", CancelledThenDisposed);
        Runner.Add("close", "life: disposed by many while many send", DisposedByMany);
        Runner.Add("close", "life: disposed from a handler", DisposedByHandler);
        Runner.Add("close", "life: a handler that hangs delays nothing for ever", HangingHandler);
        Runner.Add("memory", "life: 40 clients one after the other leave nothing behind", ManyClients);
        Runner.Add("threads", "life: 64 threads share a client", SixtyFourThreads);
    }

    private static void DisposedTwice()
    {
        WaClient client = Simulator.NewClient();
        client.Dispose();
        client.Dispose();
        Check.True(client.Close(0), "closed");
        Check.Throws<ObjectDisposedException>(() => client.Send("+12025550199", "x"));
        Check.Throws<ObjectDisposedException>(() => client.SendTemplate("+12025550199", "x"));
        Check.Throws<ObjectDisposedException>(() => client.SendMessage("+12025550199", WaMessage.Text("x")));
        Check.Throws<ObjectDisposedException>(() => client.Submit("+12025550199", WaMessage.Text("x")));
        Check.Throws<ObjectDisposedException>(() => client.SendAsync("+12025550199", "x").Wait());
        Check.Throws<ObjectDisposedException>(() => client.Wait("x", 0));
        Check.Throws<ObjectDisposedException>(() => client.Cancel("x"));
        Check.Throws<ObjectDisposedException>(() => client.History());
        Check.Throws<ObjectDisposedException>(() => client.NextEvents(null, 0));
        Check.Throws<ObjectDisposedException>(() => client.Update("{}"));
        client.EventReceived += (sender, e) => { };
    }

    private static void DisposedUnderWay()
    {
        string file = Simulator.NewFile();
        string to = Simulator.NewNumber();
        Dictionary<string, object> settings = Simulator.Settings(file);
        settings["http"] = new Dictionary<string, object> { ["max_in_flight"] = 4 };
        Simulator.Fault(to, "{\"kind\":\"slow\",\"ms\":300,\"before\":false}", null);
        List<Task<WaOutcome>> tasks = new List<Task<WaOutcome>>();
        WaStatus waiting = WaStatus.Ok;
        using (WaClient client = new WaClient(settings))
        {
            SendOptions patient = new SendOptions { OnTimeout = WaOnTimeout.Continue };
            for (int i = 0; i < 40; i++)
            {
                tasks.Add(client.SendAsync(to, "way " + i, patient));
            }
            Thread waiter = new Thread(() =>
            {
                try
                {
                    client.Send(to, "way sync", patient);
                }
                catch (WaException e)
                {
                    waiting = e.Code;
                }
            });
            waiter.Start();
            Check.True(Machine.Until(() => client.History(new HistoryQuery { Text = "way sync", Recipient = to }).Messages.Count == 1, 5000), "recorded");
            client.Dispose();
            Check.True(waiter.Join(2000), "the thread that waits is woken");
            Check.Equal(WaStatus.Closed, waiting);
        }
        Check.True(Machine.Until(() => tasks.All(t => t.IsCompleted), 2000), "all tasks have ended");
        int ended = tasks.Count(t => t.Status == TaskStatus.RanToCompletion);
        foreach (Task<WaOutcome> task in tasks.Where(t => t.IsFaulted))
        {
            WaException e = (WaException)task.Exception.GetBaseException();
            Check.Equal(WaStatus.Closed, e.Code);
            Check.True(e.Outcome != null && e.Outcome.Id.Length == 36 && e.Hint.Contains("do not send it again"), e.ToString());
        }
        Check.True(ended < 40, "some were under way");
        Simulator.NoFaults();
        using (WaClient next = new WaClient(settings))
        {
            Check.True(
                Machine.Until(() => next.History(new HistoryQuery { Recipient = to, Status = new[] { "accepted" } }).Messages.Count == 41, 30000),
                "the next client ended " + next.History(new HistoryQuery { Recipient = to, Status = new[] { "accepted" } }).Messages.Count);
        }
        List<string> taken = Simulator.Taken(to);
        Check.Equal(41, taken.Count, "taken");
        Check.Equal(41, taken.Distinct().Count(), "each once");
    }

    private static void CancelledThenDisposed()
    {
        string to = Simulator.NewNumber();
        Dictionary<string, object> settings = Simulator.Settings(Simulator.NewFile());
        Task<WaOutcome>[] tasks;
        using (WaClient client = new WaClient(settings))
        using (CancellationTokenSource source = new CancellationTokenSource())
        {
            SendOptions later = new SendOptions { NotBefore = DateTimeOffset.UtcNow.AddSeconds(40), TimeoutMs = 60000 };
            tasks = Enumerable.Range(0, 40).Select(i => client.SendAsync(to, "given up " + i, later, source.Token)).ToArray();
            source.Cancel();
            // Half of Dispose's five seconds may not be enough on a slow machine.
            Check.True(client.Close(60000), "closed");
        }
        Check.True(Machine.Until(() => tasks.All(task => task.IsCompleted), 2000), "all tasks have ended");
        Check.Equal(40, tasks.Count(task => task.IsCanceled), "cancelled tasks");
        using (WaClient next = new WaClient(settings))
        {
            Check.Equal(40, next.History(new HistoryQuery { Recipient = to, Status = new[] { "cancelled" } }).Messages.Count, "cancelled messages");
        }
        Check.Equal(0, Simulator.Taken(to).Count);
    }

    private static void DisposedByMany()
    {
        for (int round = 0; round < 5; round++)
        {
            WaClient client = Simulator.NewClient();
            string to = Simulator.NewNumber();
            int strange = 0, ends = 0;
            List<Thread> threads = new List<Thread>();
            for (int i = 0; i < 16; i++)
            {
                int number = i;
                threads.Add(new Thread(() =>
                {
                    for (int n = 0; n < 1000; n++)
                    {
                        try
                        {
                            if (number % 4 == 0)
                            {
                                client.SendAsync(to, "many").GetAwaiter().GetResult();
                            }
                            else if (number % 4 == 1)
                            {
                                client.Send(to, "many");
                            }
                            else if (number % 4 == 2)
                            {
                                client.History(new HistoryQuery { Limit = 5 });
                            }
                            else
                            {
                                client.NextEvents(null, 100);
                            }
                        }
                        catch (ObjectDisposedException)
                        {
                            break;
                        }
                        catch (WaException e) when (e.Code == WaStatus.Closed || e.Code == WaStatus.DatabaseAway || e.Code == WaStatus.Timeout)
                        {
                        }
                        catch (Exception e)
                        {
                            Console.WriteLine(e);
                            Interlocked.Increment(ref strange);
                        }
                    }
                    Interlocked.Increment(ref ends);
                }));
            }
            threads.ForEach(thread => thread.Start());
            Thread.Sleep(100 * round);
            Thread[] closers = Enumerable.Range(0, 4).Select(_ => new Thread(client.Dispose)).ToArray();
            closers.ToList().ForEach(thread => thread.Start());
            closers.ToList().ForEach(thread => thread.Join());
            Check.True(threads.All(thread => thread.Join(15000)), "threads that ended: " + ends);
            Check.Equal(0, strange, "other exceptions");
            Check.True(client.Close(0), "closed");
        }
    }

    private static void DisposedByHandler()
    {
        WaClient client = Simulator.NewClient();
        ManualResetEvent disposed = new ManualResetEvent(false);
        client.EventReceived += (sender, e) =>
        {
            ((WaClient)sender).Dispose();
            disposed.Set();
        };
        try
        {
            Check.Equal("accepted", client.Send(Simulator.NewNumber(), "x").Status);
        }
        catch (WaException e) when (e.Code == WaStatus.Closed && e.Outcome != null)
        {
            // The handler was faster than the thread that waits.
        }
        Check.True(disposed.WaitOne(20000), "disposed");
        Check.Throws<ObjectDisposedException>(() => client.History());
    }

    private static void HangingHandler()
    {
        WaClient client = Simulator.NewClient();
        ManualResetEvent inside = new ManualResetEvent(false), go = new ManualResetEvent(false);
        client.EventReceived += (sender, e) =>
        {
            inside.Set();
            go.WaitOne();
        };
        client.Send(Simulator.NewNumber(), "x");
        Check.True(inside.WaitOne(20000), "inside");
        // Answered only when it was recorded for long: else the recording itself may tell its end.
        string to = Simulator.NewNumber();
        Simulator.Fault(to, "{\"kind\":\"slow\",\"ms\":300,\"before\":false}");
        Task<WaOutcome> task = client.SendAsync(to, "nobody reads its event");
        DateTime begin = DateTime.UtcNow;
        Check.True(!client.Close(1000), "the handler still runs");
        Check.True((DateTime.UtcNow - begin).TotalMilliseconds < 3000, "in time");
        Check.Equal(WaStatus.Closed, SyncTests.Async(() => task).Code);
        go.Set();
        Check.True(client.Close(5000), "closed");
        Simulator.NoFaults();
    }

    private static void ManyClients()
    {
        Action one = () =>
        {
            using (WaClient client = Simulator.NewClient())
            {
                client.SendAsync(Simulator.NewNumber(), "x").Wait(20000);
            }
        };
        for (int i = 0; i < 5; i++)
        {
            one();
        }
        Machine.Collect();
        long threads = Machine.Threads, resident = Machine.ResidentKb;
        int descriptors = Machine.Descriptors;
        for (int i = 0; i < 40; i++)
        {
            one();
        }
        Machine.Collect();
        Check.True(Machine.Until(() => Machine.Threads <= threads + Machine.ThreadSlack, 5000), "threads " + threads + " -> " + Machine.ThreadNames);
        Check.True(Machine.Descriptors <= descriptors + Machine.DescriptorSlack, "descriptors " + descriptors + " -> " + Machine.Descriptors);
        Check.True(Machine.ResidentKb - resident < 16 * 1024, "memory " + resident + " -> " + Machine.ResidentKb + " kB");
    }

    private static void SixtyFourThreads()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            int failures = 0;
            List<Thread> threads = Enumerable.Range(0, 64).Select(number => new Thread(() =>
            {
                try
                {
                    for (int i = 0; i < 8; i++)
                    {
                        string text = "thread " + number + " " + i;
                        WaOutcome outcome = i % 2 == 0 ? client.Send(to, text) : client.SendAsync(to, text).GetAwaiter().GetResult();
                        Check.Equal("accepted", outcome.Status);
                        // The error of a call is that of its own thread, and of this call.
                        WaException e = Check.Throws<WaException>(() => client.Wait("no id of " + number + "." + i, 0));
                        Check.True(e.Message.Contains("no id of " + number + "." + i), e.Message);
                    }
                }
                catch (Exception e)
                {
                    Console.WriteLine(e);
                    Interlocked.Increment(ref failures);
                }
            })).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());
            Check.Equal(0, failures);
            Check.Equal(512, Simulator.Taken(to).Distinct().Count());
        }
    }
}
