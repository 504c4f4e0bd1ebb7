#!/bin/bash
# The header in every language that it speaks, and what the library shows to the linker.
# WA_LIB_FILE: the library.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
ok() { echo "ok: $1"; }
bad() { echo "FAILED: $1"; failed=1; }

cat >"$work/host.c" <<'END'
#include "wa_connector.h"
#include "wa_connector.h"
#if WA_ABI_VERSION < 1
#error "no version"
#endif
static void on_event(void *user_data, const char *event_json) { (void)user_data; (void)event_json; }
int main(void) {
  wa_client client = 0;
  char *json = 0;
  wa_event_fn event = on_event;
  wa_status status = wa_configure("{}", &client);
  if (status == WA_STATUS_OK) status = wa_send(client, "+1", "x", 0, &json);
  if (wa_on_event(client, 0, event, 0) != WA_STATUS_NO_CLIENT) return 1;
  wa_string_free(json);
  return wa_status_text(status) != 0 && sizeof(wa_status) == 4 && sizeof(wa_client) == 8 ? 0 : 1;
}
END
cp "$work/host.c" "$work/host.cpp"
strict="-Wall -Wextra -Wpedantic -Werror"
compile() { # compiler, standard, file, more
  command -v "$1" >/dev/null || { echo "SKIPPED: header as $2: $1 is not installed"; return; }
  # shellcheck disable=SC2086
  if "$1" -std="$2" $strict ${4:-} -I"$root/include" "$work/$3" -o "$work/host" -L"$(dirname "$WA_LIB_FILE")" -l:"$(basename "$WA_LIB_FILE")" 2>"$work/said" &&
    mkdir -p "$work/lib" && ln -sf "$WA_LIB_FILE" "$work/lib/libwa_connector.so.1" && LD_LIBRARY_PATH="$work/lib" "$work/host"; then
    ok "$1 -std=$2 ${4:-}"
  else
    bad "$1 -std=$2 ${4:-}: $(head -5 "$work/said")"
  fi
}
conversions="-Wconversion -Wstrict-prototypes -Wundef"
for compiler in gcc clang; do for standard in c11 c17 c2x; do compile $compiler $standard host.c "$conversions"; done; done
for compiler in g++ clang++; do for standard in c++17 c++20; do compile $compiler $standard host.cpp "-Wold-style-cast"; done; done

shown=$(nm -D --defined-only "$WA_LIB_FILE" | awk '{print $NF}' | sed 's/@.*//' | sort)
ledger=$(sed -n 's/^[a-z].*[ *]\(wa_[a-z_]*\)(.*/\1/p' "$root/include/wa_connector.abi" | sort)
strange=$(grep -v '^wa_' <<<"$shown")
[ -z "$strange" ] && ok "nm -D shows wa_* only" || bad "nm -D shows $(tr '\n' ' ' <<<"$strange")"
[ "$shown" = "$ledger" ] && ok "the exported functions are the ledger's, $(wc -l <<<"$shown") of them" || bad "exports and ledger differ: $(diff <(echo "$shown") <(echo "$ledger") | tr '\n' ' ')"
dynamic=$(readelf -d "$WA_LIB_FILE")
grep -q 'SONAME.*\[libwa_connector.so.1\]' <<<"$dynamic" && ok "SONAME libwa_connector.so.1" || bad "the SONAME is $(grep SONAME <<<"$dynamic")"
grep -q 'FLAGS_1.*NODELETE' <<<"$dynamic" && ok "never unmapped (NODELETE)" || bad "NODELETE is not set"
if grep -Eq 'R(UN)?PATH' <<<"$dynamic"; then bad "the library has a run path: $(grep -E 'R(UN)?PATH' <<<"$dynamic")"; else ok "no run path"; fi
if grep -Eq 'TEXTREL' <<<"$dynamic"; then bad "text relocations"; else ok "no text relocations"; fi
echo "  needs: $(sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' <<<"$dynamic" | tr '\n' ' ')"
exit $failed
