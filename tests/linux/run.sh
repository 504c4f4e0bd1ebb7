#!/bin/bash
# The library on Linux: from outside, in bare roots made with chroot, beside another C library, and as a package.
#
#   tests/linux/run.sh
#
# WA_LIB_DIR  folder of libwa_connector.so (default: target/release), WA_SIMULATOR the simulator beside it
# WA_TEST_PG  connection string of a PostgreSQL (tests/postgres.sh start); without it that part is skipped
#
# Each root holds the C host, the library and what they need from the C library, and lacks one thing more than a
# machine usually does. It cannot be written but for /state. The simulator runs outside of it.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
library=${WA_LIB_DIR:-$target/release}/libwa_connector.so
simulator=${WA_SIMULATOR:-$target/release/wa-simulator}
for file in "$library" "$simulator"; do
  [ -e "$file" ] || { echo "missing: $file (make build)"; exit 1; }
done
command -v gcc >/dev/null || { echo "missing: a C compiler (package gcc)"; exit 1; }

work=$(mktemp -d)
running=()
end() {
  for process in "${running[@]}"; do kill "$process" 2>/dev/null; done
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM
passed=0 failed=0 skipped=0
declare -A areas
skip() { echo "SKIPPED: $1"; skipped=$((skipped + 1)); }
# What another script counted.
counted() { # name, command..
  local name=$1 said code
  shift
  echo "== $name"
  said=$("$@" 2>&1)
  code=$?
  # Its sum goes into this one's; all.py adds up every such line that it sees.
  echo "$said" | grep -Ev '^[0-9]+ passed'
  local sum=($(echo "$said" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' | tail -n 1))
  passed=$((passed + ${sum[0]:-0})) failed=$((failed + ${sum[1]:-0})) skipped=$((skipped + ${sum[2]:-0}))
  [ $code -eq 0 ] || [ "${sum[1]:-0}" -gt 0 ] || { echo "FAILED: $name (exit $code)"; failed=$((failed + 1)); }
}

counted "the library from outside" "$here/check.sh" "$library"
echo "the glibc that it needs at least is checked where the shipped one is built: make dist"

# ---- the host, the certificates, the simulators ----

mkdir -p "$work/lib"
cp "$library" "$work/lib/libwa_connector.so.1"
ln -s libwa_connector.so.1 "$work/lib/libwa_connector.so"
# A copy of some 50 MB of debugging information for each root is of no use.
if command -v strip >/dev/null; then strip "$work/lib/libwa_connector.so.1"; fi
gcc -std=c11 -O1 -g -Wall -Wextra -Wno-format-truncation -Werror -I"$root/include" "$here/host.c" -o "$work/host" \
  -L"$work/lib" -lwa_connector -lpthread -ldl || { echo "FAILED: host.c does not compile"; exit 1; }
# shellcheck source=../hosts.sh
. "$root/tests/hosts.sh"
if command -v openssl >/dev/null; then
  certificates >"$work/openssl.log" 2>&1 || { echo "FAILED: openssl"; cat "$work/openssl.log"; exit 1; }
fi
start_simulator plain --ideal
variables=("WA_SIMULATOR_URL=$url" "WA_TEST_PG=${WA_TEST_PG:-}")
tls=false
if [ -e "$work/certificate.pem" ]; then
  start_simulator tls --ideal --tls-cert "$work/certificate.pem" --tls-key "$work/key.pem"
  variables+=("WA_SIMULATOR_TLS_URL=${url/http:/https:}")
  tls=true
fi

# Runs a part of the host and counts it for an area of the support table.
part() { # host of the table, its areas, part, command..
  local host=$1 of=$2 name=$3 said code count area
  shift 3
  said=$("$@" "$name" 2>&1)
  code=$?
  echo "$said"
  count=$(grep -c '^ok:' <<<"$said")
  passed=$((passed + count))
  if [ $code -ne 0 ]; then
    failed=$((failed + 1))
    echo "FAILED: $host: $name (exit $code)"
  else
    for area in $of; do areas[$host,$area]=$((${areas[$host,$area]:-0} + count)); done
  fi
}

echo "== on this machine"
mkdir -p "$work/state"
outside=(env -i "${variables[@]}" LD_LIBRARY_PATH="$work/lib" WA_WORK="$work/state" WA_CERTIFICATE="$work/authority.pem" PATH="$PATH" "$work/host")
part linux-glibc "SQLite" file "${outside[@]}"
if $tls; then part linux-glibc "TLS" tls "${outside[@]}"; else skip "TLS: openssl is missing"; fi
if [ -n "${WA_TEST_PG:-}" ]; then part linux-glibc "PostgreSQL" postgres "${outside[@]}"; else skip "PostgreSQL: WA_TEST_PG is not set (tests/postgres.sh start)"; fi

# ---- the roots ----

# A namespace of its own gives a root that is really read-only; without the right to mount, another user does.
user=""
[ "$(id -u)" = 0 ] || user=-r
if unshare $user -m sh -c "mount --bind '$work/state' '$work/state'" 2>/dev/null; then
  way=mount
elif [ "$(id -u)" = 0 ] && chroot --userspec=65534:65534 / true 2>/dev/null; then
  way=user
else
  way=""
fi
needed=$(LD_LIBRARY_PATH=$work/lib ldd "$work/host" | sed -n -e 's/.* => \(\/[^ ]*\) .*/\1/p' -e 's/^[[:space:]]*\(\/[^ ]*\) .*/\1/p' | grep -vF "$work/" | sort -u)

make_root() { # name: sets bare
  bare=$work/root-$1
  mkdir -p "$bare/state" "$bare/lib"
  for file in $needed; do
    mkdir -p "$bare$(dirname "$file")"
    cp -L "$file" "$bare$file"
  done
  cp "$work/lib/libwa_connector.so.1" "$bare/lib/"
  cp "$work/host" "$bare/host"
  [ -e "$work/authority.pem" ] && cp "$work/authority.pem" "$bare/authority.pem"
  chmod -R a+rX "$bare"
  chmod 777 "$bare/state"
}
inside() { # part
  local enter=(env -i "${variables[@]}" LD_LIBRARY_PATH=/lib WA_WORK=/state WA_CERTIFICATE=/authority.pem)
  if [ $way = mount ]; then
    "${enter[@]}" "$(command -v unshare)" $user -m /bin/sh -c 'mount --bind "$1" "$1" && mount --bind "$1/state" "$1/state" &&
      mount -o remount,bind,ro "$1" && exec chroot "$1" /host "$2"' - "$bare" "$1"
  else
    "${enter[@]}" "$(command -v chroot)" --userspec=65534:65534 "$bare" /host "$1"
  fi
}
if [ -z "$way" ]; then
  skip "bare roots: neither unshare with mount nor chroot is allowed here (root is needed)"
else
  chmod 755 "$work"
  [ $way = mount ] || echo "roots are not mounted read-only here: another user runs in them"
  echo "== a root without libodbc: $(echo "$needed" | xargs -n 1 basename | tr '\n' ' ')"
  make_root no-odbc
  part linux-no-odbc "SQLite" no-odbc inside
  echo "== a root without HOME and without anything that can be written"
  make_root no-home
  part linux-no-odbc "" no-home inside
  if $tls; then
    echo "== a root without certificate authorities"
    make_root no-ca
    part linux-no-ca "TLS" no-ca inside
    echo "== a root without resolv.conf, hosts and zoneinfo"
    make_root no-resolver
    part linux-no-ca "" no-resolver inside
  else
    skip "a root without certificate authorities: openssl is missing"
    skip "a root without a resolver: openssl is missing"
  fi
fi

# ---- musl ----

echo "== a program of musl"
if command -v musl-gcc >/dev/null; then
  musl-gcc -Wall -Werror "$here/musl.c" -o "$work/musl" || failed=$((failed + 1))
  # Also where it finds glibc's files, as with Alpine's gcompat: then functions are missing.
  for folders in "" "$(echo "$needed" | xargs -n 1 dirname | sort -u | paste -s -d :)"; do
    said=$(LD_LIBRARY_PATH=$folders timeout 60 "$work/musl" "$work/lib/libwa_connector.so.1" 2>&1)
    code=$?
    echo "${said:0:200}" | sed "s|$work/||g"
    if [ $code -eq 0 ] && [[ $said == refused:\ ?* ]]; then
      echo "ok: a program of musl ${folders:+that finds the libraries of glibc }is refused in words, and goes on"
      passed=$((passed + 1))
    else
      echo "FAILED: a program of musl: exit $code"
      failed=$((failed + 1))
    fi
  done
else
  skip "a program of musl: musl-gcc is missing (package musl-tools)"
fi

# ---- the package ----

if [ "$library" = "$target/release/libwa_connector.so" ]; then
  tar=$("$here/pack.sh" "$library" "$simulator" "$work/packed") || { echo "FAILED: pack.sh"; failed=$((failed + 1)); }
  counted "the package" "$here/package.sh" "$tar"
  tar=$("$here/pack.sh" "$library" "$simulator" "$work/multiarch" lib/x86_64-linux-gnu) || { echo "FAILED: pack.sh"; failed=$((failed + 1)); }
  counted "the package, with Debian's folder of libraries" "$here/package.sh" "$tar"
fi

says=$(. /etc/os-release && echo "$PRETTY_NAME, $("${outside[@]}" version)")
declare -A names=([linux-glibc]="C on glibc" [linux-no-odbc]="C in a root without unixODBC" [linux-no-ca]="C in a root without certificate authorities")
for host in linux-glibc linux-no-odbc linux-no-ca; do
  for area in SQLite PostgreSQL TLS; do
    [ -n "${areas[$host,$area]:-}" ] || continue
    printf 'SUPPORT {"host":"%s","name":"%s","says":"%s","library":"libwa_connector.so, x86-64","area":"%s","passed":%d}\n' \
      "$host" "${names[$host]}" "$says" "$area" "${areas[$host,$area]}"
  done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
