using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace WaConnector
{
    /// <content>The business profile, the check of the account, and what these calls share.</content>
    public sealed partial class WaClient
    {
        /// <summary>Reads the business profile of a number.</summary>
        /// <param name="options">How, or null.</param>
        /// <returns>The profile.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaProfile GetProfile(NumberOptions options = null)
        {
            return Act(AccountFunctions.GetProfile, null, null, options, nameof(options), json => new WaProfile(json));
        }

        /// <summary>Reads the business profile of a number.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The profile.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaProfile> GetProfileAsync(
            NumberOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.GetProfile, null, null, options, nameof(options), cancellationToken, json => new WaProfile(json));
        }

        /// <summary>Changes the business profile: what is given, and nothing else.</summary>
        /// <param name="profile">What is to change.</param>
        /// <param name="options">How, or null.</param>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public void UpdateProfile(WaProfileUpdate profile, NumberOptions options = null)
        {
            Act(
                AccountFunctions.UpdateProfile, Given(profile?.ToJson(nameof(profile)), nameof(profile)), null, options, nameof(options));
        }

        /// <summary>Changes the business profile: what is given, and nothing else.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="profile">What is to change.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The end of the call.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task UpdateProfileAsync(
            WaProfileUpdate profile, NumberOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.UpdateProfile, Given(profile?.ToJson(nameof(profile)), nameof(profile)), null, options, nameof(options), cancellationToken);
        }

        /// <summary>Changes the picture of the business profile.</summary>
        /// <param name="file">Path of a JPEG or PNG file, at most 5 MB.</param>
        /// <param name="options">How, or null.</param>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public void SetProfilePicture(string file, NumberOptions options = null)
        {
            Act(AccountFunctions.SetPicture, Given(file, nameof(file)), null, options, nameof(options));
        }

        /// <summary>Changes the picture of the business profile.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="file">Path of a JPEG or PNG file, at most 5 MB.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>The end of the call.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task SetProfilePictureAsync(
            string file, NumberOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.SetPicture, Given(file, nameof(file)), null, options, nameof(options), cancellationToken);
        }

        /// <summary>Looks whether the account and the database are fit to send, and says it in plain words.</summary>
        /// <remarks>
        /// Nothing is sent or changed.
        /// </remarks>
        /// <param name="options">How, or null.</param>
        /// <returns>What it found.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public WaCheckReport Check(CallOptions options = null)
        {
            return Act(AccountFunctions.Check, null, null, options, nameof(options), json => new WaCheckReport(json));
        }

        /// <summary>Looks whether the account and the database are fit to send, and says it in plain words.</summary>
        /// <remarks>
        /// The call holds a thread of the client's own until it ends, none of the
        /// pool. At most 64 run at once, the synchronous ones among them; the
        /// others wait for one that ends, of either kind. The
        /// token breaks the call off as <c>wa_cancel</c> does, and the thread that
        /// cancels it does not wait; the task is cancelled only if the call was.
        /// </remarks>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Breaks the call off.</param>
        /// <returns>What it found.</returns>
        /// <exception cref="WaException">The call failed; its message says what may have happened.</exception>
        public Task<WaCheckReport> CheckAsync(
            CallOptions options = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            return ActAsync(
                AccountFunctions.Check, null, null, options, nameof(options), cancellationToken, json => new WaCheckReport(json));
        }

        private static byte[] Given(string value, string parameter)
        {
            Require(value, parameter);
            return Utf8.Bytes(value, parameter);
        }

        private static byte[] Filled(byte[] bytes, string parameter)
        {
            Require(bytes, parameter);
            return bytes.Length > 0 ? bytes : throw new ArgumentException("There is nothing to upload.", parameter);
        }

        private T Act<T>(
            AccountFunction function, byte[] first, byte[] second, CallOptions options, string name, Func<JsonObject, T> read)
        {
            ulong client = Number;
            byte[] optionsBytes = Utf8.Bytes(options?.ToJson(name, options.Id), name);
            Reply reply = calls.RunHere(() => Calls.Act(function, client, first, second, optionsBytes));
            return reply.Code == WaStatus.Ok ? read(JsonObject.Read(reply.Json)) : throw Failed(reply);
        }

        private void Act(AccountFunction function, byte[] first, byte[] second, CallOptions options, string name)
        {
            Act(function, first, second, options, name, json => true);
        }

        private Task ActAsync(
            AccountFunction function, byte[] first, byte[] second, CallOptions options, string name, CancellationToken token)
        {
            return ActAsync(function, first, second, options, name, token, json => true);
        }

        private Task<T> ActAsync<T>(
            AccountFunction function, byte[] first, byte[] second, CallOptions options, string name, CancellationToken token, Func<JsonObject, T> read)
        {
            Guid id = options?.Id ?? NewId();
            byte[] optionsBytes = Utf8.Bytes((options ?? new CallOptions()).ToJson(name, id), name);
            ulong client = Number;
            PendingCall call = new PendingCall(id.ToString("D"), () => Calls.Act(function, client, first, second, optionsBytes));
            return ActCore(call, token, read);
        }

        private async Task<T> ActCore<T>(PendingCall call, CancellationToken token, Func<JsonObject, T> read)
        {
            token.ThrowIfCancellationRequested();
            if (token.CanBeCanceled)
            {
                // Its thread looks after a cancellation that finds none.
                pump.Start();
            }
            calls.Run(call);
            Reply reply;
            using (token.Register(state => BreakOff((PendingCall)state), call))
            {
                reply = await call.Task.ConfigureAwait(false);
            }
            if (reply.Code == WaStatus.Cancelled && token.IsCancellationRequested)
            {
                throw new OperationCanceledException(token);
            }
            return reply.Code == WaStatus.Ok ? read(JsonObject.Read(reply.Json)) : throw Failed(reply);
        }

        private void BreakOff(PendingCall call)
        {
            if (!call.Withdraw())
            {
                cancelling.Ask(call);
            }
        }
    }
}
