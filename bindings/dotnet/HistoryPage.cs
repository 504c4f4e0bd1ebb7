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
            TextRemoved = json.Text("text_removed");
            Reports = json.Has("reports") ? WaResult.List(json, "reports", item => new HistoryReport(item)) : null;
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

        /// <summary>Why the text is gone: <c>masked</c> or <c>erased</c>; null where it is there.</summary>
        public string TextRemoved { get; }

        /// <summary>
        /// What the provider reported, in the order in which it came; null unless
        /// <see cref="HistoryQuery.Reports"/> asked for it.
        /// </summary>
        public IReadOnlyList<HistoryReport> Reports { get; }
    }

    /// <summary>What the provider reported of a message.</summary>
    public sealed class HistoryReport
    {
        internal HistoryReport(JsonObject json)
        {
            Status = json.Text("status");
            ReportedAt = json.Time("reported_at");
            ReceivedAt = json.Time("received_at") ?? default(DateTimeOffset);
            ProviderCode = json.Text("provider_code");
            ProviderMessageId = json.Text("provider_message_id");
        }

        /// <summary><c>sent</c>, <c>delivered</c>, <c>read</c>, <c>failed</c> or <c>undelivered</c>.</summary>
        public string Status { get; }

        /// <summary>When it happened, as the provider says, or null.</summary>
        public DateTimeOffset? ReportedAt { get; }

        /// <summary>When the report came.</summary>
        public DateTimeOffset ReceivedAt { get; }

        /// <summary>The provider's code, or null.</summary>
        public string ProviderCode { get; }

        /// <summary>The provider's id of the message.</summary>
        public string ProviderMessageId { get; }
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
