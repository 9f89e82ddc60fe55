#!/usr/bin/env bats
# The handlers of docs/handlers/, run as they stand: by themselves, and as the functions of lambda-sim.

bats_require_minimum_version 1.5.0
load common.bash

HANDLERS=$BATS_TEST_DIRNAME/../../docs/handlers
RUNTIMES=$BATS_TEST_DIRNAME/../handlers

setup() {
  HANDLERS=$(cd "$HANDLERS" && pwd)
  RUNTIMES=$(cd "$RUNTIMES" && pwd)
  cd "$BATS_TEST_TMPDIR" || return
}
teardown() { stop_all; }

need() { command -v "$1" >/dev/null || skip "$1 is not installed"; }

# handler_LANGUAGE: sets EXEC to the command that runs the handler as a function's instance, or skips the test. What
# has to be compiled is, once for all tests.
handler_node() { need node && EXEC="node $RUNTIMES/bootstrap.mjs $HANDLERS/node.mjs"; }
handler_python() { need python3 && EXEC="python3 -B $RUNTIMES/bootstrap.py $HANDLERS/python.py"; }
handler_ruby() { need ruby && EXEC="ruby $RUNTIMES/bootstrap.rb $HANDLERS/ruby.rb"; }
handler_java() {
  local classes=$BATS_FILE_TMPDIR/java
  need javac
  [ -d "$classes" ] || javac -Xlint:all -Werror -d "$classes" "$RUNTIMES"/java/*.java "$HANDLERS"/java/*.java || return
  EXEC="java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp $classes Bootstrap Example"
}
# With the real libraries: of the module cache, the module proxy, or GOPATH; of cargo's cache.
handler_go() {
  need go
  local program=$BATS_FILE_TMPDIR/go/bootstrap
  if [ ! -e "$program" ]; then
    mkdir -p "${program%/*}"
    cp "$HANDLERS"/go/main.go "${program%/*}"
    (cd "${program%/*}" && { GO111MODULE=off go build -o bootstrap . ||
      { go mod init function && timeout 60 go mod tidy && go vet . && go build -o bootstrap .; }; }) >go.log 2>&1 ||
      skip "no aws-lambda-go: $(grep -m 1 aws-lambda-go go.log)"
  fi
  EXEC="python3 -B $RUNTIMES/runtime_api.py $program"
}
handler_rust() {
  need cargo
  local program=$BATS_FILE_TMPDIR/rust/target/debug/bootstrap
  if [ ! -e "$program" ]; then
    cp -r "$HANDLERS/rust" "$BATS_FILE_TMPDIR"
    (cd "$BATS_FILE_TMPDIR/rust" && cargo build --offline --quiet) >rust.log 2>&1 ||
      skip "no lambda_runtime in cargo's cache: $(grep -m 1 error rust.log)"
  fi
  EXEC="python3 -B $RUNTIMES/runtime_api.py $program"
}

# Pings as both kinds of gateway write their headers, requests of users, and pings by who means no good.
events='{"headers":{"X-Lambda-Warm":"r/1/2","X-Lambda-Warm-Hold":"20"}}
{"headers":{"x-lambda-warm":"r/2/2","x-lambda-warm-hold":"20"}}
{"headers":null}
{}
{"headers":{"accept":"*/*","x-lambda-warm":""}}
{"headers":{"x-lambda-warm":"r/1/1"}}
{"headers":{"x-lambda-warm":"r/1/1","x-lambda-warm-hold":"-1h"}}
{"headers":{"x-lambda-warm":"r/1/1","x-lambda-warm-hold":"999999999"}}'

# answers_as_documented LANGUAGE: a process of its own answers all these events; the last one, were it not capped, would
# take eleven days.
answers_as_documented() {
  "handler_$1"
  jq -c '{event: ., context: {awsRequestId: "1", functionName: "f", functionVersion: "7", clientContext: null,
    invokedFunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:f"}}' <<<"$events" >requests
  timeout 60 sh -c "$EXEC" <requests >answers
  cat answers
  jq -es 'map(.result) | length == 8
    and (map(.statusCode) == [204, 204, 200, 200, 200, 204, 204, 204])
    and (map(.body | select(. != null and . != "")) == ([range(3)] | map("what it does for users")))
    and (map(.headers["X-Lambda-Cold"]?) | map(select(. != null)) == ["1", "0", "0", "0", "0"])
    and (map(.headers["X-Lambda-Instance"]?) | map(select(. != null)) | (unique | length == 1) and (.[0] | length >= 16))' answers
}

@test "node's handler answers pings, and users" { answers_as_documented node; }
@test "python's handler answers pings, and users" { answers_as_documented python; }
@test "ruby's handler answers pings, and users" { answers_as_documented ruby; }
@test "java's handler answers pings, and users" { answers_as_documented java; }
@test "go's handler answers pings, and users" { answers_as_documented go; }
@test "rust's handler answers pings, and users" { answers_as_documented rust; }

@test "rust's handler is formatted as rustfmt has it" {
  rustfmt --version >/dev/null 2>&1 || skip "rustfmt is not installed"
  rustfmt --check --edition 2021 "$HANDLERS/rust/main.rs"
}

@test "CommonJS, callbacks, and what they log work in node's runtime of these tests" {
  need node
  cat >callback.cjs <<'END'
exports.handler = (event, context, callback) => {
  console.log('%s is', event.name, { warm: true })
  if (event.fail) callback(new TypeError('as asked')); else setTimeout(callback, 5, null, context.functionName)
}
END
  printf '%s\n' '{"event":{"name":"it"},"context":{"awsRequestId":"id-1","functionName":"f","functionVersion":"7"}}' \
    '{"event":{"fail":true},"context":{"awsRequestId":"id-2","functionName":"f","functionVersion":"7"}}' |
    node "$RUNTIMES/bootstrap.mjs" callback.cjs >answers
  jq -es '.[0].result == "f" and (.[0].log | test("^[0-9T:.-]+Z\tid-1\tINFO\tit is \\{ warm: true \\}\n$"))
    and .[1].error == {errorType: "TypeError", errorMessage: "as asked"}' answers
}

# What the simulator and the daemon have to know for the rest.
sim_knows() { "$SIM" --help | grep -q -- "$1" || skip "this lambda-sim has no $1"; }
invoke_known() {
  config 'endpoints = ( { name = "x"; function = "x"; region = "eu-west-1"; } );'
  "$WARMD" -c "$CONF" check >check.out 2>&1 || ! grep -q 'not supported by this version' check.out ||
    skip 'this version knows no functions'
}

# The simulator would wait for a handler of its own, and never for a process.
holds() { expect_field '[.rounds[0].requests[].total_us] | min >= 200000' true; }

# five_instances: the first round meets five new instances, and a second one the same five; both are held.
five_instances() {
  once
  holds
  expect_field '.rounds[0] | [.met, .ok, .distinct, .cold, .attempts] | tostring' '[true,5,5,5,1]'
  field '[.rounds[0].requests[].instance] | sort | tostring' >first
  once
  holds
  expect_field '.rounds[0] | [.met, .ok, .distinct, .cold, .attempts] | tostring' '[true,5,5,0,1]'
  [ "$(field '[.rounds[0].requests[].instance] | sort | tostring')" = "$(cat first)" ]
}

# Behind a gateway: the event has the headers as they came by HTTP.
by_url() {
  sim_knows --exec
  "handler_$1"
  make_certs
  start_sim --exec "$EXEC" --cold 0
  config "endpoints = ( { name = \"x\"; url = \"http://127.0.0.1:$PLAIN/$1\"; warm = 5; hold = \"200ms\"; timeout = \"60s\"; } );"
  five_instances
  expect_field '[.rounds[0].requests[].status] | unique | tostring' '[204]'
}

# By Invoke: the event is of the daemon's making.
by_invoke() {
  sim_knows --exec
  sim_knows --invoke-api
  invoke_known
  "handler_$1"
  make_certs
  start_sim --exec "$EXEC" --cold 0 --invoke-api
  config "endpoints = ( { name = \"x\"; function = \"x\"; endpoint_url = \"http://127.0.0.1:$PLAIN\"; region = \"eu-west-1\";
    protocol = \"header\"; warm = 5; hold = \"200ms\"; timeout = \"60s\"; } );"
  export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=secret
  five_instances
}

@test "lambda-sim doesn't hold for a handler that doesn't" {
  sim_knows --exec
  make_certs
  start_sim --exec "sed -u 's/.*/{\"result\": {\"statusCode\": 204, \"headers\": {}}}/'" --cold 0 --invoke-api
  export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=secret
  config "defaults = { warm = 3; attempts = 1; hold = \"30s\"; timeout = \"20s\"; };
    endpoints = ( { name = \"url\"; url = \"http://127.0.0.1:$PLAIN/a\"; },
      { name = \"invoke\"; function = \"b\"; endpoint_url = \"http://127.0.0.1:$PLAIN\"; region = \"eu-west-1\"; } );"
  once
  expect_field '[.rounds[].ok] | tostring' '[3,3]'
}

@test "node's handler behind a URL: five instances, and the same five again" { by_url node; }
@test "python's handler behind a URL: five instances, and the same five again" { by_url python; }
@test "ruby's handler behind a URL: five instances, and the same five again" { by_url ruby; }
@test "java's handler behind a URL: five instances, and the same five again" { by_url java; }
@test "go's handler behind a URL: five instances, and the same five again" { by_url go; }
@test "rust's handler behind a URL: five instances, and the same five again" { by_url rust; }
@test "node's handler by Invoke: five instances, and the same five again" { by_invoke node; }
@test "python's handler by Invoke: five instances, and the same five again" { by_invoke python; }
@test "ruby's handler by Invoke: five instances, and the same five again" { by_invoke ruby; }
@test "java's handler by Invoke: five instances, and the same five again" { by_invoke java; }
@test "go's handler by Invoke: five instances, and the same five again" { by_invoke go; }
@test "rust's handler by Invoke: five instances, and the same five again" { by_invoke rust; }
