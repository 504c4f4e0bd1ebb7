/* What test hosts share on every system: assertions that say where they failed, wrappers of the calls that look at every
 * JSON, and members of JSON. The system's part comes from who includes it: `now`, `pause_ms`, `keep_json`
 * and `exchange`. */
#ifndef CHECKS_H
#define CHECKS_H
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "wa_connector.h"

#define UNUSED __attribute__((unused))
#ifdef __MINGW_PRINTF_FORMAT
#define CHECKS_PRINTF __MINGW_PRINTF_FORMAT
#else
#define CHECKS_PRINTF printf
#endif

static double now(void);
static void pause_ms(long ms);
static void keep_json(const char *schema, const char *json);
/* Sends a request to a port of this machine and reads until the other side closes, at most `room` bytes; gives how many. */
static size_t exchange(int port, const char *request, size_t length, char *answer, size_t room);

/* ---- assertions ---- */

__attribute__((format(CHECKS_PRINTF, 3, 4), noreturn)) static void fail(const char *file, int line, const char *why, ...) {
    va_list arguments;
    fprintf(stdout, "FAILED: %s:%d: ", file, line);
    va_start(arguments, why);
    vfprintf(stdout, why, arguments);
    va_end(arguments);
    fprintf(stdout, "\n");
    fflush(stdout);
    _exit(1);
}

