namespace WaConnector
{
    /// <summary>What <see cref="WaClient.Schema(string, WaSchemaOptions)"/> is to give.</summary>
    public sealed class WaSchemaOptions
    {
        /// <summary><c>sqlite</c>, <c>postgresql</c> or <c>sqlserver</c>; null for what the settings name.</summary>
        public string Database { get; set; }

        /// <summary>The version that the tables have; null or 0 where there are none.</summary>
        public int? FromVersion { get; set; }

        /// <summary>The role of the running host; null is <c>wa_app</c>.</summary>
        public string RunRole { get; set; }

        /// <summary>The role that makes and changes the tables; null is <c>wa_owner</c>.</summary>
        public string MigrateRole { get; set; }

        internal string ToJson(string name)
        {
            Fields fields = new Fields().Add("database", Database).Add("from_version", FromVersion);
            fields.Add("run_role", RunRole).Add("migrate_role", MigrateRole);
            return WaConnector.Json.Write(fields, name);
        }
    }

    /// <summary>The history's tables and the rights on them, as SQL for a DBA.</summary>
    public sealed class WaSchema : WaResult
    {
        internal WaSchema(JsonObject json)
            : base(json)
        {
            Database = json.Text("database");
            FromVersion = json.Number("from_version") ?? 0;
            Version = json.Number("version") ?? 0;
            Tables = json.Text("tables");
            RightsToRun = json.Text("rights_to_run");
            RightsToMigrate = json.Text("rights_to_migrate");
        }

        /// <summary>What the SQL is for: <c>sqlite</c>, <c>postgresql</c> or <c>sqlserver</c>.</summary>
        public string Database { get; }

        /// <summary>The version that the tables have before.</summary>
        public long FromVersion { get; }

        /// <summary>The version to which <see cref="Tables"/> brings them.</summary>
        public long Version { get; }

        /// <summary>The steps, as one script; empty where the tables have this version.</summary>
        public string Tables { get; }

        /// <summary>The rights of the running host's role; null for a file.</summary>
        public string RightsToRun { get; }

        /// <summary>The rights of the role that makes and changes the tables; null for a file.</summary>
        public string RightsToMigrate { get; }
    }
}
