# Testing: parts run one after another, a failing one does not stop the rest, and the last line
# counts them all.

passed=0
failed=0

report() {  # NAME PASSED FAILED
  printf '%-12s %5d passed, %d failed\n' "$1" "$2" "$3"
  passed=$((passed + $2))
  failed=$((failed + $3))
}

# A check that is one test: it passes or fails as a whole.
check() {  # NAME COMMAND…
  local name="$1"
  shift
  if "$@"; then report "$name" 1 0; else report "$name" 0 1; fi
}

lint() {
  local ok=0
  python3 tools/check_layers.py --self-test && python3 tools/check_layers.py || ok=1
  python3 tools/check_file_size.py --self-test && python3 tools/check_file_size.py || ok=1
  git ls-files '*.h' '*.cpp' | xargs -r clang-format-19 --dry-run -Werror || ok=1
  python3 tools/check_deploy.py --self-test && python3 tools/check_deploy.py || ok=1
  tools/check_generated.sh --self-test && tools/check_generated.sh || ok=1
  tools/clang_tidy.sh || ok=1
  for folder in web tests; do (cd $folder && npm run --silent lint) || ok=1; done
  return $ok
}

# The folders of the server that have tests; what cannot be run of them counts as failed.
tested_folders() {
  find server/src -name '*_test.cpp' | cut -d/ -f3 | LC_ALL=C sort -u
}

# The GoogleTest programs of the given folders.
gtest() {
  local name binary log ran bad
  for name in "$@"; do
    binary="build/release/tests/${name}_test"
    log="build/test-$name.log"
    "$binary" --gtest_color=no >"$log" 2>&1
    local code=$?
    ran=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) tests\{0,1\}\..*/\1/p' "$log" | tail -1)
    bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) tests\{0,1\}, listed.*/\1/p' "$log" | tail -1)
    if [ $code != 0 ]; then
      grep -E '^\[  FAILED|Failure|error:' -A6 "$log" | head -60
      [ -n "$bad" ] || { tail -20 "$log"; bad=1; }
    fi
    report "$name" "${ran:-0}" "${bad:-0}"
  done
}

# Vitest in a folder: its own counts, from its own report.
vitest() {  # NAME FOLDER OPTION…
  local name="$1" folder="$2" json
  shift 2
  json="$PWD/build/test-$name.json"
  rm -f "$json"
  local code=0
  (cd "$folder" && npx vitest run --reporter=default --reporter=json --outputFile.json="$json" "$@") ||
    code=$?
  if [ ! -s "$json" ]; then report "$name" 0 1; return; fi
  local counts
  counts=$(node -e 'const r = JSON.parse(require("fs").readFileSync(process.argv[1]));
    const suites = r.testResults.filter((t) => t.status === "failed" && t.assertionResults.length === 0);
    const failed = r.numFailedTests + suites.length;
    console.log(r.numPassedTests, failed || (process.argv[2] === "0" ? 0 : 1))' "$json" $code)
  # shellcheck disable=SC2086
  report "$name" $counts
}

crash() {  # CYCLES
  local log=build/test-crash.log counts
  (cd tests && npm run --silent crash -- --cycles "$1") 2>&1 | tee "$log"
  local code=${PIPESTATUS[0]}
  counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$log" | tail -1)
  counts="${counts:-0 1}"
  # A run that ends badly has failed, whatever it counted before.
  if [ "$code" != 0 ] && [ "${counts#* }" = 0 ]; then counts="${counts% *} 1"; fi
  # shellcheck disable=SC2086
  report crash $counts
}

part() {
  case "$1" in
    lint) check lint lint ;;
    unit) gtest $(tested_folders | grep -vx storage) ;;
    contract) gtest storage ;;
    e2e) vitest e2e tests ;;
    web) vitest web-unit web; vitest web-browser web --config vitest.browser.config.ts ;;
    crash) crash "${CRASH_CYCLES:-50}" ;;
    cluster) vitest cluster tests --config cluster/vitest.config.ts ;;
    bench) check bench-selftest env BUILD=build/release bench/selftest ;;
    *) echo "./dev test: there is no part '$1'" >&2; exit 2 ;;
  esac
}

run_tests() {
  setup_test
  export PARLEY_BIN="$PWD/build/release/parley"
  local started=$SECONDS parts=("$@")
  if [ ${#parts[@]} = 0 ]; then
    parts=(lint unit contract bench e2e web crash cluster)
    CRASH_CYCLES=20
  fi
  set +e
  if ! build release; then
    # Nothing later would be about this tree.
    report build 0 1
    echo "$passed passed, $failed failed"
    return 1
  fi
  echo "Built in $((SECONDS - started)) s"
  local name
  for name in "${parts[@]}"; do
    echo "== $name"
    part "$name"
  done
  echo "Took $((SECONDS - started)) s"
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ] && [ "$passed" != 0 ]
}
