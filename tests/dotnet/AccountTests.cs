using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using WaConnector;

/// <summary>Meta: every kind of message, and the calls that are no messages.</summary>
internal static class AccountTests
{
    private const string Sender = "200000000000001";
    private const string To = "+12025550199";

    internal static void Add()
    {
        Runner.Add("Meta", "sync: Meta takes every kind of message that can be built", Kinds);
        Runner.Add("Meta", "meta: templates, with and without tasks", Templates);
        Runner.Add("Meta", "meta: numbers, codes and PINs", Numbers);
        Runner.Add("Meta", "meta: profile and check", Profile);
        Runner.Add("Meta", "meta: media, its progress, and what is refused", Media);
        Runner.Add("cancel", "meta: a token breaks a call off", Cancels);
        Runner.Add("threads", "meta: 70 calls with tasks leave the pool to the host, and one token breaks all off", ManyCalls);
        Runner.Add("threads", "meta: a task waits while synchronous calls take all the room", NoRoom);
        Runner.Add("road", "sync: what Twilio cannot do is said", Twilio);
    }

    private static WaClient Client()
    {
        return Simulator.NewClient(settings =>
        {
            settings["provider"] = "meta";
            settings.Remove("twilio");
            settings["meta"] = new Dictionary<string, object>
            {
                ["access_token"] = "EAA0000000000000000000000000permanent",
                ["phone_number_id"] = Sender,
                ["business_account_id"] = "100000000000001",
                ["base_url"] = Simulator.Url,
            };
        });
    }

    private static void Kinds()
    {
        WaMediaSource picture = WaMediaSource.Link("https://example.com/a.png");
        Dictionary<string, string> buttons = new Dictionary<string, string> { ["1"] = "Yes", ["2"] = "No" };
        Dictionary<string, IEnumerable<string>> products = new Dictionary<string, IEnumerable<string>> { ["One"] = new[] { "a", "b" } };
        WaMessage[] messages =
        {
            WaMessage.Text("Hello https://example.com", true).InReplyTo("wamid.HBgLMTIwMjU1NTAxOTkVAgARGBI5"),
            WaMessage.Media(new[] { "https://example.com/a.png" }, "Twilio's form"),
            WaMessage.Image(picture, "A picture"),
            WaMessage.Video(WaMediaSource.Link("https://example.com/a.mp4")),
            WaMessage.Audio(WaMediaSource.Link("https://example.com/a.ogg"), true),
            WaMessage.Document(WaMediaSource.Link("https://example.com/a.pdf"), "Read it", "a.pdf"),
            WaMessage.Sticker(WaMediaSource.Link("https://example.com/a.webp")),
            WaMessage.Location(52.5, 13.4, "Here", "There"),
            WaMessage.Contacts(
                new WaContact("Dr. Ann Lee", "Ann", "Lee").WithName(prefix: "Dr.").WithPhone("+12025550199", "CELL")
                    .WithEmail("ann@example.com", "WORK").WithUrl("https://example.com").WithAddress("1 Main St", "Town")
                    .WithOrganization("Ann's Shop").WithBirthday("2000-01-31")),
            WaMessage.Reaction("wamid.HBgLMTIwMjU1NTAxOTkVAgARGBI5", "👍"),
            WaMessage.Reaction("wamid.HBgLMTIwMjU1NTAxOTkVAgARGBI5", ""),
            WaMessage.ReplyButtons("Coffee?", buttons, WaHeader.Image(picture), "Free"),
            WaMessage.List("Choose", "Open", new[] { new WaListSection("One").WithRow("1", "First", "The first").WithRow("2", "Second") }),
            WaMessage.CtaUrl("Look", "Open", "https://example.com", WaHeader.Text("Here")),
            WaMessage.LocationRequest("Where are you?"),
            WaMessage.Product("1", "2"),
            WaMessage.ProductList("All", "Look", "1", products),
            WaMessage.Catalog("Look", "2"),
            WaMessage.Flow("Book", new WaFlow { Id = "1", Cta = "Book", Token = "t", Screen = "FIRST", Data = new Dictionary<string, object> { ["day"] = 1 } }),
            WaMessage.Carousel(
                "Look",
                new WaCard(WaHeader.Image(picture), "Open", "https://example.com/1", "One"),
                new WaCard(WaHeader.Image(picture), "Open", "https://example.com/2", "Two")),
        };
        using (WaClient client = Client())
        {
            foreach (WaMessage message in messages)
            {
                WaOutcome outcome = client.SendMessage(To, message);
                Check.True(outcome.ProviderMessageId.StartsWith("wamid.", StringComparison.Ordinal), message.Json);
                Check.Equal(To.TrimStart('+'), outcome.RecipientId, message.Json);
            }
            WaException e = Check.Throws<WaException>(() => client.SendMessage(To, WaMessage.ReplyButtons("x", new Dictionary<string, string>())));
            Check.Equal("message.buttons", e.Argument);
        }
        Check.Throws<ArgumentNullException>(() => WaMessage.Image(null));
        Check.Throws<ArgumentNullException>(() => WaMediaSource.File(null));
        Check.Throws<ArgumentNullException>(() => WaMessage.Contacts(new WaContact[] { null }));
        Check.Throws<ArgumentException>(() => WaMessage.Image(picture, "half \ud83d"));
    }

