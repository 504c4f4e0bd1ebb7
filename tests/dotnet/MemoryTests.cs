using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using WaConnector;

/// <summary>Many calls: nothing grows, nothing that is in use is collected, every number finds its own client.</summary>
internal static unsafe class MemoryTests
{
    private const int Calls = 1000000;

    /// <summary>What may come in the last eight tenths: of 800,000 calls each may lose an eighth of a byte of native memory.</summary>
    private const long MostResidentKb = 4096;
    private const long MostNativeKb = 100;

    /// <summary>
    /// A runtime that compiles again what is called often, or gives its heap
    /// another size, grows once; a leak grows each time.
    /// </summary>
    private const int Tries = 5;

    internal static void Add()
    {
        Runner.Add("memory", "memory: 1,000,000 calls, flat", () => Flat("calls", Calls / 10, Cheap));
        Runner.Add("memory", "memory: 30,000 calls with answers, flat", () => Flat("calls with answers", 3000, Answers));
        Runner.Add("threads", "memory: collected without a pause while 8 threads send", Collected);
        Runner.Add("close", "numbers: 100 generations of a client; an old, a forged, a cut number finds nothing", Generations);
    }

    /// <summary>Runs ten tenths and compares the end with the end of the second; the last eight again if they grew.</summary>
    private static void Flat(string what, int tenth, Action<WaClient, int> some)
    {
        using (WaClient client = Simulator.NewClient())
        {
            some(client, 2 * tenth);
            for (int left = Tries; left > 0; left--)
            {
                Machine.Collect();
                long resident = Machine.ResidentKb, native = Machine.NativeKb, threads = Machine.Threads;
                some(client, 8 * tenth);
                Machine.Collect();
                long moreResident = Machine.ResidentKb - resident, moreNative = Machine.NativeKb - native;
                Console.WriteLine(
                    "         {0}: working set {1} kB {2:+0;-0;+0}, native memory {3} kB {4:+0;-0;+0}", what, resident, moreResident, native, moreNative);
                // Private memory on Windows is made of pages, as the working set is.
                bool flat = moreResident <= MostResidentKb && moreNative <= (Host.OnWindows ? MostResidentKb : MostNativeKb);
                Check.True(
                    flat || left > 1,
                    "the working set grew by " + moreResident + " kB, the native memory by " + moreNative + " kB, and so it did " + (Tries - 1) + " times before");
                Check.True(
                    Machine.Until(() => Machine.Threads <= threads + Machine.ThreadSlack, 5000), "threads " + threads + " -> " + Machine.ThreadNames);
                if (flat)
                {
                    break;
                }
            }
        }
    }

    /// <summary>
    /// Calls that allocate and free on both sides, and wait for nobody: half of
    /// them answer with JSON that the caller frees, half give JSON in; a few
    /// throw, a few ask for events.
    /// </summary>
    private static void Cheap(WaClient client, int count)
    {
        Raw.Cancel cancel = Raw.Function<Raw.Cancel>("wa_cancel");
        Raw.Free free = Raw.Function<Raw.Free>("wa_string_free");
        ulong number = Raw.Number(client);
        byte[] id = Raw.Text("no id");
        fixed (byte* bytes = id)
        {
            for (int i = 0; i < count; i++)
            {
                if (i % 100 == 0)
                {
                    Check.Throws<WaException>(() => client.Wait("no id", 0));
                }
                else if (i % 1000 == 1)
                {
                    client.NextEvents(null, 0);
                }
                else if (i % 2 == 0)
                {
                    client.Update("{\"retry\":{\"max_retries\":2}}");
                }
                else
                {
                    byte* json = null;
                    int status = cancel(number, bytes, &json);
                    if (status != (int)WaStatus.Argument || json == null)
                    {
                        throw new TestFailure("status " + status);
                    }
                    free(json);
                }
            }
        }
    }

