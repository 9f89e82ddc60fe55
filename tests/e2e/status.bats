#!/usr/bin/env bats
# What the daemon leaves in its runtime folder, and the commands that read it: reload and status.
bats_require_minimum_version 1.5.0
load common

setup_file() { make_certs; }
setup() {
  export RUNTIME_DIRECTORY=$BATS_TEST_TMPDIR/run
  mkdir "$RUNTIME_DIRECTORY"
}
teardown() { stop_all; }

status_json() { "$WARMD" status --json; }
# row NAME EXPRESSION: of the endpoint's.
row() { status_json | jq -r ".endpoints[] | select(.name == \"$1\") | $2"; }
has_state() { [ "$(row "$1" .state)" = "$2" ]; }
wait_for_state() { wait_for 10 has_state "$1" "$2"; }
in_columns() { [ "$(wc -L <<<"$output")" -le "$1" ] || { echo "$output"; false; }; }

@test "reload: waits for the daemon's verdict, and exits 0 only if the configuration is in force" {
  start_sim
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 2; interval = \"1h\"; } );"
  start_daemon
  config "endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 3; interval = \"1h\"; },
    { name = \"b\"; url = \"http://localhost:$PLAIN/b\"; warm = 2; interval = \"1h\"; } );"
  run --separate-stderr "$WARMD" reload
  [ "$status" -eq 0 ]
  [ "$output" = "$CONF: 2 endpoints, 5 instances, in force" ]
  config "endpoints = (
    { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; wram = 3; } );"
  run --separate-stderr "$WARMD" reload
  [ "$status" -eq 78 ]
  [ -z "$output" ]
  [[ "${stderr_lines[0]}" == "$CONF:2: "*wram* ]]
  [[ "$stderr" == *'still in force'* ]]
  rm "$CONF"
  run "$WARMD" reload
  [ "$status" -eq 78 ]
  # What only the daemon sees counts: the credentials are those of its own environment.
  config "endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; headers = ( \"X-Key: \${credential:tokn}\" ); } );"
  mkdir "$BATS_TEST_TMPDIR/secrets"
  echo x >"$BATS_TEST_TMPDIR/secrets/tokn"
  CREDENTIALS_DIRECTORY=$BATS_TEST_TMPDIR/secrets run "$WARMD" reload
  [ "$status" -eq 78 ]
}

@test "reload: many at once all get an answer to what they asked" {
  start_sim
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/a\"; interval = \"1h\"; } );"
  start_daemon
  local i pids=
  for i in $(seq 12); do
    "$WARMD" reload >"$BATS_TEST_TMPDIR/reload.$i" 2>&1 3>&- &
    pids="$pids $!"
  done
  for i in $pids; do wait "$i"; done
  [ "$(cat "$BATS_TEST_TMPDIR"/reload.* | grep -c 'in force')" -eq 12 ]
}

@test "reload and status: without a daemon, or with one that is gone, 69" {
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:9/a\"; interval = \"1h\"; } );"
  run "$WARMD" status
  [ "$status" -eq 69 ]
  run "$WARMD" reload
  [ "$status" -eq 69 ]
  start_daemon
  run "$WARMD" status --dir "$RUNTIME_DIRECTORY"
  [ "$status" -eq 0 ]
  kill -KILL "$DAEMON"
  wait "$DAEMON" || true
  [ -s "$RUNTIME_DIRECTORY/status.json" ] # left by the dead
  for command in "status" "status --check" "status --json" "reload"; do
    # shellcheck disable=SC2086
    run --separate-stderr "$WARMD" $command
    [ "$status" -eq 69 ]
    [ -z "$output" ]
    [[ "$stderr" == *'no daemon is running'* ]]
  done
  start_daemon
  run "$WARMD" status
  [ "$status" -eq 0 ]
  kill -TERM "$DAEMON"
  wait "$DAEMON"
  [ ! -e "$RUNTIME_DIRECTORY/status.json" ]
  run "$WARMD" status --dir /nonexistent
  [ "$status" -eq 69 ]
}

@test "reload: a daemon that dies while it is asked is noticed" {
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:9/a\"; interval = \"1h\"; } );"
  start_daemon
  kill -STOP "$DAEMON"
  "$WARMD" reload >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  local asker=$!
  started $asker
  asked() { [ "$(sed -n 's/^\(ShdPnd\|SigPnd\):\t//p' "/proc/$DAEMON/status" | tr -d '0\n')" != "" ]; }
  wait_for 10 asked
  kill -KILL "$DAEMON"
  status=0
  wait $asker || status=$?
  [ "$status" -eq 69 ]
  grep -q 'it has exited' "$BATS_TEST_TMPDIR/out"
}

