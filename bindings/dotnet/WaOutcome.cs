namespace WaConnector
{
    /// <summary>
    /// Where a message is, and how it got there.
    /// </summary>
    public class WaOutcome
    {
        private readonly JsonObject json;

        internal WaOutcome(WaStatus code, JsonObject json)
        {
            this.json = json;
            Code = code;
            Id = json.Text("id");
            Status = json.Text("status");
            IsFinal = json.Truth("final");
            Response = json.Text("response");
            Attempts = json.Count("attempts");
            Provider = json.Text("provider");
            ProviderMessageId = json.Text("provider_message_id");
            Sender = json.Text("sender");
            Recipient = json.Text("recipient");
            RecipientId = json.Text("recipient_id");
            ProviderStatus = json.Text("provider_status");
            ContactId = json.Text("contact_id");
            Reference = json.Text("reference");
            Durability = json.Text("durability");
            Error = WaError.From(json.Object("error"));
        }

        /// <summary>
        /// What the call that gave this outcome ended with; in events and in the
        /// history, what a call that waits would end with.
        /// </summary>
        public WaStatus Code { get; }

        /// <summary>
        /// The message is recorded and its end is not known yet. Do not send it
        /// again: wait for it with <see cref="WaClient.Wait"/>, or for its event.
        /// </summary>
        public bool IsPending
        {
            get { return Code == WaStatus.Pending; }
        }

        /// <summary>Id of the message.</summary>
        public string Id { get; }

        /// <summary>State of the message, such as <see cref="WaMessageStatus.Accepted"/>; more may be added.</summary>
        public string Status { get; }

        /// <summary>
        /// The send is over. Reports of the provider may still come; a message that
        /// is <see cref="WaMessageStatus.Unknown"/> and final stays so.
        /// </summary>
        public bool IsFinal { get; }

        /// <summary>The sentence for the user, as the history shows it, or null.</summary>
        public string Response { get; }

        /// <summary>How many attempts were made.</summary>
        public int Attempts { get; }

        /// <summary><c>twilio</c> or <c>meta</c>.</summary>
        public string Provider { get; }

        /// <summary>The provider's id of the message, or null.</summary>
        public string ProviderMessageId { get; }

        /// <summary>Who sends it, or null.</summary>
        public string Sender { get; }

        /// <summary>Who gets it.</summary>
        public string Recipient { get; }

        /// <summary>
        /// Whom the provider took the recipient for: WhatsApp's own id, which
        /// differs from the number in some countries. Or null.
        /// </summary>
        public string RecipientId { get; }

        /// <summary>What the provider said beside its yes, such as <c>held_for_quality_assessment</c>; or null.</summary>
        public string ProviderStatus { get; }

        /// <summary>The host's id of the contact, or null.</summary>
        public string ContactId { get; }

        /// <summary>The host's own key of the message, or null.</summary>
        public string Reference { get; }

        /// <summary>
        /// <c>shared</c>: committed in the database before anything was sent.
        /// <c>local</c>: committed in the journal of this machine, while the
        /// database is away.
        /// </summary>
        public string Durability { get; }

        /// <summary>What went wrong, or null.</summary>
        public WaError Error { get; }

        /// <summary>The outcome as JSON, with the keys that this version does not know.</summary>
        public string Json
        {
            get { return json.ToString(); }
        }

        /// <summary>Id, status and the sentence for the user.</summary>
        /// <returns>One line.</returns>
        public override string ToString()
        {
            return Id + " " + Status + (Response == null ? string.Empty : ": " + Response);
        }

        internal JsonObject Read
        {
            get { return json; }
        }

        internal static WaOutcome From(WaStatus code, JsonObject json)
        {
            return new WaOutcome(code, json);
        }

        /// <summary>The status of a call whose message is where the JSON says.</summary>
        internal static WaStatus CodeOf(JsonObject json)
        {
            switch (json.Text("status"))
            {
                case WaMessageStatus.Queued:
                case WaMessageStatus.Sending:
                    return WaStatus.Pending;
                case WaMessageStatus.Unknown:
                    return json.Truth("final") ? WaStatus.Unknown : WaStatus.Pending;
                case WaMessageStatus.Cancelled:
                    return WaStatus.Cancelled;
                case WaMessageStatus.Expired:
                    return WaStatus.Expired;
                case WaMessageStatus.Failed:
                case WaMessageStatus.Undelivered:
                    JsonObject error = json.Object("error");
                    return error == null ? WaStatus.Rejected : WaStatusNames.Parse(error.Text("status"));
                default:
                    return WaStatus.Ok;
            }
        }
    }

    /// <summary>
    /// The states of a message; see <see cref="WaOutcome.Status"/>.
    /// </summary>
    public static class WaMessageStatus
    {
        /// <summary>Recorded; waits for its time or its next attempt.</summary>
        public const string Queued = "queued";

        /// <summary>An attempt has begun.</summary>
        public const string Sending = "sending";

        /// <summary>It cannot be known whether the provider took it.</summary>
        public const string Unknown = "unknown";

        /// <summary>The provider took it.</summary>
        public const string Accepted = "accepted";

        /// <summary>The provider handed it to WhatsApp.</summary>
        public const string Sent = "sent";

        /// <summary>It ended without delivery.</summary>
        public const string Failed = "failed";

        /// <summary>The provider handed it over, and it was refused there.</summary>
        public const string Undelivered = "undelivered";

        /// <summary>It reached the recipient's telephone.</summary>
        public const string Delivered = "delivered";

        /// <summary>The recipient opened it.</summary>
        public const string Read = "read";

        /// <summary>Cancelled before any attempt that counted.</summary>
        public const string Cancelled = "cancelled";

        /// <summary>Its time passed before it was sent.</summary>
        public const string Expired = "expired";

        /// <summary>Inbound: it was received.</summary>
        public const string Received = "received";
    }
}
