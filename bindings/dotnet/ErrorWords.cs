using System.Collections.Generic;
using System.Text.RegularExpressions;

namespace WaConnector
{
    /// <summary>
    /// The library's sentences in the words of this package. The library speaks of its C functions and of
    /// JSON; whoever reads an exception here sees methods and properties.
    /// </summary>
    internal static class ErrorWords
    {
        /// <summary>What each function of the library is here.</summary>
        internal static readonly Dictionary<string, string> Functions = new Dictionary<string, string>
        {
            ["wa_abi_version"] = "WaClient.AbiVersion",
            ["wa_cancel"] = "WaClient.Cancel",
            ["wa_check"] = "WaClient.Check",
            ["wa_close"] = "WaClient.Close",
            ["wa_configure"] = "new WaClient",
            ["wa_history"] = "WaClient.History",
            ["wa_history_count"] = "WaClient.CountHistory",
            ["wa_history_erase"] = "WaClient.EraseHistory",
            ["wa_history_export"] = "WaClient.ExportHistory",
            ["wa_history_purge"] = "WaClient.PurgeHistory",
            ["wa_history_take"] = "WaClient.TakeHistory",
            ["wa_last_error"] = "WaException.Error",
            ["wa_mark_read"] = "WaClient.MarkRead",
            ["wa_media_delete"] = "WaClient.DeleteMedia",
            ["wa_media_download"] = "WaClient.DownloadMedia",
            ["wa_media_upload"] = "WaClient.UploadMedia",
            ["wa_media_upload_bytes"] = "WaClient.UploadMedia",
            ["wa_media_url"] = "WaClient.GetMedia",
            ["wa_next_event"] = "WaClient.NextEvents",
            ["wa_number_add"] = "WaClient.AddNumber",
            ["wa_number_deregister"] = "WaClient.Deregister",
            ["wa_number_get"] = "WaClient.GetNumber",
            ["wa_number_list"] = "WaClient.ListNumbers",
            ["wa_number_register"] = "WaClient.Register",
            ["wa_number_request_code"] = "WaClient.RequestCode",
            ["wa_number_set_pin"] = "WaClient.SetPin",
            ["wa_number_verify_code"] = "WaClient.VerifyCode",
            ["wa_on_event"] = "WaClient.EventReceived",
            ["wa_on_log"] = "WaClient.LogReceived",
            ["wa_recover"] = "WaClient.Recover",
            ["wa_profile_get"] = "WaClient.GetProfile",
            ["wa_profile_set_picture"] = "WaClient.SetProfilePicture",
            ["wa_profile_update"] = "WaClient.UpdateProfile",
            ["wa_schema"] = "WaClient.Schema",
            ["wa_send"] = "WaClient.Send",
            ["wa_send_message"] = "WaClient.SendMessage",
            ["wa_send_template"] = "WaClient.SendTemplate",
            ["wa_status_text"] = "WaException.Message",
            ["wa_string_free"] = "WaClient",
            ["wa_submit"] = "WaClient.Submit",
            ["wa_template_create"] = "WaClient.CreateTemplate",
            ["wa_template_delete"] = "WaClient.DeleteTemplate",
            ["wa_template_edit"] = "WaClient.EditTemplate",
            ["wa_template_get"] = "WaClient.GetTemplate",
            ["wa_template_list"] = "WaClient.ListTemplates",
            ["wa_template_submit"] = "WaClient.SubmitTemplate",
            ["wa_update"] = "WaClient.Update",
            ["wa_version"] = "WaClient.LibraryVersion",
            ["wa_wait"] = "WaClient.Wait",
            ["wa_webhook"] = "WaClient.Webhook",
        };

        /// <summary>
        /// Arguments, and keys of the JSON that are properties here, where sentences name them by themselves. Those
        /// of one word are left: they read the same, and are words of the language, too.
        /// </summary>
        internal static readonly Dictionary<string, string> Words = new Dictionary<string, string>
        {
            ["campaign_id"] = "CampaignId",
            ["contact_id"] = "ContactId",
            ["correlation_id"] = "CorrelationId",
            ["data_localization_region"] = "DataLocalizationRegion",
            ["expires_at"] = "ExpiresAt",
            ["keep_references_days"] = "KeepReferencesDays",
            ["max_bytes"] = "MaxBytes",
            ["media_id"] = "mediaId",
            ["message_id"] = "messageId",
            ["mime_type"] = "MimeType",
            ["not_before"] = "NotBefore",
            ["on_timeout"] = "OnTimeout",
            ["reference_scope"] = "ReferenceScope",
            ["template_id"] = "TemplateId",
            ["template_name"] = "template",
            ["timeout_ms"] = "TimeoutMs",
            ["verified_name"] = "VerifiedName",
        };

        // Not inside of a path, a longer name or quotation marks: what the host wrote is quoted as it wrote it. A C
        // function that is meant as one is called a function.
        private static readonly Regex Name = new Regex(
            @"(?<![\w.""'/\\-])(?<!function )(?:(?<status>WA_STATUS_[A-Z_]+)|(?<function>wa_[a-z_]+)|(?<argument>[a-z]+)_json(?<path>(?:\.[a-z_]+)*)|(?<word>[a-z]+_[a-z_]+))(?![\w""'/-])",
            RegexOptions.CultureInvariant);

        /// <summary>A sentence in this package's words; null stays null.</summary>
        internal static string Of(string text)
        {
            // Most sentences have none of it.
            return text == null || text.IndexOf('_') < 0 ? text : Name.Replace(text, Translated);
        }

        /// <summary>An argument, or the path of a key, by the names that they have here; null stays null.</summary>
        internal static string OfArgument(string argument)
        {
            return argument == "length" ? "bytes" : Of(argument);
        }

        private static string Translated(Match match)
        {
            if (match.Groups["status"].Success)
            {
                return "WaStatus." + Pascal(match.Value.Substring("WA_STATUS_".Length).ToLowerInvariant());
            }
            if (match.Groups["function"].Success)
            {
                return Functions.TryGetValue(match.Value, out string member) ? member : match.Value;
            }
            if (match.Groups["word"].Success)
            {
                return Words.TryGetValue(match.Value, out string word) ? word : match.Value;
            }
            string argument = match.Groups["argument"].Value, path = match.Groups["path"].Value;
            // Their keys are properties here. Those of settings, messages and templates are the host's JSON.
            return argument + (argument == "options" || argument == "query" || argument == "profile" ? Pascal(path) : path);
        }

        /// <summary><c>timeout_ms</c> is <c>TimeoutMs</c>, and <c>.sender</c> is <c>.Sender</c>.</summary>
        private static string Pascal(string name)
        {
            return Regex.Replace(name, @"(^|\.|_)([a-z])", part => part.Value.TrimStart('_').ToUpperInvariant());
        }
    }
}
