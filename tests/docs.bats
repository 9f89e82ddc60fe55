#!/usr/bin/env bats
# The documentation says what the program does: keys, causes, options, examples and links are held against the code.

bats_require_minimum_version 1.5.0

setup() {
  HERE=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  WARMD=${WARMD_BUILD:-$HERE/build}/lambda-warmd
  README=$HERE/README.md
  MAN8=$HERE/docs/man/lambda-warmd.8
  MAN5=$HERE/docs/man/lambda-warmd.conf.5
  MANUALS=("$HERE"/docs/man/*.[1-9])
  cd "$BATS_TEST_TMPDIR" || return
}

# blocks LANGUAGE: the README's fenced blocks of that language ("" for none) as block.1, block.2, …
blocks() {
  rm -f block.*
  awk -v wanted="\`\`\`$1" '
    !inside && /^```/ { inside = 1; keep = $0 == wanted; n += keep; next }
    inside && /^```/ { inside = 0; next }
    inside && keep { print > ("block." n) }' "$README"
}

# names FILE ARRAY: the strings of an array in a C file.
names() {
  awk -v start="$2[[]" '$0 ~ start { on = 1 } on { print } on && /^};/ { exit }' "$HERE/$1" | grep -oE '= "[^"]+"' | cut -d'"' -f2
}

# missing PATTERN FILE NAME...: names which the file lacks; PATTERN has NAME for each.
missing() {
  local pattern=$1 file=$2 name n=0
  shift 2
  for name in "$@"; do
    grep -qE -- "${pattern//NAME/${name//./\\.}}" "$file" || { echo "${file##*/}: $name is not there" >&2; n=1; }
  done
  return $n
}

keys() { "$WARMD" help config | awk '/^  [a-z]/ { print $1 }'; }

@test "every key that the code accepts has an entry in lambda-warmd.conf(5)" {
  mapfile -t all < <(keys)
  [ "${#all[@]}" -ge 50 ]
  missing '^\.It Va (.* )?NAME( |$)' "$MAN5" "${all[@]}"
}

@test "no entry of lambda-warmd.conf(5) is for a key that the code does not accept" {
  local known name
  known=" $(keys | tr '\n' ' ')"
  for name in $(sed -n 's/^\.It Va //p' "$MAN5" | tr -d ,); do
    case $known in *" $name "*) ;; *) echo "$name is no key" && return 1 ;; esac
  done
}

@test "every key that the code accepts stands in the configuration that is installed" {
  mapfile -t all < <(keys)
  missing '(^|[^a-z_])NAME = ' "$HERE/conf/lambda-warmd.conf" "${all[@]}"
}

@test "every cause is explained in lambda-warmd(8) and in docs/journal.md" {
  mapfile -t all < <(names daemon/record/cause.c cause_names | grep -vx none | sed 's/^http$/http-/')
  [ "${#all[@]}" -ge 25 ]
  missing '^\.It Cm NAME( |$)' "$MAN8" "${all[@]}"
  missing '^\|.*`NAME(NNN)?`' "$HERE/docs/journal.md" "${all[@]}"
}

# events N: the N-th string of each row of events.def, sorted; what isn't a row, a comment or empty is shown as it is.
events() {
  sed -E '/^(\/\*| \*|$)/d; s/^EVENT\([A-Z0-9_]+, "([a-z0-9-]+)", "([0-9a-f]{32})"\)$/\'"$1/" "$HERE/daemon/telemetry/events.def" | sort
}

# section HEADING: of docs/journal.md.
section() { awk -v heading="## $1" '/^## / { on = $0 == heading } on' "$HERE/docs/journal.md"; }

@test "lambda-warmd(8) and docs/journal.md have each kind of event, and no other" {
  events 1 >known
  [ "$(wc -l <known)" -ge 30 ]
  awk '/^The events are:$/ { on = 1 } on && /^\.El/ { exit } on && sub(/^\.It Cm /, "")' "$MAN8" | sort | diff known -
  section Events | sed -nE 's/^\| `([^`]+)` \| (debug|info|notice|warning|err)(, [a-z]+)* \| .+/\1/p' | sort | diff known -
}

@test "the catalog has each kind of event once, and no other" {
  events 2 >known
  sed -n 's/^-- //p' "$HERE/systemd/lambda-warmd.catalog" | sort | diff known -
}

