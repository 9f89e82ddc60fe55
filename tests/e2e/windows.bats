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

@test "an endpoint rests outside of its windows, and that is told once, whatever is reloaded" {
  start_sim
  settings UTC "$(endpoint rests "warm = 0; $(window 3 2 9)")" "$(endpoint works "")"
  until=$(grep -oE 'from = "[0-9:]+"' "$CONF" | grep -oE '[0-9]+:[0-9]+')
  until=$(date -u -d "3 hours" +%a)" $until"
  start_daemon
  wait_for 10 logged ' works: 1/1 warm' 5
  grep -A 1 ' started: ' "$LOG" | grep -q " rests: its windows are closed: it rests until $until\$"
  kill -HUP "$DAEMON"
  wait_for 10 logged ' reloaded '
  wait_for 10 logged ' works: 1/1 warm' 10
  [ "$(grep -c ' rests: ' "$LOG")" -eq 1 ]
  [ "$(stats | jq '.functions["/rests"].requests // 0')" -eq 0 ]
}

@test "a reload that closes the windows has the endpoint rest, too" {
  start_sim
  settings UTC "$(endpoint a "warm = 1;")"
  start_daemon
  wait_for 10 logged ' a: 1/1 warm' 2
  settings UTC "$(endpoint a "warm = 0; $(window 3 2 9)")"
  kill -HUP "$DAEMON"
  wait_for 10 logged ' a: its windows are closed'
  settings UTC "$(endpoint a "warm = 1;")"
  kill -HUP "$DAEMON"
  wait_for 10 logged ' reloaded ' 2
  settings UTC "$(endpoint a "warm = 0; $(window 3 2 9)")"
  kill -HUP "$DAEMON"
  wait_for 10 logged ' a: its windows are closed' 2
}

# set_clock SECONDS: sets the daemon's clock, which was set by $moved already, to where so many are left of the hour.
set_clock() {
  local by=$((3600 - ($(date +%s) + moved) % 3600 - $1))
  moved=$((moved + by + ${2:-0}))
  echo $((by + ${2:-0})) >clock
}

@test "the moment at which the windows close is told, with the rounds before it, and so is the round that ends the rest" {
  [ -z "${WARMD_SAN:-}" ] || skip "sanitizers read the clock before the preloaded one is there"
  start_sim --handler 1
  mkfifo clock
  moved=0
  config "daemon = { stagger = 0; timezone = \"UTC\"; log = \"changes\"; }; endpoints = ( $(endpoint a "warm = 0; $(window -1 2 2)"),
    { name = \"seldom\"; url = \"http://127.0.0.1:$PLAIN/seldom\"; interval = \"1h\"; warm = 0; $(window -1 2 1) } );"
  export FAULT_CLOCK=$PWD/clock LD_PRELOAD=$BUILD/tests/preload.so
  start_daemon
  unset LD_PRELOAD
  wait_for 10 logged ' seldom: 1/1 warm'
  wait_for 10 asked /a 20
  [ "$(grep -c ' a: 2/2 warm' "$LOG")" -eq 2 ]
  set_clock 2
  wait_for 10 logged ' a: its windows are closed'
  wait_for 10 logged ' seldom: its windows are closed' # it has no round until its next window
  cat "$LOG"
  grep ' a: ' "$LOG" | tail -n 2 | head -n 1 | grep -q ' rounds without a change'
  # Twenty-two hours later they open again, at the same instances.
  set_clock 0 $((21 * 3600))
  wait_for 10 logged ' a: 2/2 warm' 3
  cat "$LOG"
  [ "$(grep -c ' a: its windows are closed' "$LOG")" -eq 1 ]
}
asked() { [ "$(stats | jq ".functions[\"$1\"].requests // 0")" -ge "$2" ]; }

@test "a reload into another time zone moves the windows" {
  start_sim
  # Six hours on, it is open there when it is shut here.
  settings UTC "$(endpoint a "warm = 0; $(window 5 3 4)")" "$(endpoint works "")"
  start_daemon
  wait_for 10 logged ' works: 1/1 warm' 3
  [ "$(grep -c ' a: .* warm' "$LOG")" -eq 0 ]
  settings Asia/Dhaka "$(endpoint a "warm = 0; $(window 5 3 4)")" "$(endpoint works "")"
  kill -HUP "$DAEMON"
  wait_for 10 logged ' a: 4/4 warm' 2
  settings UTC "$(endpoint a "warm = 0; $(window 5 3 4)")" "$(endpoint works "")"
  kill -HUP "$DAEMON"
  wait_for 10 logged ' reloaded ' 2
  local before works
  before=$(grep -c ' a: .* warm' "$LOG")
  works=$(grep -c ' works: ' "$LOG")
  wait_for 10 logged ' works: 1/1 warm' $((works + 5))
  [ "$(grep -c ' a: .* warm' "$LOG")" -le $((before + 1)) ] # one may have been under way
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
