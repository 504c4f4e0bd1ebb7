/* A host on Windows: the road in plain C over the Win32 API. run.sh builds it twice, linked with the import library and,
 * with -DLOAD_BY_HAND, as a host that finds the DLL while it runs.
 *
 *   host.exe TEST [TEST ...]      the tests are in the table at the end
 *
 * The environment: WA_SIMULATOR_URL, WA_WORK (folder of histories), WA_DATABASE and WA_SCHEMA (in place of files). */
#include <winsock2.h>
#include <windows.h>
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <psapi.h>
#include <stdatomic.h>
#include <tlhelp32.h>
#include "wa_connector.h"

#ifdef LOAD_BY_HAND
/* A pointer for every function of the ledger, and its name to mean that pointer: run.sh writes it. */
#include "by_hand.h"
#define ENTRY(name) {#name, (void *)&by_hand_##name},
static const struct {
    const char *name;
    void *pointer;
} functions[] = {FUNCTIONS(ENTRY)};
#endif
#include "../c/checks.h"

/* ---- the system's part of checks.h ---- */

static UNUSED double now(void) { return (double)GetTickCount64() / 1000; }
static UNUSED void pause_ms(long ms) { Sleep((DWORD)ms); }
static UNUSED void keep_json(const char *schema, const char *json) { (void)schema, (void)json; }

static size_t exchange(int port, const char *request, size_t length, char *answer, size_t room) {
    static atomic_bool ready;
    WSADATA data;
    if (!ready) CHECK_INT(WSAStartup(MAKEWORD(2, 2), &data), 0);
    ready = true;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((u_short)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(s != INVALID_SOCKET);
    CHECK_INT(connect(s, (struct sockaddr *)&to, sizeof to), 0);
    for (int n; length > 0; request += n, length -= (size_t)n) CHECK((n = send(s, request, (int)length, 0)) > 0);
    size_t have = 0;
    for (int n; have < room && (n = recv(s, answer + have, (int)(room - have), 0)) > 0;) have += (size_t)n;
    closesocket(s);
    return have;
}

/* ---- the DLL ---- */

/* The folder of this program has the DLL in it. */
static const wchar_t *beside(const wchar_t *name) {
    static wchar_t path[MAX_PATH + 64];
    CHECK(GetModuleFileNameW(NULL, path, MAX_PATH) > 0);
    wcscpy(wcsrchr(path, L'\\') + 1, name);
    return path;
}

#ifdef LOAD_BY_HAND
static HMODULE load_from(const wchar_t *path) {
    HMODULE module = LoadLibraryW(path);
    if (!module) fail(__FILE__, __LINE__, "%ls cannot be loaded: error %lu", path, GetLastError());
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        FARPROC found = GetProcAddress(module, functions[i].name);
        if (!found) fail(__FILE__, __LINE__, "wa_connector.dll has no %s", functions[i].name);
        memcpy(functions[i].pointer, &found, sizeof found);
    }
    return module;
}
static HMODULE load(void) { return load_from(beside(L"wa_connector.dll")); }
#else
static HMODULE load(void) { return GetModuleHandleW(L"wa_connector.dll"); }
#endif

static void loads(void) {
    wchar_t path[MAX_PATH];
    CHECK(GetModuleFileNameW(GetModuleHandleW(L"wa_connector.dll"), path, MAX_PATH) > 0);
    CHECK_INT(_wcsicmp(path, beside(L"wa_connector.dll")), 0);
    CHECK_INT(wa_abi_version(), WA_ABI_VERSION);
    CHECK(*wa_version());
    CHECK_TEXT(wa_status_text(WA_STATUS_CLOSE_PENDING), "close_pending");
    CHECK_TEXT(wa_last_error(), "{}");
    ok("loaded from beside the program, with the header's ABI");
}

