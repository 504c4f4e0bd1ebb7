#!/bin/sh
# The long runs: kills at every point and at random, cuts around COMMIT, the
# full counts of the leak hosts, every C host under Valgrind, what is shown at
# full size from outside, libFuzzer for a while, and the mutants. Takes hours.
set -eu
cd "$(dirname -- "$0")/.."
eval "export $(tests/postgres.sh start)"
trap 'tests/postgres.sh stop' EXIT
export WA_LIB_DIR="$PWD/target/release"
failed=0
run() {
    echo
    echo "=== $*"
    "$@" || { failed=$((failed + 1)); echo "FAILED: $*"; }
}
run env WA_TORTURE=200 cargo test --quiet --lib history::tests::torture
run env WA_FULL=1 tests/c/run.sh plain
run env WA_FULL=1 tests/c/run.sh valgrind
run tests/kill/run.sh --database both --points-each 20 --random 20
run tests/outside/run.sh
run tests/fuzz/run.sh 30
run tests/mutants/run.sh
echo
echo "$failed of the long runs failed"
[ "$failed" = 0 ]
