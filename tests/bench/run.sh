#!/bin/sh
# The benchmark: how fast messages go out, beside what can be compared.
#
#   tests/bench/run.sh [MESSAGES] [ROUNDS]     default: 20000 messages, 3 rounds (some 4 minutes)
#
# Installs what is missing (as root; else it names the packages), builds, and
# uses loopback only. All it makes is under .setup/bench and target.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
home=$root/.setup/bench
target=${CARGO_TARGET_DIR:-$root/target}
messages=${1:-20000}
rounds=${2:-3}
case $messages$rounds in *[!0-9]*) sed -n '2,8p' "$0" >&2; exit 2 ;; esac
if [ "$messages" -lt 500 ] || [ "$messages" -gt 500000 ] || [ "$rounds" -lt 1 ] || [ "$rounds" -gt 20 ]; then
    echo "500 to 500000 messages, 1 to 20 rounds" >&2
    exit 2
fi

packages=""
need() { # program package
    if [ -z "$(PATH=$PATH:/usr/sbin command -v "$1")" ]; then packages="$packages $2"; fi
}
need nginx nginx-light
need wrk wrk
need cc gcc
need psql postgresql-client
need pgbench postgresql-client
need node nodejs
need npm npm
need python3 python3
need sqlite3 sqlite3
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages="$packages postgresql"
grep -qs "PostgreSQL Unicode" /etc/odbcinst.ini || packages="$packages odbc-postgresql unixodbc"
if [ -n "$packages" ]; then
    if [ "$(id -u)" != 0 ]; then
        echo "missing packages:$packages" >&2
        exit 1
    fi
    echo "installing$packages"
    # A server that comes with a package must not start by itself.
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    apt-get update -qq
    # shellcheck disable=SC2086 # one word a package
    apt-get install -y -qq --no-install-recommends $packages >/dev/null
fi
PATH=$PATH:/usr/sbin
# pgbench stands beside the server's programs on some systems.
command -v pgbench >/dev/null || PATH=$PATH:$(dirname "$(ls /usr/lib/postgresql/*/bin/pgbench | tail -n 1)")
export PATH

mkdir -p "$home/tools"
echo "building the library"
(cd "$root" && cargo build --release --locked --quiet --lib)
echo "building what it is compared with"
(cd "$here/baseline-rust" && CARGO_TARGET_DIR=$target/bench-baseline cargo build --release --locked --quiet)
if [ ! -e "$here/baseline-node/node_modules/.package-lock.json" ] ||
    [ "$here/baseline-node/package-lock.json" -nt "$here/baseline-node/node_modules/.package-lock.json" ]; then
    (cd "$here/baseline-node" && npm ci --silent --no-audit --no-fund)
    touch "$here/baseline-node/node_modules/.package-lock.json"
fi
cp "$target/bench-baseline/release/wa-bench-baseline" "$home/tools/"
cp "$target/release/libwa_connector.so" "$home/tools/libwa_connector.so.1"
cc -std=c11 -O2 -Wall -Wextra -Werror -pthread -I"$root/include" "$here/host.c" -o "$home/tools/host" \
    "$home/tools/libwa_connector.so.1" "-Wl,-rpath,$home/tools"

echo "measuring: $rounds rounds of $messages messages"
exec python3 "$here/bench.py" --messages "$messages" --rounds "$rounds" --home "$home" --tools "$home/tools"
