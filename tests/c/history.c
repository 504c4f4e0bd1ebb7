/* The history as a whole: counts, a file, rows for the host's own tables, erasure, retention. */
#include "host.h"
#include <sys/stat.h>

#define MESSAGES 5

static wa_client client;

static answer count(const char *query) {
    answer a = {0, NEVER_SET};
    a.status = wa_history_count(client, query, &a.json);
    return looked_at("counts", a.status, a.json, true), a;
}
static answer export_to(const char *query, const char *options) {
    answer a = {0, NEVER_SET};
    a.status = wa_history_export(client, query, options, &a.json);
    return looked_at("export_report", a.status, a.json, true), a;
}
static answer purge(const char *options) {
    answer a = {0, NEVER_SET};
    a.status = wa_history_purge(client, options, &a.json);
    return looked_at("purge_report", a.status, a.json, true), a;
}
static answer erase(const char *options) {
    answer a = {0, NEVER_SET};
    a.status = wa_history_erase(client, options, &a.json);
    return looked_at("erase_report", a.status, a.json, true), a;
}
static answer take(const char *options, uint32_t timeout_ms) {
    answer a = {0, NEVER_SET};
    a.status = wa_history_take(client, options, timeout_ms, &a.json);
    return looked_at("taken_page", a.status, a.json, true), a;
}

static void counts(void) {
    answer a = count("{\"contact_id\":\"c-17\"}");
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "total"), "5");
    CHECK_TEXT(json_get(a.json, "by_state.accepted"), "5");
    CHECK_TEXT(json_get(a.json, "by_day[0].by_state.accepted"), "5");
    done(a);
    EXPECT(count("{\"limit\":5}"), WA_STATUS_ARGUMENT);
    EXPECT(count("{\"text\":\"x\"}"), WA_STATUS_QUERY_TOO_WIDE);
    ok("counts by state and day");
}

static void files(void) {
    char options[600], file[400], line[4000];
    snprintf(file, sizeof file, "%s/history.csv", environment("WA_WORK"));
    snprintf(options, sizeof options, "{\"file\":\"%s\",\"overwrite\":true}", file);
    answer a = export_to("{\"order\":\"oldest\"}", options);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "messages"), "5");
    done(a);
    struct stat found;
    CHECK_INT(stat(file, &found), 0);
    CHECK_INT(found.st_mode & 0777, 0600);
    FILE *csv = fopen(file, "r");
    CHECK(csv != NULL);
    CHECK(fgets(line, sizeof line, csv) && !strncmp(line, "\xef\xbb\xbfid,", 6));
    for (int i = 0; i < MESSAGES; i++) CHECK(fgets(line, sizeof line, csv) && strstr(line, "\"'=1+1\""));
    CHECK(!fgets(line, sizeof line, csv));
    fclose(csv);
    snprintf(options, sizeof options, "{\"file\":\"%s\",\"format\":\"jsonl\"}", file);
    EXPECT(export_to(NULL, options), WA_STATUS_ARGUMENT);
    CHECK_HAS(wa_last_error(), "is there already");
    EXPECT(export_to(NULL, NULL), WA_STATUS_ARGUMENT);
    ok("a file, whole, in which no cell is a formula");
}

static void rows(void) {
    char cursor[200], options[300];
    answer a = take("{\"consumer\":\"crm\",\"max\":3}", 10000);
    CHECK_INT(json_count(a.json, "messages"), 3);
    CHECK_TEXT(json_get(a.json, "messages[0].text"), "=1+1");
    snprintf(cursor, sizeof cursor, "%s", json_get(a.json, "cursor"));
    done(a);
    a = take("{\"consumer\":\"crm\"}", 10000);
    CHECK_INT(json_count(a.json, "messages"), MESSAGES); /* not acknowledged: all of them */
    done(a);
    snprintf(options, sizeof options, "{\"consumer\":\"crm\",\"after\":\"%s\"}", cursor);
    a = take(options, 10000);
    CHECK_INT(json_count(a.json, "messages"), MESSAGES - 3);
    done(a);
    EXPECT(take("{\"consumer\":\"crm\",\"after\":\"nonsense\"}", 0), WA_STATUS_ARGUMENT);
    EXPECT(take(NULL, 0), WA_STATUS_ARGUMENT);
    ok("rows for the host, until they are acknowledged");
}

static void gone(void) {
    answer a = erase("{\"contact_id\":\"c-17\"}");
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "messages"), "5");
    done(a);
    a = history(client, "{\"contact_id\":\"c-17\"}");
    CHECK_INT(json_count(a.json, "messages"), MESSAGES);
    CHECK_TEXT(json_get(a.json, "messages[0].text"), "***");
    CHECK_TEXT(json_get(a.json, "messages[0].text_removed"), "erased");
    done(a);
    a = purge("{\"older_than_days\":1}");
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "messages"), "0");
    done(a);
    EXPECT(erase("{}"), WA_STATUS_ARGUMENT);
    EXPECT(purge(NULL), WA_STATUS_ARGUMENT);
    ok("erasure and retention");
}

int main(void) {
    client = client_of("history", "");
    for (int i = 0; i < MESSAGES; i++) EXPECT(send_text(client, ANN, "=1+1", "{\"contact_id\":\"c-17\"}"), WA_STATUS_OK);
    counts();
    files();
    rows();
    gone();
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    return 0;
}
