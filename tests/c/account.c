/* Everything at Meta that is no message: templates, numbers, the profile, the check; progress, cancelling, deadlines and
 * the end of the client. Media, PINs and tokens are meta.c's. */
#include "host.h"
#include "account.h"
#include "meta.h"

static wa_client client;

/* A call of the table by its name, whose JSON fits a schema. */
static answer asked(const char *schema, const char *name, const char *a, const char *b, const char *options) {
    for (size_t i = 0; i < ACCOUNT_FUNCTIONS; i++) {
        const account_function *f = &account_functions[i];
        if (strcmp(f->name, name)) continue;
        answer given = {0, NEVER_SET};
        given.status = f->call(client, a, b, options, &given.json);
        return looked_at(schema, given.status, given.json, true), given;
    }
    fail(__FILE__, __LINE__, "there is no %s", name);
}
/* One that must be fine; the caller frees it. */
static answer fine(int line, answer a) {
    if (a.status != WA_STATUS_OK) fail(__FILE__, line, "%s: %s", wa_status_text(a.status), a.json);
    return a;
}
#define FINE(...) fine(__LINE__, asked(__VA_ARGS__))

static void templates(void) {
    answer a = FINE("template_list", "wa_template_list", NULL, NULL, "{\"limit\":2}");
    CHECK_INT(json_count(a.json, "templates"), 2);
    char next[300];
    snprintf(next, sizeof next, "{\"limit\":2,\"cursor\":\"%s\"}", json_get(a.json, "next"));
    char first[200];
    snprintf(first, sizeof first, "%s", json_get(a.json, "templates[0].id"));
    done(a);
    a = FINE("template_list", "wa_template_list", NULL, NULL, next);
    CHECK(strcmp(json_get(a.json, "templates[0].id"), first));
    done(a);
    a = FINE("template", "wa_template_get", "welcome", NULL, "{\"language\":\"de\"}");
    CHECK_TEXT(json_get(a.json, "language"), "de");
    CHECK_TEXT(json_get(a.json, "status"), "approved");
    done(a);
    FAILS(asked("template", "wa_template_get", "nothing_like_it", NULL, NULL), WA_STATUS_TEMPLATE, "name");
    a = FINE("template", "wa_template_create",
             "{\"name\":\"made_by_c\",\"language\":\"en_US\",\"category\":\"utility\",\"body\":\"Hello {{1}}, welcome.\","
             "\"examples\":{\"1\":\"Ann\"},\"footer\":\"Bye\",\"buttons\":[{\"type\":\"quick_reply\",\"text\":\"Stop\"}]}",
             NULL, NULL);
    char id[200], options[260];
    snprintf(id, sizeof id, "%s", json_get(a.json, "id"));
    CHECK(*id);
    done(a);
    done(FINE("success", "wa_template_edit", id, "{\"category\":\"utility\",\"body\":\"Hello {{1}}, welcome back.\",\"examples\":{\"1\":\"Ann\"}}", NULL));
    a = FINE("template", "wa_template_get", "made_by_c", NULL, "{\"refresh\":true}");
    CHECK_TEXT(json_get(a.json, "body"), "Hello {{1}}, welcome back.");
    done(a);
    snprintf(options, sizeof options, "{\"template_id\":\"%s\"}", id);
    done(FINE("success", "wa_template_delete", "made_by_c", NULL, options));
    FAILS(asked("template", "wa_template_get", "made_by_c", NULL, "{\"refresh\":true}"), WA_STATUS_TEMPLATE, "name");
    FAILS(asked("template", "wa_template_create", "{\"name\":\"No Capitals\",\"language\":\"en_US\",\"category\":\"utility\",\"body\":\"x\"}", NULL, NULL),
          WA_STATUS_TEMPLATE, "template_json.name");
    FAILS(asked("template", "wa_template_submit", id, NULL, NULL), WA_STATUS_NOT_SUPPORTED, "");
    ok("templates: pages, one by name and language, made, changed, deleted");
}

static void numbers(void) {
    answer a = FINE("number_list", "wa_number_list", NULL, NULL, NULL);
    CHECK(json_count(a.json, "numbers") >= 2);
    done(a);
    a = FINE("number", "wa_number_get", NULL, NULL, NULL);
    CHECK_TEXT(json_get(a.json, "id"), META_SENDER);
    done(a);
    a = FINE("number", "wa_number_get", NULL, NULL, "{\"sender\":\"" META_TEST_SENDER "\"}");
    CHECK_TEXT(json_get(a.json, "id"), META_TEST_SENDER);
    done(a);
    FAILS(asked("number", "wa_number_get", NULL, NULL, "{\"sender\":\"+14155238886\"}"), WA_STATUS_SENDER, "options_json.sender");
    FAILS(asked("number", "wa_number_add", "+4930901820", NULL, NULL), WA_STATUS_ARGUMENT, "options_json.verified_name");
    FAILS(asked("number", "wa_number_add", "not a number", NULL, "{\"verified_name\":\"Ann\"}"), WA_STATUS_ARGUMENT, "number");
    a = FINE("number", "wa_number_add", "+4930901820", NULL, "{\"verified_name\":\"Ann's Shop\"}");
    char sender[100];
    snprintf(sender, sizeof sender, "{\"sender\":\"%s\"}", json_get(a.json, "id"));
    done(a);
    done(FINE("success", "wa_number_request_code", NULL, NULL, sender));
    a = asked("success", "wa_number_verify_code", "000-000", NULL, sender);
    CHECK(a.status != WA_STATUS_OK && !strstr(a.json, "000-000") && !strstr(a.json, "000000"));
    done(a);
    done(FINE("success", "wa_number_verify_code", "123-456", NULL, sender));
    done(FINE("success", "wa_number_register", "471108", NULL, sender));
    done(FINE("success", "wa_number_set_pin", "000815", NULL, sender));
    done(FINE("success", "wa_number_deregister", NULL, NULL, sender));
    ok("a number is added, verified, registered and taken back");
}

