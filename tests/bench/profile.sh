#!/bin/sh
# Where our processor time goes: samples the benchmark's host under load.
#
#   tests/bench/profile.sh [MESSAGES]        default 20000; after one tests/bench/run.sh
#
# Needs perf (package linux-perf) and the right to use it.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
home=$root/.setup/bench
command -v perf >/dev/null || { echo "missing package: linux-perf" >&2; exit 1; }
[ -x "$home/tools/host" ] || { echo "run tests/bench/run.sh first" >&2; exit 1; }
PATH=$PATH:/usr/sbin
export PATH
exec python3 "$here/profile_host.py" --messages "${1:-20000}" --home "$home" --tools "$home/tools"
