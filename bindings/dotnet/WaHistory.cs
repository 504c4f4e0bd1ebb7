using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>How many messages there are, by state and by day.</summary>
    public sealed class HistoryCounts : WaResult
    {
        internal HistoryCounts(JsonObject json)
            : base(json)
        {
            Total = json.Number("total") ?? 0;
            ByState = json.Numbers("by_state");
            ByDay = List(json, "by_day", item => new HistoryDay(item));
        }

        /// <summary>All messages that the query is about.</summary>
        public long Total { get; }

        /// <summary>How many are in each state; states without messages are left out.</summary>
        public IReadOnlyDictionary<string, long> ByState { get; }

        /// <summary>The same for each day on which messages were handed over, oldest first.</summary>
        public IReadOnlyList<HistoryDay> ByDay { get; }
    }

    /// <summary>Messages of one day.</summary>
    public sealed class HistoryDay
    {
        internal HistoryDay(JsonObject json)
        {
            Day = json.Text("day");
            Total = json.Number("total") ?? 0;
            ByState = json.Numbers("by_state");
        }

        /// <summary>The day in UTC, such as <c>2026-11-30</c>.</summary>
        public string Day { get; }

        /// <summary>All messages of the day.</summary>
        public long Total { get; }

        /// <summary>How many are in each state.</summary>
        public IReadOnlyDictionary<string, long> ByState { get; }
    }

    /// <summary>How messages are written into a file.</summary>
    public sealed class ExportOptions : CallOptions
    {
        /// <summary><c>csv</c> (default) or <c>jsonl</c>.</summary>
        public string Format { get; set; }

        /// <summary>Replaces a file that is there.</summary>
        public bool Overwrite { get; set; }

        /// <summary>Whether the file begins with a byte order mark (default: a CSV does).</summary>
        public bool? ByteOrderMark { get; set; }

        /// <summary>What stands between the cells of a CSV: a comma (default), a semicolon or a tab.</summary>
        public string Separator { get; set; }

        internal string File { get; set; }

        internal override void AddTo(Fields fields)
        {
            fields.Add("file", File).Add("format", Format).Add("overwrite", Overwrite).Add("separator", Separator);
            if (ByteOrderMark != null)
            {
                // As it is: false is another wish than none.
                fields["bom"] = ByteOrderMark.Value;
            }
        }

        /// <summary>The same for one file: options may be used for several.</summary>
        internal ExportOptions For(string file)
        {
            ExportOptions copy = (ExportOptions)MemberwiseClone();
            copy.File = file;
            return copy;
        }
    }

    /// <summary>A file that messages were written into.</summary>
    public sealed class HistoryExport : WaResult
    {
        internal HistoryExport(JsonObject json)
            : base(json)
        {
            File = json.Text("file");
            Format = json.Text("format");
            Messages = json.Number("messages") ?? 0;
            Bytes = json.Number("bytes") ?? 0;
        }

        /// <summary>The file, with its folder.</summary>
        public string File { get; }

        /// <summary>Its format.</summary>
        public string Format { get; }

        /// <summary>Messages in it.</summary>
        public long Messages { get; }

        /// <summary>Its length in bytes.</summary>
        public long Bytes { get; }
    }

    /// <summary>What is to be deleted.</summary>
    public sealed class PurgeOptions : CallOptions
    {
        /// <summary>References go that were first used more days ago (default 400), never before their message.</summary>
        public int? KeepReferencesDays { get; set; }

        internal int OlderThanDays { get; set; }

        internal override void AddTo(Fields fields)
        {
            fields.Add("older_than_days", OlderThanDays).Add("keep_references_days", KeepReferencesDays);
        }

        internal PurgeOptions For(int olderThanDays)
        {
            PurgeOptions copy = (PurgeOptions)MemberwiseClone();
            copy.OlderThanDays = olderThanDays;
            return copy;
        }
    }

    /// <summary>What was deleted.</summary>
    public sealed class HistoryPurge : WaResult
    {
        internal HistoryPurge(JsonObject json)
            : base(json)
        {
            Messages = json.Number("messages") ?? 0;
            Open = json.Number("open") ?? 0;
            Events = json.Number("events") ?? 0;
            References = json.Number("references") ?? 0;
        }

        /// <summary>Messages that went, each with its attempts and reports.</summary>
        public long Messages { get; }

        /// <summary>Messages as old that stayed, because they are not over.</summary>
        public long Open { get; }

        /// <summary>Events that went.</summary>
        public long Events { get; }

        /// <summary>References that went.</summary>
        public long References { get; }
    }

    /// <summary>Whose texts are to be erased: one of both must be there.</summary>
    public sealed class EraseOptions : CallOptions
    {
        /// <summary>The host's id of the contact.</summary>
        public string ContactId { get; set; }

        /// <summary>The contact's number. Of both, each message goes that has one of them.</summary>
        public string Recipient { get; set; }

        internal override void AddTo(Fields fields)
        {
            fields.Add("contact_id", ContactId).Add("recipient", Recipient);
        }
    }

    /// <summary>What was erased.</summary>
    public sealed class HistoryErasure : WaResult
    {
        internal HistoryErasure(JsonObject json)
            : base(json)
        {
            Messages = json.Number("messages") ?? 0;
            Open = json.Number("open") ?? 0;
        }

        /// <summary>Messages whose text went.</summary>
        public long Messages { get; }

        /// <summary>Messages that were left as they are, because they are not over: cancel them, or erase again later.</summary>
        public long Open { get; }
    }

    /// <summary>Messages that have changed, for a host that keeps them in tables of its own.</summary>
    public sealed class TakenMessages : WaResult
    {
        internal TakenMessages(JsonObject json)
            : base(json)
        {
            Messages = List(json, "messages", item => new HistoryMessage(item));
            Cursor = json.Text("cursor");
        }

        /// <summary>The messages, whole and as they are now, in the order of their latest change.</summary>
        public IReadOnlyList<HistoryMessage> Messages { get; }

        /// <summary>Given back, it acknowledges these messages.</summary>
        public string Cursor { get; }
    }
}
