
/**
 * @mainpage wa_connector: WhatsApp messages through Twilio, with a durable history.
 *
 * What is acknowledged is recorded. A new attempt starts only after a recorded
 * answer showing that the earlier one was not taken; where that cannot be known
 * the message is `unknown` and is not resent unless the settings say so. So no
 * message is sent twice and none forgotten, as long as the database keeps what
 * it committed. Providers have no idempotency key and may themselves deliver
 * twice or report nothing.
 *
 * Threads: every function may be called from any thread, at once. Inside of a
 * callback, calls that can wait are refused.
 *
 * Strings: all are UTF-8 and end with NUL. Strings that go in are the caller's
 * and are copied. Where a function takes `char **`, the pointer is set to null
 * on entry; whatever it holds after the call, whatever the status, is freed
 * with `wa_string_free`. A null `char **` means that the JSON is not wanted.
 *
 * Errors: on any status other than WA_STATUS_OK the JSON has a member `error`,
 * the same object as `wa_last_error()` gives for the calling thread.
 *
 * JSON: what goes in is closed, unknown and repeated keys are errors; what
 * comes out is open, ignore keys that you do not know. Times are RFC 3339 in
 * UTC with milliseconds. The schemas are in `schema/`.
 *
 * Processes: nothing happens when the library is loaded. It is never unloaded.
 * A process may end without `wa_close`: the next client recovers what it left.
 * After a fork the child gets WA_STATUS_FORKED, of wa_configure too, unless
 * every client was closed before it. The library touches no signal handler;
 * its own threads block SIGPIPE.
 */

#if defined(_WIN32)
#define WA_API __declspec(dllimport)
#else
#define WA_API
#endif
