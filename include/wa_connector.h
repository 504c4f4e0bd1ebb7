#ifndef WA_CONNECTOR_H
#define WA_CONNECTOR_H

/* Written by cbindgen out of src/abi and src/message/status.rs; do not edit. */

#include <stddef.h>
#include <stdint.h>

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

/**
 * Version of the ABI that this header describes. It grows by one with every
 * release that adds something. A host needs a library whose
 * `wa_abi_version()` is not lower than the `WA_ABI_VERSION` it was built with.
 */
#define WA_ABI_VERSION 1

/**
 * Result of a call.
 *
 * Zero is success. Values are only ever added, in decades by topic; a host
 * must take a value that it does not know as a failure. Two are neither
 * success nor failure: `WA_STATUS_PENDING` and `WA_STATUS_CLOSE_PENDING`.
 */
enum wa_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The call did what it says.
   */
  WA_STATUS_OK = 0,
  /**
   * The message is recorded and its end is not known yet. Do not send it
   * again: wait for it with `wa_wait`, or for its event.
   */
  WA_STATUS_PENDING = 10,
  /**
   * The deadline of `wa_close` passed; no new callback will start. Call
   * `wa_close` again to go on waiting.
   */
  WA_STATUS_CLOSE_PENDING = 11,
  /**
   * An argument is null where a value is needed, empty, or out of range.
   */
  WA_STATUS_ARGUMENT = 20,
  /**
   * An argument is not UTF-8.
   */
  WA_STATUS_UTF8 = 21,
  /**
   * An argument is not the JSON that is expected: broken, an unknown or
   * repeated key, a wrong type.
   */
  WA_STATUS_JSON = 22,
  /**
   * The settings are incomplete, contradict each other, or hold a value
   * that cannot be used.
   */
  WA_STATUS_SETTINGS = 23,
  /**
   * The message breaks a limit of the provider or of the channel; nothing
   * was sent.
   */
  WA_STATUS_MESSAGE = 24,
  /**
   * The provider cannot do this; nothing was sent.
   */
  WA_STATUS_NOT_SUPPORTED = 25,
  /**
   * There is no message with this id, and no call under way that has it.
   */
  WA_STATUS_NOT_FOUND = 26,
  /**
   * The reference was used before, for another payload.
   */
  WA_STATUS_REFERENCE_CONFLICT = 27,
  /**
   * The query would have to read the whole table; narrow it.
   */
  WA_STATUS_QUERY_TOO_WIDE = 28,
  /**
   * The message or call can no longer be cancelled: an attempt has begun,
   * or it has ended.
   */
  WA_STATUS_TOO_LATE = 29,
  /**
   * The client number is zero, forged, or was closed.
   */
  WA_STATUS_NO_CLIENT = 30,
  /**
   * The client is being closed.
   */
  WA_STATUS_CLOSED = 31,
  /**
   * A call that can wait was made from inside a callback.
   */
  WA_STATUS_WOULD_DEADLOCK = 32,
  /**
   * The process was forked while a client lived or a call was under way;
   * the child has none of the library's threads.
   */
  WA_STATUS_FORKED = 33,
  /**
   * Too much is waiting or under way; nothing was recorded or done. Try
   * again later.
   */
  WA_STATUS_QUEUE_FULL = 34,
  /**
   * The call's deadline passed before it had an answer. Nothing was recorded
   * or sent by it; a call that changes something at the provider says in
   * `message` what may have happened.
   */
  WA_STATUS_TIMEOUT = 35,
  /**
   * The provider refused the credentials.
   */
  WA_STATUS_CREDENTIALS = 40,
  /**
   * The provider's account is suspended, unpaid or otherwise unusable.
   */
  WA_STATUS_ACCOUNT = 41,
  /**
   * The sender is not one that this account may use.
   */
  WA_STATUS_SENDER = 42,
  /**
   * The recipient is no number that WhatsApp can reach, or opted out.
   */
  WA_STATUS_RECIPIENT = 43,
  /**
   * Free text outside the 24-hour window; send a template first.
   */
  WA_STATUS_WINDOW = 44,
  /**
   * The template is missing, not approved, or its variables do not fit.
   */
  WA_STATUS_TEMPLATE = 45,
  /**
   * A limit of the provider was reached; wait longer before trying again.
   */
  WA_STATUS_LIMIT = 46,
  /**
   * The provider failed for now, and all attempts were used.
   */
  WA_STATUS_TEMPORARY = 47,
  /**
   * The provider refused the message for good.
   */
  WA_STATUS_REJECTED = 48,
  /**
   * It cannot be known whether the provider took the message.
   */
  WA_STATUS_UNKNOWN = 49,
  /**
   * The message was cancelled before it was sent; or the call was broken
   * off with `wa_cancel`, and says in `message` what may have happened.
   */
  WA_STATUS_CANCELLED = 50,
  /**
   * The message expired before it was sent.
   */
  WA_STATUS_EXPIRED = 51,
  /**
   * The provider could not be reached.
   */
  WA_STATUS_NETWORK = 60,
  /**
   * The provider's certificate could not be verified, or no certificate
   * authorities are installed.
   */
  WA_STATUS_TLS = 61,
  /**
   * The database refused: driver, password, database name, right, schema.
   */
  WA_STATUS_DATABASE = 70,
  /**
   * The database cannot be reached now; nothing was recorded or sent.
   */
  WA_STATUS_DATABASE_AWAY = 71,
  /**
   * The tables are missing or older than this library needs.
   */
  WA_STATUS_DATABASE_SCHEMA = 72,
  /**
   * The database went back in time; nothing is sent until an operator
   * decides.
   */
  WA_STATUS_DATABASE_REWOUND = 73,
  /**
   * The database is away and the journal has no room for another message;
   * nothing was recorded or sent.
   */
  WA_STATUS_JOURNAL_FULL = 74,
  /**
   * A fault of the library itself.
   */
  WA_STATUS_INTERNAL = 90,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum wa_status wa_status;
