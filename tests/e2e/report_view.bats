#!/usr/bin/env bats
# What `report` prints, of journals written for the tests: for people, for a status bar, for programs.

bats_require_minimum_version 1.5.0
load common.bash

# A day of orders and billing: a deploy and too few instances, a failed round, cold starts at the beginning.
setup_file() {
  python3 - <<'END' | python3 "$BATS_TEST_DIRNAME/../report/journals.py" write "$BATS_FILE_TMPDIR/day.journal"
for i in range(288):
    if i == 38:
        print("+11400.5 deployed orders 'MESSAGE=orders: version 42 answers instead of 41'")
    errors = " OK=13 ERRORS='7 throttled'" if i in (38, 39) else ""
    print(f"+{i * 300 + 1} round orders TARGET=20 COLD={20 * (i == 0)}{errors}")
    errors = " OK=0 ERRORS='5 refused'" if i == 168 else ""
    print(f"+{i * 300 + 2} round billing TARGET=5 COLD={5 * (i == 0)}{errors}")
END
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  unset NO_COLOR COLUMNS
  export TZ=UTC LC_ALL=C.UTF-8
}

# journal: makes x.journal of lines from stdin; see there.
journal() { python3 "$TESTS/report/journals.py" write x.journal "$@"; }

# lacks GREP-ARGUMENT...: no line of the report is like that. Lines with a command to copy may be long.
lacks() { grep -v 'journalctl ' <<<"$output" | if grep "$@" >&2; then return 1; fi; }

report() { run -0 --separate-stderr "$WARMD" report --file x.journal "$@"; }

@test "a day at 80 columns: a sentence, pictures, figures, hours, rounds and events, and no line is longer" {
  cp "$BATS_FILE_TMPDIR/day.journal" x.journal
  report --since 2026-11-24 --until 2026-11-25
  [ "${lines[0]}" = "2 endpoints were 99.4% warm; orders was worst with 99.3%: 1 gap of 10 min on" ]
  [[ ${lines[1]} == "Tue 03:10 (deploy)" || ${lines[1]} == "Tue 03:10 (throttled)" ]]
  [ "${lines[2]}" = "2026-11-24 00:00 to 2026-11-25 00:00 UTC, host warm-a, 576 rounds" ]
  [[ $output == *"orders        99.3%  ██████▃████"* ]]
  [[ $output == *"billing       99.6%  ████████████████████████████!███"* ]]
  [[ $output == *"COLD STARTS  25, most on Tue at 00:00"* ]]
  [[ $output == *"WORST ROUNDS  1 failed, 2 short, of 576"* ]]
  [[ $output == *"Tue 03:10  deploy  orders: version 42 answers instead of 41"* ]]
  lacks -E '^.{81}'
  lacks $'\033'
}

@test "without UTF-8 it is ASCII, and on narrow terminals it has fewer figures" {
  cp "$BATS_FILE_TMPDIR/day.journal" x.journal
  LC_ALL=C COLUMNS=40 report --since 2026-11-24 --until 2026-11-25
  LC_ALL=C lacks '[^ -~]'
  [[ $output == *"orders"*"99.3%  ##:###"* ]]
  [[ $output == *"SPENT -> MONTH"* ]] && [[ $output != *SKEW* ]]
  lacks -E '^.{41}'
}

@test "a wide terminal has an endpoint in one row" {
  cp "$BATS_FILE_TMPDIR/day.journal" x.journal
  COLUMNS=140 report --since 2026-11-24 --until 2026-11-25
  grep -qE '^orders +99\.3% .*█ .*20 .* ms .*\$' <<<"$output"
}

@test "each command that it prints shows the round or the summary" {
  { day_lines=$(seq 0 300 3000); for at in $day_lines; do echo "+$at round orders OK=3 ERRORS='2 throttled'"; done
    echo "+4000 summary orders SHORT=12 MET=0 OK=36"; } | journal
  report
  grep -o 'journalctl .*' <<<"$output" >commands
  [ "$(wc -l <commands)" -eq 10 ]
  grep -q WARM_EVENT=summary commands
  while read -r command; do
    run -0 --separate-stderr sh -c "$command -q -o json"
    [ "$(wc -l <<<"$output")" -eq 1 ]
    [ "$(jq -r '.WARM_ENDPOINT' <<<"$output")" = orders ]
  done <commands
}

@test "one line for a status bar, of all endpoints or one" {
  cp "$BATS_FILE_TMPDIR/day.journal" x.journal
  report --oneline --since 2026-11-24 --until 2026-11-25
  [[ $output == "99.4% warm, 2 endpoints, 2 gaps, 25 cold, p99 112 ms, \$"*" (\$"*" a month)" ]]
  report --oneline --endpoint orders --since 2026-11-24 --until 2026-11-25
  [[ $output == "orders 99.3% warm, 1 gap, 20 cold, p99 112 ms, \$"* ]]
  [ "${#lines[@]}" -eq 1 ]
}

@test "JSON has the contract's names and the figures" {
  cp "$BATS_FILE_TMPDIR/day.journal" x.journal
  report --json --since 2026-11-24 --until 2026-11-25
  [ "$(jq -c '[.version, .since, .until, .unusable_entries]' <<<"$output")" = \
    '[1,"2026-11-24T00:00:00Z","2026-11-25T00:00:00Z",0]' ]
  [ "$(jq -c '.endpoints | map(.name)' <<<"$output")" = '["billing","orders"]' ]
  [ "$(jq -c '.endpoints[0] | [.rounds, .met, .short, .failed, .requests, .ok, .cold]' <<<"$output")" = \
    '[288,287,0,1,1440,1435,5]' ]
  [ "$(jq -c '.endpoints[1] | [.skew_us, .latency_us, .cost_usd]' <<<"$output")" = \
    '[{"p50":800,"p99":800,"max":800},{"p50":80000,"p99":112000,"max":120000},0.01152]' ]
}

@test "what no answer said is null, and a dash" {
  echo "+60 round orders -COLD -DISTINCT -COST_MICROUSD -SKEW_USEC -P50_USEC -P99_USEC -MAX_USEC" | journal
  report --json
  [ "$(jq -c '.endpoints[0] | [.cold, .distinct, .cost_usd, .skew_us.p50, .latency_us.p99]' <<<"$output")" = \
    '[null,null,null,null,null]' ]
  report
  grep -qE '^orders +5/5 +– +– +– +–$' <<<"$output"
  [[ $output == *"No answer said whether its instance was new."* ]]
}

@test "an empty journal is said to be empty, with what to do" {
  echo "+60 other" | journal
  report
  [[ $output == "The journal has no round of lambda-warmd from "* ]]
  [[ $output == *"journalctl --file x.journal WARM_EVENT=round"* ]]
  report --oneline
  [ "$output" = "no rounds" ]
}

@test "hostile text moves no cursor and forges no line" {
  journal <<'END'
+60 round orders OK=2 "ERRORS=\x1b[2J3 refused\n\nFORGED"
+70 deployed orders "MESSAGE=orders: \x1b]0;x\x07version \xff\nFORGED \xe2\x80\xae2"
END
  report
  LC_ALL=C lacks $'[\001-\010\013-\037]'
  lacks '^FORGED'
  lacks $'\xe2\x80\xae'
}
