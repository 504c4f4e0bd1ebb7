#!/bin/sh
# What packagers ship, in dist/: the library and the simulator built by cargo-zigbuild against an old glibc, checked,
# packed by tests/linux/pack.sh, and run.
#
# glibc 2.17 (2012) is the oldest that Rust's own standard library runs on, so that a newer floor would shut systems
# out and gain nothing.
set -eu
cd "$(dirname -- "$0")/.."
glibc=2.17
target=x86_64-unknown-linux-gnu
zig=0.17.1
zigbuild=0.24.0

if [ "$(uname -m)" != x86_64 ]; then
    echo "SKIPPED: dist: only the x86-64 library is built, on x86-64; this machine is $(uname -m)"
    exit 0
fi
setup=$PWD/.setup
tools=$setup/zig
if [ "$(cat "$tools/versions" 2>/dev/null)" != "$zig $zigbuild" ]; then
    echo "installing zig $zig and cargo-zigbuild $zigbuild into .setup/zig (some 450 MB)"
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install -q "ziglang==$zig" "cargo-zigbuild==$zigbuild"
    echo "$zig $zigbuild" >"$tools/versions"
fi
export PATH="$tools/bin:$PATH"
export ZIG_GLOBAL_CACHE_DIR="$setup/zig-cache" ZIG_LOCAL_CACHE_DIR="$setup/zig-cache" CARGO_ZIGBUILD_CACHE_DIR="$setup/zigbuild"
# No path of this machine gets into what is shipped: Rust's, and those of the C and assembler code.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
export RUSTFLAGS="--remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$PWD=/wa-connector"
export CFLAGS_x86_64_unknown_linux_gnu="-ffile-prefix-map=$cargo_home=/cargo -ffile-prefix-map=$PWD=/wa-connector"
export CARGO_TARGET_DIR="$PWD/target/dist"
echo "building for glibc $glibc (cold, some minutes)"
for package in wa-connector wa-simulator; do
    cargo zigbuild --release --quiet --target "$target.$glibc" -p "$package"
done
built=$CARGO_TARGET_DIR/$target/release
unset RUSTFLAGS CARGO_TARGET_DIR

tar=$(tests/linux/pack.sh "$built/libwa_connector.so" "$built/wa-simulator" dist)
lib=${tar%.tar.gz}/lib
tests/linux/check.sh "$lib/libwa_connector.so.1" "$glibc"
tests/linux/package.sh "$tar"
WA_LIB_DIR="$lib" WA_SIMULATOR="${tar%.tar.gz}/wa-simulator" tests/linux/run.sh
echo "$tar"
