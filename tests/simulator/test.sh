#!/bin/sh
# Tests the simulator: its own rules, then with Python clients: Twilio's own, and pywa for Meta. Sets up what it needs under .setup/.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv="$root/.setup/simulator-client"
target="${CARGO_TARGET_DIR:-$root/target}"
[ -x /usr/bin/nice ] && slow="nice" || slow=""

echo "== building the simulator and testing its rules"
cd "$root"
# With the whole workspace: what it needs is then built as for the other tests, once.
$slow cargo test -q --workspace --bins
# The clients drive the one that all suites use.
$slow cargo build -q --release -p wa-simulator

stamp="$venv/requirements.installed"
if cmp -s "$here/client/requirements.txt" "$stamp" 2>/dev/null; then
  echo "== the clients are already installed in .setup/simulator-client"
else
  echo "== installing Twilio's client and pywa into .setup/simulator-client"
  command -v python3 >/dev/null || { echo "missing: python3 (package python3)"; exit 1; }
  python3 -m venv "$venv" || { echo "missing: the venv module (package python3-venv)"; exit 1; }
  "$venv/bin/python" -m pip install -q -r "$here/client/requirements.txt"
  cp "$here/client/requirements.txt" "$stamp"
fi

echo "== driving the simulator with Twilio's client and pywa"
WA_SIMULATOR="$target/release/wa-simulator" exec "$venv/bin/python" -m pytest "$here/client" -q -rA -p no:cacheprovider "$@"
