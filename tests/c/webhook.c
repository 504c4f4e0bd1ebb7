/* Webhooks of both providers, from the simulator to the history: signed, forged, given twice, wrong. */
#include "listener.h"
#include "postgres.h"

#define META_APP_SECRET "5f4dcc3b5aa765d61d8327deb882cf99"
#define VERIFY_TOKEN "me & you"
#define MOST_BYTES (4u << 20)

static wa_client client;

static const char *twilio_settings(const char *name) {
    static char text[16384];
    snprintf(text, sizeof text,
             "{\"twilio\":{\"account_sid\":\"AC00000000000000000000000000000001\",\"from\":\"+14155238886\","
             "\"auth_token\":\"0123456789abcdef0123456789abcdef\",\"base_url\":\"%s\","
             "\"status_callback\":\"http://127.0.0.1:%d/status\"},\"history\":{%s},\"retry\":{\"wait_seconds\":0},"
             "\"pacing\":{\"messages_per_second\":0}}",
             environment("WA_SIMULATOR_URL"), listener.port, history_at(name));
    return text;
}
static const char *meta_settings(const char *name, const char *secrets) {
    static char text[16384];
    snprintf(text, sizeof text,
             "{\"provider\":\"meta\",\"meta\":{\"access_token\":\"EAA0000000000000000000000000permanent\","
             "\"phone_number_id\":\"200000000000001\",\"business_account_id\":\"100000000000001\",\"base_url\":\"%s\"},"
             "\"history\":{%s},\"retry\":{\"wait_seconds\":0},\"pacing\":{\"messages_per_second\":0}%s}",
             environment("WA_SIMULATOR_URL"), history_at(name), secrets);
    return text;
}

/* How many messages of the history the query finds, and whether the first has this in it. */
static int found(const char *query, const char *part) {
    answer a = history(client, query);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    int count = json_count(a.json, "messages");
    if (count && part) CHECK_HAS(a.json, part);
    done(a);
    return count;
}
static bool came(const char *kind, const char *part) {
    char asked[100];
    snprintf(asked, sizeof asked, "{\"include\":[\"%s\"]}", kind);
    answer a = next_event(client, asked, 0);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    bool is = strstr(a.json, part) != NULL;
    done(a);
    return is;
}

/* The same request as the last one; the status to answer. */
static int again(const char *change, const char *into) {
    pthread_mutex_lock(&listener.lock);
    char *request = strdup(listener.request), *body = malloc(listener.length + 1);
    size_t length = listener.length;
    memcpy(body, listener.body, length);
    body[length] = 0;
    pthread_mutex_unlock(&listener.lock);
    if (change) {
        char *at = strstr(body, change);
        CHECK(at != NULL && strlen(change) == strlen(into));
        memcpy(at, into, strlen(into));
    }
    answer a = webhook(client, request, body, length);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    int status = atoi(json_get(a.json, "status"));
    done(a);
    free(request), free(body);
    return status;
}

/* Messages that are sent, until the provider says that they were read. */
static void reports(const char *what) {
    for (int i = 0; i < 5; i++) EXPECT(send_text(client, ANN, "Hello", "{\"contact_id\":\"c-1\"}"), WA_STATUS_OK);
    WAIT_FOR(found("{\"contact_id\":\"c-1\",\"status\":[\"read\"]}", NULL) == 5);
    WAIT_FOR(found("{\"contact_id\":\"c-1\",\"reports\":true}", "\"reports\"") == 5);
    CHECK(came("message", "\"read\""));
    printf("ok: %s: messages are read, as the webhooks say\n", what);
}

/* A person writes to us: once in the history, however often it is told. */
static void messages(const char *what, const char *path) {
    char wanted[400];
    snprintf(wanted, sizeof wanted, "{\"url\":\"http://127.0.0.1:%d/hook?x=a%%20b'c\",\"from\":\"+15551230001\",\"body\":\"Grüße 👋\"}", listener.port);
    char *said = simulator("POST", path, wanted);
    CHECK_TEXT(json_get(said, "http_status"), "200");
    free(said);
    CHECK_INT(found("{\"direction\":\"inbound\"}", "Grüße 👋"), 1);
    CHECK(came("received", "+15551230001") || came("received", "15551230001"));
    CHECK_INT(again(NULL, NULL), 200);
    CHECK_INT(found("{\"direction\":\"inbound\"}", NULL), 1);
    printf("ok: %s: a message to us is in the history once, and an event\n", what);
}