/* What this is run on, for the table of support. */
static void about(void) {
    typedef LONG(WINAPI * version_fn)(OSVERSIONINFOW *);
    OSVERSIONINFOW system = {.dwOSVersionInfoSize = sizeof system};
    FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlGetVersion");
    version_fn version;
    memcpy(&version, &found, sizeof version);
    CHECK_INT(version(&system), 0);
    printf("about: Windows %lu.%lu.%lu, %u bits\n", system.dwMajorVersion, system.dwMinorVersion, system.dwBuildNumber,
           (unsigned)sizeof(void *) * 8);
    printf("library: wa_connector %s\n", wa_version());
}

/* ---- threads ---- */

#define MANY 64
typedef unsigned(__stdcall *work_fn)(void *);
static void start_many(HANDLE *all, int count, work_fn work) {
    for (int i = 0; i < count; i++) {
        all[i] = (HANDLE)_beginthreadex(NULL, 1 << 20, work, (void *)(intptr_t)i, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        CHECK(all[i] != NULL);
    }
}
static void join_many(HANDLE *all, int count) {
    for (int i = 0; i < count; i++) {
        CHECK_INT(WaitForSingleObject(all[i], 120000), WAIT_OBJECT_0);
        CloseHandle(all[i]);
    }
}

static int threads(void) {
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    int count = 0;
    for (BOOL more = Thread32First(all, &entry); more; more = Thread32Next(all, &entry))
        if (entry.th32OwnerProcessID == GetCurrentProcessId()) count++;
    CloseHandle(all);
    return count;
}
/* Open handles of this process, counted in the list of all: Wine gives 0 for GetProcessHandleCount. */
static long handles(void) {
    typedef LONG(WINAPI * query_fn)(int, void *, ULONG, ULONG *);
    struct entry {
        void *object;
        ULONG_PTR process, handle;
        ULONG access;
        USHORT trace, type;
        ULONG attributes, reserved;
    };
    struct list {
        ULONG_PTR count, reserved;
        struct entry entries[];
    };
    const int extended_handle_information = 64;
    FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQuerySystemInformation");
    query_fn query;
    memcpy(&query, &found, sizeof query);
    ULONG room = 1 << 22;
    struct list *list = malloc(room);
    CHECK_INT(query(extended_handle_information, list, room, NULL), 0);
    long count = 0;
    for (ULONG_PTR i = 0; i < list->count; i++) count += list->entries[i].process == GetCurrentProcessId();
    free(list);
    CHECK(count > 0);
    return count;
}
static long kilobytes(void) {
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
    CHECK(K32GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory));
    CHECK(memory.WorkingSetSize > 0);
    return (long)(memory.WorkingSetSize / 1024);
}

/* ---- the road ---- */

#define TEXT_SENT "Grüße 👋🏽 مرحبا بالعالم 你好 𐍈"
#define REFUSED "+12025550103"
#define TWICE_503 "+12025550101"

static wa_client client;

static void sends_text(void) {
    answer a = send_text(client, ANN, TEXT_SENT, "{\"contact_id\":\"anna 😀\",\"reference\":\"first\"}");
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "status"), "accepted");
    CHECK_TEXT(json_get(a.json, "attempts"), "1");
    CHECK_TEXT(json_get(a.json, "response"), "Message accepted by Twilio.");
    done(a);
    char *taken = simulator("GET", "/_control/messages?to=%2B12025550199", NULL);
    CHECK_TEXT(json_get(taken, "count"), "1");
    CHECK_TEXT(json_get(taken, "messages[0].body"), TEXT_SENT);
    free(taken);
    ok("text with emoji and Arabic arrives byte for byte");
}

