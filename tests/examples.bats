#!/usr/bin/env bats
# conf/examples/: configurations to begin with. Each is short, is accepted as it stands, and is found from the documents.

bats_require_minimum_version 1.5.0

setup() {
  HERE=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  WARMD=${WARMD_BUILD:-$HERE/build}/lambda-warmd
  EXAMPLES=$HERE/conf/examples
  # What their comments suppose: credentials of AWS, and the folder of the secrets.
  export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=planted CREDENTIALS_DIRECTORY=$BATS_TEST_TMPDIR/secrets
  mkdir "$CREDENTIALS_DIRECTORY"
  echo planted >"$CREDENTIALS_DIRECTORY/api-key"
  cd "$BATS_TEST_TMPDIR" || return
}

# each COMMAND: calls it with each example's file name; fails if there are few, or if it fails for one.
each() {
  local file n=0
  for file in "$EXAMPLES"/*; do
    "$@" "${file##*/}" || { echo "${file##*/} failed" >&2 && return 1; }
    n=$((n + 1))
  done
  [ "$n" -ge 6 ]
}

accepted() {
  (cd "$EXAMPLES" && "$WARMD" -c "$1" check) >out 2>err || { cat err; return 1; }
  cat out err
  grep -qE "^$1: [0-9]+ endpoints?, [0-9]+ instances, OK$" out && [ "$(wc -l <out)" -eq 1 ] && [ ! -s err ]
}
@test "check accepts every example, without a warning" { each accepted; }

small() { [ "$(wc -l <"$EXAMPLES/$1")" -lt 30 ] && ! grep -E '^.{81}|	| $' "$EXAMPLES/$1"; }
@test "every example is under 30 lines of 80 columns" { each small; }

begins_with_purpose() { head -1 "$EXAMPLES/$1" | grep -qE "^# .{40}"; }
@test "every example begins with what it is for" { each begins_with_purpose; }

calls_itself() { ! grep -oE '[a-z.-]+\.conf( |`|$)' "$EXAMPLES/$1" | tr -d ' `' | grep -vxF -e "$1" -e checkout.conf; }
@test "a command in an example names that example" { each calls_itself; }

told() { grep -qF "(conf/examples/$1)" "$HERE/README.md" && grep -qxF ".It Pa $1" "$HERE/docs/man/lambda-warmd.conf.5"; }
@test "the README and lambda-warmd.conf(5) name every example" { each told; }
@test "every example that lambda-warmd.conf(5) names is there" {
  sed -n '/^\.Sh EXAMPLES/,/^\.Sh/s/^\.It Pa //p' "$HERE/docs/man/lambda-warmd.conf.5" | sort >named
  diff named <(ls "$EXAMPLES" | sort)
}

@test "business hours: nothing outside of the windows, most at noon" {
  "$WARMD" -c "$EXAMPLES/business-hours.conf" plan >out
  grep -qE '^shop +0-80 ' out
}

@test "a team's file stands in conf.d beside the main file, whose defaults it doesn't get" {
  mkdir conf.d
  cp "$EXAMPLES/team.conf" conf.d/checkout.conf
  cp "$EXAMPLES/auto.conf" main.conf
  "$WARMD" -c main.conf check | grep -qx 'main.conf: 4 endpoints, 42 instances, OK'
  "$WARMD" -c main.conf plan >out
  grep -qE '^orders +20 +auto 5min ' out
  grep -qE '^checkout-cart +12 +4min ' out
}
