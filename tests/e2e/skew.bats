#!/usr/bin/env bats
# Skew: what the daemon reports is what the receiver's kernel has stamped, and it is far below what curl does.
load common

ROUNDS=9

setup_file() { make_certs; }
# Few streams a connection: HTTP/2 has a skew only over many connections.
setup() { start_sim --handler 50 --cold 0 --no-hold --volley-gap 20000 --h2-streams 4; }
teardown() { stop_all; }

# endpoint VERSION WARM
endpoint() {
  config "endpoints = ( { name = \"a\"; url = \"https://localhost:$TLS/f\"; warm = $2; ca_file = \"$CERTS/ca.pem\";
    http_version = \"$1\"; attempts = 1; } );"
}

# received COUNT VERSION: sets $skew_us from the receiver's stamps of its last volley, which had COUNT requests over HTTP
# VERSION. 2: the wall clock stepped, the volley is void.
received() {
  local volley
  volley=$(stats | jq -c .volley)
  [ "$(jq -r '"\(.requests) \(.http_version)"' <<<"$volley")" = "$1 $2" ] || { echo "$volley" >&2; return 1; }
  [ "$(jq .clock_stepped <<<"$volley")" = false ] || return 2
  skew_us=$(jq .skew_us <<<"$volley")
}
forget() { curl -sS -X POST "http://127.0.0.1:$PLAIN/_sim/reset" >/dev/null; }

# a_round WARM VERSION: of the daemon; sets $skew_us.
a_round() {
  local code=0
  for _ in 1 2 3; do
    forget
    once
    [ "$(field '.rounds[0].ok')" = "$1" ] || { echo "$json" >&2; return 1; }
    received "$1" "$2" && return || code=$?
    [ $code -eq 2 ] || return $code
  done
  return $code
}

# agreement VERSION WARM: prints the medians of the receiver's skew and of the difference to the daemon's, in microseconds.
agreement() {
  local i
  for ((i = 0; i < ROUNDS; i++)); do
    a_round "$2" "$1" || return 1
    jq -n "{theirs: $skew_us, apart: ($skew_us - $(field '.rounds[0].skew_us') | fabs)}"
  done |
    jq -rs --argjson n "$ROUNDS" 'def median: sort[length / 2 | floor];
      select(length == $n) | "\(map(.theirs) | median) \(map(.apart) | median)"'
}

# Between the stamps of a sender and those of the receiver lie the path's jitter and what interrupts either. The bound is
# below the skew itself, so that a daemon that always reports none fails here.
agrees() {
  local theirs apart
  read -r theirs apart <<<"$(agreement "$@")"
  echo "HTTP/$1, $2 requests: $theirs us at the receiver, the daemon's is apart by $apart us" >&2
  [ -n "$apart" ] && jq -en "$apart <= 0.25 * $theirs + 200"
}

@test "the skew that a round reports is the receiver's, over HTTP/1.1" {
  endpoint 1.1 500
  agrees 1.1 500
}

@test "the skew that a round reports is the receiver's, over HTTP/2 on several connections" {
  endpoint 2 1000
  agrees 2 1000
}

# curl_round N: one by curl; sets $skew_us.
curl_round() {
  local code=0
  for _ in 1 2 3; do
    forget
    curl --parallel --parallel-immediate --parallel-max "$1" -sS --http1.1 --cacert "$CERTS/ca.pem" -o /dev/null \
      "https://localhost:$TLS/f?[1-$1]" 2>"$BATS_TEST_TMPDIR/curl.err"
    received "$1" 1.1 && return || code=$?
    [ $code -eq 2 ] || return $code
  done
  return $code
}

@test "100 requests arrive at least 10 times closer together than curl --parallel's, round by round in turn" {
  [ -z "${WARMD_SAN:-}" ] || skip "a sanitizer slows down one side only"
  curl --help all | grep -q -e --parallel-immediate || skip "this curl has no --parallel-immediate"
  endpoint 1.1 100
  local i ours=()
  local theirs=()
  for ((i = 0; i < ROUNDS; i++)); do
    a_round 100 1.1
    ours+=("$skew_us")
    curl_round 100
    theirs+=("$skew_us")
  done
  echo "ours: ${ours[*]}; curl's: ${theirs[*]}" >&2
  printf '%s\n' "${ours[*]}" "${theirs[*]}" | jq -eR 'split(" ") | map(tonumber) | sort[length / 2 | floor]' |
    jq -es '.[1] >= 10 * .[0]'
}
