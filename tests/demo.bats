#!/usr/bin/env bats
# make demo: what a newcomer sees first.

bats_require_minimum_version 1.5.0

setup() {
  HERE=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  BUILD=${WARMD_BUILD:-$HERE/build}
}

# shown FILE: the whole picture is there: nine rounds (more on a busy machine), the table, the verdict.
shown() {
  [ "$(grep -c ' warm (' "$1")" -ge 9 ] && [ "$(grep -cE '^(orders|billing|search) +met ' "$1")" -eq 3 ] &&
    grep -q '^Every target was met' "$1"
}

@test "demo: the picture is whole, and fits 80 columns" {
  "$HERE/tests/demo.sh" "$BUILD" >"$BATS_TEST_TMPDIR/out" || { cat "$BATS_TEST_TMPDIR/out"; return 1; }
  cat "$BATS_TEST_TMPDIR/out"
  shown "$BATS_TEST_TMPDIR/out"
  run ! grep -E "^.{81}" "$BATS_TEST_TMPDIR/out"
}

@test "demo: it needs no /etc/hosts" {
  unshare -m true 2>/dev/null || skip "no mount namespaces here"
  BUILD=$BUILD unshare -m sh -c 'mount --bind /dev/null /etc/hosts && exec "$0" "$BUILD"' "$HERE/tests/demo.sh" >"$BATS_TEST_TMPDIR/out"
  shown "$BATS_TEST_TMPDIR/out"
}

@test "demo: fails where the picture can't be shown" {
  run -1 sh -c '"$0" "$1" >/dev/full 2>/dev/null' "$HERE/tests/demo.sh" "$BUILD"
  sh -c '{ "$0" "$1" 2>&3; echo "status $?" >&3; } | head -n 4 >/dev/null' "$HERE/tests/demo.sh" "$BUILD" 3>"$BATS_TEST_TMPDIR/err"
  grep -qx 'demo: the rounds could not be shown' "$BATS_TEST_TMPDIR/err"
  grep -qx 'status 1' "$BATS_TEST_TMPDIR/err"
}
