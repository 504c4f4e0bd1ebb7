/* What a host can get wrong, and what the network can: for each the status, the argument that is named, the `error`
 * member, and a row in the history where there was a message. */
#include "host.h"
#include "account.h"

static wa_client client;

/* The answer names a status and an argument. */
static void refused(int line, answer a, wa_status status, const char *argument) {
    if (a.status != status)
        fail(__FILE__, line, "%s, not %s: %s", wa_status_text(a.status), wa_status_text(status), a.json);
    const char *named = json_get(a.json, "error.argument");
    if (argument && strcmp(named, argument)) fail(__FILE__, line, "the argument is \"%s\", not \"%s\": %s", named, argument, a.json);
    done(a);
}
#define REFUSED(call, status, argument) refused(__LINE__, call, status, argument)

/* The newest row; the caller frees it. */
static answer newest(void) {
    answer page = history(client, "{\"limit\":1}");
    CHECK_STATUS(page.status, WA_STATUS_OK);
    return page;
}

static void settings_refused(int line, const char *text, wa_status status, const char *argument) {
    wa_client none = 77;
    wa_status got = configure(text, &none);
    if (got != status) fail(__FILE__, line, "%s, not %s: %s", wa_status_text(got), wa_status_text(status), wa_last_error());
    if (none != 0) fail(__FILE__, line, "the client is %llu", (unsigned long long)none);
    const char *named = json_get(wa_last_error(), "argument");
    if (argument && strcmp(named, argument)) fail(__FILE__, line, "\"%s\", not \"%s\"", named, argument);
}
#define SETTINGS(text, status, argument) settings_refused(__LINE__, text, status, argument)

/* Needs no client, and no database. */
static void schema(void) {
    answer a = {0};
    a.json = NULL;
    a.status = wa_schema("{\"history\":{\"schema\":\"s\",\"connection_string\":\"Host=nowhere;Database=x;Username=a;Password=canary\"}}",
                         "{\"run_role\":\"r\"}", &a.json);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "database"), "postgresql");
    CHECK_HAS(json_get(a.json, "tables"), "CREATE VIEW");
    CHECK_HAS(json_get(a.json, "rights_to_run"), "TO \"r\"");
    CHECK(!strstr(a.json, "canary"));
    done(a);
    static const struct {
        const char *settings, *options;
        wa_status status;
        const char *argument;
    } refusals[] = {
        {"{\"history\":{\"table_prefix\":\"1\"}}", NULL, WA_STATUS_SETTINGS, "settings_json.history.table_prefix"},
        {"[]", NULL, WA_STATUS_JSON, "settings_json"},
        {NULL, "{\"database\":\"oracle\"}", WA_STATUS_ARGUMENT, "options_json.database"},
        {NULL, "{\"from_version\":99}", WA_STATUS_ARGUMENT, "options_json.from_version"},
        {NULL, "{\"run_role\":\"\"}", WA_STATUS_ARGUMENT, "options_json.run_role"},
        {NULL, "{\"colour\":1}", WA_STATUS_JSON, "options_json.colour"},
        {"{\"history\":{\"connection_string\":\"DSN=x\"}}", NULL, WA_STATUS_ARGUMENT, "options_json.database"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        a.json = NULL;
        a.status = wa_schema(refusals[i].settings, refusals[i].options, &a.json);
        REFUSED(a, refusals[i].status, refusals[i].argument);
    }
    CHECK_STATUS(wa_schema(NULL, NULL, NULL), WA_STATUS_OK);
    ok("wa_schema gives SQL, and names what it cannot use");
}

