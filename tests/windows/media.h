/* Meta's calls on Windows: what every host does (../c/meta.h), and what only Windows has: its paths and names of files, its
 * devices, and files that another program holds. */
#ifndef MEDIA_H
#define MEDIA_H
#include "../c/account.h"
#include "../c/meta.h"

static wa_client meta_one;

/* Text for the system's calls; good for the next four. */
static const wchar_t *wide(const char *text) {
    static wchar_t ring[4][2048];
    static unsigned turn;
    wchar_t *out = ring[turn++ % 4];
    CHECK(MultiByteToWideChar(CP_UTF8, 0, text, -1, out, 2048) > 0);
    return out;
}

/* A path in the work folder, as Windows writes it; good for the next eight. */
static const char *in_work(const char *name) {
    static char ring[8][4096];
    static unsigned turn;
    char *out = ring[turn++ % 8];
    snprintf(out, sizeof ring[0], "%s\\%s", environment("WA_WORK"), name);
    for (char *p = out; *p; p++)
        if (*p == '/') *p = '\\';
    return out;
}

static const char *new_folder(const char *path) {
    if (!CreateDirectoryW(wide(path), NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
        fail(__FILE__, __LINE__, "%s cannot be made: error %lu", path, GetLastError());
    return path;
}

/* How large a file is, and -1 where there is none. */
static long bytes_of(const char *path) {
    WIN32_FILE_ATTRIBUTE_DATA found;
    return GetFileAttributesExW(wide(path), GetFileExInfoStandard, &found) ? (long)found.nFileSizeLow : -1;
}

static int files_in(const char *folder) {
    char all[4200];
    WIN32_FIND_DATAW found;
    snprintf(all, sizeof all, "%s\\*", folder);
    HANDLE find = FindFirstFileW(wide(all), &found);
    CHECK(find != INVALID_HANDLE_VALUE);
    int count = 0;
    do count += wcscmp(found.cFileName, L".") && wcscmp(found.cFileName, L"..");
    while (FindNextFileW(find, &found));
    FindClose(find);
    return count;
}

/* As another program that lets nobody else in. */
static HANDLE hold(const char *path) {
    HANDLE file = CreateFileW(wide(path), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    return file;
}

static answer send_file(const char *kind, const char *path, const char *more) {
    char message[8200], *quoted = json_quoted(path);
    snprintf(message, sizeof message, "{\"type\":\"%s\",\"file\":%s%s}", kind, quoted, more);
    free(quoted);
    return send_message(meta_one, ANN, message, NULL);
}

static int uploads(void) {
    char *all = simulator("GET", "/_control/meta/media", NULL);
    int count = json_count(all, "media");
    free(all);
    return count;
}

/* The same content under every way to write its name. */
static void sends_files(const char *plain_file) {
    char folder[4096], file[4200], other[4300];
    snprintf(folder, sizeof folder, "%s", new_folder(in_work("Bilder ü фото 📁")));
    snprintf(file, sizeof file, "%s\\Grüße 👋.jpg", folder);
    CHECK(CopyFileW(wide(plain_file), wide(file), FALSE));
    int before = uploads();
    EXPECT(send_file("image", file, ",\"caption\":\"From Windows\""), WA_STATUS_OK);
    snprintf(other, sizeof other, "\\\\?\\%s", file);
    EXPECT(send_file("image", other, ""), WA_STATUS_OK);
    snprintf(other, sizeof other, "%s", file);
    for (char *p = other; *p; p++)
        if (*p == '\\') *p = '/';
    EXPECT(send_file("image", other, ""), WA_STATUS_OK);
    CHECK_INT(uploads(), before + 1);
    ok("a message with a file of Windows: backslashes, slashes, \\\\?\\ and names of many scripts; uploaded once");

    /* Whoever gets a document sees the file's name, and nothing of its folder. */
    snprintf(other, sizeof other, "%s\\Grüße 👋.txt", folder);
    FILE *text = _wfopen(wide(other), L"wb");
    CHECK(text && fputs("Grüße", text) >= 0 && fclose(text) == 0);
    EXPECT(send_file("document", other, ""), WA_STATUS_OK);
    char *taken = simulator("GET", "/_control/messages?to=%2B12025550199", NULL);
    CHECK_HAS(taken, "\"filename\":\"Grüße 👋.txt\"");
    CHECK(!strstr(taken, "Bilder"));
    free(taken);
    ok("a document has its file's name");
    before = uploads();

    long posts = statistic("post_messages");
    HANDLE held = hold(file);
    answer a = send_file("image", file, "");
    CHECK_STATUS(a.status, WA_STATUS_MESSAGE);
    CHECK_HAS(json_get(a.json, "error.message"), "cannot be read");
    CHECK_TEXT(json_get(a.json, "error.argument"), "message_json.file");
    done(a);
    CloseHandle(held);
    /* Devices and pipes: they are no files, and to read one would be to wait for what never comes. */
    char pipe_name[60];
    snprintf(pipe_name, sizeof pipe_name, "\\\\.\\pipe\\wa-connector-%lu", GetCurrentProcessId());
    HANDLE pipe = CreateNamedPipeW(wide(pipe_name), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_WAIT, PIPE_UNLIMITED_INSTANCES, 4096, 4096, 0, NULL);
    CHECK(pipe != INVALID_HANDLE_VALUE);
    const char *const devices[] = {pipe_name, "NUL", "CON", "AUX", "COM1", "C:\\nul", "nul.jpg", "\\\\.\\CON", "\\\\.\\pipe\\none", "C:", folder, ""};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        a = send_file("image", devices[i], ",\"mime_type\":\"image/jpeg\"");
        if (a.status != WA_STATUS_MESSAGE) fail(__FILE__, __LINE__, "%s: %s: %s", devices[i], wa_status_text(a.status), a.json);
        done(a);
        a = upload(meta_one, devices[i], "{\"mime_type\":\"image/jpeg\"}");
        if (a.status != WA_STATUS_ARGUMENT) fail(__FILE__, __LINE__, "%s: %s: %s", devices[i], wa_status_text(a.status), a.json);
        done(a);
    }
    CloseHandle(pipe);
    CHECK_INT(statistic("post_messages"), posts);
    CHECK_INT(uploads(), before);
    ok("a file that another program holds, devices and a pipe are refused before anything is sent");
}

static answer fetch(const char *id, const char *folder, const char *name, const char *more) {
    char options[1000], *quoted = json_quoted(name);
    snprintf(options, sizeof options, "{\"filename\":%s%s}", quoted, more);
    free(quoted);
    return download(meta_one, id, folder, options);
}
static void is_refused_there(int line, answer a, const char *argument, const char *why) {
    if (a.status != WA_STATUS_ARGUMENT || strcmp(json_get(a.json, "error.argument"), argument) || !strstr(json_get(a.json, "error.message"), why))
        fail(__FILE__, line, "%s: %s", wa_status_text(a.status), a.json);
    done(a);
}
#define IS_REFUSED(call, argument, why) is_refused_there(__LINE__, call, argument, why)

static void downloads(const char *plain_file, const char *id, long bytes) {
    char folder[4096], file[4200], other[4300];
    snprintf(folder, sizeof folder, "%s", new_folder(in_work("Eingang ü входящие 📁")));
    snprintf(file, sizeof file, "%s\\a.jpg", folder);
    answer a = fetch(id, folder, "a.jpg", "");
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "file"), file);
    CHECK_TEXT(json_get(a.json, "checked"), "true");
    CHECK_INT(bytes_of(file), bytes);
    done(a);
    /* What is there stays, also under the other case: to Windows it is the same name. */
    CHECK(CopyFileW(wide(in_work("theirs.jpg")), wide(file), FALSE));
    IS_REFUSED(fetch(id, folder, "a.jpg", ""), "folder", "is there already");
    IS_REFUSED(fetch(id, folder, "A.JPG", ""), "folder", "is there already");
    CHECK_INT(bytes_of(file), bytes_of(in_work("theirs.jpg")));
    HANDLE held = hold(file);
    IS_REFUSED(fetch(id, folder, "a.jpg", ",\"overwrite\":true"), "folder", "cannot be written");
    CloseHandle(held);
    CHECK_INT(bytes_of(file), bytes_of(in_work("theirs.jpg")));
    EXPECT(fetch(id, folder, "a.jpg", ",\"overwrite\":true"), WA_STATUS_OK);
    CHECK_INT(bytes_of(file), bytes);
    CHECK_INT(files_in(folder), 1);
    ok("a download into a folder of Windows; a file that is there is replaced only when that is asked for, and not while it is held");

    static const char *const names[] = {
        "con", "CON.jpg", "Aux.", "aux.txt", "nul", "PRN.a.b", "com1", "COM9.jpg", "lpt1", "com\xc2\xb9.jpg", "conin$", "CONOUT$",
        "a:b", "a.jpg:stream", "a.jpg::$DATA", "C:a.jpg", "C:\\a.jpg", "\\a.jpg", "..\\a.jpg", "../a.jpg", "a/b.jpg",
        "\\\\server\\share\\a.jpg", "\\\\?\\C:\\a.jpg", "a.jpg.", "a.jpg ", "..", ".", "", " ", "a?.jpg", "a*.jpg", "<a>", "a|b", "a\"b", "a\tb",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        a = fetch(id, folder, names[i], ",\"overwrite\":true");
        if (a.status == WA_STATUS_OK) fail(__FILE__, __LINE__, "%s was taken: %s", names[i], a.json);
        CHECK_TEXT(json_get(a.json, "error.argument"), "options_json.filename");
        done(a);
    }
    CHECK_INT(files_in(folder), 1);
    CHECK_INT(bytes_of(file), bytes);
    printf("ok: names that are a device, a stream, a drive, a way out, or end with a dot or a blank are refused (%d)\n", (int)(sizeof names / sizeof *names));

    /* Names that only look like those, and the one that comes from the id. */
    static const char *const fine[] = {"console.jpg", "com10.jpg", ".a.jpg", "Übersicht 2026 📄.jpg"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        EXPECT(fetch(id, folder, fine[i], ""), WA_STATUS_OK);
        snprintf(other, sizeof other, "%s\\%s", folder, fine[i]);
        CHECK_INT(bytes_of(other), bytes);
    }
    EXPECT(download(meta_one, id, folder, NULL), WA_STATUS_OK);
    snprintf(other, sizeof other, "%s\\%s.jpg", folder, id);
    CHECK_INT(bytes_of(other), bytes);
    CHECK_INT(files_in(folder), 6);
    /* Longer than 260: whoever makes such a folder needs the prefix, the library does not. */
    char part[121];
    memset(part, 'l', sizeof part - 1), part[sizeof part - 1] = 0;
    snprintf(other, sizeof other, "\\\\?\\%s", folder);
    for (int i = 0; i < 2; i++) {
        strcat(other, "\\"), strcat(other, part);
        new_folder(other);
    }
    EXPECT(fetch(id, other + 4, "a.jpg", ""), WA_STATUS_OK);
    EXPECT(fetch(id, other, "b.jpg", ""), WA_STATUS_OK);
    CHECK_INT(files_in(other), 2);
    ok("names of many scripts, the name of the id, and a path of more than 260 characters");

    const char *const folders[] = {"NUL", "CON", "\\\\.\\CON", "C:\\nul", in_work("none"), plain_file, "C:\\a?b", "\\\\?\\", "C:\\a:b"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) IS_REFUSED(fetch(id, folders[i], "a.jpg", ""), "folder", "folder");
    ok("folders that are devices, files, or nowhere are refused");
}

