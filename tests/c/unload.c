/* dlopen, use, dlclose: the library stays mapped, and its threads have ended. */
#include "host.h"

static int rounds;
typedef wa_status (*configure_fn)(const char *, wa_client *);
typedef wa_status (*send_fn)(wa_client, const char *, const char *, const char *, char **);
typedef wa_status (*close_fn)(wa_client, uint32_t);
typedef void (*free_fn)(char *);
typedef const char *(*text_fn)(void);

static void once(bool fails) {
    void *library = dlopen(environment("WA_LIB"), RTLD_NOW | RTLD_LOCAL);
    if (!library) fail(__FILE__, __LINE__, "%s", dlerror());
    configure_fn configure_it;
    send_fn send_it;
    close_fn close_it;
    free_fn free_it;
    text_fn error_of;
    *(void **)&configure_it = dlsym(library, "wa_configure");
    *(void **)&send_it = dlsym(library, "wa_send");
    *(void **)&close_it = dlsym(library, "wa_close");
    *(void **)&free_it = dlsym(library, "wa_string_free");
    *(void **)&error_of = dlsym(library, "wa_last_error");
    CHECK(configure_it && send_it && close_it && free_it && error_of);
    wa_client client = 0;
    char *json = NULL;
    CHECK_INT(configure_it(settings("unload", ""), &client), WA_STATUS_OK);
    CHECK_INT(send_it(client, ANN, "Loaded by hand", NULL, &json), WA_STATUS_OK);
    free_it(json);
    if (fails) CHECK_INT(send_it(0, ANN, "x", NULL, NULL), WA_STATUS_NO_CLIENT); /* leaves a thread-local behind */
    CHECK_INT(close_it(client, 10000), WA_STATUS_OK);
    CHECK_INT(dlclose(library), 0);
    CHECK_INT(threads_named("wa-"), 0);
}

static void *in_a_thread(void *unused) { return once(true), unused; }

int main(int count, char **arguments) {
    rounds = count > 1 ? atoi(arguments[1]) : 20;
    for (int i = 0; i < rounds; i++) once(i % 2);
    ok("dlopen, send, close, dlclose");
    for (int i = 0; i < rounds; i++) {
        pthread_t thread;
        CHECK_INT(pthread_create(&thread, NULL, in_a_thread, NULL), 0);
        CHECK_INT(pthread_join(thread, NULL), 0);
    }
    ok("the same from threads that end");
    return 0;
}
