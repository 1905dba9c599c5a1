#!/usr/bin/env bash
# Whether the generated pages are what the tables say today.
set -uo pipefail
cd "$(dirname "$0")/.."
source tools/dev/build.sh
out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT
docs "$out"
if ! diff -rq "$out" . 2>/dev/null | grep -v '^Only in' | sed 's/^Files .* and \(.*\) differ/\1 is out of date: run .\/dev docs/' | grep .; then
  exit 0
fi
exit 1
