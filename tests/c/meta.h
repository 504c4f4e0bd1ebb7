/* What every host does with Meta: messages of every kind, and what goes wrong with tokens, files, downloads, PINs and
 * templates. The host has defined its clock, its files and its connections (host.h, or the Windows host). */
#ifndef META_H
#define META_H
#include "checks.h"

#define META_TOKEN "EAA0000000000000000000000000permanent"
#define META_SENDER "200000000000001"
#define META_TEST_SENDER "200000000000002"

/* The settings of a client that sends through Meta. */
static UNUSED const char *meta_settings(const char *name, const char *token, const char *more) {
    static _Thread_local char text[16384];
    snprintf(text, sizeof text,
             "{\"provider\":\"meta\",\"meta\":{\"access_token\":\"%s\",\"phone_number_id\":\"" META_SENDER "\","
             "\"senders\":[\"" META_TEST_SENDER "\"],\"business_account_id\":\"100000000000001\",\"app_id\":\"300000000000001\","
             "\"base_url\":\"%s\"},\"history\":{%s},\"templates\":{\"welcome_here\":{\"text\":\"Hello {{1}}\"}},"
             "\"retry\":{\"wait_seconds\":0},\"pacing\":{\"messages_per_second\":0}%s}",
             token, environment("WA_SIMULATOR_URL"), history_at(name), more);
    return text;
}
static UNUSED wa_client meta_client(const char *name, const char *token) {
    wa_client client;
    CHECK_STATUS(configure(meta_settings(name, token, ""), &client), WA_STATUS_OK);
    return client;
}

/* Calls of one client that answer with JSON. */
#define ANSWERED(name, schema, parameters, arguments)                                                              \
    static UNUSED answer name parameters {                                                                         \
        answer a = {0, NEVER_SET};                                                                                 \
        a.status = arguments;                                                                                      \
        return looked_at(schema, a.status, a.json, true), a;                                                       \
    }
ANSWERED(mark_read, "success", (wa_client c, const char *id, const char *o), wa_mark_read(c, id, o, &a.json))
ANSWERED(upload, "media_info", (wa_client c, const char *file, const char *o), wa_media_upload(c, file, o, &a.json))
ANSWERED(upload_bytes, "media_info", (wa_client c, const void *b, size_t n, const char *o),
         wa_media_upload_bytes(c, b, n, o, &a.json))
ANSWERED(download, "media_file", (wa_client c, const char *id, const char *folder, const char *o),
         wa_media_download(c, id, folder, o, &a.json))
ANSWERED(media_url, "media_info", (wa_client c, const char *id, const char *o), wa_media_url(c, id, o, &a.json))
ANSWERED(media_delete, "success", (wa_client c, const char *id, const char *o), wa_media_delete(c, id, o, &a.json))
ANSWERED(register_number, "success", (wa_client c, const char *pin, const char *o), wa_number_register(c, pin, o, &a.json))
ANSWERED(set_pin, "success", (wa_client c, const char *pin, const char *o), wa_number_set_pin(c, pin, o, &a.json))
ANSWERED(verify_code, "success", (wa_client c, const char *code, const char *o), wa_number_verify_code(c, code, o, &a.json))
ANSWERED(check_all, "check_report", (wa_client c, const char *o), wa_check(c, o, &a.json))

#define FAILS(call, wanted, argument)                                                                              \
    do {                                                                                                           \
        answer failed_ = call;                                                                                     \
        CHECK_STATUS(failed_.status, wanted);                                                                      \
        if (*(argument)) CHECK_TEXT(json_get(failed_.json, "error.argument"), argument);                           \
        done(failed_);                                                                                             \
    } while (0)

