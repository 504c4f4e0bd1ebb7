// Reads T-SQL with Microsoft's own parser, as SQL Server 2016 would.
//
//   Parse.exe FOLDER    every *.sql in it; a script may have batches, with GO between them
//
// First it proves itself: what SQL Server has not must be refused, and what it
// has must be accepted. A parser that takes everything would prove nothing.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.SqlServer.TransactSql.ScriptDom;

static class Parse
{
    static readonly string[] Refused =
    {
        "SELECT id FROM message ORDER BY id LIMIT 5",
        "INSERT INTO message (id) VALUES (1) ON CONFLICT DO NOTHING",
        "INSERT INTO message (id) VALUES (1) RETURNING id",
        "SELECT id FROM message FOR UPDATE SKIP LOCKED",
        "SELECT CAST(1 AS bigint)::text",
        "CREATE INDEX IF NOT EXISTS i ON message (id)",
        // Its place is the end of a MERGE.
        "MERGE INTO message AS old USING (SELECT 1 AS id) AS new ON old.id = new.id WHEN NOT MATCHED THEN INSERT (id) VALUES (new.id)",
        // Known to SQL Server 2022 only: the settings promise 2016.
        "SELECT 1 WHERE 1 IS DISTINCT FROM 2",
    };

    static readonly string[] Accepted =
    {
        "MERGE INTO message WITH (HOLDLOCK) AS old USING (SELECT ? AS id) AS new ON old.id = new.id "
            + "WHEN NOT MATCHED THEN INSERT (id) VALUES (new.id);",
        "UPDATE queue SET worker = ? OUTPUT inserted.id WHERE worker IS NULL AND id IN "
            + "(SELECT TOP (?) id FROM queue WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK) WHERE worker IS NULL ORDER BY due)",
        "SELECT '?', [what?], \"why?\" /* ? */ FROM OPENJSON(?) WITH (id char(36) '$.id') AS new -- ?",
        "SELECT 1\nGO\nCREATE VIEW v AS SELECT 1 AS one\nGO\n",
    };

    static int Main(string[] arguments)
    {
        int passed = 0, failed = 0;
        Action<bool, string> judge = (right, what) =>
        {
            if (right) passed++;
            else failed++;
            if (!right) Console.WriteLine("FAILED: " + what);
        };

        foreach (string text in Refused)
        {
            judge(Faults(text).Count > 0, "this is not T-SQL of SQL Server 2016, and was accepted: " + text);
        }
        foreach (string text in Accepted)
        {
            judge(Faults(text).Count == 0, "this is T-SQL, and was refused: " + text + string.Concat(Faults(text)));
        }
        judge(Faults("SELECT '\u00fc'").Count > 0, "a letter that drivers mangle was accepted");
        Console.WriteLine($"the parser proved itself on {passed} texts");

        foreach (string path in Directory.GetFiles(arguments[0], "*.sql").OrderBy(path => path, StringComparer.Ordinal))
        {
            string text = File.ReadAllText(path, new UTF8Encoding(false, true));
            List<string> faults = Faults(text);
            judge(faults.Count == 0, Path.GetFileName(path) + string.Concat(faults) + "\n" + text);
        }
        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    static List<string> Faults(string text)
    {
        var faults = new List<string>();
        // Drivers mangle other letters in the text of a statement: they belong into parameters.
        if (text.Any(letter => letter > '\u007f')) faults.Add("\n  has letters that are not ASCII");
        var parser = new TSql130Parser(initialQuotedIdentifiers: true);
        var tree = (TSqlScript)parser.Parse(new StringReader(AsTheDriverSendsIt(text)), out IList<ParseError> errors);
        faults.AddRange(errors.Select(error => $"\n  line {error.Line}, column {error.Column}: {error.Message}"));
        if (errors.Count == 0 && tree.Batches.All(batch => batch.Statements.Count == 0)) faults.Add("\n  holds no statement");
        return faults;
    }

    // A driver gives each ? a name, but for those in texts, names and comments.
    static string AsTheDriverSendsIt(string text)
    {
        var sent = new StringBuilder();
        int number = 0;
        for (int at = 0; at < text.Length;)
        {
            int end = EndOfQuoted(text, at);
            if (end > at) sent.Append(text, at, end - at);
            else if (text[at] == '?') sent.Append("@P").Append(++number);
            else sent.Append(text[at]);
            at = Math.Max(end, at + 1);
        }
        return sent.ToString();
    }

    // Where the text, name or comment ends that begins here; at, where none begins.
    static int EndOfQuoted(string text, int at)
    {
        Func<string, bool> begins = opening => string.CompareOrdinal(text, at, opening, 0, opening.Length) == 0;
        string closing = begins("'") ? "'" : begins("\"") ? "\"" : begins("[") ? "]" : begins("--") ? "\n" : begins("/*") ? "*/" : null;
        if (closing == null) return at;
        int end = text.IndexOf(closing, at + 1, StringComparison.Ordinal);
        return end < 0 ? text.Length : end + closing.Length;
    }
}
