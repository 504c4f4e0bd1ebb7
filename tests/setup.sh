#!/bin/sh
# Makes a Debian machine with Rust ready for the demo, the tests and the
# benchmark. What is there already is skipped. Where it may not install (no
# root), it names what is missing.
#
#   tests/setup.sh demo | test | bench | dist | windows | windows32
#
# dist: what packs the library that is shipped. windows: a compiler for Windows
# DLLs, and Wine to run them. windows32: also what makes the small 32-bit Debian
# whose Wine runs the 32-bit DLL.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
for_what=${1:-test}

# libcjson: the C example reads JSON. unixodbc-dev: the C tests ask the database
# themselves; the library needs unixODBC at run time only.
packages="gcc libc6-dev make pkg-config python3 libcjson-dev"
case $for_what in
demo | windows*) ;;
dist) packages="$packages binutils python3-venv" ;;
*)
    packages="$packages g++ binutils cmake python3-venv unixodbc-dev unixodbc odbc-postgresql postgresql libsqliteodbc openssl \
        procps mono-mcs mono-runtime mono-devel nodejs npm valgrind musl-tools"
    ;;
esac
case $for_what in
windows*) packages="$packages rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 wine wine64" ;;
bench) packages="$packages nginx-light wrk postgresql-contrib" ;;
esac
[ "$for_what" != windows32 ] || packages="$packages debootstrap"

has() {
    # Node.js often comes from elsewhere than Debian.
    case $1 in
    nodejs) command -v node >/dev/null 2>&1 ;;
    npm) command -v npm >/dev/null 2>&1 ;;
    *) dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -q '^installed$' ;;
    esac
}

if ! command -v cargo >/dev/null 2>&1; then
    echo "Rust is missing: install it with rustup (https://rustup.rs)." >&2
    exit 1
fi
missing=""
for package in $packages; do
    has "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "These packages are missing, and may not be installed from here:$missing" >&2
    echo "On Debian: sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
mkdir -p "$here/.setup"
log=$here/.setup/apt.log
echo "installing:$missing (log: .setup/apt.log)"
if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    exit 1
fi
