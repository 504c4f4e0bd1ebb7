#!/bin/sh
# What the library promises, at full size and seen from outside: hosts that know nothing but the C ABI, and as the judge
# the simulator's own log of what arrived.
#
#   tests/outside/run.sh [--short] [NAME ...]
#
# NAME is a test of this folder without its .py; without one all are run. `--short`: small forms of those that have one,
# for `make test`. PostgreSQL is the one that WA_TEST_PG names (tests/postgres.sh start); without it that part is skipped.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
WA_OUTSIDE_OUT=${WA_OUTSIDE_OUT:-$target/outside}
WA_SIMULATOR=$target/release/wa-simulator
export WA_OUTSIDE_OUT WA_SIMULATOR
mkdir -p "$WA_OUTSIDE_OUT"

command -v python3 >/dev/null || { echo "missing: python3"; exit 1; }
short=
if [ "${1:-}" = --short ]; then
    short=--short
    shift
fi
if [ $# -eq 0 ]; then
    set -- equal_ids clock_steps overload unknown_ends full_disk
    # These take a minute and more, and have no short form worth it.
    [ -n "$short" ] || set -- "$@" server_clock silent_server abandoned_searches
fi

echo "== building the library and the simulator"
cd "$root"
cargo build -q --release -p wa-connector
cargo build -q --release -p wa-simulator
failed=0
for name; do
    WA_LIBRARY=$target/release/libwa_connector.so
    case $name in
    clock_steps | server_clock)
        # Hosts are stopped at points that only the library of the tests has.
        WA_LIBRARY=$("$root/tests/test_library.sh")/libwa_connector.so
        WA_SET_CLOCK=$WA_OUTSIDE_OUT/set_clock.so
        export WA_SET_CLOCK
        cc -O2 -Wall -Wextra -Werror -shared -fPIC -o "$WA_SET_CLOCK" "$here/set_clock.c"
        ;;
    esac
    export WA_LIBRARY
    echo "=== $name"
    # shellcheck disable=SC2086 # empty or one word
    python3 "$here/$name.py" $short || failed=1
done
exit "$failed"
