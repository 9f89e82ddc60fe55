#!/usr/bin/env bats
# Fronts that keep requests from their instances: Apache works off a few streams of an HTTP/2 connection at a time, others
# forward slowly.
load common

setup_file() { make_certs; }
teardown() { stop_all; }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
answers() { curl -sS --cacert "$CERTS/ca.pem" -o /dev/null "https://localhost:$1/_sim/stats" 2>/dev/null; }

# start_apache: its own process and configuration, TLS with HTTP/2 and HTTP/1.1 before lambda-sim; sets FRONT.
start_apache() {
  local dir=$BATS_TEST_TMPDIR/apache modules=/usr/lib/apache2/modules
  [ -x /usr/sbin/apache2 ] || skip "apache2-bin is not installed"
  FRONT=$(free_port)
  mkdir -p "$dir"
  cat >"$dir/httpd.conf" <<CONF
ServerRoot $dir
DefaultRuntimeDir $dir
Mutex file:$dir default
PidFile $dir/pid
ErrorLog $dir/error.log
ServerName localhost
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule ssl_module $modules/mod_ssl.so
LoadModule http2_module $modules/mod_http2.so
LoadModule proxy_module $modules/mod_proxy.so
LoadModule proxy_http_module $modules/mod_proxy_http.so
Listen 127.0.0.1:$FRONT
StartServers 1
ServerLimit 1
ThreadLimit 200
ThreadsPerChild 200
MaxRequestWorkers 200
Protocols h2 http/1.1
SSLEngine on
SSLCertificateFile $CERTS/server.pem
SSLCertificateKeyFile $CERTS/server.key
ProxyPass / http://127.0.0.1:$PLAIN/ disablereuse=on
CONF
  /usr/sbin/apache2 -X -f "$dir/httpd.conf" >"$dir/out" 2>&1 3>&- &
  started $!
  wait_for 10 answers "$FRONT"
}

apache_config() {
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"https://localhost:$FRONT/f\"; warm = 20; ca_file = \"$CERTS/ca.pem\";
    interval = \"500ms\"; jitter = 0; $* } );"
}

@test "Apache over HTTP/1.1, and over HTTP/2 with few streams a connection, gives each request its instance" {
  local options
  start_sim --handler 20
  start_apache
  for options in 'http_version = "1.1";' 'http_version = "2"; streams = 3;'; do
    apache_config "$options attempts = 1; hold = \"300ms\";"
    once
    expect_field '.rounds[0]|"\(.distinct) \(.met)"' "20 true"
  done
}

@test "HTTP/2 gives fewer instances than HTTP/1.1: it is compared, told once, and HTTP/1.1 is spoken from then on" {
  start_sim --handler 20
  start_apache
  apache_config 'hold = "300ms";'
  once
  expect_field '.rounds[0]|"\(.distinct) \(.met) \(.attempts) \(.http_version)"' "20 true 2 1.1"
  grep -q 'fewer instances answered over HTTP/2' "$BATS_TEST_TMPDIR/once.err"
  start_daemon
  wait_for 20 logged 'a: 20/20 warm' 4
  [ "$(grep -c 'fewer instances answered over HTTP/2' "$LOG")" -eq 1 ]
  [ "$(grep 'warm (' "$LOG" | tail -n +2 | grep -c 'attempts')" -eq 0 ]
}

@test "http_version = \"2\" is kept to, with a warning; attempts end where a longer hold finds nothing new, and hold = \"auto\" stays" {
  start_sim --handler 20
  start_apache
  apache_config 'http_version = "2"; attempts = 10; hold = "300ms";'
  once
  expect_field '.rounds[0]|"\(.met) \(.http_version)"' "false 2"
  [ "$(field '.rounds[0].attempts')" -le 3 ]
  apache_config 'http_version = "2"; hold = "auto"; attempts = 2;'
  start_daemon
  wait_for 20 logged 'a: .*/20 warm' 5
  [ "$(grep -c 'set streams' "$LOG")" -eq 1 ]
  [ "$(grep -c 'learned: .* hold' "$LOG")" -eq 0 ]
}

@test "a front that forwards slowly: the second attempt holds for as long as the answers were apart, and learning begins there" {
  python3 "$TESTS/faults/slowd.py" >"$BATS_TEST_TMPDIR/port" 2>&1 3>&- &
  started $!
  wait_for 10 test -s "$BATS_TEST_TMPDIR/port"
  FRONT_URL="http://127.0.0.1:$(head -n 1 "$BATS_TEST_TMPDIR/port")/"
  config "daemon = { stagger = 0; }; endpoints = ( { name = \"a\"; url = \"$FRONT_URL\"; warm = 20; interval = \"500ms\"; jitter = 0; hold = \"auto\"; } );"
  once
  expect_field '.rounds[0]|"\(.attempts) \(.distinct)"' "2 20"
  [ "$(field '.rounds[0].hold_us')" -ge 380000 ]
  start_daemon
  wait_for 20 logged 'a: 20/20 warm' 2
  [ "$(grep -c '20/20 warm .*attempts' "$LOG")" -eq 1 ]
}
