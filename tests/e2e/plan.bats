#!/usr/bin/env bats
# The `plan` command: next rounds, requests, costs and advice, with windows, time zones and budgets, at times of the tests' choice.

bats_require_minimum_version 1.5.0
load common.bash

setup() {
  PRELOAD=$BUILD/tests/preload.so
  unset TZ NO_COLOR
  [ -z "${WARMD_SAN:-}" ] || skip "the clock is set by a preloaded library, which sanitizers don't like"
  cd "$BATS_TEST_TMPDIR" || return
}

# plan UTC-TIME OPTION...: at that time; JSON in $json or text in $output.
plan() {
  local at=$1
  shift
  run -0 --separate-stderr env COLUMNS=140 LD_PRELOAD="$PRELOAD" FAULT_TIME="$(date -u -d "$at" +%s)" "$WARMD" -c "$CONF" plan "$@"
  json=$output
}

# expect EXPRESSION VALUE: of the JSON.
expect() {
  local got
  got=$(jq -r "$1" <<<"$json")
  [ "$got" = "$2" ] || { echo "$1 is '$got', not '$2'" >&2; return 1; }
}

office() { # OPTIONS OF THE ENDPOINT
  config "daemon = { timezone = \"${ZONE:-Europe/Berlin}\"; stagger = 0; };
endpoints = ( { name = \"office\"; url = \"https://abc.lambda-url.us-east-1.on.aws/\"; $1 } );"
}

@test "plan --json has what the interface names, and nothing else" {
  config 'endpoints = ( { name = "a"; url = "http://127.0.0.1:1/"; warm = 2; }, { name = "b"; url = "http://127.0.0.1:1/"; },
    { name = "off"; url = "http://127.0.0.1:1/"; warm = 99; enabled = false; } );'
  plan 2026-11-25T12:00:00Z --json
  expect 'keys | join(" ")' 'endpoints total version'
  expect '.version' 1
  expect '.endpoints | map(.name) | join(" ")' 'a b'
  expect '.endpoints[0] | keys | join(" ")' \
    'advice cost_usd_per_month interval_s name next provisioned_usd_per_month requests_per_month warm'
  expect '.total | keys | join(" ")' 'cost_usd_per_month provisioned_usd_per_month requests_per_month warm'
  expect '.total.warm' 3
  expect '.total.requests_per_month' 25920
  expect '(([.endpoints[].cost_usd_per_month] | add) - .total.cost_usd_per_month) | fabs < 0.00001' true
  expect '.endpoints[0].interval_s' 300
  expect '[.endpoints[].advice | length > 10] | all' true
}

@test "an instance-month of 1 GB, 75 ms, 5 min and 1 s of init is \$0.019, and \$10.80 provisioned" {
  office 'warm = 1; interval = "5min"; hold = "75ms"; memory_mb = 1024;'
  plan 2026-11-25T12:00:00Z --json
  expect '.endpoints[0].requests_per_month' 8640
  expect '.endpoints[0].cost_usd_per_month * 1000 | round' 19
  expect '.endpoints[0].provisioned_usd_per_month * 100 | round' 1080
}

@test "memory and processor count" {
  office 'warm = 1; memory_mb = 512; arch = "arm64";'
  plan 2026-11-25T12:00:00Z --json
  expect '.endpoints[0].provisioned_usd_per_month * 100 | round' 432
}

@test "the region of a host, an ARN or the configuration has its own prices" {
  config 'endpoints = (
    { name = "host"; url = "https://abc.lambda-url.af-south-1.on.aws/"; },
    { name = "arn"; function = "arn:aws:lambda:af-south-1:123456789012:function:orders"; },
    { name = "key"; function = "orders"; region = "af-south-1"; },
    { name = "china"; function = "orders"; region = "cn-north-1"; } );'
  plan 2026-11-25T12:00:00Z --json
  expect '[.endpoints[0:3][].provisioned_usd_per_month] | unique | length' 1
  expect '.endpoints[0].provisioned_usd_per_month * 100 | round' 1433
  expect '.endpoints[3].cost_usd_per_month' null
  expect '.endpoints[3].requests_per_month' 8640
  expect '.total.cost_usd_per_month' null
  expect '.endpoints[3].advice | contains("not known here")' true
}

@test "prices of the configuration stand in for the table's" {
  config 'daemon = { prices = { requests_per_million = 100.0; gb_second_x86_64 = 0.0; gateway_per_million = 900.0; }; };
    endpoints = ( { name = "gateway"; url = "https://abc.execute-api.eu-west-1.amazonaws.com/prod/x"; },
                  { name = "invoke"; function = "orders"; region = "eu-west-1"; } );'
  plan 2026-11-25T12:00:00Z --json
  expect '.endpoints[0].cost_usd_per_month * 100 | round' 864
  expect '.endpoints[1].cost_usd_per_month * 1000 | round' 864
}

@test "a window opens with a round, its lead before it, in its own time zone" {
  office 'warm = 0; windows = ( { days = "Mon..Fri"; from = "08:00"; to = "18:30"; warm = 100; lead = "2min"; } );'
  plan 2026-11-25T03:00:00Z --json # a Wednesday
  expect '.endpoints[0].next | join(" ")' '2026-11-25T07:58:00+01:00 2026-11-25T08:03:00+01:00 2026-11-25T08:08:00+01:00'
  expect '.endpoints[0].warm' 100
  # 10 h 32 min on five days a week: 127 rounds a day.
  expect '.endpoints[0].requests_per_month' 272143
  plan 2026-11-27T17:26:30Z --json # Friday, two rounds before the weekend
  expect '.endpoints[0].next | join(" ")' '2026-11-27T18:26:30+01:00 2026-11-30T07:58:00+01:00 2026-11-30T08:03:00+01:00'
}

