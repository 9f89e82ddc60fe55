#!/usr/bin/env bats
# What the daemon learns from its rounds, and how it treats functions that are in trouble, in real time against lambda-sim.

bats_require_minimum_version 1.5.0
load common.bash

setup_file() { make_certs; }
setup() {
  PIDS=
  STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  export STATE_DIRECTORY
  mkdir "$STATE_DIRECTORY"
}
teardown() { stop_all; }

# endpoint OPTIONS: the one endpoint, a.
endpoint() {
  config "daemon = { stagger = 0; max_in_flight = 2000; }; endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f\"; ca_file = \"$CERTS/ca.pem\"; jitter = 0; $1 } );"
}

# kept PATH: of what is kept of a.
kept() { jq -r ".endpoints.a.$1" "$STATE_DIRECTORY/state.json"; }
kept_at_least() { [ "$(kept "$1" | cut -d. -f1)" -ge "$2" ]; }
kept_at_most() { [ "$(kept "$1" | cut -d. -f1)" -le "$2" ]; }
rounds() { grep -cE ' a: [0-9]+/[0-9]+ warm' "$LOG"; }
set_sim() { curl -sS -X POST "http://127.0.0.1:$PLAIN/_sim/set?$1" >/dev/null; }
sent() { stats | jq '.functions["/f"].requests'; }

stop_daemon() {
  kill -"${1:-TERM}" "$DAEMON"
  wait "$DAEMON" || [ "$1" = KILL ]
}

@test "interval = auto: it comes to rest within 15% under the idle time, cold starts stop, and a restart goes on there" {
  [ -z "${WARMD_SAN:-}" ] || skip "what would be learned is how late sanitizers make rounds"
  # Seconds, so that a round that a busy machine makes late is still in time.
  start_sim --cold 0 --idle-ttl 3
  endpoint 'warm = 10; hold = "1ms"; interval = "auto"; interval_min = "600ms"; interval_max = "8s";'
  start_daemon
  wait_for 90 kept_at_least learned.interval.interval_us 8000000
  wait_for 60 kept_at_most learned.interval.interval_us 3000000
  wait_for 90 kept_at_least learned.interval.interval_us 2550000
  local settled
  settled=$(rounds)
  wait_for 90 test_rounds $((settled + 20))
  kept_at_most learned.interval.interval_us 3000000
  kept_at_least learned.interval.interval_us 2550000
  # It tries a little more once, and that is too much; on a busy machine a round may come too late.
  [ "$(grep -E ' a: 10/10 warm' "$LOG" | tail -n +$((settled + 1)) | grep -cE ', [1-9][0-9]* cold')" -le 4 ]
  stop_daemon KILL
  local learned least=85
  learned=$(kept learned.interval.interval_us)
  start_daemon
  wait_for 20 test_rounds 4
  # A round that came too late costs a third; beginning anew would cost more than three quarters.
  ! grep -qE ' a: .*, [1-9][0-9]* cold' "$LOG" || least=40
  [ "$(kept learned.interval.interval_us)" -ge $((learned * least / 100)) ]
  [ "$(kept learned.interval.interval_us)" -le $((learned * 115 / 100)) ]
}
test_rounds() { [ "$(rounds)" -ge "$1" ]; }

@test "hold = auto: 75 ms become 5 ms or less, and every round is still met by distinct instances" {
  start_sim --cold 0
  endpoint 'warm = 20; hold = "auto"; interval = "200ms";'
  start_daemon
  wait_for 60 kept_at_most learned.hold.hold_us 5000
  [ "$(grep -cE ' a: ' "$LOG")" -ge 10 ]
  [ "$(grep -E ' a: [0-9]+/20 warm' "$LOG" | grep -cvE '20/20 warm \(20 distinct')" -le 1 ]
  grep -qE ' a: learned: interval 200ms, hold [0-9]+ms' "$LOG"
}

@test "a failing endpoint: one message when it begins, tries that are few and soon, one message when it is back" {
  start_sim --handler 300
  endpoint 'warm = 20; interval = "3s";'
  start_daemon
  wait_for 10 logged ' a: 20/20 warm'
  set_sim fail-rate=1
  wait_for 10 logged ' a: failing: none of 20 requests was answered as expected; next try in ' 1
  local before
  before=$(sent)
  wait_for 10 more_sent $((before + 6)) # three tries of two
  [ "$(grep -c ' a: failing' "$LOG")" -eq 1 ]
  [ "$(grep -cE ' a: 0/20 warm' "$LOG")" -eq 1 ]
  set_sim fail-rate=0
  wait_for 10 logged ' a: answers again, after failing for [0-9]'
  wait_for 10 logged ' a: 20/20 warm' 2
  [ "$(grep -c ' a: answers again' "$LOG")" -eq 1 ]
}
more_sent() { [ "$(sent)" -ge "$1" ]; }