@test "each entry of the catalog has a subject, says what has happened, and then what to do" {
  awk 'BEGIN { RS = "(^|\n)-- "; FS = "\n" } NR > 1 {
    ok = $1 ~ /^[0-9a-f]+$/ && length($1) == 32 && $2 ~ /^Subject: [^ ].*[^.]$/ && length($2) <= 90 && $3 == "Defined-By: lambda-warmd" && $4 == ""
    n = 0
    for (i = 5; i <= NF; i++) { n += $i != "" && $(i - 1) == ""; ok = ok && length($i) <= 128 }
    if (!ok || n < 2) { print; bad = 1 }
    all++
  } END { exit bad || all < 30 }' "$HERE/systemd/lambda-warmd.catalog"
}

@test "the catalog's entries name only fields that there are" {
  fields >known
  grep -oE '@[A-Za-z0-9_]+@|WARM_[A-Z0-9_]+' "$HERE/systemd/lambda-warmd.catalog" | tr -d @ | sort -u >named
  [ "$(wc -l <named)" -ge 8 ]
  [ -z "$(comm -13 known named)" ] || { comm -13 known named; return 1; }
}

@test "journalctl finds no fault with the catalog, and every subject in it" {
  command -v journalctl >/dev/null || skip "journalctl is not installed"
  mkdir -p root/usr/lib/systemd/catalog
  cp "$HERE/systemd/lambda-warmd.catalog" root/usr/lib/systemd/catalog/
  run -0 journalctl --root="$PWD/root" --update-catalog
  echo "$output"
  [ -z "$output" ]
  journalctl --root="$PWD/root" --list-catalog | sed -nE 's/^([0-9a-f]{32}) lambda-warmd: .+/\1/p' | sort | diff <(events 2) -
}

# fields: of the journal, as the code writes them.
fields() { grep -rohE --include=*.c --exclude-dir=report '"WARM_[A-Z0-9_]+["=]' "$HERE/daemon" | tr -d '"=' | sort -u; }

@test "lambda-warmd(8) and docs/journal.md have each field of the journal, and no other" {
  fields >known
  [ "$(wc -l <known)" -ge 40 ]
  grep -oE 'WARM_[A-Z0-9_]+' "$MAN8" | sort -u | diff known -
  section Fields | grep '^| `' | cut -d'|' -f2 | grep -oE 'WARM_[A-Z0-9_]+' >told
  sort told | diff known - # each in one row
}

@test "each field in docs/journal.md has a unit, a meaning and when it is absent" {
  {
    section Fields | grep '^| `' | grep -vE '^\| `WARM_[^|]+` \| [^|]+ \| [^|]+ \| [^|]+ \|$'
    # What the name says of the unit.
    section Fields | grep -E '^\| [^|]*_USEC`' | grep -vE '^\| [^|]+ \| µs( since 1970)? \|'
    section Fields | grep -E '^\| [^|]*_MICROUSD`' | grep -vE '^\| [^|]+ \| millionths of a dollar \|'
  } >wrong || :
  cat wrong
  [ ! -s wrong ]
}

# metrics: as the code writes them.
metrics() {
  grep -ohE '(^ *\{|print_head\(file, )"[a-z_]+", "(gauge|counter|histogram)"' "$HERE/daemon/telemetry/metrics.c" | cut -d'"' -f2 | sort
}

@test "lambda-warmd(8) has each metric, and no other" {
  metrics >known
  [ "$(wc -l <known)" -eq 15 ]
  awk '/^\.Sh / { on = $2 == "METRICS" } on && sub(/^\.It Sy /, "")' "$MAN8" | sed 's/ , /\n/g' | sort | diff known -
}

@test "the alerts of lambda-warmd(8) are those of docs/alerts.yml, and name only metrics that there are" {
  sed -nE 's/^ +- alert: //p; s/^ +expr: //p' "$HERE/docs/alerts.yml" | paste -d' ' - - >rules
  awk '/^Lambda[A-Za-z]+:$/ { on = 1 } /^\.Ed/ { on = 0 } on && /:$/ { printf "%s%s", n++ ? "\n" : "", substr($0, 1, length($0) - 1) }
    on && !/:$/ { $1 = $1; printf " %s", $0 } END { print "" }' "$MAN8" >shown
  [ "$(wc -l <rules)" -ge 5 ]
  diff rules shown
  mapfile -t used < <(grep -oE 'lambda_warmd_[a-z_]+' rules | sed 's/lambda_warmd_//' | sort -u)
  missing '^\.It Sy (.* , )?NAME( ,|$)' "$MAN8" "${used[@]}"
}

