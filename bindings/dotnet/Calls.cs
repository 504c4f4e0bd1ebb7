namespace WaConnector
{
    /// <summary>What a call of the library gave: a status, and JSON or null.</summary>
    internal struct Reply
    {
        internal Reply(WaStatus code, string json)
        {
            Code = code;
            Json = json;
        }

        internal WaStatus Code { get; }

        internal string Json { get; }

        /// <summary>The outcome that the JSON holds, or null.</summary>
        internal WaOutcome Outcome
        {
            get
            {
                JsonObject read = JsonObject.Read(Json);
                return read.Has("id") ? WaOutcome.From(Code, read) : null;
            }
        }
    }

    /// <summary>
    /// The functions of the library, with strings instead of pointers. Each call
    /// is inside a finally block: a thread that ASP.NET aborts loses neither a
    /// string nor a client between the call and what comes after it.
    /// </summary>
    internal static unsafe class Calls
    {
        internal static ulong Configure(byte[] settings)
        {
            ulong client = 0;
            WaStatus code = WaStatus.Internal;
            string error = null;
            try
            {
            }
            finally
            {
                fixed (byte* json = settings)
                {
                    code = (WaStatus)Native.wa_configure(json, &client);
                    error = LastError(code);
                }
            }
            return code == WaStatus.Ok ? client : throw WaException.From(code, error);
        }

        internal static Reply Update(ulong client, byte[] settings)
        {
            fixed (byte* json = settings)
            {
                WaStatus code = (WaStatus)Native.wa_update(client, json);
                return new Reply(code, LastError(code));
            }
        }

        internal static Reply Send(ulong client, byte[] to, byte[] text, byte[] options)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = to, b = text, c = options)
                {
                    byte* json = null;
                    reply = Take(Native.wa_send(client, a, b, c, &json), json);
                }
            }
            return reply;
        }

        internal static Reply SendTemplate(ulong client, byte[] to, byte[] template, byte[] variables, byte[] options)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = to, b = template, c = variables, d = options)
                {
                    byte* json = null;
                    reply = Take(Native.wa_send_template(client, a, b, c, d, &json), json);
                }
            }
            return reply;
        }

        internal static Reply SendMessage(ulong client, byte[] to, byte[] message, byte[] options)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = to, b = message, c = options)
                {
                    byte* json = null;
                    reply = Take(Native.wa_send_message(client, a, b, c, &json), json);
                }
            }
            return reply;
        }

        internal static Reply Submit(ulong client, byte[] to, byte[] message, byte[] options)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = to, b = message, c = options)
                {
                    byte* json = null;
                    reply = Take(Native.wa_submit(client, a, b, c, &json), json);
                }
            }
            return reply;
        }

        internal static Reply Wait(ulong client, byte[] id, uint timeoutMs)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = id)
                {
                    byte* json = null;
                    reply = Take(Native.wa_wait(client, a, timeoutMs, &json), json);
                }
            }
            return reply;
        }

        internal static Reply Cancel(ulong client, byte[] id)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = id)
                {
                    byte* json = null;
                    reply = Take(Native.wa_cancel(client, a, &json), json);
                }
            }
            return reply;
        }

        internal static Reply History(ulong client, byte[] query)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = query)
                {
                    byte* json = null;
                    reply = Take(Native.wa_history(client, a, &json), json);
                }
            }
            return reply;
        }

        internal static Reply Recover(ulong client, byte[] options)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = options)
                {
                    byte* json = null;
                    reply = Take(Native.wa_recover(client, a, &json), json);
                }
            }
            return reply;
        }

        internal static Reply HistoryTake(ulong client, byte[] options, uint timeoutMs)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = options)
                {
                    byte* json = null;
                    reply = Take(Native.wa_history_take(client, a, timeoutMs, &json), json);
                }
            }
            return reply;
        }

        internal static Reply NextEvent(ulong client, byte[] options, uint timeoutMs)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = options)
                {
                    byte* json = null;
                    reply = Take(Native.wa_next_event(client, a, timeoutMs, &json), json);
                }
            }
            return reply;
        }

        internal static Reply Webhook(ulong client, byte[] request, byte[] body)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = request, b = body)
                {
                    byte* json = null;
                    reply = Take(Native.wa_webhook(client, a, b, (System.UIntPtr)(uint)body.Length, &json), json);
                }
            }
            return reply;
        }

        internal static Reply Act(AccountFunction function, ulong client, byte[] first, byte[] second, byte[] options)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = first, b = second, c = options)
                {
                    byte* json = null;
                    reply = Take(function(client, a, first == null ? 0 : first.Length, b, c, &json), json);
                }
            }
            return reply;
        }

        internal static Reply Schema(byte[] settings, byte[] options)
        {
            Reply reply = default(Reply);
            try
            {
            }
            finally
            {
                fixed (byte* a = settings, b = options)
                {
                    byte* json = null;
                    reply = Take(Native.wa_schema(a, b, &json), json);
                }
            }
            return reply;
        }

        internal static Reply Close(ulong client, uint timeoutMs)
        {
            WaStatus code = (WaStatus)Native.wa_close(client, timeoutMs);
            return new Reply(code, LastError(code));
        }

        private static Reply Take(NativeStatus status, byte* json)
        {
            try
            {
                return new Reply((WaStatus)status, Utf8.Text(json));
            }
            finally
            {
                Native.wa_string_free(json);
            }
        }

        /// <summary>The error of a call that gives no JSON; asked on the thread of the call.</summary>
        private static string LastError(WaStatus code)
        {
            return code == WaStatus.Ok ? null : "{\"error\":" + Utf8.Text((byte*)Native.wa_last_error()) + "}";
        }
    }
}
