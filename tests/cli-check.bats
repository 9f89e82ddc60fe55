#!/usr/bin/env bats
# The `check` command: good files, every kind of mistake, exit codes.
# shellcheck disable=SC2030,SC2031 # each test is a process of its own, on purpose
bats_require_minimum_version 1.5.0

setup() {
    WARMD=${WARMD_BUILD:-$BATS_TEST_DIRNAME/../build}/lambda-warmd
    BAD=$BATS_TEST_DIRNAME/bad-configs
    unset CREDENTIALS_DIRECTORY
    cd "$BATS_TEST_TMPDIR" || return
}

good_config() {
    cat > good.conf <<'END'
endpoints = (
  { name = "orders"; url = "https://api.example/orders"; warm = 20; },
  { name = "billing"; url = "http://127.0.0.1:8080/"; warm = 5; }
);
END
}

# check ARGUMENT…: stdout, stderr and status in files of their own.
check() {
    status=0
    "$WARMD" "$@" check > out 2> err || status=$?
}

@test "a good file: one line on stdout, nothing else, exit 0" {
    good_config
    check -c good.conf
    [ "$status" -eq 0 ]
    [ "$(cat out)" = "good.conf: 2 endpoints, 25 instances, OK" ]
    [ ! -s err ]
}

@test "the example that is installed is good, with a warning that nothing is enabled yet" {
    check -c "$BATS_TEST_DIRNAME/../conf/lambda-warmd.conf"
    cat err
    [ "$status" -eq 0 ]
    [[ "$(cat out)" == *"/lambda-warmd.conf: 0 endpoints, 0 instances, OK" ]]
    [[ "$(cat err)" == *"warning: no endpoint is enabled"* ]]
}

# Whoever takes the # off finds a key that works: every commented-out setting is tried, alone, in the live endpoint. What
# goes on in the next lines is indented there.
@test "every alternative in the example is good as well" {
    local example="$BATS_TEST_DIRNAME/../conf/lambda-warmd.conf" tried=0
    mkdir tls && touch tls/ca.pem tls/client.pem tls/client.key
    [ "$(grep -cE '^.{80}' "$example")" -eq 0 ]
    grep -nE '^ *# ?[a-z_]+ = .*;' "$example" | cut -d: -f1 > lines
    while read -r line; do
        awk -v from="$line" 'NR == from || (on && /^ *#  /) { sub(/# ?/, ""); on = 1; print; next } { on = 0; print }' "$example" > tried.conf
        check -c tried.conf
        if [ "$status" -ne 0 ]; then
            sed -n "${line}p" "$example"
            cat err
            return 1
        fi
        tried=$((tried + 1))
    done < lines
    [ "$tried" -ge 20 ]
}

@test "the parts of the example that go over several lines are good as well" {
    local example="$BATS_TEST_DIRNAME/../conf/lambda-warmd.conf" changed=0
    sed -E '/# , \{ name = "billing"/,/endpoint_url/s/# //; /# prices = \{/,/# \};/s/# //' "$example" > tried.conf
    changed=$(diff "$example" tried.conf | grep -c '^>')
    [ "$changed" -eq 17 ]
    check -c tried.conf
    cat err
    [ "$status" -eq 0 ]
    [[ "$(cat out)" == *": 1 endpoint, 5 instances, OK" ]]
}

@test "every mistake is told with its file and line, exit 78" {
    local cases=0 wrong=0
    export CREDENTIALS_DIRECTORY=$BAD/credentials TZDIR=zoneinfo
    for expected in "$BAD"/*.expected "$BAD"/*/main.expected; do
        config=${expected%.expected}.conf
        (cd "$(dirname "$config")" && exec "$WARMD" -c "$(basename "$config")" check) > out 2> err && status=0 || status=$?
        if [ "$status" -ne 78 ] || [ -s out ] || ! diff "$expected" err; then
            echo "$config: exit $status"
            wrong=$((wrong + 1))
        fi
        cases=$((cases + 1))
    done
    echo "$cases bad configurations, $wrong wrong"
    [ "$wrong" -eq 0 ]
    [ "$cases" -ge 100 ]
}

@test "every bad configuration has what is expected of it" {
    for config in "$BAD"/*.conf "$BAD"/*/main.conf; do
        [ -s "${config%.conf}.expected" ] || { echo "$config"; return 1; }
    done
}

