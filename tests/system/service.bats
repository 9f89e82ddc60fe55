#!/usr/bin/env bats
# The installed unit under a real systemd, with its hardening, against lambda-sim on the box's loopback.

bats_require_minimum_version 1.5.0
load ../e2e/common

setup_file() {
  export BOX=$BATS_FILE_TMPDIR/box
  local status=0 out root
  out=$("$BATS_TEST_DIRNAME/box.sh" "$BOX" up) || status=$?
  if [ $status -eq 69 ]; then
    export NOT_HERE=$out
    return
  fi
  [ $status -eq 0 ] || { echo "$out"; return 1; }
  root=$("$BATS_TEST_DIRNAME/box.sh" "$BOX" root)
  export ROOT=$root
  env -u MAKEFLAGS make -s -C "$TESTS/.." BUILD="$BUILD" SAN="${WARMD_SAN:-}" PREFIX=/usr/local install DESTDIR="$ROOT" >&2
  in_box systemctl daemon-reload
  in_box journalctl --update-catalog

  make_certs
  cp "$SIM" "$ROOT/usr/local/bin/lambda-sim"
  mkdir -p "$ROOT/etc/lambda-sim" "$ROOT/etc/lambda-warmd/secrets"
  cp "$CERTS/server.pem" "$CERTS/server.key" "$ROOT/etc/lambda-sim"
  install -m 600 "$CERTS/ca.pem" "$ROOT/etc/lambda-warmd/secrets/ca"
  in_box systemd-run --quiet --unit=lambda-sim lambda-sim --port 9443 --plain-port 9080 --cold 50 --handler 20 \
    --tls-cert /etc/lambda-sim/server.pem --tls-key /etc/lambda-sim/server.key --lifetime 600
  wait_for 10 sim_is_up
}

teardown_file() {
  [ -n "${NOT_HERE:-}" ] || "$BATS_TEST_DIRNAME/box.sh" "$BOX" down
}

# Each test starts from a stopped unit with no drop-in and no memory.
setup() {
  [ -z "${NOT_HERE:-}" ] || skip "$NOT_HERE"
  in_box systemctl stop lambda-warmd
  rm -rf "$ROOT/etc/systemd/system/lambda-warmd.service.d"
  in_box systemctl daemon-reload
  in_box systemctl reset-failed lambda-warmd 2>/dev/null || :
  in_box systemctl clean --what=state lambda-warmd
  # Only this test's entries count.
  SINCE=@$(date +%s.%6N)
}

