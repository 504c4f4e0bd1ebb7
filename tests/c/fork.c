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

int main(void) {
    client = client_of("fork", "");
    EXPECT(send_text(client, ANN, "Before the fork", NULL), WA_STATUS_OK);
    for (int i = 0; i < 10; i++) {
        fflush(NULL);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) _exit(child());
        int status;
        CHECK(waitpid(pid, &status, 0) == pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status)) fail(__FILE__, __LINE__, "the child ended with %x (line or reason %d)", status, WEXITSTATUS(status));
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
        _exit(close_client(own, 10000) == WA_STATUS_OK ? 0 : 9);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("the child configures a client of its own");
    return 0;
}
