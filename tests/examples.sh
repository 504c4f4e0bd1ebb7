#!/bin/sh
# The examples: those in C built by make, CMake and pkg-config, those in C# run
# under Mono against the simulator.
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
    check "the C examples by $way" "$output" "^ok: $way"
done
if command -v mono >/dev/null && command -v mcs >/dev/null; then
    output=$(examples/dotnet/run.sh 2>&1)
    check "the C# example: an accepted text" "$output" 'accepted +1 +Message accepted by Twilio'
    check "the C# example: accepted after server errors" "$output" '\+12025550101 .* accepted +3 '
    check "the C# example: refused without an attempt" "$output" 'failed +0 +Please enter a valid WhatsApp enabled number'
    account=$(printf '%s\n' "$output" | sed '1,/^== Account.cs/d')
    check "the C# example Account.cs: the number" "$account" '^Number .*415.*, quality GREEN'
    check "the C# example Account.cs: a template" "$account" '^Template order_update en_US'
    check "the C# example Account.cs: a picture" "$account" 'accepted'
else
    echo "SKIPPED: the C# example: mono and mcs are not installed"
    skipped=6
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
