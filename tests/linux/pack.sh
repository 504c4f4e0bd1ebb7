#!/bin/sh
# Lays out and packs what packagers ship: the library, the headers, the schemas, the .NET sources, pkg-config,
# licences, and checksums. The same input gives the same tar.
#
#   tests/linux/pack.sh LIBRARY SIMULATOR FOLDER [LIBDIR]      prints the tar's path
#
# LIBDIR: the library's folder in the tar, such as lib/x86_64-linux-gnu (default: lib).
set -eu
library=$(realpath "$1")
simulator=$(realpath "$2")
mkdir -p "$3"
folder=$(realpath "$3")
cd "$(dirname -- "$0")/../.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=wa-connector-$version-linux-x86_64
out=$folder/$name
rm -rf "$out"
libdir=${4:-lib}
lib=$out/$libdir
native=$out/dotnet/runtimes/linux-x64/native
mkdir -p "$lib/pkgconfig" "$out/include" "$native"
# The debugging information goes into a file beside the library, which finds it there.
shipped=$lib/libwa_connector.so.1
cp "$library" "$shipped"
objcopy --only-keep-debug "$shipped" "$shipped.debug"
strip --strip-unneeded "$shipped"
(cd "$lib" && objcopy --add-gnu-debuglink=libwa_connector.so.1.debug libwa_connector.so.1)
ln -s libwa_connector.so.1 "$lib/libwa_connector.so"
# All that is in include, so that a header which is added there is not forgotten here.
cp -r include/. "$out/include/"
rm "$out/include/wa-connector.pc.in"
# What `dotnet pack` needs: the sources, what goes into the package beside them, and the library where it is looked for.
cp -r bindings/dotnet/*.cs bindings/dotnet/*.csproj bindings/dotnet/build "$out/dotnet/"
ln -s "../../../../$libdir/libwa_connector.so.1" "$native/libwa_connector.so"
cp "$simulator" "$out/wa-simulator"
strip "$out/wa-simulator"
cp README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$out/"
# One step back for pkgconfig, and one for each folder of LIBDIR. Its comments are for who fills it in.
up=../$(echo "$libdir" | sed 's|[^/][^/]*|..|g')
sed -e '/^#/d' -e "s|@VERSION@|$version|" -e "s|@LIBDIR@|$libdir|" -e "s|@UP@|$up|" include/wa-connector.pc.in \
    >"$lib/pkgconfig/wa-connector.pc"
# Cargo says `(proc-macro)` and where a crate of this checkout lies; a reader wants neither.
cargo tree -p wa-connector -e no-dev --target x86_64-unknown-linux-gnu --prefix none --format '{p} {l}' |
    sed -e 's/ (proc-macro)//' -e "s| ($PWD[^)]*)||" -e 's/ (\*)$//' | LC_ALL=C sort -u >"$out/third-party.txt"
cd "$folder"
tar --sort=name --mtime=@"${SOURCE_DATE_EPOCH:-0}" --owner=0 --group=0 --numeric-owner --mode=go-w,a+rX -cf - "$name" |
    gzip -9n >"$name.tar.gz"
sha256sum "$name.tar.gz" >"$name.tar.gz.sha256"
echo "$folder/$name.tar.gz"
