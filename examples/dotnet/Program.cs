// Sends WhatsApp messages through WaConnector and prints the history as a table.
//
//   mono Send.exe http://127.0.0.1:8089            to the simulator (tests/simulator), nothing leaves this machine
//   mono Send.exe settings.json +491701234567      with your own account, to your own telephone
// run.sh builds it, starts the simulator and runs it.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using WaConnector;

internal static class Program
{
    private const int Bulk = 5;
    private static int Main(string[] arguments)
    {
        if (arguments.Length == 0)
        {
            Console.Error.WriteLine("usage: Send.exe URL | SETTINGS.json +NUMBER");
            return 2;
        }
        Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true });
        string ann = arguments.Length > 1 ? arguments[1] : "+12025550199";
        string busy = arguments.Length > 1 ? ann : "+12025550101"; // the simulator answers 503 twice, then takes it
        try
        {
            using (WaClient client = Configure(arguments[0]))
            {
                Dictionary<string, string> name = new Dictionary<string, string> { ["1"] = "Ann" };
                Show("A text", () => client.Send(ann, "Hello from C#! 👋 你好"));
                Show("A template", () => client.SendTemplate(ann, "welcome", name));
                Show("To a busy provider", () => client.Send(busy, "Twilio is busy, and then it is not."));
                Show("To a wrong number", () => client.Send("+999 12345678", "This reaches nobody."));
                int ended = SendBulk(client, ann).GetAwaiter().GetResult();
                Console.WriteLine("{0,-22} {1} of {2} have ended\n", "Bulk", ended, Bulk);
                PrintHistory(client);
                return ended == Bulk ? 0 : 1;
            }
        }
        catch (WaException e)
        {
            Console.Error.WriteLine("{0}: {1} {2}", e.Code, e.Message, e.Hint);
            return 1;
        }
    }

    private static WaClient Configure(string argument)
    {
        if (File.Exists(argument))
        {
            return new WaClient(File.ReadAllText(argument));
        }
        return new WaClient(new Dictionary<string, object>
        {
            ["twilio"] = new Dictionary<string, object>
            {
                ["account_sid"] = "AC00000000000000000000000000000001",
                ["auth_token"] = "0123456789abcdef0123456789abcdef",
                ["from"] = "+14155238886",
                ["base_url"] = argument,
            },
            ["retry"] = new Dictionary<string, object> { ["wait_seconds"] = 1 },
            ["history"] = new Dictionary<string, object> { ["file"] = Environment.GetEnvironmentVariable("WA_HISTORY_FILE") },
        });
    }

    private static void Show(string what, Func<WaOutcome> send)
    {
        try
        {
            WaOutcome outcome = send();
            Console.WriteLine("{0,-22} {1,-10} {2}", what, outcome.Code, outcome.Response);
        }
        catch (WaException e)
        {
            Console.WriteLine("{0,-22} {1,-10} {2}", what, e.Code, e.Message);
        }
    }

    // All at once, and no thread waits for any of them.
    private static async Task<int> SendBulk(WaClient client, string to)
    {
        IEnumerable<Task<WaOutcome>> tasks = Enumerable.Range(1, Bulk)
            .Select(number => client.SendAsync(to, "Sale! Number " + number + " of " + Bulk + "."))
            .ToList();
        WaOutcome[] outcomes = await Task.WhenAll(tasks).ConfigureAwait(false);
        return outcomes.Count(outcome => !outcome.IsPending);
    }

    private static void PrintHistory(WaClient client)
    {
        Row("Sender", "Recipient", "Message", "Status", "Attempts", "Response");
        foreach (HistoryMessage m in client.History(new HistoryQuery { OldestFirst = true }).Messages)
        {
            Row(m.Sender, m.Recipient, m.Text, m.Status, m.Attempts.ToString(), m.Response);
        }
    }

    private static void Row(string sender, string recipient, string text, string status, string attempts, string response)
    {
        Console.WriteLine(
            Cell(sender ?? "", 21) + Cell(recipient, 21) + Cell(text, 36) + Cell(status, 9) + Cell(attempts, 8) + response);
    }

    // A column of a terminal; East Asian characters and emoji take two places there.
    private static string Cell(string text, int width)
    {
        int used = 0;
        for (int i = 0; i < text.Length; i += char.IsSurrogatePair(text, i) ? 2 : 1)
        {
            int code = char.ConvertToUtf32(text, i);
            used += (code >= 0x1100 && code <= 0xFFDC) || code >= 0x1F300 ? 2 : 1;
        }
        return text + new string(' ', Math.Max(0, width - used) + 2);
    }
}
