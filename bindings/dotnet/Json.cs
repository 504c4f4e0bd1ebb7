using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace WaConnector
{
    /// <summary>
    /// A small JSON reader and writer (RFC 8259), so that the package needs no
    /// other. Values are null, bool, long, double, string, List of object, and
    /// Dictionary of string and object.
    /// </summary>
    internal static class Json
    {
        /// <summary>How deep values may nest.</summary>
        internal const int Depth = 64;

        /// <summary>Reads one value; anything else is a FormatException that says where.</summary>
        /// <param name="text">The JSON.</param>
        internal static object Read(string text)
        {
            return new Reader(text).Whole();
        }

        /// <summary>Writes a value.</summary>
        /// <param name="value">Null, bool, string, a number, a time, a dictionary or a list.</param>
        /// <param name="name">What the value is called in errors; null for what
        /// was read before, and may hold U+0000.</param>
        internal static string Write(object value, string name)
        {
            StringBuilder text = new StringBuilder();
            Write(text, value, name, 0);
            return text.ToString();
        }

        /// <summary>A time as the library writes it: RFC 3339, UTC, milliseconds.</summary>
        /// <param name="time">The time.</param>
        internal static string Time(DateTimeOffset time)
        {
            return time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        }

        private static void Write(StringBuilder text, object value, string name, int depth)
        {
            if (depth > Depth)
            {
                throw new ArgumentException("The value is nested more than " + Depth + " deep.", name);
            }
            if (value == null)
            {
                text.Append("null");
            }
            else if (value is bool)
            {
                text.Append((bool)value ? "true" : "false");
            }
            else if (value is string || value is char || value is Guid)
            {
                WriteText(text, value.ToString(), name);
            }
            else if (value is DateTimeOffset)
            {
                WriteText(text, Time((DateTimeOffset)value), name);
            }
            else if (value is double || value is float)
            {
                WriteDouble(text, Convert.ToDouble(value, CultureInfo.InvariantCulture), name);
            }
            else if (value is sbyte || value is byte || value is short || value is ushort || value is int
                || value is uint || value is long || value is ulong || value is decimal)
            {
                text.Append(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
            }
            else if (value is IDictionary<string, object>)
            {
                WriteObject(text, (IDictionary<string, object>)value, name, depth);
            }
            else if (value is IDictionary<string, string>)
            {
                WriteObject(text, (IDictionary<string, string>)value, name, depth);
            }
            else if (value is IDictionary)
            {
                WriteLooseObject(text, (IDictionary)value, name, depth);
            }
            else if (value is IEnumerable)
            {
                WriteList(text, (IEnumerable)value, name, depth);
            }
            else
            {
                throw new ArgumentException("A " + value.GetType() + " cannot be written as JSON.", name);
            }
        }

        private static void WriteDouble(StringBuilder text, double number, string name)
        {
            if (double.IsNaN(number) || double.IsInfinity(number))
            {
                throw new ArgumentException("The value is not a number.", name);
            }
            text.Append(number.ToString("R", CultureInfo.InvariantCulture));
        }

        private static void WriteObject<T>(
            StringBuilder text, IEnumerable<KeyValuePair<string, T>> map, string name, int depth)
        {
            char before = '{';
            foreach (KeyValuePair<string, T> pair in map)
            {
                before = WriteMember(text, before, pair.Key, pair.Value, name, depth);
            }
            text.Append(before == '{' ? "{}" : "}");
        }

        private static void WriteLooseObject(StringBuilder text, IDictionary map, string name, int depth)
        {
            char before = '{';
            foreach (DictionaryEntry pair in map)
            {
                if (!(pair.Key is string key))
                {
                    throw new ArgumentException("The keys of a JSON object are strings.", name);
                }
                before = WriteMember(text, before, key, pair.Value, name, depth);
            }
            text.Append(before == '{' ? "{}" : "}");
        }

        private static char WriteMember(
            StringBuilder text, char before, string key, object value, string name, int depth)
        {
            text.Append(before);
            WriteText(text, key, name);
            text.Append(':');
            Write(text, value, name == null ? null : name + "." + key, depth + 1);
            return ',';
        }

        private static void WriteList(StringBuilder text, IEnumerable list, string name, int depth)
        {
            int at = 0;
            foreach (object item in list)
            {
                text.Append(at == 0 ? '[' : ',');
                Write(text, item, name == null ? null : name + "[" + at + "]", depth + 1);
                at++;
            }
            text.Append(at == 0 ? "[]" : "]");
        }

        private static void WriteText(StringBuilder text, string value, string name)
        {
            if (name != null)
            {
                Utf8.Check(value, name);
            }
            text.Append('"');
            foreach (char c in value)
            {
                switch (c)
                {
                    case '"':
                        text.Append("\\\"");
                        break;
                    case '\\':
                        text.Append("\\\\");
                        break;
                    case '\n':
                        text.Append("\\n");
                        break;
                    case '\r':
                        text.Append("\\r");
                        break;
                    case '\t':
                        text.Append("\\t");
                        break;
                    default:
                        if (c < ' ')
                        {
                            text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                        }
                        else
                        {
                            text.Append(c);
                        }
                        break;
                }
            }
            text.Append('"');
        }

        private sealed class Reader
        {
            private readonly string text;
            private int at;

            internal Reader(string text)
            {
                this.text = text ?? throw new ArgumentNullException(nameof(text));
            }

            internal object Whole()
            {
                object value = Value(0);
                Space();
                if (at < text.Length)
                {
                    throw Wrong("something follows the value");
                }
                return value;
            }

            private object Value(int depth)
            {
                if (depth > Depth)
                {
                    throw Wrong("nested too deep");
                }
                Space();
                if (at >= text.Length)
                {
                    throw Wrong("the text ends where a value is expected");
                }
                switch (text[at])
                {
                    case '{':
                        return Object(depth);
                    case '[':
                        return List(depth);
                    case '"':
                        return Text();
                    case 't':
                        return Word("true", true);
                    case 'f':
                        return Word("false", false);
                    case 'n':
                        return Word("null", null);
                    default:
                        return Number();
                }
            }

            private Dictionary<string, object> Object(int depth)
            {
                Dictionary<string, object> map = new Dictionary<string, object>(StringComparer.Ordinal);
                at++;
                if (Next('}'))
                {
                    return map;
                }
                do
                {
                    Space();
                    if (at >= text.Length || text[at] != '"')
                    {
                        throw Wrong("a key is expected");
                    }
                    string key = Text();
                    if (map.ContainsKey(key))
                    {
                        throw Wrong("the key \"" + key + "\" comes twice");
                    }
                    if (!Next(':'))
                    {
                        throw Wrong("':' is expected");
                    }
                    map.Add(key, Value(depth + 1));
                }
                while (Next(','));
                if (!Next('}'))
                {
                    throw Wrong("',' or '}' is expected");
                }
                return map;
            }

            private List<object> List(int depth)
            {
                List<object> list = new List<object>();
                at++;
                if (Next(']'))
                {
                    return list;
                }
                do
                {
                    list.Add(Value(depth + 1));
                }
                while (Next(','));
                if (!Next(']'))
                {
                    throw Wrong("',' or ']' is expected");
                }
                return list;
            }

            private string Text()
            {
                int from = ++at;
                while (at < text.Length && text[at] != '"' && text[at] != '\\' && text[at] >= ' ')
                {
                    at++;
                }
                if (at < text.Length && text[at] == '"')
                {
                    return Faithful(text.Substring(from, at++ - from));
                }
                StringBuilder built = new StringBuilder(text, from, at - from, Math.Max(16, 2 * (at - from)));
                while (at < text.Length)
                {
                    char c = text[at++];
                    if (c == '"')
                    {
                        return Faithful(built.ToString());
                    }
                    if (c < ' ')
                    {
                        at--;
                        throw Wrong("a control character in a string");
                    }
                    built.Append(c == '\\' ? Escape() : c);
                }
                throw Wrong("a string does not end");
            }

            private char Escape()
            {
                if (at >= text.Length)
                {
                    throw Wrong("a string does not end");
                }
                char c = text[at++];
                switch (c)
                {
                    case '"':
                    case '\\':
                    case '/':
                        return c;
                    case 'b':
                        return '\b';
                    case 'f':
                        return '\f';
                    case 'n':
                        return '\n';
                    case 'r':
                        return '\r';
                    case 't':
                        return '\t';
                    case 'u':
                        int code = 0;
                        for (int digits = 0; digits < 4; digits++, at++)
                        {
                            int digit = at < text.Length ? Digit(text[at]) : -1;
                            if (digit < 0)
                            {
                                throw Wrong("four hexadecimal digits are expected");
                            }
                            code = (code << 4) | digit;
                        }
                        return (char)code;
                    default:
                        at--;
                        throw Wrong("an unknown escape");
                }
            }

            private static int Digit(char c)
            {
                return c >= '0' && c <= '9' ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                    : -1;
            }

            /// <summary>Half a character is no text, escaped or not.</summary>
            private string Faithful(string value)
            {
                for (int i = 0; i < value.Length; i++)
                {
                    if (!char.IsSurrogate(value[i]))
                    {
                        continue;
                    }
                    if (!char.IsHighSurrogate(value[i]) || i + 1 >= value.Length || !char.IsLowSurrogate(value[i + 1]))
                    {
                        throw Wrong("half of a surrogate pair in the string before");
                    }
                    i++;
                }
                return value;
            }

            private object Word(string word, object value)
            {
                if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0)
                {
                    throw Wrong("a value is expected");
                }
                at += word.Length;
                return value;
            }

            private object Number()
            {
                int from = at;
                Skip('-');
                if (!Skip('0'))
                {
                    Digits();
                }
                bool whole = true;
                if (Skip('.'))
                {
                    whole = false;
                    Digits();
                }
                if (Skip('e') || Skip('E'))
                {
                    whole = false;
                    if (!Skip('+'))
                    {
                        Skip('-');
                    }
                    Digits();
                }
                string digits = text.Substring(from, at - from);
                if (whole && long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long small))
                {
                    return small;
                }
                if (!double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double large)
                    || double.IsInfinity(large))
                {
                    throw Wrong("a number is too large");
                }
                return large;
            }

            private void Digits()
            {
                int from = at;
                while (at < text.Length && text[at] >= '0' && text[at] <= '9')
                {
                    at++;
                }
                if (at == from)
                {
                    throw Wrong(at < text.Length ? "a value is expected" : "the text ends within a number");
                }
            }

            private bool Skip(char c)
            {
                if (at < text.Length && text[at] == c)
                {
                    at++;
                    return true;
                }
                return false;
            }

            private bool Next(char c)
            {
                Space();
                return Skip(c);
            }

            private void Space()
            {
                while (at < text.Length && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t'))
                {
                    at++;
                }
            }

            private FormatException Wrong(string what)
            {
                return new FormatException("Not JSON, at character " + at + ": " + what + ".");
            }
        }
    }

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
