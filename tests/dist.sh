#!/bin/sh
# What packagers ship, in dist/: the library, the header, the schemas, the
# .NET sources, pkg-config, licences, and checksums.
set -eu
cd "$(dirname -- "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=wa-connector-$version-linux-x86_64
out=dist/$name
rm -rf "$out"
mkdir -p "$out/lib" "$out/lib/pkgconfig" "$out/include" "$out/dotnet"
# The debugging information goes into a file beside the library, which finds it there.
library=$out/lib/libwa_connector.so.1
cp target/release/libwa_connector.so "$library"
objcopy --only-keep-debug "$library" "$library.debug"
strip --strip-unneeded "$library"
(cd "$out/lib" && objcopy --add-gnu-debuglink=libwa_connector.so.1.debug libwa_connector.so.1)
ln -s libwa_connector.so.1 "$out/lib/libwa_connector.so"
cp -r include/wa_connector.h include/wa_connector.abi include/schema "$out/include/"
cp bindings/dotnet/*.cs bindings/dotnet/*.csproj "$out/dotnet/"
cp target/release/wa-simulator "$out/"
cp README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$out/"
sed -e "s|@VERSION@|$version|" -e "s|@LIBDIR@|lib|" include/wa-connector.pc.in >"$out/lib/pkgconfig/wa-connector.pc"
cargo tree -p wa-connector -e no-dev --prefix none --format '{p} {l}' | sort -u >"$out/third-party.txt"
(cd dist && tar czf "$name.tar.gz" "$name" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
echo "dist/$name.tar.gz"