@test "each alert has a case in which it fires, one in which it doesn't, and says what to do" {
  local alert alerts=$HERE/tests/alerts/alerts_test.yml
  mapfile -t all < <(sed -n 's/^ *- alert: //p' "$HERE/docs/alerts.yml")
  [ "${#all[@]}" -ge 6 ]
  for alert in "${all[@]}"; do
    grep -qE "^ *- \{eval_time: [0-9hm]+, alertname: $alert\}$" "$alerts" || { echo "$alert is nowhere silent" && return 1; }
    grep -A 2 -E "^ +alertname: $alert$" "$alerts" | grep -q 'exp_labels: {severity: ' || { echo "$alert fires nowhere" && return 1; }
    awk -v alert="$alert" '/- alert: / { on = $3 == alert } on && /description: / { found = /lambda-warmd|reload/ && length() > 60 } END { exit !found }' \
      "$HERE/docs/alerts.yml" || { echo "$alert doesn't say what to do" && return 1; }
  done
}

@test "the alerts fire where they should and nowhere else: stopped, short, late, never warmed, a window closed, rejected" {
  command -v promtool >/dev/null || skip "promtool is not installed (Debian's package prometheus has it)"
  promtool check rules "$HERE/docs/alerts.yml"
  promtool test rules "$HERE/tests/alerts/alerts_test.yml"
}

commands() { "$WARMD" --help | sed -nE 's/^  ([a-z]+) .*/\1/p'; }
# manual COMMAND: the page that has its options; "": those before the command.
manual() {
  local own=$HERE/docs/man/lambda-warmd-$1.1
  if [ -e "$own" ]; then echo "$own"; else echo "$MAN8"; fi
}
# shellcheck disable=SC2086 # no command is no argument
long_options() { "$WARMD" $1 --help | grep -oE '(^|[ ,])--[a-z][a-z-]+' | sed 's/.*--//' | sort -u; }

