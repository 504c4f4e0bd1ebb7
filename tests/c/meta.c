/* Meta from a C host, and all that can be wrong: tokens, files, downloads, PINs, templates. Nothing is sent twice, and nothing
 * is written outside of the folder that is named. */
#include "host.h"
#include "meta.h"
#include <sys/stat.h>

static wa_client client;
static const char *work;

static const char *path_of(const char *name) {
    static _Thread_local char path[4096];
    snprintf(path, sizeof path, "%s/%s", work, name);
    return path;
}

/* How many entries a folder has. */
static int entries(const char *folder) {
    DIR *all = opendir(folder);
    CHECK(all != NULL);
    int count = 0;
    for (struct dirent *one; (one = readdir(all));) count += strcmp(one->d_name, ".") && strcmp(one->d_name, "..");
    closedir(all);
    return count;
}

static void files(void) {
    char file[4096], message[4400];
    snprintf(file, sizeof file, "%s", path_of("picture.jpg"));
    picture(file, 300000);
    snprintf(message, sizeof message, "{\"type\":\"image\",\"file\":\"%s\",\"caption\":\"From a file\"}", file);
    char *stats = simulator("GET", "/_control/meta/media", NULL);
    int before = json_count(stats, "media");
    free(stats);
    for (int i = 0; i < 3; i++) EXPECT(send_message(client, ANN, message, NULL), WA_STATUS_OK);
    /* Another client of the same database knows the id too. */
    wa_client other;
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    other = meta_client("meta", META_TOKEN);
    EXPECT(send_message(other, ANN, message, NULL), WA_STATUS_OK);
    client = other;
    stats = simulator("GET", "/_control/meta/media", NULL);
    CHECK_INT(json_count(stats, "media"), before + 1);
    free(stats);
    ok("a file is uploaded once for all its messages, also those of the next client");

    long posts = statistic("post_messages");
    const struct {
        const char *name, *kind;
        size_t bytes;
    } wrong[] = {
        {"nothing.jpg", "image", 0}, {"large.jpg", "image", (5u << 20) + 1}, {"huge.pdf", "document", 101u << 20},
        {"picture.exe", "document", 100}, {"picture.mp4", "video", 100}, {"picture.pdf", "image", 100},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(file, sizeof file, "%s", path_of(wrong[i].name));
        picture(file, wrong[i].bytes > 1000000 ? 1000 : wrong[i].bytes);
        if (wrong[i].bytes > 1000000) CHECK_INT(truncate(file, (off_t)wrong[i].bytes), 0);
        snprintf(message, sizeof message, "{\"type\":\"%s\",\"file\":\"%s\"}", wrong[i].kind, file);
        answer a = send_message(client, ANN, message, NULL);
        if (a.status != WA_STATUS_MESSAGE) fail(__FILE__, __LINE__, "%s: %s", message, a.json);
        done(a);
        a = upload(client, file, NULL);
        if (wrong[i].kind[0] != 'i' || wrong[i].bytes != 100) CHECK(a.status != WA_STATUS_OK);
        done(a);
        unlink(file);
    }
    snprintf(message, sizeof message, "{\"type\":\"image\",\"file\":\"%s\"}", path_of("gone.jpg"));
    answer a = send_message(client, ANN, message, NULL);
    if (a.status != WA_STATUS_MESSAGE) fail(__FILE__, __LINE__, "%s: %s", wa_status_text(a.status), a.json);
    CHECK_HAS(a.json, "gone.jpg");
    done(a);
    FAILS(send_message(client, ANN, "{\"type\":\"image\",\"id\":\"999999999999999\"}", NULL), WA_STATUS_REJECTED, "");
    CHECK_INT(statistic("post_messages"), posts + 1);
    ok("files that are empty, too large, of a wrong type, or gone: said before anything is sent");

    /* An id belongs to the number that uploaded it. */
    a = upload(client, path_of("picture.jpg"), "{\"sender\":\"" META_TEST_SENDER "\"}");
    CHECK_STATUS(a.status, WA_STATUS_OK);
    snprintf(message, sizeof message, "{\"type\":\"image\",\"id\":\"%s\"}", json_get(a.json, "id"));
    done(a);
    FAILS(send_message(client, ANN, message, NULL), WA_STATUS_REJECTED, "");
    ok("media of another number");
}

