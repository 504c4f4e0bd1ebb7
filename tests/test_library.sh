#!/bin/sh
# Builds, once for all suites, the library with what only tests may have in it: points at which a process can be stopped
# and killed, a panic on demand, and the parsers opened to the fuzz targets. Prints the folder of its copy.
#
# Each of these does nothing unless it is asked for. It is built as a part of the fuzz targets' test: so it has its
# dependencies in common with `cargo test --workspace`, and they are built once.
set -eu
cd "$(dirname -- "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
folder=$target/test-library
[ -x /usr/bin/nice ] && slow=nice || slow=
built=$($slow cargo build --quiet --workspace --test fuzz_short --message-format=json \
    --features wa-connector/test-points,wa-connector/test-panic,wa-connector/fuzzing |
    sed -n 's/.*"filenames":\[[^]]*"\([^"]*\/libwa_connector\.so\)".*/\1/p' | tail -n 1)
[ -n "$built" ] || { echo "the library with the features of the tests was not built" >&2; exit 1; }
# A copy: the next build of the library with other features replaces it. Moved into place: a host may have the old one loaded.
mkdir -p "$folder"
if ! cmp -s "$built" "$folder/libwa_connector.so"; then
    cp "$built" "$folder/libwa_connector.so.$$"
    mv "$folder/libwa_connector.so.$$" "$folder/libwa_connector.so"
fi
echo "$folder"
