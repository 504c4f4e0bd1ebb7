using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Formatters.Binary;
using System.Threading;
using WaConnector;

internal static class SyncTests
{
    internal static void Add()
    {
        Runner.Add("road", "sync: texts of all scripts arrive as they were written", Scripts);
        Runner.Add("road", "sync: texts that cannot travel are refused by name", RefusedTexts);
        Runner.Add("road", "sync: template, media, any message", Messages);
        Runner.Add("road", "sync: submit, wait, cancel", SubmitWaitCancel);
        Runner.Add("SQLite", "sync: history by filter and by page, each message once", History);
        Runner.Add("SQLite", "sync: history counted, exported, taken, erased, purged", WholeHistory);
        Runner.Add("events", "sync: events by cursor and by consumer", Events);
        Runner.Add("road", "sync: update of the credentials", Update);
        Runner.Add("road", "sync: a reference sends once", Reference);
        Runner.Add("road", "sync: retried message, and one whose end is pending", RetriedAndPending);
        Runner.Add("road", "errors: each has its code, its hint, its outcome", Errors);
        Runner.Add("road", "errors: cross application domains whole", Serializes);
    }

    private static void Scripts()
    {
        string[] texts =
        {
            "Grüße, naïve café — “quotes” €", "👋🏽 👩‍👩‍👧‍👦 🇩🇪 😀", "مرحبا بالعالم", "שלום עולם \u200f(1)\u200e", "你好，世界 — こんにちは — 안녕하세요",
            "नमस्ते दुनिया", "Z\u0351\u036b\u0343a\u0363l\u0348g\u034fo", "line one\nline two\ttab", "\"quoted\" \\ back / slash {{not a variable",
            "\uffff \u0001 \u007f \u2028", "𝄞 𐍈 \U0010ffff",
        };
        using (WaClient client = Simulator.NewClient())
        {
            foreach (string text in texts)
            {
                string to = Simulator.NewNumber();
                WaOutcome one = client.Send(to, text, new SendOptions { ContactId = "Ännchen 😀" });
                Check.Equal(WaStatus.Ok, one.Code, text);
                Check.Equal("Ännchen 😀", one.ContactId);
                client.SendAsync(to, text).Wait(20000);
                List<string> taken = Simulator.Taken(to);
                Check.Equal(2, taken.Count);
                Check.True(taken.All(body => body == text), "sent <" + text + ">, arrived <" + string.Join("|", taken) + ">");
                HistoryPage page = client.History(new HistoryQuery { Recipient = to });
                Check.Equal(2, page.Messages.Count, "history of " + to);
                Check.True(page.Messages.All(m => m.Text == text), "the history says " + page.Messages[0].Text);
            }
        }
    }