#else
typedef int32_t wa_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Number of a client. 0 is never one. A number is never used again, so that
 * one that was closed is refused and not confused.
 */
typedef uint64_t wa_client;

/**
 * Is called with an event; see `wa_on_event`.
 *
 * `user_data` is what was registered. `event_json` is UTF-8, ends with NUL,
 * and is valid during the call only. Runs on the client's dispatcher thread,
 * one call at a time. Must not throw or unwind. Calls that can wait are
 * refused from inside it with `WA_STATUS_WOULD_DEADLOCK`.
 */
typedef void (*wa_event_fn)(void *user_data, const char *event_json);

/**
 * Is called with a log record; see `wa_on_log`.
 *
 * `level` is 1 error, 2 warn, 3 info, 4 debug, 5 trace. The rest is as with
 * `wa_event_fn`.
 */
typedef void (*wa_log_fn)(void *user_data, int32_t level, const char *record_json);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Starts a client.
 *
 * `settings_json`: the settings, a JSON object; see the table in README.md
 * and `schema/settings.v1.schema.json`. `client_out`: receives the number of
 * the client, or 0 on failure; must not be null.
 *
 * Blocks until the settings are checked and the database has answered once,
 * at most `timeout_ms` of the settings (default 60000). A database that
 * cannot be reached is no failure: the client starts, refuses messages with
 * `WA_STATUS_DATABASE_AWAY`, and says in an event when it is back. A wrong
 * driver, password, database name, right or schema is a failure.
 *
 * Thread-safe. Several clients may live side by side.
 *
 * Fails with `WA_STATUS_SETTINGS`, `WA_STATUS_JSON`, `WA_STATUS_UTF8`,
 * `WA_STATUS_ARGUMENT`, `WA_STATUS_NOT_SUPPORTED`, `WA_STATUS_DATABASE`,
 * `WA_STATUS_DATABASE_SCHEMA`, `WA_STATUS_TLS`, `WA_STATUS_WOULD_DEADLOCK`.
 */
WA_API wa_status wa_configure(const char * settings_json, wa_client *client_out);

/**
 * Changes what may change while a client runs: secrets, `retry`, `pacing`,
 * `log`. Attempts under way end with what was set before.
 *
 * `settings_json`: a JSON object with those keys only; what is not named
 * stays. Does not block. Thread-safe.
 *
 * Fails with `WA_STATUS_SETTINGS`, `WA_STATUS_JSON`; then nothing is changed.
 */
WA_API wa_status wa_update(wa_client client, const char * settings_json);

/**
 * Sends text and waits for the end of the send.
 *
 * `to`: the recipient's number, `+` and country code, or what
 * `default_country` completes. `text`: UTF-8; the provider's limit applies
 * (Twilio: 1600 characters). `options_json`: see `schema/options.v1.schema.json`;
 * null means the defaults. `outcome_json_out`: receives the outcome, the
 * caller's to free with `wa_string_free` whatever the status; null means not
 * wanted.
 *
 * Blocks at most `timeout_ms` of the options (default 60000). At the deadline
 * a message that was not attempted is cancelled, unless `on_timeout` says
 * `continue`; one that was is `WA_STATUS_PENDING`: do not send it again.
 *
 * OK means that the provider accepted it, not that it was delivered. Whatever
 * the status: JSON with an `id` is a message that is recorded, and its
 * `response` is the sentence for the user; JSON with an `error` alone is a
 * call that recorded nothing.
 * Thread-safe. Refused from inside a callback.
 */
WA_API
wa_status wa_send(wa_client client,
                  const char * to,
                  const char * text,
                  const char * options_json,
                  char ** outcome_json_out);

/**
 * Sends a template and waits for the end of the send.
 *
 * `template_name`: a template of the settings, or with Twilio the `HX...` SID
 * or the name of a Content template. `variables_json`: the values, as
 * `{"1":"Ann"}`, `{"name":"Ann"}` or `["Ann"]`; null where the template has
 * none. All of its variables must be there, and no others. The rest is as
 * with `wa_send`.
 *
 * A template of the settings is rendered here and travels as text: in
 * WhatsApp's eyes it is free text, which reaches the recipient only within 24
 * hours of their last message. A Content template that WhatsApp approved
 * reaches them always (Twilio, "Send templates with the Content API").
 */
WA_API
wa_status wa_send_template(wa_client client,
                           const char * to,
                           const char * template_name,
                           const char * variables_json,
                           const char * options_json,
                           char ** outcome_json_out);

/**
 * Sends a message of any kind and waits for the end of the send.
 *
 * `message_json`: an object whose `type` is `text`, `media`, `image`, `video`,
 * `audio`, `document`, `sticker`, `location`, `contacts`, `reaction`,
 * `interactive` or `template`, with the keys of that type, such as
 * `{"type":"image","link":"https://..","caption":".."}`; see
 * `schema/message.v1.schema.json`. Not every provider sends every type:
 * `WA_STATUS_NOT_SUPPORTED`. The rest is as with `wa_send`.
 */
