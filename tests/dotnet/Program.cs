using System;
using System.IO;
using System.Reflection;
using System.Text;
using System.Threading;
using WaConnector;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true });
        if (arguments.Length == 2 && arguments[0] == "exit")
        {
            return ExitTests.Leave(arguments[1]);
        }
        JsonTests.Add();
        StatusTests.Add();
        SyncTests.Add();
        AsyncTests.Add();
        LifetimeTests.Add();
        ExitTests.Add();
        AppDomainRounds.Add();
        string filter = arguments.Length > 0 ? arguments[0] : null;
        Console.WriteLine("runtime: {0}", Runtime());
        if (filter == null || filter.StartsWith("loader", StringComparison.Ordinal))
        {
            Console.WriteLine("library: loaded by the loader's own test");
        }
        else
        {
            Console.WriteLine("library: wa_connector {0} from {1}", WaClient.LibraryVersion, WaClient.LoadedLibrary);
        }
        using (new Collecting())
        {
            int result = Runner.RunAll(filter);
            Console.WriteLine("runtime {0}, wa_connector {1}, ABI {2}, {3}", Runtime(), WaClient.LibraryVersion, WaClient.AbiVersion, WaClient.LoadedLibrary);
            return result;
        }
    }

    private static string Runtime()
    {
        Type mono = Type.GetType("Mono.Runtime");
        MethodInfo name = mono?.GetMethod("GetDisplayName", BindingFlags.NonPublic | BindingFlags.Static);
        return (name == null ? "CLR" : "Mono " + name.Invoke(null, null)) + " (" + Environment.Version + "), "
            + (IntPtr.Size * 8) + " bits, " + Environment.OSVersion;
    }

    /// <summary>Collects garbage all the while: what is freed too early is used after.</summary>
    private sealed class Collecting : IDisposable
    {
        private readonly Thread thread;
        private volatile bool stop;

        internal Collecting()
        {
            thread = new Thread(() =>
            {
                while (!stop)
                {
                    GC.Collect();
                    Thread.Sleep(50);
                }
            }) { IsBackground = true };
            thread.Start();
        }

        public void Dispose()
        {
            stop = true;
            thread.Join();
        }
    }
}
