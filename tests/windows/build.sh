#!/bin/bash
# Builds the Windows DLL on Linux, and what a C or C++ compiler links with.
#
#   tests/windows/build.sh [x64] [x86]      (default: both)
#
# In target/windows/x64 and target/windows/x86:
#   wa_connector.dll            stripped; what is shipped
#   wa_connector.dll.debug      its debugging information (gdb, with the DLL beside it)
#   libwa_connector.dll.a       import library for MinGW
#   wa_connector.lib            import library for Visual C++
#
# With the standard library of rustup's target where that is installed
# (rustup target add x86_64-pc-windows-gnu), else from Debian's sources of it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
base=${CARGO_TARGET_DIR:-$root/target}/windows
home=${CARGO_HOME:-$HOME/.cargo}
lld=$(find "$(rustc --print sysroot)/lib/rustlib" -name rust-lld 2>/dev/null | head -n 1 || true)

# Names no folder of this machine in the DLL, and no time: two builds give the same file.
plain_paths="--remap-path-prefix=$root=. --remap-path-prefix=$home=cargo"
plain_c="-ffile-prefix-map=$root=. -ffile-prefix-map=$home=cargo"

build() { # x64 | x86
  local bits=$1 target gcc
  case $bits in
  x64) target=x86_64-pc-windows-gnu gcc=x86_64-w64-mingw32 ;;
  x86) target=i686-pc-windows-gnu gcc=i686-w64-mingw32 ;;
  *) sed -n '2,15p' "$0"; exit 2 ;;
  esac
  # The posix flavour is the one that Rust's own MinGW targets are made with.
  local linker=$gcc-gcc-posix
  command -v "$linker" >/dev/null || { echo "missing: $linker (package gcc-mingw-w64-${gcc%%-*})" >&2; exit 1; }
  local out=$base/$bits
  mkdir -p "$out"

  local -x CARGO_TARGET_DIR=$base/build
  # Of SQLite, what no statement here asks for is left out.
  local -x LIBSQLITE3_FLAGS="-USQLITE_ENABLE_FTS3 -USQLITE_ENABLE_FTS3_PARENTHESIS -USQLITE_ENABLE_FTS5 -USQLITE_ENABLE_RTREE -USQLITE_ENABLE_DBSTAT_VTAB"
  local -x CFLAGS_x86_64_pc_windows_gnu=$plain_c CFLAGS_i686_pc_windows_gnu=$plain_c
  local -x RUSTFLAGS="$plain_paths -C link-arg=-Wl,--no-insert-timestamp"
  local name=CARGO_TARGET_${target^^}
  local -x "${name//-/_}_LINKER=$linker"
  local cargo=(cargo build --profile small --locked -p wa-connector --target "$target")
  if command -v rustup >/dev/null && rustup target list --installed | grep -qx "$target"; then
    echo "building wa_connector.dll $bits with $(rustc -V)"
    (cd "$root" && "${cargo[@]}")
  else
    # Debian's compiler, with the sources of its standard library; rustup's may have none, and must not mix in.
    local sources
    sources=$(/usr/bin/rustc --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library
    [ -x /usr/bin/cargo ] && [ -e "$sources" ] || {
      echo "missing: rustup's target $target, or Debian's packages rustc-web, cargo-web and rust-web-src" >&2
      exit 1
    }
    echo "building wa_connector.dll $bits with $(/usr/bin/rustc -V), the standard library from source"
    local -x RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$base/build-std PATH=/usr/bin:/bin:/usr/sbin
    RUSTFLAGS="$RUSTFLAGS --remap-path-prefix=$(/usr/bin/rustc --print sysroot)=rust --remap-path-prefix=/usr/src=rust"
    if [ "$bits" = x86 ]; then
      start_files "$out" "$linker" "$sources" "$target"
      local -x "${name//-/_}_LINKER=$out/linker"
    fi
    # Without backtraces: no panic of ours prints one.
    (cd "$root" && "${cargo[@]}" -Z build-std=std,panic_unwind -Z build-std-features=panic-unwind)
  fi

  local made=$CARGO_TARGET_DIR/$target/small
  # -p: else they write the time into the files.
  "$gcc-objcopy" -p --only-keep-debug "$made/wa_connector.dll" "$out/wa_connector.dll.debug"
  "$gcc-strip" -p --strip-all -o "$out/wa_connector.dll" "$made/wa_connector.dll"
  "$gcc-objcopy" -p --add-gnu-debuglink="$out/wa_connector.dll.debug" "$out/wa_connector.dll"
  import_libraries "$bits" "$gcc" "$out"
  printf '%s: %s bytes\n' "${out#"$root"/}/wa_connector.dll" "$(stat -c %s "$out/wa_connector.dll")"
}

# Two small objects that Rust's 32-bit MinGW target starts and ends with, and that building the standard library leaves out.
start_files() { # folder, linker, sources, target
  local object
  for object in rsbegin rsend; do
    /usr/bin/rustc --target "$4" --emit=obj -O -o "$1/$object.o" "$3/rtstartup/$object.rs"
  done
  cat >"$1/linker" <<LINKER
#!/bin/bash
arguments=()
for argument in "\$@"; do
  case \$argument in rsbegin.o | rsend.o) argument=$1/\$argument ;; esac
  arguments+=("\$argument")
done
exec $2 "\${arguments[@]}"
LINKER
  chmod +x "$1/linker"
}

# Both compilers read the names out of one list: the ledger's.
import_libraries() { # bits, gcc, folder
  local machine=i386:x86-64
  [ "$1" = x64 ] || machine=i386
  {
    echo 'LIBRARY wa_connector.dll'
    echo EXPORTS
    "$here/functions.sh" | sed 's/^/  /'
  } >"$3/wa_connector.def"
  "$2-dlltool" -m "$machine" -d "$3/wa_connector.def" -D wa_connector.dll -l "$3/libwa_connector.dll.a"
  # Visual C++ links 32-bit programs with /SAFESEH and refuses the objects of MinGW's: its own kind has none. Rust's linker writes it.
  if [ -n "$lld" ]; then
    "$lld" -flavor link /lib "/def:$3/wa_connector.def" "/machine:$1" "/out:$3/wa_connector.lib"
  else
    cp "$3/libwa_connector.dll.a" "$3/wa_connector.lib"
    echo "this Rust has no rust-lld: wa_connector.lib needs /SAFESEH:NO in 32-bit programs"
  fi
}

for bits in ${*:-x64 x86}; do
  build "$bits"
done