/* Every function that is no message is there and answers. */
static void account_functions_are_there(void) {
    for (size_t i = 0; i < ACCOUNT_FUNCTIONS; i++) {
        const account_function *f = &account_functions[i];
        answer a = account(f, 0, f->good_a, f->good_b, f->good_options);
        if (a.status != WA_STATUS_NO_CLIENT) fail(__FILE__, __LINE__, "%s: %s", f->name, wa_status_text(a.status));
        done(a);
    }
    printf("ok: every function that is no message answers (%d)\n", (int)ACCOUNT_FUNCTIONS);
}

static void meta(void) {
    const long bytes = 300000;
    char file[4096], media[200];
    reset();
    account_functions_are_there();
    meta_one = meta_client("meta", META_TOKEN);
    snprintf(file, sizeof file, "%s", in_work("plain.jpg"));
    picture(file, (size_t)bytes);
    picture(in_work("theirs.jpg"), 17);
    answer a = upload(meta_one, file, NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "bytes"), "300000");
    snprintf(media, sizeof media, "%s", json_get(a.json, "id"));
    done(a);
    meta_kinds(meta_one, media);
    meta_answers(meta_one);
    meta_templates(meta_one);
    meta_pins(meta_one);
    sends_files(file);
    downloads(file, media, bytes);
    CHECK_STATUS(close_client(meta_one, 30000), WA_STATUS_OK);
    meta_tokens(environment("WA_WORK"));
}

#endif
