#!/usr/bin/env bats
# `once` as a gate and as a table: what it refuses, what counts as proven, and that it fits the terminal.

bats_require_minimum_version 1.5.0
load common.bash

setup_file() { make_certs; }
setup() {
  PIDS=
  unset TZ COLUMNS CREDENTIALS_DIRECTORY
  cd "$BATS_TEST_TMPDIR" || return
}
teardown() { stop_all; }

# resting: a window that opens in some hours.
resting() {
  echo "warm = 0; windows = ( { from = \"$(date -u -d '3 hours' +%H:00)\"; to = \"$(date -u -d '5 hours' +%H:00)\"; warm = 3; } );"
}

# The line of the documentation that lists what fell short.
documented_jq() {
  sed -n "s/.*jq -r '\(\.rounds.*\)'.*/\1/p" "$TESTS/../docs/pipelines.md" | head -n 1
}

@test "with --distinct, met in the JSON is the verdict of the exit status" {
  start_sim --no-identity
  config "endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/f\"; warm = 5; } );"
  once
  [ "$status" -eq 0 ]
  expect_field '.rounds[0].met' true
  once --distinct
  [ "$status" -eq 1 ]
  expect_field '.rounds[0].met' false
  [ -n "$(documented_jq)" ]
  [ "$(jq -r "$(documented_jq)" <<<"$json")" = "a: unproven/5" ]
}

@test "with --distinct, the table says unproven; without, met" {
  start_sim --no-identity
  config "endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/f\"; warm = 5; } );"
  run -1 --separate-stderr "$WARMD" -c "$CONF" once --distinct
  [[ "${lines[1]}" == "a "*" unproven "* ]]
  run -0 --separate-stderr "$WARMD" -c "$CONF" once
  [[ "${lines[1]}" == "a "*" met "* ]]
}

@test "where every endpoint rests nothing is proven: --distinct exits 1, and says why" {
  config "daemon = { timezone = \"UTC\"; }; endpoints = ( { name = \"a\"; url = \"http://localhost:9/f\"; $(resting) } );"
  once --distinct
  [ "$status" -eq 1 ]
  expect_field '.rounds | length' 0
  grep -q 'nothing was sent: every enabled endpoint is resting now, so nothing is proven' once.err
  once
  [ "$status" -eq 0 ]
  grep -q 'nothing was sent: every enabled endpoint is resting now$' once.err
  run -0 --separate-stderr "$WARMD" -c "$CONF" once
  [ -z "$output" ]
}

@test "an endpoint that lacks its secrets is left out by name, and the others are warmed" {
  start_sim
  config "endpoints = ( { name = \"plain\"; url = \"http://localhost:$PLAIN/p\"; warm = 2; },
    { name = \"other\"; url = \"http://localhost:$PLAIN/o\"; },
    { name = \"secret\"; url = \"http://localhost:$PLAIN/s\"; headers = ( \"Authorization: \${credential:token}\" ); } );"
  once
  [ "$status" -eq 1 ]
  expect_field '[.rounds[] | "\(.endpoint) \(.met)"] | join(" ")' 'plain true other true'
  [ "$(stats | jq '.functions["/s"].requests // 0')" -eq 0 ]
  grep -q 'test.conf:3: secret is not warmed: .*(CREDENTIALS_DIRECTORY=FOLDER lambda-warmd once secret)' once.err
  once plain
  [ "$status" -eq 0 ]
  once secret
  [ "$status" -eq 78 ]
  mkdir secrets && echo hush >secrets/token
  CREDENTIALS_DIRECTORY=$PWD/secrets once
  [ "$status" -eq 0 ]
  expect_field '.rounds | length' 3
}

@test "secrets that an endpoint takes from the defaults count as its own" {
  start_sim
  config "defaults = { headers = ( \"Authorization: \${credential:token}\" ); };
    endpoints = ( { name = \"own\"; url = \"http://localhost:$PLAIN/p\"; headers = ( ); },
      { name = \"taken\"; url = \"http://localhost:$PLAIN/o\"; } );"
  once
  [ "$status" -eq 1 ]
  expect_field '[.rounds[].endpoint] | join(" ")' 'own'
}

fits() { LC_ALL=C.UTF-8 awk -v columns="$1" 'length > columns { print; bad = 1 } END { exit bad }'; }

@test "the table fits 80 columns, and uses more where there are more" {
  start_sim
  config "endpoints = ( { name = \"a\"; url = \"http://localhost:$PLAIN/p\"; warm = 100; },
    { name = \"an-endpoint-whose-name-is-longer-than-any-column-would-be-there-1234\"; url = \"http://localhost:$PLAIN/o\"; },
    { name = \"refused\"; url = \"http://localhost:1/o\"; warm = 3; } );"
  sed -i 's/-there-1234/-th/' "$CONF"
  COLUMNS=80 "$WARMD" -c "$CONF" once >narrow || true
  [ "$(wc -l <narrow)" -ge 5 ]
  fits 80 <narrow
  grep -q 'an-endpoint-whose-name-is-longer' narrow
  grep -q '3 refused' narrow
  # without a terminal, a message stays in its line
  "$WARMD" -c "$CONF" once >piped || true
  grep -qE '^refused: .*connect.*server$' piped
  COLUMNS=200 "$WARMD" -c "$CONF" once >wide || true
  grep -q '^an-endpoint-whose-name-is-longer.* met ' wide
  grep -q '^refused .* failed .* 3 refused' wide
}

@test "plan fits 80 columns, and says each advice once" {
  {
    echo 'daemon = { max_in_flight = 10000; }; endpoints = ('
    for i in $(seq 1 300); do
      echo "{ name = \"endpoint-with-a-number-$i\"; function = \"f$i\"; region = \"us-east-1\"; warm = 600; },"
    done
    echo '{ name = "last"; function = "g"; region = "us-east-1"; warm = 10000; } );'
  } >many.conf
  "$WARMD" -c many.conf plan >out
  fits 80 <out
  [ "$(grep -c 'Provisioned concurrency costs' out)" -eq 1 ]
  grep -qE '^endpoint-with-a-number-1, .* and [0-9]+ more:$' out
  grep -q ' 86,400,000 ' out
  COLUMNS=160 "$WARMD" -c many.conf plan >wide
  [ "$(head -n 1 wide | wc -c)" -gt 80 ]
  grep -qE '^last .*([0-9]{2}:[0-9]{2}:[0-9]{2}.*){3}' wide
}
