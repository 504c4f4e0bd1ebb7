using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;

namespace WaConnector
{
    /// <summary>
    /// Closes the open clients of this application domain before it goes: when
    /// ASP.NET stops the web application, when it is unloaded, and when the
    /// process exits.
    /// </summary>
    internal static class ProcessHooks
    {
        /// <summary>.NET Framework gives all handlers of ProcessExit together two seconds.</summary>
        private const int AtExitMs = 1500;
        private const int AtUnloadMs = 10000;

        /// <summary>ASP.NET gives what is registered 30 seconds.</summary>
        private const int AtStopMs = 25000;

        private static readonly object Gate = new object();
        private static readonly HashSet<WaClient> Open = new HashSet<WaClient>();
        private static bool hooked;

        internal static void Enter(WaClient client)
        {
            lock (Gate)
            {
                if (!hooked)
                {
                    hooked = true;
                    AppDomain.CurrentDomain.DomainUnload += (sender, e) => CloseAll(AtUnloadMs);
                    AppDomain.CurrentDomain.ProcessExit += (sender, e) => CloseAll(AtExitMs);
                    CloseAtStop();
                }
                Open.Add(client);
            }
        }

        internal static void Leave(WaClient client)
        {
            lock (Gate)
            {
                Open.Remove(client);
            }
        }

        /// <summary>
        /// Has ASP.NET tell of its stop, and wait for the close: by a background
        /// work item that lasts until the stop. It takes delegates only, so this
        /// assembly does not need System.Web, which other hosts lack.
        /// </summary>
        private static void CloseAtStop()
        {
            try
            {
                Type host = null;
                foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
                {
                    host = host ?? (assembly.GetName().Name == "System.Web" ? assembly.GetType("System.Web.Hosting.HostingEnvironment") : null);
                }
                if (!Equals(host?.GetProperty("IsHosted")?.GetValue(null, null), true))
                {
                    return;
                }
                Func<CancellationToken, Task> untilStop = stop =>
                {
                    TaskCompletionSource<bool> closed = new TaskCompletionSource<bool>();
                    stop.Register(() =>
                    {
                        CloseAll(AtStopMs);
                        closed.TrySetResult(true);
                    });
                    return closed.Task;
                };
                host.GetMethod("QueueBackgroundWorkItem", new[] { untilStop.GetType() })?.Invoke(null, new object[] { untilStop });
            }
            catch (Exception e) when (e is TargetInvocationException || e is InvalidOperationException || e is NotSupportedException)
            {
                // It is stopping already, or a host of another kind: the unload of the domain is left.
                Trace.TraceWarning("wa_connector: ASP.NET does not tell of its stop: {0}", e.GetBaseException().Message);
            }
        }

        /// <summary>Closes all at once, so that each has the whole time.</summary>
        private static void CloseAll(int timeoutMs)
        {
            List<WaClient> clients;
            lock (Gate)
            {
                clients = new List<WaClient>(Open);
            }
            List<Thread> threads = new List<Thread>();
            for (int i = 1; i < clients.Count; i++)
            {
                WaClient client = clients[i];
                Thread thread = new Thread(() => Close(client, timeoutMs)) { IsBackground = true, Name = "wa-close" };
                thread.Start();
                threads.Add(thread);
            }
            Stopwatch watch = Stopwatch.StartNew();
            if (clients.Count > 0)
            {
                Close(clients[0], timeoutMs);
            }
            foreach (Thread thread in threads)
            {
                thread.Join((int)Math.Max(0, timeoutMs - watch.ElapsedMilliseconds));
            }
        }

        private static void Close(WaClient client, int timeoutMs)
        {
            try
            {
                client.Close(timeoutMs);
            }
            catch (Exception e)
            {
                // Nobody is left who could catch it; the next client recovers what is left.
                Trace.TraceWarning("wa_connector: a client could not be closed: {0}", e);
            }
        }
    }
}
