#!/usr/bin/env bats
# The daemon as a person runs it: timers, signals, reload, rest.
bats_require_minimum_version 1.5.0
load common

setup_file() { make_certs; }
teardown() { stop_all; }

stop_daemon() {
  kill -TERM "$DAEMON"
  wait "$DAEMON"
}

@test "rounds come by the timer; SIGTERM and SIGINT stop with exit status 0" {
  start_sim
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f\"; warm = 10; ca_file = \"$CERTS/ca.pem\"; interval = \"300ms\"; } );"
  start_daemon
  wait_for 10 logged 'a: 10/10 warm \(10 distinct, [0-9]+ cold\), skew [0-9.]+ ms, p99 [0-9.]+ ms' 4
  stop_daemon
  logged ' stopped'
  start_daemon
  wait_for 10 logged '10/10'
  kill -INT "$DAEMON"
  wait "$DAEMON"
}

@test "stagger: the first round at once, the others spread" {
  start_sim
  config "daemon = { stagger = \"6s\"; }; defaults = { warm = 1; interval = \"1h\"; jitter = 0; };
    endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; }, { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; } );"
  start_daemon
  wait_for 10 logged 'a: 1/1'
  run ! logged 'b: 1/1'
  wait_for 10 logged 'b: 1/1'
}

@test "SIGUSR1: a round of everything now" {
  start_sim
  config "daemon = { stagger = 0; }; defaults = { warm = 2; interval = \"1h\"; };
    endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; }, { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; } );"
  start_daemon
  wait_for 10 logged '[ab]: 2/2' 2
  kill -USR1 "$DAEMON"
  wait_for 10 logged '[ab]: 2/2' 4
}

@test "a round that is still running when the next is due: skipped, and said so" {
  start_sim --handler 1500 --cold 0
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 2; interval = \"400ms\"; jitter = 0; } );"
  start_daemon
  wait_for 10 logged 'a: round skipped: the previous round is still running' 2
  wait_for 10 logged 'a: 2/2'
}

