/* The library twice in one process. The same file by two paths is one library; a copy of the file is another one,
 * with clients, threads and callbacks of its own. */
#include "postgres.h"
#include <spawn.h>

typedef struct {
    void *handle;
    wa_status (*configure)(const char *, wa_client *);
    wa_status (*send)(wa_client, const char *, const char *, const char *, char **);
    wa_status (*history)(wa_client, const char *, char **);
    wa_status (*on_event)(wa_client, const char *, wa_event_fn, void *);
    wa_status (*close)(wa_client, uint32_t);
    const char *(*last_error)(void);
    void (*string_free)(char *);
} library;

extern char **environ;

static library load(const char *path) {
    library l = {.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    if (!l.handle) fail(__FILE__, __LINE__, "%s", dlerror());
    *(void **)&l.configure = dlsym(l.handle, "wa_configure");
    *(void **)&l.send = dlsym(l.handle, "wa_send");
    *(void **)&l.history = dlsym(l.handle, "wa_history");
    *(void **)&l.on_event = dlsym(l.handle, "wa_on_event");
    *(void **)&l.close = dlsym(l.handle, "wa_close");
    *(void **)&l.last_error = dlsym(l.handle, "wa_last_error");
    *(void **)&l.string_free = dlsym(l.handle, "wa_string_free");
    CHECK(l.configure && l.send && l.history && l.on_event && l.close && l.last_error && l.string_free);
    return l;
}

/* The library that this program is linked with. */
static const library linked = {NULL,     wa_configure,  wa_send,       wa_history, wa_on_event,
                               wa_close, wa_last_error, wa_string_free};

static void copy_file(const char *from, const char *to) {
    static char buffer[1 << 16];
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    CHECK(in >= 0 && out >= 0);
    for (ssize_t n; (n = read(in, buffer, sizeof buffer)) > 0;) CHECK(write(out, buffer, (size_t)n) == n);
    close(in), close(out);
}

static bool postgres; /* one schema for all, else a SQLite file for each name */

static const char *settings_of(const char *name) {
    return postgres ? settings_of_postgres("wa_double", "") : settings(name, "");
}
static wa_client client_in(library l, const char *name) {
    wa_client client = 0;
    if (l.configure(settings_of(name), &client) != WA_STATUS_OK) fail(__FILE__, __LINE__, "%s", l.last_error());
    return client;
}
static void send_with(library l, wa_client client) {
    char *json = NULL;
    wa_status status = l.send(client, ANN, "From one of two", NULL, &json);
    if (status != WA_STATUS_OK) fail(__FILE__, __LINE__, "%s", json);
    l.string_free(json);
}
static void no_client(library l, wa_client client) {
    CHECK_INT(l.send(client, ANN, "x", NULL, NULL), WA_STATUS_NO_CLIENT);
    CHECK_INT(l.close(client, 0), WA_STATUS_NO_CLIENT);
    CHECK_HAS(l.last_error(), "no_client");
}

static atomic_int events[2];
static int sent;
static void count_event(void *user_data, const char *event) {
    (void)event;
    ++*(atomic_int *)user_data;
}

/* Two libraries that know nothing of each other. */
static void apart(library one, library two, const char *how) {
    wa_client first = client_in(one, "double_one"), second = client_in(two, "double_two");
    CHECK(first != second);
    no_client(two, first);
    no_client(one, second);
    events[0] = events[1] = 0;
    CHECK_INT(one.on_event(first, NULL, count_event, &events[0]), WA_STATUS_OK);
    CHECK_INT(two.on_event(second, NULL, count_event, &events[1]), WA_STATUS_OK);
    for (int i = 0; i < 10; i++) send_with(one, first), send_with(two, second);
    int each = postgres ? 20 : 10; /* on one history each hears of both */
    WAIT_FOR(events[0] >= each && events[1] >= each);
    CHECK_INT(one.close(first, 20000), WA_STATUS_OK);
    no_client(one, first);
    for (int i = 0; i < 10; i++) send_with(two, second); /* the other goes on */
    CHECK_INT(two.close(second, 20000), WA_STATUS_OK);
    CHECK_INT(threads_named("wa-"), 0);
    sent += 30;
    CHECK_INT(statistic("taken"), sent);
    printf("ok: %s, %s\n", how, postgres ? "on one PostgreSQL with TLS" : "each on a SQLite file of its own");
    fflush(stdout);
}

/* Two SQLite libraries on one file of one process would destroy it: the second one is refused. */
static void one_file(library one, library two, const char *name) {
    wa_client first = client_in(one, name), second = 1;
    CHECK_INT(two.configure(settings(name, ""), &second), WA_STATUS_DATABASE);
    CHECK_HAS(two.last_error(), "is open in this process already");
    CHECK_INT(second, 0);
    send_with(one, first);
    CHECK_INT(one.close(first, 20000), WA_STATUS_OK);
    second = client_in(two, name);
    send_with(two, second);
    char *json = NULL;
    CHECK_INT(two.history(second, NULL, &json), WA_STATUS_OK);
    CHECK_INT(json_count(json, "messages"), 2);
    two.string_free(json);
    CHECK_INT(two.close(second, 20000), WA_STATUS_OK);
    sent += 2;
    ok("a SQLite file that one of them has open is refused to the other, and is its own once it is closed");
}

static void *sends(void *both) {
    library *l = both;
    wa_client client = 0;
    /* The process may end meanwhile; then nothing but that is the reason. */
    if (l->configure(settings_of(l->handle ? "double_one" : "double_two"), &client) != WA_STATUS_OK) {
        CHECK_HAS(l->last_error(), "the process is ending");
        return NULL;
    }
    for (;;) events[0] += l->send(client, ANN, "From one of two", NULL, NULL) == WA_STATUS_OK;
    return NULL;
}

int main(int count, char **arguments) {
    char copy[2][4096], again[4096];
    const char *work = environment("WA_WORK"), *path = environment("WA_LIB");
    snprintf(copy[0], sizeof copy[0], "%s/one.so", work);
    snprintf(copy[1], sizeof copy[1], "%s/two.so", work);
    snprintf(again, sizeof again, "%s/again.so", work);
    if (count > 2) {
        /* Both at work at the end of the process. */
        static library both[2];
        postgres = !strcmp(arguments[2], "postgres");
        both[0] = linked, both[1] = load(copy[0]);
        for (int i = 0; i < 8; i++) {
            pthread_t thread;
            CHECK_INT(pthread_create(&thread, NULL, sends, &both[i % 2]), 0);
        }
        WAIT_FOR(events[0] > 50);
        return 7;
    }
    int rounds = count > 1 ? atoi(arguments[1]) : 10;
    char *real = realpath(path, NULL);
    CHECK(real && symlink(real, again) == 0);
    CHECK(load(path).configure == wa_configure && load(again).configure == wa_configure);
    CHECK(load("libwa_connector.so.1").configure == wa_configure);
    ok("one file by two paths, or by its SONAME, is one library");

    for (int i = 0; i < 2; i++) copy_file(path, copy[i]);
    library one = load(copy[0]), two = load(copy[1]);
    CHECK(one.configure != two.configure && one.configure != wa_configure);
    bool server = *getenv("WA_TEST_PG") != 0;
    if (!server) printf("SKIPPED: two libraries on one PostgreSQL: WA_TEST_PG is not set (tests/postgres.sh start)\n");
    for (int on = 0; on <= server; on++) {
        postgres = on;
        if (postgres) open_database(), new_schema("wa_double");
        apart(one, two, "two copies that are loaded side by side");
        apart(linked, one, "one that is linked, one that is loaded");
        char *once_more[] = {(char *)environment("WA_HOST"), "x", on ? "postgres" : "sqlite", NULL};
        for (int i = 0; i < rounds; i++) {
            pid_t pid;
            int status;
            CHECK_INT(posix_spawn(&pid, once_more[0], NULL, NULL, once_more, environ), 0);
            CHECK(waitpid(pid, &status, 0) == pid);
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) fail(__FILE__, __LINE__, "ended with %x, not 7", status);
        }
        sent = (int)statistic("taken");
        ok("a process with two at work ends with its own status");
    }
    if (server) ask("drop schema wa_double cascade");
    postgres = false;
    one_file(one, two, "double_both");
    one_file(linked, one, "double_linked");
    free(real);
    unlink(copy[0]), unlink(copy[1]);
    return 0;
}
