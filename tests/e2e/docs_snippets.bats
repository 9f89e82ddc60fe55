#!/usr/bin/env bats
# What docs/aws.md and docs/handlers/ show is good: configurations, policies, causes, sums.

bats_require_minimum_version 1.5.0
load common.bash

setup() {
  HERE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  AWS=$HERE/docs/aws.md
  PIDS=
  PAGE=$HERE/docs/handlers/README.md
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() { stop_all; }

# blocks FILE LANGUAGE: its fenced blocks of that language ("" for none) as block.1, block.2, …
blocks() {
  rm -f block.*
  awk -v wanted="\`\`\`$2" '
    !inside && /^```/ { inside = 1; keep = $0 == wanted; n += keep; next }
    inside && /^```/ { inside = 0; next }
    inside && keep { print > ("block." n) }' "$1"
}

# configurations FILE: each block that is one, or an endpoint of one, is without a mistake. Sets TRIED.
configurations() {
  local block
  mkdir -p secrets
  echo secret >secrets/warm-key
  TRIED=0
  blocks "$1" ""
  for block in block.*; do
    if grep -q '^endpoints = ' "$block"; then
      cp "$block" try.conf
    elif grep -q '^{ name = ' "$block"; then
      { echo 'endpoints = ('; cat "$block"; echo ');'; } >try.conf
    else
      continue
    fi
    CREDENTIALS_DIRECTORY=$PWD/secrets "$WARMD" -c try.conf check >out 2>err || { cat try.conf err >&2; return 1; }
    TRIED=$((TRIED + 1))
  done
}

invoke_known() {
  config 'endpoints = ( { name = "x"; function = "x"; region = "eu-west-1"; } );'
  "$WARMD" -c "$CONF" check >check.out 2>&1 || ! grep -q 'not supported by this version' check.out ||
    skip 'this version knows no functions'
}

@test "the configurations of docs/aws.md are good" {
  invoke_known
  configurations "$AWS"
  [ "$TRIED" -ge 4 ]
}

@test "the configurations of docs/handlers are good" {
  invoke_known
  configurations "$PAGE"
  [ "$TRIED" -ge 7 ]
}

@test "every cause in docs/aws.md is one of the program's, and every one of its that is AWS's is there" {
  invoke_known
  sed -n '/^## Errors/,/^## /p' "$AWS" | sed -nE 's/^\| `([a-z0-9-]+)` .*/\1/p' | grep -v '^http-[0-9]*$' | sort >told
  awk '/cause_names\[/ { on = 1 } on { print } on && /^};/ { exit }' "$HERE/daemon/record/cause.c" |
    grep -oE '= "[^"]+"' | cut -d'"' -f2 | sort >known
  [ "$(wc -l <told)" -ge 9 ]
  [ -z "$(comm -23 told known)" ]
  [ -z "$(grep -E '^(throttled|access|expired|clock|credentials|function)' known | comm -13 told -)" ]
}

@test "the README's first function: one statement is all that it needs, check --online passes, once is met" {
  make_certs
  start_sim --invoke-api --cold 50 --handler 20
  awk '/^## / { chapter++ } chapter == 1 && /^```/ { inside = !inside; kind = $0; next } chapter == 1 && inside { print >("line" kind) }' "$HERE/README.md"
  jq -e '.Effect == "Allow" and .Action == "lambda:InvokeFunction" and (.Resource | endswith(":function:orders"))' 'line```json'
  sed "s|warm = |endpoint_url = \"http://127.0.0.1:$PLAIN\"; warm = |" 'line```' >first.conf
  export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret
  "$WARMD" -c first.conf check --online
  "$WARMD" -c first.conf once
  [ "$(stats | jq '[.functions[].instances_born] | add')" -eq 5 ]
}

@test "the policies of docs/aws.md are JSON, allow one action each, and nothing with a star" {
  blocks "$AWS" json
  jq -es 'length == 3 and all(.[];
    .Version == "2012-10-17" and all(.Statement[];
      .Effect == "Allow" and (.Action | type == "string") and (.Resource | startswith("arn:aws:"))
      and ([.Action, .Resource] | map(contains("*")) | any | not)))
    and ([.[].Statement[].Action] | sort
      == ["execute-api:Invoke", "lambda:InvokeFunction", "lambda:InvokeFunction", "lambda:InvokeFunctionUrl"])' block.*
}

@test "the sums of docs/aws.md are those of its formula" {
  # row FRONT: the dollars of 8640 pings at FRONT dollars a million, for one instance and for twenty
  row() { awk -v front="$1" 'BEGIN { f = 8640 * (0.2e-6 + 0.075 * 1.66667e-5) + 360 * 1.66667e-5; g = 8640 * front / 1e6
    printf "$%.3f | %s| $%.3f | $%.2f |\n", f, g ? sprintf("$%.3f ", g) : "", f + g, 20 * (f + g) }'; }
  grep -qF "| Invoke, function URL | $(row 0)" "$AWS"
  grep -qF "| HTTP API (\$1.00/1M) | $(row 1)" "$AWS"
  grep -qF "| REST API (\$3.50/1M) | $(row 3.5)" "$AWS"
  grep -qF "| provisioned concurrency | \$10.80 | | \$10.80 | \$$(awk 'BEGIN { printf "%.2f", 20 * 2592000 * 0.0000041667 }') |" "$AWS"
}

@test "every handler is in the table of docs/handlers, and says how it is tried" {
  local file seen=0
  while read -r file; do
    grep -qE "^\|.*\]\($file\).*\|.*(run by|\*\*not run)" "$PAGE" || { echo "$file" && return 1; }
    seen=$((seen + 1))
  done < <(cd "$HERE/docs/handlers" && find . -type f ! -name README.md ! -path '*/target/*' | sed 's|^\./||')
  [ "$seen" -ge 8 ]
}
