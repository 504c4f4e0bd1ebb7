#!/bin/bash
# Checks the documentation: the programs of README.md compile, and links lead somewhere.
#
#   tests/docs.sh
#
# With a library (WA_LIB_DIR, else target/release or target/debug) the C program is linked too.
# Prints `N passed, N failed, N skipped`.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); echo "ok: $1"; }
bad() { failed=$((failed + 1)); echo "FAILED: $1"; }
skip() { skipped=$((skipped + 1)); echo "SKIPPED: $1"; }

# Every fenced block of a language in README.md that contains a pattern, each into a file of its own.
blocks() { # language, pattern, suffix
  awk -v language="$1" -v pattern="$2" -v out="$work/block" -v suffix="$3" '
    !inside && $0 == "```" language { inside = 1; text = ""; next }
    inside && $0 == "```" { inside = 0; if (text ~ pattern) { n++; file = out n suffix; printf "%s", text > file; close(file); print file }; next }
    inside { text = text $0 "\n" }' "$root/README.md"
}

lib=${WA_LIB_DIR:-}
[ -n "$lib" ] || for build in release debug; do
  [ -e "$target/$build/libwa_connector.so" ] && { lib=$target/$build; break; }
done

programs=$(blocks c 'int main' .c)
[ -n "$programs" ] || bad "README.md has no C program"
for program in $programs; do
  if ! command -v gcc >/dev/null; then
    skip "C program: gcc is missing"
  elif gcc -std=c11 -Wall -Wextra -Werror -I"$root/include" -c "$program" -o "$program.o" 2>"$work/errors"; then
    ok "README.md: $(basename "$program") compiles"
    if [ -z "$lib" ]; then
      skip "linking the C program: no library is built"
    elif gcc "$program.o" -L"$lib" -lwa_connector -o "$program.out" 2>"$work/errors"; then
      ok "README.md: $(basename "$program") links"
    else
      bad "README.md: $(basename "$program") does not link:"
      cat "$work/errors"
    fi
  else
    bad "README.md: $(basename "$program") does not compile:"
    cat "$work/errors"
  fi
done

programs=$(blocks csharp ' Main\(' .cs)
[ -n "$programs" ] || bad "README.md has no C# program"
for program in $programs; do
  if ! command -v mcs >/dev/null; then
    skip "C# program: mcs is missing"
  elif [ ! -e "$root/bindings/dotnet/WaClient.cs" ]; then
    skip "C# program: bindings/dotnet has no WaClient.cs"
  elif mcs -nologo -langversion:7.2 -warnaserror -unsafe -out:"$program.exe" "$program" "$root"/bindings/dotnet/*.cs >"$work/errors" 2>&1; then
    ok "README.md: $(basename "$program") compiles"
  else
    bad "README.md: $(basename "$program") does not compile:"
    cat "$work/errors"
  fi
done

# The anchors that a page's headings have, as GitHub makes them.
anchors() {
  awk '/^```/ { code = !code } !code && /^#+ / { sub(/^#+ +/, ""); print tolower($0) }' "$1" |
    sed 's/\[\([^]]*\)\]([^)]*)/\1/g; s/[^a-z0-9 _-]//g; s/ /-/g'
}

for page in "$root"/README.md "$root"/CHANGELOG.md "$root"/docs/*.md; do
  [ -e "$page" ] || continue
  name=${page#"$root"/} wrong=0
  while read -r link; do
    [ -n "$link" ] || continue
    case $link in *://* | mailto:*) continue ;; esac
    file=${link%%#*} anchor=
    case $link in *#*) anchor=${link#*#} ;; esac
    to=$page
    [ -z "$file" ] || to=$(dirname "$page")/$file
    if [ ! -e "$to" ]; then
      echo "  $name: $link leads nowhere"
      wrong=1
    elif [ -n "$anchor" ] && ! anchors "$to" | grep -qxF -- "$anchor"; then
      echo "  $name: $link: no such heading"
      wrong=1
    fi
  done < <(awk '/^```/ { code = !code } !code' "$page" | grep -oE '\]\([^) ]+\)' | sed 's/^](//; s/)$//')
  if [ $wrong -eq 0 ]; then ok "$name: links"; else bad "$name: links"; fi
done

# A page that nothing leads to is not found.
for page in "$root"/docs/*.md; do
  name=docs/$(basename "$page")
  grep -qF "($name" "$root/README.md" || bad "$name: README.md does not name it"
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
