using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>
    /// What a message says: text, media, something to tap on, a template, ...
    /// </summary>
    public sealed partial class WaMessage
    {
        private WaMessage(string json)
        {
            Json = json;
        }

        /// <summary>The message as JSON.</summary>
        public string Json { get; }

        /// <summary>Free text.</summary>
        /// <param name="text">The text; the provider's limit applies (Twilio: 1600 characters).</param>
        /// <returns>The message.</returns>
        public static WaMessage Text(string text)
        {
            Require(text, nameof(text));
            return new WaMessage(
                WaConnector.Json.Write(
                    new Dictionary<string, object> { ["type"] = "text", ["text"] = text }, "message"));
        }

        /// <summary>Free text, with a preview of the first link in it (Meta).</summary>
        /// <param name="text">The text.</param>
        /// <param name="previewUrl">Shows the preview.</param>
        /// <returns>The message.</returns>
        public static WaMessage Text(string text, bool previewUrl)
        {
            Require(text, nameof(text));
            return Of("text", new Fields().Add("text", text).Add("preview_url", previewUrl));
        }

        /// <summary>Media by link, which the provider fetches.</summary>
        /// <param name="media">The links.</param>
        /// <param name="text">The text beside the media, or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage Media(IEnumerable<string> media, string text = null)
        {
            if (media == null)
            {
                throw new ArgumentNullException(nameof(media));
            }
            List<string> links = new List<string>(media);
            foreach (string link in links)
            {
                Require(link, nameof(media));
            }
            Utf8.Check(text, nameof(text));
            return new WaMessage(
                WaConnector.Json.Write(
                    new Dictionary<string, object> { ["type"] = "media", ["media"] = links, ["text"] = text }, "message"));
        }

        /// <summary>A template.</summary>
        /// <param name="template">A template of the settings, or the provider's name or id of one.</param>
        /// <param name="variables">The values by name or number, or null where the template has none.</param>
        /// <param name="language">The language, where the name has several, or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage Template(
            string template, IDictionary<string, string> variables = null, string language = null)
        {
            Require(template, nameof(template));
            Utf8.Check(language, nameof(language));
            Dictionary<string, object> map = new Dictionary<string, object>
            {
                ["type"] = "template",
                ["template"] = template,
            };
            if (variables != null)
            {
                CheckVariables(variables);
                map.Add("variables", variables);
            }
            if (language != null)
            {
                map.Add("language", language);
            }
            return new WaMessage(WaConnector.Json.Write(map, "message"));
        }

        /// <summary>A message of any kind, as the schema <c>message</c> has it.</summary>
        /// <param name="json">The JSON; it is checked when it is sent.</param>
        /// <returns>The message.</returns>
        public static WaMessage FromJson(string json)
        {
            Require(json, nameof(json));
            return new WaMessage(json);
        }

        internal static void CheckVariables(IDictionary<string, string> variables)
        {
            foreach (KeyValuePair<string, string> pair in variables)
            {
                Utf8.Check(pair.Key, nameof(variables));
                Utf8.Check(pair.Value, nameof(variables) + "[" + pair.Key + "]");
            }
        }

        private static void Require(string value, string parameter)
        {
            if (value == null)
            {
                throw new ArgumentNullException(parameter);
            }
            Utf8.Check(value, parameter);
        }
    }
}
