using System;
using System.Diagnostics;
using System.Linq;
using System.Reflection;
using WaConnector;

/// <summary>A process may end as it likes: its exit code is its own.</summary>
internal static class ExitTests
{
    internal static void Add()
    {
        foreach (string how in new[] { "return", "exit", "throw" })
        {
            Runner.Add("exit: by " + how + " with sends under way", () => Exit(how));
        }
    }

    /// <summary>What the other process does.</summary>
    internal static int Leave(string how)
    {
        WaClient client = Simulator.NewClient();
        client.EventReceived += (sender, e) => { };
        foreach (int i in Enumerable.Range(0, 32))
        {
            client.SendAsync("+12025559999", "left " + i);
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
        ProcessStartInfo start = new ProcessStartInfo("mono", "--debug \"" + Assembly.GetExecutingAssembly().Location + "\" exit " + how)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.EnvironmentVariables["WA_TEST_FOLDER"] = System.IO.Directory.CreateDirectory(
            System.IO.Path.Combine(Simulator.Folder, "exit-" + how)).FullName;
        Stopwatch watch = Stopwatch.StartNew();
        using (Process process = Process.Start(start))
        {
            string output = process.StandardOutput.ReadLine();
            long left = watch.ElapsedMilliseconds;
            string errors = process.StandardError.ReadToEnd();
            Check.True(process.WaitForExit(20000), "it ends");
            Check.Equal("left", output, errors);
            Check.Equal(how == "throw" ? 1 : 7, process.ExitCode, errors);
            Check.True(watch.ElapsedMilliseconds - left < 6000, "took " + (watch.ElapsedMilliseconds - left) + " ms");
        }
    }
}
