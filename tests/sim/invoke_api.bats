#!/usr/bin/env bats
# The simulator as AWS: the Invoke API, handlers' protocols, processes for instances, credentials, caches.
bats_require_minimum_version 1.5.0
load ../e2e/common

setup_file() { make_certs; }
setup() { cd "$BATS_TEST_TMPDIR" || return; }
teardown() { stop_all; }

plain() { curl -sS "http://127.0.0.1:$PLAIN$1" "${@:2}"; }
# invoke NAME[?QUERY] CURL-OPTIONS...: sets $code, and the files head and body; log is the tail, decoded.
invoke() {
  local name=${1%%\?*} query=
  [[ "$1" != *\?* ]] || query="?${1#*\?}"
  code=$(curl -sS -o body -D head -w '%{http_code}' -X POST "http://127.0.0.1:$PLAIN/2015-03-31/functions/$name/invocations$query" "${@:2}")
  sed -i 's/\r$//' head
  header X-Amz-Log-Result | base64 -d >log
}
header() { sed -n "s/^$1: //Ip" head; }
# is EXPECTED COMMAND...: expects this output from the command.
is() {
  local got
  got=$("${@:2}")
  [ "$got" = "$1" ] || { echo "'${*:2}' gave '$got', not '$1'" >&2; return 1; }
}
stat_is() { is "$2" jq -r "$1" <(stats); }

@test "a call runs a function's instance, and says its version and log, cold at first" {
  start_sim --invoke-api --cold 40
  invoke billing -H 'X-Amz-Log-Type: Tail'
  is "200 \$LATEST" echo "$code $(header X-Amz-Executed-Version)"
  id=$(header X-Amzn-RequestId)
  [[ "$id" =~ ^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$ ]]
  is "START RequestId: $id Version: \$LATEST" sed -n 1p log
  is "END RequestId: $id" sed -n 2p log
  grep -qP "^REPORT RequestId: $id\tDuration: [0-9.]+ ms\tBilled Duration: 4[0-9] ms\tMemory Size: 128 MB\tMax Memory Used: [0-9]+ MB\tInit Duration: 40.00 ms\t$" log
  first=$(jq -r .instance body)
  invoke billing -H 'X-Amz-Log-Type: Tail'
  is "false $first" jq -r '"\(.cold) \(.instance)"' body
  run ! grep -q Init log
  invoke billing
  is "" header X-Amz-Log-Result
  stat_is '.functions["billing:$LATEST"] | "\(.requests) \(.instances_born)"' "3 1"
}

@test "names, ARNs, aliases and versions lead to the same instances where they mean the same" {
  start_sim --invoke-api --cold 0 --alias live=3 --alias other:live=4
  arn=arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Abilling
  for name in billing '%62illing' "billing?Qualifier=%24LATEST" "billing%3A%24LATEST" "$arn" "arn:aws-cn:lambda:cn-north-1:123456789012:function:billing" \
    "123456789012:function:billing:\$LATEST"; do
    invoke "$name"
    is "200 \$LATEST" echo "$code $(header X-Amz-Executed-Version)"
  done
  for name in "billing?Qualifier=live" "billing:live" "$arn%3Alive" "$arn%3Alive?Qualifier=live" "billing?Qualifier=3"; do
    invoke "$name"
    is "200 3" echo "$code $(header X-Amz-Executed-Version)"
  done
  invoke "other:live"
  is 4 header X-Amz-Executed-Version
  invoke "billing:live" -H 'X-Amz-Tenant-Id: blue'
  stat_is '.functions | map_values([.requests, .instances_born]) | tojson' \
    '{"billing:$LATEST":[7,1],"billing:3":[5,1],"other:4":[1,1],"billing:3@blue":[1,1]}'
}

