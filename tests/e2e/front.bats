#!/usr/bin/env bats
# Real servers, not ours, in front of the functions: nginx and haproxy.
load common

setup_file() { make_certs; }
teardown() { stop_all; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
answers() { curl -sS -o /dev/null "http://127.0.0.1:$1/_sim/stats" 2>/dev/null; }

# start_nginx: TLS with HTTP/2 and HTTP/1.1, and plain; sets FRONT and FRONT_PLAIN.
start_nginx() {
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || skip "nginx is not installed"
  FRONT=$(free_port) FRONT_PLAIN=$(free_port)
  local dir=$BATS_TEST_TMPDIR/nginx
  mkdir -p "$dir"
  cat >"$dir/nginx.conf" <<CONF
$([ "$(id -u)" -ne 0 ] || echo "user root;") # the test's folder is nobody else's
daemon off;
worker_processes 1;
pid $dir/pid;
error_log $dir/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path $dir/body; proxy_temp_path $dir/proxy; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
  upstream functions { server 127.0.0.1:$PLAIN; keepalive 1000; }
  server {
    listen 127.0.0.1:$FRONT ssl http2 backlog=2048;
    listen 127.0.0.1:$FRONT_PLAIN backlog=2048;
    ssl_certificate $CERTS/server.pem;
    ssl_certificate_key $CERTS/server.key;
    client_max_body_size 8m;
    location / { proxy_pass http://functions; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Front nginx; }
    location /redirected { return 301 http://localhost:$FRONT_PLAIN/elsewhere; }
  }
}
CONF
  PATH=$PATH:/usr/sbin nginx -p "$dir" -c "$dir/nginx.conf" 2>"$dir/start.log" 3>&- &
  started $!
  wait_for 10 answers "$FRONT_PLAIN"
}

# both_versions TEST...: with $HTTP set to each.
both_versions() {
  for HTTP in 2 1.1; do "$@" || return 1; done
}

through_front() {
  config "endpoints = ( { name = \"a\"; url = \"https://localhost:$FRONT/f$HTTP\"; warm = 50; ca_file = \"$CERTS/ca.pem\"; http_version = \"$HTTP\"; attempts = 1; } );"
  local round
  for round in 1 2 3; do
    once
    expect_field '.rounds[0]|"\(.distinct) \(.peak) \(.http_version)"' "50 50 $HTTP" || return 1
    [ "$round" -eq 1 ] || expect_field '.rounds[0].cold' 0 || return 1
  done
  [ "$(stats | jq ".functions[\"/f$HTTP\"].peak_concurrency")" -eq 50 ]
}

@test "nginx with TLS in front: 50 distinct instances in every round, warm from the second on" {
  start_sim --handler 500 --cold 100
  start_nginx
  both_versions through_front
}

as_configured() {
  config "endpoints = ( { name = \"a\"; url = \"https://localhost:$FRONT/g?q=\${index}\"; warm = 4; ca_file = \"$CERTS/ca.pem\"; http_version = \"$HTTP\";
    method = \"PUT\"; headers = (\"X-One: 1\", \"X-Two: \${index}\"); body = \"{\\\"n\\\":\${count}}\"; } );"
  once
  [ "$status" -eq 0 ] || return 1
  local requests
  requests=$(curl -sS "http://127.0.0.1:$PLAIN/_sim/requests?last=4")
  [ "$(jq -r '[.[] | "\(.method) \(.path) \(.headers["x-one"]) \(.headers["x-front"]) \(.body)"] | unique | join(",")' <<<"$requests")" = 'PUT /g 1 nginx {"n":4}' ] &&
    [ "$(jq -r '[.[].query] | sort | join(" ")' <<<"$requests")" = "q=1 q=2 q=3 q=4" ] &&
    [ "$(jq -r '[.[].headers["x-two"]] | sort | join(" ")' <<<"$requests")" = "1 2 3 4" ]
}

@test "nginx: status, headers and bodies go as configured" {
  start_sim --handler 500
  start_nginx
  both_versions as_configured
}

statuses() {
  local pair
  for pair in "f?status=503:http-503" "redirected:redirect" "f?status=404:http-404"; do
    config "endpoints = ( { name = \"a\"; url = \"https://localhost:$FRONT/${pair%:*}\"; warm = 3; ca_file = \"$CERTS/ca.pem\"; http_version = \"$HTTP\"; attempts = 1; } );"
    once
    [ "$status" -eq 1 ] || return 1
    expect_field '.rounds[0].errors | tostring' "{\"${pair#*:}\":3}" || return 1
  done
  config "endpoints = ( { name = \"a\"; url = \"https://localhost:$FRONT/f?status=404\"; warm = 3; ca_file = \"$CERTS/ca.pem\"; http_version = \"$HTTP\"; expect = 404; } );"
  once
  [ "$status" -eq 0 ]
}

@test "nginx: an unexpected status and a redirect fail, an expected one is met" {
  start_sim --handler 500
  start_nginx
  both_versions statuses
}

@test "nginx: a large body through both versions" {
  start_sim --handler 500
  start_nginx
  large() {
    config "endpoints = ( { name = \"a\"; url = \"https://localhost:$FRONT/l\"; warm = 8; ca_file = \"$CERTS/ca.pem\"; http_version = \"$HTTP\"; body = \"$(head -c 200000 /dev/zero | tr '\0' y)\"; } );"
    once
    expect_field '.rounds[0].distinct' 8
  }
  both_versions large
}

# start_haproxy: TLS with HTTP/2 and HTTP/1.1; sets FRONT.
start_haproxy() {
  command -v haproxy >/dev/null || [ -x /usr/sbin/haproxy ] || skip "haproxy is not installed"
  FRONT=$(free_port) FRONT_PLAIN=$(free_port)
  cat "$CERTS/server.pem" "$CERTS/server.key" >"$BATS_TEST_TMPDIR/both.pem"
  cat >"$BATS_TEST_TMPDIR/haproxy.cfg" <<CONF
global
  maxconn 4000
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
frontend f
  bind 127.0.0.1:$FRONT ssl crt $BATS_TEST_TMPDIR/both.pem alpn h2,http/1.1
  bind 127.0.0.1:$FRONT_PLAIN
  default_backend b
backend b
  server s 127.0.0.1:$PLAIN
CONF
  PATH=$PATH:/usr/sbin haproxy -db -f "$BATS_TEST_TMPDIR/haproxy.cfg" >"$BATS_TEST_TMPDIR/haproxy.log" 2>&1 3>&- &
  started $!
  wait_for 10 answers "$FRONT_PLAIN"
}

@test "haproxy with TLS in front: 50 distinct instances in every round" {
  start_sim --handler 500 --cold 100
  start_haproxy
  both_versions through_front
}
