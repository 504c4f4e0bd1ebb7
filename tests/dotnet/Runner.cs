using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;

/// <summary>Thrown by a test that cannot run here.</summary>
internal sealed class SkipException : Exception
{
    internal SkipException(string why)
        : base(why)
    {
    }
}

internal sealed class TestFailure : Exception
{
    internal TestFailure(string what)
        : base(what)
    {
    }
}

/// <summary>A small test runner: runs what is added, prints a table.</summary>
internal static class Runner
{
    private static readonly List<KeyValuePair<string, Action>> Tests = new List<KeyValuePair<string, Action>>();
    private static readonly Dictionary<string, string> Areas = new Dictionary<string, string>();
    private static readonly SortedDictionary<string, int> Supported = new SortedDictionary<string, int>(StringComparer.Ordinal);
    private static readonly HashSet<string> Broken = new HashSet<string>();
    private static int passed, failed, skipped;

    /// <summary>Adds a test.</summary>
    /// <param name="area">What its success says of the host, in the table of support; null: nothing.</param>
    /// <param name="name">Its name.</param>
    /// <param name="test">What it does.</param>
    internal static void Add(string area, string name, Action test)
    {
        Tests.Add(new KeyValuePair<string, Action>(name, test));
        Areas[name] = area ?? string.Empty;
    }

    /// <summary>One line for each area of which everything that ran passed; with PostgreSQL, one for all that ran.</summary>
    internal static void PrintSupport(string says, string library)
    {
        if (Simulator.Database != null)
        {
            Supported.Clear();
            if (passed > 0 && failed == 0)
            {
                Supported["PostgreSQL"] = passed;
            }
        }
        string host = Environment.GetEnvironmentVariable("WA_HOST_KEY"), name = Environment.GetEnvironmentVariable("WA_HOST_NAME");
        foreach (KeyValuePair<string, int> area in Supported)
        {
            if (!string.IsNullOrEmpty(host) && area.Key.Length > 0 && !Broken.Contains(area.Key))
            {
                Dictionary<string, object> line = new Dictionary<string, object>
                {
                    ["host"] = host, ["name"] = name ?? host, ["says"] = says, ["library"] = library, ["area"] = area.Key, ["passed"] = area.Value,
                };
                Console.WriteLine("SUPPORT " + WaConnector.Json.Write(line, "line"));
            }
        }
    }

    internal static int RunAll(string filter)
    {
        StringBuilder table = new StringBuilder();
        foreach (KeyValuePair<string, Action> test in Tests)
        {
            if (filter != null && test.Key.IndexOf(filter, StringComparison.OrdinalIgnoreCase) < 0)
            {
                continue;
            }
            Stopwatch watch = Stopwatch.StartNew();
            string result = "passed", why = string.Empty;
            try
            {
                test.Value();
                Check.True(Machine.Until(() => Machine.OurThreads == 0, 3000), "threads left: " + Machine.ThreadNames);
                passed++;
                Supported.TryGetValue(Areas[test.Key], out int before);
                Supported[Areas[test.Key]] = before + 1;
            }
            catch (SkipException e)
            {
                result = "SKIPPED";
                why = e.Message;
                skipped++;
            }
            catch (Exception e)
            {
                Exception inner = e is AggregateException ? e.GetBaseException() : e;
                result = "FAILED";
                why = inner.GetType().Name + ": " + inner.Message.Replace('\n', ' ');
                Console.WriteLine("--- {0}\n{1}", test.Key, e);
                failed++;
                Broken.Add(Areas[test.Key]);
            }
            string line = string.Format("{0,-8} {1,6} ms  {2}  {3}", result, watch.ElapsedMilliseconds, test.Key, why).TrimEnd();
            Console.WriteLine(line);
            table.AppendLine(line);
        }
        Console.WriteLine();
        Console.Write(table);
        return failed == 0 ? 0 : 1;
    }

    internal static void PrintSum()
    {
        Console.WriteLine("{0} passed, {1} failed, {2} skipped", passed, failed, skipped);
    }
}

/// <summary>What tests claim.</summary>
internal static class Check
{
    internal static void True(bool claim, string what)
    {
        if (!claim)
        {
            throw new TestFailure(what);
        }
    }

    internal static void Equal<T>(T expected, T found, string what = "")
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
        {
            throw new TestFailure(what + " expected <" + expected + ">, found <" + found + ">");
        }
    }

    internal static T Throws<T>(Action action, string what = "")
        where T : Exception
    {
        try
        {
            action();
        }
        catch (T e)
        {
            return e;
        }
        catch (Exception e)
        {
            throw new TestFailure(what + " threw " + e.GetType().Name + " (" + e.Message + "), not " + typeof(T).Name);
        }
        throw new TestFailure(what + " did not throw " + typeof(T).Name);
    }
}
