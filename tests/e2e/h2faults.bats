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
    attempts = 1; $* } );"
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

@test "what is not TLS, not HTTP/2 or over is seen when it comes, not at the timeout" {
  local pair
  for pair in bad-frame:protocol plaintext:tls close-notify:closed bad-greeting:protocol plaintext-greeting:tls; do
    volley_with "${pair%:*}" 6 'timeout = "30s";'
    expect_field '.rounds[0].errors | tostring' "{\"${pair#*:}\":6}"
  done
}

@test "a server that sends faster than can be read is left at the timeout" {
  local fault
  for fault in flood big-flood; do
    volley_with $fault 4 'timeout = "1s";'
    expect_field '.rounds[0].errors | tostring' '{"timeout":4}'
    [ "$(field '[.rounds[0].requests[].total_us] | max')" -lt 3000000 ]
  done
}

@test "an answer has headers of 256 KiB at most, interim ones included, however few bytes they take" {
  volley_with interim 1 'timeout = "30s";'
  expect_field '.rounds[0].errors | tostring' '{"too-large":1}'
  volley_with hpack 16 'timeout = "30s";' # a connection each
  expect_field '.rounds[0].errors | tostring' '{"too-large":16}'
}

@test "an answer counts only if it is whole, whatever the stream's end says" {
  local fault
  for fault in cut cut-empty wrong-length; do
    volley_with $fault 6
    expect_field '.rounds[0]|"\(.ok) \(.distinct) \(.errors)"' '0 null {"reset":6}'
  done
  volley_with late-reset 6
  expect_field '.rounds[0]|"\(.ok) \(.distinct)"' "6 6"
}

@test "what a connection said of a request that then went over another is no answer" {
  volley_with answered-elsewhere 2 "$(large_body)"
  [ "$connections" -eq 2 ]
  expect_field '.rounds[0]|"\(.ok) \(.distinct) \(.errors)"' '0 null {"reset":2}'
  expect_field '[.rounds[0].requests[].status] | unique | tostring' '[null]'
}

@test "what is cancelled before the release is not released" {
  volley_out=$BATS_TEST_TMPDIR/fault.out
  python3 "$TESTS/faults/h2faultd.py" silent-others --tls "$CERTS/server.pem" "$CERTS/server.key" >"$volley_out" 2>&1 3>&- &
  started $!
  wait_for 10 test -s "$volley_out"
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"https://localhost:$(head -n 1 "$volley_out")/\"; warm = 4;
    ca_file = \"$CERTS/ca.pem\"; ip_family = \"4\"; connect_timeout = \"60s\"; } );"
  start_daemon
  wait_for 10 grep -q 'connection 2' "$volley_out"
  kill -TERM "$DAEMON" && kill -TERM "$DAEMON"
  wait_for 10 gone "$DAEMON"
  logged 'a: 0/4 .*stopped'
  [ "$(grep -c whole "$volley_out")" -eq 0 ]
}

@test "a stop does not wait for a server that sends faster than can be read" {
  local out=$BATS_TEST_TMPDIR/flood.out
  python3 "$TESTS/faults/h2faultd.py" flood --tls "$CERTS/server.pem" "$CERTS/server.key" >"$out" 2>&1 3>&- &
  started $!
  wait_for 10 test -s "$out"
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"https://localhost:$(head -n 1 "$out")/\"; warm = 4;
    ca_file = \"$CERTS/ca.pem\"; ip_family = \"4\"; timeout = \"5min\"; attempts = 1; } );"
  LAMBDA_WARMD_DEBUG=1 start_daemon
  wait_for 10 logged 'a: released 4'
  kill -TERM "$DAEMON" && kill -TERM "$DAEMON"
  wait_for 10 gone "$DAEMON"
  logged 'a: 0/4 .*stopped'
}

@test "floods of PING and SETTINGS, and an endless header, end the connection" {
  local fault
  for fault in ping-flood settings-flood huge-header; do
    volley_with $fault 4 'timeout = "30s";'
    expect_field '.rounds[0].errors | tostring' '{"protocol":4}'
  done
}

@test "interim answers before the answer, and windows of one byte, are no trouble" {
  volley_with hints 12
  expect_field '.rounds[0]|"\(.ok) \(.distinct)"' "12 12"
  volley_with tiny-window 12 'body = "{\"n\":${index}}";'
  expect_field '.rounds[0]|"\(.ok) \(.distinct) \(.peak)"' "12 12 12"
}

@test "sent away after the release: what was looked at counts, the rest is refused" {
  volley_with half-gone 12
  expect_field '.rounds[0]|"\(.ok) \(.errors)"' '5 {"refused-stream":7}'
}

@test "fewer streams than were allowed at first: what is too many goes to other connections" {
  volley_with shrinks-first 200
  expect_field '.rounds[0]|"\(.ok) \(.distinct) \(.peak)"' "200 200 200"
}

@test "a server that allows no stream is waited for, not asked again and again" {
  volley_with zero 200 'connect_timeout = "1500ms";'
  expect_field '.rounds[0].errors | tostring' '{"refused-stream":200}'
  [ "$connections" -le 4 ]
  volley_with zero-first 200
  expect_field '.rounds[0]|"\(.ok) \(.distinct)"' "200 200"
  [ "$connections" -le 4 ]
}

@test "a server that agrees to HTTP/2 but demands HTTP/1.1 is given that from the next round on" {
  volley_with http11-required 5 'interval = "1h"; jitter = 0;'
  expect_field '.rounds[0].errors | tostring' '{"reset":5}'
  start_daemon
  wait_for 10 logged 'a: 0/5 '
  kill -USR1 "$DAEMON"
  wait_for 10 logged 'a: 5/5 warm \(5 distinct'
}
