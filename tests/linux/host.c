/* A host in a root that lacks what a desktop has: which part runs is the first argument, and run.sh makes the root. */
#include "../c/host.h"
#include <gnu/libc-version.h>
#include <sys/stat.h>

/* The settings for any address and any history. `history` is a member of JSON, or empty for the default. */
static const char *settings_with(const char *url, const char *history, const char *more) {
    static char text[16384];
    snprintf(text, sizeof text,
             "{\"twilio\":{\"account_sid\":\"AC00000000000000000000000000000001\",\"from\":\"+14155238886\","
             "\"auth_token\":\"0123456789abcdef0123456789abcdef\",\"base_url\":\"%s\"},\"retry\":{\"wait_seconds\":0},"
             "\"pacing\":{\"messages_per_second\":0}%s%s}",
             url, history, more);
    return text;
}

static const char *connection(const char *string) {
    static char text[4096];
    char *quoted = json_quoted(string);
    snprintf(text, sizeof text, ",\"history\":{\"connection_string\":%s,\"table_prefix\":\"linux_\"}", quoted);
    free(quoted);
    return text;
}

/* Sends, retries, is refused, reads the history and the events, closes. */
static void drive(const char *settings, const char *what) {
    char said[200], options[100];
    wa_client client;
    /* A database keeps what earlier runs sent. */
    snprintf(options, sizeof options, "{\"contact_id\":\"%d-%.6f\"}", (int)getpid(), now());
    CHECK_STATUS(configure(settings, &client), WA_STATUS_OK);
    answer sent = send_text(client, ANN, "Gr\xc3\xbc\xc3\x9f\x65 \xf0\x9f\x98\x80", options);
    CHECK_STATUS(sent.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(sent.json, "status"), "accepted");
    done(sent);
    answer retried = send_text(client, "+12025550101", "Third time", options);
    CHECK_STATUS(retried.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(retried.json, "attempts"), "3");
    done(retried);
    EXPECT(send_text(client, "+12025550103", "Nobody", options), WA_STATUS_RECIPIENT);
    char query[150];
    snprintf(query, sizeof query, "{\"order\":\"oldest\",%s", options + 1);
    answer page = history(client, query);
    CHECK_STATUS(page.status, WA_STATUS_OK);
    CHECK_INT(json_count(page.json, "messages"), 3);
    CHECK_TEXT(json_get(page.json, "messages[0].text"), "Gr\xc3\xbc\xc3\x9f\x65 \xf0\x9f\x98\x80");
    /* Times are UTC, whatever the machine knows of time zones. */
    CHECK_INT(strlen(json_get(page.json, "messages[0].created_at")), 24);
    CHECK_TEXT(json_get(page.json, "messages[0].created_at") + 23, "Z");
    done(page);
    answer events = next_event(client, NULL, 0);
    CHECK_STATUS(events.status, WA_STATUS_OK);
    done(events);
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    snprintf(said, sizeof said, "%s: sent, retried, refused, history, closed", what);
    ok(said);
}

static const char *url(void) { return environment("WA_SIMULATOR_URL"); }

static const char *file(const char *name) {
    static char text[4096];
    snprintf(text, sizeof text, ",\"history\":{\"file\":\"%s/%s.db\"}", environment("WA_WORK"), name);
    return text;
}

static void with_file(void) { drive(settings_with(url(), file("road"), ""), "SQLite"); }

static void with_postgres(void) {
    drive(settings_with(url(), connection(environment("WA_TEST_PG")), ""), "PostgreSQL");
}

/* No libodbc: only a connection string is refused, and what to do is said. */
static void without_odbc(void) {
    wa_client client;
    for (int round = 0; round < 2; round++) {
        CHECK_STATUS(configure(settings_with(url(), connection("Driver=PostgreSQL Unicode;Server=127.0.0.1;Pwd=canary;"), ""), &client),
                     WA_STATUS_DATABASE);
        const char *error = wa_last_error();
        CHECK_HAS(json_get(error, "message"), "history.connection_string");
        CHECK_HAS(json_get(error, "message"), "libodbc2");
        CHECK_HAS(json_get(error, "message"), "libodbc.so.2");
        CHECK_TEXT(json_get(error, "retryable"), "false");
        CHECK(!strstr(error, "canary"));
    }
    ok("no libodbc: a connection string is refused with what to install");
    drive(settings_with(url(), file("after"), ""), "SQLite after that, in the same process");
}

