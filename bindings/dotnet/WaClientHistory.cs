using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <content>What is done with the history as a whole.</content>
    public sealed partial class WaClient
    {
        /// <summary>Counts messages of the history, by state and by day.</summary>
        /// <param name="query">Which messages; null counts all. Without limit and cursor.</param>
        /// <returns>The counts.</returns>
        /// <exception cref="WaException">The query cannot be answered.</exception>
        public HistoryCounts CountHistory(HistoryQuery query = null)
        {
            return Act(
                AccountFunctions.CountHistory, Utf8.Bytes(query?.ToJson(nameof(query)), nameof(query)), null, null, nameof(query), json => new HistoryCounts(json));
        }

        /// <summary>Writes messages of the history into a file, which appears under its name once it is whole.</summary>
        /// <remarks>
        /// <see cref="Cancel(string)"/> with the options' id breaks it off; events of kind <c>progress</c> with
        /// that id count the messages. In a CSV a cell that a spreadsheet would run has an apostrophe in front.
        /// </remarks>
        /// <param name="file">Its path.</param>
        /// <param name="query">Which messages; null means all. Without limit, cursor and timeout.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>The file.</returns>
        /// <exception cref="WaException">The call failed; no file is left behind.</exception>
        public HistoryExport ExportHistory(string file, HistoryQuery query = null, ExportOptions options = null)
        {
            if (file == null)
            {
                throw new ArgumentNullException(nameof(file));
            }
            return Act(
                AccountFunctions.ExportHistory,
                Utf8.Bytes(query?.ToJson(nameof(query)), nameof(query)),
                null,
                (options ?? new ExportOptions()).For(file),
                nameof(options),
                json => new HistoryExport(json));
        }

        /// <summary>
        /// Deletes messages that were recorded more days ago and are over, with their attempts, reports and
        /// events; references are kept longer.
        /// </summary>
        /// <param name="olderThanDays">At least 1.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>What went.</returns>
        /// <exception cref="WaException">The call failed; what went until then is gone.</exception>
        public HistoryPurge PurgeHistory(int olderThanDays, PurgeOptions options = null)
        {
            return Act(
                AccountFunctions.PurgeHistory, null, null, (options ?? new PurgeOptions()).For(olderThanDays), nameof(options), json => new HistoryPurge(json));
        }

        /// <summary>Erases what was said to one contact. That there were messages, and what became of them, stays.</summary>
        /// <param name="options">Whose texts.</param>
        /// <returns>What was erased.</returns>
        /// <exception cref="WaException">The call failed; what was erased until then is gone.</exception>
        public HistoryErasure EraseHistory(EraseOptions options)
        {
            if (options == null)
            {
                throw new ArgumentNullException(nameof(options));
            }
            return Act(AccountFunctions.EraseHistory, null, null, options, nameof(options), json => new HistoryErasure(json));
        }

        /// <summary>
        /// Hands over messages whose end became known, or of which more was told since, for a host that keeps
        /// them in tables of its own. Each change comes at least once: save a message by its id.
        /// </summary>
        /// <param name="consumer">Name under which the library remembers what was acknowledged.</param>
        /// <param name="after"><see cref="TakenMessages.Cursor"/> of the page before, which it acknowledges; or null.</param>
        /// <param name="timeoutMs">How long to wait for the first message; 0 does not wait.</param>
        /// <param name="max">How many messages at the most (default 100, at most 500).</param>
        /// <returns>The messages; none if none came in time.</returns>
        /// <exception cref="WaException">The history does not answer.</exception>
        public TakenMessages TakeHistory(string consumer, string after, int timeoutMs, int? max = null)
        {
            if (consumer == null)
            {
                throw new ArgumentNullException(nameof(consumer));
            }
            string options = WaConnector.Json.Write(
                new Fields().Add("consumer", consumer).Add("after", after).Add("max", max), nameof(consumer));
            Reply reply = Calls.HistoryTake(Number, Utf8.Bytes(options, nameof(consumer)), Milliseconds(timeoutMs));
            return reply.Code == WaStatus.Ok ? new TakenMessages(JsonObject.Read(reply.Json)) : throw Failed(reply);
        }

        /// <summary>
        /// Decides what becomes of the messages in a database that went back in
        /// time: a backup was restored, or a failover lost commits.
        /// </summary>
        /// <remarks>
        /// A client that notices it records and sends nothing, and says
        /// <see cref="WaStatus.DatabaseRewound"/>. Decide once for each restored
        /// database: other clients that share it go on then.
        /// </remarks>
        /// <param name="policy">What becomes of messages that may have been sent since.</param>
        /// <param name="timeoutMs">How long the call may take.</param>
        /// <returns>What was done.</returns>
        /// <exception cref="WaException">The database does not answer.</exception>
        public WaRecovery Recover(
            WaRecoverPolicy policy = WaRecoverPolicy.Unknown, int timeoutMs = SendOptions.DefaultTimeoutMs)
        {
            Dictionary<string, object> map = new Dictionary<string, object>
            {
                ["policy"] = policy == WaRecoverPolicy.Send ? "send" : "unknown",
                ["timeout_ms"] = Milliseconds(timeoutMs),
            };
            Reply reply = Calls.Recover(Number, Utf8.Bytes(Json.Write(map, nameof(policy)), nameof(policy)));
            return reply.Code == WaStatus.Ok ? new WaRecovery(JsonObject.Read(reply.Json)) : throw Failed(reply);
        }
    }
}