WA_API
wa_status wa_send_message(wa_client client,
                          const char * to,
                          const char * message_json,
                          const char * options_json,
                          char ** outcome_json_out);

/**
 * Records a message and returns; it is sent in the background, also after a
 * restart of the process.
 *
 * The arguments are those of `wa_send_message`. `recorded_json_out`: receives
 * the outcome so far, the caller's to free. OK means that the message is
 * committed in the database; its end comes as an event, or by `wa_wait`.
 *
 * Blocks for one commit of the database, at most `timeout_ms` of the options.
 * Thread-safe; allowed from inside a callback.
 */
WA_API
wa_status wa_submit(wa_client client,
                    const char * to,
                    const char * message_json,
                    const char * options_json,
                    char ** recorded_json_out);

/**
 * Waits for the end of a message, also of one that another process sends.
 *
 * `id`: the message's `id`. `timeout_ms`: how long to wait; 0 looks and does
 * not wait. `outcome_json_out`: receives the outcome, the caller's to free.
 *
 * The statuses are those of `wa_send`; `WA_STATUS_PENDING` when the time is
 * up, `WA_STATUS_NOT_FOUND` for an id that is in no row. Thread-safe. Refused
 * from inside a callback.
 */
WA_API
wa_status wa_wait(wa_client client,
                  const char * id,
                  uint32_t timeout_ms,
                  char ** outcome_json_out);

/**
 * Gives a message up. Works until an attempt has begun, and between two
 * attempts. Or breaks another call of this client off, such as an upload.
 *
 * `id`: the message's `id`; a thread may cancel a send that another thread
 * waits for, if the options of that send chose the id. For a call that is no
 * message, the `id` of its options: that call ends with
 * `WA_STATUS_CANCELLED` and says what may have happened. `outcome_json_out`:
 * receives the outcome, or for a call that is no message
 * `{"success":true}`; the caller's to free.
 *
 * OK means that it is cancelled and will not be sent;
 * `WA_STATUS_TOO_LATE` that it was, or may have been. Blocks for one commit,
 * at most 5 seconds. Thread-safe; allowed from inside a callback.
 */
WA_API wa_status wa_cancel(wa_client client, const char * id, char ** outcome_json_out);

/**
 * Reads a page of the history.
 *
 * `query_json`: filters, `limit`, `cursor`, `order`, `reports`, `timeout_ms`;
 * see `schema/query.v1.schema.json`; null asks for the newest messages.
 * `page_json_out`: receives `{"messages":[..],"next":..}`, the caller's to
 * free; `next` goes into `cursor` for the next page and is null at the end.
 * Every message that was there at the first page comes exactly once. A cursor
 * of another question is refused.
 *
 * Each client sees the messages of its own account, unless
 * `history.accounts` of the settings is `all`.
 *
 * Blocks at most `timeout_ms` of the query (default 60000). Thread-safe.
 * Refused from inside a callback.
 */
WA_API wa_status wa_history(wa_client client, const char * query_json, char ** page_json_out);

/**
 * Counts messages of the history, by state and by day.
 *
 * `query_json`: the filters and the `timeout_ms` of `wa_history`, without
 * `limit` and `cursor`; null counts all. `report_json_out`: receives
 * `{"total","by_state":{..},"by_day":[{"day","total","by_state"}]}`, the
 * caller's to free; days are those on which messages were handed over, in UTC.
 *
 * Without `contact_id`, `recipient`, `campaign_id` or `reference` every
 * message is looked at. Blocks at most `timeout_ms` of the query (default
 * 60000). Thread-safe. Refused from inside a callback.
 */
WA_API
wa_status wa_history_count(wa_client client,
                           const char * query_json,
                           char ** report_json_out);

/**
 * Writes messages of the history into a file.
 *
 * `query_json`: the filters, `order` and `reports` of `wa_history`; null means
 * all messages. `options_json`:
 * `{"file","format","overwrite","bom","separator","id","timeout_ms"}`; `file`
 * must be there, `format` is `csv` (default) or `jsonl`. `report_json_out`:
 * receives `{"file","format","messages","bytes"}`, the caller's to free.
 *
 * The file appears under its name once it is whole; one that is there is
 * replaced only with `overwrite`. In a CSV a cell that a spreadsheet would run
 * has an apostrophe in front. Messages that were there at the beginning come
 * exactly once, in short transactions, so that nobody waits for the export.
 *
 * Blocks at most `timeout_ms` of the options (default 600000); `wa_cancel`
 * with the options' `id` ends it. Progress comes as events of kind `progress`
 * that count messages, to who asks for that kind. Thread-safe. Refused from
 * inside a callback.
 */
WA_API
wa_status wa_history_export(wa_client client,
                            const char * query_json,
                            const char * options_json,
                            char ** report_json_out);

