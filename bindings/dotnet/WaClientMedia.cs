using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace WaConnector
{
    /// <content>Media, and marking messages as read.</content>
    public sealed partial class WaClient
    {
        /// <summary>Marks a message that somebody sent to the business, and those before it, as read.</summary>
        /// <param name="messageId">The provider's id of the inbound message.</param>
        /// <param name="options">How, or null.</param>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public void MarkRead(string messageId, ReadOptions options = null)
        {
            Act(AccountFunctions.MarkRead, Given(messageId, nameof(messageId)), null, options, nameof(options));
        }

        /// <summary>Marks a message that somebody sent to the business, and those before it, as read.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="messageId">The provider's id of the inbound message.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The end of the call.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task MarkReadAsync(
            string messageId, ReadOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.MarkRead, Given(messageId, nameof(messageId)), null, options, nameof(options), cancellationToken);
        }

        /// <summary>Uploads a file of this machine into the provider's store.</summary>
        /// <remarks>
        /// The file must not change meanwhile. Limits of Meta: image 5 MB, audio
        /// and video 16 MB, document 100 MB, sticker 500 KB, 100 KB if it does not move. An id lives 30 days.
        /// </remarks>
        /// <param name="file">Its path.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>The media; its id goes into messages.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaMedia UploadMedia(string file, UploadOptions options = null)
        {
            return Act(
                AccountFunctions.UploadMedia, Given(file, nameof(file)), null, options, nameof(options), json => new WaMedia(json));
        }

        /// <summary>Uploads a file of this machine into the provider's store.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="file">Its path.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The media; its id goes into messages.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaMedia> UploadMediaAsync(
            string file, UploadOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.UploadMedia, Given(file, nameof(file)), null, options, nameof(options), cancellationToken, json => new WaMedia(json));
        }

        /// <summary>Uploads bytes into the provider's store.</summary>
        /// <remarks>
        /// The options must have a type. The bytes are copied before the call
        /// waits.
        /// </remarks>
        /// <param name="bytes">The media.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>The media; its id goes into messages.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaMedia UploadMedia(byte[] bytes, UploadOptions options = null)
        {
            return Act(
                AccountFunctions.UploadBytes, Filled(bytes, nameof(bytes)), null, options, nameof(options), json => new WaMedia(json));
        }

        /// <summary>Uploads bytes into the provider's store.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="bytes">The media.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The media; its id goes into messages.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaMedia> UploadMediaAsync(
            byte[] bytes, UploadOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.UploadBytes, Filled(bytes, nameof(bytes)), null, options, nameof(options), cancellationToken, json => new WaMedia(json));
        }

        /// <summary>Fetches media into a folder of this machine.</summary>
        /// <remarks>
        /// The file has its name once it is whole. One that is there is replaced
        /// only where the options say so.
        /// </remarks>
        /// <param name="mediaId">The provider's id.</param>
        /// <param name="folder">The folder; nothing is written elsewhere.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>The file.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaMediaFile DownloadMedia(string mediaId, string folder, DownloadOptions options = null)
        {
            return Act(
                AccountFunctions.DownloadMedia, Given(mediaId, nameof(mediaId)), Given(folder, nameof(folder)), options, nameof(options), json => new WaMediaFile(json));
        }

        /// <summary>Fetches media into a folder of this machine.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="mediaId">The provider's id.</param>
        /// <param name="folder">The folder; nothing is written elsewhere.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The file.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaMediaFile> DownloadMediaAsync(
            string mediaId, string folder, DownloadOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.DownloadMedia, Given(mediaId, nameof(mediaId)), Given(folder, nameof(folder)), options, nameof(options), cancellationToken, json => new WaMediaFile(json));
        }

        /// <summary>Tells where media can be fetched from, and what it is.</summary>
        /// <param name="mediaId">The provider's id.</param>
        /// <param name="options">How, or null.</param>
        /// <returns>The media; its address lives 5 minutes and wants the access token.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaMedia GetMedia(string mediaId, NumberOptions options = null)
        {
            return Act(
                AccountFunctions.MediaUrl, Given(mediaId, nameof(mediaId)), null, options, nameof(options), json => new WaMedia(json));
        }

        /// <summary>Tells where media can be fetched from, and what it is.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="mediaId">The provider's id.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The media; its address lives 5 minutes and wants the access token.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaMedia> GetMediaAsync(
            string mediaId, NumberOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.MediaUrl, Given(mediaId, nameof(mediaId)), null, options, nameof(options), cancellationToken, json => new WaMedia(json));
        }

        /// <summary>Deletes media from the provider's store. Messages that were sent keep it.</summary>
        /// <param name="mediaId">The provider's id.</param>
        /// <param name="options">How, or null.</param>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public void DeleteMedia(string mediaId, NumberOptions options = null)
        {
            Act(AccountFunctions.DeleteMedia, Given(mediaId, nameof(mediaId)), null, options, nameof(options));
        }

        /// <summary>Deletes media from the provider's store. Messages that were sent keep it.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="mediaId">The provider's id.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The end of the call.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task DeleteMediaAsync(
            string mediaId, NumberOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.DeleteMedia, Given(mediaId, nameof(mediaId)), null, options, nameof(options), cancellationToken);
        }
    }
}
