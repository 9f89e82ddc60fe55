#!/usr/bin/env bash
# make lint: each check is a test; ends with `N passed, N failed`. Environment: BUILD, the name of the build trees.
set -u
cd "$(dirname "$0")/../.." || exit 1
unset MAKEFLAGS MFLAGS
build=${BUILD:-build}
here=tests/lint
own_totals=$(mktemp) || exit 1
trap 'rm -f "$own_totals"' EXIT

step() { # NAME COMMAND...
  TEST_TOTALS=$own_totals ./tests/run --label lint --step "$@" | sed '$d'
}
sources() { git ls-files -co --exclude-standard -- "$@"; }
mapfile -t c_files < <(sources '*.c' '*.h')
mapfile -t scripts < <(sources '*.sh' '*.bash' '*.bats' tests/run .ci/run)
# No style checks. cppcheck doesn't know cleanup attributes, and takes `x > 0` before `y / x.unit` for a doubt.
cpp_check=(cppcheck --quiet --std=c17 '--enable=warning,performance,portability' --error-exitcode=1 --inline-suppr
  --suppress=memleak --suppress=resourceLeak --suppress=zerodivcond --suppress=missingIncludeSystem
  -D_GNU_SOURCE '-DWARMD_VERSION="0"' '-DWARMD_SYSCONFDIR="/etc"' -Idaemon -j "$(nproc)")
compile() { # COMPILER
  step "$1 -Werror" make -j"$(nproc)" BUILD="$build-$1" CC="$1" CFLAGS='-O2 -g -Werror' test-programs bench-programs
}
# The daemon alone, so that the linker sees what nothing calls. Objects of sources that are gone would count.
dead() {
  local libraries
  read -ra libraries < <(pkg-config --libs libcurl libconfig libsystemd openssl jansson libnghttp2)
  rm -rf "$build-dead"
  make -j"$(nproc)" BUILD="$build-dead" CFLAGS='-O0 -Wno-cpp -ffunction-sections -fdata-sections' "$build-dead/lambda-warmd" &&
    tests/lint/dead.sh "$build-dead/daemon" "${libraries[@]}" -lm
}
picture() { ./docs/make-rooms-svg.py | diff - docs/rooms.svg >/dev/null || { echo "docs/rooms.svg is old: make picture" && return 1; }; }
export -f dead picture
export build

step format clang-format --dry-run -Werror "${c_files[@]}"
step rooms "$here/rooms.sh"
step sizes "$here/sizes.sh"
step copies "$here/copies.py"
step mentions "$here/mentions.py"
step picture bash -c picture
# Excluded: warnings about variables and functions that another, sourced file uses or sets.
step shellcheck shellcheck --severity=warning --exclude=SC2034,SC2120,SC2154 -x -P SCRIPTDIR "${scripts[@]}"
step cppcheck "${cpp_check[@]}" "${c_files[@]}"
compile gcc
step circles "$here/circles.py" "$build-gcc/daemon"
step 'dead functions' bash -c dead
compile clang
TEST_TIMEOUT=1800 step clang-tidy "$here/tidy.sh" # the longest by far

[ -z "${TEST_TOTALS:-}" ] || cat "$own_totals" >>"$TEST_TOTALS"
./tests/run --sum "$own_totals"
