#!/usr/bin/env bats
# What is rare: answers at the edge of HTTP, resources that run out, streams that are closed, stops at a bad moment.
load common

setup_file() {
  make_certs
  PRELOAD=${WARMD_BUILD:-$BATS_TEST_DIRNAME/../../build}/tests/preload.so
  export PRELOAD
}
teardown() { stop_all; }

with_faults() { LD_PRELOAD=$PRELOAD "$@"; }

@test "descriptors that run out when a volley is set up: the round is recorded, the daemon lives on" {
  start_sim --handler 20
  config "daemon = { stagger = 0; }; defaults = { warm = 40; interval = \"300ms\"; jitter = 0; };
    endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PLAIN/f\"; }, { name = \"b\"; url = \"https://localhost:$TLS/f\"; ca_file = \"$CERTS/ca.pem\"; } );"
  # The loop takes the first.
  FAULT_EPOLL=2 with_faults start_daemon
  wait_for 10 logged '[ab]: 0/40 warm \(none answered\); 40 descriptors: Too many open files' 4
  kill -TERM "$DAEMON"
  wait "$DAEMON"
}
