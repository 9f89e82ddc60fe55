#!/usr/bin/env bats
# daemon.metrics_file: what a collector reads of it, and when.
bats_require_minimum_version 1.5.0
load common

setup_file() { make_certs; }
setup() { PROM=$BATS_TEST_TMPDIR/metrics.prom; }
teardown() { stop_all; }

stop_daemon() {
  kill -TERM "$DAEMON"
  wait "$DAEMON"
}

# metric NAME [LABELS]: its value as the strict reader has it, labels in alphabetical order; empty where it is not there.
metric() {
  python3 -B "$TESTS/e2e/prometheus.py" "$PROM" >"$BATS_TEST_TMPDIR/samples" || return
  awk -v "series=lambda_warmd_$1${2:+{$2\}}" '$1 == series { print $2 }' "$BATS_TEST_TMPDIR/samples"
}

# is VALUE NAME [LABELS]
is() {
  local value=$1 got
  shift
  got=$(metric "$@") || return
  [ "$got" = "$value" ] || { echo "$* is '$got', not '$value'" >&2; return 1; }
}

# lines PATTERN: how many of the daemon's log match.
lines() { grep -cE "$1" "$LOG" || true; }

accepted() {
  ! command -v promtool >/dev/null || promtool check metrics <"$PROM"
}

