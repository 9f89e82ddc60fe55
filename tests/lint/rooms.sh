#!/bin/sh
# The rules of the house: which rooms each room may include, and which files alone may use what. docs/architecture.md
# explains the rooms.
set -eu

# room      the rooms whose headers it may include, besides its own
rooms='
base
plan        base
config      base plan
record      base plan
decide      base plan record
net         base plan record
protocol    base plan record
aws         base plan record net
telemetry   base plan record decide
memory      base plan decide
report      base plan record decide
volley      base plan record net protocol aws
service     base plan record decide net aws telemetry memory volley
commands    base plan config record decide net protocol aws telemetry memory report volley service
main.c      base volley commands
'

# pattern                            the files that alone may match it
users='
clock_gettime|gettimeofday|\btime\(NULL     base/clock\.c
<jansson\.h>                                (telemetry|report)/.*_json\.[ch] memory/
<libconfig\.h>                              config/(config|reader)
<curl/curl\.h>                              net/ volley/
<openssl/ssl\.h>                            net/ volley/
<openssl/hmac\.h>                           aws/
<nghttp2/                                   volley/http2/
<pthread\.h>                                net/ volley/ aws/
<systemd/sd-journal\.h>                     telemetry/ report/source
<systemd/sd-(event|daemon)\.h>              service/
'

cd "${1:-daemon}"
complaints=$(
  find . -name '*.[ch]' -exec grep -oE '^ *# *include *"[^"/]*/' {} + | sed 's|^\./\([^/:]*\)[^:]*:.*"\(.*\)/|\1 \2|' | sort -u |
    while read -r own other; do
      allowed=$(echo "$rooms" | grep -E "^$own( |\$)") || { echo "$own/: a room without a rule" && continue; }
      case "$allowed " in *" $other "* | "$other "*) ;; *) echo "$own/ may not include $other/" ;; esac
    done
  printf "%s\n" "$users" | while read -r pattern owners; do
    [ -n "$pattern" ] || continue
    find . -name '*.[ch]' -exec grep -lE -- "$pattern" {} + | sed 's|^\./||' | grep -vE "^($(echo "$owners" | tr ' ' '|'))" |
      sed "s#\$#: $pattern is for $owners only#"
  done
)
[ -z "$complaints" ] || { echo "$complaints" && exit 1; }
