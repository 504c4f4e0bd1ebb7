using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;

namespace WaConnector
{
    /// <content>The sends that give a task.</content>
    public sealed partial class WaClient
    {
        /// <summary>Sends text; the task ends when the send ends.</summary>
        /// <remarks>
        /// <para>The call itself blocks for one commit of the database; after it
        /// the message is recorded, and no thread waits for the rest.</para>
        /// <para>At the deadline of the options a message that was not attempted
        /// is given up, unless they say <see cref="WaOnTimeout.Continue"/>: the
        /// task then fails with <see cref="WaStatus.Expired"/> (the synchronous
        /// <see cref="Send"/>: <see cref="WaStatus.Cancelled"/>). One that was
        /// attempted is <see cref="WaOutcome.IsPending"/>. Unlike
        /// <see cref="Send"/>, which returns as soon as nothing more can happen
        /// before the deadline, the task then ends at the deadline.</para>
        /// <para>The token gives the message up as <see cref="Cancel(string)"/> does,
        /// on a thread of the client's own: the thread that cancels the token
        /// does not wait. The task is cancelled only if the
        /// message was; if it was too late for that, the task ends as if the token
        /// had not been used.</para>
        /// <para>When the client is closed, the task fails with
        /// <see cref="WaStatus.Closed"/>. With a <see cref="WaException.Outcome"/>
        /// the message is recorded and goes on with the next client; without one
        /// the hint says what is known.</para>
        /// </remarks>
        /// <param name="to">The recipient's number.</param>
        /// <param name="text">The text.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Gives the message up.</param>
        /// <returns>The outcome; see <see cref="Send"/>.</returns>
        /// <exception cref="WaException">As with <see cref="Send"/>.</exception>
        public Task<WaOutcome> SendAsync(
            string to,
            string text,
            SendOptions options = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            return SendMessageAsync(to, WaMessage.Text(text), options, cancellationToken);
        }

        /// <summary>Sends a template; the task ends when the send ends.</summary>
        /// <param name="to">The recipient's number.</param>
        /// <param name="template">A template of the settings, or the provider's name or id of one.</param>
        /// <param name="variables">The values by name or number, or null where the template has none.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Gives the message up.</param>
        /// <returns>The outcome; see <see cref="SendAsync"/>.</returns>
        /// <exception cref="WaException">As with <see cref="Send"/>.</exception>
        public Task<WaOutcome> SendTemplateAsync(
            string to,
            string template,
            IDictionary<string, string> variables = null,
            SendOptions options = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            return SendMessageAsync(to, WaMessage.Template(template, variables), options, cancellationToken);
        }

        /// <summary>Sends a message of any kind; the task ends when the send ends.</summary>
        /// <param name="to">The recipient's number.</param>
        /// <param name="message">The message.</param>
        /// <param name="options">How, or null.</param>
        /// <param name="cancellationToken">Gives the message up.</param>
        /// <returns>The outcome; see <see cref="SendAsync"/>.</returns>
        /// <exception cref="WaException">As with <see cref="Send"/>.</exception>
        public Task<WaOutcome> SendMessageAsync(
            string to,
            WaMessage message,
            SendOptions options = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            Require(to, nameof(to));
            Require(message, nameof(message));
            ulong client = Number;
            byte[] toBytes = Utf8.Bytes(to, nameof(to));
            byte[] messageBytes = Utf8.Bytes(message.Json, nameof(message));
            options = options ?? new SendOptions();
            int timeout = options.TimeoutMs ?? SendOptions.DefaultTimeoutMs;
            DateTimeOffset? expiresAt = options.ExpiresAt;
            bool cancels = options.OnTimeout == WaOnTimeout.Cancel;
            if (cancels)
            {
                // The message must not outlive the task, also if this process does not live to see it.
                DateTimeOffset deadline = DateTimeOffset.UtcNow.AddMilliseconds(timeout);
                if (options.NotBefore >= deadline)
                {
                    throw new ArgumentException(
                        "NotBefore lies after the deadline, so the message would never be sent: give a longer TimeoutMs, "
                            + "let it continue with OnTimeout, or use Submit.",
                        nameof(options));
                }
                expiresAt = expiresAt < deadline ? expiresAt : deadline;
            }
            Guid id = options.Id ?? NewId();
            byte[] optionsBytes = Utf8.Bytes(options.ToJson(nameof(options), id, expiresAt), nameof(options));
            if (cancellationToken.IsCancellationRequested)
            {
                return Task.FromCanceled<WaOutcome>(cancellationToken);
            }
            PendingSend pending = new PendingSend(pump.Pending, id.ToString("D"), Clock.Now + timeout, cancels, cancellationToken);
            return SendCore(client, pending, toBytes, messageBytes, optionsBytes, cancellationToken);
        }

        private async Task<WaOutcome> SendCore(
            ulong client, PendingSend pending, byte[] to, byte[] message, byte[] options, CancellationToken token)
        {
            pump.Start();
            // Entered before it is submitted: its event may come before the answer.
            if (!pump.Pending.Enter(pending))
            {
                throw new ObjectDisposedException(nameof(WaClient), "The client was closed.");
            }
            using (token.Register(state => AskToCancel((PendingSend)state), pending))
            {
                Submitted(client, pending, SubmitOrFail(client, pending, to, message, options));
                return await pending.Task.ConfigureAwait(false);
            }
        }

        private Reply SubmitOrFail(ulong client, PendingSend pending, byte[] to, byte[] message, byte[] options)
        {
            try
            {
                return Calls.Submit(client, to, message, options);
            }
            catch
            {
                // Out of memory, or the thread is aborted: nobody will await the task.
                pump.Pending.Take(pending);
                throw;
            }
        }

        /// <summary>The answer to the submit: the end already, or the wait for it begins.</summary>
        private void Submitted(ulong client, PendingSend pending, Reply reply)
        {
            if (reply.Code == WaStatus.NoClient)
            {
                if (pump.Pending.Take(pending))
                {
                    pending.Fail(Failed(reply));
                }
                return;
            }
            if (reply.Code == WaStatus.Pending && pending.CancelAsked)
            {
                // Not known yet to be recorded, and given up meanwhile: if it comes to be, it is not to be sent.
                Reply cancelled = Calls.Cancel(client, Utf8.Bytes(pending.Id, "id"));
                reply = cancelled.Code == WaStatus.Ok ? new Reply(WaStatus.Cancelled, cancelled.Json) : reply;
            }
            WaOutcome outcome = reply.Code == WaStatus.Ok ? reply.Outcome : null;
            if (outcome == null || outcome.IsFinal)
            {
                if (pump.Pending.Take(pending))
                {
                    pending.End(reply);
                }
                return;
            }
            if (!pump.Pending.Record(pending, outcome, out bool cancels))
            {
                pending.Fail(ClosedBefore(outcome));
            }
            else if (cancels)
            {
                // The token was faster than the library, which knows the message only now.
                cancelling.Ask(pending);
            }
        }

        private void AskToCancel(PendingSend pending)
        {
            if (pump.Pending.AskToCancel(pending))
            {
                cancelling.Ask(pending);
            }
        }

        /// <summary>A UUID of version 7: those of later messages are greater, which databases like.</summary>
        private static Guid NewId()
        {
            long millis = (DateTime.UtcNow.Ticks - new DateTime(1970, 1, 1).Ticks) / TimeSpan.TicksPerMillisecond;
            string random = Guid.NewGuid().ToString("N");
            string text = millis.ToString("x12", CultureInfo.InvariantCulture) + "7" + random.Substring(13);
            return Guid.ParseExact(text, "N");
        }
    }
}
