#!/usr/bin/env bats
# HTTP/2: one byte releases all requests of a connection.
load common

setup_file() { make_certs; }
teardown() { stop_all; }

h2_config() { # WARM OPTIONS...
  local warm=$1
  shift
  config "endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f\"; warm = $warm; ca_file = \"$CERTS/ca.pem\"; attempts = 1; $* } );"
}

@test "50 requests are one connection, one instant, 50 instances, in each of 20 rounds" {
  start_sim --handler 2 --volley-gap 40 --no-hold
  h2_config 50
  local good=0
  for _ in $(seq 20); do
    once
    [ "$(field '.rounds[0]|"\(.distinct) \(.peak) \(.skew_us) \(.http_version)"')" = "50 50 0 2" ] &&
      [ "$(stats | jq -r '.volley|"\(.distinct) \(.peak) \(.skew_us)"')" = "50 50 0" ] && good=$((good + 1))
  done
  [ $good -eq 20 ]
}

@test "1000 requests are 8 connections, and 1000 instances at a hold of 5 ms" {
  local hold_ms=5
  [ -z "${WARMD_SAN:-}" ] || hold_ms=50 # two sanitizers share the processors
  start_sim --handler "$hold_ms" --no-hold
  h2_config 1000 'timeout = "20s";'
  once
  local before after
  for _ in 1 2 3 4 5; do # a busy machine may part the connections of a round, but not of each
    before=$(stats | jq .connections_total)
    once
    after=$(stats | jq .connections_total) # one of them is the question itself
    [ "$(field '.rounds[0].distinct')" -ne 1000 ] || break
  done
  expect_field '.rounds[0].distinct' 1000
  [ $((after - before - 1)) -le 9 ]
}

@test "a server that allows 10 streams gets as many connections as it takes" {
  start_sim --handler 300 --h2-streams 10
  h2_config 95
  once
  expect_field '.rounds[0]|"\(.distinct) \(.peak) \(.http_version)"' "95 95 2"
}

@test "a server that allows one stream gets a connection for each request, and hardly any for nothing" {
  start_sim --handler 2000 --h2-streams 1
  h2_config 800 'connect_timeout = "30s";'
  once
  expect_field '.rounds[0]|"\(.distinct) \(.peak) \(.http_version)"' "800 800 2"
  [ "$(stats | jq .connections_total)" -le 1000 ]
}

@test "a server that speaks HTTP/1.1 only is spoken to in HTTP/1.1, and that is remembered" {
  start_sim --handler 300 --no-h2
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f\"; warm = 20; ca_file = \"$CERTS/ca.pem\";
    attempts = 1; interval = \"300ms\"; jitter = 0; } );"
  once
  expect_field '.rounds[0]|"\(.distinct) \(.http_version)"' "20 1.1"
  before=$(stats | jq .connections_total)
  start_daemon
  wait_for 20 logged '20/20 warm \(20 distinct' 3
  kill -TERM "$DAEMON"
  wait "$DAEMON"
  rounds=$(grep -c '20/20 warm' "$LOG")
  after=$(stats | jq .connections_total)
  [ $((after - before)) -eq $((rounds * 20 + 1 + 1)) ] # one that asked for h2, and the question itself
}

@test "http_version = \"1.1\" is kept to, and \"2\" is a failure where it isn't spoken" {
  start_sim --handler 300
  h2_config 5 'http_version = "1.1";'
  once
  expect_field '.rounds[0]|"\(.distinct) \(.http_version)"' "5 1.1"
  stop_all
  start_sim --no-h2
  h2_config 5 'http_version = "2";'
  once
  [ "$status" -eq 1 ]
  expect_field '.rounds[0].errors | tostring' '{"protocol":5}'
}

@test "bodies go ahead but for their last bytes, beyond the flow-control windows" {
  start_sim --handler 300
  body=$(head -c 100000 /dev/zero | tr '\0' x)
  h2_config 40 "headers = (\"X-I: \${index}\"); body = \"$body\";"
  once
  [ "$status" -eq 0 ]
  expect_field '.rounds[0]|"\(.distinct) \(.peak) \(.http_version)"' "40 40 2"
  requests=$(curl -sS "http://127.0.0.1:$PLAIN/_sim/requests?last=40")
  [ "$(jq -r '[.[].body | length] | unique | join(" ")' <<<"$requests")" = 100000 ]
  [ "$(jq -r '[.[].headers["x-i"]] | unique | length' <<<"$requests")" -eq 40 ]
  [ "$(jq -r '[.[].connection] | unique | length' <<<"$requests")" -eq 1 ]
}

@test "headers too large for one record share fewer to a connection, and none is released early" {
  start_sim --handler 5 --no-hold
  h2_config 60 'headers = ('"$(for i in $(seq 10); do printf '"X-Large-%d: ${index} %s", ' "$i" "$(head -c 150 /dev/urandom | base64 -w0)"; done)"'"X-End: 1");'
  once
  expect_field '.rounds[0]|"\(.distinct) \(.http_version)"' "60 2"
  [ "$(stats | jq .connections_total)" -gt 3 ]
}

@test "REFUSED_STREAM, RST_STREAM and GOAWAY have their causes" {
  start_sim --handler 5
  for pair in "rst=7:refused-stream" "rst=8:reset" "goaway=0:refused-stream"; do
    config "endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f?${pair%:*}\"; warm = 6; ca_file = \"$CERTS/ca.pem\"; attempts = 1; } );"
    once
    [ "$status" -eq 1 ]
    expect_field '.rounds[0].failed' 6
    expect_field '.rounds[0].errors | keys | join(" ")' "${pair#*:}"
  done
}

