#!/usr/bin/env bats
# The page that `report --html` writes, in Debian's Chromium, driven by playwright-core. tests/browser/cases.mjs says what
# must hold; tests/report/pages makes the pages, of rounds that it also lists.

bats_require_minimum_version 1.5.0
load common.bash

# All cases in one browser, because starting one takes longer than most of them.
setup_file() {
  export CHROMIUM REASON
  CHROMIUM=$(command -v chromium) || CHROMIUM=
  REASON=
  [ -n "$CHROMIUM" ] || REASON='chromium is not installed'
  command -v node >/dev/null || REASON='node is not installed'
  [ -n "$REASON" ] || REASON=$(sh "$BATS_TEST_DIRNAME/../handlers/install-npm.sh" ../browser "$BATS_FILE_TMPDIR/browser") || :
  cd "$BATS_FILE_TMPDIR" || return
  [ -z "$REASON" ] || return 0
  pages week plain 12 7
  pages one plain 1 7
  pages day plain 3 1
  pages many plain 300 14
  pages empty plain 0 1
  pages hostile hostile 3 2
  mkdir home
  # shellcheck disable=SC2046 # a list of words
  HOME=$PWD/home TMPDIR=$PWD/home timeout 400 node browser/browse.mjs \
    $(sed -nE 's/^@test .* [{] browse ([a-z]+) ([a-z]+); }$/\1:\2/p' "$BATS_TEST_FILENAME") 3>&- >browser.log 2>&1 || cat browser.log
}

# pages NAME KIND ENDPOINTS DAYS: NAME.html and NAME.rounds, in Central Europe's time.
pages() {
  TZ=CET-1CEST,M3.5.0,M10.5.0/3 "$BUILD/tests/report/pages" "$2" "$3" "$4" "$1.html" >"$1.rounds"
}

# browse CASE PAGE: what the browser found.
browse() {
  [ -z "$REASON" ] || skip "$REASON"
  cat "$BATS_FILE_TMPDIR/$1-$2.failed" 2>/dev/null || cat "$BATS_FILE_TMPDIR/browser.log"
  [ -e "$BATS_FILE_TMPDIR/$1-$2.passed" ]
}

@test "the page shows what the rounds add up to, and asks nothing of a network" { browse quiet week; }
@test "the brush, by mouse: everything follows" { browse mouse week; }
@test "the brush, by keyboard; graphs and flags can be read with it" { browse keyboard week; }
@test "graphs of short steps have no holes" { browse steady day; }
@test "the brush, by touch" { browse touch week; }
@test "presets and reset; a link shows the same range and endpoint" { browse links week; }
@test "endpoints are found, put in order and chosen" { browse endpoints week; }
@test "the worst rounds are filtered and sorted, and say how to see them" { browse filter week; }
@test "light and dark, by the system and by hand; all text has contrast" { browse colours week; }
@test "on paper it is light, whole, and without controls" { browse paper week; }
@test "a phone's width needs no sideways scrolling" { browse phone week; }
@test "one endpoint, on a phone, too" { browse phone one; }
@test "300 endpoints open in no time" { browse many many; }
@test "an empty period says so" { browse empty empty; }
@test "text of strangers stays text" { browse hostile hostile; }
@test "every control has a name, tables their headers, and the focus an order" { browse access week; }

@test "a page of a month of 100 endpoints has at most 3 MB" {
  cd "$BATS_TEST_TMPDIR"
  pages month plain 100 30
  [ "$(stat -c %s month.html)" -le 3000000 ]
}

@test "the script's files are scripts" {
  command -v node >/dev/null || skip 'node is not installed'
  for file in "$BATS_TEST_DIRNAME"/../../daemon/report/page/*.js "$BATS_TEST_DIRNAME"/../browser/*.mjs; do node --check "$file"; done
}
