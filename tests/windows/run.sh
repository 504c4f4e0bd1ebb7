#!/bin/bash
# Runs the Windows DLL under Wine: from C, linked and loaded by hand, and from C#, with the embedded history and with
# PostgreSQL through ODBC.
#
#   tests/windows/run.sh smoke             x64, small counts: at most three minutes
#   tests/windows/run.sh all [x64|x86]     everything (default: both)
#
# The DLL is that of tests/windows/build.sh, the simulator that of target/release. WA_TEST_PG is PostgreSQL's connection
# string (tests/postgres.sh start). WA_EXITS and WA_ROUNDS are the counts of `all`. Prints what ran, what was skipped
# and why, and `N passed, N failed, N skipped`.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
mode=${1:-} which=${2:-}
case $mode:$which in
smoke:) which=x64 ;;
all:) which="x64 x86" ;;
all:x64 | all:x86) ;;
*) sed -n '2,11p' "$0"; exit 2 ;;
esac
simulator=$target/release/wa-simulator
[ -x "$simulator" ] || { echo "missing: $simulator (make build)"; exit 1; }

passed=0 failed=0 skipped=0
table=()
add() { table+=("$(printf '%-34s %-8s %6s %8s  %s' "$@")"); } # name, result, cases, seconds, remark
skip() {
  skipped=$((skipped + 1)); add "$1" SKIPPED 0 0 "$2"; echo "SKIPPED: $1: $2"
}
broken() {
  failed=$((failed + 1)); add "$1" FAILED 0 0 "$2"; echo "FAILED: $1: $2"
}

# Inside of the checkout: the 32-bit Wine sees nothing else.
mkdir -p "$root/.setup"
work=$(mktemp -d "$root/.setup/windows.XXXXXX")
running=() started=()
schema=wine$$
end() {
  for process in "${running[@]}"; do kill "$process" 2>/dev/null; done
  for bits in "${started[@]}"; do "$here/prefix.sh" "$bits" stop >/dev/null 2>&1; done
  [ -z "${WA_TEST_PG:-}" ] || ask "DROP SCHEMA IF EXISTS ${schema}x64 CASCADE; DROP SCHEMA IF EXISTS ${schema}x86 CASCADE; DROP SCHEMA IF EXISTS ${schema}net CASCADE" 2>/dev/null
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

# What the database says without our library.
ask() {
  local part
  part() { sed -E "s/.*$1=([^;]*).*/\1/I" <<<"$WA_TEST_PG"; }
  PGPASSWORD=$(part Pwd) psql -X -q -At -h "$(part Server)" -p "$(part Port)" -U "$(part Uid)" -d "$(part Database)" -c "$1"
}

# A path as Windows writes it.
windows() { sed 's#^#Z:#; s#/#\\#g' <<<"$1"; }

# shellcheck source=../hosts.sh
. "$root/tests/hosts.sh"

start_simulator plain --ideal
simulator_url=$url
tls_url=
if command -v openssl >/dev/null; then
  certificates >"$work/openssl.log" 2>&1 || { echo "FAILED: openssl"; cat "$work/openssl.log"; exit 1; }
  start_simulator tls --ideal --tls-cert "$work/certificate.pem" --tls-key "$work/key.pem"
  tls_url=${url/http:/https:}
fi

declare -A areas
# Counts the `ok:` lines of what was said, and for the table of support those of each area.
count_ok() { # file, history
  local line cases=0
  count=0
  while read -r line; do
    case $line in
    ok:*) cases=$((cases + 1)) count=$((count + 1)) ;;
    passed:*)
      line=${line#passed: }
      areas[$2]=$((${areas[$2]:-0} + cases))
      case $line in about | files) ;; meta) areas[Meta]=$((${areas[Meta]:-0} + cases)) ;; two_paths) areas[load]=$((${areas[load]:-0} + cases)) ;; *) areas[$line]=$((${areas[$line]:-0} + cases)) ;; esac
      cases=0
      ;;
    esac
  done <"$1"
}

# Runs a host; each has histories of its own.
run_host() { # name, program, SQLite | PostgreSQL, tests..
  local name="$bits $1 $3" program=$2 history=$3 began=$SECONDS code
  shift 3
  echo "== $name: $*"
  mkdir -p "$work/$name"
  local -x WA_SIMULATOR_URL=$simulator_url WA_SIMULATOR_TLS_URL=$tls_url WA_CERTIFICATE=Z:$work/authority.pem
  local -x WA_WORK="Z:$work/$name" WA_DATABASE= WA_SCHEMA=$schema$bits
  [ "$history" = SQLite ] || WA_DATABASE=$WA_TEST_PG
  timeout -k 10 900 "$here/prefix.sh" "$bits" run "$program" "$@" >"$work/said" 2>"$work/err"
  code=$?
  cat "$work/said"
  count_ok "$work/said" "$history"
  passed=$((passed + count))
  if [ $code -eq 0 ]; then
    add "$name" ok $count $((SECONDS - began)) ""
  else
    failed=$((failed + 1)); add "$name" FAILED $count $((SECONDS - began)) "exit $code"
    tail -50 "$work/err"
    [ $code -ne 124 ] || echo "FAILED: $name did not end in 15 minutes"
    no_fault_left
  fi
}

