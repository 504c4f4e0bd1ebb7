#!/bin/sh
# Unpacks the tar somewhere, and builds and runs against what is in it, found by pkg-config: a program for each header,
# and the C example.
#
#   tests/linux/package.sh TAR
set -u
tar=$(realpath "$1")
cd "$(dirname -- "$0")/../.." || exit 1
[ -e /usr/include/cjson/cJSON.h ] && command -v pkg-config >/dev/null || {
    echo "SKIPPED: the package: pkg-config or cJSON is missing (packages pkg-config, libcjson-dev)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}
work=$(mktemp -d)
simulator=""
end() {
    [ -z "$simulator" ] || kill "$simulator" 2>/dev/null
    rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM
failed=0
passed=0
skipped=0
check() { # what, command..
    what=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok: $what"
        passed=$((passed + 1))
    else
        echo "FAILED: $what"
        tail -n 20 "$work/log"
        failed=$((failed + 1))
    fi
}

check "the checksum fits" sh -c "cd '$(dirname "$tar")' && sha256sum -c '$(basename "$tar").sha256'"
mkdir "$work/any where"
check "it unpacks" tar -xzf "$tar" -C "$work/any where"
home=$(echo "$work/any where"/*)
# lib, or what pack.sh was told.
lib=$(dirname "$(find "$home" -name libwa_connector.so.1)")
check "${lib#"$home/"}/libwa_connector.so is a link to libwa_connector.so.1" [ "$(readlink "$lib/libwa_connector.so")" = libwa_connector.so.1 ]
check "every header, schema and ledger is in it" diff -r --exclude=wa-connector.pc.in include "$home/include"
check "no path of this machine in its texts" sh -c '! grep -rIlF -e "$1/" -e "$2/" "$3"' - "$PWD" "${CARGO_HOME:-$HOME/.cargo}" "$home"
# There is no .NET SDK to pack with; so what its project names is looked for.
check "what the .NET project packs is there" python3 - "$home/dotnet" <<'PYTHON'
import glob, os, sys, xml.etree.ElementTree as xml
os.chdir(sys.argv[1])
named = [part.replace("$(WaRuntimes)", "runtimes").replace("\\", "/")
         for item in xml.parse("WaConnector.csproj").iter("None") for part in item.get("Include").split(";")]
found = {pattern: [path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path)] for pattern in named}
print(found)
missing = [pattern for pattern in named if not found[pattern] and not pattern.endswith(".dll")]
sys.exit(f"missing: {missing}" if missing or len(named) < 3 else 0)
PYTHON
export PKG_CONFIG_PATH="$lib/pkgconfig"
check "pkg-config knows its version" [ "$(pkg-config --modversion wa-connector)" = "$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)" ]
# pkg-config escapes what a shell would take apart.
# Each header alone: what it needs beside itself must be in the package, too.
alone() { # header, its compiler and file
    header=$1
    program=$2
    shift 2
    printf '#include <%s>\nint main(void) { return wa_abi_version() == WA_ABI_VERSION ? 0 : 1; }\n' "$header" >"$program"
    sh -c "$* '$program' $(pkg-config --cflags --libs wa-connector) -o '$work/alone'" && LD_LIBRARY_PATH="$lib" "$work/alone"
}
for header in "$home"/include/*.h; do
    header=$(basename "$header")
    check "a C program with $header is built and runs" alone "$header" "$work/alone.c" "${CC:-cc}" -Wall -Wextra -Werror
done
if command -v "${CXX:-g++}" >/dev/null; then
    for header in "$home"/include/*.h "$home"/include/*.hpp; do
        header=$(basename "$header")
        check "a C++ program with $header is built and runs" alone "$header" "$work/alone.cpp" "${CXX:-g++}" -std=c++11 -Wall -Wextra -Werror
    done
else
    echo "SKIPPED: the package's headers in C++: g++ is missing (package g++)"
    skipped=$((skipped + 1))
fi
check "the C example is built with it" sh -c "${CC:-cc} examples/c/send.c $(pkg-config --cflags --libs wa-connector libcjson) -o '$work/send'"
"$home/wa-simulator" --port-file "$work/port" --ideal >"$work/simulator.log" 2>&1 &
simulator=$!
for _ in $(seq 100); do
    [ -s "$work/port" ] && break
    sleep 0.1
done
check "the C example runs with it, against its simulator" \
    env LD_LIBRARY_PATH="$lib" WA_HISTORY_FILE="$work/history.db" "$work/send" "http://127.0.0.1:$(cat "$work/port")"
cp "$work/log" "$work/output"
check "and its table has what was sent" grep -Eq 'Hello from C.* accepted +1 ' "$work/output"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
