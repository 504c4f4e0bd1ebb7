// The C++ layer against the simulator. WA_SETTINGS: the settings up to the history's file; WA_WORK: a folder.
#include "wa_connector_account.hpp"
#include "wa_connector_history.hpp"
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fstream>
#include <gnu/libc-version.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <type_traits>
#include <unistd.h>

static_assert(!std::is_copy_constructible<wa::client>::value, "a client is never copied");
static_assert(std::is_nothrow_move_constructible<wa::client>::value, "a client is moved");
static_assert(std::is_nothrow_move_assignable<wa::client>::value, "a client is moved");

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::printf("FAILED: %s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, wa_last_error());                  \
            std::fflush(stdout);                                                                                       \
            _exit(1);                                                                                                  \
        }                                                                                                              \
    } while (0)

static void ok(const char *name) {
    std::printf("ok: %s\n", name);
    std::fflush(stdout);
}

template <class Condition> static void wait_for(Condition condition) {
    for (int i = 0; i < 10000 && !condition(); i++) std::this_thread::sleep_for(wa::milliseconds(3));
    CHECK(condition());
}

static const char *const ANN = "+12025550199";
static const char *const HELLO = R"({"type":"text","text":"Hello"})";

static std::string settings(const char *name) {
    return std::string(std::getenv("WA_SETTINGS")) + std::getenv("WA_WORK") + "/" + name + R"(.db"}})";
}
static wa::client client_of(const char *name) {
    wa::client client;
    client.configure(settings(name)).or_throw();
    return client;
}
/// The text of a member that is a string; "" if there is none.
static std::string member(const std::string &json, const char *name) {
    std::string key = '"' + std::string(name) + "\":\"";
    std::size_t at = json.find(key);
    return at == std::string::npos ? "" : json.substr(at + key.size(), json.find('"', at + key.size()) - at - key.size());
}
static int threads() {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    while (dirent *task = readdir(tasks)) {
        std::string name;
        std::ifstream("/proc/self/task/" + std::string(task->d_name) + "/comm") >> name;
        count += name.compare(0, 3, "wa-") == 0;
    }
    closedir(tasks);
    return count;
}

static void road() {
    wa::client client = client_of("road");
    wa::result sent = client.send(ANN, "Hello");
    CHECK(sent && sent.status() == WA_STATUS_OK && sent.error().empty());
    CHECK(member(sent.json(), "status") == "accepted");
    CHECK(client.send_template(ANN, "welcome", R"({"1":"Ann"})"));
    CHECK(client.send_message(std::string(ANN), HELLO, R"({"reference":"one"})"));
    wa::result recorded = client.submit(ANN, HELLO);
    CHECK(recorded);
    CHECK(client.wait(member(recorded.json(), "id"), wa::milliseconds(20000)));
    CHECK(client.cancel(member(recorded.json(), "id")).status() == WA_STATUS_TOO_LATE);
    CHECK(client.update(R"({"retry":{"max_retries":1}})"));
    wa::string page = client.history(R"({"limit":2})").take();
    CHECK(page && std::strstr(page.get(), "\"messages\"") && !member(page.get(), "next").empty());
    CHECK(wa::history(client).count());
    const std::string file = std::string(std::getenv("WA_WORK")) + "/road.csv";
    CHECK(wa::history(client).export_file(nullptr, "{\"file\":\"" + file + "\",\"overwrite\":true}"));
    CHECK(wa::history(client).erase(R"({"contact_id":"nobody"})"));
    CHECK(wa::history(client).purge(R"({"older_than_days":1})"));
    CHECK(member(wa::history(client).take(R"({"consumer":"c"})", wa::milliseconds(5000)).json(), "cursor") != "");
    CHECK(member(client.next_event(nullptr, wa::milliseconds(5000)).json(), "cursor") != "");
    wa::result refused = wa::account(client).webhook(R"({"method":"POST","url":"/hook"})", std::string("a=b"));
    CHECK(refused && std::strstr(refused.json(), "\"status\":403"));
    CHECK(wa::account(client).webhook(R"({"method":"PUT","url":"/hook"})", nullptr, 0));
    CHECK(wa::account(client).webhook("{", nullptr, 0).status() == WA_STATUS_JSON);
    CHECK(client.close(wa::milliseconds(20000)));
    CHECK(client.close(wa::milliseconds(-1)).status() == WA_STATUS_NO_CLIENT);
    CHECK(client.send(ANN, "x").status() == WA_STATUS_NO_CLIENT);
    ok("road: every call");
}