# A host that failed may have left rules behind.
no_fault_left() { python3 -c 'import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1] + "/_control/faults", method="DELETE"))' "$simulator_url"; }

compile() { # gcc's arguments
  "$gcc" -static -std=c11 -O1 -g -Wall -Wextra -Wno-format-truncation -Werror -I"$root/include" "$@"
}

# What Visual C++ does: its import library, and a linker that knows no MinGW. Rust brings one along.
run_msvc() {
  local linker name="$bits wa_connector.lib" machine=x64 entry=start code
  [ "$bits" = x64 ] || machine=x86
  linker=$(ls "$(rustc --print sysroot)"/lib/rustlib/*/bin/rust-lld 2>/dev/null | head -1)
  [ -n "$linker" ] || { skip "$name" "this Rust has no rust-lld"; return; }
  "$gcc" -c -O1 -Wall -Werror -I"$root/include" "$here/msvc.c" -o "$out/msvc.obj" &&
    "$linker" -flavor link "/machine:$machine" "/entry:$entry" /subsystem:console /nodefaultlib "/out:$out/msvc.exe" "$out/msvc.obj" \
      "$dll/wa_connector.lib" || { broken "$name" "it does not link"; return; }
  "$here/prefix.sh" "$bits" run "$out/msvc.exe"
  code=$?
  if [ $code -ne 42 ]; then broken "$name" "the program ended with $code, not 42"; return; fi
  echo "ok: a program linked with wa_connector.lib runs"
  passed=$((passed + 1)); add "$name" ok 1 0 "linked by rust-lld as Visual C++ links"
}

# The rows as PostgreSQL's own client sees them: a text that was spoilt on the way in and mended on the way out shows here.
check_rows() {
  local wanted='Grüße 👋🏽 مرحبا بالعالم 你好 𐍈' found
  found=$(ask "SELECT body FROM $schema$bits.road_messages WHERE contact_id = 'anna 😀'")
  if [ "$found" = "$wanted" ]; then
    echo "ok: psql reads the same text"; passed=$((passed + 1))
  else
    broken "$bits rows in PostgreSQL" "psql reads <$found>"
  fi
}

# The C# tests on .NET Core 3.1 for Windows.
run_dotnet() { # SQLite | PostgreSQL, part of the tests' names or nothing
  local name="$bits .NET Core 3.1 $1" runtime code began=$SECONDS said=$work/dotnet.said tests folder database=
  [ "$1" = SQLite ] || database=$WA_TEST_PG
  shift
  name+=" ${1:-}"
  runtime=$("$root/tests/dotnet/runtime.sh" windows31 2>"$work/err")
  code=$?
  if [ $code -eq 3 ]; then skip "$name" "$(sed 's/^SKIPPED: //' "$work/err" | tail -n 1)"; return; fi
  [ $code -eq 0 ] || { broken "$name" "$(tail -n 1 "$work/err")"; return; }
  command -v mcs >/dev/null || { skip "$name" "mcs is missing (package mono-devel)"; return; }
  tests=$("$root/tests/dotnet/compile.sh" "$target/dotnet/tests") || { broken "$name" "the tests do not compile"; return; }
  cp "$out/bcryptprimitives.dll" "$(dirname "$runtime")/"
  folder="$work/dotnet ${database:+pg}${1:-}"
  mkdir -p "$folder/tmp" "$folder/old"
  "$gcc" -shared -o "$folder/old/wa_connector.dll" "$root/tests/dotnet/old_library.c"
  echo "== $name"
  start_simulator "dotnet$began${database:+pg}" --list-lag-max-ms 500
  WA_HOST_KEY=dotnet-core-3.1-windows-wine WA_HOST_NAME=".NET Core 3.1 for Windows x64, under Wine" \
    WA_CONNECTOR_LIBRARY=$(windows "$out/wa_connector.dll") WA_SIMULATOR_URL=$url WA_TEST_FOLDER=$(windows "$folder") \
    WA_LEDGER=$(windows "$root/include/wa_connector.abi") TMP=$(windows "$folder/tmp") TEMP=$(windows "$folder/tmp") \
    WA_OLD_LIBRARY=$(windows "$folder/old/wa_connector.dll") WA_DATABASE=$database WA_SCHEMA=${schema}net \
    timeout -k 10 900 "$here/prefix.sh" "$bits" run "$runtime" "$(windows "$tests/3.1/WaConnectorTests.exe")" "$@" >"$said" 2>&1
  code=$?
  # Without its count: this script counts for all.
  grep -Ev '^[0-9]+ passed, ' "$said"
  read -r count bad shy < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped.*/\1 \2 \3/p' "$said" | tail -n 1)
  passed=$((passed + ${count:-0})) failed=$((failed + ${bad:-0})) skipped=$((skipped + ${shy:-0}))
  if [ $code -eq 0 ]; then
    add "$name" ok "${count:-0}" $((SECONDS - began)) "${shy:-0} skipped"
  else
    [ "${bad:-0}" -gt 0 ] || failed=$((failed + 1))
    add "$name" FAILED "${count:-0}" $((SECONDS - began)) "exit $code"
  fi
}

run_all() { # x64 | x86
  bits=$1 areas=()
  local short=gcc-mingw-w64-x86-64 reason about
  gcc=x86_64-w64-mingw32-gcc-posix
  [ "$bits" = x64 ] || gcc=i686-w64-mingw32-gcc-posix short=gcc-mingw-w64-i686
  dll=$target/windows/$bits
  command -v "$gcc" >/dev/null || { skip "Windows $bits" "$gcc is missing (package $short)"; return; }
  [ -e "$dll/wa_connector.dll" ] || { skip "Windows $bits" "wa_connector.dll is not built (tests/windows/build.sh $bits)"; return; }
  reason=$("$here/prefix.sh" "$bits" 2>&1 >"$work/prefix")
  case $? in
  0) cat "$work/prefix" ;;
  3) skip "Windows $bits" "${reason##*$'\n'}"; return ;;
  *) broken "Windows $bits" "prefix.sh: $reason"; return ;;
  esac
  started+=("$bits")

  # Beside the programs, as Windows looks for it.
  out=$target/windows/hosts/$bits
  mkdir -p "$out"
  cp "$dll/wa_connector.dll" "$out/"
  "$here/functions.sh" by_hand >"$out/by_hand.h"
  "$gcc" -O1 -shared -Wl,--kill-at -o "$out/bcryptprimitives.dll" "$here/bcryptprimitives.c" -ladvapi32 &&
    compile "$here/host.c" -o "$out/linked.exe" "$dll/libwa_connector.dll.a" -lws2_32 &&
    compile -DLOAD_BY_HAND -I"$out" "$here/host.c" -o "$out/by_hand.exe" -lws2_32 || { broken "$bits hosts" "they do not compile"; return; }

  local first=(about load road meta events callbacks cancel threads close unload memory) files=(files)
  if [ -n "$tls_url" ]; then files+=(TLS); else skip "$bits TLS" "openssl is not installed"; fi
  if [ "$mode" = smoke ]; then export WA_EXITS=5 WA_ROUNDS=20; else export WA_EXITS=${WA_EXITS:-50} WA_ROUNDS=${WA_ROUNDS:-200}; fi
  run_host "linked" "$out/linked.exe" SQLite "${first[@]}" exit "${files[@]}"
  about=$(sed -n 's/^about: //p' "$work/said")
  if [ "$mode" = smoke ]; then
    run_host "by hand" "$out/by_hand.exe" SQLite load road meta events callbacks cancel close unload two_paths
  else
    run_host "by hand" "$out/by_hand.exe" SQLite "${first[@]}" exit two_paths
  fi
  if [ -z "${WA_TEST_PG:-}" ]; then
    skip "$bits PostgreSQL" "WA_TEST_PG is not set (tests/postgres.sh start)"
  elif ! command -v psql >/dev/null; then
    skip "$bits PostgreSQL" "psql is missing (package postgresql)"
  else
    if [ "$mode" = smoke ]; then
      run_host "linked" "$out/linked.exe" PostgreSQL load road meta events callbacks cancel threads close
    else
      run_host "linked" "$out/linked.exe" PostgreSQL "${first[@]}" exit
      ask "DROP SCHEMA $schema$bits CASCADE" 2>/dev/null
      run_host "by hand" "$out/by_hand.exe" PostgreSQL "${first[@]}" exit
    fi
    check_rows
  fi
  run_msvc
  if [ "$bits" = x86 ]; then
    skip "x86 C#" "no 32-bit .NET for Windows is to be had from the package registries that the tests use"
  elif [ "$mode" = smoke ]; then
    for part in $smoke_of_dotnet; do run_dotnet SQLite "$part"; done
  else
    run_dotnet SQLite
    [ -z "${WA_TEST_PG:-}" ] || ! command -v psql >/dev/null || run_dotnet PostgreSQL sync
  fi
  if [ $failed -eq 0 ]; then
    for area in "${!areas[@]}"; do
      printf 'SUPPORT {"host":"c-windows-%s-wine","name":"C on Windows %s, under Wine","says":"%s; %s","library":"wa_connector.dll, %s","area":"%s","passed":%d}\n' \
        "$bits" "$bits" "$("$here/prefix.sh" "$bits" version)" "$about" "$([ "$bits" = x64 ] && echo x86-64 || echo x86)" "$area" "${areas[$area]}"
    done | sort
  fi
}

# The parts of the C# tests that the smoke runs.
smoke_of_dotnet="sync meta"

for each in $which; do run_all "$each"; done

echo
printf '%-34s %-8s %6s %8s  %s\n' host result cases seconds ""
printf '%s\n' "${table[@]}"
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
