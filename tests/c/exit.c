/* A process may end without wa_close, whatever the library is doing: its exit status is its own. With PostgreSQL the
 * threads are inside the driver and TLS while the exit handlers of those run.
 *
 *   exit ROUNDS         runs itself again and again; needs WA_TEST_PG for PostgreSQL
 *   exit child ..       one such process */
#include "host.h"
#include "postgres.h"
#include <spawn.h>

#define TOGETHER 4 /* processes at once */
#define SCHEMA "wa_exit"
#define HANGS "Under way at the end" /* the simulator never answers this text */

extern char **environ;
static wa_client client;
static bool postgres;

/* The history of this run: one SQLite file, or one schema, that all processes share. */
static const char *settings_here(void) {
    const char *more = ",\"log\":{\"level\":\"trace\"}";
    return postgres ? settings_of_postgres(SCHEMA, more) : settings("exit", more);
}

/* ---- the process that ends ---- */

static atomic_int sent;

static void *sends_once(void *unused) {
    char *json = NULL;
    wa_send(client, ANN, HANGS, NULL, &json);
    return (void)unused, json;
}
static void *sends_on(void *unused) {
    for (;;) {
        char *json = NULL;
        if (wa_send(client, ANN, "One of many", NULL, &json) == WA_STATUS_OK) sent++;
        wa_string_free(json);
    }
    return unused;
}
static void *configures(void *text) {
    for (;;) {
        wa_client own = 0;
        wa_configure(text, &own); /* what it gives while the process ends is nobody's business */
        wa_close(own, 10000);
    }
    return text;
}
static void *exits(void *unused) {
    exit(7);
    return unused;
}
static void exits_inside(void *user_data, const char *event) {
    (void)user_data, (void)event;
    if (sent >= MANY) exit(7);
}
static void closes(void) {
    double began = now();
    wa_status status = wa_close(client, 3000);
    if (status != WA_STATUS_OK && status != WA_STATUS_CLOSE_PENDING) _exit(10);
    if (now() - began > 8 * patience()) _exit(11);
}

/* Runs after the handlers of what was loaded later: the driver and its TLS. */
static void lingers(void) { pause_ms(50); }

static int child(const char *how, int random, int ready) {
    static pthread_t all[MANY];
    pthread_t one;
    CHECK(atexit(lingers) == 0);
    if (!strcmp(how, "atexit")) CHECK(atexit(closes) == 0);
    if (!strcmp(how, "configure")) {
        CHECK_INT(pthread_create(&one, NULL, configures, (void *)settings_here()), 0);
        WAIT_FOR(threads_named("wa-history-writ") > 0); /* its first work is to connect */
        pause_ms(random % 60);
        return 7;
    }
    CHECK_STATUS(wa_configure(settings_here(), &client), WA_STATUS_OK);
    if (!strcmp(how, "return")) {
        start_many(all, MANY, sends_once);
        char byte;
        CHECK(read(ready, &byte, 1) == 0); /* the parent says when */
        return 7;
    }
    if (!strcmp(how, "callback")) CHECK_STATUS(wa_on_event(client, NULL, exits_inside, NULL), WA_STATUS_OK);
    start_many(all, MANY, sends_on);
    WAIT_FOR(sent >= MANY);
    if (!strcmp(how, "callback")) return sleep(60), 12;
    pause_ms(random % 20);
    if (!strcmp(how, "_exit")) _exit(7);
    if (!strcmp(how, "thread")) {
        CHECK_INT(pthread_create(&one, NULL, exits, NULL), 0);
        return sends_on(NULL), 13;
    }
    return 7; /* "busy", "atexit" */
}

/* ---- the parent ---- */

static pid_t start(const char *how, int random, int ready) {
    char number[16], handle[16];
    snprintf(number, sizeof number, "%d", random);
    snprintf(handle, sizeof handle, "%d", ready);
    char *again[] = {(char *)environment("WA_HOST"), "child", (char *)how, postgres ? "postgres" : "sqlite", number, handle, NULL};
    pid_t pid;
    CHECK_INT(posix_spawn(&pid, again[0], NULL, NULL, again, environ), 0);
    return pid;
}
static void ended(pid_t pid, const char *how, int round) {
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 7)
        fail(__FILE__, __LINE__, "%s, %s: round %d ended with %x, not 7", how, postgres ? "PostgreSQL" : "SQLite", round, status);
}