/* Every kind of message, word for word as a host writes it. Media 1 is uploaded before. */
static UNUSED void meta_kinds(wa_client client, const char *media) {
    static const char *const kinds[] = {
        "{\"type\":\"text\",\"text\":\"Hello 👋 مرحبا 你好 https://example.com\",\"preview_url\":true,\"reply_to\":\"wamid.HBgLMTIwMjU1NTAxOTkVAgARGBI5\"}",
        "{\"type\":\"media\",\"media\":[\"https://example.com/a.png\"],\"text\":\"Twilio's form\"}",
        "{\"type\":\"image\",\"id\":\"%s\",\"caption\":\"By id\"}",
        "{\"type\":\"video\",\"link\":\"https://example.com/a.mp4\",\"caption\":\"By link\"}",
        "{\"type\":\"audio\",\"link\":\"https://example.com/a.ogg\",\"voice\":true}",
        "{\"type\":\"document\",\"link\":\"https://example.com/a.pdf\",\"filename\":\"a.pdf\",\"caption\":\"c\"}",
        "{\"type\":\"sticker\",\"link\":\"https://example.com/a.webp\"}",
        "{\"type\":\"location\",\"latitude\":52.5,\"longitude\":13.4,\"name\":\"Here\",\"address\":\"There\"}",
        "{\"type\":\"contacts\",\"contacts\":[{\"name\":{\"formatted_name\":\"Ann Lee\",\"first_name\":\"Ann\"},"
        "\"phones\":[{\"phone\":\"+12025550199\",\"type\":\"CELL\"}]}]}",
        "{\"type\":\"reaction\",\"message_id\":\"wamid.HBgLMTIwMjU1NTAxOTkVAgARGBI5\",\"emoji\":\"👍\"}",
        "{\"type\":\"interactive\",\"interactive\":\"reply_buttons\",\"body\":\"Coffee?\",\"header\":{\"image\":{\"id\":\"%s\"}},"
        "\"buttons\":[{\"id\":\"1\",\"title\":\"Yes\"},{\"id\":\"2\",\"title\":\"No\"}]}",
        "{\"type\":\"interactive\",\"interactive\":\"list\",\"body\":\"Choose\",\"button\":\"Open\",\"sections\":[{\"rows\":[{\"id\":\"1\",\"title\":\"One\"}]}]}",
        "{\"type\":\"interactive\",\"interactive\":\"cta_url\",\"body\":\"Look\",\"display_text\":\"Open\",\"url\":\"https://example.com\"}",
        "{\"type\":\"interactive\",\"interactive\":\"location_request\",\"body\":\"Where are you?\"}",
        "{\"type\":\"interactive\",\"interactive\":\"product\",\"catalog_id\":\"1\",\"product_retailer_id\":\"2\"}",
        "{\"type\":\"interactive\",\"interactive\":\"product_list\",\"header\":{\"text\":\"h\"},\"body\":\"b\",\"catalog_id\":\"1\","
        "\"sections\":[{\"title\":\"One\",\"products\":[\"a\"]}]}",
        "{\"type\":\"interactive\",\"interactive\":\"catalog\",\"body\":\"Look\",\"thumbnail_product_retailer_id\":\"2\"}",
        "{\"type\":\"interactive\",\"interactive\":\"flow\",\"body\":\"Book\",\"flow_id\":\"1\",\"flow_cta\":\"Book\",\"flow_token\":\"t\",\"screen\":\"FIRST\"}",
        "{\"type\":\"interactive\",\"interactive\":\"carousel\",\"body\":\"Look\",\"cards\":["
        "{\"header\":{\"image\":{\"link\":\"https://example.com/1.png\"}},\"body\":\"1\",\"display_text\":\"Open\",\"url\":\"https://example.com/1\"},"
        "{\"header\":{\"image\":{\"link\":\"https://example.com/2.png\"}},\"body\":\"2\",\"display_text\":\"Open\",\"url\":\"https://example.com/2\"}]}",
        "{\"type\":\"template\",\"template\":\"order_update\",\"variables\":[\"Ann\",\"7\"]}",
        "{\"type\":\"template\",\"template\":\"welcome\",\"language\":\"de\",\"variables\":{\"1\":\"Ann\"}}",
        "{\"type\":\"template\",\"template\":\"appointment\",\"variables\":{\"first_name\":\"Ann\",\"day\":\"Monday\"}}",
        "{\"type\":\"template\",\"template\":\"promo_picture\",\"variables\":[\"Ann\"],\"header\":{\"image\":{\"id\":\"%s\"}},"
        "\"buttons\":[{\"index\":0,\"type\":\"url\",\"text\":\"42\"},{\"index\":1,\"type\":\"quick_reply\",\"payload\":\"stop\"}]}",
        "{\"type\":\"template\",\"template\":\"verify\",\"code\":\"471108\"}",
        "{\"type\":\"template\",\"template\":\"offer\",\"variables\":[\"Ann\"],\"limited_time_offer\":{\"expires_at\":\"2099-01-01T00:00:00Z\"},"
        "\"buttons\":[{\"index\":0,\"type\":\"copy_code\",\"code\":\"SAVE20\"}]}",
        "{\"type\":\"template\",\"template\":\"gallery\",\"variables\":[\"Ann\"],\"cards\":["
        "{\"header\":{\"image\":{\"id\":\"%s\"}},\"variables\":[\"one\"],\"buttons\":[{\"index\":0,\"type\":\"url\",\"text\":\"1\"},{\"index\":1,\"type\":\"quick_reply\",\"payload\":\"1\"}]},"
        "{\"header\":{\"image\":{\"link\":\"https://example.com/2.png\"}},\"variables\":[\"two\"],\"buttons\":[{\"index\":0,\"type\":\"url\",\"text\":\"2\"},{\"index\":1,\"type\":\"quick_reply\",\"payload\":\"2\"}]}]}",
        "{\"type\":\"template\",\"template\":\"place\",\"variables\":[\"Ann\"],\"header\":{\"location\":{\"latitude\":1,\"longitude\":2,\"name\":\"n\",\"address\":\"a\"}}}",
        "{\"type\":\"template\",\"template\":\"price\",\"variables\":{\"1\":{\"currency\":{\"fallback_value\":\"$10\",\"code\":\"USD\",\"amount_1000\":10000}},"
        "\"2\":{\"date_time\":{\"fallback_value\":\"Monday\"}}}}",
        "{\"type\":\"template\",\"template\":\"opening_hours\"}",
        "{\"type\":\"template\",\"template\":\"welcome_here\",\"variables\":[\"Ann\"]}",
    };
    long before = statistic("taken");
    int count = (int)(sizeof kinds / sizeof *kinds);
    for (int i = 0; i < count; i++) {
        char message[2000];
        const char *place = strstr(kinds[i], "%s");
        if (place)
            snprintf(message, sizeof message, "%.*s%s%s", (int)(place - kinds[i]), kinds[i], media, place + 2);
        else
            snprintf(message, sizeof message, "%s", kinds[i]);
        answer a = send_message(client, ANN, message, NULL);
        if (a.status != WA_STATUS_OK) fail(__FILE__, __LINE__, "%s: %s", message, a.json);
        CHECK(!strncmp(json_get(a.json, "provider_message_id"), "wamid.", 6));
        CHECK_TEXT(json_get(a.json, "response"), "Message accepted by Meta.");
        CHECK_TEXT(json_get(a.json, "sender"), META_SENDER);
        done(a);
    }
    CHECK_INT(statistic("taken"), before + count);
    printf("ok: Meta takes every kind of message (%d)\n", count);
    fflush(stdout);
}