@test "\$TZ is the zone where the configuration has none" {
  config 'daemon = { stagger = 0; };
    endpoints = ( { name = "a"; url = "http://127.0.0.1:1/"; warm = 0; windows = ( { from = "08:00"; to = "09:00"; warm = 1; } ); } );'
  TZ=Asia/Kathmandu plan 2026-11-25T00:00:00Z --json
  expect '.endpoints[0].next[0]' '2026-11-25T08:00:00+05:45'
  TZ=America/New_York plan 2026-11-25T00:00:00Z --json
  expect '.endpoints[0].next[0]' '2026-11-25T08:00:00-05:00'
}

@test "a time that daylight saving skips is the moment after the gap" {
  office 'warm = 0; windows = ( { from = "02:30"; to = "05:00"; warm = 1; } );'
  plan 2026-03-28T12:00:00Z --json
  expect '.endpoints[0].next[0]' '2026-03-29T03:00:00+02:00'
}

@test "an hour that comes twice is covered twice" {
  office 'warm = 0; interval = "25min"; windows = ( { days = "Sun"; from = "02:00"; to = "02:30"; warm = 1; } );'
  plan 2026-10-24T12:00:00Z --json
  expect '.endpoints[0].next | join(" ")' '2026-10-25T02:00:00+02:00 2026-10-25T02:25:00+02:00 2026-10-25T02:50:00+02:00'
  plan 2026-10-25T01:29:59Z --json # 2:29:59 for the second time
  expect '.endpoints[0].next | join(" ")' '2026-10-25T02:29:59+01:00 2026-11-01T02:00:00+01:00 2026-11-01T02:25:00+01:00'
}

@test "a midnight that is skipped, and a night that goes on after it" {
  ZONE=America/Sao_Paulo office 'warm = 0; interval = "1h"; windows = ( { days = "Sun"; from = "00:00"; to = "02:00"; warm = 1; } );'
  plan 2018-11-03T12:00:00Z --json
  expect '.endpoints[0].next | join(" ")' '2018-11-04T01:00:00-02:00 2018-11-11T00:00:00-02:00 2018-11-11T01:00:00-02:00'
  office 'warm = 1; interval = "1h"; windows = ( { days = "Thu"; from = "22:00"; to = "01:00"; warm = 9; } );'
  plan 2026-12-31T20:30:00Z --json
  expect '.endpoints[0].next | join(" ")' '2026-12-31T21:30:00+01:00 2026-12-31T22:00:00+01:00 2026-12-31T23:00:00+01:00'
}

@test "a leap day has its window" {
  office 'warm = 0; windows = ( { days = "Tue"; from = "10:00"; to = "11:00"; warm = 1; } );'
  plan 2028-02-28T12:00:00Z --json
  expect '.endpoints[0].next[0]' '2028-02-29T10:00:00+01:00'
}

@test "a budget that does not last is told" {
  office 'warm = 20; budget = 0.18;'
  plan 2026-11-25T12:00:00Z --json
  expect '.endpoints[0].advice | contains("The budget of $0.180 is spent after about 15 of 30 days.")' true
  office 'warm = 20; budget = 1;'
  plan 2026-11-25T12:00:00Z --json
  expect '.endpoints[0].advice | contains("budget")' false
}

@test "a learned interval is said to be one" {
  office 'interval = "auto";'
  plan 2026-11-25T12:00:00Z --json
  expect '.endpoints[0].advice | contains("learned")' true
  plan 2026-11-25T12:00:00Z
  [[ "$output" == *" auto 5min "* ]]
}

@test "the table is aligned, and says on which day a round is that isn't today" {
  config 'daemon = { timezone = "Europe/Berlin"; stagger = 0; max_in_flight = 10000; };
    endpoints = ( { name = "a-rather-long-name"; function = "x"; region = "us-east-1"; warm = 20; interval = "1h 30min"; },
      { name = "office"; url = "https://abc.lambda-url.us-east-1.on.aws/"; warm = 0;
        windows = ( { days = "Sat"; from = "08:00"; to = "18:30"; warm = 10000; } ); } );'
  plan 2026-11-25T22:00:00Z
  [ "${lines[0]}" = 'endpoint               warm  interval  requests/month  cost/month  provisioned  next rounds' ]
  [[ "${lines[1]}" == 'a-rather-long-name       20  1h 30min           9,600      $'*'         $216  23:00:00 Thu 00:30:00 Thu 02:00:00' ]]
  [[ "${lines[2]}" == 'office              0-10000      5min       5,400,000      $'*'  Sat 08:00:00 Sat 08:05:00 Sat 08:10:00' ]]
  [[ "${lines[3]}" == total* ]]
  for line in "${lines[@]}"; do [ "${#line}" -le 130 ]; done
}

@test "endpoints of one mind are advised together" {
  config 'endpoints = ( { name = "a"; function = "x"; region = "us-east-1"; warm = 5; },
    { name = "b"; function = "y"; region = "us-east-1"; }, { name = "c"; function = "z"; region = "us-east-1"; warm = 6; } );'
  plan 2026-11-25T12:00:00Z
  grep -qx 'a, c:' <<<"$output"
  grep -qx 'b:' <<<"$output"
}

@test "nothing enabled is an empty plan" {
  config 'endpoints = ( { name = "off"; url = "http://127.0.0.1:1/"; enabled = false; } );'
  plan 2026-11-25T12:00:00Z --json
  expect '.endpoints | length' 0
  expect '.total | map(. == 0) | all' true
}
