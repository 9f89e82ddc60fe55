#!/usr/bin/env bats
# docs/grafana.json and docs/alerts.yml ask for what the daemon writes.

bats_require_minimum_version 1.5.0
load common.bash

# One run of the daemon for all: instances that are named, some requests that are throttled, a host that refuses.
setup_file() {
  make_certs
  PIDS=
  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
  start_sim --handler 20 --max-instances 3
  export METRICS=$BATS_FILE_TMPDIR/metrics.prom
  config "daemon = { stagger = 0; metrics_file = \"$METRICS\"; }; defaults = { interval = \"1h\"; attempts = 1; }; endpoints = (
    { name = \"orders\"; url = \"http://127.0.0.1:$PLAIN/orders\"; warm = 2; },
    { name = \"reports\"; url = \"http://127.0.0.1:$PLAIN/reports\"; warm = 5; },
    { name = \"search\"; url = \"http://127.0.0.1:9/\"; warm = 1; } );"
  start_daemon
  wait_for 10 grep -q '^lambda_warmd_rounds_total{endpoint="search",result="failed"} 1' "$METRICS"
  wait_for 10 grep -q '^lambda_warmd_rounds_total{endpoint="orders",result="met"} 1' "$METRICS"
  wait_for 10 grep -q '^lambda_warmd_rounds_total{endpoint="reports",result="short"} 1' "$METRICS"
  cp "$METRICS" "$METRICS.then"
  stop_all
}
setup() {
  METRICS=$METRICS.then
  BOARD=$TESTS/../docs/grafana.json
  ALERTS=$TESTS/../docs/alerts.yml
  cd "$BATS_TEST_TMPDIR" || return
}
dashboard() { python3 -B "$TESTS/e2e/dashboard.py" "$@"; }
# with EDIT FILE: the dashboard after a replacement, as FILE.
with() { sed "$1" "$BOARD" >"$2" && ! cmp -s "$BOARD" "$2"; }

@test "the dashboard is one that Grafana imports: panels that don't lie over each other, each with a unit and a description" {
  dashboard form "$BOARD"
}

@test "each of the dashboard's queries names what the daemon writes, and everything that it writes is in a panel" {
  dashboard names "$BOARD" "$METRICS"
}

@test "the alerts name what the daemon writes" {
  dashboard names "$ALERTS" "$METRICS"
}

@test "a misspelt metric, label, value, function or group is found" {
  with 's/lambda_warmd_hold_seconds/lambda_warmd_holds_seconds/' metric.json
  with 's/result=\\"met\\"/results=\\"met\\"/' label.json
  with 's/result=\\"met\\"/result=\\"meet\\"/' value.json
  with 's/increase(/increases(/' function.json
  with 's/sum by (result)/sum by (results)/' group.json
  with 's/lambda_warmd_hold_seconds/lambda_warmd_interval_seconds/' unused.json
  with 's/label_values(lambda_warmd_build_info/label_values(lambda_warmd_build/' variable.json
  for file in *.json; do run ! dashboard names "$file" "$METRICS"; done
  with 's/"#E69F00"/"green"/' colour.json
  with 's/"uid": "${datasource}"/"uid": "prometheus"/' source.json
  with '0,/"x": 3,/s//"x": 2,/' over.json
  for file in colour.json source.json over.json; do run ! dashboard form "$file"; done
}

@test "promtool reads each query, and each finds something" {
  command -v promtool >/dev/null || skip "promtool is not installed (Debian's package prometheus has it)"
  dashboard rules "$BOARD" >rules.json
  promtool check rules rules.json
  dashboard test rules.json "$METRICS" >test.json
  promtool test rules test.json
}