@test "methods, placeholders, repeated and empty headers go as configured over HTTP/2 too" {
  start_sim
  h2_config 3 "method = \"PATCH\"; headers = (\"X-One: \${round}\", \"X-Empty:\", \"Host: other.example\"); body = \"{}\";"
  sed -i 's|/f\\"|/f/${index}?n=${count}\\"|' "$CONF"
  once
  [ "$status" -eq 0 ]
  requests=$(curl -sS "http://127.0.0.1:$PLAIN/_sim/requests?last=3")
  [ "$(jq -r '[.[].method] | unique | join(" ")' <<<"$requests")" = PATCH ]
  [ "$(jq -r '[.[].headers["x-one"]] | unique | join(" ")' <<<"$requests")" = "$(field '.rounds[0].round')" ]
  [ "$(jq -r '[.[].headers[":authority"]] | unique | join(" ")' <<<"$requests")" = other.example ]
  [ "$(jq -r '[.[].headers["content-type"]] | unique | join(" ")' <<<"$requests")" = application/json ]
  [ "$(jq -r '[.[].headers["x-lambda-warm-hold"]] | unique | join(" ")' <<<"$requests")" = 75 ]
}

@test "a URL without a path keeps its query, in both versions" {
  local version
  start_sim --handler 300
  for version in 1.1 2; do
    config "endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS?status=503\"; warm = 2; ca_file = \"$CERTS/ca.pem\"; attempts = 1;
      http_version = \"$version\"; } );"
    once
    expect_field '.rounds[0].errors | tostring' '{"http-503":2}'
  done
}

@test "a silent connection is not waited for: another one carries the volley" {
  start_sim --handler 300
  # Every other connection goes nowhere, the others to the simulator.
  python3 - "$TLS" >"$BATS_TEST_TMPDIR/port" 3>&- <<'PY' &
import socket, sys, threading
listener = socket.create_server(("127.0.0.1", 0))
listener.settimeout(60)
print(listener.getsockname()[1], flush=True)
def pump(a, b):
    try:
        while (data := a.recv(65536)):
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
kept = []
for number in range(100):
    client, _ = listener.accept()
    kept.append(client)
    if number % 2:
        server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()
PY
  started $!
  wait_for 10 test -s "$BATS_TEST_TMPDIR/port"
  config "endpoints = ( { name = \"a\"; url = \"https://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")/f\"; warm = 30; ca_file = \"$CERTS/ca.pem\"; attempts = 1; } );"
  once
  expect_field '.rounds[0]|"\(.distinct) \(.http_version)"' "30 2"
  # Nor where there is little time.
  sed -i 's/attempts = 1;/attempts = 1; connect_timeout = "900ms";/' "$CONF"
  once
  expect_field '.rounds[0]|"\(.distinct) \(.http_version)"' "30 2"
}

@test "the client certificate is shown over HTTP/2; a bad one has its cause" {
  start_sim
  h2_config 2 "client_cert = \"$CERTS/client.pem\"; client_key = \"$CERTS/server.key\";"
  once
  expect_field '.rounds[0].errors | tostring' '{"client-certificate":2}'
  h2_config 2 "client_cert = \"$CERTS/client.pem\"; client_key = \"$CERTS/client.key\";"
  once
  [ "$status" -eq 0 ]
}

@test "a client key that is encrypted by now is refused, and nobody is asked for its pass phrase" {
  local version
  start_sim
  for version in 1.1 2; do
    cp "$CERTS/client.key" "$BATS_TEST_TMPDIR/now.key"
    openssl pkey -in "$CERTS/client.key" -aes-256-cbc -passout pass:example -out "$BATS_TEST_TMPDIR/later.key"
    config "endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f\"; warm = 2; ca_file = \"$CERTS/ca.pem\"; ip_family = \"4\";
      client_cert = \"$CERTS/client.pem\"; client_key = \"$BATS_TEST_TMPDIR/now.key\"; http_version = \"$version\"; attempts = 1; } );"
    python3 "$TESTS/faults/terminal.py" "$BATS_TEST_TMPDIR/now.key" "$BATS_TEST_TMPDIR/later.key" client-certificate \
      "$WARMD" -c "$CONF" run
  done
}

@test "HTTP/2 certificates: unknown authority, expired, another host" {
  for server in other:certificate expired:certificate wrongname:certificate-name; do
    "$SIM" --port 0 --tls-cert "$CERTS/${server%:*}.pem" --tls-key "$CERTS/${server%:*}.key" --lifetime 60 >"$BATS_TEST_TMPDIR/${server%:*}.out" 3>&- &
    started $!
    wait_for 10 listening "$BATS_TEST_TMPDIR/${server%:*}.out" 1
    TLS=$(sed -n 's/.*:\([0-9]*\) (https).*/\1/p' "$BATS_TEST_TMPDIR/${server%:*}.out")
    h2_config 3 'http_version = "2";'
    once
    expect_field '.rounds[0].errors | tostring' "{\"${server#*:}\":3}"
  done
}

@test "a connection that is sent away before the release is replaced" {
  start_sim --handler 300 --goaway-first 2
  h2_config 30
  once
  expect_field '.rounds[0]|"\(.distinct) \(.http_version)"' "30 2"
}
