#!/usr/bin/env bash
# make check-full: the fast tests, then the slow ones; ends with `N passed, N failed[, N skipped]` for all of them.
# Environment: BUILD, the name of the build trees; BATS, the fast bats files.
set -u
cd "$(dirname "$0")/.." || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
build=$(realpath -m "${BUILD:-build}")
# The files for the sanitizers: those that start the daemon or the simulator, except skew.bats, which would measure the
# sanitizer.
programs_bats=()
for file in ${BATS:-}; do
  case $file in tests/build.bats | tests/install.bats | tests/demo.bats | tests/e2e/skew.bats) ;; *) programs_bats+=("$file") ;; esac
done
totals=$(mktemp) || exit 1
trap 'rm -f "$totals"' EXIT
jobs=-j$(nproc)

run() { TEST_TOTALS=$totals ./tests/run "$@" | sed -u '$d'; }
# build_tree LABEL TREE VARIABLE=VALUE...: builds everything that tests need, as one test. Fills `programs`.
build_tree() {
  local label=$1 tree=$2
  shift 2
  run --label "$label" --step build make "$jobs" BUILD="$tree" "$@" test-programs
  mapfile -t programs < <(make -s BUILD="$tree" "$@" list-test-programs)
}

section() { printf '\n== %s\n' "$*"; }

section 'the fast tests'
build_tree plain "$build"
plain_programs=("${programs[@]}")
# shellcheck disable=SC2086 # a list of words
WARMD_BUILD=$build run "${programs[@]}" ${BATS:-}

valgrinded() {
  TEST_WRAPPER='valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible --fair-sched=yes' \
    run --label valgrind "${plain_programs[@]}"
}

by_clang() {
  build_tree clang "$build-clang" CC=clang CFLAGS='-O2 -g -Werror'
  WARMD_BUILD=$build-clang run --label clang "${programs[@]}"
}

addresses() {
  build_tree asan "$build-address-undefined" SAN=address,undefined
  WARMD_SAN=address,undefined WARMD_BUILD=$build-address-undefined run --label asan "${programs[@]}" "${programs_bats[@]}"
}

threads() {
  build_tree tsan "$build-thread" SAN=thread
  # With random addresses, a kernel may map something where the thread sanitizer puts its shadow memory.
  local steady=()
  if setarch -R true 2>/dev/null; then steady=(setarch -R); fi
  WARMD_SAN=thread WARMD_BUILD=$build-thread TEST_TOTALS=$totals \
    "${steady[@]}" ./tests/run --label tsan "${programs[@]}" "${programs_bats[@]}" | sed -u '$d'
}

systems() { WARMD_BUILD=$build TEST_TIMEOUT=1800 run tests/system/*.bats; }

# side_by_side TITLE FUNCTION TITLE FUNCTION: each has a build tree, a HOME and a TMPDIR of its own, and mostly waits; one
# after the other they would take most of an hour. The second one's output follows when the first has finished.
side_by_side() {
  local second job
  second=$(mktemp) || exit 1
  "$4" >"$second" 2>&1 &
  job=$! # a process substitution changes it
  section "$1"
  "$2"
  wait "$job"
  section "$3"
  cat "$second"
  rm -f "$second"
}
side_by_side 'address and undefined behaviour sanitizers' addresses 'thread sanitizer' threads
# Not beside others: it makes everything slow enough as it is.
section 'valgrind'
valgrinded
section 'a real systemd, another Debian'
systems
section 'clang'
by_clang

echo
[ -z "${TEST_TOTALS:-}" ] || cat "$totals" >>"$TEST_TOTALS"
./tests/run --sum "$totals"
