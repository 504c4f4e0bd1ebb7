using System;

namespace WaConnector
{
    /// <content>What the providers tell.</content>
    public sealed partial class WaClient
    {
        /// <summary>
        /// Takes a request that a provider made to the application's web server:
        /// checks its signature, records what it tells, and says what to answer.
        /// </summary>
        /// <remarks>
        /// It does not throw for what may be wrong with a request or the database:
        /// every request has an answer. <see cref="WaWebhookResponse.Error"/> is
        /// for the log. A message that somebody sent comes as an event, and is in
        /// the history. The call blocks for one commit of the database.
        /// </remarks>
        /// <param name="request">The request.</param>
        /// <returns>What to answer.</returns>
        /// <exception cref="ObjectDisposedException">The client was closed: answer 503, and the provider tries again.</exception>
        public WaWebhookResponse Webhook(WaWebhookRequest request)
        {
            Require(request, nameof(request));
            byte[] json;
            try
            {
                json = Utf8.Bytes(request.ToJson(nameof(request)), nameof(request));
            }
            catch (ArgumentException unreadable)
            {
                // Whoever sent the request chose what is in it.
                return WaWebhookResponse.Unreadable(unreadable.Message);
            }
            Reply reply = Calls.Webhook(Number, json, request.Body);
            return new WaWebhookResponse(reply.Code, JsonObject.Read(reply.Json));
        }
    }
}
