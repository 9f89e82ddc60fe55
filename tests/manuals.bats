#!/usr/bin/env bats
# The manuals held against the program, both ways: synopses, bounds, exit statuses, the environment, examples.

bats_require_minimum_version 1.5.0

setup() {
  HERE=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  WARMD=${WARMD_BUILD:-$HERE/build}/lambda-warmd
  MAN8=$HERE/docs/man/lambda-warmd.8
  MAN5=$HERE/docs/man/lambda-warmd.conf.5
  REPORT=$HERE/docs/man/lambda-warmd-report.1
  cd "$BATS_TEST_TMPDIR" || return
}

section() { awk -v title=".Sh $2" '/^\.Sh / { on = $0 == title; next } on' "$1"; }
commands() { "$WARMD" help | sed -nE 's/^  ([a-z]+) .*/\1/p' | uniq; }

# help_options COMMAND: a line for each option: its letter and name, as --help has them.
help_options() {
  "$WARMD" help "$1" | awk '/^  (-|    --)/ { sub(/^ +/, ""); sub(/  .*/, ""); line = ""
    for (i = 1; i <= NF; i++) if ($i ~ /^-/) { sub(/,$/, "", $i); line = line " " $i }
    print line " " }'
}

# synopsis COMMAND: the options that stand in its synopsis, one a line.
synopsis() {
  case $1 in report) section "$REPORT" SYNOPSIS ;; *) section "$MAN8" SYNOPSIS | awk -v name="$1" '
    /^\.Nm/ { if (held ~ "\n.Cm " name "\n") printf "%s", held; held = "\n"; next } { held = held $0 "\n" }
    END { if (held ~ "\n.Cm " name "\n") printf "%s", held }' ;; esac |
    grep -oE '\bFl [^ ]+' | sed 's/^Fl /-/' | grep -vx -- -c || true
}

@test "the synopsis of each command has its options, and no other" {
  local command line option n=0
  for command in $(commands); do
    synopsis "$command" >shown
    help_options "$command" >told
    while read -r line; do
      echo "$command: $line"
      # by its letter or its name
      [ "$(grep -cxF -f <(tr ' ' '\n' <<<"$line" | grep .) shown)" -eq 1 ]
      n=$((n + 1))
    done <told
    while read -r option; do
      echo "$command: $option of the synopsis"
      grep -qF -- " $option " told
    done <shown
  done
  [ "$n" -ge 30 ]
}

@test "lambda-warmd(8) has no command that isn't one, and no letter of an option" {
  local n=0 name
  for name in $(sed -n '/^\.Ss Commands/,/^\.Ss Options/p' "$MAN8" | awk '/^\.Bl/ { deep++ } /^\.El/ { deep-- } deep == 1 && /^\.It Cm/ { print $3 }'); do
    commands | grep -qx "$name"
    n=$((n + 1))
  done
  [ "$n" -eq "$(commands | wc -l)" ]
  for name in "" $(commands); do
    # shellcheck disable=SC2086
    "$WARMD" help $name | sed -nE 's/^  -([a-zA-Z])[ ,].*/\1/p'
  done | sort -u >told
  sed -nE 's/^\.It Fl ([a-zA-Z])( .*)?$/\1/p' "$MAN8" "$REPORT" | sort -u >shown
  diff told shown
}

# The entries of a key in lambda-warmd.conf(5), in one line.
entry() { awk -v key="$1" '/^\.It / { on = / Va / && (" " $0 " ") ~ (" " key " ") } on' "$MAN5" | tr '\n' ' '; }

@test "the bounds of help config are those of lambda-warmd.conf(5)" {
  local key low high n=0 bad=0
  "$WARMD" help config | sed -nE 's/^  ([a-z_0-9]+) +(integer|duration|status) ([0-9].*) to ([0-9]+[^ ]*( [0-9]+h| MB)?)  .*/\1|\3|\4/p' >bounds
  while IFS='|' read -r key low high; do
    case $key in
      jitter) continue ;; # at most half of another key
      max_body) low=1024 high=10485760 ;;
    esac
    n=$((n + 1))
    [[ "$(entry "$key")" =~ \ $low\ to\ ${high}[,.\;:\ ] ]] || { echo "$key: $low to $high is not in $(entry "$key")" && bad=1; }
  done <bounds
  [ "$n" -ge 14 ] && [ $bad -eq 0 ]
}

@test "the exit statuses of lambda-warmd(8) are the program's, and systemd's one" {
  sed -nE 's/.* = ([0-9]+),.*/\1/p' "$HERE/daemon/commands/commands.h" | sort >known
  section "$MAN8" 'EXIT STATUS' | sed -nE 's/^\.It ([0-9]+)$/\1/p' | grep -vx 243 | sort >shown
  diff known shown
}

@test "each variable of the environment that the program reads is in lambda-warmd(8), and no other" {
  grep -rhoE 'getenv\("[A-Za-z_]+"\)|"AWS_[A-Z_]+"|"[a-z]+_proxy"|"[A-Z]+_PROXY"' "$HERE/daemon" | grep -oE '[A-Za-z_]*[A-Z_][A-Za-z_]*"' |
    tr -d '"' | grep -vx AWS_ | sort -u >known
  printf '%s\n' SSL_CERT_FILE NOTIFY_SOCKET AWS_ENDPOINT_URL_{LAMBDA,STS} >>known # OpenSSL's, libsystemd's, and two that are put together
  section "$MAN8" ENVIRONMENT | grep -oE '\b([A-Z]+_[A-Z_]+|[a-z]+_proxy|COLUMNS|TERM|TMPDIR|TZ|TZDIR)\b' | sort -u >shown
  diff <(sort -u known) shown
}

@test "the configurations in lambda-warmd.conf(5) are good" {
  local n=0
  awk '/^\.Bd -literal/ { on = 1; n++; next } /^\.Ed/ { on = 0 } on { gsub(/\\e/, "\\"); gsub(/\\&/, ""); print > ("block." n) }' "$MAN5"
  for block in block.*; do
    if grep -q '^endpoints = ' "$block"; then
      cp "$block" try.conf
    elif grep -qE '^(windows|headers|expect|body|budget|warm) = ' "$block"; then
      { echo 'endpoints = ( { name = "x"; url = "http://h/";'; cat "$block"; echo '} );'; } >try.conf
    elif grep -qE '^(daemon|defaults) = ' "$block"; then
      { cat "$block"; echo 'endpoints = ( { name = "x"; url = "http://h/"; } );'; } >try.conf
    else
      continue
    fi
    mkdir -p secrets && echo secret >secrets/token
    CREDENTIALS_DIRECTORY=$PWD/secrets "$WARMD" -c try.conf check >out 2>err || { cat try.conf err && return 1; }
    n=$((n + 1))
  done
  [ "$n" -ge 2 ]
}

@test "the program accepts the command lines of the manuals' examples" {
  local line n=0
  for page in "$MAN8" "$REPORT"; do
    section "$page" EXAMPLES | sed -E 's/^\.Dl \$ //; s/\\e/\\/g' | grep -oE '^ *lambda-warmd [^|&]*' || true
  done >lines
  while read -r line; do
    echo "$line"
    # --help is the last option: what stands before it must be right.
    eval "set -- ${line#lambda-warmd }"
    run -0 "$WARMD" "$@" --help
    n=$((n + 1))
  done <lines
  [ "$n" -ge 6 ]
}
