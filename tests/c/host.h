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

/* ---- the simulator's control: a connection to this machine ---- */

static size_t exchange(int port, const char *request, size_t length, char *answer, size_t room) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(s >= 0);
    CHECK_INT(connect(s, (struct sockaddr *)&to, sizeof to), 0);
    for (ssize_t n; length > 0; request += n, length -= (size_t)n) CHECK((n = send(s, request, length, MSG_NOSIGNAL)) > 0);
    size_t have = 0;
    for (ssize_t n; have < room && (n = recv(s, answer + have, room - have, 0)) > 0;) have += (size_t)n;
    close(s);
    return have;
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
