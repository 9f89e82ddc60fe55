#!/bin/sh
# make demo: lambda-sim on loopback, the daemon against it for three rounds, its log lines, and a closing table.
# It ends by itself, and exits with 0 only if every round was shown and every target met. Its lines fit 80 columns.
set -eu
build=${1:-build}
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
sim='' daemon='' picture=''
stop() {
  for pid in $daemon $sim $picture; do kill -TERM "$pid" 2>/dev/null || :; done
  wait 2>/dev/null || :
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

say() { printf '\n%s\n' "$*"; }
die() { echo "demo: $*" >&2; exit 1; }
# fit: cuts the milliseconds off the time, and folds what is longer than 80 columns.
fit() { sed -u -e 's/^\(..:..:..\)\.[0-9]* /\1 /' -e '/^.\{81,\}/s/^\(.\{1,79\}\) \(.*\)/\1\n         \2/'; }

sh "$here/tests/sim/make-cert.sh" "$work/certs" >/dev/null
: >"$work/sim.out" # looked into from the first moment on
"$build/lambda-sim" --port 0 --plain-port 0 --tls-cert "$work/certs/server.pem" --tls-key "$work/certs/server.key" \
  --cold 250 --handler 20 --lifetime 60 >"$work/sim.out" 2>"$work/sim.err" &
sim=$!
tries=0
until [ "$(grep -c listening "$work/sim.out")" -ge 2 ]; do
  tries=$((tries + 1))
  if [ $tries -gt 100 ] || ! kill -0 "$sim" 2>/dev/null; then
    cat "$work/sim.err" >&2
    die "lambda-sim does not start"
  fi
  sleep 0.05
done
tls=$(sed -n 's/.*127.0.0.1:\([0-9]*\) (https).*/\1/p' "$work/sim.out")
plain=$(sed -n 's/.*127.0.0.1:\([0-9]*\) (http).*/\1/p' "$work/sim.out")
sed "s|@TLS_PORT@|$tls|; s|@PLAIN_PORT@|$plain|; s|@CERTS@|$work/certs|" "$here/conf/demo.conf" >"$work/demo.conf"

say "$ lambda-warmd -c demo.conf run   # three rounds; the first finds no instance"
# The daemon's messages go into a pipe, from there to the terminal and into the log: none is lost, whichever starts first.
: >"$work/log"
mkfifo "$work/messages"
tee "$work/log" <"$work/messages" | fit &
picture=$!
"$build/lambda-warmd" -c "$work/demo.conf" run 2>"$work/messages" &
daemon=$!
tries=0
until [ "$(grep -c ' warm (' "$work/log")" -ge 9 ]; do
  tries=$((tries + 1))
  kill -0 "$picture" 2>/dev/null || die "the rounds could not be shown"
  if [ $tries -gt 400 ] || ! kill -0 "$daemon" 2>/dev/null; then die "the daemon has not done its rounds"; fi
  sleep 0.1
done
kill -TERM "$daemon"
wait "$daemon" || die "the daemon has failed"
daemon=
wait "$picture" || die "the rounds could not be shown"
picture=

say "$ lambda-warmd -c demo.conf once --distinct"
code=0
"$build/lambda-warmd" -c "$work/demo.conf" once --distinct || code=$?
if [ $code -eq 0 ]; then
  say "Every target was met: each request was answered by an instance of its own."
else
  say "A target was not met."
fi
exit $code
