#!/usr/bin/env bats
# Each endpoint is verified against its own anchors only.
load common

setup_file() {
  make_certs
  PRELOAD=${WARMD_BUILD:-$BATS_TEST_DIRNAME/../../build}/tests/preload.so
  export PRELOAD
}
teardown() { stop_all; }

# Two servers whose certificates come from authorities that don't know each other.
two_servers() {
  start_sim --handler 300
  FIRST=$TLS
  "$SIM" --port 0 --tls-cert "$CERTS/other.pem" --tls-key "$CERTS/other.key" --handler 300 --lifetime 120 \
    >"$BATS_TEST_TMPDIR/second.out" 3>&- &
  started $!
  wait_for 10 listening "$BATS_TEST_TMPDIR/second.out" 1
  SECOND=$(sed -n 's/.*:\([0-9]*\) (https).*/\1/p' "$BATS_TEST_TMPDIR/second.out")
  config "daemon = { stagger = 0; log_requests = true; }; defaults = { warm = 10; attempts = 1; interval = \"400ms\"; jitter = 0; };
    endpoints = (
      { name = \"right1\"; url = \"https://localhost:$FIRST/a\"; ca_file = \"$CERTS/ca.pem\"; },
      { name = \"right2\"; url = \"https://localhost:$SECOND/a\"; ca_file = \"$CERTS/other-ca.pem\"; },
      { name = \"wrong1\"; url = \"https://localhost:$FIRST/b\"; ca_file = \"$CERTS/other-ca.pem\"; },
      { name = \"wrong2\"; url = \"https://localhost:$SECOND/b\"; ca_file = \"$CERTS/ca.pem\"; } );"
}

@test "two authorities, four endpoints in one process at once: only the right pairs are answered" {
  two_servers
  once
  expect_field '[.rounds[] | "\(.endpoint)=\(.ok)"] | join(" ")' "right1=10 right2=10 wrong1=0 wrong2=0"
  expect_field '[.rounds[2:][].errors | tostring] | unique | join(" ")' '{"certificate":10}'
}

@test "and across volleys of a daemon: nothing that one endpoint has learned lets another pass" {
  two_servers
  start_daemon
  wait_for 20 logged 'right1: 10/10' 4
  wait_for 20 logged 'right2: 10/10' 4
  wait_for 20 logged 'wrong1: 0/10 .*[0-9] certificate' 4
  wait_for 20 logged 'wrong2: 0/10 .*[0-9] certificate' 4
  ! grep -qE 'wrong.: [1-9]' "$LOG"
}

@test "the system's anchors don't vouch for a private authority, nor a private one for a host that it did not sign" {
  start_sim
  config "endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f\"; warm = 2; } );"
  once
  expect_field '.rounds[0].errors | tostring' '{"certificate":2}'
}

@test "a changed ca_file counts from the next round on" {
  start_sim
  cp "$CERTS/other-ca.pem" "$BATS_TEST_TMPDIR/anchors.pem"
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f\"; warm = 2; ca_file = \"$BATS_TEST_TMPDIR/anchors.pem\";
    interval = \"300ms\"; jitter = 0; } );"
  start_daemon
  wait_for 10 logged 'a: 0/2 .*2 certificate'
  cp "$CERTS/ca.pem" "$BATS_TEST_TMPDIR/new.pem"
  mv "$BATS_TEST_TMPDIR/new.pem" "$BATS_TEST_TMPDIR/anchors.pem"
  wait_for 10 logged 'a: 2/2 warm'
}

@test "a client certificate is shown to a server that wants one" {
  python3 - "$CERTS" >"$BATS_TEST_TMPDIR/port" 3>&- <<'PY' &
import socket, ssl, sys, threading
certs = sys.argv[1]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certs + "/server.pem", certs + "/server.key")
context.load_verify_locations(certs + "/ca.pem")
context.verify_mode = ssl.CERT_REQUIRED
listener = socket.create_server(("127.0.0.1", 0))
listener.settimeout(30)
print(listener.getsockname()[1], flush=True)
def serve(raw):
    try:
        connection = context.wrap_socket(raw, server_side=True)
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        connection.recv(1)
    except OSError:
        pass
for _ in range(8):
    raw, _ = listener.accept()
    threading.Thread(target=serve, args=(raw,), daemon=True).start()
PY
  started $!
  wait_for 10 test -s "$BATS_TEST_TMPDIR/port"
  PORT=$(cat "$BATS_TEST_TMPDIR/port")
  config "defaults = { warm = 2; attempts = 1; ca_file = \"$CERTS/ca.pem\"; ip_family = \"4\"; timeout = \"2s\"; };
    endpoints = ( { name = \"with\"; url = \"https://localhost:$PORT/\"; client_cert = \"$CERTS/client.pem\"; client_key = \"$CERTS/client.key\"; },
                  { name = \"without\"; url = \"https://localhost:$PORT/\"; } );"
  once
  expect_field '[.rounds[].ok] | join(" ")' "2 0"
}

@test "a certificate that names the host as its common name only is refused by both engines" {
  "$SIM" --port 0 --tls-cert "$CERTS/commonname.pem" --tls-key "$CERTS/commonname.key" --lifetime 60 >"$BATS_TEST_TMPDIR/sim.out" 3>&- &
  started $!
  wait_for 10 listening "$BATS_TEST_TMPDIR/sim.out" 1
  TLS=$(sed -n 's/.*:\([0-9]*\) (https).*/\1/p' "$BATS_TEST_TMPDIR/sim.out")
  config "defaults = { warm = 2; attempts = 1; ca_file = \"$CERTS/ca.pem\"; };
    endpoints = ( { name = \"one\"; url = \"https://localhost:$TLS/f\"; http_version = \"1.1\"; }, { name = \"two\"; url = \"https://localhost:$TLS/f\"; http_version = \"2\"; } );"
  once
  expect_field '[.rounds[].errors | tostring] | join(" ")' '{"certificate-name":2} {"certificate-name":2}'
}

@test "a host that ends with a dot: asked of the resolver with it, and without it in SNI, certificates and Host, by both engines" {
  start_sim --handler 300 --record "$BATS_TEST_TMPDIR/record"
  # This server has the right certificate for the right SNI only.
  openssl s_server -accept 0 -naccept 100 -www -cert "$CERTS/wrongname.pem" -key "$CERTS/wrongname.key" -servername fault.test \
    -cert2 "$CERTS/server.pem" -key2 "$CERTS/server.key" >"$BATS_TEST_TMPDIR/named.out" 2>&1 </dev/null 3>&- &
  started $!
  wait_for 10 grep -q '^ACCEPT' "$BATS_TEST_TMPDIR/named.out"
  local named
  named=$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' "$BATS_TEST_TMPDIR/named.out")
  config "defaults = { warm = 2; attempts = 1; ca_file = \"$CERTS/ca.pem\"; instance = \"none\"; };
    endpoints = ( { name = \"one\"; url = \"https://fault.test.:$TLS/f\"; http_version = \"1.1\"; }, { name = \"two\"; url = \"https://fault.test.:$TLS/f\"; http_version = \"2\"; },
      { name = \"named\"; url = \"https://fault.test.:$named/f\"; warm = 1; } );"
  FAULT_ADDRESSES=127.0.0.1 FAULT_ASKED=$BATS_TEST_TMPDIR/asked LD_PRELOAD=$PRELOAD once
  expect_field '[.rounds[] | "\(.endpoint) \(.ok) \(.http_version)"] | join(", ")' 'one 2 1.1, two 2 2, named 1 1.1'
  [ "$(jq -r .authority "$BATS_TEST_TMPDIR/record" | sort -u)" = "fault.test:$TLS" ]
  [ "$(sort -u "$BATS_TEST_TMPDIR/asked")" = fault.test. ]
}

# tls: handshakes of the simulator so far, and how many of them were resumed.
tls() { curl -sS "http://127.0.0.1:$PLAIN/_sim/stats" | jq -r '"\(.tls_handshakes) \(.tls_resumed)"'; }

@test "the connections of a volley resume the session of its first, and no other volley's" {
  start_sim --handler 300
  config "defaults = { warm = 40; attempts = 1; http_version = \"1.1\"; ca_file = \"$CERTS/ca.pem\"; };
    endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f\"; }, { name = \"b\"; url = \"https://localhost:$TLS/f\"; } );"
  once
  expect_field '[.rounds[].ok] | join(" ")' '40 40'
  local handshakes resumed
  read -r handshakes resumed <<<"$(tls)"
  [ "$handshakes" -eq 80 ]
  [ "$resumed" -gt 0 ]
  # The first connection of each is verified by a whole handshake.
  [ "$resumed" -le 78 ]
}

@test "volleys over HTTP/2 share a context, but no session" {
  start_sim --handler 300
  config "daemon = { stagger = 0; }; defaults = { warm = 2; attempts = 1; http_version = \"2\"; ca_file = \"$CERTS/ca.pem\"; interval = \"300ms\"; jitter = 0; };
    endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f\"; }, { name = \"b\"; url = \"https://localhost:$TLS/f\"; } );"
  start_daemon
  wait_for 20 logged ' a: 2/2' 3
  wait_for 20 logged ' b: 2/2' 3
  local handshakes resumed
  read -r handshakes resumed <<<"$(tls)"
  [ "$handshakes" -ge 6 ]
  [ "$resumed" -eq 0 ]
}

@test "a ticket lets nobody pass with other anchors or without the client certificate" {
  two_servers
  sed -i 's/warm = 10;/warm = 40; http_version = "1.1";/' "$CONF"
  once
  expect_field '[.rounds[] | "\(.endpoint)=\(.ok)"] | join(" ")' "right1=40 right2=40 wrong1=0 wrong2=0"
  stop_all
  start_sim --handler 300 --client-ca "$CERTS/ca.pem"
  config "daemon = { stagger = 0; log_requests = true; }; defaults = { warm = 40; attempts = 1; http_version = \"1.1\"; ca_file = \"$CERTS/ca.pem\"; timeout = \"2s\"; interval = \"400ms\"; jitter = 0; };
    endpoints = ( { name = \"with\"; url = \"https://localhost:$TLS/f\"; client_cert = \"$CERTS/client.pem\"; client_key = \"$CERTS/client.key\"; },
                  { name = \"without\"; url = \"https://localhost:$TLS/f\"; } );"
  start_daemon
  wait_for 30 logged ' with: 40/40' 3
  wait_for 30 logged ' without: 0/40' 3
  [ "$(grep -cE ' without: [1-9]' "$LOG")" -eq 0 ]
  local handshakes resumed
  read -r handshakes resumed <<<"$(tls)"
  [ "$resumed" -gt 0 ]
}

@test "a server without tickets, and a first connection that is dead, hold nothing up" {
  start_fault none --also silent=1 --tls "$CERTS/server.pem" "$CERTS/server.key"
  config "endpoints = ( { name = \"a\"; url = \"https://127.0.0.1:$PORT/\"; warm = 40; attempts = 1; http_version = \"1.1\"; ca_file = \"$CERTS/ca.pem\"; connect_timeout = \"3s\"; } );"
  once
  expect_field '.rounds[0] | "\(.ok) \(.distinct) \(.errors | tostring)"' '39 39 {"tls-timeout":1}'
  # Nor does it take the others' time, where there is little. A sanitizer's handshakes take more.
  local little=1s
  [ -z "${WARMD_SAN:-}" ] || little=2s
  start_fault none --also silent=1 --tls "$CERTS/server.pem" "$CERTS/server.key"
  config "endpoints = ( { name = \"a\"; url = \"https://127.0.0.1:$PORT/\"; warm = 40; attempts = 1; http_version = \"1.1\"; ca_file = \"$CERTS/ca.pem\"; connect_timeout = \"$little\"; } );"
  once
  expect_field '.rounds[0] | "\(.ok) \(.distinct) \(.errors | tostring)"' '39 39 {"tls-timeout":1}'
}

@test "a server that breaks off handshakes with a ticket is offered none from the next volley on" {
  start_fault no-resumption --tls "$CERTS/server.pem" "$CERTS/server.key"
  config "endpoints = ( { name = \"a\"; url = \"https://localhost:$PORT/\"; warm = 40; attempts = 2; http_version = \"1.1\"; ca_file = \"$CERTS/ca.pem\"; ip_family = \"4\"; } );"
  once
  expect_field '.rounds[0] | "\(.met) \([.requests[] | select(.attempt == 2 and .error == null)] | length)"' 'true 40'
  expect_field '.rounds[0].errors | keys | tostring' '["tls"]'
}
