using System;
using System.IO;
using System.Text;
using System.Threading;
using WaConnector;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true });
        // What tests do in a process of their own.
        switch (arguments.Length > 1 ? arguments[0] : null)
        {
            case "exit":
                return ExitTests.Leave(arguments[1]);
            case "hold":
                return AwayTests.Hold(arguments[1]);
            case "load":
                return LoaderTests.Load(arguments);
        }
        JsonTests.Add();
        StatusTests.Add();
        LoaderTests.Add();
        ErrorTests.Add();
        SyncTests.Add();
        AccountTests.Add();
        WebhookTests.Add();
        AsyncTests.Add();
        AwayTests.Add();
        AwayEventTests.Add();
        LifetimeTests.Add();
        MemoryTests.Add();
        ExitTests.Add();
        AppDomainRounds.Add();
        HostedTests.Add();
        string filter = arguments.Length > 0 ? arguments[0] : null;
        Console.WriteLine("runtime: {0}, {1}", Host.Says, Environment.OSVersion);
        int result;
        using (new Collecting())
        {
            result = Runner.RunAll(filter);
        }
        string library = Path.GetFileName(WaClient.LoadedLibrary) + (IntPtr.Size == 8 ? ", x86-64" : ", x86");
        Console.WriteLine("library: wa_connector {0}, ABI {1}, {2}", WaClient.LibraryVersion, WaClient.AbiVersion, WaClient.LoadedLibrary);
        Runner.PrintSupport(Host.Says, library);
        Runner.PrintSum();
        return result;
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