@test "events are accepted and run in the background; dry runs run nothing" {
  start_sim --invoke-api --cold 0 --handler 2000
  invoke billing -H 'X-Amz-Invocation-Type: Event' -d '{}'
  is "202 0" echo "$code $(wc -c <body)"
  invoke billing -H 'X-Amz-Invocation-Type: Event' -d '{}'
  stat_is '"\(.requests) \(.instances_born)"' "2 2"
  invoke billing -H 'X-Amz-Invocation-Type: DryRun'
  is "204" echo "$code"
  stat_is .requests 2
  for url in "http://127.0.0.1:$PLAIN" "https://localhost:$TLS"; do # HTTP/2's streams stay after their answers
    curl -sS --cacert "$CERTS/ca.pem" -X POST -H 'X-Amz-Invocation-Type: Event' -d '{}' "$url/2015-03-31/functions/f/invocations"
  done
  stat_is .requests 4
  curl -sS --cacert "$CERTS/ca.pem" -o body -w '%{http_code}' -X POST -d '{}' "https://localhost:$TLS/2015-03-31/functions/f/invocations" >code
  is 200 cat code
}

# refused STATUS TYPE EXPRESSION VALUE: the last call was refused, in AWS's words.
refused() {
  is "$1 $2" echo "$code $(header x-amzn-ErrorType)"
  is "$4" jq -r "$3" body
}

@test "what doesn't exist, isn't allowed or isn't well formed is refused as AWS does, and binds nothing" {
  start_sim --invoke-api --function billing --function other:7 --alias billing:live=3 --deny secret --function secret
  invoke nope
  refused 404 ResourceNotFoundException .Message 'Function not found: arn:aws:lambda:eu-west-1:123456789012:function:nope'
  for name in billing:7 billing:blue "other?Qualifier=live"; do
    invoke "$name"
    refused 404 ResourceNotFoundException .Type User
  done
  invoke secret
  refused 403 AccessDeniedException '.Message | test("is not authorized to perform: lambda:InvokeFunction on resource: arn:.*:secret ")' true
  invoke billing -d '{"a"'
  refused 400 InvalidRequestContentException '.Message | startswith("Could not parse request body into json")' true
  invoke 'billing:live?Qualifier=3'
  refused 400 ValidationException '.message | length > 0' true
  invoke 'bil%20ling'
  refused 400 ValidationException '.message | length > 0' true
  invoke billing -H 'X-Amz-Invocation-Type: Sometimes'
  refused 400 ValidationException '.message | length > 0' true
  head -c 1100000 /dev/zero | tr '\0' 1 >large
  invoke billing -H 'X-Amz-Invocation-Type: Event' --data-binary @large
  refused 413 RequestTooLargeException .Type User
  for name in billing billing:live billing:3 other:7; do
    invoke "$name"
    is 200 echo "$code"
  done
  stat_is .requests 4
}

@test "limits: the function's own and the account's have their reasons" {
  start_sim --invoke-api --cold 0 --handler 5000 --max-instances 2 --account-limit 3
  for name in a a b; do invoke $name -H 'X-Amz-Invocation-Type: Event'; done
  invoke b
  refused 429 TooManyRequestsException .Reason ConcurrentInvocationLimitExceeded
  plain "/_sim/set?account-limit=9" -X POST >/dev/null
  invoke a
  refused 429 TooManyRequestsException .Reason ReservedFunctionConcurrentInvocationLimitExceeded
  stat_is .throttled 2
  plain "/_sim/set?max-instances=9" -X POST >/dev/null
  invoke a
  is 200 echo "$code"
}

