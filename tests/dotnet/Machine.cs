using System;
using System.IO;
using System.Threading;

/// <summary>What this process uses.</summary>
internal static class Machine
{
    internal static long ResidentKb
    {
        get { return Status("VmRSS:"); }
    }

    internal static long Threads
    {
        get { return Status("Threads:"); }
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
