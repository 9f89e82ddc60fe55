#!/usr/bin/env bats
# Each fault by its name, and the other requests of the volley released all the same.
load common

setup_file() {
  make_certs
  PRELOAD=${WARMD_BUILD:-$BATS_TEST_DIRNAME/../../build}/tests/preload.so
  export PRELOAD
}
teardown() { stop_all; }

# volley_with FAULT CAUSE [TIMEOUT]: 12 requests over TLS, of which every fourth connection has the fault.
volley_with() {
  local fault=$1 cause=$2
  shift 2
  start_fault "$fault" --every 4 --tls "$CERTS/server.pem" "$CERTS/server.key"
  config "endpoints = ( { name = \"a\"; url = \"https://localhost:$PORT/\"; warm = 12; ca_file = \"$CERTS/ca.pem\"; ip_family = \"4\";
    attempts = 1; connect_timeout = \"4s\"; timeout = \"${1:-4s}\"; } );"
  once
  [ "$status" -eq 1 ]
  expect_field '.rounds[0].ok' 9
  expect_field '.rounds[0].failed' 3
  expect_field ".rounds[0].errors | tostring" "{\"$cause\":3}"
  # The others were complete and in flight together, whatever the three did.
  expect_field '.rounds[0].distinct' 9
  [ "$(field '.rounds[0].peak')" -ge 9 ]
  expect_field "[.rounds[0].requests[] | select(.error != null) | .error] | unique | join(\" \")" "$cause"
}

@test "silent accept" { volley_with silent tls-timeout; }
@test "a TLS handshake that stalls" { volley_with tls-stall tls-timeout; }
@test "reset before the handshake" { volley_with reset-early reset; }
@test "reset in the middle of an answer" { volley_with reset reset; }
@test "closed without an answer" { volley_with close closed; }
@test "closed in the middle of an answer" { volley_with partial closed; }
@test "cut off where only the connection's end tells the answer's" { volley_with truncated closed; }
@test "the same with a transfer coding, which does not tell the end either" { volley_with truncated-coded closed; }
@test "a length beyond all numbers is not met" { volley_with oversized closed; }
@test "an answer that the connection's proper end ends" {
  start_fault unsized --tls "$CERTS/server.pem" "$CERTS/server.key"
  config "endpoints = ( { name = \"a\"; url = \"https://localhost:$PORT/\"; warm = 3; ca_file = \"$CERTS/ca.pem\"; ip_family = \"4\"; attempts = 1; } );"
  once
  expect_field '.rounds[0]|"\(.ok) \(.distinct)"' "3 3"
}
@test "half-closed" { volley_with half-close closed; }
@test "slow drip" { volley_with drip timeout; }
@test "no answer" { volley_with late timeout; }
@test "endless body" { volley_with endless too-large 20s; }
@test "an answer that is not HTTP" { volley_with garbage protocol; }
@test "an endless body in chunks of one byte" { volley_with crumbs too-large 20s; }
@test "endless interim answers" { volley_with endless-interim too-large 20s; }
@test "an endless header" { volley_with huge-header protocol; }

@test "one refused, one silent and one slow connection in a volley: the rest go together, the slow one with them" {
  start_fault none --also silent=5 --also slow-start=7 --tls "$CERTS/server.pem" "$CERTS/server.key"
  config "endpoints = ( { name = \"a\"; url = \"https://127.0.0.1:$PORT/\"; warm = 20; ca_file = \"$CERTS/ca.pem\"; http_version = \"1.1\";
    attempts = 1; connect_timeout = \"2s\"; timeout = \"2s\"; } );"
  # The self-test of the gate connects first: 3 is a request.
  LD_PRELOAD=$PRELOAD FAULT_CONNECT=3 once
  [ "$status" -eq 1 ]
  expect_field '.rounds[0].errors | tostring' '{"refused":1,"tls-timeout":1}'
  expect_field '.rounds[0]|"\(.ok) \(.distinct)"' "18 18"
  [ "$(field '.rounds[0].peak')" -ge 18 ]
  # Released by the deadline, and in a time that is nothing beside it.
  [ "$(field '.rounds[0].connect_us')" -lt 2000000 ]
  [ "$(field '.rounds[0].skew_us')" -lt 200000 ]
}

