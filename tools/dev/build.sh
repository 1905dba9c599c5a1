# Building: the web client first, since the binary carries it.

web_sources() {
  find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -path 'web/browser/*' |
    LC_ALL=C sort | xargs sha256sum
}

# Only when something it is made of has changed.
build_web() {
  local stamp=build/web.stamp now
  mkdir -p build
  now="$(web_sources | sha256sum)"
  [ -f web/dist/index.html ] && [ "$(cat $stamp 2>/dev/null)" = "$now" ] && return 0
  echo "Building the web client"
  (cd web && npm run --silent build) || return 1
  echo "$now" >$stamp
}

# build PRESET [TARGET…]
build() {
  local preset="$1"
  shift
  build_web || return 1
  local log=build/cmake-$preset.log
  if ! cmake --preset "$preset" >"$log" 2>&1; then
    cat "$log" >&2
    return 1
  fi
  if [ $# -gt 0 ]; then set -- --target "$@"; fi
  cmake --build "build/$preset" "$@"
}

format() {
  git ls-files '*.h' '*.cpp' | xargs -r clang-format-19 -i
  for folder in web tests; do (cd $folder && npm run --silent format); done
}

# Makes what `parley describe` prints; into the tree, or below the folder given.
docs() {
  local out="${1:-.}" parley=build/release/parley
  mkdir -p "$out/docs" "$out/web/src"
  local page
  for page in protocol errors configuration metrics; do
    $parley describe $page >"$out/docs/$page.md" || return 1
  done
  $parley describe typescript >"$out/web/src/protocol.ts"
}

fuzz() {
  build fuzz fuzz_targets || return 1
  local target name failed=0
  for target in build/fuzz/fuzz/fuzz_*; do
    name="$(basename "$target")"
    mkdir -p "build/corpus/$name"
    echo "$name for $1 seconds"
    "$target" -max_total_time="$1" -print_final_stats=1 "build/corpus/$name" \
      "fuzz/corpus/${name#fuzz_}" 2>"build/$name.log" || { tail -40 "build/$name.log"; failed=1; }
  done
  return $failed
}
