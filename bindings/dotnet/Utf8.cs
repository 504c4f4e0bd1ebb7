using System;
using System.Text;

namespace WaConnector
{
    /// <summary>
    /// Text on its way over the boundary: UTF-8 that ends with NUL.
    /// Strict on the way in, so that nothing is cut or replaced unseen.
    /// </summary>
    internal static class Utf8
    {
        private static readonly UTF8Encoding Encoding = new UTF8Encoding(false, false);

        /// <summary>
        /// Refuses what has no faithful form in UTF-8 that ends with NUL: lone
        /// surrogates and an inner NUL. Null is fine.
        /// </summary>
        /// <param name="value">The text.</param>
        /// <param name="parameter">What it is called in the error.</param>
        internal static void Check(string value, string parameter)
        {
            if (value == null)
            {
                return;
            }
            for (int at = 0; at < value.Length; at++)
            {
                char c = value[at];
                if (c == '\0')
                {
                    throw new ArgumentException(
                        "The text holds the character U+0000, at " + at + ": it would be cut there.", parameter);
                }
                if (!char.IsSurrogate(c))
                {
                    continue;
                }
                if (char.IsHighSurrogate(c) && at + 1 < value.Length && char.IsLowSurrogate(value[at + 1]))
                {
                    at++;
                    continue;
                }
                throw new ArgumentException(
                    "The text holds half of a surrogate pair, at " + at + ": a character was cut in two.", parameter);
            }
        }

        /// <summary>
        /// The bytes of a text with a NUL behind them; null for null.
        /// </summary>
        /// <param name="value">The text.</param>
        /// <param name="parameter">What it is called in the error.</param>
        internal static byte[] Bytes(string value, string parameter)
        {
            if (value == null)
            {
                return null;
            }
            Check(value, parameter);
            byte[] bytes = new byte[Encoding.GetByteCount(value) + 1];
            Encoding.GetBytes(value, 0, value.Length, bytes, 0);
            return bytes;
        }

        /// <summary>
        /// The text at an address; null for null.
        /// </summary>
        /// <param name="text">The address of bytes that end with NUL.</param>
        internal static unsafe string Text(byte* text)
        {
            if (text == null)
            {
                return null;
            }
            int length = 0;
            while (text[length] != 0)
            {
                length = checked(length + 1);
            }
            return length == 0 ? string.Empty : Encoding.GetString(text, length);
        }
    }
}
