#!/usr/bin/env bats
# completions/: what TAB offers in bash and zsh, held against what the program says of itself.

bats_require_minimum_version 1.5.0

setup() {
  ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  BUILD=$(cd "${WARMD_BUILD:-$ROOT/build}" && pwd)
  WARMD=$BUILD/lambda-warmd
  PATH=$BUILD:$PATH
  declare -gA told=() offered=() # by command, and by line
  cd "$BATS_TEST_TMPDIR" || return
}

# A configuration in a path with blanks, beside a file: three endpoints with names as odd as they may be, drop-ins, and secrets.
a_configuration() {
  mkdir -p 'my dir/conf.d'
  touch m.txt
  cat >'my dir/my.conf' <<'END'
endpoints = ( { name = "orders"; url = "https://h/${credential:token}"; },
  { name = "-a.b_C-9"; url = "http://h/"; enabled = false; } );
END
  echo 'endpoints = ( { name = "search"; url = "http://h/"; } );' >'my dir/conf.d/team.conf'
}

commands() { "$WARMD" help | sed -nE 's/^  ([a-z]+) .*/\1/p' | uniq; }

# options COMMAND: those of its --help ("": before a command) with the common ones, one a line, and what each takes: flag or
# value.
options() {
  { "$WARMD" help; [ -z "$1" ] || "$WARMD" help "$1"; } | awk '/^  (-|    --)/ {
    sub(/^ +/, ""); sub(/  .*/, ""); takes = "flag"
    for (i = 1; i <= NF; i++) if ($i !~ /^-/) takes = "value"
    for (i = 1; i <= NF; i++) if (sub(/^-/, "-", $i)) { sub(/,$/, "", $i); print $i, takes }
  }' | sort
}

# Sets told[COMMAND] to that list, for each command and for none.
tell() {
  local command
  for command in '' $(commands); do told[$command-]=$(options "$command"); done
}

# bash_offers WORD...: what is offered for the last one, one a line.
bash_offers() {
  bash --norc --noprofile -uc 'source "$0"
    COMP_WORDS=(lambda-warmd "$@") COMP_CWORD=$#
    _lambda_warmd lambda-warmd
    printf "%s\n" ${COMPREPLY[@]+"${COMPREPLY[@]}"}' "$ROOT/completions/lambda-warmd.bash" "$@" | sed '/^$/d'
}

