#!/bin/sh
# Takes one safety after the other out of the library and demands that a test notices.
#
#   tests/mutants/run.sh [NAME...]
#
# Every patch here says in its head what it takes away and which test must turn red: `cargo TEST` (a test of the
# library, by its full name), `architecture TEST` (one of tests/architecture), `kill OPTIONS` (a run of tests/kill/run.sh on SQLite) or `c HOST` (a C host of
# tests/c/run.sh, with PostgreSQL). The patch is applied to a copy under .setup/mutants; one that no longer applies, or no longer builds, is a failure. Before that, all of these tests
# must be green without a patch.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
home=$root/.setup/mutants
tree=$home/tree
CARGO_TARGET_DIR=${WA_MUTANTS_TARGET:-$home/target}
export CARGO_TARGET_DIR

command -v python3 >/dev/null || { echo "missing: python3"; exit 1; }
command -v patch >/dev/null || { echo "missing: patch"; exit 1; }
mkdir -p "$tree"
# Files that are the same keep their times, so that little is built again.
(cd "$root" && git ls-files -co --exclude-standard | while read -r file; do
    [ -f "$file" ] || continue
    cmp -s "$file" "$tree/$file" && continue
    mkdir -p "$tree/$(dirname "$file")"
    cp "$file" "$tree/$file"
done)

build() { # what a kind of test needs; its errors go to $1
    (cd "$tree" && case $2 in
    cargo) cargo test -q --workspace --lib --no-run ;;
    architecture) cargo test -q --test architecture --no-run ;;
    *) tests/test_library.sh ;;
    esac) >"$1" 2>&1
}

run_test() { # kind and name; its words go to $1
    log=$1
    shift
    case $1 in
    cargo)
        if ! (cd "$tree" && cargo test -q --workspace --lib -- --exact "$2") >"$log" 2>&1; then
            grep -q '^test result: FAILED' "$log" && return 1
            return 2
        fi
        # A name that fits no test is no test.
        grep -q '^test result: ok. 1 passed' "$log" || { echo "there is no test $2" >>"$log"; return 2; }
        ;;
    architecture)
        if ! (cd "$tree" && cargo test -q --test architecture -- --exact "$2") >"$log" 2>&1; then
            grep -q '^test result: FAILED' "$log" && return 1
            return 2
        fi
        grep -q '^test result: ok. 1 passed' "$log" || { echo "there is no test $2" >>"$log"; return 2; }
        ;;
    kill)
        shift
        WA_KILL_OUT=$home/kill "$tree/tests/kill/run.sh" --database sqlite --random 0 --seed 1 "$@" >"$log" 2>&1 && return 0
        # Only the judge's word counts.
        grep -q '^[0-9]* passed, [1-9][0-9]* failed' "$log" && return 1
        return 2
        ;;
    c)
        (cd "$tree" && cargo build -q -p wa-simulator) >"$log" 2>&1 || return 2
        [ -n "${WA_TEST_PG:-}" ] || eval "$("$root/tests/postgres.sh" start | grep WA_TEST_PG) && export WA_TEST_PG"
        (cd "$tree" && WA_LIB_DIR=$CARGO_TARGET_DIR/test-library tests/c/run.sh plain "$2") >"$log" 2>&1 && return 0
        grep -q '^[0-9]* passed, [1-9][0-9]* failed' "$log" && return 1
        return 2
        ;;
    *) echo "an unknown kind of test: $*" >"$log" && return 2 ;;
    esac
}

if [ $# -eq 0 ]; then
    set -- "$here"/*.patch
else
    names=$*
    set --
    for name in $names; do set -- "$@" "$here/${name%.patch}.patch"; done
fi

echo "== without a patch"
for patch in "$@"; do sed -n 's/^Test: //p' "$patch"; done | sort -u >"$home/tests"
for kind in $(cut -d ' ' -f 1 "$home/tests" | sort -u); do
    build "$home/build.log" "$kind" || { tail -n 20 "$home/build.log"; exit 1; }
done
while read -r test; do
    # shellcheck disable=SC2086 # the words of a line are arguments
    if ! run_test "$home/test.log" $test; then
        tail -n 20 "$home/test.log"
        echo "this test is red without a patch: $test"
        exit 1
    fi
done <"$home/tests"

passed=0
failed=0
printf '%-36s %-10s %s\n' mutant result 'test that must turn red'
for patch in "$@"; do
    name=$(basename "$patch" .patch)
    test=$(sed -n 's/^Test: //p' "$patch")
    result=
    if ! (cd "$tree" && patch -p1 -s -f --dry-run <"$patch") >"$home/patch.log" 2>&1; then
        result='NO PATCH'
    else
        (cd "$tree" && patch -p1 -s -f <"$patch")
        if ! build "$home/$name.log" "${test%% *}"; then
            result='NO BUILD'
        else
            status=0
            # shellcheck disable=SC2086 # the words of a line are arguments
            run_test "$home/$name.log" $test || status=$?
            case $status in
            1) result=killed ;;
            0) result=SURVIVED ;;
            *) result='NO TEST' ;;
            esac
        fi
        (cd "$tree" && patch -p1 -s -f -R <"$patch")
    fi
    if [ "$result" = killed ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    printf '%-36s %-10s %s\n' "$name" "$result" "$test"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
