#!/bin/bash
# Builds the test of the C++ layer, include/wa_connector.hpp, and runs it against the simulator: as it is, under
# AddressSanitizer and UBSan, and with faults put into the layer, which the test must notice.
#
#   tests/cpp/run.sh
#
# WA_LIB_DIR: folder of libwa_connector.so (default: target/release, else target/debug)
# Prints `N passed, N failed, N skipped`.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
lib=${WA_LIB_DIR:-}
[ -n "$lib" ] || { lib=$target/release; [ -e "$lib/libwa_connector.so" ] || lib=$target/debug; }
simulator=$target/release/wa-simulator
[ -x "$simulator" ] || simulator=$target/debug/wa-simulator
for file in "$lib/libwa_connector.so" "$simulator"; do
  [ -e "$file" ] || { echo "missing: $file (cargo build --release --workspace)"; exit 1; }
done
command -v g++ >/dev/null || { echo "SKIPPED: C++: g++ is not installed (package g++)"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }

work=$(mktemp -d)
process=""
end() {
  [ -z "$process" ] || kill "$process" 2>/dev/null
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok: $1"; }
bad() { failed=$((failed + 1)); echo "FAILED: $1"; [ -z "${2:-}" ] || tail -40 "$2"; }
skip() { skipped=$((skipped + 1)); echo "SKIPPED: $1"; }

mkdir -p "$work/lib" "$work/files"
ln -s "$lib/libwa_connector.so" "$work/lib/libwa_connector.so"
ln -s "$lib/libwa_connector.so" "$work/lib/libwa_connector.so.1"
export LD_LIBRARY_PATH=$work/lib MALLOC_ARENA_MAX=1

echo "== the layer in every C++ that it speaks"
strict="-Wall -Wextra -Wpedantic -Werror -Wold-style-cast -Wconversion -Wshadow"
printf '#include "wa_connector_history.hpp"\n#include "wa_connector_account.hpp"\n#include "wa_connector_account.hpp"\n#include "wa_connector.hpp"\nint main() { wa::client client; return client.send("+1", "x").status() == WA_STATUS_NO_CLIENT ? 0 : 1; }\n' >"$work/small.cpp"
for compiler in g++ clang++; do
  command -v $compiler >/dev/null || { skip "$compiler is not installed"; continue; }
  for standard in c++11 c++17 c++20; do
    for more in "" -fno-exceptions; do
      # shellcheck disable=SC2086
      if $compiler -std=$standard $strict $more -I"$root/include" "$work/small.cpp" -o "$work/small" -L"$work/lib" -lwa_connector -lpthread 2>"$work/errors" && "$work/small"; then
        ok "$compiler -std=$standard $more"
      else
        bad "$compiler -std=$standard $more" "$work/errors"
      fi
    done
  done
done
for header in wa_connector.hpp wa_connector_account.hpp wa_connector_history.hpp; do
  lines=$(wc -l <"$root/include/$header")
  [ "$lines" -lt 300 ] && ok "$header has fewer than 300 lines" || bad "$header has $lines lines"
done
# Every public item has a comment right above it.
bare=$(awk '/private:/ { public = 0 } /public:|^struct|^class|^namespace wa/ { public = 1 }
  public && /^(class|struct|using)|^    (explicit |~?client\(|text\(|error\(|using |result &?[a-z_]+\(|result or_throw|[a-z_:]+ [a-z_]+\(.*\{|const .*\{|void operator)/ && above !~ /^ *\/\/\// { print NR ": " $0 }
  { above = $0 }' "$root/include/wa_connector.hpp" "$root/include/wa_connector_account.hpp" "$root/include/wa_connector_history.hpp")
[ -z "$bare" ] && ok "every public item has a comment" || bad "without a comment: $bare"

"$simulator" --port-file "$work/port" --log "$work/simulator.jsonl" --no-fsync --seed 1 --ideal >"$work/simulator.out" 2>&1 &
process=$!
for _ in $(seq 100); do [ -s "$work/port" ] && break; sleep 0.05; done
[ -s "$work/port" ] || { echo "FAILED: the simulator did not start"; cat "$work/simulator.out"; exit 1; }
export WA_SIMULATOR_URL=http://127.0.0.1:$(cat "$work/port")
export WA_SETTINGS='{"twilio":{"account_sid":"AC00000000000000000000000000000001","from":"+14155238886",
  "auth_token":"0123456789abcdef0123456789abcdef","base_url":"'$WA_SIMULATOR_URL'"},"templates":{"welcome":{"text":"Hello {{1}}"}},
  "retry":{"wait_seconds":0},"pacing":{"messages_per_second":0},"log":{"level":"trace"},"history":{"file":"'
# A client that could not be closed in time leaves what its callback needs to the process.
printf 'leak:closes_under_way\n' >"$work/suppressions"
export LSAN_OPTIONS=suppressions=$work/suppressions:print_suppressions=0 UBSAN_OPTIONS=halt_on_error=1

# Builds and runs the test with a folder of headers.
run() { # name, include folder, flags..
  local name=$1 include=$2
  shift 2
  g++ -std=c++17 -g -O1 -Wall -Wextra -Wpedantic -Werror "$@" -I"$include" "$here/host.cpp" -o "$work/$name" -L"$work/lib" -lwa_connector -lpthread \
    >"$work/$name.said" 2>&1 || return 2
  mkdir -p "$work/files/$name"
  WA_WORK=$work/files/$name timeout -k 5 300 "$work/$name" >"$work/$name.said" 2>&1
}
sanitizers=(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)

echo "== the test"
plain=0
if run plain "$root/include"; then
  plain=$(grep -c '^ok:' "$work/plain.said")
  passed=$((passed + plain))
  grep '^ok:' "$work/plain.said"
else
  bad "the test" "$work/plain.said"
fi
echo "== the test under AddressSanitizer and UBSan (the host only)"
if run sanitized "$root/include" "${sanitizers[@]}"; then ok "no report, $(grep -c '^ok:' "$work/sanitized.said") tests"; else bad "under sanitizers" "$work/sanitized.said"; fi

echo "== faults in the layer"
notices() { # name, what to replace, by what
  mkdir -p "$work/$1.include"
  cp "$root/include/wa_connector.h" "$root/include/wa_connector_account.hpp" "$root/include/wa_connector_history.hpp" "$work/$1.include/"
  sed "s|$2|$3|" "$root/include/wa_connector.hpp" >"$work/$1.include/wa_connector.hpp"
  if cmp -s "$root/include/wa_connector.hpp" "$work/$1.include/wa_connector.hpp"; then bad "the fault '$1' no longer fits the layer"; return; fi
  run "$1" "$work/$1.include" "${sanitizers[@]}"
  case $? in
  0) bad "not noticed: $1" ;;
  2) bad "the fault '$1' does not compile" "$work/$1.said" ;;
  *) ok "noticed: $1" ;;
  esac
}
notices no-close-at-end '~client() { end(); }' '~client() {}'
notices no-close-when-replaced '            end();$' ''
notices exceptions-cross-c 'catch (...) {.*' 'catch (int) {'
notices freed-under-a-callback 'state_.release();' '{}'
notices never-freed 'if (given) state_->forget();' ''
notices freed-too-early '^        if (given) {$' '        if (true) { before = std::move(kept);'

echo "== the program of docs/c-hosts.md"
awk '!inside && $0 == "```cpp" { inside = 1; next } inside && $0 == "```" { exit } inside' "$root/docs/c-hosts.md" >"$work/first.cpp"
if ! grep -q 'int main' "$work/first.cpp"; then
  bad "docs/c-hosts.md has no C++ program"
# shellcheck disable=SC2086
elif ! g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -I"$root/include" "$work/first.cpp" -o "$work/first" -L"$work/lib" -lwa_connector 2>"$work/errors"; then
  bad "docs/c-hosts.md: the C++ program does not compile" "$work/errors"
else
  printf '%s%s"}}' "$WA_SETTINGS" "$work/first.db" >"$work/settings.json"
  if said=$("$work/first" "$work/settings.json" +12025550199 "Hello from C++" 2>&1) && [[ $said == *'"status":"accepted"'* ]]; then
    ok "docs/c-hosts.md: the C++ program compiles and sends"
  else
    bad "docs/c-hosts.md: the C++ program said: $said"
  fi
fi

if [ "$plain" -gt 0 ] && [ "$failed" = 0 ]; then
  says="g++ $(g++ -dumpfullversion), $(tail -1 "$work/plain.said")"
  while read -r area pattern; do
    printf 'SUPPORT {"host":"cpp-linux","name":"C++ on Linux, glibc","says":"%s","library":"libwa_connector.so, %s","area":"%s","passed":%s}\n' \
      "$says" "$(uname -m | tr _ -)" "$area" "$(grep -Ec "$pattern" "$work/plain.said")"
  done <<'END'
road ^ok: road:
callbacks ^ok: callbacks:
close ^ok: close:
exit ^ok: exit:
fork ^ok: fork:
threads ^ok: threads:|^ok:.*four threads
SQLite ^ok:
END
fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
