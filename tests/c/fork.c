/* After a fork the child has none of the library's threads: every call says so, and the parent goes on. */
#include "host.h"

static wa_client client;

static int child(void) {
    char *json = NEVER_SET;
    double began = now();
#define FORKED(call) if ((call) != WA_STATUS_FORKED) return __LINE__
    FORKED(wa_send(client, ANN, "x", NULL, &json));
    if (!json || !strstr(json, "\"forked\"") || !strstr(wa_last_error(), "\"forked\"")) return 1;
    wa_string_free(json);
    FORKED(wa_send_template(client, ANN, "x", NULL, NULL, NULL));
    FORKED(wa_send_message(client, ANN, HELLO, NULL, NULL));
    FORKED(wa_submit(client, ANN, HELLO, NULL, NULL));
    FORKED(wa_wait(client, "018f0000-0000-7000-8000-000000000000", 60000, NULL));
    FORKED(wa_cancel(client, "018f0000-0000-7000-8000-000000000000", NULL));
    FORKED(wa_history(client, NULL, NULL));
    FORKED(wa_next_event(client, NULL, 60000, NULL));
    FORKED(wa_update(client, "{}"));
    FORKED(wa_on_event(client, NULL, NULL, NULL));
    FORKED(wa_on_log(client, 3, NULL, NULL));
    FORKED(wa_close(client, UINT32_MAX));
    if (now() - began > 5) return 2;
    return 0;
}

/* Tells what came of it, and is gone without an exit: a check for leaks would miss the memory of threads that are not
 * there, in a child as in its parent. */
__attribute__((noreturn)) static void end(int pipe, int result) {
    if (write(pipe, &result, sizeof result) == sizeof result) kill(getpid(), SIGKILL);
    _exit(1);
}
static int result_of(int pipe, pid_t pid) {
    int result = -1, status;
    CHECK(read(pipe, &result, sizeof result) == sizeof result);
    CHECK(waitpid(pid, &status, 0) == pid);
    return result;
}

int main(void) {
    int tell[2];
    CHECK(pipe(tell) == 0);
    client = client_of("fork", "");
    EXPECT(send_text(client, ANN, "Before the fork", NULL), WA_STATUS_OK);
    for (int i = 0; i < 10; i++) {
        fflush(NULL);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) end(tell[1], child());
        CHECK_INT(result_of(tell[0], pid), 0); /* else it is the line in `child` */
        EXPECT(send_text(client, ANN, "After the fork", NULL), WA_STATUS_OK);
    }
    ok("in the child every call is FORKED, the parent goes on");

    /* The child may configure a client of its own. */
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        wa_client own = client_of("fork_child", "");
        EXPECT(send_text(own, ANN, "From the child", NULL), WA_STATUS_OK);
        end(tell[1], close_client(own, 10000));
    }
    CHECK_INT(result_of(tell[0], pid), WA_STATUS_OK);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("the child configures a client of its own");
    return 0;
}