#define CHECK(condition) ((condition) ? (void)0 : fail(__FILE__, __LINE__, "%s", #condition))
#define CHECK_INT(got, wanted)                                                                                     \
    do {                                                                                                           \
        long long got_ = (long long)(got), wanted_ = (long long)(wanted);                                          \
        if (got_ != wanted_) fail(__FILE__, __LINE__, "%s is %lld, not %lld", #got, got_, wanted_);                \
    } while (0)
#define CHECK_TEXT(got, wanted)                                                                                    \
    do {                                                                                                           \
        const char *got_ = (got), *wanted_ = (wanted);                                                             \
        if (strcmp(got_, wanted_)) fail(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #got, got_, wanted_);      \
    } while (0)
#define CHECK_HAS(got, part)                                                                                       \
    do {                                                                                                           \
        const char *got_ = (got), *part_ = (part);                                                                 \
        if (!strstr(got_, part_)) fail(__FILE__, __LINE__, "%s is \"%s\", without \"%s\"", #got, got_, part_);     \
    } while (0)
/* The status, and on a surprise what the library says about it. */
#define CHECK_STATUS(call, wanted)                                                                                 \
    do {                                                                                                           \
        wa_status got_ = (call);                                                                                   \
        if (got_ != (wanted))                                                                                      \
            fail(__FILE__, __LINE__, "%s gave %s, not %s: %s", #call, wa_status_text(got_),                        \
                 wa_status_text(wanted), wa_last_error());                                                         \
    } while (0)

static UNUSED void ok(const char *name) {
    printf("ok: %s\n", name);
    fflush(stdout);
}

/* ---- time ---- */

/* Waits for a condition at most 30 seconds: a test waits for what it needs and never for "long enough". */
#define WAIT_FOR(condition)                                                                                        \
    do {                                                                                                           \
        double until_ = now() + 30 * patience();                                                                   \
        while (!(condition)) {                                                                                     \
            if (now() > until_) fail(__FILE__, __LINE__, "waited in vain for %s", #condition);                     \
            pause_ms(2);                                                                                           \
        }                                                                                                          \
    } while (0)

/* Valgrind runs everything on one core, 20 to 50 times slower. */
static UNUSED double patience(void) { return getenv("WA_SLOW") ? 10 : 1; }

static UNUSED const char *environment(const char *name) {
    const char *value = getenv(name);
    if (!value || !*value) fail(__FILE__, __LINE__, "the environment lacks %s: start the hosts with run.sh", name);
    return value;
}

/* ---- JSON: the member at a path such as `error.argument` or `messages[0].id` ---- */

static UNUSED const char *json_blank(const char *p) {
    while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r') p++;
    return p;
}

static UNUSED const char *json_skip(const char *p) {
    int depth = 0;
    do {
        p = json_blank(p);
        if (*p == '"') {
            for (p++; *p && *p != '"'; p++)
                if (*p == '\\' && p[1]) p++;
            if (*p) p++;
        } else if (*p == '{' || *p == '[') {
            depth++, p++;
        } else if (*p == '}' || *p == ']') {
            depth--, p++;
        } else if (*p == ',' || *p == ':') {
            if (!depth) return p;
            p++;
        } else {
            while (*p && !strchr(",:]} \n\t\r", *p)) p++;
        }
    } while (*p && depth > 0);
    return p;
}

static UNUSED const char *json_find(const char *json, const char *path) {
    const char *p = json_blank(json);
    while (*path) {
        if (*path == '[') {
            long at = strtol(path + 1, (char **)&path, 10);
            path++;
            if (*p != '[') return NULL;
            for (p = json_blank(p + 1); at > 0 && *p && *p != ']'; at--) {
                p = json_blank(json_skip(p));
                if (*p == ',') p = json_blank(p + 1);
            }
            if (!*p || *p == ']') return NULL;
        } else {
            if (*path == '.') path++;
            size_t length = strcspn(path, ".[");
            if (*p != '{') return NULL;
            for (p = json_blank(p + 1); *p && *p != '}';) {
                const char *key = p + 1, *end = json_skip(p);
                p = json_blank(end);
                if (*p == ':') p = json_blank(p + 1);
                if ((size_t)(end - 1 - key) == length && !strncmp(key, path, length)) goto found;
                p = json_blank(json_skip(p));
                if (*p == ',') p = json_blank(p + 1);
            }
            return NULL;
        found:
            path += length;
        }
    }
    return p;
}

/* The member as text: strings decoded, all else as it stands, "" where there is none. Good for the next 16 calls. */
static UNUSED const char *json_get(const char *json, const char *path) {
    static _Thread_local char ring[16][16384];
    static _Thread_local unsigned turn;
    char *out = ring[turn++ % 16], *begin = out, *last = out + sizeof ring[0] - 5;
    const char *p = json ? json_find(json, path) : NULL;
    *out = 0;
    if (!p) return out;
    if (*p != '"') {
        const char *end = json_skip(p);
        while (p < end && out < last) *out++ = *p++;
        *out = 0;
        return begin;
    }
    for (p++; *p && *p != '"' && out < last; p++) {
        if (*p != '\\') {
            *out++ = *p;
            continue;
        }
        p++;
        const char *at = strchr("bfnrt", *p);
        if (at) {
            *out++ = "\b\f\n\r\t"[at - "bfnrt"];
        } else if (*p == 'u') {
            char digits[5] = {p[1], p[2], p[3], p[4], 0};
            unsigned long c = strtoul(digits, NULL, 16);
            if (c < 0x80) *out++ = (char)c;
            else if (c < 0x800) *out++ = (char)(0xc0 | c >> 6), *out++ = (char)(0x80 | (c & 63));
            else *out++ = (char)(0xe0 | c >> 12), *out++ = (char)(0x80 | (c >> 6 & 63)), *out++ = (char)(0x80 | (c & 63));
            p += 4;
        } else {
            *out++ = *p;
        }
    }
    *out = 0;
    return begin;
}

static UNUSED int json_count(const char *json, const char *path) {
    const char *p = json ? json_find(json, path) : NULL;
    int count = 0;
    if (!p || *p != '[') return 0;
    for (p = json_blank(p + 1); *p && *p != ']'; count++) {
        p = json_blank(json_skip(p));
        if (*p == ',') p = json_blank(p + 1);
    }
    return count;
}

/* Text as a JSON string, with its quotes. */
static UNUSED char *json_quoted(const char *text) {
    char *out = malloc(strlen(text) * 6 + 3), *p = out;
    *p++ = '"';
    for (; *text; text++) {
        if ((unsigned char)*text < 32) p += sprintf(p, "\\u%04x", (unsigned char)*text);
        else {
            if (*text == '"' || *text == '\\') *p++ = '\\';
            *p++ = *text;
        }
    }
    *p++ = '"';
    *p = 0;
    return out;
}

/* ---- the calls: every JSON that the library gave is looked at here ---- */

/* What a call gave. The text is the library's, freed by `done`. */
typedef struct {
    wa_status status;
    char *json;
} answer;

/* What holds for every call: the last error is `{}` after OK; else it is the JSON's `error` and names the status. */
static UNUSED wa_status looked_at(const char *schema, wa_status status, const char *json, bool wants_json) {
    const char *last = wa_last_error();
    CHECK(last != NULL);
    if (status == WA_STATUS_OK) {
        CHECK_TEXT(last, "{}");
        if (wants_json) CHECK(json != NULL), keep_json(schema, json);
        return status;
    }
    CHECK_TEXT(json_get(last, "status"), wa_status_text(status));
    CHECK(*json_get(last, "message"));
    keep_json("error", last);
    if (wants_json) {
        CHECK(json != NULL);
        const char *error = json_find(json, "error");
        CHECK(error != NULL);
        size_t length = (size_t)(json_skip(error) - error);
        if (length != strlen(last) || strncmp(error, last, length))
            fail(__FILE__, __LINE__, "wa_last_error is %s, the answer %s", last, json);
        keep_json(json_find(json, "id") ? schema : "with_error", json);
    }
    return status;
}

/* A pointer that was never set is what C callers hand over: it must be overwritten, never freed. */
#define NEVER_SET ((char *)0x5a5a5a5a)

static UNUSED answer send_text(wa_client client, const char *to, const char *text, const char *options) {
    answer a = {0, NEVER_SET};
    a.status = wa_send(client, to, text, options, &a.json);
    return looked_at("outcome", a.status, a.json, true), a;
}
static UNUSED answer send_template(wa_client client, const char *to, const char *name, const char *variables,
                                   const char *options) {
    answer a = {0, NEVER_SET};
    a.status = wa_send_template(client, to, name, variables, options, &a.json);
    return looked_at("outcome", a.status, a.json, true), a;
}
static UNUSED answer send_message(wa_client client, const char *to, const char *message, const char *options) {
    answer a = {0, NEVER_SET};
    a.status = wa_send_message(client, to, message, options, &a.json);
    return looked_at("outcome", a.status, a.json, true), a;
}
static UNUSED answer submit(wa_client client, const char *to, const char *message, const char *options) {
    answer a = {0, NEVER_SET};
    a.status = wa_submit(client, to, message, options, &a.json);
    return looked_at("outcome", a.status, a.json, true), a;
}
static UNUSED answer wait_for(wa_client client, const char *id, uint32_t timeout_ms) {
    answer a = {0, NEVER_SET};
    a.status = wa_wait(client, id, timeout_ms, &a.json);
    return looked_at("outcome", a.status, a.json, true), a;
}
static UNUSED answer cancel(wa_client client, const char *id) {
    answer a = {0, NEVER_SET};
    a.status = wa_cancel(client, id, &a.json);
    return looked_at("outcome", a.status, a.json, true), a;
}
static UNUSED answer history(wa_client client, const char *query) {
    answer a = {0, NEVER_SET};
    a.status = wa_history(client, query, &a.json);
    return looked_at("page", a.status, a.json, true), a;
}
static UNUSED answer next_event(wa_client client, const char *options, uint32_t timeout_ms) {
    answer a = {0, NEVER_SET};
    a.status = wa_next_event(client, options, timeout_ms, &a.json);
    return looked_at("events", a.status, a.json, true), a;
}
static UNUSED wa_status plain(wa_status status) { return looked_at("", status, NULL, false); }
static UNUSED wa_status configure(const char *settings, wa_client *client) {
    *client = 0x5a5a5a5a5a5a5a5a;
    wa_status status = plain(wa_configure(settings, client));
    CHECK((status == WA_STATUS_OK) == (*client != 0));
    return status;
}
static UNUSED wa_status close_client(wa_client client, uint32_t timeout_ms) { return plain(wa_close(client, timeout_ms)); }

static UNUSED void done(answer a) { wa_string_free(a.json); }
/* How many messages the whole history has, page by page. */
static UNUSED int count_history(wa_client client) {
    int count = 0;
    char query[200] = "{\"limit\":500}";
    for (;;) {
        answer page = history(client, query);
        CHECK_STATUS(page.status, WA_STATUS_OK);
        count += json_count(page.json, "messages");
        const char *next = json_get(page.json, "next");
        bool last = !*next || !strcmp(next, "null");
        snprintf(query, sizeof query, "{\"limit\":500,\"cursor\":\"%s\"}", next);
        done(page);
        if (last) return count;
    }
}

/* Sends, expects a status, and forgets the rest. */
#define EXPECT(call, wanted)                                                                                       \
    do {                                                                                                           \
        answer a_ = (call);                                                                                        \
        CHECK_STATUS(a_.status, wanted);                                                                           \
        done(a_);                                                                                                  \
    } while (0)

/* ---- settings for the simulator ---- */

/* The members of `history`: a file in the work folder, or tables of their own in the database of WA_DATABASE. */
static UNUSED const char *history_at(const char *name) {
    static _Thread_local char text[4200];
    const char *database = getenv("WA_DATABASE");
    if (database && *database)
        snprintf(text, sizeof text, "\"connection_string\":\"%s\",\"schema\":\"%s\",\"table_prefix\":\"%s_\"", database,
                 environment("WA_SCHEMA"), name);
    else
        snprintf(text, sizeof text, "\"file\":\"%s/%s.db\"", environment("WA_WORK"), name);
    return text;
}

/* `more` are further members, such as `,"log":{"level":"trace"}`; `name` is that of the history's file or tables. */
static UNUSED const char *settings_at(const char *url, const char *name, const char *more) {
    static _Thread_local char text[16384];
    bool retry = strstr(more, "\"retry\""), pace = strstr(more, "\"pacing\"");
    snprintf(text, sizeof text,
             "{\"twilio\":{\"account_sid\":\"AC00000000000000000000000000000001\",\"from\":\"+14155238886\","
             "\"auth_token\":\"0123456789abcdef0123456789abcdef\",\"base_url\":\"%s\"},"
             "\"history\":{%s},\"templates\":{\"welcome_here\":{\"text\":\"Hello {{1}}\"}}%s%s%s}",
             url, history_at(name), retry ? "" : ",\"retry\":{\"wait_seconds\":0}",
             pace ? "" : ",\"pacing\":{\"messages_per_second\":0}", more);
    return text;
}
static UNUSED const char *settings(const char *name, const char *more) {
    return settings_at(environment("WA_SIMULATOR_URL"), name, more);
}
static UNUSED wa_client client_of(const char *name, const char *more) {
    wa_client client;
    CHECK_STATUS(configure(settings(name, more), &client), WA_STATUS_OK);
    return client;
}

#define ANN "+12025550199"
#define HELLO "{\"type\":\"text\",\"text\":\"Hello\"}"

/* ---- the simulator's control, over HTTP ---- */

/* The body of the answer, to free. */
static UNUSED char *simulator(const char *method, const char *path, const char *body) {
    int port = atoi(strrchr(environment("WA_SIMULATOR_URL"), ':') + 1);
    size_t length = strlen(body ? body : ""), room = 1 << 20;
    char *request = malloc(length + 512), *text = malloc(room + 1);
    int headed = snprintf(request, 512,
                          "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %u\r\n"
                          "Connection: close\r\n\r\n", method, path, (unsigned)length);
    memcpy(request + headed, body ? body : "", length);
    size_t have = exchange(port, request, (size_t)headed + length, text, room);
    free(request);
    if (have == room) fail(__FILE__, __LINE__, "the answer to %s %s is larger than %u bytes", method, path, (unsigned)room);
    text[have] = 0;
    char *blank = strstr(text, "\r\n\r\n");
    CHECK(blank != NULL);
    if (text[9] != '2') fail(__FILE__, __LINE__, "%s %s: %s", method, path, text);
    memmove(text, blank + 4, strlen(blank + 4) + 1);
    return text;
}
static UNUSED void fault(const char *rules) { free(simulator("POST", "/_control/faults", rules)); }
static UNUSED void no_faults(void) { free(simulator("DELETE", "/_control/faults", NULL)); }
static UNUSED void reset(void) { free(simulator("POST", "/_control/reset", NULL)); }
static UNUSED long statistic(const char *name) {
    char *all = simulator("GET", "/_control/stats", NULL);
    long value = atol(json_get(all, name));
    free(all);
    return value;
}

#endif
