#!/usr/bin/env bats
# LAMBDA_WARMD_DEBUG=1: the steps of a round. That no secret is in them, secrets.bats looks.
load common

setup_file() { make_certs; }
teardown() { stop_all; }

two_endpoints() {
  start_sim --handler 20
  config "endpoints = ( { name = \"plain\"; url = \"http://localhost:$PLAIN/f?key=asked\"; warm = 2; headers = ( \"X-Key: shown\" ); },
    { name = \"both\"; url = \"https://localhost:$TLS/f\"; warm = 3; ca_file = \"$CERTS/ca.pem\"; } );"
}

@test "each step of a round is told, with the endpoint, the address, the HTTP version and the time" {
  two_endpoints
  export LAMBDA_WARMD_DEBUG=1
  once
  local err=$BATS_TEST_TMPDIR/once.err ms='[0-9]+\.[0-9]+ ms'
  cat "$err"
  [ "$status" -eq 0 ]
  for name in plain both; do
    grep -qE "^debug: $ms: $name: resolved localhost in $ms: .*127\.0\.0\.1" "$err"
    grep -qE "^debug: $ms: $name: released [23], T0 $ms ago, $ms from first to last$" "$err"
    grep -qE "^debug: $ms: $name: attempt 1: met so far, [23] of [23] as expected, [23] distinct, 0 throttled$" "$err"
    grep -qE "^debug: $ms: $name: the round has ended: met$" "$err"
  done
  [ "$(grep -cE "plain: request [12]: connected to [0-9.:]+ port $PLAIN for HTTP/1.1 after $ms" "$err")" -eq 2 ]
  grep -qE "plain: armed 2 of 2 after $ms, held by socket" "$err"
  [ "$(grep -cE "both: connected to [0-9.:]+ port $TLS for HTTP/2 after $ms" "$err")" -eq 1 ]
  grep -qE "both: armed 3 of 3 after $ms, held by TLS record" "$err"
  ! grep -qE 'asked|shown' "$err"
}

@test "why another attempt follows, and why nothing is sent, is told" {
  start_sim --handler 0
  config "endpoints = ( { name = \"short\"; url = \"https://localhost:$TLS/f\"; warm = 40; ca_file = \"$CERTS/ca.pem\"; hold = 0; attempts = 8; },
    { name = \"lost\"; url = \"http://no-such-host.invalid/f\"; warm = 2; } );"
  once # its instances are warm then
  export LAMBDA_WARMD_DEBUG=1
  once
  cat "$BATS_TEST_TMPDIR/once.err"
  grep -qE 'short: another attempt: too few distinct instances are proven, with a hold of 1\.0 ms instead of 0\.0 ms' "$BATS_TEST_TMPDIR/once.err"
  grep -qE 'lost: nothing is sent: dns' "$BATS_TEST_TMPDIR/once.err"
  grep -qE 'lost: the round has ended: failed' "$BATS_TEST_TMPDIR/once.err"
}

@test "without it, none is told" {
  two_endpoints
  for value in "" 0 no; do
    export LAMBDA_WARMD_DEBUG=$value
    once
    [ "$status" -eq 0 ]
    [ ! -s "$BATS_TEST_TMPDIR/once.err" ] || { cat "$BATS_TEST_TMPDIR/once.err" && return 1; }
  done
}
