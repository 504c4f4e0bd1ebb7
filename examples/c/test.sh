#!/bin/sh
# Builds the examples in the three ways that send.c names, and asks each program for its usage.
# WA_LIB_DIR: folder of libwa_connector.so (default: target/release, else target/debug).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
[ -n "${WA_LIB_DIR:-}" ] || { WA_LIB_DIR=$target/release; [ -e "$WA_LIB_DIR/libwa_connector.so" ] || WA_LIB_DIR=$target/debug; }
[ -e "$WA_LIB_DIR/libwa_connector.so" ] || { echo "missing: $WA_LIB_DIR/libwa_connector.so (cargo build --release)"; exit 1; }
[ -e /usr/include/cjson/cJSON.h ] || { echo "missing: cJSON (package libcjson-dev)"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

works() {
  said=$("$@" 2>&1) && { echo "FAILED: $1 needs no argument"; exit 1; }
  case $said in usage:*) ;; *) echo "FAILED: $said"; exit 1 ;; esac
}

mkdir "$work/by_make"
make -s -C "$here" WA_LIB_DIR="$WA_LIB_DIR" OUT="$work/by_make"
for program in send both account; do works "$work/by_make/$program"; done
echo "ok: make"

if command -v cmake >/dev/null; then
  cmake -S "$here" -B "$work/build" -DWA_LIB_DIR="$WA_LIB_DIR" >"$work/cmake.log"
  cmake --build "$work/build" >>"$work/cmake.log" || { cat "$work/cmake.log"; exit 1; }
  for program in send both account; do works "$work/build/$program"; done
  echo "ok: cmake"
else
  echo "skipped: cmake (package cmake is not installed)"
fi

if command -v pkg-config >/dev/null; then
  # As a package lays it out: the tar unpacked anywhere, without a prefix known before.
  mkdir -p "$work/unpacked/lib/pkgconfig" "$work/unpacked/include"
  cp "$root"/include/*.h "$work/unpacked/include/"
  cp "$WA_LIB_DIR/libwa_connector.so" "$work/unpacked/lib/libwa_connector.so.1"
  ln -s libwa_connector.so.1 "$work/unpacked/lib/libwa_connector.so"
  version=$(sed -n 's/^version *= *"\(.*\)"/\1/p' "$root/Cargo.toml" | head -1)
  sed -e "s/@VERSION@/$version/" -e "s/@LIBDIR@/lib/" -e "s|@UP@|../..|" "$root/include/wa-connector.pc.in" >"$work/unpacked/lib/pkgconfig/wa-connector.pc"
  export PKG_CONFIG_PATH="$work/unpacked/lib/pkgconfig"
  for program in send both account; do
    # shellcheck disable=SC2046
    ${CC:-cc} "$here/$program.c" $(pkg-config --cflags --libs wa-connector libcjson) -o "$work/by_pkg_config"
    works env LD_LIBRARY_PATH="$work/unpacked/lib" "$work/by_pkg_config"
  done
  echo "ok: pkg-config"
else
  echo "skipped: pkg-config (package pkg-config is not installed)"
fi
