using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using WaConnector;

/// <summary>What a client tells its handlers while its database is away, when it comes back, and when it was never there.</summary>
internal static class AwayEventTests
{
    internal static void Add()
    {
        Runner.Add(null, "away events: a closed port: the log arrives, the processor rests, the end is fast", ClosedPort);
        Runner.Add(null, "away events: a history that is held from the start: the log arrives", HeldFile);
        Runner.Add(null, "away events: gone and back: every event and log record comes, once", GoneAndBack);
        Runner.Add(null, "away events: gone at the start: every event and log record comes, once", GoneAtTheStart);
        Runner.Add(null, "away events: who listens to the log first misses no event", LogFirst);
    }

    private static void ClosedPort()
    {
        using (Relay closed = NewRelay())
        using (WaClient client = Over(closed.Port))
        {
            Told told = new Told(client);
            Check.True(Machine.Until(() => told.Logged("database is away") == 1, 5000), "the log says that it is away");
            Check.Throws<WaException>(() => client.Send("+12025550123", "nobody writes it down"));
            client.Update("{\"log\":{\"level\":\"debug\"}}");
            Check.True(Machine.Until(() => told.Logged("settings were updated") == 1, 3000), "what is logged later");
            TimeSpan before = Used();
            System.Threading.Thread.Sleep(10000);
            double used = (Used() - before).TotalMilliseconds;
            Console.WriteLine("         {0:0} ms of processor in 10 s of being away", used);
            // The tests collect garbage all the while, which is most of it.
            Check.True(used < 3000, "used " + used + " ms");
            Check.Equal(0, told.EventCount, "events without a database");
            told.Once();
            Stopwatch watch = Stopwatch.StartNew();
            Check.True(client.Close(WaClient.DisposeTimeoutMs), "closed; " + told.All + "; " + Machine.ThreadNames);
            Console.WriteLine("         closed in {0} ms", watch.ElapsedMilliseconds);
            // The library gives its last writes, here the word that the database is away, three seconds.
            Check.True(watch.ElapsedMilliseconds < 4000, "the end took " + watch.ElapsedMilliseconds + " ms");
        }
    }

    private static void HeldFile()
    {
        Dictionary<string, object> settings = Simulator.Settings(Simulator.NewFile());
        if (Simulator.Database != null)
        {
            throw new SkipException("the history is no file");
        }
        // The first client makes the file, and keeps what belongs to it.
        using (new WaClient(settings))
        using (new AwayTests.Held(settings))
        {
            settings["timeout_ms"] = 1000;
            using (WaClient client = new WaClient(settings))
            {
                Told told = new Told(client);
                Check.True(Machine.Until(() => told.Logged("has not answered yet") == 1, 5000), "the log says that it is held");
                client.Update("{\"log\":{\"level\":\"debug\"}}");
                Check.True(Machine.Until(() => told.Logged("settings were updated") == 1, 3000), "what is logged later");
                told.Once();
            }
        }
    }

    private static void GoneAndBack()
    {
        using (Relay relay = NewRelay())
        {
            relay.Open();
            string to = Simulator.NewNumber();
            using (WaClient client = Over(relay.Port))
            {
                Told told = new Told(client);
                client.Send(to, "before");
                Check.True(Machine.Until(() => told.Events("message") == 1, 5000), "the message before");
                for (int round = 1; round <= 2; round++)
                {
                    // Its answer comes while the database is away, and its end is told when it is back.
                    Simulator.Fault(to, "{\"kind\":\"slow\",\"ms\":1500,\"before\":false}");
                    Task<WaOutcome> under = client.SendAsync(to, "under way " + round);
                    Check.True(Machine.Until(() => Simulator.Taken(to).Count == 2 * round, 5000), "under way");
                    relay.Cut();
                    Check.True(Machine.Until(() => told.Logged("database is away") == round, 20000), "the log says that it is away");
                    client.Update("{\"log\":{\"level\":\"debug\"}}");
                    Check.True(Machine.Until(() => told.Logged("settings were updated") == round, 3000), "what is logged while it is away");
                    System.Threading.Thread.Sleep(1500);
                    relay.Open();
                    Check.True(Machine.Until(() => told.Logged("database is back") == round, 20000), "the log says that it is back");
                    Check.True(Machine.Until(() => told.Events("database") == 2 * round, 10000), "the events say both: " + told.All);
                    Check.True(under.Wait(20000), "the task ends");
                    Check.Equal(WaStatus.Ok, under.Result.Code);
                    Check.Equal(WaStatus.Ok, client.Send(to, "after " + round).Code);
                    Check.True(Machine.Until(() => told.Events("message") == 1 + (2 * round), 10000), "the messages");
                }
                told.Once();
                Check.Equal(5, Simulator.Taken(to).Distinct().Count(), "taken");
                Check.Equal(5, Simulator.Taken(to).Count, "taken");
            }
        }
    }

