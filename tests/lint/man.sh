#!/usr/bin/env bash
# man.sh NVMECTL: every command has a man page and mandoc has nothing to say about any.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" __dump-commands | python3 "$here/../../man/generate.py" "$work"
count=$(find "$work" -name '*.[17]' | wc -l)
[ "$count" -gt 20 ] || { echo "only $count pages"; exit 1; }
# The date stands in place of a release's; cross references between our own pages exist once they are installed.
mandoc -T lint -W warning "$work"/*.[17] | grep -vE 'missing date|Mdocdate' && exit 1
for page in "$work"/*.[17]; do mandoc -T utf8 "$page" >/dev/null; done
echo "$count man pages are clean"
