/* Gives canaries as every secret, makes everything happen that is logged or stored, and leaves it all in files for
 * find_secrets.py: log records, events, every JSON (WA_JSON_LOG), stdout and stderr, and the SQLite files. */
#include "host.h"
#include "meta.h"

/* Letters and signs that every encoding writes differently. find_secrets.py knows them from secrets.txt. */
#define TOKEN "canary-token+/=&%?#:~Zq8"
#define KEY_SECRET "canary-key-secret+/=&%Yw7"
#define PROXY_PASSWORD "canary-proxy-Pr6x"
#define DATABASE_PASSWORD "canary-database-Db5v"
#define VERIFY_TOKEN "canary-verify+/=&%Vt4u"
#define ACCESS_TOKEN "canary-access+/=&%At3t"
#define APP_SECRET "canary-app-secret+/=&%As2s"
#define NEW_TOKEN "canary-new-token+/=&%Nt1r"
#define NEW_ACCESS_TOKEN "canary-new-access+/=&%Na9m"
/* Text where six digits belong, and six digits that nothing else has. */
#define NO_PIN "canary-no-pin+/=&%Pn0k"
#define PIN "836417"
#define NEW_PIN "941863"
#define CODE "592836"
#define CODE_DASHED "592-836"
/* What an authentication template brings to a person: 15 characters at most. */
#define AUTHENTICATION_CODE "Cq7+/=&%?Zk3Wv5"
#define SID "AC00000000000000000000000000000001"
#define KEY_SID "SK00000000000000000000000000000001"

static FILE *records;
static void keeps(void *user, const char *json) {
    fprintf(records, "event %s\n", json);
    (void)user;
}
static void keeps_log(void *user, int32_t level, const char *json) {
    fprintf(records, "log %d %s\n", level, json);
    (void)user;
}

/* The text with the simulator's address and the work folder in it; the secrets hold `%`, so no format. */
static const char *fill(const char *pattern) {
    static char text[8192];
    char *out = text;
    while (*pattern) {
        const char *put = !strncmp(pattern, "@URL@", 5)    ? environment("WA_SIMULATOR_URL")
                          : !strncmp(pattern, "@WORK@", 6) ? environment("WA_WORK")
                                                           : NULL;
        CHECK(out + 4096 < text + sizeof text);
        if (put) out += sprintf(out, "%s", put), pattern = strchr(pattern + 1, '@') + 1;
        else *out++ = *pattern++;
    }
    *out = 0;
    return text;
}

/* Configures, and keeps what is said if that fails. */
static wa_client start(const char *text) {
    wa_client client;
    if (configure(text, &client) != WA_STATUS_OK) {
        fprintf(records, "refused %s\n", wa_last_error());
        return 0;
    }
    CHECK_STATUS(plain(wa_on_event(client, NULL, keeps, NULL)), WA_STATUS_OK);
    CHECK_STATUS(plain(wa_on_log(client, 5, keeps_log, NULL)), WA_STATUS_OK);
    return client;
}

static void use(wa_client client) {
    const char *options = "{\"timeout_ms\":20000,\"correlation_id\":\"c\"}";
    done(send_text(client, ANN, "Hello", options));
    done(send_text(client, "+12025550101", "Busy", options));
    done(send_text(client, "+12025550103", "Refused", options));
    done(send_text(client, "+1", "None", options));
    done(send_text(client, "+12025550107", "Cut", options));
    done(send_template(client, ANN, "welcome", "[\"Ann\"]", options));
    done(send_template(client, ANN, "nowhere", NULL, options));
    done(submit(client, ANN, "{\"type\":\"media\",\"media\":[\"https://example.org/a.png\"]}", options));
    done(send_text(client, ANN, NULL, options));
    answer page = history(client, "{\"limit\":500}");
    fprintf(records, "history %s\n", page.json);
    done(page);
    page = next_event(client, "{\"include\":[\"message\",\"warning\",\"database\",\"log\"],\"max\":1000}", 0);
    fprintf(records, "events %s\n", page.json);
    done(page);
}

/* Keeps what an account call says. */
static void keep(const char *what, answer a) {
    fprintf(records, "%s %s\n", what, a.json ? a.json : "");
    done(a);
}

#define VERIFY(code) "{\"type\":\"template\",\"template\":\"verify\",\"language\":\"en_US\",\"code\":" code "}"

