#!/bin/bash
# Builds the C hosts and runs them against the library.
#
#   tests/c/run.sh plain|asan|valgrind [HOST ...]
#
# WA_LIB_DIR  folder of libwa_connector.so (default: target/release, else target/debug); asan builds its own
# WA_TEST_PG  connection string of the tests' PostgreSQL (tests/postgres.sh start), which knows TLS; else no PostgreSQL
# WA_FULL=1   the long counts: 10,000 rounds and 100,000 sends; with valgrind: every host
# Prints a table of what ran and what was skipped and why, and `N passed, N failed, N skipped`.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
mode=${1:-plain}
shift || true
all="header bad_input account meta history webhook lifecycle callbacks sigpipe fork exit unload double rounds panic secrets"
# AddressSanitizer runs all that a host may do, and finds what is out of bounds, used after it was freed, or leaked. Valgrind
# is slower, and finds besides the use of what was never written, also in SQLite and ring and in the library as it is
# shipped: the hosts that use every kind of call and of ending. Those that repeat these calls, or give a forked child ten
# seconds of its own, it runs in `make torture`, where nothing runs beside them.
[ "$mode" != valgrind ] || [ "${WA_FULL:-0}" = 1 ] || all="bad_input lifecycle callbacks unload rounds"
hosts=${*:-$all}
case $mode in plain | asan | valgrind) ;; *) sed -n '2,10p' "$0"; exit 2 ;; esac
slow=$(command -v nice || true)

lib=${WA_LIB_DIR:-}
[ -n "$lib" ] || { lib=$target/release; [ -e "$lib/libwa_connector.so" ] || lib=$target/debug; }
simulator=$target/release/wa-simulator
[ -x "$simulator" ] || simulator=$target/debug/wa-simulator
for file in "$lib/libwa_connector.so" "$simulator"; do
  [ -e "$file" ] || { echo "missing: $file (cargo build --release --workspace)"; exit 1; }
done
cc=${CC:-gcc}
command -v "$cc" >/dev/null || { echo "missing: a C compiler (package gcc)"; exit 1; }