@test "the same mistakes refuse once" {
    status=0
    (cd "$BAD" && exec timeout 10 "$WARMD" -c many-at-once.conf once) > out 2> err || status=$?
    [ "$status" -eq 78 ]
    diff "$BAD/many-at-once.expected" err
}

@test "the same mistakes refuse run" {
    status=0
    (cd "$BAD" && exec timeout 10 "$WARMD" -c many-at-once.conf run) > out 2> err || status=$?
    [ "$status" -eq 78 ]
    diff "$BAD/many-at-once.expected" err
}

@test "no such file: 66" {
    check -c none.conf
    [ "$status" -eq 66 ]
    [ "$(cat err)" = "none.conf: can't be read: No such file or directory" ]
}

# As somebody who may not read it; as root that takes another user, who must be able to run the binary.
as_nobody() {
    if [ "$(id -u)" -eq 0 ]; then
        chmod 755 "$BATS_TEST_TMPDIR"
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        "$@"
    fi
}

@test "a file that may not be read: 77" {
    as_nobody test -x "$WARMD" -a -x . || skip "another user can't reach $WARMD"
    good_config
    chmod 0 good.conf
    status=0
    as_nobody "$WARMD" -c good.conf check > out 2> err || status=$?
    [ "$status" -eq 77 ]
    [ "$(cat err)" = "good.conf: can't be read: Permission denied" ]
}

