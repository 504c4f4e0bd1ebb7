#!/bin/sh
# Builds the examples with Mono's compiler and runs Program.cs: with its
# arguments, or without any against a simulator that it starts itself.
# WA_LIB_DIR: where libwa_connector.so is (default: target/release at the top).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$top/target}
out=$target/dotnet/example
lib=${WA_LIB_DIR:-$target/release}
simulator=${WA_SIMULATOR:-$target/release/wa-simulator}
[ -f "$lib/libwa_connector.so" ] || { echo "run.sh: no libwa_connector.so in $lib; run: cargo build --release" >&2; exit 1; }

"$top/bindings/dotnet/build.sh" "$out" >/dev/null
mcs -nologo -sdk:4.7-api -langversion:7.2 -warnaserror -r:"$out/WaConnector.dll" -out:"$out/Send.exe" "$here/Program.cs"
mcs -nologo -sdk:4.7-api -langversion:7.2 -warnaserror -r:"$out/WaConnector.dll" -out:"$out/Account.exe" "$here/Account.cs"
export WA_CONNECTOR_LIBRARY="$lib/libwa_connector.so"
[ $# -eq 0 ] || exec mono "$out/Send.exe" "$@"

[ -x "$simulator" ] || { echo "run.sh: no simulator at $simulator; run: cargo build --release -p wa-simulator" >&2; exit 1; }
work=$(mktemp -d)
"$simulator" --port 0 --port-file "$work/port" >"$work/simulator.log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; rm -rf "$work"' EXIT INT TERM
tries=0
while [ ! -s "$work/port" ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { echo "run.sh: the simulator does not start" >&2; exit 1; }
    sleep 0.1
done
url=http://127.0.0.1:$(cat "$work/port")
WA_HISTORY_FILE="$work/history.db" mono --debug "$out/Send.exe" "$url"

# Account.cs, with the simulator's account at Meta.
echo "== Account.cs"
printf '\377\330\377\340\000\020JFIF\000' >"$work/picture.jpg"
cat >"$work/settings.json" <<END
{"provider":"meta","history":{"file":"$work/account.db"},"meta":{"access_token":"EAA0000000000000000000000000permanent",
"phone_number_id":"200000000000001","business_account_id":"100000000000001","base_url":"$url"}}
END
mono --debug "$out/Account.exe" "$work/settings.json" +12025550199 "$work/picture.jpg"