@test "its sums are those of the journal's lines: met, short, failed, and throttled rounds" {
  start_sim --max-instances 3 --fail-rate 0.15 --cold 30 --handler 5
  config "daemon = { stagger = 0; log_requests = true; metrics_file = \"$PROM\"; };
    defaults = { interval = \"250ms\"; attempts = 1; hold = \"20ms\"; };
    endpoints = ( { name = \"met\"; url = \"http://localhost:$PLAIN/m\"; warm = 2; },
                  { name = \"limited\"; url = \"http://localhost:$PLAIN/t\"; warm = 5; },
                  { name = \"failing\"; url = \"http://127.0.0.1:9/\"; warm = 3; } );"
  start_daemon
  wait_for 30 logged ' met: 2/2 warm' 5
  wait_for 30 logged ' met: [01]/2 warm' 2
  wait_for 30 logged ' limited: [0-9]+/5 warm .* throttled' 2
  wait_for 30 logged ' failing: 0/3 warm' 2
  stop_daemon
  accepted
  for name in met limited failing; do
    rounds=$(lines " $name: [0-9]+/[0-9]+ warm")
    none=$(lines " $name: .*none answered as expected")
    full=$(lines " $name: ([0-9]+)/\1 warm")
    is "$full" rounds_total "endpoint=\"$name\",result=\"met\""
    is "$none" rounds_total "endpoint=\"$name\",result=\"failed\""
    is $((rounds - full - none)) rounds_total "endpoint=\"$name\",result=\"short\""
    ok=$(lines " $name: request [0-9]+: 200 from ")
    throttled=$(lines " $name: request [0-9]+: throttled")
    is "$ok" requests_total "endpoint=\"$name\",result=\"ok\""
    is "$throttled" requests_total "endpoint=\"$name\",result=\"throttled\""
    is $(($(lines " $name: request ") - ok - throttled)) requests_total "endpoint=\"$name\",result=\"failed\""
    is "$ok" request_duration_seconds_count "endpoint=\"$name\""
    # The log rounds to a tenth of a millisecond.
    ms=$(sed -nE "s/.* $name: request [0-9]+: 200 from .* in ([0-9.]+) ms$/\1/p" "$LOG" | awk '{ sum += $1 } END { print sum + 0 }')
    awk -v log_ms="$ms" -v n="$ok" -v s="$(metric request_duration_seconds_sum "endpoint=\"$name\"")" \
      'BEGIN { d = s * 1000 - log_ms; exit !(d * d <= (n * 0.06 + 0.01) ^ 2) }'
    last=$(grep -oE " $name: [0-9]+/[0-9]+ warm" "$LOG" | tail -n 1 | sed -E 's/.* ([0-9]+)\/.*/\1/')
    is "$last" warm_instances "endpoint=\"$name\""
  done
  for name in met limited; do
    cold=$(sed -nE "s/.* $name: .*warm \(.*, ([0-9]+) cold\).*/\1/p" "$LOG" | awk '{ sum += $1 } END { print sum + 0 }')
    is "$cold" cold_starts_total "endpoint=\"$name\""
    [ "$cold" -ge 1 ]
    [ "$(metric estimated_cost_usd_total "endpoint=\"$name\"")" != 0 ]
  done
  is "" cold_starts_total 'endpoint="failing"' # nobody has told
  # What the simulator has bound is what was counted.
  is "$(stats | jq '.functions["/t"].throttled')" requests_total 'endpoint="limited",result="throttled"'
}

@test "it is there from the start, before any round has ended" {
  start_sim --handler 60000 --cold 0
  config "daemon = { stagger = 0; metrics_file = \"metrics.prom\"; };
    endpoints = ( { name = \"slow\"; url = \"http://localhost:$PLAIN/\"; warm = 4; interval = \"1h\"; hold = \"30ms\"; timeout = \"2min\"; } );"
  start_daemon
  wait_for 10 test -e "$PROM" # beside the configuration, as it is relative
  accepted
  is 4 warm_target 'endpoint="slow"'
  is 3600 interval_seconds 'endpoint="slow"'
  is 0.03 hold_seconds 'endpoint="slow"'
  is 0 rounds_total 'endpoint="slow",result="met"'
  is "" warm_instances 'endpoint="slow"'
  is "" last_round_timestamp_seconds 'endpoint="slow"'
  is 1 config_last_reload_successful
  version=$("$WARMD" --version | sed -nE '1s/.* ([0-9.]+).*/\1/p')
  is 1 build_info "version=\"$version\""
  # The round that ends while the daemon does is counted, too.
  kill -TERM "$DAEMON"
  stop_daemon
  is 1 rounds_total 'endpoint="slow",result="failed"'
  is 4 requests_total 'endpoint="slow",result="failed"'
}

@test "anyone may read it, whatever the umask is" {
  start_sim
  config "daemon = { stagger = 0; metrics_file = \"$PROM\"; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/\"; interval = \"1h\"; } );"
  umask 0077
  start_daemon
  wait_for 10 is 1 rounds_total 'endpoint="a",result="met"'
  [ "$(stat -c %a "$PROM")" = 644 ]
  [ "$(date +%s)" -ge "$(metric last_round_timestamp_seconds 'endpoint="a"' | cut -d. -f1)" ]
  [ "$(find "$BATS_TEST_TMPDIR" -name 'metrics.prom*' | wc -l)" -eq 1 ]
}

@test "a reload: a bad one is told, who stays goes on counting, who goes is gone, and so is a file of another name" {
  start_sim
  two() { config "daemon = { stagger = 0; $1 }; defaults = { interval = \"1h\"; warm = 2; };
    endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; }, { name = \"$2\"; url = \"http://localhost:$PLAIN/b\"; } );"; }
  reload() { kill -HUP "$DAEMON"; }
  two "metrics_file = \"$PROM\";" b
  start_daemon
  wait_for 10 is 1 rounds_total 'endpoint="a",result="met"'
  wait_for 10 is 1 rounds_total 'endpoint="b",result="met"'
  config 'endpoints = ( nonsense );'
  reload
  wait_for 10 is 0 config_last_reload_successful
  is 1 rounds_total 'endpoint="a",result="met"'
  kill -USR1 "$DAEMON"
  wait_for 10 is 2 rounds_total 'endpoint="a",result="met"'
  is 0 config_last_reload_successful
  two "metrics_file = \"$PROM\";" c
  reload
  wait_for 10 is 1 config_last_reload_successful
  wait_for 10 is 1 rounds_total 'endpoint="c",result="met"'
  is 2 rounds_total 'endpoint="a",result="met"'
  run ! grep -q '"b"' "$PROM"
  two "metrics_file = \"$PROM.2\";" c
  old=$PROM PROM=$PROM.2
  reload
  wait_for 10 test -e "$PROM"
  [ ! -e "$old" ]
  two '' c
  reload
  wait_for 10 gone_file "$PROM"
  kill -USR1 "$DAEMON"
  wait_for 10 logged ' a: 2/2' 3
  [ ! -e "$PROM" ]
  # What went on without a file was counted.
  two "metrics_file = \"$PROM\";" c
  reload
  wait_for 10 is 3 rounds_total 'endpoint="a",result="met"'
}
gone_file() { [ ! -e "$1" ]; }

@test "who reads it during many rounds never sees half of one, and no counter goes back" {
  start_sim --cold 0
  {
    echo "daemon = { stagger = \"500ms\"; metrics_file = \"$PROM\"; }; defaults = { warm = 1; interval = \"500ms\"; hold = 0; }; endpoints = ("
    for i in $(seq 40); do
      echo "  { name = \"endpoint-of-a-team-$i\"; url = \"http://localhost:$PLAIN/f\"; }$([ "$i" -eq 40 ] || echo ,)"
    done
    echo ");"
  } >"$BATS_TEST_TMPDIR/test.conf"
  CONF=$BATS_TEST_TMPDIR/test.conf
  start_daemon
  wait_for 10 test -e "$PROM"
  run -0 python3 -B "$TESTS/e2e/prometheus.py" --watch "$PROM" 60 60
  echo "$output"
  [ "$(stat -c %s "$PROM")" -gt 65536 ] # more than one write
  accepted
}

@test "where it can't be written that is said once, and again after it has worked; rounds go on" {
  start_sim
  PROM=$BATS_TEST_TMPDIR/folder/metrics.prom
  config "daemon = { stagger = 0; metrics_file = \"$PROM\"; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/\"; interval = \"200ms\"; } );"
  start_daemon
  wait_for 10 logged ' a: 1/1 warm' 4
  [ "$(lines 'cannot write .*/folder/metrics.prom: No such file or directory')" -eq 1 ]
  mkdir "$BATS_TEST_TMPDIR/folder"
  wait_for 10 test -e "$PROM"
  rounds=$(lines ' a: 1/1 warm')
  [ "$(metric rounds_total 'endpoint="a",result="met"')" -ge 4 ]
  wait_for 10 logged ' a: 1/1 warm' $((rounds + 2))
  [ "$(lines 'cannot write')" -eq 1 ]
  mv "$BATS_TEST_TMPDIR/folder" "$BATS_TEST_TMPDIR/away"
  wait_for 10 logged 'cannot write' 2
  rounds=$(lines ' a: 1/1 warm')
  wait_for 10 logged ' a: 1/1 warm' $((rounds + 3))
  [ "$(lines 'cannot write')" -eq 2 ]
}

@test "promtool finds no fault with it" {
  command -v promtool >/dev/null || skip "promtool is not installed (Debian's package prometheus has it)"
  start_sim
  config "daemon = { stagger = 0; metrics_file = \"$PROM\"; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/\"; interval = \"1h\"; warm = 3; } );"
  start_daemon
  wait_for 10 is 1 rounds_total 'endpoint="a",result="met"'
  run promtool check metrics <"$PROM"
  echo "$output"
  [ "$status" -eq 0 ] && [ -z "$output" ]
}

# drop_in LINE: carries out that line of the drop-in in docs/journal.md, with the folders of this test.
drop_in() {
  local command
  command=$(sed -n "s/^$1=+//p" "$TESTS/../docs/journal.md")
  [ -n "$command" ] || { echo "docs/journal.md has no $1" >&2; return 1; }
  command=${command//\/run\/lambda-warmd/$BATS_TEST_TMPDIR/run}
  command=${command//\/var\/lib\/prometheus\/node-exporter/$BATS_TEST_TMPDIR/textfiles}
  sh -c "$command"
}
scrape() { curl -fsS "http://127.0.0.1:$EXPORTER/metrics" >scraped; }
scraped() { scrape && grep -qxE "$1" scraped; }

@test "Debian's node_exporter shows it by the link of docs/journal.md, and complains of nothing, before, meanwhile and after" {
  command -v prometheus-node-exporter >/dev/null || skip "prometheus-node-exporter is not installed"
  cd "$BATS_TEST_TMPDIR"
  mkdir run textfiles
  PROM=$BATS_TEST_TMPDIR/run/metrics.prom
  prometheus-node-exporter --web.listen-address=127.0.0.1:0 --collector.disable-defaults --collector.textfile \
    --collector.textfile.directory="$BATS_TEST_TMPDIR/textfiles" 2>exporter.log 3>&- &
  started $!
  wait_for 10 grep -q 'msg="Listening on"' exporter.log
  EXPORTER=$(sed -n 's/.*msg="Listening on" address=127.0.0.1:\([0-9]*\).*/\1/p' exporter.log)
  wait_for 10 scraped 'node_textfile_scrape_error 0'
  run ! grep -q lambda_warmd scraped
  start_sim
  config "daemon = { stagger = 0; metrics_file = \"$PROM\"; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/\"; interval = \"1h\"; warm = 3; } );"
  start_daemon
  wait_for 10 test -e "$PROM"
  drop_in ExecStartPost
  wait_for 10 scraped 'lambda_warmd_rounds_total\{endpoint="a",result="met"\} 1'
  grep -qxF 'node_textfile_scrape_error 0' scraped
  # As it was written, but for the order and the way in which numbers are printed.
  grep -oE '^lambda_warmd_[^ ]+' "$PROM" | sed -E 's/le="([0-9]+)\.0"/le="\1"/' | sort >written
  grep -oE '^lambda_warmd_[^ ]+' scraped | sort | diff written -
  stop_daemon
  drop_in ExecStopPost
  rm -r run # as systemd does
  scrape
  run ! grep -q lambda_warmd scraped
  grep -qxF 'node_textfile_scrape_error 0' scraped
  run ! grep -q 'level=error' exporter.log
}

@test "the strict reader is strict" {
  reject() {
    printf '%b' "$1" >"$PROM"
    run ! metric x
  }
  head='# HELP lambda_warmd_x X.\n# TYPE lambda_warmd_x gauge\n'
  printf '%b' "${head}lambda_warmd_x{a=\"1\\\\\\\\\"} 1.5\n" >"$PROM"
  run -0 metric x 'a="1\\\\"'
  reject "${head}lambda_warmd_x 1"
  reject "${head}lambda_warmd_x{a=\"1\"b=\"2\"} 1\n"
  reject "${head}lambda_warmd_x{a=\"\\\\\\\\x\\\\q\"} 1\n"
  reject "${head}lambda_warmd_x{a=\"1} 1\n"
  reject "${head}lambda_warmd_x 1\nlambda_warmd_x 1\n"
  reject "${head}lambda_warmd_y 1\n"
  reject 'lambda_warmd_x 1\n'
  h='# HELP lambda_warmd_h H.\n# TYPE lambda_warmd_h histogram\nlambda_warmd_h_bucket{le="1"} 2\n'
  reject "${h}lambda_warmd_h_bucket{le=\"+Inf\"} 1\nlambda_warmd_h_sum 1\nlambda_warmd_h_count 1\n"
  reject "${h}lambda_warmd_h_bucket{le=\"+Inf\"} 3\nlambda_warmd_h_sum 1\nlambda_warmd_h_count 2\n"
  reject "${h}lambda_warmd_h_bucket{le=\"+Inf\"} 2\nlambda_warmd_h_count 2\n"
  printf '%b' "${h}lambda_warmd_h_bucket{le=\"+Inf\"} 2\nlambda_warmd_h_sum 1\nlambda_warmd_h_count 2\n" >"$PROM"
  is 2 h_count
}
