using System;
using System.Runtime.Serialization;
using System.Text;

namespace WaConnector
{
    /// <summary>
    /// A call failed. <see cref="Exception.Message"/> is a sentence for the user,
    /// <see cref="Hint"/> says what to do about it.
    /// </summary>
    /// <remarks>
    /// Whether a message may be sent again is told by <see cref="Retryable"/>
    /// alone. With an <see cref="Outcome"/> the message is recorded: look it up,
    /// do not send it again blindly. May cross application domains.
    /// </remarks>
    [Serializable]
    public class WaException : Exception
    {
        private readonly string json;

        internal WaException(WaStatus code, string message, string hint, Exception inner = null)
            : this(code, Plain(message, hint), inner)
        {
        }

        private WaException(WaStatus code, string json, Exception inner)
            : this(code, json, JsonObject.Read(json), inner)
        {
        }

        private WaException(WaStatus code, string json, JsonObject answer, Exception inner)
            : base(Sentence(code, answer), inner)
        {
            Code = code;
            this.json = json;
            Fill(answer);
        }

        /// <summary>Restores an exception that crosses application domains.</summary>
        /// <param name="info">What was stored.</param>
        /// <param name="context">Where it comes from.</param>
        protected WaException(SerializationInfo info, StreamingContext context)
            : base(info, context)
        {
            Code = (WaStatus)info.GetInt32("WaCode");
            json = info.GetString("WaJson");
            Fill(JsonObject.Read(json));
        }

        /// <summary>The status of the call.</summary>
        public WaStatus Code { get; }

        /// <summary>What to do about it, or null.</summary>
        public string Hint
        {
            get { return Error?.Hint; }
        }

        /// <summary>Whether the same call can succeed later without a change.</summary>
        public bool Retryable
        {
            get { return Error != null && Error.Retryable; }
        }

        /// <summary>The provider's own code, as text, or null.</summary>
        public string ProviderCode
        {
            get { return Error?.ProviderCode; }
        }

        /// <summary>HTTP status of the provider's answer, or null.</summary>
        public int? HttpStatus
        {
            get { return Error?.HttpStatus; }
        }

        /// <summary>The parameter, property or path of the JSON key that is at fault, or null; see <see cref="WaError.Argument"/>.</summary>
        public string Argument
        {
            get { return Error?.Argument; }
        }

        /// <summary>All that the library says of the error, or null.</summary>
        public WaError Error { get; private set; }

        /// <summary>
        /// Where the message is, or null if nothing was recorded.
        /// </summary>
        public WaOutcome Outcome { get; private set; }

        /// <inheritdoc/>
        public override void GetObjectData(SerializationInfo info, StreamingContext context)
        {
            base.GetObjectData(info, context);
            info.AddValue("WaCode", (int)Code);
            info.AddValue("WaJson", json);
        }

        /// <summary>The exception with its status and hint.</summary>
        /// <returns>Several lines.</returns>
        public override string ToString()
        {
            StringBuilder text = new StringBuilder(base.ToString());
            text.AppendLine().Append("Status: ").Append(Code).Append(" (").Append((int)Code).Append(')');
            if (Hint != null)
            {
                text.AppendLine().Append("Hint: ").Append(Hint);
            }
            if (Outcome != null)
            {
                text.AppendLine().Append("Message: ").Append(Outcome.Id).Append(", ").Append(Outcome.Status);
            }
            return text.ToString();
        }

        /// <summary>The exception of an answer that the library gave.</summary>
        /// <param name="code">The status.</param>
        /// <param name="json">The answer, or null.</param>
        internal static WaException From(WaStatus code, string json)
        {
            return new WaException(code, json ?? "{}", (Exception)null);
        }

        private static string Sentence(WaStatus code, JsonObject answer)
        {
            return ErrorWords.Of(answer.Object("error")?.Text("message"))
                ?? answer.Text("response")
                ?? "The library answered with the status " + code + ".";
        }

        private static string Plain(string message, string hint)
        {
            return Json.Write(
                new System.Collections.Generic.Dictionary<string, object>
                {
                    ["error"] = new System.Collections.Generic.Dictionary<string, object>
                    {
                        ["status"] = "internal",
                        ["message"] = message,
                        ["hint"] = hint,
                        ["retryable"] = false,
                    },
                },
                null);
        }

        private void Fill(JsonObject answer)
        {
            Error = WaError.From(answer.Object("error"));
            Outcome = answer.Has("id") ? WaOutcome.From(Code, answer) : null;
        }
    }
}