sim_stats() { in_box curl -fs http://127.0.0.1:9080/_sim/stats; }
sim_is_up() { sim_stats >/dev/null; }
in_box() { "$BATS_TEST_DIRNAME/box.sh" "$BOX" run "$@"; }
config() { printf '%s\n' "$1" >"$ROOT/etc/lambda-warmd/lambda-warmd.conf"; }
good_config() {
  config 'daemon = { stagger = 0; };
    endpoints = ( { name = "orders"; url = "http://127.0.0.1:9080/orders"; warm = 5; interval = "1h"; } );'
}
drop_in() {
  mkdir -p "$ROOT/etc/systemd/system/lambda-warmd.service.d"
  printf '[Service]\n%s\n' "$1" >"$ROOT/etc/systemd/system/lambda-warmd.service.d/test.conf"
  in_box systemctl daemon-reload
}
show() { in_box systemctl show -P "$1" lambda-warmd; }
shows() { [ "$(show "$1")" = "$2" ]; }
# entries [MATCH...]: the daemon's journal since the test began, one JSON object a line.
entries() { in_box journalctl --since="$SINCE" -o json --all SYSLOG_IDENTIFIER=lambda-warmd "$@"; }
has_entry() { [ -n "$(entries "$@")" ]; }

@test "the installed unit is one that systemd finds no fault with" {
  run in_box systemd-analyze verify lambda-warmd.service
  echo "$output"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "installing enables and starts nothing" {
  run in_box systemctl is-enabled lambda-warmd
  [ "$output" = disabled ]
}

@test "its exposure is at the floor of a network client" {
  run in_box systemd-analyze security --no-pager lambda-warmd
  [[ "$output" =~ 'exposure level for lambda-warmd.service: '([0-9]+)\.([0-9]) ]]
  echo "${BASH_REMATCH[0]}"
  [ $((BASH_REMATCH[1] * 10 + BASH_REMATCH[2])) -le 13 ]
}

@test "it starts, keeps an endpoint warm, and tells the journal every field" {
  good_config
  in_box systemctl start lambda-warmd
  [ "$(in_box systemctl is-active lambda-warmd)" = active ]
  wait_for 10 has_entry WARM_EVENT=round
  entries WARM_EVENT=started >"$BATS_TEST_TMPDIR/started"
  [ "$(jq -r .PRIORITY "$BATS_TEST_TMPDIR/started")" = 6 ]
  entries WARM_EVENT=round | head -n 1 >"$BATS_TEST_TMPDIR/round"
  cat "$BATS_TEST_TMPDIR/round"
  jq -e '.WARM_ENDPOINT == "orders" and .WARM_RESULT == "met" and .WARM_TARGET == "5" and .WARM_SENT == "5" and
    .WARM_OK == "5" and .WARM_FAILED == "0" and .WARM_THROTTLED == "0" and .WARM_DISTINCT == "5" and .WARM_COLD == "5" and
    .WARM_PEAK == "5" and .WARM_INTERVAL_USEC == "3600000000" and .PRIORITY == "6" and ._TRANSPORT == "journal"' \
    "$BATS_TEST_TMPDIR/round"
  jq -e '.WARM_ROUND | test("^[0-9a-f]{32}$")' "$BATS_TEST_TMPDIR/round"
  jq -e '[.WARM_SKEW_USEC, .WARM_CONNECT_USEC, .WARM_P50_USEC, .WARM_P99_USEC, .WARM_MAX_USEC, .WARM_HOLD_USEC, .WARM_ATTEMPTS]
    | all(test("^[0-9]+$"))' "$BATS_TEST_TMPDIR/round"
  jq -e '.MESSAGE | test("^orders: 5/5 warm \\(5 distinct, 5 cold\\), skew [0-9.]+ ms, p99 [0-9.]+ ms$")' "$BATS_TEST_TMPDIR/round"
  # Its kind has an explanation in the catalog, as installed.
  in_box journalctl --since="$SINCE" -x "MESSAGE_ID=$(jq -r .MESSAGE_ID "$BATS_TEST_TMPDIR/round")" |
    grep -F 'Defined-By: lambda-warmd'
}

@test "systemctl status shows how warm it is" {
  good_config
  in_box systemctl start lambda-warmd
  wait_for 10 has_entry WARM_EVENT=round
  status_line() { show StatusText | grep -qE '^1 endpoint, 5/5 warm, worst skew .* ms, next round at [0-9:]+'; }
  wait_for 10 status_line
  in_box systemctl status lambda-warmd | grep -F 'Status: "1 endpoint, 5/5 warm'
}

@test "its metrics are in a file of the runtime folder that any user may read" {
  config 'daemon = { stagger = 0; metrics_file = "/run/lambda-warmd/metrics.prom"; };
    endpoints = ( { name = "orders"; url = "http://127.0.0.1:9080/orders"; warm = 5; interval = "1h"; } );'
  in_box systemctl start lambda-warmd
  wait_for 10 has_entry WARM_EVENT=round
  metrics() { in_box setpriv --reuid=65534 --clear-groups cat /run/lambda-warmd/metrics.prom; }
  counted() { metrics | grep -qxF 'lambda_warmd_rounds_total{endpoint="orders",result="met"} 1'; }
  wait_for 10 counted
  run ! has_entry WARM_EVENT=metrics-unwritable
}

@test "the link for node_exporter comes and goes with the service, as lambda-warmd(8) has it" {
  local folder=$ROOT/var/lib/prometheus/node-exporter
  mkdir -p "$folder"
  config 'daemon = { stagger = 0; metrics_file = "/run/lambda-warmd/metrics.prom"; };
    endpoints = ( { name = "orders"; url = "http://127.0.0.1:9080/orders"; warm = 5; interval = "1h"; } );'
  drop_in "$(sed -n '/^ExecStartPost=/,/^\.Ed/p' "$TESTS/../docs/man/lambda-warmd.8" | sed '$d; s/\\e$/\\/')"
  in_box systemctl start lambda-warmd
  [ "$(readlink "$folder/lambda-warmd.prom")" = /run/lambda-warmd/metrics.prom ]
  readable() { in_box setpriv --reuid=65534 --clear-groups grep -q '^lambda_warmd_build_info' /var/lib/prometheus/node-exporter/lambda-warmd.prom; }
  wait_for 10 readable
  in_box systemctl stop lambda-warmd
  [ -z "$(ls -A "$folder")" ]
}

@test "Debian's node_exporter shows the metrics while the service runs, and complains of nothing when it is stopped or killed" {
  [ -e "$ROOT/lib/systemd/system/prometheus-node-exporter.service" ] || skip "prometheus-node-exporter is not installed"
  config 'daemon = { stagger = 0; metrics_file = "/run/lambda-warmd/metrics.prom"; };
    endpoints = ( { name = "orders"; url = "http://127.0.0.1:9080/orders"; warm = 5; interval = "1h"; } );'
  drop_in "$(sed -n '/^ExecStartPost=/,/^```/p' "$TESTS/../docs/journal.md" | sed '$d')"
  in_box systemctl start prometheus-node-exporter
  scrape() { in_box curl -fsS http://127.0.0.1:9100/metrics >"$BATS_TEST_TMPDIR/scraped"; }
  shows() { scrape && grep -qxF "$1" "$BATS_TEST_TMPDIR/scraped"; }
  hides() { scrape && ! grep -q lambda_warmd "$BATS_TEST_TMPDIR/scraped" && shows 'node_textfile_scrape_error 0'; }
  wait_for 20 hides
  in_box systemctl start lambda-warmd
  wait_for 10 shows 'lambda_warmd_rounds_total{endpoint="orders",result="met"} 1'
  shows 'node_textfile_scrape_error 0'
  # It starts again by itself, and its metrics are back.
  local before
  before=$(show MainPID)
  in_box systemctl kill --signal=KILL lambda-warmd
  restarted() { [ "$(show MainPID)" != "$before" ] && [ "$(show ActiveState)" = active ]; }
  wait_for 20 restarted
  wait_for 10 shows 'lambda_warmd_warm_target{endpoint="orders"} 5'
  shows 'node_textfile_scrape_error 0'
  in_box systemctl stop lambda-warmd
  hides
  in_box systemctl stop prometheus-node-exporter
}

@test "it is ready when the configuration is read, not when the network answers" {
  # Connections are taken, and then nobody speaks.
  in_box systemd-run --quiet --unit=silent python3 -c 'import socket, time
listener = socket.create_server(("127.0.0.1", 9444))
time.sleep(60)'
  listening() { in_box ss -Hltn 'sport = 9444' | grep -q .; }
  wait_for 10 listening
  config 'daemon = { stagger = 0; };
    endpoints = ( { name = "silent"; url = "https://127.0.0.1:9444/"; connect_timeout = 30; } );'
  in_box systemctl start lambda-warmd
  connected() { in_box ss -Htn 'dport = 9444' | grep -q ESTAB; }
  wait_for 10 connected
  shows SubState running
  has_entry WARM_EVENT=started
  run ! has_entry WARM_EVENT=round
}

@test "a filter that kills instead of refusing finds nothing to kill: TLS, names, credentials, reload, rounds on demand" {
  drop_in 'SystemCallErrorNumber=kill
LoadCredential=ca:/etc/lambda-warmd/secrets/ca'
  config 'daemon = { stagger = 0; };
    endpoints = ( { name = "tls"; url = "https://localhost:9443/tls"; warm = 20; interval = "1h"; ca_file = "credential:ca"; },
                  { name = "nowhere"; url = "https://nowhere.invalid/"; interval = "1h"; } );'
  in_box systemctl start lambda-warmd
  wait_for 10 has_entry WARM_EVENT=round WARM_ENDPOINT=tls WARM_RESULT=met WARM_DISTINCT=20
  wait_for 10 has_entry WARM_EVENT=round WARM_ENDPOINT=nowhere WARM_RESULT=failed
  in_box systemctl reload lambda-warmd
  wait_for 10 has_entry WARM_EVENT=reloaded
  in_box systemctl kill --signal=USR1 lambda-warmd
  two_rounds() { [ "$(entries WARM_EVENT=round WARM_ENDPOINT=tls WARM_RESULT=met | wc -l)" -ge 2 ]; }
  wait_for 10 two_rounds
  in_box systemctl stop lambda-warmd
  [ "$(show Result) $(show ExecMainStatus) $(show NRestarts)" = "success 0 0" ]
}

@test "it runs as nobody in particular, without capabilities, filtered, and can raise its descriptors" {
  good_config
  in_box systemctl start lambda-warmd
  in_box cat "/proc/$(show MainPID)/status" >"$BATS_TEST_TMPDIR/status"
  cat "$BATS_TEST_TMPDIR/status"
  grep -qE '^Uid:\s+6[0-9]{4}\s' "$BATS_TEST_TMPDIR/status"
  grep -qE '^CapEff:\s+0+$' "$BATS_TEST_TMPDIR/status"
  grep -qE '^CapBnd:\s+0+$' "$BATS_TEST_TMPDIR/status"
  grep -qE '^NoNewPrivs:\s+1$' "$BATS_TEST_TMPDIR/status"
  grep -qE '^Seccomp:\s+2$' "$BATS_TEST_TMPDIR/status"
  drop_in 'LimitNOFILE=1024:4096'
  in_box systemctl restart lambda-warmd
  in_box cat "/proc/$(show MainPID)/limits" | grep -E '^Max open files +4096 +4096 '
  in_box cat "/proc/$(show MainPID)/limits" | grep -E '^Max core file size +0 +0 '
}

@test "reload: the new plan is in force, and the daemon says when" {
  good_config
  in_box systemctl start lambda-warmd
  local pid
  pid=$(show MainPID)
  config 'daemon = { stagger = 0; };
    endpoints = ( { name = "billing"; url = "http://127.0.0.1:9080/billing"; warm = 3; interval = "1h"; } );'
  in_box systemctl reload lambda-warmd
  wait_for 10 has_entry WARM_EVENT=reloaded
  wait_for 10 has_entry WARM_EVENT=round WARM_ENDPOINT=billing WARM_RESULT=met
  [ "$(show MainPID)" = "$pid" ]
  shows SubState running
}

@test "reload of a bad configuration fails visibly, and the old plan stays" {
  good_config
  in_box systemctl start lambda-warmd
  local pid
  pid=$(show MainPID)
  wait_for 10 has_entry WARM_EVENT=round WARM_ENDPOINT=orders
  config 'endpoints = ( { name = "orders"; url = "http://127.0.0.1:9080/orders"; wram = 5; } );'
  run in_box systemctl reload lambda-warmd
  [ "$status" -ne 0 ]
  [ "$(show MainPID)" = "$pid" ]
  in_box journalctl --since="$SINCE" -u lambda-warmd | grep -F 'lambda-warmd.conf:1: '
  has_entry WARM_EVENT=reload-rejected
  # What ExecReload= itself says is found by the identifier, too.
  entries | jq -r .MESSAGE | grep -F 'not reloaded: /etc/lambda-warmd/lambda-warmd.conf: rejected'
  rejected() { show StatusText | grep -qE '^configuration of [0-9:]+ rejected: .*lambda-warmd.conf:1: .*; 1 endpoint, '; }
  wait_for 10 rejected
  run in_box lambda-warmd status --check
  [ "$status" -eq 1 ]
  # A HUP of one's own is rejected by the daemon in the same way.
  in_box systemctl kill --signal=HUP lambda-warmd
  two_rejections() { [ "$(entries WARM_EVENT=reload-rejected | wc -l)" -ge 2 ]; }
  wait_for 10 two_rejections
  shows SubState running
  in_box systemctl kill --signal=USR1 lambda-warmd
  two_rounds() { [ "$(entries WARM_EVENT=round WARM_ENDPOINT=orders WARM_RESULT=met | wc -l)" -ge 2 ]; }
  wait_for 10 two_rounds
}

@test "reload: a secret that only the daemon can't see makes it fail, and says what to do" {
  drop_in 'LoadCredential=token:/etc/lambda-warmd/secrets/ca'
  good_config
  in_box systemctl start lambda-warmd
  config 'endpoints = ( { name = "orders"; url = "http://127.0.0.1:9080/orders"; interval = "1h"; headers = ( "X-Key: ${credential:tokn}" ); } );'
  run in_box systemctl reload lambda-warmd
  [ "$status" -ne 0 ]
  shows SubState running
  entries | jq -r .MESSAGE | grep -E "conf:1: .*'tokn'.*LoadCredential=tokn:.*systemctl edit lambda-warmd.*restart"
  in_box systemctl stop lambda-warmd
  # The ordinary first use: a secret in the configuration, and none in the unit yet.
  rm -rf "$ROOT/etc/systemd/system/lambda-warmd.service.d"
  in_box systemctl daemon-reload
  good_config
  in_box systemctl start lambda-warmd
  config 'endpoints = ( { name = "orders"; url = "http://127.0.0.1:9080/orders"; interval = "1h"; headers = ( "X-Key: ${credential:token}" ); } );'
  run in_box systemctl reload lambda-warmd
  [ "$status" -ne 0 ]
  shows SubState running
  entries | jq -r .MESSAGE | grep -E 'CREDENTIALS_DIRECTORY is not set: .*LoadCredential=.*systemctl edit lambda-warmd.*restart'
  in_box lambda-warmd reload || [ $? -eq 78 ]
  good_config
  in_box systemctl reload lambda-warmd
  in_box lambda-warmd reload | grep -F '1 endpoint, 5 instances, in force'
  run ! in_box setpriv --reuid=65534 --clear-groups lambda-warmd reload
  in_box setpriv --reuid=65534 --clear-groups lambda-warmd status | grep -E '^orders +[05]/5 '
}

@test "a secret whose file is missing ends the start, and nothing tries again" {
  drop_in 'LoadCredential=token:/etc/lambda-warmd/secrets/none
RestartSec=100ms'
  good_config
  run in_box systemctl start lambda-warmd
  [ "$status" -ne 0 ]
  [ "$(show SubState) $(show ExecMainStatus) $(show NRestarts)" = "failed 243 0" ]
}

@test "a bad configuration at the start: the start fails with 78, and nothing tries again" {
  config 'endpoints = ( { name = "orders"; url = "ftp://127.0.0.1/"; } );'
  run in_box systemctl start lambda-warmd
  [ "$status" -ne 0 ]
  [ "$(show SubState) $(show ExecMainStatus) $(show NRestarts)" = "failed 78 0" ]
  in_box journalctl --since="$SINCE" -u lambda-warmd | grep -F 'lambda-warmd.conf:1: '
}

@test "killed, it comes back" {
  good_config
  drop_in 'RestartSec=100ms'
  in_box systemctl start lambda-warmd
  local pid
  pid=$(show MainPID)
  in_box systemctl kill --signal=KILL lambda-warmd
  wait_for 10 shows NRestarts 1
  wait_for 10 shows SubState running
  [ "$(show MainPID)" != "$pid" ]
}

@test "what it remembers survives a restart, under another user's number too" {
  good_config
  in_box systemctl start lambda-warmd
  wait_for 10 has_entry WARM_EVENT=round
  in_box systemctl stop lambda-warmd
  [ "$(stat -c %a "$ROOT/var/lib/private/lambda-warmd")" = 700 ]
  local last
  last=$(jq -e .endpoints.orders.last_round_us "$ROOT/var/lib/private/lambda-warmd/state.json")
  chown -R 61999:61999 "$ROOT/var/lib/private/lambda-warmd" # as left by a run under another number
  in_box systemctl start lambda-warmd
  in_box systemctl kill --signal=USR1 lambda-warmd
  two_rounds() { [ "$(entries WARM_EVENT=round | wc -l)" -ge 2 ]; }
  wait_for 10 two_rounds
  in_box systemctl stop lambda-warmd
  [ "$(jq -e .endpoints.orders.last_round_us "$ROOT/var/lib/private/lambda-warmd/state.json")" -gt "$last" ]
  entries PRIORITY=4 PRIORITY=3 | jq -r .MESSAGE
  run ! has_entry PRIORITY=4 PRIORITY=3
}

@test "the watchdog is fed, and bites when the daemon hangs" {
  good_config
  in_box systemctl start lambda-warmd
  shows WatchdogUSec 30s
  drop_in 'WatchdogSec=1
RestartSec=100ms'
  in_box systemctl restart lambda-warmd
  local fed
  fed=$(show WatchdogTimestampMonotonic)
  fed_again() { [ "$(show WatchdogTimestampMonotonic)" -gt $((fed + 1500000)) ]; }
  wait_for 10 fed_again
  shows NRestarts 0
  in_box systemctl kill --signal=STOP lambda-warmd
  wait_for 20 shows NRestarts 1
  in_box journalctl --since="$SINCE" -u lambda-warmd | grep -F 'Watchdog timeout'
  wait_for 10 shows SubState running
}

@test "stop ends it with 0, in the middle of a round too" {
  config 'daemon = { stagger = 0; };
    endpoints = ( { name = "slow"; url = "http://127.0.0.1:9080/slow"; warm = 5; hold = "2s"; interval = "1h"; } );'
  in_box systemctl start lambda-warmd
  in_flight() { sim_stats | grep -qF slow; }
  wait_for 10 in_flight
  in_box systemctl stop lambda-warmd
  [ "$(show Result) $(show ExecMainStatus)" = "success 0" ]
  has_entry WARM_EVENT=stopped
}

@test "TLS keys are not logged, whatever the manager's environment says" {
  good_config
  in_box systemctl set-environment SSLKEYLOGFILE=/run/lambda-warmd/keys
  in_box systemctl start lambda-warmd
  in_box systemctl unset-environment SSLKEYLOGFILE
  run in_box cat "/proc/$(show MainPID)/environ"
  [[ "$output" == *STATE_DIRECTORY=* ]]
  [[ "$output" != *SSLKEYLOGFILE* ]]
}
