#!/bin/sh
# Checks the simulator's answers, and the requests of the library, against the OpenAPI documents of Twilio and of
# Meta, with Prism.
#   run.sh                       the simulator behind Prism, right requests, and broken ones
#   run.sh --replay FILE.jsonl   recorded requests (method, path, headers, body): Prism must accept each
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
documents="${WA_CONTRACT_DOCUMENTS:-$root/../shared/contract}"
tools="$root/.setup/contract"
target="${CARGO_TARGET_DIR:-$root/target}"

# Says that a document is missing, and where it is to be had.
missing() {
  [ -r "$documents/$1" ] && return 1
  echo "SKIPPED: $2's OpenAPI document $1 is not in $documents."
  echo "It is not part of this repository: take it from $3,"
  echo "and name its folder in WA_CONTRACT_DOCUMENTS."
}

providers=""
skipped=""
for document in twilio_api_v2010 twilio_content_v1 twilio_content_v2 twilio_messaging_v1 twilio_messaging_v2; do
  if missing "$document.json" Twilio "github.com/twilio/twilio-oai (spec/json, release 2.6.7)"; then skipped=yes; fi
done
[ "$skipped" ] || providers="twilio"
if ! missing business-messaging-api_v23.0.yaml Meta "github.com/facebook/openapi (commit ecba623b)"; then
  providers="$providers meta"
fi
if [ -z "$providers" ]; then
  echo "0 passed, 0 failed, all skipped"
  exit 0
fi
command -v npm >/dev/null || { echo "missing: npm and node (package nodejs)"; exit 1; }

mkdir -p "$tools"
if cmp -s "$here/package-lock.json" "$tools/package-lock.installed"; then
  echo "== Prism is already installed in .setup/contract"
else
  echo "== installing Prism into .setup/contract"
  cp "$here/package.json" "$here/package-lock.json" "$tools/"
  npm ci --prefix "$tools" --ignore-scripts --no-audit --no-fund --loglevel=error
  cp "$here/package-lock.json" "$tools/package-lock.installed"
fi

echo "== building the simulator"
(cd "$root" && cargo build -q --release -p wa-simulator)
export WA_SIMULATOR="$target/release/wa-simulator" WA_SIMULATOR_META="$root/tests/simulator/src/meta"
export WA_CONTRACT_DOCUMENTS="$documents" WA_CONTRACT_TOOLS="$tools"
code=0
for provider in $providers; do
  script="$here/run.mjs"
  [ "$provider" = meta ] && script="$here/meta/run.mjs"
  node "$script" "$@" || code=1
done
exit $code
