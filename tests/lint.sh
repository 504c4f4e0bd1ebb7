#!/bin/sh
# Format, clippy with warnings as errors, licences, sources, advisories.
set -eu
cd "$(dirname -- "$0")/.."
tests/setup.sh demo
mkdir -p .setup

echo "format"
cargo fmt --all --check
cargo fmt --manifest-path tests/fuzz/Cargo.toml --check
echo "clippy"
cargo clippy --quiet --workspace --all-targets -- -D warnings
cargo clippy --quiet -p wa-connector --features test-points,test-panic,fuzzing -- -D warnings

deny=$(command -v cargo-deny || true)
if [ -z "$deny" ]; then
    deny=.setup/tools/bin/cargo-deny
    if [ ! -x "$deny" ]; then
        echo "building cargo-deny once, into .setup/tools (some minutes)"
        cargo install --quiet --locked --root .setup/tools cargo-deny
    fi
fi
echo "licences, sources, duplicates"
"$deny" --log-level error check licenses sources bans
echo "advisories"
if ! "$deny" --log-level error check advisories >.setup/advisories.log 2>&1; then
    # The database is a git repository elsewhere; without a way to it nothing was looked up.
    if grep -qiE 'failed to (fetch|clone)|unable to (fetch|clone)|could not resolve|error sending request|failed to acquire' .setup/advisories.log; then
        echo "SKIPPED: advisories: their database cannot be reached from here"
    else
        cat .setup/advisories.log
        exit 1
    fi
fi
