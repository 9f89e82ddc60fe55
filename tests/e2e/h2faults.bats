#!/usr/bin/env bats
# HTTP/2 servers that do what they should not: told by its name, at once, and no harm to the volley's other requests.
load common

setup_file() { make_certs; }
teardown() { stop_all; }

# volley_with FAULT WARM OPTIONS...: one round against the fault.
volley_with() {
  local out=$BATS_TEST_TMPDIR/fault.$RANDOM fault=$1 warm=$2
  shift 2
  python3 "$TESTS/faults/h2faultd.py" "$fault" --tls "$CERTS/server.pem" "$CERTS/server.key" >"$out" 2>&1 3>&- &
  started $!
  wait_for 10 test -s "$out"
  config "endpoints = ( { name = \"a\"; url = \"https://localhost:$(head -n 1 "$out")/\"; warm = $warm; ca_file = \"$CERTS/ca.pem\"; ip_family = \"4\";
    attempts = 1; connect_timeout = \"5s\"; $* } );"
  once
  connections=$(grep -c connection "$out")
}

large_body() { printf 'body = "%s";' "$(head -c 60000 /dev/zero | tr '\0' x)"; }

@test "a stream that the server ends before its body has gone takes no other one with it" {
  local pair
  for pair in early-answer:http-413 early-answer-only:http-413 early-ok:protocol early-refusal:refused-stream; do
    volley_with "${pair%:*}" 12 "$(large_body)"
    expect_field '.rounds[0].errors | tostring' "{\"${pair#*:}\":1}"
    expect_field '.rounds[0]|"\(.ok) \(.distinct) \(.peak)"' "11 11 11"
  done
}