static void sends_template(void) {
    answer a = send_template(client, ANN, "welcome_here", "{\"1\":\"Änne\"}", NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    done(a);
    a = send_template(client, ANN, "HX00000000000000000000000000000002", "{\"1\":\"Ann\",\"2\":\"77\"}", NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    done(a);
    ok("templates, of the settings and of Twilio");
}

static void is_refused(void) {
    answer a = send_text(client, REFUSED, "Nobody there", NULL);
    CHECK_STATUS(a.status, WA_STATUS_RECIPIENT);
    CHECK_TEXT(json_get(a.json, "status"), "failed");
    CHECK_TEXT(json_get(a.json, "attempts"), "1");
    CHECK_TEXT(json_get(a.json, "error.provider_code"), "21211");
    done(a);
    ok("a number that is refused: one attempt");
}

static void is_retried(void) {
    answer a = send_text(client, TWICE_503, "Try again", NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    CHECK_TEXT(json_get(a.json, "attempts"), "3");
    done(a);
    ok("503 twice: the third attempt is taken");
}

static void reads_history(void) {
    answer page = history(client, "{\"order\":\"oldest\"}");
    CHECK_STATUS(page.status, WA_STATUS_OK);
    CHECK_INT(json_count(page.json, "messages"), 5);
    CHECK_TEXT(json_get(page.json, "messages[0].text"), TEXT_SENT);
    CHECK_TEXT(json_get(page.json, "messages[0].contact_id"), "anna 😀");
    CHECK_TEXT(json_get(page.json, "messages[1].text"), "Hello Änne");
    CHECK_TEXT(json_get(page.json, "messages[3].status"), "failed");
    CHECK_TEXT(json_get(page.json, "messages[4].attempts"), "3");
    done(page);
    page = history(client, "{\"contact_id\":\"anna 😀\",\"text\":\"مرحبا\"}");
    CHECK_INT(json_count(page.json, "messages"), 1);
    done(page);
    page = history(client, "{\"reference\":\"first\"}");
    CHECK_INT(json_count(page.json, "messages"), 1);
    done(page);
    ok("the history gives back what was sent, and finds it");
}

static void road(void) {
    reset();
    client = client_of("road", "");
    sends_text();
    sends_template();
    is_refused();
    is_retried();
    reads_history();
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    EXPECT(send_text(client, ANN, "Late", NULL), WA_STATUS_NO_CLIENT);
    /* Another client finds it all. */
    client = client_of("road", "");
    reads_history();
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
}

/* ---- events, callbacks, cancel ---- */

static void events(void) {
    char options[200] = "{\"consumer\":\"me\"}";
    client = client_of("events", "");
    for (int i = 0; i < 20; i++) EXPECT(send_text(client, ANN, "Poll 📮", NULL), WA_STATUS_OK);
    for (int count = 0; count < 20;) {
        answer page = next_event(client, options, 5000);
        CHECK_STATUS(page.status, WA_STATUS_OK);
        CHECK(json_count(page.json, "events") > 0);
        CHECK_TEXT(json_get(page.json, "events[0].kind"), "message");
        CHECK_TEXT(json_get(page.json, "events[0].outcome.status"), "accepted");
        count += json_count(page.json, "events");
        snprintf(options, sizeof options, "{\"consumer\":\"me\",\"max\":7,\"after\":\"%s\"}", json_get(page.json, "cursor"));
        done(page);
    }
    double began = now();
    answer none = next_event(client, options, 300);
    CHECK_STATUS(none.status, WA_STATUS_OK);
    CHECK_INT(json_count(none.json, "events"), 0);
    CHECK(now() - began > 0.25);
    done(none);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    /* What was acknowledged is remembered. */
    client = client_of("events", "");
    none = next_event(client, "{\"consumer\":\"me\",\"include\":[\"message\"]}", 0);
    CHECK_INT(json_count(none.json, "events"), 0);
    done(none);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("events by polling: each once, acknowledged, remembered");
}

static atomic_int called, logged, at_once, inside;
static atomic_ulong dispatcher;
static void on_event(void *user, const char *json) {
    if (inside++ > 0) at_once++;
    CHECK_TEXT((const char *)user, "mine");
    CHECK_TEXT(json_get(json, "kind"), "message");
    EXPECT(send_text(client, ANN, "From inside", NULL), WA_STATUS_WOULD_DEADLOCK);
    CHECK_STATUS(close_client(client, 0), WA_STATUS_WOULD_DEADLOCK);
    dispatcher = GetCurrentThreadId();
    called++;
    inside--;
}
static void on_log(void *user, int32_t level, const char *json) {
    if (inside++ > 0) at_once++;
    CHECK_TEXT((const char *)user, "mine");
    CHECK(level >= 1 && level <= 5 && *json_get(json, "message"));
    logged++;
    inside--;
}
static void callbacks(void) {
    char user[] = "mine";
    client = client_of("callbacks", ",\"log\":{\"level\":\"trace\"}");
    CHECK_STATUS(plain(wa_on_event(client, "{\"include\":[\"message\"]}", on_event, user)), WA_STATUS_OK);
    CHECK_STATUS(plain(wa_on_log(client, 5, on_log, user)), WA_STATUS_OK);
    for (int i = 0; i < 20; i++) EXPECT(send_text(client, ANN, "Call me", NULL), WA_STATUS_OK);
    WAIT_FOR(called >= 20 && logged >= 20);
    CHECK_STATUS(plain(wa_on_event(client, NULL, NULL, NULL)), WA_STATUS_OK);
    CHECK_STATUS(plain(wa_on_log(client, 3, NULL, NULL)), WA_STATUS_OK);
    memset(user, 'x', 4);
    EXPECT(send_text(client, ANN, "Do not call me", NULL), WA_STATUS_OK);
    pause_ms(500);
    CHECK_INT(called, 20);
    CHECK_INT(at_once, 0);
    CHECK(dispatcher != GetCurrentThreadId());
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("callbacks for events and log records, one at a time, on one other thread; unset");
}

static void cancels(void) {
    client = client_of("cancels", "");
    reset();
    answer a = submit(client, ANN, HELLO, "{\"not_before\":\"2099-01-01T00:00:00Z\"}");
    CHECK_STATUS(a.status, WA_STATUS_OK);
    char id[64];
    snprintf(id, sizeof id, "%s", json_get(a.json, "id"));
    done(a);
    EXPECT(wait_for(client, id, 50), WA_STATUS_PENDING);
    EXPECT(cancel(client, id), WA_STATUS_OK);
    a = wait_for(client, id, 5000);
    CHECK_STATUS(a.status, WA_STATUS_CANCELLED);
    CHECK_TEXT(json_get(a.json, "status"), "cancelled");
    done(a);
    a = send_text(client, ANN, "Gone", NULL);
    CHECK_STATUS(a.status, WA_STATUS_OK);
    EXPECT(cancel(client, json_get(a.json, "id")), WA_STATUS_TOO_LATE);
    done(a);
    CHECK_INT(statistic("taken"), 1);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("cancel: before an attempt it works, after it is TOO_LATE");
}

/* ---- many threads, close, exit ---- */

#define HANG "[{\"match\":{\"method\":\"POST\"},\"fault\":{\"kind\":\"hang\",\"ms\":null}}]"

static int each;
static atomic_int got[128];
static unsigned __stdcall sends(void *number) {
    for (int i = 0; i < each; i++) {
        char text[64];
        snprintf(text, sizeof text, "Number %d of thread %d 🧵", i, (int)(intptr_t)number);
        answer a = send_text(client, ANN, text, NULL);
        CHECK(a.status >= 0 && a.status < 128);
        got[a.status]++;
        done(a);
    }
    return 0;
}

static void many_threads(void) {
    HANDLE all[MANY];
    client = client_of("threads", "");
    reset();
    memset((void *)got, 0, sizeof got);
    each = 10;
    start_many(all, MANY, sends);
    join_many(all, MANY);
    CHECK_INT(got[WA_STATUS_OK], MANY * each);
    CHECK_INT(statistic("taken"), MANY * each);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("64 threads send 10 each");
}

static void close_during_sends(void) {
    HANDLE all[MANY];
    client = client_of("close", "");
    memset((void *)got, 0, sizeof got);
    each = 1;
    fault(HANG);
    start_many(all, MANY, sends);
    WAIT_FOR(statistic("in_flight") >= MANY);
    double began = now();
    wa_status status = close_client(client, 200);
    join_many(all, MANY);
    if (now() - began > 30) fail(__FILE__, __LINE__, "the senders woke after %.1f s", now() - began);
    CHECK_INT(got[WA_STATUS_CLOSED], MANY);
    if (status == WA_STATUS_CLOSE_PENDING) status = close_client(client, 30000);
    CHECK_STATUS(status, WA_STATUS_OK);
    CHECK_STATUS(close_client(client, 0), WA_STATUS_NO_CLIENT);
    no_faults();
    client = client_of("close", "");
    answer page = history(client, "{\"limit\":500}");
    CHECK_INT(json_count(page.json, "messages"), MANY);
    done(page);
    CHECK_STATUS(close_client(client, 30000), WA_STATUS_OK);
    ok("close with 64 sends under way: all are woken with CLOSED, none is lost");
}

/* This process, with sends under way, returns 7 from main. */
static int leave(void) {
    static HANDLE all[MANY];
    client = client_of("exit", ",\"log\":{\"level\":\"trace\"}");
    each = 1;
    start_many(all, MANY, sends);
    WAIT_FOR(statistic("in_flight") >= MANY);
    return 7;
}

static void exits(void) {
    int rounds = getenv("WA_EXITS") ? atoi(getenv("WA_EXITS")) : 5;
    reset();
    fault(HANG);
    for (int i = 0; i < rounds; i++) {
        wchar_t program[MAX_PATH], line[MAX_PATH + 16];
        STARTUPINFOW start = {.cb = sizeof start};
        PROCESS_INFORMATION process;
        DWORD code;
        CHECK(GetModuleFileNameW(NULL, program, MAX_PATH) > 0);
        wcscpy(line, L"\"");
        wcscat(line, program);
        wcscat(line, L"\" leave");
        /* Seen once, under load: Wine cannot start a process. The note says why. */
        for (int tries = 1; !CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process); tries++) {
            printf("note: round %d, start %d: error %lu\n", i, tries, GetLastError());
            if (tries == 3) fail(__FILE__, __LINE__, "round %d cannot be started", i);
        }
        if (WaitForSingleObject(process.hProcess, 60000) != WAIT_OBJECT_0) fail(__FILE__, __LINE__, "round %d does not end", i);
        CHECK(GetExitCodeProcess(process.hProcess, &code));
        if (code != 7) fail(__FILE__, __LINE__, "round %d ended with %lx, not 7", i, code);
        CloseHandle(process.hProcess);
        CloseHandle(process.hThread);
        double until = now() + 30;
        for (long left; (left = statistic("in_flight")) != 0; pause_ms(5))
            if (now() > until) fail(__FILE__, __LINE__, "round %d: %ld requests of the ended process are still open", i, left);
    }
    no_faults();
    printf("ok: return 7 from main with %d sends under way is 7, %d times\n", MANY, rounds);
    client = client_of("exit", "");
    CHECK_INT(count_history(client), rounds * MANY);
    CHECK_INT(statistic("taken"), 0);
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
    ok("the next client finds every message of the ended processes");
}

/* ---- unload, and rounds ---- */

static void once(void) {
    HMODULE module = load();
    client = client_of("unload", "");
    EXPECT(send_text(client, ANN, "Loaded", NULL), WA_STATUS_OK);
    EXPECT(send_text(0, ANN, "x", NULL), WA_STATUS_NO_CLIENT); /* leaves a thread-local behind */
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
#ifdef LOAD_BY_HAND
    CHECK(FreeLibrary(module));
    memset((void *)&by_hand_wa_send, 0, sizeof by_hand_wa_send);
#endif
    /* It pinned itself: its threads and thread-locals may outlive the host's use. */
    CHECK(GetModuleHandleW(L"wa_connector.dll") == module);
}
static unsigned __stdcall once_in_a_thread(void *unused) {
    (void)unused;
    once();
    return 0;
}
static void unload(void) {
    for (int i = 0; i < 5; i++) once();
    for (int i = 0; i < 5; i++) {
        HANDLE thread;
        start_many(&thread, 1, once_in_a_thread);
        join_many(&thread, 1);
    }
    load();
#ifdef LOAD_BY_HAND
    ok("LoadLibrary, send, close, FreeLibrary, and again: it stays mapped");
#else
    ok("configure, send, close, and again, also from threads that end");
#endif
}

#ifdef LOAD_BY_HAND
/* The same DLL from two folders is two libraries: neither knows the other's clients, and both work. */
static void two_paths(void) {
    wchar_t work[MAX_PATH], copy[MAX_PATH + 40];
    CHECK(MultiByteToWideChar(CP_UTF8, 0, environment("WA_WORK"), -1, work, MAX_PATH) > 0);
    swprintf(copy, MAX_PATH + 40, L"%ls/копия 📁", work);
    for (wchar_t *p = copy; *p; p++) *p = *p == L'/' ? L'\\' : *p;
    CHECK(CreateDirectoryW(copy, NULL) || GetLastError() == ERROR_ALREADY_EXISTS);
    wcscat(copy, L"\\wa_connector.dll");
    CHECK(CopyFileW(beside(L"wa_connector.dll"), copy, FALSE));
    HMODULE first = load();
    wa_client one = client_of("two_one", "");
    CHECK(load_from(copy) != first);
    EXPECT(send_text(one, ANN, "To the other", NULL), WA_STATUS_NO_CLIENT);
    wa_client two = client_of("two_two", "");
    EXPECT(send_text(two, ANN, "To the second", NULL), WA_STATUS_OK);
    CHECK_STATUS(close_client(two, 10000), WA_STATUS_OK);
    CHECK(load() == first);
    EXPECT(send_text(one, ANN, "To the first", NULL), WA_STATUS_OK);
    CHECK_STATUS(close_client(one, 10000), WA_STATUS_OK);
    ok("the DLL from two folders, one with a name of many scripts: two libraries that both work");
}
#endif

static void rounds(void) {
    int count = getenv("WA_ROUNDS") ? atoi(getenv("WA_ROUNDS")) : 20, threads_then = 0;
    long handles_then = 0, memory_then = 0;
    for (int i = 0; i <= count; i++) {
        /* The first fifth makes what stays: pools, caches. */
        if (i == count / 5) threads_then = threads(), handles_then = handles(), memory_then = kilobytes();
        client = client_of("rounds", "");
        EXPECT(send_text(client, ANN, "Round", NULL), WA_STATUS_OK);
        EXPECT(send_text(client, "nobody", "Round", NULL), WA_STATUS_RECIPIENT);
        CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    }
    long grown = kilobytes() - memory_then;
    /* A thread that has just ended may still be counted. */
    double until = now() + 10;
    while ((threads() > threads_then || handles() > handles_then + 2) && now() < until) pause_ms(50);
    if (threads() > threads_then || handles() > handles_then + 2 || grown > 4096)
        fail(__FILE__, __LINE__, "threads went from %d to %d, handles from %ld to %ld, memory grew by %ld KB", threads_then,
             threads(), handles_then, handles(), grown);
    printf("memory: %d threads, %ld handles, %ld KB more than after a fifth\n", threads(), handles(), grown);
    printf("ok: %d times configure, send, close: threads, handles and memory do not grow\n", count);
}

/* ---- files and certificates ---- */

static void files(void) {
    /* A file that the system's code page cannot name. */
    wchar_t folder[MAX_PATH], path[MAX_PATH + 60];
    CHECK(MultiByteToWideChar(CP_UTF8, 0, environment("WA_WORK"), -1, folder, MAX_PATH) > 0);
    client = client_of("Verlauf ü история 📁/тест", "");
    EXPECT(send_text(client, ANN, "Filed", NULL), WA_STATUS_OK);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    swprintf(path, MAX_PATH + 40, L"%ls/Verlauf ü история 📁/тест.db", folder);
    CHECK(GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES);
    ok("a history in a folder that is made, with a name of many scripts");

    /* The default place. The text names it in an error, or it is there afterwards. */
    CHECK(GetEnvironmentVariableW(L"ProgramData", folder, MAX_PATH) > 0);
    swprintf(path, MAX_PATH + 40, L"%ls\\wa-connector\\history.db", folder);
    DeleteFileW(path); /* of an earlier version: it would go on being used */
    swprintf(path, MAX_PATH + 60, L"%ls\\wa-connector\\history-00ee47d0bdbb405b.db", folder); /* of the account below */
    DeleteFileW(path);
    char settings[1000];
    snprintf(settings, sizeof settings,
             "{\"twilio\":{\"account_sid\":\"AC00000000000000000000000000000001\",\"from\":\"+14155238886\","
             "\"auth_token\":\"0123456789abcdef0123456789abcdef\",\"base_url\":\"%s\"}}", environment("WA_SIMULATOR_URL"));
    CHECK_STATUS(configure(settings, &client), WA_STATUS_OK);
    CHECK(GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    CHECK(DeleteFileW(path)); /* nothing holds it any more */
    ok("the default history is in ProgramData, and let go by close");
}

static void tls(void) {
    char more[2000];
    client = 0;
    CHECK_STATUS(configure(settings_at(environment("WA_SIMULATOR_TLS_URL"), "tls", ""), &client), WA_STATUS_OK);
    answer a = send_text(client, ANN, "Who are you?", NULL);
    CHECK_STATUS(a.status, WA_STATUS_TLS);
    CHECK_TEXT(json_get(a.json, "status"), "failed");
    CHECK_HAS(json_get(a.json, "error.message"), "certificate");
    printf("tls: %s\n", json_get(a.json, "error.message"));
    done(a);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("an authority that the system does not know is refused");

    snprintf(more, sizeof more, ",\"http\":{\"ca_file\":\"%s\"}", environment("WA_CERTIFICATE"));
    CHECK_STATUS(configure(settings_at(environment("WA_SIMULATOR_TLS_URL"), "tls_ca", more), &client), WA_STATUS_OK);
    EXPECT(send_text(client, ANN, "Now I trust you.", NULL), WA_STATUS_OK);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("http.ca_file is trusted");

    wa_client none;
    snprintf(more, sizeof more, ",\"http\":{\"ca_file\":\"%s.missing\"}", environment("WA_CERTIFICATE"));
    CHECK_STATUS(configure(settings_at(environment("WA_SIMULATOR_TLS_URL"), "tls_no", more), &none), WA_STATUS_SETTINGS);
    CHECK_HAS(wa_last_error(), "http.ca_file");
    ok("a ca_file that is not there is named");

    /* A proxy that is not there: nothing goes around it. */
    snprintf(more, sizeof more, ",\"retry\":{\"max_retries\":0},\"http\":{\"ca_file\":\"%s\",\"proxy\":\"http://127.0.0.1:1\"}", environment("WA_CERTIFICATE"));
    CHECK_STATUS(configure(settings_at(environment("WA_SIMULATOR_TLS_URL"), "tls_proxy", more), &client), WA_STATUS_OK);
    EXPECT(send_text(client, ANN, "Through the proxy", NULL), WA_STATUS_NETWORK);
    CHECK_STATUS(close_client(client, 10000), WA_STATUS_OK);
    ok("http.proxy is used, and nothing goes around it");
}

#include "media.h"

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"load", loads}, {"road", road}, {"meta", meta}, {"events", events}, {"callbacks", callbacks}, {"cancel", cancels},
    {"threads", many_threads}, {"close", close_during_sends}, {"exit", exits}, {"unload", unload}, {"memory", rounds},
    {"files", files}, {"TLS", tls}, {"about", about},
#ifdef LOAD_BY_HAND
    {"two_paths", two_paths},
#endif
};

int main(int count, char **names) {
    _setmode(_fileno(stdout), _O_BINARY);
    load();
    if (count == 2 && !strcmp(names[1], "leave")) return leave();
    for (int i = 1; i < count; i++) {
        bool known = false;
        for (size_t t = 0; t < sizeof tests / sizeof *tests; t++)
            if (!strcmp(names[i], tests[t].name)) tests[t].run(), known = true;
        if (!known) fail(__FILE__, __LINE__, "there is no test %s", names[i]);
        /* run.sh counts what passed by area. */
        printf("passed: %s\n", names[i]);
        fflush(stdout);
    }
    return 0;
}
