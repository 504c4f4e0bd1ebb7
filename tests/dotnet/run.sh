#!/bin/sh
# Compiles the tests against .NET Framework 4.7 and runs them under Mono, with a
# simulator that it starts itself.
#   run.sh [part of a test's name]
# WA_LIB_DIR: where libwa_connector.so is (default: target/release at the top).
# WA_SIMULATOR: the simulator's program (default: target/release/wa-simulator).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$top/target}
out=$target/dotnet/tests
lib=${WA_LIB_DIR:-$target/release}
simulator=${WA_SIMULATOR:-$target/release/wa-simulator}
for tool in mono mcs; do
    command -v $tool >/dev/null || { echo "run.sh: $tool is missing; install mono-devel" >&2; exit 1; }
done
[ -f "$lib/libwa_connector.so" ] || { echo "run.sh: no libwa_connector.so in $lib; run: cargo build --release" >&2; exit 1; }
[ -x "$simulator" ] || { echo "run.sh: no simulator at $simulator; run: cargo build --release -p wa-simulator" >&2; exit 1; }

"$top/bindings/dotnet/build.sh" "$out" >/dev/null
# The JSON and UTF-8 code is internal: the tests take it in as source.
mcs -nologo -sdk:4.7-api -langversion:7.2 -unsafe -debug -warn:4 -warnaserror -r:"$out/WaConnector.dll" \
    -out:"$out/WaConnectorTests.exe" "$here"/*.cs "$top/bindings/dotnet/Json.cs" "$top/bindings/dotnet/Utf8.cs"

work=$(mktemp -d)
"$simulator" --port 0 --port-file "$work/port" --list-lag-max-ms 500 >"$work/simulator.log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null || true; rm -rf "$work"' EXIT INT TERM
tries=0
while [ ! -s "$work/port" ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { echo "run.sh: the simulator does not start" >&2; exit 1; }
    sleep 0.1
done
WA_CONNECTOR_LIBRARY=$(cd "$lib" && pwd)/libwa_connector.so
WA_SIMULATOR_URL=http://127.0.0.1:$(cat "$work/port")
WA_TEST_FOLDER=$work
WA_LEDGER=$top/include/wa_connector.abi
export WA_CONNECTOR_LIBRARY WA_SIMULATOR_URL WA_TEST_FOLDER WA_LEDGER
mono --debug "$out/WaConnectorTests.exe" "$@"
