#!/bin/sh
# The fuzz targets for a short while, with the Rust that builds the library: the suite "fuzz". The long search, which needs a
# nightly Rust, is tests/fuzz/run.sh.
set -eu
cd "$(dirname -- "$0")/../.."
# The features of tests/test_library.sh: what that built is not built again.
exec cargo test --quiet --workspace --test fuzz_short \
    --features wa-connector/test-points,wa-connector/test-panic,wa-connector/fuzzing "$@"