@test "signatures: without one, for another time, with an expired token" {
  start_sim --invoke-api --require-signature --expired-token old --imds --credentials-lifetime -1
  signed() { invoke billing --aws-sigv4 aws:amz:eu-west-1:lambda --user AKIA:secret "$@"; }
  invoke billing
  refused 403 MissingAuthenticationTokenException .message 'Missing Authentication Token'
  is 403 plain /f -o /dev/null -w '%{http_code}'
  invoke billing -H 'Authorization: Bearer x'
  refused 403 IncompleteSignatureException '.message | length > 0' true
  signed
  is 200 echo "$code"
  signed -H 'X-Amz-Security-Token: old'
  refused 403 ExpiredTokenException .message 'The security token included in the request is expired'
  signed -H "X-Amz-Security-Token: $(plain /container-credentials | jq -r .Token)"
  refused 403 ExpiredTokenException .message 'The security token included in the request is expired'
  signed -H 'X-Amz-Security-Token: new'
  is 200 echo "$code"
  for offset in 400 -400; do
    plain "/_sim/set?clock-offset=$offset" -X POST >/dev/null
    signed
    [ $offset -gt 0 ] && words='^Signature expired: \\w+ is now earlier than \\w+ \\(\\w+ - 5 min.\\)$' ||
      words='^Signature not yet current: \\w+ is still later than \\w+ \\(\\w+ \\+ 5 min.\\)$'
    refused 403 InvalidSignatureException ".message | test(\"$words\")" true
    late=$(($(date -d "$(header Date)" +%s) - $(date +%s) - offset))
    [ ${late#-} -le 5 ]
  done
  stat_is .requests 2
}

@test "handlers fail by name and by rate; the service fails, too" {
  start_sim --invoke-api --cold 0 --function-error bad
  invoke bad -H 'X-Amz-Log-Type: Tail'
  is "200 Unhandled" echo "$code $(header X-Amz-Function-Error)"
  is '["errorMessage","errorType"]' jq -c keys body
  invoke good
  is "200 " echo "$code $(header X-Amz-Function-Error)"
  plain "/_sim/set?function-error=1" -X POST >/dev/null
  invoke good
  is "200 Unhandled" echo "$code $(header X-Amz-Function-Error)"
  is 502 plain /f -o /dev/null -w '%{http_code}'
  plain "/_sim/set?function-error=0&fail-rate=1" -X POST >/dev/null
  invoke good
  refused 500 ServiceException .Type Service
  stat_is .failed 4
}

@test "a deploy: its alias leads to the new version, and the old instances take no more" {
  start_sim --invoke-api --cold 0 --alias live=3
  invoke billing:live
  invoke billing
  invoke other:live
  plain /f >/dev/null
  plain "/_sim/deploy?function=billing&version=4" -X POST | jq -e .deployed
  plain "/_sim/deploy?function=/f" -X POST | jq -e .deployed
  invoke billing:live
  is "4 true" echo "$(header X-Amz-Executed-Version) $(jq .cold body)"
  invoke billing
  is "true" jq .cold body
  invoke other:live
  is "3 false" echo "$(header X-Amz-Executed-Version) $(jq .cold body)"
  is true jq .cold <(plain /f)
  plain "/_sim/deploy?function=billing&version=5&alias=blue" -X POST >/dev/null
  invoke billing:live
  is 4 header X-Amz-Executed-Version
  invoke billing:blue
  is 5 header X-Amz-Executed-Version
}

@test "lambda-warmer's handler: holds unless it is the first, and logs its line" {
  start_sim --invoke-api --cold 0 --idle-ttl 60
  ping='{"warmer":true,"concurrency":1,"__WARMER_INVOCATION__":2,"__WARMER_CONCURRENCY__":9,"__WARMER_CORRELATIONID__":"round"}'
  for protocol in auto lambda-warmer; do
    invoke billing:live -d "$ping" -H 'X-Amz-Log-Type: Tail'
    is '"warmed"' cat body
    id=$(header X-Amzn-RequestId)
    grep -qP "\t$id\tINFO\t\{$" log
    grep -q "^  id: 'i-[0-9a-f]*',$" log
    grep -q "^  warm: $([ $protocol = auto ] && echo false || echo true),$" log
    grep -q "^  correlationId: 'round',$" log
    grep -q "^  function: 'billing:1',$" log
    is 1 grep -cP '\tDuration: 7[5-9]\.\d\d ms\t' log
  done
  invoke billing:live -d "${ping/:2/:1}" -H 'X-Amz-Log-Type: Tail'
  is 1 grep -cP '\tDuration: 0\.\d\d ms\t' log
}

# answers_to PROTOCOL EVENT EXPRESSION VALUE HOLD: the duration is HOLD ms in the log, whole.
answers_to() {
  start_sim --invoke-api --cold 0 --handler-protocol "$1"
  invoke "f" -d "$2" -H 'X-Amz-Log-Type: Tail'
  is "$4" jq -cr "$3" body
  is "$5" sed -nE 's/.*\tDuration: ([0-9]+)\.[0-9]+ ms.*/\1/p' log
  stop_all
}

@test "each protocol's ping is answered as its handlers do, and is a user's request to others" {
  opennext='{"type":"warmer","warmerId":"r","index":0,"concurrency":2,"delay":30}'
  for protocol in auto opennext; do answers_to $protocol "$opennext" '[.type, (.serverId | length > 5)]' '["warmer",true]' 30; done
  header='{"headers":{"X-Lambda-Warm":"r/1/2","x-lambda-warm-hold":"20"}}'
  for protocol in auto header; do answers_to $protocol "$header" '[.statusCode, .headers["X-Lambda-Cold"]]' '[204,"1"]' 20; done
  for protocol in auto bref; do answers_to $protocol '{"warmer":true}' .[0] 'Lambda is warm' 10; done
  for protocol in auto serverless-plugin-warmup; do answers_to $protocol '{"source":"serverless-plugin-warmup"}' . 'Lambda is warm!' 0; done
  for other in "bref $opennext" "opennext $header" "none {\"warmer\":true}" "header {\"source\":\"serverless-plugin-warmup\"}" 'auto {"warmer":false}' 'auto "text"'; do
    answers_to "${other%% *}" "${other#* }" 'has("instance")' true 0
  done
}

@test "serverless-plugin-warmup is known by its client context, too; and all of it behind a front" {
  start_sim --invoke-api --cold 0
  invoke f -d '{}' -H "X-Amz-Client-Context: $(printf '{"custom":{"source":"serverless-plugin-warmup"}}' | base64 -w0)"
  is '"Lambda is warm!"' cat body
  is 'Lambda is warm!' plain /f -d '{"source":"serverless-plugin-warmup"}'
  plain /f -d '{"type":"warmer","delay":0}' -D head | jq -e '.type == "warmer" and (.serverId | length > 5)'
  grep -qi '^x-lambda-instance: i-' head
  plain /f -d '{"a":1}' | jq -e '.path == "/f"'
}

@test "a restore instead of a start, and a log of JSON" {
  start_sim --invoke-api --cold 40 --snapstart
  invoke f -H 'X-Amz-Log-Type: Tail'
  grep -qP '\tRestore Duration: 40.00 ms\tBilled Restore Duration: 40 ms\t$' log
  run ! grep -q Init log
  stop_all
  start_sim --invoke-api --cold 40 --log-format json
  invoke f -H 'X-Amz-Log-Type: Tail'
  is '["platform.start","platform.report"]' jq -cs 'map(.type)' log
  is 40 jq -s '.[1].record.metrics.initDurationMs' log
}

@test "a cache answers what was answered before, and says so" {
  start_sim --cold 0 --cache
  instance=$(plain /f -D head | jq -r .instance)
  sed -i 's/\r$//' head
  is "Miss from simulated cache" header X-Cache
  is "$instance" jq -r .instance <(plain /f -D head)
  sed -i 's/\r$//' head
  is "Hit from simulated cache 0" echo "$(header X-Cache) $(header Age)"
  plain "/f?status=404" >/dev/null
  plain "/f?status=404" >/dev/null
  plain /f -X POST -d x >/dev/null
  stat_is .requests 4
}

# A function's process: says its own number, and follows its orders.
function_process() {
  cat >function.py <<'PY'
import json, os, sys, time
for line in sys.stdin:
    request = json.loads(line)
    event = request["event"]
    if event.get("exit"):
        sys.exit(event["exit"])
    time.sleep(event.get("sleep", 0))
    if event.get("fail"):
        answer = {"error": {"errorType": "TypeError", "errorMessage": event["fail"]}}
    else:
        answer = {"result": {"pid": os.getpid(), "context": request["context"], "event": event}}
    answer["log"] = "said by %d\n" % os.getpid()
    if event.get("noise"):
        print("not for you")
    print(json.dumps(answer), flush=True)
PY
  start_sim --invoke-api --cold 0 --exec "exec python3 $PWD/function.py" "$@"
}
pid_of() { jq .pid body; }
# The process has ended, or is a zombie that its new parent hasn't reaped yet.
ended() { gone "$1"; }

@test "a process is an instance: one request at a time, and the same again" {
  function_process --alias live=3
  invoke f:live -d '{"a":"ü","noise":true}' -H 'X-Amz-Log-Type: Tail' -H "X-Amz-Client-Context: $(printf '{"custom":{"x":1}}' | base64 -w0)"
  first=$(pid_of)
  is '["f","3","arn:aws:lambda:eu-west-1:123456789012:function:f:live",1,"ü"]' jq -c \
    '[.context.functionName, .context.functionVersion, .context.invokedFunctionArn, .context.clientContext.custom.x, .event.a]' body
  is "$(header X-Amzn-RequestId)" jq -r .context.awsRequestId body
  is "said by $first" sed -n 2p log
  grep -q 'Init Duration' log
  invoke f:live -H 'X-Amz-Log-Type: Tail'
  is "$first" pid_of
  run ! grep -q Init log
  for i in 1 2 3; do curl -sS "http://127.0.0.1:$PLAIN/2015-03-31/functions/f:live/invocations" -d '{"sleep":1}' >"$i" & curls="${curls:-} $!"; done
  # shellcheck disable=SC2086
  wait $curls
  is 3 jq -s 'map(.pid) | unique | length' 1 2 3
  is true jq -s "any(.[]; .pid == $first)" 1 2 3
  stat_is '.functions["f:3"] | "\(.instances_born) \(.peak_concurrency) \(.failed)"' "3 3 0"
}

@test "processes that fail, exit or can't be run: the error is the function's, and the next call has another one" {
  function_process
  invoke f -d '{"fail":"as asked"}'
  is "200 Unhandled" echo "$code $(header X-Amz-Function-Error)"
  is '{"errorType":"TypeError","errorMessage":"as asked"}' jq -c . body
  invoke f
  first=$(pid_of)
  invoke f -d '{"exit":7}' -H 'X-Amz-Log-Type: Tail'
  is "Runtime.ExitError" jq -r .errorType body
  grep -q 'Runtime exited with error: exit status 7' log
  invoke f
  [ "$(pid_of)" != "$first" ]
  stat_is '"\(.instances_born) \(.failed)"' "2 2"
  stop_all
  start_sim --invoke-api --cold 0 --exec /nonexistent/program
  invoke f
  is "Runtime.ExitError" jq -r .errorType body
}

@test "processes end with their instances, and with the simulator" {
  function_process
  invoke f
  first=$(pid_of)
  plain "/_sim/deploy?function=f" -X POST >/dev/null
  invoke f
  wait_for 10 ended "$first"
  second=$(pid_of)
  plain /_sim/reset -X POST >/dev/null
  wait_for 10 ended "$second"
  invoke f
  third=$(pid_of)
  curl -sS "http://127.0.0.1:$PLAIN/2015-03-31/functions/f/invocations" -d '{"sleep":30}' >busy 3>&- &
  wait_for 10 stat_is .requests 2
  plain /_sim/reset -X POST >/dev/null # with a request on its way
  wait_for 10 ended "$third"
  wait_for 10 grep -q Runtime.ExitError busy
  invoke f
  fourth=$(pid_of)
  stop_all
  wait_for 10 ended "$fourth"
}

@test "behind a front a process gets the request as an event, and its result is the answer" {
  cat >function.py <<'PY'
import json, sys
for line in sys.stdin:
    event = json.loads(line)["event"]
    if event["rawPath"] == "/plain":
        result = {"just": "this"}
    else:
        result = {"statusCode": 201, "headers": {"X-Own": event["headers"]["x-one"], "X-Bad": "a\r\nb"}, "isBase64Encoded": True,
                  "body": "4pyT"} if event["rawPath"] == "/b64" else {"statusCode": 200, "body": json.dumps(event)}
    print(json.dumps({"result": result}), flush=True)
PY
  start_sim --cold 0 --exec "python3 $PWD/function.py"
  plain "/a?b=1&c" -X PUT -H 'X-One: 1' -H 'x-one: 2' -d 'ü' >body
  is '["2.0","/a","b=1&c","1,2","PUT","ü",false]' jq -c \
    '[.version, .rawPath, .rawQueryString, .headers["x-one"], .requestContext.http.method, .body, .isBase64Encoded]' body
  is '{"just":"this"}' plain /plain
  is "✓" plain /b64 -H 'X-One: yes' -D head
  sed -i 's/\r$//' head
  is "HTTP/1.1 201 Created" head -n 1 head
  is "yes " echo "$(header X-Own) $(header X-Bad)"
  plain /a -d "$(printf '\xff')" | jq -e '.isBase64Encoded and .body == "/w=="'
}

@test "an event larger than pipes hold goes in and comes out" {
  function_process
  head -c 3000000 /dev/zero | tr '\0' x | jq -Rs '{a: .}' >large
  invoke f --data-binary @large
  is 3000000 jq -r '.event.a | length' body
}

@test "instance metadata: version 2 only, a role, credentials that last, and a region" {
  start_sim --imds --credentials-lifetime 600 --region eu-north-1
  meta() { plain "/latest/meta-data/$1" -w '\n%{http_code}' "${@:2}"; }
  is 401 tail -n 1 <(meta iam/security-credentials/)
  is 401 tail -n 1 <(meta iam/security-credentials/ -H 'X-aws-ec2-metadata-token: simulated-session-1')
  for ttl in 0 21601 x; do is 400 plain /latest/api/token -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: $ttl" -o /dev/null -w '%{http_code}'; done
  is 400 plain /latest/api/token -X PUT -o /dev/null -w '%{http_code}'
  token=$(plain /latest/api/token -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60')
  is "simulated-role" head -n 1 <(meta iam/security-credentials/ -H "X-aws-ec2-metadata-token: $token")
  is "eu-north-1" head -n 1 <(meta placement/region -H "X-aws-ec2-metadata-token: $token")
  meta iam/security-credentials/simulated-role -H "X-aws-ec2-metadata-token: $token" | head -n 1 >document
  jq -e '.Code == "Success" and (.AccessKeyId | startswith("ASIA")) and (.SecretAccessKey | length > 10) and (.Token | length > 10)' document
  left=$(($(date -d "$(jq -r .Expiration document)" +%s) - $(date +%s)))
  [ "$left" -gt 500 ] && [ "$left" -le 600 ]
  is 404 tail -n 1 <(meta iam/security-credentials/other -H "X-aws-ec2-metadata-token: $token")
  is "$(jq -r .Token document)" jq -r .Token <(plain /container-credentials)
  plain "/_sim/set?clock-offset=400" -X POST >/dev/null # more than half of it
  [ "$(plain /container-credentials | jq -r .Token)" != "$(jq -r .Token document)" ]
  stat_is .requests 0
}

@test "a container's credentials want their token where one is set" {
  start_sim --imds --container-token 'Bearer abc'
  is 401 plain /container-credentials -o /dev/null -w '%{http_code}'
  is 401 plain /container-credentials -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer abd'
  plain /container-credentials -H 'Authorization: Bearer abc' | jq -e '.RoleArn and .Expiration'
}

@test "options of all this: what is known is in --help, a mistake ends with 64" {
  "$SIM" --help >help
  for option in invoke-api function alias exec handler-protocol function-error account-limit idle-ttl-max cache snapstart log-format require-signature \
    deny expired-token clock-offset region imds container-token credentials-lifetime record; do
    grep -q -- "--$option\b" help || { echo "--$option is not documented" >&2; return 1; }
  done
  for mistake in "--alias live" "--alias =3" "--alias live=" "--handler-protocol x" "--log-format xml" "--container-token t" "--account-limit 0"; do
    # shellcheck disable=SC2086
    run -64 "$SIM" $mistake
    [ -n "$output" ]
  done
}

@test "a function's configuration can be asked for: its members, and who may" {
  start_sim --invoke-api --require-signature --function billing --hide secret --configuration '{"DurableConfig":{"RetentionPeriodInDays":3}}'
  describe() { code=$(curl -sS -o body -w '%{http_code}' -H "$signed" "http://127.0.0.1:$PLAIN/2015-03-31/functions/$1/configuration"); }
  signed="Authorization: Bearer x"
  describe billing
  is 403 echo "$code"
  stop_all
  start_sim --invoke-api --function billing --function secret --hide secret --configuration '{"DurableConfig":{"RetentionPeriodInDays":3}}'
  describe billing
  is "200 billing 128 3 \$LATEST" echo "$code $(jq -r '"\(.FunctionName) \(.MemorySize) \(.DurableConfig.RetentionPeriodInDays) \(.Version)"' body)"
  describe other
  is 404 echo "$code"
  describe secret
  is "403 true" echo "$code $(jq '.Message | test("lambda:GetFunctionConfiguration")' body)"
  stat_is .requests 0
  run -64 "$SIM" --configuration '[]'
}
