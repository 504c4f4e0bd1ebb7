#!/bin/sh
# Makes a Debian machine with Rust ready for the demo, the tests and the
# benchmark. What is there already is skipped. Where it may not install (no
# root), it names what is missing.
#
#   tests/setup.sh demo | test | bench | lint | dist | windows | windows32 | fresh
#
# dist: what packs the library that is shipped. windows: a compiler for Windows
# DLLs, and Wine to run them. windows32: also what makes the small 32-bit Debian
# whose Wine runs the 32-bit DLL. fresh: what makes a bare Debian. Several may be
# named: what they need is installed at once.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
[ $# -gt 0 ] || set -- test

# libcjson: the C example reads JSON. unixodbc-dev: the C tests ask the database
# themselves; the library needs unixODBC at run time only. ca-certificates: pip
# and npm ask them whom to trust. clang: the header and the C++ layer are compiled
# with it, too. patch and git: the mutants.
wanted=$*
packages="gcc libc6-dev make pkg-config python3 libcjson-dev"
for for_what; do
    case $for_what in
    demo) ;;
    test | bench)
        packages="$packages ca-certificates g++ clang binutils cmake python3-venv unixodbc-dev unixodbc odbc-postgresql postgresql \
            libsqliteodbc tdsodbc openssl procps mono-mcs mono-runtime mono-devel nodejs npm valgrind musl-tools patch git"
        [ "$for_what" != bench ] || packages="$packages nginx-light wrk postgresql-contrib sqlite3"
        ;;
    lint) packages="$packages ca-certificates python3-venv" ;;
    dist) packages="$packages ca-certificates binutils python3-venv" ;;
    windows | windows32)
        packages="$packages rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 wine wine64"
        [ "$for_what" != windows32 ] || packages="$packages debootstrap"
        ;;
    fresh) packages="$packages debootstrap" ;;
    *) sed -n '6,11p' "$0" >&2; exit 2 ;;
    esac
done

has() {
    # Node.js often comes from elsewhere than Debian.
    case $1 in
    nodejs) command -v node >/dev/null 2>&1 ;;
    npm) command -v npm >/dev/null 2>&1 ;;
    *) dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -q '^installed$' ;;
    esac
}

missing=""
for package in $packages; do
    case " $missing " in *" $package "*) continue ;; esac
    has "$package" || missing="$missing $package"
done
may_install=false
[ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1 || may_install=true
if [ -n "$missing" ] && ! $may_install; then
    echo "These packages are missing, and may not be installed from here:$missing" >&2
    echo "On Debian: sudo apt-get install --no-install-recommends$missing" >&2
fi
if ! command -v cargo >/dev/null 2>&1; then
    echo "Rust is missing: install it with rustup (https://rustup.rs)." >&2
    exit 1
fi
# What comes from elsewhere than Debian. The suite that needs it says so where it is not to be had.
fetch() {
    case " $wanted " in *" test "*) "$here/tests/tsql/parser.sh" >/dev/null || true ;; esac
}
[ -n "$missing" ] || { fetch; exit 0; }
$may_install || exit 1
mkdir -p "$here/.setup"
log=$here/.setup/apt.log
echo "installing:$missing (log: .setup/apt.log)"
# One at a time: another part of the same run may be installing, too.
install() {
    flock 9
    apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $missing
}
if ! install 9>"$here/.setup/apt.lock" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    exit 1
fi
fetch
