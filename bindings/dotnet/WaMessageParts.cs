using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>Where media comes from.</summary>
    public sealed class WaMediaSource
    {
        private readonly string key;
        private readonly string value;
        private readonly string mimeType;

        private WaMediaSource(string key, string value, string mimeType)
        {
            this.key = key;
            this.value = value ?? throw new System.ArgumentNullException(nameof(value));
            this.mimeType = mimeType;
        }

        /// <summary>An address that the provider fetches.</summary>
        /// <param name="value">The address.</param>
        /// <returns>The source.</returns>
        public static WaMediaSource Link(string value)
        {
            return new WaMediaSource("link", value, null);
        }

        /// <summary>Media that the provider has.</summary>
        /// <param name="value">Its id, as <see cref="WaMedia.Id"/>.</param>
        /// <returns>The source.</returns>
        public static WaMediaSource Id(string value)
        {
            return new WaMediaSource("id", value, null);
        }

        /// <summary>A file of this machine; it is uploaded once, and its id remembered.</summary>
        /// <param name="value">Its path.</param>
        /// <param name="mimeType">Its type, where the name does not tell it; or null.</param>
        /// <returns>The source.</returns>
        public static WaMediaSource File(string value, string mimeType = null)
        {
            return new WaMediaSource("file", value, mimeType);
        }

        internal Fields ToFields()
        {
            return new Fields().Add(key, value).Add("mime_type", mimeType);
        }
    }

    /// <summary>What stands above a text, or fills that place of a template.</summary>
    public sealed class WaHeader
    {
        private readonly Fields fields;

        private WaHeader(Fields fields)
        {
            this.fields = fields;
        }

        /// <summary>Text; in a template the value of the header's variable.</summary>
        /// <param name="text">The text.</param>
        /// <param name="name">In a template the variable's name, where it has one; or null.</param>
        /// <returns>The header.</returns>
        public static WaHeader Text(string text, string name = null)
        {
            return new WaHeader(new Fields().Add("text", text).Add("name", name));
        }

        /// <summary>An image.</summary>
        /// <param name="image">Where it comes from.</param>
        /// <returns>The header.</returns>
        public static WaHeader Image(WaMediaSource image)
        {
            return new WaHeader(new Fields().Add("image", image?.ToFields()));
        }

        /// <summary>A video.</summary>
        /// <param name="video">Where it comes from.</param>
        /// <returns>The header.</returns>
        public static WaHeader Video(WaMediaSource video)
        {
            return new WaHeader(new Fields().Add("video", video?.ToFields()));
        }

        /// <summary>A document.</summary>
        /// <param name="document">Where it comes from.</param>
        /// <param name="filename">The name that the recipient sees, or null.</param>
        /// <returns>The header.</returns>
        public static WaHeader Document(WaMediaSource document, string filename = null)
        {
            return new WaHeader(new Fields().Add("document", document?.ToFields().Add("filename", filename)));
        }

        /// <summary>A place, in a template.</summary>
        /// <param name="latitude">Degrees, north is positive.</param>
        /// <param name="longitude">Degrees, east is positive.</param>
        /// <param name="name">Its name, or null.</param>
        /// <param name="address">Its address, or null.</param>
        /// <returns>The header.</returns>
        public static WaHeader Location(double latitude, double longitude, string name = null, string address = null)
        {
            return new WaHeader(new Fields().Add("location", WaMessage.Place(latitude, longitude, name, address)));
        }

        /// <summary>A product, in a template.</summary>
        /// <param name="catalogId">Id of the catalog.</param>
        /// <param name="productRetailerId">The product's id in it.</param>
        /// <returns>The header.</returns>
        public static WaHeader Product(string catalogId, string productRetailerId)
        {
            return new WaHeader(new Fields().Add(
                "product", new Fields().Add("catalog_id", catalogId).Add("product_retailer_id", productRetailerId)));
        }

        internal Fields ToFields()
        {
            return fields;
        }
    }

    /// <summary>A section of a list.</summary>
    public sealed class WaListSection
    {
        private readonly string title;
        private readonly List<object> rows = new List<object>();

        /// <summary>A section without rows yet.</summary>
        /// <param name="title">Its title; needed where there are several sections.</param>
        public WaListSection(string title = null)
        {
            this.title = title;
        }

        /// <summary>Adds a row.</summary>
        /// <param name="id">Comes back with the answer.</param>
        /// <param name="title">What it says.</param>
        /// <param name="description">More about it, or null.</param>
        /// <returns>This section.</returns>
        public WaListSection WithRow(string id, string title, string description = null)
        {
            rows.Add(new Fields().Add("id", id).Add("title", title).Add("description", description));
            return this;
        }

        internal Fields ToFields()
        {
            return new Fields().Add("title", title).Add("rows", rows);
        }
    }

    /// <summary>A form; give its id or its name.</summary>
    public sealed class WaFlow
    {
        /// <summary>Id of the flow.</summary>
        public string Id { get; set; }

        /// <summary>Name of the flow.</summary>
        public string Name { get; set; }

        /// <summary>What the button says that opens it.</summary>
        public string Cta { get; set; }

        /// <summary>The host's own mark of this form; comes back with the answers.</summary>
        public string Token { get; set; }

        /// <summary>The flow's own server says where it begins.</summary>
        public bool DataExchange { get; set; }

        /// <summary>The first screen.</summary>
        public string Screen { get; set; }

        /// <summary>What the first screen is given.</summary>
        public IDictionary<string, object> Data { get; set; }

        /// <summary>The flow is not published yet.</summary>
        public bool Draft { get; set; }

        internal Fields ToFields()
        {
            Fields fields = new Fields().Add("flow_id", Id).Add("flow_name", Name).Add("flow_cta", Cta).Add("flow_token", Token);
            fields.Add("flow_action", DataExchange ? "data_exchange" : null).Add("screen", Screen).Add("data", Data);
            return fields.Add("draft", Draft);
        }
    }

    /// <summary>A card of a carousel.</summary>
    public sealed class WaCard
    {
        private readonly Fields fields = new Fields();

        /// <summary>A card.</summary>
        /// <param name="header">Its image or video.</param>
        /// <param name="displayText">What its button says.</param>
        /// <param name="url">What the button opens.</param>
        /// <param name="body">Its text, or null.</param>
        public WaCard(WaHeader header, string displayText, string url, string body = null)
        {
            fields.Add("header", header?.ToFields()).Add("display_text", displayText).Add("url", url).Add("body", body);
        }

        internal Fields ToFields()
        {
            return fields;
        }
    }

    /// <summary>A contact of an address book.</summary>
    public sealed class WaContact
    {
        private readonly Fields name = new Fields();
        private readonly Fields fields = new Fields();

        /// <summary>A contact; WhatsApp needs one part of the name beside the whole.</summary>
        /// <param name="formattedName">The whole name, as it is shown.</param>
        /// <param name="firstName">First name, or null.</param>
        /// <param name="lastName">Last name, or null.</param>
        public WaContact(string formattedName, string firstName = null, string lastName = null)
        {
            name.Add("formatted_name", formattedName).Add("first_name", firstName).Add("last_name", lastName);
            fields.Add("name", name);
        }

        /// <summary>Adds other parts of the name.</summary>
        /// <param name="middleName">Middle name, or null.</param>
        /// <param name="prefix">Such as <c>Dr.</c>, or null.</param>
        /// <param name="suffix">Such as <c>Jr.</c>, or null.</param>
        /// <returns>This contact.</returns>
        public WaContact WithName(string middleName = null, string prefix = null, string suffix = null)
        {
            name.Add("middle_name", middleName).Add("prefix", prefix).Add("suffix", suffix);
            return this;
        }

        /// <summary>Adds a telephone.</summary>
        /// <param name="phone">The number.</param>
        /// <param name="type"><c>CELL</c>, <c>HOME</c>, <c>WORK</c>, ...; or null.</param>
        /// <param name="waId">WhatsApp's id; without it the reader sees an invitation. Or null.</param>
        /// <returns>This contact.</returns>
        public WaContact WithPhone(string phone, string type = null, string waId = null)
        {
            return With("phones", new Fields().Add("phone", phone).Add("type", type).Add("wa_id", waId));
        }

        /// <summary>Adds a mail address.</summary>
        /// <param name="email">The address.</param>
        /// <param name="type"><c>HOME</c> or <c>WORK</c>, or null.</param>
        /// <returns>This contact.</returns>
        public WaContact WithEmail(string email, string type = null)
        {
            return With("emails", new Fields().Add("email", email).Add("type", type));
        }

        /// <summary>Adds an address in the web.</summary>
        /// <param name="url">The address.</param>
        /// <param name="type"><c>HOME</c> or <c>WORK</c>, or null.</param>
        /// <returns>This contact.</returns>
        public WaContact WithUrl(string url, string type = null)
        {
            return With("urls", new Fields().Add("url", url).Add("type", type));
        }

        /// <summary>Adds a postal address.</summary>
        /// <param name="street">Street and number, or null.</param>
        /// <param name="city">City, or null.</param>
        /// <param name="zip">Postal code, or null.</param>
        /// <param name="state">State or province, or null.</param>
        /// <param name="country">Country, or null.</param>
        /// <param name="countryCode">Two letters of the country, or null.</param>
        /// <param name="type"><c>HOME</c> or <c>WORK</c>, or null.</param>
        /// <returns>This contact.</returns>
        public WaContact WithAddress(
            string street = null,
            string city = null,
            string zip = null,
            string state = null,
            string country = null,
            string countryCode = null,
            string type = null)
        {
            Fields address = new Fields().Add("street", street).Add("city", city).Add("zip", zip).Add("state", state);
            return With("addresses", address.Add("country", country).Add("country_code", countryCode).Add("type", type));
        }

        /// <summary>Says where the person works.</summary>
        /// <param name="company">Company, or null.</param>
        /// <param name="department">Department, or null.</param>
        /// <param name="title">Title, or null.</param>
        /// <returns>This contact.</returns>
        public WaContact WithOrganization(string company = null, string department = null, string title = null)
        {
            fields["org"] = new Fields().Add("company", company).Add("department", department).Add("title", title);
            return this;
        }

        /// <summary>Says when the person was born.</summary>
        /// <param name="birthday"><c>YYYY-MM-DD</c>.</param>
        /// <returns>This contact.</returns>
        public WaContact WithBirthday(string birthday)
        {
            fields["birthday"] = birthday;
            return this;
        }

        internal Fields ToFields()
        {
            return fields;
        }

        private WaContact With(string key, Fields item)
        {
            if (!fields.TryGetValue(key, out object list))
            {
                fields[key] = list = new List<object>();
            }
            ((List<object>)list).Add(item);
            return this;
        }
    }
}