    private static void Templates()
    {
        using (WaClient client = Client())
        {
            WaTemplatePage page = client.ListTemplates(new TemplateQuery { Limit = 2 });
            Check.Equal(2, page.Templates.Count);
            Check.True(page.Next != null, "line 97");
            Check.Equal("de", client.GetTemplate("welcome", new TemplateGetOptions { Language = "de" }).Language);
            string name = "net_" + Guid.NewGuid().ToString("N");
            WaTemplateDefinition definition = new WaTemplateDefinition(
                name, "en_US", "utility", "Hello {{1}}, welcome.", new Dictionary<string, string> { ["1"] = "Ann" });
            WaTemplate made = client.CreateTemplate(definition.WithFooter("Bye").WithButton("quick_reply", "Stop"));
            Check.True(!string.IsNullOrEmpty(made.Id), made.Json);
            WaTemplate found = client.GetTemplateAsync(name, new TemplateGetOptions { Refresh = true }).GetAwaiter().GetResult();
            Check.Equal("Hello {{1}}, welcome.", found.Body);
            client.DeleteTemplateAsync(name).GetAwaiter().GetResult();
            Check.Equal(WaStatus.Template, Check.Throws<WaException>(() => client.GetTemplate(name, new TemplateGetOptions { Refresh = true })).Code);
            WaTemplateMessage message = new WaTemplateMessage("promo_picture")
            {
                Variables = new Dictionary<string, object> { ["1"] = "Ann" },
                Header = WaHeader.Image(WaMediaSource.Link("https://example.com/a.png")),
            };
            Check.True(client.SendMessage(To, WaMessage.Template(message.WithUrl(0, "42").WithQuickReply(1, "stop"))).ProviderMessageId != null, "line 113");
            message = new WaTemplateMessage("price")
            {
                Variables = new Dictionary<string, object>
                {
                    ["1"] = WaTemplateMessage.Currency("$10", "USD", 10000),
                    ["2"] = WaTemplateMessage.DateTime("Monday"),
                },
            };
            Check.True(client.SendMessage(To, WaMessage.Template(message)).ProviderMessageId != null, "line 122");
            Check.True(client.SendMessage(To, WaMessage.Template(new WaTemplateMessage("verify") { Code = "471108" })).ProviderMessageId != null, "line 123");
        }
    }

    private static void Numbers()
    {
        using (WaClient client = Client())
        {
            Check.True(client.ListNumbers().Numbers.Any(number => number.Id == Sender), "line 131");
            Check.Equal(Sender, client.GetNumberAsync().GetAwaiter().GetResult().Id);
            WaException e = Check.Throws<WaException>(() => client.AddNumber("+4930901820"));
            Check.Equal("options.VerifiedName", e.Argument);
            Check.Equal(WaStatus.Argument, Check.Throws<WaException>(() => client.SetPin("12345")).Code);
            Check.Throws<ArgumentNullException>(() => client.SetPin(null));
            e = Check.Throws<WaException>(() => client.GetNumber(new NumberOptions { Sender = "+14155238886" }));
            Check.Equal(WaStatus.Sender, e.Code);
        }
    }

    private static void Profile()
    {
        using (WaClient client = Client())
        {
            client.UpdateProfile(new WaProfileUpdate { About = "Open 9 to 5 👋", Websites = new[] { "https://example.com" } });
            WaProfile profile = client.GetProfile();
            Check.Equal("Open 9 to 5 👋", profile.About);
            Check.Equal("https://example.com", profile.Websites.Single());
            WaException e = Check.Throws<WaException>(() => client.UpdateProfile(new WaProfileUpdate { Vertical = "PIRATES" }));
            Check.Equal("profile.Vertical", e.Argument);
            // The database is what it was: there is nothing to decide.
            WaRecovery recovery = client.Recover();
            Check.Equal(false, recovery.Rewound);
            Check.Equal(0L, recovery.Unknown);
            WaCheckReport report = client.CheckAsync().GetAwaiter().GetResult();
            Check.True(report.Ok && report.Items.Count > 2, report.Json);
        }
    }