/* Return 7 from main with 64 sends under way at the provider. */
static void returns(int rounds) {
    double began = now();
    for (int round = 0; round < rounds;) {
        int together = rounds - round < TOGETHER ? rounds - round : TOGETHER, go[2];
        pid_t pid[TOGETHER];
        long before = statistic("in_flight");
        CHECK(pipe(go) == 0);
        CHECK(fcntl(go[1], F_SETFD, FD_CLOEXEC) == 0);
        for (int i = 0; i < together; i++) pid[i] = start("return", 0, go[0]);
        WAIT_FOR(statistic("in_flight") >= before + (long)together * MANY);
        if (postgres && round == 0) {
            int encrypted = ask("select count(*)::int from pg_stat_ssl join pg_stat_activity using (pid) "
                                "where ssl and datname = current_database() and pid <> pg_backend_pid()");
            int plain_text = ask("select count(*)::int from pg_stat_ssl join pg_stat_activity using (pid) "
                                 "where not ssl and datname = current_database()");
            if (encrypted < together || plain_text > 0)
                fail(__FILE__, __LINE__, "%d sessions with TLS and %d without", encrypted, plain_text);
            ok("their sessions are encrypted, says pg_stat_ssl");
        }
        close(go[1]);
        for (int i = 0; i < together; i++) ended(pid[i], "return", round++);
        close(go[0]);
        WAIT_FOR(statistic("in_flight") == 0);
    }
    printf("ok: %s: return 7 from main with %d sends under way is 7, %d times, %.0f s\n", postgres ? "PostgreSQL with TLS" : "SQLite", MANY, rounds, now() - began);
    fflush(stdout);
}

/* What the ended processes left is known to the next client, and none is sent twice. */
static void nothing_lost(int rounds) {
    CHECK_STATUS(wa_configure(settings_here(), &client), WA_STATUS_OK);
    CHECK_INT(count_history(client), rounds * MANY);
    CHECK_INT(statistic("taken"), 0);
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    ok("the next client finds every message of the ended processes");
}

/* The same at any moment of its work, by other ways of ending. */
static void ends(const char *how, int rounds) {
    double began = now();
    for (int round = 0; round < rounds;) {
        pid_t pid[TOGETHER];
        int together = rounds - round < TOGETHER ? rounds - round : TOGETHER;
        for (int i = 0; i < together; i++) pid[i] = start(how, (round + i) * 37, -1);
        for (int i = 0; i < together; i++) ended(pid[i], how, round++);
    }
    printf("ok: %s: %s, %d times, %.0f s\n", postgres ? "PostgreSQL with TLS" : "SQLite", how, rounds, now() - began);
    fflush(stdout);
}

static void all(int rounds) {
    int few = rounds < 8 ? rounds : 8;
    fault("[{\"match\":{\"body_contains\":\"Under way\"},\"fault\":{\"kind\":\"hang\",\"ms\":null}}]");
    returns(rounds);
    nothing_lost(rounds);
    ends("busy", rounds < 40 ? few : 24);
    ends("configure", rounds < 40 ? few : 40); /* a connection that is being opened is what OpenSSL's end crashes */
    ends("thread", few);
    ends("callback", few);
    ends("_exit", few);
    ends("atexit", few < 4 ? few : 4);
    no_faults();
}

int main(int count, char **arguments) {
    if (count > 5 && !strcmp(arguments[1], "child")) {
        postgres = !strcmp(arguments[3], "postgres");
        return child(arguments[2], atoi(arguments[4]), atoi(arguments[5]));
    }
    int rounds = count > 1 ? atoi(arguments[1]) : 200;
    all(rounds < 20 ? rounds : 20);
    if (!*getenv("WA_TEST_PG")) {
        printf("SKIPPED: exit with TLS to PostgreSQL: WA_TEST_PG is not set (tests/postgres.sh start)\n");
        return 0;
    }
    postgres = true;
    open_database();
    new_schema(SCHEMA);
    reset();
    all(rounds);
    ask("drop schema " SCHEMA " cascade");
    return 0;
}
