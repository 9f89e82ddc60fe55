# Shared by the bats files: where the binaries are, a folder for each test, servers that end with the test.
BUILD=${WARMD_BUILD:-$BATS_TEST_DIRNAME/../../build}
WARMD=$BUILD/lambda-warmd
SIM=$BUILD/lambda-sim
TESTS=$(cd "$BATS_TEST_DIRNAME/.." && pwd)

# One set of certificates for a file of tests.
make_certs() {
  CERTS=$BATS_FILE_TMPDIR/certs
  export CERTS
  sh "$TESTS/sim/make-cert.sh" "$CERTS" >/dev/null
}

# wait_for SECONDS COMMAND...: waits until it succeeds.
wait_for() {
  local tries=$(($1 * 20))
  shift
  while ! "$@"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { echo "waited in vain for: $*" >&2; return 1; }
    sleep 0.05
  done
}

started() { PIDS="${PIDS:-} $1"; }

# Ends what a test started, by process id.
stop_all() {
  local pid
  for pid in ${PIDS:-}; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in ${PIDS:-}; do
    wait_for 10 gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
  done
  PIDS=
}
gone() { ! kill -0 "$1" 2>/dev/null || [ "$(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null)" = Z ]; }

listening() { [ "$(grep -c listening "$1")" -ge "$2" ]; }

# start_sim OPTIONS...: listens with TLS and plain; sets TLS and PLAIN to these ports.
start_sim() {
  : >"$BATS_TEST_TMPDIR/sim.out" # an earlier one's ports are not this one's
  "$SIM" --port 0 --plain-port 0 --tls-cert "$CERTS/server.pem" --tls-key "$CERTS/server.key" --lifetime 120 "$@" \
    >"$BATS_TEST_TMPDIR/sim.out" 2>"$BATS_TEST_TMPDIR/sim.err" 3>&- &
  started $!
  wait_for 10 listening "$BATS_TEST_TMPDIR/sim.out" 2
  TLS=$(sed -n 's/.*:\([0-9]*\) (https).*/\1/p' "$BATS_TEST_TMPDIR/sim.out")
  PLAIN=$(sed -n 's/.*:\([0-9]*\) (http).*/\1/p' "$BATS_TEST_TMPDIR/sim.out")
}

stats() { curl -sS "http://127.0.0.1:$PLAIN/_sim/stats"; }

# start_fault FAULT OPTIONS...: sets PORT.
start_fault() {
  local out=$BATS_TEST_TMPDIR/fault.$RANDOM
  python3 "$TESTS/faults/faultd.py" "$@" >"$out" 2>&1 3>&- &
  started $!
  wait_for 10 test -s "$out"
  PORT=$(head -n 1 "$out")
}

# config TEXT: writes the test's configuration and sets CONF.
config() {
  CONF=$BATS_TEST_TMPDIR/test.conf
  printf '%s\n' "$1" >"$CONF"
}

# once OPTIONS...: runs one round of everything; JSON in $json, exit status in $status.
once() {
  json=$("$WARMD" -c "$CONF" once --json "$@" 2>"$BATS_TEST_TMPDIR/once.err") && status=0 || status=$?
}

# field EXPRESSION: prints it from the JSON of the last `once`.
field() { jq -r "$1" <<<"$json"; }

# expect_field EXPRESSION VALUE
expect_field() {
  local got
  got=$(field "$1")
  [ "$got" = "$2" ] || { echo "$1 is '$got', not '$2'; $(jq -c '.rounds[]|del(.requests)' <<<"$json")" >&2; return 1; }
}

# start_daemon: starts `run` with $CONF; sets DAEMON; its messages are in $LOG.
start_daemon() {
  LOG=$BATS_TEST_TMPDIR/daemon.log
  "$WARMD" -c "$CONF" run 2>"$LOG" 3>&- &
  DAEMON=$!
  started $DAEMON
  wait_for 10 grep -q ' started: ' "$LOG"
}

# receive_notifications: stands in for systemd at $BATS_TEST_TMPDIR/notify, which $NOTIFY_SOCKET can name; what it is told
# is in $NOTIFIED.
receive_notifications() {
  NOTIFIED=$BATS_TEST_TMPDIR/notified
  python3 - "$BATS_TEST_TMPDIR/notify" "$NOTIFIED" 3>&- <<'PY' &
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
receiver.settimeout(60)
with open(sys.argv[2], "ab", buffering=0) as out:
    while True:
        out.write(receiver.recv(4096) + b"\n")
PY
  started $!
  wait_for 10 test -S "$BATS_TEST_TMPDIR/notify"
}

# logged PATTERN COUNT: at least so many lines of the daemon's log match.
logged() { [ "$(grep -cE "$1" "$LOG")" -ge "${2:-1}" ]; }

# has_threads N: the daemon has N threads, not counting the thread sanitizer's own.
has_threads() {
  local own=0
  [ "${WARMD_SAN:-}" != thread ] || own=1
  [ "$(find "/proc/$DAEMON/task" -mindepth 1 -maxdepth 1 | wc -l)" -eq $(($1 + own)) ]
}

# journal_of COMMAND...: runs it with a journal of our own; the entries are in $JOURNAL.
journal_of() {
  unshare --mount true 2>/dev/null || skip "needs a mount namespace"
  local folder=$BATS_TEST_TMPDIR/journal log=$BATS_TEST_TMPDIR/stderr
  JOURNAL=$folder/entries
  mkdir "$folder"
  mkfifo "$BATS_TEST_TMPDIR/open"
  python3 -B "$TESTS/faults/journald.py" "$folder" <>"$BATS_TEST_TMPDIR/open" >"$BATS_TEST_TMPDIR/listens" 3>&- &
  started $!
  wait_for 10 test -s "$BATS_TEST_TMPDIR/listens"
  : >"$log"
  JOURNAL_STREAM=$(stat -c %d:%i "$log") unshare --mount --propagation private sh -c \
    'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && mount --bind "$0" /run/systemd/journal && exec "$@"' \
    "$folder" "$@" 2>>"$log" >/dev/null 3>&-
}
