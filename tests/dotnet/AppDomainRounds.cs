using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using WaConnector;

/// <summary>
/// A web application that is recycled: a domain is made, loads the library,
/// sends, and is unloaded with sends under way; the process lives on.
/// </summary>
internal static class AppDomainRounds
{
    private const int Rounds = 100;
    private const int Measured = Rounds / 5;

    /// <summary>
    /// What 80 domains may cost: Mono itself keeps some 10 to 100 kB of each that
    /// ran tasks, and 2 kB of an empty one. A client that was left behind would
    /// be a megabyte.
    /// </summary>
    private const long MostKb = 12 * 1024;

    internal static void Add()
    {
        Runner.Add("unload", "domains: 100 rounds of load, send, unload; memory and threads flat", Run);
        Runner.Add("unload", "domains: two at once do not know of each other", Two);
    }

    /// <summary>Lives in the other domain.</summary>
    public sealed class Application : MarshalByRefObject
    {
        private WaClient client;
        private int events;

        public string Start(Dictionary<string, object> settings)
        {
            client = new WaClient(settings);
            client.EventReceived += (sender, e) => Interlocked.Increment(ref events);
            return WaClient.LibraryVersion;
        }

        /// <summary>Some whose ends are awaited.</summary>
        public int Send(string to, int count)
        {
            return Enumerable.Range(0, count).Select(i => client.SendAsync(to, "round " + i)).ToList()
                .Count(task => task.GetAwaiter().GetResult().Status == "accepted");
        }

        /// <summary>Some that are under way when the domain goes; threads that wait, too.</summary>
        public void LeaveUnderWay(string to, int count, int round)
        {
            SendOptions patient = new SendOptions { OnTimeout = WaOnTimeout.Continue };
            for (int i = 0; i < count; i++)
            {
                client.SendAsync(to, "under way " + i + " of " + round, patient);
            }
            // Small pages: what a round reads must not grow with the rounds.
            SendOptions waiting = new SendOptions { OnTimeout = WaOnTimeout.Continue, ContactId = "round " + round };
            for (int i = 0; i < 2; i++)
            {
                int number = i;
                new Thread(() =>
                {
                    try
                    {
                        client.Send(to, "waiting " + number + " of " + round, waiting);
                    }
                    catch (Exception)
                    {
                    }
                }) { IsBackground = true }.Start();
            }
            if (!Machine.Until(() => client.History(new HistoryQuery { ContactId = "round " + round }).Messages.Count == 2, 10000))
            {
                throw new InvalidOperationException("the waiting threads did not send");
            }
        }

        /// <summary>All of a round but the client: what the runtime itself keeps of a domain.</summary>
        public int Idle()
        {
            EventHandler<WaEvent> handler = (sender, e) => Interlocked.Increment(ref events);
            GC.KeepAlive(handler);
            return WaClient.LibraryVersion.Length + WaMessage.Text("x").Json.Length;
        }

        public int Accepted(string to)
        {
            return client.History(new HistoryQuery { Recipient = to, Status = new[] { "accepted" }, Limit = 500 }).Messages.Count;
        }

        public void Close()
        {
            client.Dispose();
        }

        public override object InitializeLifetimeService()
        {
            return null;
        }
    }

    private static AppDomain NewDomain(string name)
    {
        return AppDomain.CreateDomain(name, null, AppDomain.CurrentDomain.SetupInformation);
    }

    private static Application NewApplication(AppDomain domain)
    {
        return (Application)domain.CreateInstanceAndUnwrap(typeof(Application).Assembly.FullName, typeof(Application).FullName);
    }

    private static long Empty()
    {
        long resident = 0;
        for (int round = 1; round <= 10; round++)
        {
            AppDomain domain = NewDomain("empty " + round);
            NewApplication(domain).Idle();
            AppDomain.Unload(domain);
            Machine.Collect();
            resident = round == 2 ? Machine.ResidentKb : resident;
        }
        return Machine.ResidentKb - resident;
    }

