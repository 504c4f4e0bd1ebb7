/* Start, use, cancel, close, from many threads at once. */
#include "host.h"

static wa_client client;

static const char *uuid(long n) {
    static _Thread_local char ring[8][40];
    static _Thread_local unsigned turn;
    char *text = ring[turn++ % 8];
    snprintf(text, 40, "0198c0de-0000-7000-8000-%012lx", n);
    return text;
}

static const char *with_id(long n, const char *more) {
    static _Thread_local char text[512];
    snprintf(text, sizeof text, "{\"id\":\"%s\"%s}", uuid(n), more);
    return text;
}

static void after_close(void) {
    wa_client c = client_of("after_close", "");
    EXPECT(send_text(c, ANN, "Before", NULL), WA_STATUS_OK);
    CHECK_STATUS(close_client(c, 10000), WA_STATUS_OK);
    EXPECT(send_text(c, ANN, "After", NULL), WA_STATUS_NO_CLIENT);
    CHECK_STATUS(close_client(c, 10000), WA_STATUS_NO_CLIENT);
    /* The same settings again: the history is still there. */
    wa_client again = client_of("after_close", "");
    CHECK(again != c);
    answer page = history(again, NULL);
    CHECK_INT(json_count(page.json, "messages"), 1);
    CHECK_TEXT(json_get(page.json, "messages[0].text"), "Before");
    done(page);
    EXPECT(send_text(c, ANN, "After", NULL), WA_STATUS_NO_CLIENT);
    CHECK_STATUS(close_client(again, UINT32_MAX), WA_STATUS_OK);
    ok("calls after close, double close, configure again");
}

static atomic_int closed_ok, closed_gone;
static void *closes(void *unused) {
    (void)unused;
    wa_status status = close_client(client, 20000);
    if (status == WA_STATUS_OK) closed_ok++;
    else if (status == WA_STATUS_NO_CLIENT) closed_gone++;
    else fail(__FILE__, __LINE__, "wa_close gave %s", wa_status_text(status));
    return NULL;
}

static void two_close(void) {
    for (int round = 0; round < 5; round++) {
        pthread_t both[2];
        client = client_of("two_close", "");
        EXPECT(send_text(client, ANN, "x", NULL), WA_STATUS_OK);
        closed_ok = closed_gone = 0;
        start_many(both, 2, closes);
        join_many(both, 2);
        CHECK(closed_ok >= 1 && closed_ok + closed_gone == 2);
    }
    ok("two threads close at once");
}

/* 64 sends at once; what each got is counted by status. */
static atomic_int got[128], running;
static const char *many_options;
static void *sends(void *number) {
    running++;
    answer a = send_text(client, ANN, "One of many", many_options);
    CHECK(a.status >= 0 && a.status < 128);
    got[a.status]++;
    if (a.status != WA_STATUS_OK && a.status != WA_STATUS_NO_CLIENT) CHECK(*json_get(a.json, "error.message"));
    done(a);
    (void)number;
    return NULL;
}
static void forget_counts(void) {
    running = 0;
    for (int i = 0; i < 128; i++) got[i] = 0;
}

static void many_send(void) {
    pthread_t all[MANY];
    client = client_of("many", "");
    reset();
    forget_counts();
    many_options = NULL;
    start_many(all, MANY, sends);
    join_many(all, MANY);
    CHECK_INT(got[WA_STATUS_OK], MANY);
    CHECK_INT(statistic("taken"), MANY);
    answer page = history(client, "{\"limit\":500,\"status\":[\"accepted\"]}");
    CHECK_INT(json_count(page.json, "messages"), MANY);
    done(page);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("64 threads send");
}

#define HANG "[{\"match\":{\"method\":\"POST\"},\"fault\":{\"kind\":\"hang\",\"ms\":null}}]"

