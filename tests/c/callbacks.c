/* Callbacks for events and log records, and what may be called from inside of them. */
#include "host.h"

static wa_client client;
static atomic_int events, records, inside, at_once;
static atomic_bool hold, entered;

static void enter(void) {
    if (inside++ > 0) at_once++;
}

static void counts_events(void *user, const char *json) {
    enter();
    keep_json("event", json);
    CHECK_TEXT((const char *)user, "mine");
    CHECK_TEXT(json_get(json, "kind"), "message");
    CHECK(*json_get(json, "id"));
    events++;
    inside--;
}

static void counts_records(void *user, int32_t level, const char *json) {
    enter();
    keep_json("log_record", json);
    CHECK_TEXT((const char *)user, "mine");
    CHECK(level >= 1 && level <= 5);
    CHECK(*json_get(json, "message"));
    records++;
    inside--;
}

static void both(void) {
    char user[] = "mine";
    client = client_of("both", ",\"log\":{\"level\":\"trace\"}");
    CHECK_STATUS(plain(wa_on_event(client, NULL, counts_events, user)), WA_STATUS_OK);
    CHECK_STATUS(plain(wa_on_log(client, 5, counts_records, user)), WA_STATUS_OK);
    for (int i = 0; i < 50; i++) EXPECT(send_text(client, ANN, "Tell me", NULL), WA_STATUS_OK);
    WAIT_FOR(events >= 50 && records >= 50);
    CHECK_INT(events, 50);
    CHECK_INT(at_once, 0);
    /* Unset: nothing comes any more. */
    CHECK_STATUS(plain(wa_on_event(client, NULL, NULL, NULL)), WA_STATUS_OK);
    CHECK_STATUS(plain(wa_on_log(client, 3, NULL, NULL)), WA_STATUS_OK);
    memset(user, 'x', 4);
    int had = records;
    EXPECT(send_text(client, ANN, "Do not tell me", NULL), WA_STATUS_OK);
    pause_ms(700);
    CHECK_INT(events, 50);
    CHECK_INT(records, had);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("callbacks for events and records, one at a time; unset");
}

/* Everything from inside of a callback. */
static atomic_int tried;
static char event_id[40];
static void tries_all(void *user, const char *json) {
    (void)user;
    if (tried) return;
    wa_client other = 5;
    snprintf(event_id, sizeof event_id, "%s", json_get(json, "outcome.id"));
    EXPECT(send_text(client, ANN, "x", NULL), WA_STATUS_WOULD_DEADLOCK);
    EXPECT(send_template(client, ANN, "welcome_here", "[\"x\"]", NULL), WA_STATUS_WOULD_DEADLOCK);
    EXPECT(send_message(client, ANN, HELLO, NULL), WA_STATUS_WOULD_DEADLOCK);
    EXPECT(wait_for(client, event_id, 0), WA_STATUS_WOULD_DEADLOCK);
    EXPECT(history(client, NULL), WA_STATUS_WOULD_DEADLOCK);
    EXPECT(next_event(client, NULL, 1), WA_STATUS_WOULD_DEADLOCK);
    CHECK_STATUS(plain(wa_on_event(client, NULL, NULL, NULL)), WA_STATUS_WOULD_DEADLOCK);
    CHECK_STATUS(plain(wa_on_log(client, 3, NULL, NULL)), WA_STATUS_WOULD_DEADLOCK);
    CHECK_STATUS(close_client(client, 0), WA_STATUS_WOULD_DEADLOCK);
    CHECK_STATUS(configure(settings("inside", ""), &other), WA_STATUS_WOULD_DEADLOCK);
    CHECK(other == 0);
    /* These may be called. */
    EXPECT(submit(client, "+12025550198", HELLO, NULL), WA_STATUS_OK);
    EXPECT(cancel(client, event_id), WA_STATUS_TOO_LATE);
    EXPECT(next_event(client, NULL, 0), WA_STATUS_OK);
    CHECK_STATUS(plain(wa_update(client, "{\"log\":{\"level\":\"debug\"}}")), WA_STATUS_OK);
    CHECK(*wa_version() && *wa_status_text(0));
    tried = 1;
}
static void from_inside(void) {
    client = client_of("from_inside", "");
    CHECK_STATUS(plain(wa_on_event(client, "{\"include\":[\"message\"]}", tries_all, NULL)), WA_STATUS_OK);
    EXPECT(send_text(client, ANN, "Call me", NULL), WA_STATUS_OK);
    WAIT_FOR(tried);
    answer a = {0};
    WAIT_FOR((done(a), a = history(client, "{\"recipient\":\"+12025550198\",\"status\":[\"accepted\"]}"), json_count(a.json, "messages") == 1));
    done(a);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("WOULD_DEADLOCK for every call that can wait; the others work");
}

