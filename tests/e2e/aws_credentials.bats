#!/usr/bin/env bats
# Places for AWS credentials that misbehave: each is said clearly, nothing crashes, and nothing unsigned is ever sent.
bats_require_minimum_version 1.5.0
load common

setup_file() { make_certs; }
setup() {
  cd "$BATS_TEST_TMPDIR" || return
  local name
  for name in $(compgen -e AWS_); do unset "$name"; done
  unset CREDENTIALS_DIRECTORY
  mkdir home
  export HOME=$PWD/home AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1 # nobody there
}
teardown() {
  stop_all
  # Of all that the simulator got in this test.
  [ ! -s record ] || run ! unsigned
}

# Requests without a signature, in the simulator's record.
unsigned() { jq -e 'select(.headers | any((.[0] | ascii_downcase == "authorization") and (.[1] | startswith("AWS4-HMAC-SHA256 "))) | not)' record; }

# start_awsd: sets AWSD to its origin.
start_awsd() {
  mkfifo awsd.in
  python3 -B "$TESTS/faults/awsd.py" <awsd.in >awsd.out 2>awsd.err 3>&- &
  started $!
  exec 5>awsd.in # it ends when this does
  wait_for 10 test -s awsd.out
  AWSD=http://127.0.0.1:$(cat awsd.out)
}
asked() { curl -sS "$AWSD/_count/$1"; }

# aws_sim OPTIONS...: and a function of it.
aws_sim() {
  start_sim --invoke-api --cold 0 --handler 30 --require-signature --record "$PWD/record" "$@"
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"x\"; function = \"billing\"; endpoint_url = \"http://127.0.0.1:$PLAIN\"; region = \"eu-west-1\";
    warm = 2; interval = \"300ms\"; jitter = 0; } );"
}

# says PATTERN: `once` fails for want of credentials, not by a crash, and says this on one line.
says() {
  local code=0
  "$WARMD" -c "$CONF" once >out 2>err || code=$?
  [ "$code" -eq 1 ] || { echo "exit status $code" >&2; cat out err >&2; return 1; }
  grep -qE "x: .*$1" out err || { echo "nothing of '$1' in:" >&2; cat out err >&2; return 1; }
  run ! grep -qE "planted|$(printf '\033')" out err
  once
  [ "$status" -eq 1 ]
  expect_field '.rounds[0] | "\(.ok) \(.errors | tostring)"' '0 {"credentials":2}'
  [ ! -s record ]
}
works() {
  once
  [ "$status" -eq 0 ]
  expect_field '.rounds[0].ok' 2
}

@test "instance metadata: gone, slow, refusing, or with junk" {
  aws_sim
  says 'instance metadata: 127\.0\.0\.1:1: Connection refused'
  start_awsd
  for pair in "slow:instance metadata: .*no answer in time" "401:instance metadata.* HTTP 401" "forbidden:instance metadata.* HTTP 403" "v1:instance metadata.* HTTP 404" \
    "evil:instance metadata.* is not a token" "norole:no AWS credentials .*the instance has no IAM role" "badrole:instance metadata.* is not a role" \
    "junk:role warm-role: .* not a JSON object with AccessKeyId" \
    "untrusted:role warm-role: .*AssumeRoleUnauthorizedAccess: EC2 cannot assume the role"; do
    export AWS_EC2_METADATA_SERVICE_ENDPOINT=$AWSD/imds-${pair%%:*}
    says "${pair#*:}"
  done
}

@test "instance metadata: what comes right in the end is used" {
  aws_sim
  start_awsd
  for kind in ok unsteady restarted; do
    export AWS_EC2_METADATA_SERVICE_ENDPOINT=$AWSD/imds-$kind
    works
  done
  [ "$(jq -r '.headers[] | select(.[0] | ascii_downcase == "x-amz-security-token") | .[1]' record | sort -u)" = planted-token-1 ] ||
    [ "$(jq -r '.headers[] | select(.[0] | ascii_downcase == "x-amz-security-token") | .[1] | startswith("planted-token-")' record | sort -u)" = true ]
}

