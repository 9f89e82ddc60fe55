#!/usr/bin/env bats
# The line that once, probe and check --online show meanwhile, on a terminal and nowhere else.
load common

bats_require_minimum_version 1.5.0

setup_file() { make_certs; }
setup() { cd "$BATS_TEST_TMPDIR" || return; }
teardown() { stop_all; }

# on_terminal OPTIONS...: of screen.py; sets $seen. saw TEXT: some line was that.
on_terminal() { seen=$(python3 -B "$BATS_TEST_DIRNAME/screen.py" "$@"); }
saw() { jq -e --arg text "$1" 'any(.lines[]; .[1] == $text)' <<<"$seen" >/dev/null || { echo "$seen" && return 1; }; }
screen() { jq -r '.screen[]' <<<"$seen"; }
expect_status() { jq -e ".status == $1" <<<"$seen" >/dev/null || { echo "$seen" && return 1; }; }

# Two of three answers come when their hold is over, and the last 1.2 s later. Over HTTP/1.1 and HTTP/2.
answers_slowly() {
  start_sim --cold 1200
  url=https://localhost:$TLS/f
  "$WARMD" probe "$url" -n 2 --hold 1s --cacert "$CERTS/ca.pem" >/dev/null
}

@test "probe: released, then how many are answered; then the line is gone, and the result is there; both engines" {
  for http in 1.1 2; do
    answers_slowly
    on_terminal "$WARMD" probe "$url" -n 3 --hold 600ms --http $http --cacert "$CERTS/ca.pem"
    expect_status 0
    saw 'probe: released 3/3'
    saw 'probe: answered 2/3'
    [[ "$(screen | head -n 1)" == "$url: 3 requests at once over HTTP/$http"* ]]
    [ "$(screen | grep -c 'probe: ')" -eq 0 ]
    stop_all
  done
}

@test "once: how many are armed while some connections stall, and 40 columns are enough" {
  start_fault tls-stall --every 4 --tls "$CERTS/server.pem" "$CERTS/server.key"
  config "endpoints = ( { name = \"orders-of-the-whole-company\"; url = \"https://localhost:$PORT/\"; warm = 8; http_version = \"1.1\";
    ca_file = \"$CERTS/ca.pem\"; connect_timeout = \"2s\"; attempts = 1; } );"
  on_terminal --columns 80 "$WARMD" -c "$CONF" once
  expect_status 1
  saw 'orders-of-the-whole-company: armed 6/8'
  screen | grep -q '^orders-of-the-whole-company$' # the table, with the name on a line of its own
  on_terminal --columns 30 "$WARMD" -c "$CONF" once
  saw 'orders-of-the-w...: armed 6/8'
  jq -e '.widest == 29' <<<"$seen"
}

@test "once over HTTP/2: streams are armed when a connection carries them" {
  start_sim --h2-streams 1
  config "endpoints = ( { name = \"orders\"; url = \"https://localhost:$TLS/f\"; warm = 300; ca_file = \"$CERTS/ca.pem\"; } );"
  on_terminal "$WARMD" -c "$CONF" once
  expect_status 0
  jq -e '[.lines[] | .[1] | capture("^orders: armed (?<n>[0-9]+)/300$") | .n | tonumber] | . == sort and all(.[]; . <= 300)' <<<"$seen"
}

@test "once: several endpoints share the line; ten times a second at most; one alone tells its attempt" {
  start_sim --cold 1200
  config "defaults = { ca_file = \"$CERTS/ca.pem\"; attempts = 2; };
    endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/a\"; warm = 5; }, { name = \"b\"; url = \"http://127.0.0.1:$PLAIN/b\"; warm = 7; },
      { name = \"c\"; url = \"http://127.0.0.1:1/\"; warm = 2; connect_timeout = \"1s\"; } );"
  on_terminal "$WARMD" -c "$CONF" once
  expect_status 1
  saw '3 endpoints, 1 done: released 12/12'
  jq -e '.lines | length <= 2 + 10 * .[-1][0]' <<<"$seen"
  [ "$(screen | wc -l)" -ge 4 ]

  # Requests reach their instances one after the other, so a longer hold is worth another attempt.
  python3 -B "$TESTS/faults/slowd.py" --step 60 >port 3>&- &
  started $!
  wait_for 10 test -s port
  config "endpoints = ( { name = \"a\"; url = \"http://127.0.0.1:$(cat port)/\"; warm = 8; attempts = 2; } );"
  on_terminal "$WARMD" -c "$CONF" once
  jq -e 'any(.lines[]; .[1] | startswith("a, attempt 2: ")) and all(.lines[]; .[1] | startswith("a"))' <<<"$seen" || { echo "$seen" && return 1; }
}

@test "what is over soon shows nothing, and neither does what has no terminal for its results or its messages" {
  start_sim --cold 0
  for _ in {1..10}; do # unless the machine is busy with something else
    on_terminal "$WARMD" probe "http://127.0.0.1:$PLAIN/f" -n 1 --hold 0
    [ "$(jq '.lines == []' <<<"$seen")" = false ] || break
  done
  jq -e '.lines == []' <<<"$seen"
  stop_all
  answers_slowly
  set -- "$WARMD" probe "$url" -n 3 --hold 600ms --cacert "$CERTS/ca.pem"
  on_terminal --stdout out "$@"
  jq -e '.screen == [] and .lines == []' <<<"$seen"
  grep -q '3 requests at once' out
  answers_slowly
  on_terminal --stderr err "$@"
  jq -e '.lines == []' <<<"$seen"
  [ ! -s err ]
  answers_slowly
  TERM=dumb "$@" >out 2>err
  [ ! -s err ]
  run ! grep -q $'[\r\033]' out
}

@test "with --json, on a terminal: the line is gone before the object is printed" {
  answers_slowly
  on_terminal "$WARMD" probe "$url" -n 3 --hold 600ms --cacert "$CERTS/ca.pem" --json
  saw 'probe: answered 2/3'
  screen | jq -e '.rounds[0].ok == 3'
}

@test "Ctrl-C takes the line away, and ends the program as ever" {
  start_sim --cold 20000
  on_terminal --interrupt 'probe: released 3/3' "$WARMD" probe "http://127.0.0.1:$PLAIN/f" -n 3
  expect_status -2
  jq -e '.screen == []' <<<"$seen"
}

@test "check --online: how many functions AWS was asked about, gone before each is reported" {
  python3 -c 'import re, socket, sys, threading, time
server = socket.create_server(("127.0.0.1", 0)); print(server.getsockname()[1], flush=True)
def serve(connection):
    request = connection.recv(65536)
    time.sleep(0.4)
    status = b"204 No Content" if b"DryRun" in request else b"403 Forbidden"
    connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    connection.close()
while True: threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()' >port 2>err 3>&- &
  started $!
  wait_for 10 test -s port
  config "defaults = { region = \"eu-west-1\"; endpoint_url = \"http://127.0.0.1:$(cat port)\"; };
    endpoints = ( { name = \"a\"; function = \"fa\"; }, { name = \"b\"; function = \"fb\"; }, { name = \"u\"; url = \"http://127.0.0.1:1/\"; } );"
  export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret
  on_terminal "$WARMD" -c "$CONF" check --online
  expect_status 0
  saw 'check --online: asked 0/2'
  saw 'check --online: asked 1/2'
  [ "$(screen | grep -c '^[ab]: function f[ab] may be invoked in eu-west-1$')" -eq 2 ]
  run ! grep -q asked <<<"$(screen)"
}