/* Codes and PINs: right, wrong, misplaced, and repeated by Meta. */
static void use_meta(wa_client client) {
    const char *options = "{\"timeout_ms\":20000,\"sender\":\"" META_SENDER "\"}";
    const char *to[] = {ANN, "+12025550101", "+12025550103", "+12025550107", "+1"};
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) keep("code", send_message(client, to[i], VERIFY("\"" AUTHENTICATION_CODE "\""), options));
    const char *wrong[] = {
        VERIFY("[\"" AUTHENTICATION_CODE "\"]"), VERIFY("{\"" AUTHENTICATION_CODE "\":1}"),
        VERIFY("\"" AUTHENTICATION_CODE AUTHENTICATION_CODE "\""), VERIFY("\"" AUTHENTICATION_CODE), VERIFY(CODE),
        "{\"type\":\"template\",\"template\":\"order_update\",\"code\":\"" AUTHENTICATION_CODE "\"}",
        "{\"type\":\"template\",\"template\":\"nowhere\",\"code\":\"" AUTHENTICATION_CODE "\"}",
        "{\"type\":\"text\",\"text\":\"Hello\",\"code\":\"" AUTHENTICATION_CODE "\"}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) keep("code", send_message(client, ANN, wrong[i], options));
    const char *pins[] = {NO_PIN, PIN, NEW_PIN, PIN " ", PIN PIN};
    for (size_t i = 0; i < sizeof pins / sizeof *pins; i++) {
        keep("pin", register_number(client, pins[i], options));
        keep("pin", register_number(client, pins[i], "{\"sender\":\"" META_TEST_SENDER "\"}"));
        keep("pin", set_pin(client, pins[i], options));
    }
    keep("pin", register_number(client, "", "{\"pin\":\"" PIN "\"}"));
    keep("pin", register_number(client, PIN, "{\"data_localization_region\":\"" NO_PIN "\"}"));
    const char *codes[] = {NO_PIN, CODE, CODE_DASHED, CODE CODE};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) keep("code", verify_code(client, codes[i], options));
    keep("check", check_all(client, NULL));
    /* Meta repeats all that it was sent. */
    fault("[{\"match\":{\"method\":\"POST\"},\"times\":100,\"fault\":{\"kind\":\"status\",\"http\":400,\"code\":100,\"message\":\"Not " AUTHENTICATION_CODE
          ", " PIN ", " CODE ", " CODE_DASHED ", " ACCESS_TOKEN " nor " META_TOKEN "\"}}]");
    keep("code", send_message(client, ANN, VERIFY("\"" AUTHENTICATION_CODE "\""), options));
    no_faults();
    fault("[{\"match\":{\"method\":\"POST\"},\"times\":100,\"fault\":{\"kind\":\"status\",\"http\":400,\"code\":100,\"message\":\"Not " PIN "\"}}]");
    keep("pin", register_number(client, PIN, options));
    keep("pin", set_pin(client, PIN, options));
    no_faults();
    fault("[{\"match\":{\"method\":\"POST\"},\"times\":100,\"fault\":{\"kind\":\"status\",\"http\":400,\"code\":100,\"message\":\"Not " CODE_DASHED "\"}}]");
    keep("code", verify_code(client, CODE, options));
    no_faults();
    use(client);
}

static void finish(wa_client client) {
    CHECK_STATUS(close_client(client, 20000), WA_STATUS_OK);
}

int main(void) {
    char path[4096];
    const char *work = environment("WA_WORK");
    const char *all[] = {TOKEN, KEY_SECRET, PROXY_PASSWORD, DATABASE_PASSWORD, VERIFY_TOKEN, ACCESS_TOKEN, APP_SECRET, NEW_TOKEN,
                         NEW_ACCESS_TOKEN, META_TOKEN, NO_PIN};
    const char *digits[] = {PIN, NEW_PIN, CODE, CODE_DASHED};
    const char *users[] = {SID, KEY_SID, "proxyuser"};
    snprintf(path, sizeof path, "%s/secrets.txt", work);
    FILE *list = fopen(path, "w");
    CHECK(list != NULL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) fprintf(list, "secret\t%s\n", all[i]);
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) fprintf(list, "user\t%s\n", users[i]);
    for (size_t i = 0; i < sizeof digits / sizeof *digits; i++) fprintf(list, "digits\t%s\n", digits[i]);
    fprintf(list, "content\t%s\n", AUTHENTICATION_CODE);
    fclose(list);
    snprintf(path, sizeof path, "%s/records.txt", work);
    records = fopen(path, "w");
    CHECK(records != NULL);

