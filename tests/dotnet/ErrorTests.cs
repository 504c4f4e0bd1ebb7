using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using WaConnector;

/// <summary>Errors speak of this package's methods and properties, not of the C functions and their JSON.</summary>
internal static class ErrorTests
{
    internal static void Add()
    {
        Runner.Add(null, "errors: every function of the ledger has its name here", EveryFunction);
        Runner.Add(null, "errors: every option is a property", EveryOption);
        Runner.Add(null, "errors: sentences in the words of the package", Sentences);
        Runner.Add(null, "errors: no C name in what a caller sees", Seen);
    }

    private static void EveryFunction()
    {
        string ledger = File.ReadAllText(Environment.GetEnvironmentVariable("WA_LEDGER"));
        List<string> functions = Regex.Matches(ledger, @"^[^#\n]*\b(wa_[a-z_]+)\(", RegexOptions.Multiline).Cast<Match>().Select(m => m.Groups[1].Value).ToList();
        Check.True(functions.Count > 40, "the ledger has " + functions.Count + " functions");
        Check.Equal(string.Empty, string.Join(",", functions.Where(name => !ErrorWords.Functions.ContainsKey(name))), "without a name here");
        Check.Equal(string.Empty, string.Join(",", ErrorWords.Functions.Keys.Except(functions)), "no function");
        foreach (string name in ErrorWords.Functions.Values)
        {
            // `new WaClient`, a type, or a member of one.
            string[] parts = name.Replace("new ", string.Empty).Split('.');
            Type type = typeof(WaClient).Assembly.GetType("WaConnector." + parts[0]);
            Check.True(type != null && type.IsPublic, name);
            Check.True(parts.Length == 1 || type.GetMember(parts[1]).Length > 0, name);
        }
    }

    private static void EveryOption()
    {
        Type[] types = typeof(WaClient).Assembly.GetExportedTypes()
            .Where(type => typeof(CallOptions).IsAssignableFrom(type) || type.Name.EndsWith("Query", StringComparison.Ordinal) || type == typeof(SendOptions))
            .ToArray();
        HashSet<string> properties = new HashSet<string>(types.SelectMany(type => type.GetProperties()).Select(property => property.Name));
        Check.True(properties.Count > 30, properties.Count + " properties");
        foreach (KeyValuePair<string, string> word in ErrorWords.Words.Where(word => char.IsUpper(word.Value[0])))
        {
            Check.True(properties.Contains(word.Value), word.Value + " is no property");
            Check.Equal(word.Key, Snake(word.Value));
        }
        // OldestFirst is the key `order`, ByteOrderMark is `bom`.
        string[] otherwise = { "OldestFirst", "ByteOrderMark" };
        IEnumerable<string> missing = properties.Where(name => !otherwise.Contains(name) && Snake(name).Contains("_") && !ErrorWords.Words.ContainsKey(Snake(name)));
        Check.Equal(string.Empty, string.Join(",", missing), "not among the words");
    }

    private static string Snake(string name)
    {
        return Regex.Replace(name, "(?<!^)([A-Z])", "_$1").ToLowerInvariant();
    }

    private static void Sentences()
    {
        foreach (string[] pair in new[]
        {
            new[] { "Do not send it again: ask wa_wait for its id; WA_STATUS_NOT_FOUND means that it was not recorded.", "Do not send it again: ask WaClient.Wait for its id; WaStatus.NotFound means that it was not recorded." },
            new[] { "Use wa_submit, or on_timeout continue.", "Use WaClient.Submit, or OnTimeout continue." },
            new[] { "Call wa_close again; no new callback will start.", "Call WaClient.Close again; no new callback will start." },
            new[] { "Fork before wa_configure, or after wa_close of every client.", "Fork before new WaClient, or after WaClient.Close of every client." },
            new[] { "query_json.cursor is not a `next` that wa_history gave.", "query.Cursor is not a `next` that WaClient.History gave." },
            new[] { "options_json.include[0]: there are no events of kind \"wa_wait\".", "options.Include[0]: there are no events of kind \"wa_wait\"." },
            new[] { "message_json.image.link is no URL.", "message.image.link is no URL." },
            new[] { "limited_time_offer.expires_at is in the past.", "limited_time_offer.expires_at is in the past." },
            new[] { "Look at the file /srv/wa_send/on_timeout and at wa_id.", "Look at the file /srv/wa_send/on_timeout and at wa_id." },
            new[] { "Put it into meta.access_token, or give it to wa_update.", "Put it into meta.access_token, or give it to WaClient.Update." },
            new[] { "The native library has no function wa_send.", "The native library has no function wa_send." },
            new[] { "media_id is empty.", "mediaId is empty." },
            new[] { "This is a fault of wa_connector.", "This is a fault of wa_connector." },
        })
        {
            Check.Equal(pair[1], ErrorWords.Of(pair[0]));
        }
        Check.Equal(null, ErrorWords.Of(null));
        Check.Equal("options.TimeoutMs", ErrorWords.OfArgument("options_json.timeout_ms"));
        Check.Equal("settings.meta.access_token", ErrorWords.OfArgument("settings_json.meta.access_token"));
        Check.Equal("template", ErrorWords.OfArgument("template_name"));
        Check.Equal("to", ErrorWords.OfArgument("to"));
    }

    private static void Seen()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            SendOptions late = new SendOptions { NotBefore = DateTimeOffset.UtcNow.AddHours(1) };
            WaException e = Check.Throws<WaException>(() => client.Send(to, "too late", late));
            Check.Equal("options.NotBefore", e.Argument);
            Check.Equal("Use WaClient.Submit, or OnTimeout continue.", e.Hint);
            Plain(e);
            e = Check.Throws<WaException>(() => client.History(new HistoryQuery { Cursor = "nonsense" }));
            Check.Equal("query.Cursor", e.Argument);
            Plain(e);
            Plain(Check.Throws<WaException>(() => client.NextEvents(new EventQuery { After = "nonsense" }, 0)));
            Plain(Check.Throws<WaException>(() => client.SendTemplate(to, string.Empty)));
            Plain(Check.Throws<WaException>(() => client.GetMedia(string.Empty)));
            Plain(Check.Throws<WaException>(() => client.MarkRead("SM00000000000000000000000000000001")));
            Plain(Check.Throws<WaException>(() => client.Wait("nonsense", 0)));
            Plain(Check.Throws<WaException>(() => client.Update("{\"nonsense\":1}")));
            WaOutcome recorded = client.Submit(to, WaMessage.Text("later"), new SendOptions { NotBefore = DateTimeOffset.UtcNow.AddHours(1) });
            WaOutcome pending = client.Wait(recorded.Id, 0);
            Check.True(pending.IsPending && pending.Error.Hint.Contains("WaClient.Wait"), pending.Error.Hint);
            foreach (WaCheckItem item in client.Check().Items)
            {
                Plain(item.Text + " " + item.Hint);
            }
        }
        Plain(Check.Throws<WaException>(() => new WaClient("{\"nonsense\":1}")));
    }

    private static void Plain(WaException e)
    {
        Plain(e.ToString() + " " + e.Argument + " " + e.Error.Message);
    }

    private static void Plain(string text)
    {
        Check.True(!Regex.IsMatch(text, @"\bwa_(?!connector)[a-z]|_json\b|WA_STATUS"), text);
    }
}
