/* Configure and close, many times, then many sends: memory, threads and file descriptors stay flat.
 *
 *   rounds ROUNDS SENDS
 *
 * A parent reads the child's numbers from /proc, so that the child's own measuring does not show in them. */
#include "host.h"

enum { TENTHS = 10, WARM = 1000, SENDERS = 8 };
typedef struct {
    long rss_kb[TENTHS], peak_kb[TENTHS], threads[TENTHS], descriptors[TENTHS], sockets[TENTHS];
} course;

static long of_status(pid_t pid, const char *key) {
    char path[64], line[256];
    long value = -1;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, key, strlen(key))) value = atol(line + strlen(key));
    fclose(file);
    return value;
}

/* Connections are kept for the next request: as many as were under way at once, which is chance. So sockets have a
 * limit, and all other descriptors an exact number. */
static void count_descriptors(pid_t pid, long *sockets, long *others) {
    char path[64], kind[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    *sockets = *others = 0;
    DIR *open = opendir(path);
    CHECK(open != NULL);
    for (struct dirent *one; (one = readdir(open));) {
        ssize_t length = readlinkat(dirfd(open), one->d_name, kind, sizeof kind);
        if (length > 7 && !strncmp(kind, "socket:", 7)) (*sockets)++;
        else if (length > 0) (*others)++;
    }
    closedir(open);
}

/* The child does a tenth for each byte it is sent, and answers with one. */
static course watch(pid_t pid, int to, int from) {
    course c;
    for (int i = 0; i < TENTHS; i++) {
        char byte = 'x';
        CHECK(write(to, &byte, 1) == 1);
        CHECK(read(from, &byte, 1) == 1);
        /* A joined thread stays in /proc for a moment, until the kernel has put it away: the least of some looks. */
        c.threads[i] = of_status(pid, "Threads:");
        for (int looks = 0; looks < 50; looks++) {
            pause_ms(2);
            long seen = of_status(pid, "Threads:");
            if (seen < c.threads[i]) c.threads[i] = seen;
        }
        c.rss_kb[i] = of_status(pid, "VmRSS:");
        c.peak_kb[i] = of_status(pid, "VmHWM:");
        count_descriptors(pid, &c.sockets[i], &c.descriptors[i]);
    }
    return c;
}

static void flat(const char *what, course c) {
    printf("  %s: RSS kB", what);
    for (int i = 0; i < TENTHS; i++) printf(" %ld", c.rss_kb[i]);
    printf(", peak %ld, threads %ld to %ld, descriptors %ld to %ld, sockets %ld to %ld\n", c.peak_kb[TENTHS - 1], c.threads[1], c.threads[TENTHS - 1],
           c.descriptors[1], c.descriptors[TENTHS - 1], c.sockets[1], c.sockets[TENTHS - 1]);
    fflush(stdout);
    CHECK_INT(c.threads[TENTHS - 1], c.threads[1]);
    CHECK_INT(c.descriptors[TENTHS - 1], c.descriptors[1]);
    for (int i = 0; i < TENTHS; i++) CHECK(c.sockets[i] <= 2 * SENDERS);
#if defined(__SANITIZE_ADDRESS__)
    return; /* its quarantine grows by design; leaks are its own business */
#endif
    if (getenv("WA_SLOW")) return; /* valgrind's own memory */
    /* Until half of it SQLite's page cache fills, which ends at its limit. The same loss a send is found in what follows. */
    long grown = c.rss_kb[TENTHS - 1] - c.rss_kb[TENTHS / 2 - 1];
    if (grown > 640) fail(__FILE__, __LINE__, "%s: %ld kB more after the last tenth than after the half", what, grown);
}

static bool next(int from) {
    char byte;
    return read(from, &byte, 1) == 1;
}
static void told(int to) { CHECK(write(to, "x", 1) == 1); }

static wa_client client;
static atomic_int left;
static void *sends(void *unused) {
    (void)unused;
    while (left-- > 0) {
        char *json = NULL;
        CHECK_STATUS(wa_send(client, ANN, "One of very many", NULL, &json), WA_STATUS_OK);
        wa_string_free(json);
    }
    return NULL;
}

static void child(int from, int to, int rounds, int sends_wanted) {
    unsetenv("WA_JSON_LOG");
    for (int tenth = 0; tenth < TENTHS; tenth++) {
        CHECK(next(from));
        for (int i = 0; i < rounds / TENTHS; i++) {
            wa_client c;
            CHECK_STATUS(wa_configure(settings("rounds", ""), &c), WA_STATUS_OK);
            CHECK_STATUS(wa_close(c, 20000), WA_STATUS_OK);
        }
        told(to);
    }
    CHECK(next(from));
    client = client_of("sends", "");
    /* What fills once, such as the database's cache, is filled before the first tenth. */
    pthread_t all[SENDERS];
    left = WARM;
    start_many(all, SENDERS, sends);
    join_many(all, SENDERS);
    for (int tenth = 0; tenth < TENTHS; tenth++) {
        CHECK(next(from));
        left = sends_wanted / TENTHS;
        start_many(all, SENDERS, sends);
        join_many(all, SENDERS);
        told(to);
    }
    CHECK(next(from));
    CHECK_STATUS(wa_close(client, 20000), WA_STATUS_OK);
    told(to);
}

int main(int count, char **arguments) {
    int rounds = count > 1 ? atoi(arguments[1]) : 500, wanted = count > 2 ? atoi(arguments[2]) : 5000;
    int down[2], up[2];
    CHECK(pipe(down) == 0 && pipe(up) == 0);
    fflush(NULL);
    pid_t pid = fork(); /* before the library is used */
    CHECK(pid >= 0);
    if (pid == 0) {
        close(down[1]), close(up[0]);
        child(down[0], up[1], rounds, wanted);
        exit(0);
    }
    close(down[0]), close(up[1]);
    course c = watch(pid, down[1], up[0]);
    flat("configure and close", c);
    CHECK(write(down[1], "x", 1) == 1);
    printf("ok: %d rounds of configure and close: memory, threads and descriptors are flat\n", rounds);
    c = watch(pid, down[1], up[0]);
    flat("sends", c);
    int status;
    char byte = 'x';
    CHECK(write(down[1], &byte, 1) == 1);
    CHECK(read(up[0], &byte, 1) == 1);
    CHECK(waitpid(pid, &status, 0) == pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status)) fail(__FILE__, __LINE__, "the child ended with %x", status);
    CHECK_INT(statistic("taken"), wanted + WARM);
    printf("ok: %d sends: memory, threads and descriptors are flat\n", wanted);
    return 0;
}