static void holds(void *user, const char *json) {
    (void)json;
    (*(atomic_int *)user)++;
    entered = true;
    while (hold) pause_ms(2);
}
static void *lets_go(void *ms) {
    pause_ms((long)ms);
    hold = false;
    return NULL;
}

static void unset_while_running(void) {
    atomic_int calls = 0;
    pthread_t helper;
    client = client_of("unset", "");
    hold = true;
    entered = false;
    CHECK_STATUS(plain(wa_on_event(client, NULL, holds, &calls)), WA_STATUS_OK);
    EXPECT(send_text(client, ANN, "1", NULL), WA_STATUS_OK);
    EXPECT(send_text(client, ANN, "2", NULL), WA_STATUS_OK);
    WAIT_FOR(entered);
    CHECK_INT(pthread_create(&helper, NULL, lets_go, (void *)300), 0);
    double began = now();
    CHECK_STATUS(plain(wa_on_event(client, NULL, NULL, NULL)), WA_STATUS_OK);
    CHECK(!hold && now() - began > 0.1); /* it waited for the one that was running */
    CHECK_INT(calls, 1);
    pthread_join(helper, NULL);
    /* One that hangs: TIMEOUT, and it does not start again. */
    hold = true;
    entered = false;
    CHECK_STATUS(plain(wa_on_event(client, NULL, holds, &calls)), WA_STATUS_OK);
    WAIT_FOR(entered);
    CHECK_STATUS(plain(wa_on_event(client, NULL, NULL, NULL)), WA_STATUS_TIMEOUT);
    hold = false;
    int had = calls;
    EXPECT(send_text(client, ANN, "3", NULL), WA_STATUS_OK);
    pause_ms(700);
    CHECK_INT(calls, had);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("unset while the callback runs");
}

static void slow_and_close(void) {
    atomic_int *calls = calloc(1, sizeof *calls);
    client = client_of("slow", "");
    hold = true;
    entered = false;
    CHECK_STATUS(plain(wa_on_event(client, NULL, holds, calls)), WA_STATUS_OK);
    EXPECT(send_text(client, ANN, "1", NULL), WA_STATUS_OK);
    EXPECT(send_text(client, ANN, "2", NULL), WA_STATUS_OK);
    WAIT_FOR(entered);
    CHECK_STATUS(close_client(client, 100), WA_STATUS_CLOSE_PENDING);
    CHECK_STATUS(close_client(client, 0), WA_STATUS_CLOSE_PENDING);
    EXPECT(send_text(client, ANN, "3", NULL), WA_STATUS_CLOSED);
    hold = false;
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    CHECK_INT(*calls, 1);
    free(calls); /* after OK nothing may touch it */
    ok("a slow callback: CLOSE_PENDING, then OK, and no further call");
}

