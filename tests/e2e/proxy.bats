#!/usr/bin/env bats
# Through proxies, as the environment names them: CONNECT for https, absolute URLs for http.
load common
bats_require_minimum_version 1.5.0

setup_file() {
  make_certs
  PRELOAD=${WARMD_BUILD:-$BATS_TEST_DIRNAME/../../build}/tests/preload.so
  export PRELOAD
}
setup() { unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY; }
teardown() { stop_all; }

# start_proxy OPTIONS...: sets PROXY to its port.
start_proxy() {
  local out=$BATS_TEST_TMPDIR/proxy.$RANDOM
  python3 "$TESTS/faults/proxyd.py" "$@" >"$out" 2>&1 3>&- &
  started $!
  wait_for 10 test -s "$out"
  PROXY=$(head -n 1 "$out")
}

# asked CURL-OPTIONS...: what the proxy was asked, most frequent first.
asked() { curl -sS --noproxy '*' "${@:-http://127.0.0.1:$PROXY/_log}" | jq -r '.[]' | sort | uniq -c | sort -rn | sed 's/^ *//'; }

two_endpoints() {
  config "defaults = { warm = 20; attempts = 1; timeout = \"5s\"; connect_timeout = \"${1:-5s}\"; };
    endpoints = ( { name = \"tls\"; url = \"https://localhost:$TLS/f\"; ca_file = \"$CERTS/ca.pem\"; }, { name = \"plain\"; url = \"http://localhost:$PLAIN/f\"; } );"
}

# failed_with CAUSES...: of both endpoints.
failed_with() {
  once
  [ "$status" -eq 1 ]
  expect_field '[.rounds[].errors | tostring] | join(" ")' "$*"
}

@test "a volley through a proxy is held and released as one, over http and https" {
  start_sim --handler 300
  start_proxy
  two_endpoints
  export http_proxy=http://127.0.0.1:$PROXY https_proxy=127.0.0.1:$PROXY
  once
  [ "$status" -eq 0 ]
  expect_field '[.rounds[] | "\(.distinct) \(.peak) \(.http_version)"] | join(", ")' '20 20 1.1, 20 20 1.1'
  [ "$(asked)" = "20 GET http://localhost:$PLAIN/f HTTP/1.1
20 CONNECT localhost:$TLS HTTP/1.1" ]
  # The proxy's own headers are not the answer's.
  expect_field '[.rounds[0].requests[] | select(.instance == "proxy")] | length' 0
}

@test "which requests go through a proxy, and that it means HTTP/1.1, is said once at the start" {
  start_sim --handler 300
  start_proxy
  config "daemon = { stagger = 0; }; defaults = { warm = 4; interval = \"300ms\"; jitter = 0; };
    endpoints = ( { name = \"tls\"; url = \"https://localhost:$TLS/f\"; ca_file = \"$CERTS/ca.pem\"; } );"
  https_proxy=http://127.0.0.1:$PROXY start_daemon
  wait_for 10 logged 'tls: 4/4 warm' 2
  [ "$(grep -c 'https requests go through the proxy that $https_proxy names, over HTTP/1.1' "$LOG")" -eq 1 ]
  run ! grep -q ' http requests go through' "$LOG"
}

@test "no_proxy: what it excepts is connected to directly, over HTTP/2 where that is spoken" {
  start_sim --handler 300
  start_proxy
  two_endpoints
  export all_proxy=http://127.0.0.1:$PROXY no_proxy=.other.test,localhost
  once
  [ "$status" -eq 0 ]
  expect_field '[.rounds[].http_version] | join(" ")' '2 1.1'
  [ "$(asked)" = '' ]
}

@test "a proxy that speaks TLS is verified against the system's anchors, not the endpoint's" {
  start_sim --handler 300
  start_proxy --tls "$CERTS/other.pem" "$CERTS/other.key"
  two_endpoints
  export http_proxy=https://localhost:$PROXY https_proxy=https://localhost:$PROXY
  failed_with '{"proxy":20} {"proxy":20}'
  # What stands for the system's here knows the proxy's authority only.
  export SSL_CERT_FILE=$CERTS/other-ca.pem
  once
  [ "$status" -eq 0 ]
  expect_field '[.rounds[] | "\(.distinct) \(.peak)"] | join(", ")' '20 20, 20 20'
  # A dot at the end of its name is for the resolver only.
  http_proxy=https://fault.test.:$PROXY https_proxy=https://fault.test.:$PROXY FAULT_ADDRESSES=127.0.0.1 LD_PRELOAD=$PRELOAD once
  [ "$status" -eq 0 ]
  # And an endpoint is still verified against its own alone.
  config "endpoints = ( { name = \"tls\"; url = \"https://localhost:$TLS/f\"; ca_file = \"$CERTS/other-ca.pem\"; warm = 3; } );"
  once
  # libcurl 7.88 can't say more than "tls" of what goes wrong in a layer within another.
  [[ "$(field '.rounds[0].errors | tostring')" =~ ^\{\"(certificate|tls)\":3\}$ ]]
}

@test "anchors for a TLS proxy are parsed once, not for each connection" {
  start_sim --handler 300
  start_proxy --tls "$CERTS/server.pem" "$CERTS/server.key"
  cat "$CERTS/ca.pem" /etc/ssl/certs/ca-certificates.crt >"$BATS_TEST_TMPDIR/bundle.pem"
  config "endpoints = ( { name = \"one\"; url = \"http://localhost:$PLAIN/f\"; warm = 1; }, { name = \"many\"; url = \"http://localhost:$PLAIN/f\"; warm = 60; } );"
  export http_proxy=https://localhost:$PROXY SSL_CERT_FILE=$BATS_TEST_TMPDIR/bundle.pem
  local one many
  one=$(cpu_ms "$WARMD" -c "$CONF" once one)
  many=$(cpu_ms "$WARMD" -c "$CONF" once many)
  echo "one: $one ms, 60: $many ms" >&2
  [ "$many" -lt $((one * 15)) ] # parsed each time it is some 50 times
}
# cpu_ms COMMAND...: its user and system time.
cpu_ms() {
  local TIMEFORMAT='%U %S'
  { time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print int(($1 + $2) * 1000) }'
}

@test "what goes wrong with a proxy is told as the proxy's" {
  start_sim --handler 300
  two_endpoints 1s
  export http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1
  failed_with '{"proxy":20} {"proxy":20}'
  start_proxy --status 407
  export http_proxy=http://127.0.0.1:$PROXY https_proxy=http://127.0.0.1:$PROXY
  failed_with '{"proxy":20} {"http-407":20}'
  start_proxy --stall
  export https_proxy=http://127.0.0.1:$PROXY
  unset http_proxy
  once tls
  expect_field '.rounds[0].errors | tostring' '{"proxy":20}'
  start_proxy --endless # libcurl reads on and on
  export https_proxy=http://127.0.0.1:$PROXY
  once tls
  expect_field '.rounds[0].errors | tostring' '{"proxy":20}'
  export https_proxy=ftp://user:secret@127.0.0.1
  "$WARMD" -c "$CONF" once tls | grep -q '20 proxy'
}

@test "a proxy's password is never shown" {
  start_sim --handler 300
  config "daemon = { stagger = 0; log_requests = true; }; defaults = { warm = 2; interval = \"300ms\"; jitter = 0; };
    endpoints = ( { name = \"tls\"; url = \"https://localhost:$TLS/f\"; }, { name = \"plain\"; url = \"http://localhost:$PLAIN/f\"; } );"
  export https_proxy=nonsense://user:pass-word@127.0.0.1:1 http_proxy=http://user:pass-word@127.0.0.1:1
  start_daemon
  wait_for 10 logged 'tls: 0/2 .*[12] proxy' 2
  wait_for 10 logged 'plain: 0/2 .*[12] proxy' 2
  "$WARMD" -c "$CONF" once --json >"$BATS_TEST_TMPDIR/once" 2>&1 || true
  [ -s "$BATS_TEST_TMPDIR/once" ]
  run ! grep -qE 'pass-?word' "$LOG" "$BATS_TEST_TMPDIR/once"
}

@test "a proxy whose name the resolver doesn't answer for delays neither the others nor a stop" {
  start_sim --handler 300
  config "daemon = { stagger = 0; }; defaults = { warm = 4; interval = \"1h\"; attempts = 1; connect_timeout = \"1min\"; };
    endpoints = ( { name = \"tls\"; url = \"https://localhost:$TLS/f\"; ca_file = \"$CERTS/ca.pem\"; }, { name = \"plain\"; url = \"http://localhost:$PLAIN/f\"; } );"
  export https_proxy=http://fault.invalid:3128
  FAULT_DNS=slow LD_PRELOAD=$PRELOAD start_daemon
  wait_for 10 logged 'plain: 4/4'
  kill -TERM "$DAEMON"
  wait_for 20 gone "$DAEMON"
  wait "$DAEMON"
  logged 'tls: 0/4 .*4 stopped'
}

@test "a proxy with several addresses: the dead ones are left for the others" {
  start_sim --handler 300
  start_proxy
  two_endpoints
  export http_proxy=http://fault.test:$PROXY https_proxy=http://fault.test:$PROXY
  FAULT_ADDRESSES=127.0.0.9,::1,127.0.0.1 LD_PRELOAD=$PRELOAD once
  expect_field '[.rounds[].distinct] | join(" ")' '20 20'
}
