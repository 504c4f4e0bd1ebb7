// Looks after an account at Meta: checks it, shows its number and templates, sends a picture and buttons.
//
//   mcs -r:WaConnector.dll Account.cs && mono Account.exe settings.json +491701234567 picture.jpg
//
// settings.json: {"provider":"meta","meta":{"access_token":"EAA..","phone_number_id":"..","business_account_id":".."}}
using System;
using System.Collections.Generic;
using System.IO;
using WaConnector;

internal static class Account
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length < 3)
        {
            Console.Error.WriteLine("usage: Account.exe SETTINGS.json +NUMBER PICTURE.jpg");
            return 2;
        }
        try
        {
            using (WaClient client = new WaClient(File.ReadAllText(arguments[0])))
            {
                foreach (WaCheckItem item in client.Check().Items)
                {
                    Console.WriteLine("{0} {1}", item, item.Hint);
                }
                WaNumber number = client.GetNumber();
                Console.WriteLine("Number {0}, {1}, quality {2}", number.DisplayPhoneNumber, number.VerifiedName, number.QualityRating);
                foreach (WaTemplate template in client.ListTemplates(new TemplateQuery { Limit = 20 }).Templates)
                {
                    Console.WriteLine("Template {0} {1} {2}: {3}", template.Name, template.Language, template.Status, template.Body);
                }
                // Uploaded once, however often it is sent.
                WaMediaSource picture = WaMediaSource.File(arguments[2]);
                Console.WriteLine(client.SendMessage(arguments[1], WaMessage.Image(picture, "Uploaded from C#")));
                Dictionary<string, string> buttons = new Dictionary<string, string> { ["yes"] = "Yes", ["no"] = "No" };
                Console.WriteLine(client.SendMessage(arguments[1], WaMessage.ReplyButtons("Did you like it?", buttons)));
                return 0;
            }
        }
        catch (WaException e)
        {
            Console.Error.WriteLine("{0}: {1} {2}", e.Code, e.Message, e.Hint);
            return 1;
        }
    }
}
