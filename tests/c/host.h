/* What the test hosts share beside checks.h: the simulator's control, and what this process uses. Header only; each host is
 * one file and one program. */
#ifndef HOST_H
#define HOST_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include "checks.h"

/* ---- time ---- */

static UNUSED double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static UNUSED void pause_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* ---- every JSON that the library gave: kept for check_json.py ---- */

static UNUSED void keep_json(const char *schema, const char *json) {
    const char *file = getenv("WA_JSON_LOG");
    if (!file || !json) return;
    size_t length = strlen(schema) + strlen(json) + 2;
    char *line = malloc(length + 1);
    snprintf(line, length + 1, "%s\t%s\n", schema, json);
    int out = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (out < 0 || write(out, line, length) != (ssize_t)length) fail(__FILE__, __LINE__, "cannot write %s", file);
    close(out);
    free(line);
}

/* ---- the simulator's control, over HTTP ---- */

/* The body of the answer, to free. */
static UNUSED char *simulator(const char *method, const char *path, const char *body) {
    int port = atoi(strrchr(environment("WA_SIMULATOR_URL"), ':') + 1);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(s >= 0);
    CHECK_INT(connect(s, (struct sockaddr *)&to, sizeof to), 0);
    char head[512];
    size_t length = strlen(body ? body : ""), room = 1 << 16, have = 0;
    int headed = snprintf(head, sizeof head,
                          "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                          "Connection: close\r\n\r\n", method, path, length);
    CHECK(send(s, head, (size_t)headed, MSG_NOSIGNAL) == headed);
    for (size_t at = 0; at < length;) {
        ssize_t n = send(s, body + at, length - at, MSG_NOSIGNAL);
        CHECK(n > 0);
        at += (size_t)n;
    }
    char *text = malloc(room + 1);
    for (ssize_t n; (n = recv(s, text + have, room - have, 0)) > 0;) {
        have += (size_t)n;
        if (have == room) text = realloc(text, (room *= 2) + 1);
    }
    text[have] = 0;
    close(s);
    char *blank = strstr(text, "\r\n\r\n");
    CHECK(blank != NULL);
    if (text[9] != '2') fail(__FILE__, __LINE__, "%s %s: %s", method, path, text);
    memmove(text, blank + 4, strlen(blank + 4) + 1);
    return text;
}
static UNUSED void fault(const char *rules) { free(simulator("POST", "/_control/faults", rules)); }
static UNUSED void no_faults(void) { free(simulator("DELETE", "/_control/faults", NULL)); }
static UNUSED void reset(void) { free(simulator("POST", "/_control/reset", NULL)); }
static UNUSED long statistic(const char *name) {
    char *all = simulator("GET", "/_control/stats", NULL);
    long value = atol(json_get(all, name));
    free(all);
    return value;
}

/* ---- the process itself ---- */

static UNUSED int count_entries(const char *folder) {
    DIR *open = opendir(folder);
    CHECK(open != NULL);
    int count = 0;
    while (readdir(open)) count++;
    closedir(open);
    return count;
}
static UNUSED int threads(void) { return count_entries("/proc/self/task") - 2; }
static UNUSED int descriptors(void) { return count_entries("/proc/self/fd") - 3; }

/* The number of this process' threads whose name begins so. */
static UNUSED int threads_named(const char *prefix) {
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    CHECK(tasks != NULL);
    for (struct dirent *task; (task = readdir(tasks));) {
        char path[300], name[64] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        if (fgets(name, sizeof name, file) && !strncmp(name, prefix, strlen(prefix))) count++;
        fclose(file);
    }
    closedir(tasks);
    return count;
}

/* Many threads at once; the argument of each is its number. */
#define MANY 64
static UNUSED void start_many(pthread_t *all, int count, void *(*work)(void *)) {
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 512 * 1024 + sizeof(char[16][16384]));
    for (long i = 0; i < count; i++) CHECK_INT(pthread_create(&all[i], &small, work, (void *)i), 0);
    pthread_attr_destroy(&small);
}
static UNUSED void join_many(pthread_t *all, int count) {
    for (int i = 0; i < count; i++) CHECK_INT(pthread_join(all[i], NULL), 0);
}

#endif
