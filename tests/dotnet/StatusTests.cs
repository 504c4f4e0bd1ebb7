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
        Runner.Add(null, "status: the enum is what the ledger says", SameAsLedger);
        Runner.Add(null, "status: each name of the ledger is read", NamesAreRead);
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
}