static void schema() {
    wa::result sql = wa::schema(R"({"history":{"schema":"s"}})", R"({"database":"postgresql"})");
    CHECK(sql && member(sql.json(), "database") == "postgresql");
    CHECK(std::strstr(sql.json(), "CREATE VIEW") && std::strstr(sql.json(), "GRANT USAGE"));
    CHECK(wa::schema());
    CHECK(wa::schema(nullptr, R"({"database":"none"})").status() == WA_STATUS_ARGUMENT);
    ok("schema: the tables as SQL, without a client");
}

static void errors() {
    wa::client client;
    wa::result refused = client.configure("{\"provider\":1}");
    CHECK(!refused && refused.status() == WA_STATUS_JSON && member(refused.error(), "status") == "json");
    CHECK(!client && client.number() == 0);
    CHECK(client.configure(nullptr).status() == WA_STATUS_ARGUMENT);
    CHECK(client.send(ANN, "x").status() == WA_STATUS_NO_CLIENT);
    CHECK(client.on_event(nullptr).status() == WA_STATUS_NO_CLIENT);
    CHECK(client.close(wa::milliseconds(0)).status() == WA_STATUS_NO_CLIENT);
    bool thrown = false;
    try {
        client.configure(settings("errors")).or_throw();
        client.send("123", "x").or_throw();
    } catch (const wa::error &error) {
        thrown = error.status() == WA_STATUS_RECIPIENT && member(error.json(), "status") == "recipient" &&
                 std::strstr(error.what(), "recipient: {");
    }
    CHECK(thrown);
    wa::result unsent = client.send("123", "x"); // not OK, and there is JSON
    CHECK(!unsent && *unsent.json() && unsent.take() && !*unsent.json());
    ok("road: errors are a result, or an exception");
}

static void lifetime() {
    CHECK(threads() == 0);
    {
        wa::client client = client_of("lifetime");
        CHECK(threads() > 0);
    }
    CHECK(threads() == 0);
    ok("close: by the destructor");

    wa::client first = client_of("lifetime"), second = client_of("second");
    wa_client number = first.number();
    wa::client moved(std::move(first));
    CHECK(moved.number() == number && !first && first.number() == 0); // NOLINT: looked at on purpose
    CHECK(first.send(ANN, "x").status() == WA_STATUS_NO_CLIENT);
    CHECK(moved.send(ANN, "x"));
    number = second.number();
    second = std::move(moved); // its own client is closed
    CHECK(!moved && wa_close(number, 0) == WA_STATUS_NO_CLIENT);
    CHECK(second.send(ANN, "x"));
    number = second.number();
    second.configure(settings("third")).or_throw();
    CHECK(second.number() != number && wa_close(number, 0) == WA_STATUS_NO_CLIENT);
    second = wa::client();
    CHECK(threads() == 0);
    ok("close: what was moved from is empty, what is replaced is closed");
}