# What bash offers for the last word of each line on stdin, as `offered`.
bash_offers_each() {
  local line words
  while IFS='|' read -r line words; do offered[$line]=$words; done < <(bash --norc --noprofile -uc 'source "$0"
    while read -ra words; do
      COMP_WORDS=("${words[@]}") COMP_CWORD=$((${#words[@]} - 1))
      _lambda_warmd lambda-warmd
      echo "${words[*]}|${COMPREPLY[*]}"
    done' "$ROOT/completions/lambda-warmd.bash")
}

# press SHELL LINE...: types each and presses TAB; the answers are in `pressed`.
press() {
  command -v "$1" >/dev/null || skip "$1 is not installed"
  case $1 in
    bash) echo "source '$ROOT/completions/lambda-warmd.bash'" ;;
    zsh) echo "fpath=('$ROOT/completions' \$fpath); autoload -Uz compinit; compinit -u -D" ;;
  esac >rc
  python3 -B "$ROOT/tests/e2e/tab.py" rc "$@" >pressed
  local line words
  while IFS='|' read -r line words; do offered[$line]=$words; done < <(jq -r '"\(.typed)|\((.offered // []) | join(" "))"' pressed)
}

# becomes LINE NEW: after TAB. offers LINE WORDS: in zsh.
becomes() { jq -es --arg typed "$1" --arg became "$2" 'any(.[]; .typed == $typed and .became == $became)' pressed >/dev/null || { cat pressed && return 1; }; }
offers() { [ "${offered[$1]}" = "$2" ] || { echo "$1 offers: ${offered[$1]}" && return 1; }; }

# sorted WORD...: one a line.
sorted() { printf '%s\n' "$@" | sort; }

# offers_what_help_says: of `offered`, for every command and option.
offers_what_help_says() {
  local command line option takes n=0
  for command in '' $(commands); do
    line="lambda-warmd ${command:+$command }"
    # shellcheck disable=SC2086
    diff <(cut -d' ' -f1 <<<"${told[$command-]}") <(sorted ${offered["$line-"]})
    while read -r option takes; do
      echo "$line$option: $takes"
      case $option in -h | --help | --version) continue ;; esac # after these, nothing counts
      [ "$takes" = "$([ -n "${offered["$line$option --"]}" ] && echo flag || echo value)" ]
      n=$((n + 1))
    done <<<"${told[$command-]}"
  done
  [ "$n" -ge 40 ]
}

# What has to be typed for that.
every_option() {
  local command
  for command in '' $(commands); do
    echo "lambda-warmd ${command:+$command }-"
    grep -vE -- '^(-h|--help|--version) ' <<<"${told[$command-]}" | sed -E "s/^([^ ]*) .*/lambda-warmd ${command:+$command }\1 --/"
  done
}

@test "help endpoints: the names, whatever else is in the configuration, without a look at secrets" {
  a_configuration
  run -0 env CREDENTIALS_DIRECTORY=/nonexistent "$WARMD" -c 'my dir/my.conf' help endpoints
  [ "$output" = "orders
-a.b_C-9
search" ]
  cat >wrong.conf <<'END'
endpoints = (
  { name = "orders"; wrm = 5; },
  { name = "two words"; url = "http://h/" },
  { nme = "x"; warm = }, 17,
  { name = "search"; url = "${credential:token}"; name = "x"
END
  run -78 "$WARMD" -c wrong.conf check
  run -0 "$WARMD" -c wrong.conf help endpoints
  [ "$output" = "orders
search" ]
  run -66 --separate-stderr "$WARMD" help endpoints -c nothing.conf
  [ -z "$output" ]
  [[ "$stderr" == *"cannot read nothing.conf: No such file"* ]]
}

@test "bash: the commands and options that complete are those of --help, both ways, and take what they take there" {
  diff <(commands | sort) <(bash_offers '' | sort)
  diff <({ commands; "$WARMD" help | sed -n 's/^  help \([a-z]*\) .*/\1/p'; } | sort) <(bash_offers help '' | sort)
  tell
  every_option >typed
  bash_offers_each <typed
  offers_what_help_says
}

@test "bash: endpoints of the configuration that the line names, and values of options" {
  a_configuration
  [ "$(bash_offers -c 'my\ dir/my.conf' once '' | tr '\n' ' ')" = "orders search " ]
  [ "$(bash_offers once -c "'my dir/my.conf'" orders '')" = search ]
  [ "$(bash_offers --config = '"my dir/my.conf"' once s)" = search ]
  [ "$(bash_offers once '-cmy\ dir/my.conf' -- -)" = -a.b_C-9 ]
  [ "$(bash_offers probe --http '' | tr '\n' ' ')" = "auto 1.1 2 " ]
  [ "$(bash_offers probe --http = 1)" = 1.1 ]
  [ "$(bash_offers report -S t)" = today ]
  [ "$(bash_offers report --since = -7)" = -7d ]
  [ "$(bash_offers -c 'my\ dir/my.conf' report --endpoint s)" = search ]
  # Neither without a configuration, nor in one that is no file; and nothing on the line is run.
  [ -z "$(bash_offers -c nothing.conf once '')" ]
  [ -z "$(bash_offers -c /dev/null once '')" ]
  [ -z "$(bash_offers -c '$(touch run)' once '')$(bash_offers -c '`touch run`' once '')" ]
  [ ! -e run ]
}

lines=('lambda-warmd che' 'lambda-warmd status --js' 'lambda-warmd -c my' 'lambda-warmd -c my\ dir/my.conf once o'
  'lambda-warmd -c "my dir/my.conf" once orders ' 'lambda-warmd probe --http=1' 'lambda-warmd probe --cacert=my' 'lambda-warmd status --dir m'
  'lambda-warmd help en' 'lambda-warmd -c nothing.conf once ' 'lambda-warmd probe -d '
  'lambda-warmd report --html m' 'lambda-warmd report -D m')
in_lines() {
  becomes "${lines[0]}" 'lambda-warmd check '
  becomes "${lines[1]}" 'lambda-warmd status --json '
  becomes "${lines[2]}" 'lambda-warmd -c my\ dir/'
  becomes "${lines[3]}" 'lambda-warmd -c my\ dir/my.conf once orders '
  becomes "${lines[4]}" 'lambda-warmd -c "my dir/my.conf" once orders search '
  becomes "${lines[5]}" 'lambda-warmd probe --http=1.1 '
  becomes "${lines[6]}" 'lambda-warmd probe --cacert=my\ dir/'
  becomes "${lines[7]}" 'lambda-warmd status --dir my\ dir/' # not the file
  becomes "${lines[8]}" 'lambda-warmd help endpoints '
  becomes "${lines[9]}" "${lines[9]}"
  becomes "${lines[10]}" "${lines[10]}"
  becomes "${lines[11]}" "${lines[11]}" # the folder, or the file
  becomes "${lines[12]}" 'lambda-warmd report -D my\ dir/'
}

@test "bash: a user presses TAB" {
  a_configuration
  press bash "${lines[@]}"
  in_lines
}

@test "zsh: a user presses TAB" {
  a_configuration
  press zsh "${lines[@]}"
  in_lines
}

@test "bash with bash-completion: it finds what make install has installed" {
  [ -e /usr/share/bash-completion/bash_completion ] || skip "bash-completion is not installed"
  a_configuration
  env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$ROOT" BUILD="$BUILD" SAN="${WARMD_SAN:-}" install DESTDIR="$PWD/stage" >/dev/null
  printf '%s\n' 'unset XDG_DATA_HOME' "XDG_DATA_DIRS='$PWD/stage/usr/local/share'" 'source /usr/share/bash-completion/bash_completion' >rc
  python3 -B "$ROOT/tests/e2e/tab.py" rc bash "${lines[@]}" >pressed
  in_lines
}

@test "zsh: the commands and options that complete are those of --help, both ways, and take what they take there" {
  tell
  mapfile -t typed < <(every_option)
  press zsh 'lambda-warmd ' 'lambda-warmd help ' "${typed[@]}"
  # shellcheck disable=SC2086
  diff <(commands | sort) <(sorted ${offered['lambda-warmd ']})
  # shellcheck disable=SC2086
  diff <({ commands; "$WARMD" help | sed -n 's/^  help \([a-z]*\) .*/\1/p'; } | sort) <(sorted ${offered['lambda-warmd help ']})
  offers_what_help_says
}

@test "zsh: endpoints of the configuration that the line names, and values of options" {
  a_configuration
  press zsh 'lambda-warmd -c my\ dir/my.conf once ' 'lambda-warmd once -c "my dir/my.conf" orders ' "lambda-warmd --config='my dir/my.conf' once -- " \
    'lambda-warmd probe --http ' 'lambda-warmd -c my\ dir/my.conf report --endpoint search --endpoint ' 'lambda-warmd report --since -' 'lambda-warmd -c $(touch\ run) once ' 'lambda-warmd -c nothing.conf once '
  offers 'lambda-warmd -c my\ dir/my.conf once ' 'orders search'
  offers 'lambda-warmd once -c "my dir/my.conf" orders ' search
  offers "lambda-warmd --config='my dir/my.conf' once -- " 'orders -a.b_C-9 search'
  offers 'lambda-warmd probe --http ' 'auto 1.1 2'
  offers 'lambda-warmd -c my\ dir/my.conf report --endpoint search --endpoint ' orders
  offers 'lambda-warmd report --since -' '-1h -6h -1d -7d -30d'
  offers 'lambda-warmd -c $(touch\ run) once ' ''
  offers 'lambda-warmd -c nothing.conf once ' ''
  [ ! -e run ]
}
