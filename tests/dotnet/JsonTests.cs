using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using WaConnector;

internal static class JsonTests
{
    internal static void Add()
    {
        Runner.Add(null, "json: reads every kind of value", ReadsValues);
        Runner.Add(null, "json: refuses what is no JSON", RefusesBroken);
        Runner.Add(null, "json: writes what it reads, 20,000 random values", RoundTrip);
        Runner.Add(null, "json: 100,000 damaged texts are read or refused, nothing else", Damaged);
        Runner.Add(null, "json: errors of the writer name the key's path", WriterNames);
        Runner.Add(null, "utf8: what cannot travel is refused by name", Utf8Refuses);
    }

    private static void ReadsValues()
    {
        Check.Equal(null, Json.Read(" null "));
        Check.Equal(true, Json.Read("true"));
        Check.Equal(0L, Json.Read("-0"));
        Check.Equal(long.MinValue, Json.Read("-9223372036854775808"));
        Check.Equal(9223372036854775808.0, Json.Read("9223372036854775808"));
        Check.Equal(1e300, Json.Read("1E+300"));
        Check.Equal(0.5, Json.Read("5e-1"));
        Check.Equal("a\"\\/\b\f\n\r\t\u00e9😀\0", Json.Read("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\ud83d\\uDE00\\u0000\""));
        Check.Equal("𝄞", Json.Read("\"𝄞\""));
        Check.Equal(0, ((List<object>)Json.Read("[ ]")).Count);
        JsonObject map = JsonObject.Read("{\"a\":[1,{\"b\":2}],\"t\":\"2025-01-02T03:04:05.678Z\",\"n\":null,\"big\":99999999999}");
        Check.Equal(2L, map.Objects("a")[0].Number("b"));
        Check.Equal(new DateTimeOffset(2025, 1, 2, 3, 4, 5, 678, TimeSpan.Zero), map.Time("t").Value);
        Check.True(!map.Has("n") && map.Text("a") == null && map.Object("t") == null, "another type reads as null");
        Check.Equal(int.MaxValue, map.Count("big"));
        string deep = new string('[', Json.Depth) + new string(']', Json.Depth);
        Check.True(Json.Read(deep) != null, "deep");
    }

    private static void RefusesBroken()
    {
        string[] broken =
        {
            "", " ", "nul", "nulll", "True", "tru", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "1 2", "NaN", "Infinity",
            "1e999", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\n\"", "\"\t\"", "\"\\ud800\"", "\"\\udc00x\"",
            "\"\\ud800\\u0041\"", "\"\ud800\"", "'a'", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "}", "{}}", "{\"a\"}",
            "{\"a\":}", "{\"a\":1", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\":1,\"a\":2}", "{\"a\":1 \"b\":2}", "[1]x", "// c\n1", "\ufeff1",
            "\u00a01", "1\0", new string('[', Json.Depth + 2) + new string(']', Json.Depth + 2), new string('[', 1000000),
        };
        foreach (string text in broken)
        {
            Check.Throws<FormatException>(() => Json.Read(text), "<" + (text.Length > 40 ? "long" : text) + ">");
        }
    }

    private static void RoundTrip()
    {
        Random random = new Random(20251122);
        for (int i = 0; i < 20000; i++)
        {
            string written = Json.Write(Value(random, 4), "value");
            Check.Equal(written, Json.Write(Json.Read(written), "value"), "number " + i);
        }
    }

    private static void Damaged()
    {
        Random random = new Random(7);
        string[] pieces = { "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "0", "9", "-", "e", ".", "true", "null", " ", "\ud83d", "\ude00", "é", "\0" };
        int read = 0;
        for (int i = 0; i < 100000; i++)
        {
            StringBuilder text = new StringBuilder(Json.Write(Value(random, 3), "value"));
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                int at = random.Next(text.Length + 1);
                if (random.Next(2) == 0 && at < text.Length)
                {
                    text.Remove(at, Math.Min(text.Length - at, random.Next(1, 3)));
                }
                else
                {
                    text.Insert(at, pieces[random.Next(pieces.Length)]);
                }
            }
            try
            {
                Json.Read(text.ToString());
                read++;
            }
            catch (FormatException)
            {
            }
        }
        Check.True(read > 1000 && read < 90000, "read " + read);
    }

    private static object Value(Random random, int depth)
    {
        switch (random.Next(depth > 0 ? 9 : 6))
        {
            case 0:
                return null;
            case 1:
                return random.Next(2) == 0;
            case 2:
                return (long)(random.NextDouble() * long.MaxValue) - (random.Next(2) * long.MaxValue);
            case 3:
                return (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-300, 300));
            case 4:
            case 5:
                return Text(random);
            case 6:
                return Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth - 1)).ToList();
            default:
                Dictionary<string, object> map = new Dictionary<string, object>();
                for (int i = random.Next(4); i > 0; i--)
                {
                    map[Text(random)] = Value(random, depth - 1);
                }
                return map;
        }
    }

    private static string Text(Random random)
    {
        StringBuilder text = new StringBuilder();
        for (int i = random.Next(8); i > 0; i--)
        {
            int code = random.Next(4) == 0 ? random.Next(0x10000, 0x110000) : random.Next(1, random.Next(2) == 0 ? 0x80 : 0x10000);
            text.Append(code >= 0xd800 && code <= 0xdfff ? "x" : char.ConvertFromUtf32(code));
        }
        return text.ToString();
    }

    private static void WriterNames()
    {
        Dictionary<string, object> map = new Dictionary<string, object>
        {
            ["a"] = new List<object> { 1, new Dictionary<string, object> { ["b"] = "\ud800" } },
        };
        Check.Equal("settings.a[1].b", Check.Throws<ArgumentException>(() => Json.Write(map, "settings")).ParamName);
        Check.Throws<ArgumentException>(() => Json.Write(double.NaN, "x"));
        Check.Throws<ArgumentException>(() => Json.Write(new object(), "x"));
        List<object> cycle = new List<object>();
        cycle.Add(cycle);
        Check.Throws<ArgumentException>(() => Json.Write(cycle, "x"));
        Check.Equal("[1,2.5,\"c\",79228162514264337593543950335,\"1970-01-01T00:00:00.000Z\"]", Json.Write(
            new object[] { (byte)1, 2.5f, 'c', decimal.MaxValue, new DateTimeOffset(1970, 1, 1, 2, 0, 0, TimeSpan.FromHours(2)) }, "x"));
    }

    private static void Utf8Refuses()
    {
        foreach (string text in new[] { "a\0b", "\0", "\ud83d", "a\ude00", "\ud83dx", "\ude00\ud83d", "😀\ud83d" })
        {
            Check.Equal("to", Check.Throws<ArgumentException>(() => Utf8.Bytes(text, "to")).ParamName);
        }
        foreach (string text in new[] { "", "é", "😀", "\uffff", "\u0001", "مرحبا", "\u200f" })
        {
            byte[] bytes = Utf8.Bytes(text, "to");
            Check.Equal(text, Encoding.UTF8.GetString(bytes, 0, bytes.Length - 1));
            Check.Equal((byte)0, bytes[bytes.Length - 1]);
        }
    }
}
