using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>Something that the host should know: a message ended, the database went away, ...</summary>
    public sealed class WaEvent : EventArgs
    {
        private readonly JsonObject json;

        internal WaEvent(JsonObject json)
        {
            this.json = json;
            Id = json.Text("id");
            Kind = json.Text("kind");
            At = json.Time("at") ?? default(DateTimeOffset);
            JsonObject outcome = json.Object("outcome");
            Outcome = outcome == null ? null : WaOutcome.From(WaOutcome.CodeOf(outcome), outcome);
            Text = ErrorWords.Of(json.Text("text"));
            JsonObject log = json.Object("log");
            Log = log == null ? null : new WaLogRecord(log);
            JsonObject progress = json.Object("progress");
            Progress = progress == null ? null : new WaProgress(progress);
            JsonObject webhook = json.Object("webhook");
            Webhook = webhook == null ? null : new WaWebhookRecord(webhook);
        }

        /// <summary>Stable: an event that comes twice has the same id.</summary>
        public string Id { get; }

        /// <summary><c>message</c>, <c>database</c>, <c>warning</c>, <c>log</c>, <c>progress</c>, or of webhooks <c>received</c>, <c>echo</c>,
        /// <c>template</c>, <c>number</c>, <c>account</c>, <c>consent</c>, <c>contact</c>, <c>call</c>, <c>webhook</c>,
        /// <c>dead_letter</c> or <c>refused</c>; more may be added.</summary>
        public string Kind { get; }

        /// <summary>When it happened.</summary>
        public DateTimeOffset At { get; }

        /// <summary>Of kind <c>message</c>: where the message is.</summary>
        public WaOutcome Outcome { get; }

        /// <summary>Of kind <c>database</c>, <c>warning</c>, <c>dead_letter</c> and <c>refused</c>: what happened, in a sentence.</summary>
        public string Text { get; }

        /// <summary>Of kind <c>log</c>: the record.</summary>
        public WaLogRecord Log { get; }

        /// <summary>Of kind <c>progress</c>: how far a call has come.</summary>
        public WaProgress Progress { get; }

        /// <summary>Of the kinds that come by webhook: what the provider told.</summary>
        public WaWebhookRecord Webhook { get; }

        /// <summary>The event as JSON, with the keys that this version does not know.</summary>
        public string Json
        {
            get { return json.ToString(); }
        }
    }

    /// <summary>How far an upload or download has come.</summary>
    public sealed class WaProgress
    {
        internal WaProgress(JsonObject json)
        {
            Id = json.Text("id");
            Done = json.Number("done") ?? 0;
            Total = json.Number("total");
        }

        /// <summary>Id of the operation: <see cref="CallOptions.Id"/>.</summary>
        public string Id { get; }

        /// <summary>Bytes done.</summary>
        public long Done { get; }

        /// <summary>All bytes, or null.</summary>
        public long? Total { get; }
    }

    /// <summary>A log record of the library. Numbers are masked; secrets are never in it.</summary>
    public sealed class WaLogRecord
    {
        internal WaLogRecord(JsonObject json)
        {
            At = json.Time("at") ?? default(DateTimeOffset);
            Level = json.Text("level");
            Target = json.Text("target");
            Message = json.Text("message");
            MessageId = json.Text("message_id");
            CorrelationId = json.Text("correlation_id");
        }

        /// <summary>When.</summary>
        public DateTimeOffset At { get; }

        /// <summary><c>error</c>, <c>warn</c>, <c>info</c>, <c>debug</c> or <c>trace</c>.</summary>
        public string Level { get; }

        /// <summary>The part of the library that says it.</summary>
        public string Target { get; }

        /// <summary>What it says.</summary>
        public string Message { get; }

        /// <summary>The message it is about, or null.</summary>
        public string MessageId { get; }

        /// <summary>The host's id for its own log, or null.</summary>
        public string CorrelationId { get; }
    }

    /// <summary>Which events <see cref="WaClient.NextEvents"/> gives.</summary>
    public sealed class EventQuery
    {
        /// <summary>Name under which the library remembers what was acknowledged, over restarts.</summary>
        public string Consumer { get; set; }

        /// <summary><see cref="EventPage.Cursor"/> of the page before: what is up to it is acknowledged.</summary>
        public string After { get; set; }

        /// <summary>Kinds that are wanted (default: all but <c>log</c> and <c>progress</c>).</summary>
        public IList<string> Include { get; set; }

        /// <summary>Kinds that are not wanted.</summary>
        public IList<string> Exclude { get; set; }

        /// <summary>How many events at the most (default 100, at most 1000).</summary>
        public int? Max { get; set; }

        internal string ToJson(string name)
        {
            Dictionary<string, object> map = new Dictionary<string, object>();
            Add(map, "consumer", Consumer);
            Add(map, "after", After);
            Add(map, "include", Include);
            Add(map, "exclude", Exclude);
            Add(map, "max", Max);
            return WaConnector.Json.Write(map, name);
        }

        private static void Add(Dictionary<string, object> map, string key, object value)
        {
            if (value != null)
            {
                map.Add(key, value);
            }
        }
    }

    /// <summary>Events, oldest first.</summary>
    public sealed class EventPage
    {
        internal EventPage(JsonObject json)
        {
            List<WaEvent> events = new List<WaEvent>();
            foreach (JsonObject one in json.Objects("events"))
            {
                events.Add(new WaEvent(one));
            }
            Events = events.AsReadOnly();
            Cursor = json.Text("cursor");
        }

        /// <summary>The events; empty when none came in time.</summary>
        public IReadOnlyList<WaEvent> Events { get; }

        /// <summary>Goes into <see cref="EventQuery.After"/>: acknowledges these events.</summary>
        public string Cursor { get; }
    }
}
