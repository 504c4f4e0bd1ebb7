#!/bin/sh
# Every statement of the SQL Server dialect through Microsoft's own parser, with
# the grammar of SQL Server 2016. The unit tests write the statements into a
# folder; the parser comes from PyPI (parser.sh). No server is needed.
#   run.sh [FOLDER]     FOLDER: statements that were written before
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

folder=$("$here/parser.sh") || { code=$?; [ $code != 3 ] || exit 0; exit $code; }
for tool in mono mcs; do
    command -v $tool >/dev/null || { echo "SKIPPED: T-SQL's grammar: $tool is not installed (package mono-devel)"; exit 0; }
done
facade=/usr/lib/mono/4.5/Facades/netstandard.dll
[ -f "$facade" ] || { echo "SKIPPED: T-SQL's grammar: $facade is missing (package mono-devel)"; exit 0; }
parser=$folder/Microsoft.SqlServer.TransactSql.ScriptDom.dll
mcs -nologo -warnaserror -r:"$facade" -r:"$parser" -out:"$folder/Parse.exe" "$here/Parse.cs"

statements=${1:-}
if [ -z "$statements" ]; then
    statements=$folder/statements
    rm -rf "$statements"
    mkdir -p "$statements"
    # The features of the whole workspace, as the suite `rust` has them: nothing is built twice.
    (cd "$top" && WA_SQL_OUT="$statements" cargo test --quiet --workspace --lib -- --exact history::odbc::sqlserver::tests::every_statement_is_written_out >/dev/null)
fi
MONO_PATH=$folder mono "$folder/Parse.exe" "$statements"
