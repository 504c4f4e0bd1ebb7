using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;

/// <summary>What this process uses.</summary>
internal static class Machine
{
    private static readonly string[] OfPackage = { "wa-events", "wa-cancel", "wa-call" };

    /// <summary>The working set.</summary>
    internal static long ResidentKb
    {
        get { return Host.OnWindows ? Own(process => process.WorkingSet64) / 1024 : Status("VmRSS:"); }
    }

    /// <summary>
    /// What is allocated outside of the collector's heap, to the byte: of the
    /// library and of the runtime. On Windows the private memory of the process;
    /// Wine says 0 for it.
    /// </summary>
    internal static long NativeKb
    {
        get
        {
            if (Host.OnWindows)
            {
                return Own(process => process.PrivateMemorySize64) / 1024;
            }
            try
            {
                MallocInfo info = mallinfo2();
                return (long)(info.InUse.ToUInt64() + info.Mapped.ToUInt64()) / 1024;
            }
            catch (Exception e) when (e is EntryPointNotFoundException || e is DllNotFoundException)
            {
                throw new SkipException("this C library does not tell what is allocated (glibc 2.33 does)");
            }
        }
    }

    /// <summary>All threads, those of the runtime's pool too.</summary>
    internal static long AllThreads
    {
        get { return Host.OnWindows ? Own(process => process.Threads.Count) : Status("Threads:"); }
    }

    /// <summary>Threads but those of the runtime, which grow and shrink as it likes; on Windows, where they have no names, all.</summary>
    internal static long Threads
    {
        get { return Host.OnWindows ? AllThreads : Names().FindAll(name => !OfRuntime(name)).Count; }
    }

    /// <summary>How many more threads are no leak.</summary>
    internal static int ThreadSlack
    {
        get { return Host.OnWindows ? 8 : 1; }
    }

    /// <summary>
    /// Threads of the native library. Not those of the package: a thread that the runtime
    /// makes while one of them runs inherits its name. Close waits for them anyway.
    /// Zero on Windows: not known there.
    /// </summary>
    internal static long OurThreads
    {
        get
        {
            return Host.OnWindows
                ? 0
                : Names().FindAll(name => name.StartsWith("wa-", StringComparison.Ordinal) && Array.IndexOf(OfPackage, name) < 0).Count;
        }
    }

    /// <summary>The threads' names, for a failure's text.</summary>
    internal static string ThreadNames
    {
        get { return Host.OnWindows ? AllThreads + " threads" : string.Join(" ", Names()); }
    }

    /// <summary>Open files and the like.</summary>
    internal static int Descriptors
    {
        get { return Host.OnWindows ? (int)Own(process => process.HandleCount) : Directory.GetFileSystemEntries("/proc/self/fd").Length; }
    }

    /// <summary>How many more are no leak: on Windows threads, events and locks count, too.</summary>
    internal static int DescriptorSlack
    {
        get { return Host.OnWindows ? 30 : 3; }
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

    /// <summary>Mono's pool by its name; .NET's helpers; those of .NET Core 3.1, which have the program's.</summary>
    private static bool OfRuntime(string name)
    {
        return name.StartsWith("Thread Pool", StringComparison.Ordinal) || name.StartsWith(".NET", StringComparison.Ordinal) || name == "dotnet";
    }

    private static List<string> Names()
    {
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
        foreach (string line in File.ReadAllLines("/proc/self/status"))
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                return long.Parse(line.Substring(key.Length).Replace("kB", string.Empty).Trim());
            }
        }
        return 0;
    }

    private static long Own(Func<Process, long> what)
    {
        using (Process process = Process.GetCurrentProcess())
        {
            return what(process);
        }
    }

    [DllImport("libc.so.6", ExactSpelling = true)]
    private static extern MallocInfo mallinfo2();

    [StructLayout(LayoutKind.Sequential)]
    private struct MallocInfo
    {
        internal UIntPtr Arena, Free, FastBins, MappedBlocks, Mapped, Highest, FastFree, InUse, AllFree, Trimmable;
    }
}