    private static void Run()
    {
        NeedsDomains();
        ManyRounds();
    }

    private static void ManyRounds()
    {
        long own = Empty();
        string file = Simulator.NewFile();
        // Of one number the simulator tells 1,000 messages.
        string[] tos = { Simulator.NewNumber(), Simulator.NewNumber() }, slows = { Simulator.NewNumber(), Simulator.NewNumber() };
        Dictionary<string, object> settings = Simulator.Settings(file);
        settings["http"] = new Dictionary<string, object> { ["max_in_flight"] = 8 };
        slows.ToList().ForEach(slow => Simulator.Fault(slow, "{\"kind\":\"slow\",\"ms\":60,\"before\":false}", null));
        long threads = 0, resident = 0;
        for (int round = 1; round <= Rounds; round++)
        {
            AppDomain domain = NewDomain("round " + round);
            Application application = NewApplication(domain);
            application.Start(settings);
            Check.Equal(10, application.Send(tos[round % 2], 10), "round " + round);
            application.LeaveUnderWay(slows[round % 2], 10, round);
            DateTime begin = DateTime.UtcNow;
            AppDomain.Unload(domain);
            Check.True((DateTime.UtcNow - begin).TotalSeconds < 25, "round " + round + " unloads in time");
            Machine.Collect();
            Check.True(Machine.Until(() => Machine.OurThreads == 0, 10000), "threads left after round " + round + ": " + Machine.ThreadNames);
            if (round == Measured)
            {
                threads = Machine.Threads;
                resident = Machine.ResidentKb;
            }
        }
        Check.True(Machine.Until(() => Machine.Threads <= threads + 1, 5000), "threads " + threads + " -> " + Machine.ThreadNames);
        long grown = Machine.ResidentKb - resident;
        Console.WriteLine("         memory after round {6}: {0} kB, after round {1}: {2} kB; threads {3} -> {4}; eight without a client: {5} kB", resident, Rounds, resident + grown, threads, Machine.Threads, own, Measured);
        Check.True(grown < MostKb, "memory grew by " + grown + " kB");
        Simulator.NoFaults();
        using (WaClient last = new WaClient(settings))
        {
            int wanted = Rounds * 12;
            // Queued and sending ones are few: those that end leave this page.
            HistoryQuery open = new HistoryQuery { Status = new[] { "queued", "sending" }, Limit = 500 };
            Check.True(
                Machine.Until(() => last.History(open).Messages.Count == 0, 60000),
                "still open: " + last.History(open).Messages.Count + " of " + wanted);
        }
        List<string> left = slows.SelectMany(Simulator.Taken).ToList();
        Check.Equal(Rounds * 12, left.Count, "taken");
        Check.Equal(Rounds * 12, left.Distinct().Count(), "each once");
        Check.Equal(Rounds * 10, tos.Sum(to => Simulator.Taken(to).Count), "each once");
    }

    private static void NeedsDomains()
    {
        if (!Host.HasDomains)
        {
            throw new SkipException("this runtime has one application domain only");
        }
    }

    private static void Two()
    {
        NeedsDomains();
        TwoDomains();
    }

    private static void TwoDomains()
    {
        string to = Simulator.NewNumber();
        AppDomain one = NewDomain("one"), two = NewDomain("two");
        Application first = NewApplication(one), second = NewApplication(two);
        first.Start(Simulator.Settings(Simulator.NewFile()));
        second.Start(Simulator.Settings(Simulator.NewFile()));
        Check.Equal(5, first.Send(to, 5));
        Check.Equal(5, second.Send(to, 5));
        AppDomain.Unload(one);
        Check.Equal(5, second.Send(to, 5));
        Check.Equal(10, second.Accepted(to));
        second.Close();
        AppDomain.Unload(two);
        Check.Equal(15, Simulator.Taken(to).Count);
    }
}
