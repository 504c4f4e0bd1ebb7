/* Looks after an account at Meta: checks it, shows its number and templates, uploads a picture and sends it, fetches it again.
 *
 *   ./account settings.json +491701234567 picture.jpg
 *
 * settings.json: {"provider":"meta","meta":{"access_token":"EAA..","phone_number_id":"..","business_account_id":".."}}
 *
 *   cc account.c -I../../include -L../../target/release -lwa_connector -lcjson -o account */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include "wa_connector.h"

static const char *text_of(const cJSON *object, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(value) ? value->valuestring : "";
}

/* What a call gave, as an object to delete; null, with the error printed, if it failed. */
static cJSON *result(const char *what, wa_status status, char *json) {
    cJSON *read = status == WA_STATUS_OK ? cJSON_Parse(json) : NULL;
    if (status != WA_STATUS_OK) fprintf(stderr, "%s: %s: %s\n", what, wa_status_text(status), wa_last_error());
    wa_string_free(json);
    return read;
}

static int look(wa_client client) {
    char *json;
    const cJSON *one;
    wa_status status = wa_check(client, NULL, &json);
    cJSON *report = result("wa_check", status, json);
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(report, "items"))
        printf("%-11s %-12s %s %s\n", text_of(one, "verdict"), text_of(one, "item"), text_of(one, "text"), text_of(one, "hint"));
    int well = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "ok"));
    cJSON_Delete(report);

    status = wa_number_get(client, NULL, &json);
    cJSON *number = result("wa_number_get", status, json);
    printf("\nNumber %s, %s, quality %s\n\n", text_of(number, "display_phone_number"), text_of(number, "verified_name"),
           text_of(number, "quality_rating"));
    cJSON_Delete(number);

    status = wa_template_list(client, "{\"limit\":20}", &json);
    cJSON *page = result("wa_template_list", status, json);
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(page, "templates"))
        printf("Template %-24s %-6s %-10s %s\n", text_of(one, "name"), text_of(one, "language"), text_of(one, "status"), text_of(one, "body"));
    cJSON_Delete(page);
    return well;
}

int main(int count, char **arguments) {
    if (count < 4) return fprintf(stderr, "usage: %s SETTINGS.json +NUMBER PICTURE.jpg\n", arguments[0]), 2;
    static char settings[65536];
    FILE *file = fopen(arguments[1], "rb");
    if (!file) return perror(arguments[1]), 1;
    settings[fread(settings, 1, sizeof settings - 1, file)] = 0;
    fclose(file);

    wa_client client;
    char *json, message[600];
    if (wa_configure(settings, &client) != WA_STATUS_OK) return fprintf(stderr, "%s\n", wa_last_error()), 1;
    int well = look(client);

    wa_status status = wa_media_upload(client, arguments[3], NULL, &json);
    cJSON *media = result("wa_media_upload", status, json);
    if (media) {
        snprintf(message, sizeof message, "{\"type\":\"image\",\"id\":\"%s\",\"caption\":\"Uploaded from C\"}", text_of(media, "id"));
        status = wa_send_message(client, arguments[2], message, NULL, &json);
        printf("\nThe picture: %s\n", wa_status_text(status));
        well &= status == WA_STATUS_OK;
        wa_string_free(json);
        status = wa_media_download(client, text_of(media, "id"), ".", "{\"overwrite\":true}", &json);
        cJSON *fetched = result("wa_media_download", status, json);
        printf("Fetched again: %s\n", text_of(fetched, "file"));
        cJSON_Delete(fetched), cJSON_Delete(media);
    }
    while (wa_close(client, 10000) == WA_STATUS_CLOSE_PENDING) { }
    return well && status == WA_STATUS_OK ? 0 : 1;
}