    private static void Media()
    {
        byte[] picture = new byte[300000];
        new byte[] { 0xff, 0xd8, 0xff, 0xe0 }.CopyTo(picture, 0);
        string folder = Path.GetDirectoryName(Simulator.NewFile());
        using (WaClient client = Client())
        {
            Guid id = Guid.NewGuid();
            WaMedia media = client.UploadMedia(picture, new UploadOptions { MimeType = "image/jpeg", Id = id });
            EventPage progress = client.NextEvents(new EventQuery { Include = new[] { "progress" } }, 5000);
            Check.Equal(id.ToString("D"), progress.Events.Last().Progress.Id);
            Check.Equal((long?)picture.Length, progress.Events.Last().Progress.Total);
            Check.True(client.SendMessage(To, WaMessage.Image(WaMediaSource.Id(media.Id))).ProviderMessageId != null, "line 169");
            WaMediaFile file = client.DownloadMediaAsync(media.Id, folder).GetAwaiter().GetResult();
            Check.True(File.ReadAllBytes(file.File).SequenceEqual(picture), file.Json);
            Check.Equal("image/jpeg", client.GetMedia(media.Id).MimeType);
            client.DeleteMedia(media.Id);
            Check.Throws<WaException>(() => client.GetMedia(media.Id));
            Check.Throws<ArgumentException>(() => client.UploadMedia(new byte[0]));
            Check.Equal("options.MimeType", Check.Throws<WaException>(() => client.UploadMedia(picture)).Argument);
        }
    }

    private static void Cancels()
    {
        using (WaClient client = Client())
        using (CancellationTokenSource source = new CancellationTokenSource())
        {
            Simulator.Call("POST", "/_control/faults", "[{\"match\":{\"path_contains\":\"/whatsapp_business_profile\"},\"times\":null,\"fault\":{\"kind\":\"slow\",\"ms\":20000}}]");
            try
            {
                Task<WaProfile> task = client.GetProfileAsync(null, source.Token);
                source.CancelAfter(200);
                Check.Throws<OperationCanceledException>(() => task.GetAwaiter().GetResult());
                Check.True(task.IsCanceled, "line 191");
                Check.Throws<OperationCanceledException>(() => client.CheckAsync(null, source.Token).GetAwaiter().GetResult());
                WaException e = Check.Throws<WaException>(() => client.GetProfile(new NumberOptions { TimeoutMs = 100 }));
                Check.Equal(WaStatus.Timeout, e.Code);
                Check.True(e.Message.Contains("Nothing was changed"), e.Message);
            }
            finally
            {
                Simulator.NoFaults();
            }
        }
    }

    private static void ManyCalls()
    {
        ThreadPool.GetMaxThreads(out int workers, out int ports);
        Check.True(ThreadPool.SetMaxThreads(8, 8), "the pool is capped");
        Simulator.Call("POST", "/_control/faults", "[{\"match\":{\"path_contains\":\"/whatsapp_business_profile\"},\"times\":null,\"fault\":{\"kind\":\"slow\",\"ms\":20000}}]");
        try
        {
            using (WaClient client = Client())
            using (CancellationTokenSource source = new CancellationTokenSource())
            {
                // More than the library runs at once: the last ones wait, and are no error.
                Task<WaProfile>[] calls = Enumerable.Range(0, 70).Select(_ => client.GetProfileAsync(null, source.Token)).ToArray();
                Check.True(Task.Run(() => calls.All(call => !call.IsCompleted)).GetAwaiter().GetResult(), "the host's own work comes first");
                source.Cancel();
                Check.Throws<AggregateException>(() => Task.WaitAll(calls, 15000));
                Check.Equal(70, calls.Count(call => call.IsCanceled), "cancelled");
                Simulator.NoFaults();
                Check.True(client.GetProfileAsync().GetAwaiter().GetResult() != null, "the next call");
            }
        }
        finally
        {
            Simulator.NoFaults();
            ThreadPool.SetMaxThreads(workers, ports);
        }
    }

