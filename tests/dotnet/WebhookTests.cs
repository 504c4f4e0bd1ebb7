using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using WaConnector;

/// <summary>Webhooks: from the simulator through a server of this process into the history.</summary>
internal static class WebhookTests
{
    internal static void Add()
    {
        Runner.Add("webhooks", "sync: Twilio's webhooks: reports, a message to us, what is forged", Twilio);
        Runner.Add("webhooks", "sync: Meta's webhooks: the challenge, a message to us, a missing secret", Meta);
        Runner.Add("webhooks", "sync: a webhook's request that does not fit has its answer", Refused);
    }

    private static void Twilio()
    {
        using (Listener listener = new Listener())
        using (WaClient client = Simulator.NewClient(settings => Of(settings, "twilio")["status_callback"] = listener.Url + "status"))
        {
            listener.Client = client;
            string to = Simulator.NewNumber();
            client.Send(to, "Hello");
            Until(() => client.History(new HistoryQuery { Recipient = to }).Messages.All(m => m.Status != "accepted"), "a report");
            string from = Simulator.NewNumber();
            JsonObject told = JsonObject.Read(Simulator.Call(
                "POST", "/_control/inbound", "{\"url\":\"" + listener.Url + "in?x=%20\",\"from\":\"" + from + "\",\"body\":\"Grüße 👋\"}"));
            Check.Equal(200, told.Count("http_status"));
            HistoryPage page = client.History(new HistoryQuery { Direction = "inbound" });
            Check.Equal(1, page.Messages.Count);
            Check.Equal("Grüße 👋", page.Messages[0].Text);
            WaWebhookRequest last = listener.Last;
            Check.Equal(200, client.Webhook(last).Status);
            Check.Equal(1, client.History(new HistoryQuery { Direction = "inbound" }).Messages.Count);
            last.Body[last.Body.Length - 1] ^= 1;
            WaWebhookResponse forged = client.Webhook(last);
            Check.Equal(403, forged.Status);
            Check.Equal(WaStatus.Ok, forged.Code);
            Check.True(forged.Error == null && forged.Body.Length == 0, forged.Json);
            EventPage events = client.NextEvents(new EventQuery { Include = new[] { "refused", "received" } }, 20000);
            Until(
                () => client.NextEvents(new EventQuery { Include = new[] { "refused" } }, 1000).Events.Count == 1, "the event of a refusal");
            Check.True(events.Events.Any(e => e.Kind == "received"), "no event of the message");
        }
    }

    private static void Meta()
    {
        Action<Dictionary<string, object>> meta = settings =>
        {
            settings["provider"] = "meta";
            settings.Remove("twilio");
            settings["meta"] = new Dictionary<string, object>
            {
                ["access_token"] = "EAA0000000000000000000000000permanent",
                ["phone_number_id"] = "200000000000001",
                ["business_account_id"] = "100000000000001",
                ["base_url"] = Simulator.Url,
            };
        };
        using (Listener listener = new Listener())
        using (WaClient client = Simulator.NewClient(meta))
        {
            listener.Client = client;
            WaWebhookResponse missing = client.Webhook(new WaWebhookRequest("POST", "/hook", new byte[] { 1 }));
            Check.Equal(WaStatus.Settings, missing.Code);
            Check.Equal(500, missing.Status);
            Check.Equal("settings.meta.app_secret", missing.Error.Argument);
            client.Update("{\"meta\":{\"app_secret\":\"5f4dcc3b5aa765d61d8327deb882cf99\"},\"webhook\":{\"verify_token\":\"me & you\"}}");
            WaWebhookResponse challenge = client.Webhook(
                new WaWebhookRequest("GET", "/hook?hub.mode=subscribe&hub.challenge=42&hub.verify_token=me%20%26%20you", null));
            Check.Equal("42", challenge.Body);
            Check.Equal("text/plain; charset=utf-8", challenge.Headers["Content-Type"]);
            JsonObject told = JsonObject.Read(Simulator.Call(
                "POST", "/_control/meta/inbound", "{\"url\":\"" + listener.Url + "\",\"from\":\"+15551230009\",\"body\":\"Grüße 👋\"}"));
            Check.Equal(200, told.Count("http_status"));
            Check.Equal("Grüße 👋", client.History(new HistoryQuery { Direction = "inbound" }).Messages.Single().Text);
        }
    }