static void profile(void) {
    done(FINE("success", "wa_profile_update", "{\"about\":\"Open 9 to 5 \xf0\x9f\x91\x8b\",\"websites\":[\"https://example.com\"]}", NULL, NULL));
    answer a = FINE("profile", "wa_profile_get", NULL, NULL, NULL);
    CHECK_TEXT(json_get(a.json, "about"), "Open 9 to 5 \xf0\x9f\x91\x8b");
    CHECK_TEXT(json_get(a.json, "websites[0]"), "https://example.com");
    done(a);
    a = asked("success", "wa_profile_update", "{\"vertical\":\"PIRATES\"}", NULL, NULL);
    CHECK(a.status != WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "error.argument"), "profile_json.vertical");
    done(a);
    char file[4096];
    snprintf(file, sizeof file, "%s/profile.jpg", environment("WA_WORK"));
    picture(file, 200000);
    done(FINE("success", "wa_profile_set_picture", file, NULL, NULL));
    ok("the profile is changed and read, and gets a picture");
    a = FINE("check_report", "wa_check", NULL, NULL, NULL);
    CHECK_TEXT(json_get(a.json, "ok"), "true");
    CHECK(json_count(a.json, "items") >= 3);
    done(a);
    ok("the check says that all is well");
}

#define OPERATION "018f0000-0000-7000-8000-0000000000aa"

static void *upload_slowly(void *file) {
    static answer a;
    a = upload(client, file, "{\"id\":\"" OPERATION "\"}");
    return &a;
}
static void *close_now(void *unused) {
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    return unused;
}
static void in_callback(void *said, const char *event_json) {
    (void)event_json;
    char *json = NEVER_SET;
    wa_status status = wa_check(client, NULL, &json);
    wa_string_free(json);
    *(volatile int *)said = (int)status;
}

static void runner(void) {
    char file[4096];
    snprintf(file, sizeof file, "%s/large.jpg", environment("WA_WORK"));
    picture(file, 4u << 20);
    answer a = upload(client, file, "{\"id\":\"" OPERATION "\"}");
    CHECK_STATUS(a.status, WA_STATUS_OK);
    done(a);
    a = next_event(client, "{\"include\":[\"progress\"]}", 5000);
    int steps = json_count(a.json, "events");
    CHECK(steps > 0);
    char last[60], which[60];
    snprintf(last, sizeof last, "events[%d].progress.done", steps - 1);
    snprintf(which, sizeof which, "events[%d].progress.id", steps - 1); /* the picture's progress came before */
    CHECK_TEXT(json_get(a.json, which), OPERATION);
    CHECK_TEXT(json_get(a.json, "events[0].kind"), "progress");
    CHECK_INT(atol(json_get(a.json, last)), 4 << 20);
    done(a);
    ok("progress is told as events, and the last step is the whole");

    /* Nobody answers: the connection is taken and left alone. */
    free(simulator("POST", "/_control/faults", "[{\"match\":{\"path_contains\":\"/media\"},\"times\":null,\"fault\":{\"kind\":\"slow\",\"ms\":20000}}]"));
    a = upload(client, file, "{\"timeout_ms\":300}");
    CHECK_STATUS(a.status, WA_STATUS_TIMEOUT);
    CHECK_HAS(json_get(a.json, "error.message"), "may be at the provider");
    done(a);
    pthread_t thread;
    void *ended;
    CHECK_INT(pthread_create(&thread, NULL, upload_slowly, file), 0);
    for (wa_status status = WA_STATUS_NOT_FOUND; status == WA_STATUS_NOT_FOUND; pause_ms(5)) {
        char *json = NEVER_SET;
        status = wa_cancel(client, OPERATION, &json);
        CHECK(status == WA_STATUS_OK || status == WA_STATUS_NOT_FOUND);
        if (status == WA_STATUS_OK) keep_json("success", json);
        wa_string_free(json);
    }
    CHECK_INT(pthread_join(thread, &ended), 0);
    CHECK_STATUS(((answer *)ended)->status, WA_STATUS_CANCELLED);
    done(*(answer *)ended);
    EXPECT(cancel(client, OPERATION), WA_STATUS_NOT_FOUND);
    ok("another thread cancels a call, and a call ends at its deadline");

    volatile int said = -1;
    CHECK_STATUS(plain(wa_on_event(client, "{\"include\":[\"progress\",\"log\"]}", in_callback, (void *)&said)), WA_STATUS_OK);
    WAIT_FOR(said != -1);
    CHECK_INT(said, WA_STATUS_WOULD_DEADLOCK);
    CHECK_STATUS(plain(wa_on_event(client, NULL, NULL, NULL)), WA_STATUS_OK);
    ok("refused from inside a callback");

    CHECK_INT(pthread_create(&thread, NULL, upload_slowly, file), 0);
    pause_ms(100);
    pthread_t closer;
    CHECK_INT(pthread_create(&closer, NULL, close_now, NULL), 0);
    CHECK_INT(pthread_join(thread, &ended), 0);
    wa_status status = ((answer *)ended)->status;
    CHECK(status == WA_STATUS_CLOSED || status == WA_STATUS_NO_CLIENT);
    done(*(answer *)ended);
    CHECK_INT(pthread_join(closer, NULL), 0);
    no_faults();
    ok("the end of the client ends its calls");
}

int main(void) {
    client = meta_client("account", META_TOKEN);
    templates();
    numbers();
    profile();
    runner();
    return 0;
}