    private static void NoRoom()
    {
        Simulator.Call("POST", "/_control/faults", "[{\"match\":{\"path_contains\":\"/whatsapp_business_profile\"},\"times\":null,\"fault\":{\"kind\":\"slow\",\"ms\":60000}}]");
        try
        {
            using (WaClient client = Client())
            using (CancellationTokenSource source = new CancellationTokenSource())
            {
                Guid[] ids = Enumerable.Range(0, 64).Select(_ => Guid.NewGuid()).ToArray();
                int cancelled = 0;
                Thread[] threads = ids.Select(id => new Thread(() =>
                {
                    try
                    {
                        // The look whether there is room takes some itself.
                        while (!Refused(() => client.GetProfile(new NumberOptions { Id = id }), WaStatus.Cancelled))
                        {
                            Thread.Sleep(10);
                        }
                        Interlocked.Increment(ref cancelled);
                    }
                    catch (WaException)
                    {
                        // The test has failed, and its client is closed.
                    }
                })).ToArray();
                Array.ForEach(threads, thread => thread.Start());
                Check.True(Machine.Until(() => Refused(() => client.GetNumber(), WaStatus.QueueFull), 20000), "one more is refused");
                Task<WaNumber>[] waiting = Enumerable.Range(0, 8).Select(_ => client.GetNumberAsync()).ToArray();
                Task<WaNumber> givenUp = client.GetNumberAsync(null, source.Token);
                source.Cancel();
                Check.Throws<OperationCanceledException>(() => givenUp.GetAwaiter().GetResult());
                Thread.Sleep(200);
                Check.True(waiting.All(task => !task.IsCompleted), "they wait, and are no error");
                Check.True(Machine.Until(() => BrokenOff(client, ids[0]), 20000), "one ends");
                Check.True(Task.WaitAll(waiting, 20000), "and they run, one after the other");
                Array.ForEach(ids, id => Check.True(id == ids[0] || Machine.Until(() => BrokenOff(client, id), 20000), "the others end"));
                Check.True(threads.All(thread => thread.Join(20000)), "all have ended");
                Check.Equal(64, cancelled, "broken off");
            }
        }
        finally
        {
            Simulator.NoFaults();
        }
    }

    /// <summary>Whether a call fails so; for want of room it may fail, too.</summary>
    private static bool Refused(Action call, WaStatus status)
    {
        try
        {
            call();
            return false;
        }
        catch (WaException e) when (e.Code == status || e.Code == WaStatus.QueueFull)
        {
            return e.Code == status;
        }
    }

    /// <summary>False while the call is on its way into the library.</summary>
    private static bool BrokenOff(WaClient client, Guid id)
    {
        try
        {
            return client.Cancel(id.ToString("D"));
        }
        catch (WaException e) when (e.Code == WaStatus.NotFound)
        {
            return false;
        }
    }

    private static void Twilio()
    {
        using (WaClient client = Simulator.NewClient())
        {
            Action[] calls =
            {
                // Twilio knows it with the typing indicator only.
                () => client.MarkRead("SM0123456789abcdef0123456789abcdef"),
                () => client.UploadMedia("/no/such/file"),
                () => client.DownloadMedia("1", "/no/such/folder", new DownloadOptions { Overwrite = true, MaxBytes = 5, Filename = "x" }),
                () => client.GetMedia("1"),
                () => client.DeleteMedia("1"),
                () => client.ListNumbers(new NumberListOptions { Limit = 1 }),
                () => client.GetNumber(),
                () => client.AddNumber("+4930901820", new NumberAddOptions { VerifiedName = "Ann" }),
                () => client.RequestCode(new CodeOptions { Voice = true, Language = "de" }),
                () => client.VerifyCode("123456"),
                () => client.Register("123456", new RegisterOptions { DataLocalizationRegion = "DE" }),
                () => client.Deregister(),
                () => client.SetPin("123456"),
                () => client.GetProfile(),
                () => client.UpdateProfile(new WaProfileUpdate { About = "x" }),
                () => client.SetProfilePicture("/no/such/file"),
                () => client.GetNumberAsync().GetAwaiter().GetResult(),
            };
            for (int at = 0; at < calls.Length; at++)
            {
                Check.Equal(WaStatus.NotSupported, Check.Throws<WaException>(calls[at]).Code, "call " + at);
            }
            client.MarkRead("SM0123456789abcdef0123456789abcdef", new ReadOptions { Typing = true });
            Check.Throws<ArgumentOutOfRangeException>(() => client.GetProfile(new NumberOptions { TimeoutMs = -1 }));
        }
    }
}