    private static void Refused()
    {
        WaClient client = Simulator.NewClient();
        using (client)
        {
            Check.Throws<ArgumentNullException>(() => client.Webhook(null));
            Check.Throws<ArgumentNullException>(() => new WaWebhookRequest(null, "/", null));
            // What no text of the boundary can hold is answered as well: strangers choose it.
            foreach (WaWebhookRequest odd in new[]
            {
                new WaWebhookRequest("POST", "/\ud800", null),
                new WaWebhookRequest("POST", "/\0", null),
                new WaWebhookRequest("POST", "/", null).WithHeader("X-A", "a\0b"),
                new WaWebhookRequest("POST", "/", null).WithHeader("X-\udc00", "a"),
            })
            {
                WaWebhookResponse unreadable = client.Webhook(odd);
                Check.Equal(400, unreadable.Status);
                Check.Equal(WaStatus.Argument, unreadable.Code);
                Check.Equal(WaStatus.Argument, unreadable.Error.Code);
                Check.Equal("request", unreadable.Error.Argument);
                Check.Equal("nosniff", unreadable.Headers["X-Content-Type-Options"]);
                Check.Equal(string.Empty, unreadable.Body);
            }
            Check.Equal(405, client.Webhook(new WaWebhookRequest("PUT", "/", null)).Status);
            Check.Equal(413, client.Webhook(new WaWebhookRequest("POST", "/", new byte[(4 << 20) + 1])).Status);
            WaWebhookResponse wrong = client.Webhook(new WaWebhookRequest("POST", "x", null));
            Check.Equal(400, wrong.Status);
            Check.Equal(WaStatus.Argument, wrong.Code);
            WaWebhookRequest twice = new WaWebhookRequest("POST", "/", new byte[] { 1 })
                .WithHeader("X-Twilio-Signature", "a").WithHeader("x-twilio-signature", "a");
            Check.Equal(403, client.Webhook(twice).Status);
        }
        Check.Throws<ObjectDisposedException>(() => client.Webhook(new WaWebhookRequest("POST", "/", null)));
    }

    private static Dictionary<string, object> Of(Dictionary<string, object> settings, string section)
    {
        return (Dictionary<string, object>)settings[section];
    }

    private static void Until(Func<bool> holds, string what)
    {
        Check.True(Machine.Until(holds, 20000), "waited in vain for " + what);
    }

    /// <summary>
    /// A web server of a few lines that hands every request to a client, as an application does. HttpListener is none
    /// for tests: in .NET Core 3.1 it ends the process where there is no OpenSSL 1.1.
    /// </summary>
    private sealed class Listener : IDisposable
    {
        private readonly TcpListener server = new TcpListener(IPAddress.Loopback, 0);
        private readonly Thread thread;
        private volatile bool ended;

        internal Listener()
        {
            server.Start();
            Url = "http://127.0.0.1:" + ((IPEndPoint)server.LocalEndpoint).Port + "/";
            thread = new Thread(Serve) { IsBackground = true };
            thread.Start();
        }

        internal string Url { get; }

        internal WaClient Client { get; set; }

        internal WaWebhookRequest Last { get; private set; }

        public void Dispose()
        {
            ended = true;
            thread.Join(25000);
            server.Stop();
        }

        private void Serve()
        {
            while (!ended)
            {
                // A blocked accept is not ended by Stop in .NET Core 3.1, which then waits for it.
                if (!server.Pending())
                {
                    Thread.Sleep(1);
                    continue;
                }
                try
                {
                    using (TcpClient connection = server.AcceptTcpClient())
                    using (NetworkStream stream = connection.GetStream())
                    {
                        stream.ReadTimeout = 20000;
                        Answer(stream);
                    }
                }
                catch (Exception e) when (e is IOException || e is SocketException)
                {
                    // Whoever asked has gone.
                }
            }
        }

        private void Answer(Stream stream)
        {
            string[] lines = Head(stream).Split(new[] { "\r\n" }, StringSplitOptions.RemoveEmptyEntries);
            if (lines.Length == 0)
            {
                return;
            }
            string[] first = lines[0].Split(' ');
            List<string[]> headers = lines.Skip(1).Select(line => line.Split(new[] { ':' }, 2)).ToList();
            string length = headers.Where(h => h[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).Select(h => h[1]).FirstOrDefault();
            byte[] body = new byte[length == null ? 0 : int.Parse(length.Trim(), CultureInfo.InvariantCulture)];
            for (int at = 0; at < body.Length;)
            {
                int read = stream.Read(body, at, body.Length - at);
                if (read == 0)
                {
                    return;
                }
                at += read;
            }
            WaWebhookRequest request = new WaWebhookRequest(first[0], Url.TrimEnd('/') + first[1], body);
            foreach (string[] header in headers)
            {
                request.WithHeader(header[0], header[1].Trim());
            }
            Last = request;
            WaWebhookResponse response = Client.Webhook(request);
            byte[] said = Encoding.UTF8.GetBytes(response.Body);
            StringBuilder head = new StringBuilder("HTTP/1.1 " + response.Status + " -\r\nConnection: close\r\nContent-Length: " + said.Length + "\r\n");
            foreach (KeyValuePair<string, string> header in response.Headers)
            {
                head.Append(header.Key + ": " + header.Value + "\r\n");
            }
            byte[] begin = Encoding.ASCII.GetBytes(head + "\r\n");
            stream.Write(begin, 0, begin.Length);
            stream.Write(said, 0, said.Length);
        }

        /// <summary>The request line and the headers; what there is of them where the other side has gone.</summary>
        private static string Head(Stream stream)
        {
            StringBuilder head = new StringBuilder();
            for (int next = stream.ReadByte(); next >= 0; next = stream.ReadByte())
            {
                head.Append((char)next);
                if (next == '\n' && head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                {
                    break;
                }
            }
            return head.ToString();
        }
    }
}
