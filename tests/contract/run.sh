#!/bin/sh
# Checks the simulator's answers, and the requests of the library, against Twilio's OpenAPI documents with Prism.
#   run.sh                       the simulator behind Prism, and the broken requests
#   run.sh --replay FILE.jsonl   recorded requests (method, path, headers, body): Prism must accept each
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
documents="${WA_CONTRACT_DOCUMENTS:-$root/../shared/contract}"
tools="$root/.setup/contract"
target="${CARGO_TARGET_DIR:-$root/target}"

for name in twilio_api_v2010.json twilio_content_v1.json; do
  if [ ! -r "$documents/$name" ]; then
    echo "SKIPPED: Twilio's OpenAPI document $name is not in $documents."
    echo "It is not part of this repository: take it from github.com/twilio/twilio-oai (spec/json, release 2.6.7),"
    echo "and name its folder in WA_CONTRACT_DOCUMENTS."
    echo "0 passed, 0 failed, all skipped"
    exit 0
  fi
done
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
(cd "$root" && cargo build -q -p wa-simulator)
WA_SIMULATOR="$target/debug/wa-simulator" WA_CONTRACT_DOCUMENTS="$documents" WA_CONTRACT_TOOLS="$tools" \
  exec node "$here/run.mjs" "$@"
