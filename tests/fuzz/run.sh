#!/bin/bash
# Builds the fuzz targets and runs each of them, two at a time.
#
#   tests/fuzz/run.sh [SECONDS [TARGET ...]]
#
# SECONDS for each target (default 30). WA_FUZZ_AT_ONCE: how many run at a time (default 2).
# A target is a program of src/bin; its seeds are in corpus/TARGET, what it learns is kept in .setup/fuzz/corpus.
# What breaks a target is printed in base64 and kept in .setup/fuzz/found. To run it again:
#   .setup/fuzz/TARGET FILE
#
# cargo-fuzz is not needed: these flags are what it would give. Coverage tells libFuzzer which bytes lead somewhere
# new, and AddressSanitizer watches what is not Rust, such as ring.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
seconds=${1:-30}
shift || true
targets=${*:-$(cd "$here/src/bin" && for file in *.rs; do printf '%s ' "${file%.rs}"; done)}
machine=x86_64-unknown-linux-gnu
out=$root/.setup/fuzz
slow=$(command -v nice || true)

skip() {
  echo "SKIPPED: fuzz: $1"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}
cargo +nightly --version >/dev/null 2>&1 || skip "the nightly toolchain is missing (rustup toolchain install nightly)"
[ "$(rustc +nightly -vV | sed -n 's/^host: //p')" = $machine ] || skip "runs on $machine"
command -v c++ >/dev/null || skip "a C++ compiler is missing (package g++): libFuzzer is C++"

build=${CARGO_TARGET_DIR:-$root/target}/fuzz
flags="-Cpasses=sancov-module"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
  flags="$flags -Cllvm-args=-sanitizer-coverage-$option"
done
flags="$flags -Zsanitizer=address --cfg fuzzing"
mkdir -p "$out"
echo "== building the targets with nightly (cold, some minutes)"
if ! RUSTFLAGS=$flags $slow cargo +nightly build --quiet --locked --release --manifest-path "$here/Cargo.toml" \
  --target $machine --target-dir "$build" >"$out/build.log" 2>&1; then
  tail -30 "$out/build.log"
  # It has the library's versions, and grows with them.
  grep -q -e --locked "$out/build.log" && echo "run: cp Cargo.lock tests/fuzz/ && cargo update -w --manifest-path tests/fuzz/Cargo.toml"
  echo "0 passed, 1 failed"
  exit 1
fi

# What is started here, ends here.
trap 'trap - EXIT; kill $(jobs -p) 2>/dev/null; wait' EXIT
trap 'exit 130' INT TERM

run() { # target
  local target=$1
  mkdir -p "$out/corpus/$target" "$out/found"
  ln -sf "$build/$machine/release/$target" "$out/$target"
  # Two statics of SQLite have one name and one content: no violation. Leaks are the C hosts' matter.
  # Hosts' JSON is text of some length; more than this only makes it slower. Exec: the shell's child is the target.
  exec env ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0 "$out/$target" "$out/corpus/$target" "$here/corpus/$target" \
    -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -max_len=8192 -dict="$here/words.dict" \
    -artifact_prefix="$out/found/$target-" -print_final_stats=1 >"$out/$target.log" 2>&1
}

report() { # target, exit code
  local target=$1 code=$2 log=$out/$1.log last runs speed covered
  last=$(grep -E '^#[0-9]+.*cov: ' "$log" | tail -1)
  covered=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' <<<"$last")
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  if [ "$code" -eq 0 ] && [ "${runs:-0}" -gt 0 ]; then
    passed=$((passed + 1))
    table+=("$(printf '%-16s %-8s %12s %8s %9s %7s' "$target" ok "$runs" "$speed" "$covered" "$(find "$out/corpus/$target" "$here/corpus/$target" -type f | wc -l)")")
    return
  fi
  failed=$((failed + 1))
  table+=("$(printf '%-16s %-8s %12s %8s %9s %7s' "$target" FAILED "${runs:-?}" "${speed:-?}" "${covered:-?}" "")")
  echo "== $target: exit $code"
  grep -aE -A12 'panicked at|ERROR: ' "$log" | head -40 | cut -c1-500
  sed -n 's/.*Test unit written to /kept in /p' "$log"
  grep -a '^Base64: ' "$log" | cut -c1-20000
}

passed=0 failed=0
table=()
at_once=${WA_FUZZ_AT_ONCE:-2}
# shellcheck disable=SC2206
waiting=($targets)
declare -A running=()
echo "== $seconds seconds for each of: $targets"
while [ ${#waiting[@]} -gt 0 ] || [ ${#running[@]} -gt 0 ]; do
  while [ ${#waiting[@]} -gt 0 ] && [ ${#running[@]} -lt "$at_once" ]; do
    run "${waiting[0]}" &
    running[$!]=${waiting[0]}
    waiting=("${waiting[@]:1}")
  done
  wait -n -p ended "${!running[@]}"
  code=$?
  report "${running[$ended]}" $code
  unset "running[$ended]"
done

echo
printf '%-16s %-8s %12s %8s %9s %7s\n' target result runs "runs/s" coverage corpus
printf '%s\n' "${table[@]}"
echo
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
