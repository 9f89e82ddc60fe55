#!/usr/bin/env bats
# Functions by the Invoke API: npm's lambda-warmer as it is published, and lambda-sim's own handlers, with errors and limits as
# AWS has them.
bats_require_minimum_version 1.5.0
load common

setup_file() {
  make_certs
  sh "$TESTS/handlers/install-npm.sh" lambda-warmer "$BATS_FILE_TMPDIR/warmer" >"$BATS_FILE_TMPDIR/no-warmer" 2>&1 &&
    rm "$BATS_FILE_TMPDIR/no-warmer" || true
}
setup() {
  cd "$BATS_TEST_TMPDIR" || return
  export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_EC2_METADATA_DISABLED=true
  unset AWS_SESSION_TOKEN AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION
}
teardown() {
  stop_all
  [ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 sim.err >&2 # what processes said before they ended
}

# function_config OPTIONS...: one endpoint for the function `billing`, over TLS.
function_config() {
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"x\"; function = \"billing\"; endpoint_url = \"https://localhost:$TLS\"; region = \"eu-west-1\";
    ca_file = \"$CERTS/ca.pem\"; timeout = \"60s\"; $* } );"
}
# round EXPECTED: of what `once` told, "met ok failed throttled distinct cold attempts".
round() { expect_field '.rounds[0] | "\(.met) \(.ok) \(.failed) \(.throttled) \(.distinct) \(.cold) \(.attempts)"' "$1"; }
of_sim() { stats | jq -r "$1"; }
set_sim() { curl -sS -X POST "http://127.0.0.1:$PLAIN/_sim/$1" >/dev/null; }

# real_warmer OPTIONS...: ten of them, six times.
real_warmer() {
  [ ! -e "$BATS_FILE_TMPDIR/no-warmer" ] || skip "$(cat "$BATS_FILE_TMPDIR/no-warmer")"
  command -v node >/dev/null || skip "node is not installed"
  start_sim --invoke-api --cold 0 --require-signature --exec "exec node $TESTS/handlers/bootstrap.mjs $BATS_FILE_TMPDIR/warmer/handler.js"
  function_config "warm = 10; $*"
  once
  round "true 10 0 0 10 10 1"
  field '[.rounds[0].requests[].instance] | sort | tostring' >first
  for _ in 2 3 4 5 6; do
    once
    round "true 10 0 0 10 0 1"
    [ "$(field '[.rounds[0].requests[].instance] | sort | tostring')" = "$(cat first)" ]
  done
  [ "$(of_sim '.functions["billing:$LATEST"] | "\(.instances_born) \(.instances_alive) \(.failed)"')" = "10 10 0" ]
}

@test "the real lambda-warmer: ten are ten instances, the same in each of six rounds, HTTP/2" {
  real_warmer 'protocol = "lambda-warmer"; http_version = "2";'
}
@test "the real lambda-warmer: ten are ten instances, the same in each of six rounds, HTTP/1.1" {
  real_warmer 'protocol = "lambda-warmer"; http_version = "1.1";'
}
@test "the real lambda-warmer is found out without a protocol being named" { real_warmer; }

@test "the real lambda-warmer that logs JSON is understood, too" {
  export AWS_LAMBDA_LOG_FORMAT=JSON
  real_warmer 'protocol = "lambda-warmer";'
}

@test "each handler that is out there: its protocol, ten instances, cold at first" {
  for protocol in header lambda-warmer opennext; do
    start_sim --invoke-api --cold 0 --handler 300 --handler-protocol "$protocol"
    function_config "warm = 10; protocol = \"$protocol\";"
    once
    round "true 10 0 0 10 10 1"
    once
    round "true 10 0 0 10 0 1"
    stop_all
  done
  # These name no instance: what is known is from the log, and that all were answered.
  for protocol in serverless-plugin-warmup bref; do
    start_sim --invoke-api --cold 0 --handler 300 --handler-protocol "$protocol"
    function_config "warm = 10; protocol = \"$protocol\";"
    once
    round "true 10 0 0 null 10 1"
    once
    round "true 10 0 0 null 0 1"
    stop_all
  done
}

@test "a function that knows no warmer: cold starts are counted by the log's REPORT line, restores as well" {
  for start in "" --snapstart "--log-format json"; do
    # shellcheck disable=SC2086
    start_sim --invoke-api --cold 100 --handler 300 --no-identity $start
    function_config 'warm = 5; protocol = "none"; body = "{}";'
    once
    round "true 5 0 0 null 5 1"
    expect_field '[.rounds[0].requests[].cold] | unique | tostring' '[true]'
    once
    round "true 5 0 0 null 0 1"
    stop_all
  done
}

@test "an alias or a version by name, ARN or qualifier: the instances of the version that it leads to" {
  start_sim --invoke-api --cold 0 --handler 300 --alias live=3
  arn=arn:aws:lambda:eu-west-1:123456789012:function:billing
  for target in "function = \"billing\"; qualifier = \"live\"" "function = \"billing\"; qualifier = \"3\"" "function = \"billing:live\"" \
    "function = \"$arn:live\"" "function = \"$arn\"; qualifier = \"live\"" "function = \"$arn:3\""; do
    config "endpoints = ( { name = \"x\"; $target; region = \"eu-west-1\"; endpoint_url = \"http://127.0.0.1:$PLAIN\"; warm = 4; } );"
    once
    expect_field '.rounds[0] | "\(.met) \(.ok) \(.distinct)"' "true 4 4"
  done
  [ "$(of_sim '.functions | map_values([.requests, .instances_born]) | tostring')" = '{"billing:3":[24,4]}' ]
  # A deploy: the alias leads elsewhere, and what was warm is of no use.
  set_sim "deploy?function=billing&version=4&alias=live"
  config "endpoints = ( { name = \"x\"; function = \"billing:live\"; region = \"eu-west-1\"; endpoint_url = \"http://127.0.0.1:$PLAIN\"; warm = 4; } );"
  once
  round "true 4 0 0 4 4 1"
  [ "$(of_sim '.functions["billing:4"].instances_born')" = 4 ]
}

@test "a deploy while it runs is noticed by the executed version: another round at once" {
  start_sim --invoke-api --cold 0 --handler 30 --alias live=3
  function_config 'qualifier = "live"; warm = 4; interval = "1h"; jitter = 0;'
  start_daemon
  wait_for 10 logged 'x: 4/4 warm .*4 cold'
  set_sim "deploy?function=billing&version=4"
  kill -USR1 "$DAEMON"
  wait_for 10 logged 'x: 4/4 warm .*4 cold' 2
  wait_for 10 logged 'x: 4/4 warm' 3
}

@test "a tenant's instances are its own" {
  start_sim --invoke-api --cold 0 --handler 300
  for tenant in blue green blue; do
    function_config "warm = 3; tenant_id = \"$tenant\";"
    once
    [ "$status" -eq 0 ]
  done
  [ "$(of_sim '.functions | map_values([.requests, .instances_born]) | tostring')" = '{"billing:$LATEST@blue":[6,3],"billing:$LATEST@green":[3,3]}' ]
}

@test "a function's own error is a failure, though its status is 200" {
  start_sim --invoke-api --cold 0 --handler 30 --function-error billing
  function_config 'warm = 4;'
  once
  [ "$status" -eq 1 ]
  expect_field '.rounds[0] | "\(.met) \(.ok) \(.failed) \(.errors | tostring)"' 'false 0 4 {"function-error":4}'
  expect_field '[.rounds[0].requests[] | [.status, .error]] | unique | tostring' '[[200,"function-error"]]'
  "$WARMD" -c "$CONF" once >table 2>&1 || true
  grep -q 'function-error' table
}

@test "429: the account's limit, the function's own, and their requests that passed" {
  start_sim --invoke-api --cold 0 --handler 300 --account-limit 6
  function_config 'warm = 10; attempts = 1;'
  once
  [ "$status" -eq 1 ]
  expect_field '.rounds[0] | "\(.ok) \(.failed) \(.throttled) \(.distinct) \(.errors | tostring)"' '6 0 4 6 {"throttled-concurrency":4}'
  set_sim "set?account-limit=1000&max-instances=7"
  once
  expect_field '.rounds[0] | "\(.ok) \(.failed) \(.throttled) \(.errors | tostring)"' '7 0 3 {"throttled-reserved":3}'
}

@test "what is refused has its cause: no function, no permission, an expired token" {
  start_sim --invoke-api --cold 0 --require-signature --function other --function billing:7
  function_config 'warm = 3; qualifier = "live";'
  once
  expect_field '.rounds[0].errors | tostring' '{"no-function":3}'
  stop_all
  start_sim --invoke-api --cold 0 --require-signature --deny billing
  function_config 'warm = 3;'
  once
  expect_field '.rounds[0].errors | tostring' '{"access-denied":3}'
  run -77 "$WARMD" -c "$CONF" check --online
  [[ "$output" == *lambda:InvokeFunction* ]]
  stop_all
  start_sim --invoke-api --cold 0 --expired-token old
  export AWS_SESSION_TOKEN=old
  function_config 'warm = 3;'
  once
  expect_field '.rounds[0].errors | tostring' '{"expired-token":3}'
  [ "$(of_sim .requests)" = 0 ]
}

@test "a clock that is wrong is made up for by the server's Date, once and said" {
  for offset in 3600 -86400; do
    start_sim --invoke-api --cold 0 --handler 300 --require-signature --clock-offset "$offset" --record "$PWD/record$offset"
    function_config 'warm = 4; interval = "400ms"; jitter = 0;'
    once
    expect_field '.rounds[0] | "\(.met) \(.ok)"' "true 4"
    "$WARMD" -c "$CONF" once 2>err && grep -qE 'clock is .* (slow|fast)' err
    "$WARMD" -c "$CONF" check --online 2>err && grep -qE 'clock is .* (slow|fast)' err
    : >"record$offset" # of these two
    once
    start_daemon
    wait_for 10 logged 'x: 4/4 warm' 3
    stop_all
    # Refused is the first volley only, of `once` and of the daemon.
    before=$(grep -c . "record$offset")
    rounds=$(grep -c 'x: 4/4 warm' "$LOG")
    [ "$before" -le $((4 * (1 + rounds + 1 + 2))) ]
    grep -qiE 'clock' "$LOG"
  done
}

@test "an event is accepted, and proves nothing" {
  start_sim --invoke-api --cold 0 --handler 300
  function_config 'warm = 4; mode = "event";'
  "$WARMD" -c "$CONF" check >checked 2>&1
  grep -q 'warning: mode = "event"' checked
  once
  expect_field '.rounds[0] | "\(.ok) \(.failed) \(.distinct) \(.cold)"' "4 0 null null"
  expect_field '[.rounds[0].requests[].status] | unique | tostring' '[202]'
  [ "$(of_sim .requests)" = 4 ]
  once --distinct
  [ "$status" -eq 1 ]
}

@test "what a cache answered is not warm" {
  start_sim --cold 0 --handler 300 --cache
  config "endpoints = ( { name = \"x\"; url = \"https://localhost:$TLS/f\"; ca_file = \"$CERTS/ca.pem\"; warm = 5; attempts = 1; } );"
  once
  round "true 5 0 0 5 5 1"
  once
  [ "$status" -eq 1 ]
  expect_field '.rounds[0] | "\(.met) \(.ok) \(.failed) \(.errors | tostring)"' 'false 0 5 {"cached":5}'
  [ "$(of_sim .requests)" = 5 ]
}

@test "processes that end in the middle are function errors, and the daemon goes on" {
  cat >function.py <<'PY'
import json, sys
for number, line in enumerate(sys.stdin):
    if number == 1:
        sys.exit(3)
    print(json.dumps({"result": None}), flush=True)
PY
  start_sim --invoke-api --cold 0 --exec "exec python3 $PWD/function.py"
  function_config 'warm = 4; protocol = "none"; body = "{}"; attempts = 1;'
  once
  expect_field '.rounds[0] | "\(.ok) \(.failed)"' "4 0"
  once
  expect_field '.rounds[0] | "\(.ok) \(.errors | tostring)"' '0 {"function-error":4}'
  once
  expect_field '.rounds[0] | "\(.ok) \(.cold)"' "4 4"
}

@test "check --online: kinds of functions that warming does nothing for, or that want more" {
  tells() { # CONFIGURATION KEYS PATTERN: a warning, and the function may be invoked all the same
    stop_all
    start_sim --invoke-api --cold 0 --require-signature --configuration "$1"
    function_config "warm = 3; $2"
    "$WARMD" -c "$CONF" check --online >out 2>err
    grep -q 'x: function billing.* may be invoked' out
    [ "$(tail -n 1 out)" = "$CONF: 1 endpoint, 3 instances, OK" ]
    grep -qE "test.conf:[0-9]+: warning: x: function billing: $3" err || { cat err >&2; return 1; }
    [ "$(wc -l <err)" -eq 1 ]
  }
  tells '{"CapacityProviderConfig":{"LambdaManagedInstancesCapacityProviderConfig":{"CapacityProviderArn":"arn:aws:lambda:eu-west-1:1:capacity-provider:c"}}}' \
    '' 'it runs on Managed Instances .* no cold starts .* not recommended'
  tells '{"DurableConfig":{"ExecutionTimeout":3600,"RetentionPeriodInDays":14}}' '' 'it is a durable function: each ping starts an execution'
  tells '{"TenancyConfig":{"TenantIsolationMode":"PER_TENANT"}}' '' 'it isolates tenants: without tenant_id AWS refuses'
  tells '{"TenancyConfig":null}' 'tenant_id = "blue";' 'it does not isolate tenants'
  tells '{"SnapStart":{"ApplyOn":"PublishedVersions","OptimizationStatus":"Off"}}' '' 'SnapStart is set, but not for .LATEST'
  stop_all
  start_sim --invoke-api --cold 0 --require-signature --configuration '{"TenancyConfig":{"TenantIsolationMode":"PER_TENANT"},"CapacityProviderConfig":null}'
  function_config 'warm = 3; tenant_id = "blue";'
  "$WARMD" -c "$CONF" check --online >out 2>err
  [ ! -s err ]
  # Who may not ask is told so, once; nothing depends on it.
  stop_all
  start_sim --invoke-api --cold 0 --require-signature --hide billing --configuration '{"DurableConfig":{}}'
  "$WARMD" -c "$CONF" check --online >out 2>err || true
  function_config 'warm = 3;'
  "$WARMD" -c "$CONF" check --online >out 2>err
  grep -q 'the kind of 1 function is unknown .* lambda:GetFunctionConfiguration is not allowed' err
  [ "$(wc -l <err)" -eq 1 ]
  [ "$(tail -n 1 out)" = "$CONF: 1 endpoint, 3 instances, OK" ]
  [ "$(of_sim .requests)" = 0 ]
}

@test "check --online with failures doesn't end in OK" {
  start_sim --invoke-api --cold 0 --require-signature --deny billing
  function_config 'warm = 3;'
  run --separate-stderr -77 "$WARMD" -c "$CONF" check --online
  [ "$output" = "$CONF: 1 endpoint, 3 instances, 1 of 1 function can't be invoked" ]
}

@test "probe takes a function's name or ARN, and asks as an endpoint would" {
  start_sim --invoke-api --cold 0 --handler 300 --require-signature
  local of=(-n 4 --endpoint-url "https://localhost:$TLS" --cacert "$CERTS/ca.pem" --json)
  json=$("$WARMD" probe billing --region eu-west-1 --qualifier live "${of[@]}")
  expect_field '.rounds[0] | "\(.met) \(.ok) \(.distinct)"' 'true 4 4'
  json=$("$WARMD" probe arn:aws:lambda:eu-west-1:123456789012:function:billing "${of[@]}")
  expect_field '.rounds[0] | "\(.met) \(.ok) \(.distinct)"' 'true 4 4'
}

@test "probe of a function: what contradicts itself is a mistake of the command line" {
  run -64 "$WARMD" probe billing -X GET
  [[ "$output" == *"called with POST only"* ]]
  run -64 "$WARMD" probe arn:aws:lambda:eu-west-1:123456789012:function:billing --region eu-west-2
  [[ "$output" == *"--region eu-west-2 contradicts"* ]]
  run -64 "$WARMD" probe billing:live --qualifier 3
  run -64 "$WARMD" probe api.example/path
  [[ "$output" == *"neither a URL"* ]]
  run -64 "$WARMD" probe http://127.0.0.1:1/ --region eu-west-1
  [[ "$output" == *"for functions"* ]]
}
