#!/usr/bin/env bats
# Windows, time zones and budgets in the running daemon, at the hour that it is.

bats_require_minimum_version 1.5.0
load common.bash

setup_file() { make_certs; }
setup() {
  PIDS=
  unset TZ STATE_DIRECTORY
  cd "$BATS_TEST_TMPDIR" || return
}
teardown() { stop_all; }

# window HOURS-FROM-NOW HOURS WARM: one in UTC, of every day.
window() {
  echo "windows = ( { from = \"$(date -u -d "$1 hours" +%H:00)\"; to = \"$(date -u -d "$(($1 + $2)) hours" +%H:00)\"; warm = $3; } );"
}

# endpoint NAME OPTIONS
endpoint() { echo "{ name = \"$1\"; url = \"http://127.0.0.1:$PLAIN/$1\"; interval = \"300ms\"; jitter = 0; $2 }"; }

# daemon ZONE ENDPOINT...: the configuration.
settings() {
  local zone=$1 IFS=,
  shift
  config "daemon = { stagger = 0; timezone = \"$zone\"; }; endpoints = ( $* );"
}

@test "within a window as many as it wants are warm, and outside of all as many as the endpoint does" {
  start_sim --handler 20
  settings UTC "$(endpoint open "warm = 1; $(window -1 3 7)")" "$(endpoint shut "warm = 2; $(window 3 2 9)")"
  start_daemon
  wait_for 10 logged ' open: 7/7 warm' 2
  wait_for 10 logged ' shut: 2/2 warm' 2
}

@test "an endpoint rests outside of its windows" {
  start_sim
  settings UTC "$(endpoint rests "warm = 0; $(window 3 2 9)")" "$(endpoint works "")"
  start_daemon
  wait_for 10 logged ' works: 1/1 warm' 5
  [ "$(grep -c ' rests: ' "$LOG")" -eq 0 ]
  [ "$(stats | jq '.functions["/rests"].requests // 0')" -eq 0 ]
}

@test "a reload into another time zone moves the windows" {
  start_sim
  # Six hours on, it is open there when it is shut here.
  settings UTC "$(endpoint a "warm = 0; $(window 5 3 4)")" "$(endpoint works "")"
  start_daemon
  wait_for 10 logged ' works: 1/1 warm' 3
  [ "$(grep -c ' a: ' "$LOG")" -eq 0 ]
  settings Asia/Dhaka "$(endpoint a "warm = 0; $(window 5 3 4)")" "$(endpoint works "")"
  kill -HUP "$DAEMON"
  wait_for 10 logged ' a: 4/4 warm' 2
  settings UTC "$(endpoint a "warm = 0; $(window 5 3 4)")" "$(endpoint works "")"
  kill -HUP "$DAEMON"
  wait_for 10 logged ' reloaded ' 2
  local before works
  before=$(grep -c ' a: ' "$LOG")
  works=$(grep -c ' works: ' "$LOG")
  wait_for 10 logged ' works: 1/1 warm' $((works + 5))
  [ "$(grep -c ' a: ' "$LOG")" -le $((before + 1)) ] # one may have been under way
}

@test "a budget stops an endpoint before it is overspent, says so once, and leaves the others alone" {
  start_sim --handler 1
  # Twenty of 10 GB cost some 3.4 millicents a round if they are cold: the third or so has no room.
  settings UTC "$(endpoint dear "warm = 20; memory_mb = 10240; attempts = 1; budget = 0.012;")" "$(endpoint works "")"
  start_daemon
  wait_for 20 logged 'dear.*budget' 1
  local rounds works
  rounds=$(grep -c ' dear: 20/20 warm' "$LOG")
  works=$(grep -c ' works: ' "$LOG")
  [ "$rounds" -ge 1 ]
  wait_for 10 logged ' works: 1/1 warm' $((works + 5))
  [ "$(grep -c ' dear: 20/20 warm' "$LOG")" -eq "$rounds" ]
  [ "$(grep -c 'dear.*budget' "$LOG")" -eq 1 ]
}

@test "rounds that cost less than a millionth of a dollar count as well" {
  start_sim --cold 100
  # Some 0.2 millionths each; one more may cost 2.3 if its instance is cold.
  settings UTC "$(endpoint cheap 'memory_mb = 128; attempts = 1; hold = "1ms"; budget = 0.0000035;')"
  start_daemon
  wait_for 20 logged 'cheap.*budget' 1
  [ "$(grep -c ' cheap: 1/1 warm' "$LOG")" -ge 3 ]
}

@test "a clock that is set: said once, and the windows follow it" {
  [ -z "${WARMD_SAN:-}" ] || skip "sanitizers read the clock before the preloaded one is there"
  start_sim --handler 20
  mkfifo clock
  settings UTC "$(endpoint a "warm = 1; $(window 3 2 6)")"
  export FAULT_CLOCK=$PWD/clock LD_PRELOAD=$BUILD/tests/preload.so
  start_daemon
  unset LD_PRELOAD
  wait_for 10 logged ' a: 1/1 warm' 2
  echo 14400 >clock
  wait_for 10 logged ' the clock was set forward by 4h; intervals are not affected'
  wait_for 10 logged ' a: 6/6 warm' 2
  echo -14400 >clock
  wait_for 10 logged ' the clock was set back by 4h'
  local before
  before=$(grep -c ' a: 1/1 warm' "$LOG")
  wait_for 10 logged ' a: 1/1 warm' $((before + 2))
  [ "$(grep -c 'the clock was set' "$LOG")" -eq 2 ]
}
