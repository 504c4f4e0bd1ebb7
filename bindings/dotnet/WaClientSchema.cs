using System.Collections.Generic;

namespace WaConnector
{
    public sealed partial class WaClient
    {
        /// <summary>Gives the history's tables, and the rights on them, as SQL for a DBA.</summary>
        /// <remarks>
        /// Needs no client and no database: nothing is connected to. A client
        /// whose setting <c>history.migrate</c> is <c>check</c> accepts the tables
        /// that the script makes.
        /// </remarks>
        /// <param name="settingsJson">Settings, of which only <c>history</c> is read; null for the defaults.</param>
        /// <param name="options">What for, or null.</param>
        /// <returns>The SQL.</returns>
        /// <exception cref="WaException">The settings or the options cannot be used.</exception>
        public static WaSchema Schema(string settingsJson = null, WaSchemaOptions options = null)
        {
            byte[] settings = settingsJson == null ? null : Utf8.Bytes(settingsJson, nameof(settingsJson));
            string optionsJson = options?.ToJson(nameof(options));
            byte[] given = optionsJson == null ? null : Utf8.Bytes(optionsJson, nameof(options));
            Loader.Load();
            Reply reply = Calls.Schema(settings, given);
            return reply.Code == WaStatus.Ok
                ? new WaSchema(JsonObject.Read(reply.Json))
                : throw WaException.From(reply.Code, reply.Json);
        }

        /// <summary>The same with settings as nested dictionaries and lists.</summary>
        /// <param name="settings">Settings, of which only <c>history</c> is read.</param>
        /// <param name="options">What for, or null.</param>
        /// <returns>The SQL.</returns>
        /// <exception cref="WaException">The settings or the options cannot be used.</exception>
        public static WaSchema Schema(IDictionary<string, object> settings, WaSchemaOptions options = null)
        {
            return Schema(SettingsJson(settings), options);
        }
    }
}