static void close_during_sends(void) {
    pthread_t all[MANY];
    client = client_of("close_during", "");
    fault(HANG);
    forget_counts();
    start_many(all, MANY, sends);
    WAIT_FOR(statistic("in_flight") >= MANY);
    double began = now();
    /* What hangs is given up within the time: this may be enough for all of it. */
    wa_status status = close_client(client, 500);
    join_many(all, MANY);
    if (now() - began > 5 * patience()) fail(__FILE__, __LINE__, "the senders woke after %.1f s", now() - began);
    CHECK_INT(got[WA_STATUS_CLOSED], MANY);
    if (status == WA_STATUS_CLOSE_PENDING) status = close_client(client, 30000);
    CHECK_STATUS(status, WA_STATUS_OK);
    CHECK_STATUS(close_client(client, 0), WA_STATUS_NO_CLIENT);
    no_faults();
    /* None is lost, and none is claimed as sent. */
    client = client_of("close_during", ",\"pacing\":{\"messages_per_second\":0}");
    answer page = history(client, "{\"limit\":500}");
    CHECK_INT(json_count(page.json, "messages"), MANY);
    for (int i = 0; i < MANY; i++) {
        char path[40];
        snprintf(path, sizeof path, "messages[%d].status", i);
        const char *state = json_get(page.json, path);
        if (strcmp(state, "unknown") && strcmp(state, "sending")) fail(__FILE__, __LINE__, "%s is %s", path, state);
    }
    done(page);
    CHECK_STATUS(close_client(client, 30000), WA_STATUS_OK);
    ok("close while 64 sends are under way: all are woken with CLOSED");
}

/* Threads that begin to send while the client goes away: each gets an answer, and soon. */
static atomic_bool stop_storm;
static void *storms(void *unused) {
    (void)unused;
    while (!stop_storm) {
        answer a = send_text(client, ANN, "In the storm", "{\"timeout_ms\":60000}");
        wa_status status = a.status;
        got[status]++;
        done(a);
        if (status != WA_STATUS_OK) pause_ms(1);
        if (status == WA_STATUS_NO_CLIENT) break;
    }
    return NULL;
}
static void close_in_a_storm(void) {
    for (int round = 0; round < 10; round++) {
        pthread_t all[16];
        client = client_of("storm", "");
        forget_counts();
        stop_storm = false;
        start_many(all, 16, storms);
        WAIT_FOR(got[WA_STATUS_OK] > 5);
        double began = now();
        CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
        stop_storm = true;
        join_many(all, 16);
        if (now() - began > 8 * patience()) fail(__FILE__, __LINE__, "the storm ended after %.1f s", now() - began);
        for (int i = 0; i < 128; i++)
            if (got[i] && i != WA_STATUS_OK && i != WA_STATUS_CLOSED && i != WA_STATUS_NO_CLIENT)
                fail(__FILE__, __LINE__, "%d sends got %s", got[i], wa_status_text(i));
    }
    ok("close while threads begin to send");
}

