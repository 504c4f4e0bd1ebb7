#!/bin/bash
# Builds the 64-bit DLL and checks it: the suite "windows dll".
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! tests/setup.sh windows; then
  echo "SKIPPED: the Windows DLL: the packages named above are missing"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
tests/windows/build.sh x64
tests/windows/check.py x64