/* Grows and shrinks a file while it is read. */
static atomic_bool stop;
static void *shrinks(void *path) {
    while (!stop) {
        if (truncate(path, 1000) || truncate(path, 4 << 20)) break;
        pause_ms(1);
    }
    return NULL;
}

static void shrinking(void) {
    char file[4096];
    snprintf(file, sizeof file, "%s", path_of("shrinks.jpg"));
    picture(file, 4 << 20);
    fault("[{\"match\":{\"path_contains\":\"/media\",\"method\":\"POST\"},\"fault\":{\"kind\":\"slow\",\"ms\":50}}]");
    pthread_t thread;
    stop = false;
    CHECK_INT(pthread_create(&thread, NULL, shrinks, file), 0);
    int refused = 0;
    for (int i = 0; i < 20; i++) {
        answer a = upload(client, file, NULL);
        refused += a.status != WA_STATUS_OK;
        done(a);
    }
    stop = true;
    pthread_join(thread, NULL);
    no_faults();
    CHECK(refused > 0);
    unlink(file);
    ok("a file that shrinks while it is uploaded");
}

static void downloads(void) {
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path_of("inbox"));
    CHECK_INT(mkdir(folder, 0700), 0);
    answer a = upload(client, path_of("picture.jpg"), NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    char id[200];
    snprintf(id, sizeof id, "%s", json_get(a.json, "id"));
    done(a);
    a = download(client, id, folder, "{\"filename\":\"a.jpg\"}");
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "bytes"), "300000");
    CHECK_TEXT(json_get(a.json, "checked"), "true");
    done(a);
    CHECK_INT(entries(folder), 1);
    /* What is there stays, unless it may go. */
    answer again = download(client, id, folder, "{\"filename\":\"a.jpg\"}");
    CHECK(again.status != WA_STATUS_OK);
    done(again);
    EXPECT(download(client, id, folder, "{\"filename\":\"a.jpg\",\"overwrite\":true}"), WA_STATUS_OK);
    static const char *const names[] = {"../a.jpg", "/tmp/a.jpg", "a/b.jpg", "..", ".", "", "a\\\\b.jpg", "C:a.jpg", "con", "a.jpg."};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char options[200];
        snprintf(options, sizeof options, "{\"filename\":\"%s\"}", names[i]);
        again = download(client, id, folder, options);
        if (again.status == WA_STATUS_OK) fail(__FILE__, __LINE__, "%s was taken", names[i]);
        done(again);
    }
    static const char *const faults[] = {
        "{\"kind\":\"cut_answer\",\"after_body_bytes\":1000}",
        "{\"kind\":\"html\",\"http\":200}",
        "{\"kind\":\"html\",\"http\":502}",
        "{\"kind\":\"redirect\",\"http\":302,\"location\":\"http://10.0.0.1/stolen\"}",
        "{\"kind\":\"redirect\",\"http\":302,\"location\":\"http://169.254.169.254/latest/meta-data\"}",
        "{\"kind\":\"redirect\",\"http\":302,\"location\":\"file:///etc/passwd\"}",
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char rule[400];
        snprintf(rule, sizeof rule, "[{\"match\":{\"path_contains\":\"attachments\"},\"fault\":%s}]", faults[i]);
        fault(rule);
        again = download(client, id, folder, "{\"filename\":\"b.jpg\",\"timeout_ms\":20000}");
        if (again.status == WA_STATUS_OK) fail(__FILE__, __LINE__, "%s: %s", faults[i], again.json);
        done(again);
        no_faults();
    }
    static const char *const lies[] = {"{\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\"}",
                                       "{\"file_size\":12}", "{\"url\":\"http://10.0.0.1/stolen\"}",
                                       "{\"url\":\"https://example.invalid/stolen\"}"};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        char rule[400];
        snprintf(rule, sizeof rule, "[{\"match\":{\"method\":\"GET\",\"path_contains\":\"%s\"},\"fault\":{\"kind\":\"patch\",\"json\":%s}}]", id, lies[i]);
        fault(rule);
        again = download(client, id, folder, "{\"filename\":\"b.jpg\",\"timeout_ms\":20000}");
        if (again.status == WA_STATUS_OK) fail(__FILE__, __LINE__, "%s: %s", lies[i], again.json);
        done(again);
        no_faults();
    }
    again = download(client, id, folder, "{\"filename\":\"b.jpg\",\"max_bytes\":1000}");
    CHECK(again.status != WA_STATUS_OK);
    done(again);
    CHECK_INT(entries(folder), 1);
    EXPECT(media_delete(client, id, NULL), WA_STATUS_OK);
    again = media_url(client, id, NULL);
    CHECK(again.status != WA_STATUS_OK);
    done(again);
    ok("downloads that are cut, HTML, redirected, of another size or content, or named to escape: no file is left");
}

