/* Every function of the ledger panics on entry, in a library built for it: INTERNAL, and the host lives. */
#include "host.h"
#include "account.h"

static wa_client client;
static char *json;

static void never(void *a, const char *b) { (void)a, (void)b; }
static void never_log(void *a, int32_t l, const char *b) { (void)a, (void)l, (void)b; }

static const char *export_options(void) {
    static char text[500];
    snprintf(text, sizeof text, "{\"file\":\"%s/panic.csv\",\"overwrite\":true}", environment("WA_WORK"));
    return text;
}

static wa_status call(const char *name) {
    const char *id = "018f0000-0000-7000-8000-000000000000";
    wa_client out = 5;
    json = NULL;
#define IS(text) !strcmp(name, text)
    if (IS("wa_configure")) {
        wa_status status = wa_configure(settings("panic2", ""), &out);
        CHECK((status == WA_STATUS_OK) == (out != 0));
        if (out) CHECK_INT(wa_close(out, 10000), WA_STATUS_OK);
        return status;
    }
    if (IS("wa_update")) return wa_update(client, "{}");
    if (IS("wa_send")) return wa_send(client, ANN, "x", NULL, &json);
    if (IS("wa_send_template")) return wa_send_template(client, ANN, "welcome_here", "[\"x\"]", NULL, &json);
    if (IS("wa_send_message")) return wa_send_message(client, ANN, HELLO, NULL, &json);
    if (IS("wa_submit")) return wa_submit(client, ANN, HELLO, NULL, &json);
    if (IS("wa_wait")) return wa_wait(client, id, 0, &json) == WA_STATUS_INTERNAL ? WA_STATUS_INTERNAL : WA_STATUS_OK;
    if (IS("wa_cancel")) return wa_cancel(client, id, &json) == WA_STATUS_INTERNAL ? WA_STATUS_INTERNAL : WA_STATUS_OK;
    if (IS("wa_recover")) return wa_recover(client, NULL, &json);
    if (IS("wa_webhook"))
        return wa_webhook(client, "{\"method\":\"PUT\",\"url\":\"/\"}", NULL, 0, &json);
    if (IS("wa_history")) return wa_history(client, NULL, &json);
    if (IS("wa_history_count")) return wa_history_count(client, NULL, &json);
    if (IS("wa_history_export")) return wa_history_export(client, NULL, export_options(), &json);
    if (IS("wa_history_purge")) return wa_history_purge(client, "{\"older_than_days\":1}", &json);
    if (IS("wa_history_erase")) return wa_history_erase(client, "{\"contact_id\":\"nobody\"}", &json);
    if (IS("wa_history_take")) return wa_history_take(client, "{\"consumer\":\"panic\"}", 0, &json);
    if (IS("wa_next_event")) return wa_next_event(client, NULL, 0, &json);
    if (IS("wa_on_event")) return wa_on_event(client, NULL, never, NULL);
    if (IS("wa_on_log")) return wa_on_log(client, 3, never_log, NULL);
    if (IS("wa_schema")) return wa_schema(NULL, NULL, &json);
    if (IS("wa_close")) {
        wa_client c;
        setenv("WA_TEST_PANIC", "", 1);
        CHECK_INT(wa_configure(settings("panic3", ""), &c), WA_STATUS_OK);
        setenv("WA_TEST_PANIC", "wa_close", 1);
        wa_status status = wa_close(c, 10000);
        setenv("WA_TEST_PANIC", "", 1);
        CHECK_INT(wa_close(c, 10000), WA_STATUS_OK);
        return status;
    }
    for (size_t i = 0; i < ACCOUNT_FUNCTIONS; i++) {
        const account_function *f = &account_functions[i];
        if (!IS(f->name)) continue;
        /* Twilio cannot do most of them, and the files are not there: what counts is that it is no panic. */
        wa_status status = f->call(client, f->good_a, f->good_b, f->good_options, &json);
        return status == WA_STATUS_INTERNAL ? status : WA_STATUS_OK;
    }
    fail(__FILE__, __LINE__, "the ledger's function %s is not tried here", name);
}

/* Those without a status: there is nothing in them to panic; they give what they always give. */
static bool without_status(const char *name) {
    if (IS("wa_last_error")) return wa_last_error() != NULL;
    if (IS("wa_status_text")) return *wa_status_text(0) != 0;
    if (IS("wa_version")) return *wa_version() != 0;
    if (IS("wa_abi_version")) return wa_abi_version() >= 1;
    if (IS("wa_string_free")) return wa_string_free(NULL), true;
    return false;
}

int main(void) {
    char line[1024], name[128];
    int with = 0, without = 0;
    FILE *ledger = fopen(environment("WA_LEDGER"), "r");
    CHECK(ledger != NULL);
    client = client_of("panic", "");
    while (fgets(line, sizeof line, ledger)) {
        char *open = strchr(line, '('), *begin = open;
        if (!open || !strncmp(line, "typedef", 7)) continue;
        while (begin > line && (begin[-1] == '_' || (begin[-1] >= 'a' && begin[-1] <= 'z'))) begin--;
        snprintf(name, sizeof name, "%.*s", (int)(open - begin), begin);
        CHECK(!strncmp(name, "wa_", 3));
        setenv("WA_TEST_PANIC", name, 1);
        if (strncmp(line, "wa_status ", 10)) {
            if (!without_status(name)) fail(__FILE__, __LINE__, "%s", name);
            without++;
            continue;
        }
        wa_status status = call(name);
        CHECK_INT(status, WA_STATUS_INTERNAL);
        if (json) CHECK_TEXT(json_get(json, "error.status"), "internal");
        wa_string_free(json);
        if (strcmp(name, "wa_close")) CHECK_HAS(wa_last_error(), name);
        setenv("WA_TEST_PANIC", "", 1);
        status = call(name); /* and without the panic it works as before */
        if (strcmp(name, "wa_close")) CHECK_INT(status, WA_STATUS_OK);
        wa_string_free(json);
        with++;
    }
    fclose(ledger);
    CHECK(with >= 18 + (int)ACCOUNT_FUNCTIONS && without >= 5);
    setenv("WA_TEST_PANIC", "", 1);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    printf("ok: %d functions with a status panic and say INTERNAL, %d without one do not crash\n", with, without);
    return 0;
}
