#!/bin/sh
# The requests of the library, as the simulator recorded them, against the
# OpenAPI documents of Twilio and of Meta.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
library="${WA_LIB_DIR:-$root/target/release}/libwa_connector.so"
simulator="$root/target/release/wa-simulator"
[ -x "$simulator" ] || simulator="$root/target/debug/wa-simulator"
mkdir -p "$root/.setup"
record="$root/.setup/plugin-requests.jsonl"
rm -f "$record"
python3 "$root/tests/contract/plugin.py" "$library" "$simulator" "$record"
exec "$root/tests/contract/run.sh" --replay "$record"