static void nulls(void) {
    int before = count_history(client);
    wa_client none;
    CHECK_STATUS(plain(wa_configure(NULL, NULL)), WA_STATUS_ARGUMENT);
    CHECK_TEXT(json_get(wa_last_error(), "argument"), "client_out");
    CHECK_STATUS(plain(wa_configure(settings("x", ""), NULL)), WA_STATUS_ARGUMENT);
    CHECK_STATUS(configure(NULL, &none), WA_STATUS_ARGUMENT);
    CHECK_TEXT(json_get(wa_last_error(), "argument"), "settings_json");
    REFUSED(send_text(client, NULL, "x", NULL), WA_STATUS_ARGUMENT, "to");
    REFUSED(send_text(client, ANN, NULL, NULL), WA_STATUS_ARGUMENT, "text");
    REFUSED(send_template(client, ANN, NULL, NULL, NULL), WA_STATUS_ARGUMENT, "template_name");
    REFUSED(send_template(client, ANN, "", NULL, NULL), WA_STATUS_ARGUMENT, "template_name");
    REFUSED(send_message(client, ANN, NULL, NULL), WA_STATUS_ARGUMENT, "message_json");
    REFUSED(submit(client, ANN, NULL, NULL), WA_STATUS_ARGUMENT, "message_json");
    REFUSED(submit(client, NULL, HELLO, NULL), WA_STATUS_ARGUMENT, "to");
    REFUSED(wait_for(client, NULL, 0), WA_STATUS_ARGUMENT, "id");
    REFUSED(cancel(client, NULL), WA_STATUS_ARGUMENT, "id");
    REFUSED(wait_for(client, "not a uuid", 0), WA_STATUS_ARGUMENT, "id");
    CHECK_STATUS(plain(wa_update(client, NULL)), WA_STATUS_ARGUMENT);
    CHECK_STATUS(plain(wa_on_log(client, 9, (wa_log_fn)(void (*)(void))nulls, NULL)), WA_STATUS_ARGUMENT);
    wa_string_free(NULL);
    CHECK_INT(count_history(client), before);
    /* A null output means that the JSON is not wanted, on success and on failure. */
    CHECK_STATUS(wa_send(client, ANN, "Nobody reads the outcome", NULL, NULL), WA_STATUS_OK);
    CHECK_STATUS(wa_send(client, NULL, "x", NULL, NULL), WA_STATUS_ARGUMENT);
    CHECK_STATUS(wa_history(client, NULL, NULL), WA_STATUS_OK);
    CHECK_STATUS(wa_next_event(client, NULL, 0, NULL), WA_STATUS_OK);
    CHECK_INT(count_history(client), before + 1);
    ok("null pointers");
}

static void not_utf8(void) {
    int before = count_history(client);
    const char *bad[] = {"\xff", "caf\xe9", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wa_client none;
        CHECK_STATUS(configure(bad[i], &none), WA_STATUS_UTF8);
        REFUSED(send_text(client, bad[i], "x", NULL), WA_STATUS_UTF8, "to");
        REFUSED(send_text(client, ANN, bad[i], NULL), WA_STATUS_UTF8, "text");
        REFUSED(send_text(client, ANN, "x", bad[i]), WA_STATUS_UTF8, "options_json");
        REFUSED(send_template(client, ANN, bad[i], NULL, NULL), WA_STATUS_UTF8, "template_name");
        REFUSED(send_template(client, ANN, "welcome", bad[i], NULL), WA_STATUS_UTF8, "variables_json");
        REFUSED(send_message(client, ANN, bad[i], NULL), WA_STATUS_UTF8, "message_json");
        REFUSED(wait_for(client, bad[i], 0), WA_STATUS_UTF8, "id");
        REFUSED(history(client, bad[i]), WA_STATUS_UTF8, "query_json");
        REFUSED(next_event(client, bad[i], 0), WA_STATUS_UTF8, "options_json");
        CHECK_STATUS(plain(wa_on_event(client, bad[i], NULL, NULL)), WA_STATUS_UTF8);
    }
    CHECK_INT(count_history(client), before);
    ok("not UTF-8");
}