@test "every command of --help is in lambda-warmd(8), and its long options are there or in a manual of its own" {
  mapfile -t names < <(commands)
  [ "${#names[@]}" -ge 5 ]
  missing '^\.It Cm NAME$' "$MAN8" "${names[@]}"
  local n=0
  for c in "" "${names[@]}"; do
    mapfile -t options < <(long_options "$c")
    missing '^\.It Fl (. , Fl )?-NAME( |$)' "$(manual "$c")" "${options[@]}"
    n=$((n + ${#options[@]}))
  done
  [ "$n" -ge 12 ]
}

@test "every option of a manual is one that the program knows" {
  local page option c n=0
  for page in "${MANUALS[@]}"; do
    for option in $(sed -nE 's/^\.It Fl (. , Fl )?-([a-z-]+).*/\2/p' "$page"); do
      for c in "" $(commands); do
        [ "$(manual "$c")" = "$page" ] || continue
        long_options "$c" | grep -qx -- "$option" && n=$((n + 1)) && continue 2
      done
      echo "${page##*/}: --$option is in no --help" && return 1
    done
  done
  [ "$n" -ge 12 ]
}

@test "every member of the report's JSON is in its manual, and no other" {
  local page=$HERE/docs/man/lambda-warmd-report.1
  grep -oE '"[a-z][a-z0-9_]*"' "$HERE/daemon/report/report_json.c" | sort -u >known
  sed -n '/^\.Ss JSON/,/^\.Ed/p' "$page" | grep -oE '"[a-z][a-z0-9_]*"' | sort -u >shown
  [ "$(wc -l <known)" -ge 25 ]
  diff known shown
}

@test "every exit status of the program is in lambda-warmd(8)" {
  mapfile -t codes < <(sed -nE 's/.* = ([0-9]+),.*/\1/p' "$HERE/daemon/commands/commands.h")
  [ "${#codes[@]}" -ge 8 ]
  missing '^\.It NAME$' "$MAN8" "${codes[@]}"
}

@test "the README's configurations are good, as they stand" {
  local tried=0
  blocks ""
  export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=planted # as the README supposes them
  for block in block.*; do
    grep -q 'endpoints = (' "$block" || continue
    "$WARMD" -c "$block" check >out 2>err || { cat "$block" err; return 1; }
    if [ -s err ]; then cat err; return 1; fi
    tried=$((tried + 1))
  done
  [ "$tried" -ge 2 ]
}

# usd NUMBER: as the documents write it.
usd() { printf '$%.2f' "$1"; }

@test "the prices of docs/compare.md and of the README's table are those of plan" {
  awk '/^```$/ { on = !on; next } on' "$HERE/docs/compare.md" >compare.conf
  AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=planted "$WARMD" -c compare.conf plan --json >plan.json
  mapfile -t cost < <(jq -r '.endpoints[].cost_usd_per_month' plan.json)
  [ "${#cost[@]}" -eq 5 ]
  provisioned=$(usd "$(jq -r '.endpoints[0].provisioned_usd_per_month' plan.json)")
  told="$(usd "${cost[0]}"), $(usd "${cost[1]}"), $(usd "${cost[2]}"), $(usd "${cost[3]}") and $(usd "${cost[4]}"), and $provisioned"
  tr '\n' ' ' <"$HERE/docs/compare.md" | grep -qF "\`plan\` says $told for provisioned concurrency"
  for page in "$HERE/docs/compare.md" "$README"; do
    grep -qE "^\| \*\*lambda-warmd\*\* .*\\$(usd "${cost[0]}") \|$" "$page"
    grep -qE "^\| .*lambda-warmer.*\\$(usd "${cost[0]}") \|$" "$page"
    grep -qiE "^\| .*provisioned concurrency.*\\${provisioned%.00}(\.00)? \|$" "$page"
  done
}

@test "the README's packages are those that make deps-build installs" {
  sed -n 's/^sudo apt-get install \(.*\) ca-certificates$/\1/p' "$README" | tr ' ' '\n' | sort >told
  [ -s told ]
  diff told <("$HERE/tests/deps.sh" --list build)
}

@test "the README's first function takes ten lines" {
  awk '/^## / { chapter++ } chapter == 1 && /^```/ { inside = !inside; next } chapter == 1 && inside && NF' "$README" >lines
  cat lines
  [ "$(wc -l <lines)" -eq 10 ]
}

@test "the example of lambda-warmd.conf(5) is good" {
  awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { exit } on' "$MAN5" >example.conf
  "$WARMD" -c example.conf check
}

# Pings as both kinds of gateway write their headers, requests of users, and a ping by who means no good.
events='[{"headers":{"X-Lambda-Warm":"r/1/2","X-Lambda-Warm-Hold":"20"}},{"headers":{"x-lambda-warm":"r/2/2","x-lambda-warm-hold":"20"}},{"headers":null},{},{"headers":{"x-lambda-warm":"r","x-lambda-warm-hold":"-1h"}}]'
expect_answers() { # a JSON array of the handler's answers
  jq -e '(.[0].headers["X-Lambda-Instance"] | length > 8) and .[0].headers["X-Lambda-Instance"] == .[1].headers["X-Lambda-Instance"]
    and .[0].headers["X-Lambda-Cold"] == "1" and .[1].headers["X-Lambda-Cold"] == "0"
    and .[0].statusCode == 204 and .[2].statusCode == 200 and .[3].body == "what it does for users" and .[4].statusCode == 204' "$1"
}

@test "the README's handler for Node does what is said of it" {
  command -v node >/dev/null || skip "node is not installed"
  blocks js
  mv block.1 handler.js
  EVENTS=$events node -e '(async () => {
    const { handler } = require("./handler.js"), answers = []
    for (const event of JSON.parse(process.env.EVENTS)) answers.push(await handler(event))
    console.log(JSON.stringify(answers))
  })()' >answers.json
  expect_answers answers.json
}

@test "the README's handler for Python does what is said of it" {
  blocks python
  mv block.1 handler.py
  EVENTS=$events python3 -c 'import handler, json, os
print(json.dumps([handler.handler(event, None) for event in json.loads(os.environ["EVENTS"])]))' >answers.json
  expect_answers answers.json
}

@test "the picture is the run that its alternative text says, and needs nothing from elsewhere" {
  python3 -c 'import sys, xml.dom.minidom
texts = [t.firstChild.data.replace("\u00a0", " ") for t in xml.dom.minidom.parse(sys.argv[1]).getElementsByTagName("text")]
print("\n".join(texts))' "$HERE/docs/demo.svg" >text
  [ "$(grep -c ' warm (' text)" -ge 9 ]
  grep -qx '\$ make demo' text
  grep -q '^Every target was met' text
  [ "$(grep -oE '(https?:)?//[a-z][^"]*' "$HERE/docs/demo.svg" | grep -vx 'http://www.w3.org/2000/svg' | wc -l)" -eq 0 ]
  ! grep -qiE '<(image|script|foreignObject|use)|@import|@font-face' "$HERE/docs/demo.svg"
}

@test "the picture can be made again from a run's output" {
  mkdir docs
  cp "$HERE/docs/make-demo-svg.sh" docs/
  printf '%s\n' '12:00:00.000 a<b: 1/1 warm (1 distinct)' 'x  & y' | sh docs/make-demo-svg.sh -
  grep -q '>12:00:00.000<' docs/demo.svg
  grep -q '>a&lt;b:&#160;1/1&#160;warm' docs/demo.svg
  grep -q '>x&#160;&#160;&amp;&#160;y<' docs/demo.svg
  python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("docs/demo.svg")'
}

@test "the picture of the report is what the report shows now, and needs nothing from elsewhere" {
  [ -x /lib/systemd/systemd-journal-remote ] || skip "systemd-journal-remote is not installed"
  python3 -B "$HERE/docs/make-report-svg.py" "${WARMD_BUILD:-$HERE/build}" report.svg
  cmp report.svg "$HERE/docs/report.svg" || { echo "make picture draws it again" && return 1; }
  [ "$(grep -oE '(https?:)?//[a-z][^"]*' report.svg | grep -vx 'http://www.w3.org/2000/svg' | wc -l)" -eq 0 ]
  ! grep -qiE '<(image|script|foreignObject|use)|@import|@font-face' report.svg
}

# GitHub's anchors: lower case, punctuation dropped, blanks as hyphens.
anchors() { sed -nE 's/^#+ (.*)/\1/p' "$1" | tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'; }

@test "every relative link leads somewhere" {
  local seen=0 file link target
  while read -r file; do
    while read -r link; do
      case $link in *://* | mailto:*) continue ;; esac
      target=$HERE/$(dirname "$file")/${link%%#*}
      [ -n "${link%%#*}" ] || target=$HERE/$file
      [ -e "$target" ] || { echo "$file: $link leads nowhere" && return 1; }
      case $link in *#*) anchors "$target" | grep -qx -- "${link#*#}" || { echo "$file: no heading for $link" && return 1; } ;; esac
      seen=$((seen + 1))
    done < <(grep -oE '\]\([^)]+\)' "$HERE/$file" | sed -E 's/^\]\(|\)$//g')
  done < <(cd "$HERE" && find . -name '*.md' ! -path './build*' ! -path './.git/*')
  [ "$seen" -ge 8 ]
}

@test "docs/architecture.md has the rooms that tests/lint/rooms.sh enforces" {
  sed -n "/^rooms='/,/^'/p" "$HERE/tests/lint/rooms.sh" | sed "1d; \$d" | awk '{ $1 = $1 } 1' >enforced
  sed -nE 's/^\| `([a-z.]+)\/?` \| [^|]* \| ([a-z ]*)\|.*/\1 \2/p' "$HERE/docs/architecture.md" | awk '{ $1 = $1 } 1' >drawn
  [ "$(wc -l <drawn)" -ge 9 ]
  diff enforced drawn
}

@test "every room is on the map" {
  for room in "$HERE"/daemon/*/; do
    grep -q "^| \`$(basename "$room")/\` " "$HERE/docs/architecture.md" || { echo "$room" && return 1; }
  done
}

@test "files that docs/architecture.md names exist" {
  mapfile -t named < <(grep -oE '`(base|plan|config|record|decide|net|protocol|aws|volley|telemetry|memory|service|commands|tests)/[a-z0-9_./]+`' "$HERE/docs/architecture.md" | tr -d '`' | sort -u)
  [ "${#named[@]}" -ge 15 ]
  for name in "${named[@]}"; do
    [ -e "$HERE/$name" ] || [ -e "$HERE/daemon/$name" ] || [ -e "$HERE/daemon/$name.c" ] || { echo "$name" && return 1; }
  done
}

@test "the manual pages are without fault" {
  if command -v mandoc >/dev/null; then
    # What is not installed yet can't be found.
    ! mandoc -T lint -W style "${MANUALS[@]}" 2>/dev/null | grep -v 'referenced manual not found'
  elif command -v groff >/dev/null; then
    run groff -mdoc -Tutf8 -ww -z "${MANUALS[@]}"
    echo "$output"
    [ "$status" -eq 0 ] && [ -z "$output" ]
  else
    skip "neither mandoc nor groff is installed"
  fi
}