    private static void GoneAtTheStart()
    {
        using (Relay relay = NewRelay())
        using (WaClient client = Over(relay.Port, advised: false))
        {
            Told told = new Told(client);
            Check.True(Machine.Until(() => told.Logged("database is away") == 1, 5000), "the log says that it is away");
            string to = Simulator.NewNumber();
            AggregateException e = Check.Throws<AggregateException>(() => client.SendAsync(to, "nobody writes it down").Wait());
            Check.Equal(WaStatus.DatabaseAway, ((WaException)e.GetBaseException()).Code);
            Check.Equal(0, told.EventCount, "events without a database");
            relay.Open();
            Check.True(Machine.Until(() => told.Logged("database is back") == 1, 20000), "the log says that it is back");
            Check.True(Machine.Until(() => told.Events("database") == 2, 10000), "the events say both: " + told.All);
            Check.True(Machine.Until(() => told.Events("warning") == 1, 10000), "the warning of the start");
            Task<WaOutcome> sent = client.SendAsync(to, "after");
            Check.True(sent.Wait(20000), "the task ends");
            Check.True(Machine.Until(() => told.Events("message") == 1, 10000), "the message");
            told.Once();
            Check.Equal("after", string.Join("|", Simulator.Taken(to)));
        }
    }

    private static void LogFirst()
    {
        using (WaClient client = Simulator.NewClient(NotAdvised))
        {
            Told told = new Told(client, events: false);
            Check.True(Machine.Until(() => told.LogCount > 0, 5000), "the log");
            System.Threading.Thread.Sleep(700);
            told.ListenToEvents();
            Check.True(Machine.Until(() => told.Events("warning") == 1, 5000), "the warning of the start");
            told.Once();
        }
    }

    /// <summary>A setting that is accepted, and told as a warning.</summary>
    private static void NotAdvised(Dictionary<string, object> settings)
    {
        ((Dictionary<string, object>)settings["retry"])["max_retries"] = 6;
    }

    /// <summary>The time of processors that this process used.</summary>
    private static TimeSpan Used()
    {
        using (Process own = Process.GetCurrentProcess())
        {
            return own.TotalProcessorTime;
        }
    }

    private static string ConnectionString
    {
        get
        {
            // Under Windows its driver is named as the tests there say.
            string given = Simulator.Database ?? (Host.OnWindows ? null : Environment.GetEnvironmentVariable("WA_TEST_PG"));
            return string.IsNullOrEmpty(given) ? throw new SkipException("WA_TEST_PG is not set (tests/postgres.sh start)") : given;
        }
    }

    private static Relay NewRelay()
    {
        return new Relay(Part("Server"), int.Parse(Part("Port")));
    }

    private static string Part(string key)
    {
        return Regex.Match(ConnectionString, key + "=([^;]*)", RegexOptions.IgnoreCase).Groups[1].Value;
    }

    /// <summary>A client of PostgreSQL at another port.</summary>
    private static WaClient Over(int port, bool advised = true)
    {
        Dictionary<string, object> settings = Simulator.Settings(Simulator.NewFile());
        settings["history"] = new Dictionary<string, object>
        {
            ["connection_string"] = Regex.Replace(ConnectionString, "Port=[^;]*", "Port=" + port, RegexOptions.IgnoreCase),
            ["schema"] = Environment.GetEnvironmentVariable("WA_SCHEMA"),
            ["table_prefix"] = "away" + port + "_",
        };
        if (!advised)
        {
            NotAdvised(settings);
        }
        return new WaClient(settings);
    }

    /// <summary>All that a client's handlers were told.</summary>
    private sealed class Told
    {
        private readonly List<WaEvent> events = new List<WaEvent>();
        private readonly List<WaEvent> log = new List<WaEvent>();
        private readonly WaClient client;

        internal Told(WaClient client, bool events = true)
        {
            this.client = client;
            client.LogReceived += (sender, one) => Keep(log, one);
            if (events)
            {
                ListenToEvents();
            }
        }

        internal int EventCount
        {
            get { return Count(events, one => true); }
        }

        /// <summary>What came, for a failure's text.</summary>
        internal string All
        {
            get
            {
                lock (this)
                {
                    return string.Join("; ", events.Select(one => one.Kind + " " + one.Text)) + " | " + string.Join("; ", log.Select(Line));
                }
            }
        }

        internal int LogCount
        {
            get { return Count(log, one => true); }
        }

        internal void ListenToEvents()
        {
            client.EventReceived += (sender, one) => Keep(events, one);
        }

        internal int Events(string kind)
        {
            return Count(events, one => one.Kind == kind);
        }

        internal int Logged(string text)
        {
            return Count(log, one => one.Log.Message.Contains(text));
        }

        /// <summary>No event came twice, and the log came as the library keeps it: nothing twice, nothing left out.</summary>
        internal void Once()
        {
            List<string> kept = client.NextEvents(new EventQuery { Include = new[] { "log" }, Max = 1000 }, 0).Events.Select(Line).ToList();
            Check.True(Machine.Until(() => LogCount >= kept.Count, 5000), "the log");
            lock (this)
            {
                Check.Equal(string.Join("\n", kept), string.Join("\n", log.Take(kept.Count).Select(Line)), "the log");
                Check.Equal(events.Count, events.Select(one => one.Id).Distinct().Count(), "events told once");
            }
        }

        private static string Line(WaEvent one)
        {
            return one.At.ToString("o") + " " + one.Log.Level + " " + one.Log.Message;
        }

        private int Count(List<WaEvent> all, Func<WaEvent, bool> which)
        {
            lock (this)
            {
                return all.Count(which);
            }
        }

        private void Keep(List<WaEvent> all, WaEvent one)
        {
            lock (this)
            {
                all.Add(one);
            }
        }
    }
}