static void broken_json(void) {
    int before = count_history(client);
    const char *bad[] = {"", " ", "{", "{\"a\":", "{}}", "{'a':1}", "nul", "[", "{\"text\":\"\\ud800\"}",
                         "{\"text\":\"\\udc00x\"}", "{\"text\":\"a\\u0000b\"}", "{\"text\":\"a\tb\"}", "\xef\xbb\xbf{}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        SETTINGS(bad[i], WA_STATUS_JSON, NULL);
        REFUSED(send_text(client, ANN, "x", bad[i]), WA_STATUS_JSON, NULL);
        REFUSED(send_message(client, ANN, bad[i], NULL), WA_STATUS_JSON, NULL);
        REFUSED(send_template(client, ANN, "welcome", bad[i], NULL), WA_STATUS_JSON, NULL);
        REFUSED(history(client, bad[i]), WA_STATUS_JSON, NULL);
        REFUSED(next_event(client, bad[i], 0), WA_STATUS_JSON, NULL);
        CHECK_STATUS(plain(wa_update(client, bad[i])), WA_STATUS_JSON);
    }
    const char *other[] = {"1", "\"x\"", "[]", "true"};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        SETTINGS(other[i], WA_STATUS_JSON, "settings_json");
        REFUSED(send_message(client, ANN, other[i], NULL), WA_STATUS_JSON, "message_json");
        REFUSED(history(client, other[i]), WA_STATUS_JSON, "query_json");
    }
    SETTINGS("{\"twillio\":{}}", WA_STATUS_JSON, "settings_json.twillio");
    SETTINGS("{\"twilio\":{\"form\":\"x\"}}", WA_STATUS_JSON, "settings_json.twilio.form");
    SETTINGS("{\"retry\":{\"max_retries\":1,\"max_retries\":2}}", WA_STATUS_JSON, "settings_json.retry.max_retries");
    SETTINGS("{\"retry\":{\"max_retries\":\"many\"}}", WA_STATUS_JSON, "settings_json.retry.max_retries");
    SETTINGS("{\"history\":{\"file\":7}}", WA_STATUS_JSON, "settings_json.history.file");
    REFUSED(send_text(client, ANN, "x", "{\"refrence\":\"1\"}"), WA_STATUS_JSON, "options_json.refrence");
    REFUSED(send_text(client, ANN, "x", "{\"id\":\"1\",\"id\":\"2\"}"), WA_STATUS_JSON, "options_json.id");
    REFUSED(send_text(client, ANN, "x", "{\"timeout_ms\":-1}"), WA_STATUS_JSON, "options_json.timeout_ms");
    REFUSED(send_text(client, ANN, "x", "{\"timeout_ms\":4294967296}"), WA_STATUS_JSON, "options_json.timeout_ms");
    REFUSED(send_message(client, ANN, "{\"type\":\"fax\"}", NULL), WA_STATUS_JSON, "message_json.type");
    REFUSED(send_message(client, ANN, "{\"type\":\"text\",\"text\":\"x\",\"txet\":1}", NULL), WA_STATUS_JSON, "message_json.txet");
    REFUSED(history(client, "{\"limt\":1}"), WA_STATUS_JSON, "query_json.limt");
    REFUSED(history(client, "{\"text\":\"x\"}"), WA_STATUS_QUERY_TOO_WIDE, "query_json.text");
    REFUSED(history(client, "{\"cursor\":\"x\"}"), WA_STATUS_ARGUMENT, "query_json.cursor");
    REFUSED(next_event(client, "{\"after\":\"x\"}", 0), WA_STATUS_ARGUMENT, "options_json.after");
    REFUSED(next_event(client, "{\"include\":[\"nothing\"]}", 0), WA_STATUS_ARGUMENT, "options_json.include[0]");
    CHECK_INT(count_history(client), before);
    ok("broken JSON, unknown and repeated keys");
}