/* A file of so many bytes that begins like a JPEG. */
static UNUSED void picture(const char *path, size_t bytes) {
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    static const unsigned char begin[] = {0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0};
    for (size_t at = 0; at < bytes; at++) fputc(at < sizeof begin ? begin[at] : (int)(at * 7 % 251), file);
    CHECK(fclose(file) == 0);
}

static UNUSED void meta_tokens(const char *work) {
    (void)work;
    const struct {
        const char *token;
        wa_status sends, lists;
    } tokens[] = {
        {"EAA0000000000000000000000000wrongwrong", WA_STATUS_CREDENTIALS, WA_STATUS_CREDENTIALS},
        {"EAA00000000000000000000000000expired", WA_STATUS_CREDENTIALS, WA_STATUS_CREDENTIALS},
        {"EAA0000000000000000000000management", WA_STATUS_CREDENTIALS, WA_STATUS_OK},
        {"EAA00000000000000000000000messaging", WA_STATUS_OK, WA_STATUS_CREDENTIALS},
    };
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        wa_client client = meta_client("meta_tokens", tokens[i].token);
        answer a = send_text(client, ANN, "Who am I?", NULL);
        CHECK_STATUS(a.status, tokens[i].sends);
        CHECK(!strstr(a.json, tokens[i].token));
        done(a);
        a = (answer){0, NULL};
        a.status = wa_template_list(client, NULL, &a.json);
        CHECK_STATUS(a.status, tokens[i].lists);
        CHECK(!strstr(a.json, tokens[i].token));
        done(a);
        /* Templates cannot be looked up without the right: they are sent unchecked. */
        if (tokens[i].sends == WA_STATUS_OK) {
            answer sent = send_template(client, ANN, "order_update", "[\"Ann\",\"7\"]", "{\"sender\":\"" META_SENDER "\"}");
            CHECK(sent.status == WA_STATUS_OK || sent.status == WA_STATUS_TEMPLATE);
            done(sent);
        }
        a = check_all(client, NULL);
        CHECK_STATUS(a.status, WA_STATUS_OK);
        CHECK_TEXT(json_get(a.json, "ok"), tokens[i].sends == WA_STATUS_OK ? "true" : "false");
        CHECK(!strstr(a.json, tokens[i].token));
        done(a);
        CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    }
    ok("tokens that are wrong, expired, or lack a right");
}

