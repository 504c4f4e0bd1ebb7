namespace WaConnector
{
    /// <summary>A function that is no message, in one shape; what it does not take is ignored.</summary>
    internal unsafe delegate NativeStatus AccountFunction(
        ulong client, byte* first, int length, byte* second, byte* options, byte** json);

    /// <summary>The functions about media, templates, numbers, profile and check.</summary>
    internal static unsafe class AccountFunctions
    {
        internal static readonly AccountFunction MarkRead = (c, a, n, b, o, json) => Native.wa_mark_read(c, a, o, json);

        internal static readonly AccountFunction UploadMedia = (c, a, n, b, o, json) => Native.wa_media_upload(c, a, o, json);

        internal static readonly AccountFunction UploadBytes =
            (c, a, n, b, o, json) => Native.wa_media_upload_bytes(c, a, (System.UIntPtr)(uint)n, o, json);

        internal static readonly AccountFunction DownloadMedia =
            (c, a, n, b, o, json) => Native.wa_media_download(c, a, b, o, json);

        internal static readonly AccountFunction MediaUrl = (c, a, n, b, o, json) => Native.wa_media_url(c, a, o, json);

        internal static readonly AccountFunction DeleteMedia = (c, a, n, b, o, json) => Native.wa_media_delete(c, a, o, json);

        internal static readonly AccountFunction ListTemplates = (c, a, n, b, o, json) => Native.wa_template_list(c, o, json);

        internal static readonly AccountFunction GetTemplate = (c, a, n, b, o, json) => Native.wa_template_get(c, a, o, json);

        internal static readonly AccountFunction CreateTemplate =
            (c, a, n, b, o, json) => Native.wa_template_create(c, a, o, json);

        internal static readonly AccountFunction EditTemplate =
            (c, a, n, b, o, json) => Native.wa_template_edit(c, a, b, o, json);

        internal static readonly AccountFunction DeleteTemplate =
            (c, a, n, b, o, json) => Native.wa_template_delete(c, a, o, json);

        internal static readonly AccountFunction SubmitTemplate =
            (c, a, n, b, o, json) => Native.wa_template_submit(c, a, o, json);

        internal static readonly AccountFunction ListNumbers = (c, a, n, b, o, json) => Native.wa_number_list(c, o, json);

        internal static readonly AccountFunction GetNumber = (c, a, n, b, o, json) => Native.wa_number_get(c, o, json);

        internal static readonly AccountFunction AddNumber = (c, a, n, b, o, json) => Native.wa_number_add(c, a, o, json);

        internal static readonly AccountFunction RequestCode =
            (c, a, n, b, o, json) => Native.wa_number_request_code(c, o, json);

        internal static readonly AccountFunction VerifyCode =
            (c, a, n, b, o, json) => Native.wa_number_verify_code(c, a, o, json);

        internal static readonly AccountFunction Register = (c, a, n, b, o, json) => Native.wa_number_register(c, a, o, json);

        internal static readonly AccountFunction Deregister = (c, a, n, b, o, json) => Native.wa_number_deregister(c, o, json);

        internal static readonly AccountFunction SetPin = (c, a, n, b, o, json) => Native.wa_number_set_pin(c, a, o, json);

        internal static readonly AccountFunction GetProfile = (c, a, n, b, o, json) => Native.wa_profile_get(c, o, json);

        internal static readonly AccountFunction UpdateProfile =
            (c, a, n, b, o, json) => Native.wa_profile_update(c, a, o, json);

        internal static readonly AccountFunction SetPicture =
            (c, a, n, b, o, json) => Native.wa_profile_set_picture(c, a, o, json);

        internal static readonly AccountFunction Check = (c, a, n, b, o, json) => Native.wa_check(c, o, json);

        internal static readonly AccountFunction CountHistory = (c, a, n, b, o, json) => Native.wa_history_count(c, a, json);

        internal static readonly AccountFunction ExportHistory = (c, a, n, b, o, json) => Native.wa_history_export(c, a, o, json);

        internal static readonly AccountFunction PurgeHistory = (c, a, n, b, o, json) => Native.wa_history_purge(c, o, json);

        internal static readonly AccountFunction EraseHistory = (c, a, n, b, o, json) => Native.wa_history_erase(c, o, json);
    }
}