static void forged(const char *what, const char *change, const char *into) {
    int before = count_history(client);
    CHECK_INT(again(change, into), 403);
    CHECK_INT(again(change, into), 403);
    WAIT_FOR(came("refused", "A webhook was refused"));
    CHECK_INT(count_history(client), before);
    CHECK(!came("received", into));
    printf("ok: %s: what is forged is refused, told, and changes nothing\n", what);
}

#define RESPONDS(call, wanted_status, wanted_http)                                                                 \
    do {                                                                                                           \
        answer r_ = (call);                                                                                        \
        CHECK_STATUS(r_.status, wanted_status);                                                                    \
        CHECK_INT(atoi(json_get(r_.json, "status")), wanted_http);                                                 \
        CHECK_TEXT(json_get(r_.json, "headers.X-Content-Type-Options"), "nosniff");                                \
        done(r_);                                                                                                  \
    } while (0)
#define POST "{\"method\":\"POST\",\"url\":\"/hook\"}"

static void wrong_requests(const char *what) {
    /* Nothing may be read there. */
    const void *nowhere = (const void *)0x10;
    RESPONDS(webhook(client, NULL, NULL, 0), WA_STATUS_ARGUMENT, 400);
    RESPONDS(webhook(client, "{", NULL, 0), WA_STATUS_JSON, 400);
    RESPONDS(webhook(client, "{\"method\":\"POST\"}", NULL, 0), WA_STATUS_JSON, 400);
    RESPONDS(webhook(client, "{\"method\":\"POST\",\"url\":\"/\",\"more\":1}", NULL, 0), WA_STATUS_JSON, 400);
    RESPONDS(webhook(client, "{\"method\":\"POST\",\"url\":\"\xff\"}", NULL, 0), WA_STATUS_UTF8, 400);
    RESPONDS(webhook(client, "{\"method\":\"POST\",\"url\":\"mailto:x\"}", NULL, 0), WA_STATUS_ARGUMENT, 400);
    RESPONDS(webhook(client, POST, NULL, 1), WA_STATUS_ARGUMENT, 400);
    RESPONDS(webhook(client, POST, nowhere, MOST_BYTES + 1), WA_STATUS_OK, 413);
    RESPONDS(webhook(client, POST, nowhere, SIZE_MAX), WA_STATUS_OK, 413);
    RESPONDS(webhook(client, "{\"method\":\"PUT\",\"url\":\"/\"}", "x", 1), WA_STATUS_OK, 405);
    RESPONDS(webhook(client, POST, "x", 1), WA_STATUS_OK, 403);
    RESPONDS(webhook(0, POST, "x", 1), WA_STATUS_NO_CLIENT, 503);
    CHECK_STATUS(wa_webhook(client, POST, (const uint8_t *)"x", 1, NULL), WA_STATUS_OK);
    /* A forged body as large as any is refused before it is read as anything. */
    char *large = malloc(3u << 20);
    memset(large, '[', 3u << 20);
    RESPONDS(webhook(client, POST, large, 3u << 20), WA_STATUS_OK, 403);
    free(large);
    printf("ok: %s: wrong requests, each with its answer\n", what);
}

static void on_twilio(const char *where) {
    char what[100];
    snprintf(what, sizeof what, "Twilio, %s", where);
    CHECK_STATUS(configure(twilio_settings("twilio"), &client), WA_STATUS_OK);
    listen_for(client);
    reports(what);
    messages(what, "/_control/inbound");
    forged(what, "Body=Gr", "Body=gR");
    wrong_requests(what);
    /* Another account's, signed by us: taken from the provider, and not ours. */
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    RESPONDS(webhook(client, POST, "x", 1), WA_STATUS_NO_CLIENT, 503);
}