/**
 * Deletes what is older than the host wants to keep: messages with their
 * attempts and reports, events, and later references.
 *
 * `options_json`: `{"older_than_days","keep_references_days","id","timeout_ms"}`;
 * `older_than_days` must be there and is at least 1, by the database's clock
 * and since the message was recorded; references are kept 400 days unless
 * `keep_references_days` says otherwise, and never shorter than their message.
 * `report_json_out`: receives `{"messages","open","events","references"}`, the
 * caller's to free; `open` counts messages as old that stayed because they are
 * not over.
 *
 * At most 1,000 rows go in one transaction. Events go whether or not every
 * consumer has read them. Blocks at most `timeout_ms` of the options (default
 * 600000), with cancelling and progress as with `wa_history_export`; what is
 * gone by then stays gone. Thread-safe. Refused from inside a callback.
 */
WA_API
wa_status wa_history_purge(wa_client client,
                           const char * options_json,
                           char ** report_json_out);

/**
 * Erases what was said to one contact. That there were messages, when, to
 * which number, and what became of them stays.
 *
 * `options_json`: `{"contact_id","recipient","id","timeout_ms"}` with
 * `contact_id`, `recipient` or both; of both, the messages go that have one of
 * them. `report_json_out`: receives `{"messages","open"}`, the caller's to
 * free; `open` counts messages that were left as they are because they are not
 * over: cancel them, or call again later.
 *
 * Gone are the text and content of each message, the words of its errors, of
 * its events, of its attempts and of the provider's reports; states, times,
 * classes and codes stay. At most 500 messages are changed in one transaction.
 * Blocks at most `timeout_ms` of the options (default 600000), with cancelling
 * and progress as with `wa_history_export`. Thread-safe. Refused from inside a
 * callback.
 */
WA_API
wa_status wa_history_erase(wa_client client,
                           const char * options_json,
                           char ** report_json_out);

/**
 * Hands over messages whose end became known, or of which more was told since,
 * for hosts that keep the history in tables of their own.
 *
 * `options_json`: `{"consumer","after","max"}`; `consumer` must be there: the
 * library remembers under this name, over restarts, what was acknowledged. The
 * first call begins with the oldest event. `timeout_ms`: how long to wait for
 * the first message; 0 does not wait. `page_json_out`: receives
 * `{"messages":[..],"cursor":".."}`, the caller's to free; the messages are
 * whole, as `wa_history` gives them, and as they are now.
 *
 * Giving `cursor` back as `after` acknowledges the messages up to it. Until
 * then they come again when the program is started again: each change is
 * handed over at least once, so save a message by its `id`.
 *
 * Blocks at most `timeout_ms` and 5 seconds, which the database may take to
 * answer. Thread-safe. Inside a callback refused.
 */
WA_API
wa_status wa_history_take(wa_client client,
                          const char * options_json,
                          uint32_t timeout_ms,
                          char ** page_json_out);

/**
 * Decides what becomes of the messages in a database that went back in time:
 * a backup was restored, or a failover lost commits.
 *
 * A client that notices it claims, records and sends nothing, says
 * `WA_STATUS_DATABASE_REWOUND`, and tells it as an event and in the log. What
 * the database holds as queued or sending may have been sent since.
 *
 * `options_json`: `{"policy","timeout_ms"}` or null. `policy` `unknown`
 * (default): these messages end as `unknown`, each with its event; `send`: they
 * are sent, also if they were sent before. `report_json_out`: receives
 * `{"rewound":..,"policy":..,"unknown":..}`; see
 * `schema/recovery_report.v1.schema.json`. The caller's to free.
 *
 * Once for each restored database: other clients that share it notice that it
 * was decided, and go on. Where this client has not found that the database
 * went back in time, nothing is done and `rewound` is false.
 *
 * Blocks at most `timeout_ms` (default 60000). Thread-safe. Refused from
 * inside a callback.
 */
WA_API wa_status wa_recover(wa_client client, const char * options_json, char ** report_json_out);

/**
 * Reads the next events: ends of messages, and what the host should know. Of
 * kind `log` and `progress` only where `include` names them: these live in
 * memory only, the last 1,000 and 256.
 *
 * `options_json`: `{"consumer","after","include","exclude","max"}`; null means
 * the events since this client was configured. `timeout_ms`: how long to wait
 * for the first event; 0 does not wait. `events_json_out`: receives
 * `{"events":[..],"cursor":".."}`, the caller's to free; no event in time is
 * OK with an empty list.
 *
 * Giving `cursor` back as `after` acknowledges the events up to it. With a
 * `consumer` the library remembers what was acknowledged, over restarts. An
 * event comes at least once; its `id` stays the same.
 *
 * Thread-safe. Inside a callback only with `timeout_ms` 0.
 */
WA_API
wa_status wa_next_event(wa_client client,
                        const char * options_json,
                        uint32_t timeout_ms,
                        char ** events_json_out);

/**
 * Sets or unsets the function that is called with every event. Polling with
 * `wa_next_event` is always enough, and better for hosts with a garbage
 * collector.
 *
 * `filter_json`: `{"include":[..],"exclude":[..]}`; null means all events but
 * `log` and `progress`. `callback`: null unsets. `user_data`: given to the callback; must
 * live until the callback was unset, or `wa_close` returned OK.
 *
 * Unsetting waits for a call that is running, at most 5 seconds, and is then
 * `WA_STATUS_TIMEOUT`: keep `user_data` until `wa_close` returns OK. Do not
 * hold a lock that the callback takes. Thread-safe.
 */
WA_API
wa_status wa_on_event(wa_client client,
                      const char * filter_json,
                      wa_event_fn callback,
                      void *user_data);

