using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace WaConnector
{
    internal static partial class Json
    {
        /// <summary>Reads one JSON text.</summary>
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
}
