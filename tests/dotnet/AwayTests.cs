using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using WaConnector;

/// <summary>What tasks do while the history does not answer: another process holds SQLite's lock for writers.</summary>
internal static class AwayTests
{
    /// <summary>The byte of the shared memory's file that a writer locks.</summary>
    private const long WriteLock = 120;

    internal static void Add()
    {
        Runner.Add("cancel", "away: one token for 50 messages: who cancels does not wait, and none is lost", OneToken);
        Runner.Add("cancel", "away: 30 tokens reach the library before their messages are due", ManyTokens);
        Runner.Add("cancel", "away: a token before the record is known: nothing is sent", BeforeTheRecord);
        Runner.Add("close", "away: a send that the end overtakes is not said to be recorded", Overtaken);
    }

    /// <summary>What the other process does.</summary>
    internal static int Hold(string file)
    {
        using (FileStream shared = new FileStream(file + "-shm", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            for (int tries = 0; ; tries++)
            {
                try
                {
                    shared.Lock(WriteLock, 1);
                    break;
                }
                catch (IOException) when (tries < 1000)
                {
                    // Somebody writes just now.
                    Thread.Sleep(5);
                }
            }
            Console.WriteLine("held");
            Console.In.ReadLine();
        }
        return 0;
    }

    private static void OneToken()
    {
        Dictionary<string, object> settings = Simulator.Settings(Simulator.NewFile());
        using (WaClient client = new WaClient(settings))
        using (CancellationTokenSource source = new CancellationTokenSource())
        {
            string to = Simulator.NewNumber();
            List<Task<WaOutcome>> tasks = new List<Task<WaOutcome>>();
            for (int i = 0; i < 50; i++)
            {
                // Some so late that they wait in the database and not in the client.
                SendOptions later = new SendOptions { NotBefore = DateTimeOffset.UtcNow.AddSeconds(i % 10 == 0 ? 120 : 50), TimeoutMs = 200000 };
                tasks.Add(client.SendAsync(to, "away " + i, later, source.Token));
            }
            Thread canceller = new Thread(source.Cancel);
            using (new Held(settings))
            {
                canceller.Start();
                // One cancellation alone waits for the database for five seconds.
                Check.True(canceller.Join(4000), "the thread that cancels goes on");
                Check.Equal(0, tasks.Count(task => task.IsCanceled), "cancelled without the database");
            }
            Check.Throws<AggregateException>(() => Task.WaitAll(tasks.ToArray(), 40000));
            Check.Equal(50, tasks.Count(task => task.IsCanceled), "cancelled");
            Check.Equal(50, client.History(new HistoryQuery { Recipient = to, Status = new[] { "cancelled" } }).Messages.Count);
            Check.Equal(0, Simulator.Taken(to).Count);
        }
    }

    private static void ManyTokens()
    {
        Dictionary<string, object> settings = Simulator.Settings(Simulator.NewFile());
        using (WaClient client = new WaClient(settings))
        {
            string to = Simulator.NewNumber();
            DateTimeOffset due = DateTimeOffset.UtcNow.AddSeconds(20);
            CancellationTokenSource[] sources = Enumerable.Range(0, 30).Select(_ => new CancellationTokenSource()).ToArray();
            Task<WaOutcome>[] tasks = sources.Select((source, i) => client.SendAsync(
                to, "away " + i, new SendOptions { NotBefore = due, TimeoutMs = 200000 }, source.Token)).ToArray();
            using (new Held(settings))
            {
                Array.ForEach(sources, source => source.Cancel());
                // One after the other they would wait for the database for 150 seconds.
                Thread.Sleep((int)Math.Max(0, (due - DateTimeOffset.UtcNow).TotalMilliseconds) + 500);
            }
            Check.Throws<AggregateException>(() => Task.WaitAll(tasks, 40000));
            Check.Equal(30, tasks.Count(task => task.IsCanceled), "cancelled");
            Check.Equal(0, Simulator.Taken(to).Count);
            Array.ForEach(sources, source => source.Dispose());
        }
    }

    private static void BeforeTheRecord()
    {
        Dictionary<string, object> settings = Simulator.Settings(Simulator.NewFile());
        string to = Simulator.NewNumber();
        using (WaClient client = new WaClient(settings))
        using (CancellationTokenSource source = new CancellationTokenSource())
        {
            Task<WaOutcome> task;
            using (new Held(settings))
            {
                // The call waits for the record until its deadline; so long the token has nobody to ask.
                SendOptions brief = new SendOptions { TimeoutMs = 1500, OnTimeout = WaOnTimeout.Continue };
                task = Task.Factory.StartNew(() => client.SendAsync(to, "given up", brief, source.Token), TaskCreationOptions.LongRunning).Unwrap();
                Thread.Sleep(300);
                source.Cancel();
                Thread.Sleep(2000);
            }
            Check.True(Machine.Until(() => task.IsCompleted, 20000), "ended");
            Check.True(task.IsCanceled || task.Result.IsPending, "cancelled, or not known");
            Check.Equal(WaStatus.Ok, client.Send(to, "after").Code);
            Check.Equal("after", string.Join("|", Simulator.Taken(to)));
            Check.True(client.History(new HistoryQuery { Recipient = to }).Messages.All(m => m.Text == "after" || m.Status == "cancelled"), "the history");
        }
    }

    private static void Overtaken()
    {
        Dictionary<string, object> settings = Simulator.Settings(Simulator.NewFile());
        string to = Simulator.NewNumber();
        Task<WaOutcome>[] tasks;
        using (WaClient client = new WaClient(settings))
        {
            client.Send(to, "before");
            using (new Held(settings))
            {
                int begun = 0;
                tasks = Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(
                    () =>
                    {
                        Interlocked.Increment(ref begun);
                        return client.SendAsync(to, "overtaken " + i);
                    },
                    TaskCreationOptions.LongRunning).Unwrap()).ToArray();
                Check.True(Machine.Until(() => begun == 8, 5000), "begun");
                Thread.Sleep(300);
                client.Close(0);
                Check.Throws<AggregateException>(() => Task.WaitAll(tasks, 20000));
            }
            Check.True(client.Close(20000), "closed");
        }
        HashSet<string> recorded;
        using (WaClient next = new WaClient(settings))
        {
            recorded = new HashSet<string>(next.History(new HistoryQuery { Recipient = to }).Messages.Select(message => message.Id));
        }
        foreach (Task<WaOutcome> task in tasks)
        {
            if (task.Exception.GetBaseException() is ObjectDisposedException)
            {
                // On a slow machine it came after the end.
                continue;
            }
            WaException e = (WaException)task.Exception.GetBaseException();
            bool said = e.Outcome != null || e.Hint.Contains("It is recorded");
            Check.True(!said || (e.Outcome != null && recorded.Contains(e.Outcome.Id)), "said to be recorded: " + e);
        }
    }

    /// <summary>No writer of a history gets further while this lives.</summary>
    internal sealed class Held : IDisposable
    {
        private readonly Process process;

        internal Held(Dictionary<string, object> settings)
        {
            string file = (string)((Dictionary<string, object>)settings["history"])["file"];
            ProcessStartInfo start = Host.Again("hold \"" + file + "\"");
            start.RedirectStandardInput = true;
            start.RedirectStandardError = false;
            process = Process.Start(start);
            Check.Equal("held", process.StandardOutput.ReadLine());
        }

        public void Dispose()
        {
            process.StandardInput.Close();
            Check.True(process.WaitForExit(20000), "the lock is let go");
            process.Dispose();
        }
    }
}
