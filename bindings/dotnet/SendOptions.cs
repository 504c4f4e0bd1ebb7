using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>What a send does with its message at the call's deadline.</summary>
    public enum WaOnTimeout
    {
        /// <summary>The message is given up, unless an attempt has begun.</summary>
        Cancel,

        /// <summary>The message goes on without the caller.</summary>
        Continue,
    }

    /// <summary>How far a reference must be unique for its message to be sent.</summary>
    public enum WaReferenceScope
    {
        /// <summary>In the database: while it is away, the message is not sent.</summary>
        Database,

        /// <summary>
        /// While the database is away, in the journal of this client: another
        /// client may use the same reference meanwhile.
        /// </summary>
        Machine,
    }

    /// <summary>Who goes first when messages wait.</summary>
    public enum WaPriority
    {
        /// <summary>As they come.</summary>
        Normal,

        /// <summary>Before all others.</summary>
        High,

        /// <summary>After all others.</summary>
        Low,
    }

    /// <summary>
    /// How a message is sent. Everything is optional. An instance may be used
    /// for many sends as long as it has no <see cref="Id"/>.
    /// </summary>
    public sealed class SendOptions
    {
        /// <summary>The default of <see cref="TimeoutMs"/>.</summary>
        public const int DefaultTimeoutMs = 60000;

        /// <summary>
        /// Id of the message, chosen by the caller: a UUID that was never used.
        /// With it, another thread can cancel a send that has not returned.
        /// </summary>
        public Guid? Id { get; set; }

        /// <summary>Which of the settings' senders sends it.</summary>
        public string Sender { get; set; }

        /// <summary>The host's id of the contact.</summary>
        public string ContactId { get; set; }

        /// <summary>The host's own key of this message: the same again sends nothing twice.</summary>
        public string Reference { get; set; }

        /// <summary>How far <see cref="Reference"/> must be unique while the database is away (default: in the database).</summary>
        public WaReferenceScope ReferenceScope { get; set; }

        /// <summary>How long the call may take, in milliseconds (default 60,000).</summary>
        public int? TimeoutMs { get; set; }

        /// <summary>What happens to the message at the deadline (default: cancelled, if nothing was attempted).</summary>
        public WaOnTimeout OnTimeout { get; set; }

        /// <summary>After this time no attempt starts.</summary>
        public DateTimeOffset? ExpiresAt { get; set; }

        /// <summary>Before this time no attempt starts.</summary>
        public DateTimeOffset? NotBefore { get; set; }

        /// <summary>Who goes first when messages wait.</summary>
        public WaPriority Priority { get; set; }

        /// <summary>The host's own category, kept in the history.</summary>
        public string Category { get; set; }

        /// <summary>Appears in the log records about this message.</summary>
        public string CorrelationId { get; set; }

        /// <summary>The provider, if it must be this one.</summary>
        public string Provider { get; set; }

        internal string ToJson(string name)
        {
            return ToJson(name, Id, ExpiresAt);
        }

        internal string ToJson(string name, Guid? id, DateTimeOffset? expiresAt)
        {
            if (TimeoutMs < 0)
            {
                throw new ArgumentOutOfRangeException(name + ".TimeoutMs", "The timeout is negative.");
            }
            Dictionary<string, object> map = new Dictionary<string, object>();
            Add(map, "id", id);
            Add(map, "sender", Text(name, nameof(Sender), Sender));
            Add(map, "contact_id", Text(name, nameof(ContactId), ContactId));
            Add(map, "reference", Text(name, nameof(Reference), Reference));
            if (ReferenceScope != WaReferenceScope.Database)
            {
                map.Add("reference_scope", "machine");
            }
            Add(map, "timeout_ms", TimeoutMs);
            if (OnTimeout != WaOnTimeout.Cancel)
            {
                map.Add("on_timeout", "continue");
            }
            Add(map, "expires_at", expiresAt);
            Add(map, "not_before", NotBefore);
            if (Priority != WaPriority.Normal)
            {
                map.Add("priority", Priority == WaPriority.High ? "high" : "low");
            }
            Add(map, "category", Text(name, nameof(Category), Category));
            Add(map, "correlation_id", Text(name, nameof(CorrelationId), CorrelationId));
            Add(map, "provider", Text(name, nameof(Provider), Provider));
            return Json.Write(map, name);
        }

        private static string Text(string name, string property, string value)
        {
            Utf8.Check(value, name + "." + property);
            return value;
        }

        private static void Add(Dictionary<string, object> map, string key, object value)
        {
            if (value != null)
            {
                map.Add(key, value);
            }
        }
    }
}