static void deep_and_long(void) {
    int before = count_history(client);
    size_t length = 10u << 20;
    char *long_text = malloc(length + 64);
    memset(long_text, '[', length);
    long_text[length] = 0;
    SETTINGS(long_text, WA_STATUS_JSON, NULL);
    REFUSED(send_message(client, ANN, long_text, NULL), WA_STATUS_JSON, NULL);
    memset(long_text, 'x', length);
    long_text[length] = 0;
    /* Too long a text was a message: it is in the history, cut. */
    REFUSED(send_text(client, ANN, long_text, NULL), WA_STATUS_MESSAGE, "text");
    answer page = newest();
    CHECK_TEXT(json_get(page.json, "messages[0].status"), "failed");
    CHECK_TEXT(json_get(page.json, "messages[0].attempts"), "0");
    CHECK(strlen(json_get(page.json, "messages[0].text")) < 8192);
    done(page);
    REFUSED(send_text(client, long_text, "x", NULL), WA_STATUS_RECIPIENT, "to");
    REFUSED(send_template(client, ANN, long_text, NULL, NULL), WA_STATUS_TEMPLATE, NULL);
    REFUSED(send_text(client, ANN, "x", long_text), WA_STATUS_JSON, "options_json");
    REFUSED(wait_for(client, long_text, 0), WA_STATUS_ARGUMENT, "id");
    memcpy(long_text, "{\"type\":\"text\",\"text\":\"", 23);
    memcpy(long_text + length - 2, "\"}", 3);
    REFUSED(send_message(client, ANN, long_text, NULL), WA_STATUS_MESSAGE, NULL);
    memcpy(long_text, "{\"contact_id\":\"        ", 23);
    REFUSED(send_text(client, ANN, "x", long_text), WA_STATUS_ARGUMENT, "options_json.contact_id");
    free(long_text);
    CHECK_INT(count_history(client), before + 4);
    ok("10 MB of text, deep JSON");
}

static void wrong_clients(void) {
    wa_client closed = client_of("closed", "");
    CHECK_STATUS(close_client(closed, 10000), WA_STATUS_OK);
    wa_client bad[] = {0, 1, closed, client + 1, client ^ (1ull << 63), UINT64_MAX, 0xdeadbeefdeadbeef, client & 0xffffffff};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wa_client c = bad[i];
        REFUSED(send_text(c, ANN, "x", NULL), WA_STATUS_NO_CLIENT, "client");
        REFUSED(send_template(c, ANN, "x", NULL, NULL), WA_STATUS_NO_CLIENT, "client");
        REFUSED(send_message(c, ANN, HELLO, NULL), WA_STATUS_NO_CLIENT, "client");
        REFUSED(submit(c, ANN, HELLO, NULL), WA_STATUS_NO_CLIENT, "client");
        REFUSED(wait_for(c, "018f0000-0000-7000-8000-000000000000", 0), WA_STATUS_NO_CLIENT, "client");
        REFUSED(cancel(c, "018f0000-0000-7000-8000-000000000000"), WA_STATUS_NO_CLIENT, "client");
        REFUSED(history(c, NULL), WA_STATUS_NO_CLIENT, "client");
        REFUSED(next_event(c, NULL, 0), WA_STATUS_NO_CLIENT, "client");
        CHECK_STATUS(plain(wa_update(c, "{}")), WA_STATUS_NO_CLIENT);
        CHECK_STATUS(plain(wa_on_event(c, NULL, NULL, NULL)), WA_STATUS_NO_CLIENT);
        CHECK_STATUS(plain(wa_on_log(c, 3, NULL, NULL)), WA_STATUS_NO_CLIENT);
        CHECK_STATUS(close_client(c, 0), WA_STATUS_NO_CLIENT);
    }
    ok("zero, forged and closed clients");
}

static void wrong_token(void) {
    char text[2048];
    snprintf(text, sizeof text,
             "{\"twilio\":{\"account_sid\":\"AC00000000000000000000000000000001\",\"from\":\"+14155238886\","
             "\"auth_token\":\"wrong\",\"base_url\":\"%s\"},\"retry\":{\"wait_seconds\":0},"
             "\"history\":{\"file\":\"%s/token.db\"}}", environment("WA_SIMULATOR_URL"), environment("WA_WORK"));
    wa_client wrong;
    CHECK_STATUS(configure(text, &wrong), WA_STATUS_OK);
    long before = statistic("post_messages");
    answer a = send_text(wrong, ANN, "Who am I?", NULL);
    CHECK_STATUS(a.status, WA_STATUS_CREDENTIALS);
    CHECK_TEXT(json_get(a.json, "attempts"), "1");
    CHECK_HAS(json_get(a.json, "response"), "Please enter valid Twilio credentials");
    CHECK_TEXT(json_get(a.json, "error.class"), "credentials");
    CHECK_TEXT(json_get(a.json, "error.http_status"), "401");
    done(a);
    CHECK_INT(statistic("post_messages"), before + 1);
    answer page = history(wrong, NULL);
    CHECK_TEXT(json_get(page.json, "messages[0].status"), "failed");
    CHECK_HAS(json_get(page.json, "messages[0].response"), "Please enter valid Twilio credentials");
    done(page);
    /* The right token makes the same client work. */
    CHECK_STATUS(plain(wa_update(wrong, "{\"twilio\":{\"auth_token\":\"0123456789abcdef0123456789abcdef\"}}")), WA_STATUS_OK);
    EXPECT(send_text(wrong, ANN, "Now I know", NULL), WA_STATUS_OK);
    CHECK_STATUS(close_client(wrong, 10000), WA_STATUS_OK);
    ok("a wrong token: one attempt, the right sentence, and wa_update");
}