@test "max_in_flight: rounds queue under it, first come first served" {
  start_sim --handler 900 --cold 0 --volley-gap 20
  config "daemon = { stagger = \"600ms\"; max_in_flight = 10; }; defaults = { interval = \"1h\"; };
    endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/x\"; warm = 8; }, { name = \"b\"; url = \"http://localhost:$PLAIN/x\"; warm = 8; },
                  { name = \"c\"; url = \"http://localhost:$PLAIN/x\"; warm = 2; } );"
  start_daemon
  wait_for 10 logged '/[82] warm' 3
  [ "$(stats | jq .peak_concurrency)" -le 10 ]
  # c would have fitted beside a; it waits behind b, which came first.
  [ "$(grep -oE ' [abc]: ' "$LOG" | head -1)" = " a: " ]
}

@test "SIGTERM while a round is in flight: it gets its time, but at most 5 s" {
  start_sim --handler 700 --cold 0
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 3; interval = \"1h\"; } );"
  start_daemon
  wait_for 10 in_flight
  stop_daemon
  logged 'a: 3/3 warm'
  stop_all
  start_sim --handler 60000 --cold 0
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 3; interval = \"1h\"; timeout = \"2min\"; } );"
  start_daemon
  wait_for 10 in_flight
  stop_daemon
  logged 'a: 0/3 .*3 stopped' # recorded, not lost
}
@test "SIGTERM: an endpoint that fails meanwhile is not tried again" {
  start_sim --handler 60000 --cold 0
  config "daemon = { stagger = 0; }; defaults = { warm = 3; interval = \"1h\"; };
    endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; timeout = \"2min\"; },
                  { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; timeout = \"2s\"; interval = \"2s\"; jitter = 0; } );"
  start_daemon
  wait_for 10 both_in_flight
  stop_daemon
  logged 'b: 0/3 .*3 timeout' # before a was given up, and its next try would have been due
  logged 'a: 0/3 .*3 stopped'
  [ "$(stats | jq '.functions["/b"].requests')" -eq 3 ]
}
both_in_flight() { [ "$(stats | jq '[.functions[].requests] | add // 0')" -ge 6 ]; }
in_flight() { [ "$(stats | jq '.volley.requests // 0')" -ge 3 ]; }

@test "reload: a new plan is taken, a bad one changes nothing and is logged with its line" {
  start_sim
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 2; interval = \"300ms\"; } );"
  start_daemon
  wait_for 10 logged 'a: 2/2'
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 3; interval = \"300ms\"; },
    { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; warm = 1; } );"
  kill -HUP "$DAEMON"
  wait_for 10 logged 'reloaded .*: 2 endpoints, 4 instances'
  wait_for 10 logged 'a: 3/3'
  wait_for 10 logged 'b: 1/1'
  for bad in "$TESTS"/bad-configs/syntax*.conf "$TESTS"/bad-configs/warm-zero.conf; do
    [ -f "$bad" ] || continue
    cp "$bad" "$CONF"
    before=$(grep -c 'not reloaded' "$LOG" || true)
    kill -HUP "$DAEMON"
    wait_for 10 logged "not reloaded: .*$(basename "$CONF"):[0-9]+: " $((before + 1))
    rounds=$(grep -c 'a: 3/3' "$LOG")
    wait_for 10 logged 'a: 3/3' $((rounds + 1))
  done
  rm "$CONF"
  kill -HUP "$DAEMON"
  wait_for 10 logged 'not reloaded: .*test.conf'
  kill -0 "$DAEMON"
}

@test "reload while a slow endpoint keeps its round: the round is finished on the old plan" {
  start_sim --handler 800 --cold 0
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"old\"; url = \"http://localhost:$PLAIN/a\"; warm = 3; interval = \"1h\"; } );"
  start_daemon
  wait_for 10 in_flight
  config "endpoints = ( { name = \"new\"; url = \"http://localhost:$PLAIN/b\"; warm = 1; interval = \"1h\"; } );"
  kill -HUP "$DAEMON"
  wait_for 10 logged 'reloaded'
  wait_for 10 logged 'old: 3/3'
  wait_for 10 logged 'new: 1/1'
}

@test "200 reloads during rounds: no crash, no lost round" {
  start_sim
  config "daemon = { stagger = 0; }; defaults = { interval = \"200ms\"; jitter = \"50ms\"; hold = \"100ms\"; };
    endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/a\"; warm = 5; ca_file = \"$CERTS/ca.pem\"; }, { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; warm = 5; } );"
  start_daemon
  wait_for 10 logged '[ab]: 5/5' 2
  for i in $(seq 200); do
    kill -HUP "$DAEMON"
    [ $((i % 20)) -ne 0 ] || wait_for 20 logged '[ab]: 5/5' $((i / 10))
  done
  wait_for 20 logged 'reloaded' 10
  rounds=$(grep -c '[ab]: 5/5' "$LOG")
  wait_for 20 logged '[ab]: 5/5' $((rounds + 6))
  run ! grep -qE '[ab]: [0-4]/5' "$LOG"
  # Nothing is lost: what the simulator has bound is what the daemon has told.
  stop_daemon
  [ "$(stats | jq .requests)" -eq $(($(grep -c '[ab]: 5/5' "$LOG") * 5)) ]
}

# tcp_sockets PID: how many TCP connections it has open.
tcp_sockets() {
  local fd n=0
  for fd in "/proc/$1/fd"/*; do
    case $(readlink "$fd") in
      socket:*) grep -qs " $(readlink "$fd" | tr -dc 0-9) " /proc/net/tcp /proc/net/tcp6 && n=$((n + 1)) ;;
    esac
  done
  echo $n
}

@test "at rest with 100 endpoints: 1 thread, no connection, under 8 MiB of its own memory" {
  start_sim
  {
    echo "daemon = { stagger = 0; }; defaults = { warm = 5; interval = \"1h\"; ca_file = \"$BATS_TEST_TMPDIR/bundle.pem\"; }; endpoints = ("
    for i in $(seq 100); do
      echo "  { name = \"e$i\"; url = \"https://localhost:$TLS/f$i\"; }$([ "$i" -eq 100 ] || echo ,)"
    done
    echo ");"
  } >"$BATS_TEST_TMPDIR/test.conf"
  cat "$CERTS/ca.pem" /etc/ssl/certs/ca-certificates.crt >"$BATS_TEST_TMPDIR/bundle.pem"
  CONF=$BATS_TEST_TMPDIR/test.conf
  start_daemon
  wait_for 60 logged '5/5 warm' 100
  wait_for 10 has_threads 1
  rss=$(awk '/^RssAnon/ { print $2 }' "/proc/$DAEMON/status")
  echo "RssAnon $rss KiB" >&2
  [ "$(tcp_sockets "$DAEMON")" -eq 0 ]
  [ -n "${WARMD_SAN:-}" ] || [ "$rss" -lt 8192 ]
}

@test "run refuses what check refuses" {
  for bad in "$TESTS"/bad-configs/*.conf; do
    [ -f "${bad%.conf}.expected" ] || continue
    run "$WARMD" -c "$bad" run
    [ "$status" -eq 78 ] || { echo "$bad: $status"; false; }
    [[ "$output" =~ [a-z]:[0-9]+:\  ]] || { echo "$bad: $output"; false; }
  done
}

@test "readiness, reload, status and stopping are notified as systemd wants them" {
  start_sim
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 2; interval = \"1h\"; } );"
  receive_notifications
  notified=$NOTIFIED
  export NOTIFY_SOCKET=$BATS_TEST_TMPDIR/notify WATCHDOG_USEC=400000
  start_daemon
  unset NOTIFY_SOCKET
  wait_for 10 grep -q 'STATUS=1 endpoint, 2/2 warm, worst skew [0-9.]* ms, next round at [0-9:]*' "$notified"
  grep -q '^READY=1' "$notified"
  wait_for 10 grep -q '^WATCHDOG=1' "$notified"
  kill -HUP "$DAEMON"
  wait_for 10 grep -qE '^MONOTONIC_USEC=[0-9]+' "$notified"
  grep -q '^RELOADING=1' "$notified"
  wait_for 10 has_lines 2 '^READY=1' "$notified"
  stop_daemon
  wait_for 10 grep -q '^STOPPING=1' "$notified"
}
has_lines() { [ "$(grep -c "$2" "$3")" -ge "$1" ]; }

@test "log_requests: one line a request" {
  start_sim
  config "daemon = { stagger = 0; log_requests = true; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 3; interval = \"1h\"; } );"
  start_daemon
  wait_for 10 logged 'a: request [123]: 200 from i-[0-9a-f]+ in [0-9.]+ ms' 3
}

@test "ids from an endpoint can't forge lines: they are escaped" {
  start_fault evil-id
  config "daemon = { stagger = 0; log_requests = true; }; endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PORT/a\"; warm = 1; interval = \"1h\"; } );"
  start_daemon
  wait_for 10 logged 'a: request 1: 200 from evil\\x1b\[31m in'
}

@test "realtime: used where it is allowed, and where it isn't, said once while rounds go on" {
  start_sim --handler 20
  config "daemon = { stagger = 0; realtime = true; }; endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/a\"; warm = 20; ca_file = \"$CERTS/ca.pem\";
    interval = \"300ms\"; jitter = 0; } );"
  # Without the capability (and as root that means without root).
  command -v setpriv >/dev/null || skip "setpriv is not installed"
  LOG=$BATS_TEST_TMPDIR/daemon.log
  receive_notifications
  NOTIFY_SOCKET=$BATS_TEST_TMPDIR/notify setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice "$WARMD" -c "$CONF" run 2>"$LOG" 3>&- &
  DAEMON=$!
  started $DAEMON
  wait_for 20 logged 'a: 20/20 warm \(20 distinct' 3
  [ "$(grep -c 'SCHED_FIFO is not allowed' "$LOG")" -eq 1 ]
  wait_for 10 grep -q '^STATUS=1 endpoint, 20/20 warm, .*, without real-time priority' "$NOTIFIED"
  stop_daemon
  [ "$(id -u)" -eq 0 ] && chrt -f 1 true 2>/dev/null || skip "SCHED_FIFO is not to be had here"
  start_daemon
  wait_for 20 logged 'a: 20/20 warm \(20 distinct' 2
  ! grep -q 'SCHED_FIFO' "$LOG"
}

@test "a restart, even after kill -9, is no ping storm: not before the last round and the interval" {
  start_sim
  export STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  mkdir "$STATE_DIRECTORY"
  config "daemon = { stagger = 0; }; defaults = { warm = 2; jitter = 0; }; endpoints = ( { name = \"slow\"; url = \"http://localhost:$PLAIN/a\"; interval = \"1h\"; },
    { name = \"quick\"; url = \"http://localhost:$PLAIN/b\"; interval = \"400ms\"; } );"
  start_daemon
  wait_for 10 logged 'slow: 2/2'
  wait_for 10 logged 'quick: 2/2'
  for _ in 1 2 3; do
    kill -KILL "$DAEMON"
    wait "$DAEMON" || true
    start_daemon
    wait_for 10 logged 'quick: 2/2'
  done
  [ "$(stats | jq '.functions["/a"].requests')" -eq 2 ]
  kill -USR1 "$DAEMON" # but who asks, gets
  wait_for 10 logged 'slow: 2/2'
}

@test "what the last round before a stop has cost is kept" {
  start_sim --handler 700 --cold 0
  export STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  mkdir "$STATE_DIRECTORY"
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 3; interval = \"1h\"; } );"
  start_daemon
  wait_for 10 in_flight
  stop_daemon
  logged 'a: 3/3 warm'
  jq -e '.endpoints.a.spend.usd > 0' "$STATE_DIRECTORY/state.json"
}

@test "a damaged state file is set aside with a warning, and the daemon goes on" {
  start_sim
  export STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  mkdir "$STATE_DIRECTORY"
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 2; interval = \"1h\"; } );"
  for damage in '{"version":1,' '' '{"version":99}' '{"version":1,"endpoints":{"a":{"last_round_us":"x"}}}'; do
    printf %s "$damage" >"$STATE_DIRECTORY/state.json"
    start_daemon
    wait_for 10 logged 'state.json is damaged .* set aside as .*state.json.damaged'
    wait_for 10 logged 'a: 2/2'
    stop_daemon
    [ "$(cat "$STATE_DIRECTORY/state.json.damaged")" = "$damage" ]
    jq -e '.endpoints.a.last_round_us > 0' "$STATE_DIRECTORY/state.json"
    rm "$STATE_DIRECTORY"/*
  done
}

@test "no core file, even where they are allowed and the watchdog's signal ends it" {
  [ -z "${WARMD_SAN:-}" ] || skip "sanitizers need a process that can be looked into"
  start_sim
  config "endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; interval = \"1h\"; } );"
  run python3 - "$WARMD" "$CONF" "$BATS_TEST_TMPDIR" <<'PYTHON'
import os, resource, signal, subprocess, sys
warmd, config, folder = sys.argv[1:]
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
allow = lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
def dumps(command):
    child = subprocess.Popen(command, cwd=folder, preexec_fn=allow, stderr=subprocess.PIPE, text=True)
    if command[0] == warmd:
        child.stderr.readline()
    os.kill(child.pid, signal.SIGABRT)
    status = os.waitpid(child.pid, 0)[1]
    assert os.WIFSIGNALED(status), status
    return os.WCOREDUMP(status)
print("others:", dumps(["sleep", "60"]), "ours:", dumps([warmd, "-c", config, "run"]))
PYTHON
  echo "$output"
  [ "$status" -eq 0 ]
  [[ "$output" != "others: False"* ]] || skip "this system writes no core files at all"
  [ "$output" = "others: True ours: False" ]
}

@test "log = changes: only rounds that differ have an entry; the others are summed, also at a stop and a reload" {
  start_sim --handler 20 --cold 20
  endpoints="endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PLAIN/a\"; warm = 2; interval = \"200ms\"; jitter = 0; } );"
  config "daemon = { stagger = 0; log = \"changes\"; }; $endpoints"
  start_daemon
  wait_for 20 asked /a 20
  stop_daemon
  cat "$LOG"
  # The first round makes the instances, the second finds them; nothing changes after that.
  [ "$(grep -c 'a: 2/2 warm' "$LOG")" -eq 2 ]
  rounds=$(sed -n 's/.* a: \([0-9]*\) rounds without a change: \1 met, 0 short, 0 failed; .*/\1/p' "$LOG")
  [ $((2 * (rounds + 2))) -eq "$(stats | jq '.functions["/a"].requests')" ]
  # An endpoint that a reload takes out has its summary then.
  start_daemon
  wait_for 20 asked /a 60
  config "daemon = { stagger = 0; log = \"changes\"; }; ${endpoints//\"a\"/\"b\"}"
  kill -HUP "$DAEMON"
  wait_for 10 logged 'a: [0-9]+ rounds without a change'
}
asked() { [ "$(stats | jq ".functions[\"$1\"].requests // 0")" -ge "$2" ]; }

@test "a summary's entry has each sum in a field" {
  start_sim --handler 20 --cold 20
  export RUNTIME_DIRECTORY=$BATS_TEST_TMPDIR/run
  mkdir "$RUNTIME_DIRECTORY"
  config "daemon = { stagger = 0; log = \"changes\"; };
    endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PLAIN/a\"; warm = 2; interval = \"200ms\"; jitter = 0; } );"
  { wait_for 20 asked /a 20 && kill -TERM "$("$WARMD" status --json | jq .daemon.pid)"; } 3>&- &
  journal_of "$WARMD" -c "$CONF" run
  awk -v RS= '/(^|\n)WARM_EVENT=summary(\n|$)/' "$JOURNAL" >"$BATS_TEST_TMPDIR/summary"
  cat "$BATS_TEST_TMPDIR/summary"
  local rounds
  rounds=$(sed -n 's/^WARM_ROUNDS=//p' "$BATS_TEST_TMPDIR/summary")
  [ "$rounds" -ge 5 ]
  for field in ENDPOINT=a MET="$rounds" SHORT=0 FAILED_ROUNDS=0 SENT=$((2 * rounds)) OK=$((2 * rounds)) FAILED=0 THROTTLED=0 COLD=0 TARGET=2 INTERVAL_USEC=200000 PROVISIONED_MICROUSD=30000; do
    grep -qx "WARM_$field" "$BATS_TEST_TMPDIR/summary"
  done
  for field in SINCE_USEC COST_MICROUSD P50_USEC P99_USEC MAX_USEC; do
    grep -qE "^WARM_$field=[1-9][0-9]*$" "$BATS_TEST_TMPDIR/summary"
  done
}

@test "one request that fails is not told in the plural" {
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:9/\"; warm = 1; interval = \"5min\"; } );"
  start_daemon
  wait_for 10 logged 'a: failing: the request was not answered as expected; next try in '
  run "$WARMD" probe http://127.0.0.1:9/ -n 1
  [ "${lines[0]}" = "http://127.0.0.1:9/: 1 request" ]
}

@test "an endpoint that keeps failing in the same way has one entry, and another when the way changes" {
  start_sim --handler 0
  free=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$free/a\"; warm = 2; interval = \"1s\"; jitter = 0; },
    { name = \"b\"; url = \"http://127.0.0.1:$PLAIN/b\"; warm = 1; interval = \"300ms\"; jitter = 0; } );"
  start_daemon
  wait_for 30 logged 'b: 1/1 warm' 12
  [ "$(grep -c 'a: 0/2 warm' "$LOG")" -eq 1 ]
  mkdir "$BATS_TEST_TMPDIR/empty"
  python3 -m http.server --bind 127.0.0.1 --directory "$BATS_TEST_TMPDIR/empty" "$free" >"$BATS_TEST_TMPDIR/http.log" 2>&1 3>&- &
  started $!
  wait_for 20 logged 'a: 0/2 warm .*http-404'
  # What came before is summed before, so that the journal is in order.
  sed '/a: 0\/2 warm .*http-404/q' "$LOG" | grep -qE 'a: [0-9]+ rounds? without a change: 0 met, 0 short, [1-9][0-9]* failed'
  stop_daemon
}
