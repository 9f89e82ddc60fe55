#!/usr/bin/env bats
# What answers say, whoever wrote them: which instance it was, whether it was new, why it went wrong.

bats_require_minimum_version 1.5.0
load common.bash

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  unset CREDENTIALS_DIRECTORY
}
teardown() { stop_all; }

# start_script: serves what stdin says (see scriptd.py); sets URL.
start_script() {
  cat >script.py
  python3 -B "$TESTS/faults/scriptd.py" script.py >script.out 2>&1 3>&- &
  started $!
  wait_for 10 test -s script.out
  URL=http://127.0.0.1:$(head -n 1 script.out)
}

# endpoints NAME [KEYS]...: one for each NAME, which is its path, too.
endpoints() {
  local list=
  while [ $# -gt 0 ]; do
    list="$list${list:+,} { name = \"$1\"; url = \"$URL/$1\"; $2 }"
    shift 2
  done
  config "defaults = { warm = 3; attempts = 1; }; endpoints = ( $list );"
}

@test "odd values in a JSON body don't hide the instance, nor make two of them one" {
  start_script <<'END'
answers = {name: (200, {}, '{"odd": %s, "id": %s}' % (odd, id)) for name, odd, id in (
    ("integer", "18446744073709551616", '"i-{n}"'), ("surrogate", r'"\ud800"', '"i-{n}"'), ("nul", r'{"id\u0000": "\u0000"}', '"i-{n}"'),
    ("real", "1e400", '"i-{n}"'), ("deep", "[" * 3000 + "]" * 3000, '"i-{n}"'), ("deeper", "[" * 9990 + "]" * 9990, '"i-{n}"'),
    ("integers", "0", "1844674407370955161700000000{n}"), ("surrogates", "0", r'"\ud80{n}"'), ("nuls", "0", r'"a\u0000{n}"'))}
END
  local by_body='instance = "json:/id";'
  endpoints integer "$by_body" surrogate "$by_body" nul "$by_body" real "$by_body" deep "$by_body" deeper "$by_body" integers "$by_body" \
    surrogates "$by_body" nuls "$by_body"
  once --distinct
  field '.rounds[] | "\(.endpoint) \(.met) \(.distinct)"' >&2
  [ "$status" -eq 0 ]
  expect_field '[.rounds[] | .distinct] | unique | tostring' '[3]'
  field '.rounds[6].requests[].instance' | grep -qx '1844674407370955161700000000[123]'
}

@test "a body that names nobody is said to be what it is" {
  start_script <<'END'
answers = {"html": (200, {}, "<html></html>"), "cut": (200, {}, '{"id": "i-{n}"'), "other": (200, {}, '{"name": "i-{n}"}'),
           "empty": (200, {}, ""), "long": (200, {}, '{"id": "i-{n}", "more": "' + 70000 * "x" + '"}'), "deep": (200, {}, 20000 * "[")}
END
  local by_body='instance = "json:/id";'
  endpoints html "$by_body" cut "$by_body" other "$by_body" empty "$by_body" long "$by_body" deep "$by_body"
  once --distinct
  [ "$status" -eq 1 ]
  cat once.err >&2
  grep -q '^lambda-warmd: html: not proven: an answer is not JSON: a value is missing, at byte 1 of 13 ' once.err
  grep -q 'cut: not proven: an answer is not JSON: it ends too early, after 12 bytes' once.err
  grep -q 'other: not proven: an answer has no text or number at /id ' once.err
  grep -q 'empty: not proven: an answer is empty ' once.err
  grep -q 'long: not proven: an answer is longer than the 65536 bytes that are kept of it (max_body) ' once.err
  grep -q 'deep: not proven: an answer is not JSON: more than 10000 levels, at byte 10002 ' once.err
  endpoints long "$by_body max_body = 80000;"
  once --distinct
  [ "$status" -eq 0 ]
  expect_field '.rounds[0].distinct' 3
}

@test "long ids that differ at their end are different instances" {
  start_script <<<'answers = {"long": (200, {"X-Lambda-Instance": 300 * "x" + "{n}"}, "")}'
  endpoints long ''
  once --distinct
  [ "$status" -eq 0 ]
  expect_field '.rounds[0].distinct' 3
}

@test "what an unexpected status says is shown, and where a redirect leads" {
  start_script <<'END'
aws = {"x-amzn-ErrorType": "AccessDeniedException"}
answers = {"url": (403, aws, '{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: x"}'),
           "page": (404, {}, "<html><title>404\n Not \x1b[31mFound</title></html>"), "text": (500, {}, "no\nbackend"),
           "moved": (301, {"Location": "https://h.example/new"}, "<html>"), "busy": (503, {}, '{"error":{"message":"later"}}')}
END
  endpoints url '' page '' text '' moved '' busy ''
  "$WARMD" -c "$CONF" once >table || [ $? -eq 1 ]
  cat table >&2
  tr '\n' ' ' <table | grep -q 'url: AccessDeniedException: Forbidden. For troubleshooting Function URL authorization issues, see: x '
  grep -qx 'page: 404 Not \[31mFound' table
  grep -qx 'text: no backend' table
  grep -qx 'moved: to https://h.example/new' table
  grep -qx 'busy: later' table
}

@test "a quoted secret is not shown, however it is written" {
  mkdir credentials
  printf 'sw/"ord\\\nfish & é' >credentials/key
  start_script <<'END'
import base64, html, json, urllib.parse
key = 'sw/"ord\\\nfish & é'
written = [key, json.dumps(key), json.dumps(key, ensure_ascii=False), json.dumps(json.dumps(key)), json.dumps(key).replace("/", r"\/"),
           urllib.parse.quote(key, safe=""), urllib.parse.quote_plus(key).lower(), html.escape(key), repr(key)]
written += [encode((prefix + key + "..").encode()).decode() for prefix in ("", "u", "us", "user:")
            for encode in (base64.b64encode, base64.urlsafe_b64encode)]
answers = {"a%d" % i: (500, {}, "KeyError(%s)" % text) for i, text in enumerate(written)}
answers.update({"b%d" % i: (500, {}, json.dumps({"message": text})) for i, text in enumerate(written)})
open("names", "w").write("\n".join(answers))
END
  wait_for 10 test -s names
  local list=() name
  while read -r name || [ -n "$name" ]; do list+=("$name" ''); done <names
  endpoints "${list[@]}"
  sed -i 's/defaults = {/& body = "${credential:key}";/' "$CONF"
  CREDENTIALS_DIRECTORY=$PWD/credentials "$WARMD" -c "$CONF" once >table 2>err || [ $? -eq 1 ]
  cat err table >&2
  [ "$(grep -c ': .*\*\*\*\*' table)" -eq $((${#list[@]} / 2)) ]
  run ! grep -aE 'ord|fish|ZmlzaC|maXNoI|b3Jk|9yZ|vcm' table
}

@test "where a secret is too short to be found, nothing is quoted" {
  mkdir credentials
  printf 'p!n' >credentials/pin
  start_script <<<'answers = {"said": (500, {}, "your pin is p!n"), "named": (200, {"X-Lambda-Instance": "p!n-{n}"}, "")}'
  endpoints said 'headers = ( "X-Pin: ${credential:pin}" );' named ''
  CREDENTIALS_DIRECTORY=$PWD/credentials once
  expect_field '[.rounds[] | .ok, .failed, .distinct] | tostring' '[0,3,null,3,0,3]'
  CREDENTIALS_DIRECTORY=$PWD/credentials "$WARMD" -c "$CONF" once >table || [ $? -eq 1 ]
  run ! grep p!n table
  [ "$(grep -c p!n <<<"$json")" -eq 0 ]
}

@test "an answer can't turn the text that it is shown in" {
  start_script <<<'answers = {"turn": (200, {}, "{\"id\": \"\\u202e\\u009b\\u061c\\u2066{n}\\u00e9\"}")}'
  endpoints turn 'instance = "json:/id";'
  once
  expect_field '.rounds[0].distinct' 3
  field '.rounds[0].requests[].instance' | grep -q 'é'
  LC_ALL=C run ! grep -E $'\xe2\x80\xae|\xc2\x9b|\xd8\x9c|\xe2\x81\xa6' <<<"$json"
  grep -q '\\u202e\\u009b\\u061c\\u2066' <<<"$json"
}

@test "a secret in a JSON body adds nothing to it" {
  mkdir credentials
  printf 'x","admin":true,"y":"' >credentials/key
  start_script <<<'answers = {"sent": (200, {"Content-Type": "application/json"}, "{sent}")}'
  endpoints sent 'body = "{\"id\": \"${credential:key}\", \"n\": ${index}}"; instance = "json:/n"; cold = "json:/admin";'
  CREDENTIALS_DIRECTORY=$PWD/credentials once --distinct
  expect_field '[.rounds[0].distinct, .rounds[0].cold] | tostring' '[3,null]'
}

@test "an initialisation that took too long is a cold start, and a cut log says nothing" {
  start_script <<'END'
import base64
end = "START RequestId: 1 Version: $LATEST\nEND RequestId: 1\nREPORT RequestId: 1\tDuration: 7 ms\tBilled Duration: 8 ms\t\n"
init = "INIT_REPORT Init Duration: 9999.63 ms\tPhase: init\tStatus: timeout\n"
record = '{"time":"t","type":"platform.initReport","record":{"phase":"init","status":"error"}}\n'
report = '{"time":"t","type":"platform.report","record":{"metrics":{"durationMs":7}}}\n'
logs = {"warm": end, "timeout": init + end, "json": record + report, "cut": (4096 * "x" + "\n" + end)[-4096:]}
answers = {name: (200, {"X-Amz-Log-Result": base64.b64encode(log.encode()).decode()}, "null") for name, log in logs.items()}
END
  config "defaults = { region = \"eu-west-1\"; endpoint_url = \"$URL\"; attempts = 1; };
    endpoints = ( { name = \"1\"; function = \"warm\"; }, { name = \"2\"; function = \"timeout\"; }, { name = \"3\"; function = \"json\"; },
      { name = \"4\"; function = \"cut\"; } );"
  AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=secret-key once
  expect_field '[.rounds[].cold] | tostring' '[0,1,1,null]'
}

@test "of a web function fewer instances than requests are no shortage, and nothing is proven" {
  start_script <<'END'
web = {"lambda-web-request-id": "{n}"}
answers = {"unnamed": (200, web, ""), "one": (200, {**web, "X-Lambda-Instance": "i"}, ""),
           "each": (200, {**web, "X-Lambda-Instance": "i-{n}"}, "")}
END
  endpoints unnamed '' one '' each ''
  sed -i 's/attempts = 1/attempts = 3/' "$CONF"
  once
  expect_field '[.rounds[] | .met, .distinct, .attempts] | tostring' '[true,null,1,true,null,1,true,3,1]'
  once --distinct one
  [ "$status" -eq 1 ]
  grep -q 'not proven: an answer comes from a Lambda web function, where one instance serves up to 128 requests at once' once.err
}

@test "check and plan say what a web function is" {
  config 'endpoints = ( { name = "a"; url = "https://x.y.lambda-web.eu-west-1.on.aws/"; warm = 20; http_version = "2"; },
    { name = "b"; url = "https://x.lambda-web.global.on.aws/"; }, { name = "c"; url = "https://x.lambda-web.example.com/"; warm = 20; } );'
  "$WARMD" -c "$CONF" check 2>err
  cat err >&2
  grep -q ':1: warning: a Lambda web function: one instance serves up to 128 requests at once, so warm = 20 requests don.t mean 20 instances' err
  grep -q 'warning: a Lambda web function speaks HTTP/1.1 only' err
  [ "$(grep -c 'web function' err)" -eq 2 ]
  "$WARMD" -c "$CONF" plan --json | jq -e '[.endpoints[].advice | test("This is a Lambda web function: one instance serves up to 128")] == [true, false, false]'
}