/**
 * Sets or unsets the function that is called with every log record of this
 * client, up to a level. The last 1,000 records that were made before are
 * handed over first.
 *
 * `level`: 1 error, 2 warn, 3 info, 4 debug, 5 trace; records above the
 * settings' `log.level` are not made. `callback`, `user_data` and unsetting
 * are as with `wa_on_event`.
 */
WA_API wa_status wa_on_log(wa_client client, int32_t level, wa_log_fn callback, void *user_data);

/**
 * Ends a client.
 *
 * `timeout_ms`: how long to wait; 0 does not wait, UINT32_MAX waits without
 * limit. Calls that wait are woken at once with `WA_STATUS_CLOSED`; attempts
 * under way may end within the time; what is queued stays in the database for
 * the next client.
 *
 * OK: everything has ended, threads are joined, the number is no client any
 * more. `WA_STATUS_CLOSE_PENDING`: the time is up; no new callback will start,
 * but one is still running, or a thread is still inside a driver, the reading
 * of a file or the look-up of a name; call again.
 * `user_data` of callbacks must live until OK. Thread-safe: several threads
 * may close, and wait together. Refused from inside a callback. A process may
 * end without closing: the next client recovers what it left.
 */
WA_API wa_status wa_close(wa_client client, uint32_t timeout_ms);

/**
 * JSON about this thread's last failing call, an object with `status`,
 * `message`, `hint`, `retryable`, `class`, `provider_code`, `http_status`,
 * `argument` as far as known; `{}` after a call that succeeded, and before the first. Never null.
 * Valid until the thread's next call of a function that returns a status; not
 * the caller's to free (in P/Invoke: declare it as a pointer, never as
 * `string`).
 */
WA_API const char *wa_last_error(void);

/**
 * The name of a status, such as `recipient`; `unrecognised` for a number that
 * is none. Static: never freed.
 */
WA_API const char *wa_status_text(int32_t status);

/**
 * The version of the library, such as `0.1.0`. Static: never freed.
 */
WA_API const char *wa_version(void);

/**
 * The version of the ABI that this library speaks; see `WA_ABI_VERSION`.
 */
WA_API uint32_t wa_abi_version(void);

/**
 * Frees a string that the library gave away; null is fine. Every other string
 * of the library is not the caller's to free.
 */
WA_API void wa_string_free(char * text);

/**
 * Marks a message that somebody sent to the business, and those before it, as
 * read.
 *
 * `message_id`: the provider's id of the inbound message (Meta: `wamid...`,
 * Twilio: `SM...` or `MM...`). `options_json`:
 * `{"sender","typing","id","timeout_ms"}` or null; `typing` true also shows
 * for at most 25 seconds that an answer is being written. Twilio knows both
 * together only: without `typing` it is `WA_STATUS_NOT_SUPPORTED` there.
 * `result_json_out`: receives `{"success":true}`, the caller's to free; null
 * means not wanted.
 *
 * Blocks at most `timeout_ms` of the options (default 60000). Thread-safe.
 * Refused from inside a callback. Source: Meta, "Mark messages as read" and
 * "Typing indicators"; Twilio, "Typing indicators".
 */
WA_API
wa_status wa_mark_read(wa_client client,
                       const char * message_id,
                       const char * options_json,
                       char ** result_json_out);

/**
 * Uploads a file of this machine into the provider's store.
 *
 * `file`: its path. `options_json`:
 * `{"sender","mime_type","filename","id","timeout_ms"}` or null; the type is
 * told by the file's name unless `mime_type` does. `result_json_out`: receives
 * the media with its `id`, for messages; see
 * `schema/media_info.v1.schema.json`. The caller's to free.
 *
 * The file is read while it travels and must not change meanwhile. Blocks at
 * most `timeout_ms` (default 600000). Progress comes as events of kind
 * `progress`, to who asks for that kind. Thread-safe. Refused from inside a
 * callback. Source: Meta, "Media": an id lives 30 days; image 5 MB, audio and
 * video 16 MB, document 100 MB, sticker 500 KB, 100 KB if it does not move. Twilio:
 * `WA_STATUS_NOT_SUPPORTED`.
 */
WA_API
wa_status wa_media_upload(wa_client client,
                          const char * file,
                          const char * options_json,
                          char ** result_json_out);

/**
 * Uploads bytes into the provider's store.
 *
 * `bytes`, `length`: the media, at most 104857600 bytes; copied before the
 * call waits, and the caller's. `options_json`: as with `wa_media_upload`;
 * `mime_type` must be there. The rest is as with `wa_media_upload`.
 */
WA_API
wa_status wa_media_upload_bytes(wa_client client,
                                const uint8_t *bytes,
                                size_t length,
                                const char * options_json,
                                char ** result_json_out);

/**
 * Fetches media into a folder of this machine.
 *
 * `media_id`: the provider's id of the media, as an upload or an inbound
 * message gave it. `folder`: the folder that receives it, which must be there;
 * nothing is written elsewhere. `options_json`:
 * `{"sender","filename","max_bytes","overwrite","id","timeout_ms"}` or null;
 * `filename` is a name without any folder. `result_json_out`: receives the
 * file; see `schema/media_file.v1.schema.json`. The caller's to free.
 *
 * The file appears under its name once it is whole and its SHA-256 fits. A
 * file that is there is replaced only with `overwrite`. Blocks at most
 * `timeout_ms` (default 600000), with progress as with `wa_media_upload`.
 * Thread-safe. Refused from inside a callback. Source: Meta, "Media": the
 * media of inbound messages can be fetched for 7 days. Twilio:
 * `WA_STATUS_NOT_SUPPORTED`.
 */