@test "instance metadata that has only expired credentials: they are used on, and that is said" {
  aws_sim
  start_awsd
  export AWS_EC2_METADATA_SERVICE_ENDPOINT=$AWSD/imds-expired
  works
  "$WARMD" -c "$CONF" once >out 2>err
  [ "$(grep -c "x: the instance's role warm-role: its credentials expired at 2001-09-09T01:46:40Z and stay in use" err)" -eq 1 ]
}

@test "an outage of the instance's metadata beyond the credentials' expiry: rounds go on, and it is said once" {
  aws_sim
  start_awsd
  export AWS_EC2_METADATA_SERVICE_ENDPOINT=$AWSD/imds-brief # two seconds, and then it is out
  start_daemon
  wait_for 20 logged 'x: the instance.s role warm-role: its credentials expired at .* and stay in use'
  local rounds
  rounds=$(grep -c 'x: 2/2 warm' "$LOG")
  wait_for 20 logged 'x: 2/2 warm' $((rounds + 3))
  [ "$(grep -c 'stay in use' "$LOG")" -eq 1 ]
  run ! grep -E 'x: [01]/2' "$LOG"
}

@test "instance metadata that is switched off is not asked" {
  aws_sim
  start_awsd
  export AWS_EC2_METADATA_SERVICE_ENDPOINT=$AWSD/imds-ok AWS_EC2_METADATA_DISABLED=true
  says 'no AWS credentials \(.*AWS_EC2_METADATA_DISABLED'
  [ "$(asked imds-ok-token)" -eq 0 ]
}

@test "a container's credentials: refusing, junk, expired, endless, elsewhere, silent" {
  aws_sim
  start_awsd
  for pair in "401:container credentials .* HTTP 401 .*AWS_CONTAINER_AUTHORIZATION_TOKEN" "junk:container credentials .* not a JSON object with AccessKeyId" \
    "expired:container credentials .* expired at 2001-09-09T01:46:40Z" "time:container credentials .* Expiration 'soon' is not a time" \
    "inject:container credentials .* session token has a character" "huge:container credentials.* larger than" \
    "redirect:container credentials .* HTTP 302" "silent:container credentials.* no answer in time"; do
    export AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWSD/c-${pair%%:*}
    says "${pair#*:}"
  done
  export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/c
  says 'container credentials.*Connection refused'
  export AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWSD/c-ok
  works
}

@test "the simulator's own instance and container give credentials that it takes" {
  aws_sim --imds --container-token "Bearer planted-container"
  export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:$PLAIN
  works
  export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:$PLAIN/container-credentials AWS_CONTAINER_AUTHORIZATION_TOKEN="Bearer planted-container"
  works
  rm record
  : >record
  export AWS_CONTAINER_AUTHORIZATION_TOKEN="Bearer planted-other"
  says 'container credentials .* HTTP 401'
}

@test "credentials that expire while it runs are replaced ahead of that: no round is without, none is refused" {
  aws_sim --imds --credentials-lifetime 4
  export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:$PLAIN
  start_daemon
  tokens() { jq -r '.headers[] | select(.[0] | ascii_downcase == "x-amz-security-token") | .[1]' record | sort -u | wc -l; }
  three() { [ "$(tokens)" -ge 3 ]; }
  wait_for 30 three
  run ! grep -E 'x: [01]/2|expired-token' "$LOG"
}

@test "a token that AWS calls expired forces one refresh and one more try" {
  start_awsd
  aws_sim --expired-token planted-token-1
  export AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWSD/c-ok
  works
  [ "$(asked c-ok)" -eq 2 ]
  [ "$(jq -r '.headers[] | select(.[0] | ascii_downcase == "x-amz-security-token") | .[1]' record | sort | uniq -c | xargs)" = "2 planted-token-1 2 planted-token-2" ]
}
@test "a token that stays expired is refreshed once, and then said to be" {
  aws_sim --expired-token planted-token
  export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=planted-secret AWS_SESSION_TOKEN=planted-token
  once
  expect_field '.rounds[0].errors | tostring' '{"expired-token":2}'
}

write_file() {
  mkdir -p home/.aws
  printf '%b' "$1" >home/.aws/credentials
}

@test "a credentials file with junk in it: which line, and why" {
  aws_sim
  write_file '\001\000planted['
  says 'credentials:1: a NUL byte'
  write_file '[default\naws_access_key_id = planted\n'
  says 'credentials:1: '
  write_file '[default]\nplanted\n'
  says 'credentials:2: '
  write_file '[default]\naws_access_key_id = AKIA\n'
  says "credentials:2: profile 'default' has aws_access_key_id, but no aws_secret_access_key"
  write_file '[other]\naws_access_key_id = AKIA\naws_secret_access_key = planted\n'
  says "no profile 'default' in .*home/\.aws/credentials"
  write_file '[default]\naws_access_key_id = AKIA\naws_secret_access_key = pla\001nted\n'
  says "profile 'default' of .*credentials:2: its SecretAccessKey has a character"
  head -c 100000 /dev/urandom >home/.aws/credentials
  says 'credentials:'
}

@test "a credentials file that may not be read: whose it is not, and what to do" {
  aws_sim
  write_file '[default]\naws_access_key_id = AKIA\naws_secret_access_key = planted\n'
  local as=()
  if [ "$(id -u)" -eq 0 ]; then
    as=(setpriv --reuid 65534 --regid 65534 --clear-groups --)
    chmod 711 home home/.aws
    chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"/* 2>/dev/null || true
  fi
  chmod 0 home/.aws/credentials
  cp "$WARMD" warmd # the build tree may be root's only
  chmod 755 warmd
  chmod 644 "$CONF"
  run -1 "${as[@]}" ./warmd -c "$CONF" once
  grep -qE 'x: .*home/\.aws/credentials: Permission denied.*LoadCredential=aws:' <<<"$output"
  [ ! -s record ]
}

@test "a credentials file that is replaced while it runs is read again, without a reload; a bad one is said" {
  aws_sim
  keys() { jq -r '.headers[] | select(.[0] | ascii_downcase == "authorization") | .[1]' record | sed 's|.*Credential=\([^/]*\)/.*|\1|' | sort -u | xargs; }
  put() {
    printf '[default]\naws_access_key_id = %s\naws_secret_access_key = planted\n%s' "$1" "${2:-}" >new
    mkdir -p home/.aws
    mv new home/.aws/credentials
  }
  put AKIAONE
  start_daemon
  wait_for 10 logged 'x: 2/2 warm'
  put AKIATWO
  two() { [ "$(keys)" = "AKIAONE AKIATWO" ]; }
  wait_for 20 two
  put AKIATHREE 'junk'
  wait_for 20 logged 'credentials:4: '
  put AKIAFOUR
  four() { [ "$(keys)" = "AKIAFOUR AKIAONE AKIATWO" ]; }
  wait_for 20 four
  run ! grep -q planted "$LOG"
}

@test "a region that is none: said, and nothing is sent" {
  aws_sim
  sed -i 's/ region = "eu-west-1";//' "$CONF"
  export AWS_ACCESS_KEY_ID=AKIA AWS_SECRET_ACCESS_KEY=planted
  for AWS_REGION in 'eu west/1' $'eu-west-1\r\nX-Evil: 1' eu-west-1/lambda; do
    export AWS_REGION
    says 'is not a region such as eu-west-1'
  done
  export AWS_REGION=eu-west-1
  works
}

@test "where no endpoint_url is configured, the environment's or the profile's is asked" {
  aws_sim
  sed -i 's/ endpoint_url = "[^"]*";//' "$CONF"
  export AWS_ACCESS_KEY_ID=AKIA AWS_SECRET_ACCESS_KEY=planted
  AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:$PLAIN works
  AWS_ENDPOINT_URL=http://127.0.0.1:$PLAIN works
  mkdir home/.aws
  printf '[default]\nservices = here\n[services here]\nlambda =\n  endpoint_url = http://127.0.0.1:%s\n' "$PLAIN" >home/.aws/config
  works
  "$WARMD" -c "$CONF" check --online | grep -q 'x: function billing may be invoked in eu-west-1'
  sed -i 's/= here/= elsewhere/' home/.aws/config
  run -1 "$WARMD" -c "$CONF" once
  [[ "$output" == *"there is no section [services elsewhere]"* ]]
}

@test "without any credentials: every place that was asked, and never an unsigned request from a daemon either" {
  aws_sim
  start_daemon
  wait_for 20 logged 'no AWS credentials \(no AWS_ACCESS_KEY_ID; .*home/\.aws/credentials.*instance metadata: '
  kill -TERM "$DAEMON"
  wait "$DAEMON"
  [ ! -s record ]
}
