/* A process may end without wa_close, with 64 sends under way: its exit status is its own. */
#include "host.h"
#include <spawn.h>

static wa_client client;
extern char **environ;

static void *sends(void *unused) {
    (void)unused;
    char *json = NULL;
    wa_send(client, ANN, "Under way at the end", NULL, &json);
    return json;
}

static int hosted(void) {
    static pthread_t all[MANY];
    client = client_of("exit", ",\"log\":{\"level\":\"trace\"}");
    long before = statistic("in_flight");
    start_many(all, MANY, sends);
    WAIT_FOR(statistic("in_flight") >= before + MANY);
    return 7;
}

int main(int count, char **arguments) {
    if (count > 2) return hosted();
    int rounds = count > 1 ? atoi(arguments[1]) : 20;
    fault("[{\"match\":{\"method\":\"POST\"},\"fault\":{\"kind\":\"hang\",\"ms\":null}}]");
    for (int i = 0; i < rounds; i++) {
        char *again[] = {(char *)environment("WA_HOST"), "x", "child", NULL};
        pid_t pid;
        CHECK_INT(posix_spawn(&pid, again[0], NULL, NULL, again, environ), 0);
        int status;
        CHECK(waitpid(pid, &status, 0) == pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) fail(__FILE__, __LINE__, "round %d ended with %x, not 7", i, status);
        WAIT_FOR(statistic("in_flight") == 0);
    }
    no_faults();
    printf("ok: return 7 from main with %d sends under way is 7, %d times\n", MANY, rounds);
    /* What the ended processes left is known to the next client, and none is sent twice. */
    client = client_of("exit", "");
    int seen = 0;
    char query[200] = "{\"limit\":500}";
    for (bool last = false; !last;) {
        answer page = history(client, query);
        CHECK_STATUS(page.status, WA_STATUS_OK);
        seen += json_count(page.json, "messages");
        const char *next = json_get(page.json, "next");
        last = !*next || !strcmp(next, "null");
        snprintf(query, sizeof query, "{\"limit\":500,\"cursor\":\"%s\"}", next);
        done(page);
    }
    CHECK_INT(seen, rounds * MANY);
    CHECK_INT(statistic("taken"), 0);
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    ok("the next client finds every message of the ended processes");
    return 0;
}
