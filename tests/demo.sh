#!/bin/sh
# make demo: lambda-sim on loopback, the daemon against it for a few rounds, its log lines, and a closing table.
# Ends by itself; exit 0 only if every target was met.
set -eu
build=${1:-build}
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
sim='' daemon=''
stop() {
  [ -z "$daemon" ] || kill -TERM "$daemon" 2>/dev/null || :
  [ -z "$sim" ] || kill -TERM "$sim" 2>/dev/null || :
  wait 2>/dev/null || :
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

sh "$here/tests/sim/make-cert.sh" "$work/certs" >/dev/null
: >"$work/sim.out" # looked into from the first moment on
"$build/lambda-sim" --port 0 --plain-port 0 --tls-cert "$work/certs/server.pem" --tls-key "$work/certs/server.key" \
  --cold 250 --handler 20 --lifetime 60 >"$work/sim.out" 2>"$work/sim.err" &
sim=$!
tries=0
until [ "$(grep -c listening "$work/sim.out")" -ge 2 ]; do
  tries=$((tries + 1))
  if [ $tries -gt 100 ] || ! kill -0 "$sim" 2>/dev/null; then
    echo "demo: lambda-sim does not start:" >&2
    cat "$work/sim.err" >&2
    exit 1
  fi
  sleep 0.05
done
tls=$(sed -n 's/.*127.0.0.1:\([0-9]*\) (https).*/\1/p' "$work/sim.out")
plain=$(sed -n 's/.*127.0.0.1:\([0-9]*\) (http).*/\1/p' "$work/sim.out")
sed "s|@TLS_PORT@|$tls|; s|@PLAIN_PORT@|$plain|; s|@CERTS@|$work/certs|" "$here/conf/demo.conf" >"$work/demo.conf"

say() { printf '\n%s\n' "$*"; }
say "$ lambda-warmd -c demo.conf run     (three rounds: the first finds every function cold)"
"$build/lambda-warmd" -c "$work/demo.conf" run 2>"$work/log" &
daemon=$!
tail -n +1 -f "$work/log" --pid="$daemon" &
tries=0
until [ "$(grep -c ' warm (' "$work/log")" -ge 9 ]; do
  tries=$((tries + 1))
  if [ $tries -gt 400 ] || ! kill -0 "$daemon" 2>/dev/null; then
    echo "demo: the daemon has not done its rounds" >&2
    exit 1
  fi
  sleep 0.1
done
kill -TERM "$daemon"
wait "$daemon"
daemon=
sleep 0.2 # tail's last lines

say "$ lambda-warmd -c demo.conf once --distinct"
code=0
"$build/lambda-warmd" -c "$work/demo.conf" once --distinct || code=$?
if [ $code -eq 0 ]; then
  say "Every target was met: each request was answered by an instance of its own, and none of them was cold."
else
  say "A target was not met."
fi
exit $code
