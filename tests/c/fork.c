/* After a fork the child has none of the library's threads, and the locks that they held stay locked in it: whatever
 * was alive at the fork, every call says FORKED at once, and the parent goes on. Where nothing was alive, the child
 * may use the library as its own. A program that is started by fork and exec always may. */
#include "host.h"
#include <poll.h>
#include <spawn.h>

#define AT_MOST 10 /* seconds for all that a child does */
#define ID "018f0000-0000-7000-8000-000000000000"

static wa_client client;
static int tell[2];
extern char **environ;

/* All calls; the line of the first that is not FORKED, or 0. */
static int all_forked(void) {
    char *json = NEVER_SET;
    wa_client own = 1;
#define FORKED(call) if ((call) != WA_STATUS_FORKED) return __LINE__
    FORKED(wa_send(client, ANN, "x", NULL, &json));
    if (!json || !strstr(json, "\"forked\"") || !strstr(wa_last_error(), "\"forked\"")) return __LINE__;
    wa_string_free(json);
    FORKED(wa_configure(settings("fork_child", ""), &own));
    if (own != 0) return __LINE__;
    FORKED(wa_send_template(client, ANN, "x", NULL, NULL, NULL));
    FORKED(wa_send_message(client, ANN, HELLO, NULL, NULL));
    FORKED(wa_submit(client, ANN, HELLO, NULL, NULL));
    FORKED(wa_wait(client, ID, 60000, NULL));
    FORKED(wa_cancel(client, ID, NULL));
    FORKED(wa_history(client, NULL, NULL));
    FORKED(wa_history_count(client, NULL, NULL));
    FORKED(wa_history_export(client, NULL, NULL, NULL));
    FORKED(wa_history_purge(client, NULL, NULL));
    FORKED(wa_history_erase(client, NULL, NULL));
    FORKED(wa_history_take(client, NULL, 60000, NULL));
    FORKED(wa_recover(client, NULL, NULL));
    FORKED(wa_next_event(client, NULL, 60000, NULL));
    FORKED(wa_webhook(client, "{\"method\":\"GET\",\"url\":\"/\"}", NULL, 0, NULL));
    FORKED(wa_update(client, "{}"));
    FORKED(wa_on_event(client, NULL, NULL, NULL));
    FORKED(wa_on_log(client, 3, NULL, NULL));
    FORKED(wa_close(client, UINT32_MAX));
    FORKED(wa_send(0, ANN, "x", NULL, NULL));
    return 0;
}

/* The whole road, with a client of its own; the line that failed, or 0. */
static int road(const char *name) {
    wa_client own = 0;
    if (wa_configure(settings(name, ""), &own) != WA_STATUS_OK) return __LINE__;
    if (wa_send(own, ANN, "From a child", NULL, NULL) != WA_STATUS_OK) return __LINE__;
    return wa_close(own, 10000) == WA_STATUS_OK ? 0 : __LINE__;
}
static int road_of_child(void) { return road("fork_child"); }

/* The child of a moment at which it cannot be known whether something was alive: it works, or it is FORKED. */
static int either(void) {
    wa_client own = 0;
    wa_status status = wa_configure(settings("fork_child", ""), &own);
    if (status == WA_STATUS_FORKED) return all_forked();
    if (status != WA_STATUS_OK) return __LINE__;
    return wa_close(own, 10000) == WA_STATUS_OK ? 0 : __LINE__;
}

static int forks_again(void) {
    pid_t pid = fork();
    if (pid == 0) {
        if (all_forked() == 0) kill(getpid(), SIGKILL); /* as in `in_child` */
        _exit(1);
    }
    int status;
    return waitpid(pid, &status, 0) == pid && status == SIGKILL ? 0 : __LINE__;
}

/* Forks, and gives what `child` gave: it tells it through a pipe and is gone without an exit, as a check for leaks would
 * miss the memory of threads that are not there. A child that hangs is ended. */
