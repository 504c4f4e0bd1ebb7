#!/bin/sh
# The names of the functions that the library exports, one a line: those of the ledger.
#   functions.sh by_hand    a header for a host that finds each while it runs: a pointer, and the name that means it
names=$(sed -n 's/^.*[ *]\(wa_[a-z_]*\)(.*$/\1/p' "$(dirname "$0")/../../include/wa_connector.abi" | sort -u)
if [ "${1:-}" != by_hand ]; then
  echo "$names"
  exit
fi
for name in $names; do
  echo "static __typeof__(&$name) by_hand_$name;"
  echo "#define $name by_hand_$name"
done
# Names that # and ## take are not replaced.
printf '#define FUNCTIONS(X)'
printf ' X(%s)' $names
echo
