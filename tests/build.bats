#!/usr/bin/env bats
# The build and the tests' own machinery: what is missing is named, and what fails is counted.

bats_require_minimum_version 1.5.0

setup() {
  HERE=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  unset MAKEFLAGS MFLAGS MAKELEVEL TEST_TOTALS TEST_WRAPPER ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS
  cd "$BATS_TEST_TMPDIR" || return
  FAKE=$BATS_TEST_TMPDIR/fake
  mkdir "$FAKE"
}

# fake NAME [LINE...]: a command that comes first in the PATH.
fake() {
  local name=$1
  shift
  rm -f "$FAKE/$name"
  printf '#!/bin/sh\n' >"$FAKE/$name"
  [ $# -eq 0 ] || printf '%s\n' "$@" >>"$FAKE/$name"
  chmod +x "$FAKE/$name"
}
# lack NAME: a PATH of everything that is there but this.
lack() {
  ln -s /usr/local/bin/* /usr/bin/* /usr/sbin/* "$FAKE" 2>/dev/null || : # fakes stay
  [ ! -L "$FAKE/$1" ] || rm "$FAKE/$1"
}
deps() { POLICY_RC_D="$BATS_TEST_TMPDIR/policy-rc.d" PATH="$FAKE" run /bin/sh "$HERE/tests/deps.sh" "$@"; }
# test_file NAME LINE...: a program that says so.
test_file() {
  printf '#!/bin/sh\n' >"$1"
  printf '%s\n' "${@:2}" >>"$1"
  chmod +x "$1"
}

@test "make: a missing package is one line that names it and says make deps-build" {
  fake pkg-config 'case "$*" in *libconfig*) exit 1 ;; esac'
  PATH="$FAKE:$PATH" run make -C "$HERE" BUILD="$BATS_TEST_TMPDIR/build"
  echo "$output"
  [ "$status" -ne 0 ]
  [ "$(grep -c 'make: the -dev package of libconfig is missing. Install what is needed with: make deps-build' <<<"$output")" -eq 1 ]
  run ! grep -qE '^ +(cc|link)|error:' <<<"$output"
}

@test "make help lists every target of the contract" {
  run make -s -C "$HERE" help
  for target in deps-build deps deps-all demo check quickcheck check-full lint format install uninstall help clean; do
    grep -qE "^  make $target +[a-z]" <<<"$output"
  done
  run ! grep -E '^.{81}' <<<"$output"
}

@test "make check says how long it takes and what it leaves out" {
  run make -n -C "$HERE" check # without doing it
  grep -qE '^echo "check: takes about [0-9]+ minutes' <<<"$output"
  grep -qE '^echo "check: it leaves .* to check-full"' <<<"$output"
}

@test "deps: where all is there, nothing is called and nothing written" {
  fake apt-get 'echo called; exit 1'
  fake sudo 'echo called; exit 1'
  lack none
  deps check
  [ "$status" -eq 0 ]
  [ "$output" = "deps: nothing is missing" ]
  [ ! -e "$BATS_TEST_TMPDIR/policy-rc.d" ]
}

@test "deps: what builds is a part of what checks, and that of all; each target takes its own" {
  for group in build check lint all; do "$HERE/tests/deps.sh" --list "$group" >"$group"; done
  [ "$(wc -l <build)" -le 15 ]
  for group in check lint; do
    [ -z "$(comm -23 build "$group")" ]
    [ -z "$(comm -23 "$group" all)" ]
  done
  [ -z "$(comm -12 check <(printf '%s\n' clang clang-tidy cppcheck npm valgrind debootstrap))" ]
  lack jq
  rm -f "$FAKE/clang-tidy"
  deps build
  [ "$output" = "deps: nothing is missing" ]
  for target in deps-build:build deps:check deps-all:all check:'--quiet check' check-full:'--quiet all' lint:'--quiet lint' demo:'--quiet build'; do
    run make -n -C "$HERE" "${target%%:*}"
    grep -qx "./tests/deps.sh ${target#*:}" <<<"$output"
  done
}

@test "deps: what is missing is installed by apt-get, with services forbidden meanwhile" {
  fake id 'echo 0'
  fake apt-get 'echo "apt-get $*"
sh "$POLICY_RC_D"; echo "policy $?"
case "$*" in *" install "*) cp --remove-destination /bin/true "${0%/*}/jq" ;; esac'
  lack jq
  deps check
  echo "$output"
  [ "$status" -eq 0 ]
  [[ "$output" == *"deps: installing jq"* ]]
  [[ "$output" == *" install -y -q --no-install-recommends -- jq"$'\n'"policy 101" ]]
  [ ! -e "$BATS_TEST_TMPDIR/policy-rc.d" ]
}

@test "deps: apt-get's failure is its own, and the policy goes all the same" {
  fake id 'echo 0'
  fake apt-get 'case "$*" in *" install "*) exit 100 ;; esac'
  lack jq
  deps check
  [ "$status" -eq 100 ]
  [ ! -e "$BATS_TEST_TMPDIR/policy-rc.d" ]
}

@test "deps: an interrupt leaves no policy behind" {
  fake id 'echo 0'
  fake apt-get 'kill -TERM $PPID; sleep 0.2'
  lack jq
  deps check
  [ "$status" -ne 0 ]
  [ ! -e "$BATS_TEST_TMPDIR/policy-rc.d" ]
}

@test "deps: a policy of the machine's own stays as it is" {
  echo mine >policy-rc.d
  fake id 'echo 0'
  fake apt-get 'case "$*" in *" install "*) cp --remove-destination /bin/true "${0%/*}/jq" ;; esac'
  lack jq
  deps check
  [ "$status" -eq 0 ]
  [ "$(cat policy-rc.d)" = mine ]
}

@test "deps: neither root nor sudo, or no apt-get: says what is needed, exit 69" {
  fake id 'echo 1000'
  lack jq
  rm -f "$FAKE/sudo"
  deps check
  echo "$output"
  [ "$status" -eq 69 ]
  [[ "$output" == *"neither root nor sudo"*": jq"* ]]
  rm -f "$FAKE/apt-get"
  deps check
  [ "$status" -eq 69 ]
  [[ "$output" == *"no apt-get here"*": jq"* ]]
}

@test "deps: with sudo where not root" {
  fake id 'echo 1000'
  fake sudo 'echo "sudo $*"; cp --remove-destination /bin/true "${0%/*}/jq"'
  lack jq
  deps check
  [ "$status" -eq 0 ]
  [[ "$output" == *"sudo sh $HERE/tests/deps.sh --install jq"* ]]
}

@test "tests/run: counts test cases, shows what failed, and fails" {
  test_file good 'echo 1..3; echo "ok 1 - a"; echo "ok 2 - b"; echo "ok 3 # SKIP c"'
  test_file bad 'echo 1..2; echo "ok 1 - d"; echo "not ok 2 - e"; echo "# the reason"; exit 1'
  run "$HERE/tests/run" ./good ./bad
  [ "$status" -ne 0 ]
  [ "${lines[-1]}" = "4 passed, 1 failed, 1 skipped" ] # one is that nothing is left behind
  [[ "$output" == *"# the reason"* ]]
  [[ "$output" == *$'skipped:\n'*'      1 c'$'\n'* ]]
  run "$HERE/tests/run" ./good
  [ "$status" -eq 0 ]
  [ "${lines[-1]}" = "3 passed, 0 failed, 1 skipped" ]
}

@test "tests/run: a crash, silence, a lie in the exit status and a hang are failures" {
  test_file crash 'echo 1..3; echo "ok 1 - a"; kill -SEGV $$'
  test_file silent 'exit 0'
  test_file liar 'echo 1..1; echo "ok 1 - a"; exit 1'
  test_file hang 'echo 1..1; exec sleep 60'
  run "$HERE/tests/run" ./crash
  [ "${lines[-1]}" = "2 passed, 2 failed" ]
  run "$HERE/tests/run" ./silent
  [ "${lines[-1]}" = "1 passed, 1 failed" ]
  run "$HERE/tests/run" ./liar
  [ "${lines[-1]}" = "2 passed, 1 failed" ]
  TEST_TIMEOUT=1 run "$HERE/tests/run" ./hang
  [ "$status" -ne 0 ]
  [ "${lines[-1]}" = "1 passed, 1 failed" ]
  [[ "$output" == *"hang: ended after 1 seconds"* ]]
}

@test "tests/run: no test at all is not a success" {
  run "$HERE/tests/run"
  [ "$status" -ne 0 ]
  [ "$output" = "0 passed, 0 failed" ]
}

@test "tests/run: bats files, steps and the sum of runs" {
  printf '@test "a" {\n true\n}\n@test "b" {\n skip why\n}\n@test "c" {\n echo seen; false\n}\n' >some.bats
  export TEST_TOTALS=$BATS_TEST_TMPDIR/totals
  run "$HERE/tests/run" some.bats
  [ "${lines[-1]}" = "2 passed, 1 failed, 1 skipped" ]
  [[ "$output" == *"# seen"* ]]
  run "$HERE/tests/run" --step fine true
  [ "$status" -eq 0 ]
  run "$HERE/tests/run" --step broken sh -c 'echo because; exit 3'
  [ "$status" -ne 0 ]
  [[ "$output" == *because* ]]
  run "$HERE/tests/run" --sum "$TEST_TOTALS"
  [ "$status" -ne 0 ]
  [ "$output" = "3 passed, 2 failed, 1 skipped" ]
}

# A tree of its own around the runner, so that a test may leave something in it.
own_tree() {
  mkdir -p tree/tests tree/docs tree/build
  cp "$HERE"/tests/run "$HERE"/tests/leftovers.bash tree/tests
}

@test "tests/run: what a test leaves in the tree, in HOME, in TMPDIR or running fails, and is named; without git, too" {
  own_tree
  test_file litter 'echo 1..1; echo "ok 1 - a"' \
    'mkdir tree/docs/__pycache__ tree/build/objects; : >tree/docs/__pycache__/x; : >"$HOME/.cached"; : >"$TMPDIR/folder"' \
    'sleep 300 >/dev/null 2>&1 </dev/null & echo $! >left.pid'
  test_file tidy 'echo 1..1; echo "ok 1 - a"; : >"$TMPDIR/mine"; rm "$TMPDIR/mine"'
  TEST_LANES=1 run tree/tests/run ./litter ./tidy
  echo "$output"
  [ "$status" -ne 0 ]
  [ "${lines[-1]}" = "2 passed, 1 failed" ]
  [ "$(grep -c 'leaves behind' <<<"$output")" -eq 1 ]
  [[ "$output" == *"litter leaves behind"*"in the source tree: docs/__pycache__"*"in HOME: .cached"*"in TMPDIR: folder"* ]]
  [[ "$output" == *"running: sleep 300 (process $(cat left.pid))"* ]]
  [[ "$output" != *objects* ]]
  ! kill -0 "$(cat left.pid)" 2>/dev/null || [[ "$(cat "/proc/$(cat left.pid)/stat")" == *") Z "* ]]
  mkdir tree/tmp
  TMPDIR=$PWD/tree/tmp run tree/tests/run ./tidy
  [ "$status" -eq 0 ]
  [ "${lines[-1]}" = "2 passed, 0 failed" ]
  rm -r tree/docs/__pycache__
  TEST_LANES=2 run tree/tests/run ./litter ./tidy
  echo "$output"
  [ "${lines[-1]}" = "2 passed, 2 failed" ] # who left something in the tree is not known then
  [[ "$output" == *"litter leaves behind"*"in HOME: .cached"*"running: sleep 300 (process $(cat left.pid))"* ]]
  [[ "$output" == *"One of them (TEST_LANES=1 tells which) leaves behind"*"in the source tree: docs/__pycache__"* ]]
}

@test "tests/run: files run side by side, but for those that measure; what each says is in one piece" {
  mkdir lanes
  for i in 1 2; do
    test_file "file$i" "touch lanes/$i" 'sleep 0.3; echo "1..1"; echo "# begins"' \
      'tries=100; until [ "$(ls lanes | wc -l)" -ge 2 ] || [ $tries -eq 0 ]; do sleep 0.1; tries=$((tries - 1)); done' \
      '[ $tries -gt 0 ] && [ "$(ls lanes | wc -l)" -le 2 ] && echo "not ok 1 - two" || echo "not ok 1 - other"' \
      "sleep 0.3; rm lanes/$i; echo '# ends'"
  done
  printf '@test "alone" {\n ls "%s"; [ -z "$(ls "%s")" ]\n}\n' "$PWD/lanes" "$PWD/lanes" >skew.bats
  TEST_LANES=2 run "$HERE/tests/run" skew.bats ./file1 ./file2
  echo "$output"
  [ "${lines[-1]}" = "2 passed, 2 failed" ]
  [ "$(grep -c 'not ok 1 - two' <<<"$output")" -eq 2 ]
  [ "$(grep -A 2 '# begins' <<<"$output" | grep -c 'not ok\|# ends')" -eq 4 ]
}

@test "tests/run: when it is ended, so is what it runs" {
  test_file long 'echo $$ >long.pid; exec sleep 60'
  "$HERE/tests/run" ./long >ended 2>&1 3>&- &
  runner=$!
  tries=100
  until [ -s long.pid ] || [ $tries -eq 0 ]; do sleep 0.1 && tries=$((tries - 1)); done
  kill -TERM $runner
  status=0
  wait $runner || status=$?
  [ "$status" -eq 143 ]
  run ! kill -0 "$(cat long.pid)"
}

@test "tests/run: tests see neither the home, the TMPDIR nor the settings of who runs them" {
  own_tree
  test_file look 'echo 1..1; [ -z "${PYTHONDONTWRITEBYTECODE+set}${AWS_PROFILE+set}${XDG_CACHE_HOME+set}" ] &&' \
    '[ -z "$(find "$HOME" "$TMPDIR" -mindepth 1)" ] && echo "ok 1 - a"; echo "$HOME $TMPDIR" >folders'
  mkdir home tmp
  export PYTHONDONTWRITEBYTECODE=1 AWS_PROFILE=mine XDG_CACHE_HOME=$PWD/home
  HOME=$PWD/home TMPDIR=$PWD/tmp run tree/tests/run ./look
  echo "$output"
  [ "$status" -eq 0 ]
  [[ "$(cat folders)" == "$PWD/tmp/"*" $PWD/tmp/"* ]]
  [ -z "$(find home tmp -mindepth 1)" ]
}

@test "tests/run: a sanitizer's report fails a test that looks away" {
  printf 'int main(void) { volatile int big = 2147483647; return (big + 1) == 0; }\n' >overflow.c
  cc -fsanitize=undefined -o overflow overflow.c
  printf '@test "looks away" {\n "%s/overflow" || true\n}\n' "$PWD" >away.bats
  run "$HERE/tests/run" away.bats
  [ "${lines[-1]}" = "2 passed, 1 failed" ]
  [[ "$output" == *"signed integer overflow"* ]]
}

@test "lint: the rooms' rules hold, and bite" {
  cp -r "$HERE/daemon" house
  run "$HERE/tests/lint/rooms.sh" "$PWD/house"
  [ "$output" = "" ]
  [ "$status" -eq 0 ]
  echo '#include "volley/volley.h"' >>house/base/text.c
  echo '#include <curl/curl.h>' >>house/plan/plan.c
  echo 'static time_t now(void) { return time(NULL); }' >>house/decide/verdict.c
  mkdir house/attic
  echo '#include "base/text.h"' >house/attic/attic.c
  run "$HERE/tests/lint/rooms.sh" "$PWD/house"
  echo "$output"
  [ "$status" -ne 0 ]
  [ "${#lines[@]}" -eq 4 ]
  [[ "$output" == *"base/ may not include volley/"*"plan/plan.c: <curl/curl"* ]]
}

@test "lint: a circle between files is found, even where a shared header hides it" {
  mkdir -p house/a objects/a
  echo 'void up(void); void down(void);' >house/a/shared.h
  printf '#include "a/shared.h"\nvoid up(void) { down(); }\n' >house/a/up.c
  printf '#include "a/shared.h"\nvoid down(void) { }\n' >house/a/down.c
  compile() { for f in up down; do cc -Ihouse -c -o objects/a/$f.o house/a/$f.c; done; }
  compile
  run "$HERE/tests/lint/circles.py" objects house
  [ "$output" = "" ]
  [ "$status" -eq 0 ]
  printf '#include "a/shared.h"\nvoid down(void) { up(); }\n' >house/a/down.c
  compile
  run "$HERE/tests/lint/circles.py" objects house
  echo "$output"
  [ "$status" -ne 0 ]
  [ "${lines[0]}" = "a circle of 2 files: a/down, a/up" ]
  [ "${lines[1]}" = "  a/down -> a/up: up" ]
  [ "${lines[2]}" = "  a/up -> a/down: down" ]
}

@test "lint: a function that nothing calls is found, also if only such a one calls it" {
  mkdir -p daemon/a
  echo 'void used(void); int main(void) { used(); }' >daemon/main.c
  echo 'void used(void) { } void unused(void) { } void beneath(void); void above(void) { beneath(); }' >daemon/a/a.c
  echo 'void beneath(void) { }' >daemon/a/b.c
  for f in daemon/main daemon/a/a daemon/a/b; do
    mkdir -p "tree/${f%/*}"
    cc -O0 -ffunction-sections -fdata-sections -c -o "tree/$f.o" "$f.c"
  done
  run "$HERE/tests/lint/dead.sh" tree
  echo "$output"
  [ "$status" -ne 0 ]
  diff <(printf '%s\n' "${lines[@]}") <(printf 'daemon/a/%s\n' "a.c: nothing calls above" "b.c: nothing calls beneath" "a.c: nothing calls unused")
}

@test "lint: code that stands in two places is found, whatever its indentation and comments" {
  run "$HERE/tests/lint/copies.py" "$HERE/daemon"
  [ "$output" = "" ]
  [ "$status" -eq 0 ]
  mkdir house
  for i in 1 2 3 4 5 6 7 8 9; do echo "int line_$i;"; done >house/a.c
  { echo "/* elsewhere */" && sed 's/^/    /; s/;$/; \/* so *\/\n/' house/a.c; } >house/b.c
  run "$HERE/tests/lint/copies.py" house
  [ "$status" -eq 0 ] # nine lines
  echo "int line_10;" | tee -a house/a.c >>house/b.c
  run "$HERE/tests/lint/copies.py" house
  [ "$status" -ne 0 ]
  [ "$output" = "house/a.c:1-10 stands again at house/b.c:2-20" ]
}

@test "lint: comments name only what there is" {
  run "$HERE/tests/lint/mentions.py" "$HERE"
  [ "$output" = "" ]
  [ "$status" -eq 0 ]
  mkdir -p daemon/a
  echo 'int count_all(void); /* as a/gone.h, a/here.h, count_all, count_none, netinet/tcp.h and --nothing say */' >daemon/a/here.h
  run "$HERE/tests/lint/mentions.py" .
  echo "$output"
  [ "$status" -ne 0 ]
  [ "${#lines[@]}" -eq 3 ]
  [[ "$output" == *" names a/gone.h,"*" names count_none,"*" names --nothing,"* ]]
}

@test "the picture of the rooms has every room and is the same each time" {
  "$HERE/docs/make-rooms-svg.py" >one.svg
  "$HERE/docs/make-rooms-svg.py" >two.svg
  cmp one.svg two.svg
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' one.svg
  for room in "$HERE"/daemon/*/; do grep -q ">$(basename "$room")</tspan>" one.svg; done
  # But for the numbers of lines, the committed one is this one.
  diff <(sed -E 's/[0-9,]+ lines//' "$HERE/docs/rooms.svg") <(sed -E 's/[0-9,]+ lines//' one.svg)
  cp -r "$HERE/daemon" house && mkdir house/attic && echo 'int a;' >house/attic/a.c
  run "$HERE/docs/make-rooms-svg.py" house
  [ "$status" -ne 0 ]
  [[ "$output" == *attic* ]]
}

@test "after an abort, which a broken REQUIRE is, systemd starts the daemon again" {
  grep -qx 'Restart=on-failure' "$HERE/systemd/lambda-warmd.service"
  ! grep -E '^RestartPreventExitStatus=.*(ABRT|[[:space:]=]6([[:space:]]|$))' "$HERE/systemd/lambda-warmd.service"
}
