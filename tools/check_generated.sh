#!/usr/bin/env bash
# Whether the generated pages are there and say what the tables say today.
#
# With --self-test: proves that a page that is missing and one that was edited by hand are found.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/dev/build.sh

# compare MADE TREE: names every file below MADE that TREE lacks or holds differently.
compare() {
  local page ok=0
  while read -r page; do
    if [ ! -f "$2/$page" ]; then
      echo "$page is missing: run ./dev docs"
      ok=1
    elif ! cmp -s "$1/$page" "$2/$page"; then
      echo "$page is out of date: run ./dev docs"
      ok=1
    fi
  done < <(cd "$1" && find . -type f -printf '%P\n' | LC_ALL=C sort)
  return $ok
}

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

if [ "${1:-}" = --self-test ]; then
  mkdir -p "$scratch"/made/docs "$scratch"/tree/docs
  echo same | tee "$scratch"/made/docs/same.md >"$scratch"/tree/docs/same.md
  echo made >"$scratch"/made/docs/edited.md
  echo edited >"$scratch"/tree/docs/edited.md
  echo made >"$scratch"/made/docs/missing.md
  found="$(compare "$scratch/made" "$scratch/tree" || true)"
  [ "$found" = "docs/edited.md is out of date: run ./dev docs
docs/missing.md is missing: run ./dev docs" ]
  exit
fi

docs "$scratch/made"
compare "$scratch/made" .
