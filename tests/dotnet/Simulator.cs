using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using WaConnector;

/// <summary>The simulator that run.sh started, and clients for it.</summary>
internal static class Simulator
{
    internal const string Token = "0123456789abcdef0123456789abcdef";
    private static int files;
    private static int numbers;

    internal static string Url
    {
        get { return Environment.GetEnvironmentVariable("WA_SIMULATOR_URL"); }
    }

    internal static string Folder
    {
        get { return Environment.GetEnvironmentVariable("WA_TEST_FOLDER"); }
    }

    /// <summary>PostgreSQL's connection string, where the histories are to be there; null: they are files.</summary>
    internal static string Database
    {
        get
        {
            string given = Environment.GetEnvironmentVariable("WA_DATABASE");
            return string.IsNullOrEmpty(given) ? null : given;
        }
    }

    /// <summary>The name of a new history: a file, or what stands for it in PostgreSQL.</summary>
    internal static string NewFile()
    {
        return Path.Combine(Folder, "history" + System.Threading.Interlocked.Increment(ref files) + ".db");
    }

    /// <summary>A number that no other test uses.</summary>
    internal static string NewNumber()
    {
        // Both runs of run.sh may share a simulator.
        return (Database == null ? "+1202556" : "+1202557") + System.Threading.Interlocked.Increment(ref numbers).ToString("0000");
    }

    internal static Dictionary<string, object> Settings(string file)
    {
        return new Dictionary<string, object>
        {
            ["twilio"] = new Dictionary<string, object>
            {
                ["account_sid"] = "AC00000000000000000000000000000001",
                ["auth_token"] = Token,
                ["from"] = "+14155238886",
                ["base_url"] = Url,
            },
            ["retry"] = new Dictionary<string, object> { ["wait_seconds"] = 1, ["max_retries"] = 2 },
            ["history"] = History(file),
            ["pacing"] = new Dictionary<string, object> { ["messages_per_second"] = 0 },
        };
    }

    /// <summary>In PostgreSQL all histories share a schema; the names of the tables tell them apart, as files do.</summary>
    private static Dictionary<string, object> History(string file)
    {
        if (Database == null)
        {
            return new Dictionary<string, object> { ["file"] = file };
        }
        string name = Path.GetFileName(Path.GetDirectoryName(file)) + "_" + Path.GetFileNameWithoutExtension(file) + "_";
        return new Dictionary<string, object>
        {
            ["connection_string"] = Database,
            ["schema"] = Environment.GetEnvironmentVariable("WA_SCHEMA"),
            ["table_prefix"] = Regex.Replace(name.ToLowerInvariant(), "[^a-z0-9]", "_"),
        };
    }

    internal static WaClient NewClient(Action<Dictionary<string, object>> change = null)
    {
        Dictionary<string, object> settings = Settings(NewFile());
        change?.Invoke(settings);
        return new WaClient(settings);
    }

    internal static void Fault(string to, string fault, int? times = 1)
    {
        Call(
            "POST",
            "/_control/faults",
            "[{\"match\":{\"to\":\"" + to + "\",\"method\":\"POST\"},\"times\":" + (times == null ? "null" : times.ToString()) + ",\"fault\":" + fault + "}]");
    }

    internal static void NoFaults()
    {
        Call("DELETE", "/_control/faults", null);
    }

    /// <summary>The bodies of what the simulator took for a number.</summary>
    internal static List<string> Taken(string to)
    {
        JsonObject answer = JsonObject.Read(
            Call("GET", "/_control/messages?limit=1000&to=" + Uri.EscapeDataString(to), null));
        List<string> bodies = new List<string>();
        foreach (JsonObject message in answer.Objects("messages"))
        {
            bodies.Add(message.Text("body"));
        }
        return bodies;
    }

    internal static string Call(string method, string path, string body)
    {
        HttpWebRequest request = WebRequest.CreateHttp(Url + path);
        request.Method = method;
        request.Proxy = null;
        if (body != null)
        {
            byte[] bytes = new UTF8Encoding(false).GetBytes(body);
            request.ContentType = "application/json";
            request.ContentLength = bytes.Length;
            using (Stream stream = request.GetRequestStream())
            {
                stream.Write(bytes, 0, bytes.Length);
            }
        }
        using (WebResponse response = request.GetResponse())
        using (StreamReader reader = new StreamReader(response.GetResponseStream(), Encoding.UTF8))
        {
            return reader.ReadToEnd();
        }
    }
}