out=$target/c-tests/$mode
work=$(mktemp -d)
mkdir -p "$out"
running=()
end() {
  for process in "${running[@]}"; do kill "$process" 2>/dev/null; done
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

note=""
flags=(-O1 -g)
wrap=()
case $mode in
asan)
  flags+=(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99:detect_stack_use_after_return=1:check_initialization_order=1
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  note="host only: the nightly toolchain is missing"
  if cargo +nightly --version >/dev/null 2>&1; then
    echo "== building the library with AddressSanitizer (nightly)"
    if (cd "$root" && RUSTFLAGS="-Zsanitizer=address" $slow cargo +nightly build -q --lib --target x86_64-unknown-linux-gnu --target-dir "$target/asan") 2>"$work/asan.log"; then
      lib=$target/asan/x86_64-unknown-linux-gnu/debug
      note="host and library"
    else
      tail -20 "$work/asan.log"
      note="host only: the library does not build with -Zsanitizer=address"
    fi
  fi
  ;;
valgrind)
  command -v valgrind >/dev/null || { echo "SKIPPED: valgrind is not installed (package valgrind)"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
  # Not `possible`: Rust's hash maps are reached by a pointer into the middle of their block, so that the table of
  # numbering plans, one for the process, is "possibly lost". LeakSanitizer (mode asan) knows such pointers.
  wrap=(valgrind -q --fair-sched=yes --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect
    --error-exitcode=99 --num-callers=30 --suppressions="$here/valgrind.supp" --trace-children=no
    --child-silent-after-fork=yes) # a forked child has its parent's memory and not its threads: all would be lost
  export WA_SLOW=1
  ;;
esac
# The name by which programs ask for the library; an installed library brings it along.
mkdir -p "$out/lib"
ln -sf "$lib/libwa_connector.so" "$out/lib/libwa_connector.so"
ln -sf "$lib/libwa_connector.so" "$out/lib/libwa_connector.so.1"
export LD_LIBRARY_PATH=$out/lib MALLOC_ARENA_MAX=1 WA_TEST_PG=${WA_TEST_PG:-}

# Python for the schemas; its packages live under .setup.
python=""
venv=$root/.setup/c-tests
if [ -x "$venv/bin/python" ] && "$venv/bin/python" -c 'import jsonschema' 2>/dev/null; then
  python=$venv/bin/python
elif command -v python3 >/dev/null; then
  echo "== installing jsonschema into .setup/c-tests"
  # Another mode may be at it at the same time.
  mkdir -p "$root/.setup"
  install_schemas() {
    flock 9
    [ -x "$venv/bin/python" ] && "$venv/bin/python" -c 'import jsonschema' 2>/dev/null && return
    python3 -m venv "$venv" && "$venv/bin/pip" install -q 'jsonschema>=4.18,<5'
  }
  install_schemas 9>"$root/.setup/c-tests.lock" && python=$venv/bin/python
fi

# shellcheck source=../hosts.sh
. "$root/tests/hosts.sh"

passed=0 failed=0 skipped=0
table=()
# What of the two cores' time a host took stands beside its seconds: on a machine that does much else they tell more.
computed=0
add() { # name, result, cases, seconds, remark
  local before=$computed
  computed=$(($(awk '{ print $16 + $17 }' /proc/$$/stat) / $(getconf CLK_TCK)))
  table+=("$(printf '%-12s %-8s %6s %8s %8s  %s' "$1" "$2" "$3" "$4" $((computed - before)) "$5")")
}

# Builds a host, runs it with its arguments, and counts what it says.
run_host() { # name, arguments..
  local name=$1 began=$SECONDS code said count shy
  shift
  local more=()
  grep -q '"postgres.h"' "$here/$name.c" && more=(-lodbc)
  echo "== $name $*"
  if ! $cc -std=c11 -Wall -Wextra -Wno-format-truncation -Werror "${flags[@]}" -I"$root/include" "$here/$name.c" -o "$out/$name" -L"$out/lib" -lwa_connector -lpthread -ldl "${more[@]}"; then
    failed=$((failed + 1)); add "$name" FAILED 0 0 "does not compile"; return
  fi
  if [ "$mode" = asan ] && ! grep -q __asan_init <(nm "$out/$name"); then
    failed=$((failed + 1)); add "$name" FAILED 0 0 "was built without AddressSanitizer"; return
  fi
  mkdir -p "$work/$name"
  [ "$mode-${#more[@]}" = asan-1 ] && export LSAN_OPTIONS=suppressions=$here/lsan.supp:print_suppressions=0 || unset LSAN_OPTIONS
  WA_WORK="$work/$name" WA_JSON_LOG="$work/$name.json" WA_HOST="$out/$name" WA_LIB="$out/lib/libwa_connector.so.1" \
    timeout -k 10 900 "${wrap[@]}" "$out/$name" "$@" >"$work/$name.said" 2>"$work/$name.err"
  code=$?
  said=$(cat "$work/$name.said")
  grep -Ev '^ok:' "$work/$name.said"
  count=$(grep -c '^ok:' <<<"$said")
  shy=$(grep -c '^SKIPPED' <<<"$said")
  passed=$((passed + count)) skipped=$((skipped + shy))
  if [ $code -ne 0 ]; then
    failed=$((failed + 1)); add "$name" FAILED "$count" $((SECONDS - began)) "exit $code"
    tail -100 "$work/$name.err" | cut -c1-200
    [ $code -eq 124 ] && echo "FAILED: $name did not end in 15 minutes"
  elif [ "$mode" != plain ] && grep -Eq 'AddressSanitizer|LeakSanitizer|runtime error:|^==[0-9]+==' "$work/$name.err" "$work/$name.said"; then
    failed=$((failed + 1)); add "$name" FAILED "$count" $((SECONDS - began)) "a report of the tool"
    tail -100 "$work/$name.err" | cut -c1-200
  else
    add "$name" ok "$count" $((SECONDS - began)) "$*"
    sed -n "s/^ok: /$name: /p" "$work/$name.said" >>"$work/passed"
  fi
}

# What the support table may say of this host, out of the tests that passed: area, and which of them.
support() {
  local says area pattern count
  printf '#include <gnu/libc-version.h>\n#include <stdio.h>\nint main(void) { return puts(gnu_get_libc_version()) < 0; }\n' >"$work/says.c"
  $cc "$work/says.c" -o "$work/says" || return
  says="$cc $($cc -dumpfullversion -dumpversion), glibc $("$work/says")"
  while read -r area pattern; do
    count=$(grep -Ec "$pattern" "$work/passed")
    [ "$count" -eq 0 ] || printf 'SUPPORT {"host":"c-linux","name":"C on Linux, glibc","says":"%s","library":"libwa_connector.so, %s","area":"%s","passed":%s}\n' \
      "$says" "$(uname -m | tr _ -)" "$area" "$count"
  done <<'END'
road ^(bad_input|sigpipe|secrets):|^rounds:.*sends|^lifecycle: (an id|deadlines|a reference|pages)
Meta ^(account|meta):
webhooks ^webhook:
events ^callbacks:.*events
callbacks ^callbacks:
cancel ^lifecycle:.*cancelled
close ^lifecycle:.*close|^callbacks:.*CLOSE_PENDING|^rounds:.*close
unload ^(unload|double):
exit ^exit:|^double:.*ends
fork ^fork:
threads ^[a-z_]*:.* threads? |^lifecycle: eight
memory ^rounds:
SQLite ^(bad_input|history|webhook|lifecycle|callbacks|rounds|fork|unload):|^exit: SQLite|^double:.*SQLite
PostgreSQL ^exit: PostgreSQL|^exit: their sessions|^double:.*PostgreSQL
TLS ^bad_input: a certificate
END
}

skip() { # name, why
  skipped=$((skipped + 1)); add "$1" SKIPPED 0 0 "$2"; echo "SKIPPED: $1: $2"
}

if [ "$mode" = asan ]; then
  if [[ $note = host\ and* ]]; then
    grep -q __asan_init <(nm -D "$lib/libwa_connector.so") || { echo "FAILED: the library was built without AddressSanitizer"; exit 1; }
  fi
  echo "== AddressSanitizer and UBSan: $note"
fi

for host in $hosts; do
  export WA_SIMULATOR_TLS_URL="" WA_CERTIFICATE=""
  start_simulator "$host" --ideal
  export WA_SIMULATOR_URL=$url
  case $host in
  header)
    if [ "$mode" != plain ]; then skip header "runs in mode plain"; continue; fi
    echo "== header"
    began=$SECONDS
    WA_LIB_FILE=$lib/libwa_connector.so bash "$here/header.sh" >"$work/header.said" 2>&1
    code=$?
    cat "$work/header.said"
    count=$(grep -c '^ok:' "$work/header.said")
    passed=$((passed + count)) skipped=$((skipped + $(grep -c '^SKIPPED' "$work/header.said")))
    if [ $code -eq 0 ]; then add header ok "$count" $((SECONDS - began)) ""; else failed=$((failed + 1)); add header FAILED "$count" $((SECONDS - began)) ""; fi
    ;;
  bad_input)
    if command -v openssl >/dev/null; then
      certificates >"$work/openssl.log" 2>&1 || { echo "FAILED: openssl"; cat "$work/openssl.log"; exit 1; }
      start_simulator tls --ideal --tls-cert "$work/certificate.pem" --tls-key "$work/key.pem"
      export WA_SIMULATOR_TLS_URL=${url/http:/https:} WA_CERTIFICATE=$work/authority.pem
    fi
    run_host bad_input
    ;;
  rounds)
    if [ "$mode" != plain ]; then run_host rounds 50 500
    elif [ "${WA_FULL:-0}" = 1 ]; then run_host rounds 10000 100000
    else run_host rounds 500 5000; fi
    ;;
  sigpipe) if [ "$mode" = valgrind ]; then run_host sigpipe 100; else run_host sigpipe 1000; fi ;;
  fork) case $mode in plain) run_host fork 200 ;; asan) run_host fork 0 ;; *) run_host fork 20 ;; esac ;;
  exit) if [ "$mode" = plain ]; then run_host exit 200; else run_host exit 4; fi ;;
  double) if [ "$mode" = plain ]; then run_host double 10; else run_host double 2; fi ;;
  unload) if [ "$mode" = valgrind ]; then run_host unload 5; else run_host unload 20; fi ;;
  panic)
    if [ "$mode" != plain ]; then skip panic "runs in mode plain, on a library of its own"; continue; fi
    echo "== building the library with the features of the tests"
    if ! test_library=$("$root/tests/test_library.sh" 2>"$work/panic.log"); then
      tail -20 "$work/panic.log"
      failed=$((failed + 1)); add panic FAILED 0 0 "does not build"; continue
    fi
    if grep -Eq 'WA_TEST_PANIC|asked to panic' <(strings -a "$lib/libwa_connector.so"); then
      echo "FAILED: the shipped library has the test's panic in it"; failed=$((failed + 1)); add panic FAILED 0 0 "test code is shipped"; continue
    fi
    mkdir -p "$out/panic-lib"
    ln -sf "$test_library/libwa_connector.so" "$out/panic-lib/libwa_connector.so.1"
    WA_LEDGER="$root/include/wa_connector.abi" LD_LIBRARY_PATH=$out/panic-lib run_host panic
    ;;
  secrets)
    run_host secrets
    if [ -n "$python" ]; then
      echo "== searching for the secrets"
      if "$python" "$here/find_secrets.py" "$work/secrets" "$work/secrets.said" "$work/secrets.err" "$work/secrets.json"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    else
      skip secrets "python3 is missing: nothing was searched"
    fi
    ;;
  *) run_host "$host" ;;
  esac
done

logs=("$work"/*.json)
if [ -z "$python" ]; then
  skip schemas "python3 with the package jsonschema is missing"
elif [ -e "${logs[0]}" ]; then
  echo "== every JSON against include/schema"
  if "$python" "$here/check_json.py" "$root/include/schema" "${logs[@]}"; then
    passed=$((passed + 1)); add schemas ok 1 0 "every JSON that the hosts received"
  else
    failed=$((failed + 1)); add schemas FAILED 0 0 ""
  fi
fi

echo
printf '%-12s %-8s %6s %8s %8s  %s\n' host result cases seconds cpu ""
printf '%s\n' "${table[@]}"
[ "$mode" = asan ] && echo "sanitizers: $note"
[ "$mode" = plain ] && [ -e "$work/passed" ] && support
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
