#!/bin/sh
# Builds the example in the three ways that send.c names, and asks each program for its usage.
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

make -s -C "$here" WA_LIB_DIR="$WA_LIB_DIR" OUT="$work/by_make"
works "$work/by_make"
echo "ok: make"

mkdir -p "$work/names"
ln -s "$WA_LIB_DIR/libwa_connector.so" "$work/names/libwa_connector.so.1"
for program in both account; do
  ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic "$here/$program.c" -I"$root/include" -L"$WA_LIB_DIR" -lwa_connector -lcjson -o "$work/$program"
  works env LD_LIBRARY_PATH="$work/names" "$work/$program"
  echo "ok: $program.c"
done

if command -v cmake >/dev/null; then
  cmake -S "$here" -B "$work/build" -DWA_LIB_DIR="$WA_LIB_DIR" >"$work/cmake.log"
  cmake --build "$work/build" >>"$work/cmake.log" || { cat "$work/cmake.log"; exit 1; }
  works "$work/build/send"
  echo "ok: cmake"
else
  echo "skipped: cmake (package cmake is not installed)"
fi

if command -v pkg-config >/dev/null; then
  # As a package lays it out: the tar unpacked anywhere, without a prefix known before.
  mkdir -p "$work/unpacked/lib/pkgconfig" "$work/unpacked/include"
  cp "$root/include/wa_connector.h" "$work/unpacked/include/"
  cp "$WA_LIB_DIR/libwa_connector.so" "$work/unpacked/lib/libwa_connector.so.1"
  ln -s libwa_connector.so.1 "$work/unpacked/lib/libwa_connector.so"
  version=$(sed -n 's/^version *= *"\(.*\)"/\1/p' "$root/Cargo.toml" | head -1)
  sed -e "s/@VERSION@/$version/" -e "s/@LIBDIR@/lib/" "$root/include/wa-connector.pc.in" >"$work/unpacked/lib/pkgconfig/wa-connector.pc"
  export PKG_CONFIG_PATH="$work/unpacked/lib/pkgconfig"
  # shellcheck disable=SC2046
  ${CC:-cc} "$here/send.c" $(pkg-config --cflags --libs wa-connector libcjson) -o "$work/by_pkg_config"
  works env LD_LIBRARY_PATH="$work/unpacked/lib" "$work/by_pkg_config"
  echo "ok: pkg-config"
else
  echo "skipped: pkg-config (package pkg-config is not installed)"
fi
