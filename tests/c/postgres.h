/* For the hosts that use the tests' PostgreSQL, with TLS: settings, and statements through ODBC. */
#ifndef POSTGRES_H
#define POSTGRES_H
#include "host.h"
#include <sql.h>
#include <sqlext.h>

static UNUSED const char *settings_of_postgres(const char *schema, const char *more) {
    static _Thread_local char text[8192];
    snprintf(text, sizeof text,
             "{\"twilio\":{\"account_sid\":\"AC00000000000000000000000000000001\",\"from\":\"+14155238886\","
             "\"auth_token\":\"0123456789abcdef0123456789abcdef\",\"base_url\":\"%s\"},"
             "\"history\":{\"connection_string\":\"%s;SSLmode=require;\",\"schema\":\"%s\"},"
             "\"retry\":{\"wait_seconds\":0},\"pacing\":{\"messages_per_second\":0}%s}",
             environment("WA_SIMULATOR_URL"), environment("WA_TEST_PG"), schema, more);
    return text;
}

static SQLHDBC database;
/* Runs a statement; the number that it gives, if any. */
static UNUSED int ask(const char *sql) {
    SQLHSTMT statement;
    SQLINTEGER value = 0;
    CHECK(SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, database, &statement)));
    CHECK(SQL_SUCCEEDED(SQLExecDirect(statement, (SQLCHAR *)sql, SQL_NTS)));
    SQLSMALLINT columns = 0;
    SQLNumResultCols(statement, &columns);
    if (columns > 0 && SQL_SUCCEEDED(SQLFetch(statement))) SQLGetData(statement, 1, SQL_C_SLONG, &value, 0, NULL);
    SQLFreeHandle(SQL_HANDLE_STMT, statement);
    return value;
}
static UNUSED void open_database(void) {
    SQLHENV all;
    char text[4096];
    CHECK(SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, NULL, &all)));
    CHECK(SQL_SUCCEEDED(SQLSetEnvAttr(all, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0)));
    CHECK(SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, all, &database)));
    snprintf(text, sizeof text, "%s;SSLmode=require;", environment("WA_TEST_PG"));
    if (!SQL_SUCCEEDED(SQLDriverConnect(database, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT)))
        fail(__FILE__, __LINE__, "the tests' PostgreSQL takes no connection with TLS: start it again with tests/postgres.sh");
}
static UNUSED void new_schema(const char *name) {
    char text[200];
    snprintf(text, sizeof text, "drop schema if exists %s cascade", name);
    ask(text);
    snprintf(text, sizeof text, "create schema %s", name);
    ask(text);
}

#endif
