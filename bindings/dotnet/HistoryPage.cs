using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>A page of the history.</summary>
    public sealed class HistoryPage
    {
        private readonly JsonObject json;

        internal HistoryPage(JsonObject json)
        {
            this.json = json;
            List<HistoryMessage> messages = new List<HistoryMessage>();
            foreach (JsonObject message in json.Objects("messages"))
            {
                messages.Add(new HistoryMessage(message));
            }
            Messages = messages.AsReadOnly();
            Next = json.Text("next");
        }

        /// <summary>The messages.</summary>
        public IReadOnlyList<HistoryMessage> Messages { get; }

        /// <summary>Goes into <see cref="HistoryQuery.Cursor"/> for the next page; null at the end.</summary>
        public string Next { get; }

        /// <summary>The page as JSON, with the keys that this version does not know.</summary>
        public string Json
        {
            get { return json.ToString(); }
        }
    }

    /// <summary>A message of the history: its outcome, and what was said.</summary>
    public sealed class HistoryMessage : WaOutcome
    {
        internal HistoryMessage(JsonObject json)
            : base(CodeOf(json), json)
        {
            Direction = json.Text("direction");
            Kind = json.Text("kind");
            Text = json.Text("text");
            Template = json.Text("template");
            CampaignId = json.Text("campaign_id");
            Category = json.Text("category");
            CorrelationId = json.Text("correlation_id");
            CreatedAt = json.Time("created_at") ?? default(DateTimeOffset);
            UpdatedAt = json.Time("updated_at") ?? default(DateTimeOffset);
            NotBefore = json.Time("not_before");
            ExpiresAt = json.Time("expires_at");
            List<HistoryAttempt> attempts = new List<HistoryAttempt>();
            foreach (JsonObject attempt in json.Objects("attempt_list"))
            {
                attempts.Add(new HistoryAttempt(attempt));
            }
            AttemptList = attempts.AsReadOnly();
        }

        /// <summary><c>outbound</c> or <c>inbound</c>.</summary>
        public string Direction { get; }

        /// <summary><c>text</c>, <c>media</c>, <c>template</c>; more may be added.</summary>
        public string Kind { get; }

        /// <summary>What was said.</summary>
        public string Text { get; }

        /// <summary>The template's name, or null.</summary>
        public string Template { get; }

        /// <summary>The campaign it belongs to, or null.</summary>
        public string CampaignId { get; }

        /// <summary>The host's category, or null.</summary>
        public string Category { get; }

        /// <summary>The host's id for its log, or null.</summary>
        public string CorrelationId { get; }

        /// <summary>When it was handed over.</summary>
        public DateTimeOffset CreatedAt { get; }

        /// <summary>When it last changed.</summary>
        public DateTimeOffset UpdatedAt { get; }

        /// <summary>Before this time no attempt starts.</summary>
        public DateTimeOffset? NotBefore { get; }

        /// <summary>After this time no attempt starts.</summary>
        public DateTimeOffset? ExpiresAt { get; }

        /// <summary>Every attempt, first to last.</summary>
        public IReadOnlyList<HistoryAttempt> AttemptList { get; }
    }

    /// <summary>An attempt of a message of the history.</summary>
    public sealed class HistoryAttempt
    {
        internal HistoryAttempt(JsonObject json)
        {
            Number = json.Count("number");
            BeganAt = json.Time("began_at") ?? default(DateTimeOffset);
            TookMs = json.Number("took_ms") ?? 0;
            Status = json.Text("status");
            HttpStatus = json.Has("http_status") ? json.Count("http_status") : (int?)null;
            ProviderCode = json.Text("provider_code");
            TraceId = json.Text("trace_id");
            Class = json.Text("class");
            WaitMs = json.Number("wait_ms");
            Detail = json.Text("detail");
        }

        /// <summary>1 for the first.</summary>
        public int Number { get; }

        /// <summary>When it began.</summary>
        public DateTimeOffset BeganAt { get; }

        /// <summary>How long it took, in milliseconds.</summary>
        public long TookMs { get; }

        /// <summary>How it ended: <c>accepted</c>, <c>failed</c> or <c>unknown</c>.</summary>
        public string Status { get; }

        /// <summary>HTTP status of the answer, or null.</summary>
        public int? HttpStatus { get; }

        /// <summary>The provider's code, or null.</summary>
        public string ProviderCode { get; }

        /// <summary>The provider's id of the request, or null.</summary>
        public string TraceId { get; }

        /// <summary>Class of the error, or null.</summary>
        public string Class { get; }

        /// <summary>The wait until the next attempt, in milliseconds, or null.</summary>
        public long? WaitMs { get; }

        /// <summary>A few words more, or null.</summary>
        public string Detail { get; }
    }
}
