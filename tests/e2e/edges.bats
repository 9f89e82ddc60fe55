#!/usr/bin/env bats
# What is rare: answers at the edge of HTTP, resources that run out, streams that are closed, stops at a bad moment.
load common
bats_require_minimum_version 1.5.0

setup_file() {
  make_certs
  PRELOAD=${WARMD_BUILD:-$BATS_TEST_DIRNAME/../../build}/tests/preload.so
  export PRELOAD
}
teardown() { stop_all; }

with_faults() { LD_PRELOAD=$PRELOAD "$@"; }

@test "descriptors that run out when a volley is set up: the round is recorded, the daemon lives on" {
  start_sim --handler 300
  config "daemon = { stagger = 0; log_requests = true; }; defaults = { warm = 40; interval = \"300ms\"; jitter = 0; };
    endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PLAIN/f\"; }, { name = \"b\"; url = \"https://localhost:$TLS/f\"; ca_file = \"$CERTS/ca.pem\"; } );"
  # The loop takes the first.
  FAULT_EPOLL=2 with_faults start_daemon
  wait_for 10 logged '[ab]: 0/40 warm \(none answered as expected\); [0-9]+ descriptors: Too many open files' 4
  kill -TERM "$DAEMON"
  wait "$DAEMON"
}

# A descriptor's number that a closed stream left free goes to the next socket: nothing but /dev/null may be there.
standard_streams() { for fd in 0 1 2; do readlink "/proc/$1/fd/$fd"; done; }

@test "closed standard streams: no message goes into a connection" {
  start_sim --handler 300
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PLAIN/f\"; warm = 3; interval = \"200ms\"; jitter = 0; } );"
  "$WARMD" -c "$CONF" run 0<&- 1>&- 2>&- 3>&- &
  DAEMON=$!
  started $DAEMON
  wait_for 10 has_requests 9
  [ "$(standard_streams "$DAEMON" | sort -u)" = /dev/null ]
  kill -TERM "$DAEMON"
  wait "$DAEMON"
  [ "$(stats | jq .volley.distinct)" -eq 3 ]
}
has_requests() { [ "$(stats | jq .requests)" -ge "$1" ]; }

@test "output that can't be written: exit status 70 and not 0; a reader who leaves early is no failure" {
  start_sim
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PLAIN/f\"; warm = 2; } );"
  local command
  for command in 'once' 'once --json' 'plan' 'plan --json' 'check' "probe http://127.0.0.1:$PLAIN/f -n 2"; do
    run -70 bash -c "'$WARMD' -c '$CONF' $command >/dev/full"
    [[ "$output" =~ "could not be written" ]]
    run -70 bash -c "'$WARMD' -c '$CONF' $command >&-"
    run -0 bash -c "set -o pipefail; '$WARMD' -c '$CONF' $command 2>&1 | true"
    [ "$output" = '' ]
  done
  run -64 bash -c "'$WARMD' -c '$CONF' nonsense >/dev/full"
  run -0 bash -c "set -o pipefail; '$WARMD' -c '$CONF' once | head -1"
  [[ "$output" =~ ^endpoint ]]
}

@test "a stop does not wait for a resolver that does not answer" {
  config 'daemon = { stagger = 0; }; endpoints = ( { name = "a"; url = "http://fault.invalid/"; warm = 3; interval = "1h"; connect_timeout = "1min"; } );'
  FAULT_DNS=slow with_faults start_daemon
  wait_for 10 has_threads 3 # its own, the volley's, the resolver's
  kill -TERM "$DAEMON"
  kill -TERM "$DAEMON" # at once
  wait_for 20 gone "$DAEMON"
  wait "$DAEMON"
  logged 'a: 0/3 .*3 stopped'
}

@test "a resolver that does not answer has one thread for all who ask the same, whatever the number of rounds" {
  config 'daemon = { stagger = 0; log_requests = true; }; defaults = { interval = "200ms"; jitter = 0; connect_timeout = "50ms"; };
    endpoints = ( { name = "a"; url = "http://fault.invalid/"; }, { name = "b"; url = "http://fault.invalid:81/"; }, { name = "c"; url = "http://127.0.0.1:1/"; } );'
  FAULT_DNS=slow with_faults start_daemon
  wait_for 20 logged '[ab]: 0/1 .*1 dns-timeout: the resolver did not answer for fault.invalid in time' 12
  logged 'c: 0/1 .* 1 refused' 3
  kill -USR1 "$DAEMON"
  wait_for 10 logged '[ab]: 0/1 .*1 dns-timeout' 14
  # At most its own, the resolver's, three volleys', and one of the thread sanitizer.
  [ "$(ls "/proc/$DAEMON/task" | wc -l)" -le 6 ]
  kill -TERM "$DAEMON"
  wait "$DAEMON"
}

