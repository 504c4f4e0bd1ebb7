/* What the test hosts share: assertions that say where they failed, wrappers of the calls that look at every JSON,
 * members of JSON, and the simulator's control. Header only; each host is one file and one program. */
#ifndef HOST_H
#define HOST_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "wa_connector.h"

#define UNUSED __attribute__((unused))

/* ---- assertions ---- */

__attribute__((format(printf, 3, 4), noreturn)) static void fail(const char *file, int line, const char *why, ...) {
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

static UNUSED double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static UNUSED void pause_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

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

/* ---- every JSON that the library gave: looked at here, and kept for check_json.py ---- */

static UNUSED void keep_json(const char *schema, const char *json) {
    const char *file = getenv("WA_JSON_LOG");
    if (!file || !json) return;
    size_t length = strlen(schema) + strlen(json) + 2;
    char *line = malloc(length + 1);
    snprintf(line, length + 1, "%s\t%s\n", schema, json);
    int out = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (out < 0 || write(out, line, length) != (ssize_t)length) fail(__FILE__, __LINE__, "cannot write %s", file);
    close(out);
    free(line);
}

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

/* Sends, expects a status, and forgets the rest. */
#define EXPECT(call, wanted)                                                                                       \
    do {                                                                                                           \
        answer a_ = (call);                                                                                        \
        CHECK_STATUS(a_.status, wanted);                                                                           \
        done(a_);                                                                                                  \
    } while (0)

/* ---- settings for the simulator ---- */

/* `more` are further members, such as `,"log":{"level":"trace"}`; `name` is the history's file in the work folder. */
static UNUSED const char *settings_at(const char *url, const char *name, const char *more) {
    static _Thread_local char text[16384];
    char file[4096];
    snprintf(file, sizeof file, "%s/%s.db", environment("WA_WORK"), name);
    bool retry = strstr(more, "\"retry\""), pace = strstr(more, "\"pacing\"");
    snprintf(text, sizeof text,
             "{\"twilio\":{\"account_sid\":\"AC00000000000000000000000000000001\",\"from\":\"+14155238886\","
             "\"auth_token\":\"0123456789abcdef0123456789abcdef\",\"base_url\":\"%s\"},"
             "\"history\":{\"file\":\"%s\"},\"templates\":{\"welcome_here\":{\"text\":\"Hello {{1}}\"}}%s%s%s}",
             url, file, retry ? "" : ",\"retry\":{\"wait_seconds\":0}",
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
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(s >= 0);
    CHECK_INT(connect(s, (struct sockaddr *)&to, sizeof to), 0);
    char head[512];
    size_t length = strlen(body ? body : ""), room = 1 << 16, have = 0;
    int headed = snprintf(head, sizeof head,
                          "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                          "Connection: close\r\n\r\n", method, path, length);
    CHECK(send(s, head, (size_t)headed, MSG_NOSIGNAL) == headed);
    for (size_t at = 0; at < length;) {
        ssize_t n = send(s, body + at, length - at, MSG_NOSIGNAL);
        CHECK(n > 0);
        at += (size_t)n;
    }
    char *text = malloc(room + 1);
    for (ssize_t n; (n = recv(s, text + have, room - have, 0)) > 0;) {
        have += (size_t)n;
        if (have == room) text = realloc(text, (room *= 2) + 1);
    }
    text[have] = 0;
    close(s);
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

/* ---- the process itself ---- */

static UNUSED int count_entries(const char *folder) {
    DIR *open = opendir(folder);
    CHECK(open != NULL);
    int count = 0;
    while (readdir(open)) count++;
    closedir(open);
    return count;
}
static UNUSED int threads(void) { return count_entries("/proc/self/task") - 2; }
static UNUSED int descriptors(void) { return count_entries("/proc/self/fd") - 3; }

/* The number of this process' threads whose name begins so. */
static UNUSED int threads_named(const char *prefix) {
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    CHECK(tasks != NULL);
    for (struct dirent *task; (task = readdir(tasks));) {
        char path[300], name[64] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        if (fgets(name, sizeof name, file) && !strncmp(name, prefix, strlen(prefix))) count++;
        fclose(file);
    }
    closedir(tasks);
    return count;
}

/* Many threads at once; the argument of each is its number. */
#define MANY 64
static UNUSED void start_many(pthread_t *all, int count, void *(*work)(void *)) {
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 512 * 1024 + sizeof(char[16][16384]));
    for (long i = 0; i < count; i++) CHECK_INT(pthread_create(&all[i], &small, work, (void *)i), 0);
    pthread_attr_destroy(&small);
}
static UNUSED void join_many(pthread_t *all, int count) {
    for (int i = 0; i < count; i++) CHECK_INT(pthread_join(all[i], NULL), 0);
}

#endif
