#!/usr/bin/env bats
# The `report` command on journals of our own: what it counts, of which period and files, and what damaged, strange and hostile
# ones do to it.

bats_require_minimum_version 1.5.0
load common.bash

JOURNALS=$TESTS/report/journals.py
NIGHT=1795478400 # 2026-11-24T00:00:00Z, from which the journals' times count

setup_file() {
  export TZ=UTC LC_ALL=C.UTF-8
  unset NO_COLOR COLUMNS
  # Two hours of two endpoints, every 5 minutes.
  mkdir "$BATS_FILE_TMPDIR/two"
  {
    echo "+0 started"
    for i in {1..24}; do
      echo "+$((i * 300)) round orders TARGET=20 $([ $i -ne 5 ] || echo "OK=19 ERRORS='1 throttled' THROTTLED=1") COLD=$((i == 1 ? 3 : 0)) SKEW_USEC=$((i * 100)) P99_USEC=$((100000 + i * 1000))"
      echo "+$((i * 300 + 1)) round billing TARGET=2 $([ $i -ne 9 ] || echo 'OK=0 ERRORS="2 refused"') -DISTINCT -COLD"
      echo "+$((i * 300 + 2)) other MESSAGE='not ours'"
    done
  } | python3 -B "$TESTS/report/journals.py" write "$BATS_FILE_TMPDIR/two/system.journal"
  # 2,880 and 28,800 rounds.
  python3 -B "$TESTS/report/journals.py" month "$BATS_FILE_TMPDIR/day" --endpoints 10 --days 1
  python3 -B "$TESTS/report/journals.py" month "$BATS_FILE_TMPDIR/big" --endpoints 100 --days 1
}

setup() {
  TWO=$BATS_FILE_TMPDIR/two/system.journal
  DAY=$BATS_FILE_TMPDIR/day/system.journal
  cd "$BATS_TEST_TMPDIR" || return
}

# journal FILE OPTION...: from lines on stdin.
journal() { python3 -B "$JOURNALS" write "$@"; }

# data_size FILE: journal files have room for more.
data_size() { python3 -B -c 'import sys; print(len(open(sys.argv[1], "rb").read().rstrip(b"\0")))' "$1"; }

# report STATUS OPTION...: stdout in $output, stderr in $stderr.
report() {
  local expected=$1
  shift
  run "-$expected" --separate-stderr timeout 60 "$WARMD" report "$@"
}

# expect EXPRESSION VALUE: of the JSON in $output.
expect() {
  local got
  got=$(jq -c "$1" <<<"$output" | tr -d '"')
  [ "$got" = "$2" ] || { echo "$1 is '$got', not '$2'" >&2; return 1; }
}
ROUNDS='[.endpoints[].rounds] | add // 0'

says() { [[ "$stderr" == *"$1"* ]] || { echo "stderr: '$stderr', not '$1'" >&2; return 1; }; }
says_nothing() { [ -z "$stderr" ] || { echo "stderr: '$stderr'" >&2; return 1; }; }

@test "--json counts exactly, and has what the interface names" {
  report 0 --file "$TWO" --json
  says_nothing
  expect '.version' 1
  expect '[.since, .until] | join(" ")' '2026-11-24T00:00:00Z 2026-11-24T02:00:01Z'
  expect '.endpoints | map(.name) | join(" ")' 'billing orders'
  expect '.endpoints[1] | [.rounds, .met, .short, .failed, .requests, .ok, .cold]' '[24,23,1,0,480,479,3]'
  expect '.endpoints[1].skew_us | [.p50, .p99, .max]' '[1200,2400,2400]'
  expect '.endpoints[1].latency_us.p99 >= 123000' true
  expect '.endpoints[1].cost_usd * 1e6 | round' 960
  expect '.endpoints[0] | [.rounds, .met, .short, .failed, .requests, .ok, .cold]' '[24,23,0,1,48,46,null]'
}

@test "a page doesn't replace a journal" {
  cp "$TWO" mine.journal
  report 64 --file mine.journal --html mine.journal
  says 'mine.journal is a journal'
  cmp "$TWO" mine.journal
}

@test "--until in the future: what is still to come is no gap" {
  journal now.journal <<<"$(date -u -d '-9 min' +%FT%TZ) round a
$(date -u -d '-4 min' +%FT%TZ) round a"
  report 0 --file now.journal --json --until '+5h'
  expect '.endpoints[0].gaps.count' 0
  expect '.until | fromdate < now + 2' true
}

