#!/usr/bin/env bats
# What a reload does to endpoints that go on, that call something else, and that are gone.
bats_require_minimum_version 1.5.0
load common

setup_file() { make_certs; }
teardown() { stop_all; }

reload() {
  local before
  before=$(grep -c ' reloaded ' "$LOG" || true)
  kill -HUP "$DAEMON"
  wait_for 10 logged ' reloaded ' $((before + 1))
}

# start_notified_daemon: as start_daemon; what it tells systemd is in $NOTIFIED.
start_notified_daemon() {
  receive_notifications
  NOTIFY_SOCKET=$BATS_TEST_TMPDIR/notify start_daemon
}
says() { sed -n 's/^STATUS=//p' "$NOTIFIED" | tail -n 1 | grep -qE "$1"; }
asked() { [ "$(stats | jq ".functions[\"$1\"].requests // 0")" -eq "$2" ]; }
in_flight() { [ "$(stats | jq '.volley.requests // 0')" -ge "$1" ]; }

@test "an endpoint that is disabled or removed while its round waits in the queue is not sent" {
  start_sim --handler 3000 --cold 0
  local defaults="daemon = { stagger = 0; max_in_flight = 8; }; defaults = { warm = 8; interval = \"1h\"; };"
  local a="{ name = \"a\"; url = \"http://localhost:$PLAIN/a\"; }" d="{ name = \"d\"; url = \"http://localhost:$PLAIN/d\"; }"
  config "$defaults endpoints = ( $a, { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; }, { name = \"c\"; url = \"http://localhost:$PLAIN/c\"; }, $d );"
  start_daemon
  wait_for 10 in_flight 8
  config "$defaults endpoints = ( $a, { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; enabled = false; }, $d );"
  reload
  wait_for 20 logged 'd: 8/8' # it came last into the queue
  run ! logged ' [bc]: '
  asked /a 8
  asked /b 0
  asked /c 0
}

@test "a round that waits in the queue is sent as the configuration in force wants it" {
  start_sim --handler 3000 --cold 0
  local daemon="daemon = { stagger = 0; max_in_flight = 8; };" a="{ name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 8; interval = \"1h\"; }"
  config "$daemon endpoints = ( $a, { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; warm = 3; interval = \"1h\"; } );"
  start_daemon
  wait_for 10 in_flight 8
  config "$daemon endpoints = ( $a, { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; warm = 5; interval = \"1h\"; } );"
  reload
  wait_for 20 logged 'b: 5/5'
  asked /b 5
}

@test "another target under the same name begins anew at once, and is not said to be warm before it was asked" {
  start_sim
  start_fault silent
  config "daemon = { stagger = 0; metrics_file = \"$BATS_TEST_TMPDIR/m.prom\"; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 5; interval = \"1h\"; } );"
  start_notified_daemon
  wait_for 10 says '^1 endpoint, 5/5 warm'
  config "daemon = { stagger = 0; metrics_file = \"$BATS_TEST_TMPDIR/m.prom\"; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PORT/a\"; warm = 5; interval = \"1h\"; timeout = \"1min\"; attempts = 1; } );"
  reload
  wait_for 10 says '^1 endpoint, 0/5 warm'
  run ! grep -q 'warm_instances{' "$BATS_TEST_TMPDIR/m.prom"
  config "daemon = { stagger = 0; metrics_file = \"$BATS_TEST_TMPDIR/m.prom\"; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/new\"; warm = 5; interval = \"1h\"; } );"
  reload
  # Without waiting for the one that is still under way to the other target.
  wait_for 10 asked /new 5
  wait_for 10 says '^1 endpoint, 5/5 warm'
  run ! logged 'skipped'
}

@test "another qualifier or function is another target" {
  start_sim --invoke-api --plain-port 0
  export AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b
  local f="name = \"f\"; region = \"eu-west-1\"; endpoint_url = \"http://localhost:$PLAIN\"; warm = 2; interval = \"1h\";"
  config "daemon = { stagger = 0; }; endpoints = ( { $f function = \"orders\"; qualifier = \"1\"; } );"
  start_daemon
  wait_for 10 logged 'f: 2/2' 1
  config "daemon = { stagger = 0; }; endpoints = ( { $f function = \"orders\"; qualifier = \"2\"; } );"
  reload
  wait_for 10 logged 'f: 2/2' 2
  config "daemon = { stagger = 0; }; endpoints = ( { $f function = \"billing\"; qualifier = \"2\"; } );"
  reload
  wait_for 10 logged 'f: 2/2' 3
}

@test "where many call something else they are staggered, and one that goes on is left alone" {
  start_sim
  config "daemon = { stagger = 0; }; defaults = { warm = 1; interval = \"1h\"; jitter = 0; };
    endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; }, { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; }, { name = \"c\"; url = \"http://localhost:$PLAIN/c\"; } );"
  start_daemon
  wait_for 10 logged '[abc]: 1/1' 3
  config "daemon = { stagger = \"8s\"; }; defaults = { warm = 1; interval = \"1h\"; jitter = 0; };
    endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; }, { name = \"b\"; url = \"http://localhost:$PLAIN/b2\"; }, { name = \"c\"; url = \"http://localhost:$PLAIN/c2\"; } );"
  reload
  wait_for 10 logged 'b: 1/1' 2
  run ! logged 'c: 1/1' 2
  wait_for 10 logged 'c: 1/1' 2
  asked /a 1
}

@test "a raised number is met at once, also where a round is under way; a lowered one waits" {
  start_sim --handler 1000 --cold 0
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 3; interval = \"1h\"; } );"
  start_daemon
  wait_for 10 in_flight 3
  sed -i 's/warm = 3/warm = 5/' "$CONF"
  reload
  wait_for 10 logged 'a: 3/3'
  wait_for 10 logged 'a: 5/5'
  sed -i 's/warm = 5/warm = 6/' "$CONF"
  reload
  wait_for 10 logged 'a: 6/6'
  sed -i 's/warm = 6/warm = 2/' "$CONF"
  reload
  sed -i 's/warm = 2; interval/warm = 2; enabled = false; interval/; s|);|, { name = "z"; url = "http://localhost:'"$PLAIN"'/z"; } );|' "$CONF"
  reload
  wait_for 10 logged 'z: 1/1'
  asked /a 14
  run ! logged skipped
}

@test "answers of a round that began before a reload are not told as the new target's" {
  start_sim --handler 3000 --cold 0
  start_fault silent
  export STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  mkdir "$STATE_DIRECTORY"
  config "daemon = { stagger = 0; metrics_file = \"$BATS_TEST_TMPDIR/m.prom\"; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 3; interval = \"1h\"; } );"
  start_notified_daemon
  wait_for 10 in_flight 3
  sed -i "s|:$PLAIN/a|:$PORT/a|" "$CONF"
  reload
  wait_for 10 logged 'a: 3/3 warm .*; this was the target before the reload'
  metrics_written() { grep -q '_rounds_total{endpoint="a",result="met"} 0$' "$BATS_TEST_TMPDIR/m.prom"; }
  wait_for 10 metrics_written
  run ! grep -q 'warm_instances{' "$BATS_TEST_TMPDIR/m.prom"
  wait_for 10 says '^1 endpoint, 0/3 warm'
  remembered() { jq -e '.endpoints.a.learned.reached == 0 and .endpoints.a.spend.usd > 0' "$STATE_DIRECTORY/state.json" >/dev/null; }
  wait_for 10 remembered
}

@test "after a restart another target doesn't wait for the last round's interval" {
  start_sim
  export STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  mkdir "$STATE_DIRECTORY"
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 3; interval = \"1h\"; } );"
  start_daemon
  wait_for 10 logged 'a: 3/3'
  kill -TERM "$DAEMON"
  wait "$DAEMON"
  sed -i "s|/a\"|/b\"|" "$CONF"
  start_daemon
  wait_for 10 logged 'a: 3/3'
  asked /b 3
}

@test "a reload that fails half-way changes nothing: the old target is called on, what was learned of it is kept" {
  start_sim
  export STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  mkdir "$STATE_DIRECTORY"
  config "daemon = { stagger = 0; }; defaults = { interval = \"300ms\"; jitter = 0; }; endpoints = (
    { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 3; }, { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; warm = 1; } );"
  LD_PRELOAD=$BUILD/tests/preload.so FAULT_TIMER=$BATS_TEST_TMPDIR/no-timer start_daemon
  wait_for 10 logged 'a: 3/3' 2
  touch "$BATS_TEST_TMPDIR/no-timer"
  sed -i "s|:$PLAIN/a\"|:$PLAIN/new\"|" "$CONF"
  kill -HUP "$DAEMON"
  wait_for 10 logged "configuration not reloaded: $CONF: can't be applied: Cannot allocate memory"
  before=$(stats | jq '.functions["/a"].requests')
  still_asked() { [ "$(stats | jq '.functions["/a"].requests')" -gt "$before" ]; }
  wait_for 10 still_asked
  asked /new 0
  knows() { jq -e '.endpoints.a.learned.reached == 3' "$STATE_DIRECTORY/state.json" >/dev/null; }
  wait_for 10 knows
  rm "$BATS_TEST_TMPDIR/no-timer"
  reload
  wait_for 10 asked /new 3
}

@test "warnings and mistakes of the start are journal entries of their own kinds" {
  config 'endpoints = ( { name = "a"; url = "http://127.0.0.1:9/"; headers = ( "X-Key: ${credential:none}" ); } );'
  status=0
  journal_of env -u CREDENTIALS_DIRECTORY "$WARMD" -c "$CONF" run || status=$?
  [ "$status" -eq 78 ]
  cat "$JOURNAL"
  grep -qE '^MESSAGE=.*test.conf:1: warning: ' "$JOURNAL"
  grep -qx 'WARM_EVENT=config-warning' "$JOURNAL"
  grep -qE '^MESSAGE=.*test.conf: ' "$JOURNAL"
  grep -qx 'WARM_EVENT=config-rejected' "$JOURNAL"
  [ "$(grep -c '^MESSAGE_ID=[0-9a-f]*$' "$JOURNAL")" -eq 2 ]
}

@test "a time zone in the environment that is too long is named" {
  config 'endpoints = ( { name = "a"; url = "http://127.0.0.1:9/"; } );'
  run env TZ="$(printf 'x%.0s' $(seq 5000))" "$WARMD" -c "$CONF" check
  [ "$status" -eq 78 ]
  [[ "$output" == *'test.conf: the time zone in $TZ'* ]]
}

@test "a change of the system's time zone is noticed without a reload" {
  start_sim
  local here there
  # A window from now on in the one zone; in the other it is six hours later.
  cp /usr/share/zoneinfo/Etc/GMT+12 "$BATS_TEST_TMPDIR/localtime"
  here=$(TZ=Etc/GMT-6 date +%H:%M)
  there=$(TZ=Etc/GMT-6 date -d '3 hours' +%H:%M)
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 0; interval = \"1h\";
    windows = ( { days = \"Mon..Sun\"; from = \"$here\"; to = \"$there\"; warm = 2; } ); } );"
  TZ=:$BATS_TEST_TMPDIR/localtime start_notified_daemon
  wait_for 10 says '0/0 warm'
  cp /usr/share/zoneinfo/Etc/GMT-6 "$BATS_TEST_TMPDIR/new"
  mv "$BATS_TEST_TMPDIR/new" "$BATS_TEST_TMPDIR/localtime"
  wait_for 10 logged "the system's time zone has changed \(.*\+0600\)"
  wait_for 10 says '0/2 warm|2/2 warm'
}