# start_edge OPTIONS...: sets PORT.
start_edge() {
  local out=$BATS_TEST_TMPDIR/edge.$RANDOM
  python3 "$TESTS/faults/edged.py" "$@" >"$out" 2>&1 3>&- &
  started $!
  wait_for 10 test -s "$out"
  PORT=$(head -n 1 "$out")
}

# Larger than what the sockets' buffers take of it.
large_body() { head -c 900000 /dev/zero | tr '\0' x; }

@test "peers that don't read a large body take no time from those that do" {
  start_edge --unread-every 3
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PORT/\"; warm = 9; attempts = 1; connect_timeout = \"3s\"; body = \"$(large_body)\"; } );"
  once
  expect_field '.rounds[0].errors | tostring' '{"send-timeout":3}'
  expect_field '.rounds[0] | "\(.ok) \(.distinct) \(.peak)"' '6 6 6'
  [ "$(curl -sS "http://127.0.0.1:$PORT/_log" | jq -r '[.[].length] | unique | join(" ")')" = 900000 ]
}

@test "a stop does not wait for a peer that doesn't read, and releases nothing any more" {
  start_edge --unread-every 2
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PORT/\"; warm = 2; connect_timeout = \"1min\"; interval = \"1h\"; body = \"$(large_body)\"; } );"
  start_daemon
  wait_for 10 has_sent_ahead
  kill -TERM "$DAEMON"
  kill -TERM "$DAEMON" # at once
  wait_for 20 gone "$DAEMON"
  wait "$DAEMON"
  logged 'a: 0/2 .*2 stopped'
  [ "$(curl -sS "http://127.0.0.1:$PORT/_log")" = '[]' ]
}
# Some connection to the server has sent what is not acknowledged.
has_sent_ahead() { awk -v port=":$(printf %04X "$PORT")" 'index($3, port) && $5 !~ /^00000000:/ { n++ } END { exit n < 1 }' /proc/net/tcp; }

@test "a host with several addresses: those that refuse or don't answer are left for the others" {
  start_edge
  local good=$PORT
  start_edge --bind 127.0.0.2 --port "$good" --deaf
  local addresses
  for addresses in 127.0.0.2,127.0.0.1 127.0.0.3,127.0.0.4,127.0.0.5,127.0.0.1 ::1,127.0.0.3,127.0.0.1 127.0.0.3,127.0.0.2,127.0.0.1; do
    config "endpoints = ( { name = \"a\"; url = \"http://fault.test:$good/\"; warm = 8; attempts = 1; connect_timeout = \"4s\"; } );"
    FAULT_ADDRESSES=$addresses with_faults once
    echo "$addresses" >&2
    expect_field '.rounds[0] | "\(.ok) \(.distinct) \(.peak)"' '8 8 8'
  done
}

@test "a host with both families of addresses, of which one listens" {
  start_edge --bind ::1
  config "endpoints = ( { name = \"a\"; url = \"http://[::1]:$PORT/\"; warm = 4; attempts = 1; }, { name = \"b\"; url = \"http://fault.test:$PORT/\"; warm = 4; attempts = 1; } );"
  FAULT_ADDRESSES=::1,127.0.0.1 with_faults once
  expect_field '[.rounds[].distinct] | join(" ")' '4 4'
  FAULT_ADDRESSES=127.0.0.1,::1 with_faults once
  expect_field '[.rounds[].distinct] | join(" ")' '4 4'
  config "defaults = { warm = 4; attempts = 1; }; endpoints = ( { name = \"a\"; url = \"http://fault.test:$PORT/\"; ip_family = \"4\"; },
    { name = \"b\"; url = \"http://fault.test:$PORT/\"; ip_family = \"6\"; } );"
  FAULT_ADDRESSES=127.0.0.1,::1 with_faults once
  expect_field '.rounds[0].errors | tostring' '{"refused":4}'
  expect_field '.rounds[1].distinct' 4
}

@test "a server that answers before the request is complete: its status is told, and no success is made of it" {
  start_edge --unread-every 1000 # with small buffers: the request can't be complete
  config "defaults = { warm = 3; attempts = 1; timeout = \"5s\"; connect_timeout = \"10s\"; body = \"$(large_body)\"; };
    endpoints = ( { name = \"ok\"; url = \"http://127.0.0.1:$PORT/early-ok\"; }, { name = \"large\"; url = \"http://127.0.0.1:$PORT/early-413\"; } );"
  once
  [ "$status" -eq 1 ]
  expect_field '[.rounds[].errors | tostring] | join(" ")' '{"protocol":3} {"http-413":3}'
  expect_field '[.rounds[].peak] | join(" ")' '0 0'
}

# answers_with PATH EXPECTED [OK]: three requests; EXPECTED are its causes.
answers_with() {
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PORT/$1\"; warm = 3; attempts = 1; timeout = \"5s\"; } );"
  once
  expect_field '.rounds[0].errors | tostring' "$2"
}

@test "answers at the edge of HTTP: each is taken for what it is" {
  start_edge
  local path
  for path in interim http10 no-length chunked close keep long-id twice lf no-content too-much head; do
    answers_with $path '{}'
    expect_field '.rounds[0] | "\(.ok) \(.distinct) \(.peak)"' '3 3 3'
  done
  answers_with interim '{}' # an interim answer's headers are not the answer's
  expect_field '.rounds[0].cold' 0
  answers_with twice '{}' # the last one counts
  expect_field '.rounds[0].cold' 0
  [ "$(field '.rounds[0].requests[0].instance')" != first ]
  answers_with long-id '{}'
  expect_field '.rounds[0].requests[0].instance | test("^sha256:[0-9a-f]{64}$")' true # too long to keep
  answers_with upgrade '{"http-101":3}'
  answers_with headers '{"too-large":3}'
  answers_with interims '{"too-large":3}'
}

# requests_with ENDPOINT: what the server has logged of two requests.
requests_with() {
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PORT/x\"; warm = 2; attempts = 1; timeout = \"5s\"; $1 } );"
  once
  expect_field '.rounds[0].ok' 2
  curl -sS "http://127.0.0.1:$PORT/_log" | jq -r '.[-1] | "\(.method) \(.length) \(.headers["content-length"][0]) \(.headers["content-type"][0])"'
}

@test "methods and bodies go as they are meant" {
  start_edge
  mkdir "$BATS_TEST_TMPDIR/credentials"
  large_body >"$BATS_TEST_TMPDIR/credentials/large"
  export CREDENTIALS_DIRECTORY=$BATS_TEST_TMPDIR/credentials
  [ "$(requests_with '')" = 'GET 0 null null' ]
  [ "$(requests_with 'method = "HEAD";')" = 'HEAD 0 null null' ]
  [ "$(requests_with 'method = "POST";')" = 'POST 0 0 null' ]
  [ "$(requests_with 'body = "";')" = 'POST 0 0 null' ]
  [ "$(requests_with 'body = ""; headers = ("content-type: text/x");')" = 'POST 0 0 text/x' ]
  [ "$(requests_with 'method = "PATCH";')" = 'PATCH 0 0 null' ]
  [ "$(requests_with 'method = "DELETE";')" = 'DELETE 0 null null' ]
  [ "$(requests_with 'method = "GET"; body = "{}";')" = 'GET 2 2 application/json' ]
  [ "$(requests_with 'body = "${credential:large}${credential:large}${credential:large}";')" = 'POST 2700000 2700000 text/plain; charset=utf-8' ]
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PORT/head\"; warm = 2; attempts = 1; timeout = \"5s\"; method = \"HEAD\"; } );"
  once
  expect_field '.rounds[0].ok' 2
}

@test "probe refuses what it can't fill or speak before it sends anything, and says why a request failed" {
  for bad in "-H|A: \${foo}" "-H|A: \${credential:tok}" "--http|2" "-X|NO METHOD"; do
    run "$WARMD" probe http://127.0.0.1:1/ "${bad%%|*}" "${bad#*|}"
    [ "$status" -eq 64 ] || { echo "$bad: $status $output"; return 1; }
  done
  run "$WARMD" probe http://127.0.0.1:1/ -n 2
  [ "$status" -eq 1 ]
  [[ "$output" =~ "why "+.*"port 1" ]]
}

@test "a state that can't be written is said once, and rounds go on" {
  start_sim
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PLAIN/a\"; warm = 1; interval = \"200ms\"; } );"
  export STATE_DIRECTORY=/proc/1
  start_daemon
  wait_for 10 logged 'a: 1/1' 5
  [ "$(grep -c 'state.json' "$LOG")" -eq 1 ]
}