@test "--since and --until: from the first one on, and without the last one" {
  report 0 --file "$TWO" --json --since "@$((NIGHT + 300))" --until "@$((NIGHT + 900))"
  expect '.endpoints | map(.rounds)' '[2,2]'
  report 0 --file "$TWO" --json -S '2026-11-24 01:00' -U '2026-11-24 01:05:01'
  expect '.endpoints | map(.rounds)' '[1,2]'
  report 0 --file "$TWO" --json -S '2026-11-24T02:00:00+01:00' -U '2026-11-24T01:05:01Z'
  expect '.endpoints | map(.rounds)' '[1,2]'
  TZ=Europe/Berlin report 0 --file "$TWO" --json -S '2026-11-24 02:00' -U '2026-11-24 02:05:01'
  expect '.endpoints | map(.rounds)' '[1,2]'
  expect '.since' '2026-11-24T01:00:00Z'
}

@test "times mean what systemd-analyze says they mean" {
  command -v systemd-analyze >/dev/null || skip "needs systemd-analyze"
  local when epoch
  for when in '2026-11-24 03:10' 'Tue 2026-11-24 03:10:05' '2026-11-24' '2026-11-24 03:10:05 UTC' '26-11-24 11:00' @1795478400; do
    epoch=$(systemd-analyze timestamp -- "$when" | sed -n 's/.*UNIX seconds: @//p')
    report 0 --file "$TWO" --json --since "$when" --until '2027-01-01'
    expect '.since | fromdate' "$epoch"
  done
  for when in yesterday today -6h '2h 30min ago'; do
    report 0 --file "$TWO" --json --since "$when" --until '+1h'
    epoch=$(systemd-analyze timestamp -- "$when" | sed -n 's/.*UNIX seconds: @\([0-9]*\).*/\1/p')
    expect ".since | fromdate | . - $epoch | fabs <= 60" true
  done
}

@test "a wrong time is a usage error that says how to write one" {
  report 64 --file "$TWO" --since 'last tuesday'
  says "--since: 'last tuesday' is not a time"
  says '-6h'
  report 64 --file "$TWO" --until '6h'
  says "did you mean '-6h'?"
  report 64 --file "$TWO" --since '2026-11-25' --until '2026-11-24'
  says "--since '2026-11-25' is not before --until '2026-11-24'"
  report 64 --file "$TWO" --since '+1h'
  says 'is not before now'
  report 64 --file "$TWO" --json --oneline
  report 64 --file "$TWO" --merge
  report 64 --file "$TWO" stray
  report 64 "$TWO"
  says "did you mean --file $TWO?"
  [ -z "$output" ]
}

@test "--endpoint: only this one; one that nobody knows is named" {
  report 0 --file "$TWO" --json --endpoint orders
  expect '.endpoints | map(.name)' '[orders]'
  report 0 --file "$TWO" --json --endpoint orders --endpoint billing
  expect '.endpoints | map(.name)' '[billing,orders]'
  report 69 --file "$TWO" --json --endpoint oders
  expect '.endpoints' '[]'
  says "the journal has no endpoint 'oders' (did you mean 'orders'?)"
  report 69 --file "$TWO" --endpoint $'x\e[31m'
  [[ "$stderr" != *$'\e'* ]]
  report 0 --file "$TWO" --json --endpoint orders --since '2026-11-24 01:59' --until '2026-11-24 01:59:30'
  says 'has no round of orders in this period'
}

@test "--file takes several files and globs, --directory the folders of machines" {
  mkdir -p all/"$(printf 'a%.0s' {1..32})" all/"$(printf 'b%.0s' {1..32})" all/other
  echo '+300 round orders' | journal all/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/system.journal --host web1
  echo '+200 round orders' | journal all/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/system.journal --host web2
  echo '+100 round other' | journal all/other/system.journal
  echo '+400 round top' | journal all/remote.journal~.journal
  report 0 --directory all --json
  expect '.endpoints | map([.name, .rounds])' '[[orders,2],[top,1]]'
  expect '.since' 2026-11-24T00:03:20Z
  report 0 -D all -D all/other --json
  expect "$ROUNDS" 4
  report 0 --file 'all/[ab]*/system.journal' --file all/remote.journal~.journal --json
  expect "$ROUNDS" 3
  report 0 --file 'all/{o,x}ther/*.journal' --json
  expect "$ROUNDS" 1
  # The same file twice is one file.
  report 0 --file 'all/other/*' --file all/other/system.journal -D all/other --json
  expect "$ROUNDS" 1
}