@test "a second daemon in the same folder does not pass for the first" {
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:9/a\"; interval = \"1h\"; } );"
  start_daemon
  local first=$DAEMON
  start_daemon
  wait_for 10 logged 'another daemon holds .*/run/lock'
  [ "$(status_json | jq .daemon.pid)" -eq "$first" ]
  kill -TERM "$DAEMON"
  wait "$DAEMON"
  run "$WARMD" status
  [ "$status" -eq 0 ]
}

@test "status: a row for each endpoint, with each state" {
  start_sim --max-instances 3
  local hour=3600
  config "daemon = { stagger = 0; max_in_flight = 1000; }; defaults = { interval = \"1h\"; jitter = 0; }; endpoints = (
    { name = \"fine\"; url = \"http://localhost:$PLAIN/a\"; warm = 2; hold = \"120ms\"; },
    { name = \"dead\"; url = \"http://127.0.0.1:9/c\"; },
    { name = \"much\"; url = \"http://localhost:$PLAIN/d\"; warm = 8; },
    { name = \"rests\"; url = \"http://localhost:$PLAIN/e\"; warm = 0; windows = ( { days = \"$(LC_ALL=C date -d '3 days' +%a)\"; from = \"08:00\"; to = \"09:00\"; warm = 3; } ); },
    { name = \"poor\"; url = \"http://localhost:$PLAIN/f\"; warm = 3; budget = 0.0000001; } );"
  start_daemon
  wait_for_state fine ok
  wait_for_state dead failing
  wait_for_state much throttled
  wait_for_state rests resting
  wait_for_state poor budget
  jq -e '.version == 1 and .age_s >= 0 and .daemon.pid == '"$DAEMON"' and .configuration.accepted and .configuration.problem == null
    and .configuration.file == "'"$CONF"'" and .states.failing == 1 and .states.elsewhere == 0' <<<"$(status_json)"
  [ "$(row fine '"\(.target) \(.warm) \(.interval_s) \(.hold_s) \(.since) \(.until) \(.budget_usd)"')" = '2 2 3600 0.12 null null null' ]
  [ "$(row fine '(.next_round | fromdate) - (.last_round | fromdate) | (. - '$hour') as $off | $off >= -2 and $off <= 2')" = true ]
  [ "$(row fine '.cost_usd > 0')" = true ]
  [ "$(row dead '.since | fromdate > 0')" = true ]
  [ "$(row rests '"\(.target) \(.warm) \(.last_round) \(.until == .next_round) \(.until | fromdate > now)"')" = '0 0 null true true' ]
  [ "$(row poor '(.until | fromdate > now) and .budget_usd > 0 and .next_round == .until')" = true ]
  run "$WARMD" status
  [ "$status" -eq 0 ]
  in_columns 80
  [[ "$output" =~ ENDPOINT\ +WARM\ +STATE\ +LAST\ +NEXT\ +EVERY\ +HOLD\ +MONTH ]]
  [[ "$output" =~ fine\ +2/2\ +ok\ +[0-9][0-9]:[0-9][0-9]\ .*1h\ +120ms\ +\$ ]]
  [[ "$output" =~ dead\ +0/1\ +failing\ since\ [0-9][0-9]:[0-9][0-9] ]]
  [[ "$output" =~ rests\ +0/0\ +resting\ until\ [A-Z][a-z][a-z]\ [0-9]+ ]]
  [[ "$output" == *'5 endpoints, '*' warm, $'*' this month'*'1 ok, 1 failing, 1 throttled, 1 resting, 1 budget'* ]]
}

@test "status --check: failing, short or a rejected configuration is 1; what is as configured is 0" {
  start_sim
  start_fault silent
  local fine="{ name = \"a\"; url = \"http://localhost:$PLAIN/a\"; warm = 2; interval = \"1h\"; }"
  local rests day
  day=$(LC_ALL=C date -d '3 days' +%a)
  rests="{ name = \"r\"; url = \"http://localhost:$PLAIN/e\"; warm = 0; windows = ( { days = \"$day\"; from = \"08:00\"; to = \"09:00\"; warm = 3; } ); }"
  config "daemon = { stagger = 0; }; endpoints = ( $fine, $rests );"
  start_daemon
  wait_for_state a ok
  run "$WARMD" status --check
  [ "$status" -eq 0 ]
  # One that was not asked yet is not known to be warm.
  config "daemon = { stagger = 0; }; endpoints = ( $fine, $rests, { name = \"s\"; url = \"http://127.0.0.1:$PORT/\"; timeout = \"1min\"; attempts = 1; } );"
  "$WARMD" reload
  run "$WARMD" status --check
  [ "$status" -eq 1 ]
  [ "$(row s .state)" = short ]
  run "$WARMD" status
  [ "$status" -eq 0 ]
  config "daemon = { stagger = 0; }; endpoints = ( $fine, $rests );"
  "$WARMD" reload
  run "$WARMD" status --check
  [ "$status" -eq 0 ]
  echo 'endpoints = 5;' >"$CONF"
  run "$WARMD" reload
  [ "$status" -eq 78 ]
  run --separate-stderr "$WARMD" status --check --json
  [ "$status" -eq 1 ]
  jq -e '.configuration | (.accepted | not) and (.problem | contains("test.conf:1")) and (.rejected | fromdate > 0) and (.loaded | fromdate > 0)' <<<"$output"
  run "$WARMD" status
  [[ "$output" =~ configuration\ of\ [0-9:]+\ rejected:\ .*test.conf:1: ]]
}

@test "a file that a daemon has written no more is not believed" {
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:9/a\"; interval = \"1h\"; } );"
  start_daemon
  wait_for_state a failing # its round is over, so nothing changes for some minutes
  sed -i 's/"written":"[^"]*"/"written":"2020-01-01T00:00:00Z"/' "$RUNTIME_DIRECTORY/status.json"
  run --separate-stderr "$WARMD" status --check
  [ "$status" -eq 69 ]
  [[ "$stderr" == *'has written no status for'* ]]
  for text in '' '{' '{"version":2}' '{"version":1,"endpoints":[{}]}' '[]'; do
    echo "$text" >"$RUNTIME_DIRECTORY/status.json"
    run --separate-stderr "$WARMD" status
    [ "$status" -eq 69 ]
    [ -z "$output" ]
  done
  rm "$RUNTIME_DIRECTORY/status.json"
  mkfifo "$RUNTIME_DIRECTORY/status.json"
  run "$WARMD" status
  [ "$status" -eq 69 ]
}

@test "its files are for everyone, and a daemon without a folder goes on without them" {
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:9/a\"; interval = \"1h\"; } );"
  umask 077
  start_daemon
  [ "$(stat -c %a "$RUNTIME_DIRECTORY/status.json" "$RUNTIME_DIRECTORY/lock" "$RUNTIME_DIRECTORY/configuration.json" | sort -u)" = 644 ]
  kill -TERM "$DAEMON"
  wait "$DAEMON"
  RUNTIME_DIRECTORY=/nonexistent start_daemon
  wait_for 10 logged 'cannot claim /nonexistent/lock: No such file or directory'
  wait_for 10 logged 'a: 0/1'
}

@test "Status: says how many are in trouble, and keeps a rejected configuration until one is accepted" {
  start_sim --max-instances 3
  receive_notifications
  says() { sed -n 's/^STATUS=//p' "$NOTIFIED" | tail -n 1 | grep -qE "$1"; }
  config "daemon = { stagger = 0; metrics_file = \"$BATS_TEST_TMPDIR/m.prom\"; }; defaults = { interval = \"1h\"; }; endpoints = (
    { name = \"dead\"; url = \"http://127.0.0.1:9/c\"; },
    { name = \"much\"; url = \"http://localhost:$PLAIN/d\"; warm = 8; },
    { name = \"rests\"; url = \"http://localhost:$PLAIN/e\"; warm = 0; windows = ( { days = \"$(LC_ALL=C date -d '3 days' +%a)\"; from = \"08:00\"; to = \"09:00\"; warm = 3; } ); },
    { name = \"poor\"; url = \"http://localhost:$PLAIN/f\"; warm = 3; budget = 0.0000001; } );"
  NOTIFY_SOCKET=$BATS_TEST_TMPDIR/notify start_daemon
  wait_for 10 says ' warm, 1 failing, 1 throttled, 1 resting, 1 out of budget'
  cp "$CONF" "$BATS_TEST_TMPDIR/good"
  echo 'endpoints = 5;' >"$CONF"
  run "$WARMD" reload
  wait_for 10 says '^configuration of [0-9:]+ rejected: .*test.conf:1: .*; 4 endpoints, '
  kill -USR1 "$DAEMON" # later rounds don't hide it
  wait_for 10 logged 'dead: 0/1' 1
  wait_for 10 says '^configuration of [0-9:]+ rejected: '
  counted() { grep -qxF "$1" "$BATS_TEST_TMPDIR/m.prom"; }
  wait_for 10 counted 'lambda_warmd_config_last_reload_successful 0'
  wait_for 10 counted 'lambda_warmd_endpoints{state="failing"} 1'
  wait_for 10 counted 'lambda_warmd_endpoints{state="budget"} 1'
  wait_for 10 counted 'lambda_warmd_endpoints{state="ok"} 0'
  wait_for 10 counted 'lambda_warmd_endpoint_state{endpoint="much",state="throttled"} 1'
  wait_for 10 counted 'lambda_warmd_endpoint_state{endpoint="rests",state="resting"} 1'
  cp "$BATS_TEST_TMPDIR/good" "$CONF"
  "$WARMD" reload
  wait_for 10 says '^4 endpoints, '
}
