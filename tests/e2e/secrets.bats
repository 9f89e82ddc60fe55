#!/usr/bin/env bats
# Nothing that was given as a secret is in anything that comes out: tables, JSON, messages, the journal's fields, state, metrics.
# Every secret here begins with "planted", wherever it comes from.
bats_require_minimum_version 1.5.0
load common

setup_file() { make_certs; }
setup() {
  cd "$BATS_TEST_TMPDIR" || return
  local name
  for name in $(compgen -e AWS_) $(compgen -e | grep -i _proxy); do unset "$name"; done
  mkdir -p out/state out/runtime in/home/.aws credentials journal
  export LAMBDA_WARMD_DEBUG=1 # the steps of a round have no secrets either
  export HOME=$PWD/in/home CREDENTIALS_DIRECTORY=$PWD/credentials STATE_DIRECTORY=$PWD/out/state RUNTIME_DIRECTORY=$PWD/out/runtime
  for name in header url body; do echo "planted-$name-credential" >"credentials/$name"; done
  printf '[filed]\naws_access_key_id = AKIAFILED\naws_secret_access_key = planted/file+secret\naws_session_token = planted-file-token==\n' \
    >in/home/.aws/credentials
  export http_proxy=http://user:planted-proxy-password@127.0.0.1:9 no_proxy=127.0.0.1,localhost
  servers
}
teardown() {
  stop_all
  exec 5>&-
}