@test "what isn't there: 66; what may not be read: 77; what is no journal: 69" {
  report 66 --file 'nothing-*.journal'
  says "no file matches 'nothing-*.journal'"
  report 66 --directory nowhere
  says 'cannot read the folder nowhere: No such file or directory'
  echo 'a text' >text.journal
  report 69 --file text.journal
  says 'text.journal: not read: it is not a journal file'
  mkdir shut
  cp "$TWO" mine.journal
  chmod 600 mine.journal
  chmod 711 .
  chmod 700 shut
  [ "$(id -u)" -eq 0 ] || skip "needs root to be somebody else"
  cp "$WARMD" warmd
  run -77 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups ./warmd report --file mine.journal
  says 'mine.journal: not read: Permission denied; only root and members of the groups systemd-journal and adm'
  run -77 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups ./warmd report --directory shut
  says 'shut: not read: Permission denied'
}

@test "an empty journal, and a period without entries, are no errors" {
  mkdir empty
  report 0 --directory empty
  [ -n "$output" ]
  report 0 --directory empty --json
  expect '.endpoints' '[]'
  report 0 --directory empty --oneline
  [ "${#lines[@]}" -eq 1 ]
  echo '+100 other' | journal other.journal
  report 0 --file other.journal --json
  expect '.endpoints' '[]'
  report 0 --file "$TWO" --since '2020-01-01' --until '2020-01-02'
  [ -n "$output" ]
  report 0 --file "$TWO" --since '2020-01-01' --until '2020-01-02' --json
  expect '.endpoints' '[]'
  says_nothing
}

@test "the running system's journal: its own machine's, with --merge all" {
  unshare --mount true 2>/dev/null || skip "needs a mount namespace"
  local id other
  id=$(printf '1%.0s' {1..32})
  other=$(printf '2%.0s' {1..32})
  mkdir -p var/$id var/$other none
  echo '+100 round mine' | journal var/$id/system.journal
  echo '+100 round theirs' | journal var/$other/system.journal
  echo $id >machine-id
  system() { # FOLDER OPTION...
    run --separate-stderr unshare --mount --propagation private sh -c 'mount --bind machine-id /etc/machine-id &&
      mkdir -p /var/log/journal && mount --bind "$1" /var/log/journal && shift && exec "$@"' sh "$1" "$WARMD" report "${@:2}"
  }
  system var --json
  expect '.endpoints | map(.name)' '[mine]'
  # It lasts until now, which is not the time of the last entry.
  [[ "$(jq -r .until <<<"$output")" != 2026-11-24T* ]]
  # What is still to come is no gap.
  system var --json --until tomorrow
  expect '(.until | fromdate) - now < 5' true
  system var --json --merge
  expect '.endpoints | map(.name)' '[mine,theirs]'
  system none
  [ "$status" -eq 69 ]
  says 'this machine keeps no journal'
}

@test "summaries count like the rounds that they stand for" {
  journal s.journal <<'E'
+3600 summary orders ROUNDS=12 MET=10 SHORT=1 FAILED_ROUNDS=1
+3700 round orders OK=4
E
  report 0 --file s.journal --json
  expect '.endpoints[0] | [.rounds, .met, .short, .failed]' '[13,10,2,1]'
}

@test "an endpoint that another host warms is elsewhere, and has no gap" {
  {
    for i in {1..6}; do echo "+$((i * 300)) round orders"; done
    echo '+1900 released orders'
    for i in {20..24}; do echo "+$((i * 300)) round billing"; done
  } | journal r.journal
  report 0 --file r.journal --json
  expect '.endpoints[1] | [.name, .gap_s, .elsewhere_s > 5000]' '[orders,0,true]'
}

@test "fields that are missing, and those of other versions" {
  journal m.journal <<'E'
+100 round bare -SENT -OK -FAILED -THROTTLED -DISTINCT -COLD -SKEW_USEC -P50_USEC -P99_USEC -MAX_USEC -COST_MICROUSD -INTERVAL_USEC -ROUND -MESSAGE_ID -SYSLOG_IDENTIFIER -MESSAGE -TARGET
+200 round newer FUTURE=yes ANOTHER_USEC=12 RESULT=met
+300 round nothing -ENDPOINT
+400 from-the-future newer
+500 round newer -RESULT
E
  report 0 --file m.journal --json
  says_nothing
  expect '.endpoints | map([.name, .rounds, .met])' '[[bare,1,1],[newer,2,2]]'
  expect '.unusable_entries' 1
}

