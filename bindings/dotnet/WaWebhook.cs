using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>A request that a provider made to the application's web server.</summary>
    public sealed class WaWebhookRequest
    {
        private readonly List<object> headers = new List<object>();

        /// <summary>Makes one.</summary>
        /// <param name="method"><c>GET</c> or <c>POST</c>.</param>
        /// <param name="url">
        /// The address as it was requested, with its query and not decoded: the
        /// whole, or from its path on.
        /// </param>
        /// <param name="body">
        /// The bytes of the body as they came, or null: they are signed, so
        /// nothing may have read and written them anew.
        /// </param>
        public WaWebhookRequest(string method, string url, byte[] body)
        {
            Method = method ?? throw new ArgumentNullException(nameof(method));
            Url = url ?? throw new ArgumentNullException(nameof(url));
            Body = body ?? new byte[0];
        }

        /// <summary>The method.</summary>
        public string Method { get; }

        /// <summary>The address.</summary>
        public string Url { get; }

        /// <summary>The bytes of the body.</summary>
        public byte[] Body { get; }

        /// <summary>
        /// Who is connected, such as a proxy: an IP address, with a port or
        /// without; or null. Only with <c>webhook.trust_forwarded</c> it matters.
        /// </summary>
        public string RemoteAddress { get; set; }

        /// <summary>How long the call may take, in milliseconds; null is 10000.</summary>
        public int? TimeoutMs { get; set; }

        /// <summary>Adds a header; one that came twice is added twice.</summary>
        /// <param name="name">Its name.</param>
        /// <param name="value">Its value.</param>
        /// <returns>This request.</returns>
        public WaWebhookRequest WithHeader(string name, string value)
        {
            if (name == null)
            {
                throw new ArgumentNullException(nameof(name));
            }
            headers.Add(new List<object> { name, value ?? string.Empty });
            return this;
        }

        internal string ToJson(string name)
        {
            Fields fields = new Fields().Add("method", Method).Add("url", Url).Add("headers", headers);
            fields.Add("remote_address", RemoteAddress).Add("timeout_ms", TimeoutMs);
            return WaConnector.Json.Write(fields, name);
        }
    }

    /// <summary>What is to be answered to a provider's request.</summary>
    public sealed class WaWebhookResponse : WaResult
    {
        internal WaWebhookResponse(WaStatus code, JsonObject json)
            : base(json)
        {
            Code = code;
            Status = json.Has("status") ? json.Count("status") : 500;
            Headers = json.Words("headers");
            Body = json.Text("body") ?? string.Empty;
            Error = WaError.From(json.Object("error"));
        }

        /// <summary>What the library answers to a request that it cannot read, for one that cannot reach it.</summary>
        /// <param name="why">What is wrong with it.</param>
        internal static WaWebhookResponse Unreadable(string why)
        {
            Fields headers = new Fields()
                .Add("Content-Type", "text/plain; charset=utf-8").Add("X-Content-Type-Options", "nosniff");
            Fields error = new Fields().Add("status", "argument").Add("message", why).Add("argument", "request");
            Fields all = new Fields().Add("status", 400).Add("headers", headers).Add("error", error);
            return new WaWebhookResponse(WaStatus.Argument, JsonObject.Read(WaConnector.Json.Write(all, null)));
        }

        /// <summary>
        /// <see cref="WaStatus.Ok"/> where the request was dealt with, also where
        /// it was refused because the provider did not sign it.
        /// </summary>
        public WaStatus Code { get; }

        /// <summary>The HTTP status to answer.</summary>
        public int Status { get; }

        /// <summary>The headers to answer.</summary>
        public IReadOnlyDictionary<string, string> Headers { get; }

        /// <summary>The body to answer, in UTF-8.</summary>
        public string Body { get; }

        /// <summary>Why the request could not be dealt with, or null. It is for the log, and never for who asked.</summary>
        public WaError Error { get; }
    }
}
