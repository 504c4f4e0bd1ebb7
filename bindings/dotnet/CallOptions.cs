using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>How a call is made that is no message. Everything is optional.</summary>
    public class CallOptions
    {
        /// <summary>
        /// Id of the operation, a UUID: <see cref="WaClient.Cancel(string)"/>
        /// with it breaks the call off, and events of kind <c>progress</c> carry it.
        /// </summary>
        public Guid? Id { get; set; }

        /// <summary>How long the call may take, in milliseconds (default 60,000; 600,000 where media travels).</summary>
        public int? TimeoutMs { get; set; }

        internal string ToJson(string name, Guid? id)
        {
            if (TimeoutMs < 0)
            {
                throw new ArgumentOutOfRangeException(name + ".TimeoutMs", "The timeout is negative.");
            }
            Fields fields = new Fields().Add("id", id).Add("timeout_ms", TimeoutMs);
            AddTo(fields);
            return Json.Write(fields, name);
        }

        internal virtual void AddTo(Fields fields)
        {
        }
    }

    /// <summary>How a call about one number is made.</summary>
    public class NumberOptions : CallOptions
    {
        /// <summary>Id of the number (default: the settings' first one).</summary>
        public string Sender { get; set; }

        internal override void AddTo(Fields fields)
        {
            fields.Add("sender", Sender);
        }
    }

    /// <summary>How a message is marked as read.</summary>
    public sealed class ReadOptions : NumberOptions
    {
        /// <summary>Shows for at most 25 seconds that an answer is being written.</summary>
        public bool Typing { get; set; }

        internal override void AddTo(Fields fields)
        {
            base.AddTo(fields);
            fields.Add("typing", Typing);
        }
    }

    /// <summary>How media is uploaded.</summary>
    public sealed class UploadOptions : NumberOptions
    {
        /// <summary>Its type, such as <c>image/jpeg</c>; needed for bytes, and where the file's name does not tell it.</summary>
        public string MimeType { get; set; }

        /// <summary>The name that the provider is told.</summary>
        public string Filename { get; set; }

        internal override void AddTo(Fields fields)
        {
            base.AddTo(fields);
            fields.Add("mime_type", MimeType).Add("filename", Filename);
        }
    }

    /// <summary>How media is fetched.</summary>
    public sealed class DownloadOptions : NumberOptions
    {
        /// <summary>Name of the file, without any folder (default: made of the id and the type).</summary>
        public string Filename { get; set; }

        /// <summary>The most bytes that are taken (default 104,857,600).</summary>
        public long? MaxBytes { get; set; }

        /// <summary>Replaces a file that is there.</summary>
        public bool Overwrite { get; set; }

        internal override void AddTo(Fields fields)
        {
            base.AddTo(fields);
            fields.Add("filename", Filename).Add("max_bytes", MaxBytes).Add("overwrite", Overwrite);
        }
    }

    /// <summary>How a template is read.</summary>
    public sealed class TemplateGetOptions : CallOptions
    {
        /// <summary>Language, where the name has several.</summary>
        public string Language { get; set; }

        /// <summary>Asks the provider, whatever is remembered.</summary>
        public bool Refresh { get; set; }

        internal override void AddTo(Fields fields)
        {
            fields.Add("language", Language).Add("refresh", Refresh);
        }
    }

    /// <summary>Which templates are listed.</summary>
    public sealed class TemplateQuery : CallOptions
    {
        /// <summary>Those whose name holds this text.</summary>
        public string Name { get; set; }

        /// <summary>Those of this language, such as <c>en_US</c>.</summary>
        public string Language { get; set; }

        /// <summary>Those in this state: <c>approved</c>, <c>pending</c>, <c>rejected</c>, <c>paused</c>, ...</summary>
        public string Status { get; set; }

        /// <summary><c>utility</c>, <c>marketing</c> or <c>authentication</c>.</summary>
        public string Category { get; set; }

        /// <summary>The most of a page.</summary>
        public int? Limit { get; set; }

        /// <summary><see cref="WaTemplatePage.Next"/> of the page before.</summary>
        public string Cursor { get; set; }

        internal override void AddTo(Fields fields)
        {
            fields.Add("name", Name).Add("language", Language).Add("status", Status).Add("category", Category);
            fields.Add("limit", Limit).Add("cursor", Cursor);
        }
    }

    /// <summary>How a template is deleted.</summary>
    public sealed class TemplateDeleteOptions : CallOptions
    {
        /// <summary>Deletes only the template with this id of the provider.</summary>
        public string TemplateId { get; set; }

        internal override void AddTo(Fields fields)
        {
            fields.Add("template_id", TemplateId);
        }
    }

    /// <summary>How a template is submitted.</summary>
    public sealed class TemplateSubmitOptions : CallOptions
    {
        /// <summary>The name under which WhatsApp knows it.</summary>
        public string Name { get; set; }

        /// <summary><c>utility</c>, <c>marketing</c> or <c>authentication</c>.</summary>
        public string Category { get; set; }

        internal override void AddTo(Fields fields)
        {
            fields.Add("name", Name).Add("category", Category);
        }
    }

    /// <summary>Which page of the numbers is listed.</summary>
    public sealed class NumberListOptions : CallOptions
    {
        /// <summary>The most of a page.</summary>
        public int? Limit { get; set; }

        /// <summary><see cref="WaNumberPage.Next"/> of the page before.</summary>
        public string Cursor { get; set; }

        internal override void AddTo(Fields fields)
        {
            fields.Add("limit", Limit).Add("cursor", Cursor);
        }
    }

    /// <summary>How a number is added.</summary>
    public sealed class NumberAddOptions : CallOptions
    {
        /// <summary>The name that recipients see; needed. WhatsApp has to approve it.</summary>
        public string VerifiedName { get; set; }

        internal override void AddTo(Fields fields)
        {
            fields.Add("verified_name", VerifiedName);
        }
    }

    /// <summary>How a verification code is asked for.</summary>
    public sealed class CodeOptions : NumberOptions
    {
        /// <summary>By a call instead of a text message.</summary>
        public bool Voice { get; set; }

        /// <summary>Language of the message or call (default <c>en_US</c>).</summary>
        public string Language { get; set; }

        internal override void AddTo(Fields fields)
        {
            base.AddTo(fields);
            fields.Add("method", Voice ? "voice" : null).Add("language", Language);
        }
    }

    /// <summary>How a number is registered.</summary>
    public sealed class RegisterOptions : NumberOptions
    {
        /// <summary>Two letters of the country in which data at rest is kept.</summary>
        public string DataLocalizationRegion { get; set; }

        internal override void AddTo(Fields fields)
        {
            base.AddTo(fields);
            fields.Add("data_localization_region", DataLocalizationRegion);
        }
    }

    /// <summary>The members of a JSON object; what is null or false is left out.</summary>
    internal sealed class Fields : Dictionary<string, object>
    {
        internal new Fields Add(string key, object value)
        {
            if (value != null && !(value is bool truth && !truth))
            {
                base.Add(key, value);
            }
            return this;
        }
    }
}
