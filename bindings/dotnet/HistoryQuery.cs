using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>
    /// Which messages of the history are wanted. Everything is optional; without
    /// anything it is the newest messages.
    /// </summary>
    public sealed class HistoryQuery
    {
        /// <summary>Messages to or from this contact.</summary>
        public string ContactId { get; set; }

        /// <summary>Messages to this number.</summary>
        public string Recipient { get; set; }

        /// <summary>Messages from this sender.</summary>
        public string Sender { get; set; }

        /// <summary>Messages in one of these states; see <see cref="WaMessageStatus"/>.</summary>
        public IList<string> Status { get; set; }

        /// <summary><c>outbound</c> or <c>inbound</c>.</summary>
        public string Direction { get; set; }

        /// <summary>
        /// The message's kind, such as <c>text</c>, <c>image</c>, <c>interactive</c> or <c>template</c>; docs/message-kinds.md lists them.
        /// </summary>
        public string Kind { get; set; }

        /// <summary>Messages of this campaign.</summary>
        public string CampaignId { get; set; }

        /// <summary>The message with this reference.</summary>
        public string Reference { get; set; }

        /// <summary><c>twilio</c> or <c>meta</c>.</summary>
        public string Provider { get; set; }

        /// <summary>Messages handed over at this time or later.</summary>
        public DateTimeOffset? Since { get; set; }

        /// <summary>Messages handed over before this time.</summary>
        public DateTimeOffset? Until { get; set; }

        /// <summary>Messages with this text in them, in any case of letters; needs a narrowing property beside it.</summary>
        public string Text { get; set; }

        /// <summary>How many messages a page holds at the most (default 50, at most 500).</summary>
        public int? Limit { get; set; }

        /// <summary>Where the page begins: <see cref="HistoryPage.Next"/> of the page before.</summary>
        public string Cursor { get; set; }

        /// <summary>Oldest first instead of newest first.</summary>
        public bool OldestFirst { get; set; }

        /// <summary>Whether each message brings what the provider reported of it.</summary>
        public bool Reports { get; set; }

        /// <summary>How long the call may take, in milliseconds (default 60,000).</summary>
        public int? TimeoutMs { get; set; }

        internal string ToJson(string name)
        {
            Dictionary<string, object> map = new Dictionary<string, object>();
            Add(map, "contact_id", ContactId);
            Add(map, "recipient", Recipient);
            Add(map, "sender", Sender);
            Add(map, "status", Status);
            Add(map, "direction", Direction);
            Add(map, "kind", Kind);
            Add(map, "campaign_id", CampaignId);
            Add(map, "reference", Reference);
            Add(map, "provider", Provider);
            Add(map, "since", Since);
            Add(map, "until", Until);
            Add(map, "text", Text);
            Add(map, "limit", Limit);
            Add(map, "cursor", Cursor);
            Add(map, "order", OldestFirst ? "oldest" : null);
            Add(map, "reports", Reports ? (object)true : null);
            Add(map, "timeout_ms", TimeoutMs);
            return Json.Write(map, name);
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
