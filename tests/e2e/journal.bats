#!/usr/bin/env bats
# What docs/journal.md promises of the journal: its questions are asked of a day's entries (tests/journal/day.py), and its
# answers are what comes out.

bats_require_minimum_version 1.5.0
load common.bash

setup_file() {
  command -v jq >/dev/null && [ -x /lib/systemd/systemd-journal-remote ] || return 0
  export ROOT=$BATS_FILE_TMPDIR/root
  local folder
  folder=$ROOT/var/log/journal/$(printf 'machine:warm-a' | md5sum | cut -d' ' -f1)
  mkdir -p "$folder"
  python3 -B "$TESTS/journal/day.py" "$folder/system.journal"
}
setup() {
  [ -n "${ROOT:-}" ] || skip "systemd-journal-remote or jq is not installed"
  HERE=$TESTS/..
  export TZ=UTC LC_ALL=C.UTF-8
  cd "$BATS_TEST_TMPDIR" || return
}
teardown() { stop_all; }

# As anyone would call it, but for this journal.
journalctl() { command journalctl --root="$ROOT" --quiet --no-pager "$@"; }
export -f journalctl

# questions: each command of docs/journal.md's first section as N.ask, what it shows as N.answer.
questions() {
  awk '/^## / { on = $0 == "## Ten questions" }
    on && /^```/ { inside = $0 == "```console"; n += inside; next }
    on && inside && sub(/^\$ /, "") { asking = 1 }
    on && inside { print > (n (asking ? ".ask" : ".answer")) }
    on && inside && asking && (!/\\$/ && quotes($0) % 2 == 0) { asking = 0 }
    function quotes(line) { open += gsub("\047", "", line); return open }' "$HERE/docs/journal.md"
}

@test "the ten questions of docs/journal.md have the answers that stand there" {
  questions
  [ "$(find . -name '*.ask' | wc -l)" -eq 10 ]
  for n in $(seq 10); do
    cat "$n.ask"
    bash "$n.ask" >got 2>err
    cat err
    [ -s got ] && [ ! -s err ]
    diff "$n.answer" got
  done
}

@test "what the questions find is what has happened in that day" {
  journalctl -o json WARM_EVENT=round >rounds
  # By another way than the documented ones.
  python3 - rounds <<'PY'
import collections, json, sys
rounds = [json.loads(line) for line in open(sys.argv[1])]
met = collections.Counter(r["WARM_ENDPOINT"] for r in rounds if r["WARM_RESULT"] == "met")
assert met == {"billing": 127, "orders": 288, "reports": 286, "search": 283}, met
cold = collections.Counter()
for r in rounds:
    cold[int(r["__REALTIME_TIMESTAMP"]) // 3600000000 % 24] += int(r.get("WARM_COLD", 0))
assert cold[3] == 26 and max(cold.values()) == 26, cold
usd = sum(float(r["WARM_COST_USD"]) for r in rounds if r["WARM_ENDPOINT"] == "orders")
assert abs(usd - 0.0087) < 0.00005, usd
assert sorted(int(r["WARM_SKEW_USEC"]) for r in rounds)[-1] == 1899
PY
}

@test "journalctl -x explains each kind of entry of that day, with its endpoint" {
  unshare --mount true 2>/dev/null || skip "needs a mount namespace"
  [ -d /var/lib/systemd/catalog ] || skip "systemd has no catalog here"
  local kind
  mkdir -p "$ROOT/usr/lib/systemd/catalog"
  cp "$HERE/systemd/lambda-warmd.catalog" "$ROOT/usr/lib/systemd/catalog/"
  journalctl --update-catalog
  journalctl -o json | jq -r .WARM_EVENT | sort -u >kinds
  [ "$(wc -l <kinds)" -ge 10 ]
  while read -r kind; do
    # shellcheck disable=SC2016
    unshare --mount --propagation private sh -c \
      'mount --bind "$0/var/lib/systemd/catalog" /var/lib/systemd/catalog && exec journalctl --root="$0" -q --no-pager -x "$@"' \
      "$ROOT" -n 1 WARM_EVENT="$kind" >explained
    cat explained
    grep -q '^░░ Subject: .' explained
    [ "$(grep -c '^░░ [A-Z]' explained)" -ge 4 ]
    run ! grep '@' explained
  done <kinds
  journalctl -o cat -n 1 WARM_EVENT=throttled --output-fields=WARM_ENDPOINT | grep -qx reports
}

@test "the day's entries have the fields that the daemon writes, and no other" {
  start_sim_and_journal() {
    make_certs
    start_sim --handler 20 --cold 20
    config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$PLAIN/a\"; warm = 2; interval = \"200ms\"; jitter = 0; } );"
    export RUNTIME_DIRECTORY=$BATS_TEST_TMPDIR/run
    mkdir "$RUNTIME_DIRECTORY"
    { wait_for 20 asked 12 && kill -TERM "$("$WARMD" status --json | command jq .daemon.pid)"; } 3>&- &
    journal_of "$WARMD" -c "$CONF" run
  }
  asked() { [ "$(stats | jq '.functions["/a"].requests // 0')" -ge "$1" ]; }
  start_sim_and_journal
  awk -v RS= '/(^|\n)WARM_EVENT=round(\n|$)/' "$JOURNAL" | grep -oE '^(WARM_[A-Z0-9_]+|MESSAGE_ID|SYSLOG_IDENTIFIER|PRIORITY|MESSAGE)=' |
    tr -d = | sort -u | grep -vxE 'WARM_(RETAINED|DIED|RETIRED|ERRORS|VERSION)' >real
  journalctl -o export WARM_EVENT=round WARM_ENDPOINT=orders | grep -aoE '^(WARM_[A-Z0-9_]+|MESSAGE_ID|SYSLOG_IDENTIFIER|PRIORITY|MESSAGE)=' |
    tr -d = | sort -u >told
  diff real told
  # And messages of the same form.
  form() { sed -E 's/[0-9]+(\.[0-9]+)?/N/g; s/^[a-z]+:/NAME:/' | sort -u | grep -v attempts; }
  journalctl -o cat WARM_EVENT=round WARM_RESULT=met | form >told
  grep -oE '^MESSAGE=a: 2/2 warm .*' "$JOURNAL" | sed 's/^MESSAGE=//' | form >real
  diff real told
}