static void wrong_numbers(void) {
    const char *bad[] = {"", " ", "+", "abc", "+1", "123", "0151 23456789", "+999999999999", "+1415523888x", "\xf0\x9f\x98\x80",
                         "+1415523888612345678", "whatsapp:", "+1 (415) 523-8886 ext 7"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int before = count_history(client);
        long posts = statistic("post_messages");
        answer a = send_text(client, bad[i], "x", NULL);
        CHECK_STATUS(a.status, WA_STATUS_RECIPIENT);
        CHECK_TEXT(json_get(a.json, "error.argument"), "to");
        CHECK_HAS(json_get(a.json, "response"), "Please enter a valid WhatsApp enabled number");
        CHECK_TEXT(json_get(a.json, "attempts"), "0");
        char *id = strdup(json_get(a.json, "id"));
        done(a);
        CHECK_INT(count_history(client), before + 1);
        CHECK_INT(statistic("post_messages"), posts);
        EXPECT(wait_for(client, id, 0), WA_STATUS_RECIPIENT);
        free(id);
    }
    answer a = send_text(client, "+12025550103", "Twilio knows better", NULL);
    CHECK_STATUS(a.status, WA_STATUS_RECIPIENT);
    CHECK_TEXT(json_get(a.json, "error.provider_code"), "21211");
    CHECK_TEXT(json_get(a.json, "attempts"), "1");
    done(a);
    a = submit(client, "+1", HELLO, NULL);
    CHECK_STATUS(a.status, WA_STATUS_RECIPIENT);
    done(a);
    ok("a number that is none");
}

static void templates(void) {
    REFUSED(send_template(client, ANN, "welcome", NULL, NULL), WA_STATUS_TEMPLATE, NULL);
    REFUSED(send_template(client, ANN, "welcome", "{\"1\":\"Ann\",\"2\":\"Bob\"}", NULL), WA_STATUS_TEMPLATE, NULL);
    REFUSED(send_template(client, ANN, "welcome_here", "{}", NULL), WA_STATUS_TEMPLATE, NULL);
    REFUSED(send_template(client, ANN, "welcome_here", "[\"Ann\",\"Bob\"]", NULL), WA_STATUS_TEMPLATE, NULL);
    REFUSED(send_template(client, ANN, "no_such_template", NULL, NULL), WA_STATUS_TEMPLATE, NULL);
    answer page = newest();
    CHECK_TEXT(json_get(page.json, "messages[0].status"), "failed");
    CHECK_TEXT(json_get(page.json, "messages[0].error.status"), "template");
    done(page);
    EXPECT(send_template(client, ANN, "welcome", "[\"Ann\"]", NULL), WA_STATUS_OK);
    EXPECT(send_template(client, ANN, "welcome_here", "{\"1\":\"Ann\"}", NULL), WA_STATUS_OK);
    page = newest();
    CHECK_TEXT(json_get(page.json, "messages[0].text"), "Hello Ann");
    done(page);
    ok("a template with a missing or an extra variable");
}

