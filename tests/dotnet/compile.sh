#!/bin/sh
# Compiles the package and its tests, once for all hosts, unless they are newer
# than their sources, and prints the folder. Beside them it puts the
# WaConnectorTests.runtimeconfig.json that `dotnet` needs, for each in a folder.
#   compile.sh FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$1
for tool in mono mcs; do
    command -v $tool >/dev/null || { echo "compile.sh: $tool is missing; install mono-devel" >&2; exit 1; }
done
program=$out/WaConnectorTests.exe
if [ ! -f "$program" ] || [ -n "$(find "$here" "$top/bindings/dotnet" \( -name '*.cs' -o -name '*.sh' -o -name '*.c' \) -newer "$program")" ]; then
    "$top/bindings/dotnet/build.sh" "$out" >/dev/null
    # What is internal and tested by itself is taken in as source.
    mcs -nologo -sdk:4.7-api -langversion:7.2 -unsafe -debug -warn:4 -warnaserror -r:"$out/WaConnector.dll" -r:System.Web.dll \
        -out:"$program" "$here"/*.cs "$top"/bindings/dotnet/Json*.cs "$top/bindings/dotnet/Utf8.cs" "$top/bindings/dotnet/LibraryFile.cs" \
        "$top/bindings/dotnet/ErrorWords.cs"
fi
for version in 3.1 9.0; do
    mkdir -p "$out/$version"
    # Only what differs: a host may be running the others.
    for file in "$out/WaConnector.dll" "$program"; do
        cmp -s "$file" "$out/$version/$(basename "$file")" || cp "$file" "$out/$version/"
    done
    cat >"$out/$version/WaConnectorTests.runtimeconfig.json" <<END
{"runtimeOptions": {"framework": {"name": "Microsoft.NETCore.App", "version": "$version.0"},
 "configProperties": {"System.Globalization.Invariant": true}}}
END
done
echo "$out"
