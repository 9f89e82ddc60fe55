#!/bin/sh
# Functions that nothing calls: dead.sh FOLDER [LIBRARY...] links the objects below FOLDER, which -O0 -ffunction-sections
# -fdata-sections has compiled, and lists what the linker leaves out. Static functions are the compiler's business.
set -eu

# The daemon doesn't need them; tests do.
seams='
clock_set_source
'

objects=$1
shift
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
find "$objects" -name '*.o' | sort >"$kept/objects"
xargs nm -g --defined-only <"$kept/objects" | awk '$2 == "T" { print $3 }' | sort >"$kept/functions"
${CC:-cc} -pie -pthread -Wl,--gc-sections -Wl,--print-gc-sections -o "$kept/linked" "@$kept/objects" "$@" 2>"$kept/log" ||
  { cat "$kept/log" && exit 1; }
sed -nE "s/.*'\.text\.(unlikely\.)?([A-Za-z0-9_]+)' in file '(.*)\.o'.*/\2 \3/p" "$kept/log" | sort |
  join - "$kept/functions" | grep -vxE "($(echo $seams | tr ' ' '|')) .*" >"$kept/dead" || exit 0
sed -E "s#^([^ ]*) (.*/)?(daemon/.*)#\3.c: nothing calls \1#" "$kept/dead"
exit 1