    /// <summary>Calls whose answers become objects: outcomes, pages, events.</summary>
    private static void Answers(WaClient client, int count)
    {
        WaOutcome sent = client.Send(Simulator.NewNumber(), "asked for again and again 😀");
        HistoryQuery one = new HistoryQuery { Limit = 1 };
        for (int i = 0; i < count; i++)
        {
            if (i % 10 == 0)
            {
                Check.Equal(1, client.History(one).Messages.Count);
            }
            else if (i % 10 == 1)
            {
                Check.True(client.NextEvents(null, 0).Events.Count > 0, "events");
            }
            else
            {
                Check.Equal("accepted", client.Wait(sent.Id, 0).Status);
            }
        }
    }

    private static void Collected()
    {
        using (WaClient client = Simulator.NewClient())
        {
            bool stop = false;
            int collections = 0;
            Thread collector = new Thread(() =>
            {
                while (!Volatile.Read(ref stop))
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    collections++;
                }
            });
            collector.Start();
            string to = Simulator.NewNumber();
            int failures = 0;
            client.EventReceived += (sender, e) => GC.KeepAlive(e.Json);
            List<Thread> threads = Enumerable.Range(0, 8).Select(number => new Thread(() =>
            {
                try
                {
                    for (int i = 0; i < 25; i++)
                    {
                        string text = "collected " + number + "." + i + " مرحبا 😀";
                        WaOutcome outcome = i % 2 == 0 ? client.Send(to, text) : client.SendAsync(to, text).GetAwaiter().GetResult();
                        Check.Equal("accepted", outcome.Status);
                        Check.Equal(text, client.History(new HistoryQuery { Recipient = to, Text = text }).Messages.Single().Text);
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
            Volatile.Write(ref stop, true);
            collector.Join();
            Check.Equal(0, failures);
            Check.True(collections > 20, "collections " + collections);
            Check.Equal(200, Simulator.Taken(to).Distinct().Count());
        }
    }

    /// <summary>
    /// A client's number is a place and, in the upper 32 bits, a generation that
    /// begins with 1: every number lies above 2^32, and rounds of the same place
    /// raise the generation. The highest ones are forged: 2^32 rounds are too many.
    /// </summary>
    private static void Generations()
    {
        Raw.Cancel cancel = Raw.Function<Raw.Cancel>("wa_cancel");
        Raw.Close close = Raw.Function<Raw.Close>("wa_close");
        Raw.Free free = Raw.Function<Raw.Free>("wa_string_free");
        byte[] id = Raw.Text("no id");
        Func<ulong, WaStatus> ask = number =>
        {
            fixed (byte* bytes = id)
            {
                byte* json = null;
                WaStatus status = (WaStatus)cancel(number, bytes, &json);
                free(json);
                return status;
            }
        };
        string file = Simulator.NewFile();
        List<ulong> old = new List<ulong>();
        for (int round = 0; round < 100; round++)
        {
            using (WaClient client = new WaClient(Simulator.Settings(file)))
            {
                ulong number = Raw.Number(client);
                Check.True(number > 1UL << 32, "number " + number.ToString("x"));
                // Who is asked for his own number answers about the argument, not about the client.
                Check.Equal(WaStatus.Argument, ask(number), number.ToString("x"));
                foreach (ulong stale in old)
                {
                    Check.Equal(WaStatus.NoClient, ask(stale), stale.ToString("x"));
                }
                ulong place = number & 0xffffffff;
                foreach (ulong forged in new ulong[]
                {
                    place, number + (1UL << 32), number | (1UL << 63), place | (0xffffffffUL << 32), (number >> 32) | (place << 32), ~number, 0, ulong.MaxValue,
                })
                {
                    Check.Equal(WaStatus.NoClient, ask(forged), forged.ToString("x"));
                    Check.Equal((int)WaStatus.NoClient, close(forged, 0), forged.ToString("x"));
                }
                Check.Equal(WaStatus.Argument, ask(number), "nobody was closed by a forged number");
                old.Add(number);
            }
            Check.Equal(WaStatus.NoClient, ask(old[round]), "closed");
        }
        Check.Equal(100, old.Distinct().Count(), "no number comes twice");
        ulong generations = (old[99] >> 32) - (old[0] >> 32);
        Check.Equal(99UL, generations, "one place, a generation each round");
    }
}
