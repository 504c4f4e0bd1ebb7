namespace WaConnector
{
    /// <summary>What becomes of messages in a database that went back in time: they may have been sent since.</summary>
    public enum WaRecoverPolicy
    {
        /// <summary>They end as unknown, each with its event.</summary>
        Unknown,

        /// <summary>They are sent, also if they were sent before.</summary>
        Send,
    }

    /// <summary>What <see cref="WaClient.Recover"/> did.</summary>
    public sealed class WaRecovery : WaResult
    {
        internal WaRecovery(JsonObject json)
            : base(json)
        {
            Rewound = json.Truth("rewound");
            Unknown = json.Number("unknown") ?? 0;
        }

        /// <summary>
        /// Whether this client had found that the database went back in time. Where
        /// it had not, nothing was done.
        /// </summary>
        public bool Rewound { get; }

        /// <summary>How many messages ended as unknown.</summary>
        public long Unknown { get; }
    }
}
