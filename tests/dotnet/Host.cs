using System;
using System.Diagnostics;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

/// <summary>The runtime that runs the tests, and more processes of it.</summary>
internal static class Host
{
    internal static bool OnWindows
    {
        get { return Environment.OSVersion.Platform == PlatformID.Win32NT; }
    }

    internal static bool IsMono
    {
        get { return Type.GetType("Mono.Runtime") != null; }
    }

    /// <summary>.NET Framework and Mono have application domains; .NET Core has one only.</summary>
    internal static bool HasDomains
    {
        get { return typeof(object).Assembly.GetName().Name == "mscorlib"; }
    }

    /// <summary>What the runtime says of itself: no path, no process, no time.</summary>
    internal static string Says
    {
        get
        {
            string bits = ", " + (IntPtr.Size * 8) + "-bit";
            MethodInfo mono = Type.GetType("Mono.Runtime")?.GetMethod("GetDisplayName", BindingFlags.NonPublic | BindingFlags.Static);
            if (mono != null)
            {
                // 6.8.0.105 (Debian 6.8.0.105+dfsg-3.3 Sat Jun 21 ..): the day says nothing.
                string name = (string)mono.Invoke(null, null);
                return "Mono " + Regex.Replace(name, @"^(\S+ \(\S+ \S+)[^)]*\)", "$1)") + ", CLR " + Environment.Version + bits;
            }
            string framework = (string)Type.GetType("System.Runtime.InteropServices.RuntimeInformation, System.Runtime.InteropServices.RuntimeInformation")
                ?.GetProperty("FrameworkDescription").GetValue(null, null);
            return (framework ?? ".NET Framework " + Environment.Version) + bits + (OnWindows ? ", " + WindowsSays : string.Empty);
        }
    }

    private static string WindowsSays
    {
        get
        {
            string says = "Windows " + Environment.OSVersion.Version;
            try
            {
                return says + ", Wine " + Marshal.PtrToStringAnsi(WineVersion());
            }
            catch (EntryPointNotFoundException)
            {
                return says;
            }
        }
    }

    internal static string Program
    {
        get { return Assembly.GetExecutingAssembly().Location; }
    }

    /// <summary>This program once more, in a process of its own, with this runtime.</summary>
    internal static ProcessStartInfo Again(string arguments, string program = null)
    {
        program = program ?? Program;
        string runtime;
        using (Process own = Process.GetCurrentProcess())
        {
            runtime = own.MainModule.FileName;
        }
        // On .NET Framework the program is the process.
        bool itself = string.Equals(Path.GetFileName(runtime), Path.GetFileName(Program), StringComparison.OrdinalIgnoreCase);
        return new ProcessStartInfo(itself ? program : runtime, (itself ? string.Empty : (IsMono ? "--debug " : string.Empty) + "\"" + program + "\" ") + arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    [DllImport("ntdll", EntryPoint = "wine_get_version")]
    private static extern IntPtr WineVersion();
}