static void own_log(void *user, int32_t level, const char *json) {
    (void)level;
    char *mine = user;
    const char *about = json_get(json, "correlation_id");
    if (*about && strcmp(about, "null")) CHECK_TEXT(about, mine);
    mine[20]++;
}
static void own_logs(void) {
    wa_client all[3];
    char user[3][32] = {"first", "second", "third"};
    for (int i = 0; i < 3; i++) {
        all[i] = client_of(user[i], ",\"log\":{\"level\":\"trace\"}");
        CHECK_STATUS(plain(wa_on_log(all[i], 5, own_log, user[i])), WA_STATUS_OK);
    }
    for (int n = 0; n < 10; n++)
        for (int i = 0; i < 3; i++) {
            char options[64];
            snprintf(options, sizeof options, "{\"correlation_id\":\"%.9s\"}", user[i]);
            EXPECT(send_text(all[i], ANN, "Whose log?", options), WA_STATUS_OK);
        }
    for (int i = 0; i < 3; i++) {
        WAIT_FOR(user[i][20] >= 10);
        CHECK_STATUS(close_client(all[i], 10000), WA_STATUS_OK);
    }
    ok("several clients, each with its own log");
}

/* Setting and unsetting from several threads while events come. */
static atomic_int flips;
static void *flips_callbacks(void *number) {
    static char user[] = "mine";
    for (int i = 0; i < 30; i++) {
        if ((long)number % 2) CHECK_STATUS(plain(wa_on_event(client, NULL, i % 2 ? counts_events : NULL, user)), WA_STATUS_OK);
        else CHECK_STATUS(plain(wa_on_log(client, 5, i % 2 ? counts_records : NULL, user)), WA_STATUS_OK);
        flips++;
    }
    return NULL;
}
static void flipping(void) {
    pthread_t all[4];
    client = client_of("flip", ",\"log\":{\"level\":\"trace\"}");
    at_once = 0;
    start_many(all, 4, flips_callbacks);
    while (flips < 120) EXPECT(send_text(client, ANN, "Flip", NULL), WA_STATUS_OK);
    join_many(all, 4);
    CHECK_INT(at_once, 0);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("set and unset from four threads while events come");
}

static void by_polling(void) {
    client = client_of("polling", "");
    char options[200] = "{\"consumer\":\"me\"}";
    EXPECT(next_event(client, options, 0), WA_STATUS_OK);
    for (int i = 0; i < 25; i++) EXPECT(send_text(client, ANN, "Poll", NULL), WA_STATUS_OK);
    int count = 0;
    while (count < 25) {
        answer page = next_event(client, options, 5000);
        CHECK_STATUS(page.status, WA_STATUS_OK);
        CHECK(json_count(page.json, "events") > 0);
        count += json_count(page.json, "events");
        snprintf(options, sizeof options, "{\"consumer\":\"me\",\"max\":7,\"after\":\"%s\"}", json_get(page.json, "cursor"));
        done(page);
    }
    CHECK_INT(count, 25);
    double began = now();
    answer none = next_event(client, options, 300);
    CHECK_STATUS(none.status, WA_STATUS_OK);
    CHECK_INT(json_count(none.json, "events"), 0);
    CHECK(now() - began > 0.25);
    done(none);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    /* What was acknowledged does not come again, in the next client either. */
    client = client_of("polling", "");
    none = next_event(client, "{\"consumer\":\"me\"}", 0);
    CHECK_INT(json_count(none.json, "events"), 0);
    done(none);
    none = next_event(client, "{\"consumer\":\"you\",\"max\":1000}", 0);
    CHECK_INT(json_count(none.json, "events"), 25);
    done(none);
    none = next_event(client, "{\"include\":[\"log\"]}", 0);
    CHECK(json_count(none.json, "events") > 0);
    CHECK_TEXT(json_get(none.json, "events[0].kind"), "log");
    done(none);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("events by polling: acknowledged, and remembered");
}

int main(void) {
    both();
    from_inside();
    unset_while_running();
    slow_and_close();
    own_logs();
    flipping();
    by_polling();
    return 0;
}
