#!/usr/bin/env bash
# make check-full: the fast tests, then the slow ones; ends with `N passed, N failed[, N skipped]` for all of them.
# Environment: BUILD, the name of the build trees; BATS, the fast bats files.
set -u
cd "$(dirname "$0")/.." || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
build=$(realpath -m "${BUILD:-build}")

# without NAME... -- FILE...: the files that don't have one of these names, in `rest`.
without() {
  local names=' '
  while [ "$1" != -- ]; do names="$names$1 " && shift; done
  shift
  rest=()
  local file
  for file in "$@"; do [[ "$names" == *" ${file##*/} "* ]] || rest+=("$file"); done
}
# Sanitizers get what runs the daemon or the simulator, but not what looks at texts, handlers in other languages or browsers;
# skew.bats would measure the sanitizer.
# shellcheck disable=SC2086 # a list of words
without build.bats install.bats demo.bats docs.bats manuals.bats examples.bats completions.bats dashboard.bats journal.bats \
  botocore.bats handlers.bats report_page.bats skew.bats -- ${BATS:-}
address_bats=("${rest[@]}")
# The thread sanitizer gets what starts threads: neither the simulator's own tests, as it has none, nor commands that only
# read, nor bytes that are checked elsewhere.
without cli-check.bats help.bats plan.bats report.bats report_view.bats pipelines.bats docs_snippets.bats signatures.bats \
  sim.bats invoke_api.bats -- \
  "${address_bats[@]}"
thread_bats=("${rest[@]}")
totals=$(mktemp) || exit 1
trap 'rm -f "$totals"' EXIT
jobs=-j$(nproc)

steady=()
run() { TEST_TOTALS=$totals "${steady[@]}" ./tests/run "$@" | sed -u '$d'; }
# build_tree LABEL TREE VARIABLE=VALUE...: builds everything that tests need, as one test. Fills `programs`.
build_tree() {
  local label=$1 tree=$2
  shift 2
  run --label "$label" --step build make "$jobs" BUILD="$tree" "$@" test-programs
  mapfile -t programs < <(make -s BUILD="$tree" "$@" list-test-programs)
}

section() { printf '\n== %s\n' "$*"; }

section 'the fast tests'
build_tree plain "$build-gcc" CC=gcc CFLAGS='-O2 -g -Werror' # lint asks for the same
plain_programs=("${programs[@]}")
# shellcheck disable=SC2086
WARMD_BUILD=$build-gcc run "${programs[@]}" ${BATS:-}

section 'address and undefined behaviour sanitizers'
build_tree asan "$build-address-undefined" SAN=address,undefined
WARMD_SAN=address,undefined WARMD_BUILD=$build-address-undefined run --label asan "${programs[@]}" "${address_bats[@]}"

section 'thread sanitizer'
build_tree tsan "$build-thread" SAN=thread
# Months of learning are processes, not threads, and take minutes.
without test_learning test_model -- "${programs[@]}"
# With random addresses, a kernel may map something where the thread sanitizer puts its shadow memory.
if setarch -R true 2>/dev/null; then steady=(setarch -R); fi
WARMD_SAN=thread WARMD_BUILD=$build-thread run --label tsan "${rest[@]}" "${thread_bats[@]}"
steady=()

section 'valgrind'
# The address sanitizer has seen months of learning; here they would take ten minutes. valgrind makes everything slow enough
# as it is for what has to be done in time.
without test_learning -- "${plain_programs[@]}"
TEST_LANES=$(nproc) TEST_ALONE='test_credentials test_credentials_kept test_source test_fetch test_rounds test_gate test_h2' \
  TEST_WRAPPER='valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible --fair-sched=yes
  --suppressions=tests/valgrind.supp' \
  run --label valgrind "${rest[@]}"

section 'a real systemd, another Debian'
WARMD_BUILD=$build-gcc TEST_TIMEOUT=1800 run tests/system/*.bats

section 'clang'
build_tree clang "$build-clang" CC=clang CFLAGS='-O2 -g -Werror'
WARMD_BUILD=$build-clang run --label clang "${programs[@]}"

echo
[ -z "${TEST_TOTALS:-}" ] || cat "$totals" >>"$TEST_TOTALS"
./tests/run --sum "$totals"