/* Nothing is sent twice: an answer that is lost stays unknown, one that says no is tried again. */
static UNUSED void meta_answers(wa_client client) {
    long before = statistic("taken");
    answer a = send_text(client, "+12025550107", "Taken, and the answer is lost", "{\"timeout_ms\":3000}");
    CHECK_STATUS(a.status, WA_STATUS_PENDING);
    CHECK_TEXT(json_get(a.json, "status"), "unknown");
    done(a);
    CHECK_INT(statistic("taken"), before + 1);
    a = send_text(client, "+12025550108", "Cut before", "{\"timeout_ms\":3000}");
    CHECK_STATUS(a.status, WA_STATUS_PENDING);
    done(a);
    CHECK_INT(statistic("taken"), before + 1);
    a = send_text(client, "+12025550101", "Twice unavailable", NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "attempts"), "3");
    done(a);
    FAILS(send_text(client, "+12025550105", "Outside the window", NULL), WA_STATUS_WINDOW, "");
    FAILS(send_text(client, "+12025550104", "Not in the list", NULL), WA_STATUS_RECIPIENT, "");
    FAILS(send_text(client, "+12025550103", "Not on WhatsApp", NULL), WA_STATUS_RECIPIENT, "");
    FAILS(send_text(client, ANN, "From a test number", "{\"sender\":\"" META_TEST_SENDER "\"}"), WA_STATUS_RECIPIENT, "");
    FAILS(send_text(client, ANN, "From nobody", "{\"sender\":\"200000000000009\"}"), WA_STATUS_SENDER, "options_json.sender");
    a = send_text(client, "+12025550112", "Held", NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "provider_status"), "held_for_quality_assessment");
    done(a);
    FAILS(send_text(client, "+12025550111", "Paused", NULL), WA_STATUS_TEMPLATE, "");
    a = send_text(client, "+12025550113", "Another wa_id", NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "recipient_id"), "120295550113");
    done(a);
    a = send_text(client, "120295550113", "To the id that was reported", NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "recipient"), "+12025550113");
    done(a);
    for (char to[] = "+12025550121"; to[11] <= '5'; to[11]++) {
        a = send_text(client, to, "From a test number to one of its five", "{\"sender\":\"" META_TEST_SENDER "\"}");
        CHECK_STATUS(a.status, WA_STATUS_OK);
        done(a);
    }
    a = send_text(client, "US.13491208655302741918", "No number at all", NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "recipient"), "US.13491208655302741918");
    done(a);
    ok("Meta's answers: taken, refused, lost; nobody gets a message twice");
}

