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

    internal static void Add(string name, Action test)
    {
        Tests.Add(new KeyValuePair<string, Action>(name, test));
    }

    internal static int RunAll(string filter)
    {
        int passed = 0, failed = 0, skipped = 0;
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
            }
            catch (SkipException e)
            {
                result = "skipped";
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
            }
            string line = string.Format("{0,-8} {1,6} ms  {2}  {3}", result, watch.ElapsedMilliseconds, test.Key, why).TrimEnd();
            Console.WriteLine(line);
            table.AppendLine(line);
        }
        Console.WriteLine();
        Console.Write(table);
        Console.WriteLine("{0} passed, {1} failed, {2} skipped", passed, failed, skipped);
        return failed == 0 ? 0 : 1;
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
