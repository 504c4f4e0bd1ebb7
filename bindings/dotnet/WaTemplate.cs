using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>A template as the provider holds it.</summary>
    public sealed class WaTemplate : WaResult
    {
        internal WaTemplate(JsonObject json)
            : base(json)
        {
            Id = json.Text("id");
            Name = json.Text("name");
            Language = json.Text("language");
            Category = json.Text("category");
            Status = json.Text("status");
            RejectionReason = json.Text("rejection_reason");
            Body = json.Text("body");
            Footer = json.Text("footer");
            Variables = json.Texts("variables").AsReadOnly();
        }

        /// <summary>The provider's id.</summary>
        public string Id { get; }

        /// <summary>Its name.</summary>
        public string Name { get; }

        /// <summary>Its language.</summary>
        public string Language { get; }

        /// <summary><c>utility</c>, <c>marketing</c> or <c>authentication</c>; or null.</summary>
        public string Category { get; }

        /// <summary><c>approved</c>, <c>pending</c>, <c>rejected</c>, <c>paused</c>, ...</summary>
        public string Status { get; }

        /// <summary>Why WhatsApp refused it, or null.</summary>
        public string RejectionReason { get; }

        /// <summary>The text, or null.</summary>
        public string Body { get; }

        /// <summary>Below the text, or null.</summary>
        public string Footer { get; }

        /// <summary>The variables of its text.</summary>
        public IReadOnlyList<string> Variables { get; }
    }

    /// <summary>Templates, and where the next page begins.</summary>
    public sealed class WaTemplatePage : WaResult
    {
        internal WaTemplatePage(JsonObject json)
            : base(json)
        {
            Templates = List(json, "templates", item => new WaTemplate(item));
            Next = json.Text("next");
        }

        /// <summary>The templates.</summary>
        public IReadOnlyList<WaTemplate> Templates { get; }

        /// <summary>Goes into <see cref="TemplateQuery.Cursor"/> for the next page; null at the end.</summary>
        public string Next { get; }
    }

    /// <summary>A template that is to be made.</summary>
    public sealed class WaTemplateDefinition
    {
        private readonly Fields fields = new Fields();
        private readonly List<object> buttons = new List<object>();
        private readonly string json;

        /// <summary>A template with its text.</summary>
        /// <param name="name">Small letters, digits and underscores.</param>
        /// <param name="language">Such as <c>en_US</c>.</param>
        /// <param name="category"><c>utility</c>, <c>marketing</c> or <c>authentication</c>.</param>
        /// <param name="body">The text, with <c>{{1}}</c> or <c>{{name}}</c> in it.</param>
        /// <param name="examples">A sample of each variable of the text, or null.</param>
        public WaTemplateDefinition(
            string name, string language, string category, string body, IDictionary<string, string> examples = null)
        {
            fields.Add("name", name).Add("language", language).Add("category", category).Add("body", body);
            fields.Add("examples", examples);
        }

        private WaTemplateDefinition(string json)
        {
            this.json = json;
        }

        /// <summary>The definition as JSON.</summary>
        public string Json
        {
            get { return json ?? WaConnector.Json.Write(fields, "template"); }
        }

        /// <summary>A definition as the schema <c>template_definition</c> has it.</summary>
        /// <param name="json">The JSON; it is checked when it is used.</param>
        /// <returns>The definition.</returns>
        public static WaTemplateDefinition FromJson(string json)
        {
            Utf8.Check(json, nameof(json));
            return new WaTemplateDefinition(json ?? throw new System.ArgumentNullException(nameof(json)));
        }

        /// <summary>Puts something above the text.</summary>
        /// <param name="format"><c>text</c>, <c>image</c>, <c>video</c>, <c>document</c> or <c>location</c>.</param>
        /// <param name="text">The text, or null.</param>
        /// <param name="example">A sample of its variable or media, or null.</param>
        /// <returns>This definition.</returns>
        public WaTemplateDefinition WithHeader(string format, string text = null, string example = null)
        {
            fields["header"] = new Fields().Add("format", format).Add("text", text).Add("example", example);
            return this;
        }

        /// <summary>Puts a line below the text.</summary>
        /// <param name="footer">The line.</param>
        /// <returns>This definition.</returns>
        public WaTemplateDefinition WithFooter(string footer)
        {
            fields["footer"] = footer;
            return this;
        }

        /// <summary>Adds a button.</summary>
        /// <param name="type"><c>quick_reply</c>, <c>url</c>, <c>phone_number</c>, <c>copy_code</c>, ...</param>
        /// <param name="text">What it says, or null.</param>
        /// <param name="url">What it opens, or null.</param>
        /// <param name="phoneNumber">What it calls, or null.</param>
        /// <param name="example">A sample of its variable or code, or null.</param>
        /// <returns>This definition.</returns>
        public WaTemplateDefinition WithButton(
            string type, string text = null, string url = null, string phoneNumber = null, string example = null)
        {
            Fields button = new Fields().Add("type", type).Add("text", text).Add("url", url);
            buttons.Add(button.Add("phone_number", phoneNumber).Add("example", example));
            fields["buttons"] = buttons;
            return this;
        }
    }
}