static void broken_messages(void) {
    long before = statistic("post_messages");
    size_t length = 300000;
    char *deep = malloc(length + 200);
    int head = snprintf(deep, 200, "{\"type\":\"interactive\",\"interactive\":\"flow\",\"body\":\"b\",\"flow_id\":\"1\",\"flow_cta\":\"c\",\"screen\":\"s\",\"data\":");
    memset(deep + head, '[', length);
    deep[(size_t)head + length] = 0;
    FAILS(send_message(client, ANN, deep, NULL), WA_STATUS_JSON, "");
    for (size_t i = 0; i < length; i += 6) memcpy(deep + (size_t)head + i, "{\"a\":1", 6);
    FAILS(send_message(client, ANN, deep, NULL), WA_STATUS_JSON, "");
    free(deep);
    static const struct {
        const char *message, *argument;
        wa_status status;
    } wrong[] = {
        {"{\"type\":\"location\",\"latitude\":\"north\",\"longitude\":0}", "message_json.latitude", WA_STATUS_JSON},
        {"{\"type\":\"image\",\"link\":{\"href\":\"x\"}}", "message_json.link", WA_STATUS_JSON},
        {"{\"type\":\"contacts\",\"contacts\":{\"name\":\"Ann\"}}", "message_json.contacts", WA_STATUS_JSON},
        {"{\"type\":\"interactive\",\"interactive\":\"reply_buttons\",\"body\":\"b\",\"buttons\":[{\"id\":1,\"title\":\"t\"}]}",
         "message_json.buttons[0].id", WA_STATUS_JSON},
        {"{\"type\":\"interactive\",\"interactive\":\"reply_buttons\",\"body\":\"b\",\"buttons\":[{\"id\":\"1\",\"title\":\"A title of 21 letters\"}]}",
         "message_json.buttons[0].title", WA_STATUS_MESSAGE},
        {"{\"type\":\"image\",\"link\":\"https://example.com/a.png\",\"id\":\"1\"}", "message_json.id", WA_STATUS_MESSAGE},
        {"{\"type\":\"audio\",\"id\":\"1\",\"caption\":\"c\"}", "message_json.caption", WA_STATUS_MESSAGE},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) FAILS(send_message(client, ANN, wrong[i].message, NULL), wrong[i].status, wrong[i].argument);
    CHECK_INT(statistic("post_messages"), before);
    ok("JSON that is deep, huge, or has the right key with the wrong type");
}

int main(void) {
    work = environment("WA_WORK");
    client = meta_client("meta", META_TOKEN);
    char file[4096];
    snprintf(file, sizeof file, "%s", path_of("first.jpg"));
    picture(file, 2000);
    answer a = upload(client, file, NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    char media[200];
    snprintf(media, sizeof media, "%s", json_get(a.json, "id"));
    done(a);
    meta_kinds(client, media);
    meta_answers(client);
    meta_templates(client);
    broken_messages();
    files();
    shrinking();
    downloads();
    meta_pins(client);
    CHECK_STATUS(close_client(client, 30000), WA_STATUS_OK);
    meta_tokens(work);
    return 0;
}