static void close_without_waiting(void) {
    client = client_of("no_wait", "");
    fault(HANG);
    answer a = submit(client, ANN, HELLO, NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    done(a);
    WAIT_FOR(statistic("in_flight") >= 1);
    wa_status status = close_client(client, 0);
    CHECK_STATUS(status, WA_STATUS_CLOSE_PENDING);
    EXPECT(send_text(client, ANN, "Late", NULL), WA_STATUS_CLOSED);
    EXPECT(history(client, NULL), WA_STATUS_CLOSED);
    EXPECT(next_event(client, NULL, 0), WA_STATUS_CLOSED);
    CHECK_STATUS(plain(wa_update(client, "{}")), WA_STATUS_CLOSED);
    CHECK_STATUS(close_client(client, 30000), WA_STATUS_OK);
    no_faults();
    ok("close with 0, then again");
}

/* Calls that wait for something else than a send are woken too. */
static atomic_int woken[128];
static void *waits_for_events(void *unused) {
    (void)unused;
    running++;
    answer a = next_event(client, "{\"include\":[\"database\"]}", 60000);
    woken[a.status]++;
    done(a);
    return NULL;
}
static void *waits_for_message(void *unused) {
    (void)unused;
    running++;
    answer a = wait_for(client, uuid(500), 60000);
    woken[a.status]++;
    done(a);
    return NULL;
}
static void close_wakes_waits(void) {
    pthread_t all[6];
    client = client_of("wakes", "");
    /* Far away, so that it waits in the database and not in memory. */
    EXPECT(submit(client, ANN, HELLO, with_id(500, ",\"not_before\":\"2099-01-01T00:00:00Z\"")), WA_STATUS_OK);
    EXPECT(wait_for(client, uuid(500), 0), WA_STATUS_PENDING);
    running = 0;
    for (int i = 0; i < 128; i++) woken[i] = 0;
    start_many(all, 3, waits_for_events);
    start_many(all + 3, 3, waits_for_message);
    WAIT_FOR(running == 6);
    pause_ms(200);
    double began = now();
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    join_many(all, 6);
    if (now() - began > 0.9 * patience()) fail(__FILE__, __LINE__, "woken after %.2f s", now() - began);
    CHECK_INT(woken[WA_STATUS_CLOSED], 6);
    ok("close wakes wa_next_event and wa_wait at once");
}

static void *sends_slowly(void *unused) {
    (void)unused;
    answer a = send_text(client, ANN, "To be cancelled", with_id(600, ",\"timeout_ms\":60000"));
    got[a.status]++;
    done(a);
    return NULL;
}
static void cancels(void) {
    pthread_t sender;
    client = client_of("cancel", ",\"retry\":{\"wait_seconds\":600,\"max_retries\":3}");
    /* Between two attempts: the wait after a 503 is longer than the call. */
    fault("[{\"match\":{\"to\":\"+12025550199\"},\"times\":1,\"fault\":{\"kind\":\"status\",\"http\":503,\"code\":20503,\"retry_after\":40}}]");
    forget_counts();
    long posts = statistic("post_messages");
    start_many(&sender, 1, sends_slowly);
    WAIT_FOR(statistic("post_messages") > posts && statistic("in_flight") == 0);
    answer a;
    double until = now() + 20 * patience();
    for (;;) { /* the answer's commit comes after it left the simulator */
        a = cancel(client, uuid(600));
        if (a.status != WA_STATUS_TOO_LATE || now() > until) break;
        done(a);
    }
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "status"), "cancelled");
    done(a);
    join_many(&sender, 1);
    CHECK_INT(got[WA_STATUS_CANCELLED], 1);
    EXPECT(cancel(client, uuid(600)), WA_STATUS_OK);
    no_faults();
    EXPECT(send_text(client, ANN, "Sent", with_id(601, "")), WA_STATUS_OK);
    EXPECT(cancel(client, uuid(601)), WA_STATUS_TOO_LATE);
    EXPECT(submit(client, ANN, HELLO, with_id(602, ",\"not_before\":\"2099-01-01T00:00:00Z\"")), WA_STATUS_OK);
    EXPECT(cancel(client, uuid(602)), WA_STATUS_OK);
    EXPECT(wait_for(client, uuid(602), 0), WA_STATUS_CANCELLED);
    EXPECT(cancel(client, uuid(603)), WA_STATUS_NOT_FOUND);
    EXPECT(wait_for(client, uuid(603), 0), WA_STATUS_NOT_FOUND);
    EXPECT(wait_for(client, uuid(603), 50), WA_STATUS_NOT_FOUND);
    /* An id is used once. */
    answer twice = send_text(client, ANN, "Again", with_id(601, ""));
    CHECK_STATUS(twice.status, WA_STATUS_ARGUMENT);
    CHECK_TEXT(json_get(twice.json, "error.argument"), "options_json.id");
    done(twice);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("an id of the caller's, cancelled from another thread; an unknown id");
}

