using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using WaConnector;

/// <summary>A process may end as it likes: its exit code is its own, and what is under way has 1.5 seconds.</summary>
internal static class ExitTests
{
    private const int Messages = 8;

    internal static void Add()
    {
        foreach (string how in new[] { "return", "exit", "throw" })
        {
            Runner.Add("exit", "exit: by " + how + " with sends under way", () => Exit(how));
        }
        Runner.Add("exit", "exit: sends under way that need half a second end well", UnderWay);
        Runner.Add("exit", "exit: a provider that hangs delays it by less than 1.5 seconds", Hanging);
    }

    private static string Number
    {
        get { return Environment.GetEnvironmentVariable("WA_TEST_NUMBER"); }
    }

    /// <summary>What the other process does.</summary>
    internal static int Leave(string how)
    {
        WaClient client = Simulator.NewClient();
        client.EventReceived += (sender, e) => { };
        SendOptions patient = new SendOptions { OnTimeout = WaOnTimeout.Continue };
        bool few = how == "slow" || how == "hang";
        foreach (int i in Enumerable.Range(0, few ? Messages : 32))
        {
            client.SendAsync(Number, "left " + i, few ? patient : null);
        }
        if (few)
        {
            // On a slow machine the first may be through before the last has begun.
            HistoryQuery begun = new HistoryQuery { Recipient = Number, Status = new[] { "sending", "accepted" } };
            Check.True(Machine.Until(() => client.History(begun).Messages.Count == Messages, 15000), "all sends have begun");
        }
        Console.WriteLine("left");
        switch (how)
        {
            case "exit":
                Environment.Exit(7);
                break;
            case "throw":
                throw new InvalidOperationException("nobody catches this");
        }
        return 7;
    }

    private static void Exit(string how)
    {
        long took = Run(how, Simulator.NewNumber(), out int code, out string errors);
        // .NET Framework and Mono end with 1; .NET Core aborts, or on Windows shows the exception's code.
        int[] thrown = { 1, 134, unchecked((int)0xe0434352) };
        Check.True(how == "throw" ? thrown.Contains(code) : code == 7, "ended with " + code + ": " + errors);
        Check.True(took < 6000, "took " + took + " ms");
    }

    private static void UnderWay()
    {
        string to = Simulator.NewNumber();
        Simulator.Fault(to, "{\"kind\":\"slow\",\"ms\":500,\"before\":false}", null);
        long took = Run("slow", to, out int code, out string errors);
        Simulator.NoFaults();
        Check.Equal(7, code, errors);
        Check.True(took < 10000, "took " + took + " ms");
        // They were not cut: the answers are in the history before anybody else looks at it.
        Check.Equal("accepted x " + Messages, Statuses("slow"));
        Check.Equal(Messages, Simulator.Taken(to).Distinct().Count());
    }

    private static void Hanging()
    {
        string to = Simulator.NewNumber();
        Simulator.Fault(to, "{\"kind\":\"hang\",\"ms\":20000}", null);
        long took = Run("hang", to, out int code, out string errors);
        Simulator.NoFaults();
        Check.Equal(7, code, errors);
        // Half of the time for the provider, then the last writes, and the runtime's own end: on a slow machine that is
        // more, and this process may see the start late. The provider's 20 seconds are far from it.
        Check.True(took >= 500 && took < 6000, "took " + took + " ms");
    }

    /// <summary>The states of that process' messages, as they stood when it had ended.</summary>
    private static string Statuses(string how)
    {
        Dictionary<string, object> settings = Simulator.Settings(Path.Combine(Simulator.Folder, "exit-" + how, "history1.db"));
        using (WaClient next = new WaClient(settings))
        {
            return string.Join(", ", next.History().Messages.GroupBy(m => m.Status).Select(g => g.Key + " x " + g.Count()));
        }
    }

    /// <summary>Gives the milliseconds from the end of its work to the end of the process.</summary>
    private static long Run(string how, string to, out int code, out string errors)
    {
        ProcessStartInfo start = Host.Again("exit " + how);
        start.EnvironmentVariables["WA_TEST_FOLDER"] = Directory.CreateDirectory(Path.Combine(Simulator.Folder, "exit-" + how)).FullName;
        start.EnvironmentVariables["WA_TEST_NUMBER"] = to;
        using (Process process = Process.Start(start))
        {
            string output = process.StandardOutput.ReadLine();
            Stopwatch watch = Stopwatch.StartNew();
            errors = process.StandardError.ReadToEnd();
            Check.True(process.WaitForExit(20000), "it ends");
            Check.Equal("left", output, errors);
            code = process.ExitCode;
            return watch.ElapsedMilliseconds;
        }
    }
}
