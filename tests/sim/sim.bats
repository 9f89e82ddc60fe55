#!/usr/bin/env bats
# The simulator itself: what it binds, counts, says and survives.
bats_require_minimum_version 1.5.0
load ../e2e/common

setup_file() { make_certs; }
teardown() { stop_all; }

client() { python3 "$TESTS/sim/client.py" "$@"; }
# raw BYTES OPTIONS...: sends them to the plain port and prints the answer without carriage returns.
raw() { printf '%s' "$1" | client raw "$PLAIN" --limit 20 "${@:2}" | tr -d '\r'; }
get() { curl -sS --cacert "$CERTS/ca.pem" "$@"; }
plain() { get "http://127.0.0.1:$PLAIN$1" "${@:2}"; }
instance() { plain "$@" | jq -r .instance; }
# restart OPTIONS...: the first simulator's lines must not be taken for the second one's.
restart() {
  stop_all
  : >"$BATS_TEST_TMPDIR/sim.out"
  start_sim "$@"
}
stat_is() { [ "$(stats | jq -r "$1")" = "$2" ]; }
# same A B / other A B: shows both if that isn't so.
same() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'" >&2; return 1; }; }
other() { [ "$1" != "$2" ] || { echo "both are '$1'" >&2; return 1; }; }

@test "certificates are made quickly, and left alone the second time" {
  before=$(cat "$CERTS"/*.pem "$CERTS"/*.key | sha256sum)
  sh "$TESTS/sim/make-cert.sh" "$CERTS"
  same "$(cat "$CERTS"/*.pem "$CERTS"/*.key | sha256sum)" "$before"
  openssl verify -CAfile "$CERTS/ca.pem" "$CERTS/server.pem" "$CERTS/client.pem"
  openssl verify -CAfile "$CERTS/other-ca.pem" "$CERTS/other.pem"
  run openssl verify -CAfile "$CERTS/ca.pem" "$CERTS/other.pem"
  [ "$status" -ne 0 ]
  run openssl verify -CAfile "$CERTS/ca.pem" "$CERTS/expired.pem"
  [[ "$output" == *"has expired"* ]]
  openssl x509 -in "$CERTS/wrongname.pem" -noout -ext subjectAltName | grep -q elsewhere.example
}

@test "options: each that is known is in --help; a mistake ends with 64 and its reason" {
  "$SIM" --help >"$BATS_TEST_TMPDIR/help"
  for option in port bind tls-cert tls-key client-ca plain-port no-h2 h2-streams max-streams goaway-first cold handler no-hold idle-ttl \
    max-age max-instances fail-rate seed no-identity volley-gap lifetime help version; do
    grep -q -- "--$option\b" "$BATS_TEST_TMPDIR/help" || { echo "--$option is not documented" >&2; return 1; }
  done
  for mistake in --nonsense "--port x" "--port 70000" "--port 1.5" "--cold -1" "--handler 1e99" "--fail-rate 1.1" "--fail-rate nan" \
    "--h2-streams 0" operand "--tls-cert $CERTS/server.pem" "--client-ca $CERTS/ca.pem" --port; do
    # shellcheck disable=SC2086
    run -64 "$SIM" $mistake
    [ -n "$output" ]
  done
  run -0 "$SIM" --version
  [[ "$output" =~ ^lambda-sim\ [0-9] ]]
}

@test "what it can't use or take is said: certificates with 66, addresses with 69" {
  run -66 "$SIM" --tls-cert /nonexistent --tls-key "$CERTS/server.key"
  [[ "$output" == *"/nonexistent"* ]]
  run -66 "$SIM" --tls-cert "$CERTS/server.pem" --tls-key "$CERTS/other.key"
  start_sim
  run -69 "$SIM" --port "$PLAIN"
  [[ "$output" == *"Address already in use"* ]]
  run -69 "$SIM" --bind localhost
  [[ "$output" == *"not a numeric address"* ]]
}

@test "IPv6, and an end after its lifetime" {
  "$SIM" --bind ::1 --lifetime 0.5 >"$BATS_TEST_TMPDIR/out"
  grep -Eq '^lambda-sim: listening on \[::1\]:[0-9]+ \(http\)$' "$BATS_TEST_TMPDIR/out"
}

@test "requests one after the other share an instance, cold at first and warm then" {
  start_sim --cold 0
  first=$(plain /f -D "$BATS_TEST_TMPDIR/head")
  grep -qi '^x-lambda-cold: 1' "$BATS_TEST_TMPDIR/head"
  same "$(jq -c '[.cold, .path, .method]' <<<"$first")" '[true,"/f","GET"]'
  grep -qi "^x-lambda-instance: $(jq -r .instance <<<"$first")" "$BATS_TEST_TMPDIR/head"
  second=$(plain "/f?x=1" -D "$BATS_TEST_TMPDIR/head" -X DELETE)
  grep -qi '^x-lambda-cold: 0' "$BATS_TEST_TMPDIR/head"
  same "$(jq -r .instance <<<"$second")" "$(jq -r .instance <<<"$first")"
  same "$(stats | jq -c '[.requests, .instances_born, .instances_alive, .cold_starts, .peak_concurrency, .distinct]')" '[2,1,1,1,1,1]'
}

@test "requests at one time have an instance each, over TLS and plain; the next time none is cold" {
  start_sim --handler 500 --cold 0
  same "$(client volley "$TLS" 60 --tls "$CERTS/ca.pem" | jq -c '[.statuses["200"], .instances, .cold]')" '[60,60,60]'
  wait_for 20 stat_is .connections_open 1
  same "$(client volley "$PLAIN" 60 | jq -c '[.statuses["200"], .instances, .cold]')" '[60,60,0]'
  same "$(stats | jq -c '[.instances_born, .peak_concurrency]')" '[60,60]'
}

@test "the instance that was freed last is used first" {
  start_sim --cold 0
  # Three at a time: the one with the longest hold is freed last.
  for hold in 200 600 400; do
    plain /f -H 'X-Lambda-Warm: r/1/1' -H "X-Lambda-Warm-Hold: $hold" >"$BATS_TEST_TMPDIR/$hold" &
    held="${held:-} $!"
  done
  # shellcheck disable=SC2086
  wait $held
  same "$(stats | jq .peak_concurrency)" 3
  same "$(instance /f)" "$(jq -r .instance "$BATS_TEST_TMPDIR/600")"
}

@test "what counts is when the kernel received a request, not when the simulator came to look" {
  start_sim --handler 20 --cold 0 --volley-gap 10000
  sim=${PIDS##* }
  kill -STOP "$sim"
  client volley "$PLAIN" 30 --gap 5 >"$BATS_TEST_TMPDIR/answers" 2>"$BATS_TEST_TMPDIR/says" 3>&- &
  volley=$!
  wait_for 20 grep -q released "$BATS_TEST_TMPDIR/says"
  kill -CONT "$sim"
  wait $volley
  # Seen at the same time they would have been 30.
  stats >"$BATS_TEST_TMPDIR/stats"
  jq -e '.volley.requests == 30 and .volley.distinct == .distinct_at_hold["20"] and .volley.distinct < 30' "$BATS_TEST_TMPDIR/stats"
  jq -e '.volley.distinct == .volley.cold and .volley.peak == .volley.distinct' "$BATS_TEST_TMPDIR/stats"
  jq -e '.volley.skew_us >= 29 * 5000 * 0.9 and (.volley.clock_stepped | not)' "$BATS_TEST_TMPDIR/stats"
  same "$(jq .instances "$BATS_TEST_TMPDIR/answers")" "$(jq .volley.distinct "$BATS_TEST_TMPDIR/stats")"
}

@test "the skew of the stamps is the sender's own" {
  start_sim
  client volley "$TLS" 50 --tls "$CERTS/ca.pem" --gap 10 >"$BATS_TEST_TMPDIR/answers"
  skew=$(stats | jq .volley.skew_us)
  # Loopback adds next to nothing; only the sender's figure includes what it does before and after a send().
  jq -e --argjson skew "$skew" '$skew <= .release_us and $skew >= .release_us * 0.9' "$BATS_TEST_TMPDIR/answers"
}

@test "a hold is honoured when the protocol is spoken, and not with --no-hold or --no-identity" {
  start_sim --cold 0
  plain /f -m 20 -H 'X-Lambda-Warm: r/1/2' -H 'X-Lambda-Warm-Hold: 15000' >/dev/null 2>&1 &
  curl=$!
  wait_for 10 stat_is .requests 1
  plain /f | jq -e .cold
  kill $curl
  for header in 'X-Lambda-Warm-Hold: 15000' 'X-Lambda-Warm: r/1/2'; do plain /g -m 5 -H "$header" >/dev/null; done
  plain /g -m 5 -H 'X-Lambda-Warm: r/1/2' -H 'X-Lambda-Warm-Hold: 15000ms' | jq -e '.cold == false'
  for option in --no-hold --no-identity; do
    restart --cold 0 "$option"
    plain /f -m 5 -H 'X-Lambda-Warm: r/1/2' -H 'X-Lambda-Warm-Hold: 15000'
  done
}

@test "an instance stays busy for a client that has gone" {
  start_sim --cold 0 --handler 15000
  run plain /f -m 2
  [ "$status" -eq 28 ]
  run get -m 2 "https://localhost:$TLS/f"
  [ "$status" -eq 28 ]
  same "$(stats | jq -c '[.requests, .instances_born, .instances_alive]')" '[2,2,2]'
}

@test "idle instances die, and the next request is cold" {
  start_sim --cold 0 --idle-ttl 0.3
  first=$(instance /f)
  wait_for 10 stat_is .instances_alive 0
  plain /f >"$BATS_TEST_TMPDIR/answer"
  jq -e .cold "$BATS_TEST_TMPDIR/answer"
  other "$(jq -r .instance "$BATS_TEST_TMPDIR/answer")" "$first"
}

@test "an old instance takes no request any more" {
  start_sim --cold 0 --max-age 0.3
  plain /f >/dev/null
  wait_for 10 stat_is .instances_alive 0
  plain /f | jq -e .cold
}

@test "above the limit of instances: 429 in Lambda's words, counted apart" {
  start_sim --cold 0 --handler 1000 --max-instances 6
  client volley "$PLAIN" 10 | jq -e '.statuses == {"200": 6, "429": 4} and .instances == 6'
  same "$(stats | jq -c '[.requests, .throttled, .volley.requests, .volley.throttled, .volley.peak]')" '[6,4,6,4,6]'
  restart --max-instances 0
  plain /f -i | tr -d '\r' >"$BATS_TEST_TMPDIR/answer"
  grep -q '^HTTP/1.1 429 ' "$BATS_TEST_TMPDIR/answer"
  grep -q '^x-amzn-ErrorType: TooManyRequestsException$' "$BATS_TEST_TMPDIR/answer"
  same "$(tail -n 1 "$BATS_TEST_TMPDIR/answer")" '{"message":"Rate Exceeded."}'
}

# pattern SEED: which of 60 requests fail.
pattern() {
  restart --cold 0 --fail-rate 0.3 --seed "$1"
  get -o /dev/null -w '%{http_code} ' "http://127.0.0.1:$PLAIN/f/[1-60]"
  stats | jq .failed >"$BATS_TEST_TMPDIR/failed"
  stop_all # here, because a subshell's servers are its own
}

@test "a share of requests fails, the same ones for a seed" {
  first=$(pattern 5)
  n=$(grep -o 500 <<<"$first" | wc -l)
  [ "$n" -ge 6 ] && [ "$n" -le 36 ]
  same "$(cat "$BATS_TEST_TMPDIR/failed")" "$n"
  same "$(pattern 5)" "$first"
  other "$(pattern 6)" "$first"
}

@test "each path is a function of its own, whatever the query" {
  start_sim --cold 0
  a=$(instance "/a?x=1")
  same "$(instance "/a?x=2")" "$a"
  other "$(instance /b)" "$a"
  same "$(stats | jq -c '[.functions["/a"].requests, .functions["/b"].requests, .instances_born]')" '[2,1,2]'
}

@test "a handler that knows nothing names no instance" {
  start_sim --no-identity
  plain /f -D "$BATS_TEST_TMPDIR/head" | jq -e 'has("instance") or has("cold") | not'
  run ! grep -qi x-lambda "$BATS_TEST_TMPDIR/head"
}

@test "volleys are told apart by gaps, listed, and forgotten by reset; pages don't count" {
  start_sim --cold 0 --volley-gap 300
  client volley "$PLAIN" 4 --path /a >/dev/null
  sleep 0.5 # the gap
  client volley "$PLAIN" 3 --path /a >/dev/null
  client volley "$PLAIN" 2 --path /b >/dev/null
  stats >"$BATS_TEST_TMPDIR/stats"
  same "$(jq -c '[.volleys[] | [.function, .requests]]' "$BATS_TEST_TMPDIR/stats")" '[["/a",4],["/a",3],["/b",2]]'
  same "$(jq -c '.functions["/a"].volleys | map(.requests)' "$BATS_TEST_TMPDIR/stats")" '[4,3]'
  same "$(jq -c '[.volley.function, .requests]' "$BATS_TEST_TMPDIR/stats")" '["/b",9]'
  plain /_sim/echo >/dev/null
  stat_is .requests 9
  plain /_sim/reset -X POST | jq -e .reset
  same "$(stats | jq -c '[.requests, .instances_alive, .volley, .volleys, .functions]')" '[0,0,null,[],{}]'
  same "$(plain /_sim/requests)" '[]'
  plain /a | jq -e .cold
}

@test "echo and requests tell what came" {
  start_sim --cold 0
  plain "/_sim/echo?a=b&c" -X PUT -H 'X-Two: 1' -H 'x-two: 2' -H 'X-Empty;' -H "X-Latin: $(printf 'caf\xe9')" \
    --data-binary "$(printf 'z\xc3\xa4hl')" >"$BATS_TEST_TMPDIR/echo"
  same "$(jq -c '[.method, .path, .query, .body, .body_bytes, .http_version]' "$BATS_TEST_TMPDIR/echo")" \
    '["PUT","/_sim/echo","a=b&c","zähl",5,"1.1"]'
  same "$(jq -c '.headers | [.["x-two"], .["x-empty"], .["x-latin"]]' "$BATS_TEST_TMPDIR/echo")" '["1, 2","","café"]'
  for i in 1 2 3; do plain "/f/$i?n" -d "body $i" >/dev/null; done
  plain "/_sim/requests?last=2" >"$BATS_TEST_TMPDIR/requests"
  same "$(jq -c 'map([.path, .body, .cold, (.instance | length > 0)])' "$BATS_TEST_TMPDIR/requests")" \
    '[["/f/2","body 2",true,true],["/f/3","body 3",true,true]]'
  jq -e '.[0].arrival_us == 0 and .[1].arrival_us > 0 and .[0].connection < .[1].connection' "$BATS_TEST_TMPDIR/requests"
  same "$(plain /_sim/requests | jq length)" 3
}

@test "answers are shaped by the query; a bad wish is none" {
  start_sim --cold 0
  plain "/f?status=503&age=30&location=http%3A%2F%2Fx%2F" -i | tr -d '\r' >"$BATS_TEST_TMPDIR/answer"
  grep -q '^HTTP/1.1 503 Service Unavailable$' "$BATS_TEST_TMPDIR/answer"
  grep -q '^Age: 30$' "$BATS_TEST_TMPDIR/answer"
  grep -q '^Location: http://x/$' "$BATS_TEST_TMPDIR/answer"
  grep -q '^X-Lambda-Instance: ' "$BATS_TEST_TMPDIR/answer"
  stat_is .failed 1
  for wish in status=600 status=abc "age=1%0d%0aX-Evil:%20yes"; do plain "/f?$wish" -i -w '\n'; done >"$BATS_TEST_TMPDIR/answer"
  same "$(grep -c '^HTTP/1.1 200' "$BATS_TEST_TMPDIR/answer")" 3
  run ! grep -qi evil "$BATS_TEST_TMPDIR/answer"
  for code in 204 304; do get -m 5 -w '%{http_code} ' "http://127.0.0.1:$PLAIN/f?status=$code" "https://localhost:$TLS/f?status=$code"; done \
    >"$BATS_TEST_TMPDIR/codes"
  same "$(cat "$BATS_TEST_TMPDIR/codes")" "204 204 304 304 "
}

@test "pages: HEAD, unknown ones and wrong methods are not found" {
  start_sim
  same "$(plain /_sim/stats -o /dev/null -I -w '%{http_code}')" 404
  same "$(plain /_sim/nonsense -o /dev/null -w '%{http_code}')" 404
  same "$(plain /_sim/reset -o /dev/null -w '%{http_code}')" 404
  plain /f -I >/dev/null
  stat_is .requests 1
}

@test "HTTP/1.1: pipelined requests are answered in order, one after the other" {
  start_sim --cold 0 --handler 20
  raw 'GET /f HTTP/1.1\r\nHost: x\r\n\r\nPOST /f?status=201 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /_sim/echo HTTP/1.1\r\nHost: x\r\n\r\nGET /f?status=202 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\nHost: x\r\n\r\n' \
    >"$BATS_TEST_TMPDIR/answers"
  same "$(grep -oE 'HTTP/1.1 [0-9]+' "$BATS_TEST_TMPDIR/answers" | cut -d' ' -f2 | xargs)" "200 201 200 202"
  same "$(stats | jq -c '[.requests, .instances_born, .peak_concurrency]')" '[3,1,1]'
  raw 'GET /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' --split | grep -q '^HTTP/1.1 200'
}

@test "HTTP/1.1: versions, keeping alive, chunks, trailers, Expect and Upgrade" {
  start_sim --cold 0
  raw 'GET /f HTTP/1.0\r\n\r\n' >"$BATS_TEST_TMPDIR/answer"
  grep -q '^Connection: close' "$BATS_TEST_TMPDIR/answer"
  raw 'GET /f HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /f HTTP/1.0\r\n\r\n' >"$BATS_TEST_TMPDIR/answer"
  same "$(grep -c 'HTTP/1.1 200' "$BATS_TEST_TMPDIR/answer")" 2
  raw 'POST /_sim/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n' |
    tail -n 1 | jq -e '.body == "abcde" and .headers["x-trailer"] == "t"'
  raw 'POST /_sim/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi' >"$BATS_TEST_TMPDIR/answer"
  same "$(head -n 1 "$BATS_TEST_TMPDIR/answer")" "HTTP/1.1 100 Continue"
  same "$(plain /f --http2 -o /dev/null -w '%{http_code} %{http_version}')" "200 1.1"
  for _ in 1 2 3; do echo "http://127.0.0.1:$PLAIN/f"; done | sed 's/^/url = /' >"$BATS_TEST_TMPDIR/urls"
  before=$(stats | jq .connections_total)
  get -K "$BATS_TEST_TMPDIR/urls" >/dev/null
  same "$(stats | jq .connections_total)" $((before + 2)) # one for the three, and one for the question
}

@test "HTTP/1.1: what is malformed or too large is refused and binds nothing" {
  start_sim --cold 0
  for bad in 'nonsense\r\n\r\n' 'GET /f HTTP/1.1\r\n\r\n' 'GET /f HTTP/2.0\r\nHost: x\r\n\r\n' 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n' \
    'GET /f HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n' \
    'POST /f HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n' 'POST /f HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n' \
    '\x00\xff\x16\x03\x01' 'GET /f HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n'; do
    raw "$bad" >"$BATS_TEST_TMPDIR/answer"
    grep -q '^HTTP/1.1 400 ' "$BATS_TEST_TMPDIR/answer" || { echo "not refused: $bad" >&2; return 1; }
    grep -q '^Connection: close' "$BATS_TEST_TMPDIR/answer"
  done
  same "$(plain /f -o /dev/null -w '%{http_code}' -H "X-Long: $(head -c 90000 /dev/zero | tr '\0' x)")" 431
  stat_is .requests 0
  head -c 8388608 /dev/zero >"$BATS_TEST_TMPDIR/most"
  head -c 8388609 /dev/zero >"$BATS_TEST_TMPDIR/more"
  for url in "http://127.0.0.1:$PLAIN/f" "https://localhost:$TLS/f"; do
    same "$(get -o /dev/null -w '%{http_code}' --data-binary "@$BATS_TEST_TMPDIR/most" "$url")" 200
    same "$(get -o /dev/null -w '%{http_code}' --data-binary "@$BATS_TEST_TMPDIR/more" "$url")" 413
    same "$(get -o /dev/null -w '%{http_code}' --http1.1 -H 'Transfer-Encoding: chunked' -H 'Expect:' --data-binary "@$BATS_TEST_TMPDIR/more" "$url")" 413
  done
  stat_is .requests 2
}

@test "a refusal reaches a peer that is still sending" {
  start_sim
  { printf 'POST /f HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n' && head -c 9000000 /dev/zero; } >"$BATS_TEST_TMPDIR/much"
  # The answer first, then the end: a reset would have taken the answer with it.
  client raw "$PLAIN" --limit 20 <"$BATS_TEST_TMPDIR/much" | tr -d '\r' >"$BATS_TEST_TMPDIR/answer"
  same "$(cat "$BATS_TEST_TMPDIR/answer")" "$(printf 'HTTP/1.1 413 Payload Too Large\nConnection: close\nContent-Length: 0')"
  wait_for 10 stat_is .connections_open 1
}

@test "a peer that has closed its sending side gets its answers" {
  start_sim --cold 0 --handler 100
  two='GET /f HTTP/1.1\r\nHost: x\r\n\r\nGET /f HTTP/1.1\r\nHost: x\r\n\r\n'
  same "$(raw "$two" --half-close | grep -c 'HTTP/1.1 200')" 2
  # Many MB, much more than the socket takes at once.
  head -c 3000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/body"
  for _ in 1 2 3 4; do plain /f --data-binary "@$BATS_TEST_TMPDIR/body" >/dev/null; done
  size=$(raw 'GET /_sim/requests HTTP/1.1\r\nHost: x\r\n\r\n' --half-close | wc -c)
  [ "$size" -gt 12000000 ]
  raw 'GET /f HTTP/1.1\r\nHost: x\r\n' --half-close # never complete: just closed
  wait_for 10 stat_is .connections_open 1
}

@test "a client that doesn't read holds up nobody" {
  start_sim --cold 0
  head -c 4000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/body"
  plain /f --data-binary "@$BATS_TEST_TMPDIR/body" >/dev/null
  exec 7<>"/dev/tcp/127.0.0.1/$PLAIN"
  printf 'GET /_sim/requests HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&7
  for _ in 1 2 3; do plain /f -m 5 >/dev/null; done
  stat_is .requests 4
  size=$(cat <&7 | wc -c)
  exec 7>&-
  [ "$size" -gt 4000000 ]
}

@test "a pipeline that never ends is read no faster than it is answered" {
  start_sim --cold 0 --handler 1000
  sim=${PIDS##* }
  python3 -c "
import socket
s = socket.create_connection(('127.0.0.1', $PLAIN)); s.settimeout(0.3)
one = b'GET /f HTTP/1.1\r\nHost: x\r\n\r\n' * 2000
sent = 0
try:
    while sent < 200 << 20: sent += s.send(one)
except socket.timeout: pass
print(sent)" >"$BATS_TEST_TMPDIR/sent"
  [ "$(cat "$BATS_TEST_TMPDIR/sent")" -lt $((100 << 20)) ]
  kill -0 "$sim"
  plain /g -m 5 >/dev/null
}

@test "TLS: 1.2 and 1.3, HTTP/2 by ALPN unless --no-h2, and a peer that speaks none of it" {
  start_sim --cold 0
  same "$(get -o /dev/null -w '%{http_version}' --tls-max 1.2 "https://localhost:$TLS/f")" 2
  same "$(get -o /dev/null -w '%{http_version}' --tlsv1.3 --http1.1 "https://127.0.0.1:$TLS/f")" 1.1
  same "$(get -o /dev/null -w '%{http_version}' --no-alpn "https://localhost:$TLS/f")" 1.1
  run get --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 "https://localhost:$TLS/f"
  [ "$status" -ne 0 ]
  printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' | client raw "$TLS" --limit 10 >"$BATS_TEST_TMPDIR/alert" # ends
  printf 'GET /f HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | client raw "$TLS" --tls "$CERTS/ca.pem" --split | grep -q '200 OK'
  printf 'GET /f HTTP/1.1\r\nHost: x\r\n\r\n' |
    timeout 20 openssl s_client -connect "127.0.0.1:$TLS" -CAfile "$CERTS/ca.pem" -quiet -no_ign_eof 2>/dev/null >"$BATS_TEST_TMPDIR/closed" || true
  wait_for 10 stat_is .connections_open 1
  restart --cold 0 --no-h2
  same "$(get -o /dev/null -w '%{http_version}' --http2 "https://localhost:$TLS/f")" 1.1
}

@test "TLS: a client's certificate where one is demanded" {
  start_sim --cold 0 --client-ca "$CERTS/ca.pem"
  same "$(get -o /dev/null -w '%{http_code}' --cert "$CERTS/client.pem" --key "$CERTS/client.key" "https://localhost:$TLS/f")" 200
  run get "https://localhost:$TLS/f"
  [ "$status" -ne 0 ]
  run get --cert "$CERTS/other.pem" --key "$CERTS/other.key" "https://localhost:$TLS/f"
  [ "$status" -ne 0 ]
  stat_is .requests 1
}

@test "HTTP/2: streams of one connection bind an instance each" {
  start_sim --cold 0 --handler 1000
  get --parallel --parallel-max 60 -o /dev/null -w '%{http_code}\n' "https://localhost:$TLS/f?[1-60]" >"$BATS_TEST_TMPDIR/codes"
  same "$(sort "$BATS_TEST_TMPDIR/codes" | uniq -c | xargs)" "60 200"
  same "$(stats | jq -c '[.volley.distinct, .volley.peak, .volley.http_version, .connections_total]')" '[60,60,"2",2]'
  get "https://localhost:$TLS/_sim/echo?q" -H 'X-A: b' -d 'body' |
    jq -e '.http_version == "2" and .body == "body" and .headers["x-a"] == "b" and .query == "q" and (.headers[":authority"] | startswith("localhost:"))'
}

@test "HTTP/2: no more streams at a time than are offered; errors on demand" {
  start_sim --cold 0 --handler 100 --h2-streams 5
  get --parallel --parallel-max 20 -o /dev/null -w '%{http_code}\n' "https://localhost:$TLS/f?[1-20]" >"$BATS_TEST_TMPDIR/codes"
  same "$(sort "$BATS_TEST_TMPDIR/codes" | uniq -c | xargs)" "20 200"
  for wish in rst=7 goaway=2; do
    run get -m 10 "https://localhost:$TLS/f?$wish"
    [ "$status" -ne 0 ] && [ "$status" -ne 28 ]
  done
  run plain "/f?rst=7"
  [ "$status" -eq 52 ]
}

@test "HTTP/2: the first connections are sent away where that is asked for" {
  start_sim --cold 0 --goaway-first 1
  run get -m 10 "https://localhost:$TLS/f"
  [ "$status" -ne 0 ] && [ "$status" -ne 28 ]
  same "$(get -m 10 -o /dev/null -w '%{http_code} %{http_version}' "https://localhost:$TLS/f")" "200 2"
}

@test "HTTP/2: large bodies both ways, through flow control" {
  start_sim --cold 0
  head -c 5000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/body"
  get "https://localhost:$TLS/_sim/echo" --data-binary "@$BATS_TEST_TMPDIR/body" | jq -e '.body_bytes == 5000000 and (.body | length) == 5000000'
}

@test "HTTP/2: peers that reset streams or vanish while answers are due do no harm" {
  start_sim --cold 0 --handler 30
  python3 - "$TLS" "$CERTS/ca.pem" <<'PY'
import socket, ssl, struct, sys, time
def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload
context = ssl.create_default_context(cafile=sys.argv[2])
context.set_alpn_protocols(["h2"])
headers = bytes([0x82, 0x87, 0x84, 0x41, 9]) + b"localhost"
opening = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0)
for how in range(12):
    raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    peer = context.wrap_socket(raw, server_hostname="localhost")
    peer.sendall(opening + b"".join(frame(1, 5, 1 + 2 * k, headers) for k in range(4)) + frame(1, 4, 9, headers))
    if how % 3 == 0:  # resets streams, complete and incomplete ones, then one with its answer on the way
        peer.sendall(b"".join(frame(3, 0, stream, struct.pack(">I", 8)) for stream in (1, 3, 9)))
        time.sleep(0.05)
    if how % 3 == 1:  # vanishes, once its requests have been read: the settings are acknowledged
        came = b""
        while b"\0\0\0\4\1\0\0\0\0" not in came:
            came += peer.recv(4096)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if how % 3 == 2:  # talks nonsense
        peer.sendall(frame(0x9, 4, 1, b"\xff" * 20))
    peer.close()
PY
  wait_for 10 stat_is .connections_open 1
  same "$(stats | jq .requests)" 48
  plain /f -m 5 >/dev/null
}

@test "SIGTERM ends it cleanly with requests in flight, half-sent and half-read" {
  start_sim --cold 0 --handler 20000
  sim=${PIDS##* }
  client volley "$TLS" 20 --tls "$CERTS/ca.pem" >/dev/null 2>&1 3>&- &
  started $!
  get -m 20 "https://localhost:$TLS/h2" >/dev/null 2>&1 3>&- &
  started $!
  wait_for 10 stat_is .requests 21
  exec 7<>"/dev/tcp/127.0.0.1/$PLAIN"
  printf 'GET /f HTTP/1.1\r\nHost' >&7
  kill -TERM "$sim"
  wait "$sim"
  exec 7>&-
}

@test "out of descriptors: connections are refused, none hangs, and it serves again" {
  # shellcheck disable=SC2034
  : >"$BATS_TEST_TMPDIR/sim.out"
  (ulimit -n 60 && exec "$SIM" --lifetime 60) >"$BATS_TEST_TMPDIR/sim.out" 3>&- &
  started $!
  wait_for 10 listening "$BATS_TEST_TMPDIR/sim.out" 1
  PLAIN=$(sed -n 's/.*:\([0-9]*\) (http).*/\1/p' "$BATS_TEST_TMPDIR/sim.out")
  python3 - "$PLAIN" <<'PY'
import socket, sys
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10) for _ in range(100)]
refused = 0
for connection in reversed(held):
    connection.settimeout(0.3 if refused >= 40 else 10)
    try:
        refused += connection.recv(1) == b""
    except ConnectionResetError:
        refused += 1
    except socket.timeout:
        break
assert refused >= 40, refused
PY
  wait_for 10 stat_is .connections_open 1
  plain /f -m 5 | jq -e .cold
}
