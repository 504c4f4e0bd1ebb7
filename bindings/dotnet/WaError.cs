namespace WaConnector
{
    /// <summary>
    /// What went wrong, as the library tells it, with the names of this package.
    /// </summary>
    public sealed class WaError
    {
        private WaError(JsonObject json)
        {
            Code = WaStatusNames.Parse(json.Text("status"));
            Message = ErrorWords.Of(json.Text("message")) ?? string.Empty;
            Hint = ErrorWords.Of(json.Text("hint"));
            Retryable = json.Truth("retryable");
            Class = json.Text("class");
            ProviderCode = json.Text("provider_code");
            HttpStatus = json.Has("http_status") ? json.Count("http_status") : (int?)null;
            Argument = ErrorWords.OfArgument(json.Text("argument"));
        }

        /// <summary>The status.</summary>
        public WaStatus Code { get; }

        /// <summary>What happened, in a sentence for the user.</summary>
        public string Message { get; }

        /// <summary>What to do about it, or null.</summary>
        public string Hint { get; }

        /// <summary>Whether the same call can succeed later without a change.</summary>
        public bool Retryable { get; }

        /// <summary>Class of a provider's error, such as <c>recipient</c> or <c>temporary</c>, or null.</summary>
        public string Class { get; }

        /// <summary>The provider's own code, as text, or null.</summary>
        public string ProviderCode { get; }

        /// <summary>HTTP status of the provider's answer, or null.</summary>
        public int? HttpStatus { get; }

        /// <summary>
        /// The parameter, property or path of the JSON key that is at fault, such as <c>options.TimeoutMs</c>
        /// or <c>settings.meta.access_token</c>; or null.
        /// </summary>
        public string Argument { get; }

        /// <summary>The status' name and the sentence.</summary>
        /// <returns>One line.</returns>
        public override string ToString()
        {
            return Code + ": " + Message;
        }

        internal static WaError From(JsonObject json)
        {
            return json == null ? null : new WaError(json);
        }
    }
}
