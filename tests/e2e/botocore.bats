#!/usr/bin/env bats
# botocore beside the cases of tests/unit/profiles, which the unit tests hold the daemon to: Debian's own, and a newer one where
# there is one.
bats_require_minimum_version 1.5.0
load common

@test "profiles, variables and the shared files are read as botocore reads them" {
  local python tried=0 code
  for python in python3 /usr/bin/python3; do
    code=0
    "$python" -B "$TESTS/unit/botocore_profiles.py" "$TESTS/unit/profiles" "$BATS_TEST_TMPDIR" || code=$?
    [ "$code" -ne 77 ] || continue
    tried=$((tried + 1))
    [ "$code" -eq 0 ]
  done
  [ $tried -gt 0 ] || skip "python3-botocore is not here"
}