WA_API
wa_status wa_media_download(wa_client client,
                            const char * media_id,
                            const char * folder,
                            const char * options_json,
                            char ** result_json_out);

/**
 * Tells where media can be fetched from, and what it is.
 *
 * `media_id`: the provider's id. `options_json`:
 * `{"sender","id","timeout_ms"}` or null. `result_json_out`: receives the
 * media with its `url`, which lives 5 minutes and wants the access token; the
 * caller's to free.
 *
 * Blocks at most `timeout_ms` (default 60000). Thread-safe. Refused from
 * inside a callback. Source: Meta, "Media". Twilio: `WA_STATUS_NOT_SUPPORTED`.
 */
WA_API
wa_status wa_media_url(wa_client client,
                       const char * media_id,
                       const char * options_json,
                       char ** result_json_out);

/**
 * Deletes media from the provider's store.
 *
 * The arguments are those of `wa_media_url`; the result is `{"success":true}`.
 * Messages that were sent keep the media.
 */
WA_API
wa_status wa_media_delete(wa_client client,
                          const char * media_id,
                          const char * options_json,
                          char ** result_json_out);

/**
 * Lists the account's templates, a page at a time.
 *
 * `query_json`:
 * `{"name","language","status","category","limit","cursor","id","timeout_ms"}`
 * or null for all; see `schema/template_query.v1.schema.json`.
 * `page_json_out`: receives `{"templates":[..],"next":..}`, the caller's to
 * free; `next` goes into `cursor` for the next page and is null at the end.
 *
 * Blocks at most `timeout_ms` of the query (default 60000). Thread-safe.
 * Refused from inside a callback. Source: Meta, "Template management"; Twilio,
 * "Content API".
 */
WA_API wa_status wa_template_list(wa_client client, const char * query_json, char ** page_json_out);

/**
 * Reads one template.
 *
 * `name`: its name, or the provider's id of it (Twilio: `HX...`).
 * `options_json`: `{"language","refresh","id","timeout_ms"}` or null;
 * `language` where the name has several; `refresh` asks the provider whatever
 * is remembered, which is at most 5 minutes old. `result_json_out`: receives
 * the template; see `schema/template.v1.schema.json`. The caller's to free.
 *
 * `WA_STATUS_TEMPLATE` where there is none. The rest is as with
 * `wa_template_list`.
 */
WA_API
wa_status wa_template_get(wa_client client,
                          const char * name,
                          const char * options_json,
                          char ** result_json_out);

/**
 * Creates a template. With Meta it goes to review at once; with Twilio
 * `wa_template_submit` asks for it.
 *
 * `template_json`: `name`, `language`, `category`, `header`, `body`,
 * `examples`, `footer`, `buttons`, or the provider's own description in
 * `components` (Meta) or `types` (Twilio); see
 * `schema/template_definition.v1.schema.json`. `options_json`:
 * `{"id","timeout_ms"}` or null. `result_json_out`: receives the template, the
 * caller's to free.
 *
 * Limits are checked before anything is sent, and named with their key. A call
 * that reaches its deadline may have made the template: look with
 * `wa_template_list`. The rest is as with `wa_template_list`.
 */
WA_API
wa_status wa_template_create(wa_client client,
                             const char * template_json,
                             const char * options_json,
                             char ** result_json_out);

/**
 * Changes a template. Meta reviews it anew by itself. With Twilio the Content
 * resource is replaced and no review is asked for: that is
 * `wa_template_submit`.
 *
 * `id`: the provider's id of the template. `template_json`: what it is to
 * be, as with `wa_template_create`; name and language cannot change with
 * Meta, and may be left out with both. `options_json`: `{"id","timeout_ms"}`
 * or null. `result_json_out`: receives `{"success":true}`, with Twilio the
 * template, its `status` `unknown`; the caller's to free.
 *
 * What becomes of an approval that the template had, Twilio decides:
 * `wa_template_get` with `refresh` shows it. The rest is as with
 * `wa_template_create`. Source: Meta, "Template
 * management": an approved template can be edited once a day and 10 times in
 * 30 days.
 */
WA_API
wa_status wa_template_edit(wa_client client,
                           const char * id,
                           const char * template_json,
                           const char * options_json,
                           char ** result_json_out);

/**
 * Deletes a template.
 *
 * `name`: its name, in all its languages; with Twilio its name or `HX...` SID.
 * `options_json`: `{"template_id","id","timeout_ms"}` or null; `template_id`
 * deletes only the one with this id of the provider. `result_json_out`:
 * receives `{"success":true}`, the caller's to free.
 *
 * Source: Meta, "Template management": the name cannot be used again for 30
 * days. The rest is as with `wa_template_list`.
 */
WA_API
wa_status wa_template_delete(wa_client client,
                             const char * name,
                             const char * options_json,
                             char ** result_json_out);

/**
 * Asks WhatsApp to approve a template.
 *
 * `id`: the provider's id of it (Twilio: `HX...`). `options_json`:
 * `{"name","category","id","timeout_ms"}` or null; `name` and `category` are
 * what WhatsApp knows it by. `result_json_out`: receives the template with its
 * `status`, the caller's to free.
 *
 * Source: Twilio, "Content API: approval requests". Meta reviews what
 * `wa_template_create` makes by itself: `WA_STATUS_NOT_SUPPORTED`. The rest is
 * as with `wa_template_list`.
 */