/* Round trips of what is hard to carry. */
static void scripts(void) {
    const char *texts[] = {"\xf0\x9f\x91\x8b\xf0\x9f\x8f\xbd family \xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
                           "\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7 \xd8\xa8\xd9\x83\xd9\x85", "e\xcc\x81 \xef\xbf\xbd \xf4\x8f\xbf\xbf",
                           "a \"quoted\" back\\slash\nnew line & percent %41 + plus = \x7f end"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        answer a = send_text(client, ANN, texts[i], NULL);
        CHECK_STATUS(a.status, WA_STATUS_OK);
        char path[128], *got;
        snprintf(path, sizeof path, "/_control/messages?to=%%2B12025550199&limit=500");
        got = simulator("GET", path, NULL);
        int count = json_count(got, "messages");
        bool found = false;
        for (int m = 0; m < count && !found; m++) {
            char at[64];
            snprintf(at, sizeof at, "messages[%d].body", m);
            found = !strcmp(json_get(got, at), texts[i]);
        }
        if (!found) fail(__FILE__, __LINE__, "the simulator did not get \"%s\": %.300s", texts[i], got);
        free(got);
        done(a);
        a = newest();
        CHECK_TEXT(json_get(a.json, "messages[0].text"), texts[i]);
        done(a);
    }
    answer a = send_text(client, ANN, "x", "{\"contact_id\":\"\\u0645 \\ud83d\\ude00\"}");
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "contact_id"), "\xd9\x85 \xf0\x9f\x98\x80");
    done(a);
    ok("emoji and Arabic come through");
}

static void network(void) {
    wa_client away;
    /* Nobody listens on port 1. */
    CHECK_STATUS(configure(settings_at("http://127.0.0.1:1", "away", ""), &away), WA_STATUS_OK);
    answer a = send_text(away, ANN, "Hello?", NULL);
    CHECK_STATUS(a.status, WA_STATUS_NETWORK);
    CHECK_TEXT(json_get(a.json, "attempts"), "4");
    CHECK_TEXT(json_get(a.json, "status"), "failed");
    done(a);
    CHECK_STATUS(close_client(away, 10000), WA_STATUS_OK);
    ok("an unreachable host");

    const char *tls = getenv("WA_SIMULATOR_TLS_URL");
    if (tls && *tls) {
        CHECK_STATUS(configure(settings_at(tls, "tls", ""), &away), WA_STATUS_OK);
        a = send_text(away, ANN, "Who are you?", NULL);
        CHECK_STATUS(a.status, WA_STATUS_TLS);
        done(a);
        CHECK_STATUS(close_client(away, 10000), WA_STATUS_OK);
        char more[4200];
        snprintf(more, sizeof more, ",\"http\":{\"ca_file\":\"%s\"}", environment("WA_CERTIFICATE"));
        CHECK_STATUS(configure(settings_at(tls, "tls2", more), &away), WA_STATUS_OK);
        EXPECT(send_text(away, ANN, "Now I trust you.", NULL), WA_STATUS_OK);
        CHECK_STATUS(close_client(away, 10000), WA_STATUS_OK);
        ok("a certificate that does not verify, and one that http.ca_file trusts");
    } else {
        printf("SKIPPED: certificates: openssl is not installed\n");
    }

    /* A redirect is not followed: the credentials would go elsewhere. */
    fault("[{\"match\":{\"to\":\"+12025550198\"},\"fault\":{\"kind\":\"redirect\",\"http\":307,\"location\":\"http://127.0.0.1:1/\"}}]");
    a = send_text(client, "+12025550198", "Follow me", "{\"timeout_ms\":5000}");
    if (a.status == WA_STATUS_OK || a.status == WA_STATUS_NETWORK)
        fail(__FILE__, __LINE__, "a redirect was %s: %s", wa_status_text(a.status), a.json);
    CHECK_TEXT(json_get(a.json, "attempts"), "1");
    done(a);
    no_faults();
    ok("a redirect is not followed");
}

static void *other_thread(void *unused) {
    (void)unused;
    CHECK_TEXT(wa_last_error(), "{}");
    EXPECT(send_text(0, ANN, "x", NULL), WA_STATUS_NO_CLIENT);
    CHECK_TEXT(json_get(wa_last_error(), "status"), "no_client");
    return NULL;
}