@test "plain http: silent after the request, reset, close and garbage have their causes too" {
  local pairs="late:timeout reset:reset close:closed garbage:protocol" pair
  for pair in $pairs; do
    start_fault "${pair%:*}" --every 3
    config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PORT/\"; warm = 6; attempts = 1; timeout = \"2s\"; } );"
    once
    expect_field '.rounds[0].errors | tostring' "{\"${pair#*:}\":2}"
    expect_field '.rounds[0].distinct' 4
  done
}

# beside ENDPOINT CAUSE: an endpoint that fails whole, beside a good one in the same command.
beside() {
  start_sim --handler 300
  config "defaults = { attempts = 1; connect_timeout = \"5s\"; timeout = \"5s\"; };
    endpoints = ( { name = \"bad\"; warm = 5; $1 }, { name = \"good\"; url = \"https://localhost:$TLS/f\"; warm = 10; ca_file = \"$CERTS/ca.pem\"; } );"
  once
  [ "$status" -eq 1 ]
  expect_field '.rounds[0].errors | tostring' "{\"$2\":5}"
  expect_field '.rounds[0].met' false
  expect_field '.rounds[1].distinct' 10
  expect_field '.rounds[1].peak' 10
}

@test "refused" { beside 'url = "https://127.0.0.1:1/";' refused; }
@test "a certificate by an unknown authority" {
  start_fault none --tls "$CERTS/other.pem" "$CERTS/other.key"
  beside "url = \"https://localhost:$PORT/\"; ca_file = \"$CERTS/ca.pem\";" certificate
}
@test "an expired certificate" {
  start_fault none --tls "$CERTS/expired.pem" "$CERTS/expired.key"
  beside "url = \"https://localhost:$PORT/\"; ca_file = \"$CERTS/ca.pem\";" certificate
  "$WARMD" -c "$CONF" once bad 2>&1 | grep -q certificate
}
@test "a certificate for another host" {
  start_fault none --tls "$CERTS/wrongname.pem" "$CERTS/wrongname.key"
  beside "url = \"https://localhost:$PORT/\"; ca_file = \"$CERTS/ca.pem\";" certificate-name
}
@test "trust anchors that are none" {
  echo nonsense >"$BATS_TEST_TMPDIR/none.pem"
  beside "url = \"https://localhost:1/\"; ca_file = \"$BATS_TEST_TMPDIR/none.pem\";" trust-anchors
}
@test "a name that does not resolve" {
  export LD_PRELOAD=$PRELOAD FAULT_DNS=fail
  beside 'url = "https://fault.invalid/";' dns
}
@test "a resolver that does not answer" {
  export LD_PRELOAD=$PRELOAD FAULT_DNS=slow
  beside 'url = "https://fault.invalid/";' dns-timeout
}
@test "a server error" {
  start_sim
  config "endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/f?status=503\"; warm = 3; } );"
  once
  [ "$status" -eq 1 ]
  expect_field '.rounds[0].errors | tostring' '{"http-503":3}'
}
@test "a redirect is not followed" {
  start_sim
  config "endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/f?status=302&location=http://localhost:$PLAIN/g\"; warm = 3; } );"
  once
  [ "$status" -eq 1 ]
  expect_field '.rounds[0].errors | tostring' '{"redirect":3}'
  [ "$(stats | jq '.functions["/g"]')" = null ]
}
@test "an expected status is a success, whatever it is" {
  start_sim
  config "endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/f?status=503\"; warm = 3; expect = (\"2xx\", 503); } );"
  once
  [ "$status" -eq 0 ]
}
@test "throttled above a limit: counted apart, and not asked again" {
  start_sim --handler 300 --max-instances 6
  config "endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/f\"; warm = 10; attempts = 3; } );"
  once
  [ "$status" -eq 1 ]
  expect_field '.rounds[0].throttled' 4
  expect_field '.rounds[0].distinct' 6
  expect_field '.rounds[0].failed' 0
  expect_field '.rounds[0].attempts' 1
  expect_field '.rounds[0].errors | tostring' '{"throttled":4}'
}

@test "descriptors that run out fail some requests and release the others" {
  start_sim --handler 300
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PLAIN/f\"; warm = 100; attempts = 1; } );"
  # 150 descriptors are taken already: the limit of 250 is enough by the plan, and is not.
  json=$(ulimit -n 250; for ((fd = 10; fd < 160; fd++)); do eval "exec $fd</dev/null"; done; exec "$WARMD" -c "$CONF" once --json) || true
  [ "$(field '.rounds[0].errors | keys | join(" ")')" = descriptors ]
  [ "$(field '.rounds[0].ok')" -ge 50 ]
  [ "$(field '.rounds[0].ok + .rounds[0].failed')" -eq 100 ]
  expect_field '.rounds[0] | .peak == .ok and .distinct == .ok' true
}

@test "more than the hard limit of descriptors: check warns, run refuses with the figure needed" {
  config 'endpoints = ( { name = "a"; url = "http://127.0.0.1:1/"; warm = 500; } );'
  run bash -c "ulimit -n 256; '$WARMD' -c '$CONF' check"
  [ "$status" -eq 0 ]
  [[ "$output" =~ warning.*" 256 " ]] || [[ "$output" =~ 256 ]]
  run bash -c "ulimit -n 256; '$WARMD' -c '$CONF' run"
  [ "$status" -eq 78 ]
  [[ "$output" =~ "needs 5"[0-9][0-9]" file descriptors, the limit is 256" ]]
}

@test "a volley's second thread that can't start: the first does all the work" {
  start_sim --handler 300
  config "endpoints = ( { name = \"a\"; url = \"https://127.0.0.1:$TLS/f\"; warm = 40; ca_file = \"$CERTS/ca.pem\"; } );"
  LD_PRELOAD=$PRELOAD FAULT_THREADS=2 once
  [ "$status" -eq 0 ]
  expect_field '.rounds[0].distinct' 40
}

@test "no barrier for the threads: the round fails with that, and nothing hangs" {
  start_sim --handler 300
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PLAIN/f\"; warm = 40; attempts = 1; } );"
  LD_PRELOAD=$PRELOAD FAULT_BARRIER=1 once
  [ "$status" -eq 1 ]
  expect_field '.rounds[0].errors | tostring' '{"memory":40}'
}

@test "no thread at all: the round is recorded as failed, and the daemon lives on" {
  start_sim --handler 300
  config "daemon = { stagger = 0; log_requests = true; }; endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PLAIN/f\"; warm = 5; interval = \"300ms\"; jitter = 0; } );"
  LD_PRELOAD=$PRELOAD FAULT_THREADS=2 start_daemon # the first round's thread is the only one
  wait_for 10 logged '5/5 warm'
  wait_for 10 logged 'a: 0/5 .*[0-9] thread: Resource temporarily unavailable' 2
  kill -0 "$DAEMON"
  kill -TERM "$DAEMON"
  wait "$DAEMON"
}

@test "a gate that does not hold is found out: requests are held by their sockets, which is said once" {
  start_sim --handler 300
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f\"; warm = 20; ca_file = \"$CERTS/ca.pem\"; interval = \"300ms\"; jitter = 0;
    http_version = \"1.1\"; } );"
  LD_PRELOAD=$PRELOAD FAULT_GATE=1 start_daemon
  wait_for 20 logged '20/20 warm \(20 distinct' 3
  [ "$(grep -c 'held back in their sockets' "$LOG")" -eq 1 ]
  kill -TERM "$DAEMON"
  wait "$DAEMON"
}

@test "a gate that does not hold is told where the environment names a proxy that isn't in the way, too" {
  start_sim --handler 300
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f\"; warm = 5; ca_file = \"$CERTS/ca.pem\"; interval = \"1h\"; http_version = \"1.1\"; } );"
  https_proxy=http://127.0.0.1:9 no_proxy=localhost LD_PRELOAD=$PRELOAD FAULT_GATE=1 start_daemon
  wait_for 20 logged '5/5 warm'
  wait_for 10 logged 'held back in their sockets'
}
