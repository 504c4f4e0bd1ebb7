using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;

/// <summary>What this process uses.</summary>
internal static class Machine
{
    internal static long ResidentKb
    {
        get { return Status("VmRSS:"); }
    }

    /// <summary>All threads, those of the runtime's pool too.</summary>
    internal static long AllThreads
    {
        get { return Status("Threads:"); }
    }

    /// <summary>Threads but those of the runtime's pool, which grows and shrinks as it likes.</summary>
    internal static long Threads
    {
        get { return Names().FindAll(name => !name.StartsWith("Thread Pool", StringComparison.Ordinal)).Count; }
    }

    /// <summary>
    /// Threads of the native library. Not wa-events: a thread that the runtime
    /// makes while that one runs inherits its name. Close waits for it anyway.
    /// </summary>
    internal static long OurThreads
    {
        get { return Names().FindAll(name => name.StartsWith("wa-", StringComparison.Ordinal) && name != "wa-events").Count; }
    }

    /// <summary>The threads' names, for a failure's text.</summary>
    internal static string ThreadNames
    {
        get { return string.Join(" ", Names()); }
    }

    internal static int Descriptors
    {
        get { return Directory.GetFileSystemEntries("/proc/self/fd").Length; }
    }

    /// <summary>Waits until a claim holds.</summary>
    internal static bool Until(Func<bool> claim, int timeoutMs)
    {
        DateTime end = DateTime.UtcNow.AddMilliseconds(timeoutMs);
        while (!claim())
        {
            if (DateTime.UtcNow > end)
            {
                return false;
            }
            Thread.Sleep(5);
        }
        return true;
    }

    internal static void Collect()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private static List<string> Names()
    {
        if (!Directory.Exists("/proc/self/task"))
        {
            throw new SkipException("no /proc on this system");
        }
        List<string> names = new List<string>();
        foreach (string task in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                names.Add(File.ReadAllText(Path.Combine(task, "comm")).Trim());
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static long Status(string key)
    {
        if (!File.Exists("/proc/self/status"))
        {
            throw new SkipException("no /proc on this system");
        }
        foreach (string line in File.ReadAllLines("/proc/self/status"))
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                return long.Parse(line.Substring(key.Length).Replace("kB", string.Empty).Trim());
            }
        }
        return 0;
    }
}