@test "files that it names and may not be read: 78" {
    as_nobody test -x "$WARMD" -a -x . || skip "another user can't reach $WARMD"
    mkdir conf.d creds
    touch ca.pem creds/token conf.d/a.conf
    cat > main.conf <<'END'
endpoints = ( { name = "a"; url = "https://api.example/";
  ca_file = "ca.pem";
  body = "${credential:token}"; } );
END
    chmod 0 ca.pem creds/token conf.d/a.conf
    status=0
    CREDENTIALS_DIRECTORY=creds as_nobody "$WARMD" -c main.conf check > out 2> err || status=$?
    cat err
    [ "$status" -eq 78 ]
    [ "$(cat err)" = "main.conf:2: ca_file 'ca.pem': Permission denied
main.conf:3: secret 'token' in \$CREDENTIALS_DIRECTORY: Permission denied
conf.d/a.conf: can't be read: Permission denied" ]
    chmod 0 conf.d
    as_nobody "$WARMD" -c main.conf check > out 2> err || true
    chmod 755 conf.d # or only root can clear up
    grep -qx "conf.d: can't be read: Permission denied" err
}

@test "conf.d is read beside the main file, and absent is fine" {
    good_config
    mkdir conf.d
    echo 'endpoints = ( { name = "third"; url = "http://127.0.0.1/"; warm = 3; } );' > conf.d/x.conf
    echo '(' > conf.d/.x.conf
    check -c good.conf
    [ "$(cat out)" = "good.conf: 3 endpoints, 28 instances, OK" ]
    [ ! -s err ]
}

@test "disabled endpoints are checked but not counted" {
    good_config
    sed -i 's/warm = 20;/& enabled = false;/' good.conf
    check -c good.conf
    [ "$status" -eq 0 ]
    [ "$(cat out)" = "good.conf: 1 endpoint, 5 instances, OK" ]
    [ "$(cat err)" = "good.conf: 1 more is disabled" ]
    sed -i 's/warm = 20;/warm = 0;/' good.conf
    check -c good.conf
    [ "$status" -eq 78 ]
}

@test "functions and windows: an endpoint counts with the most that it ever wants" {
    cat > main.conf <<'END'
endpoints = (
  { name = "orders"; function = "orders:live"; warm = 2;
    windows = ( { days = "Mon..Fri"; from = "08:00"; to = "18:00"; warm = 30; },
                { from = "12:00"; to = "14:00"; warm = 40; } ); },
  { name = "queue"; function = "queue"; mode = "event"; warm = 5; }
);
END
    export AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=planted
    check -c main.conf
    [ "$status" -eq 0 ]
    [ "$(cat out)" = "main.conf: 2 endpoints, 45 instances, OK" ]
    [ "$(wc -l < err)" -eq 1 ]
    grep -q '^main.conf:5: warning: mode = "event": .* 202 ' err
}

@test "what is signed wants a region and AWS credentials: check warns where neither is set up" {
    cat > main.conf <<'END'
endpoints = (
  { name = "a"; function = "orders"; },
  { name = "b"; function = "orders"; region = "eu-west-1"; },
  { name = "c"; url = "https://api.example/"; auth = "sigv4"; },
  { name = "d"; function = "orders"; enabled = false; profile = "nowhere"; },
  { name = "e"; function = "arn:aws:lambda:eu-west-1:123456789012:function:x"; profile = "absent"; }
);
END
    mkdir home
    for name in $(compgen -e AWS_); do unset "$name"; done
    export HOME=$PWD/home AWS_EC2_METADATA_DISABLED=true
    check -c main.conf
    [ "$status" -eq 0 ]
    [ "$(cat out)" = "main.conf: 4 endpoints, 4 instances, OK" ]
    [ "$(grep -c ' warning: ' err)" -eq 3 ]
    grep -q '^main.conf:2: warning: a and 1 more: no region was found here (.*AWS_REGION' err
    grep -q '^main.conf:2: warning: a and 2 more: no AWS credentials were found here (.*home/.aws/credentials.*LoadCredential=aws:FILE' err
    grep -q "^main.conf:6: warning: e: no AWS credentials are available here (no profile 'absent' in " err
    mkdir home/.aws
    printf '[default]\nregion = eu-west-1\n[profile absent]\nrole_arn = x\n' > home/.aws/config
    AWS_ACCESS_KEY_ID=AKIAEXAMPLE check -c main.conf
    [ "$(cat err)" = "main.conf: 1 more is disabled" ]
    AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_PROFILE=gone check -c main.conf
    [ "$(grep -c "AWS_PROFILE is set, but there is no profile 'gone'" err)" -eq 2 ]
}

@test "a region that is none of AWS's: a warning, with the one that may be meant" {
    export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=planted
    warns() {
        printf 'endpoints = ( { name = "a"; %s } );\n' "$1" > main.conf
        check -c main.conf
        [ "$status" -eq 0 ]
        grep -qF "$2" err || { cat err >&2; return 1; }
        [ "$(wc -l < err)" -eq 1 ]
    }
    warns 'function = "orders"; region = "eu-west1";' "main.conf:1: warning: AWS has no region 'eu-west1'; did you mean \"eu-west-1\"?"
    warns 'function = "orders"; region = "mars";' "main.conf:1: warning: AWS has no region 'mars'; regions have names such as eu-west-1"
    warns 'function = "arn:aws:lambda:us-eats-1:123456789012:function:x";' "AWS has no region 'us-eats-1'; did you mean \"us-east-1\"?"
    warns 'url = "https://api.example/"; auth = "sigv4"; region = "eu-central1";' "did you mean \"eu-central-1\"?"
    AWS_REGION=us-west2 warns 'function = "orders";' "a: AWS has no region 'us-west2', which AWS_REGION or the profile sets (did you mean \"us-west-2\"?)"
    for region in eu-west-9 us-gov-east-1 eusc-de-east-1 us-isof-south-1; do # newer ones are called in the same way
        printf 'endpoints = ( { name = "a"; function = "orders"; region = "%s"; } );\n' "$region" > main.conf
        check -c main.conf
        [ ! -s err ]
    done
}

@test "credentials: without the variable check warns; run and once refuse" {
    cat > main.conf <<'END'
endpoints = ( { name = "a"; url = "https://127.0.0.1:9/"; headers = ( "Authorization: ${credential:token}" ); } );
END
    check -c main.conf
    [ "$status" -eq 0 ]
    grep -q "^main.conf:1: warning: secret 'token' can't be read" err
    for command in run once; do
        status=0
        timeout 10 "$WARMD" -c main.conf "$command" > out 2> err || status=$?
        [ "$status" -eq 78 ]
        # shellcheck disable=SC2016
        grep -q '^main.conf:.*$CREDENTIALS_DIRECTORY is not set' err
    done
}

@test "credentials: with the variable a file is enough, and its value stays unseen" {
    cat > main.conf <<'END'
endpoints = ( { name = "a"; url = "https://api.example/"; headers = ( "Authorization: ${credential:token}" ); } );
END
    mkdir creds
    echo "hush-4711" > creds/token
    export CREDENTIALS_DIRECTORY=$PWD/creds
    check -c main.conf
    [ "$status" -eq 0 ]
    [ ! -s err ]
    printf 'hush-4711\001\n' > creds/token
    check -c main.conf
    [ "$status" -eq 78 ]
    [ -s err ]
    [ "$(cat out err | grep -c hush-4711)" -eq 0 ]
}

# large N HOLD: checks one endpoint of N requests over HTTP/1.1.
large() {
  printf 'daemon = { max_in_flight = 10000; };\nendpoints = ( { name = "a"; url = "https://h.example/f"; warm = %d; http_version = "1.1"; hold = "%s"; } );\n' "$1" "$2" >large.conf
  "$WARMD" -c large.conf check >out 2>err
}

@test "what the unit doesn't allow: a drop-in that does" {
  large 1000 1s
  run ! grep -q 'MemoryMax\|LimitNOFILE' err
  large 10000 1s
  grep -q '^large.conf: warning: .*systemctl edit lambda-warmd' err
  [ "$(grep -A1 -F '[Service]' err | tail -n 1)" = MemoryMax=1455M ]
  # The unit's own, which the program has to know.
  grep -qx 'MemoryMax=512M' "$BATS_TEST_DIRNAME/../systemd/lambda-warmd.service"
  grep -qx 'LimitNOFILE=65536' "$BATS_TEST_DIRNAME/../systemd/lambda-warmd.service"
}

@test "more requests over HTTP/1.1 than a hold covers: longer, or HTTP/2" {
  large 1000 75ms
  run ! grep -q 'HTTP/2' err
  large 5000 75ms
  grep -q '^large.conf:2: warning: a: 5000 requests over HTTP/1.1 .* hold to 200ms or more, or use HTTP/2' err
  large 5000 200ms
  run ! grep -q 'HTTP/2' err
}

@test "more connections than descriptors: a warning with both figures" {
    good_config
    (ulimit -n 90 && exec "$WARMD" -c good.conf check) > out 2> err
    [ "$(cat out)" = "good.conf: 2 endpoints, 25 instances, OK" ]
    # 25 requests, 2 rounds of 16, 64 of its own
    grep -q "^good.conf: warning: .* 121 file descriptors, .* 90 .*LimitNOFILE=" err
}

@test "a mistake in a file of nothing but mistakes is told quickly" {
    seq 1 5000 | sed 's/.*/k&=1;/' > main.conf
    (exec timeout 60 "$WARMD" -c main.conf check) > out 2> err && status=0 || status=$?
    [ "$status" -eq 78 ]
    [ "$(wc -l < err)" -eq 5000 ]
}

@test "a budget that never allows a round is a warning with its file and line" {
    cat > budget.conf <<'END'
endpoints = (
  { name = "roomy"; url = "https://abc.lambda-url.us-east-1.on.aws/"; warm = 20; budget = 5.0; },
  { name = "tight"; url = "https://abc.lambda-url.us-east-1.on.aws/a"; warm = 20; budget = 0.0001; }
);
END
    check -c budget.conf
    [ "$status" -eq 0 ]
    [ "$(cat out)" = "budget.conf: 2 endpoints, 40 instances, OK" ]
    [ "$(wc -l < err)" -eq 1 ]
    grep -q '^budget.conf:3: warning: tight: The budget of \$0.0001 .*nothing will be sent\.$' err
}

# on_terminal COLUMNS COMMAND…: what it writes to a terminal of that width.
on_terminal() {
    python3 - "$@" <<'END'
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b""
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    shown += part
os.waitpid(pid, 0)
sys.stdout.buffer.write(shown.replace(b"\r\n", b"\n"))
END
}

@test "on a terminal a mistake is shown with its line and a caret" {
    unset COLUMNS
    cat > main.conf <<'END'
endpoints = (
	{ name = “é”; url = "http://h/"; },
  { name = "b"; url = "http://h/"; headers = ( "Accept: application/json" ); interval = 5min; method = "no way"; }
);
END
    on_terminal 80 "$WARMD" -c main.conf check > out
    cat > wanted <<'END'
main.conf:2: these quotes are not ASCII: write "é"
    2 |  { name = “é”; url = "http://h/"; },
      |           ^
main.conf:3: 5min needs quotes: "5min"
END
    head -n 4 out | diff wanted -
    # the long line is cut, and the caret below what it is about
    [ "$(wc -l < out)" -eq 9 ]
    LC_ALL=C.UTF-8 awk 'length > 80 { print; bad = 1 } END { exit bad }' out
    grep "^main.conf:3: .*method" out
    LC_ALL=C.UTF-8 awk 'NR == 5 { line = $0 } NR == 6 { exit substr(line, index($0, "^"), 4) != "5min" }' out
}

@test "the caret stands below its word after wide and combining characters" {
    echo 'endpoints = ( { name = "a"; url = "http://h/"; body = "日本eÌ"; wrm = 1; } );' > main.conf
    printf '%b' "$(cat main.conf)\n" > wide.conf
    on_terminal 100 "$WARMD" -c wide.conf check > out
    # 日本 take two columns each, and the accent none.
    column=$(sed -n 2p out | sed 's/日本/xxxx/; s/e\xcc\x81/x/; s/wrm.*//')
    [ "$(sed -n 3p out)" = "      | $(printf '%*s' $((${#column} - 8)) '')^" ]
}

@test "who complains of an option is named in the same way everywhere" {
    run -64 "$WARMD" check --bogus
    [ "${lines[0]}" = "lambda-warmd check: unrecognized option '--bogus'" ]
    run -64 "$WARMD" -c
    [ "${lines[0]}" = "lambda-warmd: option requires an argument -- 'c'" ]
    run -64 "$WARMD" once -c
    [ "${lines[0]}" = "lambda-warmd once: option requires an argument -- 'c'" ]
}

@test "a pipe gets neither the line nor a caret" {
    echo 'a = 5min;' > main.conf
    check -c main.conf
    [ "$(cat err)" = 'main.conf:1: 5min needs quotes: "5min"' ]
}

@test "one endpoint of one instance is not told in the plural" {
    echo 'endpoints = ( { name = "a"; url = "http://h/"; } );' > one.conf
    check -c one.conf
    [ "$(cat out)" = "one.conf: 1 endpoint, 1 instance, OK" ]
}

@test "a configuration as an operand: -c is suggested" {
    good_config
    status=0
    "$WARMD" check good.conf > out 2> err || status=$?
    [ "$status" -eq 64 ]
    [ "$(cat err)" = "lambda-warmd check: 'good.conf' is not expected here (did you mean -c good.conf?)" ]
    status=0
    "$WARMD" check more > out 2> err || status=$?
    [ "$status" -eq 64 ]
    [ "$(cat err)" = "lambda-warmd check: 'more' is not expected here" ]
}

@test "-c may stand before the command or after it" {
    good_config
    [ "$("$WARMD" -c good.conf check)" = "$("$WARMD" check -c good.conf)" ]
    [ "$("$WARMD" --config=good.conf check)" = "$("$WARMD" check --config good.conf)" ]
}

@test "10,000 endpoints of over a MiB are read; over 8 MiB conf.d is suggested" {
    {
        echo 'endpoints = ('
        seq 1 9999 | sed 's|.*|  { name = "endpoint-&"; url = "https://abc123def4.execute-api.eu-west-1.amazonaws.com/prod/some/path/&"; warm = 1; },|'
        echo '  { name = "last"; url = "http://h/"; } );'
    } > many.conf
    [ "$(stat -c %s many.conf)" -gt 1048576 ]
    check -c many.conf
    [ "$(cat out)" = "many.conf: 10000 endpoints, 10000 instances, OK" ]
    head -c 8400000 /dev/zero | tr '\0' '\n' > large.conf
    check -c large.conf
    [ "$status" -eq 78 ]
    grep -q '^large.conf:1: is too large.*conf.d' err
}

@test "intervals that are very short or too long, methods that change things, one target twice: warnings" {
    cat > main.conf <<'END'
endpoints = (
  { name = "five"; url = "http://h/1"; interval = 5; },
  { name = "quick"; url = "http://h/2"; interval = "29500ms"; },
  { name = "slow"; url = "http://h/3"; interval = "16min"; },
  { name = "right"; url = "http://h/4"; interval = "30s"; },
  { name = "edge"; url = "http://h/5"; interval = "15min"; },
  { name = "learned"; url = "http://h/6"; interval = "auto"; interval_max = "2h"; },
  { name = "deletes"; url = "http://h/7"; method = "DELETE"; },
  { name = "twice"; url = "http://h/4"; },
  { name = "other-header"; url = "http://h/4"; headers = ( "X-A: 1" ); },
  { name = "off"; url = "http://h/4"; interval = 1; enabled = false; },
  { name = "f1"; function = "f"; region = "eu-west-1"; },
  { name = "f2"; function = "f"; region = "eu-west-1"; qualifier = "live"; },
  { name = "f3"; function = "f"; region = "eu-west-1"; qualifier = "live"; }
);
END
    AWS_ACCESS_KEY_ID=AKIA AWS_SECRET_ACCESS_KEY=x check -c main.conf
    [ "$status" -eq 0 ]
    cat > wanted <<'END'
main.conf:2: warning: five: an interval of 5s is very short: idle instances live for minutes (did you mean "5min"?)
main.conf:3: warning: quick: an interval of 29s 500ms is very short: idle instances live for minutes
main.conf:4: warning: slow: an interval of 16min is too long: AWS ends idle instances after 5 to 10 minutes, so most will be cold in each round
main.conf:8: warning: deletes: DELETE may change data if the handler does not recognise a warming request
main.conf:14: warning: f3: makes the same call as f2 (main.conf:13): both warm the same instances, and you pay for both
main.conf:9: warning: twice: makes the same call as right (main.conf:5): both warm the same instances, and you pay for both
END
    grep ': warning: ' err | diff wanted -
}

@test "as root: what only root may read is a warning, with what to do" {
    [ "$(id -u)" -eq 0 ] || skip "only root can read what others may not"
    mkdir conf.d
    echo 'endpoints = ( { name = "b"; url = "http://h/2"; } );' > conf.d/b.conf
    touch ca.pem client.pem
    cat > main.conf <<'END'
endpoints = ( { name = "a"; url = "https://h/";
  ca_file = "ca.pem"; client_cert = "client.pem"; } );
END
    chmod 644 main.conf conf.d/b.conf ca.pem client.pem
    chmod 755 conf.d
    check -c main.conf
    [ "$status" -eq 0 ]
    [ "$(grep -c "runs as another user" err)" -eq 0 ]
    chmod 600 main.conf conf.d/b.conf client.pem
    chmod 700 conf.d
    check -c main.conf
    [ "$status" -eq 0 ]
    grep -q "^main.conf: warning: the service can't read this file: .*(chmod o+r main.conf)" err
    grep -q "^conf.d/b.conf: warning: .*(chmod o+r conf.d/b.conf)" err
    grep -q "^conf.d: warning: .* folder: .*(chmod o+rx conf.d)" err
    grep -q "^main.conf:1: warning: a: the service can't read client_cert client.pem: .*LoadCredential=client.pem:$PWD/client.pem in .*\"credential:client.pem\"" err
    [ "$(grep -c "runs as another user" err)" -eq 4 ]
}

@test "files that aren't what TLS needs: a warning each, once for all endpoints that share them" {
    echo "-----BEGIN CERTIFICATE-----" > cert.pem
    printf -- '-----BEGIN %s-----\n' CERTIFICATE "EC PRIVATE KEY" > both.pem
    echo "-----BEGIN PRIVATE KEY-----" > key.pem
    printf '\060\202\003' > ca.der
    cat > main.conf <<'END'
defaults = { ca_file = "ca.der"; };
endpoints = (
  { name = "a"; url = "https://h/a"; client_cert = "cert.pem"; },
  { name = "b"; url = "https://h/b"; client_cert = "key.pem"; client_key = "cert.pem"; },
  { name = "c"; url = "https://h/c"; client_cert = "both.pem"; },
  { name = "d"; url = "https://h/d"; client_cert = "cert.pem"; client_key = "key.pem"; }
);
END
    chmod 644 -- *.pem *.der main.conf
    check -c main.conf
    [ "$status" -eq 0 ]
    cat > wanted <<'END'
main.conf:3: warning: a: ca_file ca.der has no certificate in PEM (-----BEGIN CERTIFICATE-----)
main.conf:3: warning: a: client_cert cert.pem has no private key in it, and there is no client_key
main.conf:4: warning: b: client_cert key.pem has no certificate in PEM (-----BEGIN CERTIFICATE-----)
main.conf:4: warning: b: client_key cert.pem has no private key in PEM
END
    diff wanted err
}

@test "a byte order mark in a secret is a warning, and named in a URL" {
    mkdir creds
    printf '\357\273\277hush' > creds/token
    export CREDENTIALS_DIRECTORY=$PWD/creds
    echo 'endpoints = ( { name = "a"; url = "https://h/"; body = "${credential:token}"; } );' > main.conf
    check -c main.conf
    [ "$status" -eq 0 ]
    grep -q "warning: secret 'token' starts with a byte order mark (BOM)" err
    # shellcheck disable=SC2016
    echo 'endpoints = ( { name = "a"; url = "https://h/?k=${credential:token}"; } );' > main.conf
    check -c main.conf
    [ "$status" -eq 78 ]
    grep -q "secret 'token' has a byte order mark (BOM) that isn't allowed in a URL" err
}

@test "the example fits 80 columns" {
    LC_ALL=C.UTF-8 awk 'length > 79 { print FILENAME ": " $0; bad = 1 } END { exit bad }' "$BATS_TEST_DIRNAME/../conf/lambda-warmd.conf"
}
