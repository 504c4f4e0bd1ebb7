/* The functions that are no messages, as a table: how each is called with texts, and what its arguments are called. The
 * tests of panics and of bad input go through all of them. */
#ifndef ACCOUNT_H
#define ACCOUNT_H
#include "checks.h"

typedef wa_status (*account_call)(wa_client client, const char *a, const char *b, const char *options, char **json);

typedef struct {
    const char *name;
    account_call call;
    const char *a, *good_a; /* the first argument's name, and one that is fine; null where there is none */
    const char *b, *good_b;
    const char *options;      /* what the last one is called */
    const char *good_options; /* what it needs */
    bool has_sender;
} account_function;

#define CALL(name, ...)                                                                                            \
    static wa_status call_##name(wa_client c, const char *a, const char *b, const char *o, char **json) {          \
        (void)a, (void)b;                                                                                          \
        return wa_##name(c, __VA_ARGS__, json);                                                                    \
    }
CALL(mark_read, a, o)
CALL(media_upload, a, o)
CALL(media_upload_bytes, (const uint8_t *)a, a ? strlen(a) : 0, o)
CALL(media_download, a, b, o)
CALL(media_url, a, o)
CALL(media_delete, a, o)
CALL(template_list, o)
CALL(template_get, a, o)
CALL(template_create, a, o)
CALL(template_edit, a, b, o)
CALL(template_delete, a, o)
CALL(template_submit, a, o)
CALL(number_list, o)
CALL(number_get, o)
CALL(number_add, a, o)
CALL(number_request_code, o)
CALL(number_verify_code, a, o)
CALL(number_register, a, o)
CALL(number_deregister, o)
CALL(number_set_pin, a, o)
CALL(profile_get, o)
CALL(profile_update, a, o)
CALL(profile_set_picture, a, o)
CALL(check, o)
#undef CALL

#define DEFINITION "{\"name\":\"made_here\",\"language\":\"en_US\",\"category\":\"utility\",\"body\":\"Hello\"}"
#define ROW(name, ...) {"wa_" #name, call_##name, __VA_ARGS__}
static const account_function account_functions[] = {
    ROW(mark_read, "message_id", "wamid.HBgLMTIwMjU1NTAxOTkVAgARGBI5", NULL, NULL, "options_json", NULL, true),
    ROW(media_upload, "file", "/no/such/file.jpg", NULL, NULL, "options_json", NULL, true),
    ROW(media_upload_bytes, "bytes", "\xff\xd8\xff\xe0", NULL, NULL, "options_json", "{\"mime_type\":\"image/jpeg\"}", true),
    ROW(media_download, "media_id", "1037543291543636", "folder", "/no/such/folder", "options_json", NULL, true),
    ROW(media_url, "media_id", "1037543291543636", NULL, NULL, "options_json", NULL, true),
    ROW(media_delete, "media_id", "1037543291543636", NULL, NULL, "options_json", NULL, true),
    ROW(template_list, NULL, NULL, NULL, NULL, "query_json", NULL, false),
    ROW(template_get, "name", "nothing_like_it", NULL, NULL, "options_json", NULL, false),
    ROW(template_create, "template_json", DEFINITION, NULL, NULL, "options_json", NULL, false),
    ROW(template_edit, "id", "594425479261596", "template_json", DEFINITION, "options_json", NULL, false),
    ROW(template_delete, "name", "nothing_like_it", NULL, NULL, "options_json", NULL, false),
    ROW(template_submit, "id", "HX00000000000000000000000000000099", NULL, NULL, "options_json", NULL, false),
    ROW(number_list, NULL, NULL, NULL, NULL, "options_json", NULL, false),
    ROW(number_get, NULL, NULL, NULL, NULL, "options_json", NULL, true),
    ROW(number_add, "number", "+4930901820", NULL, NULL, "options_json", "{\"verified_name\":\"Ann\"}", false),
    ROW(number_request_code, NULL, NULL, NULL, NULL, "options_json", NULL, true),
    ROW(number_verify_code, "code", "123-456", NULL, NULL, "options_json", NULL, true),
    ROW(number_register, "pin", "471108", NULL, NULL, "options_json", NULL, true),
    ROW(number_deregister, NULL, NULL, NULL, NULL, "options_json", NULL, true),
    ROW(number_set_pin, "pin", "471108", NULL, NULL, "options_json", NULL, true),
    ROW(profile_get, NULL, NULL, NULL, NULL, "options_json", NULL, true),
    ROW(profile_update, "profile_json", "{\"about\":\"x\"}", NULL, NULL, "options_json", NULL, true),
    ROW(profile_set_picture, "file", "/no/such/file.jpg", NULL, NULL, "options_json", NULL, true),
    ROW(check, NULL, NULL, NULL, NULL, "options_json", NULL, false),
};
#undef ROW
#define ACCOUNT_FUNCTIONS (sizeof account_functions / sizeof *account_functions)

static UNUSED bool is_json(const char *argument) { return argument && strstr(argument, "_json"); }
static UNUSED bool is_pin(const char *argument) { return argument && (!strcmp(argument, "pin") || !strcmp(argument, "code")); }

/* Calls one of them; the JSON is an error wherever the status is one. */
static UNUSED answer account(const account_function *f, wa_client client, const char *a, const char *b, const char *options) {
    answer given = {0, NEVER_SET};
    given.status = f->call(client, a, b, options, &given.json);
    if (given.status != WA_STATUS_OK) looked_at("error", given.status, given.json, true);
    return given;
}

#endif
