using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>What a provider told by a webhook.</summary>
    public sealed class WaWebhookRecord
    {
        private readonly JsonObject json;

        internal WaWebhookRecord(JsonObject json)
        {
            this.json = json;
            Provider = json.Text("provider");
            ProviderAt = json.Time("provider_at");
            AccountId = json.Text("account_id");
            PhoneNumberId = json.Text("phone_number_id");
            Number = json.Text("number");
            MessageId = json.Text("message_id");
            JsonObject message = json.Object("message");
            Message = message == null ? null : new WaInboundMessage(message);
            Field = json.Text("field");
        }

        /// <summary><c>twilio</c> or <c>meta</c>.</summary>
        public string Provider { get; }

        /// <summary>When it happened, by the provider's clock, or null: Twilio does not tell.</summary>
        public DateTimeOffset? ProviderAt { get; }

        /// <summary>Meta's id of the business account, or Twilio's <c>AC..</c>; may be null.</summary>
        public string AccountId { get; }

        /// <summary>Meta's id of your number, or null.</summary>
        public string PhoneNumberId { get; }

        /// <summary>Your number, as the provider writes it, or null.</summary>
        public string Number { get; }

        /// <summary>Of kind <c>received</c>: the id of the message in the history.</summary>
        public string MessageId { get; }

        /// <summary>Of kind <c>received</c> and <c>echo</c>: the message.</summary>
        public WaInboundMessage Message { get; }

        /// <summary>Of kind <c>webhook</c>: what the provider calls it.</summary>
        public string Field { get; }

        /// <summary>
        /// All of it as JSON: the members <c>template_change</c>, <c>number_change</c>, <c>account_change</c>,
        /// <c>consent_change</c>, <c>contact_change</c> and <c>call</c>, and <c>raw</c>, the same as it came.
        /// </summary>
        public string Json
        {
            get { return json.ToString(); }
        }
    }

    /// <summary>A message that came in.</summary>
    public sealed class WaInboundMessage
    {
        internal WaInboundMessage(JsonObject json)
        {
            ProviderMessageId = json.Text("provider_message_id");
            JsonObject person = json.Object("person");
            Person = person == null ? null : new WaPerson(person);
            Sender = json.Text("sender");
            Kind = json.Text("kind");
            Text = json.Text("text");
            List<WaInboundMedia> media = new List<WaInboundMedia>();
            foreach (JsonObject one in json.Objects("media"))
            {
                media.Add(new WaInboundMedia(one));
            }
            Media = media.AsReadOnly();
            ReplyTo = json.Text("reply_to");
            Target = json.Text("target");
            Payload = json.Text("payload");
            Forwarded = json.Truth("forwarded");
            GroupId = json.Text("group_id");
        }

        /// <summary>The provider's id of the message.</summary>
        public string ProviderMessageId { get; }

        /// <summary>Who wrote it; of an echo, who it went to.</summary>
        public WaPerson Person { get; }

        /// <summary>Your side: the number, or Meta's id of the number. May be null.</summary>
        public string Sender { get; }

        /// <summary><c>text</c>, <c>image</c>, <c>button_reply</c>, <c>reaction</c> ..; more may be added.</summary>
        public string Kind { get; }

        /// <summary>What a person reads of it: the text, the caption, the title of what was tapped; or null.</summary>
        public string Text { get; }

        /// <summary>Its files.</summary>
        public IReadOnlyList<WaInboundMedia> Media { get; }

        /// <summary>The provider's id of the message that it answers, or null.</summary>
        public string ReplyTo { get; }

        /// <summary>Of a reaction, an edit and a deletion: the message that it is about.</summary>
        public string Target { get; }

        /// <summary>What you put behind the button or the row that was tapped; of a flow its answers, as JSON.</summary>
        public string Payload { get; }

        /// <summary>It was forwarded to you.</summary>
        public bool Forwarded { get; }

        /// <summary>The group in which it was written, or null.</summary>
        public string GroupId { get; }
    }

    /// <summary>Somebody at the other end. They may have no telephone number.</summary>
    public sealed class WaPerson
    {
        internal WaPerson(JsonObject json)
        {
            Address = json.Text("address");
            WaId = json.Text("wa_id");
            UserId = json.Text("user_id");
            ParentUserId = json.Text("parent_user_id");
            Name = json.Text("name");
            Username = json.Text("username");
        }

        /// <summary>Where an answer goes: the number, or else the user id.</summary>
        public string Address { get; }

        /// <summary>WhatsApp's own id: the digits of a number; or null.</summary>
        public string WaId { get; }

        /// <summary>The business-scoped user id, or null.</summary>
        public string UserId { get; }

        /// <summary>The user id that all businesses of one portfolio share, or null.</summary>
        public string ParentUserId { get; }

        /// <summary>The name that they gave themselves, or null.</summary>
        public string Name { get; }

        /// <summary>Their user name, or null.</summary>
        public string Username { get; }
    }

    /// <summary>A file of a message that came in.</summary>
    public sealed class WaInboundMedia
    {
        internal WaInboundMedia(JsonObject json)
        {
            Id = json.Text("id");
            Url = json.Text("url");
            MimeType = json.Text("mime_type");
            Sha256 = json.Text("sha256");
            FileName = json.Text("file_name");
            Voice = json.Truth("voice");
        }

        /// <summary>The provider's id of the file, or null.</summary>
        public string Id { get; }

        /// <summary>Where it can be fetched with the account's credentials, or null.</summary>
        public string Url { get; }

        /// <summary>Such as <c>image/jpeg</c>, or null.</summary>
        public string MimeType { get; }

        /// <summary>The fingerprint of its bytes, in base64, or null.</summary>
        public string Sha256 { get; }

        /// <summary>The name that it had at the sender, or null.</summary>
        public string FileName { get; }

        /// <summary>It was spoken into the telephone.</summary>
        public bool Voice { get; }
    }
}
