#!/bin/bash
# Wine for the tests of the Windows DLL, under .setup: nothing is shown, nothing is installed into it.
#
#   tests/windows/prefix.sh x64|x86              makes what is missing; says what it lacks and ends with 3
#   tests/windows/prefix.sh x64|x86 run PROGRAM  runs a Windows program in it
#   tests/windows/prefix.sh x64|x86 stop         ends its server, and with it every program in it
#   tests/windows/prefix.sh x64|x86 version      what Wine says of itself
#
# x64 is the system's Wine. x86 is a 32-bit Debian in .setup/wine32 with a Wine and ODBC drivers of its own: a 64-bit system
# need not learn a second architecture for it. It is entered by chroot, for which one must be root.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bits=${1:-}
system=$root/.setup/wine32

lacks() {
  echo "$*" >&2
  exit 3
}

case $bits in
x64)
  prefix=$root/.setup/wine
  # Debian's /usr/bin/wine complains when there is no 32-bit Wine beside it.
  for wine in /usr/lib/wine/wine64 "$(command -v wine64)" "$(command -v wine)" ""; do [ -x "$wine" ] && break; done
  [ -n "$wine" ] || lacks "Wine is missing (package wine64)"
  server=/usr/lib/wine/wineserver64
  [ -x "$server" ] || server=wineserver
  ;;
x86)
  prefix=$system/wine
  wine=/usr/lib/wine/wine
  server=/usr/lib/wine/wineserver
  ;;
*) sed -n '2,11p' "$0"; exit 2 ;;
esac

# Runs a program of Wine's in this prefix, without a display, without Wine's own .NET and browser, and without a debugger that
# would wait for somebody when a program crashes.
inside() {
  local settings=(WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml,winedbg.exe= LC_ALL=C.UTF-8)
  if [ "$bits" = x64 ]; then
    env -u DISPLAY WINEPREFIX="$prefix" "${settings[@]}" "$@"
  else
    # The checkout has the same path inside. What is mounted is gone with the last of these processes.
    unshare --mount sh -ec 'mount --rbind /proc "$1/proc"; mount --rbind /dev "$1/dev"; mkdir -p "$1$2"; mount --bind "$2" "$1$2"
      inner=$1; shift 2; exec chroot "$inner" env -u DISPLAY HOME=/root PATH=/usr/bin:/bin:/usr/sbin:/sbin "$@"' \
      - "$system" "$root" WINEPREFIX=/wine "${settings[@]}" "$@"
  fi
}

make_system() {
  [ -e "$system/made" ] && return
  [ "$(id -u)" = 0 ] || lacks "the 32-bit Wine is entered by chroot: only root can"
  command -v debootstrap >/dev/null || lacks "debootstrap is missing: tests/setup.sh windows32"
  unshare --mount true 2>/dev/null || lacks "this machine lets nobody mount: the 32-bit Wine needs /proc"
  echo "making a 32-bit Debian with Wine in .setup/wine32 (log: .setup/wine32.log)"
  rm -rf "$system"
  debootstrap --arch=i386 --variant=minbase --include=wine32,unixodbc,odbc-postgresql bookworm "$system" >"$root/.setup/wine32.log" 2>&1 ||
    lacks "the 32-bit Debian could not be made: $(tail -n 1 "$root/.setup/wine32.log")"
  rm -rf "$system"/var/cache/apt/archives/*.deb
  chroot "$system" /bin/true || lacks "this machine does not run 32-bit programs"
  touch "$system/made"
}

make_prefix() {
  local version
  version=$(inside "$wine" --version)
  # Written last: a prefix whose making was interrupted, or that another Wine made, is made anew.
  [ "$(cat "$prefix/made" 2>/dev/null)" = "$version" ] && return
  echo "making a prefix for $version ($bits)"
  [ ! -e "$prefix" ] || inside "$server" -k 2>/dev/null || true
  rm -rf "$prefix"
  mkdir -p "$prefix"
  # Windows 10: the library and .NET Core need it, Wine's own default is 7.
  inside "$wine" wineboot -i >/dev/null 2>&1 && inside "$wine" winecfg -v win10 >/dev/null 2>&1 && inside "$server" -w ||
    lacks "Wine cannot make its prefix in $prefix"
  echo "$version" >"$prefix/made"
}

case ${2:-make} in
make)
  mkdir -p "$root/.setup"
  [ "$bits" = x64 ] || make_system
  make_prefix
  ;;
run) shift 2; inside "$wine" "$@" ;;
stop) if [ -e "$prefix/made" ]; then inside "$server" -k || true; inside "$server" -w; fi ;;
version) inside "$wine" --version ;;
*) sed -n '2,11p' "$0"; exit 2 ;;
esac