static void callbacks() {
    wa::client client = client_of("callbacks");
    std::atomic<int> events(0), records(0), refused(0);
    auto token = std::make_shared<int>(0);
    std::weak_ptr<int> watch = token;
    CHECK(client.on_event([&, token](const char *event) {
        if (client.send(ANN, "x").status() == WA_STATUS_WOULD_DEADLOCK) refused++;
        if (client.on_event(nullptr).status() == WA_STATUS_WOULD_DEADLOCK) refused++;
        CHECK(member(event, "id") != "");
        events++;
    }));
    token.reset();
    CHECK(client.on_log(5, [&](std::int32_t level, const char *record) {
        CHECK(level >= 1 && level <= 5 && *record == '{');
        records++;
    }));
    CHECK(client.send(ANN, "An event"));
    wait_for([&] { return events > 0 && records > 0; });
    CHECK(refused == 2 * events);
    CHECK(!watch.expired());
    client = wa::client(std::move(client)); // moved twice: callbacks go on
    CHECK(client.on_event(nullptr));
    CHECK(watch.expired());
    CHECK(client.on_log(9, [](std::int32_t, const char *) {}).status() == WA_STATUS_ARGUMENT);
    int before = records;
    CHECK(client.send(ANN, "A record"));
    wait_for([&] { return records > before; });
    CHECK(client.on_log(3, nullptr));
    ok("callbacks: they run, are refused what can wait, and are destroyed when they are unset");

    std::atomic<int> thrown(0);
    CHECK(client.on_event([&](const char *) {
        thrown++;
        throw std::runtime_error("from a callback");
    }));
    CHECK(client.send(ANN, "1") && client.send(ANN, "2"));
    wait_for([&] { return thrown >= 2; });
    ok("callbacks: one that throws ends nothing, and the next one comes");

    auto kept = std::make_shared<int>(0);
    std::weak_ptr<int> seen = kept;
    std::atomic<bool> stop(false);
    std::atomic<int> ran(0);
    std::vector<std::thread> many;
    for (int i = 0; i < 4; i++)
        many.emplace_back([&] {
            while (!stop) {
                auto own = std::make_shared<std::string>("kept");
                client.on_event([&ran, own](const char *) { ran += static_cast<int>(own->size()); });
                client.on_log(5, [&ran, own](std::int32_t, const char *) { ran += static_cast<int>(own->size()); });
            }
        });
    for (int i = 0; i < 50; i++) CHECK(client.send(ANN, "Beside"));
    stop = true;
    for (std::thread &one : many) one.join();
    CHECK(ran > 0);
    CHECK(client.on_event([kept](const char *) {}));
    kept.reset();
    CHECK(client.close(wa::milliseconds(20000)));
    CHECK(seen.expired());
    ok("callbacks: replaced from four threads at once, and destroyed by close");
}

static void closes_under_way() {
    static std::atomic<bool> inside(false), go(false), gone(false);
    {
        wa::client client(wa::milliseconds(50));
        client.configure(settings("under_way")).or_throw();
        auto kept = std::make_shared<std::string>(1000, 'x');
        CHECK(client.on_event([kept](const char *) {
            inside = true;
            while (!go) std::this_thread::sleep_for(wa::milliseconds(1));
            CHECK(kept->size() == 1000 && kept->back() == 'x');
            gone = true;
        }));
        kept.reset();
        CHECK(client.send(ANN, "x"));
        wait_for([] { return inside.load(); });
        CHECK(client.close(wa::milliseconds(0)).status() == WA_STATUS_CLOSE_PENDING);
    } // in vain: the callback runs on
    go = true;
    wait_for([] { return gone.load(); });
    wait_for([] { return threads() == 0; });
    ok("callbacks: what one needs outlives a client that could not be closed in time");

    wa::client client = client_of("together");
    std::atomic<int> ended(0);
    std::vector<std::thread> many;
    for (int i = 0; i < 8; i++)
        many.emplace_back([&] {
            wa_status last;
            while ((last = client.send(ANN, "x").status()) == WA_STATUS_OK) {
            }
            CHECK(last == WA_STATUS_CLOSED || last == WA_STATUS_NO_CLIENT || last == WA_STATUS_PENDING);
            ended++;
        });
    std::this_thread::sleep_for(wa::milliseconds(100));
    CHECK(client.close(wa::milliseconds(20000)));
    for (std::thread &one : many) one.join();
    CHECK(ended == 8);
    ok("threads: a client is closed while eight threads send");
}

