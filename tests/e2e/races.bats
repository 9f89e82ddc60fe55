#!/usr/bin/env bats
# A name with several addresses, and what happens while libcurl tries two of them at once.
load common

setup_file() {
  make_certs
  PRELOAD=${WARMD_BUILD:-$BATS_TEST_DIRNAME/../../build}/tests/preload.so
  export PRELOAD
}
setup() { unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY; }
teardown() { stop_all; }

# start_roads OPTIONS...: in a network of its own from here on: the daemon, the simulator, its statistics.
start_roads() {
  [ "$(id -u)" -eq 0 ] && [ -e /dev/net/tun ] && unshare -n true 2>/dev/null || skip "needs root and /dev/net/tun"
  python3 "$TESTS/faults/roads.py" "$@" >"$BATS_TEST_TMPDIR/roads.out" 2>&1 3>&- &
  started $!
  wait_for 10 test -s "$BATS_TEST_TMPDIR/roads.out"
  ROADS=$(head -n 1 "$BATS_TEST_TMPDIR/roads.out")
  local name
  for name in lambda-warmd lambda-sim; do
    printf '#!/bin/sh\nexec nsenter -t %s -n %s "$@"\n' "$ROADS" "$BUILD/$name" >"$BATS_TEST_TMPDIR/$name"
    chmod +x "$BATS_TEST_TMPDIR/$name"
  done
  WARMD=$BATS_TEST_TMPDIR/lambda-warmd SIM=$BATS_TEST_TMPDIR/lambda-sim
}

asked() { nsenter -t "$ROADS" -n curl -sS --noproxy '*' "http://10.77.0.1:$PLAIN/_sim/stats" | jq .requests; }

# races ADDRESSES URL [KEYS]: all of 6 are answered, each asked once, though the name has these addresses. Their instances are busy
# for longer than the bodies take to arrive, wherever that is slow: none serves two.
races() {
  config "endpoints = ( { name = \"a\"; url = \"$2\"; warm = 6; attempts = 2; timeout = \"4s\"; http_version = \"1.1\"; ${3:-} } );"
  echo "$1 $2" >&2
  local before after
  before=$(asked)
  FAULT_ADDRESSES=$1 LD_PRELOAD=$PRELOAD once
  after=$(asked)
  expect_field '.rounds[0] | "\(.ok) \(.distinct) \(.sent) \(.attempts)"' '6 6 6 1'
  [ $((after - before)) -eq 6 ]
}

large_body() { head -c 300000 /dev/zero | tr '\0' x; }

@test "a dead IPv6 path beside a live IPv4: every answer is read when it comes" {
  start_roads
  start_sim --bind 0.0.0.0 --handler 500
  races fd77::9,10.77.0.2 "http://fault.test:$PLAIN/f"
  races 10.77.0.9,10.77.0.2 "http://fault.test:$PLAIN/f"
  races fd77::9,10.77.0.2 "https://fault.test:$TLS/f" "ca_file = \"$CERTS/ca.pem\";"
}

@test "the same with a body that takes several writes" {
  start_roads
  start_sim --bind 0.0.0.0 --handler 500
  races fd77::9,10.77.0.2 "http://fault.test:$PLAIN/f" "body = \"$(large_body)\";"
  races fd77::9,10.77.0.2 "https://fault.test:$TLS/f" "ca_file = \"$CERTS/ca.pem\"; body = \"$(large_body)\";"
}

@test "both families alive, and slow to connect" {
  start_roads --delay 150
  start_sim --bind :: --handler 500
  races fd77::2,10.77.0.2 "http://fault.test:$PLAIN/f"
  races 10.77.0.2,fd77::2 "http://fault.test:$PLAIN/f" "body = \"$(large_body)\";"
  races fd77::2,10.77.0.2 "https://fault.test:$TLS/f" "ca_file = \"$CERTS/ca.pem\";"
}

@test "the first SYN of each family is lost" {
  start_roads
  start_sim --bind :: --handler 500
  races fd77::4,10.77.0.4 "http://fault.test:$PLAIN/f"
}

@test "a dead IPv6 path beside an IPv4 address that refuses slowly, and one that answers" {
  start_roads --delay 150
  start_sim --bind 10.77.0.1 --handler 500
  races fd77::9,10.77.0.8,10.77.0.2 "http://fault.test:$PLAIN/f"
  races 10.77.0.8,fd77::9,10.77.0.8,10.77.0.2 "http://fault.test:$PLAIN/f"
}

@test "TLS through a proxy of which one address is dead, or both are slow" {
  start_roads --delay 150
  start_sim --bind 0.0.0.0 --handler 500
  nsenter -t "$ROADS" -n python3 "$TESTS/faults/proxyd.py" --bind :: >"$BATS_TEST_TMPDIR/proxy" 2>&1 3>&- &
  started $!
  wait_for 10 test -s "$BATS_TEST_TMPDIR/proxy"
  https_proxy=http://fault.test:$(head -n 1 "$BATS_TEST_TMPDIR/proxy")
  export https_proxy
  local keys="ca_file = \"$CERTS/ca.pem\";"
  races fd77::9,10.77.0.2 "https://localhost:$TLS/f" "$keys"
  races fd77::2,10.77.0.2 "https://localhost:$TLS/f" "$keys"
  races fd77::9,10.77.0.2 "https://localhost:$TLS/f" "$keys body = \"$(large_body)\";"
}
