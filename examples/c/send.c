/* Sends WhatsApp messages through wa_connector and prints the history as a table.
 *
 *   ./send http://127.0.0.1:8089             to the simulator (tests/simulator), nothing leaves this machine
 *   ./send settings.json +491701234567       with your own account, to your own telephone; Twilio or Meta, as the settings say
 *   ./send settings.json                     with settings of your own, to the simulator's numbers
 *
 * Needs cJSON (Debian: libcjson-dev). Three ways to build it, all in this folder:
 *   make                                     (Makefile; WA_LIB_DIR says where libwa_connector.so is)
 *   cmake -B build && cmake --build build    (CMakeLists.txt)
 *   cc send.c $(pkg-config --cflags --libs wa-connector libcjson) -o send     (include/wa-connector.pc.in) */
#include "cell.h"
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wa_connector.h"

#define BULK 5

static const char *text_of(const cJSON *object, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(value) ? value->valuestring : "";
}

/* Prints what a call said of a message, frees it, and keeps the message's id where it is wanted. */
static void show(const char *what, wa_status status, char *outcome_json, char id[37]) {
    cJSON *outcome = cJSON_Parse(outcome_json ? outcome_json : "{}");
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(outcome, "error");
    const char *said = *text_of(error, "message") ? text_of(error, "message") : text_of(outcome, "response");
    printf("%-22s %-10s %s\n", what, wa_status_text(status), *said ? said : "Recorded; its end comes as an event.");
    if (id) snprintf(id, 37, "%s", text_of(outcome, "id"));
    cJSON_Delete(outcome), wa_string_free(outcome_json);
}

static void row(const char *sender, const char *recipient, const char *message, const char *status,
                const char *attempts, const char *response) {
    cell(sender, 21), cell(recipient, 21), cell(message, 30), cell(status, 9), cell(attempts, 8), puts(response);
}

static void print_history(wa_client client) {
    char *page_json = NULL, attempts[12];
    if (wa_history(client, "{\"order\":\"oldest\"}", &page_json)) fprintf(stderr, "%s\n", wa_last_error());
    cJSON *page = cJSON_Parse(page_json ? page_json : "{}");
    const cJSON *m;
    row("Sender", "Recipient", "Message", "Status", "Attempts", "Response");
    cJSON_ArrayForEach(m, cJSON_GetObjectItemCaseSensitive(page, "messages")) {
        snprintf(attempts, sizeof attempts, "%d", cJSON_GetObjectItemCaseSensitive(m, "attempts")->valueint);
        row(text_of(m, "sender"), text_of(m, "recipient"), text_of(m, "text"), text_of(m, "status"), attempts,
            text_of(m, "response"));
    }
    cJSON_Delete(page), wa_string_free(page_json);
}

/* Reads events until every message of the bulk has ended, at most half a minute without one. */
static int wait_for_all(wa_client client, char ids[BULK][37]) {
    char options[200] = "{\"include\":[\"message\"]}";
    int left = BULK;
    while (left > 0) {
        char *events_json = NULL;
        wa_status status = wa_next_event(client, options, 30000, &events_json);
        cJSON *page = cJSON_Parse(events_json ? events_json : "{}");
        const cJSON *event, *events = cJSON_GetObjectItemCaseSensitive(page, "events");
        cJSON_ArrayForEach(event, events) {
            const cJSON *outcome = cJSON_GetObjectItemCaseSensitive(event, "outcome");
            for (int i = 0; i < BULK; i++) if (*ids[i] && !strcmp(ids[i], text_of(outcome, "id"))) *ids[i] = 0, left--;
        }
        int none = cJSON_GetArraySize(events) == 0;
        snprintf(options, sizeof options, "{\"include\":[\"message\"],\"after\":\"%s\"}", text_of(page, "cursor"));
        cJSON_Delete(page), wa_string_free(events_json);
        if (status || none) break;
    }
    return left;
}

/* The settings: those of a file, or those that fit the simulator. */
static char *settings_of(const char *argument) {
    static char text[65536];
    const char *file = getenv("WA_HISTORY_FILE"), *quote = file ? "\"" : "";
    FILE *from = fopen(argument, "rb");
    if (from) return text[fread(text, 1, sizeof text - 1, from)] = 0, fclose(from), text;
    snprintf(text, sizeof text, "{\"twilio\":{\"account_sid\":\"AC00000000000000000000000000000001\",\"from\":\"+14155238886\","
             "\"auth_token\":\"0123456789abcdef0123456789abcdef\",\"base_url\":\"%s\"},"
             "\"retry\":{\"wait_seconds\":1},\"history\":{\"file\":%s%s%s}}",
             argument, quote, file ? file : "null", quote);
    return text;
}

int main(int count, char **arguments) {
    if (count < 2) return fprintf(stderr, "usage: %s URL | SETTINGS.json [+NUMBER]\n", arguments[0]), 2;
    use_utf8();
    const char *ann = count > 2 ? arguments[2] : "+12025550199";
    const char *busy = count > 2 ? ann : "+12025550101"; /* the simulator answers 503 twice, then takes it */
    char *json, what[32], ids[BULK][37];
    wa_client client;

    if (wa_configure(settings_of(arguments[1]), &client) != WA_STATUS_OK)
        return fprintf(stderr, "wa_configure: %s\n", wa_last_error()), 1;
    wa_status status = wa_send(client, ann, "Hello from C! \xf0\x9f\x91\x8b \xe4\xbd\xa0\xe5\xa5\xbd", NULL, &json);
    show("A text", status, json, NULL);
    status = wa_send_template(client, ann, "order_update", "{\"1\":\"Ann\",\"2\":\"7\"}", NULL, &json);
    show("A template", status, json, NULL);
    status = wa_send(client, busy, "Busy, and then it is not.", NULL, &json);
    show("To a busy provider", status, json, NULL);
    status = wa_send(client, "+999 12345678", "This reaches nobody.", NULL, &json);
    show("To a wrong number", status, json, NULL);

    for (int i = 0; i < BULK; i++) {
        char message[80];
        snprintf(what, sizeof what, "Bulk, message %d of %d", i + 1, BULK);
        snprintf(message, sizeof message, "{\"type\":\"text\",\"text\":\"Sale! Number %d of %d.\"}", i + 1, BULK);
        status = wa_submit(client, ann, message, NULL, &json);
        show(what, status, json, ids[i]);
    }
    int left = wait_for_all(client, ids);
    printf("%-22s %d of %d have ended\n\n", "Bulk", BULK - left, BULK);
    print_history(client);
    status = wa_close(client, 10000);
    return status == WA_STATUS_OK && left == 0 ? 0 : 1;
}
