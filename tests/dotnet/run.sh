#!/bin/sh
# Runs the tests of the .NET package on a host, with a simulator that it starts
# itself. The program is compiled once, for .NET Framework 4.7, and is the same
# on every host.
#   run.sh [mono | core31 | net9] [part of a test's name]
# WA_LIB_DIR: where libwa_connector.so is (default: target/release at the top).
# WA_SIMULATOR: the simulator's program (default: target/release/wa-simulator).
# WA_TEST_PG: PostgreSQL's connection string (tests/postgres.sh start): the tests
# named "sync" run once more, with their histories there; those named "away events"
# let it go away and come back.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$top/target}
lib=${WA_LIB_DIR:-$target/release}
simulator=${WA_SIMULATOR:-$target/release/wa-simulator}
[ -f "$lib/libwa_connector.so" ] || { echo "run.sh: no libwa_connector.so in $lib; run: cargo build --release" >&2; exit 1; }
[ -x "$simulator" ] || { echo "run.sh: no simulator at $simulator; run: cargo build --release -p wa-simulator" >&2; exit 1; }

host=${1:-mono}
[ $# = 0 ] || shift
out=$("$here/compile.sh" "$target/dotnet/tests")
case $host in
mono) key=mono-linux name="Mono on Linux (as .NET Framework 4.7)" folder=$out runtime="mono --debug" ;;
core31) key=dotnet-core-3.1-linux name=".NET Core 3.1 on Linux" folder=$out/3.1 ;;
net9) key=dotnet-9-linux name=".NET 9 on Linux" folder=$out/9.0 ;;
*)
    echo "run.sh: $host is no host: mono, core31 or net9" >&2
    exit 2
    ;;
esac
if [ "$host" != mono ]; then
    code=0
    runtime=$("$here/runtime.sh" "$host") || code=$?
    if [ $code = 3 ]; then
        echo "0 passed, 0 failed, 1 skipped"
        exit 0
    fi
    [ $code = 0 ] || exit $code
fi

work=$(mktemp -d)
"$simulator" --port 0 --port-file "$work/port" --list-lag-max-ms 500 >"$work/simulator.log" 2>&1 &
pid=$!
schema=dotnet$$
end() {
    kill $pid 2>/dev/null || true
    [ ! -f "$work/said.SQLite" ] || [ -z "${WA_TEST_PG:-}" ] || ask "DROP SCHEMA IF EXISTS $schema CASCADE" 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM
tries=0
while [ ! -s "$work/port" ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { echo "run.sh: the simulator does not start" >&2; exit 1; }
    sleep 0.1
done
mkdir "$work/tmp" "$work/old"
# A library of the time before this package, for the loader.
if command -v cc >/dev/null; then
    cc -shared -fPIC -o "$work/old/libwa_connector.so" "$here/old_library.c"
    export WA_OLD_LIBRARY="$work/old/libwa_connector.so"
fi
export WA_HOST_KEY="$key" WA_HOST_NAME="$name"
export WA_CONNECTOR_LIBRARY="$(cd "$lib" && pwd)/libwa_connector.so"
export WA_SIMULATOR_URL="http://127.0.0.1:$(cat "$work/port")"
export WA_SCHEMA="$schema" WA_TEST_FOLDER="$work" WA_LEDGER="$top/include/wa_connector.abi" TMPDIR="$work/tmp"

# Runs the tests, and keeps the line of their counts for the end. One that died told none.
sum='^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped'
run() { # SQLite | PostgreSQL, part of a test's name
    echo 1 >"$work/code"
    { code=0; $runtime "$folder/WaConnectorTests.exe" ${2:+"$2"} || code=$?; echo $code >"$work/code"; } \
        | tee "$work/said.$1" | sed -u -E "/$sum/d"
    grep -qE "$sum" "$work/said.$1" || printf "\n0 passed, 1 failed, 0 skipped\n" >>"$work/said.$1"
    [ "$(cat "$work/code")" = 0 ] || result=1
}
# What the database says without our library.
part() { echo "$WA_TEST_PG" | sed -E "s/.*$1=([^;]*).*/\\1/I"; }
ask() {
    PGPASSWORD=$(part Pwd) psql -X -q -At -h "$(part Server)" -p "$(part Port)" -U "$(part Uid)" -d "$(part Database)" -c "$1"
}

result=0 unable=0
unset WA_DATABASE
run SQLite "${1:-}"
case ${WA_TEST_PG:+with}:${1:-sync} in
with:sync)
    if command -v psql >/dev/null; then
        echo "== the same with PostgreSQL: sync"
        export WA_DATABASE="$WA_TEST_PG"
        run PostgreSQL sync
    else
        echo "SKIPPED: PostgreSQL: psql is missing (package postgresql)"
        unable=1
    fi
    ;;
esac
cat "$work"/said.* | sed -nE "s/$sum.*/\\1 \\2 \\3/p" \
    | awk -v s=$unable '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s }'
exit $result
