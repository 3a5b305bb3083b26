#!/usr/bin/env bash
# Shell scripts pass shellcheck, prose passes codespell, no commit names a machine's path or a registry's host.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0
mapfile -t shell < <(git ls-files | while read -r f; do [ -f "$f" ] && head -c 64 "$f" | head -n 1 | grep -qE '^#!.*\b(ba)?sh\b' && echo "$f"; done)
shellcheck -x "${shell[@]}" completions/nvmectl.bash --shell=bash || status=1
mapfile -t prose < <(git ls-files '*.md' '*.cpp' '*.hpp' '*.py' '*.mdoc')
# The last words are misspelt on purpose: what did-you-mean is asked in the tests.
codespell --quiet-level 2 --ignore-words-list 'nd,ot,mor,inflight,targt,allways,lits,discovr,sevre,padd' "${prose[@]}" || status=1
# The checks' own patterns are split so that they do not find themselves.
if git grep -nIE '/ro''ot/|/ho''me/[a-z]|/wo''rk/|deb\.deb''ian\.org|registry\.npm''js' -- ':!LICENSE' ':!tests/vm/guest' ; then
  echo "a machine's path or a registry's host stands in a file"; status=1
fi
exit $status
