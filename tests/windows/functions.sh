#!/bin/sh
# The names of the functions that the library exports, one a line: those of the ledger.
sed -n 's/^.*[ *]\(wa_[a-z_]*\)(.*$/\1/p' "$(dirname "$0")/../../include/wa_connector.abi" | sort -u