WA_API
wa_status wa_template_submit(wa_client client,
                             const char * id,
                             const char * options_json,
                             char ** result_json_out);

/**
 * Lists the account's numbers, a page at a time.
 *
 * `options_json`: `{"limit","cursor","id","timeout_ms"}` or null.
 * `page_json_out`: receives `{"numbers":[..],"next":..}`, the caller's to
 * free; `next` goes into `cursor` for the next page and is null at the end.
 * The `id` of a number is what `sender` means.
 *
 * Blocks at most `timeout_ms` (default 60000). Thread-safe. Refused from
 * inside a callback. Source: Meta, "Phone numbers". Twilio:
 * `WA_STATUS_NOT_SUPPORTED`, as all functions about numbers.
 */
WA_API wa_status wa_number_list(wa_client client, const char * options_json, char ** page_json_out);

/**
 * Reads one number: its name, quality, throughput, limit, registration.
 *
 * `options_json`: `{"sender","id","timeout_ms"}` or null; `sender` is the
 * number's id, the settings' unless it is given. `result_json_out`: receives
 * the number; see `schema/number.v1.schema.json`. The caller's to free.
 *
 * The rest is as with `wa_number_list`.
 */
WA_API
wa_status wa_number_get(wa_client client,
                        const char * options_json,
                        char ** result_json_out);

/**
 * Adds a number to the account. It still has to be verified
 * (`wa_number_request_code`, `wa_number_verify_code`) and registered
 * (`wa_number_register`).
 *
 * `number`: with `+` and country code, or what `default_country` completes.
 * `options_json`: `{"verified_name","id","timeout_ms"}`; `verified_name`, the
 * name that recipients see, must be there. `result_json_out`: receives the
 * number with its `id`, the caller's to free.
 *
 * Never repeated by itself. A call that reaches its deadline may have added
 * it: look with `wa_number_list`. The rest is as with `wa_number_list`.
 */
WA_API
wa_status wa_number_add(wa_client client,
                        const char * number,
                        const char * options_json,
                        char ** result_json_out);

/**
 * Has a verification code sent to a number.
 *
 * `options_json`: `{"sender","method","language","id","timeout_ms"}` or null;
 * `method` is `sms` or `voice`, `language` such as `en_US`. `result_json_out`:
 * receives `{"success":true}`, the caller's to free.
 *
 * Never repeated by itself: Meta sends few codes in a time. The rest is as
 * with `wa_number_list`.
 */
WA_API
wa_status wa_number_request_code(wa_client client,
                                 const char * options_json,
                                 char ** result_json_out);

/**
 * Gives the verification code that came.
 *
 * `code`: six digits; a dash or blanks between them do not matter. It is never
 * logged, kept or repeated in an error. `options_json`, result and the rest
 * are as with `wa_number_request_code`, without `method` and `language`.
 */
WA_API
wa_status wa_number_verify_code(wa_client client,
                                const char * code,
                                const char * options_json,
                                char ** result_json_out);

/**
 * Registers a number for sending.
 *
 * `pin`: the six digits of its two-step verification; they are set where there
 * are none. Never logged, kept or repeated in an error. `options_json`:
 * `{"sender","data_localization_region","id","timeout_ms"}` or null; the
 * region is two letters of a country. `result_json_out`: receives
 * `{"success":true}`, the caller's to free.
 *
 * Never repeated by itself: wrong PINs lock the number. The rest is as with
 * `wa_number_list`. Source: Meta, "Registration": 10 registrations in 72
 * hours.
 */
WA_API
wa_status wa_number_register(wa_client client,
                             const char * pin,
                             const char * options_json,
                             char ** result_json_out);

/**
 * Takes the registration of a number back: nothing can be sent from it until
 * it is registered again.
 *
 * `options_json`: `{"sender","id","timeout_ms"}` or null. `result_json_out`:
 * receives `{"success":true}`, the caller's to free. The rest is as with
 * `wa_number_register`.
 */
WA_API
wa_status wa_number_deregister(wa_client client,
                               const char * options_json,
                               char ** result_json_out);

/**
 * Sets the PIN of a number's two-step verification.
 *
 * `pin`: six digits, leading zeros too. Never logged, kept or repeated in an
 * error. It cannot be taken away by Meta's API: an empty one is
 * `WA_STATUS_NOT_SUPPORTED`. `options_json`: `{"sender","id","timeout_ms"}` or
 * null. `result_json_out`: receives `{"success":true}`, the caller's to free.
 * The rest is as with `wa_number_register`.
 */
WA_API
wa_status wa_number_set_pin(wa_client client,
                            const char * pin,
                            const char * options_json,
                            char ** result_json_out);

/**
 * Reads the business profile of a number.
 *
 * `options_json`: `{"sender","id","timeout_ms"}` or null. `result_json_out`:
 * receives the profile; see `schema/profile.v1.schema.json`. The caller's to
 * free.
 *
 * Blocks at most `timeout_ms` (default 60000). Thread-safe. Refused from
 * inside a callback. Source: Meta, "Business profiles". Twilio:
 * `WA_STATUS_NOT_SUPPORTED`.
 */
WA_API
wa_status wa_profile_get(wa_client client,
                         const char * options_json,
                         char ** result_json_out);