static const char *authority(void) {
    static char text[4096];
    snprintf(text, sizeof text, ",\"http\":{\"ca_file\":\"%s\"}", environment("WA_CERTIFICATE"));
    return text;
}

static void with_tls(void) {
    drive(settings_with(environment("WA_SIMULATOR_TLS_URL"), file("tls"), authority()), "HTTPS with http.ca_file");
}

/* No certificate authorities: wa_configure says so, as it would for a wrong setting. */
static void without_authorities(void) {
    wa_client client;
    CHECK_STATUS(configure(settings_with(environment("WA_SIMULATOR_TLS_URL"), file("no_ca"), ""), &client), WA_STATUS_TLS);
    const char *error = wa_last_error();
    CHECK_HAS(json_get(error, "message"), "HTTPS cannot be used: ");
    CHECK_HAS(json_get(error, "hint"), "http.ca_file");
    CHECK_HAS(json_get(error, "hint"), "ca-certificates");
    CHECK_TEXT(json_get(error, "retryable"), "false");
    CHECK_TEXT(json_get(error, "argument"), "settings_json.http.ca_file");
    ok("no certificate authorities: wa_configure says what to install or to give");
    with_tls();
}

/* No state folder, and none can be made. */
static void without_home(void) {
    wa_client client;
    unsetenv("XDG_STATE_HOME");
    const char *homes[] = {NULL, ""};
    for (int i = 0; i < 2; i++) {
        if (homes[i]) setenv("HOME", homes[i], 1);
        else unsetenv("HOME");
        CHECK_STATUS(configure(settings_with(url(), "", ""), &client), WA_STATUS_SETTINGS);
        CHECK_TEXT(json_get(wa_last_error(), "argument"), "settings_json.history.file");
        CHECK_HAS(wa_last_error(), "history.file");
    }
    /* There is one, or a file is given, and the root cannot be written. */
    setenv("HOME", "/nobody", 1);
    const char *histories[] = {"", ",\"history\":{\"file\":\"/history.db\"}"};
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(configure(settings_with(url(), histories[i], ""), &client), WA_STATUS_DATABASE);
        CHECK_HAS(json_get(wa_last_error(), "message"), "history.file");
    }
    CHECK(access("/history.db", F_OK) != 0 && access("/nobody", F_OK) != 0);
    ok("no HOME, no state folder, nothing writable: an error that names history.file");
    with_file();
}

/* Neither a resolver nor a hosts file. */
static void without_resolver(void) {
    wa_client client;
    CHECK(access("/etc/resolv.conf", F_OK) != 0 && access("/etc/hosts", F_OK) != 0);
    CHECK_STATUS(configure(settings_with("https://api.twilio.invalid", file("resolver"), authority()), &client), WA_STATUS_OK);
    answer sent = send_text(client, ANN, "Hello", NULL);
    CHECK_STATUS(sent.status, WA_STATUS_NETWORK);
    CHECK_TEXT(json_get(sent.json, "status"), "failed");
    CHECK_TEXT(json_get(sent.json, "attempts"), "4");
    CHECK_TEXT(json_get(sent.json, "error.retryable"), "true");
    done(sent);
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    ok("no resolver: the send is retried, and fails with a status that says it can be repeated");
    CHECK(access("/usr/share/zoneinfo", F_OK) != 0 && access("/etc/localtime", F_OK) != 0);
    with_file();
}

int main(int count, char **arguments) {
    const char *part = count > 1 ? arguments[1] : "";
    const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {{"file", with_file},           {"postgres", with_postgres},       {"tls", with_tls},
                 {"no-odbc", without_odbc},     {"no-ca", without_authorities},    {"no-home", without_home},
                 {"no-resolver", without_resolver}};
    if (!strcmp(part, "version")) {
        printf("glibc %s\n", gnu_get_libc_version());
        return 0;
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strcmp(part, parts[i].name)) return parts[i].run(), 0;
    fprintf(stderr, "unknown part: %s\n", part);
    return 2;
}
