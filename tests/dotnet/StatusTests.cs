using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Text.RegularExpressions;
using WaConnector;

internal static class StatusTests
{
    internal static void Add()
    {
        Runner.Add("status: the enum is what the ledger says", SameAsLedger);
        Runner.Add("status: each name of the ledger is read", NamesAreRead);
        Runner.Add("loader: a wrong path, a text, a foreign library are refused in a sentence", LoaderRefuses);
        Runner.Add("loader: versions and path", Versions);
    }

    private static Dictionary<string, int> Ledger()
    {
        Dictionary<string, int> found = new Dictionary<string, int>();
        foreach (string line in File.ReadAllLines(Environment.GetEnvironmentVariable("WA_LEDGER")))
        {
            Match match = Regex.Match(line, "^WA_STATUS_(\\w+) = (\\d+)$");
            if (match.Success)
            {
                found.Add(match.Groups[1].Value, int.Parse(match.Groups[2].Value));
            }
        }
        Check.True(found.Count > 30, "the ledger has " + found.Count + " statuses");
        return found;
    }

    private static void SameAsLedger()
    {
        Dictionary<string, int> ledger = Ledger();
        foreach (WaStatus status in Enum.GetValues(typeof(WaStatus)))
        {
            string name = Regex.Replace(status.ToString(), "(?<!^)([A-Z])", "_$1").ToUpperInvariant();
            Check.True(ledger.TryGetValue(name, out int number), name + " is not in the ledger");
            Check.Equal(number, (int)status, name);
            ledger.Remove(name);
        }
        Check.Equal(string.Empty, string.Join(",", ledger.Keys), "missing in WaStatus");
    }

    private static void NamesAreRead()
    {
        MethodInfo parse = typeof(WaClient).Assembly.GetType("WaConnector.WaStatusNames")
            .GetMethod("Parse", BindingFlags.Static | BindingFlags.NonPublic);
        foreach (KeyValuePair<string, int> pair in Ledger())
        {
            Check.Equal(pair.Value, (int)(WaStatus)parse.Invoke(null, new object[] { pair.Key.ToLowerInvariant() }), pair.Key);
        }
        Check.Equal(WaStatus.Internal, (WaStatus)parse.Invoke(null, new object[] { "of_a_later_version" }));
    }

    /// <summary>Must be the first that touches the library: it loads once.</summary>
    internal static void LoaderRefuses()
    {
        string variable = Environment.GetEnvironmentVariable("WA_CONNECTOR_LIBRARY");
        string text = Path.Combine(Simulator.Folder, "text.so");
        File.WriteAllText(text, "This is no library, and long enough to be looked at by a loader that wants a header.");
        try
        {
            WaException missing = Refused("/nowhere/libwa_connector.so");
            Check.True(missing.InnerException is DllNotFoundException && missing.Hint != null, missing.ToString());
            Check.True(missing.Message.Contains("/nowhere/libwa_connector.so"), missing.Message);
            WaException wrong = Refused(text);
            Check.True(wrong.InnerException is BadImageFormatException, wrong.ToString());
            WaException foreign = Refused(File.Exists("/lib/x86_64-linux-gnu/libm.so.6") ? "/lib/x86_64-linux-gnu/libm.so.6" : "/usr/lib/libm.so.6");
            Check.True(foreign.InnerException is EntryPointNotFoundException, foreign.ToString());
        }
        finally
        {
            WaClient.NativeLibraryPath = null;
        }
        Check.Equal(variable, WaClient.LoadedLibrary);
        Check.Throws<InvalidOperationException>(() => WaClient.NativeLibraryPath = text);
        // The folder alone is enough; the same path again is no change.
        WaClient.NativeLibraryPath = null;
    }

    private static WaException Refused(string path)
    {
        WaClient.NativeLibraryPath = path;
        return Check.Throws<WaException>(() => new WaClient("{}").Dispose(), path);
    }

    private static void Versions()
    {
        Check.True(Regex.IsMatch(WaClient.LibraryVersion, "^\\d+\\.\\d+\\.\\d+"), WaClient.LibraryVersion);
        Check.True(WaClient.AbiVersion >= 1, "ABI " + WaClient.AbiVersion);
    }
}