static void last_error(void) {
    pthread_t thread;
    CHECK_STATUS(plain(wa_update(client, "{")), WA_STATUS_JSON);
    const char *kept = wa_last_error();
    CHECK_TEXT(json_get(kept, "argument"), "settings_json");
    /* What does not say a status leaves it alone. */
    wa_string_free(NULL);
    CHECK(wa_last_error() == kept);
    CHECK_TEXT(wa_status_text(WA_STATUS_JSON), "json");
    CHECK_TEXT(wa_status_text(-1), "unrecognised");
    CHECK_TEXT(wa_status_text(1000), "unrecognised");
    CHECK(*wa_version() && wa_abi_version() >= WA_ABI_VERSION);
    CHECK_TEXT(json_get(wa_last_error(), "status"), "json");
    CHECK_INT(pthread_create(&thread, NULL, other_thread, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_TEXT(json_get(wa_last_error(), "status"), "json");
    CHECK_STATUS(plain(wa_update(client, "{}")), WA_STATUS_OK);
    CHECK_TEXT(wa_last_error(), "{}");
    ok("the last error is the thread's own, and cleared by success");
}

static void settings_faults(void) {
    SETTINGS("{}", WA_STATUS_SETTINGS, "settings_json.twilio.account_sid");
    SETTINGS("{\"provider\":\"pigeon\"}", WA_STATUS_SETTINGS, "settings_json.provider");
    SETTINGS(settings("x", ",\"log\":{\"level\":\"loud\"}"), WA_STATUS_SETTINGS, "settings_json.log.level");
    SETTINGS(settings("x", ",\"default_country\":\"Germany\""), WA_STATUS_SETTINGS, "settings_json.default_country");
    SETTINGS(settings_at("http://example.org", "x", ""), WA_STATUS_SETTINGS, "settings_json.twilio.base_url");
    SETTINGS(settings("x", ",\"http\":{\"ca_file\":\"/no/such/file\"}"), WA_STATUS_SETTINGS, "settings_json.http.ca_file");
    SETTINGS(settings("no/such/folder\\u0000", ""), WA_STATUS_JSON, "settings_json.history.file");
    wa_client none;
    /* A folder where the file should be. */
    CHECK(configure(settings_at(environment("WA_SIMULATOR_URL"), "../..", ""), &none) == WA_STATUS_OK || none == 0);
    if (none) CHECK_STATUS(close_client(none, 10000), WA_STATUS_OK);
    ok("settings that cannot be used");
}

/* Every function that is no message: each argument null, not UTF-8, empty, half JSON; each option wrong. */
static void account_arguments(void) {
    for (size_t i = 0; i < ACCOUNT_FUNCTIONS; i++) {
        const account_function *f = &account_functions[i];
        const char *a = f->good_a, *b = f->good_b, *o = f->good_options;
        char path[64];
        bool bytes = f->call == call_media_upload_bytes;
        if (f->a) REFUSED(account(f, client, NULL, b, o), WA_STATUS_ARGUMENT, f->a);
        if (f->b) REFUSED(account(f, client, a, NULL, o), WA_STATUS_ARGUMENT, f->b);
        if (f->a && !bytes) {
            answer given = account(f, client, "caf\xe9", b, o);
            /* What is secret is not shown, broken or not. */
            CHECK(!strstr(given.json, "caf"));
            refused(__LINE__, given, WA_STATUS_UTF8, f->a);
        }
        if (f->b) REFUSED(account(f, client, a, "caf\xe9", o), WA_STATUS_UTF8, f->b);
        REFUSED(account(f, client, a, b, "caf\xe9"), WA_STATUS_UTF8, f->options);
        if (is_json(f->a)) {
            REFUSED(account(f, client, "{\"name\":", b, o), WA_STATUS_JSON, NULL);
            REFUSED(account(f, client, "", b, o), WA_STATUS_JSON, f->a);
            REFUSED(account(f, client, "[]", b, o), WA_STATUS_JSON, f->a);
            snprintf(path, sizeof path, "%s.colour", f->a);
            REFUSED(account(f, client, "{\"colour\":1}", b, o), WA_STATUS_JSON, path);
        } else if (bytes) {
            REFUSED(account(f, client, "", b, o), WA_STATUS_ARGUMENT, "length");
            REFUSED(account(f, client, a, b, NULL), WA_STATUS_ARGUMENT, "options_json.mime_type");
            answer given = {0, NEVER_SET};
            given.status = wa_media_upload_bytes(client, NULL, 1000, o, &given.json);
            REFUSED(given, WA_STATUS_ARGUMENT, "bytes");
            given.status = wa_media_upload_bytes(client, (const uint8_t *)a, SIZE_MAX, o, &given.json);
            REFUSED(given, WA_STATUS_ARGUMENT, "length");
        } else if (f->a && !is_pin(f->a)) {
            REFUSED(account(f, client, " ", b, o), WA_STATUS_ARGUMENT, f->a);
        }
        if (f->b && !is_json(f->b)) REFUSED(account(f, client, a, "", o), WA_STATUS_ARGUMENT, f->b);
        if (is_json(f->b)) REFUSED(account(f, client, a, "{]", o), WA_STATUS_JSON, NULL);
        static const struct {
            const char *options, *key;
            wa_status status;
        } wrong[] = {
            {"{", "", WA_STATUS_JSON}, {"", "", WA_STATUS_JSON}, {"[]", "", WA_STATUS_JSON}, {"{\"colour\":1}", ".colour", WA_STATUS_JSON},
            {"{\"id\":\"x\"}", ".id", WA_STATUS_JSON}, {"{\"timeout_ms\":-1}", ".timeout_ms", WA_STATUS_JSON},
            {"{\"timeout_ms\":1,\"timeout_ms\":2}", ".timeout_ms", WA_STATUS_JSON},
            {"{\"id\":\"00000000-0000-0000-0000-000000000000\"}", ".id", WA_STATUS_ARGUMENT},
        };
        for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
            snprintf(path, sizeof path, "%s%s", f->options, wrong[w].key);
            REFUSED(account(f, client, a, b, wrong[w].options), wrong[w].status, *wrong[w].key ? path : NULL);
        }
        snprintf(path, sizeof path, "%s.sender", f->options);
        REFUSED(account(f, client, a, b, "{\"sender\":\"\"}"), f->has_sender ? WA_STATUS_ARGUMENT : WA_STATUS_JSON, path);
        REFUSED(account(f, 0, a, b, o), WA_STATUS_NO_CLIENT, "client");
        REFUSED(account(f, client ^ (1ull << 63), a, b, o), WA_STATUS_NO_CLIENT, "client");
        /* The JSON is not wanted: nothing is written anywhere. */
        CHECK(f->call(client, a, b, "{\"colour\":1}", NULL) == WA_STATUS_JSON);
    }
    CHECK(account_functions[0].call(client, "two words", NULL, NULL, NULL) == WA_STATUS_ARGUMENT);
    CHECK_TEXT(json_get(wa_last_error(), "argument"), "message_id");
    printf("ok: bad input for %d functions that are no messages\n", (int)ACCOUNT_FUNCTIONS);
    fflush(stdout);
}

/* Keys that a check of the message names lead from the call's own argument. */
static void paths(void) {
    REFUSED(send_message(client, ANN, "{\"type\":\"text\",\"text\":\" \"}", NULL), WA_STATUS_MESSAGE, "message_json.text");
    REFUSED(send_message(client, ANN, "{\"type\":\"media\",\"media\":[\"ftp://x\"]}", NULL), WA_STATUS_MESSAGE, "message_json.media[0]");
    REFUSED(send_text(client, ANN, " ", NULL), WA_STATUS_MESSAGE, "text");
    REFUSED(send_template(client, ANN, "welcome_here", "{}", NULL), WA_STATUS_TEMPLATE, "variables_json.1");
    ok("the path of a key begins with the argument");
}

int main(void) {
    CHECK_TEXT(wa_last_error(), "{}");
    client = client_of("bad_input", "");
    schema();
    nulls();
    not_utf8();
    broken_json();
    account_arguments();
    paths();
    deep_and_long();
    wrong_clients();
    wrong_token();
    wrong_numbers();
    templates();
    scripts();
    last_error();
    settings_faults();
    network();
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    return 0;
}
