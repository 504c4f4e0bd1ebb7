using System;
using System.Collections.Generic;

namespace WaConnector
{
    /// <summary>What a call gave that is no message.</summary>
    public abstract class WaResult
    {
        private readonly JsonObject json;

        internal WaResult(JsonObject json)
        {
            this.json = json;
        }

        /// <summary>The result as JSON, with the keys that this version does not know.</summary>
        public string Json
        {
            get { return json.ToString(); }
        }

        internal static IReadOnlyList<T> List<T>(JsonObject json, string key, Func<JsonObject, T> read)
        {
            return json.Objects(key).ConvertAll(item => read(item)).AsReadOnly();
        }
    }

    /// <summary>Media at the provider.</summary>
    public sealed class WaMedia : WaResult
    {
        internal WaMedia(JsonObject json)
            : base(json)
        {
            Id = json.Text("id");
            MimeType = json.Text("mime_type");
            Bytes = json.Number("bytes");
            Sha256 = json.Text("sha256");
            Url = json.Text("url");
            ExpiresAt = json.Time("expires_at");
        }

        /// <summary>The provider's id.</summary>
        public string Id { get; }

        /// <summary>Its type, or null.</summary>
        public string MimeType { get; }

        /// <summary>Its size, or null.</summary>
        public long? Bytes { get; }

        /// <summary>SHA-256 in hexadecimal digits, or null.</summary>
        public string Sha256 { get; }

        /// <summary>Where it can be fetched from for some minutes, with the access token; or null.</summary>
        public string Url { get; }

        /// <summary>When the provider deletes it, or null.</summary>
        public DateTimeOffset? ExpiresAt { get; }
    }

    /// <summary>Media that was fetched.</summary>
    public sealed class WaMediaFile : WaResult
    {
        internal WaMediaFile(JsonObject json)
            : base(json)
        {
            Id = json.Text("id");
            File = json.Text("file");
            MimeType = json.Text("mime_type");
            Bytes = json.Number("bytes") ?? 0;
            Sha256 = json.Text("sha256");
            Checked = json.Truth("checked");
        }

        /// <summary>The provider's id.</summary>
        public string Id { get; }

        /// <summary>The file.</summary>
        public string File { get; }

        /// <summary>Its type, or null.</summary>
        public string MimeType { get; }

        /// <summary>Its size.</summary>
        public long Bytes { get; }

        /// <summary>SHA-256 in hexadecimal digits.</summary>
        public string Sha256 { get; }

        /// <summary>The provider told the same SHA-256; false where it told none.</summary>
        public bool Checked { get; }
    }

    /// <summary>A number of the account.</summary>
    public sealed class WaNumber : WaResult
    {
        internal WaNumber(JsonObject json)
            : base(json)
        {
            Id = json.Text("id");
            DisplayPhoneNumber = json.Text("display_phone_number");
            VerifiedName = json.Text("verified_name");
            QualityRating = json.Text("quality_rating");
            CodeVerificationStatus = json.Text("code_verification_status");
            NameStatus = json.Text("name_status");
            PlatformType = json.Text("platform_type");
            Status = json.Text("status");
            ThroughputLevel = json.Text("throughput_level");
            MessagingLimit = json.Text("messaging_limit");
        }

        /// <summary>The provider's id of it: what <see cref="NumberOptions.Sender"/> means.</summary>
        public string Id { get; }

        /// <summary>The number as people write it, or null.</summary>
        public string DisplayPhoneNumber { get; }

        /// <summary>The name that recipients see, or null.</summary>
        public string VerifiedName { get; }

        /// <summary><c>GREEN</c>, <c>YELLOW</c>, <c>RED</c>, <c>NA</c> or <c>UNKNOWN</c>; or null.</summary>
        public string QualityRating { get; }

        /// <summary>Whether the number was verified by a code, or null.</summary>
        public string CodeVerificationStatus { get; }

        /// <summary>Whether the name was approved, or null.</summary>
        public string NameStatus { get; }

        /// <summary><c>CLOUD_API</c> once it is registered, or null.</summary>
        public string PlatformType { get; }

        /// <summary><c>CONNECTED</c>, <c>PENDING</c>, ...; or null.</summary>
        public string Status { get; }

        /// <summary><c>STANDARD</c>, <c>HIGH</c>, ...; or null.</summary>
        public string ThroughputLevel { get; }