# background PROGRAM ARGUMENTS...: a python program that prints a line when it is ready and ends with file descriptor 5; sets LINE.
background() {
  local out=in/${1##*/}
  python3 -B "$TESTS/faults/$1" "${@:2}" <fifo >"$out" 2>/dev/null 3>&- &
  started $!
  [ -e /proc/$$/fd/5 ] || exec 5>fifo
  wait_for 10 test -s "$out"
  LINE=$(head -n 1 "$out")
}
servers() {
  mkfifo fifo
  exec 5<>fifo
  background awsd.py
  AWSD=http://127.0.0.1:$LINE
  background echod.py
  ECHOD=http://127.0.0.1:$LINE
  start_sim --invoke-api --cold 0 --handler 20
}

# The daemon's configuration: endpoints that work, and those that fail in every way that says something of the request.
write_config() {
  local function="function = \"billing\"; region = \"eu-west-1\";" secret='headers = ( "X-Key: ${credential:header}" ); body = "{\"a\": \"${credential:body}\"}";'
  local url='?key=${credential:url}"; auth = "sigv4"; service = "execute-api"; region = "eu-west-1";'
  config "daemon = { stagger = 0; log_requests = true; metrics_file = \"$PWD/out/metrics.prom\"; };
    defaults = { warm = 2; interval = \"300ms\"; jitter = 0; timeout = \"2s\"; connect_timeout = \"5s\"; };
    endpoints = (
      { name = \"works\"; url = \"http://127.0.0.1:$PLAIN/f$url $secret },
      { name = \"filed\"; $function profile = \"filed\"; endpoint_url = \"http://127.0.0.1:$PLAIN\"; },
      { name = \"chain\"; $function endpoint_url = \"http://127.0.0.1:$PLAIN\"; },
      { name = \"unknown\"; $function profile = \"nosuch\"; endpoint_url = \"http://127.0.0.1:$PLAIN\"; },
      { name = \"refused\"; url = \"http://127.0.0.1:1/f$url $secret },
      { name = \"untrusted\"; url = \"https://localhost:$TLS/f$url $secret },
      { name = \"redirected\"; url = \"http://127.0.0.1:$PLAIN/f?location=\${credential:url}&status=302\"; $secret },
      { name = \"signature\"; url = \"$ECHOD/signature$url $secret },
      { name = \"denied\"; url = \"$ECHOD/denied$url $secret },
      { name = \"error\"; url = \"$ECHOD/error$url $secret },
      { name = \"quoting\"; $function endpoint_url = \"$ECHOD\"; $secret } );"
}

# use_source KIND: where the chain finds credentials.
use_source() {
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN
  export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1
  case $1 in
    environment) export AWS_ACCESS_KEY_ID=AKIAENV AWS_SECRET_ACCESS_KEY=planted-env-secret AWS_SESSION_TOKEN=planted-env-token ;;
    container) export AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWSD/c-token/planted-container-token AWS_CONTAINER_AUTHORIZATION_TOKEN=planted-container-token ;;
    container-refused) export AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWSD/c-token/other AWS_CONTAINER_AUTHORIZATION_TOKEN=planted-container-token ;;
    container-junk) export AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWSD/c-junk ;;
    instance) export AWS_EC2_METADATA_SERVICE_ENDPOINT=$AWSD/imds-ok ;;
    instance-junk) export AWS_EC2_METADATA_SERVICE_ENDPOINT=$AWSD/imds-junk ;;
    instance-expired) export AWS_EC2_METADATA_SERVICE_ENDPOINT=$AWSD/imds-expired ;;
  esac
}

# keep NAME COMMAND...: what it says, whatever it thinks of it; it must not crash.
keep() {
  local name=$1 code=0
  shift
  "$@" >"out/$name.out" 2>"out/$name.err" || code=$?
  [ "$code" -lt 126 ] || { echo "$*: exit status $code" >&2; return 1; }
}

nothing_planted() {
  [ "$(find out journal -type f -size +0 | wc -l)" -ge "$1" ]
  if grep -raoE '.{0,60}planted.{0,60}' out journal >found; then
    sort found | uniq -c | sort -rn | head -n 20 >&2
    return 1
  fi
}

@test "once, check, plan and probe" {
  for source in environment container container-refused container-junk instance instance-junk instance-expired; do
    use_source $source
    write_config
    keep "$source.once" "$WARMD" -c "$CONF" once
    keep "$source.once-json" "$WARMD" -c "$CONF" once --json
    keep "$source.check" "$WARMD" -c "$CONF" check
    keep "$source.online" "$WARMD" -c "$CONF" check --online
    keep "$source.plan" "$WARMD" -c "$CONF" plan
    keep "$source.plan-json" "$WARMD" -c "$CONF" plan --json
    # They did what they were to do: said something of each endpoint.
    jq -e '.rounds | length == 11 and (.[0].endpoint == "works")' "out/$source.once-json.out"
    case $source in
      # Instance credentials are used on after they expire: AWS extends them while IMDS is down.
      environment | container | instance | instance-expired) jq -e '.rounds[0].met and .rounds[1].met and .rounds[2].met' "out/$source.once-json.out" ;;
      *) jq -e '.rounds[1].met and .rounds[2].errors == {"credentials": 2}' "out/$source.once-json.out" ;;
    esac
    [ "$source" != environment ] || for name in unknown refused untrusted signature denied quoting; do grep -q "^$name: " out/environment.once.*; done
  done
  keep probe "$WARMD" probe "http://127.0.0.1:$PLAIN/f" -n 3 -H 'X-Key: planted-probe-header' -d 'planted-probe-body'
  keep probe-json "$WARMD" probe "http://127.0.0.1:1/f" -n 3 -H 'X-Key: planted-probe-header' --json
  nothing_planted 44
}

@test "what is wrong in a configuration or a credential is said without its value" {
  use_source environment
  printf 'planted\nof-two-lines\n' >credentials/lines
  printf 'planted\001control' >credentials/control
  config "endpoints = ( { name = \"a\"; url = \"https://user:planted-password@localhost/\"; },
    { name = \"b\"; url = \"http://localhost/\${credential:lines}\"; headers = ( \"X: \${credential:lines}\", \"Y: \${credential:control}\" ); },
    { name = \"c\"; url = \"http://localhost/\${credential:control}\"; ca_file = \"credential:header\"; client_cert = \"credential:header\"; client_key = \"credential:url\"; } );"
  keep mistakes "$WARMD" -c "$CONF" check
  [ "$(grep -c : out/mistakes.err)" -ge 3 ]
  keep mistakes-once "$WARMD" -c "$CONF" once
  config "endpoints = ( { name = \"c\"; url = \"https://localhost:$TLS/\"; client_cert = \"credential:header\"; client_key = \"credential:url\"; ca_file = \"credential:header\"; } );"
  keep certificates "$WARMD" -c "$CONF" once
  nothing_planted 3
}

# in_journal COMMAND...: with $LOG as its stderr, which is said to be the journal's where there is a namespace to be had in
# which ours stands in for that.
in_journal() {
  : >"$LOG"
  if unshare --mount true 2>/dev/null; then
    background journald.py "$PWD/journal"
    JOURNAL=yes
    JOURNAL_STREAM=$(stat -c %d:%i "$LOG") exec_in_namespace "$@"
  else
    JOURNAL=
    "$@" 2>>"$LOG" >out/run.out 3>&- 5>&- &
  fi
  DAEMON=$!
  started $DAEMON
}
exec_in_namespace() {
  unshare --mount --propagation private sh -c 'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && mount --bind "$0" /run/systemd/journal && exec "$@"' \
    "$PWD/journal" "$@" 2>>"$LOG" >out/run.out 3>&- 5>&- &
}
told() { [ "$(cat "$LOG" journal/entries 2>/dev/null | grep -acE "$1")" -ge "${2:-1}" ]; }

@test "a daemon's whole life: messages, the journal's fields, status, state and metrics" {
  LOG=$PWD/out/run.err
  for source in environment container instance; do
    use_source $source
    write_config
    rm -rf journal && mkdir journal
    in_journal "$WARMD" -c "$CONF" run
    wait_for 30 told 'works: 2/2 warm' 2
    wait_for 30 told 'chain: 2/2 warm' 2
    wait_for 30 told 'signature' 1
    kill -USR1 "$DAEMON"
    cp "$CONF" good.conf
    config "endpoints = ( { name = \"a\"; url = \"https://user:planted-password@localhost/\"; } );"
    kill -HUP "$DAEMON"
    wait_for 20 told 'user name or password'
    cp good.conf "$CONF"
    kill -HUP "$DAEMON"
    wait_for 20 told ' reloaded|WARM_EVENT=reloaded'
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    [ -z "$JOURNAL" ] || grep -qa 'WARM_ENDPOINT=chain' journal/entries
    [ -z "$JOURNAL" ] || tr '\n' ' ' <journal/entries | grep -qaE 'MESSAGE=chain: released 2, .{0,80}PRIORITY=7 .{0,120}WARM_EVENT=trace WARM_ENDPOINT=chain WARM_ROUND=[0-9a-f]{32}'
    cp -r journal "out/journal.$source"
  done
  [ -s out/state/state.json ]
  [ -s out/metrics.prom ] || ! "$WARMD" --help | grep -q metrics
  nothing_planted 3
}
