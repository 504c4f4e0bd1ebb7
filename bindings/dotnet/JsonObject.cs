using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;

namespace WaConnector
{
    /// <summary>
    /// A JSON object that is read key by key. Keys that are missing, null or of
    /// another type read as null: what the library gives is open.
    /// </summary>
    internal sealed class JsonObject
    {
        private static readonly JsonObject Empty = new JsonObject(new Dictionary<string, object>());

        private readonly IDictionary<string, object> map;

        private JsonObject(IDictionary<string, object> map)
        {
            this.map = map;
        }

        internal static JsonObject Read(string json)
        {
            return json == null ? Empty : From(Json.Read(json)) ?? Empty;
        }

        private static JsonObject From(object value)
        {
            return value is IDictionary<string, object> map ? new JsonObject(map) : null;
        }

        internal bool Has(string key)
        {
            return map.TryGetValue(key, out object value) && value != null;
        }

        internal string Text(string key)
        {
            return map.TryGetValue(key, out object value) ? value as string : null;
        }

        internal long? Number(string key)
        {
            map.TryGetValue(key, out object value);
            return value is long number ? number : (long?)null;
        }

        internal int Count(string key)
        {
            long number = Number(key) ?? 0;
            return (int)Math.Max(int.MinValue, Math.Min(int.MaxValue, number));
        }

        internal bool Truth(string key)
        {
            return map.TryGetValue(key, out object value) && value is bool truth && truth;
        }

        internal DateTimeOffset? Time(string key)
        {
            return DateTimeOffset.TryParse(
                Text(key), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
                ? time
                : (DateTimeOffset?)null;
        }

        internal JsonObject Object(string key)
        {
            return map.TryGetValue(key, out object value) ? From(value) : null;
        }

        internal List<string> Texts(string key)
        {
            List<string> found = new List<string>();
            if (map.TryGetValue(key, out object value) && value is List<object> items)
            {
                foreach (object item in items)
                {
                    if (item is string text)
                    {
                        found.Add(text);
                    }
                }
            }
            return found;
        }

        internal IReadOnlyDictionary<string, long> Numbers(string key)
        {
            Dictionary<string, long> found = new Dictionary<string, long>();
            foreach (KeyValuePair<string, object> pair in (Object(key) ?? Empty).map)
            {
                if (pair.Value is long number)
                {
                    found.Add(pair.Key, number);
                }
            }
            return found;
        }

        internal IReadOnlyDictionary<string, string> Words(string key)
        {
            Dictionary<string, string> found = new Dictionary<string, string>();
            foreach (KeyValuePair<string, object> pair in (Object(key) ?? Empty).map)
            {
                if (pair.Value is string text)
                {
                    found.Add(pair.Key, text);
                }
            }
            return found;
        }

        internal List<JsonObject> Objects(string key)
        {
            List<JsonObject> found = new List<JsonObject>();
            if (map.TryGetValue(key, out object value) && value is List<object> items)
            {
                foreach (object item in items)
                {
                    JsonObject one = From(item);
                    if (one != null)
                    {
                        found.Add(one);
                    }
                }
            }
            return found;
        }

        /// <summary>The object as JSON again, with the keys that this version does not know.</summary>
        public override string ToString()
        {
            return Json.Write(map, null);
        }
    }
}