#define SETUP ",\"retry\":{\"wait_seconds\":0},\"pacing\":{\"messages_per_second\":0},\"log\":{\"level\":\"trace\"}," \
               "\"webhook\":{\"public_url\":\"https://example.org/\",\"verify_token\":\"" VERIFY_TOKEN "\"}"
#define COMMON SETUP \
    ",\"meta\":{\"access_token\":\"" ACCESS_TOKEN "\",\"app_secret\":\"" APP_SECRET "\"}"
    /* The token, which is wrong here. */
    wa_client client = start(fill("{\"twilio\":{\"account_sid\":\"" SID "\",\"auth_token\":\"" TOKEN "\",\"from\":\"+14155238886\","
             "\"base_url\":\"@URL@\"},\"history\":{\"file\":\"@WORK@/a.db\"}" COMMON "}"));
    CHECK(client != 0);
    use(client);
    CHECK_STATUS(plain(wa_update(client, "{\"twilio\":{\"auth_token\":\"" NEW_TOKEN "\"}}")), WA_STATUS_OK);
    use(client);
    CHECK(plain(wa_update(client, "{\"twilio\":{\"auth_token\":\"" NEW_TOKEN "\",\"auth_tokn\":\"" TOKEN "\"}}")) != WA_STATUS_OK);
    fprintf(records, "last %s\n", wa_last_error());
    finish(client);
    /* An API key beside it, and a proxy that is not there. */
    client = start(fill("{\"twilio\":{\"account_sid\":\"" SID "\",\"auth_token\":\"" TOKEN "\",\"api_key_sid\":\"" KEY_SID "\","
             "\"api_key_secret\":\"" KEY_SECRET "\",\"from\":\"+14155238886\",\"base_url\":\"http://localhost:1\"},\"history\":{\"file\":\"@WORK@/b.db\"},"
             "\"http\":{\"timeout_seconds\":5,\"proxy\":\"http://proxyuser:" PROXY_PASSWORD "@127.0.0.1:1\"}" COMMON "}"));
    CHECK(client != 0);
    use(client);
    finish(client);
    /* A login that is right: everything succeeds. */
    client = start(fill("{\"twilio\":{\"account_sid\":\"" SID "\",\"auth_token\":\"0123456789abcdef0123456789abcdef\","
             "\"from\":\"+14155238886\",\"base_url\":\"@URL@\"},\"history\":{\"file\":\"@WORK@/c.db\"}" COMMON "}"));
    CHECK(client != 0);
    use(client);
    /* Not closed here, so that its files are looked at as they lie. */

    /* Meta: a token that is wrong, then another, then one that is right. */