@test "a cut file is read as far as it goes, and the others whole" {
  cp "$DAY" cut.journal
  truncate -s "$(($(data_size cut.journal) * 7 / 10))" cut.journal
  report 0 --file cut.journal --json
  says 'cut.journal: cut: '
  says 'read as far as they go'
  expect "$ROUNDS | . > 500 and . < 2880" true
  report 0 --file cut.journal --file "$TWO" --json
  expect '.endpoints | map(select(.name == "orders")) | .[0].rounds' 24
  # Even its beginning may be lost.
  head -c 100 "$DAY" >stump.journal
  report 69 --file stump.journal
  says 'stump.journal: not read'
  # Copies that were made are gone.
  [ -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'lambda-warmd-*')" ]
}

@test "of a damaged file only what was damaged is lost" {
  python3 -B - "$DAY" broken.journal <<'E'
import random, sys
data, chance = bytearray(open(sys.argv[1], "rb").read()), random.Random(7)
end = len(data.rstrip(b"\0"))
for at in (end // 3, end // 2, 2 * end // 3):
    data[at:at + 2000] = chance.randbytes(2000)
open(sys.argv[2], "wb").write(data)
E
  report 0 --file broken.journal --json
  expect "$ROUNDS | . > 2600 and . < 2880" true
  report 0 --file broken.journal --file "$TWO" --json
  expect '.endpoints | map(select(.name == "orders")) | .[0].rounds' 24
}

@test "files that are no journals, links in a circle and pipes are passed over" {
  mkdir mixed
  cp "$TWO" mixed/good.journal
  : >mixed/empty.journal
  echo 'a text' >mixed/text.journal
  head -c 100000 /dev/urandom >mixed/noise.journal
  mkfifo mixed/pipe.journal
  mkdir mixed/folder.journal
  ln -s circle.journal mixed/circle.journal
  ln -s . mixed/"$(printf 'c%.0s' {1..32})"
  report 0 --directory mixed --json
  expect '.endpoints | map(.rounds)' '[24,24]'
  local file
  for file in empty text noise pipe folder circle; do
    [ "$(grep -c "mixed/$file.journal: not read: " <<<"$stderr")" -ge 1 ]
  done
  says 'empty.journal: not read: it is empty'
  report 0 --file 'mixed/*.journal' --json
  expect '.endpoints | map(.rounds)' '[24,24]'
}

@test "whatever damage: it ends, and never by a signal" {
  run -0 timeout 120 python3 -B - "$TWO" "$WARMD" <<'E'
import random, subprocess, sys
data = open(sys.argv[1], "rb").read()
end = len(data.rstrip(b"\0"))
for seed in range(40):
    chance, file = random.Random(seed), bytearray(data)
    for _ in range(chance.choice([1, 3, 20, 200])):
        at, size = chance.randrange(8 if seed % 4 == 3 else 264, end - 64), chance.choice([1, 8, 64])
        file[at:at + size] = chance.choice([bytes(size), b"\xff" * size, chance.randbytes(size)])
    if seed % 4 == 2:
        del file[chance.randrange(200, end):]
    open("damaged.journal", "wb").write(file)
    done = subprocess.run([sys.argv[2], "report", "--file", "damaged.journal"], capture_output=True, timeout=30)
    if done.returncode not in (0, 69):
        sys.exit(f"seed {seed}: {done.returncode}: {done.stderr.decode()}")
E
}

@test "hostile values do no harm" {
  journal h.journal <<'E'
+100 round orders OK=4 ERRORS='1 \x1b[31mred\x1b[0m\nforged: line\xff\xfe</script><script>alert(1)</script>' _HOSTNAME='\x1b]0;title\x07'
+200 round orders SENT=99999999999999999999999 OK=-5 FAILED=1e9 COLD=18446744073709551616 P99_USEC=18446744073709551615 SKEW_USEC=' 5' COST_MICROUSD=18446744073709551615
+300 round 'bad name'
+400 round '\x1b[2Jevil'
+500 round @200xn
+600 reloaded MESSAGE='@100000xA'
+700 deployed orders MESSAGE='\x1b[2J\xe2\x80\xaenow\nagain'
+800 round orders TARGET=4294967295 OK=4294967295
+900 round orders TARGET=0
+1000 round orders ROUND='$(reboot)' RESULT=short
+1100 summary orders ROUNDS=18446744073709551615 MET=18446744073709551615
E
  report 0 --file h.journal
  [[ "$output$stderr" != *$'\e'* && "$output" != *$'\x07'* && "$output" != *'$(reboot)'* ]]
  [[ "$output" != *$'\nforged'* ]]
  iconv -f utf-8 -t utf-8 <<<"$output" >/dev/null
  report 0 --file h.journal --json
  jq -e . <<<"$output" >/dev/null
  [ "$(wc -l <<<"$output")" -eq 1 ]
  report 0 --file h.journal --oneline
  [[ "$output" != *$'\e'* ]]
  report 0 --file h.journal --html h.html
  run ! grep -qaiF -e '<script>alert' -e $'\e' h.html
  iconv -f utf-8 -t utf-8 h.html >/dev/null
}

@test "without a terminal: no progress, no escape codes; the lines for journalctl work" {
  report 0 --file "$DAY"
  says_nothing
  [[ "$output" != *$'\e'* ]]
  cp "$TWO" "it's mine.journal"
  report 0 --file "it's mine.journal"
  local line
  line=$(grep -m 1 'journalctl .*WARM_ROUND=' <<<"$output")
  if command -v journalctl >/dev/null; then
    [ "$(sh -c "$line -o cat --no-pager" | wc -l)" -eq 1 ]
  fi
}

@test "on a terminal a line says how far the reading is, and is gone at the end" {
  [ -z "${TEST_WRAPPER:-}" ] || skip "needs a terminal of its own"
  run -0 env TERM=xterm timeout 60 python3 -B -c '
import os, pty, sys
pty.spawn(sys.argv[1:])
' "$WARMD" report -D "$BATS_FILE_TMPDIR/big" --json
  [[ "$output" == *'reading the journal: '*'% ('*' rounds)'* ]]
  # It comes before the result, and is erased.
  [[ "${output%%\{*}" == *$'\r\e[K' ]]
}

@test "28,800 rounds take no more than 16 MB of memory, and their page 1.5 MB" {
  [ -z "${WARMD_SAN:-}" ] || skip "sanitizers take memory of their own"
  "$WARMD" report -D "$BATS_FILE_TMPDIR/big" --json --html page.html >out.json 3>&- &
  local pid=$! most=0 now
  while kill -0 $pid 2>/dev/null; do
    now=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status 2>/dev/null) || break
    [ "${now:-0}" -le "$most" ] || most=$now
  done
  wait $pid
  output=$(<out.json)
  expect "$ROUNDS" 28800
  [ "$(stat -c %s page.html)" -le 1500000 ]
  echo "RssAnon: $most KiB" >&2
  [ "$most" -gt 0 ] && [ "$most" -le 16000 ]
}