static int in_child(int (*child)(void)) {
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        int result = child();
        if (write(tell[1], &result, sizeof result) == sizeof result) kill(getpid(), SIGKILL);
        _exit(1);
    }
    int result = -1, status;
    struct pollfd answer = {tell[0], POLLIN, 0};
    bool told = poll(&answer, 1, (int)(AT_MOST * 1000 * patience())) == 1;
    if (told) CHECK(read(tell[0], &result, sizeof result) == sizeof result);
    if (!told) kill(pid, SIGKILL);
    CHECK(waitpid(pid, &status, 0) == pid);
    if (!told) fail(__FILE__, __LINE__, "a child hung, or ended with %x", status);
    return result; /* else it is the line */
}

static atomic_bool stop;
static atomic_int rounds_done;

static void *sends(void *unused) {
    while (!stop) {
        EXPECT(send_text(client, ANN, "Beside the forks", NULL), WA_STATUS_OK);
        rounds_done++;
    }
    return unused;
}
static void *configures(void *number) {
    char name[32];
    snprintf(name, sizeof name, "fork_beside%ld", (long)number);
    while (!stop) {
        wa_client own = client_of(name, "");
        CHECK_STATUS(close_client(own, 20000), WA_STATUS_OK);
        rounds_done++;
    }
    return NULL;
}
static void *fails(void *unused) {
    while (!stop) {
        wa_client own;
        CHECK_STATUS(wa_configure("{\"provider\":1}", &own), WA_STATUS_JSON);
        CHECK_STATUS(wa_send(1, ANN, "x", NULL, NULL), WA_STATUS_NO_CLIENT);
    }
    return unused;
}

int main(int count, char **arguments) {
    if (count > 2) return road("fork_exec");
    int forks = count > 1 ? atoi(arguments[1]) : 200;
    CHECK(pipe(tell) == 0);

    CHECK_INT(in_child(road_of_child), 0);
    ok("a child that was forked before anything was configured works");

    client = client_of("fork", "");
    EXPECT(send_text(client, ANN, "Before the fork", NULL), WA_STATUS_OK);
    for (int i = 0; i < 10; i++) {
        CHECK_INT(in_child(all_forked), 0);
        EXPECT(send_text(client, ANN, "After the fork", NULL), WA_STATUS_OK);
    }
    CHECK_INT(in_child(forks_again), 0);
    ok("in the child every call is FORKED, also in its child; the parent goes on");

    char *again[] = {(char *)environment("WA_HOST"), "x", "exec", NULL};
    pid_t pid;
    int status;
    fflush(NULL);
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        execve(again[0], again, environ);
        _exit(1);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_INT(status, 0);
    CHECK_INT(posix_spawn(&pid, again[0], NULL, NULL, again, environ), 0);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_INT(status, 0);
    ok("a program that is started by fork and exec, or posix_spawn, works");

    if (forks == 0) {
        /* Of GCC 12: malloc in the child waits for a lock that a thread of the parent held. */
        printf("SKIPPED: forks beside busy threads: the sanitizer's malloc does not survive them\n");
    } else {
        static void *(*const work[])(void *) = {sends, sends, configures, configures, configures, fails, fails};
        enum { WORKERS = sizeof work / sizeof *work };
        pthread_t all[WORKERS];
        for (long i = 0; i < WORKERS; i++) CHECK_INT(pthread_create(&all[i], NULL, work[i], (void *)i), 0);
        for (int i = 0; i < forks; i++) CHECK_INT(in_child(all_forked), 0);
        int before = rounds_done;
        WAIT_FOR(rounds_done > before + 10);
        stop = true;
        join_many(all, WORKERS);
        printf("ok: %d forks beside threads that send, configure and close: every call FORKED, none hangs\n", forks);
    }

    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    CHECK_INT(in_child(road_of_child), 0);
    EXPECT(send_text(client, ANN, "x", NULL), WA_STATUS_NO_CLIENT);
    ok("once all clients are closed, a child configures one of its own");

    if (forks > 0) {
        pthread_t one[2];
        stop = false;
        CHECK_INT(pthread_create(&one[0], NULL, configures, (void *)9), 0);
        CHECK_INT(pthread_create(&one[1], NULL, fails, NULL), 0);
        for (int i = 0; i < forks; i++) CHECK_INT(in_child(either), 0);
        stop = true;
        join_many(one, 2);
        printf("ok: %d forks while clients come and go: a child works or is FORKED, none hangs\n", forks);
    }
    return road("fork");
}
