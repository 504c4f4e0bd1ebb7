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
    internal static partial class Json
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
    }
}
