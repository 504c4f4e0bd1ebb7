#!/bin/sh
# Kills hosts of the library, starts them again, and has a separate program judge what became of their messages.
#
#   tests/kill/run.sh [--points-each N] [--random N] [--seed S] [--database sqlite|postgres|sqlserver|both] [--point NAME]
#
# Without options: 5 kills at every point and 10 at random, on SQLite and PostgreSQL. PostgreSQL is the one that WA_TEST_PG
# names (tests/postgres.sh start), SQL Server the one that WA_TEST_MSSQL names; without it that part is skipped. `--point`
# may be repeated. What the rounds left is in the folder that the first line names, for `judge.py FOLDER`.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
out=${WA_KILL_OUT:-$target/kill}

command -v python3 >/dev/null || { echo "missing: python3"; exit 1; }
database=both
previous=
for argument in "$@"; do
    [ "$previous" = --database ] && database=$argument
    previous=$argument
done
skipped=0
if [ "$database" = sqlserver ]; then
    if [ -z "${WA_TEST_MSSQL:-}" ]; then
        echo "SKIPPED: kill tests on SQL Server: WA_TEST_MSSQL is not set"
        echo "0 passed, 0 failed, 1 skipped"
        exit 0
    fi
elif [ "$database" != sqlite ] && [ -z "${WA_TEST_PG:-}" ]; then
    echo "SKIPPED: kill tests on PostgreSQL: WA_TEST_PG is not set (tests/postgres.sh start)"
    skipped=1
    if [ "$database" = postgres ]; then
        echo "0 passed, 0 failed, 1 skipped"
        exit 0
    fi
    set -- "$@" --database sqlite
fi

echo "== building the library with its test points, and the simulator"
WA_LIBRARY=$("$root/tests/test_library.sh")/libwa_connector.so
[ -e "$WA_LIBRARY" ] || exit 1
(cd "$root" && cargo build -q --release -p wa-simulator)
WA_SIMULATOR=$target/release/wa-simulator
export WA_LIBRARY WA_SIMULATOR

echo "== rounds in $out"
python3 "$here/kill.py" "$@" --out "$out"
status=0
python3 "$here/judge.py" "$out" --clean >"$out/judgement" || status=$?
sed "s/ 0 skipped\$/ $skipped skipped/" "$out/judgement"
exit "$status"