static UNUSED void meta_templates(wa_client client) {
    static const struct {
        const char *message, *argument;
    } wrong[] = {
        {"{\"type\":\"template\",\"template\":\"nothing_like_it\"}", "message_json.template"},
        {"{\"type\":\"template\",\"template\":\"welcome\",\"variables\":[\"Ann\"]}", "message_json.language"},
        {"{\"type\":\"template\",\"template\":\"welcome\",\"language\":\"fr\",\"variables\":[\"Ann\"]}", "message_json.language"},
        {"{\"type\":\"template\",\"template\":\"order_update\",\"variables\":[\"Ann\"]}", "message_json.variables.2"},
        {"{\"type\":\"template\",\"template\":\"order_update\",\"variables\":[\"Ann\",\"7\",\"x\"]}", "message_json.variables.3"},
        {"{\"type\":\"template\",\"template\":\"appointment\",\"variables\":[\"Ann\",\"Monday\"]}", ""},
        {"{\"type\":\"template\",\"template\":\"promo_picture\",\"variables\":[\"Ann\"],\"buttons\":[{\"index\":0,\"type\":\"url\",\"text\":\"1\"}]}", ""},
        {"{\"type\":\"template\",\"template\":\"verify\"}", ""},
        {"{\"type\":\"template\",\"template\":\"paused_one\",\"variables\":[\"Ann\"]}", "message_json.template"},
        {"{\"type\":\"template\",\"template\":\"rejected_one\",\"variables\":[\"Ann\"]}", "message_json.template"},
        {"{\"type\":\"template\",\"template\":\"pending_one\",\"variables\":[\"Ann\"]}", "message_json.template"},
    };
    long before = statistic("post_messages");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) FAILS(send_message(client, ANN, wrong[i].message, NULL), WA_STATUS_TEMPLATE, wrong[i].argument);
    CHECK_INT(statistic("post_messages"), before);
    /* Paused between the look and the send: Meta refuses it, and it is looked up anew. */
    EXPECT(send_template(client, ANN, "opening_hours", NULL, NULL), WA_STATUS_OK);
    free(simulator("POST", "/_control/meta/templates", "{\"name\":\"opening_hours\",\"language\":\"en_US\",\"status\":\"PAUSED\"}"));
    answer a = send_template(client, ANN, "opening_hours", NULL, NULL);
    CHECK_STATUS(a.status, WA_STATUS_TEMPLATE);
    CHECK_TEXT(json_get(a.json, "error.provider_code"), "132015");
    done(a);
    before = statistic("post_messages");
    FAILS(send_template(client, ANN, "opening_hours", NULL, NULL), WA_STATUS_TEMPLATE, "template_name");
    CHECK_INT(statistic("post_messages"), before);
    free(simulator("POST", "/_control/meta/templates", "{\"name\":\"opening_hours\",\"language\":\"en_US\",\"status\":\"APPROVED\"}"));
    ok("templates that do not fit, and one that is paused between the look and the send");
}

/* PINs: told apart, never repeated, never shown. */
static UNUSED void meta_pins(wa_client client) {
    long before = statistic("requests");
    static const char *const malformed[] = {"12345", "1234567", "12345a", "", "１２３４５６"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        answer a = set_pin(client, malformed[i], NULL);
        CHECK(a.status == WA_STATUS_ARGUMENT || a.status == WA_STATUS_NOT_SUPPORTED);
        CHECK(!*malformed[i] || !strstr(a.json, malformed[i]));
        done(a);
        a = register_number(client, malformed[i], NULL);
        CHECK(a.status == WA_STATUS_ARGUMENT || a.status == WA_STATUS_NOT_SUPPORTED);
        done(a);
    }
    CHECK_INT(statistic("requests"), before);
    answer a = register_number(client, "000001", NULL);
    CHECK(a.status != WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "error.provider_code"), "133005");
    CHECK(!strstr(a.json, "000001"));
    done(a);
    CHECK_INT(statistic("requests"), before + 1);
    ok("PINs that are malformed or wrong: one request at most, and none is shown");
}

#endif