        /// <summary>How many people may be written to first within 24 hours, such as <c>TIER_2K</c>; or null.</summary>
        public string MessagingLimit { get; }
    }

    /// <summary>Numbers, and where the next page begins.</summary>
    public sealed class WaNumberPage : WaResult
    {
        internal WaNumberPage(JsonObject json)
            : base(json)
        {
            Numbers = List(json, "numbers", item => new WaNumber(item));
            Next = json.Text("next");
        }

        /// <summary>The numbers.</summary>
        public IReadOnlyList<WaNumber> Numbers { get; }

        /// <summary>Goes into <see cref="NumberListOptions.Cursor"/> for the next page; null at the end.</summary>
        public string Next { get; }
    }

    /// <summary>What recipients see of a business.</summary>
    public sealed class WaProfile : WaResult
    {
        internal WaProfile(JsonObject json)
            : base(json)
        {
            About = json.Text("about");
            Address = json.Text("address");
            Description = json.Text("description");
            Email = json.Text("email");
            Websites = json.Texts("websites").AsReadOnly();
            Vertical = json.Text("vertical");
            ProfilePictureUrl = json.Text("profile_picture_url");
        }

        /// <summary>The line below the name, or null.</summary>
        public string About { get; }

        /// <summary>Address, or null.</summary>
        public string Address { get; }

        /// <summary>What the business does, or null.</summary>
        public string Description { get; }

        /// <summary>Mail address, or null.</summary>
        public string Email { get; }

        /// <summary>Web addresses.</summary>
        public IReadOnlyList<string> Websites { get; }

        /// <summary>Industry, such as <c>RETAIL</c>, or null.</summary>
        public string Vertical { get; }

        /// <summary>Where its picture can be fetched from, or null.</summary>
        public string ProfilePictureUrl { get; }
    }

    /// <summary>What is to change in a profile; what is null stays as it is.</summary>
    public sealed class WaProfileUpdate
    {
        /// <summary>The line below the name, 1 to 139 characters.</summary>
        public string About { get; set; }

        /// <summary>Address, at most 256 characters.</summary>
        public string Address { get; set; }

        /// <summary>What the business does, at most 512 characters.</summary>
        public string Description { get; set; }

        /// <summary>Mail address, at most 128 characters.</summary>
        public string Email { get; set; }

        /// <summary>Web addresses, at most 2.</summary>
        public IEnumerable<string> Websites { get; set; }

        /// <summary>Industry: one of Meta's words, such as <c>RETAIL</c>.</summary>
        public string Vertical { get; set; }

        internal string ToJson(string name)
        {
            Fields fields = new Fields().Add("about", About).Add("address", Address).Add("description", Description);
            fields.Add("email", Email).Add("websites", Websites).Add("vertical", Vertical);
            return Json.Write(fields, name);
        }
    }

    /// <summary>What a check found.</summary>
    public sealed class WaCheckReport : WaResult
    {
        internal WaCheckReport(JsonObject json)
            : base(json)
        {
            Ok = json.Truth("ok");
            Items = List(json, "items", item => new WaCheckItem(item));
        }

        /// <summary>Nothing stands in the way of sending.</summary>
        public bool Ok { get; }

        /// <summary>What was looked at, in the order of the road.</summary>
        public IReadOnlyList<WaCheckItem> Items { get; }
    }

    /// <summary>One thing that was looked at.</summary>
    public sealed class WaCheckItem
    {
        internal WaCheckItem(JsonObject json)
        {
            Item = json.Text("item");
            Verdict = json.Text("verdict");
            Text = ErrorWords.Of(json.Text("text"));
            Hint = ErrorWords.Of(json.Text("hint"));
        }

        /// <summary>What: <c>credentials</c>, <c>sender</c>, <c>database</c>, ...</summary>
        public string Item { get; }

        /// <summary><c>ok</c>, <c>warning</c>, <c>error</c> or <c>not_checked</c>.</summary>
        public string Verdict { get; }

        /// <summary>How it is, in plain words.</summary>
        public string Text { get; }

        /// <summary>What to do about it, or null.</summary>
        public string Hint { get; }

        /// <summary>One line of a report.</summary>
        /// <returns>Verdict, item and text.</returns>
        public override string ToString()
        {
            return Verdict + " " + Item + ": " + Text;
        }
    }
}