/**
 * Changes the business profile of a number: what is given, and nothing else.
 *
 * `profile_json`: `about`, `address`, `description`, `email`, `websites`,
 * `vertical`; see `schema/profile_update.v1.schema.json`. `result_json_out`:
 * receives `{"success":true}`, the caller's to free. The rest is as with
 * `wa_profile_get`.
 */
WA_API
wa_status wa_profile_update(wa_client client,
                            const char * profile_json,
                            const char * options_json,
                            char ** result_json_out);

/**
 * Changes the picture of a number's business profile.
 *
 * `file`: path of a JPEG or PNG file, at most 5 MB. `options_json`: as with
 * `wa_profile_get`. `result_json_out`: receives `{"success":true}`, the
 * caller's to free.
 *
 * Blocks at most `timeout_ms` (default 600000), with progress as with
 * `wa_media_upload`. An upload that breaks goes on where it was. The rest is
 * as with `wa_profile_get`. Source: Meta, "Resumable upload".
 */
WA_API
wa_status wa_profile_set_picture(wa_client client,
                                 const char * file,
                                 const char * options_json,
                                 char ** result_json_out);

/**
 * Looks whether the account and the database are fit to send, and says it in
 * plain words. Nothing is sent or changed.
 *
 * `options_json`: `{"id","timeout_ms"}` or null. `report_json_out`: receives
 * `{"ok":..,"items":[{"item","verdict","text","hint"}]}`; see
 * `schema/check_report.v1.schema.json`. The caller's to free.
 *
 * OK means that the check was made, not that it found all well: that is `ok`.
 * Blocks at most `timeout_ms` (default 60000). Thread-safe. Refused from
 * inside a callback.
 */
WA_API wa_status wa_check(wa_client client, const char * options_json, char ** report_json_out);

/**
 * Gives the history's tables, and the rights on them, as SQL for a DBA. Needs
 * no client and no database: nothing is connected to.
 *
 * `settings_json`: settings of `wa_configure`, of which only `history` is
 * read, or null for the defaults. `options_json`:
 * `{"database","from_version","run_role","migrate_role"}` or null; see
 * `schema/schema_options.v1.schema.json`. `database` is `sqlite`,
 * `postgresql` or `sqlserver`, by default what the settings name;
 * `from_version` is the version that the tables have (default 0: there are none); `run_role`
 * (`wa_app`) and `migrate_role` (`wa_owner`) are who gets the rights.
 *
 * `schema_json_out`: receives
 * `{"database","from_version","version","tables","rights_to_run","rights_to_migrate"}`;
 * see `schema/schema_script.v1.schema.json`. The caller's to free. `tables` is
 * one script that leaves what the library itself would make: a client with
 * `history.migrate` `check` accepts it. It fails, and changes nothing, where
 * the tables have another version. `rights_to_run` and `rights_to_migrate`
 * are null for a file.
 *
 * Does not block. Thread-safe. Fails with `WA_STATUS_SETTINGS`,
 * `WA_STATUS_JSON`, `WA_STATUS_ARGUMENT`, `WA_STATUS_UTF8`.
 */
WA_API
wa_status wa_schema(const char * settings_json,
                    const char * options_json,
                    char ** schema_json_out);

/**
 * Takes a request that a provider made to the host's HTTP server: checks its
 * signature, records what it tells, and says what to answer.
 *
 * `request_json`: `{"method","url","headers","remote_address","timeout_ms"}`;
 * `method` and `url` must be there, `url` as it was requested, with its query.
 * `headers` is an object or a list of pairs of name and value. See
 * `schema/webhook_request.v1.schema.json`. `body`, `body_length`: the bytes of
 * the body as they came, never decoded or written anew: they are signed. Null
 * where `body_length` is 0; the caller's, and read during the call only.
 * `response_json_out`: receives `{"status","headers","body"}`, which the host
 * sends back as it is; the caller's to free. It is there on every status; only
 * where it has no `status` (after a fork, or a fault of the library) answer
 * 500.
 *
 * Which provider it is from is told by the client's settings. 200 means that
 * all it tells is committed; one that comes again changes nothing. A request
 * that is not signed by the provider gets 403, changes nothing, and is told as
 * an event of kind `refused`, one a minute at most: the call itself is OK.
 * Where a secret is missing nothing is taken: `WA_STATUS_SETTINGS` and 500. 503
 * means that the provider may try again. A body of more than 4194304 bytes is
 * not read: 413.
 *
 * Blocks at most `timeout_ms` of the request (default 10000). Thread-safe: as
 * many calls as the host likes. Refused from inside a callback. Source: Meta,
 * "Webhooks"; Twilio, "Webhooks security".
 *
 * Fails with `WA_STATUS_JSON`, `WA_STATUS_UTF8`, `WA_STATUS_ARGUMENT`,
 * `WA_STATUS_SETTINGS`, `WA_STATUS_NO_CLIENT`, `WA_STATUS_CLOSED`,
 * `WA_STATUS_WOULD_DEADLOCK`, `WA_STATUS_TIMEOUT`, `WA_STATUS_DATABASE_AWAY`,
 * `WA_STATUS_DATABASE`.
 */
WA_API
wa_status wa_webhook(wa_client client,
                     const char * request_json,
                     const uint8_t *body,
                     size_t body_length,
                     char ** response_json_out);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* WA_CONNECTOR_H */
