#!/bin/sh
# The demonstration: starts the simulator on loopback, runs the C example against it, and looks at the table it prints.
# Wants the library and the simulator built (release, else debug) and libcjson-dev.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
for build in release debug; do
  [ -e "$target/$build/libwa_connector.so" ] && [ -x "$target/$build/wa-simulator" ] && break
  [ $build = release ] || { echo "missing: libwa_connector.so and wa-simulator in $target/release (cargo build --release --workspace)"; exit 1; }
done
built=$target/$build
[ -e /usr/include/cjson/cJSON.h ] || { echo "missing: cJSON (package libcjson-dev)"; exit 1; }

work=$(mktemp -d)
simulator=
end() {
  [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

echo "== building the C example against $built/libwa_connector.so"
make -s -C "$root/examples/c" WA_LIB_DIR="$built" OUT="$work"

echo "== starting the simulator of Twilio's WhatsApp API and of Meta's Cloud API on loopback"
"$built/wa-simulator" --port-file "$work/port" --log "$work/received.jsonl" >"$work/simulator.log" 2>&1 &
simulator=$!
tries=0
until [ -s "$work/port" ]; do
  tries=$((tries + 1))
  [ $tries -le 100 ] || { echo "the simulator did not start:"; cat "$work/simulator.log"; exit 1; }
  sleep 0.1
done
address=http://127.0.0.1:$(cat "$work/port")
cat >"$work/meta.json" <<END
{"provider":"meta",
 "meta":{"access_token":"EAA0000000000000000000000000permanent","phone_number_id":"200000000000001",
         "business_account_id":"100000000000001","base_url":"$address"},
 "retry":{"wait_seconds":1},"history":{"file":"$work/meta.db"}}
END

failed=0 checks=0
expect() {
  checks=$((checks + 1))
  if grep -Eq "$2" "$work/table"; then echo "ok: $1"; else echo "FAILED: the table lacks $1"; failed=$((failed + 1)); fi
}
# One program, two providers: only the settings differ.
run() { # provider, what the program is given
  echo
  echo "== sending through $1: ./send $2"
  echo
  status=0
  WA_HISTORY_FILE="$work/history.db" "$work/send" "$2" >"$work/output" 2>"$work/errors" || status=$?
  cat "$work/output" "$work/errors"
  echo
  [ $status -eq 0 ] || { echo "FAILED: the example ended with status $status"; exit 1; }
  # The table alone: what comes after the heading.
  sed -n '/^Sender  *Recipient/,$p' "$work/output" >"$work/table"
  expect "an accepted text" "\+12025550199 .*Hello from C.* accepted +1 +Message accepted by $1\."
  expect "an accepted template" "\+12025550199 .*Hello Ann.* accepted +1 +Message accepted by $1\."
  expect "a message accepted after server errors" "\+12025550101 .* accepted +3 +Message accepted by $1\."
  expect "a number that was refused without an attempt" '\+999 12345678 .* failed +0 +Please enter a valid WhatsApp enabled number'
  bulk=$(grep -Ec 'Sale! Number [1-5] of 5\..* accepted +1 ' "$work/table" || true)
  checks=$((checks + 1))
  if [ "$bulk" -eq 5 ]; then echo "ok: the bulk of 5"; else echo "FAILED: $bulk of the bulk's 5 messages were accepted"; failed=$((failed + 1)); fi
}
run Twilio "$address"
run Meta "$work/meta.json"
# The simulator is a witness of its own: two 503 of each, and one message taken for each that was accepted.
checks=$((checks + 1))
errors=$(grep -c '"status":503' "$work/received.jsonl" || true)
taken=$(grep -c '"taken":true' "$work/received.jsonl" || true)
if [ "$errors" -eq 4 ] && [ "$taken" -eq 16 ]; then
  echo "ok: the simulator answered 503 four times and took 16 messages"
else
  echo "FAILED: the simulator answered 503 $errors times (4 expected) and took $taken messages (16 expected)"; failed=$((failed + 1))
fi
echo "$((checks - failed)) passed, $failed failed"
exit $failed