@test "--until alone shows what was before" {
  report 0 --file "$TWO" --until '2020-01-02' --json
  expect '[.since, .until] | join(" ")' '2020-01-01T00:00:00Z 2020-01-02T00:00:00Z'
  report 64 --file "$TWO" --until @0
  says "is not before --until '@0'"
  report 0 --file "$TWO" --until '2026-11-24 00:05:01' --json
  expect '.endpoints | map(.rounds)' '[0,1]' || expect '.endpoints | map(.rounds)' '[1]'
}

@test "--html writes a page, says so, and replaces only files" {
  report 0 --file "$TWO" --html page.html
  [[ "$output" == 'wrote page.html ('*' MB)' ]]
  grep -qi '<html' page.html
  report 0 --file "$TWO" --html page.html --json
  jq -e . <<<"$output" >/dev/null
  says 'wrote page.html'
  report 0 --file "$TWO" --html -
  [ "$output" = "$(<page.html)" ] || grep -qi '<html' <<<"$output"
  [ ! -e ./- ]
  report 64 --file "$TWO" --html - --json
  mkfifo pipe
  mkdir folder
  report 64 --file "$TWO" --html pipe
  says 'pipe is not a regular file'
  report 64 --file "$TWO" --html folder
  report 69 --file "$TWO" --html nowhere/page.html
  says 'nowhere/page.html'
  [ ! -e nowhere ]
}

@test "who has rested since before the period rests in it" {
  {
    echo "+0 round orders TARGET=5"
    echo "+600 resting orders UNTIL_USEC=$(((NIGHT + 8 * 3600) * 1000000))"
    for i in {0..12}; do echo "+$((8 * 3600 + i * 300)) round orders TARGET=5"; done
  } | journal rest.journal
  run -0 --separate-stderr "$WARMD" report --file rest.journal --since @$((NIGHT + 3600)) --json
  jq -e '.endpoints[0] | .rounds == 13 and .resting_s == 25200 and .gaps.count == 0' <<<"$output"
  # the rest was over before this
  run -0 --separate-stderr "$WARMD" report --file rest.journal --since @$((NIGHT + 8 * 3600 + 60)) --json
  jq -e '.endpoints[0] | .rounds == 12 and .resting_s == 0' <<<"$output"
}
