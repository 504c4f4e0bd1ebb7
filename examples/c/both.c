/* Sends a text, a picture by link and a template, through Twilio or through Meta: only the settings differ.
 *
 *   ./both settings.json +491701234567
 *
 * settings.json, for Twilio:  {"twilio":{"account_sid":"AC..","auth_token":"..","from":"+14155238886"}}
 *                for Meta:    {"provider":"meta","meta":{"access_token":"EAA..","phone_number_id":"..","business_account_id":".."}}
 * with a template in either:  "templates":{"hello":{"text":"Hello {{1}}"}}
 *
 *   cc both.c -I../../include -L../../target/release -lwa_connector -o both */
#include <stdio.h>
#include "wa_connector.h"

/* Prints what became of a message, and frees it. */
static int show(const char *what, wa_status status, char *outcome) {
    printf("%-12s %-10s %s\n", what, wa_status_text(status), outcome ? outcome : "");
    if (status == WA_STATUS_PENDING) puts("  Its end is not known yet: do not send it again.");
    wa_string_free(outcome);
    return status != WA_STATUS_OK;
}

int main(int count, char **arguments) {
    if (count < 3) return fprintf(stderr, "usage: %s SETTINGS.json +NUMBER\n", arguments[0]), 2;
    static char settings[65536];
    FILE *file = fopen(arguments[1], "rb");
    if (!file) return perror(arguments[1]), 1;
    settings[fread(settings, 1, sizeof settings - 1, file)] = 0;
    fclose(file);

    wa_client client;
    const char *to = arguments[2];
    char *outcome;
    int failed = 0;
    if (wa_configure(settings, &client) != WA_STATUS_OK) return fprintf(stderr, "%s\n", wa_last_error()), 1;
    wa_status status = wa_send(client, to, "Hello from C", NULL, &outcome);
    failed += show("A text", status, outcome);
    /* The one kind of media that both take; Meta also has image, video, audio, document and sticker. */
    status = wa_send_message(client, to, "{\"type\":\"media\",\"media\":[\"https://www.gnu.org/graphics/gnu-head.jpg\"],\"text\":\"A gnu\"}",
                             NULL, &outcome);
    failed += show("A picture", status, outcome);
    status = wa_send_template(client, to, "hello", "{\"1\":\"Ann\"}", NULL, &outcome);
    failed += show("A template", status, outcome);
    while (wa_close(client, 10000) == WA_STATUS_CLOSE_PENDING) { }
    return failed != 0;
}