static void challenge(void) {
    static const char *const wrong[] = {"&hub.verify_token=me", "", "&hub.verify_token=me%20%26%20you&hub.verify_token=x"};
    answer a = webhook(client, "{\"method\":\"GET\",\"url\":\"/hook?hub.mode=subscribe&hub.challenge=%3Cb%3E42&hub.verify_token=me%20%26+you\"}", NULL, 0);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "status"), "200");
    CHECK_TEXT(json_get(a.json, "body"), "<b>42");
    CHECK_TEXT(json_get(a.json, "headers.Content-Type"), "text/plain; charset=utf-8");
    done(a);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char request[300];
        snprintf(request, sizeof request, "{\"method\":\"GET\",\"url\":\"/hook?hub.mode=subscribe&hub.challenge=42%s\"}", wrong[i]);
        RESPONDS(webhook(client, request, NULL, 0), WA_STATUS_OK, 403);
    }
    ok("Meta's challenge is answered to who knows the verify token");
}

static void on_meta(const char *where) {
    char what[100], hook[200];
    snprintf(what, sizeof what, "Meta, %s", where);
    CHECK_STATUS(configure(meta_settings("meta", ",\"webhook\":{\"verify_token\":\"" VERIFY_TOKEN "\",\"app_secrets\":[\"another\",\"" META_APP_SECRET "\"]}"), &client), WA_STATUS_OK);
    listen_for(client);
    snprintf(hook, sizeof hook, "{\"meta_webhook\":\"http://127.0.0.1:%d/meta\"}", listener.port);
    free(simulator("POST", "/_control/settings", hook));
    reports(what);
    messages(what, "/_control/meta/inbound");
    forged(what, "Gr\\u00fc\\u00dfe", "gR\\u00fc\\u00dfe");
    wrong_requests(what);
    challenge();
    /* The secret that signs is taken away, and given back. */
    CHECK_STATUS(plain(wa_update(client, "{\"webhook\":{\"app_secrets\":[\"another\"]}}")), WA_STATUS_OK);
    CHECK_INT(again(NULL, NULL), 403);
    CHECK_STATUS(plain(wa_update(client, "{\"meta\":{\"app_secret\":\"" META_APP_SECRET "\"}}")), WA_STATUS_OK);
    CHECK_INT(again(NULL, NULL), 200);
    free(simulator("POST", "/_control/settings", "{\"meta_webhook\":null}"));
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    printf("ok: %s: a secret is changed while the client runs\n", what);
}

/* Without a secret nobody is believed, and the host is told which one is missing. */
static void no_secrets(void) {
    CHECK_STATUS(configure(meta_settings("bare", ""), &client), WA_STATUS_OK);
    RESPONDS(webhook(client, POST, "{}", 2), WA_STATUS_SETTINGS, 500);
    CHECK_HAS(wa_last_error(), "settings_json.meta.app_secret");
    /* What is no verification is refused, whatever is set: else anybody's visit were an alarm. */
    RESPONDS(webhook(client, "{\"method\":\"GET\",\"url\":\"/hook?hub.mode=subscribe\"}", NULL, 0), WA_STATUS_OK, 403);
    RESPONDS(webhook(client, "{\"method\":\"GET\",\"url\":\"/hook?hub.mode=subscribe&hub.challenge=1&hub.verify_token=t\"}", NULL, 0), WA_STATUS_SETTINGS, 500);
    CHECK_HAS(wa_last_error(), "settings_json.webhook.verify_token");
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    ok("without a secret nothing is taken");
}

int main(void) {
    start_listener();
    on_twilio("SQLite");
    on_meta("SQLite");
    no_secrets();
    if (!*getenv("WA_TEST_PG")) {
        printf("SKIPPED: webhooks into PostgreSQL: WA_TEST_PG is not set (tests/postgres.sh start)\n");
        return 0;
    }
    open_database();
    new_schema("webhook");
    setenv("WA_DATABASE", environment("WA_TEST_PG"), 1);
    setenv("WA_SCHEMA", "webhook", 1);
    on_twilio("PostgreSQL");
    on_meta("PostgreSQL");
    ask("drop schema webhook cascade");
    return 0;
}
