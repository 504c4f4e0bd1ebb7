#!/bin/sh
# A PostgreSQL server of the tests' own, under .setup/postgres, with durable
# settings (fsync stays on). It takes connections with TLS, under a certificate
# that it signed itself, and without.
#
#   tests/postgres.sh start   makes and starts it, if need be; prints what `env` prints
#   tests/postgres.sh stop    stops it
#   tests/postgres.sh env     prints WA_TEST_PG=... for the tests
#   tests/postgres.sh databases NAME ...   makes further databases like `wa`, where there are none of these names
#
# WA_TEST_PG_PORT names another first port to try than 55432, WA_TEST_PG_HOME
# another folder.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
home=${WA_TEST_PG_HOME:-$here/.setup/postgres}

tools() {
    for folder in "${PG_BINDIR:-}" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/bin /usr/bin; do
        if [ -n "$folder" ] && [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
            echo "$folder"
            return
        fi
    done
    echo "PostgreSQL's server programs are missing: install the package postgresql" >&2
    exit 1
}

# The server refuses to run as root.
as_owner() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

# The server runs as another user, who must get through to its folder; where
# this checkout is closed to others, the folder is among the temporary files.
mkdir -p "$home"
if [ "$(id -u)" = 0 ]; then
    chown postgres "$home"
    if ! as_owner test -w "$home"; then
        home=${TMPDIR:-/tmp}/wa-postgres-$(printf %s "$home" | cksum | cut -d ' ' -f 1)
        mkdir -p "$home"
        chown postgres "$home"
        chmod 700 "$home"
    fi
fi
data=$home/data
port_file=$home/port

running() {
    [ -f "$data/postmaster.pid" ] && as_owner "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1
}

print_env() {
    echo "WA_TEST_PG='Driver=PostgreSQL Unicode;Server=127.0.0.1;Port=$(cat "$port_file");Database=wa;Uid=wa;Pwd=wa_pw;'"
}

start() {
    if ! running; then
        if ! as_owner test -w "$home"; then
            echo "the user postgres cannot write to $home" >&2
            exit 1
        fi
        if [ ! -f "$data/PG_VERSION" ]; then
            echo "making a database cluster in $data" >&2
            rm -rf "$data"
            echo wa_admin_pw | as_owner tee "$home/admin" >/dev/null
            as_owner "$bin/initdb" -D "$data" -U postgres -A scram-sha-256 --pwfile="$home/admin" \
                -E UTF8 --locale=C.UTF-8 >"$home/initdb.log" 2>&1 || { cat "$home/initdb.log" >&2; exit 1; }
            as_owner tee -a "$data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
CONF
        fi
        tls=off
        if [ ! -f "$data/server.crt" ] && command -v openssl >/dev/null; then
            as_owner openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
                -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
                -keyout "$data/server.key" -out "$data/server.crt" 2>"$home/openssl.log" || cat "$home/openssl.log" >&2
        fi
        [ ! -f "$data/server.crt" ] || tls=on
        port=${WA_TEST_PG_PORT:-55432}
        last=$((port + 20))
        # A port that somebody else has makes the start fail: the next one then.
        until as_owner "$bin/pg_ctl" -D "$data" -l "$data/server.log" -o "-p $port -c ssl=$tls" -w start >/dev/null 2>&1; do
            port=$((port + 1))
            if [ "$port" -gt "$last" ]; then
                tail -n 20 "$data/server.log" >&2
                exit 1
            fi
        done
        echo "$port" >"$port_file"
        echo "PostgreSQL listens on 127.0.0.1:$port" >&2
    fi
    if [ -z "$(admin -c "select 1 from pg_roles where rolname = 'wa'")" ]; then
        # pg_signal_backend: tests end connections to see what becomes of their writes.
        admin -c "create role wa login password 'wa_pw'" -c "grant pg_signal_backend to wa"
    fi
    # Tests make users of their own, to see what each right is good for.
    admin -c "alter role wa createrole"
    databases wa
    print_env
}

admin() {
    PGPASSWORD=wa_admin_pw "$bin/psql" -X -q -h 127.0.0.1 -p "$(cat "$port_file")" -U postgres -d postgres -v ON_ERROR_STOP=1 -At "$@"
}

databases() {
    for name; do
        [ -n "$(admin -c "select 1 from pg_database where datname = '$name'")" ] || admin -c "create database $name owner wa"
    done
}

bin=$(tools)
case "${1:-}" in
start) start ;;
databases) shift && databases "$@" ;;
stop) if running; then as_owner "$bin/pg_ctl" -D "$data" -m fast -w stop >/dev/null; fi ;;
env) if running; then print_env; else echo "the tests' PostgreSQL is not running: tests/postgres.sh start" >&2; exit 1; fi ;;
*) sed -n '2,12p' "$0" >&2; exit 2 ;;
esac