static void timeouts(void) {
    client = client_of("timeouts", "");
    reset();
    fault("[{\"match\":{\"method\":\"POST\"},\"times\":2,\"fault\":{\"kind\":\"hang\",\"ms\":1500,\"taken\":true}}]");
    answer a = send_text(client, ANN, "Slow", with_id(700, ",\"timeout_ms\":300,\"on_timeout\":\"continue\""));
    CHECK_STATUS(a.status, WA_STATUS_PENDING);
    CHECK_HAS(json_get(a.json, "error.hint"), "Do not send it again");
    done(a);
    a = send_text(client, ANN, "Slow too", with_id(701, ",\"timeout_ms\":300"));
    CHECK_STATUS(a.status, WA_STATUS_PENDING);
    done(a);
    /* Neither can be known: the connection ended without an answer. The ideal simulator lists at once, but the
     * library believes the list later. */
    a = wait_for(client, uuid(700), 10000);
    CHECK_STATUS(a.status, WA_STATUS_PENDING);
    CHECK_TEXT(json_get(a.json, "status"), "unknown");
    done(a);
    no_faults();
    /* With 1 ms, or none, there is no telling how far it comes; but it is never a failure, and the row ends. */
    for (int i = 0; i < 50; i++) {
        a = send_text(client, ANN, "Short", with_id(710 + i, i % 2 ? ",\"timeout_ms\":1" : ",\"timeout_ms\":0"));
        if (a.status != WA_STATUS_PENDING && a.status != WA_STATUS_CANCELLED && a.status != WA_STATUS_OK)
            fail(__FILE__, __LINE__, "after 1 ms: %s", a.json);
        done(a);
        a = wait_for(client, uuid(710 + i), 20000);
        if (a.status != WA_STATUS_CANCELLED && a.status != WA_STATUS_OK) fail(__FILE__, __LINE__, "later: %s", a.json);
        done(a);
    }
    /* `continue` outlives its call. */
    a = send_text(client, ANN, "Goes on", with_id(790, ",\"timeout_ms\":0,\"on_timeout\":\"continue\""));
    CHECK(a.status == WA_STATUS_PENDING || a.status == WA_STATUS_OK);
    done(a);
    EXPECT(wait_for(client, uuid(790), 20000), WA_STATUS_OK);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("deadlines: PENDING, never a failure; on_timeout");
}

static void side_by_side(void) {
    wa_client all[8];
    for (int i = 0; i < 8; i++) {
        char name[32];
        snprintf(name, sizeof name, "side%d", i);
        all[i] = client_of(name, "");
        for (int j = 0; j < i; j++) CHECK(all[i] != all[j]);
    }
    for (int i = 0; i < 8; i++)
        for (int n = 0; n <= i; n++) EXPECT(send_text(all[i], ANN, "Side by side", NULL), WA_STATUS_OK);
    CHECK_STATUS(close_client(all[0], 10000), WA_STATUS_OK);
    for (int i = 1; i < 8; i++) {
        answer page = history(all[i], NULL);
        CHECK_INT(json_count(page.json, "messages"), i + 1);
        done(page);
        CHECK_STATUS(close_client(all[i], 10000), WA_STATUS_OK);
    }
    ok("eight clients side by side");
}