#define META(token) "{\"provider\":\"meta\",\"meta\":{\"access_token\":\"" token "\",\"app_secret\":\"" APP_SECRET "\"," \
                    "\"phone_number_id\":\"" META_SENDER "\",\"senders\":[\"" META_TEST_SENDER "\"]," \
                    "\"business_account_id\":\"100000000000001\",\"app_id\":\"300000000000001\",\"base_url\":\"@URL@\"}," \
                    "\"history\":{\"file\":\"@WORK@/" 
    client = start(fill(META(ACCESS_TOKEN) "d.db\"}" SETUP "}"));
    CHECK(client != 0);
    use_meta(client);
    CHECK_STATUS(plain(wa_update(client, "{\"meta\":{\"access_token\":\"" NEW_ACCESS_TOKEN "\"}}")), WA_STATUS_OK);
    use_meta(client);
    CHECK(plain(wa_update(client, "{\"meta\":{\"access_token\":\"" NEW_ACCESS_TOKEN "\",\"acces_token\":\"" ACCESS_TOKEN "\"}}")) != WA_STATUS_OK);
    fprintf(records, "last %s\n", wa_last_error());
    finish(client);
    client = start(fill(META(META_TOKEN) "e.db\"}" SETUP "}"));
    CHECK(client != 0);
    use_meta(client);
    EXPECT(send_message(client, ANN, VERIFY("\"" AUTHENTICATION_CODE "\""), NULL), WA_STATUS_OK);
    answer page = history(client, "{\"limit\":1}");
    CHECK_HAS(page.json, "\"text\":\"***\"");
    CHECK_HAS(page.json, "\"text_removed\":\"masked\"");
    keep("history", page);
    /* Not closed either. */

    /* Settings that are refused, with the secrets in them. */
    const char *refused[] = {
        "{\"history\":{\"connection_string\":\"Driver={Nothing};Server=nowhere;Uid=u;Pwd=" DATABASE_PASSWORD "\"},\"timeout_ms\":5000,"
        "\"twilio\":{\"account_sid\":\"" SID "\",\"auth_token\":\"" TOKEN "\",\"from\":\"+14155238886\"}}",
        "{\"history\":{\"connection_string\":\"" DATABASE_PASSWORD "\",\"file\":\"/x\"},"
        "\"twilio\":{\"account_sid\":\"" SID "\",\"auth_token\":\"" TOKEN "\",\"from\":\"+14155238886\"}}",
        "{\"http\":{\"proxy\":\"no such://proxyuser:" PROXY_PASSWORD "@@\"},"
        "\"twilio\":{\"account_sid\":\"" SID "\",\"auth_token\":\"" TOKEN "\",\"from\":\"+14155238886\"}}",
        "{\"twilio\":{\"account_sid\":\"" SID "\",\"auth_token\":{\"" TOKEN "\":\"" TOKEN "\"},\"from\":\"+14155238886\"}}",
        "{\"twilio\":{\"account_sid\":\"" SID "\",\"auth_token\":[\"" TOKEN "\"],\"from\":\"+14155238886\"}}",
        "{\"twilio\":{\"account_sid\":\"" SID "\",\"api_key_secret\":\"" KEY_SECRET "\",\"from\":\"+14155238886\"}}",
        "{\"twilio\":{\"account_sid\":\"" TOKEN "\",\"from\":\"+14155238886\"}}",
        "{\"provider\":\"meta\",\"meta\":{\"access_token\":\"" ACCESS_TOKEN "\"}}",
        META(ACCESS_TOKEN "\",\"access_token\":\"" ACCESS_TOKEN) "x.db\"}}",
        META(ACCESS_TOKEN " " ACCESS_TOKEN) "x.db\"}}",
        META("") "x.db\"}}",
        "{\"provider\":\"meta\",\"meta\":{\"access_token\":{\"" ACCESS_TOKEN "\":\"" ACCESS_TOKEN "\"}}}",
        "{\"provider\":\"meta\",\"meta\":{\"access_token\":[\"" ACCESS_TOKEN "\"],\"app_secret\":[\"" APP_SECRET "\"]}}",
        "{\"provider\":\"meta\",\"meta\":{\"access_token\":\"" ACCESS_TOKEN "\",\"app_secret\":{\"" APP_SECRET "\":1}}}",
        "{\"provider\":\"meta\",\"meta\":{\"access_token\":\"" ACCESS_TOKEN "\",\"phone_number_id\":\"" ACCESS_TOKEN "\"}}",
        "{\"provider\":\"meta\",\"meta\":{\"access_token\":\"" ACCESS_TOKEN "\",\"phone_number_id\":\"" META_SENDER "\",\"app_id\":\"" APP_SECRET "\"}}",
        "{\"provider\":\"meta\",\"meta\":{\"access_token\":\"" ACCESS_TOKEN "\",\"phone_number_id\":\"" META_SENDER "\","
        "\"base_url\":\"https://u:" APP_SECRET "@example.org/\"}}",
        "{\"provider\":\"meta\",\"meta\":\"" ACCESS_TOKEN "\"}",
        "{\"PsgTwilioAuthToken\":\"" TOKEN "\",\"twilio\":{\"auth_token\":\"" TOKEN "\"}}",
        "{\"twilio\":{\"auth_token\":\"" TOKEN "\",\"auth_token\":\"" TOKEN "\"}}",
        "{\"twilio\":\"" TOKEN "\"}",
        "{\"twilio\":{\"auth_token\":\"" TOKEN,
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        wa_client other = start(refused[i]);
        if (other) finish(other);
    }
    fclose(records);
    ok("canaries in every secret setting, sends and failures");
    fflush(NULL);
    _exit(0);
}
