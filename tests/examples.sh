#!/bin/sh
# The examples: the C one built by make, CMake and pkg-config, the C# one under
# Mono, each against the simulator.
set -u
cd "$(dirname -- "$0")/.." || exit 1
passed=0
failed=0
skipped=0
check() { # what, the output, a pattern
    if printf '%s\n' "$2" | grep -Eq "$3"; then
        echo "ok: $1"
        passed=$((passed + 1))
    else
        echo "FAILED: $1"
        printf '%s\n' "$2" | tail -n 20
        failed=$((failed + 1))
    fi
}

output=$(examples/c/test.sh 2>&1)
for way in make cmake pkg-config; do
    check "the C example by $way" "$output" "^ok: $way"
done
for program in both account; do
    check "the C example $program.c" "$output" "^ok: $program.c"
done
if command -v mono >/dev/null && command -v mcs >/dev/null; then
    output=$(examples/dotnet/run.sh 2>&1)
    check "the C# example: an accepted text" "$output" 'accepted +1 +Message accepted by Twilio'
    check "the C# example: accepted after server errors" "$output" '\+12025550101 .* accepted +3 '
    check "the C# example: refused without an attempt" "$output" 'failed +0 +Please enter a valid WhatsApp enabled number'
else
    echo "SKIPPED: the C# example: mono and mcs are not installed"
    skipped=3
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
