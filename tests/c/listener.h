/* An HTTP server of a few lines that hands every request to wa_webhook and sends back what it says: what a host's own
 * server does, one connection after the other. The last request is kept, to be given again or changed. */
#ifndef LISTENER_H
#define LISTENER_H
#include "host.h"

#define ROOM (1 << 20)

static struct {
    pthread_mutex_t lock;
    wa_client client;
    int socket, port;
    char *request; /* as JSON */
    unsigned char *body;
    size_t length;
    int answered, last_status;
} listener = {.lock = PTHREAD_MUTEX_INITIALIZER};

static answer webhook(wa_client client, const char *request, const void *body, size_t length) {
    answer a = {0, NEVER_SET};
    a.status = wa_webhook(client, request, body, length, &a.json);
    return looked_at("webhook_response", a.status, a.json, true), a;
}

/* Adds text to what grows. */
static void put(char **text, const char *more) {
    size_t had = *text ? strlen(*text) : 0;
    *text = realloc(*text, had + strlen(more) + 1);
    CHECK(*text != NULL);
    strcpy(*text + had, more);
}
static void put_quoted(char **text, const char *more) {
    char *quoted = json_quoted(more);
    put(text, quoted);
    free(quoted);
}

/* `{"method","url","headers":[[name,value],..]}` of a request's head, which is taken apart for it. */
static char *request_json(char *head, size_t *length) {
    char *json = NULL, url[8192], *line = strtok(head, "\r\n"), *method = line, *target = strchr(line, ' ');
    *target++ = 0;
    *strchr(target, ' ') = 0;
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", listener.port, target);
    put(&json, "{\"method\":"), put_quoted(&json, method), put(&json, ",\"url\":"), put_quoted(&json, url);
    put(&json, ",\"remote_address\":\"127.0.0.1:1\",\"headers\":[");
    const char *comma = "";
    while ((line = strtok(NULL, "\r\n"))) {
        char *value = strchr(line, ':');
        CHECK(value != NULL);
        *value++ = 0;
        while (*value == ' ') value++;
        if (!strcasecmp(line, "content-length")) *length = strtoul(value, NULL, 10);
        put(&json, comma), put(&json, "["), put_quoted(&json, line), put(&json, ","), put_quoted(&json, value), put(&json, "]");
        comma = ",";
    }
    put(&json, "]}");
    return json;
}

static void serve(int connection) {
    unsigned char *text = malloc(ROOM + 1);
    size_t have = 0, length = 0;
    char *end = NULL;
    while (!end && have < ROOM) {
        ssize_t n = recv(connection, text + have, ROOM - have, 0);
        if (n <= 0) { free(text); return; }
        have += (size_t)n;
        text[have] = 0;
        end = strstr((char *)text, "\r\n\r\n");
    }
    CHECK(end != NULL);
    *end = 0;
    size_t head = (size_t)(end + 4 - (char *)text);
    char *request = request_json((char *)text, &length);
    while (have < head + length && have < ROOM) {
        ssize_t n = recv(connection, text + have, ROOM - have, 0);
        if (n <= 0) break;
        have += (size_t)n;
    }
    CHECK_INT(have - head, length);
    pthread_mutex_lock(&listener.lock);
    wa_client client = listener.client;
    free(listener.request), free(listener.body);
    listener.request = strdup(request);
    listener.body = malloc(length + 1);
    memcpy(listener.body, text + head, length);
    listener.length = length;
    pthread_mutex_unlock(&listener.lock);
    answer a = webhook(client, request, text + head, length);
    const char *body = json_get(a.json, "body"), *kind = json_get(a.json, "headers.Content-Type");
    char said[2048];
    snprintf(said, sizeof said,
             "HTTP/1.1 %s x\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
             json_get(a.json, "status"), kind, strlen(body), body);
    pthread_mutex_lock(&listener.lock);
    listener.answered++;
    listener.last_status = atoi(json_get(a.json, "status"));
    pthread_mutex_unlock(&listener.lock);
    (void)!send(connection, said, strlen(said), MSG_NOSIGNAL);
    done(a);
    free(request), free(text);
}

static void *listen_on(void *unused) {
    (void)unused;
    for (int connection; (connection = accept(listener.socket, NULL, NULL)) >= 0;) {
        serve(connection);
        close(connection);
    }
    return NULL;
}

/* Starts it, for the whole life of the process. */
static void start_listener(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    listener.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(listener.socket, (struct sockaddr *)&at, sizeof at), 0);
    CHECK_INT(getsockname(listener.socket, (struct sockaddr *)&at, &size), 0);
    CHECK_INT(listen(listener.socket, 100), 0);
    listener.port = ntohs(at.sin_port);
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, listen_on, NULL), 0);
    pthread_detach(thread);
}

/* Whose webhooks come from now on. */
static void listen_for(wa_client client) {
    pthread_mutex_lock(&listener.lock);
    listener.client = client;
    pthread_mutex_unlock(&listener.lock);
}

#endif
