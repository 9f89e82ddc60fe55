#!/usr/bin/env bats
# `help`, and the one table of keys beside what else speaks of them: the readers, the manual, the example.
bats_require_minimum_version 1.5.0

setup() {
    ROOT=$BATS_TEST_DIRNAME/../..
    WARMD=${WARMD_BUILD:-$ROOT/build}/lambda-warmd
    cd "$BATS_TEST_TMPDIR" || return
}

# The lines of the table: place, key, the rest.
keys() {
    "$WARMD" help config | awk '
        /^At the top level/ { place = "file" }
        /^In an endpoint/ { place = "endpoint" }
        /^In a window/ { place = "window" }
        /^In daemon/ { place = "daemon" }
        /^In prices/ { place = "prices" }
        /^  [a-z]/ { print place, $0 }'
}

@test "help says what --help says, of the program and of each command" {
    "$WARMD" --help > long
    "$WARMD" help > short
    diff long short
    local n=0
    while read -r command; do
        "$WARMD" "$command" --help > long
        "$WARMD" help "$command" > short
        diff long short
        grep -q "^usage: lambda-warmd .*$command" short
        n=$((n + 1))
    done < <(sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' "$BATS_TEST_TMPDIR/short" | sort -u)
    [ "$n" -ge 6 ]
}

@test "help of what isn't a command: usage" {
    run -64 "$WARMD" help wram
    [[ "$output" == *"no command 'wram'"* ]]
    run -64 "$WARMD" help once more
}

@test "all of help fits 80 columns" {
    {
        "$WARMD" help
        for command in $("$WARMD" help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | sort -u) config; do
            "$WARMD" help "$command"
        done
    } > all
    [ "$(wc -l < all)" -ge 120 ]
    LC_ALL=C.UTF-8 awk 'length > 80 { print; bad = 1 } END { exit bad }' all
}

@test "help config has every key of the example, and the example every key of it" {
    keys | awk '{ print $2 }' | sort -u > table
    sed 's/^ *#[ ,]*//' "$ROOT/conf/lambda-warmd.conf" | grep -oE '(^|[{;(]) *[a-z_0-9]+ = ' | tr -dc 'a-z_0-9\n' |
        sort -u > example
    diff table example
}

@test "the bounds of help config are those that the readers keep" {
    keys > table
    local n=0
    while read -r place key type bounds; do
        [[ "$bounds" =~ ^(.*)\ to\ (.*)$ ]] || continue
        value=-1
        case $place in
            endpoint) text="{ name = \"a\"; url = \"http://h/\"; $key = $value; }" ;;
            window) text="{ name = \"a\"; url = \"http://h/\";
                            windows = ( { from = \"1:00\"; to = \"2:00\"; $key = $value; } ); }" ;;
            daemon) text="{ name = \"a\"; url = \"http://h/\"; }" ;;
        esac
        echo "endpoints = ( $text );" > a.conf
        [ "$place" != daemon ] || echo "daemon = { $key = $value; };" >> a.conf
        run -78 "$WARMD" -c a.conf check
        echo "$place $key: $bounds"
        echo "$output"
        [[ "$output" == *"$key must be from $bounds"* ]]
        n=$((n + 1))
    done < <(sed -E 's/^([a-z]+) +([a-z_0-9]+) +([a-z]+) (.*[^ ] to [0-9a-z ]*[0-9a-z])  .*/\1 \2 \3 \4/' table | sed 's/  .*//')
    [ "$n" -ge 14 ]
}

# The entry of a key in the manual, in one line.
entry() { awk -v key="$1" '/^\.It / { on = / Va / && (" " $0 " ") ~ " " key " " } on' "$ROOT/docs/man/lambda-warmd.conf.5" | tr '\n' ' '; }

@test "the defaults of help config are those of the manual" {
    keys > table
    local n=0
    while read -r key preset; do
        echo "$key: $preset"
        [[ "$(entry "$key")" =~ Default:[^:]*[\ ]"$preset"[.,\;\ ] ]]
        n=$((n + 1))
    done < <(sed -nE 's/^(endpoint|daemon) +([a-z_0-9]+) +(duration|integer|true, false)( .*[^ ])?  +([0-9][0-9a-z]*|true|false)  .*/\2 \5/p' table)
    [ "$n" -ge 14 ]
}
