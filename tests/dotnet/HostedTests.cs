using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading;
using System.Web;
using System.Web.Hosting;
using WaConnector;

/// <summary>A web application that ASP.NET itself hosts, and stops.</summary>
internal static class HostedTests
{
    internal static void Add()
    {
        Runner.Add("unload", "hosted: ASP.NET's stop closes the client, and waits for what is under way", Stopped);
        Runner.Add("unload", "hosted: ASP.NET's shutdown with sends under way unloads, and nothing is lost", ShutDown);
    }

    /// <summary>Lives in the web application's domain.</summary>
    public sealed class Application : MarshalByRefObject, IRegisteredObject
    {
        private WaClient client;

        /// <summary>As in a request: from then on the application counts as hosted.</summary>
        public bool Start(Dictionary<string, object> settings, string library, string gone)
        {
            HttpRuntime.ProcessRequest(new SimpleWorkerRequest("none.txt", string.Empty, new StringWriter()));
            WaClient.NativeLibraryPath = library;
            client = new WaClient(settings);
            // After the client's own handler. Nobody calls into a domain that is unloaded: a file tells.
            AppDomain.CurrentDomain.DomainUnload += (sender, e) => File.WriteAllText(gone, client.Close(0).ToString());
            return HostingEnvironment.IsHosted;
        }

        public void Send(string to, int count)
        {
            SendOptions patient = new SendOptions { OnTimeout = WaOnTimeout.Continue };
            for (int i = 0; i < count; i++)
            {
                client.SendAsync(to, "hosted " + i, patient);
            }
            HistoryQuery sending = new HistoryQuery { Recipient = to, Status = new[] { "sending" } };
            if (!Machine.Until(() => client.History(sending).Messages.Count == count, 5000))
            {
                throw new InvalidOperationException("not under way");
            }
        }

        /// <summary>What ASP.NET calls first when it stops an application: everything that is registered.</summary>
        public void StopRegistered()
        {
            object scheduler = typeof(HostingEnvironment)
                .GetField("_backgroundWorkScheduler", BindingFlags.Static | BindingFlags.NonPublic).GetValue(null);
            ((IRegisteredObject)scheduler).Stop(false);
        }

        public bool IsClosed
        {
            get
            {
                try
                {
                    return client.History() == null;
                }
                catch (ObjectDisposedException)
                {
                    return client.Close(0);
                }
            }
        }

        public void ShutDown()
        {
            HostingEnvironment.InitiateShutdown();
        }

        void IRegisteredObject.Stop(bool immediate)
        {
            HostingEnvironment.UnregisterObject(this);
        }

        public override object InitializeLifetimeService()
        {
            return null;
        }
    }

    private static Application Hosted(string name, Dictionary<string, object> settings)
    {
        string site = Directory.CreateDirectory(Path.Combine(Simulator.Folder, "site " + name)).FullName;
        string bin = Directory.CreateDirectory(Path.Combine(site, "bin")).FullName;
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(Host.Program), "Wa*"))
        {
            File.Copy(file, Path.Combine(bin, Path.GetFileName(file)), true);
        }
        ApplicationManager manager = ApplicationManager.GetApplicationManager();
        Application application = (Application)manager.CreateObject(name, typeof(Application), "/", site, true);
        Check.True(application.Start(settings, WaClient.LoadedLibrary, Path.Combine(site, "gone")), "it is hosted");
        return application;
    }

    private static void NeedsAspNet()
    {
        if (!Host.HasDomains)
        {
            throw new SkipException("this runtime has no ASP.NET of .NET Framework");
        }
    }

    private static Dictionary<string, object> Slow(string to, int ms)
    {
        Simulator.Fault(to, "{\"kind\":\"slow\",\"ms\":" + ms + ",\"before\":false}", null);
        return Simulator.Settings(Simulator.NewFile());
    }

    private static void Stopped()
    {
        NeedsAspNet();
        StoppedHosted();
    }

    private static void StoppedHosted()
    {
        string to = Simulator.NewNumber();
        Dictionary<string, object> settings = Slow(to, 800);
        Application application = Hosted("stopped", settings);
        application.Send(to, 8);
        application.StopRegistered();
        DateTime begin = DateTime.UtcNow;
        Check.True(Machine.Until(() => application.IsClosed, 5000), "closed");
        double took = (DateTime.UtcNow - begin).TotalMilliseconds;
        application.ShutDown();
        Check.True(Machine.Until(() => Gone("stopped"), 30000), "unloaded");
        Console.WriteLine("         closed {0:0} ms after the stop, unloaded after {1:0} ms", took, (DateTime.UtcNow - begin).TotalMilliseconds);
        Simulator.NoFaults();
        Accepted(settings, to, 8);
    }

    private static void ShutDown()
    {
        NeedsAspNet();
        ShutDownHosted();
    }

    private static void ShutDownHosted()
    {
        for (int round = 0; round < 3; round++)
        {
            string to = Simulator.NewNumber();
            Dictionary<string, object> settings = Slow(to, 800);
            Application application = Hosted("shut down " + round, settings);
            application.Send(to, 8);
            DateTime begin = DateTime.UtcNow;
            application.ShutDown();
            Check.True(Machine.Until(() => Gone("shut down " + round), 20000), "unloaded");
            double took = (DateTime.UtcNow - begin).TotalMilliseconds;
            Check.True(took < 15000, "took " + took + " ms");
            Check.True(Machine.Until(() => Machine.OurThreads == 0, 3000), "threads left: " + Machine.ThreadNames);
            Simulator.NoFaults();
            Accepted(settings, to, 8);
        }
    }

    /// <summary>Whether the domain has ended its work; and the client was closed before that.</summary>
    private static bool Gone(string name)
    {
        string file = Path.Combine(Simulator.Folder, "site " + name, "gone");
        return File.Exists(file) && File.ReadAllText(file) == "True";
    }

    /// <summary>All were answered and written down before the application was gone.</summary>
    private static void Accepted(Dictionary<string, object> settings, string to, int count)
    {
        using (WaClient next = new WaClient(settings))
        {
            Check.Equal(count, next.History(new HistoryQuery { Recipient = to, Status = new[] { "accepted" } }).Messages.Count, "accepted");
        }
        Check.Equal(count, Simulator.Taken(to).Distinct().Count());
        Check.Equal(count, Simulator.Taken(to).Count);
    }
}
