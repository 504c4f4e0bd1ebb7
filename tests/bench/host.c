/*
 * The host of the benchmark: many threads that send as fast as they are let.
 *
 *   host send|submit SETTINGS_FILE IDS_FILE THREADS WARM_UP MESSAGES
 *
 * `send`: each thread calls wa_send again and again. `submit`: each thread
 * calls wa_submit, while one thread reads the events; the time of a message
 * is that from the call to its event.
 *
 * Protocol: prints `ready` once it is warm, waits for a line, sends, prints
 * its figures as one line of JSON, waits for a line, closes. IDS_FILE gets the
 * ids of all messages that were acknowledged as accepted.
 */
#define _GNU_SOURCE
#include "wa_connector.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define ID_LENGTH 36

struct message {
    char id[ID_LENGTH + 1];
    double began, took;
};

static wa_client client;
static struct message *messages; /* of the run, in the order of the calls */
static atomic_long next_message, failures;
static long message_count;
static int submits;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static void give_up(const char *what)
{
    fprintf(stderr, "host: %s: %s\n", what, wa_last_error());
    exit(1);
}

/* The value of a text member; the JSON is the library's own and plain. */
static const char *member(const char *json, const char *key)
{
    const char *found = json ? strstr(json, key) : NULL;
    return found ? found + strlen(key) : NULL;
}

static void *send_many(void *unused)
{
    (void)unused;
    for (;;) {
        long number = atomic_fetch_add(&next_message, 1);
        if (number >= message_count) return NULL;
        struct message *m = &messages[number];
        char to[32], text[128], json[192];
        snprintf(to, sizeof to, "+1202%07ld", 2000000 + number % 1000000);
        snprintf(text, sizeof text,
                 "Hello! Your order %ld has left our house today and will be with you tomorrow.", number);
        char *outcome = NULL;
        wa_status status;
        m->began = now();
        if (submits) {
            snprintf(json, sizeof json, "{\"type\":\"text\",\"text\":\"%s\"}", text);
            status = wa_submit(client, to, json, NULL, &outcome);
        } else {
            status = wa_send(client, to, text, NULL, &outcome);
            m->took = now() - m->began;
        }
        const char *id = member(outcome, "\"id\":\"");
        if (status != WA_STATUS_OK || !id) {
            if (atomic_fetch_add(&failures, 1) == 0)
                fprintf(stderr, "host: %s: %s\n", wa_status_text(status), outcome ? outcome : wa_last_error());
        } else {
            memcpy(m->id, id, ID_LENGTH);
        }
        wa_string_free(outcome);
    }
}

/* Ids of events and when they came; matched with the calls at the end. */
static struct message *ends;

static void *read_events(void *unused)
{
    (void)unused;
    /* Goes on where the warm-up ended. */
    static char options[160] = "{\"include\":[\"message\"],\"max\":500}";
    long seen = 0;
    double last = now();
    while (seen < message_count - atomic_load(&failures)) {
        char *events = NULL;
        if (wa_next_event(client, options, 1000, &events) != WA_STATUS_OK) give_up("wa_next_event");
        double at = now();
        for (const char *rest = events; (rest = member(rest, "\"outcome\":{\"id\":\"")) != NULL;) {
            if (seen < message_count) {
                memcpy(ends[seen].id, rest, ID_LENGTH);
                ends[seen].took = strncmp(rest + ID_LENGTH, "\",\"status\":\"accepted\"", 21) == 0 ? at : -1;
            }
            seen++;
            last = at;
        }
        const char *cursor = member(events, "\"cursor\":\"");
        if (cursor)
            snprintf(options, sizeof options, "{\"include\":[\"message\"],\"max\":500,\"after\":\"%.*s\"}",
                     (int)strcspn(cursor, "\""), cursor);
        wa_string_free(events);
        if (at - last > 60) {
            fprintf(stderr, "host: only %ld events came\n", seen);
            exit(1);
        }
    }
    return NULL;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct message *)a)->id, ((const struct message *)b)->id);
}

static int by_time(const void *a, const void *b)
{
    double x = ((const struct message *)a)->took, y = ((const struct message *)b)->took;
    return (x > y) - (x < y);
}