    private static void WholeHistory()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            for (int i = 0; i < 3; i++)
            {
                client.Send(to, "=1+1", new SendOptions { ContactId = "c-17" });
            }
            HistoryCounts counts = client.CountHistory(new HistoryQuery { Recipient = to });
            Check.Equal(3L, counts.Total);
            Check.Equal(3L, counts.ByState["accepted"]);
            Check.Equal(3L, counts.ByDay.Sum(day => day.Total));
            string file = Path.Combine(Path.GetTempPath(), "wa-" + Guid.NewGuid().ToString("N") + ".csv");
            try
            {
                ExportOptions semicolons = new ExportOptions { Separator = ";", ByteOrderMark = false, Id = Guid.NewGuid() };
                HistoryExport export = client.ExportHistory(file, new HistoryQuery { Recipient = to }, semicolons);
                Check.Equal(3L, export.Messages);
                string text = File.ReadAllText(file);
                Check.True(text.StartsWith("id;created_at;", StringComparison.Ordinal) && text.Contains("\"'=1+1\""), text);
                WaException there = Check.Throws<WaException>(() => client.ExportHistory(file));
                Check.Equal(WaStatus.Argument, there.Code);
            }
            finally
            {
                File.Delete(file);
            }
            TakenMessages taken = client.TakeHistory("dotnet", null, 10000, 500);
            Check.True(taken.Messages.Count(message => message.Recipient.EndsWith(to, StringComparison.Ordinal)) == 3, taken.Json);
            TakenMessages rest = client.TakeHistory("dotnet", taken.Cursor, 0, 500);
            Check.True(rest.Messages.All(message => taken.Messages.All(first => first.Id != message.Id)), rest.Json);
            Check.Equal(3L, client.EraseHistory(new EraseOptions { Recipient = to }).Messages);
            HistoryPage page = client.History(new HistoryQuery { Recipient = to, Reports = true });
            Check.True(page.Messages.All(message => message.Text == "***" && message.TextRemoved == "erased"), page.Json);
            Check.Equal(0, page.Messages[0].Reports.Count);
            Check.Equal(0L, client.PurgeHistory(30).Messages);
        }
    }

    private static void RefusedTexts()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            foreach (string bad in new[] { "half \ud83d", "\ude00", "cut\0off" })
            {
                Named("text", () => client.Send(to, bad));
                Named("to", () => client.Send(bad, "text"));
                Named("text", () => client.SendAsync(to, bad));
                Named("to", () => client.SendAsync(bad, "text"));
                Named("template", () => client.SendTemplate(to, bad));
                Named("variables[1]", () => client.SendTemplate(to, "welcome", new Dictionary<string, string> { ["1"] = bad }));
                Named("options.Reference", () => client.Send(to, "text", new SendOptions { Reference = bad }));
                Named("message", () => client.SendMessage(to, WaMessage.FromJson("{\"type\":\"text\",\"text\":\"x" + bad + "\"}")), "json");
                Named("query.text", () => client.History(new HistoryQuery { Text = bad }));
                Named("id", () => client.Wait(bad, 0));
                Named("settingsJson", () => client.Update(bad));
                Named("settingsJson", () => new WaClient(bad).Dispose());
            }
            Check.Throws<ArgumentNullException>(() => client.Send(null, "x"));
            Check.Throws<ArgumentNullException>(() => client.Send(to, null));
            Check.Throws<ArgumentNullException>(() => client.SendAsync(to, null));
            Check.Throws<ArgumentNullException>(() => new WaClient((string)null).Dispose());
            Check.Throws<ArgumentOutOfRangeException>(() => client.Wait("x", -1));
            Check.Throws<ArgumentOutOfRangeException>(() => client.Send(to, "x", new SendOptions { TimeoutMs = -1 }));
            Check.Equal(0, Simulator.Taken(to).Count);
        }
    }

    private static void Named(string parameter, Action action, string orElse = null)
    {
        string named = Check.Throws<ArgumentException>(action, parameter).ParamName;
        Check.True(named == parameter || named == orElse, "named " + named + ", not " + parameter);
    }

    private static void Messages()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            Dictionary<string, string> name = new Dictionary<string, string> { ["1"] = "Ann 😀" };
            Check.Equal("accepted", client.SendTemplate(to, "welcome", name).Status);
            Check.Equal("accepted", client.SendTemplate(to, "HX00000000000000000000000000000004").Status);
            Check.Equal("accepted", client.SendMessage(to, WaMessage.Template("welcome", name)).Status);
            Check.Equal("accepted", client.SendMessage(to, WaMessage.Media(new[] { "https://example.com/a.jpg" }, "Look")).Status);
            Check.Equal("accepted", client.SendMessage(to, WaMessage.FromJson("{\"type\":\"text\",\"text\":\"any\"}")).Status);
            Check.Equal("accepted", client.SendTemplateAsync(to, "welcome", name).Result.Status);
            Check.Equal("accepted", client.SendMessageAsync(to, WaMessage.Text("t")).Result.Status);
            Check.Equal(7, Simulator.Taken(to).Count);
            HistoryMessage first = client.History(new HistoryQuery { Recipient = to, OldestFirst = true }).Messages[0];
            Check.Equal("template", first.Kind);
            Check.Equal("welcome", first.Template);
            Check.Equal("Hello Ann 😀, welcome aboard!", first.Text);
        }
    }

    private static void SubmitWaitCancel()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            WaOutcome submitted = client.Submit(to, WaMessage.Text("one"));
            Check.Equal(36, submitted.Id.Length);
            WaOutcome ended = client.Wait(submitted.Id, 20000);
            Check.Equal("accepted", ended.Status);
            Check.True(!ended.IsPending && ended.ProviderMessageId.StartsWith("SM"), ended.Json);
            Check.True(!client.Cancel(submitted.Id, out WaOutcome late), "too late");
            Check.Equal("accepted", late.Status);

            Guid id = Guid.NewGuid();
            SendOptions tomorrow = new SendOptions { Id = id, NotBefore = DateTimeOffset.UtcNow.AddDays(1) };
            WaOutcome waiting = client.Submit(to, WaMessage.Text("two"), tomorrow);
            Check.Equal(id.ToString("D"), waiting.Id);
            Check.Equal("queued", waiting.Status);
            WaOutcome pending = client.Wait(waiting.Id, 0);
            Check.True(pending.IsPending, pending.Json);
            Check.True(client.Cancel(waiting.Id), "cancelled");
            Check.True(client.Cancel(waiting.Id), "cancelled again");
            WaException cancelled = Check.Throws<WaException>(() => client.Wait(waiting.Id, 1000));
            Check.Equal(WaStatus.Cancelled, cancelled.Code);
            Check.Equal("cancelled", cancelled.Outcome.Status);
            Check.Equal(1, Simulator.Taken(to).Count);

            // Another thread cancels a send that waits, by the id that was chosen.
            Guid held = Guid.NewGuid();
            Thread canceller = new Thread(() => Machine.Until(
                () =>
                {
                    try
                    {
                        return client.Cancel(held.ToString());
                    }
                    catch (WaException)
                    {
                        return false;
                    }
                },
                10000));
            canceller.Start();
            WaException given = Check.Throws<WaException>(
                () => client.Send(to, "three", new SendOptions { Id = held, NotBefore = DateTimeOffset.UtcNow.AddSeconds(20) }));
            Check.Equal(WaStatus.Cancelled, given.Code);
            canceller.Join();
        }
    }

    private static void History()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            DateTimeOffset since = DateTimeOffset.UtcNow.AddSeconds(-1);
            SendOptions options = new SendOptions { Category = "cat", CorrelationId = "corr", Priority = WaPriority.High };
            for (int i = 0; i < 25; i++)
            {
                options.ContactId = "c" + (i % 2);
                client.Submit(to, WaMessage.Text("history " + i), options);
            }
            Check.True(Machine.Until(() => client.History(new HistoryQuery { Status = new[] { "accepted" } }).Messages.Count == 25, 20000), "all accepted");
            List<string> seen = new List<string>();
            HistoryQuery query = new HistoryQuery { Recipient = to, Limit = 4, Since = since, OldestFirst = true };
            do
            {
                HistoryPage page = client.History(query);
                seen.AddRange(page.Messages.Select(m => m.Text));
                query.Cursor = page.Next;
            }
            while (query.Cursor != null);
            Check.Equal(string.Join(",", Enumerable.Range(0, 25).Select(i => "history " + i)), string.Join(",", seen));
            Check.Equal(13, client.History(new HistoryQuery { ContactId = "c0" }).Messages.Count);
            Check.Equal(1, client.History(new HistoryQuery { ContactId = "c1", Text = "history 7" }).Messages.Count);
            Check.Equal(0, client.History(new HistoryQuery { Until = since }).Messages.Count);
            Check.Equal(0, client.History(new HistoryQuery { Direction = "inbound" }).Messages.Count);
            HistoryMessage newest = client.History(new HistoryQuery { Limit = 1 }).Messages[0];
            Check.Equal("cat", newest.Category);
            Check.Equal("corr", newest.CorrelationId);
            Check.Equal("outbound", newest.Direction);
            Check.Equal(1, newest.AttemptList.Count);
            Check.Equal(201, newest.AttemptList[0].HttpStatus.Value);
            Check.Equal(WaStatus.Ok, newest.Code);
            Check.True(newest.CreatedAt > since && newest.UpdatedAt >= newest.CreatedAt, "times");
            Check.Equal(WaStatus.QueryTooWide, Check.Throws<WaException>(() => client.History(new HistoryQuery { Text = "x" })).Code);
        }
    }

    private static void Events()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            EventPage page = client.NextEvents(null, 0);
            HashSet<string> sent = new HashSet<string>();
            for (int i = 0; i < 10; i++)
            {
                sent.Add(client.Send(to, "event " + i).Id);
            }
            HashSet<string> told = new HashSet<string>();
            EventQuery query = new EventQuery { After = page.Cursor, Max = 3, Include = new[] { "message" } };
            do
            {
                page = client.NextEvents(query, 0);
                told.UnionWith(page.Events.Select(e => e.Outcome.Id));
                query.After = page.Cursor;
            }
            while (page.Events.Count > 0);
            Check.True(sent.SetEquals(told), "sent " + sent.Count + ", told " + told.Count);

            EventQuery consumer = new EventQuery { Consumer = "crm", Max = 6, Include = new[] { "message" } };
            page = client.NextEvents(consumer, 1000);
            Check.Equal(6, page.Events.Count);
            Check.True(page.Events.All(e => e.Kind == "message" && e.Id.Length == 36 && e.At > DateTimeOffset.UtcNow.AddMinutes(-5)), "whole");
            consumer.After = page.Cursor;
            Check.Equal(4, client.NextEvents(consumer, 1000).Events.Count);
            consumer.After = null;
            Check.True(Machine.Until(() => client.NextEvents(consumer, 0).Events.Count == 4, 5000), "acknowledged");
            EventPage log = client.NextEvents(new EventQuery { Include = new[] { "log" } }, 0);
            Check.True(log.Events.Any(e => e.Log.Target == "history" && e.Log.Level == "info"), "log records");
        }
    }

    private static void Update()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            client.Update(new Dictionary<string, object> { ["twilio"] = new Dictionary<string, object> { ["auth_token"] = "0123456789abcdef0123456789abcdee" } });
            WaException refused = Check.Throws<WaException>(() => client.Send(to, "wrong"));
            Check.Equal(WaStatus.Credentials, refused.Code);
            Check.Equal(401, refused.HttpStatus.Value);
            client.Update("{\"twilio\":{\"auth_token\":\"" + Simulator.Token + "\"}}");
            Check.Equal("accepted", client.Send(to, "right").Status);
            WaException unknown = Check.Throws<WaException>(() => client.Update("{\"history\":{}}"));
            Check.True(unknown.Code == WaStatus.Settings || unknown.Code == WaStatus.Json, unknown.ToString());
            Check.True(unknown.Argument.Contains("history"), unknown.Argument);
        }
    }

    private static void Reference()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            SendOptions options = new SendOptions { Reference = "order 7" };
            WaOutcome first = client.Send(to, "once", options);
            Check.Equal(first.Id, client.Send(to, "once", options).Id);
            Check.Equal(first.Id, client.SendAsync(to, "once", options).Result.Id);
            Check.Equal(first.Id, client.Submit(to, WaMessage.Text("once"), options).Id);
            WaException conflict = Check.Throws<WaException>(() => client.Send(to, "twice", options));
            Check.Equal(WaStatus.ReferenceConflict, conflict.Code);
            Check.Equal(WaStatus.ReferenceConflict, Async(() => client.SendAsync(to, "twice", options)).Code);
            Check.Equal(1, Simulator.Taken(to).Count);
        }
    }

    internal static WaException Async(Func<System.Threading.Tasks.Task> send)
    {
        return Check.Throws<WaException>(() => send().GetAwaiter().GetResult());
    }

    private static void RetriedAndPending()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            Simulator.Fault(to, "{\"kind\":\"status\",\"http\":503,\"code\":20503}");
            Check.Equal(2, client.Send(to, "retried").Attempts);
            Simulator.Fault(to, "{\"kind\":\"slow\",\"ms\":2500,\"before\":false}");
            WaOutcome pending = client.Send(to, "slow", new SendOptions { TimeoutMs = 500 });
            Check.True(pending.IsPending && pending.Status == "sending", pending.Json);
            Check.True(pending.Error.Hint.Contains("Do not send it again"), pending.Json);
            Check.Equal("accepted", client.Wait(pending.Id, 20000).Status);
            Simulator.NoFaults();
        }
    }

    private static void Errors()
    {
        using (WaClient client = Simulator.NewClient())
        {
            string to = Simulator.NewNumber();
            WaException e = Check.Throws<WaException>(() => client.Send("+12025550103", "x"));
            Is(e, WaStatus.Recipient, "failed");
            Check.Equal("21211", e.ProviderCode);
            Check.Equal(400, e.HttpStatus.Value);
            Check.Equal(false, e.Retryable);
            Check.Equal("recipient", e.Error.Class);
            Is(Async(() => client.SendAsync("+12025550103", "x")), WaStatus.Recipient, "failed");
            Check.Equal("21211", Async(() => client.SendAsync("+12025550103", "x")).ProviderCode);
            Is(Check.Throws<WaException>(() => client.Send("12", "x")), WaStatus.Recipient, "failed");
            Is(Async(() => client.SendAsync("12", "x")), WaStatus.Recipient, "failed");
            Is(Check.Throws<WaException>(() => client.Submit("12", WaMessage.Text("x"))), WaStatus.Recipient, "failed");
            Is(Check.Throws<WaException>(() => client.Send(to, new string('x', 1601))), WaStatus.Message, "failed");
            Is(Check.Throws<WaException>(() => client.Send(to, string.Empty)), WaStatus.Message, "failed");
            Is(Check.Throws<WaException>(() => client.SendTemplate(to, "no such template")), WaStatus.Template, "failed");
            Is(Async(() => client.SendTemplateAsync(to, "welcome")), WaStatus.Template, "failed");
            Simulator.Fault(to, "{\"kind\":\"status\",\"http\":503,\"code\":20503}", 3);
            e = Check.Throws<WaException>(() => client.Send(to, "always busy"));
            Is(e, WaStatus.Temporary, "failed");
            Check.Equal(3, e.Outcome.Attempts);

            e = Check.Throws<WaException>(() => client.SendMessage(to, WaMessage.FromJson("{\"type\":\"text\",\"text\":\"x\",\"colour\":1}")));
            Check.Equal(WaStatus.Json, e.Code);
            Check.True(e.Argument.Contains("colour") && e.Outcome == null && e.Message.Length > 0, e.ToString());
            Check.Equal(WaStatus.Json, Check.Throws<WaException>(() => client.SendMessage(to, WaMessage.FromJson("{"))).Code);
            Check.Equal(WaStatus.Json, Async(() => client.SendMessageAsync(to, WaMessage.FromJson("{"))).Code);
            e = Check.Throws<WaException>(() => client.Send(to, "x", new SendOptions { Sender = "+15550000000" }));
            Check.True(e.Code == WaStatus.Sender || e.Code == WaStatus.Argument, e.ToString());
            e = Check.Throws<WaException>(() => client.Wait("not an id", 0));
            Check.Equal(WaStatus.Argument, e.Code);
            Check.Equal("id", e.Argument);
            Check.Equal(WaStatus.NotFound, Check.Throws<WaException>(() => client.Wait(Guid.NewGuid().ToString(), 0)).Code);
            Check.Equal(WaStatus.NotFound, Check.Throws<WaException>(() => client.Cancel(Guid.NewGuid().ToString())).Code);
            Check.Throws<ArgumentException>(() => client.SendAsync(to, "x", new SendOptions { NotBefore = DateTimeOffset.UtcNow.AddHours(1) }));
        }
        WaException settings = Check.Throws<WaException>(() => new WaClient("{\"twilio\":{\"account_sid\":\"nonsense\"}}").Dispose());
        Check.Equal(WaStatus.Settings, settings.Code);
        Check.True(settings.Argument != null && settings.Message.Length > 10, settings.ToString());
        settings = Check.Throws<WaException>(() => new WaClient("{\"twilo\":{}}").Dispose());
        Check.True(settings.Argument.Contains("twilo"), settings.ToString());
    }

    private static void Is(WaException e, WaStatus code, string status)
    {
        Check.Equal(code, e.Code, e.Message);
        Check.Equal(code, e.Error.Code);
        Check.Equal(status, e.Outcome.Status);
        Check.True(e.Message.Length > 0 && e.Outcome.Id.Length == 36 && e.ToString().Contains(code.ToString()), e.ToString());
    }

    private static WaException Copied(WaException e)
    {
        SerializationInfo info = new SerializationInfo(typeof(WaException), new FormatterConverter());
        StreamingContext context = new StreamingContext(StreamingContextStates.All);
        e.GetObjectData(info, context);
        return (WaException)Activator.CreateInstance(
            typeof(WaException), BindingFlags.Instance | BindingFlags.NonPublic, null, new object[] { info, context }, null);
    }

    private static void Serializes()
    {
        using (WaClient client = Simulator.NewClient())
        {
            WaException e = Check.Throws<WaException>(() => client.Send("+12025550103", "x"));
            using (MemoryStream stream = new MemoryStream())
            {
                BinaryFormatter formatter = new BinaryFormatter();
                WaException copy;
                try
                {
                    formatter.Serialize(stream, e);
                    stream.Position = 0;
                    copy = (WaException)formatter.Deserialize(stream);
                }
                catch (Exception refused) when (refused is PlatformNotSupportedException || refused is NotSupportedException)
                {
                    // .NET 9 has no formatter any more: what one would do.
                    copy = Copied(e);
                }
                Check.Equal(e.Message, copy.Message);
                Check.Equal(e.Code, copy.Code);
                Check.Equal(e.Hint, copy.Hint);
                Check.Equal(e.ProviderCode, copy.ProviderCode);
                Check.Equal(e.Outcome.Json, copy.Outcome.Json);
            }
        }
    }
}