@test "a throttled function is asked for less, later, and for all of it again when that is over" {
  start_sim --handler 150
  endpoint 'warm = 40; interval = "300ms";'
  start_daemon
  wait_for 10 logged ' a: 40/40 warm' 2
  set_sim account-limit=10
  wait_for 10 logged ' a: throttled \(30 throttled[a-z-]*\): real traffic comes first, so only 20 of 40 requests in '
  wait_for 10 logged ' a: [0-9]+/40 warm .*10 throttled'
  [ "$(grep -c ' a: throttled' "$LOG")" -eq 1 ]
  # Every round in between has asked for half of the one before, or less.
  run ! grep -qE '; [23][0-9] throttled.*; [23][0-9] throttled' "$LOG"
  set_sim account-limit=0
  wait_for 60 logged ' a: no longer throttled'
  wait_for 10 logged ' a: 40/40 warm' 3
}

@test "a function of five instances, asked for ten, settles at five without pauses" {
  start_sim --cold 0 --max-instances 5
  endpoint 'warm = 10; interval = "200ms"; hold = "20ms";'
  start_daemon
  wait_for 20 logged ' a: 5 of 10 requests are answered at once, and more are throttled'
  local from
  from=$(($(rounds) + 5)) # it is approached from below
  wait_for 60 test_rounds $((from + 40))
  # Each round has its five; of 40 some three have tried a sixth (at 4, 12, 28 …).
  grep -E ' a: [0-9]+/10 warm' "$LOG" | sed -n "$((from + 1)),$((from + 40))p" >"$BATS_TEST_TMPDIR/rounds"
  run ! grep -vE ' a: 5/10 warm' "$BATS_TEST_TMPDIR/rounds"
  [ "$(grep -c throttled "$BATS_TEST_TMPDIR/rounds")" -le 5 ]
}

@test "more than 1000 cold instances are made in steps that AWS allows" {
  start_sim --cold 0
  endpoint 'warm = 1500; interval = "1h"; hold = "200ms";'
  start_daemon
  wait_for 20 logged ' a: 1000/1500 warm \(1000 distinct'
  wait_for 30 logged ' a: 1500/1500 warm \(1500 distinct, 500 cold'
}

@test "another version answers: a deploy, said once, and a round follows at once" {
  start_sim --invoke-api --alias live=3
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; function = \"f\"; qualifier = \"live\"; region = \"eu-west-1\"; warm = 5; interval = \"2s\"; jitter = 0;
    protocol = \"lambda-warmer\"; endpoint_url = \"https://localhost:$TLS\"; ca_file = \"$CERTS/ca.pem\"; } );"
  export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret
  start_daemon
  wait_for 10 logged ' a: 5/5 warm \(5 distinct, 0 cold' 1
  curl -sS -X POST "http://127.0.0.1:$PLAIN/_sim/deploy?function=f&version=4&alias=live" >/dev/null
  wait_for 10 logged ' a: version 4 answers instead of 3: it was deployed, so a round follows at once'
  local at
  at=$(rounds)
  wait_for 10 test_rounds $((at + 1))
  [ "$(grep -c 'it was deployed' "$LOG")" -eq 1 ]
}

@test "a round that the daemon's own stop cut short is no failing of the endpoint" {
  start_sim --cold 0 --handler 60000
  endpoint 'warm = 20; interval = "60s"; timeout = "60s";'
  start_daemon
  in_flight() { [ "$(sent)" -eq 20 ]; }
  wait_for 20 in_flight
  kill -TERM "$DAEMON"
  wait "$DAEMON"
  logged '20 stopped'
  run ! grep failing "$LOG"
  [ "$(kept learned.failing.rounds)" -eq 0 ]
}

@test "what a round costs is spent, also if a reload has taken its endpoint out meanwhile" {
  start_sim --cold 0 --handler 3000
  endpoint 'warm = 20; interval = "60s";'
  start_daemon
  in_flight() { [ "$(sent)" -eq 20 ]; }
  wait_for 20 in_flight
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; warm = 1; } );"
  kill -HUP "$DAEMON"
  wait_for 20 logged ' a: 20/20 warm'
  stop_daemon
  jq -e '.endpoints.a.spend.usd > 0' "$STATE_DIRECTORY/state.json"
}

@test "a budget that is less than one round costs: nothing is sent, and a restart doesn't say so again" {
  start_sim --cold 0
  endpoint 'warm = 20; interval = "1s"; budget = 0.0000001;'
  start_daemon
  wait_for 10 logged 'budget reached'
  stop_daemon
  jq -e '.endpoints.a.spend.stopped' "$STATE_DIRECTORY/state.json"
  start_daemon
  reloaded() { [ "$(sent)" = null ] && grep -q reloaded "$LOG"; }
  wait_for 10 grep -q started "$LOG"
  kill -USR1 "$DAEMON"
  kill -HUP "$DAEMON"
  wait_for 10 reloaded
  stop_daemon
  run ! grep budget "$LOG"
}