static char first_id[4][40];
static void *sends_referenced(void *number) {
    answer a = send_text(client, ANN, "Once", "{\"reference\":\"order-2\"}");
    /* The second may come while the first is under way: it gets the first one, wherever that is. */
    if (a.status != WA_STATUS_OK && a.status != WA_STATUS_PENDING) fail(__FILE__, __LINE__, "%s", a.json);
    snprintf(first_id[(long)number], 40, "%s", json_get(a.json, "id"));
    done(a);
    return NULL;
}
static void references(void) {
    client = client_of("reference", "");
    reset();
    answer a = send_text(client, ANN, "Once", "{\"reference\":\"order-1\"}"), b;
    CHECK_STATUS(a.status, WA_STATUS_OK);
    b = send_text(client, ANN, "Once", "{\"reference\":\"order-1\"}");
    CHECK_STATUS(b.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(b.json, "id"), json_get(a.json, "id"));
    CHECK_TEXT(json_get(b.json, "provider_message_id"), json_get(a.json, "provider_message_id"));
    done(a), done(b);
    EXPECT(send_text(client, ANN, "Twice", "{\"reference\":\"order-1\"}"), WA_STATUS_REFERENCE_CONFLICT);
    EXPECT(send_text(client, "+12025550198", "Once", "{\"reference\":\"order-1\"}"), WA_STATUS_REFERENCE_CONFLICT);
    CHECK_INT(statistic("taken"), 1);
    for (int round = 0; round < 10; round++) {
        pthread_t all[4];
        CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
        char name[32];
        snprintf(name, sizeof name, "reference%d", round);
        client = client_of(name, "");
        reset();
        start_many(all, 4, sends_referenced);
        join_many(all, 4);
        for (int i = 1; i < 4; i++) CHECK_TEXT(first_id[i], first_id[0]);
        EXPECT(wait_for(client, first_id[0], 10000), WA_STATUS_OK);
        CHECK_INT(statistic("taken"), 1);
        answer page = history(client, NULL);
        CHECK_INT(json_count(page.json, "messages"), 1);
        done(page);
    }
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("a reference again, in conflict, and by four callers at once");
}

static void pages(void) {
    client = client_of("pages", "");
    for (int i = 0; i < 57; i++) {
        char text[20];
        snprintf(text, sizeof text, "Message %d", i);
        EXPECT(send_text(client, ANN, text, NULL), WA_STATUS_OK);
    }
    for (int oldest = 0; oldest < 2; oldest++) {
        char query[300];
        bool seen[57] = {0};
        int count = 0, turns = 0;
        snprintf(query, sizeof query, "{\"limit\":10,\"order\":\"%s\"}", oldest ? "oldest" : "newest");
        for (;;) {
            answer page = history(client, query);
            CHECK_STATUS(page.status, WA_STATUS_OK);
            for (int i = 0; i < json_count(page.json, "messages"); i++) {
                char path[40];
                int number = -1;
                snprintf(path, sizeof path, "messages[%d].text", i);
                if (oldest && !strcmp(json_get(page.json, path), "Late")) continue;
                CHECK_INT(sscanf(json_get(page.json, path), "Message %d", &number), 1);
                CHECK(number >= 0 && number < 57 && !seen[number]);
                CHECK_INT(number, oldest ? count : 56 - count);
                seen[number] = true;
                count++;
            }
            const char *next = json_get(page.json, "next");
            bool last = !strcmp(next, "null") || !*next;
            snprintf(query, sizeof query, "{\"limit\":10,\"order\":\"%s\",\"cursor\":\"%s\"}", oldest ? "oldest" : "newest", next);
            done(page);
            /* What comes between two pages changes nothing, newest first. */
            if (!oldest && turns++ == 0) EXPECT(send_text(client, ANN, "Late", NULL), WA_STATUS_OK);
            if (last) break;
        }
        CHECK_INT(count, 57);
    }
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("pages of the history: each row once");
}

static void threads_are_gone(void) {
    int before = threads(), open = descriptors();
    for (int i = 0; i < 20; i++) {
        wa_client c = client_of("gone", "");
        EXPECT(send_text(c, ANN, "x", NULL), WA_STATUS_OK);
        CHECK(threads_named("wa-") > 0);
        CHECK_STATUS(close_client(c, 10000), WA_STATUS_OK);
        CHECK_INT(descriptors(), open);
        /* A joined thread stays in /proc for a moment, until the kernel has put it away. */
        WAIT_FOR(threads() == before);
    }
    ok("after close no thread and no descriptor is left");
}

int main(void) {
    after_close();
    threads_are_gone();
    two_close();
    many_send();
    close_during_sends();
    close_in_a_storm();
    close_without_waiting();
    close_wakes_waits();
    cancels();
    timeouts();
    side_by_side();
    references();
    pages();
    return 0;
}
