#!/usr/bin/env bats
# What the daemon really sends, byte for byte as the simulator has recorded it, is signed as implementations that are not
# ours sign it: botocore, which is AWS's own, and npm's aws4.
bats_require_minimum_version 1.5.0
load common

setup_file() {
  make_certs
  # Once for all tests; what can't be had is skipped with its reason.
  sh "$TESTS/handlers/install-npm.sh" aws4 "$BATS_FILE_TMPDIR/aws4" >"$BATS_FILE_TMPDIR/no-aws4" 2>&1 &&
    rm "$BATS_FILE_TMPDIR/no-aws4" || true
}
setup() {
  cd "$BATS_TEST_TMPDIR" || return
  mkdir credentials
  head -c 65536 /dev/zero | tr '\0' x >credentials/pad
  export CREDENTIALS_DIRECTORY=$PWD/credentials
  export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY AWS_EC2_METADATA_DISABLED=true
  export SECRET_AKIAEXAMPLE=$AWS_SECRET_ACCESS_KEY
}
teardown() { stop_all; }

# need_VERIFIER: it is there, or the test is skipped. by_VERIFIER RECORD: how many signatures are right; fails if any isn't.
need_botocore() {
  for PYTHON in python3 /usr/bin/python3; do
    ! "$PYTHON" -c 'import botocore' 2>/dev/null || return 0
  done
  skip "no python here has botocore"
}
by_botocore() { "$PYTHON" -B "$TESTS/handlers/verify_botocore.py" "$@"; }
need_aws4() { [ ! -e "$BATS_FILE_TMPDIR/no-aws4" ] || skip "$(cat "$BATS_FILE_TMPDIR/no-aws4")"; }
by_aws4() { NODE_PATH=$BATS_FILE_TMPDIR/aws4/node_modules node "$TESTS/handlers/verify_aws4.js" "$@"; }

# A hundred hostile requests over HTTP of this version: recorded in `record`.
send_hundred() {
  AWS_SESSION_TOKEN=$(head -c 1536 /dev/zero | base64 -w0 | tr A +)/=
  export AWS_SESSION_TOKEN
  [ ${#AWS_SESSION_TOKEN} -ge 2048 ]
  start_sim --invoke-api --cold 0 --require-signature --record "$PWD/record"
  CONF=$PWD/hostile.conf
  python3 -B "$TESTS/handlers/hostile.py" "$TLS" "$CERTS/ca.pem" "$1" >"$CONF"
  once
  jq -r '.rounds[] | select(.ok != 1) | {endpoint, errors, requests}' <<<"$json" >&2
  [ "$status" -eq 0 ]
  expect_field '[.rounds[].ok] | add' 100
  [ "$(jq -r .http record | sort -u)" = "$1" ]
  # They are what they are to be: all that makes signing hard is among them.
  jq -es 'map(.target) as $targets | length == 100
    and ($targets | any(test(":live/|%3Alive/"))) and ($targets | any(test("%24LATEST|[$]LATEST")))
    and ($targets | any(contains("%20"))) and ($targets | any(test("[?&][a-z]+(&|$)"))) and ($targets | any(contains("b=2&a=1")))
    and any(.[]; (.headers | map(select(.[0] | ascii_downcase == "x-two")) | length == 3))
    and any(.[]; .headers | any((.[0] | ascii_downcase == "x-empty") and .[1] == ""))
    and any(.[]; .body_base64 | length >= 1398100)
    and all(.[]; .headers | any((.[0] | ascii_downcase == "x-amz-security-token") and (.[1] | length >= 2048)))' record
}

@test "botocore signs a hundred hostile requests as they were sent, HTTP/1.1" {
  need_botocore
  send_hundred 1.1
  [ "$(by_botocore record)" -eq 100 ]
}
@test "botocore signs a hundred hostile requests as they were sent, HTTP/2" {
  need_botocore
  send_hundred 2
  [ "$(by_botocore record)" -eq 100 ]
}
@test "aws4 signs a hundred hostile requests as they were sent, HTTP/1.1" {
  need_aws4
  send_hundred 1.1
  [ "$(by_aws4 record)" -eq 100 ]
}
@test "aws4 signs a hundred hostile requests as they were sent, HTTP/2" {
  need_aws4
  send_hundred 2
  [ "$(by_aws4 record)" -eq 100 ]
}

@test "a volley's requests differ, and so do their signatures: each is right, over both engines" {
  need_botocore
  start_sim --cold 0 --require-signature --record "$PWD/record"
  for version in 1.1 2; do
    config "endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/\${round}/\${index}?n=\${count}\"; auth = \"sigv4\"; service = \"execute-api\";
      region = \"eu-west-1\"; warm = 200; attempts = 1; http_version = \"$version\"; ca_file = \"$CERTS/ca.pem\"; headers = ( \"X-Index: \${index}\" ); } );"
    once
    [ "$status" -eq 0 ]
  done
  [ "$(by_botocore record)" -eq 400 ]
  [ "$(jq -r '.headers[] | select(.[0] | ascii_downcase == "authorization") | .[1]' record | sort -u | wc -l)" -eq 400 ]
}

# tampered COMMAND FILTER: a request that curl has signed, which passes, and doesn't any more when this was done to its
# record.
tampered() {
  jq -c "$2" record >tampered
  run -1 cmp -s record tampered
  run -1 "$1" tampered
}

# catches VERIFIER: curl's signature passes, and nothing that was changed since.
catches() {
  start_sim --record "$PWD/record"
  curl -sS --aws-sigv4 aws:amz:eu-west-1:lambda --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H 'Content-Type: application/json' \
    -d '{"a":1}' "http://127.0.0.1:$PLAIN/a/b?c=d" >/dev/null
  [ "$("$1" record)" -eq 1 ]
  tampered "$1" '.method = "PUT"'
  tampered "$1" '.target |= sub("c=d"; "c=e")'
  tampered "$1" '.target |= sub("/a/b"; "/a/c")'
  tampered "$1" '.body_base64 = "eyJhIjoyfQ=="'
  tampered "$1" '.headers |= map(if .[0] == "Content-Type" then [.[0], "text/plain"] else . end)'
  tampered "$1" '.headers |= map(select(.[0] != "Authorization"))'
  tampered "$1" '.headers |= map(if .[0] == "Authorization" then [.[0], (.[1] | sub("eu-west-1"; "eu-west-2"))] else . end)'
}
@test "the verifier by botocore accepts curl's signature, and nothing that was changed since" {
  need_botocore
  catches by_botocore
  # Nor a header that has a say and isn't signed.
  tampered by_botocore '.headers += [["X-Amz-Invocation-Type", "Event"]]'
}
@test "the verifier by aws4 accepts curl's signature, and nothing that was changed since" {
  need_aws4
  catches by_aws4
}
