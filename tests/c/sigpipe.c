/* With the default handling of SIGPIPE, a library that writes to a cut connection ends its host. A server of this
 * program's own takes a part of each request, answers some, then sends FIN and RST: idle, and in the middle. */
#include "host.h"

static int listener;
static atomic_int connections, answered;

static void reset_connection(int s) {
    struct linger hard = {1, 0};
    setsockopt(s, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(s);
}

static bool take(int s, size_t wanted) {
    char buffer[4096];
    while (wanted > 0) {
        ssize_t n = recv(s, buffer, wanted < sizeof buffer ? wanted : sizeof buffer, 0);
        if (n <= 0) return false;
        wanted -= (size_t)n;
    }
    return true;
}

static void *serves(void *unused) {
    (void)unused;
    for (;;) {
        int s = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (s < 0) return NULL;
        switch (connections++ % 4) {
        case 0: /* FIN, then RST, before anything is read */
            shutdown(s, SHUT_WR);
            pause_ms(1);
            break;
        case 1: /* in the middle of the request's head */
            take(s, 40);
            shutdown(s, SHUT_WR);
            break;
        case 2: /* RST at once, in the middle of the request */
            take(s, 300);
            break;
        default: { /* a refusal, then the idle connection is cut, unannounced */
            char request[8192];
            size_t have = 0;
            for (ssize_t n; have < sizeof request - 1 && (n = recv(s, request + have, sizeof request - 1 - have, 0)) > 0;) {
                have += (size_t)n;
                request[have] = 0;
                char *blank = strstr(request, "\r\n\r\n"), *length = strcasestr(request, "content-length:");
                if (blank && length && have >= (size_t)(blank + 4 - request) + (size_t)atol(length + 15)) break;
            }
            const char *body = "{\"code\":21211,\"message\":\"no\",\"more_info\":\"x\",\"status\":400}";
            char answer[512];
            int n = snprintf(answer, sizeof answer,
                             "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                             strlen(body), body);
            if (send(s, answer, (size_t)n, MSG_NOSIGNAL) == n) answered++;
            shutdown(s, SHUT_WR);
        }
        }
        reset_connection(s);
    }
}

static wa_client client;
static atomic_int left, by_status[128];
static void *sends(void *unused) {
    (void)unused;
    char text[1600 * 4 + 1]; /* twelve bytes a character on the wire: a body of 19 kB */
    for (int i = 0; i < 1600; i++) memcpy(text + 4 * i, "\xf0\x9f\x98\x80", 5);
    while (left-- > 0) {
        answer a = send_text(client, ANN, text, "{\"timeout_ms\":20000}");
        by_status[a.status]++;
        done(a);
    }
    return NULL;
}

int main(int count, char **arguments) {
    int total = count > 1 ? atoi(arguments[1]) : 1000;
    struct sigaction handling;
    CHECK_INT(sigaction(SIGPIPE, NULL, &handling), 0);
    CHECK(handling.sa_handler == SIG_DFL);

    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof at;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 256) == 0);
    CHECK_INT(getsockname(listener, (struct sockaddr *)&at, &length), 0);
    pthread_t servers[4], senders[8];
    start_many(servers, 4, serves);

    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(at.sin_port));
    CHECK_STATUS(configure(settings_at(url, "sigpipe", ",\"retry\":{\"max_retries\":0}"), &client), WA_STATUS_OK);
    left = total;
    start_many(senders, 8, sends);
    join_many(senders, 8);
    int sum = 0;
    for (int i = 0; i < 128; i++) {
        sum += by_status[i];
        if (by_status[i]) printf("  %d sends: %s\n", by_status[i], wa_status_text(i));
        CHECK(!by_status[i] || i != WA_STATUS_OK);
    }
    CHECK_INT(sum, total);
    CHECK(answered > total / 20);
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    /* The host's own disposition is as it was, and its own threads do not block the signal. */
    CHECK_INT(sigaction(SIGPIPE, NULL, &handling), 0);
    CHECK(handling.sa_handler == SIG_DFL);
    sigset_t blocked;
    CHECK_INT(pthread_sigmask(SIG_BLOCK, NULL, &blocked), 0);
    CHECK(!sigismember(&blocked, SIGPIPE));
    shutdown(listener, SHUT_RDWR);
    join_many(servers, 4);
    close(listener);
    printf("ok: %d sends to a server that cuts connections, SIGPIPE untouched\n", total);

    /* Every thread of the library blocks SIGPIPE, and nothing else. */
    client = client_of("mask", "");
    static char unused[] = "x";
    CHECK_STATUS(plain(wa_on_event(client, NULL, (wa_event_fn)(void (*)(void))ok, unused)), WA_STATUS_OK);
    int seen = 0;
    WAIT_FOR(threads_named("wa-dispatcher") == 1);
    pause_ms(50);
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task; (task = readdir(tasks));) {
        char path[300], line[256], name[64] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/status", task->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        while (fgets(line, sizeof line, file)) {
            sscanf(line, "Name: %63s", name);
            unsigned long long mask;
            if (sscanf(line, "SigBlk: %llx", &mask) == 1 && !strncmp(name, "wa-", 3)) {
                seen++;
                if (mask != 1ull << (SIGPIPE - 1) && !getenv("WA_SLOW"))
                    fail(__FILE__, __LINE__, "the thread %s blocks %llx", name, mask);
            }
        }
        fclose(file);
    }
    closedir(tasks);
    CHECK(seen >= 5);
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    ok("every thread of the library blocks SIGPIPE and nothing else");
    return 0;
}
