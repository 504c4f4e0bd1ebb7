#!/bin/sh
# Compiles WaConnector.dll and WaConnector.xml with Mono's compiler against the
# reference assemblies of .NET Framework 4.7: what 4.7 lacks, the compiler refuses.
# Usage: build.sh [output folder]   (default: target/dotnet at the top)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-${CARGO_TARGET_DIR:-$here/../../target}/dotnet}
command -v mcs >/dev/null || { echo "build.sh: mcs is missing; install mono-devel" >&2; exit 1; }
mkdir -p "$out"
mcs -nologo -sdk:4.7-api -langversion:7.2 -target:library -unsafe -optimize+ -debug \
    -warn:4 -warnaserror -doc:"$out/WaConnector.xml" -out:"$out/WaConnector.dll" "$here"/*.cs
echo "$out/WaConnector.dll"
