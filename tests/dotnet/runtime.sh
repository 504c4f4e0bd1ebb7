#!/bin/sh
# Fetches a .NET runtime for the tests into .setup/dotnet, once, and prints the
# path of its dotnet program.
#   runtime.sh core31      .NET Core 3.1 for Linux   (PyPI: dotnetcore2)
#   runtime.sh net9        .NET 9 for Linux          (npm: @azure/mcp-linux-x64, a program that brings it along)
#   runtime.sh windows31   .NET Core 3.1 for Windows, x64, to be run under Wine
# Ends with 3 and a line with SKIPPED where it cannot be fetched. What was
# fetched and is not what it was when this was written is an error.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
store=$top/.setup/dotnet

skip() {
    echo "SKIPPED: $1" >&2
    exit 3
}

checked() { # file, sha256
    [ "$(sha256sum "$1" | cut -d ' ' -f 1)" = "$2" ] || {
        echo "runtime.sh: $(basename "$1") has another checksum than the one that is known" >&2
        exit 1
    }
}

wheel() { # platform, sha256, folder
    command -v python3 >/dev/null || skip "$wanted: python3 is not installed"
    if [ ! -x "$store/pip/bin/pip" ]; then
        python3 -m venv "$store/pip" >&2 || skip "$wanted: python3 has no venv (package python3-venv)"
    fi
    "$store/pip/bin/pip" download -q --disable-pip-version-check --no-deps --only-binary=:all: --platform "$1" \
        -d "$work" dotnetcore2==3.1.23 >&2 || skip "$wanted: dotnetcore2 3.1.23 cannot be fetched from PyPI"
    file=$(echo "$work"/dotnetcore2-*.whl)
    checked "$file" "$2"
    python3 -m zipfile -e "$file" "$work/wheel"
    rm -rf "$3"
    mv "$work/wheel/dotnetcore2/bin" "$3"
}

wanted=${1:-}
case $wanted in
core31) program=$store/core-3.1/dotnet ;;
net9) program=$store/net-9/dotnet ;;
windows31) program=$store/windows-3.1/dotnet.exe ;;
*)
    echo "usage: runtime.sh core31 | net9 | windows31" >&2
    exit 2
    ;;
esac
folder=$(dirname "$program")
if [ ! -f "$folder/complete" ]; then
    [ "$(uname -sm)" = "Linux x86_64" ] || skip "$wanted: the runtimes are for Linux on x86-64"
    mkdir -p "$store"
    work=$(mktemp -d "$store/fetch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    case $wanted in
    core31)
        wheel manylinux1_x86_64 5f076ddc39da0c685e7de20ecb91ee81185928918ec86fbeb3bffc55dd867ab5 "$folder"
        chmod +x "$program"
        ;;
    windows31)
        wheel win_amd64 e2528813677d7a080522336cb530442408d1e2aea76fa8657018fb532c03c252 "$folder"
        ;;
    net9)
        # Its dotnet program is that of 3.1: it starts whatever runtime lies beside it.
        starter=$("$0" core31) || exit $?
        command -v npm >/dev/null || skip "$wanted: npm is not installed"
        (cd "$work" && npm pack --silent @azure/mcp-linux-x64@0.5.13 >/dev/null) \
            || skip "$wanted: @azure/mcp-linux-x64 0.5.13 cannot be fetched from npm"
        file=$(echo "$work"/*.tgz)
        checked "$file" bf1bcc71b0469664c1ee8037271404df31142fe4245c633ad99519464243ab2a
        tar xzf "$file" -C "$work"
        rm -rf "$folder"
        python3 "$here/net9.py" "$work/package/dist" "$folder"
        cp "$starter" "$program"
        ;;
    esac
    touch "$folder/complete"
fi
echo "$program"