/// Each call reaches its own function: it is that one's name which the error has, or the argument that it lacks.
static void account_calls() {
    wa::client client = client_of("account"), none;
    const wa::account account(client), nobody(none);
    const std::uint8_t byte = 1;
    using calls = std::vector<std::pair<const char *, wa::result>>;
    auto all = [&](const wa::account &of, wa::text options) {
        calls made;
        made.emplace_back("mark_read", of.mark_read("wamid.x", options));
        made.emplace_back("media_upload", of.media_upload("/no/such/file", options));
        made.emplace_back("media_upload_bytes", of.media_upload_bytes(&byte, 1, options));
        made.emplace_back("media_download", of.media_download("1", "/no/such/folder", options));
        made.emplace_back("media_url", of.media_url("1", options));
        made.emplace_back("media_delete", of.media_delete("1", options));
        made.emplace_back("template_list", of.template_list(options));
        made.emplace_back("template_get", of.template_get("x", options));
        made.emplace_back("template_create", of.template_create("{}", options));
        made.emplace_back("template_edit", of.template_edit("1", "{}", options));
        made.emplace_back("template_delete", of.template_delete("x", options));
        made.emplace_back("template_submit", of.template_submit("1", options));
        made.emplace_back("number_list", of.number_list(options));
        made.emplace_back("number_get", of.number_get(options));
        made.emplace_back("number_add", of.number_add("+4930901820", options));
        made.emplace_back("number_request_code", of.number_request_code(options));
        made.emplace_back("number_verify_code", of.number_verify_code("123456", options));
        made.emplace_back("number_register", of.number_register("123456", options));
        made.emplace_back("number_deregister", of.number_deregister(options));
        made.emplace_back("number_set_pin", of.number_set_pin("123456", options));
        made.emplace_back("profile_get", of.profile_get(options));
        made.emplace_back("profile_update", of.profile_update("{}", options));
        made.emplace_back("profile_set_picture", of.profile_set_picture("/no/such/file", options));
        made.emplace_back("check", of.check(options));
        return made;
    };
    for (auto &call : all(account, "{")) CHECK(call.second.status() == WA_STATUS_JSON);
    for (auto &call : all(nobody, nullptr)) CHECK(call.second.status() == WA_STATUS_NO_CLIENT);
    for (auto &call : all(account, nullptr)) {
        // Twilio has no numbers, no profile and no store of media, and says so.
        const char *name = call.first;
        bool both = !std::strncmp(name, "template", 8) || !std::strcmp(name, "check");
        bool lacks = !std::strcmp(name, "number_add") || !std::strcmp(name, "media_upload_bytes");
        wa_status wanted = lacks ? WA_STATUS_ARGUMENT : WA_STATUS_NOT_SUPPORTED;
        CHECK(both ? call.second.status() != WA_STATUS_INTERNAL : call.second.status() == wanted);
    }
    ok("road: the calls that are no messages reach their functions");
}

static void ends() {
    std::fflush(stdout);
    pid_t pid = fork(); // nothing is configured now: the child may
    CHECK(pid >= 0);
    if (pid == 0) {
        static wa::client client; // ends after main, by a handler of exit
        client.configure(settings("ends")).or_throw();
        client.on_event([](const char *) {}).or_throw();
        client.send(ANN, "x").or_throw();
        std::exit(7);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    ok("exit: a static client closes after main");
    wa::client client = client_of("ends");
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        bool forked = client.send(ANN, "x").status() == WA_STATUS_FORKED;
        client = wa::client();
        _exit(forked ? 7 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CHECK(client.send(ANN, "x"));
    ok("fork: the child is refused and ends, the parent goes on");
}

int main() {
    road();
    schema();
    account_calls();
    errors();
    lifetime();
    callbacks();
    ends();
    closes_under_way(); // leaves one that nobody closed: no child could be forked after it
    std::printf("glibc %s\n", gnu_get_libc_version());
    return 0;
}
