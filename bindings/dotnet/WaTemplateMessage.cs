using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>A template of a message, and what fills it.</summary>
    public sealed class WaTemplateMessage
    {
        private readonly string template;
        private readonly List<object> buttons = new List<object>();
        private readonly List<object> cards = new List<object>();

        /// <summary>A template.</summary>
        /// <param name="template">A template of the settings, or the provider's name or id of one.</param>
        /// <param name="language">The language, where the name has several, or null.</param>
        public WaTemplateMessage(string template, string language = null)
        {
            this.template = template ?? throw new ArgumentNullException(nameof(template));
            Language = language;
        }

        /// <summary>The language, where the name has several.</summary>
        public string Language { get; set; }

        /// <summary>
        /// The values of the text by name or number: text, numbers, truths,
        /// <see cref="Currency"/> or <see cref="DateTime"/>.
        /// </summary>
        public IDictionary<string, object> Variables { get; set; }

        /// <summary>What fills the header.</summary>
        public WaHeader Header { get; set; }

        /// <summary>The code of an authentication template; then nothing else fills it.</summary>
        public string Code { get; set; }

        /// <summary>When the template's offer ends.</summary>
        public DateTimeOffset? OfferExpiresAt { get; set; }

        /// <summary>An amount, which the reader's telephone writes in its own way.</summary>
        /// <param name="fallback">What is shown where it cannot be written.</param>
        /// <param name="code">Three letters, such as <c>EUR</c>.</param>
        /// <param name="amount1000">The amount times 1000.</param>
        /// <returns>A value for <see cref="Variables"/>.</returns>
        public static object Currency(string fallback, string code, long amount1000)
        {
            Fields amount = new Fields().Add("fallback_value", fallback).Add("code", code).Add("amount_1000", amount1000);
            return new Fields().Add("currency", amount);
        }

        /// <summary>A date or time.</summary>
        /// <param name="fallback">What is shown.</param>
        /// <returns>A value for <see cref="Variables"/>.</returns>
        public static object DateTime(string fallback)
        {
            return new Fields().Add("date_time", new Fields().Add("fallback_value", fallback));
        }

        /// <summary>Fills a button that comes back when it is tapped.</summary>
        /// <param name="index">Place of the button in the template; 0 is the first.</param>
        /// <param name="payload">What comes back.</param>
        /// <returns>This template.</returns>
        public WaTemplateMessage WithQuickReply(int index, string payload)
        {
            return With(index, "quick_reply", new Fields().Add("payload", payload));
        }

        /// <summary>Fills the end of a button's address.</summary>
        /// <param name="index">Place of the button in the template; 0 is the first.</param>
        /// <param name="text">The end.</param>
        /// <returns>This template.</returns>
        public WaTemplateMessage WithUrl(int index, string text)
        {
            return With(index, "url", new Fields().Add("text", text));
        }

        /// <summary>Fills a button that copies a code.</summary>
        /// <param name="index">Place of the button in the template; 0 is the first.</param>
        /// <param name="code">The code.</param>
        /// <returns>This template.</returns>
        public WaTemplateMessage WithCopyCode(int index, string code)
        {
            return With(index, "copy_code", new Fields().Add("code", code));
        }

        /// <summary>Fills a button that opens a form.</summary>
        /// <param name="index">Place of the button in the template; 0 is the first.</param>
        /// <param name="token">The host's own mark of this form, or null.</param>
        /// <param name="data">What the first screen is given, or null.</param>
        /// <returns>This template.</returns>
        public WaTemplateMessage WithFlow(int index, string token = null, IDictionary<string, object> data = null)
        {
            return With(index, "flow", new Fields().Add("flow_token", token).Add("flow_action_data", data));
        }

        /// <summary>Fills a button that opens the catalog.</summary>
        /// <param name="index">Place of the button in the template; 0 is the first.</param>
        /// <param name="thumbnailProductRetailerId">The product whose picture is shown, or null.</param>
        /// <returns>This template.</returns>
        public WaTemplateMessage WithCatalog(int index, string thumbnailProductRetailerId = null)
        {
            return With(index, "catalog", new Fields().Add("thumbnail_product_retailer_id", thumbnailProductRetailerId));
        }

        /// <summary>Fills a button that shows several products.</summary>
        /// <param name="index">Place of the button in the template; 0 is the first.</param>
        /// <param name="thumbnailProductRetailerId">The product whose picture is shown.</param>
        /// <param name="sections">Titles, and the products' ids below each.</param>
        /// <returns>This template.</returns>
        public WaTemplateMessage WithProducts(
            int index,
            string thumbnailProductRetailerId,
            IEnumerable<KeyValuePair<string, IEnumerable<string>>> sections)
        {
            Fields fields = new Fields().Add("thumbnail_product_retailer_id", thumbnailProductRetailerId);
            return With(index, "multi_product", fields.Add("sections", WaMessage.Products(sections, nameof(sections))));
        }

        /// <summary>Adds a card: its header, values and buttons are those of another template message.</summary>
        /// <param name="card">What fills the card.</param>
        /// <returns>This template.</returns>
        public WaTemplateMessage WithCard(WaTemplateMessage card)
        {
            if (card == null)
            {
                throw new ArgumentNullException(nameof(card));
            }
            Fields fields = new Fields().Add("header", card.Header?.ToFields()).Add("variables", card.Variables);
            cards.Add(fields.Add("buttons", card.buttons.Count > 0 ? card.buttons : null));
            return this;
        }

        internal Fields ToFields()
        {
            Fields fields = new Fields().Add("template", template).Add("language", Language).Add("variables", Variables);
            fields.Add("header", Header?.ToFields()).Add("buttons", buttons.Count > 0 ? buttons : null).Add("code", Code);
            object offer = OfferExpiresAt == null ? null : new Fields().Add("expires_at", OfferExpiresAt);
            return fields.Add("limited_time_offer", offer).Add("cards", cards.Count > 0 ? cards : null);
        }

        private WaTemplateMessage With(int index, string type, Fields fields)
        {
            buttons.Add(fields.Add("index", index).Add("type", type));
            return this;
        }
    }
}