/* Gives each call of a submit the time at which its event came. */
static void match_events(void)
{
    qsort(messages, (size_t)message_count, sizeof *messages, by_id);
    qsort(ends, (size_t)message_count, sizeof *ends, by_id);
    for (long i = 0; i < message_count; i++) {
        if (strcmp(messages[i].id, ends[i].id) != 0 || ends[i].took < 0) {
            fprintf(stderr, "host: the events are not those of the messages\n");
            exit(1);
        }
        messages[i].took = ends[i].took - messages[i].began;
    }
}

static double run(long threads, long count)
{
    message_count = count;
    atomic_store(&next_message, 0);
    messages = calloc((size_t)count, sizeof *messages);
    ends = calloc((size_t)count, sizeof *ends);
    pthread_t *senders = calloc((size_t)threads, sizeof *senders), reader;
    if (!messages || !ends || !senders) give_up("memory");
    double began = now();
    if (submits && pthread_create(&reader, NULL, read_events, NULL) != 0) give_up("pthread_create");
    for (long i = 0; i < threads; i++)
        if (pthread_create(&senders[i], NULL, send_many, NULL) != 0) give_up("pthread_create");
    for (long i = 0; i < threads; i++) pthread_join(senders[i], NULL);
    if (submits) pthread_join(reader, NULL);
    free(senders);
    return now() - began;
}

static char *file(const char *name)
{
    char *text = calloc(1, 65536);
    FILE *f = fopen(name, "r");
    if (!f || !text || fread(text, 1, 65535, f) == 0) {
        fprintf(stderr, "host: %s: %s\n", name, strerror(errno));
        exit(1);
    }
    fclose(f);
    return text;
}

static void wait_for_a_line(void)
{
    char line[64];
    if (!fgets(line, sizeof line, stdin)) exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 7 || (strcmp(argv[1], "send") != 0 && strcmp(argv[1], "submit") != 0)) {
        fprintf(stderr, "host send|submit SETTINGS_FILE IDS_FILE THREADS WARM_UP MESSAGES\n");
        return 2;
    }
    submits = strcmp(argv[1], "submit") == 0;
    long threads = atol(argv[4]), warm_up = atol(argv[5]), count = atol(argv[6]);
    char *settings = file(argv[2]);
    if (threads < 1 || count < 1) return 2;
    FILE *ids = fopen(argv[3], "w");
    if (!ids) give_up(argv[3]);

    if (wa_configure(settings, &client) != WA_STATUS_OK) give_up("wa_configure");
    free(settings);
    if (warm_up > 0) {
        run(threads, warm_up);
        if (atomic_load(&failures)) give_up("the warm-up failed");
        for (long i = 0; i < warm_up; i++) fprintf(ids, "%s\n", messages[i].id);
        free(messages);
        free(ends);
    }
    puts("ready");
    fflush(stdout);
    wait_for_a_line();

    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    double seconds = run(threads, count);
    getrusage(RUSAGE_SELF, &after);
    if (submits && atomic_load(&failures) == 0) match_events();
    for (long i = 0; i < count; i++)
        if (messages[i].id[0]) fprintf(ids, "%s\n", messages[i].id);
    fclose(ids);
    qsort(messages, (size_t)count, sizeof *messages, by_time);
    printf("{\"count\":%ld,\"failed\":%ld,\"seconds\":%.6f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
           "\"user_s\":%.3f,\"system_s\":%.3f,\"switches\":%ld,\"peak_kb\":%ld}\n",
           count - atomic_load(&failures), atomic_load(&failures), seconds,
           messages[(long)((double)(count - 1) * 0.5)].took * 1e3,
           messages[(long)((double)(count - 1) * 0.99)].took * 1e3,
           seconds_of(after.ru_utime) - seconds_of(before.ru_utime),
           seconds_of(after.ru_stime) - seconds_of(before.ru_stime),
           after.ru_nvcsw - before.ru_nvcsw, after.ru_maxrss);
    fflush(stdout);
    wait_for_a_line();
    if (wa_close(client, 10000) != WA_STATUS_OK) give_up("wa_close");
    return 0;
}
