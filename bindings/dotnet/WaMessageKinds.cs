using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <content>The kinds of messages that Meta has.</content>
    public sealed partial class WaMessage
    {
        /// <summary>An image.</summary>
        /// <param name="image">Where it comes from.</param>
        /// <param name="caption">The text below it, or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage Image(WaMediaSource image, string caption = null)
        {
            return Of("image", Source(image, nameof(image)).Add("caption", caption));
        }

        /// <summary>A video.</summary>
        /// <param name="video">Where it comes from.</param>
        /// <param name="caption">The text below it, or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage Video(WaMediaSource video, string caption = null)
        {
            return Of("video", Source(video, nameof(video)).Add("caption", caption));
        }

        /// <summary>A sound.</summary>
        /// <param name="audio">Where it comes from.</param>
        /// <param name="voice">It is shown as a voice note; it must be OGG with OPUS then.</param>
        /// <returns>The message.</returns>
        public static WaMessage Audio(WaMediaSource audio, bool voice = false)
        {
            return Of("audio", Source(audio, nameof(audio)).Add("voice", voice));
        }

        /// <summary>A file.</summary>
        /// <param name="document">Where it comes from.</param>
        /// <param name="caption">The text below it, or null.</param>
        /// <param name="filename">The name that the recipient sees, or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage Document(WaMediaSource document, string caption = null, string filename = null)
        {
            return Of("document", Source(document, nameof(document)).Add("caption", caption).Add("filename", filename));
        }

        /// <summary>A sticker.</summary>
        /// <param name="sticker">Where it comes from: WebP.</param>
        /// <returns>The message.</returns>
        public static WaMessage Sticker(WaMediaSource sticker)
        {
            return Of("sticker", Source(sticker, nameof(sticker)));
        }

        /// <summary>A place.</summary>
        /// <param name="latitude">Degrees, north is positive.</param>
        /// <param name="longitude">Degrees, east is positive.</param>
        /// <param name="name">Its name, or null.</param>
        /// <param name="address">Its address, shown only beside a name; or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage Location(double latitude, double longitude, string name = null, string address = null)
        {
            return Of("location", Place(latitude, longitude, name, address));
        }

        /// <summary>Contacts of an address book.</summary>
        /// <param name="contacts">The contacts.</param>
        /// <returns>The message.</returns>
        public static WaMessage Contacts(params WaContact[] contacts)
        {
            return Of("contacts", new Fields().Add("contacts", Fields(contacts, nameof(contacts), contact => contact.ToFields())));
        }

        /// <summary>A reaction to a message.</summary>
        /// <param name="messageId">The provider's id of that message.</param>
        /// <param name="emoji">One emoji; an empty text takes the reaction back.</param>
        /// <returns>The message.</returns>
        public static WaMessage Reaction(string messageId, string emoji)
        {
            Require(messageId, nameof(messageId));
            Require(emoji, nameof(emoji));
            return Of("reaction", new Fields().Add("message_id", messageId).Add("emoji", emoji));
        }

        /// <summary>A text with up to three buttons, whose titles come back.</summary>
        /// <param name="body">The text.</param>
        /// <param name="buttons">The buttons: what comes back, and what each says.</param>
        /// <param name="header">Above the text, or null.</param>
        /// <param name="footer">Below the text, or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage ReplyButtons(
            string body, IEnumerable<KeyValuePair<string, string>> buttons, WaHeader header = null, string footer = null)
        {
            Require((object)buttons, nameof(buttons));
            List<object> list = new List<object>();
            foreach (KeyValuePair<string, string> button in buttons)
            {
                list.Add(new Fields().Add("id", button.Key).Add("title", button.Value));
            }
            return Interactive("reply_buttons", body, header, footer, new Fields().Add("buttons", list));
        }

        /// <summary>A text with a list that opens.</summary>
        /// <param name="body">The text.</param>
        /// <param name="button">What the button says that opens it.</param>
        /// <param name="sections">Its sections.</param>
        /// <param name="header">Above the text: text only; or null.</param>
        /// <param name="footer">Below the text, or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage List(
            string body, string button, IEnumerable<WaListSection> sections, WaHeader header = null, string footer = null)
        {
            Require(button, nameof(button));
            Fields fields = new Fields().Add("button", button);
            fields.Add("sections", Fields(sections, nameof(sections), section => section.ToFields()));
            return Interactive("list", body, header, footer, fields);
        }

        /// <summary>A text with a button that opens an address.</summary>
        /// <param name="body">The text.</param>
        /// <param name="displayText">What the button says.</param>
        /// <param name="url">What it opens.</param>
        /// <param name="header">Above the text, or null.</param>
        /// <param name="footer">Below the text, or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage CtaUrl(
            string body, string displayText, string url, WaHeader header = null, string footer = null)
        {
            Fields fields = new Fields().Add("display_text", displayText).Add("url", url);
            return Interactive("cta_url", body, header, footer, fields);
        }

        /// <summary>Asks where the recipient is.</summary>
        /// <param name="body">The text.</param>
        /// <returns>The message.</returns>
        public static WaMessage LocationRequest(string body)
        {
            return Interactive("location_request", body, null, null, new Fields());
        }

        /// <summary>One product of a catalog.</summary>
        /// <param name="catalogId">Id of the catalog.</param>
        /// <param name="productRetailerId">The product's id in it.</param>
        /// <param name="body">The text, or null.</param>
        /// <param name="footer">Below the text, or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage Product(string catalogId, string productRetailerId, string body = null, string footer = null)
        {
            Fields fields = new Fields().Add("catalog_id", catalogId).Add("product_retailer_id", productRetailerId);
            return Interactive("product", body ?? string.Empty, null, footer, fields);
        }

        /// <summary>Several products of a catalog.</summary>
        /// <param name="header">The line above the text.</param>
        /// <param name="body">The text.</param>
        /// <param name="catalogId">Id of the catalog.</param>
        /// <param name="sections">Titles, and the products' ids below each.</param>
        /// <param name="footer">Below the text, or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage ProductList(
            string header,
            string body,
            string catalogId,
            IEnumerable<KeyValuePair<string, IEnumerable<string>>> sections,
            string footer = null)
        {
            Fields fields = new Fields().Add("catalog_id", catalogId).Add("sections", Products(sections, nameof(sections)));
            return Interactive("product_list", body, WaHeader.Text(header), footer, fields);
        }

        /// <summary>The whole catalog.</summary>
        /// <param name="body">The text.</param>
        /// <param name="thumbnailProductRetailerId">The product whose picture is shown, or null.</param>
        /// <param name="footer">Below the text, or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage Catalog(string body, string thumbnailProductRetailerId = null, string footer = null)
        {
            Fields fields = new Fields().Add("thumbnail_product_retailer_id", thumbnailProductRetailerId);
            return Interactive("catalog", body, null, footer, fields);
        }

        /// <summary>A form.</summary>
        /// <param name="body">The text.</param>
        /// <param name="flow">The form.</param>
        /// <param name="header">Above the text, or null.</param>
        /// <param name="footer">Below the text, or null.</param>
        /// <returns>The message.</returns>
        public static WaMessage Flow(string body, WaFlow flow, WaHeader header = null, string footer = null)
        {
            Require((object)flow, nameof(flow));
            return Interactive("flow", body, header, footer, flow.ToFields());
        }

        /// <summary>Cards side by side.</summary>
        /// <param name="body">The text.</param>
        /// <param name="cards">The cards.</param>
        /// <returns>The message.</returns>
        public static WaMessage Carousel(string body, params WaCard[] cards)
        {
            Fields fields = new Fields().Add("cards", Fields(cards, nameof(cards), card => card.ToFields()));
            return Interactive("carousel", body, null, null, fields);
        }

        /// <summary>A template with all that can fill it.</summary>
        /// <param name="template">The template and what fills it.</param>
        /// <returns>The message.</returns>
        public static WaMessage Template(WaTemplateMessage template)
        {
            Require((object)template, nameof(template));
            return Of("template", template.ToFields());
        }

        /// <summary>The same message as an answer that quotes another (Meta).</summary>
        /// <param name="messageId">The provider's id of the message that is quoted.</param>
        /// <returns>The message.</returns>
        public WaMessage InReplyTo(string messageId)
        {
            Require(messageId, nameof(messageId));
            Dictionary<string, object> map = WaConnector.Json.Read(Json) as Dictionary<string, object>
                ?? throw new InvalidOperationException("The message is no JSON object.");
            map["reply_to"] = messageId;
            return new WaMessage(WaConnector.Json.Write(map, "message"));
        }

        internal static Fields Place(double latitude, double longitude, string name, string address)
        {
            return new Fields().Add("latitude", latitude).Add("longitude", longitude).Add("name", name).Add("address", address);
        }

        internal static List<object> Fields<T>(IEnumerable<T> items, string parameter, Func<T, Fields> read)
        {
            Require((object)items, parameter);
            List<object> list = new List<object>();
            foreach (T item in items)
            {
                Require((object)item, parameter);
                list.Add(read(item));
            }
            return list;
        }

        internal static List<object> Products(
            IEnumerable<KeyValuePair<string, IEnumerable<string>>> sections, string parameter)
        {
            return Fields(
                sections, parameter, section => new Fields().Add("title", section.Key).Add("products", section.Value));
        }

        private static Fields Source(WaMediaSource source, string parameter)
        {
            Require((object)source, parameter);
            return source.ToFields();
        }

        private static WaMessage Interactive(string kind, string body, WaHeader header, string footer, Fields fields)
        {
            Require(body, nameof(body));
            fields.Add("interactive", kind).Add("header", header?.ToFields()).Add("body", body).Add("footer", footer);
            return Of("interactive", fields);
        }

        private static WaMessage Of(string type, Fields fields)
        {
            return new WaMessage(WaConnector.Json.Write(fields.Add("type", type), "message"));
        }

        private static void Require(object value, string parameter)
        {
            if (value == null)
            {
                throw new ArgumentNullException(parameter);
            }
        }
    }
}
