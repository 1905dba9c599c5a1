#!/usr/bin/env bash
# clang-tidy over the server's files that changed since the last commit, or in it.
set -uo pipefail
cd "$(dirname "$0")/.."
base=HEAD
git diff --quiet HEAD -- server && base=HEAD~1
git rev-parse -q --verify "$base" >/dev/null || exit 0
changed=$(git diff --name-only --diff-filter=d "$base" -- 'server/src/*.cpp' | grep -v _test.cpp)
[ -z "$changed" ] && exit 0
xargs -P "$(nproc)" -n 1 clang-tidy-19 -p build/release --quiet --warnings-as-errors='*' \
  <<<"$changed" 2>/dev/null
