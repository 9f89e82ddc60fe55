#!/usr/bin/env bats
# The same under Debian 13: another libcurl (its gate leans on how that writes), libconfig, systemd and compiler.

setup_file() {
  local status=0 here
  here=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  export FOLDER=${WARMD_BUILD:-$here/build}/debian13
  "$BATS_TEST_DIRNAME/debian13.sh" "$FOLDER" up >"$BATS_FILE_TMPDIR/up" 2>&1 || status=$?
  if [ $status -eq 69 ]; then
    NOT_HERE=$(tail -n 1 "$BATS_FILE_TMPDIR/up")
    export NOT_HERE
  elif [ $status -ne 0 ]; then
    cat "$BATS_FILE_TMPDIR/up"
    return 1
  fi
}

setup() {
  [ -z "${NOT_HERE:-}" ] || skip "$NOT_HERE"
}

in_debian13() { "$BATS_TEST_DIRNAME/debian13.sh" "$FOLDER" run "$@"; }
# The last line of tests/run, and nothing failed.
passed() {
  echo "$output"
  [ "$status" -eq 0 ]
  [[ "${lines[-1]}" =~ ^([0-9]+)\ passed,\ 0\ failed ]]
  [ "${BASH_REMATCH[1]}" -ge "$1" ]
}

@test "it is Debian 13, with libcurl 8.14 or newer" {
  in_debian13 grep -qx VERSION_CODENAME=trixie /etc/os-release
  in_debian13 pkg-config --atleast-version=8.14 libcurl
}

@test "the daemon, the simulator and the tests build without a warning" {
  in_debian13 make -j"$(nproc)" BUILD=/build CFLAGS='-O2 -g -Werror' test-programs
  in_debian13 /build/lambda-warmd --version
}

@test "the unit tests pass" {
  run in_debian13 make -s BUILD=/build quickcheck
  passed 50
}

@test "volleys, trust, configurations and the daemon itself pass" {
  run in_debian13 env WARMD_BUILD=/build ./tests/run tests/e2e/volley.bats tests/e2e/trust.bats tests/e2e/daemon.bats \
    tests/cli-check.bats
  passed 30
}
