#!/bin/sh
# Looks at a built library from outside.
#
#   tests/linux/check.sh LIBRARY           what holds for every build
#   tests/linux/check.sh LIBRARY 2.17      and what holds for the one that is shipped: no newer glibc than this is
#                                          needed, no other libraries than needed.txt has, no path of this machine
set -u
cd "$(dirname -- "$0")/../.." || exit 1
library=$1
floor=${2:-}
command -v readelf >/dev/null || { echo "SKIPPED: the library from outside: readelf is missing (package binutils)"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
passed=0
failed=0
same() { # what, got, wanted
    if [ "$2" = "$3" ]; then
        echo "ok: $1"
        passed=$((passed + 1))
    else
        printf 'FAILED: %s\n  got:    %s\n  wanted: %s\n' "$1" "$2" "$3"
        failed=$((failed + 1))
    fi
}
lines() { sort -u | tr '\n' ' '; }

dynamic=$(readelf -dW "$library")
names=$(nm -D --defined-only "$library" | awk '{ print $3 }' | sed 's/@.*//')
# The functions of the ledger are its lines with a prototype.
same "exports are the functions of the ledger, and nothing else" "$(echo "$names" | lines)" \
    "$(grep -o 'wa_[a-z_]*(' include/wa_connector.abi | tr -d '(' | lines)"
same "its name is libwa_connector.so.1" "$(echo "$dynamic" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')" libwa_connector.so.1
same "it is never unmapped" "$(echo "$dynamic" | grep -c 'FLAGS_1.*NODELETE')" 1
same "no function of ODBC is left to the loader" "$(nm -D "$library" | grep -o 'SQL[A-Z][A-Za-z]*' | lines)" ""
needed=$(echo "$dynamic" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | lines)
same "it does not need libodbc" "$(echo "$needed" | grep -c odbc)" 0
same "its stack is not executable" "$(readelf -lW "$library" | awk '$1 == "GNU_STACK" { print $7 }')" RW
if [ -n "$floor" ]; then
    same "it needs the libraries of needed.txt" "$needed" "$(lines <tests/linux/needed.txt)"
    newest=$(objdump -T "$library" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -n 1)
    same "it needs no newer glibc than $floor (it needs $newest)" "$(printf '%s\n' "$newest" "$floor" | sort -V | tail -n 1)" "$floor"
    for file in "$library" "$library.debug"; do
        [ -e "$file" ] || continue
        same "no path of this machine in $(basename "$file")" \
            "$(strings -a "$file" | grep -F -e "$PWD/" -e "${CARGO_HOME:-$HOME/.cargo}/" | head -n 3)" ""
    done
fi
echo "size: $(stat -L -c %s "$library") bytes"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
